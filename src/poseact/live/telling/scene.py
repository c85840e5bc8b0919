"""Who is in view and what they do, kept up to date from the events: what a late listener must know."""

from collections.abc import Mapping
from typing import Any

from poseact.live.telling.documents import Box, Document, Place, heading, position, seconds

_SEGMENT_ENTRIES = ("label", "start_s", "end_s", "score", "repetitions")


class Scene:
    """The people in view, each with their open segment.

    Args:
        about: What is watched and with which model.
    """

    def __init__(self, about: str = "") -> None:
        self._about = about
        self._places: dict[int, tuple[float, Box, tuple[int, int] | None]] = {}
        self._people: dict[int, dict[str, Any]] = {}

    def add(self, event: Document) -> None:
        """Take in an event's document (of a person, not a notice)."""
        track_id, kind = event["track_id"], event["type"]
        self._places.pop(track_id, None)
        if kind == "person_lost":
            self._people.pop(track_id, None)
            return
        person = self._people.get(track_id)
        if person is None:
            since_s = event["time_s"] if kind == "person_appeared" else event["start_s"]
            person = {
                "track_id": track_id,
                "since_s": since_s,
                "seen_s": None,
                "position": None,
                "segment": None,
            }
        if event["position"] is not None:
            person = person | {"seen_s": event["frame_s"], "position": event["position"]}
        if kind in ("segment_started", "segment_updated"):
            person = person | {"segment": {name: event[name] for name in _SEGMENT_ENTRIES}}
        elif kind == "segment_ended":
            person = person | {"segment": None}
        self._people[track_id] = person

    def place(
        self, frame_s: float, boxes_px: Mapping[int, Box], frame_size_wh: tuple[int, int] | None
    ) -> None:
        """Take in where the people of a frame are; who has not appeared yet is passed over."""
        for track_id, box in boxes_px.items():
            if track_id in self._people:
                self._places[track_id] = (frame_s, box, frame_size_wh)

    def document(self, place: Place, frame_s: float | None, unix_s: float) -> dict[str, Any]:
        """All of it, as of the event whose number `place` gives; see ``schemas/event.schema.json``."""
        people = [self._person(track_id) for track_id in sorted(self._people)]
        return heading("state", place, frame_s, unix_s) | {"about": self._about, "people": people}

    def _person(self, track_id: int) -> dict[str, Any]:
        """With the newest place; it comes with every frame, and is worked out only when it is told."""
        person = self._people[track_id]
        if track_id in self._places:
            frame_s, box, frame_size_wh = self._places[track_id]
            where = position(box, frame_size_wh)
            if where is not None:
                return person | {"seen_s": seconds(frame_s), "position": where}
        return person
