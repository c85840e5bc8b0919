"""Names for the files of results: the same video keeps its name, and nothing of another is overwritten."""

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from poseact.errors import SourceError
from poseact.recording import Recording
from poseact.results import VideoFacts, read_document
from poseact.sequence import read_origin
from poseact.video.pictures import PICTURE_SUFFIXES

POSES_SUFFIX = ".poses.npz"


def stem_of(source: Path) -> str:
    """What the results of a video are called where nothing else has that name."""
    return source.resolve().name if source.is_dir() else source.stem


def name_candidates(stem: str, suffix: str) -> Iterator[str]:
    """Without end: ``walk``, ``walk_mp4``, ``walk_mp4_2``, ``walk_mp4_3`` ..."""
    yield stem
    with_suffix = f"{stem}_{suffix.lstrip('.')}".rstrip("_")
    yield with_suffix
    yield from (f"{with_suffix}_{number}" for number in itertools.count(2))


def result_stems(videos: Sequence[Path], folder: Path, suffixes: Collection[str]) -> list[str]:
    """A name for each video's results, different from all the others.

    A video keeps the name that results of it already have in the folder. A new one is called by
    its stem, unless another video of this run has that stem or something else in the folder has
    that name; it then gets its suffix and, if that does not help, a number as well.

    Args:
        videos: Files and folders of pictures.
        folder: Where the results go; need not be there yet.
        suffixes: Of the files that will be written.
    """
    counts = Counter(stem_of(video).casefold() for video in videos)
    taken: set[str] = set()
    out = []
    for video in videos:
        stem = stem_of(video)
        try:
            recording = Recording.of(video)
        except SourceError:  # who reads the video will say so
            recording = None
        suffix = "" if video.is_dir() else video.suffix
        names = name_candidates(stem, suffix)
        name = _choose(names, recording, folder, suffixes, taken, shared=counts[stem.casefold()] > 1)
        taken.add(name.casefold())
        out.append(name)
    return out


def result_stem(video: VideoFacts, folder: Path, suffixes: Collection[str]) -> str:
    """As `result_stems`, for one video that need not be there any more."""
    path = Path(video.name)
    is_folder = video.codec == "pictures" and path.suffix.lower() not in PICTURE_SUFFIXES
    names = name_candidates(video.name, "") if is_folder else name_candidates(path.stem, path.suffix)
    return _choose(names, Recording.told_by(asdict(video)), folder, suffixes, ())


def _choose(
    candidates: Iterator[str],
    recording: Recording | None,
    folder: Path,
    suffixes: Collection[str],
    taken: Collection[str],
    *,
    shared: bool = False,
) -> str:
    """The candidate that is this recording's already, else the first that is free."""
    free = None
    for number, name in enumerate(candidates):
        if name.casefold() in taken:
            continue
        if belongs_to(recording, folder, name, suffixes):
            return name
        is_free = not _told(folder, name) and not any((folder / f"{name}{s}").exists() for s in suffixes)
        if is_free and free is None and not (shared and number == 0):
            free = name
        # Numbers are given without gaps: beyond a free one there is nothing more of this video.
        if free is not None and number >= 2:
            return free
    raise AssertionError("candidates never end")


def belongs_to(recording: Recording | None, folder: Path, stem: str, suffixes: Collection[str]) -> bool:
    """Whether the results of that name are of this recording, and writing them again harms nothing else."""
    told = _told(folder, stem)
    if recording is None or not told or any(other != recording for other in told):
        return False
    return not any(_is_the_video_itself(folder / f"{stem}{suffix}", recording) for suffix in suffixes)


def _is_the_video_itself(path: Path, recording: Recording) -> bool:
    """Whether a file where a result belongs is the video, or a copy of it."""
    # On some file systems WALK.mp4 is the file WALK.MP4.
    may_be = path.name.casefold() == recording.name.casefold() and path.is_file()
    return may_be and Recording.of(path).has_content_of(recording)


def _told(folder: Path, stem: str) -> list[Recording | None]:
    """Of which recordings the files of that name tell; None for a file that does not say."""
    out: list[Recording | None] = []
    if (folder / f"{stem}.json").exists():
        out.append(recording_of_json(folder / f"{stem}.json"))
    if (folder / f"{stem}{POSES_SUFFIX}").exists():
        out.append(recording_of_poses(folder / f"{stem}{POSES_SUFFIX}"))
    return out


def recording_of_json(path: Path) -> Recording | None:
    """Of which recording a .json of results tells; None if it does not say, or is something else."""
    try:
        return Recording.told_by(read_document(path).get("video"))
    except SourceError:
        return None


def recording_of_poses(path: Path) -> Recording | None:
    """Of which recording a .poses.npz tells; None if it does not say, or is something else."""
    try:
        return Recording.told_by((read_origin(path) or {}).get("video"))
    except SourceError:
        return None
