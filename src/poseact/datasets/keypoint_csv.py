"""One tidy CSV of clips, for a spreadsheet or a data frame: a row for each person in each frame.

Columns: ``clip,label,subject,camera,repetition,group,splits,width,height,frame,time_s,track_id`` and
for every joint ``<joint>_x_px,<joint>_y_px,<joint>_confidence``. The units are the suffix: ``_x_px``,
``_x_m`` (with ``_z_m``) or ``_x_normalized``; what is missing is an empty cell.
"""

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.joint_naming import layout_of
from poseact.datasets.json_reading import exact_decimals
from poseact.datasets.people import (
    SeenFrame,
    Sighting,
    checked_frame_size,
    checked_rate,
    guess_units,
    sequence_of,
)
from poseact.datasets.tables import Row, as_float32, expect_width, read_rows, to_int, to_numbers
from poseact.errors import InvalidInputError, OutputError, SourceError
from poseact.files import whole_file
from poseact.sequence import PoseSequence, Units
from poseact.skeleton import SkeletonLayout

RATE_HZ = 30.0
# The same in all rows of a clip.
_INFO = ("label", "subject", "camera", "repetition", "group", "splits", "width", "height")
_FIRST = ("clip", *_INFO, "frame", "time_s", "track_id")
_COORDINATE = re.compile(r"(.+)_([xyz])(?:_(px|m|normalized))?", re.DOTALL)
_CONFIDENCE = "_confidence"


@dataclass(frozen=True)
class _Columns:
    """What stands where: named columns; x, y[, z] of each joint (V, C); confidence of each (V,)."""

    names: Sequence[str]
    place: Mapping[str, int]
    layout: SkeletonLayout
    coordinates: NDArray[np.intp]
    confidence: NDArray[np.intp] | None
    units: Units | None


@dataclass(frozen=True)
class _Options:
    rate_hz: float
    units: Units | None
    frame_size_wh: tuple[int, int] | None
    track: bool


def read_keypoint_csv(
    path: Path,
    *,
    rate_hz: float = RATE_HZ,
    units: Units | None = None,
    frame_size: tuple[int, int] | str | None = None,
    track: bool = True,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clips of a CSV that `write_keypoint_csv` made, or of a simpler one, a clip at a time.

    Only the joints' columns ``<joint>_x`` and ``<joint>_y`` are needed, with units or without. Without
    ``clip`` the file is one clip; time is ``time_s``, else ``frame`` / rate, else every row is the next
    frame; without ``track_id`` people are tracked, or are one where no two rows have one time; without
    confidence it is 1 where a joint is. Rows of a clip stand together, and in it those of a frame.
    Joints in an order that no known layout has are a layout of their own.

    Args:
        path: The file.
        rate_hz: Frames per second, where there is no ``time_s``.
        units: Of columns that do not say it: ``"px"``, ``"normalized"`` or ``"m"``; told from the
            numbers of each clip if left out.
        frame_size: Width and height of the picture, where the file does not say it.
        track: Follow people without ids; else they are numbered by their place in the frame.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If the file is not of this form.
        InvalidInputError: If an option is not of the expected form.
    """
    if units is not None and units not in get_args(Units):
        raise InvalidInputError(f"units: expected one of {', '.join(get_args(Units))}, found {units!r}")
    path = Path(path)
    options = _Options(checked_rate(rate_hz), units, checked_frame_size(frame_size), track)
    rows = read_rows(path)
    header = next(rows, None)
    if header is None:
        raise SourceError(f"{path}: expected a table of keypoints, found an empty file")
    columns = _columns(path, [name.strip() for name in header[1]])
    seen: set[str] = set()
    for name, group in itertools.groupby(rows, lambda row: _name(path, columns, row)):
        lines = list(group)
        try:
            if name in seen:
                raise SourceError(
                    f"{path}, line {lines[0][0]}: rows of the clip {name!r} stand in two places: sort it"
                )
            seen.add(name)
            clip = _clip(path, columns, name, lines, options)
        except SourceError as error:
            on_broken(error)
        else:
            yield clip
    if not seen:
        raise SourceError(f"{path}: expected rows of keypoints, found only a header")


def _columns(path: Path, names: Sequence[str]) -> _Columns:
    """The meaning of each column, from its name."""
    place: dict[str, int] = {}
    joints: dict[str, dict[str, int]] = {}
    confidence: dict[str, int] = {}
    units: set[str | None] = set()
    unknown = [name for name in names if list(names).count(name) > 1]
    for i, name in enumerate(names):
        match = _COORDINATE.fullmatch(name)
        if name in _FIRST:
            place[name] = i
        elif match is not None and match[2] not in joints.setdefault(match[1], {}):
            joints[match[1]][match[2]] = i
            units.add(match[3])
        elif name.endswith(_CONFIDENCE):
            confidence[name.removesuffix(_CONFIDENCE)] = i
        else:
            unknown.append(name)
    axes = {tuple(sorted(found)) for found in joints.values()}
    if unknown or (confidence and set(confidence) != set(joints)):
        wrong = unknown or sorted(set(confidence) ^ set(joints))
        raise SourceError(
            f"{path}: expected some of the columns {','.join(_FIRST)}, and <joint>_x, <joint>_y, "
            f"<joint>_confidence of each joint, all once; found {', '.join(map(repr, wrong))[:200]}"
        )
    if len(units) != 1 or len(axes) != 1 or not axes <= {("x", "y"), ("x", "y", "z")}:
        raise SourceError(
            f"{path}: expected _x and _y (or _x, _y and _z) of every joint, all in one unit (_px, _m or "
            "_normalized, or none named)"
        )
    return _Columns(
        names=names,
        place=place,
        layout=_layout(path, list(joints)),
        coordinates=np.array([[found[axis] for axis in sorted(found)] for found in joints.values()], np.intp),
        confidence=np.array([confidence[joint] for joint in joints], np.intp) if confidence else None,
        units=cast(Units | None, units.pop()),
    )


def _layout(path: Path, joints: Sequence[str]) -> SkeletonLayout:
    try:
        return layout_of(joints)
    except InvalidInputError as error:
        raise SourceError(f"{path}: {error}") from error


def _name(path: Path, columns: _Columns, row: Row) -> str:
    """The clip that a row belongs to."""
    place = columns.place.get("clip")
    if place is None:
        return path.stem
    return row[1][place] if place < len(row[1]) else ""


def _clip(path: Path, columns: _Columns, name: str, rows: Sequence[Row], options: _Options) -> Clip:
    where = f"{path}: clip {name!r}"
    if not name:
        raise SourceError(f"{path}, line {rows[0][0]}: expected a name in the column 'clip', found none")
    for row in rows:
        expect_width(path, row, len(columns.names))
    info = _info(path, columns, rows)
    values, confidence = _joints(path, columns, rows)
    times = _times(path, columns, rows, options.rate_hz)
    ids = _track_ids(path, columns, rows)
    units = columns.units or options.units or guess_units(values)
    if "track_id" not in columns.place and len(set(times)) == len(times):
        ids = [0] * len(rows)  # never two at a time: a table of one person
    people = [Sighting(*one) for one in zip(values, confidence, ids, strict=True)]
    frames = _frames(times, people)
    everyone = list(dict.fromkeys(track_id for track_id in ids if track_id is not None))
    told = all(one.track_id is not None for frame in frames for one in frame.people)
    sequence = sequence_of(
        frames,
        columns.layout,
        where,
        units=units,
        frame_size_wh=_size(where, info) or options.frame_size_wh,
        track=options.track,
        track_ids=everyone if told and "track_id" in columns.place else None,
        dimensions=values.shape[-1],
    )
    return Clip(
        sequence=sequence,
        label=info["label"],
        name=name,
        subject=info["subject"],
        camera=info["camera"],
        repetition=info["repetition"],
        group=info["group"],
        splits=_splits(where, info["splits"]),
    )


def _info(path: Path, columns: _Columns, rows: Sequence[Row]) -> dict[str, str | None]:
    """What is known of a clip, the same in all its rows."""
    info: dict[str, str | None] = {}
    for key in _INFO:
        place = columns.place.get(key)
        if place is None:
            info[key] = None
            continue
        first = rows[0][1][place]
        for line, cells in rows:
            if cells[place] != first:
                raise SourceError(
                    f"{path}, line {line}: {key}: expected {first[:40]!r} in all rows of a clip, "
                    f"found {cells[place][:40]!r}"
                )
        info[key] = first or None
    return info


def _size(where: str, info: Mapping[str, str | None]) -> tuple[int, int] | None:
    if info["width"] is None and info["height"] is None:
        return None
    try:
        return checked_frame_size(f"{info['width']}x{info['height']}")
    except InvalidInputError as error:
        raise SourceError(f"{where}: width and height: {error}") from error


def _splits(where: str, text: str | None) -> dict[str, str]:
    """``"xsub=train;5-fold=3"`` as a mapping."""
    splits = {}
    for part in (text or "").split(";") if text else ():
        protocol, equals, value = part.partition("=")
        if not (protocol and equals and value):
            raise SourceError(f"{where}: splits: expected protocol=part;protocol=part, found {text!r}")
        splits[protocol] = value
    return splits


def _joints(
    path: Path, columns: _Columns, rows: Sequence[Row]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates (rows, V, C) and confidence (rows, V)."""
    places = columns.coordinates.ravel().tolist()
    values = as_float32([to_numbers(path, row, places, columns.names) for row in rows])
    values = values.reshape(len(rows), *columns.coordinates.shape)
    if columns.confidence is None:
        seen = np.isfinite(values).all(axis=-1)
        return values, np.asarray(seen, np.float32)
    places = columns.confidence.tolist()
    confidence = as_float32([to_numbers(path, row, places, columns.names) for row in rows])
    seen = np.isfinite(confidence)
    return values, np.asarray(np.where(seen, confidence, 0), np.float32)


def _times(path: Path, columns: _Columns, rows: Sequence[Row], rate_hz: float) -> list[float]:
    """Seconds of every row."""
    place = columns.place.get("time_s")
    if place is not None:
        times = [to_numbers(path, row, [place], columns.names)[0] for row in rows]
        if any(time != time for time in times):
            raise SourceError(f"{path}, line {rows[0][0]}: time_s: expected seconds in every row of the clip")
        return times
    place = columns.place.get("frame")
    if place is not None:
        return [to_int(path, line, "frame", cells[place]) / rate_hz for line, cells in rows]
    if "track_id" in columns.place:
        raise SourceError(f"{path}: expected a column 'time_s' or 'frame' beside 'track_id'")
    return [i / rate_hz for i in range(len(rows))]


def _track_ids(path: Path, columns: _Columns, rows: Sequence[Row]) -> list[int | None]:
    place = columns.place.get("track_id")
    if place is None:
        return [None] * len(rows)
    return [to_int(path, line, "track_id", cells[place]) if cells[place] else None for line, cells in rows]


def _frames(times: Sequence[float], people: Sequence[Sighting]) -> list[SeenFrame]:
    """Rows that follow one another at one time are a frame; a row of nobody only says that it was."""
    frames = []
    for time, group in itertools.groupby(zip(times, people, strict=True), lambda pair: pair[0]):
        there = [one for _, one in group if one.track_id is not None or np.isfinite(one.keypoints).any()]
        frames.append(SeenFrame(time, there))
    return frames


def write_keypoint_csv(clips: Iterable[Clip], path: Path) -> None:
    """Write clips as one table, one clip at a time; see the module for its columns.

    Everybody of a clip has a row in its first frame, and then in every frame where they are seen; a
    frame of nobody has one row all the same. Numbers name float32 (and times float64) exactly, so
    that `read_keypoint_csv` restores the clips. `world_m` is lost, and so are the bones of a layout
    that poseact does not know.

    Raises:
        InvalidInputError: If clips differ in layout, units or dimensions, two have one name, or one
            has no frame.
        OutputError: If the file cannot be written.
    """
    path = Path(path)
    with whole_file(path) as temporary:
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                first: PoseSequence | None = None
                names: set[str] = set()
                for clip in clips:
                    if first is None:
                        first = clip.sequence
                        writer.writerow(_header(first))
                    _check(clip, first, names)
                    names.add(clip.name)
                    writer.writerows(_rows(clip))
        except UnicodeEncodeError as error:
            raise OutputError(f"{path}: a name or label cannot be written as UTF-8 ({error})") from error
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _header(sequence: PoseSequence) -> list[str]:
    axes = "xyz"[: sequence.keypoints.shape[-1]]
    joints = [
        column
        for joint in sequence.layout.joint_names
        for column in (*(f"{joint}_{axis}_{sequence.units}" for axis in axes), joint + _CONFIDENCE)
    ]
    return [*_FIRST, *joints]


def _check(clip: Clip, first: PoseSequence, names: set[str]) -> None:
    sequence = clip.sequence
    if clip.name in names:
        raise InvalidInputError(f"two clips are called {clip.name!r}: a table tells clips by their names")
    if sequence.num_frames == 0:
        raise InvalidInputError(f"clip {clip.name!r}: has no frame, so that no row would speak of it")
    if _header(sequence) != _header(first):
        expected, found = (
            f"{one.layout.name}, {one.units}, {one.keypoints.shape[-1]}D" for one in (first, sequence)
        )
        raise InvalidInputError(
            f"clip {clip.name!r}: expected {expected} as in the clips before, found {found}: "
            "a table has one layout, so convert the clips first (--layout NAME)"
        )
    if any(set(";=") & set(key + value) or not value for key, value in clip.splits.items()):
        raise InvalidInputError(f"clip {clip.name!r}: splits with ';' or '=' cannot be written in a table")


def _rows(clip: Clip) -> Iterator[list[Any]]:
    sequence = clip.sequence
    width, height = sequence.frame_size_wh or ("", "")
    splits = ";".join(f"{protocol}={part}" for protocol, part in clip.splits.items())
    texts = [getattr(clip, key) or "" for key in _INFO[:5]]
    info = [clip.name, *texts, splits, width, height]
    seen = ~np.isnan(sequence.keypoints).all(axis=(2, 3))
    there = np.asarray(seen | (sequence.confidence > 0).any(axis=2))
    numbers = np.concatenate([sequence.keypoints, sequence.confidence[..., None]], axis=-1)
    nobody = [""] * (numbers.shape[2] * numbers.shape[3])
    for t, time in enumerate(sequence.timestamps.tolist()):
        rows = np.flatnonzero(there[:, t] if t else np.ones_like(there[:, t])).tolist()
        for m in rows:
            cells = ["" if value != value else repr(value) for value in exact_decimals(numbers[m, t])]
            yield [*info, t, repr(time), int(sequence.track_ids[m]), *cells]
        if not rows:
            yield [*info, t, repr(time), "", *nobody]


def _is_keypoint_csv(path: Path) -> bool:
    if path.suffix.lower() not in (".csv", ".tsv") or not path.is_file():
        return False
    try:
        header = next(read_rows(path), None)
        return header is not None and bool(_columns(path, [name.strip() for name in header[1]]))
    except SourceError:
        return False


FORMAT = DataFormat(
    name="csv",
    title="a tidy CSV: a row for each person in each frame, columns <joint>_x_px, <joint>_y_px, ...",
    read=read_keypoint_csv,
    detect=_is_keypoint_csv,
    write=write_keypoint_csv,
    suffix=".csv",
)
