"""Annotations of any of the formats, known by the file's ending."""

from pathlib import Path

from poseact.annotations.activitynet import read_json_annotations
from poseact.annotations.csv_table import read_csv_annotations
from poseact.annotations.spans import Annotation
from poseact.annotations.webvtt import read_vtt_annotations
from poseact.errors import SourceError

_READERS = {
    ".json": read_json_annotations,
    ".csv": read_csv_annotations,
    ".tsv": read_csv_annotations,
    ".vtt": read_vtt_annotations,
}
# What `poseact export` writes beside results: the same once more, for other programs.
_EXPORTED = ("_events.json", "_events.tsv", ".boris.csv")


def read_annotations(path: Path) -> dict[str, Annotation]:
    """What is written of each recording, by the name that the file gives it.

    Args:
        path: ``.json`` (ActivityNet, its results, or a poseact result), ``.csv``, ``.tsv`` or ``.vtt``; or a
            folder, of which all files of the first of these kinds are read.

    Raises:
        SourceError: If there is no such file, or it is something else; the message names the line or entry.
    """
    if not path.is_dir():
        if path.suffix.lower() not in _READERS:
            if not path.exists():
                raise SourceError(f"{path}: no such file or folder")
            raise SourceError(
                f"{path}: expected annotations in {', '.join(_READERS)}, found {path.suffix or path.name!r}"
            )
        return _READERS[path.suffix.lower()](path)
    by_kind = [
        [file for file in sorted(path.glob(f"*{suffix}")) if not file.name.endswith(_EXPORTED)]
        for suffix in _READERS
    ]
    files = next((files for files in by_kind if files), [])
    if not files:
        raise SourceError(f"{path}: expected annotations ({', '.join(_READERS)}) in this folder, found none")
    found: dict[str, Annotation] = {}
    source: dict[str, Path] = {}
    for file in files:
        for name, annotation in _READERS[file.suffix.lower()](file).items():
            if name in found:
                raise SourceError(
                    f"{file}: expected each recording once, but {name!r} is in {source[name].name} too: "
                    "name one of the files"
                )
            found[name], source[name] = annotation, file
    return found
