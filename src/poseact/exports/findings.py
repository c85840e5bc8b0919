"""A result without its poses: what the JSON file tells, and all that exports need."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from poseact.results import (
    ModelFacts,
    Result,
    VideoFacts,
    document_text,
    read_document,
    reading_result,
    timeline_from,
    to_json,
)
from poseact.timeline import Timeline

# Also what XML 1.0 has no way to write, section 2.2, and Unicode's own line breaks.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, eq=False)
class Findings:
    """Who did what when in one recording, just found or read from its JSON file.

    Attributes:
        video: Facts of the recording.
        model: Facts of the recogniser.
        timeline: Who did what when.
        made_at: When the result was made, on this machine's clock, with its time zone.
        to_json: Gives the JSON file's text.
    """

    video: VideoFacts
    model: ModelFacts
    timeline: Timeline
    made_at: datetime
    to_json: Callable[[], str]

    @classmethod
    def of(cls, result: Result, made_at: datetime | None = None) -> "Findings":
        """Of a result; made now unless told otherwise."""
        made_at = made_at or datetime.now(UTC).astimezone()
        return cls(result.video, result.model, result.timeline, made_at, lambda: to_json(result))

    @classmethod
    def read(cls, path: Path) -> "Findings":
        """Of a JSON file that ``poseact predict`` wrote; it was made when the file was.

        Raises:
            SourceError: If the file is missing, broken, of another kind, or of a newer version.
        """
        document = read_document(path)
        with reading_result(path):
            timeline = timeline_from(document)
            for segment in timeline.segments:
                if not (math.isfinite(segment.start_s) and math.isfinite(segment.end_s)):
                    raise ValueError(f"a segment from {segment.start_s} to {segment.end_s} s")
            model = document["model"]
            findings = cls(
                video=_video(document["video"]),
                model=ModelFacts(
                    name=str(model["name"]),
                    version=str(model["version"]),
                    class_names=tuple(str(name) for name in model["class_names"]),
                    layout=str(model["layout"]),
                    window_s=float(model["window_s"]),
                ),
                timeline=timeline,
                made_at=datetime.fromtimestamp(path.stat().st_mtime, UTC).astimezone(),
                to_json=lambda: document_text(document),
            )
            # JSON can spell halves of characters, which no other file can hold.
            "".join([findings.video.name, findings.model_name, *findings.labels]).encode()
        return findings

    @property
    def has_file(self) -> bool:
        """Whether the recording is a file that can be played, and no camera or folder of pictures."""
        return self.video.size_bytes is not None and self.video.codec != "pictures"

    @property
    def model_name(self) -> str:
        """Name and version of the recogniser."""
        return f"{self.model.name} {self.model.version}"

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that the model can give, and any others of the timeline, each once."""
        said = (segment.label for segment in self.timeline.segments)
        return tuple(dict.fromkeys([*self.model.class_names, *said]))


def _video(entry: Mapping[str, Any]) -> VideoFacts:
    fps, size, codec = entry["average_fps"], entry.get("size_bytes"), entry["codec"]
    return VideoFacts(
        name=str(entry["name"]),
        width=int(entry["width"]),
        height=int(entry["height"]),
        num_frames=int(entry["num_frames"]),
        duration_s=float(entry["duration_s"]),
        average_fps=None if fps is None else float(fps),
        codec=None if codec is None else str(codec),
        rotation_deg=int(entry["rotation_deg"]),
        size_bytes=None if size is None else int(size),
    )


def in_one_line(text: str) -> str:
    """Text with a space for each line break, tab or control character, which not all files hold."""
    return _CONTROLS.sub(" ", text)
