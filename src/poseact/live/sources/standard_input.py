"""Pictures from a pipe: any stream that FFmpeg reads from front to back, or raw pictures of a known size."""

import os
import sys

import av
from av.video.format import VideoFormat

from poseact.errors import InvalidInputError, SourceError
from poseact.live.sources.container_connection import ContainerConnection, has_clock, stated_fps
from poseact.live.sources.live_source import Clock
from poseact.live.sources.stamping import LiveStamping, PacedStamping, Stamping

NAME = "stdin"
_HOW = "as in  ffmpeg -i VIDEO -f mpegts - | poseact live --source -"
# Microseconds in which to find out what there is: a camera's pictures get old meanwhile.
_QUICKLY = {"analyzeduration": "500000", "fpsprobesize": "0"}


class _Pipe:
    """What PyAV needs of a file; gives what is there instead of waiting for a block to fill up."""

    name = NAME

    def __init__(self, file_number: int) -> None:
        self._file_number = file_number
        self.is_empty = True

    def read(self, size: int) -> bytes:
        data = os.read(self._file_number, size)
        self.is_empty = self.is_empty and not data
        return data


def open_standard_input(
    *,
    clock: Clock,
    pixel_format: str | None = None,
    size_wh: tuple[int, int] | None = None,
    fps: float | None = None,
    file_number: int | None = None,
) -> ContainerConnection:
    """Begin to read a pipe; waits until it says what it holds.

    A stream with time stamps is played out at its own pace; it may be written faster, and who writes then
    waits. Pictures without stamps (raw ones, MJPEG, raw H.264) are `fps` a second, or, without `fps`, of when
    they come.

    Args:
        clock: Says when pictures come.
        pixel_format: FFmpeg's name of the pixel format, where the pictures are raw: ``"rgb24"``, ``"bgr24"``,
            ``"gray"``, ``"yuv420p"``, ...
        size_wh: Width and height of raw pictures.
        fps: Pictures a second, where they have no stamps.
        file_number: Of another pipe than stdin.

    Raises:
        SourceError: If it is empty or holds no video.
        InvalidInputError: If FFmpeg has no such pixel format.
    """
    if file_number is None:
        if sys.stdin is None or sys.stdin.isatty():
            raise SourceError(f"{NAME}: expected a video in a pipe, found none: {_HOW}")
        file_number = sys.stdin.fileno()
    options = {"protocol_whitelist": "none", **_QUICKLY}
    form = None
    if pixel_format is not None:
        assert size_wh is not None  # raw pictures have one
        try:
            VideoFormat(pixel_format)
        except ValueError as error:
            raise InvalidInputError(
                f"pixel format: expected FFmpeg's name of one, as rgb24, found {pixel_format!r}"
            ) from error
        form = "rawvideo"
        options |= {"pixel_format": pixel_format, "video_size": f"{size_wh[0]}x{size_wh[1]}"}
        options |= {"framerate": f"{fps or 25:g}"}
    pipe = _Pipe(file_number)
    try:
        container = av.open(
            pipe,
            mode="r",
            format=form,
            container_options=options,
            metadata_errors="replace",
            buffer_size=1 << 16,
            io_open=_refuse,
        )
    except (av.FFmpegError, OSError, ValueError, _NestedFileError) as error:
        raise SourceError(f"{NAME}: {_why_not_opened(pipe, error)}") from error
    stamping: Stamping = LiveStamping()
    if has_clock(container) or fps is not None:
        fps = stated_fps(container) if has_clock(container) else fps
        stamping = PacedStamping(1 / fps if fps else None, on_our_clock=False)
    return ContainerConnection(NAME, container, stamping, ends=True, explain=_why_broken, clock=clock)


class _NestedFileError(Exception):
    """What came made FFmpeg ask for a file."""


def _refuse(url: str, _flags: int, _options: dict[str, str]) -> None:
    raise _NestedFileError(url)


def _why_not_opened(pipe: _Pipe, error: Exception) -> str:
    if isinstance(error, _NestedFileError):
        return "expected a video, found a playlist"
    if pipe.is_empty:
        return f"expected a video, found nothing: {_HOW}"
    return (
        "found nothing that can be read as a video in a pipe: write MPEG-TS, Matroska or MJPEG (an mp4 has "
        f"its index at the end), {_HOW}; or say size and pixel format of raw pictures"
    )


def _why_broken(error: Exception) -> str:
    what = getattr(error, "strerror", None) or error
    return f"reading stopped before the end ({what}); an mp4 may have its index there: send MPEG-TS, {_HOW}"
