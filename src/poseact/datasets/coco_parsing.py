"""Takes COCO keypoint files apart: which pictures they have, in which videos, and who is seen in each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.datasets.clip_header import ClipHeader, free_name, header_from_json
from poseact.datasets.coco_writing import MARK
from poseact.datasets.joint_naming import joint_name, layout_of
from poseact.datasets.json_reading import (
    as_int,
    as_list,
    as_mapping,
    as_number,
    as_numbers,
    as_text,
    load_json,
)
from poseact.datasets.picture_names import split_number
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import COCO17
from poseact.skeleton import SkeletonLayout

# Of a joint that is labelled but hidden; https://cocodataset.org/#format-data has v = 0, 1, 2.
_HIDDEN = 0.5


@dataclass(frozen=True)
class Picture:
    """One image: which group it belongs to, a video or pictures with like names, and where in it."""

    group: tuple[str, int | str]
    group_name: str
    name: str
    frame: int | None
    timestamp_s: float | None
    size_wh: tuple[int, int] | None


@dataclass(frozen=True)
class Body:
    """One annotation: rows (V, 3) of x, y, confidence; missing (V,)."""

    rows: NDArray[np.float64]
    missing: NDArray[np.bool_]
    category: int | None
    track: int | str | None


@dataclass(frozen=True)
class Content:
    """A file, taken apart."""

    pictures: Mapping[int | str, Picture]
    bodies: Mapping[int | str, Sequence[Body]]
    layouts: Mapping[int | None, SkeletonLayout]
    headers: Mapping[str, ClipHeader]


def read_content(path: Path) -> Content:
    """An annotation file or a results list.

    Raises:
        SourceError: If it is neither.
    """
    loaded = load_json(path)
    return _from_results(loaded, path) if isinstance(loaded, list) else _from_dataset(loaded, path)


def _from_results(people: Sequence[Any], path: Path) -> Content:
    pictures: dict[int | str, Picture] = {}
    bodies: dict[int | str, list[Body]] = {}
    for i, value in enumerate(people):
        where = f"{path}: result {i}"
        person = as_mapping(value, where)
        image = _key(person.get("image_id"), f"{where}: image_id")
        pictures.setdefault(image, _picture_of_name(str(image), path.stem))
        body = _body(person, None, False, where)
        if body is not None:
            if len(body.rows) != COCO17.num_joints:
                raise SourceError(
                    f"{where}: expected 51 numbers (COCO's 17 joints; a results list names none), "
                    f"found {body.rows.size}"
                )
            bodies.setdefault(image, []).append(body)
    if not bodies:
        raise SourceError(f"{path}: expected people with keypoints, found none")
    return Content(pictures, bodies, {None: COCO17}, {})


def _from_dataset(loaded: Any, path: Path) -> Content:
    content = as_mapping(loaded, str(path))
    for part in ("images", "annotations", "categories"):
        if part not in content:
            raise SourceError(f"{path}: expected images, annotations and categories, found no {part!r}")
    images = [
        as_mapping(one, f"{path}: images[{i}]")
        for i, one in enumerate(as_list(content["images"], f"{path}: images"))
    ]
    names, headers = _videos(content.get("videos", []), path)
    pictures: dict[int | str, Picture] = {}
    for i, image in enumerate(images):
        where = f"{path}: images[{i}]"
        key = _key(image.get("id"), f"{where}: id")
        if key in pictures:
            raise SourceError(f"{where}: id: expected a different one for every image, found {key!r} twice")
        if image.get("is_labeled") is not False:  # PoseTrack: frames that nobody has looked at
            pictures[key] = _picture(image, names, path.stem, where)
    if not pictures:
        raise SourceError(f"{path}: expected images, found none")
    posetrack = any("vid_id" in image for image in images)
    layouts = _layouts(content["categories"], path)
    known = {_key(image["id"], f"{path}: images") for image in images}
    bodies = _bodies(content["annotations"], known, layouts, posetrack, path)
    return Content(pictures, bodies, layouts, headers)


def _videos(value: Any, path: Path) -> tuple[dict[int | str, str], dict[str, ClipHeader]]:
    """Names of the videos by id, unique; and of those that poseact has written, all we know."""
    names: dict[int | str, str] = {}
    headers = {}
    for i, one in enumerate(as_list(value, f"{path}: videos")):
        where = f"{path}: videos[{i}]"
        video = as_mapping(one, where)
        key = _key(video.get("id"), f"{where}: id")
        given = video.get("name", video.get("file_name"))
        name = str(key) if given is None else as_text(given, f"{where}: name")
        if key in names:
            raise SourceError(f"{where}: id: expected a different one for every video, found {key!r} twice")
        names[key] = free_name(name, names.values())
        if MARK in video:
            headers[names[key]] = header_from_json(video[MARK], f"{where}: {MARK}")
    return names, headers


def _picture_of_name(name: str, stem: str) -> Picture:
    """A picture of which only the name is known."""
    plain = name.rsplit(".", 1)[0] if "." in name.rsplit("/", 1)[-1] else name
    before, number = split_number(name) or (plain, None)
    return Picture(
        group=("name", before),
        group_name=before.strip("_-./ ") or stem,
        name=plain.strip("/") or stem,
        frame=number,
        timestamp_s=None,
        size_wh=None,
    )


def _picture(image: Mapping[str, Any], videos: Mapping[int | str, str], stem: str, where: str) -> Picture:
    given = image.get("file_name")
    file = None if given is None else as_text(given, f"{where}: file_name").replace("\\", "/")
    found = _picture_of_name(file or str(image["id"]), stem)
    width, height = (image.get(key) for key in ("width", "height"))
    size = None
    if width is not None and height is not None:
        size = as_int(width, f"{where}: width"), as_int(height, f"{where}: height")
    frame = image.get("frame_id", image.get("frame_index"))
    time = image.get("timestamp")
    found = replace(
        found,
        size_wh=size if size is not None and min(size) > 0 else None,
        frame=found.frame if frame is None else as_int(frame, f"{where}: frame_id"),
        timestamp_s=None if time is None else as_number(time, f"{where}: timestamp"),
    )
    video = image.get("video_id", image.get("vid_id"))
    if video is None:
        return found
    key = _key(video, f"{where}: video_id")
    # PoseTrack has no list of videos; the folder of the frames is the name that people know.
    folder = file.rpartition("/")[0].rpartition("/")[2] if file else ""
    return replace(found, group=("video", key), group_name=videos.get(key) or folder or str(key))


def _key(value: Any, where: str) -> int | str:
    """An id: COCO's are whole numbers, other tools' may be texts."""
    return as_text(value, where) if isinstance(value, str) else as_int(value, where)


def _layouts(value: Any, path: Path) -> dict[int | None, SkeletonLayout]:
    """The layout of every category that has joints."""
    layouts: dict[int | None, SkeletonLayout] = {}
    for i, one in enumerate(as_list(value, f"{path}: categories")):
        where = f"{path}: categories[{i}]"
        category = as_mapping(one, where)
        given = as_list(category.get("keypoints") or [], f"{where}: keypoints")
        if given:
            names = [as_text(name, f"{where}: keypoints") for name in given]
            layouts[as_int(category.get("id"), f"{where}: id")] = _layout(category, names, where)
    if not layouts:
        raise SourceError(
            f"{path}: expected a category with keypoints, found none: COCO's boxes hold no poses"
        )
    return layouts


def _layout(category: Mapping[str, Any], names: Sequence[str], where: str) -> SkeletonLayout:
    known = [joint_name(name) for name in names]
    mark = category.get(MARK)
    layout_name = mark.get("layout") if isinstance(mark, dict) else None
    used = known if layout_name is None and len(set(known)) == len(known) else names
    pairs = category.get("skeleton")
    edges = [
        (used[pair[0] - 1], used[pair[1] - 1])
        for pair in (pairs if isinstance(pairs, list) else ())
        # A skeleton is only drawn: a wrong one must not keep anybody from the poses.
        if isinstance(pair, list)
        and len(pair) == 2
        and all(type(n) is int and 0 < n <= len(used) for n in pair)
    ]
    try:
        return layout_of(used, edges, name=layout_name if isinstance(layout_name, str) else "custom")
    except InvalidInputError as error:
        raise SourceError(f"{where}: {error}") from error


def _bodies(
    value: Any,
    images: set[int | str],
    layouts: Mapping[int | None, SkeletonLayout],
    posetrack: bool,
    path: Path,
) -> dict[int | str, list[Body]]:
    bodies: dict[int | str, list[Body]] = {}
    only = next(iter(layouts)) if len(layouts) == 1 else None
    for i, one in enumerate(as_list(value, f"{path}: annotations")):
        where = f"{path}: annotations[{i}]"
        annotation = as_mapping(one, where)
        category = annotation.get("category_id", only)
        key = as_int(category, f"{where}: category_id")
        image = _key(annotation.get("image_id"), f"{where}: image_id")
        if image not in images:
            raise SourceError(f"{where}: image_id: expected the id of one of the images, found {image!r}")
        if key not in layouts or annotation.get("iscrowd") in (1, True):
            continue
        body = _body(annotation, key, posetrack, where)
        if body is None:
            continue
        if len(body.rows) != layouts[key].num_joints:
            raise SourceError(
                f"{where}: expected {layouts[key].num_joints} joints, as category {key} has, "
                f"found {len(body.rows)}"
            )
        bodies.setdefault(image, []).append(body)
    return bodies


def _body(person: Mapping[str, Any], category: int | None, posetrack: bool, where: str) -> Body | None:
    """The joints of an annotation, or (without category) a result; None where it has none."""
    numbers = as_numbers(person.get("keypoints") or [], f"{where}: keypoints")
    if len(numbers) % 3:
        raise SourceError(
            f"{where}: keypoints: expected x, y, v of every joint, found {len(numbers)} numbers"
        )
    rows = numbers.reshape(-1, 3)
    flags = rows[:, 2]
    missing = np.asarray((rows == 0).all(axis=1))
    if category is not None and np.isin(flags, (0, 1, 2)).all():
        missing = flags == 0
        seen = 1.0 if posetrack else _HIDDEN
        rows = np.column_stack([rows[:, :2], np.where(flags == 1, seen, flags).clip(0, 1)])
    if missing.all():
        return None
    scores = person.get("keypoint_scores", person.get("scores"))
    if isinstance(scores, list) and len(scores) == len(rows):
        rows = np.column_stack([rows[:, :2], as_numbers(scores, f"{where}: keypoint_scores")])
    return Body(rows, missing, category, _track(person, where))


def _track(person: Mapping[str, Any], where: str) -> int | str | None:
    attributes = person.get("attributes")
    inner = attributes.get("track_id") if isinstance(attributes, dict) else None
    value = person.get("track_id", inner)
    return None if value is None else _key(value, f"{where}: track_id")
