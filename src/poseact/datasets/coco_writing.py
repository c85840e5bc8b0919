"""Writes clips as one file of COCO keypoint annotations with videos, frames and tracks."""

import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from poseact._version import __version__
from poseact.clip import Clip
from poseact.datasets.clip_header import header_to_json
from poseact.datasets.folders import file_name
from poseact.datasets.json_reading import exact_decimals
from poseact.errors import InvalidInputError, OutputError
from poseact.files import whole_file
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout

# The key under which a video and a category carry what COCO has no place for.
MARK = "poseact"


def write_coco_json(clips: Iterable[Clip], path: Path) -> None:
    """Write clips as COCO keypoint annotations that other tools read.

    A clip is an entry of ``videos`` and its frames are ``images`` with ``video_id``, ``frame_id`` and
    ``timestamp`` (seconds); a person in a frame is an annotation with ``track_id``, box and area
    around the joints, ``keypoints`` and, exactly, ``keypoint_scores``; v is 0 for a missing joint,
    1 up to a confidence of 0.5, else 2. Each layout is a category. Label, subject and the rest stand in
    the video under ``poseact``, from which `read_coco_json` restores the clips. Normalized
    coordinates become pixels of the frame size. Pictures of unknown size are as large as the joints
    need. `world_m` is lost. Clips are written one at a time.

    Raises:
        InvalidInputError: If a clip has no frame, is 3D, in metres, or normalized without a frame size.
        OutputError: If the file cannot be written.
    """
    path = Path(path)
    with whole_file(path) as temporary:
        try:
            with (
                temporary.open("w", encoding="utf-8") as out,
                tempfile.TemporaryFile("w+", encoding="utf-8") as annotations,
            ):
                _write(clips, out, annotations)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _write(clips: Iterable[Clip], out: TextIO, annotations: TextIO) -> None:
    """The file; annotations wait in one of their own, for the images stand before them."""
    videos: list[dict[str, Any]] = []
    layouts: list[SkeletonLayout] = []
    images, people = _Array(out), _Array(annotations)
    out.write(f'{{"info": {json.dumps({"description": f"poseact {__version__}"})},\n"images": [')
    for clip in map(_in_pixels, clips):
        if clip.sequence.layout not in layouts:
            layouts.append(clip.sequence.layout)
        category = layouts.index(clip.sequence.layout) + 1
        videos.append({"id": len(videos) + 1, "name": clip.name, MARK: header_to_json(clip)})
        first = images.count + 1
        for image in _images(clip, len(videos), first):
            images.add(image)
        for annotation in _annotations(clip.sequence, category, first, people.count + 1):
            people.add(annotation)
    out.write('],\n"annotations": [')
    annotations.seek(0)
    shutil.copyfileobj(annotations, out)
    categories = [_category(layout, i + 1) for i, layout in enumerate(layouts)]
    # Categories last: the joints' names at its end tell what a long file is.
    out.write(f'],\n"videos": {json.dumps(videos)},\n"categories": {json.dumps(categories)}}}\n')


class _Array:
    """Writes a JSON array element by element, without its brackets."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.count = 0

    def add(self, element: Any) -> None:
        self._file.write((",\n" if self.count else "\n") + json.dumps(element))
        self.count += 1


def _in_pixels(clip: Clip) -> Clip:
    sequence = clip.sequence
    if sequence.num_frames == 0:
        raise InvalidInputError(f"clip {clip.name!r}: has no frame, which COCO has no form for")
    if sequence.keypoints.shape[-1] != 2 or sequence.units == "m":
        raise InvalidInputError(f"clip {clip.name!r}: COCO keypoints are 2D pixels, not 3D or metres")
    if sequence.units == "px":
        return clip
    if sequence.frame_size_wh is None:
        raise InvalidInputError(
            f"clip {clip.name!r}: COCO keypoints are pixels; normalized ones need a frame size to become that"
        )
    scale = np.array(sequence.frame_size_wh, np.float32)
    return replace(clip, sequence=replace(sequence, keypoints=sequence.keypoints * scale, units="px"))


def _images(clip: Clip, video: int, first: int) -> Iterator[dict[str, Any]]:
    sequence = clip.sequence
    width, height = sequence.frame_size_wh or _extent(sequence)
    name = file_name(clip.name)
    for t, time in enumerate(sequence.timestamps.tolist()):
        yield {
            "id": first + t,
            "file_name": f"{name}/{t:06d}.jpg",
            "width": width,
            "height": height,
            "video_id": video,
            "frame_id": t,
            "timestamp": time,
        }


def _extent(sequence: PoseSequence) -> tuple[int, int]:
    """Width and height of the smallest picture that holds all joints."""
    seen = sequence.keypoints[np.isfinite(sequence.keypoints).all(axis=-1)]
    right, bottom = seen.max(axis=0).tolist() if len(seen) else (0.0, 0.0)
    return max(1, math.ceil(right)), max(1, math.ceil(bottom))


def _annotations(
    sequence: PoseSequence, category: int, first_image: int, first: int
) -> Iterator[dict[str, Any]]:
    missing: NDArray[np.bool_] = np.asarray(np.isnan(sequence.keypoints).any(axis=-1))
    present = np.asarray(~missing.all(axis=-1))
    boxes = sequence.boxes()
    number = first
    for t in range(sequence.num_frames):
        for m in np.flatnonzero(present[:, t]).tolist():
            gone = missing[m, t]
            xy = exact_decimals(np.where(gone[:, None], 0, sequence.keypoints[m, t]))
            scores = np.where(gone, 0, sequence.confidence[m, t])
            flags = np.where(gone, 0, np.where(scores <= 0.5, 1, 2)).tolist()
            x0, y0, x1, y1 = boxes[m, t].tolist()
            yield {
                "id": number,
                "image_id": first_image + t,
                "category_id": category,
                "track_id": int(sequence.track_ids[m]),
                "iscrowd": 0,
                "bbox": [round(n, 3) for n in (x0, y0, x1 - x0, y1 - y0)],
                "area": round((x1 - x0) * (y1 - y0), 3),
                "num_keypoints": int((~gone).sum()),
                "keypoints": [n for x, y, v in zip(xy[::2], xy[1::2], flags, strict=True) for n in (x, y, v)],
                "keypoint_scores": exact_decimals(scores),
            }
            number += 1


def _category(layout: SkeletonLayout, number: int) -> dict[str, Any]:
    """COCO counts the joints of a skeleton from 1; here each bone is [child, parent]."""
    return {
        "id": number,
        "name": "person",
        "supercategory": "person",
        "keypoints": list(layout.joint_names),
        "skeleton": (layout.edge_indices + 1).tolist(),
        MARK: {"layout": layout.name},
    }
