"""The result of one recording and its files: JSON, CSV and WebVTT, and reading them back."""

import csv
import io
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from poseact._version import __version__
from poseact.errors import SourceError
from poseact.files import write_text_whole
from poseact.sequence import PoseSequence
from poseact.timeline import ClassScores, Segment, Timeline

if TYPE_CHECKING:  # reading a result should not load a decoder and a network runtime
    from poseact.action_model_info import ActionModelInfo
    from poseact.recording import Recording
    from poseact.video import VideoInfo

SCHEMA_NAME = "poseact.result"
SCHEMA_VERSION = 1
CSV_COLUMNS = ("file", "track_id", "label", "start_s", "end_s", "duration_s", "score", "repetitions")
# A CSV without these can be read as well: they tell nothing new, or came later.
_CSV_EXTRA = {"duration_s", "repetitions"}
# Spreadsheets run a cell that begins like this as a formula (OWASP, "CSV Injection").
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_GUARD = "'"
# What a broken file makes the reading code raise.
_BROKEN_FILE = (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error)


@dataclass(frozen=True)
class VideoFacts:
    """What is known of the recording.

    Attributes:
        name: Name of the file without its folder, or e.g. ``"camera 0"``.
        width: Pixels, upright.
        height: Pixels, upright.
        num_frames: Frames that were read.
        duration_s: Seconds from the first frame to the end of the last.
        average_fps: Frames per second over the whole recording; None when there is one frame.
        codec: Short name, e.g. ``"h264"``, or None where there is none.
        rotation_deg: By how much the stored pictures were turned counter-clockwise.
        size_bytes: Of the file, or of all pictures of a folder; None where there is no file.
        fingerprint: Of samples of the content, see `poseact.recording.Recording`; None likewise.
    """

    name: str
    width: int
    height: int
    num_frames: int
    duration_s: float
    average_fps: float | None = None
    codec: str | None = None
    rotation_deg: int = 0
    size_bytes: int | None = None
    fingerprint: str | None = None

    @classmethod
    def of(cls, info: "VideoInfo", poses: PoseSequence, recording: "Recording | None" = None) -> "VideoFacts":
        """From what a source says of itself, the frames that really came, and the file on disk.

        The last frame is taken to last as long as the average frame.
        """
        frames, span = poses.num_frames, poses.duration_s
        fps = (frames - 1) / span if span > 0 else None
        return cls(
            name=recording.name if recording else Path(info.name).name or info.name,
            width=info.width,
            height=info.height,
            num_frames=frames,
            duration_s=round(frames / fps, 6) if fps else 0.0,
            average_fps=round(fps, 4) if fps else None,
            codec=info.codec,
            rotation_deg=info.rotation_deg,
            size_bytes=recording.size_bytes if recording else None,
            fingerprint=recording.fingerprint if recording else None,
        )


@dataclass(frozen=True)
class ModelFacts:
    """The recogniser that made the labels.

    Attributes:
        name: Its name.
        version: Its version.
        class_names: All labels that it can give.
        layout: Name of the joint layout that it works on.
        window_s: Seconds that it looks at for one answer.
    """

    name: str
    version: str
    class_names: tuple[str, ...]
    layout: str
    window_s: float

    @classmethod
    def of(cls, info: "ActionModelInfo") -> "ModelFacts":
        """From a model file's metadata."""
        return cls(info.name, info.model_version, info.class_names, info.layout.name, round(info.window_s, 4))


@dataclass(frozen=True, eq=False)
class Result:
    """Everything found in one recording.

    Attributes:
        video: Facts of the recording.
        model: Facts of the recogniser.
        estimator: Name of the pose estimator.
        poses: The people's joints.
        timeline: Who did what when.
        warnings: What went not quite right, a line each.
        scores: The class probabilities behind the timeline, by track id; not written to files.
    """

    video: VideoFacts
    model: ModelFacts
    estimator: str
    poses: PoseSequence
    timeline: Timeline
    warnings: tuple[str, ...] = ()
    scores: Mapping[int, ClassScores] = field(default_factory=dict)


def person_name(track_id: int) -> str:
    """What pictures and subtitles call a person: the number is the track id of the files."""
    return f"Person {track_id}"


def shown_label(label: str) -> str:
    """A label as pictures and subtitles write it: in one line, ``jumping_jack`` as two words."""
    return " ".join("".join(c if c.isprintable() and c != "_" else " " for c in label).split())


def shown_segment(segment: Segment) -> str:
    """A segment's label as people read it, with how many times where that was counted: ``squat x5``."""
    times = "" if segment.repetitions is None else f" x{segment.repetitions}"
    return shown_label(segment.label) + times


def result_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the JSON file."""
    text = resources.files("poseact").joinpath("schemas/result.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def to_json(result: Result) -> str:
    """The JSON file's text: a line per person and per segment, so that it can be read by eye."""
    poses, timeline = result.poses, result.timeline
    document = {
        "schema": SCHEMA_NAME,
        "version": SCHEMA_VERSION,
        "poseact_version": __version__,
        "video": asdict(result.video),
        "model": asdict(result.model),
        "estimator": result.estimator,
        "timeline": {"start_s": _seconds(timeline.start_s), "end_s": _seconds(timeline.end_s)},
        "box_units": poses.units,
        "frame_times_s": [_seconds(t) for t in poses.timestamps.tolist()],
        "persons": _persons(result),
        "segments": [_segment_entry(segment) for segment in timeline.segments],
        "warnings": list(result.warnings),
    }
    return document_text(document)


def document_text(document: Mapping[str, Any]) -> str:
    """The text of a JSON file with these entries."""
    return "{\n" + ",\n".join(f"  {json.dumps(k)}: {_lines(v)}" for k, v in document.items()) + "\n}\n"


def _lines(value: Any) -> str:
    """JSON of one entry; a list of objects gets a line for each."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n    " + ",\n    ".join(_compact(item) for item in value) + "\n  ]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _seconds(value: float) -> float:
    """Microseconds are as fine as any clock of a video."""
    return round(float(value), 6)


def _segment_entry(segment: Segment) -> dict[str, Any]:
    return {
        "track_id": segment.track_id,
        "label": segment.label,
        "start_s": _seconds(segment.start_s),
        "end_s": _seconds(segment.end_s),
        "score": round(segment.score, 4),
        "repetitions": segment.repetitions,
    }


def _persons(result: Result) -> list[dict[str, Any]]:
    """Everybody of the timeline and of the poses, by track id."""
    poses = result.poses
    digits = 1 if poses.units == "px" else 4
    known = dict(zip(poses.track_ids.tolist(), zip(poses.present, poses.boxes(), strict=True), strict=True))
    nobody = np.zeros(poses.num_frames, bool), np.full((poses.num_frames, 4), np.nan)
    out = []
    for track_id in sorted({*result.timeline.track_ids, *known}):
        present, boxes = known.get(track_id, nobody)
        seen = poses.timestamps[present]
        out.append(
            {
                "track_id": int(track_id),
                "first_s": _seconds(seen[0]) if len(seen) else None,
                "last_s": _seconds(seen[-1]) if len(seen) else None,
                "num_frames": len(seen),
                "boxes": [
                    [round(x, digits) for x in box] if is_seen else None
                    for is_seen, box in zip(present.tolist(), boxes.tolist(), strict=True)
                ],
            }
        )
    return out


def write_json(result: Result, path: Path) -> None:
    """Write `to_json` to a file.

    Raises:
        OutputError: If it cannot be written.
    """
    write_text_whole(path, to_json(result))


def read_json(path: Path) -> Timeline:
    """The timeline of a JSON file that `write_json` wrote.

    Raises:
        SourceError: If the file is missing, broken, of another kind, or of a newer version.
    """
    document = read_document(path)
    with reading_result(path):
        return timeline_from(document)


def read_document(path: Path) -> Mapping[str, Any]:
    """All of a JSON file that `write_json` wrote, as it stands there.

    Raises:
        SourceError: If the file is missing, no JSON, of another kind, or of a newer version.
    """
    text = _read_text(path)
    with reading_result(path):
        document = json.loads(text)
        if not isinstance(document, Mapping) or document.get("schema") != SCHEMA_NAME:
            raise ValueError(f'no "schema": "{SCHEMA_NAME}"')
        if document["version"] > SCHEMA_VERSION:
            raise ValueError(
                f"version {document['version']} is newer than this poseact reads: upgrade poseact"
            )
    return document


@contextmanager
def reading_result(path: Path) -> Iterator[None]:
    """Whatever a broken document makes the code in the block raise becomes a `SourceError`."""
    try:
        yield
    except (*_BROKEN_FILE, RecursionError) as error:
        raise SourceError(
            f"{path}: expected a poseact result in JSON, found something else ({_why(error)})"
        ) from error


def _why(error: Exception) -> str:
    return f"no entry {error}" if isinstance(error, KeyError) else " ".join(str(error).split())


def timeline_from(document: Mapping[str, Any]) -> Timeline:
    """The timeline in what `read_document` gave; use in `reading_result`."""
    return Timeline(
        segments=tuple(_segment_from(entry) for entry in document["segments"]),
        track_ids=tuple(int(person["track_id"]) for person in document["persons"]),
        start_s=float(document["timeline"]["start_s"]),
        end_s=float(document["timeline"]["end_s"]),
    )


def _segment_from(entry: Mapping[str, Any]) -> Segment:
    return Segment(
        track_id=int(entry["track_id"]),
        label=str(entry["label"]),
        start_s=float(entry["start_s"]),
        end_s=float(entry["end_s"]),
        score=float(entry["score"]),
        repetitions=None if entry.get("repetitions") in (None, "") else int(entry["repetitions"]),
    )


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise SourceError(f"{path}: expected UTF-8 text, found other bytes") from None


def to_csv(result: Result) -> str:
    """The CSV file's text; see `segments_csv`."""
    return segments_csv(result.video.name, result.timeline.segments)


def segments_csv(video_name: str, segments: Sequence[Segment]) -> str:
    """A CSV file's text (RFC 4180): a header, then a row per segment.

    File names and labels that a spreadsheet would take for a formula get a leading apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    name = guarded(video_name)
    for s in segments:
        times = (f"{value:.3f}" for value in (s.start_s, s.end_s, s.end_s - s.start_s))
        counted = "" if s.repetitions is None else s.repetitions
        writer.writerow([name, s.track_id, guarded(s.label), *times, f"{s.score:.4f}", counted])
    return out.getvalue()


def guarded(text: str) -> str:
    """Text that no spreadsheet runs: see `_FORMULA_STARTS`."""
    return _GUARD + text if text.startswith((*_FORMULA_STARTS, _GUARD)) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith(_GUARD) else text


def write_csv(result: Result, path: Path) -> None:
    """Write `to_csv` to a file.

    Raises:
        OutputError: If it cannot be written.
    """
    write_text_whole(path, to_csv(result))


def read_csv(path: Path) -> dict[str, tuple[Segment, ...]]:
    """The segments of a CSV file that `write_csv` wrote, by file name.

    Raises:
        SourceError: If the file is missing or broken, or columns are missing.
    """
    text = _read_text(path)
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = set(CSV_COLUMNS) - _CSV_EXTRA - set(rows.fieldnames or ())
        if missing:
            raise ValueError(f"no column {', '.join(sorted(missing))}")
        out: dict[str, list[Segment]] = {}
        for row in rows:
            segment = _segment_from({**row, "label": _unguarded(row["label"])})
            out.setdefault(_unguarded(row["file"]), []).append(segment)
    except _BROKEN_FILE as error:
        raise SourceError(
            f"{path}: expected a poseact CSV of segments, found something else ({_why(error)})"
        ) from error
    return {name: tuple(segments) for name, segments in out.items()}


def to_vtt(timeline: Timeline) -> str:
    """The subtitle file's text (W3C WebVTT): at any moment one cue, a line per labelled person."""
    cues = [
        f"{_vtt_time(start)} --> {_vtt_time(end)}\n" + "\n".join(lines) + "\n"
        for start, end, lines in _cues(timeline.segments)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _cues(segments: Sequence[Segment]) -> list[tuple[int, int, tuple[str, ...]]]:
    """(start, end, lines), in milliseconds: cut wherever a segment starts or ends."""
    spans = [(max(round(s.start_s * 1000), 0), max(round(s.end_s * 1000), 0), s) for s in segments]
    spans.sort(key=lambda span: span[0])
    cuts = sorted({cut for start, end, _ in spans for cut in (start, end)})
    out: list[tuple[int, int, tuple[str, ...]]] = []
    active: list[tuple[int, int, Segment]] = []
    upcoming = 0
    for start, end in itertools.pairwise(cuts):
        while upcoming < len(spans) and spans[upcoming][0] <= start:
            active.append(spans[upcoming])
            upcoming += 1
        active = [span for span in active if span[1] > start]
        lines = tuple(_cue_line(s) for _, _, s in sorted(active, key=lambda span: span[2].track_id))
        if out and out[-1][1:] == (start, lines):
            out[-1] = (out[-1][0], end, lines)
        elif lines:
            out.append((start, end, lines))
    return out


def _cue_line(segment: Segment) -> str:
    escaped = shown_segment(segment).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{person_name(segment.track_id)}: {escaped} ({segment.score:.2f})"


def _vtt_time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{rest:03d}"


def write_vtt(result: Result, path: Path) -> None:
    """Write `to_vtt` to a file.

    Raises:
        OutputError: If it cannot be written.
    """
    write_text_whole(path, to_vtt(result.timeline))
