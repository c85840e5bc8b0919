"""What is told while it happens: people come and go, segments begin, grow and end."""

from dataclasses import dataclass
from typing import Protocol

from poseact.timeline import Segment


@dataclass(frozen=True)
class PersonAppeared:
    """Somebody is in view who was not.

    Attributes:
        track_id: Who.
        time_s: Since when.
    """

    track_id: int
    time_s: float


@dataclass(frozen=True)
class PersonLost:
    """Somebody has left; all their segments have ended before.

    Attributes:
        track_id: Who.
        time_s: Last moment in view.
    """

    track_id: int
    time_s: float


@dataclass(frozen=True)
class SegmentStarted:
    """A segment whose start is final; end and score are those so far.

    Attributes:
        segment: As it is known by now.
    """

    segment: Segment


@dataclass(frozen=True)
class SegmentUpdated:
    """A segment goes on.

    Attributes:
        segment: As it is known by now.
    """

    segment: Segment


@dataclass(frozen=True)
class SegmentEnded:
    """A segment that will not change any more.

    Attributes:
        segment: The whole of it.
    """

    segment: Segment


Event = PersonAppeared | PersonLost | SegmentStarted | SegmentUpdated | SegmentEnded


@dataclass(frozen=True)
class Told:
    """An event with the when and where of its telling, as other programs get it.

    Attributes:
        event: What has happened.
        frame_s: Stamp of the frame that made it certain, on the source's clock, as all times of the event.
        unix_s: When it was told, in seconds since 1970 (UTC).
        box_px: Box x0, y0, x1, y1 around the person where they were seen last, in pixels; None where unknown.
        frame_size_wh: Width and height of the picture that the box lies in; None where there is no picture.
    """

    event: Event
    frame_s: float
    unix_s: float
    box_px: tuple[float, float, float, float] | None = None
    frame_size_wh: tuple[int, int] | None = None


class EventSink(Protocol):
    """Somewhere to tell events to: a file, a server, a broker."""

    def tell(self, told: Told) -> None:
        """Pass an event on. Must not block for long: who listens slowly loses events, never time."""

    def close(self) -> None:
        """No more events: write out what waits, and let go."""
