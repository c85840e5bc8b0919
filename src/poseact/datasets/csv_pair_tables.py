"""The two tables of a recording: keypoints (a row for each person in each picture), and labels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseact.datasets.joint_naming import joint_name, layout_of
from poseact.datasets.picture_names import split_number
from poseact.datasets.tables import Row, expect_width, read_rows, to_int, to_number, to_numbers
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import COCO17, LAYOUTS, OPENPOSE18, OPENPOSE25
from poseact.skeleton import SkeletonLayout

_PICTURE = {"image", "img", "file", "filename", "file_name", "name", "path", "image_name", "picture"}
_FRAME = {"frame", "frame_id", "frame_number", "frame_no", "frame_index"}
_PERSON = {"person", "person_id", "track", "track_id", "human", "human_id"}
_LABEL = {"label", "labels", "class", "class_name", "action", "activity", "target", "y"}
_START = {"start", "start_frame", "from", "begin", "first"}
_END = {"end", "end_frame", "to", "stop", "last"}
_INDEX = {"", "unnamed: 0", "index"}
_POSE_KINDS = {"picture": _PICTURE, "frame": _FRAME, "person": _PERSON, "label": _LABEL}
_LABEL_KINDS = {
    "label": _LABEL,
    "start": _START,
    "end": _END,
    "picture": _PICTURE,
    "frame": _FRAME,
    "index": _INDEX,
}
_BY_JOINTS = {layout.num_joints: layout for layout in (COCO17, OPENPOSE18, OPENPOSE25)}
_AXES = {"x": 0, "y": 1, "c": 2, "s": 2, "conf": 2, "confidence": 2, "score": 2, "prob": 2}
_NAMED = re.compile(r"(.*[^_. -])[_. -]*?[_. -](" + "|".join(_AXES) + r")", re.IGNORECASE)
_NUMBERED = re.compile(r"(x|y|c|s|conf|score)[_ ]?(\d{1,3})", re.IGNORECASE)


@dataclass(frozen=True)
class PoseTable:
    """N rows of keypoints.

    Attributes:
        rows: (N, V, 3) x, y, confidence; missing (N, V).
        missing: (N, V) bool.
        frame: (N,) the frame each row is of, counted from 0 in the order of the file.
        person: Who each row is, where a column says so.
        numbers: The frames' own numbers.
        recordings: What each frame's picture is called but for its number; "" without names.
        pictures: The frames' pictures, where they are named.
        labels: Label of each row, where a column has them.
        layout: Of the joints.
    """

    rows: NDArray[np.float64]
    missing: NDArray[np.bool_]
    frame: Sequence[int]
    person: Sequence[int] | None
    numbers: Sequence[int]
    recordings: Sequence[str]
    pictures: Sequence[str] | None
    labels: Sequence[str] | None
    layout: SkeletonLayout


@dataclass(frozen=True)
class _Columns:
    """Positions of the columns; `joints` (V, 2 or 3) of x, y and perhaps confidence."""

    names: Sequence[str]
    joints: NDArray[np.intp]
    layout: SkeletonLayout
    picture: int | None = None
    frame: int | None = None
    person: int | None = None
    label: int | None = None


def read_poses(path: Path) -> PoseTable:
    """The keypoint table.

    Raises:
        SourceError: If it cannot be read or has other columns.
    """
    rows = list(read_rows(path))
    if not rows:
        raise SourceError(f"{path}: expected rows of keypoints, found an empty file")
    columns, has_header = pose_columns(path, rows[0])
    rows = rows[has_header:]
    if not rows:
        raise SourceError(f"{path}: expected rows of keypoints, found only a header")
    for row in rows:
        expect_width(path, row, len(columns.names))
    places = columns.joints.ravel().tolist()
    values = np.array([to_numbers(path, row, places, columns.names) for row in rows], np.float64)
    values = values.reshape(len(rows), *columns.joints.shape)
    missing = np.asarray(np.isnan(values).any(axis=-1) | (values == 0).all(axis=-1))
    if values.shape[-1] == 2:
        values = np.concatenate([values, np.ones((*values.shape[:2], 1))], axis=-1)
    return _table(path, columns, rows, values, missing)


def _table(
    path: Path,
    columns: _Columns,
    rows: Sequence[Row],
    values: NDArray[np.float64],
    missing: NDArray[np.bool_],
) -> PoseTable:
    def cells(place: int | None) -> list[str] | None:
        return None if place is None else [row[1][place].strip() for row in rows]

    pictures = cells(columns.picture)
    own = None
    if columns.frame is not None:
        own = [to_int(path, line, "frame", cells[columns.frame]) for line, cells in rows]
    keys: list[tuple[str, int]] = [
        (pictures[i] if pictures else "", own[i] if own else (0 if pictures else i)) for i in range(len(rows))
    ]
    first_rows = [i for i, key in enumerate(keys) if i == 0 or key != keys[i - 1]]
    names = [pictures[i].replace("\\", "/") for i in first_rows] if pictures else None
    person = None
    if columns.person is not None:
        person = [to_int(path, line, "person", cells[columns.person]) for line, cells in rows]
    return PoseTable(
        rows=values,
        missing=missing,
        frame=(np.searchsorted(first_rows, np.arange(len(rows)), side="right") - 1).tolist(),
        person=person,
        numbers=[own[i] for i in first_rows] if own else _numbers(names, len(first_rows)),
        recordings=[(split_number(name) or (name, 0))[0] for name in names]
        if names
        else [""] * len(first_rows),
        pictures=names,
        labels=cells(columns.label),
        layout=columns.layout,
    )


def _numbers(names: Sequence[str] | None, num_frames: int) -> list[int]:
    """Frame numbers from the pictures' names, recording by recording; else their places."""
    if names is None:
        return list(range(num_frames))
    split = [split_number(name) for name in names]
    if any(one is None for one in split) or len(set(split)) < len(split):
        return list(range(num_frames))
    return [one[1] for one in split if one is not None]


def pose_columns(path: Path, first: Row) -> tuple[_Columns, bool]:
    """What the columns are, from the first row, and whether that row is a header.

    Raises:
        SourceError: If they are not those of keypoints.
    """
    cells = [cell.strip() for cell in first[1]]
    numeric = [to_number(cell) is not None for cell in cells]
    counted = [cell for cell in cells if cell.lower() not in _INDEX]
    counts_up = len(counted) > 4 and counted == [str(i) for i in range(len(counted))]
    if counts_up:
        return _counted_columns(path, cells), True
    if len(cells) - sum(numeric) > 3:
        return _named_columns(path, cells), True
    return _plain_columns(path, cells, numeric), False


def _plain_columns(path: Path, cells: Sequence[str], numeric: Sequence[bool]) -> _Columns:
    """A table without header: 36 or 54 numbers, and before them perhaps a picture or frame and a person."""
    leading = next((n for n in (0, 1, 2) if len(cells) - n in (36, 54)), None)
    if leading is None or not all(numeric[leading:]):
        raise SourceError(
            f"{path}: expected 36 or 54 numbers a row (18 joints of OpenPose), and before them at most a "
            f"picture and a person, or a header that names the columns; found {len(cells)} cells"
        )
    names = [f"column {i + 1}" for i in range(len(cells))]
    width = (len(cells) - leading) // 18
    joints = leading + np.arange(18 * width, dtype=np.intp).reshape(18, width)
    named = leading > 0 and not numeric[0]
    return _Columns(
        names=names,
        joints=joints,
        layout=OPENPOSE18,
        picture=0 if named else None,
        frame=0 if leading and not named else None,
        person=1 if leading == 2 else None,
    )


def _counted_columns(path: Path, names: Sequence[str]) -> _Columns:
    """A data frame's header 0, 1, 2 ..., perhaps after a column of row numbers without a name."""
    leading = len(names) - len([name for name in names if name.lower() not in _INDEX])
    found = _plain_columns(path, names[leading:], [True] * (len(names) - leading))
    return _Columns(names=names, joints=found.joints + leading, layout=found.layout)


def _named_columns(path: Path, names: Sequence[str]) -> _Columns:
    """A table with a header."""
    joints: dict[str, dict[int, int]] = {}
    place: dict[str, int] = {}
    unknown = []
    for i, name in enumerate(names):
        kind = next((kind for kind, known in _POSE_KINDS.items() if name.lower() in known), None)
        if kind is not None and kind not in place:
            place[kind] = i
        elif (column := _joint_column(name)) is not None and column[1] not in joints.get(column[0], {}):
            joints.setdefault(column[0], {})[column[1]] = i
        elif name.lower() not in _INDEX:
            unknown.append(name)
    if unknown:
        raise SourceError(
            f"{path}: expected x, y and perhaps confidence of named or numbered joints, and columns for "
            f"picture, frame, person, label; found {', '.join(map(repr, unknown))[:200]}"
        )
    axes = {tuple(sorted(found)) for found in joints.values()}
    if len(axes) != 1 or not axes <= {(0, 1), (0, 1, 2)}:
        raise SourceError(f"{path}: expected x and y, and perhaps confidence, of every joint alike")
    order, layout = _layout(path, list(joints))
    return _Columns(
        names=names,
        joints=np.array([[joints[key][axis] for axis in sorted(joints[key])] for key in order], np.intp),
        layout=layout,
        picture=place.get("picture"),
        frame=place.get("frame"),
        person=place.get("person"),
        label=place.get("label"),
    )


def _joint_column(name: str) -> tuple[str, int] | None:
    """The joint, by name or by number, and the axis of a column; None if it is something else."""
    numbered = _NUMBERED.fullmatch(name)
    if numbered is not None:
        return numbered[2].lstrip("0") or "0", _AXES[numbered[1].lower()]
    match = _NAMED.fullmatch(name)
    if match is None:
        return None
    joint, axis = match[1], _AXES[match[2].lower()]
    split = split_number(joint)
    if split is not None and joint.endswith(str(split[1])):
        return str(split[1]), axis
    named = joint_name(joint)
    known = any(named in layout for layout in LAYOUTS.values())
    return (named, axis) if known else None


def _layout(path: Path, joints: Sequence[str]) -> tuple[Sequence[str], SkeletonLayout]:
    """The joints in the order of a layout, and that layout."""
    if all(joint.isdigit() for joint in joints):
        order = sorted(joints, key=int)
        numbers = [int(joint) for joint in order]
        layout = _BY_JOINTS.get(len(order))
        if layout is None or numbers != list(range(numbers[0], numbers[0] + len(order))) or numbers[0] > 1:
            raise SourceError(f"{path}: expected 17, 18 or 25 numbered joints, found {len(order)}")
        return order, layout
    for layout in LAYOUTS.values():
        if set(layout.joint_names) == set(joints):
            return layout.joint_names, layout
    try:
        return joints, layout_of(joints)
    except InvalidInputError as error:
        raise SourceError(f"{path}: {error}") from error


def read_labels(path: Path, table: PoseTable, end_inclusive: bool | None) -> list[str]:
    """A label for every frame of the table; "" where it has none.

    Forms: a label a row (of the table, or of its frames); picture or frame, label; start, end, label.

    Raises:
        SourceError: If it is of no such form or does not fit the table.
    """
    rows = [(line, [cell.strip() for cell in cells]) for line, cells in read_rows(path)]
    if not rows:
        raise SourceError(f"{path}: expected labels, found an empty file")
    header, rows = _labels_header(rows, table)
    if not rows:
        raise SourceError(f"{path}: expected labels, found only a header")
    for row in rows:
        expect_width(path, row, len(header))
    place = {kind: i for i, kind in enumerate(header)}
    if "label" not in place:
        raise SourceError(f"{path}: expected a column of labels, found {', '.join(map(repr, header))[:200]}")
    if "start" in place and "end" in place:
        return _labels_by_range(path, rows, place, table, end_inclusive)
    labels = [cells[place["label"]] for _, cells in rows]
    key = place.get("picture", place.get("frame"))
    if key is not None:
        return _labels_by_key(path, [cells[key] for _, cells in rows], labels, table)
    return labels_of_frames(path, labels, table)


def _labels_header(rows: list[Row], table: PoseTable) -> tuple[list[str], list[Row]]:
    """The kind of every column, and the rows without the header."""
    names = [name.lower() for name in rows[0][1]]
    kinds = {
        "label": _LABEL,
        "start": _START,
        "end": _END,
        "picture": _PICTURE,
        "frame": _FRAME,
        "index": _INDEX,
    }
    found = [next((kind for kind, known in kinds.items() if name in known), name) for name in names]
    if "label" in found:
        return found, rows[1:]
    # A data frame without column names calls its only one 0.
    one_too_many = len(rows) - 1 in (len(table.frame), len(table.numbers))
    if one_too_many and names[-1] == "0" and (len(names) == 1 or names[0] in _INDEX):
        return [*["index"] * (len(names) - 1), "label"], rows[1:]
    plain = {1: ["label"], 2: ["picture", "label"], 3: ["start", "end", "label"]}
    return plain.get(len(names), found), rows


def labels_of_frames(path: Path, labels: Sequence[str], table: PoseTable) -> list[str]:
    """Labels of frames from those of frames or of rows.

    Raises:
        SourceError: If there are as many of neither, or a frame's rows differ.
    """
    num_rows, num_frames = len(table.frame), len(table.numbers)
    if len(labels) == num_frames:
        return list(labels)
    if len(labels) != num_rows:
        of_frames = f" of {num_frames} frames" if num_frames != num_rows else ""
        raise SourceError(
            f"{path}: expected a label for each of {num_rows} rows{of_frames}, found {len(labels)}"
        )
    found: dict[int, str] = {}
    for frame, label in zip(table.frame, labels, strict=True):
        if found.setdefault(frame, label) != label:
            raise SourceError(
                f"{path}: expected one label for all people of a frame, found {found[frame]!r} and "
                f"{label!r} in frame {table.numbers[frame]}"
            )
    return [found[frame] for frame in range(num_frames)]


def _labels_by_key(path: Path, keys: Sequence[str], labels: Sequence[str], table: PoseTable) -> list[str]:
    """Labels by the pictures' names or by frame numbers."""
    by_key: dict[str, str] = {}
    for key, label in zip(keys, labels, strict=True):
        if by_key.setdefault(key.replace("\\", "/"), label) != label:
            raise SourceError(f"{path}: expected one label for a picture, found two for {key!r}")
    for wanted in (table.pictures, [str(number) for number in table.numbers]):
        if wanted is not None and set(wanted) == set(by_key):
            return [by_key[key] for key in wanted]
    if all(key.isdigit() for key in by_key) and len(by_key) == len(labels):
        numbers = [int(key) for key in by_key if len(key) <= 18]
        if numbers == list(range(numbers[0], numbers[0] + len(labels))) if numbers else False:
            return labels_of_frames(path, labels, table)
    frames = set(table.pictures or [str(number) for number in table.numbers])
    odd = sorted(frames ^ set(by_key))[0]
    raise SourceError(
        f"{path}: expected labels for just the {len(frames)} frames of the keypoints, found {len(by_key)}; "
        f"only one of the two files has {odd[:60]!r}"
    )


def _labels_by_range(
    path: Path, rows: Sequence[Row], place: Mapping[str, int], table: PoseTable, end_inclusive: bool | None
) -> list[str]:
    """Labels by ranges of frame numbers, which must not overlap."""
    spans = [
        (
            to_int(path, line, "start", cells[place["start"]]),
            to_int(path, line, "end", cells[place["end"]]),
            cells[place["label"]],
            line,
        )
        for line, cells in rows
    ]
    if end_inclusive is None:
        starts = {start for start, *_ in spans}
        end_inclusive = not any(end in starts for _, end, *_ in spans)
        end_inclusive = end_inclusive and max(end for _, end, *_ in spans) <= max(table.numbers)
    if len(set(table.numbers)) < len(table.numbers):
        raise SourceError(f"{path}: ranges need frames with numbers of their own, which the keypoints lack")
    frame = {number: i for i, number in enumerate(table.numbers)}
    labels = [""] * len(frame)
    for start, end, label, line in spans:
        stop = end + 1 if end_inclusive else end
        inside = [i for number, i in frame.items() if start <= number < stop]
        if stop <= start or not inside or stop > max(frame) + 1 or start < min(frame):
            raise SourceError(
                f"{path}, line {line}: expected frames of {min(frame)}..{max(frame)}, found {start}..{end}"
            )
        for i in inside:
            if labels[i]:
                raise SourceError(f"{path}, line {line}: expected ranges apart, found a frame in two of them")
            labels[i] = label
    return labels
