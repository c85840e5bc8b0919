"""Events as JSON documents: what other programs get, whichever way it reaches them."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from poseact.live.events import (
    Event,
    PersonAppeared,
    PersonLost,
    SegmentEnded,
    SegmentStarted,
    SegmentUpdated,
    Told,
)

SCHEMA_NAME = "poseact.event"
SCHEMA_VERSION = 1
Document = Mapping[str, Any]
Box = tuple[float, float, float, float]

_TYPES: dict[type[Event], str] = {
    PersonAppeared: "person_appeared",
    SegmentStarted: "segment_started",
    SegmentUpdated: "segment_updated",
    SegmentEnded: "segment_ended",
    PersonLost: "person_lost",
}


@dataclass(frozen=True)
class Place:
    """Where in a session a document stands.

    Attributes:
        session: A name that no other run has.
        sequence: Number of the event, from 1 on without a gap.
    """

    session: str
    sequence: int


def event_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of every document that is told."""
    text = resources.files("poseact").joinpath("schemas/event.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def event_document(told: Told, place: Place) -> dict[str, Any]:
    """An event as other programs get it; see ``schemas/event.schema.json``."""
    event = told.event
    document = heading(_TYPES[type(event)], place, told.frame_s, told.unix_s)
    if isinstance(event, PersonAppeared | PersonLost):
        document |= {"track_id": int(event.track_id), "time_s": seconds(event.time_s)}
    else:
        segment = event.segment
        document |= {
            "track_id": int(segment.track_id),
            "label": segment.label,
            "start_s": seconds(segment.start_s),
            "end_s": seconds(segment.end_s),
            "score": round(float(segment.score), 4),
            "repetitions": segment.repetitions,
        }
    return document | {"position": position(told.box_px, told.frame_size_wh)}


def notice_document(
    kind: str, text: str, place: Place, frame_s: float | None, unix_s: float
) -> dict[str, Any]:
    """Something that is no event of a person but that a consumer should know of: the stream dropped, say.

    Args:
        kind: A word for programs, of a-z, 0-9 and _.
        text: A line for people.
        place: In the session.
        frame_s: Stamp of the last frame; None before the first.
        unix_s: Now.
    """
    return heading("notice", place, frame_s, unix_s) | {"kind": kind, "text": text}


def heading(kind: str, place: Place, frame_s: float | None, unix_s: float) -> dict[str, Any]:
    """The entries that every document begins with."""
    milliseconds = round(unix_s * 1000)
    time = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return {
        "schema": SCHEMA_NAME,
        "version": SCHEMA_VERSION,
        "session": place.session,
        "sequence": place.sequence,
        "type": kind,
        "frame_s": None if frame_s is None else seconds(frame_s),
        "unix_s": milliseconds / 1000,
        "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def position(box_px: Box | None, frame_size_wh: tuple[int, int] | None) -> dict[str, Any] | None:
    """A box in pixels, as parts of the picture, and its centre; None where it is unknown."""
    if box_px is None or not all(math.isfinite(edge) for edge in box_px):
        return None
    x0, y0, x1, y1 = (float(edge) for edge in box_px)
    parts, center, size = None, None, None
    if frame_size_wh is not None and min(frame_size_wh) > 0:
        width, height = size = [int(side) for side in frame_size_wh]
        parts = [round(x0 / width, 4), round(y0 / height, 4), round(x1 / width, 4), round(y1 / height, 4)]
        center = [round((x0 + x1) / 2 / width, 4), round((y0 + y1) / 2 / height, 4)]
    return {
        "box_px": [round(edge, 1) for edge in (x0, y0, x1, y1)],
        "center_px": [round((x0 + x1) / 2, 1), round((y0 + y1) / 2, 1)],
        "box": parts,
        "center": center,
        "frame_size_wh": size,
    }


def seconds(value: float) -> float:
    """Microseconds are as fine as any clock of a video."""
    return round(float(value), 6)


def to_line(document: Document) -> str:
    """One line of ASCII, whatever is in the labels: no reader can split or misread it."""
    return json.dumps(document, allow_nan=False, separators=(",", ":"))
