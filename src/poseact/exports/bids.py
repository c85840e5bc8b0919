"""BIDS events: a table of onsets and durations, and a JSON file beside it that describes the columns.

Source: Brain Imaging Data Structure 1.10, "Events" and "Tabular files".
"""

import json

from poseact.exports.findings import Findings, in_one_line
from poseact.results import shown_label

_COLUMNS = ("onset", "duration", "trial_type", "track_id", "score", "repetitions")
_MISSING = "n/a"


def to_events_tsv(findings: Findings) -> str:
    """The text of an ``_events.tsv`` file: a row per segment, sorted by onset."""
    rows = [_COLUMNS]
    for s in sorted(findings.timeline.segments, key=lambda s: (s.start_s, s.track_id)):
        rows.append(
            (
                f"{s.start_s:.6f}",
                f"{s.end_s - s.start_s:.6f}",
                in_one_line(s.label).strip() or _MISSING,
                str(s.track_id),
                f"{s.score:.4f}",
                _MISSING if s.repetitions is None else str(s.repetitions),
            )
        )
    return "".join("\t".join(row) + "\n" for row in rows)


def to_events_json(findings: Findings) -> str:
    """The text of the ``_events.json`` file that describes these columns."""
    labels = dict.fromkeys(in_one_line(label).strip() for label in findings.labels)
    columns: dict[str, dict[str, object]] = {
        "onset": {
            "LongName": "Onset of the action",
            "Description": f"Seconds on the clock of the video {in_one_line(findings.video.name)}.",
            "Units": "s",
        },
        "duration": {"LongName": "Duration of the action", "Units": "s"},
        "trial_type": {
            "LongName": "Action",
            "Description": f"What is done, as recognised by poseact, {in_one_line(findings.model_name)}.",
            "Levels": {label: f"Somebody does this: {shown_label(label)}" for label in labels if label},
        },
        "track_id": {
            "LongName": "Person",
            "Description": "Who: a number for each person followed through the video; somebody who leaves "
            "and comes back may get another one.",
        },
        "score": {
            "LongName": "Mean probability",
            "Description": "Mean probability of the action over its duration, from 0 to 1.",
        },
        "repetitions": {
            "LongName": "Repetitions",
            "Description": "How many times the action was done; n/a where that was not counted.",
        },
    }
    return json.dumps(columns, indent=2, ensure_ascii=False) + "\n"
