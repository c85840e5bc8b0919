"""Berkeley MHAD as OpenPose text: windows of 18 joints in pixels, six actions of 12 people, 4 cameras.

Made by Eiffert, github.com/stuarteiffert/RNN-for-Human-Activity-Recognition-using-2D-Pose-Input, from
Ofli et al., "Berkeley MHAD", WACV 2013. Files ``X_train.txt``, ``Y_train.txt``, ``X_test.txt``,
``Y_test.txt``: in X a frame a line, 36 numbers with commas, 32 lines a window; in Y a class from 1 a line.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.reading import even_timestamps, reason
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import COCO17, OPENPOSE18
from poseact.sequence import PoseSequence

log = logging.getLogger(__name__)

# The cameras' rate and the window of the data's readme and its create_db.py; the first edition of
# the data had windows of 33 frames that did not overlap.
RATE_HZ = 22.0
WINDOW = 32
FRAME_SIZE_WH = (640, 480)
CLASS_NAMES = (
    "jumping",
    "jumping_jacks",
    "boxing",
    "waving_two_hands",
    "waving_one_hand",
    "clapping_hands",
)
PARTS = ("train", "test")
_NUM_CELLS = 2 * OPENPOSE18.num_joints
# Windows looked at to see whether the data overlap: recordings have 5 windows and more.
_GLANCE = 20
# A frame with fewer joints may be equal to another by chance: nothing was found in either.
_TELLING_JOINTS = 6


def read_mhad_text(
    path: Path,
    *,
    on_broken: OnBroken = stop,
    window: int = WINDOW,
    rate_hz: float = RATE_HZ,
    to_coco17: bool = False,
) -> Iterator[Clip]:
    """Yield a clip for each window of both parts, or of the one that is there.

    A joint at (0, 0) was not found and is missing. The files say nothing of recordings, subjects or
    cameras; but windows of one recording overlap (26 of 32 frames are those of the window before),
    and windows with a frame in common get one `Clip.group`. Without overlap the group is not
    known. `Clip.splits` has ``official``; the log says whether its two parts share frames. The same
    12 people are in both in any case.

    Args:
        path: The folder, or one above it.
        on_broken: See `Reader`.
        window: Lines a window.
        rate_hz: Frames a second.
        to_coco17: Whether to convert the joints to COCO-17, by name.

    Raises:
        InvalidInputError: If `window` or `rate_hz` is not positive.
        SourceError: If a file cannot be read or has another form.
    """
    if window < 1 or not rate_hz > 0:
        raise InvalidInputError(
            f"window and rate_hz: expected more than 0, found {window} frames at {rate_hz} Hz"
        )
    path = Path(path)
    folder = _folder(path)
    if folder is None:
        raise SourceError(f"{path}: expected X_train.txt or X_test.txt with {_NUM_CELLS} numbers a line")
    recordings = _Recordings()
    for part in PARTS:
        poses, labels = _file(folder, "x", part), _file(folder, "y", part)
        if poses is None and labels is None:
            continue
        if poses is None or labels is None:
            raise SourceError(f"{folder}: expected X_{part}.txt and Y_{part}.txt, found only one of them")
        windows = _read_windows(poses, _read_labels(labels), window, on_broken)
        yield from _clips(windows, part, recordings, rate_hz, to_coco17)
    recordings.report(path)


def _folder(path: Path) -> Path | None:
    """The folder that holds a part: the path, or the first one below it."""
    try:
        for pattern in ("[xX]_[tT]*.txt", "*/[xX]_[tT]*.txt", "*/*/[xX]_[tT]*.txt"):
            found = [file for file in sorted(path.glob(pattern)) if _is_pose_file(file)]
            if found:
                return found[0].parent
    except OSError:
        pass
    return None


def _is_pose_file(path: Path) -> bool:
    if path.stem.lower() not in ("x_train", "x_test"):
        return False
    try:
        with path.open("rb") as file:
            cells = file.readline(4096).rstrip(b", \r\n").split(b",")
        return len(cells) == _NUM_CELLS and all(cell.strip() for cell in cells)
    except OSError:
        return False


def _file(folder: Path, kind: str, part: str) -> Path | None:
    names = [file for file in sorted(folder.iterdir()) if file.name.lower() == f"{kind}_{part}.txt"]
    return names[0] if names else None


def _read_labels(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="ascii").split("\n")
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: expected a class from 1 to 6 a line ({reason(error)})") from error
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise SourceError(f"{path}: expected a class from 1 to 6 a line, found an empty file")
    known = {str(number): name for number, name in enumerate(CLASS_NAMES, start=1)}
    labels = [known.get(line.strip()) for line in lines]
    for number, (line, label) in enumerate(zip(lines, labels, strict=True), start=1):
        if label is None:
            raise SourceError(f"{path}, line {number}: expected a class from 1 to 6, found {line[:20]!r}")
    return [label for label in labels if label is not None]


@dataclass(frozen=True)
class _Window:
    """One window: its number in its part, from 1, its class, and (T, 36) float32."""

    number: int
    label: str
    rows: NDArray[np.float32]


def _read_windows(path: Path, labels: list[str], window: int, on_broken: OnBroken) -> Iterator[_Window]:
    """The windows of a part, read one at a time: the file has 200 MB."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            for number, label in enumerate(labels, start=1):
                lines = list(islice(file, window))
                if len(lines) < window:
                    raise SourceError(
                        f"{path}: expected {len(labels)} windows of {window} lines, found "
                        f"{(number - 1) * window + len(lines)} lines: is the window another?"
                    )
                try:
                    rows = _parse(path, lines, (number - 1) * window + 1)
                except SourceError as error:
                    on_broken(error)
                else:
                    yield _Window(number, label, rows)
            if any(line.strip() for line in islice(file, window)):
                raise SourceError(
                    f"{path}: expected {len(labels)} windows of {window} lines, as there are labels, "
                    "found more: is the window another?"
                )
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error


def _parse(path: Path, lines: list[str], first: int) -> NDArray[np.float32]:
    """(T, 36) of the lines from line number `first` on."""
    rows = [line.rstrip(", \r\n").split(",") for line in lines]
    for number, row in enumerate(rows, start=first):
        if len(row) != _NUM_CELLS:
            raise SourceError(f"{path}, line {number}: expected {_NUM_CELLS} numbers, found {len(row)}")
    try:
        numbers = np.fromiter(map(float, chain.from_iterable(rows)), np.float64, len(rows) * _NUM_CELLS)
    except ValueError as error:
        raise SourceError(f"{path}, line {first} or after: expected {_NUM_CELLS} numbers ({error})") from None
    with np.errstate(over="ignore"):
        values = numbers.astype(np.float32).reshape(-1, _NUM_CELLS)
    if np.isinf(values).any():
        raise SourceError(f"{path}, line {first} or after: expected pixels, found a number beyond them")
    return values


@dataclass
class _Recordings:
    """Which recording each frame seen so far belongs to.

    Attributes:
        number_of: Recording by the hash of a frame's numbers.
        count: Recordings so far.
        overlap: Whether windows overlap, so that recordings can be told.
        in_training: The last recording of the training part.
        test_windows: Windows of the test part.
        shared: Of those, how many have a frame that is in the training part.
    """

    number_of: dict[int, int] = field(default_factory=dict)
    count: int = 0
    overlap: bool = False
    in_training: int = 0
    test_windows: int = 0
    shared: int = 0

    def place(self, rows: NDArray[np.float32], part: str) -> int:
        """The recording of a window: that of an earlier one with a frame in common, or a new one."""
        seen = (rows.reshape(len(rows), -1, 2) != 0).any(axis=-1).sum(axis=-1)
        keys = [hash(row.tobytes()) for row in rows[seen >= _TELLING_JOINTS]]
        known = next((self.number_of[key] for key in keys if key in self.number_of), None)
        if known is None:
            self.count += 1
            known = self.count
        self.number_of.update(dict.fromkeys(keys, known))
        if part == "train":
            self.in_training = self.count
        else:
            self.test_windows += 1
            self.shared += known <= self.in_training
        return known

    def report(self, path: Path) -> None:
        """Say in the log what the frames tell about the official division."""
        if not self.overlap:
            log.warning("%s: windows do not overlap, so it cannot be told which are of one recording", path)
        if self.shared:
            log.warning(
                "%s: %d of %d windows of the official test part have frames that are in the training part",
                path,
                self.shared,
                self.test_windows,
            )
        elif self.in_training and self.test_windows:
            log.info(
                "%s: no frame is in both official parts (the same people are, which files do not tell)", path
            )


def _clips(
    windows: Iterator[_Window], part: str, recordings: _Recordings, rate_hz: float, to_coco17: bool
) -> Iterator[Clip]:
    first = list(islice(windows, _GLANCE))
    glance = _Recordings()
    if len({glance.place(one.rows, part) for one in first}) < len(first):
        recordings.overlap = True
    for one in chain(first, windows):
        recording = recordings.place(one.rows, part)
        sequence = _sequence(one.rows, rate_hz)
        yield Clip(
            sequence=sequence.to_layout(COCO17) if to_coco17 else sequence,
            label=one.label,
            name=f"{part}_{one.number:05d}",
            group=f"recording_{recording:04d}" if recordings.overlap else None,
            splits={"official": part},
        )


def _sequence(rows: NDArray[np.float32], rate_hz: float) -> PoseSequence:
    points = rows.reshape(1, len(rows), OPENPOSE18.num_joints, 2).copy()
    missing = (points == 0).all(axis=-1) | np.isnan(points).any(axis=-1)
    points[missing] = np.nan
    return PoseSequence(
        keypoints=points,
        confidence=(~missing).astype(np.float32),
        timestamps=even_timestamps(len(rows), rate_hz),
        layout=OPENPOSE18,
        frame_size_wh=FRAME_SIZE_WH,
    )


FORMAT = DataFormat(
    name="mhad-text",
    title="Berkeley MHAD in 2D: 6 actions, OpenPose text (Eiffert 2017; Ofli et al., WACV 2013)",
    read=read_mhad_text,
    detect=lambda path: path.is_dir() and _folder(path) is not None,
    protocols={
        "official": "the given division: recordings at random, the same 12 people in both parts",
    },
)
