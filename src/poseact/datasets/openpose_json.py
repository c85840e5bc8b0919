"""OpenPose output: folders of ``<stem>_000000000000_keypoints.json``, one file a frame, in and out.

Cao et al., "OpenPose", TPAMI 2019; the files are those of its flag ``--write_json``
(doc/02_output.md there), with 18 (COCO) or 25 (BODY_25) joints. Hands and faces are left out.
"""

import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.clip_header import ClipHeader, free_name, header_from_json, header_to_json
from poseact.datasets.converting import LayoutChange
from poseact.datasets.folders import file_name, new_folder, whole_folder
from poseact.datasets.format import DataFormat, OnBroken, holds, stop
from poseact.datasets.json_reading import (
    as_int,
    as_list,
    as_mapping,
    as_numbers,
    exact_decimals,
    load_json,
)
from poseact.datasets.people import (
    SeenFrame,
    Sighting,
    checked_frame_size,
    checked_rate,
    sequence_of,
    sighting,
)
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import OPENPOSE18, OPENPOSE25, get_layout
from poseact.sequence import Units
from poseact.skeleton import SkeletonLayout

RATE_HZ = 30.0
CLIP_FILE = "clip.json"
_HEADER_FORMAT = "poseact.clip"
_HEADER_VERSION = 1
_PARTS = ("pose_keypoints", "face_keypoints", "hand_left_keypoints", "hand_right_keypoints")
_LAYOUTS = {layout.num_joints: layout for layout in (OPENPOSE18, OPENPOSE25)}
_FRAME = re.compile(r"(.*?)[_-]?(\d+)_keypoints\.json")
_SUFFIX = "_keypoints.json"
# A frame of a hundred people with hands and faces is a tenth of this.
_MAX_FRAME_BYTES = 1 << 24
# OpenPose puts joints inside the picture: what is further left or above than this is scale 4.
_OUTSIDE = -0.02
# Nobody is two pixels tall: what is nearer to zero than this is scale 3 or 4.
_NORMALIZED = 2.0


@dataclass(frozen=True)
class _Body:
    """rows (V, C + 1): coordinates and confidence, as they are in the file."""

    rows: NDArray[np.float64]
    person_id: int | None


@dataclass(frozen=True)
class _Options:
    rate_hz: float
    track: bool
    keypoint_scale: int | None
    frame_size_wh: tuple[int, int] | None
    dimensions: int
    min_frames: int


def read_openpose_json(
    folder: Path,
    *,
    rate_hz: float = RATE_HZ,
    track: bool = True,
    keypoint_scale: int | None = None,
    frame_size: tuple[int, int] | str | None = None,
    dimensions: int = 2,
    min_frames: int = 1,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clips of a folder: all its frames of one stem are a clip, and so in the folders below.

    Labels come from folders: in ``<class>/<clip>/*.json`` a clip's label is the name of the
    folder above its own; where folders hold several stems, each stem is a clip and its own
    folder is the class. Frames in the folder itself have no label.

    Time stamps are frame number / rate, so that missing frames are gaps in time. OpenPose does
    not know who is who from frame to frame: people are tracked here unless every one has a
    ``person_id`` (which it writes as -1). Folders from `write_openpose_json` come back as they were.

    Args:
        folder: Frames, or folders of them.
        rate_hz: Frames per second of the video, or of the camera.
        track: Follow people from frame to frame; else they are numbered by their place in the frame.
        keypoint_scale: OpenPose's flag of that name. 0, 1, 2 are pixels (of the source, the
            network's picture, the output), 3 is [0, 1] of the picture, 4 is [-1, 1] and becomes
            [0, 1]. None: told per clip from its numbers. Coordinates within [-1, 1] of people
            who never leave the lower right quarter are taken for [0, 1]: name the scale then.
        frame_size: Width and height of the picture that the coordinates are of, which OpenPose
            does not keep.
        dimensions: 3 for ``pose_keypoints_3d`` in metres, in files that have both.
        min_frames: People seen in fewer frames are left out.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If there is no frame, or one cannot be read or has another number of joints.
        InvalidInputError: If an option is not of the expected form.
    """
    if keypoint_scale is not None and keypoint_scale not in range(5):
        raise InvalidInputError(f"keypoint_scale: expected 0, 1, 2, 3 or 4, found {keypoint_scale!r}")
    if dimensions not in (2, 3):
        raise InvalidInputError(f"dimensions: expected 2 or 3, found {dimensions!r}")
    options = _Options(
        checked_rate(rate_hz), track, keypoint_scale, checked_frame_size(frame_size), dimensions, min_frames
    )
    folder = Path(folder)
    folders = _folders_of_frames(folder)
    stems_are_clips = any(count > 1 for inner, count in folders if inner != folder)
    taken: set[str] = set()
    for inner, _ in folders:
        stems = _stems(inner)
        for stem, frames in stems.items():
            name, label = _name_and_label(folder, inner, stem, stems_are_clips, len(stems))
            try:
                header = _read_header(inner) if len(stems) == 1 else None
                clip = _read_clip(inner, frames, name, label, header, options)
            except SourceError as error:
                on_broken(error)
            else:
                clip = replace(clip, name=free_name(clip.name, taken))
                taken.add(clip.name)
                yield clip


def _folders_of_frames(folder: Path) -> list[tuple[Path, int]]:
    """Each folder that holds frames, with the number of its stems."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: expected a folder of OpenPose's *{_SUFFIX}, found no folder")
    found = []
    for inner, below, names in os.walk(folder):
        below.sort()
        if any(name.endswith(_SUFFIX) for name in names):
            found.append((Path(inner), len({_stem_and_number(n)[0] for n in names if n.endswith(_SUFFIX)})))
    if not found:
        raise SourceError(f"{folder}: expected frames of OpenPose, found no file that matches *{_SUFFIX}")
    return found


def _stem_and_number(name: str) -> tuple[str, int]:
    """Of a frame's file name; a name without a number is a clip of one frame."""
    match = _FRAME.fullmatch(name)
    if match is None:
        return name.removesuffix(_SUFFIX), 0
    return match[1], int(match[2])


def _stems(folder: Path) -> dict[str, list[tuple[int, str]]]:
    """Frames (number, file name) of each stem, in order."""
    stems: dict[str, list[tuple[int, str]]] = {}
    for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names, not a million Paths
        if name.endswith(_SUFFIX):
            stem, number = _stem_and_number(name)
            stems.setdefault(stem, []).append((number, name))
    return {stem: sorted(frames) for stem, frames in stems.items()}


def _name_and_label(
    root: Path, folder: Path, stem: str, stems_are_clips: bool, num_stems: int
) -> tuple[str, str | None]:
    """A clip's name, unique below the root, and its class from the folders' names."""
    parts = folder.relative_to(root).parts
    names = (*parts, stem) if num_stems > 1 or stems_are_clips or not parts else parts
    classes = names[:-1] if parts else ()
    return "/".join(filter(None, names)) or root.resolve().name or "clip", classes[-1] if classes else None


def _read_clip(
    folder: Path,
    files: Sequence[tuple[int, str]],
    name: str,
    label: str | None,
    header: tuple[ClipHeader, NDArray[np.float64]] | None,
    options: _Options,
) -> Clip:
    _expect_each_frame_once(folder, files)
    dimensions = options.dimensions if header is None else header[0].dimensions
    frames = [_read_frame(folder / file, dimensions) for _, file in files]
    layout = _one_layout(frames, folder / files[0][1])
    if header is not None:
        return _restored(folder, [number for number, _ in files], frames, layout, *header)
    units, offset, scale = _scaling(frames, options.keypoint_scale)
    seen = [
        SeenFrame(number / options.rate_hz, [_sighting(one, offset, scale) for one in people])
        for (number, _), people in zip(files, frames, strict=True)
    ]
    sequence = sequence_of(
        seen,
        layout or OPENPOSE25,
        str(folder / files[0][1]),
        units=units,
        frame_size_wh=options.frame_size_wh,
        track=options.track,
        min_frames=options.min_frames,
    )
    return Clip(sequence=sequence, label=label, name=name)


def _expect_each_frame_once(folder: Path, files: Sequence[tuple[int, str]]) -> None:
    for (number, file), (following, other) in itertools.pairwise(files):
        if number == following:
            raise SourceError(f"{folder}: expected every frame once, found {file} and {other}")


def _read_frame(path: Path, dimensions: int) -> list[_Body]:
    """The bodies of one file; people of whom only a hand or the face was found have none."""
    frame = as_mapping(load_json(path, max_bytes=_MAX_FRAME_BYTES), f"{path}")
    if "people" not in frame:
        raise SourceError(
            f"{path}: expected the key 'people', found {', '.join(map(repr, frame)) or 'none'}"[:300]
        )
    bodies = []
    for i, value in enumerate(as_list(frame["people"], f"{path}: people")):
        where = f"{path}: person {i}"
        person = as_mapping(value, where)
        rows = _rows(person, dimensions, where)
        if rows is not None:
            bodies.append(_Body(rows, _person_id(person.get("person_id"), where)))
    return bodies


def _rows(person: Mapping[str, Any], dimensions: int, where: str) -> NDArray[np.float64] | None:
    """(V, C + 1): coordinates and confidence; None where no body was found."""
    flat = person.get("pose_keypoints_2d", person.get("pose_keypoints"))
    spatial = person.get("pose_keypoints_3d") or None
    if flat is None and spatial is None:
        raise SourceError(f"{where}: expected 'pose_keypoints_2d' or 'pose_keypoints'")
    if spatial is not None and (dimensions == 3 or not flat):
        numbers, width = as_numbers(spatial, f"{where}: pose_keypoints_3d"), 4
    else:
        numbers, width = as_numbers(flat, f"{where}: pose_keypoints_2d"), 3
    if len(numbers) == 0:
        return None
    if len(numbers) % width or len(numbers) // width not in _LAYOUTS:
        raise SourceError(
            f"{where}: expected 18 (COCO) or 25 (BODY_25) joints of {width} numbers, found {len(numbers)}"
        )
    return numbers.reshape(-1, width)


def _person_id(value: Any, where: str) -> int | None:
    """OpenPose writes [-1], older versions -1; some trackers put their own number there."""
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else as_int(value, f"{where}: person_id")


def _one_layout(frames: Sequence[Sequence[_Body]], where: Path) -> SkeletonLayout | None:
    """The layout of a clip; None where nobody is in it."""
    counts = {len(one.rows) for people in frames for one in people}
    if len(counts) > 1:
        raise SourceError(f"{where}: expected one layout in all frames of a clip, found 18 and 25 joints")
    return _LAYOUTS[counts.pop()] if counts else None


def _scaling(frames: Sequence[Sequence[_Body]], keypoint_scale: int | None) -> tuple[Units, float, float]:
    """Units, and what to add to the coordinates and then to multiply them with."""
    seen = [one.rows[one.rows[:, -1] > 0, :-1] for people in frames for one in people]
    coordinates = np.concatenate(seen) if seen else np.zeros((0, 2))
    if coordinates.shape[1] == 3:
        return "m", 0.0, 1.0
    if keypoint_scale is None:
        keypoint_scale = _guess_scale(coordinates)
    if keypoint_scale == 4:
        return "normalized", 1.0, 0.5
    return ("normalized" if keypoint_scale == 3 else "px"), 0.0, 1.0


def _guess_scale(coordinates: NDArray[np.float64]) -> int:
    """0 (or 1 or 2, which look the same), 3 or 4, from (N, 2) coordinates of joints that were found."""
    if not coordinates.size or np.abs(coordinates).max() > _NORMALIZED:
        return 0
    return 4 if coordinates.min() < _OUTSIDE else 3


def _sighting(body: _Body, offset: float, scale: float) -> Sighting:
    # Not by their coordinates: with scale 4 OpenPose moves missing joints from 0 to -1.
    missing = body.rows[:, -1] <= 0
    moved = np.concatenate([(body.rows[:, :-1] + offset) * scale, body.rows[:, -1:]], axis=1)
    return sighting(moved, missing=missing, track_id=body.person_id)


def _read_header(folder: Path) -> tuple[ClipHeader, NDArray[np.float64]] | None:
    """What `write_openpose_json` left beside the frames, and their time stamps; None where it did not."""
    path = folder / CLIP_FILE
    if not path.is_file():
        return None
    fields = load_json(path)
    if not isinstance(fields, dict) or fields.get("format") != _HEADER_FORMAT:
        return None
    version = as_int(fields.get("version"), f"{path}: version")
    if version > _HEADER_VERSION:
        raise SourceError(f"{path}: version {version} is newer than this poseact reads: upgrade poseact")
    header = header_from_json(fields, str(path))
    if header.layout_name not in {layout.name for layout in _LAYOUTS.values()}:
        raise SourceError(f"{path}: layout: expected openpose18 or openpose25, found {header.layout_name!r}")
    return header, as_numbers(fields.get("timestamps_s"), f"{path}: timestamps_s")


def _restored(
    folder: Path,
    numbers: Sequence[int],
    frames: Sequence[Sequence[_Body]],
    layout: SkeletonLayout | None,
    header: ClipHeader,
    timestamps_s: NDArray[np.float64],
) -> Clip:
    """A clip that poseact has written; frames that are gone since are gaps."""
    if numbers[-1] >= len(timestamps_s):
        raise SourceError(
            f"{folder / CLIP_FILE}: expected a time stamp for frame {numbers[-1]}, found {len(timestamps_s)}"
        )
    seen = [
        SeenFrame(
            float(timestamps_s[number]),
            [
                sighting(one.rows, missing=(one.rows == 0).all(axis=1), track_id=one.person_id)
                for one in people
            ],
        )
        for number, people in zip(numbers, frames, strict=True)
    ]
    sequence = sequence_of(
        seen,
        layout or get_layout(header.layout_name),
        str(folder),
        units=header.units,
        frame_size_wh=header.frame_size_wh,
        track_ids=header.track_ids,
        dimensions=header.dimensions,
    )
    return header.clip(sequence)


def write_openpose_json(clips: Iterable[Clip], folder: Path, *, layout: str | None = None) -> None:
    """Write a folder as OpenPose would: ``<label>/<clip>/<clip>_000000000000_keypoints.json`` ...

    Missing joints become zeros, ``person_id`` is the track id, coordinates keep their units
    (normalized ones are OpenPose's keypoint_scale 3; 3D goes to ``pose_keypoints_3d``). What the
    format has no place for (label, subject, ... , time stamps, frame size) goes to a ``clip.json``
    beside the frames, from which `read_openpose_json` restores the clip. Lost are `world_m`, and a
    joint at exactly (0, 0) with confidence 0, which nothing tells from a missing one.

    Args:
        clips: What to write.
        folder: Made anew; it must not be there, or be empty.
        layout: ``"openpose18"`` or ``"openpose25"``; clips in another one are converted by joint
            name. By default clips in either keep it, and others become openpose25.

    Raises:
        InvalidInputError: If `layout` is another one, or a clip has no frame.
        OutputError: If the folder cannot be written.
    """
    wanted = None if layout is None else get_layout(layout)
    if wanted is not None and wanted not in _LAYOUTS.values():
        raise InvalidInputError(f"layout: expected openpose18 or openpose25, found {layout!r}")
    change = LayoutChange()
    with whole_folder(Path(folder)) as temporary:
        for clip in clips:
            if clip.sequence.num_frames == 0:
                raise InvalidInputError(
                    f"clip {clip.name!r}: has no frame, and OpenPose's form is one file a frame"
                )
            known = clip.sequence.layout in _LAYOUTS.values()
            target = wanted or (clip.sequence.layout if known else OPENPOSE25)
            parent = temporary if clip.label is None else temporary / file_name(clip.label)
            _write_clip(change(clip, target), new_folder(parent, clip.name))


def _write_clip(clip: Clip, folder: Path) -> None:
    sequence = clip.sequence
    missing = np.asarray(np.isnan(sequence.keypoints).any(axis=-1))
    keypoints = np.where(missing[..., None], 0, sequence.keypoints)
    confidence = np.where(missing, 0, sequence.confidence)
    rows = np.concatenate([keypoints, confidence[..., None]], axis=-1).astype(np.float32)
    there = np.asarray((~missing).any(axis=-1))
    for t in range(sequence.num_frames):
        people = [
            _person(int(sequence.track_ids[m]), rows[m, t]) for m in np.flatnonzero(there[:, t]).tolist()
        ]
        path = folder / f"{folder.name}_{t:012d}{_SUFFIX}"
        path.write_text(json.dumps({"version": 1.3, "people": people}), encoding="utf-8")
    header = {
        "format": _HEADER_FORMAT,
        "version": _HEADER_VERSION,
        **header_to_json(clip),
        "timestamps_s": sequence.timestamps.tolist(),
    }
    (folder / CLIP_FILE).write_text(json.dumps(header), encoding="utf-8")


def _person(track_id: int, rows: NDArray[np.float32]) -> dict[str, Any]:
    """One person as OpenPose writes them, from (V, C + 1)."""
    lists: dict[str, list[float]] = {f"{part}_{d}d": [] for d in (2, 3) for part in _PARTS}
    lists[f"pose_keypoints_{rows.shape[1] - 1}d"] = exact_decimals(rows)
    return {"person_id": [track_id], **lists}


def _holds_frames(path: Path) -> bool:
    return any(holds(path, f"{below}*{_SUFFIX}") for below in ("", "*/", "*/*/"))


FORMAT = DataFormat(
    name="openpose-json",
    title="OpenPose: folders of *_keypoints.json, a file a frame, 18 or 25 joints",
    read=read_openpose_json,
    detect=_holds_frames,
    write=write_openpose_json,
)
