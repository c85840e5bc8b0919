"""A recording as two CSV files: keypoints of OpenPose's 18 joints, a row a picture, and labels, a row each.

The form of data sets that people make with OpenPose and a notebook: 36 numbers (x, y) or 54 (with
confidence) a row, in the second file ``0`` and ``1`` for ``{"CLOSE": 0, "OPEN": 1}``.
"""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from poseact.clip import Clip
from poseact.datasets.csv_pair_tables import (
    PoseTable,
    labels_of_frames,
    pose_columns,
    read_labels,
    read_poses,
)
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.people import (
    SeenFrame,
    checked_frame_size,
    checked_rate,
    guess_units,
    sequence_of,
    sighting,
)
from poseact.datasets.tables import read_rows
from poseact.errors import InvalidInputError, SourceError
from poseact.sequence import Units

RATE_HZ = 30.0
_LABEL_WORDS = {"label", "labels", "class", "classes", "y", "target", "targets", "annotation", "annotations"}
_POSE_WORDS = {"keypoint", "keypoints", "pose", "poses", "skeleton", "skeletons", "data", "x", "openpose"}
_POSE_WORDS |= {"joints", "features"}


@dataclass(frozen=True)
class _Options:
    rate_hz: float
    class_names: Mapping[str, str] | None
    units: Units | None
    frame_size_wh: tuple[int, int] | None
    track: bool
    end_inclusive: bool | None


def read_csv_pair(
    path: Path,
    *,
    labels: Path | str | None = None,
    class_names: Mapping[str, int] | Sequence[str] | str | None = None,
    rate_hz: float = RATE_HZ,
    units: Units | None = None,
    frame_size: tuple[int, int] | str | None = None,
    track: bool = True,
    end_inclusive: bool | None = None,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield a clip for every run of one label in frames that follow one another.

    Files belong together by their names: ``keypoints.csv`` and ``labels.csv``, ``door.csv`` and
    ``door_labels.csv``, ``X_train.csv`` and ``y_train.csv``. The group of a clip is its file.

    Keypoints: x, y (and confidence) of the joints in the order of OpenPose's 18, or in columns that a
    header names or numbers (then 17 or 25 joints too); before them, or by header, a picture's name or
    a frame number, and a person. Empty cells and zeros are missing joints. Rows of one picture are
    the people in it; where no picture has two, all rows are one person. The keypoints may also have
    a column ``label`` or ``class`` and no second file.

    Labels: one for each row or frame; or picture (or frame), label; or start, end, label in frame
    numbers, where frames in no range are left out. A header may name the columns.

    Args:
        path: A folder of such pairs, or the file of the keypoints.
        labels: The file of the labels, where the names do not tell.
        class_names: What numbers stand for: ``{"CLOSE": 0, "OPEN": 1}``, ``["CLOSE", "OPEN"]`` or, as the
            command line gives it, ``"CLOSE,OPEN"``. Left out, labels are what the file has.
        rate_hz: Frames per second.
        units: ``"px"`` or ``"normalized"``; told from the numbers if left out.
        frame_size: Width and height of the pictures.
        track: Follow people who have no number; else they are told by their place in the frame.
        end_inclusive: Whether a range's last frame is part of it; left out, it is unless a range
            begins with the frame that another ends with, or the ends lie behind the last frame.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If a file is not of this form or the two do not fit.
        InvalidInputError: If an option is not of the expected form.
    """
    if units is not None and units not in get_args(Units):
        raise InvalidInputError(f"units: expected one of {', '.join(get_args(Units))}, found {units!r}")
    options = _Options(
        checked_rate(rate_hz),
        _names(class_names),
        units,
        checked_frame_size(frame_size),
        track,
        end_inclusive,
    )
    for poses, labels_file in _pairs(Path(path), None if labels is None else Path(labels)):
        try:
            yield from _clips(poses, labels_file, options)
        except SourceError as error:
            on_broken(error)


def _names(value: Mapping[str, int] | Sequence[str] | str | None) -> Mapping[str, str] | None:
    """Class names by the number that stands for them, as text."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.lstrip().startswith("{") else value.split(",")
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(
                f"class_names: expected NAME,NAME,... or a JSON object ({error})"
            ) from None
    pairs = value.items() if isinstance(value, Mapping) else ((name, i) for i, name in enumerate(value))
    names = {str(number): str(name).strip() for name, number in pairs}
    if not names or not all(names.values()):
        raise InvalidInputError("class_names: expected names that are not empty")
    return names


def _pairs(path: Path, labels: Path | None) -> list[tuple[Path, Path | None]]:
    """Files of keypoints, each with its labels or, where it should have them itself, None."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv" and file.is_file())
    elif path.is_file():
        if labels is not None:
            return [(path, labels)]
        files = sorted(file for file in path.parent.glob("*.[cC][sS][vV]") if file.is_file())
    else:
        raise SourceError(f"{path}: no such file or folder")
    poses = [file for file in files if not _is_labels(file)]
    label_files = [file for file in files if _is_labels(file)]
    if labels is not None:
        label_files = [labels]
        poses = [file for file in poses if file != labels]
    if not poses:
        raise SourceError(f"{path}: expected a CSV of keypoints and one of labels, found no keypoints")
    if len(poses) == 1 and len(label_files) == 1:
        return [(poses[0], label_files[0])]
    by_key = {_key(file): file for file in label_files}
    pairs = [(file, by_key.get(_key(file))) for file in poses]
    return pairs if path.is_dir() else [pair for pair in pairs if pair[0] == path]


def _words(file: Path) -> list[str]:
    return [word for word in re.split(r"[_\-. ]+", file.stem.lower()) if word]


def _is_labels(file: Path) -> bool:
    return not _LABEL_WORDS.isdisjoint(_words(file))


def _key(file: Path) -> str:
    """What the names of files that belong together have in common."""
    return "_".join(word for word in _words(file) if word not in _LABEL_WORDS | _POSE_WORDS)


def _clips(poses: Path, labels_file: Path | None, options: _Options) -> Iterator[Clip]:
    table = read_poses(poses)
    if labels_file is not None:
        labels = read_labels(labels_file, table, options.end_inclusive)
    elif table.labels is not None:
        labels = labels_of_frames(poses, table.labels, table)
    else:
        raise SourceError(f"{poses}: expected its labels beside it, e.g. {poses.stem}_labels.csv, found none")
    where = labels_file or poses
    named = [_class_name(label, options.class_names, where) for label in labels]
    units = options.units or guess_units(table.rows[..., :2][~table.missing])
    rows_of = [
        list(group) for _, group in itertools.groupby(range(len(table.frame)), table.frame.__getitem__)
    ]
    count = 0
    for start, behind in _runs(named, table):
        frames = [_frame(table, i, rows_of[i], options.rate_hz) for i in range(start, behind)]
        sequence = sequence_of(
            frames,
            table.layout,
            f"{poses}: frames {table.numbers[start]} to {table.numbers[behind - 1]}",
            units=units,
            frame_size_wh=options.frame_size_wh,
            track=options.track,
        )
        yield Clip(sequence=sequence, label=named[start], name=f"{poses.stem}_{count:04d}", group=poses.stem)
        count += 1
    if count == 0:
        raise SourceError(f"{where}: expected labels, found none that is not empty")


def _class_name(label: str, names: Mapping[str, str] | None, where: Path) -> str:
    if names is None or not label or label in names.values():
        return label
    number = label.removesuffix(".0")
    if number not in names:
        raise SourceError(f"{where}: expected labels of {', '.join(names)}, found {label[:40]!r}")
    return names[number]


def _runs(labels: Sequence[str], table: PoseTable) -> Iterator[tuple[int, int]]:
    """First frame and the one behind the last of each run of a label in unbroken frames of one recording."""
    numbers, recordings = table.numbers, table.recordings
    steps = Counter(b - a for a, b in itertools.pairwise(numbers) if b > a)
    usual = steps.most_common(1)[0][0] if steps else 1
    start = 0
    for i in range(1, len(labels) + 1):
        goes_on = (
            i < len(labels)
            and labels[i] == labels[start]
            and recordings[i] == recordings[start]
            and numbers[i] - numbers[i - 1] == usual
        )
        if not goes_on:
            if labels[start]:
                yield start, i
            start = i


def _frame(table: PoseTable, frame: int, rows: Sequence[int], rate_hz: float) -> SeenFrame:
    people = [
        sighting(
            table.rows[i],
            missing=table.missing[i],
            track_id=None if table.person is None else table.person[i],
        )
        for i in rows
        if not table.missing[i].all()
    ]
    return SeenFrame(table.numbers[frame] / rate_hz, people)


def _detect(path: Path) -> bool:
    if path.is_file() and path.suffix.lower() != ".csv":
        return False
    try:
        for poses, labels in _pairs(path, None)[:1]:
            first = next(read_rows(poses), None)
            if first is None:
                return False
            columns, _ = pose_columns(poses, first)
            return labels is not None or columns.label is not None
    except (SourceError, OSError):
        pass
    return False


FORMAT = DataFormat(
    name="csv-pair",
    title="keypoints of OpenPose's 18 joints in one CSV, labels in a second",
    read=read_csv_pair,
    detect=_detect,
)
