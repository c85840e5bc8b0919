"""What a file or folder is that no data format knows, and what may be done about it, in one line."""

import json
from collections import Counter
from pathlib import Path

from poseact.datasets.json_reading import json_fault
from poseact.datasets.tables import read_rows
from poseact.errors import SourceError
from poseact.sources import VIDEO_SUFFIXES

_LONGEST = 120
_MOST_JSON_BYTES = 1 << 26
_MOST_NAMES = 2000
_MOST_KINDS = 3


def described(path: Path) -> str:
    """``a .csv with the header a,b,c``; never raises."""
    try:
        return _folder(path) if path.is_dir() else _file(path)
    except OSError as error:
        return f"something that cannot be read ({error.strerror or error})"


def _file(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return "a video file: give its folder, or use poseact predict"
    if not path.stat().st_size:
        return "an empty file"
    if suffix in (".csv", ".tsv"):
        return _table(path)
    if suffix == ".json":
        return _json(path)
    return f"a file that ends with {suffix}" if suffix else "a file without suffix"


def _table(path: Path) -> str:
    try:
        header = next(read_rows(path), (0, []))[1]
    except SourceError as error:
        return f"a {path.suffix} that cannot be read: {str(error).removeprefix(f'{path}: ')}"
    return f"a {path.suffix} with the header {_cut(','.join(cell.strip() for cell in header))}"


def _json(path: Path) -> str:
    if path.stat().st_size > _MOST_JSON_BYTES:
        return "a large JSON file of another form"
    try:
        value = json.loads(path.read_bytes())
    except RecursionError:
        return "a JSON file that is nested too deep"
    except ValueError as error:
        fault = json_fault(error)
        early = fault.startswith("a file that ends early")
        return "a JSON file that ends early: was it copied whole?" if early else f"a .json file with {fault}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"a JSON list of objects with the keys {_cut(', '.join(value[0]) or 'none')}"
    if isinstance(value, dict):
        return f"a JSON object with the keys {_cut(', '.join(value) or 'none')}"
    return "a JSON file of another form"


def _folder(path: Path) -> str:
    num_folders = 0
    suffixes: Counter[str] = Counter()
    for number, inner in enumerate(path.iterdir()):
        if number >= _MOST_NAMES:
            break
        if inner.is_dir():
            num_folders += 1
        elif not inner.name.startswith("."):
            suffixes[inner.suffix.lower()] += 1
    num_videos = sum(count for suffix, count in suffixes.items() if suffix in VIDEO_SUFFIXES)
    if num_videos:
        lie = "video that lies" if num_videos == 1 else "videos that lie"
        return (
            f"a folder with {num_videos} {lie} in no class folder: make a folder for each class, or a CSV "
            "path,label"
        )
    if not suffixes and not num_folders:
        return "an empty folder"
    parts = [
        f"{count} {suffix or 'suffixless'} file{'' if count == 1 else 's'}"
        for suffix, count in suffixes.most_common(_MOST_KINDS)
    ]
    parts += ["other files"] if len(suffixes) > _MOST_KINDS else []
    parts += [f"{num_folders} folder{'' if num_folders == 1 else 's'}"] if num_folders else []
    return f"a folder with {', '.join(parts)}"


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
