"""What is told while it happens: people come and go, segments begin, grow and end."""

from dataclasses import dataclass

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
