"""BORIS: the table of aggregated events that it writes, and a project that it opens.

Source: BORIS 10.0.2, its "Export aggregated events" and project format 7.0.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from poseact.exports.findings import Findings, in_one_line
from poseact.results import guarded, person_name, shown_label
from poseact.timeline import Segment

AGGREGATED_COLUMNS = (
    "Observation id",
    "Observation date",
    "Description",
    "Observation type",
    "Source",
    "Time offset (s)",
    "Coding duration",
    "Media duration (s)",
    "FPS (frame/s)",
    "Subject",
    "Observation duration by subject by observation",
    "Behavior",
    "Behavioral category",
    "Behavior type",
    "Start (s)",
    "Stop (s)",
    "Duration (s)",
    "Media file name",
    "Image index start",
    "Image index stop",
    "Image file path start",
    "Image file path stop",
    "Comment start",
    "Comment stop",
)
_FORMAT_VERSION = "7.0"
_MISSING = "NA"
_NO_CATEGORY = "Not defined"


def to_aggregated_csv(findings: Findings) -> str:
    """The text of a CSV file of aggregated events: a row per segment, sorted by start.

    Labels and names that a spreadsheet would take for a formula get a leading apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(AGGREGATED_COLUMNS)
    recording = _recording_cells(findings)
    # The numbers of pictures are told of media only, and may be missing there.
    image = _MISSING if findings.has_file else ""
    media = guarded(in_one_line(findings.video.name)) if findings.has_file else _MISSING
    totals: dict[int, float] = {}
    for s in findings.timeline.segments:
        totals[s.track_id] = totals.get(s.track_id, 0.0) + s.end_s - s.start_s
    for s in sorted(findings.timeline.segments, key=lambda s: (s.start_s, s.track_id)):
        who = [person_name(s.track_id), round(totals[s.track_id], 3)]
        what = [guarded(in_one_line(s.label)), _NO_CATEGORY, "STATE"]
        when = [f"{time_s:.3f}" for time_s in (s.start_s, s.end_s, s.end_s - s.start_s)]
        writer.writerow([*recording, *who, *what, *when, media, image, image, "", "", _comment(s), ""])
    return out.getvalue()


def to_project(findings: Findings) -> str:
    """The text of a .boris file: a project with this one observation, all actions, and everybody in it."""
    segments = findings.timeline.segments
    labels = dict.fromkeys(in_one_line(label) for label in findings.labels)
    people = sorted({*findings.timeline.track_ids, *(s.track_id for s in segments)})
    project = {
        "time_format": "hh:mm:ss",
        "project_date": _date(findings, "T"),
        "project_name": _observation(findings),
        "project_description": f"Found by poseact, {in_one_line(findings.model_name)}",
        "project_format_version": _FORMAT_VERSION,
        "subjects_conf": _numbered({"key": "", "name": person_name(i), "description": ""} for i in people),
        "behaviors_conf": _numbered(_behavior(label) for label in labels),
        "observations": {_observation(findings): _observed(findings)},
        "behavioral_categories": [],
        "behavioral_categories_config": {},
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    return json.dumps(project, indent=1, ensure_ascii=False) + "\n"


def _observed(findings: Findings) -> dict[str, Any]:
    """An observation: of a media file, or a live one where there is no file to play."""
    name, video = in_one_line(findings.video.name), findings.video
    observed: dict[str, Any] = {
        "file": {},
        "type": "LIVE",
        "date": _date(findings, "T"),
        "description": in_one_line(findings.model_name),
        "time offset": 0.0,
        "events": _events(findings.timeline.segments),
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
    }
    if not findings.has_file:
        return {**observed, "scan_sampling_time": 0, "start_from_current_time": False}
    # What BORIS finds out of a file that is added by hand. A name alone is looked for beside the project.
    facts = {
        "length": video.duration_s,
        "fps": video.average_fps or 0.0,
        "hasVideo": True,
        "hasAudio": False,
        "display": "Nothing",
    }
    media_info = {**{key: {name: value} for key, value in facts.items()}, "offset": {"1": 0.0}}
    files = {"1": [name], **{str(player): [] for player in range(2, 9)}}
    return {**observed, "type": "MEDIA", "file": files, "media_info": media_info}


def _events(segments: Sequence[Segment]) -> list[list[object]]:
    """A start and a stop of each segment, sorted as BORIS sorts them: by time, subject and behavior.

    Which of two is the start BORIS tells by their order alone.
    """
    events: list[tuple[float, str, str, str]] = []
    for s in segments:
        who, what = person_name(s.track_id), in_one_line(s.label)
        events += [(round(s.start_s, 3), who, what, _comment(s)), (round(s.end_s, 3), who, what, "")]
    return [[time_s, who, what, "", comment] for time_s, who, what, comment in sorted(events)]


def _recording_cells(findings: Findings) -> list[str]:
    """The cells that all rows share."""
    video, date = findings.video, _date(findings, " ")
    duration = f"{video.duration_s:.3f}"
    if findings.has_file:
        source = f"player #1:{in_one_line(video.name)}"
        cells = ["Media file", source, "0.0", duration, duration, f"{video.average_fps or 0:.3f}"]
    else:
        cells = ["Live observation", _MISSING, "0.0", duration, _MISSING, _MISSING]
    return [guarded(_observation(findings)), date, guarded(in_one_line(findings.model_name)), *cells]


def _observation(findings: Findings) -> str:
    """What the observation is called: as the video, without its ending."""
    name = in_one_line(findings.video.name)
    return (PurePath(name).stem if findings.has_file else name) or "video"


def _date(findings: Findings, between: str) -> str:
    """BORIS keeps local times without a zone."""
    return findings.made_at.replace(tzinfo=None).isoformat(between, "seconds")


def _numbered(entries: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(i): entry for i, entry in enumerate(entries)}


def _behavior(label: str) -> dict[str, Any]:
    return {
        "type": "State event",
        "key": "",
        "code": label,
        "description": shown_label(label),
        "color": "",
        "category": "",
        "modifiers": {},
        "excluded": "",
        "coding map": "",
    }


def _comment(segment: Segment) -> str:
    counted = "" if segment.repetitions is None else f";repetitions={segment.repetitions}"
    return f"score={segment.score:.4f}{counted}"
