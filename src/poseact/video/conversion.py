"""Decoded pictures to upright RGB arrays with square pixels."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.sidedata.sidedata import SideData
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

_UNSPECIFIED_COLORSPACE = 2  # AVCOL_SPC_UNSPECIFIED
HD_MIN_HEIGHT = 720
"""From this height on, players take colours that are not labelled for BT.709, below for BT.601."""

# Pixels this near to square are left alone: scaling blurs and costs more than the error harms.
_SQUARE_TOLERANCE = 0.03
_MAX_PIXEL_ASPECT = 8


@dataclass(frozen=True)
class Turn:
    """A turn by quarters, perhaps with a mirror: transpose first, then flip.

    Attributes:
        transpose: Exchange x and y.
        flip_x: Then mirror left and right.
        flip_y: Then mirror top and bottom.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn an (H, W, 3) picture; the result is contiguous in memory."""
        if self.transpose:
            image = image.swapaxes(0, 1)
        if self.flip_x:
            image = image[:, ::-1]
        if self.flip_y:
            image = image[::-1]
        return np.ascontiguousarray(image)

    @property
    def rotation_deg(self) -> int:
        """Counter-clockwise part of the turn: 0, 90, 180 or 270; a mirror is left out."""
        if self.transpose:
            return 90 if self.flip_y else 270
        return 180 if self.flip_x and self.flip_y else 0


_QUARTER_TURNS = (
    Turn(),
    Turn(transpose=True, flip_y=True),
    Turn(flip_x=True, flip_y=True),
    Turn(transpose=True, flip_x=True),
)


def turn_of(frame: av.VideoFrame) -> Turn:
    """How a decoded picture must be turned to stand upright, from its display matrix.

    The matrix maps stored (x, y) to shown (a x + c y, b x + d y), see libavutil/display.h. Any
    other angle than a quarter counts as the nearest one.
    """
    try:
        matrix = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV stumbles over other data that it does not know, EXIF for one
        return _QUARTER_TURNS[round(frame.rotation / 90) % 4]
    if not isinstance(matrix, SideData):
        return Turn()
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Turn(transpose=True, flip_x=c < 0, flip_y=b < 0)
    return Turn(flip_x=a < 0, flip_y=d < 0)


def square_size_wh(width: int, height: int, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Size at which pixels are square; the picture only grows, so that no detail is lost.

    Args:
        width: Stored width in pixels.
        height: Stored height in pixels.
        pixel_aspect: Width of one pixel by its height; None or nonsense counts as square.
    """
    if not pixel_aspect or not 1 / _MAX_PIXEL_ASPECT <= pixel_aspect <= _MAX_PIXEL_ASPECT:
        return width, height
    if abs(pixel_aspect - 1) <= _SQUARE_TOLERANCE:
        return width, height
    if pixel_aspect > 1:
        return round(width * pixel_aspect), height
    return width, round(height / pixel_aspect)


class RgbConverter:
    """Turns the frames of one stream into RGB arrays of one size."""

    def __init__(self, first: av.VideoFrame, pixel_aspect: Fraction | None) -> None:
        self.turn = turn_of(first)
        self._size_wh = square_size_wh(first.width, first.height, pixel_aspect)
        self._reformatter = VideoReformatter()

    @property
    def upright_size_wh(self) -> tuple[int, int]:
        """Width and height of the arrays."""
        width, height = self._size_wh
        return (height, width) if self.turn.transpose else (width, height)

    def convert(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """An upright (H, W, 3) RGB array; a frame of another size is scaled to that of the first.

        Transparency is dropped. High dynamic range is not tone-mapped.
        """
        unlabelled_hd = frame.colorspace == _UNSPECIFIED_COLORSPACE and frame.height >= HD_MIN_HEIGHT
        width, height = self._size_wh
        rgb = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="rgb24",
            src_colorspace=Colorspace.ITU709 if unlabelled_hd else None,
            threads=1,  # the default starts one thread per core: four times the CPU time
        )
        return self.turn.apply(np.asarray(rgb.to_ndarray(), np.uint8))
