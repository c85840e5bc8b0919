"""A folder of one's own videos, a folder a class, whose poses are looked for once and then kept.

``<root>/<class>/<file>``: the label is the name of the first folder. Folders in a class folder may be
used as one likes (``<root>/wave/anna/1.mp4``): they mean nothing but are part of the clip's name. A
folder in a class folder that holds pictures and no video is a video, too, a frame a picture.

A file named ``S01C02A03R04`` (subject, camera, action, repetition), with anything behind it after
a sign that is no letter or digit, tells who, from where and which take; the views of one take are one group.
Every other file is a group of its own.
"""

import itertools
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.errors import SourceError
from poseact.extraction_listener import ExtractionListener
from poseact.pose_cache import FOLDER_NAME, CachedPoses, PoseCache, default_cache_folder
from poseact.sources import VIDEO_SUFFIXES
from poseact.video.pictures import PICTURE_SUFFIXES

_log = logging.getLogger(__name__)
_PROTOCOL_NAME = re.compile(r"S(\d{1,4})C(\d{1,4})A(\d{1,4})R(\d{1,4})(?![0-9A-Za-z])", re.IGNORECASE)
# A detection looks at no more names than this.
_GLANCE = 5000
_MOST_NAMED = 3
# So many of the videos have a public set's names, if it is that set.
_NEARLY_ALL = 0.9
# A folder that is called so and stands alone is no class.
_NO_CLASS = frozenset(("videos", "video", "clips", "data", "dataset"))


@dataclass(frozen=True)
class FoundVideos:
    """The videos in class folders.

    Attributes:
        files: Files and folders of pictures, relative to the root, sorted; at least two parts each.
        num_ignored: How many files are none: hidden, of another kind, or in no class folder.
        first_ignored: The first few of these, relative to the root.
    """

    files: tuple[Path, ...]
    num_ignored: int
    first_ignored: tuple[Path, ...] = ()


@dataclass(frozen=True)
class VideoSample:
    """A video of a set and what its name and place tell; the attributes are those of `Clip`."""

    path: Path
    label: str
    name: str
    subject: str | None = None
    camera: str | None = None
    repetition: str | None = None
    group: str | None = None
    splits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Extraction:
    """How the poses of a set's videos are come by; the options that all readers of videos share.

    Attributes:
        cache: Folder that keeps the poses; by default `default_cache_folder` of the set.
        estimator: See `PoseCache`.
        estimator_options: Likewise.
        workers: Likewise.
        fps: Likewise.
        listener: See `PoseCache.ensure`.
    """

    cache: Path | None = None
    estimator: str = "blazepose"
    estimator_options: Mapping[str, Any] | None = None
    workers: int | None = None
    fps: float | None = None
    listener: ExtractionListener | None = None

    def ensure(self, videos: Sequence[Path], root: Path) -> Mapping[Path, CachedPoses]:
        """See to the poses of videos of the set at `root`."""
        folder = default_cache_folder(root) if self.cache is None else Path(self.cache)
        if self.cache is None and folder != root / FOLDER_NAME:
            _log.info("%s may not be written: the poses are kept in %s", root, folder)
        options = self.estimator_options
        cache = PoseCache(folder, self.estimator, options, workers=self.workers, fps=self.fps)
        return cache.ensure(videos, self.listener)


def read_video_folder(
    root: Path,
    /,
    *,
    cache: Path | None = None,
    estimator: str = "blazepose",
    estimator_options: Mapping[str, Any] | None = None,
    workers: int | None = None,
    fps: float | None = None,
    listener: ExtractionListener | None = None,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield a clip for every video of a folder with a folder a class, in the order of their paths.

    First the poses of all videos are seen to, which takes its time once; the clips are then
    loaded one at a time. A video in which nobody was seen is a clip of no person.

    Args:
        root: The folder with the class folders.
        cache: Folder that keeps the poses; by default ``poseact-poses`` in `root`, or in the user's
            own cache where `root` cannot be written.
        estimator: A name of `poseact.pose.ESTIMATORS`, or ``package.module:Name``.
        estimator_options: Its options.
        workers: How many processes look for people at once; by default one for each processor.
        fps: Pictures a second of folders of pictures; 25 by default.
        listener: Hears how the extraction goes; by default lines are logged now and then.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If there are no videos in class folders, or one cannot be read.
        InvalidInputError: If the estimator or an option is unknown.
        WeightsError: If the estimator's weights cannot be had.
        OutputError: If the poses cannot be kept.
    """
    root = Path(root)
    found = find_videos(root)
    if found.num_ignored:
        _log.info("%s: left out %s", root, _ignored_in_words(found))
    extraction = Extraction(cache, estimator, estimator_options, workers, fps, listener)
    yield from read_samples(own_samples(root, found), extraction, root, on_broken)


def _ignored_in_words(found: FoundVideos) -> str:
    names = ", ".join(path.as_posix() for path in found.first_ignored)
    if found.num_ignored == 1:
        return f"1 file that is no video in a class folder: {names}"
    more = ", ..." if found.num_ignored > len(found.first_ignored) else ""
    return f"{found.num_ignored} files that are no videos in a class folder: {names}{more}"


def find_videos(root: Path) -> FoundVideos:
    """The videos below `root` that lie in a class folder.

    Raises:
        SourceError: If there is no such folder, or no such video.
    """
    if not root.is_dir():
        raise SourceError(f"{root}: no such folder; expected one with a folder a class, and videos in those")
    files: list[Path] = []
    ignored: list[Path] = []
    num_outside = 0
    for folder, names in _walk(root):
        videos = [name for name in names if _is_video(name)]
        depth = len(folder.relative_to(root).parts)
        if depth >= 2 and not videos and any(_is_picture(name) for name in names):
            files.append(folder.relative_to(root))
            continue
        if depth == 0:
            num_outside = len(videos)
            videos = []
        files += [(folder / name).relative_to(root) for name in videos]
        ignored += [(folder / name).relative_to(root) for name in names if name not in videos]
    if not files:
        where = f"{num_outside} that lie in no class folder" if num_outside else "none"
        raise SourceError(f"{root}: expected videos in a folder a class (<class>/<video>), found {where}")
    return FoundVideos(tuple(sorted(files)), len(ignored), tuple(ignored[:_MOST_NAMED]))


def _walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """The folders that are not hidden, with their files; none twice, whatever the links."""
    seen: set[str] = set()
    for name, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(name)
        folders[:] = [] if real in seen else sorted(filter(may_be_a_class, folders))
        if real not in seen:
            seen.add(real)
            yield Path(name), sorted(files)


def may_be_a_class(name: str) -> bool:
    """Whether a folder of this name is more than a program's own."""
    return not name.startswith(".") and name not in (FOLDER_NAME, "__MACOSX")


def _is_video(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in VIDEO_SUFFIXES


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES


def own_samples(root: Path, found: FoundVideos) -> Iterator[VideoSample]:
    """What the names of one's own videos tell."""
    names = _unique_names(found.files)
    for file, name in zip(found.files, names, strict=True):
        match = _PROTOCOL_NAME.match(file.name)
        if match is None:
            yield VideoSample(root / file, file.parts[0], name, group=file.as_posix())
            continue
        subject, camera, action, repetition = (str(int(number)) for number in match.groups())
        yield VideoSample(
            path=root / file,
            label=file.parts[0],
            name=name,
            subject=subject,
            camera=camera,
            repetition=repetition,
            group=f"S{subject}A{action}R{repetition}",
        )


def _unique_names(files: Sequence[Path]) -> list[str]:
    """``wave_anna_1`` for ``wave/anna/1.mp4``; more of it where that is not enough."""
    taken: set[str] = set()
    out = []
    for file in files:
        plain = "_".join(file.with_suffix("").parts)
        longer = (f"{plain}_{file.suffix[1:]}{number or ''}" for number in itertools.count())
        name = next(text for text in itertools.chain([plain], longer) if text.casefold() not in taken)
        taken.add(name.casefold())
        out.append(name)
    return out


def read_samples(
    samples: Iterable[VideoSample], extraction: Extraction, root: Path, on_broken: OnBroken
) -> Iterator[Clip]:
    """See to the poses of all the samples of the set at `root`, then yield their clips, loaded one by one."""
    wanted = list(samples)
    poses = extraction.ensure([sample.path for sample in wanted], root)
    for sample in wanted:
        try:
            sequence = poses[sample.path].load()
        except SourceError as error:
            on_broken(error)
            continue
        yield Clip(
            sequence=sequence,
            label=sample.label,
            name=sample.name,
            subject=sample.subject,
            camera=sample.camera,
            repetition=sample.repetition,
            group=sample.group,
            splits=sample.splits,
        )


def told_samples(
    root: Path, tell: Callable[[Path], VideoSample | None], expected: str, on_broken: OnBroken
) -> Iterator[VideoSample]:
    """The samples of a public set, whose file names have a fixed form.

    Args:
        root: The folder with the class folders.
        tell: Makes a sample of a path relative to `root`; None where it has another form.
        expected: That form, for the message.
        on_broken: Told of each video with a name of another form.
    """
    for file in find_videos(root).files:
        sample = tell(file)
        if sample is None:
            on_broken(SourceError(f"{root / file}: expected a name like {expected}"))
        else:
            yield sample


def root_with(folder: Path, pattern: str, subfolders: Sequence[str]) -> Path | None:
    """`folder`, or the one of these folders in it, that has videos which match the pattern."""
    for root in (folder, *(folder / name for name in subfolders)):
        try:
            if any(_is_video(path.name) for path in itertools.islice(root.glob(pattern), _GLANCE)):
                return root
        except OSError:
            continue
    return None


def holds_set(folder: Path, name: re.Pattern[str], subfolders: Sequence[str], *, depth: int = 2) -> bool:
    """Whether `folder`, or one of these folders in it, is the public set whose videos have such names.

    Nearly all videos in class folders must have one, so deep below the set's folder: a few may
    have got into any collection.
    """
    return any(_is_set(root, name, depth) for root in (folder, *(folder / inner for inner in subfolders)))


def _is_set(root: Path, name: re.Pattern[str], depth: int) -> bool:
    num_videos = num_fitting = num_seen = 0
    for folder, names in _walk(root):
        above = len(folder.relative_to(root).parts)
        videos = [one for one in names if above and _is_video(one)]
        num_videos += len(videos)
        if above + 1 == depth:
            num_fitting += sum(name.fullmatch(Path(one).stem) is not None for one in videos)
        num_seen += 1 + len(names)
        if num_seen > _GLANCE:
            break
    return 0 < num_fitting >= _NEARLY_ALL * num_videos


def split_folders(root: Path, names: Sequence[str]) -> list[Path]:
    """Where the files of an official split may lie: in the set, beside it, or in a folder of these names."""
    places = [folder / name for folder in (root, root.parent) for name in ("", *names)]
    return [place for place in dict.fromkeys(places) if place.is_dir()]


def _looks_like_class_folders(path: Path) -> bool:
    """Whether there are at least two folders with videos in them, or one level deeper; or just one."""
    classes: set[str] = set()
    try:
        for pattern in ("*/*", "*/*/*"):
            for file in itertools.islice(path.glob(pattern), _GLANCE):
                first = file.relative_to(path).parts[0]
                if may_be_a_class(first) and _is_video(file.name):
                    classes.add(first)
                if len(classes) > 1:
                    return True
        # One alone is a class only if there is no other folder: a home folder has one with videos, too.
        folders = [one.name for one in path.iterdir() if one.is_dir() and may_be_a_class(one.name)]
    except OSError:
        return False
    return bool(classes) and folders == list(classes) and not _NO_CLASS & {name.lower() for name in folders}


FORMAT = DataFormat(
    name="video-folder",
    title="one's own videos: a folder a class, poses looked for once and kept",
    read=read_video_folder,
    detect=_looks_like_class_folders,
)
