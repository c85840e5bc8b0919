"""Text in pictures: OpenCV's built-in TrueType font, measured, cut to fit, and cached as masks."""

import math
import threading
from functools import lru_cache

import cv2
import numpy as np

from poseact.render.colours import Colour, Image
from poseact.render.shapes import lay_mask

REGULAR, BOLD = 400, 600
ELLIPSIS = "…"
# Of the font size: height of a capital letter, and room above and below the base line that also
# holds accents and the taller scripts.
CAP_HEIGHT = 0.7
_ASCENT, _DESCENT = 1.1, 0.45
# Small letters drawn at their final size sit on whole pixels and look unevenly spaced.
_SUPERSAMPLING = 4
_SMALL_PX = 40

_local = threading.local()


def _face() -> cv2.FontFace:
    """A font face of this thread's own: choosing the weight changes the face."""
    if not hasattr(_local, "face"):
        _local.face = cv2.FontFace("sans")
    face: cv2.FontFace = _local.face
    return face


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _sampling(size_px: int) -> int:
    return _SUPERSAMPLING if size_px < _SMALL_PX else 1


@lru_cache(maxsize=2048)
def text_width(text: str, size_px: int, weight: int = REGULAR) -> int:
    """Width in pixels of one line of text."""
    line = _one_line(text)
    if not line:
        return 0
    n = _sampling(size_px)
    _, _, width, _ = cv2.getTextSize((0, 0), line, (0, 0), _face(), size_px * n, weight)
    return math.ceil(width / n)


@lru_cache(maxsize=1024)
def text_mask(text: str, size_px: int, weight: int = REGULAR) -> Image:
    """(h, w) mask of one line of text; its base line is `baseline(size_px)` below the top."""
    line, n = _one_line(text), _sampling(size_px)
    width = max(text_width(text, size_px, weight), 1)
    height = baseline(size_px) + math.ceil(_DESCENT * size_px)
    big = np.zeros((height * n, (width + 1) * n), np.uint8)
    if line:
        # The wrap range keeps text of right-to-left scripts inside the mask too.
        cv2.putText(big, line, (0, baseline(size_px) * n), (255,), _face(), size_px * n, weight)
    if n == 1:
        return big
    return np.asarray(cv2.resize(big, (width + 1, height), interpolation=cv2.INTER_AREA), np.uint8)


def baseline(size_px: int) -> int:
    """Pixels from the top of a text mask to its base line."""
    return math.ceil(_ASCENT * size_px)


@lru_cache(maxsize=1024)
def fit_text(text: str, max_width: int, size_px: int, weight: int = REGULAR) -> str:
    """The text, cut with an ellipsis to fit; empty when not even one letter fits."""
    line = _one_line(text)
    if text_width(line, size_px, weight) <= max_width:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        cut = line[:middle].rstrip() + ELLIPSIS
        low, high = (middle, high) if text_width(cut, size_px, weight) <= max_width else (low, middle - 1)
    return line[:low].rstrip() + ELLIPSIS if low else ""


def draw_text(
    image: Image,
    text: str,
    xy: tuple[int, int],
    size_px: int,
    colour: Colour,
    *,
    weight: int = REGULAR,
    align: float = 0.0,
) -> None:
    """One line of text, with the middle of its capitals at height y.

    Args:
        image: (H, W, 3) uint8, drawn into.
        text: Any script that the font has; letters it lacks appear as "?".
        xy: Where to put it; x is the left end (align 0), middle (0.5) or right end (1).
        size_px: Font size in pixels.
        colour: RGB.
        weight: 400 is regular, 600 is bold.
        align: Which part of the text lies at x.
    """
    mask = text_mask(text, size_px, weight)
    x = round(xy[0] - align * text_width(text, size_px, weight))
    y = round(xy[1] + CAP_HEIGHT * size_px / 2) - baseline(size_px)
    lay_mask(image, mask, x, y, colour)
