"""The JSON file of a judgement of whole recordings, and the schema that describes it."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from poseact._version import __version__
from poseact.annotations import Span
from poseact.files import write_text_whole
from poseact.judging.detection import AP_THRESHOLDS, F1_THRESHOLDS
from poseact.judging.lanes import Lane
from poseact.judging.timelines import SpanFigures, TimeFigures, TimelineJudgement

SCHEMA_NAME = "poseact.timeline-evaluation"
SCHEMA_VERSION = 1


def timeline_evaluation_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the JSON file."""
    text = resources.files("poseact").joinpath("schemas/timeline-evaluation.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def timeline_document(judgement: TimelineJudgement) -> dict[str, Any]:
    """What `write_timeline_judgement` writes."""
    return {
        "schema": SCHEMA_NAME,
        "version": SCHEMA_VERSION,
        "poseact_version": __version__,
        "run": asdict(judgement.facts),
        "duration_s": _seconds(judgement.duration_s),
        "figures": {
            "average_precision": _by_iou(AP_THRESHOLDS, judgement.mean_average_precision),
            **_span_figures(judgement.spans),
            "edit": judgement.edit,
            **_time_figures(judgement.time),
        },
        "classes": [
            {
                "name": one.name,
                "average_precision": _by_iou(AP_THRESHOLDS, one.average_precision),
                **_span_figures(one.spans),
                "true_s": _seconds(one.true_s),
                "right_s": _seconds(one.right_s),
                "named_background_s": _seconds(one.named_background_s),
            }
            for one in judgement.classes
        ],
        "recordings": [
            {
                "name": one.name,
                "duration_s": _seconds(one.duration_s),
                **_span_figures(one.spans),
                "edit": one.edit,
                **_time_figures(one.time),
                "people": [_lane(lane) for lane in one.lanes],
            }
            for one in judgement.recordings
        ],
    }


def timeline_json(judgement: TimelineJudgement) -> str:
    """The JSON file's text: a line for each class and each recording."""
    items = timeline_document(judgement).items()
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {_lines(value)}" for key, value in items) + "\n}\n"


def write_timeline_judgement(judgement: TimelineJudgement, path: str | os.PathLike[str]) -> None:
    """Write as JSON, whole or not at all; see ``schemas/timeline-evaluation.schema.json``.

    Raises:
        OutputError: If the file cannot be written.
    """
    write_text_whole(Path(path), timeline_json(judgement))


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n    " + ",\n    ".join(_compact(item) for item in value) + "\n  ]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _seconds(value: float) -> float:
    return round(float(value), 6)


def _by_iou(thresholds: Sequence[float], values: Sequence[float | None]) -> Mapping[str, float | None]:
    return {f"{threshold:g}": value for threshold, value in zip(thresholds, values, strict=True)}


def _span_figures(figures: SpanFigures) -> dict[str, Any]:
    return {
        "num_true": figures.num_true,
        "num_said": figures.num_said,
        "f1": _by_iou(F1_THRESHOLDS, figures.f1),
        "num_found": figures.num_found,
        "delay_mean_s": figures.delay_mean_s,
        "delay_median_s": figures.delay_median_s,
        "false_alarms": figures.false_alarms,
        "false_alarms_per_hour": figures.false_alarms_per_hour,
    }


def _time_figures(figures: TimeFigures) -> dict[str, Any]:
    return {
        "judged_s": _seconds(figures.judged_s),
        "frame_accuracy": figures.accuracy,
        "background_s": _seconds(figures.background_s),
        "background_named": figures.background_named,
    }


def _lane(lane: Lane) -> dict[str, Any]:
    return {
        "person": lane.person,
        "is_annotated": lane.is_annotated,
        "start_s": _seconds(lane.start_s),
        "end_s": _seconds(lane.end_s),
        "truth": [_span(span) for span in lane.truth],
        "found": [
            {**_span(span), "score": round(span.score, 4), "told_s": span.told_s} for span in lane.found
        ],
        "ignored": [[_seconds(start), _seconds(end)] for start, end in lane.ignored],
    }


def _span(span: Span) -> dict[str, Any]:
    return {"label": span.label, "start_s": _seconds(span.start_s), "end_s": _seconds(span.end_s)}
