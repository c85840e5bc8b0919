"""Several pictures of one video tiled in one."""

from collections.abc import Sequence

import cv2
import numpy as np

from poseact.errors import InvalidInputError
from poseact.render.colours import Image
from poseact.render.text import draw_text

_GREY = (112, 118, 128)


def contact_sheet(
    pictures: Sequence[Image],
    *,
    captions: Sequence[str] = (),
    columns: int | None = None,
    footer: Image | None = None,
    width_px: int = 1600,
) -> Image:
    """Pictures of the same size side by side, on white.

    Args:
        pictures: (H, W, 3) uint8 RGB each.
        captions: A line under each picture, or none.
        columns: Pictures in a row; by default all in one row.
        footer: A picture below them, e.g. the timeline; scaled to the full width.
        width_px: Width of the sheet.

    Returns:
        (H_sheet, width_px, 3) uint8 RGB.

    Raises:
        InvalidInputError: If there is no picture, sizes differ, or captions are missing.
    """
    if not pictures or any(p.shape != pictures[0].shape for p in pictures):
        raise InvalidInputError("contact sheet: expected one or more pictures, all of one size")
    if captions and len(captions) != len(pictures):
        raise InvalidInputError(f"contact sheet: {len(pictures)} pictures, but {len(captions)} captions")
    per_row = max(min(columns or len(pictures), len(pictures)), 1)
    gap, font = max(width_px // 130, 4), max(width_px // 80, 10)
    tile_width = (width_px - (per_row + 1) * gap) // per_row
    tile_height = max(round(tile_width * pictures[0].shape[0] / pictures[0].shape[1]), 1)
    row_height = tile_height + gap + (2 * font if captions else 0)
    top = gap + -(-len(pictures) // per_row) * row_height
    bottom = _scaled(footer, width_px) if footer is not None else np.zeros((0, width_px, 3), np.uint8)
    sheet = np.full((top + bottom.shape[0], width_px, 3), 255, np.uint8)
    sheet[top:] = bottom
    for number, picture in enumerate(pictures):
        row, column = divmod(number, per_row)
        x, y = gap + column * (tile_width + gap), gap + row * row_height
        tile = cv2.resize(picture, (tile_width, tile_height), interpolation=_method(picture, tile_width))
        sheet[y : y + tile_height, x : x + tile_width] = tile
        if captions:
            at = (x + tile_width // 2, y + tile_height + font)
            draw_text(sheet, captions[number], at, font, _GREY, align=0.5)
    return sheet


def _method(picture: Image, width: int) -> int:
    """Averaging when a picture shrinks, straight lines between pixels when it grows."""
    return cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_LINEAR


def _scaled(picture: Image, width: int) -> Image:
    height = max(round(picture.shape[0] * width / picture.shape[1]), 1)
    scaled = cv2.resize(picture, (width, height), interpolation=_method(picture, width))
    return np.asarray(scaled, np.uint8)
