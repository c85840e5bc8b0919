"""Animated GIF files: one palette for the whole file, and only what changes from picture to picture."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, OutputError
from poseact.files import whole_file

# GIF89a counts hundredths of a second; viewers take delays below two of them for a tenth.
_TICKS_PER_S = 100
_LEAST_DELAY = 2
_ONLY_DELAY = 100
_MAX_SIDE = 4096
_END, _COMMENT = b"\x3b", b"\x21\xfe"


class GifWriter:
    """Writes a GIF that repeats for ever, whole or not at all.

    The palette is made of all pictures, so they are kept, without loss, in a temporary file until
    the end. Leaving a ``with`` block by an error leaves no file.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, comment: str | None = None, dither: bool = False
    ) -> None:
        """Begin a file; its size is that of the first picture.

        Args:
            path: Where to write; ends in ``.gif``.
            comment: What the file says of itself; see `read_gif_comment`.
            dither: Scatter colours that the palette lacks, for pictures of a camera; drawings
                look cleaner, and take half the room, without.

        Raises:
            InvalidInputError: If the name does not end in ``.gif``.
            OutputError: If nothing can be written.
        """
        self._path = Path(path)
        if self._path.suffix.lower() != ".gif":
            raise InvalidInputError(f"{self._path}: expected a name ending in .gif")
        self._comment, self._dither = comment, dither
        self._ticks: list[int] = []
        self._shape: tuple[int, ...] | None = None
        try:
            handle, name = tempfile.mkstemp(prefix="poseact-gif-", suffix=".mkv")
            os.close(handle)
        except OSError as error:
            raise OutputError(f"{self._path}: no temporary file can be made ({error.strerror})") from error
        self._kept = Path(name)
        self._container: OutputContainer | None = av.open(f"file:{name}", mode="w", format="matroska")
        self._stream: VideoStream | None = None

    def write(self, image: NDArray[np.uint8], timestamp_s: float) -> None:
        """Add a picture, (H, W, 3) uint8 RGB, at a time in seconds.

        A picture that comes less than two hundredths of a second after the one before is left out.

        Raises:
            InvalidInputError: If the picture is not of the first one's form, or too large.
            OutputError: If nothing can be written.
        """
        if image.ndim != 3 or image.shape[2] != 3 or max(image.shape) > _MAX_SIDE:
            raise InvalidInputError(
                f"{self._path}: expected (height, width, 3) pictures, at most {_MAX_SIDE} pixels on a side, "
                f"found {image.shape}"
            )
        if self._shape not in (None, image.shape):
            raise InvalidInputError(f"{self._path}: expected pictures of {self._shape}, found {image.shape}")
        ticks = round(timestamp_s * _TICKS_PER_S)
        if self._ticks and ticks - self._ticks[-1] < _LEAST_DELAY:
            return
        self._shape = image.shape
        try:
            self._keep(image, len(self._ticks))
        except (av.FFmpegError, OSError) as error:
            raise OutputError(f"{self._path}: the GIF cannot be written ({error.strerror})") from error
        self._ticks.append(ticks)

    def _keep(self, image: NDArray[np.uint8], number: int) -> None:
        assert self._container is not None  # none is added after the end
        if self._stream is None:
            options = {"preset": "ultrafast", "qp": "0"}
            self._stream = self._container.add_stream("libx264rgb", rate=25, options=options)
            self._stream.height, self._stream.width = image.shape[:2]
            self._stream.pix_fmt = "rgb24"
            self._stream.codec_context.thread_count = 1
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts = number
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Make the file of what was kept. Does nothing the second time.

        Raises:
            OutputError: If it cannot be written, or no picture was given.
        """
        if self._container is None:
            return
        try:
            if self._stream is None:
                raise OutputError(f"{self._path}: expected at least one picture to write, found none")
            self._container.mux(self._stream.encode(None))
            self._end_keeping()
            with whole_file(self._path) as temporary:
                self._make(temporary)
                self._add_comment(temporary)
        except (av.FFmpegError, OSError) as error:
            raise OutputError(f"{self._path}: the GIF cannot be written ({error.strerror})") from error
        finally:
            self.abort()

    def abort(self) -> None:
        """Throw away what was kept; an older file of that name stays as it was."""
        with suppress(av.FFmpegError, OSError):
            self._end_keeping()
        self._kept.unlink(missing_ok=True)

    def _end_keeping(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def _pictures(self) -> Iterator[VideoFrame]:
        with av.open(f"file:{self._kept}") as kept:
            kept.streams.video[0].codec_context.thread_count = 1
            for number, frame in enumerate(kept.decode(video=0)):
                plain = frame.reformat(format="rgb24")
                plain.pts, plain.time_base = self._ticks[number], Fraction(1, _TICKS_PER_S)
                yield plain

    @property
    def _size_wh(self) -> tuple[int, int]:
        assert self._shape is not None  # at least one picture came
        return self._shape[1], self._shape[0]

    def _palette(self) -> VideoFrame:
        """(16 x 16 pixels): the 255 colours that suit all pictures best, and one for what stays as it is."""
        graph = Graph()
        source, sink = _source(graph, self._size_wh), graph.add("buffersink")
        maker = graph.add("palettegen", "stats_mode=full:reserve_transparent=1")
        source.link_to(maker)
        maker.link_to(sink)
        graph.configure()
        for frame in self._pictures():
            source.push(frame)
        source.push(None)
        return _pulled(sink)[0]

    def _make(self, target: Path) -> None:
        palette = self._palette()
        graph = Graph()
        pictures, colours = _source(graph, self._size_wh), _source(graph, (palette.width, palette.height))
        dither = "bayer:bayer_scale=3" if self._dither else "none"
        use, sink = graph.add("paletteuse", f"dither={dither}:diff_mode=rectangle"), graph.add("buffersink")
        pictures.link_to(use, 0, 0)
        colours.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        colours.push(palette.reformat(format="rgb24"))
        colours.push(None)
        delays = [b - a for a, b in pairwise(self._ticks)]
        delays.append(delays[-1] if delays else _ONLY_DELAY)
        with av.open(f"file:{target.absolute()}", mode="w", format="gif", options={"loop": "0"}) as out:
            stream = out.add_stream("gif", rate=_TICKS_PER_S)
            stream.width, stream.height = self._size_wh
            stream.pix_fmt = "pal8"
            stream.time_base = stream.codec_context.time_base = Fraction(1, _TICKS_PER_S)
            stream.codec_context.flags |= Flags.frame_duration
            number = 0
            for frame in chain(self._pictures(), [None]):
                pictures.push(frame)
                for drawn in _pulled(sink):
                    drawn.pts, drawn.duration = self._ticks[number], delays[number]
                    drawn.time_base = Fraction(1, _TICKS_PER_S)
                    out.mux(stream.encode(drawn))
                    number += 1
            out.mux(stream.encode(None))

    def _add_comment(self, file: Path) -> None:
        """A comment extension (GIF89a, section 24) before the trailer."""
        if self._comment is None:
            return
        data = file.read_bytes()
        text = self._comment.encode("ascii", "replace")[:255]
        block = _COMMENT + bytes([len(text)]) + text + b"\x00"
        file.write_bytes(data.removesuffix(_END) + block + _END)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def read_gif_comment(path: Path) -> str | None:
    """What a file of `GifWriter` says of itself; None of any other file."""
    try:
        with path.open("rb") as file:
            start = file.read(6)
            file.seek(0, os.SEEK_END)
            file.seek(-min(file.tell(), 300), os.SEEK_END)
            end = file.read()
    except OSError:
        return None
    at = end.rfind(_COMMENT)
    if start != b"GIF89a" or at < 0 or not end.endswith(b"\x00" + _END):
        return None
    text = end[at + 3 : -2]
    return text.decode("ascii", "replace") if len(text) == end[at + 2] else None


def _source(graph: Graph, size_wh: tuple[int, int]) -> FilterContext:
    return graph.add_buffer(
        width=size_wh[0],
        height=size_wh[1],
        format=VideoFormat("rgb24"),
        time_base=Fraction(1, _TICKS_PER_S),
    )


def _pulled(sink: FilterContext) -> list[VideoFrame]:
    """The pictures that are ready."""
    out: list[VideoFrame] = []
    while True:
        try:
            frame = sink.pull()
        except (BlockingIOError, EOFError):
            return out
        assert isinstance(frame, VideoFrame)  # there is no sound
        out.append(frame)
