"""H.264 mp4 files that browsers play, with the frames' own time stamps and the sound of the original."""

import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, OutputError
from poseact.files import whole_file
from poseact.video.conversion import HD_MIN_HEIGHT
from poseact.video.sound import Sound

_TICKS_PER_S = 90_000
_FALLBACK_FPS = 25
_MIN_FPS, _MAX_FPS = 1, 240
_MAX_SIDE = 16_384  # x264's own limit
# H.273 code points: BT.709, and SMPTE 170M (BT.601 for 525 lines).
_BT709, _SMPTE170M = 1, 6


class VideoWriter:
    """Writes an mp4 whole or not at all: the file appears under its name when all is written.

    Every frame keeps its own time stamp, to 0.01 ms; the last one lasts as long as the one
    before it. Odd widths and heights are made even by repeating the last column or row. Leaving
    a ``with`` block by an error leaves no file. May be used from one other thread at a time.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sound_from: str | os.PathLike[str] | None = None,
        start_s: float = 0.0,
        comment: str | None = None,
        crf: int = 23,
        preset: str = "superfast",
    ) -> None:
        """Begin a file; its size is that of the first frame.

        Args:
            path: Where to write; ends in ``.mp4``.
            sound_from: The video file whose sound is copied, as far as the pictures reach. Frames
                must carry the stamps that `VideoFile` gave them. A file without sound is fine.
            start_s: The time stamp that is 0:00 in the file, for sources whose clock does not
                begin at 0, such as cameras.
            comment: What the file says of itself; see `poseact.video.read_comment`.
            crf: x264's quality, 0 to 51; less is better and larger.
            preset: x264's preset. Measured on real clips of 640x480, one thread, CPU time and bytes
                a frame: ultrafast 1.9 ms, 8 KB; superfast 3.5 ms, 6 KB; veryfast 4.2 ms, 3 KB.

        Raises:
            InvalidInputError: If the name does not end in ``.mp4``.
            OutputError: If the folder cannot be written.
        """
        self._path = Path(path)
        if self._path.suffix.lower() != ".mp4":
            raise InvalidInputError(f"{self._path}: expected a name ending in .mp4")
        self._sound_from = None if sound_from is None else Path(sound_from)
        self._start_s = start_s
        self._comment = comment
        # Without frames stored out of order the durations of a variable rate come out exactly, and
        # it is cheaper; the file grows by up to a quarter.
        self._options = {"crf": str(crf), "preset": preset, "bf": "0"}
        self._reformatter = VideoReformatter()
        self._shape: tuple[int, ...] | None = None
        self._stream: VideoStream | None = None
        self._sound: Sound | None = None
        self._pending: av.VideoFrame | None = None
        self._pending_ticks = 0
        self._last_stamp_s = -math.inf
        self._period_ticks = round(_TICKS_PER_S / _FALLBACK_FPS)
        self._closed = False
        self.warnings: list[str] = []
        self._cleanup = ExitStack()
        self._temporary = self._cleanup.enter_context(whole_file(self._path))
        self._container = self._open_container()

    def write(self, image: NDArray[np.uint8], timestamp_s: float) -> None:
        """Add a picture, (H, W, 3) uint8 RGB, at a time in seconds; the array may be used again.

        Raises:
            InvalidInputError: If the picture is not of the first one's form, or the time stamp is
                not later than the one before.
            OutputError: If the file cannot be written.
        """
        if self._closed:
            raise InvalidInputError(f"{self._path}: the video is finished: no frame can be added")
        self._check(image, timestamp_s)
        ticks = round((timestamp_s - self._start_s) * _TICKS_PER_S)
        with self._as_output_error():
            if self._pending is not None:
                ticks = max(ticks, self._pending_ticks + 1)
                self._period_ticks = ticks - self._pending_ticks
                self._encode(self._pending)
            self._pending, self._pending_ticks = self._to_yuv(image), ticks
        self._last_stamp_s = timestamp_s

    def close(self) -> None:
        """Finish the file and put it in its place. Does nothing the second time.

        Raises:
            OutputError: If it cannot be written, or no frame was given.
        """
        if self._closed:
            return
        if self._pending is None:
            self.abort()
            raise OutputError(f"{self._path}: expected at least one frame to write, found none")
        with self._as_output_error():
            end_s = (self._pending_ticks + self._period_ticks) / _TICKS_PER_S
            stream = self._encode(self._pending)
            self._container.mux(stream.encode(None))
            if self._sound is not None:
                self._sound.copy_until(end_s)
            self._container.close()
        self._closed = True
        self._release_sound()
        self._cleanup.close()

    def abort(self) -> None:
        """Throw away what has been written; an older file of that name stays as it was."""
        if self._closed:
            return
        self._closed = True
        self._release_sound()
        with suppress(av.FFmpegError, OSError):
            self._container.close()
        with suppress(_AbortedError), self._cleanup:
            raise _AbortedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def _check(self, image: NDArray[np.uint8], timestamp_s: float) -> None:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise InvalidInputError(
                f"{self._path}: expected (height, width, 3) uint8 pictures, found {image.shape} {image.dtype}"
            )
        if max(image.shape) > _MAX_SIDE:
            raise InvalidInputError(
                f"{self._path}: expected at most {_MAX_SIDE} pixels on a side, found {image.shape[1]} x "
                f"{image.shape[0]}: scale the pictures down"
            )
        if self._shape is not None and image.shape != self._shape:
            raise InvalidInputError(
                f"{self._path}: expected pictures of one shape {self._shape}, found {image.shape}"
            )
        if not self._last_stamp_s < timestamp_s < math.inf:
            raise InvalidInputError(
                f"{self._path}: expected a time stamp after {self._last_stamp_s} s, found {timestamp_s} s"
            )
        self._shape = image.shape

    @contextmanager
    def _as_output_error(self) -> Iterator[None]:
        """Throw the file away on any error, and let those of FFmpeg speak plainly."""
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            self.abort()
            reason = error.strerror or str(error)
            raise OutputError(f"{self._path}: the video cannot be written ({reason})") from error
        except BaseException:
            self.abort()
            raise

    def _to_yuv(self, image: NDArray[np.uint8]) -> av.VideoFrame:
        height, width = image.shape[:2]
        if height % 2 or width % 2:
            image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        rgb = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(image), format="rgb24")
        matrix = Colorspace.ITU709 if height >= HD_MIN_HEIGHT else Colorspace.ITU601
        return self._reformatter.reformat(rgb, format="yuv420p", dst_colorspace=matrix, threads=1)

    def _encode(self, frame: av.VideoFrame) -> VideoStream:
        """Encode the frame that has waited for its duration."""
        stream = self._stream or self._open_stream(frame)
        frame.time_base = Fraction(1, _TICKS_PER_S)
        frame.pts = self._pending_ticks
        frame.duration = self._period_ticks
        if self._sound is not None:
            self._sound.copy_until(self._pending_ticks / _TICKS_PER_S)
        self._container.mux(stream.encode(frame))
        return stream

    def _open_container(self) -> OutputContainer:
        url = f"file:{self._temporary.absolute()}"
        container = av.open(url, mode="w", format="mp4", options={"movflags": "+faststart"})
        if self._comment is not None:
            container.metadata["comment"] = self._comment
        return container

    def _open_stream(self, first: av.VideoFrame) -> VideoStream:
        """Add the streams and write the head of the file."""
        self._stream = self._add_pictures(first)
        if self._sound_from is not None:
            self._sound = Sound(self._sound_from, self._container, self.warnings)
            try:
                self._container.start_encoding()
            except av.FFmpegError as error:
                # The sound's own parameters are broken: better a silent video than none.
                self.warnings.append(f"{self._sound_from}: its sound could not be copied ({error.strerror})")
                self._release_sound()
                self._container = self._open_container()
                self._stream = self._add_pictures(first)
        return self._stream

    def _add_pictures(self, first: av.VideoFrame) -> VideoStream:
        # The rate is only a hint: it decides the H.264 level that players check.
        fps = min(max(round(_TICKS_PER_S / self._period_ticks), _MIN_FPS), _MAX_FPS)
        stream = self._container.add_stream("libx264", rate=fps, options=self._options)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.time_base = Fraction(1, _TICKS_PER_S)
        context = stream.codec_context
        context.time_base = Fraction(1, _TICKS_PER_S)
        context.flags |= Flags.frame_duration
        context.thread_count = 1  # two threads cost a tenth more CPU time for the same wall time
        code = _BT709 if first.height >= HD_MIN_HEIGHT else _SMPTE170M
        context.colorspace = context.color_primaries = context.color_trc = code
        return stream

    def _release_sound(self) -> None:
        if self._sound is not None:
            self._sound.close()
            self._sound = None


class _AbortedError(Exception):
    """Tells `whole_file` to leave no file."""
