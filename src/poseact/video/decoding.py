"""Video files to frames: decoding with PyAV, tolerant of damage, strict about what it opens."""

import os
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from poseact.errors import SourceError
from poseact.video.containers import OpenedVideo, best_video_stream, start_time_s
from poseact.video.conversion import RgbConverter
from poseact.video.frames import DEFAULT_MAX_PIXELS, Frame, VideoInfo
from poseact.video.structure import read_structure
from poseact.video.timestamps import AviStamps, StampRepair

_FALLBACK_FPS = 25.0
# Beyond these a header is damaged: nobody films one picture in 100 s, or 1000 in one.
_MIN_FPS, _MAX_FPS = 0.01, 1000.0


class _Pass:
    """One walk through a file from its start: packets in, good pictures out, bad ones counted."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        self._opened = OpenedVideo(path, max_pixels)
        try:
            self.stream = best_video_stream(self._opened.container, path, max_pixels)
        except BaseException:
            self._opened.close()
            raise
        self.container = self._opened.container
        self.num_bad = 0
        self.read_error: str | None = None
        self._avi_stamps = AviStamps() if self.container.format.name == "avi" else None
        # Elsewhere such a packet is cut short; in a transport stream it may just follow a gap.
        self._drops_corrupt_packets = self.container.format.name != "mpegts"
        self._pictures = self._all_pictures()

    def next_picture(self) -> av.VideoFrame | None:
        """The next good picture; None at the end, or once closed."""
        return next(self._pictures, None)

    def close(self) -> None:
        self._pictures.close()
        self._opened.close()

    def _all_pictures(self) -> Generator[av.VideoFrame]:
        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                self.read_error = error.strerror or str(error)
                packet = None
            if packet is None:
                yield from self._decoded(None)
                return
            if packet.is_corrupt and self._drops_corrupt_packets:
                self.num_bad += 1
            elif packet.size:  # PyAV ends with an empty one, and AVI has them for repeated pictures
                if self._avi_stamps is not None:
                    self._avi_stamps.saw_packet(packet.dts)
                yield from self._decoded(packet)

    def ticks_of(self, picture: av.VideoFrame) -> int | None:
        """When to show a picture, in the stream's time base, on the file's own clock."""
        if self._avi_stamps is not None:
            return self._avi_stamps.ticks(picture.dts)
        return picture.dts if picture.pts is None else picture.pts

    def _decoded(self, packet: "av.Packet[VideoStream] | None") -> Iterator[av.VideoFrame]:
        try:
            pictures = self.stream.decode(packet)
        except av.FFmpegError:
            self.num_bad += 1
            return
        for picture in pictures:
            if picture.is_corrupt:
                self.num_bad += 1
            else:
                yield picture


class VideoFile:
    """A video file, decoded from its start each time it is iterated over.

    Time stamps are the file's own, counted from where its earliest stream begins, as a player
    counts them: pictures that begin 0.5 s after the sound begin at 0.5 s. Rotation and mirror
    flags are followed, pixels that are not square are made square (by enlarging). A damaged
    file gives its good frames and says in `warnings` what was lost.
    """

    def __init__(self, path: str | os.PathLike[str], *, max_pixels: int = DEFAULT_MAX_PIXELS) -> None:
        """Open a file and decode its first frame.

        Args:
            path: Any container and codec that FFmpeg decodes, but no playlists or streams.
            max_pixels: Refuse larger pictures.

        Raises:
            SourceError: If the file cannot be read or holds no picture that can be decoded.
        """
        self._path = Path(path)
        self._max_pixels = max_pixels
        self._lock = Lock()
        self._closed = False
        self.warnings: list[str] = []
        self._structure = read_structure(self._path)
        self._pass = _Pass(self._path, max_pixels)
        try:
            self._first = self._first_picture()
            self._converter = RgbConverter(self._first, self._pass.stream.sample_aspect_ratio)
            self._info = self._read_info()
        except BaseException:
            self._pass.close()
            raise
        self._pass_is_fresh = True

    @property
    def info(self) -> VideoInfo:
        """What the file says of itself, and the size of its first frame."""
        return self._info

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; an iteration that is under way in another thread ends."""
        with self._lock:
            self._closed = True
            self._pass.close()

    def __iter__(self) -> Iterator[Frame]:
        """The frames from the first on; a walk that is still under way ends."""
        for index, (stamp_s, image) in enumerate(self.stamped_pictures()):
            yield Frame(image(), stamp_s, index)

    def stamped_pictures(self) -> Iterator[tuple[float, Callable[[], NDArray[np.uint8]]]]:
        """The stamp of each frame, and what makes its image: for those who do not want every one."""
        walk, first = self._begin()
        picture: av.VideoFrame | None = first
        stream = walk.stream
        tick_s = float(stream.time_base or 0)
        has_clock = 0 < tick_s <= 1 / _MIN_FPS
        start_s = start_time_s(walk.container)
        stamps = StampRepair(1 / (self._info.average_fps or _FALLBACK_FPS), self._info.duration_s)
        try:
            while picture is not None:
                ticks = walk.ticks_of(picture)
                stamp_s = ticks * tick_s - start_s if has_clock and ticks is not None else None
                yield stamps.repair(stamp_s), partial(self._converter.convert, picture)
                with self._lock:  # or `close` in another thread might free what is being decoded
                    picture = walk.next_picture()
        finally:
            self.warnings = self._damage(walk, stamps)

    def _begin(self) -> tuple[_Pass, av.VideoFrame]:
        """The pass opened already, for the first walk; a new one from the start of the file later."""
        with self._lock:
            if self._closed:
                raise SourceError(f"{self._path}: the file has been closed: open it again")
            if not self._pass_is_fresh:
                self._pass.close()
                self._pass = _Pass(self._path, self._max_pixels)
                self._first = self._first_picture()
            self._pass_is_fresh = False
            return self._pass, self._first

    def _first_picture(self) -> av.VideoFrame:
        picture = self._pass.next_picture()
        if picture is None:
            codec = _codec_name(self._pass.stream)
            raise SourceError(
                f"{self._path}: found {codec} video of which no frame can be decoded: it is empty, damaged, "
                f"or its pictures have more than {self._max_pixels} pixels: record or convert it again"
            )
        return picture

    def _read_info(self) -> VideoInfo:
        container, stream = self._pass.container, self._pass.stream
        fps = _stated_fps(stream)
        duration_s = _stated_duration_s(container, stream)
        width, height = self._converter.upright_size_wh
        estimate = round(duration_s * fps) if duration_s and fps else None
        return VideoInfo(
            name=str(self._path),
            width=width,
            height=height,
            average_fps=fps,
            duration_s=duration_s,
            num_frames=stream.frames or estimate,
            codec=_codec_name(stream),
            rotation_deg=self._converter.turn.rotation_deg,
            has_audio=bool(container.streams.audio),
        )

    def _damage(self, walk: _Pass, stamps: StampRepair) -> list[str]:
        lines = []
        if walk.num_bad:
            frames = "1 frame" if walk.num_bad == 1 else f"{walk.num_bad} frames"
            lines.append(f"{self._path}: left out {frames} that could not be decoded: damaged file?")
        if walk.read_error:
            lines.append(f"{self._path}: reading stopped before the end ({walk.read_error})")
        if stamps.num_repaired:
            lines.append(
                f"{self._path}: {stamps.num_repaired} of {stamps.num_stamps} time stamps were missing or "
                "out of order and were estimated"
            )
        if missing := self._structure.missing_bytes:
            lines.append(f"{self._path}: the file is cut off, its last {missing} bytes are missing")
        return lines


def _stated_fps(stream: VideoStream) -> float | None:
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and _MIN_FPS <= rate <= _MAX_FPS:
            return float(rate)
    return None


def _stated_duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _codec_name(stream: VideoStream) -> str:
    return stream.codec_context.codec.canonical_name  # "av1", not the decoder's "libdav1d"
