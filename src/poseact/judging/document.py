"""The JSON file of a judgement: written, described by a schema, and read back exactly."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from poseact._version import __version__
from poseact.errors import SourceError
from poseact.files import write_text_whole
from poseact.judging.facts import Latency, RunFacts
from poseact.judging.intervals import Figure
from poseact.judging.judgement import ClassFigures, ClipAnswer, Judgement, PartFigures, Resampling
from poseact.judging.metrics import Calibration, ReliabilityBin

SCHEMA_NAME = "poseact.evaluation"
SCHEMA_VERSION = 1
_FIGURES = ("top_1", "top_5", "mean_class_accuracy", "macro_f1")
_Made = TypeVar("_Made")
_BROKEN_FILE = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


def evaluation_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the JSON file."""
    text = resources.files("poseact").joinpath("schemas/evaluation.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def to_document(judgement: Judgement) -> dict[str, Any]:
    """What `write_judgement` writes."""
    return {
        "schema": SCHEMA_NAME,
        "version": SCHEMA_VERSION,
        "poseact_version": __version__,
        "run": asdict(judgement.facts),
        "class_names": list(judgement.class_names),
        "num_clips": judgement.num_clips,
        "figures": {name: asdict(getattr(judgement, name)) for name in _FIGURES},
        "top_5_is_trivial": judgement.top_5_is_trivial,
        "resampling": asdict(judgement.resampling),
        "calibration": asdict(judgement.calibration),
        "classes": [asdict(figures) for figures in judgement.classes],
        "confusion": [list(row) for row in judgement.confusion],
        "subjects": [asdict(part) for part in judgement.subjects],
        "folds": [asdict(part) for part in judgement.folds],
        "clips": [asdict(clip) for clip in judgement.clips],
    }


def to_json(judgement: Judgement) -> str:
    """The JSON file's text: a line for each class, row and clip, so that it can be read by eye."""
    items = to_document(judgement).items()
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {_lines(value)}" for key, value in items) + "\n}\n"


def _lines(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return "[\n    " + ",\n    ".join(_compact(item) for item in value) + "\n  ]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_judgement(judgement: Judgement, path: str | os.PathLike[str]) -> None:
    """Write as JSON, whole or not at all; see ``schemas/evaluation.schema.json``.

    Raises:
        OutputError: If the file cannot be written.
    """
    write_text_whole(Path(path), to_json(judgement))


def read_judgement(path: str | os.PathLike[str]) -> Judgement:
    """The judgement of a file that `write_judgement` wrote, equal to the one that was written.

    Raises:
        SourceError: If the file is missing, broken, of another kind, or of a newer version.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError:
        raise SourceError(f"{path}: expected UTF-8 text, found other bytes") from None
    try:
        return from_document(json.loads(text))
    except _BROKEN_FILE as error:
        why = f"no entry {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise SourceError(
            f"{path}: expected a poseact evaluation in JSON, found something else ({why})"
        ) from error


def from_document(document: Any) -> Judgement:
    """The inverse of `to_document`.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: If it is something else, newer, or broken.
    """
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA_NAME:
        raise ValueError(f'no "schema": "{SCHEMA_NAME}"')
    if document["version"] > SCHEMA_VERSION:
        raise ValueError(f"version {document['version']} is newer than this poseact reads: upgrade poseact")
    return Judgement(
        facts=_facts_from(document["run"]),
        class_names=tuple(map(str, document["class_names"])),
        **{name: _made(Figure, document["figures"][name]) for name in _FIGURES},
        resampling=_made(Resampling, document["resampling"]),
        calibration=_calibration_from(document["calibration"]),
        classes=tuple(_made(ClassFigures, entry) for entry in document["classes"]),
        confusion=tuple(tuple(map(int, row)) for row in document["confusion"]),
        subjects=tuple(_made(PartFigures, entry) for entry in document["subjects"]),
        folds=tuple(_made(PartFigures, entry) for entry in document["folds"]),
        clips=tuple(_made(ClipAnswer, entry) for entry in document["clips"]),
    )


def _facts_from(values: Mapping[str, Any]) -> RunFacts:
    latency = values["latency"]
    changed = {
        "latency": None if latency is None else _made(Latency, latency),
        "unreadable": tuple(values["unreadable"]),
        "unknown_classes": dict(values["unknown_classes"]),
        "notes": tuple(values["notes"]),
    }
    return _made(RunFacts, {**values, **changed})


def _calibration_from(values: Mapping[str, Any]) -> Calibration:
    return _made(
        Calibration, {**values, "bins": tuple(_made(ReliabilityBin, entry) for entry in values["bins"])}
    )


def _made(kind: type[_Made], values: Mapping[str, Any]) -> _Made:
    """A dataclass from the fields of an object; what a later version added is passed over."""
    return kind(**{field.name: values[field.name] for field in fields(kind)})  # type: ignore[arg-type]
