"""Small drawing helpers: soft-edged masks laid over a picture, rounded bars, PNG files."""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.errors import OutputError
from poseact.files import write_whole
from poseact.render.colours import Colour, Image

_SUPERSAMPLING = 4


def lay_mask(image: Image, mask: Image, x: int, y: int, colour: Colour, opacity: float = 1.0) -> None:
    """Paint `colour` into `image` where `mask` (h, w), put at (x, y), says how much; clipped."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + mask.shape[1], width), min(y + mask.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    part = mask[y0 - y : y1 - y, x0 - x : x1 - x]
    area = image[y0:y1, x0:x1]
    share = (part.astype(np.float32) * np.float32(opacity / 255))[..., None]
    area[:] = np.rint(area + (np.array(colour, np.float32) - area) * share).astype(np.uint8)


@lru_cache(maxsize=256)
def rounded_mask(width: int, height: int, radius: int) -> Image:
    """(height, width) mask of a bar with round corners and soft edges; do not write into it."""
    if radius <= 0:
        return np.full((height, width), 255, np.uint8)
    n = _SUPERSAMPLING
    big = np.zeros((height * n, width * n), np.uint8)
    r = min(radius, width // 2, height // 2) * n
    right, bottom = width * n - 1, height * n - 1
    cv2.rectangle(big, (r, 0), (right - r, bottom), 255, -1)
    cv2.rectangle(big, (0, r), (right, bottom - r), 255, -1)
    for centre in ((r, r), (right - r, r), (r, bottom - r), (right - r, bottom - r)):
        cv2.circle(big, centre, r, 255, -1)
    return np.asarray(cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def fill_rounded(
    image: Image, corner_xy: tuple[int, int], size_wh: tuple[int, int], radius: int, colour: Colour
) -> None:
    """A filled bar with round corners; corner is its upper left, sizes below 1 become 1."""
    width, height = max(size_wh[0], 1), max(size_wh[1], 1)
    x, y = corner_xy
    if width > 4096 or width < 3 or radius <= 0:
        cv2.rectangle(image, (x, y), (x + width - 1, y + height - 1), colour, -1)
        return
    lay_mask(image, rounded_mask(width, height, radius), x, y, colour)


def fill_dot(image: Image, centre_xy: tuple[int, int], radius: int, colour: Colour) -> None:
    """A filled, soft-edged circle."""
    size = 2 * radius + 1
    mask = rounded_mask(size, size, radius)
    lay_mask(image, mask, centre_xy[0] - radius, centre_xy[1] - radius, colour)


def to_uint8(values: NDArray[np.float32]) -> Image:
    """Rounded and cut to 0 .. 255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def write_png(path: Path, image: Image) -> None:
    """Write an RGB picture as PNG, whole or not at all.

    Raises:
        OutputError: If the file cannot be written.
    """
    good, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    if not good:
        raise OutputError(f"{path}: the picture could not be turned into a PNG")
    write_whole(path, lambda file: file.write(data.tobytes()))
