"""What a live run came to: how long everything was done by everybody, in a line."""

from poseact.live.events import SegmentEnded, Told
from poseact.results import shown_label


class Totals:
    """An `EventSink` that adds up segments by their labels."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._repetitions: dict[str, int] = {}

    def tell(self, told: Told) -> None:
        """Take in an event."""
        if not isinstance(told.event, SegmentEnded):
            return
        segment = told.event.segment
        self._seconds[segment.label] = self._seconds.get(segment.label, 0.0) + segment.end_s - segment.start_s
        if segment.repetitions:
            self._repetitions[segment.label] = self._repetitions.get(segment.label, 0) + segment.repetitions

    def close(self) -> None:
        """Nothing to let go of."""

    def line(self) -> str:
        """Labels with their seconds, the longest first, and repetitions where they were counted."""
        longest = sorted(self._seconds.items(), key=lambda item: -item[1])
        counts = {label: f" ×{count}" for label, count in self._repetitions.items()}
        words = [f"{shown_label(label)}{counts.get(label, '')} {s:.1f} s" for label, s in longest]
        return f"seen: {', '.join(words) or 'no action'}"
