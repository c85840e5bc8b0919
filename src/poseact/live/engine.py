"""The live engine: frames come in from a thread of their own, the newest wins, and what is seen is told."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from itertools import chain

from poseact.live.events import EventSink, Told
from poseact.live.frame_slot import Arrived, FrameSlot
from poseact.live.latency import LiveStats
from poseact.live.session import LiveSession, Moment
from poseact.live.sources import LiveSource
from poseact.video import Frame, FrameSource

# Without a frame for so long nobody is in view any more.
STALL_S = 2.0
_POLL_S = 0.1


def _log_line(_kind: str, line: str) -> None:
    logging.getLogger(__name__).warning(line)


class LiveEngine:
    """Reads a source, recognises, tells: in two threads, until the source ends or somebody stops it.

    One thread takes frames from the source as they come, so that the source never waits; the other finds
    people, recognises and tells. Where the second is slower, frames are dropped and counted: a label is
    never older than one frame's work. When the source gives nothing for `STALL_S` everything open ends, and
    begins anew with the next frame.

    Args:
        source: Frames; closed by the engine. A `LiveSource` says when they came, on `time.monotonic`.
        session: What to do with them.
        sinks: Whom to tell; closed by the engine.
        on_moment: Called with all that is known with a frame, after its events have been told.
        drop: Whether newer frames replace those that wait. Without, every frame is worked on, however late.
        notify: Called with ``"stall"`` or ``"stall_over"`` and one line; by default the line is logged.
        clock: Gives seconds.
    """

    def __init__(
        self,
        source: FrameSource,
        session: LiveSession,
        *,
        sinks: Sequence[EventSink] = (),
        on_moment: Callable[[Moment], object] | None = None,
        drop: bool = True,
        notify: Callable[[str, str], object] = _log_line,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._session, self._sinks = source, session, tuple(sinks)
        self._on_moment, self._notify, self._clock = on_moment, notify, clock
        self._slot = FrameSlot(drop=drop)
        self._live_source = source if isinstance(source, LiveSource) else None
        self._moved = threading.Condition()
        self._failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=f"poseact-{name}", daemon=True)
            for name, work in (("read", self._read), ("recognise", self._work))
        ]
        self.stats = LiveStats()
        self._latest: Moment | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self.stats.started_s = self._clock()
        for thread in self._threads:
            thread.start()

    @property
    def is_running(self) -> bool:
        """Whether anything is still to come."""
        return self._threads[1].is_alive()

    def wait_for_moment(self, timeout_s: float, *, after: Moment | None = None) -> Moment | None:
        """What is known by now, as soon as it is other than `after`, or when the time is up."""
        with self._moved:
            self._moved.wait_for(lambda: self._latest is not after or not self.is_running, timeout_s)
            return self._latest

    def stop(self) -> None:
        """End soon, and well: what is open is told and everything closed. Any thread may ask."""
        self._slot.close()
        self._source.close()

    def join(self) -> None:
        """Wait for the end; raises what ended it, if it was no good end."""
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def run(self) -> None:
        """Start, and wait for the end; interrupted, end well."""
        self.start()
        try:
            while self.is_running:
                self._threads[1].join(_POLL_S)  # in pieces, so that a signal is heard
        finally:
            self.stop()
            self.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # it travels to whoever waits for the end
            self._failures.append(error)
        finally:
            self._slot.close()

    def _read(self) -> None:
        for frame in self._source:
            if not self._slot.put(Arrived(frame, self._arrived_s(frame))):
                return

    def _arrived_s(self, frame: Frame) -> float:
        """When the source got it, where it knows; else now."""
        if self._live_source is None:
            return self._clock()
        return self._live_source.monotonic_s(frame.timestamp_s)

    def _work(self) -> None:
        try:
            self._session.begin(self._source.info)
            heard_s, is_stalled = self._clock(), False
            while not self._slot.is_over:
                arrived = self._slot.take(_POLL_S)
                now_s = self._clock()
                if arrived is not None:
                    if is_stalled:
                        self._notify("stall_over", "pictures again")
                    heard_s, is_stalled = now_s, False
                    self._do(arrived, now_s)
                elif not is_stalled and now_s - heard_s > STALL_S:
                    is_stalled = True
                    self._notify("stall", f"no picture for {STALL_S:g} s")
                    self._tell(self._session.pause())
        finally:
            self._end()

    def _do(self, arrived: Arrived, taken_s: float) -> None:
        moment = self._session.step(arrived.frame)
        begun_s = self._clock()
        self._tell(moment.told)
        if self._on_moment is not None:
            self._on_moment(moment)
        told_s, stages = self._clock(), self.stats.stages
        stages["wait"].add(taken_s - arrived.arrived_s)
        stages["pose"].add(moment.pose_s)
        stages["recognise"].add(moment.recognise_s)
        stages["tell"].add(told_s - begun_s)
        stages["total"].add(told_s - arrived.arrived_s)
        self.stats.frames_done += 1
        skipped = 0 if self._live_source is None else self._live_source.skipped
        self.stats.frames_read = self._slot.num_put + skipped
        self.stats.frames_dropped = self._slot.num_dropped + skipped
        with self._moved:
            self._latest = moment
            self._moved.notify_all()

    def _tell(self, told: Sequence[Told]) -> None:
        self.stats.events += len(told)
        for one in told:
            for sink in self._sinks:
                sink.tell(one)

    def _end(self) -> None:
        """Tell what was open, and let go of everything, whatever goes wrong on the way."""
        last: list[Callable[[], object]] = [lambda: self._tell(self._session.pause())]
        for close in chain(last, (sink.close for sink in self._sinks), (self._source.close,)):
            try:
                close()
            except Exception as error:
                self._failures.append(error)
        with self._moved:
            self._moved.notify_all()
