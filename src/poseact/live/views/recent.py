"""What everybody did lately, gathered from the events as they are told."""

import threading
from dataclasses import dataclass, replace

from poseact.live.events import PersonAppeared, PersonLost, SegmentEnded, Told
from poseact.timeline import Segment


@dataclass(frozen=True)
class Lately:
    """One person of the last seconds.

    Attributes:
        track_id: Who.
        since_s: When they came into view.
        until_s: When they left; None as long as they are there.
        segments: What they did, by time.
        current: What they are doing, the last of the segments; None where nothing is said.
    """

    track_id: int
    since_s: float
    until_s: float | None = None
    segments: tuple[Segment, ...] = ()
    current: Segment | None = None


class Recent:
    """An `EventSink` that remembers some seconds; may be read while it is told.

    Args:
        span_s: How far back it remembers.
    """

    def __init__(self, span_s: float = 20.0) -> None:
        self.span_s = span_s
        self._lock = threading.Lock()
        self._people: dict[int, Lately] = {}

    def tell(self, told: Told) -> None:
        """Take in an event."""
        with self._lock:
            self._take(told)
            self._forget(told.frame_s)

    def close(self) -> None:
        """Nothing to let go of."""

    def people(self) -> list[Lately]:
        """Everybody of the last seconds, by number."""
        with self._lock:
            return [self._people[track_id] for track_id in sorted(self._people)]

    def _take(self, told: Told) -> None:
        event = told.event
        if isinstance(event, PersonAppeared):
            self._people[event.track_id] = Lately(event.track_id, event.time_s)
            return
        track_id = event.track_id if isinstance(event, PersonLost) else event.segment.track_id
        before = self._people.get(track_id)
        if before is None:
            return
        if isinstance(event, PersonLost):
            self._people[track_id] = replace(before, until_s=event.time_s)
            return
        done = before.segments if before.current is None else before.segments[:-1]
        current = None if isinstance(event, SegmentEnded) else event.segment
        self._people[track_id] = replace(before, segments=(*done, event.segment), current=current)

    def _forget(self, now_s: float) -> None:
        """Drop what is over and long ago; where the clock has gone back, what lies ahead, too."""
        first_s = now_s - self.span_s
        kept = (
            replace(one, segments=tuple(s for s in one.segments if s.end_s > first_s or s is one.current))
            for one in self._people.values()
            if one.until_s is None or first_s < one.until_s <= now_s + self.span_s
        )
        self._people = {one.track_id: one for one in kept}
