"""Recordings to be judged and their poses: from files of poses, or estimated once and kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from poseact.errors import SourceError
from poseact.extraction_listener import ExtractionListener
from poseact.naming import POSES_SUFFIX, recording_of_poses
from poseact.pose_cache import PoseCache, default_cache_folder
from poseact.sequence import PoseSequence
from poseact.sources import find_sources


@dataclass(frozen=True)
class PoseSource:
    """A recording, and where its poses are.

    Attributes:
        name: Of the video or of the file of poses.
        aliases: All names that the recording goes by, `name` among them.
        video: Where its people have yet to be looked for; None where the poses were given.
        poses: The file; None where they have not been looked for, or because of `error`.
        error: One line, or None.
    """

    name: str
    aliases: tuple[str, ...]
    video: Path | None = None
    poses: Path | None = None
    error: str | None = None

    def load(self) -> PoseSequence:
        """The poses.

        Raises:
            SourceError: If there are none, the file cannot be read, or it has no frame.
        """
        if self.poses is None:
            raise SourceError(self.error or f"{self.name}: no poses")
        poses = PoseSequence.load(self.poses)
        if poses.num_frames == 0:
            raise SourceError(f"{self.poses}: expected frames, found none")
        return poses


def find_recordings(data: Path) -> list[PoseSource]:
    """The recordings in a file or folder: ``*.poses.npz``, and videos without such beside them.

    Args:
        data: A video, a file of poses, or a folder of either.

    Raises:
        SourceError: If there is nothing of either kind.
    """
    if not data.exists():
        raise SourceError(f"{data}: no such file or folder")
    if data.suffix == ".npz":
        return [_of_poses(data)]
    files = sorted(data.glob(f"*{POSES_SUFFIX}")) if data.is_dir() else []
    videos = _videos(data, {path.name.removesuffix(POSES_SUFFIX) for path in files})
    return [*map(_of_poses, files), *(PoseSource(video.name, (video.name,), video) for video in videos)]


def estimated(
    sources: Sequence[PoseSource],
    data: Path,
    *,
    cache: Path | None = None,
    estimator: str = "blazepose",
    estimator_options: Mapping[str, Any] | None = None,
    workers: int | None = None,
    fps: float | None = None,
    listener: ExtractionListener | None = None,
) -> list[PoseSource]:
    """The recordings with the poses of all videos, which are kept as those of labelled videos are.

    Args:
        sources: Of `find_recordings`.
        data: Where they were found.
        cache: Folder that keeps the poses; by default ``poseact-poses`` beside the videos, or in the
            user's own cache where that cannot be written.
        estimator: A name of `poseact.pose.ESTIMATORS`, or ``package.module:Name``.
        estimator_options: Its options.
        workers: How many processes look for people at once; by default one for each processor.
        fps: Pictures a second of folders of pictures; 25 by default.
        listener: Hears how the extraction goes; by default lines are logged now and then.

    Raises:
        InvalidInputError: If the estimator or an option is unknown.
        WeightsError: If the estimator's weights cannot be had.
    """
    videos = [source.video for source in sources if source.video is not None]
    if not videos:
        return list(sources)
    kept = default_cache_folder(data if data.is_dir() else data.parent) if cache is None else Path(cache)
    found = PoseCache(kept, estimator, estimator_options, workers=workers, fps=fps).ensure(videos, listener)
    return [
        source
        if source.video is None
        else replace(source, poses=found[source.video].path, error=found[source.video].error)
        for source in sources
    ]


def _of_poses(path: Path) -> PoseSource:
    video = recording_of_poses(path)
    return PoseSource(path.name, (path.name,) if video is None else (path.name, video.name), poses=path)


def _videos(data: Path, known: Collection[str]) -> list[Path]:
    """Those without poses beside them."""
    found = find_sources([str(data)])
    if found.problems and not known:
        raise SourceError(
            f"{data}: expected a video, *{POSES_SUFFIX}, or a folder of either, found none"
            if data.is_dir()
            else found.problems[0]
        )
    # A folder of pictures is a video itself, but beside poses its pictures are only pictures.
    return [video for video in found.videos if video.stem not in known and not (known and video == data)]
