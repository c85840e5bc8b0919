"""UTKinect-Action3D: 199 clips of 10 actions by 10 subjects, Kinect v1 skeletons of 20 joints.

Xia, Chen, Aggarwal, "View invariant human action recognition using histograms of 3D joints", CVPR-W
2012. Files ``joints/joints_s01_e01.txt``, a frame number and 20 x 3 metres a line, and
``actionLabel.txt``, which says for each recording from which frame to which each action lasts.
"""

import logging
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, stop
from poseact.datasets.reading import find_files, load_numbers, reason
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import KINECT20
from poseact.sequence import PoseSequence

log = logging.getLogger(__name__)

# Frames are numbered at the camera's 30 Hz; only those with a tracked skeleton were kept, some 15 a
# second, so numbers jump (the authors' page).
RATE_HZ = 30.0
CLASS_OF_ACTION = {
    "walk": "walk",
    "sitdown": "sit_down",
    "standup": "stand_up",
    "pickup": "pick_up",
    "carry": "carry",
    "throw": "throw",
    "push": "push",
    "pull": "pull",
    "wavehands": "wave_hands",
    "claphands": "clap_hands",
}
CLASS_NAMES = tuple(CLASS_OF_ACTION.values())

# The published labels have one slip of a digit: this push would start before the throw ahead of it.
_CORRECTIONS = {("s03_e01", "push", 2556, 3622): (3556, 3622)}
_RECORDING = re.compile(r"joints_s0*(\d{1,4})_e0*(\d{1,4})", re.ASCII | re.IGNORECASE)
# "s01_e01" or "s01 e01", then "walk: 252 390" and so on, on lines of their own or not.
_LABEL_PARTS = re.compile(
    r"\bs(?P<subject>\d{1,4})[\s_,-]*e(?P<take>\d{1,4})\b[:,]?"
    r"|(?P<action>[A-Za-z]{1,40})\s*[:=]\s*(?P<first>[\w.+-]{1,40})[\s,]+(?P<last>[\w.+-]{1,40})",
    re.ASCII,
)
_MAX_FRAME_NUMBER = 10**7
_MAX_LABEL_BYTES = 1 << 20


@dataclass(frozen=True)
class _Span:
    """One action of a recording, in frame numbers, both ends included."""

    recording: str
    action: str
    first: int
    last: int


def read_utkinect(
    path: Path,
    *,
    on_broken: OnBroken = stop,
    rate_hz: float = RATE_HZ,
    correct_labels: bool = True,
) -> Iterator[Clip]:
    """Yield a clip for each labelled action, recording by recording; those labelled NaN do not exist.

    Coordinates are metres with x to the right of the picture, y down, z away from the camera (the
    files have x to the left and y up). Time stamps follow the frame numbers, from 0 at a clip's
    first frame; of lines with one number twice the first counts. All joints at (0, 0, 0), the
    sensor's own place, are missing. A recording is a group. `Clip.splits` has ``loocv`` with the
    recording's number as the fold, and ``xsub``.

    Args:
        path: The folder, with `actionLabel.txt` in it, further down, or beside it.
        on_broken: See `Reader`.
        rate_hz: Frame numbers a second.
        correct_labels: Whether the one evident slip of the published labels (push of s03_e01 from
            2556 instead of 3556) is put right.

    Raises:
        InvalidInputError: If `rate_hz` is not positive.
        SourceError: If a file cannot be read or has another form.
    """
    if not rate_hz > 0:
        raise InvalidInputError(f"rate_hz: expected more than 0, found {rate_hz}")
    path = Path(path)
    files = _files_by_recording(find_files(path, "**/joints_s*_e*.txt", "UTKinect skeletons"))
    spans = _read_labels(_label_file(path), correct_labels)
    for fold, recording in enumerate(sorted({*files, *spans}), start=1):
        try:
            rows = _read_rows(recording, files, spans)
        except SourceError as error:
            on_broken(error)
            continue
        for span in spans[recording]:
            clip = _clip(span, *rows, fold, rate_hz)
            if clip is None:
                log.warning(
                    "%s: no frame from %d to %d: %s is left out",
                    files[recording].name,
                    span.first,
                    span.last,
                    span.action,
                )
            else:
                yield clip


def _files_by_recording(files: list[Path]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in files:
        match = _RECORDING.fullmatch(file.stem)
        if match is None:
            raise SourceError(f"{file}: expected a name like joints_s01_e01.txt")
        first = found.setdefault(_recording_name(match[1], match[2]), file)
        if first is not file:
            raise SourceError(f"{file}: expected each recording once, found it also as {first}: remove one")
    return found


def _recording_name(subject: str, take: str) -> str:
    return f"s{int(subject):02d}_e{int(take):02d}"


def _label_file(path: Path) -> Path:
    for folder, pattern in ((path, "**/"), (path.resolve().parent, "")):
        files = sorted(folder.glob(pattern + "[aA]ction[lL]abel.txt"))
        if files:
            return files[0]
    raise SourceError(f"{path}: expected actionLabel.txt in it or beside it, found none")


def _read_labels(path: Path, correct: bool) -> dict[str, list[_Span]]:
    try:
        if path.stat().st_size > _MAX_LABEL_BYTES:
            raise SourceError(f"{path}: expected a few kilobytes of labels, found more than 1 MiB")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: expected the text of actionLabel.txt ({reason(error)})") from error
    spans: dict[str, list[_Span]] = {}
    recording, end = None, 0
    for match in _LABEL_PARTS.finditer(text):
        _check_nothing_between(path, text, end, match.start())
        end = match.end()
        where = f"{path}, line {text.count(chr(10), 0, match.start()) + 1}"
        if match["subject"] is not None:
            recording = _recording_name(match["subject"], match["take"])
            if spans.setdefault(recording, []):
                raise SourceError(f"{where}: expected each recording once, found {recording} again")
            continue
        if recording is None:
            raise SourceError(f"{where}: expected a recording like s01_e01 first, found {match[0][:40]!r}")
        span = _span(where, recording, match["action"], match["first"], match["last"])
        if span is not None:
            spans[recording].append(_corrected(span) if correct else span)
    _check_nothing_between(path, text, end, len(text))
    _check_once(path, spans)
    return spans


def _check_nothing_between(path: Path, text: str, start: int, stop: int) -> None:
    between = text[start:stop].strip(" \t\r\n,;\f\v\x00")
    if between:
        line = text.count("\n", 0, start) + 1
        raise SourceError(
            f"{path}, line {line} or after: expected 's01_e01' or 'walk: 252 390', found {between[:40]!r}"
        )


def _check_once(path: Path, spans: dict[str, list[_Span]]) -> None:
    if not any(spans.values()):
        raise SourceError(f"{path}: expected actions of recordings, found none")
    for recording, own in spans.items():
        actions = [span.action for span in own]
        twice = next((action for action in actions if actions.count(action) > 1), None)
        if twice is not None:
            raise SourceError(f"{path}: expected each action once in {recording}, found {twice!r} again")


def _span(where: str, recording: str, action: str, first: str, last: str) -> _Span | None:
    """A span, or None where the labels say NaN: the action was not performed."""
    name = CLASS_OF_ACTION.get(action.lower())
    if name is None:
        raise SourceError(
            f"{where}: expected an action of {', '.join(CLASS_OF_ACTION)}, found {action[:40]!r}"
        )
    try:
        start, end = float(first), float(last)
    except ValueError:
        raise SourceError(
            f"{where}: expected two frame numbers, found {first[:20]!r} {last[:20]!r}"
        ) from None
    if math.isnan(start) and math.isnan(end):
        return None
    if not (0 <= start <= end <= _MAX_FRAME_NUMBER and start.is_integer() and end.is_integer()):
        raise SourceError(f"{where}: expected frame numbers that rise, found {first[:20]} {last[:20]}")
    return _Span(recording, name, int(start), int(end))


def _corrected(span: _Span) -> _Span:
    right = _CORRECTIONS.get((span.recording, span.action, span.first, span.last))
    if right is None:
        return span
    log.warning("%s %s: label %d %d put right: %d %d", *vars(span).values(), *right)
    return _Span(span.recording, span.action, *right)


def _read_rows(
    recording: str, files: dict[str, Path], spans: dict[str, list[_Span]]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Frame numbers (T,), rising, and joints (T, 20, 3) of a recording, as in the file."""
    if recording not in files:
        raise SourceError(f"joints_{recording}.txt: expected a file, as actionLabel.txt has {recording}")
    path = files[recording]
    if recording not in spans:
        raise SourceError(f"{path}: expected labels of {recording} in actionLabel.txt, found none")
    rows = load_numbers(path, 1 + 20 * 3, delimiter="," if _has_commas(path) else None)
    with np.errstate(over="ignore"):
        joints = rows[:, 1:].astype(np.float32).reshape(-1, 20, 3)
    numbers = rows[:, 0]
    whole = (numbers >= 0) & (numbers <= _MAX_FRAME_NUMBER) & (numbers == np.floor(numbers))
    if not whole.all():
        line = int(np.argmin(whole)) + 1
        raise SourceError(f"{path}, line {line}: expected a frame number first, found {numbers[line - 1]}")
    if np.isinf(joints).any():
        raise SourceError(f"{path}: expected metres, found an infinite number")
    frames, first_of = np.unique(numbers.astype(np.int64), return_index=True)
    return frames, joints[first_of]


def _has_commas(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"," in file.read(4096)
    except OSError:
        return False


def _clip(
    span: _Span,
    frames: NDArray[np.int64],
    joints: NDArray[np.float32],
    fold: int,
    rate_hz: float,
) -> Clip | None:
    """The clip of a span; None where the recording has no frame of it."""
    inside = slice(*np.searchsorted(frames, [span.first, span.last + 1]))
    numbers, own = frames[inside], joints[inside]
    if not len(numbers):
        return None
    missing = (own == 0).all(axis=-1) | np.isnan(own).any(axis=-1)
    xyz_m = own * np.array([-1, -1, 1], np.float32)
    xyz_m[missing] = np.nan
    subject, take = (int(text[1:]) for text in span.recording.split("_"))
    return Clip(
        sequence=PoseSequence(
            keypoints=xyz_m[None],
            confidence=(~missing).astype(np.float32)[None],
            timestamps=(numbers - numbers[0]) / rate_hz,
            layout=KINECT20,
            units="m",
        ),
        label=span.action,
        name=f"{span.recording}_{span.action}",
        subject=str(subject),
        repetition=str(take),
        group=span.recording,
        splits={"loocv": str(fold), "xsub": "train" if subject % 2 else "test"},
    )


FORMAT = DataFormat(
    name="utkinect",
    title="UTKinect-Action3D: 10 actions, 10 subjects, Kinect v1 (Xia et al., CVPR-W 2012)",
    read=read_utkinect,
    detect=lambda path: any(
        holds(path, folders + "joints_s[0-9]*_e[0-9]*.txt") for folders in ("", "*/", "*/*/")
    ),
    protocols={
        "loocv": "leave one of the 20 recordings out, as in the paper; its subject's other one trains",
        "xsub": "odd subjects train, even test: half the subjects, as later papers do",
    },
)
