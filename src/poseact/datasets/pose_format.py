"""The ``.pose`` files of the package pose-format, a clip a file, in and out (extra `interchange`).

Moryossef, Müller, Fahrni, "pose-format", 2023, https://github.com/sign-language-processing/pose; its
docs/specs/v0.1.md and v0.2.md. A header names components (body, face, hands) with their points and
limbs; the body holds frames x people x points. What the format has no place for (label, subject,
..., uneven time stamps, units) stands in ``<file>.pose.json`` beside a file that poseact wrote.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets import interchange
from poseact.datasets.clip_header import ClipHeader
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.joint_naming import joint_name, layout_of
from poseact.datasets.json_reading import as_numbers, load_json
from poseact.datasets.people import checked_rate, guess_units
from poseact.datasets.pose_format_writing import SUFFIX, WORLD, beside, write_pose_format
from poseact.errors import InvalidInputError, MissingExtraError, SourceError
from poseact.layouts import LAYOUTS
from poseact.sequence import PoseSequence, Units
from poseact.skeleton import SkeletonLayout

# The components of the body, in the headers that the package makes: OpenPose, MediaPipe Holistic,
# OpenPose-135, AlphaPose 136 and 133, COCO-WholeBody. Of several in a file the first here is read.
_BODIES = (
    "pose_keypoints_2d",
    "pose_keypoints_3d",
    "POSE_LANDMARKS",
    "BODY_135",
    "BODY_136",
    "BODY_133",
    "BODY",
    WORLD,
)
# MediaPipe's x and y are pixels here, and its z a rough depth in a unit of its own.
_ROUGH_DEPTH = {"POSE_LANDMARKS", "FACE_LANDMARKS", "LEFT_HAND_LANDMARKS", "RIGHT_HAND_LANDMARKS"}
# Halpe's "Head" is the top of the head.
_RENAMED = {("BODY_136", "head"): "head_top"}
_VOCABULARY = {name for layout in LAYOUTS.values() for name in layout.joint_names}
_VERSIONS = (0.0, 0.1, 0.2)
_MAX_BYTES = 1 << 31


@dataclass(frozen=True)
class _Options:
    components: str | None
    units: Units | None
    rate_hz: float | None


@dataclass(frozen=True)
class _Raw:
    """A file as it is: data (T, M, P, D), confidence (T, M, P) over the P points of all components."""

    header: Any
    data: NDArray[np.float32]
    confidence: NDArray[np.float32]
    fps: float


@dataclass(frozen=True)
class _Points:
    """The points that are read: where they stand on the point axis, and what they are."""

    places: list[int]
    layout: SkeletonLayout
    dimensions: int
    components: Sequence[str]


def read_pose_format(
    path: Path,
    *,
    components: str | None = None,
    units: Units | None = None,
    rate_hz: float | None = None,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clip of a ``.pose`` file, or those of all such files in a folder and below.

    A file in a folder below is of the class that this folder is called. Files that
    `write_pose_format` made come back as they were. Else: points with confidence 0 are missing; the
    people axis is taken as it is, though OpenPose does not know who is who; MediaPipe's world
    landmarks become `world_m`, and its z in the picture is left out.

    Args:
        path: A file, or a folder of them.
        components: Which components of the header to read, parted by commas, or ``"all"``. By
            default the body where there is one that is known, without face and hands; else all.
        units: Of the coordinates; by default metres for 3D, and for 2D told from the numbers.
        rate_hz: Frames per second, in place of what the files say.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        MissingExtraError: If the package is not installed.
        SourceError: If there is no file, or one cannot be read.
        InvalidInputError: If an option is not of the expected form.
    """
    if units is not None and units not in get_args(Units):
        raise InvalidInputError(f"units: expected one of {', '.join(get_args(Units))}, found {units!r}")
    options = _Options(components, units, None if rate_hz is None else checked_rate(rate_hz))
    read_one = partial(_read_clip, options)
    yield from interchange.read_files(Path(path), SUFFIX, "files of pose-format", read_one, on_broken)


def _read_clip(options: _Options, path: Path, name: str, label: str | None) -> Clip:
    raw = _read_raw(path)
    try:
        about = _read_beside(path)
        if about is not None:
            header, layout, timestamps = about
            return header.clip(_restored(path, raw, header, layout, timestamps))
        return Clip(sequence=_sequence(path, raw, options), label=label, name=name)
    except InvalidInputError as error:
        raise SourceError(f"{path}: {error}") from error


def _read_raw(path: Path) -> _Raw:
    try:
        from pose_format.numpy import NumPyPoseBody
        from pose_format.pose_header import PoseHeader
        from pose_format.utils.reader import BufferReader
    except ImportError:
        raise MissingExtraError("pose-format", "interchange") from None
    data = _read_bytes(path)
    try:
        reader = BufferReader(data)
        header = PoseHeader.read(reader)
        _check_body(path, header, data, reader.read_offset)
        body = NumPyPoseBody.read(header, reader)
        return _Raw(header, np.asarray(body.data.data), np.asarray(body.confidence), float(body.fps))
    except SourceError:
        raise
    except Exception as error:  # the package lets struct's, numpy's and its own errors through
        raise SourceError(f"{path}: expected a .pose file, found another or a broken one") from error


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise SourceError(f"{path}: expected at most {_MAX_BYTES} bytes of poses, found {size}")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    if _version(data) not in _VERSIONS:
        raise SourceError(
            f"{path}: expected a .pose file of version 0.0, 0.1 or 0.2, found "
            f"{'something else' if data else 'an empty file'}"
        )
    return data


def _version(data: bytes) -> float | None:
    return round(struct.unpack_from("<f", data)[0], 3) if len(data) >= 4 else None


def _check_body(path: Path, header: Any, data: bytes, offset: int) -> None:
    """Refuse what the package would take for something else, or would need much memory for."""
    formats = {one.format for one in header.components}
    points = sum(len(one.points) for one in header.components)
    if not points or not all(3 <= len(text) <= 8 and text.endswith("C") for text in formats):
        raise SourceError(
            f"{path}: expected points with coordinates and confidence, found {points} points of "
            f"{', '.join(sorted(formats))[:60] or 'no form'}"
        )
    version = round(header.version, 3)
    if version == 0:
        return  # read frame by frame, as far as the bytes reach
    _, frames, people = struct.unpack_from("<fIH" if version > 0.1 else "<HHH", data, offset)
    bytes_a_frame = people * points * (header.num_dims() + 1) * 4
    if version == 0.1:
        # Frames are counted in 16 bits there, which overflow: the length tells.
        found, rest = divmod(len(data) - offset - 6, bytes_a_frame) if people else (0, 1)
        if rest or frames not in (found, found % 65535, found % 65536):
            raise SourceError(f"{path}: expected {frames} frames of {people} people, found a part of them")
        frames = found
    interchange.check_size(people, frames, points, str(path))


def _read_beside(path: Path) -> tuple[ClipHeader, SkeletonLayout, NDArray[np.float64]] | None:
    """What `write_pose_format` left in ``<file>.pose.json``; None where it did not."""
    about = beside(path)
    if not about.is_file():
        return None
    fields = load_json(about)
    if not interchange.is_document(fields):
        return None
    header, layout = interchange.from_document(fields, str(about))
    return header, layout, as_numbers(fields.get("timestamps_s"), f"{about}: timestamps_s")


def _restored(
    path: Path, raw: _Raw, header: ClipHeader, layout: SkeletonLayout, timestamps: NDArray[np.float64]
) -> PoseSequence:
    """The poses that poseact has written."""
    joints = layout.num_joints
    frames, people, points, dimensions = raw.data.shape
    expected = (len(timestamps), len(header.track_ids))
    if (frames, people) != expected or points not in (joints, 2 * joints) or dimensions < header.dimensions:
        raise SourceError(
            f"{path}: expected {expected[0]} frames, {expected[1]} people and {joints} joints as "
            f"{beside(path).name} says, found {frames}, {people} and {points}: remove that file if the poses "
            "were changed since"
        )
    missing = (raw.confidence == 0) & (raw.data == 0).all(axis=-1)
    data = np.where(missing[..., None], np.float32(np.nan), raw.data).transpose(1, 0, 2, 3)
    return PoseSequence(
        keypoints=data[:, :, :joints, : header.dimensions],
        confidence=raw.confidence.transpose(1, 0, 2)[:, :, :joints],
        timestamps=timestamps,
        layout=layout,
        units=header.units,
        frame_size_wh=header.frame_size_wh,
        track_ids=np.array(header.track_ids, np.int64),
        world_m=None if points == joints else data[:, :, joints:],
    )


def _sequence(path: Path, raw: _Raw, options: _Options) -> PoseSequence:
    """The poses of a file that something else has written."""
    points = _points(path, raw.header, options)
    data = raw.data[:, :, points.places, : points.dimensions]
    confidence = raw.confidence[:, :, points.places]
    missing = ~((confidence > 0) & np.isfinite(data).all(axis=-1))
    keypoints = np.where(missing[..., None], np.float32(np.nan), data).transpose(1, 0, 2, 3)
    units = options.units or guess_units(keypoints.astype(np.float64))
    size = (raw.header.dimensions.width, raw.header.dimensions.height)
    return PoseSequence(
        keypoints=keypoints,
        confidence=np.where(missing, 0, confidence.clip(0, 1)).transpose(1, 0, 2),
        timestamps=np.arange(len(data)) / _rate_hz(path, raw, options),
        layout=points.layout,
        units=units,
        frame_size_wh=size if min(size) > 0 and units != "m" else None,
        world_m=_world(raw, points),
    )


def _rate_hz(path: Path, raw: _Raw, options: _Options) -> float:
    rate = options.rate_hz or raw.fps
    if not 1e-6 <= rate <= 1e6:
        raise SourceError(
            f"{path}: expected frames per second, found {rate}: give them as the option rate_hz"
        )
    return rate


def _points(path: Path, header: Any, options: _Options) -> _Points:
    names = [one.name for one in header.components]
    chosen = _chosen(names, options.components)
    places: list[int] = []
    joints: list[str] = []
    edges: list[tuple[str, str]] = []
    start = 0
    for one in header.components:
        if one.name in chosen:
            # Some bodies bring hands and face along in one component.
            only_body = options.components is None and one.name in _BODIES
            named = _joint_names(one, alone=len(chosen) == 1)
            kept = [i for i, name in enumerate(named) if not only_body or name in _VOCABULARY]
            kept = kept or list(range(len(named)))
            places += [start + i for i in kept]
            joints += [named[i] for i in kept]
            last = len(named)
            edges += [(named[b], named[a]) for a, b in one.limbs if a < last and b < last]
        start += len(one.points)
    formats = {len(one.format) - 1 for one in header.components if one.name in chosen}
    if not formats <= {2, 3}:
        raise SourceError(f"{path}: expected points in 2D or 3D, found {sorted(formats)} coordinates")
    flat = bool(_ROUGH_DEPTH.intersection(chosen)) or formats != {3}
    layout = layout_of(joints, edges, name=chosen[0] if len(chosen) == 1 else "custom")
    return _Points(places, layout, 2 if flat else 3, chosen)


def _chosen(names: Sequence[str], wanted: str | None) -> list[str]:
    """The components to read.

    Raises:
        InvalidInputError: If one that is wanted is not there.
    """
    if wanted is None:
        body = next((name for name in _BODIES if name in names), None)
        if body is not None:
            return [body]
    if wanted is None or wanted == "all":
        flat = [name for name in names if name != WORLD]
        return flat or list(names)
    chosen = [name.strip() for name in wanted.split(",")]
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise InvalidInputError(f"components: expected some of {', '.join(names)}, found {unknown[0]!r}")
    return chosen


def _joint_names(component: Any, *, alone: bool) -> list[str]:
    """Of one component; face and hands get its name before theirs where there are others beside it."""
    named = interchange.poseact_names(component.points)
    if component.name in _BODIES or alone:
        return [_RENAMED.get((component.name, name), name) for name in named]
    return [_side_first(f"{component.name}_{point}".lower()) for point in component.points]


def _side_first(name: str) -> str:
    """``hand_left_base`` -> ``left_hand_base``: pairs of left and right are told by that."""
    words = name.split("_")
    for side in ("left", "right"):
        if side in words:
            words.remove(side)
            return "_".join((side, *words))
    return name


def _world(raw: _Raw, points: _Points) -> NDArray[np.float32] | None:
    """(M, T, V, 3) metres of MediaPipe's world landmarks, where they stand beside those in the picture."""
    start = 0
    for one in raw.header.components:
        if one.name == WORLD and "POSE_LANDMARKS" in points.components and len(one.format) == 4:
            break
        start += len(one.points)
    else:
        return None
    place = {joint_name(point): start + i for i, point in enumerate(one.points)}
    joints = [(v, place[name]) for v, name in enumerate(points.layout.joint_names) if name in place]
    frames, people = raw.data.shape[:2]
    world = np.full((people, frames, points.layout.num_joints, 3), np.nan, np.float32)
    for v, p in joints:
        seen = (raw.confidence[:, :, p] > 0) & np.isfinite(raw.data[:, :, p]).all(axis=-1)
        world[:, :, v] = np.where(seen[..., None], raw.data[:, :, p, :3], np.nan).transpose(1, 0, 2)
    return world


def _is_pose_file(path: Path) -> bool:
    file = interchange.first_file(path, SUFFIX)
    if file is None:
        return False
    try:
        with file.open("rb") as opened:
            return _version(opened.read(4)) in _VERSIONS
    except OSError:
        return False


FORMAT = DataFormat(
    name="pose-format",
    title="pose-format: .pose files, a clip a file (extra interchange)",
    read=read_pose_format,
    detect=_is_pose_file,
    write=write_pose_format,
)
