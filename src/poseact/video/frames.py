"""The types that every source of pictures shares: a frame, what is known of a video, the source itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

DEFAULT_MAX_PIXELS = 8192 * 8192
"""Larger pictures are refused: one alone would take 200 MB, and a broken header may claim any size."""


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        image: (H, W, 3) uint8 RGB, upright.
        timestamp_s: Seconds on the source's own clock.
        index: 0, 1, 2 ... in the order read.
    """

    image: NDArray[np.uint8]
    timestamp_s: float
    index: int


@dataclass(frozen=True)
class VideoInfo:
    """What is known of a source before its frames are read.

    Attributes:
        name: The path as it was given, or e.g. ``"camera 0"``.
        width: Pixels of every frame, after rotation and after making the pixels square.
        height: Likewise.
        average_fps: Frames per second as the file states them, for a first estimate only; the
            frames' own stamps count. None when unknown.
        duration_s: Seconds as the file states them, or None.
        num_frames: An estimate for progress bars; a broken file gives fewer. None when unknown.
        codec: FFmpeg's short name, e.g. ``"h264"``; ``"pictures"`` or ``"camera"`` for the others.
        rotation_deg: By how much the stored pictures were turned counter-clockwise: 0, 90, 180, 270.
        has_audio: Whether there is sound beside the pictures.
    """

    name: str
    width: int
    height: int
    average_fps: float | None
    duration_s: float | None
    num_frames: int | None
    codec: str
    rotation_deg: int = 0
    has_audio: bool = False


@runtime_checkable
class FrameSource(Protocol):
    """Gives frames one after another; close it after use, or use it in a ``with`` block.

    A file or folder can be read again and again from its start; a camera goes on.
    """

    warnings: list[str]
    """One line for each thing that went wrong without stopping the reading; complete after it."""

    @property
    def info(self) -> VideoInfo:
        """What is known before reading."""

    def __iter__(self) -> Iterator[Frame]:
        """The frames; their time stamps strictly rise."""

    def close(self) -> None:
        """Let go of the file or device. May be called twice, and from another thread."""

    def __enter__(self) -> Self:
        """The source itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
