"""The clips that a command line names: poses, results, and clips of data sets, ready to be shown."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from poseact.action_model_info import ActionModelInfo
from poseact.clip import Clip
from poseact.errors import InvalidInputError, SourceError
from poseact.kept_apart import seen_notes, unseen_names
from poseact.naming import POSES_SUFFIX, recording_of_poses
from poseact.recording import Recording
from poseact.render.clip_movie import ClipContent
from poseact.results import SCHEMA_NAME, read_document, read_json
from poseact.sequence import PoseSequence, read_origin
from poseact.sources import VIDEO_SUFFIXES
from poseact.video.pictures import find_pictures

_MOST_NAMED = 3


@dataclass(frozen=True)
class Choice:
    """Which clips of a data set.

    Attributes:
        names: Clips of these names.
        labels: Clips of these labels.
        count: So many of each label, the first ones; None: all.
    """

    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    count: int | None = None

    def __post_init__(self) -> None:
        if self.count is not None and self.count < 1:
            raise InvalidInputError(f"--count: expected 1 or more, found {self.count}")
        if self.names and (self.labels or self.count is not None):
            raise InvalidInputError("--clip names the clips: leave out --label and --count")

    @property
    def is_any(self) -> bool:
        """Whether nothing was said of which clips."""
        return not self.names and not self.labels and self.count is None


def poses_of(path: Path) -> ClipContent | None:
    """The poses or the result that a single file holds; None if it is none of poseact's own.

    Raises:
        SourceError: If it is a video, a broken file, or a result without its poses.
    """
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise SourceError(
            f"{path}: a video has no poses yet: run  poseact pose {path}  and give its NAME{POSES_SUFFIX}, "
            "with --video for the picture"
        )
    if path.suffix == ".npz" and path.is_file():
        try:
            read_origin(path)
        except SourceError:
            if path.name.endswith(POSES_SUFFIX):
                raise
            return None  # the .npz of something else, perhaps of a data format
        return ClipContent(PoseSequence.load(path), path.name.removesuffix(".npz").removesuffix(".poses"))
    if path.suffix == ".json" and path.is_file() and _is_result(path):
        return _result(path)
    return None


def _is_result(path: Path) -> bool:
    try:
        return read_document(path).get("schema") == SCHEMA_NAME
    except SourceError:
        return False


def _result(path: Path) -> ClipContent:
    poses = path.with_name(f"{path.stem}{POSES_SUFFIX}")
    if not poses.exists():
        raise SourceError(f"{path}: the poses of this result, {poses.name}, are not beside it")
    return ClipContent(PoseSequence.load(poses), path.stem, timeline=read_json(path))


def chosen(clips: Iterator[Clip], choice: Choice, whose: Path | str) -> list[Clip]:
    """The clips that are wanted, in the order of the data set; reading ends when they are complete.

    Raises:
        InvalidInputError: If nothing says which of several clips.
        SourceError: If a clip or label that was asked for is not there.
    """
    if choice.is_any:
        return _only_one(clips, whose)
    if choice.names:
        return _named(clips, choice.names, whose)
    found: list[Clip] = []
    counts: Counter[str | None] = Counter()
    labels: set[str | None] = set()
    for clip in clips:
        labels.add(clip.label)
        wanted = not choice.labels or clip.label in choice.labels
        if wanted and (choice.count is None or counts[clip.label] < choice.count):
            counts[clip.label] += 1
            found.append(clip)
        complete = choice.labels and choice.count is not None
        if complete and all(counts[label] == choice.count for label in choice.labels):
            break
    missing = [label for label in choice.labels if not counts[label]]
    if missing:
        known = ", ".join(sorted(label for label in labels if label is not None))
        raise SourceError(f"{whose}: no clip of label {missing[0]!r}; its labels: {known}")
    if not found:
        raise SourceError(f"{whose}: no clip in it")
    return found


def unseen_by(info: ActionModelInfo, clips: list[Clip], data: Path) -> tuple[list[Clip], str]:
    """The clips that a model's own protocol kept apart, and a line that says so.

    All of them where the model or the set does not say which these are; the line then says that the
    model has learnt from this set, or is empty.
    """
    names = set(unseen_names(info.learnt_from, [clip.info for clip in clips]))
    if not names:
        told = seen_notes(info.learnt_from, data) if info.learnt_from else ()
        return clips, "".join(f"{data}: {line}" for line in told[:1])
    line = (
        f"{data}: shows only the test part of {info.learnt_from['protocol']!r}, which the model has not "
        "learnt from; --clip NAME shows any clip"
    )
    return [clip for clip in clips if clip.name in names], line


def _only_one(clips: Iterator[Clip], whose: Path | str) -> list[Clip]:
    first = list(itertools.islice(clips, _MOST_NAMED + 1))
    if not first:
        raise SourceError(f"{whose}: no clip in it")
    if len(first) > 1:
        names = ", ".join(clip.name for clip in first[:_MOST_NAMED])
        more = " ..." if len(first) > _MOST_NAMED else ""
        raise InvalidInputError(
            f"{whose}: holds several clips ({names}{more}): choose with --clip NAME, --label L or --count N"
        )
    return first


def _named(clips: Iterator[Clip], names: Sequence[str], whose: Path | str) -> list[Clip]:
    found: dict[str, Clip] = {}
    seen: list[str] = []
    for clip in clips:
        seen.append(clip.name)
        if clip.name in names:
            found[clip.name] = clip
            if len(found) == len(set(names)):
                break
    missing = [name for name in names if name not in found]
    if missing:
        some = ", ".join(seen[:_MOST_NAMED])
        more = f" and {len(seen) - _MOST_NAMED} more" if len(seen) > _MOST_NAMED else ""
        raise SourceError(f"{whose}: no clip is called {missing[0]!r}; it has {some}{more}")
    return [found[name] for name in dict.fromkeys(names)]


def video_of(name: str, given: Path) -> Path:
    """The video of a clip: the one given, or the one in a folder of videos that has the clip's name.

    Raises:
        SourceError: If there is no such file, or none of that name in the folder.
    """
    if not given.exists():
        raise SourceError(f"{given}: no such file or folder")
    if not given.is_dir():
        return given
    for stem in dict.fromkeys((name, Path(name).name)):
        for suffix in ("", *sorted(VIDEO_SUFFIXES), *(s.upper() for s in sorted(VIDEO_SUFFIXES))):
            video = given / f"{stem}{suffix}"
            if video.is_file() or _holds_pictures(video):
                return video
    if _holds_pictures(given):
        return given
    raise SourceError(f"{given}: no video called {name} in this folder: name the file, or leave out --video")


def _holds_pictures(folder: Path) -> bool:
    try:
        return folder.is_dir() and bool(find_pictures(folder))
    except SourceError:
        return False


def foreign_note(poses: Path, video: Path) -> str | None:
    """A line, if a file of poses tells that they were found in another recording than this video."""
    file = poses if poses.suffix == ".npz" else poses.with_name(f"{poses.stem}{POSES_SUFFIX}")
    told = recording_of_poses(file) if file.is_file() else None
    if told is None or Recording.of(video).has_content_of(told):
        return None
    return f"{video}: the poses in {file.name} were found in {told.name}, which is not this very file"
