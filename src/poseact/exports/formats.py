"""The formats that results can be written in, by name."""

from collections.abc import Callable, Iterable

from poseact.errors import InvalidInputError
from poseact.exports.bids import to_events_json, to_events_tsv
from poseact.exports.boris import to_aggregated_csv, to_project
from poseact.exports.elan import to_eaf
from poseact.exports.findings import Findings
from poseact.results import segments_csv, to_vtt

# By name, the files of each format: what stands behind the stem, and what gives the text.
EXPORTS: dict[str, dict[str, Callable[[Findings], str]]] = {
    "eaf": {".eaf": to_eaf},
    "boris": {".boris.csv": to_aggregated_csv, ".boris": to_project},
    "bids": {"_events.tsv": to_events_tsv, "_events.json": to_events_json},
    "csv": {".csv": lambda findings: segments_csv(findings.video.name, findings.timeline.segments)},
    "vtt": {".vtt": lambda findings: to_vtt(findings.timeline)},
    "json": {".json": lambda findings: findings.to_json()},
}


def export_texts(names: Iterable[str]) -> dict[str, Callable[[Findings], str]]:
    """What gives the text of each file of these formats, by what stands behind the stem in its name.

    Raises:
        InvalidInputError: If there is no such format.
    """
    texts: dict[str, Callable[[Findings], str]] = {}
    for name in names:
        if name not in EXPORTS:
            raise InvalidInputError(f"export: expected one of {', '.join(EXPORTS)}, found {name!r}")
        texts |= EXPORTS[name]
    return texts
