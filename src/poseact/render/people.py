"""Skeletons drawn over a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.render.colours import BLACK, WHITE, Colour, Image, mix
from poseact.skeleton import SkeletonLayout

# cv2 draws at 1/16 pixel.
_SHIFT = 4
_DETAILS = ("eye", "ear", "mouth", "nose", "pinky", "index", "thumb", "heel", "toe", "hand_tip", "foot")
_LIMBS = ("knee", "elbow")
_HEAD_JOINTS = ("nose", "eye", "ear", "mouth", "head", "face")
# Doubtful joints fade, but never to nothing: a drawn guess must still be seen as a guess.
_SURE, _FAINTEST, _FADE_STEPS = 0.55, 0.25, 4
# Width of the lines of face, hands and feet against those of arms and legs; and from which width
# of the latter on a person counts as large.
_DETAIL_SHARE, _LARGE_PX = 0.45, 3.5
# Beyond this, joints are far outside any picture and cv2's fixed-point numbers may run over.
_FARTHEST_PX = 30_000.0


@dataclass(frozen=True)
class Bones:
    """What to draw of a layout: lines, and the joints that get a dot.

    Attributes:
        ends: (E, 2) joint indices.
        sides: (E,) 1 = left, -1 = right, 0 = middle.
        details: (E,) True for face, hands and feet, which are drawn thinner.
        dots: Indices of joints that get a dot.
        head: Indices of the joints of the head.
    """

    ends: NDArray[np.intp]
    sides: NDArray[np.intp]
    details: NDArray[np.bool_]
    dots: NDArray[np.intp]
    head: NDArray[np.intp]


def _has(name: str, words: Sequence[str]) -> bool:
    return any(word in name for word in words)


def bones_of(layout: SkeletonLayout) -> Bones:
    """The drawing of a layout, from its `drawn_edges` and joint names."""

    def side(a: str, b: str) -> int:
        if a.startswith("left_") and b.startswith("left_"):
            return 1
        return -1 if a.startswith("right_") and b.startswith("right_") else 0

    edges, names = layout.drawn_edges, layout.joint_names
    return Bones(
        ends=np.array([layout.indices(edge) for edge in edges], np.intp).reshape(-1, 2),
        sides=np.array([side(a, b) for a, b in edges], np.intp),
        # Where there is no ankle, the line from the knee to the foot is a leg.
        details=np.array([_has(a, _DETAILS) and not _has(b, _LIMBS) for a, b in edges], np.bool_),
        dots=np.array([i for i, name in enumerate(names) if not _has(name, _DETAILS)], np.intp),
        head=np.array([i for i, name in enumerate(names) if _has(name, _HEAD_JOINTS)], np.intp),
    )


def limb_colours(colour: Colour) -> dict[int, Colour]:
    """Left limbs a little lighter, right limbs a little darker than the person's colour."""
    return {1: mix(colour, WHITE, 0.3), 0: colour, -1: mix(colour, BLACK, 0.22)}


def draw_skeleton(
    image: Image,
    points_xy: NDArray[np.float32],
    confidence: NDArray[np.float32],
    bones: Bones,
    colour: Colour,
    width_px: float,
) -> None:
    """One person's skeleton; the less sure a joint, the fainter its lines.

    Args:
        image: (H, W, 3) uint8 RGB, drawn into.
        points_xy: (V, 2) pixels of `image`, NaN = missing.
        confidence: (V,) in [0, 1].
        bones: From `bones_of` the layout.
        colour: The person's colour.
        width_px: Width of arms and legs.
    """
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(points_xy).all(axis=1))
    fixed = _fixed_point(points_xy)
    levels = _fade_levels(confidence)
    lines = np.flatnonzero(seen[bones.ends].all(axis=1))
    line_levels = levels[bones.ends].min(axis=1)
    dots = bones.dots[seen[bones.dots]]
    for level in range(1, _FADE_STEPS + 1):
        chosen = lines[line_levels[lines] == level]
        chosen_dots = dots[levels[dots] == level]
        used = np.concatenate([bones.ends[chosen].ravel(), chosen_dots])
        if len(used) == 0:
            continue
        area = image if level == _FADE_STEPS else _around(image, points_xy[used], width_px)
        if area.size == 0:
            continue
        origin = _origin(image, area)
        canvas = area if level == _FADE_STEPS else area.copy()
        _draw_lines(canvas, fixed - origin, chosen, bones, colour, width_px)
        _draw_dots(canvas, fixed - origin, chosen_dots, colour, width_px)
        if canvas is not area:
            cv2.addWeighted(canvas, level / _FADE_STEPS, area, 1 - level / _FADE_STEPS, 0, dst=area)


def _fixed_point(points_xy: NDArray[np.float32]) -> NDArray[np.int32]:
    inside = np.clip(np.nan_to_num(points_xy), -_FARTHEST_PX, _FARTHEST_PX)
    return np.rint(inside * (1 << _SHIFT)).astype(np.int32)


def _fade_levels(confidence: NDArray[np.float32]) -> NDArray[np.intp]:
    """1 (faintest) to _FADE_STEPS (full), from a confidence of 0 to `_SURE` and more."""
    share = _FAINTEST + (1 - _FAINTEST) * np.clip(confidence / _SURE, 0, 1)
    return np.asarray(np.clip(np.rint(share * _FADE_STEPS), 1, _FADE_STEPS), np.intp)


def _around(image: Image, points_xy: NDArray[np.float32], width_px: float) -> Image:
    """The part of the image that lines between the points can touch, as a view."""
    margin = 2 * width_px + 4
    limit = (image.shape[1], image.shape[0])
    x0, y0 = np.clip(points_xy.min(axis=0) - margin, 0, limit).astype(int)
    x1, y1 = np.clip(points_xy.max(axis=0) + margin, 0, limit).astype(int)
    return image[y0:y1, x0:x1]


def _origin(image: Image, area: Image) -> NDArray[np.int32]:
    """Upper left corner of a view in its image, in fixed point."""
    offset = area.ctypes.data - image.ctypes.data
    row, rest = divmod(offset, image.strides[0])
    return np.array([rest // image.strides[1], row], np.int32) << _SHIFT


def _draw_lines(
    canvas: Image,
    fixed: NDArray[np.int32],
    chosen: NDArray[np.intp],
    bones: Bones,
    colour: Colour,
    width_px: float,
) -> None:
    colours = limb_colours(colour)
    outline = mix(colour, BLACK, 0.75)
    border = max(2 * round(width_px / 4), 2)
    # On small people an outline would make the face a blot.
    detail_border = border if width_px >= _LARGE_PX else 0
    rows = []
    for edge in chosen.tolist():
        a, b = fixed[bones.ends[edge]].tolist()
        detail = bool(bones.details[edge])
        width = max(round(width_px * (_DETAIL_SHARE if detail else 1)), 1)
        around = width + (detail_border if detail else border)
        rows.append((a, b, width, around, colours[int(bones.sides[edge])]))
    for a, b, width, around, _ in rows:
        if around > width:
            cv2.line(canvas, a, b, outline, around, cv2.LINE_AA, _SHIFT)
    for a, b, width, _, shade in rows:
        cv2.line(canvas, a, b, shade, width, cv2.LINE_AA, _SHIFT)


def _draw_dots(
    canvas: Image, fixed: NDArray[np.int32], chosen: NDArray[np.intp], colour: Colour, width_px: float
) -> None:
    if width_px < 1.8:
        return
    outer, inner = round(width_px * 0.95 * (1 << _SHIFT)), round(width_px * 0.6 * (1 << _SHIFT))
    ring, core = mix(colour, BLACK, 0.75), mix(colour, WHITE, 0.8)
    for centre in fixed[chosen].tolist():
        cv2.circle(canvas, centre, outer, ring, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(canvas, centre, inner, core, -1, cv2.LINE_AA, _SHIFT)
