"""The label tags over people's heads: how they look and where they go."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from poseact.render.colours import BLACK, INK, WHITE, Colour, Image, ink_on, mix
from poseact.render.shapes import rounded_mask
from poseact.render.text import BOLD, REGULAR, draw_text, fit_text, text_width

_OPACITY, _FAINT_OPACITY = 0.88, 0.6


@dataclass(frozen=True)
class Tag:
    """A drawn tag, ready to be laid over a picture.

    Attributes:
        premultiplied: (h, w, 3) uint8, the tag's own light.
        background_share: (h, w, 3) uint8, how much of the picture shines through, 255 = all.
    """

    premultiplied: Image
    background_share: Image

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.premultiplied.shape[1], self.premultiplied.shape[0]


@lru_cache(maxsize=512)
def make_tag(name: str, label: str, score: str, colour: Colour, size_px: int, max_width: int) -> Tag:
    """A rounded tag in the person's colour; parts that are empty are left out.

    Without a label it is dark, with the name in the person's colour: seen, but nothing to say.

    Args:
        name: Who; on a darker field at the left.
        label: What; cut with an ellipsis where the tag would get wider than `max_width`.
        score: How sure, in a lighter weight; left out where the label needs its room.
        colour: Colour of the person.
        size_px: Font size.
        max_width: Pixels.
    """
    words, score = _fitted(name, label, score, size_px, max_width)
    width, height = _size(name, label, words, score, size_px)
    pad, gap = _pad(size_px), _gap(size_px)
    field = text_width(name, size_px, BOLD) + 2 * pad if name and label else 0
    light = np.empty((height, width, 3), np.uint8)
    ground = colour if label else INK
    light[:] = ground
    middle = height // 2
    if field:
        dark = mix(colour, BLACK, 0.62)
        light[:, :field] = dark
        draw_text(light, name, (pad, middle), size_px, ink_on(dark), weight=BOLD)
    ink = ink_on(ground) if label else mix(colour, WHITE, 0.35)
    draw_text(light, words, (field + pad, middle), size_px, ink, weight=BOLD if label else REGULAR)
    if score:
        x = field + pad + text_width(words, size_px, BOLD) + gap
        draw_text(light, score, (x, middle), size_px, mix(ink, ground, 0.15))
    return _as_tag(light, _OPACITY if label else _FAINT_OPACITY, round(0.4 * size_px))


def tag_size(name: str, label: str, score: str, size_px: int, max_width: int) -> tuple[int, int]:
    """Width and height of the tag that `make_tag` would draw."""
    return _size(name, label, *_fitted(name, label, score, size_px, max_width), size_px)


def _pad(size_px: int) -> int:
    return round(0.5 * size_px)


def _gap(size_px: int) -> int:
    return round(0.35 * size_px)


def _fitted(name: str, label: str, score: str, size_px: int, max_width: int) -> tuple[str, str]:
    """The words and the score that fit: the score goes before a letter of the words does."""
    whole = label or name
    if _size(name, label, whole, score, size_px)[0] <= max_width:
        return whole, score
    around = _size(name, label, "", "", size_px)[0]
    return fit_text(whole, max(max_width - around, 0), size_px, BOLD), ""


def _size(name: str, label: str, words: str, score: str, size_px: int) -> tuple[int, int]:
    pad, height = _pad(size_px), round(1.65 * size_px)
    field = text_width(name, size_px, BOLD) + 2 * pad if name and label else 0
    score_width = text_width(score, size_px) + _gap(size_px) if score else 0
    width = field + 2 * pad + text_width(words, size_px, BOLD) + score_width
    return max(width, height), height


def _as_tag(light: Image, opacity: float, radius: int) -> Tag:
    height, width = light.shape[:2]
    share = (rounded_mask(width, height, radius).astype(np.float32) * (opacity / 255))[..., None]
    through = np.repeat(255 * (1 - share), 3, axis=2)
    return Tag(np.rint(light * share).astype(np.uint8), np.rint(through).astype(np.uint8))


def lay_tag(image: Image, tag: Tag, x: int, y: int) -> None:
    """Put a tag at (x, y); what lies outside the picture is cut off."""
    (width, height), (image_height, image_width) = tag.size_wh, image.shape[:2]
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + width, image_width), min(y + height, image_height)
    if x0 >= x1 or y0 >= y1:
        return
    inside = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
    area = image[y0:y1, x0:x1]
    under = cv2.multiply(area, tag.background_share[inside], scale=1 / 255)
    area[:] = cv2.add(under, tag.premultiplied[inside])


Box = tuple[int, int, int, int]


def free_place(
    wish: tuple[int, int], size: tuple[int, int], room: tuple[int, int], placed: Sequence[Box], gap: int
) -> tuple[int, int]:
    """Upper left corner of a tag: the wish, or near it where it lies on no other tag.

    It gives way by as little as possible, so that it does not leap. Only where no free place is
    left do tags cover one another.

    Args:
        wish: Where the tag would like to be, in pixels.
        size: Width and height of the tag.
        room: The greatest x and y that leave the tag inside the picture.
        placed: The other tags.
        gap: Least distance between tags.
    """
    width, height = size

    def free(x: int, y: int) -> bool:
        return all(
            x >= right + gap or left >= x + width + gap or y >= bottom + gap or top >= y + height + gap
            for left, top, right, bottom in placed
        )

    if free(*wish):
        return wish
    tops = [t for _, a, _, b in placed for t in (a - height - gap, b + gap) if 0 <= t <= room[1]]
    lefts = [s for a, _, b, _ in placed for s in (a - width - gap, b + gap) if 0 <= s <= room[0]]
    choices = [(left, top) for left in (wish[0], *lefts) for top in (wish[1], *tops) if free(left, top)]
    return min(choices, key=lambda c: (c[0] - wish[0]) ** 2 + (c[1] - wish[1]) ** 2, default=wish)
