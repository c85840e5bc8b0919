"""NTU RGB+D 60 and 120: Kinect v2 skeletons of 25 joints, text files ``SsssCcccPpppRrrrAaaa.skeleton``.

Shahroudy et al., "NTU RGB+D", CVPR 2016; Liu et al., "NTU RGB+D 120", TPAMI 2019. The form of a file is
that of the authors' Matlab/read_skeleton_file.m: a count of frames; in each a count of bodies; for each
body 10 numbers that begin with its id, a count of joints, and 12 numbers a joint.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, read_each, stop
from poseact.datasets.ntu_classes import (
    CLASS_NAMES,
    PROTOCOLS,
    SUBSETS,
    official_parts,
    samples_with_missing_skeletons,
)
from poseact.datasets.reading import even_timestamps, find_files, reason
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import NTU25
from poseact.sequence import PoseSequence

log = logging.getLogger(__name__)

RATE_HZ = 30.0
COLOR_SIZE_WH = (1920, 1080)
DEPTH_SIZE_WH = (512, 424)
Space = Literal["3d", "color", "depth"]

_NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})", re.ASCII)
_GLOB = "S???C???P???R???A???.skeleton"
_BODY_CELLS = 10
_JOINT_CELLS = 12
# Columns of a joint: x y z, depth x y, colour x y, orientation w x y z, tracking state.
_COLUMNS: dict[Space, slice] = {"3d": slice(0, 3), "depth": slice(3, 5), "color": slice(5, 7)}
_STATE = 11
# Tracking state 0, 1, 2 of the Kinect: not tracked, inferred, tracked.
_CONFIDENCE_OF_STATE = np.array([0.0, 0.5, 1.0], np.float32)
# A real file has about 1 MB, the longest less than 10.
_MAX_BYTES = 1 << 28
# Room for more people in one clip than were ever in front of the camera, and no more.
_MAX_CELLS = 50_000_000


def read_ntu_rgbd(
    path: Path,
    *,
    on_broken: OnBroken = stop,
    subset: str | int | None = None,
    space: Space = "3d",
    as_filmed: bool = False,
    keep_missing: bool = False,
    rate_hz: float = RATE_HZ,
) -> Iterator[Clip]:
    """Yield the clips of all ``.skeleton`` files below a folder, or of one file.

    Several people of a file are tracks in the order in which they appear. A joint that the sensor
    only inferred has confidence 0.5; one that it did not track, or that lies at the sensor's own
    place (0, 0, 0), is missing. `Clip.splits` has ``xsub`` and ``xview`` for the first 60 classes,
    ``xsub120`` and ``xset120`` for all. The three cameras filmed each performance at once.

    Args:
        path: A folder or a file.
        on_broken: See `Reader`.
        subset: ``"5"``, ``"8"`` or ``"49"``: only these classes, see `ntu_classes.SUBSETS`.
        space: ``"3d"`` gives metres, x right, y down, z away from the camera; ``"color"`` pixels of
            the 1920 x 1080 picture, ``"depth"`` of the 512 x 424 one.
        as_filmed: For pixels: leave x as in the set's own videos. The Kinect mirrors its pictures:
            there the left hand of somebody who faces the camera is on the left. Without it x is
            turned round, so that it is on the right, as in any other video and in metres.
        keep_missing: Also yield the samples that the authors ask to leave out, because their
            skeletons are missing or incomplete.
        rate_hz: Frames a second; the files have no time stamps.

    Raises:
        InvalidInputError: If an option has another value.
        SourceError: If a file cannot be read or has another form.
    """
    wanted = _wanted_actions(subset)
    if space not in get_args(Space):
        raise InvalidInputError(f"space: expected one of {', '.join(get_args(Space))}, found {space!r}")
    if not rate_hz > 0:
        raise InvalidInputError(f"rate_hz: expected more than 0, found {rate_hz}")
    path = Path(path)
    files = [path] if path.is_file() else find_files(path, "**/*.skeleton", "NTU RGB+D skeletons")
    chosen = [file for file in files if wanted is None or _action(file) in wanted]
    if not chosen:
        raise SourceError(f"{path}: expected samples of subset {subset}, found none among {len(files)} files")
    if not keep_missing:
        chosen = _without_missing(path, chosen)
    read_one = partial(_read_clip, space=space, as_filmed=as_filmed, rate_hz=rate_hz)
    yield from read_each(_each_once(chosen, on_broken), read_one, on_broken)


def _wanted_actions(subset: str | int | None) -> frozenset[int] | None:
    if subset is None:
        return None
    try:
        return SUBSETS[str(subset)]
    except KeyError:
        raise InvalidInputError(f"subset: expected one of {', '.join(SUBSETS)}, found {subset!r}") from None


def _action(path: Path) -> int | None:
    match = _NAME.fullmatch(path.stem)
    return None if match is None else int(match[5])


def _without_missing(path: Path, files: list[Path]) -> list[Path]:
    missing = samples_with_missing_skeletons()
    kept = [file for file in files if file.stem not in missing]
    if len(kept) < len(files):
        log.warning(
            "%s: %d of %d samples left out: their skeletons are missing or incomplete, by the authors' list",
            path,
            len(files) - len(kept),
            len(files),
        )
    return kept


def _each_once(files: Iterable[Path], on_broken: OnBroken) -> Iterator[Path]:
    """The files without second copies of a sample: they would be on both sides of a split."""
    seen: dict[str, Path] = {}
    for file in files:
        first = seen.setdefault(file.stem, file)
        if first is file:
            yield file
        else:
            on_broken(SourceError(f"{file}: expected each sample once, found it also as {first}: remove one"))


@dataclass(frozen=True)
class _Bodies:
    """The N skeletons of a file, one for each body in each frame.

    Attributes:
        num_frames: T.
        frames: (N,) the frame of each, from 0.
        tracks: (N,) the person, numbered by first appearance.
        joints: (N, 25, 12) the file's numbers.
    """

    num_frames: int
    frames: NDArray[np.intp]
    tracks: NDArray[np.intp]
    joints: NDArray[np.float64]

    @property
    def num_tracks(self) -> int:
        return int(self.tracks.max()) + 1 if self.tracks.size else 0


def _read_clip(path: Path, *, space: Space, as_filmed: bool, rate_hz: float) -> Clip:
    match = _NAME.fullmatch(path.stem)
    if match is None or not 1 <= int(match[5]) <= len(CLASS_NAMES):
        raise SourceError(f"{path}: expected a name like S001C002P003R002A013.skeleton")
    setup, camera, subject, repetition, action = (int(text) for text in match.groups())
    bodies = _parse(path, _load_cells(path))
    if not bodies.num_tracks:
        log.warning("%s: nobody is in this clip", path.name)
    return Clip(
        sequence=_sequence(bodies, space, as_filmed, rate_hz),
        label=CLASS_NAMES[action - 1],
        name=path.stem,
        subject=str(subject),
        camera=str(camera),
        repetition=str(repetition),
        splits=official_parts(setup, camera, subject, action),
    )


def _load_cells(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError(f"{path}: expected a .skeleton file of at most {_MAX_BYTES >> 20} MiB")
        return path.read_text(encoding="ascii").split()
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: expected the text of a .skeleton file ({reason(error)})") from error


def _parse(path: Path, cells: list[str]) -> _Bodies:
    """The skeletons of a file; ids stay text, because as floats neighbouring ones would be equal."""
    num_frames = _count(path, cells[:1], "a number of frames in the first line")
    if num_frames == 0:
        raise SourceError(f"{path}: expected at least one frame, found 0")
    frames: list[int] = []
    tracks: list[int] = []
    joints: list[str] = []
    track_of: dict[str, int] = {}
    at = 1
    for frame in range(num_frames):
        where = f"in frame {frame + 1} of {num_frames}"
        num_bodies = _count(path, cells[at : at + 1], f"a number of bodies {where}")
        at += 1
        first = len(tracks)
        for _ in range(num_bodies):
            head, end = at + _BODY_CELLS, at + _BODY_CELLS + 1 + NTU25.num_joints * _JOINT_CELLS
            if end > len(cells):
                raise SourceError(f"{path}: expected {num_bodies} bodies {where}, found the end of the file")
            if cells[head] != str(NTU25.num_joints):
                raise SourceError(f"{path}: expected 25 joints {where}, found {cells[head][:20]!r}")
            frames.append(frame)
            tracks.append(track_of.setdefault(cells[at], len(track_of)))
            joints += cells[head + 1 : end]
            at = end
        if len(set(tracks[first:])) < num_bodies:
            raise SourceError(f"{path}: expected bodies with ids of their own {where}, found one twice")
    if at != len(cells):
        raise SourceError(f"{path}: expected the end after {num_frames} frames, found {len(cells) - at} more")
    if num_frames * len(track_of) * NTU25.num_joints * 3 > _MAX_CELLS:
        raise SourceError(f"{path}: expected a few people, found {len(track_of)} in {num_frames} frames")
    return _Bodies(
        num_frames, np.array(frames, np.intp), np.array(tracks, np.intp), _joint_numbers(path, joints)
    )


def _count(path: Path, cell: list[str], what: str) -> int:
    if not cell:
        raise SourceError(f"{path}: expected {what}, found the end of the file")
    if not (cell[0].isdigit() and len(cell[0]) < 10):
        raise SourceError(f"{path}: expected {what}, found {cell[0][:20]!r}")
    return int(cell[0])


def _joint_numbers(path: Path, cells: list[str]) -> NDArray[np.float64]:
    try:
        numbers = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError as error:
        raise SourceError(f"{path}: expected numbers of joints ({error})") from None
    return numbers.reshape(-1, NTU25.num_joints, _JOINT_CELLS)


def _sequence(bodies: _Bodies, space: Space, as_filmed: bool, rate_hz: float) -> PoseSequence:
    joints = bodies.joints
    with np.errstate(over="ignore"):  # what does not fit becomes infinite, and then missing
        points = joints[..., _COLUMNS[space]].astype(np.float32)
    size_wh = {"3d": None, "color": COLOR_SIZE_WH, "depth": DEPTH_SIZE_WH}[space]
    if size_wh is None:
        # The sensor's x grows to its left, y upwards.
        points *= np.array([-1, -1, 1], np.float32)
    elif not as_filmed:
        points[..., 0] = size_wh[0] - 1 - points[..., 0]
    state = joints[..., _STATE]
    known = np.isin(state, (0, 1, 2))
    confidence = _CONFIDENCE_OF_STATE[np.where(known, state, 0).astype(np.intp)]
    missing = (confidence == 0) | ~np.isfinite(points).all(axis=-1) | (joints[..., :3] == 0).all(axis=-1)
    points[missing] = np.nan
    confidence[missing] = 0
    shape = (bodies.num_tracks, bodies.num_frames, NTU25.num_joints)
    keypoints = np.full((*shape, points.shape[-1]), np.nan, np.float32)
    keypoints[bodies.tracks, bodies.frames] = points
    seen = np.zeros(shape, np.float32)
    seen[bodies.tracks, bodies.frames] = confidence
    return PoseSequence(
        keypoints=keypoints,
        confidence=seen,
        timestamps=even_timestamps(bodies.num_frames, rate_hz),
        layout=NTU25,
        units="m" if size_wh is None else "px",
        frame_size_wh=size_wh,
    )


def _detect(path: Path) -> bool:
    if path.is_file():
        return path.suffix == ".skeleton" and _NAME.fullmatch(path.stem) is not None
    return any(holds(path, folders + _GLOB) for folders in ("", "*/", "*/*/"))


FORMAT = DataFormat(
    name="ntu-rgbd",
    title="NTU RGB+D 60 and 120: 120 actions, 106 subjects, Kinect v2 (Shahroudy 2016, Liu 2019)",
    read=read_ntu_rgbd,
    detect=_detect,
    protocols=PROTOCOLS,
)
