"""Keeps the poses of many videos, so that each video is looked at once and again only when it changes.

A cache is a folder::

    poseact-poses/
        index.json                       which file was what when last looked at; only saves time
        blazepose-1f0c5e2d9a/            an estimator with its options and version
            estimator.json               the same in words
            wave_01-3b...f2.poses.npz    a PoseSequence, which also tells where it comes from

Entries are found by the video's content (`poseact.recording.Recording`: samples of it), not by its
name: a video that was renamed, moved or only touched is not looked at again, one that was changed is.
"""

import hashlib
import importlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from poseact.errors import InvalidInputError, OutputError, SourceError
from poseact.extraction_listener import ExtractionListener, LoggingListener
from poseact.files import write_text_whole
from poseact.pose import ESTIMATORS, create_estimator
from poseact.pose_extraction import ExtractionEvent, ExtractionJob, ExtractionPool
from poseact.recording import Recording
from poseact.recording_index import RecordingIndex, size_in_bytes
from poseact.sequence import PoseSequence, read_origin
from poseact.video.pictures import DEFAULT_FPS

POSE_VERSION = 1
"""Part of every entry's key: to be raised when poseact's own estimators begin to give other answers."""

FOLDER_NAME = "poseact-poses"
_SUFFIX = ".poses.npz"
_ENTRY = re.compile(r".*-([0-9a-f]{32}(?:-[0-9.e+-]+fps)?)\.poses\.npz")
_RUN_PREFIX = ".run-"
# Left behind by a run that was killed; nothing that is younger may be touched: it may be at work.
_STALE_S = 24 * 3600.0


@dataclass(frozen=True)
class CachedPoses:
    """What the cache has of one video.

    Attributes:
        video: As it was asked for.
        path: The poses, or None where there are none because of `error`.
        error: One line that begins with the video, or None.
        warnings: What went not quite right when its people were looked for, a line each.
        num_frames: In the poses.
        num_persons: Likewise; 0 where nobody was seen, which is an answer and not an error.
        is_new: Whether it was looked at just now.
    """

    video: Path
    path: Path | None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    num_frames: int = 0
    num_persons: int = 0
    is_new: bool = False

    def load(self) -> PoseSequence:
        """The poses.

        Raises:
            SourceError: If there are none, or the file cannot be read.
        """
        if self.path is None:
            raise SourceError(self.error or f"{self.video}: no poses")
        return PoseSequence.load(self.path)


def default_cache_folder(root: Path) -> Path:
    """Where the poses of the videos below `root` are kept unless told otherwise.

    ``poseact-poses`` in it; where that cannot be written, a folder of the user's own cache.
    """
    inside = root / FOLDER_NAME
    if inside.is_dir() or os.access(root, os.W_OK):
        return inside
    resolved = root.resolve()
    own = f"{_slug(resolved.name)}-{hashlib.sha256(os.fsencode(resolved)).hexdigest()[:12]}"
    return Path(platformdirs.user_cache_dir("poseact", appauthor=False)) / "poses" / own


def default_num_workers() -> int:
    """A process for each processor that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class PoseCache:
    """Poses by video, estimator and options; see the module."""

    def __init__(
        self,
        folder: Path,
        estimator: str = "blazepose",
        options: Mapping[str, Any] | None = None,
        *,
        workers: int | None = None,
        fps: float | None = None,
    ) -> None:
        """Nothing is read or written yet.

        Args:
            folder: Made when it is needed.
            estimator: A name of `poseact.pose.ESTIMATORS`, or ``package.module:Name``.
            options: Of the estimator: numbers, text, paths, true or false.
            workers: How many processes look for people at once; by default one for each processor.
            fps: Pictures a second of folders of pictures; 25 by default.

        Raises:
            InvalidInputError: If an option is of another kind, a number is not above 0, or the
                estimator's module cannot be imported.
        """
        if workers is not None and workers < 1:
            raise InvalidInputError(f"workers: expected 1 or more, found {workers}")
        if fps is not None and not 0 < fps < float("inf"):
            raise InvalidInputError(f"fps: expected more than 0, found {fps}")
        self.folder = Path(folder)
        self.estimator = estimator
        self.workers = workers or default_num_workers()
        self._fps = fps
        self._options = {key: _plain(key, value) for key, value in (options or {}).items()}
        self._facts = {
            "options": self._options,
            "pose_version": POSE_VERSION,
            **_version_of(estimator),
            **_files_of(self._options),
        }
        key = json.dumps([estimator, self._facts], sort_keys=True)
        self._place = self.folder / f"{_slug(estimator)}-{hashlib.sha256(key.encode()).hexdigest()[:10]}"

    def ensure(
        self, videos: Iterable[Path], listener: ExtractionListener | None = None
    ) -> dict[Path, CachedPoses]:
        """See to it that the poses of all these videos are there.

        Every video that is finished is kept, whatever becomes of the others; an interruption
        (KeyboardInterrupt) ends all processes and goes on to the caller. A video that cannot be
        read has an error in the answer and is tried again the next time.

        Args:
            videos: Files and folders of pictures.
            listener: Hears how it goes; by default lines are logged now and then.

        Raises:
            InvalidInputError: If the estimator or its options are unknown.
            WeightsError: If the estimator's weights cannot be had.
            OutputError: If the folder cannot be written.
        """
        hears = LoggingListener() if listener is None else listener
        wanted = list(dict.fromkeys(Path(video) for video in videos))
        answers: dict[Path, CachedPoses] = {}
        missing: dict[str, list[Path]] = {}
        with RecordingIndex.of(self.folder) as index:
            there = self._entries()
            for video in wanted:
                try:
                    key = self._key(video, index.fingerprint(video))
                except SourceError as error:
                    answers[video] = _failed(video, str(error))
                    continue
                found = _told_by(video, there[key]) if key in there else None
                if found is None:
                    missing.setdefault(key, []).append(video)
                else:
                    answers[video] = found
        if missing:
            # The largest first: none is left over for one process in the end.
            missing = dict(sorted(missing.items(), key=lambda item: -size_in_bytes(item[1][0])))
            sizes = {same[0]: size_in_bytes(same[0]) for same in missing.values()}
            num_ready = sum(answer.error is None for answer in answers.values())
            hears.started(sizes, num_ready, min(self.workers, len(missing)))
            for outcome in self._extract(missing, hears):
                answers[outcome.video] = outcome
        in_order = {video: answers[video] for video in wanted}
        hears.finished(list(in_order.values()))
        return in_order

    def path_of(self, video: Path) -> Path:
        """Where the poses of a video are kept, or would be.

        Raises:
            SourceError: If the video cannot be read.
        """
        with RecordingIndex.of(self.folder) as index:
            key = self._key(video, index.fingerprint(video))
        return self._entries().get(key, self._new_path(video, key))

    def prune(self, keep: Iterable[Path]) -> list[Path]:
        """Remove the poses, of every estimator and version, of all but these videos; what was removed."""
        with RecordingIndex.of(self.folder) as index:
            kept = {index.fingerprint(video) for video in map(Path, keep)}
            index.forget_all_but(kept)
        removed = []
        for path in sorted(self.folder.glob(f"*/*{_SUFFIX}")):
            match = _ENTRY.fullmatch(path.name)
            if match is not None and match[1][:32] not in kept:
                path.unlink(missing_ok=True)
                removed.append(path)
        return removed

    def _entries(self) -> dict[str, Path]:
        """The files that are there, by key."""
        files = (path for path in self._place.glob(f"*{_SUFFIX}") if not path.name.startswith("."))
        matches = ((path, _ENTRY.fullmatch(path.name)) for path in files)
        return {match[1]: path for path, match in matches if match is not None}

    def _key(self, video: Path, fingerprint: str) -> str:
        return fingerprint if self._rate(video) is None else f"{fingerprint}-{self._rate(video):g}fps"

    def _new_path(self, video: Path, key: str) -> Path:
        return self._place / f"{_slug(video.stem)}-{key}{_SUFFIX}"

    def _rate(self, video: Path) -> float | None:
        """Pictures a second, which only folders of pictures need to be told."""
        return (self._fps or DEFAULT_FPS) if video.is_dir() else None

    def _extract(
        self, missing: Mapping[str, Sequence[Path]], listener: ExtractionListener
    ) -> Iterator[CachedPoses]:
        """Look for the people; `missing` has the videos by key, several where they are copies."""
        self._prepare()
        with _run_folder(self.folder) as run:
            jobs = {}
            for number, (key, same) in enumerate(missing.items()):
                job = ExtractionJob(same[0], run / f"{number}{_SUFFIX}", self._rate(same[0]))
                jobs[job] = (key, same)
            pool = ExtractionPool(
                self.estimator, self._options, self._facts, num_workers=self.workers, folder=run
            )
            with pool:
                for event in pool.run(list(jobs)):
                    if event.kind == "progress":
                        listener.progressed(event.job.video, event.facts["done"], event.facts["total"])
                        continue
                    key, same = jobs[event.job]
                    first, *copies = [self._outcome(video, key, event) for video in same]
                    listener.ended(first)
                    yield from (first, *copies)

    def _outcome(self, video: Path, key: str, event: ExtractionEvent) -> CachedPoses:
        """Put what a process has written where it belongs."""
        if event.kind == "failed":
            return _failed(video, event.facts["error"])
        if event.facts["fingerprint"] != key[:32]:
            return _failed(video, "it was changed while it was read: run this again")
        path = self._new_path(event.job.video, key)
        if event.job.target.exists():  # not any more for the second of two copies
            try:
                event.job.target.replace(path)
            except OSError as error:
                raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
        return CachedPoses(
            video,
            path,
            warnings=tuple(event.facts["warnings"]),
            num_frames=event.facts["num_frames"],
            num_persons=event.facts["num_persons"],
            is_new=True,
        )

    def _prepare(self) -> None:
        """Make the folder, and see once here that the estimator can be made: weights are fetched once."""
        create_estimator(self.estimator, **self._options)
        try:
            self._place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self._place}: poses cannot be kept here ({error.strerror}): choose another cache folder"
            ) from error
        described = {"estimator": self.estimator, **self._facts}
        write_text_whole(self._place / "estimator.json", json.dumps(described, indent=1) + "\n")


def _told_by(video: Path, path: Path) -> CachedPoses | None:
    """An entry's own word on itself; None if the file is broken."""
    try:
        origin = read_origin(path)
    except SourceError:
        return None
    match origin:
        case {"warnings": list(warnings), "num_frames": int(frames), "num_persons": int(persons)}:
            return CachedPoses(video, path, None, tuple(map(str, warnings)), frames, persons)
    return None


def _failed(video: Path, error: str) -> CachedPoses:
    prefix = f"{video}: "
    return CachedPoses(video, None, prefix + error.removeprefix(prefix))


@contextmanager
def _run_folder(cache: Path) -> Iterator[Path]:
    """A folder for what is not finished; gone with everything in it, however the block is left."""
    for old in cache.glob(f"{_RUN_PREFIX}*"):
        if time.time() - old.stat().st_mtime > _STALE_S:
            shutil.rmtree(old, ignore_errors=True)
    try:
        run = Path(tempfile.mkdtemp(prefix=_RUN_PREFIX, dir=cache))
    except OSError as error:
        raise OutputError(
            f"{cache}: poses cannot be kept here ({error.strerror}): choose another cache folder"
        ) from error
    try:
        yield run
    finally:
        shutil.rmtree(run, ignore_errors=True)


def _plain(key: str, value: Any) -> Any:
    """An option as JSON can hold it.

    Raises:
        InvalidInputError: If it cannot.
    """
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise InvalidInputError(
        f"estimator option {key!r}: expected a number, text, a path, true or false; "
        f"found {type(value).__name__}"
    )


def _files_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the files are that options name, such as weights: other weights give other poses."""
    named = {key: value for key, value in options.items() if isinstance(value, str)}
    given = os.environ.get("POSEACT_WEIGHTS")
    if given and "weights" not in options:
        named["POSEACT_WEIGHTS"] = given
    contents = {key: content for key, value in named.items() if (content := _content(Path(value)))}
    return {"files": contents} if contents else {}


def _content(path: Path) -> list[str]:
    """Of a file, or of the files in a folder; nothing where there is neither."""
    try:
        files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
        return [Recording.of(file).fingerprint for file in files]
    except (SourceError, OSError, ValueError):
        return []


def _version_of(estimator: str) -> dict[str, Any]:
    """An outsider's estimator may have a POSE_VERSION of its own, beside it in its module.

    Raises:
        InvalidInputError: If the module cannot be imported.
    """
    module, _, name = estimator.partition(":")
    if estimator in ESTIMATORS or not name:
        return {}
    try:
        version = getattr(importlib.import_module(module), "POSE_VERSION", None)
    except (ImportError, ValueError) as error:
        raise InvalidInputError(f"estimator {estimator!r} cannot be imported: {error}") from error
    return {} if version is None else {"estimator_version": str(version)}


def _slug(text: str) -> str:
    """Text as a part of a file name on any system."""
    return re.sub(r"[^\w.+-]+", "_", text).strip("._-")[:40] or "video"
