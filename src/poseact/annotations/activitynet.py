"""JSON as ActivityNet writes it, its submissions, and poseact's own results.

Sources: the annotation file of ActivityNet 1.3 (Caba Heilbron et al., ActivityNet, CVPR 2015), whose
``database`` names videos with ``duration``, ``subset`` and ``annotations``; the submission format of the
ActivityNet challenge, whose ``results`` names videos with a list of ``label``, ``score``, ``segment``.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from poseact.annotations.spans import Annotation, Span
from poseact.datasets.json_reading import as_list, as_mapping, as_number, as_text, load_json
from poseact.errors import InvalidInputError, SourceError
from poseact.results import SCHEMA_NAME, read_json


def read_json_annotations(path: Path) -> dict[str, Annotation]:
    """What is written of each recording.

    Beside ``database`` there may be ``aliases``, of other words to labels: ``{"jog": "run"}``.

    Raises:
        SourceError: If it is something else; the message names the entry.
    """
    document = as_mapping(load_json(path), str(path))
    if document.get("schema") == SCHEMA_NAME:
        return {_name_in_result(path, document): _of_result(path, document)}
    aliases = {
        key: as_text(value, f"{path}: aliases, {key!r}")
        for key, value in as_mapping(document.get("aliases", {}), f"{path}: aliases").items()
    }
    if "database" in document:
        entries = as_mapping(document["database"], f"{path}: database")
        return {name: _video(entry, f"{path}: {name!r}", aliases) for name, entry in entries.items()}
    if "results" in document:
        entries = as_mapping(document["results"], f"{path}: results")
        return {
            name: Annotation.of(_spans(entry, f"{path}: {name!r}", aliases))
            for name, entry in entries.items()
        }
    raise SourceError(
        f'{path}: expected "database" (ActivityNet), "results" (its submissions) or a poseact result, '
        f"found {', '.join(map(repr, list(document)[:3])) or 'an empty object'}"
    )


def _video(entry: Any, where: str, aliases: Mapping[str, str]) -> Annotation:
    fields = as_mapping(entry, where)
    duration_s = None
    if fields.get("duration") is not None:
        duration_s = as_number(fields["duration"], f"{where}, duration")
        if duration_s <= 0:
            raise SourceError(f"{where}, duration: expected more than 0 s, found {duration_s:g}")
    if "annotations" not in fields:
        raise SourceError(f'{where}: expected "annotations", a list that may be empty, found none')
    return Annotation.of(_spans(fields["annotations"], where, aliases), duration_s)


def _spans(entries: Any, where: str, aliases: Mapping[str, str]) -> list[Span]:
    out = []
    for number, entry in enumerate(as_list(entries, where), 1):
        place = f"{where}, segment {number}"
        fields = as_mapping(entry, place)
        label = as_text(fields.get("label"), f"{place}, label")
        ends = as_list(fields.get("segment"), f"{place}, segment")
        if len(ends) != 2:
            raise SourceError(f"{place}: expected a start and an end in seconds, found {len(ends)} numbers")
        start_s, end_s = (as_number(end, f"{place}, segment") for end in ends)
        score = as_number(fields.get("score", 1.0), f"{place}, score")
        person = fields.get("track_id")
        who = None if person is None else str(person)
        try:
            out.append(Span(aliases.get(label, label), start_s, end_s, who, score))
        except InvalidInputError as error:
            raise SourceError(f"{place}: {error}") from None
    return out


def _name_in_result(path: Path, document: Mapping[str, Any]) -> str:
    video = as_mapping(document.get("video"), f"{path}: video")
    return as_text(video.get("name"), f"{path}: video, name")


def _of_result(path: Path, document: Mapping[str, Any]) -> Annotation:
    timeline = read_json(path)
    model = as_mapping(document.get("model"), f"{path}: model")
    labels = as_list(model.get("class_names"), f"{path}: model, class_names")
    spans = [Span(s.label, s.start_s, s.end_s, str(s.track_id), s.score) for s in timeline.segments]
    return replace(Annotation.of(spans, timeline.end_s or None), labels=tuple(map(str, labels)))
