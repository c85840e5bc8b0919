"""AlphaPose output: one JSON file a video, in the three forms of its flag ``--format``.

Fang et al., "AlphaPose", TPAMI 2022; docs/output.md and alphapose/utils/pPose_nms.py there. By
default a list of ``{image_id, category_id, keypoints, score, box, idx}``; with ``cmu`` and
``open`` an object of ``{image: {version, bodies: [{joints}]}}`` or
``{image: {version, people: [{pose_keypoints_2d}]}}``, both with OpenPose's 18 joints.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.clip_header import free_name
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.json_reading import as_int, as_list, as_mapping, as_numbers, as_text, glance, load_json
from poseact.datasets.people import (
    SeenFrame,
    Sighting,
    checked_frame_size,
    checked_rate,
    sequence_of,
    sighting,
)
from poseact.datasets.picture_names import frame_numbers
from poseact.errors import SourceError
from poseact.layouts import COCO17, HALPE26, MPII16, OPENPOSE18
from poseact.skeleton import SkeletonLayout

RATE_HZ = 30.0
# Files of a folder that are looked at to tell what it is.
_GLANCES = 5
DEFAULT_NAME = "alphapose-results.json"
# By the number of joints in the default form. Halpe-136 and COCO-WholeBody-133 begin with the
# body's 26 and 17 joints; the feet of the latter, hands and faces are left out.
_LAYOUTS = {16: MPII16, 17: COCO17, 26: HALPE26, 136: HALPE26, 133: COCO17}
_TEXT_ID = re.compile(rb'^\s*\[\s*\{.{0,200}?"image_id"\s*:\s*"', re.DOTALL)
_LIST_OF_PEOPLE = re.compile(rb'^\s*\[\s*\{.{0,200}?"image_id"\s*:', re.DOTALL)
_BY_PICTURE = re.compile(rb'^\s*\{\s*"[^"]*"\s*:\s*\{.{0,200}?"(bodies|people)"\s*:', re.DOTALL)


@dataclass(frozen=True)
class _Body:
    """rows (V, 3): x px, y px, confidence."""

    rows: NDArray[np.float64]
    track_id: int | None


def read_alphapose_json(
    path: Path,
    *,
    rate_hz: float = RATE_HZ,
    track: bool = True,
    frame_size: tuple[int, int] | str | None = None,
    min_frames: int = 1,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clip of a file, or those of all such files in a folder and below.

    In a folder a clip's label is the name of the folder that its file is in, and for files with
    AlphaPose's own name, ``<class>/<clip>/alphapose-results.json``, of the one above that; what lies
    in the given folder itself has no label.

    Frames are told by the number in ``image_id``; where pictures have none, or share one, by their
    order in the file. A frame where AlphaPose found nobody is not in the file: a gap in time.
    ``idx`` is the track id where everyone of a frame has another one, as with AlphaPose's
    trackers; without them people are tracked here.

    Args:
        path: A file or folder.
        rate_hz: Frames per second of the video.
        track: Follow people who have no ids; else they are numbered by their place in the frame.
        frame_size: Width and height of the picture, which AlphaPose does not keep.
        min_frames: People seen in fewer frames are left out.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If a file is not AlphaPose's, or has another number of joints than 17
            (COCO), 26 or 136 (Halpe), 133 (COCO-WholeBody) or 16 (MPII).
        InvalidInputError: If an option is not of the expected form.
    """
    path = Path(path)
    rate, size = checked_rate(rate_hz), checked_frame_size(frame_size)
    taken: set[str] = set()
    for file in [path] if path.is_file() else _files(path):
        try:
            frames, layout = _read_frames(file, rate)
            sequence = sequence_of(
                frames, layout, str(file), frame_size_wh=size, track=track, min_frames=min_frames
            )
            name, label = _name_and_label(path, file)
            clip = Clip(sequence=sequence, label=label, name=free_name(name, taken))
        except SourceError as error:
            on_broken(error)
        else:
            taken.add(clip.name)
            yield clip


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such file or folder")
    found = [file for file in sorted(folder.rglob("*.json")) if file.is_file()]
    # An empty file is one that could not be written: it must not be passed over without a word.
    files = [file for file in found if is_alphapose(file) or file.stat().st_size == 0]
    if not any(map(is_alphapose, files)):
        raise SourceError(f"{folder}: expected results of AlphaPose, found no *.json of that form")
    return files


def _name_and_label(root: Path, file: Path) -> tuple[str, str | None]:
    if file == root:
        return (file.resolve().parent.name if file.name == DEFAULT_NAME else "") or file.stem, None
    parts = file.relative_to(root).with_suffix("").parts
    if file.name == DEFAULT_NAME and len(parts) > 1:
        parts = parts[:-1]
    return "/".join(parts), parts[-2] if len(parts) > 1 else None


def _read_frames(path: Path, rate_hz: float) -> tuple[list[SeenFrame], SkeletonLayout]:
    content = load_json(path)
    if isinstance(content, list):
        pictures, layout = _from_list(content, path)
    elif isinstance(content, dict):
        pictures, layout = _from_pictures(content, path), OPENPOSE18
    else:
        raise SourceError(f"{path}: expected a list or an object of AlphaPose, found neither")
    if not pictures:
        raise SourceError(f"{path}: expected people, found none")
    numbers = frame_numbers(list(pictures))
    order = np.argsort(numbers, kind="stable").tolist()
    people = list(pictures.values())
    frames = [SeenFrame(numbers[i] / rate_hz, [_sighting(one) for one in people[i]]) for i in order]
    return frames, layout


def _from_list(people: Sequence[Any], path: Path) -> tuple[dict[str, list[_Body]], SkeletonLayout]:
    pictures: dict[str, list[_Body]] = {}
    layouts = set()
    for i, value in enumerate(people):
        where = f"{path}: person {i}"
        person = as_mapping(value, where)
        image = person.get("image_id")
        key = as_text(image, f"{where}: image_id") if isinstance(image, str) else None
        if key is None:
            key = str(as_int(image, f"{where}: image_id"))
        numbers = as_numbers(person.get("keypoints"), f"{where}: keypoints")
        layout = _LAYOUTS.get(len(numbers) // 3) if len(numbers) % 3 == 0 else None
        if layout is None:
            known = ", ".join(str(3 * joints) for joints in sorted(_LAYOUTS))
            raise SourceError(f"{where}: keypoints: expected {known} numbers, found {len(numbers)}")
        layouts.add(len(numbers))
        rows = numbers.reshape(-1, 3)[: layout.num_joints]
        pictures.setdefault(key, []).append(_Body(rows, _track_id(person.get("idx"), f"{where}: idx")))
    if len(layouts) > 1:
        raise SourceError(f"{path}: expected one layout, found people of {sorted(layouts)} numbers")
    return pictures, _LAYOUTS[layouts.pop() // 3] if layouts else COCO17


def _track_id(value: Any, where: str) -> int | None:
    """A number, or the numbers of all detections that were merged into this person."""
    if isinstance(value, list):
        while isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, list):
            return None
    return None if value is None else as_int(value, where)


def _from_pictures(content: dict[str, Any], path: Path) -> dict[str, list[_Body]]:
    pictures = {}
    for name, value in content.items():
        where = f"{path}: {name[:60]!r}"
        picture = as_mapping(value, where)
        key, joints = ("bodies", "joints") if "bodies" in picture else ("people", "pose_keypoints_2d")
        bodies = []
        for person in as_list(picture.get(key), f"{where}: {key}"):
            numbers = as_numbers(as_mapping(person, where).get(joints), f"{where}: {joints}")
            if len(numbers) != 3 * OPENPOSE18.num_joints:
                raise SourceError(f"{where}: {joints}: expected 54 numbers, found {len(numbers)}")
            bodies.append(_Body(numbers.reshape(-1, 3), None))
        pictures[as_text(name, where)] = bodies
    return pictures


def _sighting(body: _Body) -> Sighting:
    return sighting(body.rows, missing=(body.rows == 0).all(axis=1), track_id=body.track_id)


def is_alphapose(path: Path) -> bool:
    """Whether a file begins and ends like one of AlphaPose's."""
    if path.suffix.lower() != ".json":
        return False
    seen = glance(path)
    if _LIST_OF_PEOPLE.match(seen) is not None and b'"keypoints"' in seen:
        return _TEXT_ID.match(seen) is not None or b'"idx"' in seen or b'"box"' in seen
    return _BY_PICTURE.match(seen) is not None


def _detect(path: Path) -> bool:
    if path.is_file():
        return is_alphapose(path)
    try:
        near = (file for below in ("*.json", "*/*.json", "*/*/*.json") for file in path.glob(below))
        return path.is_dir() and any(is_alphapose(file) for file in itertools.islice(near, _GLANCES))
    except OSError:
        return False


FORMAT = DataFormat(
    name="alphapose-json",
    title="AlphaPose: results in one JSON file a video, 17 or 26 joints",
    read=read_alphapose_json,
    detect=_detect,
)
