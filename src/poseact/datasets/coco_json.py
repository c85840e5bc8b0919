"""COCO keypoint JSON, in and out: annotations of pictures and of videos' frames, and results lists.

Lin et al., "Microsoft COCO", ECCV 2014; https://cocodataset.org/#format-data and #format-results.
Videos are told as in the forms that grew from it: ``video_id``, ``frame_id`` and ``track_id`` of
COCO-VID and MMPose, ``vid_id`` of PoseTrack, ``attributes.track_id`` of CVAT.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from poseact.clip import Clip
from poseact.datasets.clip_header import ClipHeader, free_name
from poseact.datasets.coco_parsing import Body, Content, Picture, read_content
from poseact.datasets.coco_writing import write_coco_json
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.json_reading import glance
from poseact.datasets.people import SeenFrame, Sighting, checked_rate, sequence_of, sighting
from poseact.datasets.picture_names import frame_numbers, look_like_frames
from poseact.errors import InvalidInputError, SourceError
from poseact.skeleton import SkeletonLayout

RATE_HZ = 30.0
_LISTS = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')
Pictures = Literal["auto", "frames", "single"]
_PEOPLE_LIST = re.compile(rb'^\s*\[\s*\{.{0,200}?"(image_id|category_id)"\s*:', re.DOTALL)


def read_coco_json(
    path: Path,
    *,
    rate_hz: float = RATE_HZ,
    track: bool = True,
    pictures: Pictures = "auto",
    min_frames: int = 1,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clips of an annotation file or a results list.

    Images with a ``video_id`` (or ``vid_id``) are frames of that video, a clip each, in the order of
    ``frame_id`` (``frame_index``), or else of the number in ``file_name``. Images without one
    are frames of one clip if they lie in one folder, have the same size and the same name but
    for a number, and most steps from number to number are equal; else each image is a clip of
    one frame, as in COCO itself. Images where nobody is annotated are frames without people.

    Joints are named by ``categories[].keypoints``; a results list names none and must have COCO's 17.
    A joint with v = 0 is missing, v = 1 (hidden) has confidence 0.5, v = 2 has 1; another number is a
    score, as in results (PoseTrack, which knows no 2, has 1 for 1). People without a
    ``track_id`` are tracked here. Crowds and boxes without joints are left out. Files from
    `write_coco_json` come back as they were.

    Args:
        path: The file.
        rate_hz: Frames per second, for images without ``timestamp``.
        track: Follow people who have no ids; else they are numbered by their place in the frame.
        pictures: Whether images without a video are a clip's ``"frames"`` or ``"single"`` clips.
        min_frames: People seen in fewer frames are left out.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If the file is not of this form.
        InvalidInputError: If an option is not of the expected form.
    """
    if pictures not in get_args(Pictures):
        raise InvalidInputError(f"pictures: expected {', '.join(get_args(Pictures))}, found {pictures!r}")
    path, rate = Path(path), checked_rate(rate_hz)
    content = read_content(path)
    for name, ids in _clips(content.pictures, pictures).items():
        try:
            yield _clip(content, name, ids, path, rate, track, min_frames)
        except SourceError as error:
            on_broken(error)


def _clips(pictures: Mapping[int | str, Picture], mode: Pictures) -> dict[str, list[int | str]]:
    """Ids of the pictures of every clip, by the clip's name."""
    groups: dict[tuple[str, int | str], list[int | str]] = {}
    for key, picture in pictures.items():
        groups.setdefault(picture.group, []).append(key)
    clips: dict[str, list[int | str]] = {}

    for (kind, _), keys in groups.items():
        members = [pictures[key] for key in keys]
        if kind == "video" or (mode != "single" and (mode == "frames" or _is_one_video(members))):
            clips[free_name(members[0].group_name, clips)] = keys
            continue
        for key in keys:
            clips[free_name(pictures[key].name, clips)] = [key]
    return clips


def _is_one_video(pictures: Sequence[Picture]) -> bool:
    numbers = [picture.frame for picture in pictures if picture.frame is not None]
    same_size = len({picture.size_wh for picture in pictures}) == 1
    return len(numbers) == len(pictures) > 1 and same_size and look_like_frames(numbers)


def _clip(
    content: Content,
    name: str,
    keys: Sequence[int | str],
    path: Path,
    rate_hz: float,
    track: bool,
    min_frames: int,
) -> Clip:
    where = f"{path}: {name!r}"
    ordered, times = _in_time([(key, content.pictures[key]) for key in keys], rate_hz, where)
    people = [content.bodies.get(key, ()) for key in ordered]
    header = content.headers.get(name)
    layout = _one_layout(content, people, header, where)
    numbers = _track_numbers(people)
    frames = [
        SeenFrame(time, [_sighting(one, numbers) for one in seen])
        for time, seen in zip(times, people, strict=True)
    ]
    sizes = {content.pictures[key].size_wh for key in keys}
    sequence = sequence_of(
        frames,
        layout,
        where,
        frame_size_wh=(sizes.pop() if len(sizes) == 1 else None) if header is None else header.frame_size_wh,
        track=track,
        min_frames=min_frames,
        track_ids=None if header is None else header.track_ids,
    )
    return Clip(sequence=sequence, label=None, name=name) if header is None else header.clip(sequence)


def _in_time(
    pictures: Sequence[tuple[int | str, Picture]], rate_hz: float, where: str
) -> tuple[list[int | str], list[float]]:
    """Ids of a clip's pictures in order, and their time stamps."""
    numbers = [picture.frame for _, picture in pictures if picture.frame is not None]
    if len(numbers) < len(pictures):
        numbers = frame_numbers([picture.name for _, picture in pictures])
    if len(set(numbers)) < len(numbers):
        raise SourceError(f"{where}: expected every frame once, found two images with one frame number")
    order = np.argsort(numbers, kind="stable").tolist()
    times = [time for i in order if (time := pictures[i][1].timestamp_s) is not None]
    if len(times) < len(pictures):
        # PoseTrack's numbers begin with that of the video, so that only their differences count.
        times = [(numbers[i] - min(numbers)) / rate_hz for i in order]
    return [pictures[i][0] for i in order], times


def _one_layout(
    content: Content, people: Sequence[Sequence[Body]], header: ClipHeader | None, where: str
) -> SkeletonLayout:
    used = {one.category for seen in people for one in seen}
    found = {content.layouts[key].joint_names: content.layouts[key] for key in used}
    if len(found) > 1:
        raise SourceError(
            f"{where}: expected one layout in a clip, found categories {sorted(map(str, used))}"
        )
    if found:
        return found.popitem()[1]
    wanted = [
        layout for layout in content.layouts.values() if header is None or layout.name == header.layout_name
    ]
    return (wanted or list(content.layouts.values()))[0]


def _track_numbers(people: Sequence[Sequence[Body]]) -> Mapping[int | str, int]:
    """The track ids of a clip as numbers: texts are numbered in the order in which they come."""
    found = list(dict.fromkeys(one.track for seen in people for one in seen if one.track is not None))
    if all(isinstance(track, int) for track in found):
        return {track: int(track) for track in found}
    return {track: i for i, track in enumerate(found)}


def _sighting(body: Body, numbers: Mapping[int | str, int]) -> Sighting:
    track_id = None if body.track is None else numbers[body.track]
    return sighting(body.rows, missing=body.missing, track_id=track_id)


def _is_coco(path: Path) -> bool:
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    seen = glance(path)
    if b'"keypoints"' not in seen:
        return False
    if _PEOPLE_LIST.match(seen) is not None:
        return True
    # Which of these lists stand at the ends of a long file depends on who wrote it.
    return re.match(rb"\s*\{", seen) is not None and _LISTS.search(seen) is not None


FORMAT = DataFormat(
    name="coco-json",
    title="COCO keypoints: annotations of pictures or of videos' frames, or a results list",
    read=read_coco_json,
    detect=_is_coco,
    write=write_coco_json,
    suffix=".json",
)
