"""Recognition while it happens: frames come one by one, answers as soon as they can no longer change."""

from poseact.live.engine import LiveEngine
from poseact.live.events import (
    Event,
    EventSink,
    PersonAppeared,
    PersonLost,
    SegmentEnded,
    SegmentStarted,
    SegmentUpdated,
    Told,
)
from poseact.live.latency import LiveStats
from poseact.live.opinions import Opinion
from poseact.live.session import LiveSession, Moment, SeenPerson
from poseact.live.stream_recognizer import StreamRecognizer
from poseact.live.track_stream import StayEnd, StreamWindow, TrackStream

__all__ = [
    "Event",
    "EventSink",
    "LiveEngine",
    "LiveSession",
    "LiveStats",
    "Moment",
    "Opinion",
    "PersonAppeared",
    "PersonLost",
    "SeenPerson",
    "SegmentEnded",
    "SegmentStarted",
    "SegmentUpdated",
    "StayEnd",
    "StreamRecognizer",
    "StreamWindow",
    "Told",
    "TrackStream",
]
