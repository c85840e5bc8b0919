"""What the exchange formats of other packages share: a file a clip, and a header that makes it exact."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.clip_header import ClipHeader, header_from_json, header_to_json
from poseact.datasets.folders import file_name, whole_folder
from poseact.datasets.format import OnBroken
from poseact.datasets.joint_naming import joint_name
from poseact.datasets.json_reading import as_int, as_list, as_mapping, as_text
from poseact.datasets.people import MAX_JOINTS
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import LAYOUTS
from poseact.skeleton import Edge, SkeletonLayout

HEADER_FORMAT = "poseact.clip"
HEADER_VERSION = 1
# What is said of the rate of a clip of one frame, or of none.
NOMINAL_RATE_HZ = 30.0
_PAIRS = ("edges", "flip_pairs", "drawn_edges")


def document(clip: Clip) -> dict[str, Any]:
    """What a foreign file does not say of a clip: all but joints and time stamps."""
    layout = clip.sequence.layout
    skeleton = {
        "joint_names": list(layout.joint_names),
        "root": layout.root,
        **{key: [list(pair) for pair in getattr(layout, key)] for key in _PAIRS},
    }
    known = LAYOUTS.get(layout.name) == layout
    return {
        "format": HEADER_FORMAT,
        "version": HEADER_VERSION,
        **header_to_json(clip),
        **({} if known else {"skeleton": skeleton}),
    }


def is_document(value: Any) -> bool:
    """Whether `document` made this, in any version."""
    return isinstance(value, dict) and value.get("format") == HEADER_FORMAT


def from_document(value: Any, where: str) -> tuple[ClipHeader, SkeletonLayout]:
    """The header and the layout that `document` wrote.

    Raises:
        SourceError: If it is of another form, or newer than this poseact reads.
    """
    fields = as_mapping(value, where)
    if as_int(fields.get("version"), f"{where}: version") > HEADER_VERSION:
        raise SourceError(
            f"{where}: version {fields['version']} is newer than this poseact reads: upgrade poseact"
        )
    header = header_from_json(fields, where)
    if "skeleton" in fields:
        return header, _skeleton(fields["skeleton"], header.layout_name, f"{where}: skeleton")
    if header.layout_name not in LAYOUTS:
        raise SourceError(f"{where}: layout: no layout is called {header.layout_name!r}")
    return header, LAYOUTS[header.layout_name]


def _skeleton(value: Any, name: str, where: str) -> SkeletonLayout:
    fields = as_mapping(value, where)
    pairs: dict[str, tuple[Edge, ...]] = {}
    for key in _PAIRS:
        rows = [as_list(one, f"{where}: {key}") for one in as_list(fields.get(key), f"{where}: {key}")]
        if any(len(row) != 2 for row in rows):
            raise SourceError(f"{where}: {key}: expected pairs of joint names")
        pairs[key] = tuple((as_text(a, f"{where}: {key}"), as_text(b, f"{where}: {key}")) for a, b in rows)
    names = as_list(fields.get("joint_names"), f"{where}: joint_names")
    try:
        return SkeletonLayout(
            name=name,
            joint_names=tuple(as_text(one, f"{where}: joint_names") for one in names),
            root=as_text(fields.get("root"), f"{where}: root"),
            **pairs,
        )
    except InvalidInputError as error:
        raise SourceError(f"{where}: {error}") from error


def poseact_names(points: Sequence[str]) -> tuple[str, ...]:
    """Joint names of another tool as poseact spells them, unless two would then be the same."""
    names = tuple(joint_name(point) for point in points)
    return names if len(set(names)) == len(names) else tuple(points)


def check_size(persons: int, frames: int, joints: int, where: str) -> None:
    """Before anything of that size is allocated.

    Raises:
        SourceError: If no clip is so large.
    """
    # Empty axes do not make the others harmless.
    if max(persons, 1) * max(frames, 1) * max(joints, 1) > MAX_JOINTS:
        raise SourceError(
            f"{where}: expected a clip of at most {MAX_JOINTS} joints, found {persons} people in {frames} "
            f"frames of {joints}"
        )


def mean_rate_hz(timestamps: NDArray[np.float64]) -> float:
    """Frames per second of (T,) seconds, for formats that have one rate for a clip."""
    if len(timestamps) < 2:
        return NOMINAL_RATE_HZ
    return float(np.clip((len(timestamps) - 1) / (timestamps[-1] - timestamps[0]), 1e-6, 1e6))


def read_files(
    path: Path, suffix: str, what: str, read_one: Callable[[Path, str, str | None], Clip], on_broken: OnBroken
) -> Iterator[Clip]:
    """The clips of one file, or of all files with that suffix in a folder and below, a clip a file.

    Args:
        path: The file or folder.
        suffix: With its dot, lower case.
        what: Of the format, for messages.
        read_one: Gets the file, and the name and label that its place in the folder gives it:
            ``wave/anna.pose`` is the clip "wave/anna" of the class "wave".
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If there is no such file.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder; expected {what}")
    is_folder = path.is_dir()
    files = sorted(p for p in path.rglob("*") if p.suffix.lower() == suffix) if is_folder else [path]
    if not files:
        raise SourceError(f"{path}: expected {what}, found no file that matches *{suffix}")
    names: set[str] = set()
    for file in files:
        place = file.relative_to(path if is_folder else path.parent).with_suffix("")
        label = place.parts[-2] if len(place.parts) > 1 else None
        try:
            clip = read_one(file, place.as_posix(), label)
            if clip.name in names:
                raise SourceError(f"{file}: a second clip called {clip.name!r}")
        except SourceError as error:
            on_broken(error)
        else:
            names.add(clip.name)
            yield clip


def write_files(
    clips: Iterable[Clip], path: Path, suffix: str, write_one: Callable[[Clip, Path], None]
) -> None:
    """One clip to `path` where that has the suffix; else a new folder of ``<label>/<name><suffix>``.

    Raises:
        InvalidInputError: If the path is for one clip, and there are more or none; or two have one name.
        OutputError: If a file cannot be written, or the folder is there already and not empty.
    """
    if path.suffix.lower() == suffix:
        first = list(islice(clips, 2))
        if len(first) != 1:
            raise InvalidInputError(
                f"{path}: expected one clip for one file, found {'more' if first else 'none'}: "
                "name a folder (without a suffix) instead"
            )
        write_one(first[0], path)
        return
    names: set[str] = set()
    with whole_folder(path) as temporary:
        for clip in clips:
            if clip.name in names:
                raise InvalidInputError(f"two clips are called {clip.name!r}: give them other names")
            names.add(clip.name)
            folder = temporary if clip.label is None else temporary / file_name(clip.label)
            folder.mkdir(exist_ok=True)
            write_one(clip, _new_file(folder, clip.name, suffix))


def _new_file(folder: Path, name: str, suffix: str) -> Path:
    """A file that is not there yet, called by the clip's name, with a number if it must be."""
    stem, number = file_name(name), 1
    while (file := folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}").exists():
        number += 1
    return file


def first_file(path: Path, suffix: str) -> Path | None:
    """A file with that suffix: the path itself, or one in the folder or two levels below; for `detect`."""
    try:
        if path.is_dir():
            patterns = (f"{below}*{suffix}" for below in ("", "*/", "*/*/"))
            return next((file for pattern in patterns for file in path.glob(pattern)), None)
        return path if path.suffix.lower() == suffix and path.is_file() else None
    except OSError:
        return None


def to_json_text(value: dict[str, Any]) -> str:
    """Plain ASCII, which every tool can carry along."""
    return json.dumps(value)
