"""Northwestern-UCLA Multiview Action3D: 10 actions, 10 subjects, three Kinect v1, skeletons of 20 joints.

Wang et al., "Cross-view action modeling, learning and recognition", CVPR 2014. In the form in which
the field shares it: a JSON file a clip, ``aAA_sSS_eEE_vVV.json``, with ``skeletons`` [T][20][3].
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, read_each, stop
from poseact.datasets.json_reading import as_list, as_mapping, load_json
from poseact.datasets.reading import even_timestamps, find_files
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import KINECT20
from poseact.sequence import PoseSequence

# The set names no rate, and its frames are not evenly spaced. In clip a04_s01_e02_v03 somebody walks
# 8 cm a frame and takes a step in 9: at 15 Hz that is 1.2 m/s and 1.7 steps a second.
RATE_HZ = 15.0
# By the number in the file's name, which skips 7 and 10; the label in the file counts from 1 to 10.
CLASS_OF_ACTION = {
    1: "pick_up_with_one_hand",
    2: "pick_up_with_two_hands",
    3: "drop_trash",
    4: "walk_around",
    5: "sit_down",
    6: "stand_up",
    8: "donning",
    9: "doffing",
    11: "throw",
    12: "carry",
}
CLASS_NAMES = tuple(CLASS_OF_ACTION.values())
_NAME = re.compile(r"a(\d\d)_s(\d\d)_e(\d\d)_v(\d\d)", re.ASCII)
_GLOB = "a[0-9][0-9]_s[0-9][0-9]_e[0-9][0-9]_v[0-9][0-9].json"
_TEST_VIEW = {"xview": 3, "xview1": 1, "xview2": 2}
_MAX_BYTES = 1 << 27


def read_nw_ucla(path: Path, *, on_broken: OnBroken = stop, rate_hz: float = RATE_HZ) -> Iterator[Clip]:
    """Yield the clips of all such files below a folder.

    Coordinates are metres with x to the right of the picture, y down, z away from the camera (the
    files have x to the left and y up). A joint at (0, 0, 0), the sensor's own place, is missing.
    `Clip.splits` has ``xview``, ``xview1``, ``xview2`` with train and test, and ``xsub`` with the
    subject to leave out as the fold's number.

    Args:
        path: A folder, e.g. ``all_sqe`` or one above it.
        on_broken: See `Reader`.
        rate_hz: Frames a second; the files have no time stamps.

    Raises:
        InvalidInputError: If `rate_hz` is not positive.
        SourceError: If a file cannot be read or has another form.
    """
    if not rate_hz > 0:
        raise InvalidInputError(f"rate_hz: expected more than 0, found {rate_hz}")
    files = find_files(Path(path), "**/" + _GLOB, "NW-UCLA skeletons, e.g. a01_s01_e00_v01.json,")
    yield from read_each(files, partial(_read_clip, rate_hz=rate_hz), on_broken)


def _read_clip(path: Path, *, rate_hz: float) -> Clip:
    match = _NAME.fullmatch(path.stem)
    if match is None or int(match[1]) not in CLASS_OF_ACTION or int(match[4]) not in _TEST_VIEW.values():
        known = ", ".join(f"a{number:02d}" for number in CLASS_OF_ACTION)
        raise SourceError(f"{path}: expected a name like a01_s01_e00_v01.json: action {known}, view 1 to 3")
    action, subject, take, view = (int(text) for text in match.groups())
    content = load_json(path, max_bytes=_MAX_BYTES)
    # Some copies hold the list of frames and nothing else.
    content = {"skeletons": content} if isinstance(content, list) else as_mapping(content, str(path))
    _check_label(path, content.get("label"), action)
    return Clip(
        sequence=_sequence(_skeletons(path, content), rate_hz),
        label=CLASS_OF_ACTION[action],
        name=path.stem,
        subject=str(subject),
        camera=str(view),
        repetition=str(take),
        splits={
            **{name: "test" if view == test else "train" for name, test in _TEST_VIEW.items()},
            "xsub": str(subject),
        },
    )


def _check_label(path: Path, label: Any, action: int) -> None:
    """The label may be left out, or be the class counted from 1, or the action's own number."""
    counted = CLASS_NAMES.index(CLASS_OF_ACTION[action]) + 1
    if label is not None and (isinstance(label, bool) or label not in (counted, action)):
        raise SourceError(f"{path}: expected label {counted}, as the name says, found {str(label)[:40]!r}")


def _skeletons(path: Path, content: dict[str, Any]) -> NDArray[np.float32]:
    """(T, 20, 3) as in the file; a frame may also be a flat list of 60."""
    if "skeletons" not in content:
        raise SourceError(f"{path}: expected 'skeletons', found {sorted(content)[:6]}")
    frames = as_list(content["skeletons"], f"{path}: skeletons")
    if not frames:
        raise SourceError(f"{path}: expected at least one frame in 'skeletons', found none")
    try:
        with np.errstate(over="ignore"):
            numbers = np.asarray(frames)
            joints = numbers.astype(np.float32) if numbers.dtype.kind in "if" else None
    except (ValueError, OverflowError):  # lists of different lengths
        joints = None
    if joints is None or joints.shape[1:] not in ((20, 3), (60,)):
        raise SourceError(f"{path}: expected frames of 20 x 3 numbers in 'skeletons', found another form")
    if not np.isfinite(joints).all():
        raise SourceError(f"{path}: expected metres in 'skeletons', found a number that is none")
    return joints.reshape(-1, 20, 3)


def _sequence(joints: NDArray[np.float32], rate_hz: float) -> PoseSequence:
    missing = (joints == 0).all(axis=-1)
    xyz_m = joints * np.array([-1, -1, 1], np.float32)
    xyz_m[missing] = np.nan
    return PoseSequence(
        keypoints=xyz_m[None],
        confidence=(~missing).astype(np.float32)[None],
        timestamps=even_timestamps(len(joints), rate_hz),
        layout=KINECT20,
        units="m",
    )


FORMAT = DataFormat(
    name="nw-ucla",
    title="Northwestern-UCLA: 10 actions, 10 subjects, 3 views, Kinect v1 (Wang et al., CVPR 2014)",
    read=read_nw_ucla,
    detect=lambda path: any(holds(path, folders + _GLOB) for folders in ("", "*/", "*/*/")),
    protocols={
        "xview": "views 1 and 2 train, 3 tests: what the field reports",
        "xview1": "views 2 and 3 train, 1 tests",
        "xview2": "views 1 and 3 train, 2 tests",
        "xsub": "leave one subject out: a fold for each of the 10",
    },
)
