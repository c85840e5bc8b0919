"""Pictures out of anything that FFmpeg has opened and that does not stop to think: streams and pipes."""

from collections.abc import Callable, Generator
from functools import partial

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from poseact.errors import SourceError
from poseact.live.sources.backlog import Backlog
from poseact.live.sources.live_source import Clock, Picture
from poseact.live.sources.stamping import LiveStamping, Stamping
from poseact.video.conversion import RgbConverter
from poseact.video.frames import DEFAULT_MAX_PIXELS, VideoInfo

# Pictures one after another, without a word about time: FFmpeg makes up stamps of 25 a second.
_WITHOUT_CLOCK = frozenset({"rawvideo", "mpjpeg", "mjpeg", "h264", "hevc", "m4v", "mpegvideo", "obu"})
_MIN_FPS, _MAX_FPS = 0.01, 1000.0


class ContainerConnection:
    """Decodes what comes, leaves out what is damaged, and goes on with another size."""

    def __init__(
        self,
        name: str,
        container: InputContainer,
        stamping: Stamping,
        *,
        ends: bool,
        explain: Callable[[Exception], str],
        clock: Clock,
    ) -> None:
        """Take over an opened container; it is closed with this, also where this fails.

        Args:
            name: What to call it; without passwords.
            container: As `av.open` gives it.
            stamping: From its stamps to ours.
            ends: Whether its end is the end, and no loss.
            explain: What to tell of an error of FFmpeg while reading.
            clock: Says when a picture has come.

        Raises:
            SourceError: If there are no moving pictures in it.
        """
        self.ends = ends
        self._name, self._container, self._explain, self._clock = name, container, explain, clock
        self._stamping, self._has_clock = stamping, has_clock(container)
        self._backlog = Backlog(stamping) if isinstance(stamping, LiveStamping) else None
        try:
            self._stream = _moving_pictures(name, container)
            self.info = _read_info(name, self._stream, container)
        except BaseException:
            container.close()
            raise
        self._converter: RgbConverter | None = None
        self._form: tuple[int, int] | None = None
        self._failure: str | None = None
        self._frames = self._decoded()

    def next(self) -> Picture | None:
        """See `Connection`."""
        frame = next(self._frames, None)
        if frame is None:
            if self._failure is not None:
                raise SourceError(f"{self._name}: {self._failure}")
            return None
        if self._converter is None or self._form != (frame.width, frame.height):
            self._form = (frame.width, frame.height)
            self._converter = RgbConverter(frame, self._stream.sample_aspect_ratio)
        stamps = self._stamping.stamp(self._source_s(frame), self._clock.now_s())
        return Picture(partial(self._converter.convert, frame), *stamps)

    def close(self) -> None:
        """See `Connection`."""
        self._frames.close()
        self._container.close()

    def _decoded(self) -> Generator[av.VideoFrame]:
        """Whole pictures until the end, or until reading fails; then those that the decoder still has."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except LookupError:  # PyAV stumbles over another stream that has just begun; ours goes on
                packets = self._container.demux(self._stream)
                continue
            except (av.FFmpegError, OSError) as error:
                # In words: the error itself shows the password, and keeps pictures alive.
                self._failure, packet = self._explain(error), None
            if packet is not None and not self._is_wanted(packet):
                continue
            try:
                frames = self._stream.decode(packet)
            except av.FFmpegError:  # damaged on the way: the next may be whole
                frames = []
            yield from (frame for frame in frames if not frame.is_corrupt)
            if packet is None:
                return

    def _is_wanted(self, packet: "av.Packet[VideoStream]") -> bool:
        if self._backlog is None or not packet.size:
            return bool(packet.size)
        return self._backlog.wants(self._source_s(packet), packet.is_keyframe, self._clock.now_s())

    def _source_s(self, timed: "av.VideoFrame | av.Packet[VideoStream]") -> float | None:
        ticks = timed.dts if timed.pts is None else timed.pts
        tick_s = self._stream.time_base if self._has_clock else None
        return None if ticks is None or tick_s is None else float(ticks * tick_s)


def has_clock(container: InputContainer) -> bool:
    """Whether the pictures carry time stamps, other than such as FFmpeg makes up."""
    return container.format.name not in _WITHOUT_CLOCK and not is_row_of_pictures(container)


def is_row_of_pictures(container: InputContainer) -> bool:
    """Whether there are picture files (JPEG, PNG ...), or just one, one behind the other."""
    return container.format.name.endswith("_pipe")


def stated_fps(container: InputContainer) -> float | None:
    """Pictures a second as the stream states them; None where it says nothing sensible."""
    rate = container.streams.video[0].average_rate if container.streams.video else None
    return float(rate) if rate and _MIN_FPS <= rate <= _MAX_FPS else None


def _moving_pictures(name: str, container: InputContainer) -> VideoStream:
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream.codec_context is None:
        found = "sound only" if container.streams.audio else "none that can be decoded"
        raise SourceError(f"{name}: expected moving pictures, found {found}: give another source")
    context = stream.codec_context
    context.thread_type = "SLICE"  # threads by frame would hold pictures back
    context.thread_count = 1
    context.options = {"max_pixels": str(DEFAULT_MAX_PIXELS)}
    return stream


def _read_info(name: str, stream: VideoStream, container: InputContainer) -> VideoInfo:
    """The size is that of the first picture, if FFmpeg has looked at one."""
    return VideoInfo(
        name,
        stream.width,
        stream.height,
        stated_fps(container),
        None,
        None,
        stream.codec_context.codec.canonical_name,
        has_audio=bool(container.streams.audio),
    )
