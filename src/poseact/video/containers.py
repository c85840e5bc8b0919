"""Opening a video file without trusting it: only known containers, no other files, no network."""

import os
from pathlib import Path
from typing import BinaryIO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from poseact.errors import SourceError
from poseact.video.frames import DEFAULT_MAX_PIXELS
from poseact.video.structure import read_structure

# Containers that hold their own pictures. Everything else FFmpeg knows is refused, above all what
# makes it open further files or addresses: playlists (hls, dash, concat), picture patterns
# (image2), devices, and scripts.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "avi",
    "gif",
    "apng",
    "mpegts",
    "mpeg",
    "mpegvideo",
    "flv",
    "asf",
    "ogg",
    "ivf",
    "obu",
    "h264",
    "hevc",
    "m4v",
    "mjpeg",
    "dv",
    "mxf",
    "nut",
    "yuv4mpegpipe",
)
_READABLE = "mp4, mov, mkv, webm, avi or gif"


class _AnonymousFile:
    """An open file whose path FFmpeg does not learn, so that it cannot read anything into it."""

    def __init__(self, file: BinaryIO, suffix: str) -> None:
        # A few raw formats are told apart by the suffix alone.
        self.name = "video" + (suffix if suffix[1:].isalnum() else "")
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


class OpenedVideo:
    """A container that FFmpeg has opened, and the file behind it."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        """Open a file for decoding.

        Raises:
            SourceError: If there is no such file, or it is not a video that can be read.
        """
        self._file = _open_file(path)
        try:
            self.container: InputContainer = av.open(
                _AnonymousFile(self._file, path.suffix),
                mode="r",
                options={"max_pixels": str(max_pixels)},
                container_options={"format_whitelist": ",".join(_CONTAINERS), "protocol_whitelist": "none"},
                metadata_errors="replace",
                buffer_size=1 << 16,
                io_open=_refuse,
            )
        except BaseException as error:
            self._file.close()
            if isinstance(error, av.FFmpegError | _NestedFileError | OSError | ValueError):
                raise SourceError(f"{path}: {_why_not_opened(path, error)}") from error
            raise

    def close(self) -> None:
        """Close both; may be called twice."""
        self.container.close()
        self._file.close()


def read_comment(path: Path) -> str | None:
    """What a video file says of itself in its tag "comment"; None where it says nothing or cannot be read."""
    try:
        opened = OpenedVideo(path, DEFAULT_MAX_PIXELS)
    except SourceError:
        return None
    try:
        return opened.container.metadata.get("comment")
    finally:
        opened.close()


def best_video_stream(container: InputContainer, path: Path, max_pixels: int) -> VideoStream:
    """The stream of moving pictures to decode, with its decoder set up.

    Raises:
        SourceError: If there is none, none that can be decoded, or its pictures are too large.
    """
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream.disposition & stream.disposition.attached_pic:
        raise SourceError(f"{path}: expected a video, found {_found_instead(container)}: give another file")
    if stream.codec_context is None:
        raise SourceError(
            f"{path}: its video codec is not known to the installed FFmpeg: convert it to H.264 mp4"
        )
    if stream.width * stream.height > max_pixels:
        raise SourceError(
            f"{path}: expected at most {max_pixels} pixels a frame, found {stream.width} x {stream.height}: "
            "scale the video down, or raise max_pixels if the size is real"
        )
    context = stream.codec_context
    # Measured on real H.264 clips: two frame threads cost 15 to 35 % more CPU time for a quarter
    # less waiting, and the other core has pose estimation to do. Slice threads change nothing for
    # most files, and a single thread cannot wait for another.
    context.thread_type = "SLICE"
    context.thread_count = 1
    context.options = {"max_pixels": str(max_pixels)}
    return stream


def start_time_s(container: InputContainer) -> float:
    """Seconds on the file's own clock at which its first stream, sound or pictures, begins.

    A player shows this moment as 0:00.
    """
    start = container.start_time
    return float(start) / av.time_base if start is not None else 0.0


class _NestedFileError(Exception):
    """The file made FFmpeg ask for another file."""


def _refuse(url: str, _flags: int, _options: dict[str, str]) -> None:
    raise _NestedFileError(url)


def _open_file(path: Path) -> BinaryIO:
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not a file" if path.exists() else "no such file"
            raise SourceError(f"{path}: {what}: expected a video file ({_READABLE})")
        file = path.open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SourceError(f"{path}: cannot be read ({reason}): check its name and its rights") from error
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise SourceError(f"{path}: the file is empty (0 bytes): record or copy it again")
    return file


def _found_instead(container: InputContainer) -> str:
    return "sound only" if container.streams.audio else "no stream of pictures"


def _why_not_opened(path: Path, error: Exception) -> str:
    if read_structure(path).lacks_index:
        return (
            "an mp4 without its index (moov box): the recording was cut off before it was finished: "
            "record or copy it again"
        )
    if isinstance(error, av.error.InvalidDataError):
        return f"expected a video ({_READABLE}), found something else or a badly damaged file"
    if isinstance(error, av.error.ArgumentError | _NestedFileError):
        return f"expected a video ({_READABLE}), found a playlist, a picture or a kind that is not opened"
    return f"cannot be opened as a video ({getattr(error, 'strerror', None) or error})"
