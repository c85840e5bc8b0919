"""Many videos, one after another: results written as they come, one failure never stops the rest."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from poseact.errors import InvalidInputError, OutputError, SourceError, one_line
from poseact.exports import export_texts
from poseact.exports.by_hand import is_worked_on
from poseact.files import make_folder, remove_stale_parts
from poseact.naming import POSES_SUFFIX, belongs_to
from poseact.outputs import origin, result_suffixes, write_results
from poseact.pipeline import OnProgress, Progress, find_people, predict
from poseact.pose import PoseEstimator
from poseact.pose.recorded import RecordedPoses
from poseact.recognizer import Recognizer
from poseact.recording import Recording
from poseact.results import ModelFacts, Result, read_document
from poseact.sequence import PoseSequence, read_origin
from poseact.video import is_pictures
from poseact.video.pictures import DEFAULT_FPS

# Exports that people go on with in ELAN and BORIS.


@dataclass(frozen=True)
class Job:
    """One video and what to make of it.

    Attributes:
        source: File or folder of pictures.
        stem: What the results are called, without suffix.
        fps: Pictures per second if the source is a folder of pictures; None for the usual.
        poses: File of the poses that the estimator found in it before, to be used again.
    """

    source: Path
    stem: str
    fps: float | None = None
    poses: Path | None = None


@dataclass(frozen=True)
class Outputs:
    """What to write, and where.

    Attributes:
        folder: Made if it is not there.
        video: Whether to write the annotated video: a second pass over the frames.
        json_only: Write ``<stem>.json`` alone.
        poses_only: Write ``<stem>.poses.npz`` alone.
        exports: Other programs' formats to write as well; see `poseact.exports.EXPORTS`.

    Raises:
        InvalidInputError: If there is no such export.
    """

    folder: Path
    video: bool = True
    json_only: bool = False
    poses_only: bool = False
    exports: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        export_texts(self.exports)

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Of the files of a job, in the order written."""
        if self.poses_only:
            return (POSES_SUFFIX,)
        return result_suffixes(video=self.video, json_only=self.json_only, exports=self.exports)

    def files(self, stem: str) -> list[Path]:
        """Where the files of that name belong."""
        return [self.folder / f"{stem}{suffix}" for suffix in self.suffixes]

    def are_complete(self, job: Job, estimator: str, model: ModelFacts | None = None) -> bool:
        """Whether all files of a job are there, of this video, by this estimator and this model."""
        try:
            if not all(path.exists() for path in self.files(job.stem)):
                return False
            if not belongs_to(Recording.of(job.source), self.folder, job.stem, self.suffixes):
                return False
            made = self._made(job)
        except (SourceError, KeyError):  # what cannot be read is made again
            return False
        expected: dict[str, Any] = {"estimator": estimator}
        if model is not None:
            expected["model"] = json.loads(json.dumps(asdict(model)))
        return all(made[key] == value for key, value in expected.items()) and _at_rate(job, made["times_s"])

    def kept_poses(self, job: Job, estimator: str) -> Path | None:
        """The poses that this estimator found in this video before; None if there are none."""
        path = self.folder / f"{job.stem}{POSES_SUFFIX}"
        try:
            told = read_origin(path) or {}
            if told.get("estimator") != estimator:
                return None
            if Recording.told_by(told.get("video")) != Recording.of(job.source):
                return None
            return path if _at_rate(job, PoseSequence.load(path).timestamps.tolist()) else None
        except SourceError:
            return None

    def worked_on(self, job: Job) -> Path | None:
        """An export that would be replaced, and that somebody has worked on; None if there is none."""
        made = self.folder / f"{job.stem}.json"
        if not made.exists():
            return None
        there = (path for path in self.files(job.stem) if path.exists())
        return next((path for path in there if is_worked_on(path, made)), None)

    def _made(self, job: Job) -> Mapping[str, Any]:
        """How the results of a job were made, and the times of their frames."""
        if self.poses_only:
            path = self.folder / f"{job.stem}{POSES_SUFFIX}"
            return {**(read_origin(path) or {}), "times_s": PoseSequence.load(path).timestamps}
        document = read_document(self.folder / f"{job.stem}.json")
        return {**document, "times_s": document["frame_times_s"]}


def _at_rate(job: Job, times_s: Sequence[float]) -> bool:
    """Whether pictures were taken at the job's rate; of those left out in between there is a gap."""
    if len(times_s) < 2 or not is_pictures(job.source):
        return True
    return bool(abs(np.diff(times_s).min() * (job.fps or DEFAULT_FPS) - 1) < 0.01)


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: The job.
        result: What was found, or None when the job failed.
        error: One line, or None when it went well.
        warnings: What went not quite right, a line each.
        seconds: Wall time from its start until its last file was whole.
        files: What was written.
    """

    job: Job
    result: Result | None = None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    files: tuple[Path, ...] = field(default=())

    @property
    def problem(self) -> str | None:
        """The error with the video's path before it, once; None when it went well."""
        if self.error is None:
            return None
        prefix = f"{self.job.source}: "
        return prefix + self.error.removeprefix(prefix)


class Listener(Protocol):
    """Hears how the work goes; may be called from two threads."""

    def progressed(self, job: Job, progress: Progress) -> None:
        """One more frame."""

    def ended(self, outcome: Outcome) -> None:
        """A job is done or has failed."""


class _StoppedError(Exception):
    """The batch was interrupted; whoever is still at work gives up at its next frame."""


def check_folder(folder: Path) -> None:
    """Make sure that results can be written, before hours are spent on making them.

    What runs that were killed have left of unfinished files is removed.

    Raises:
        OutputError: If the folder cannot be made or written to.
    """
    make_folder(folder)
    try:
        probe = folder / f".poseact-{threading.get_ident()}.part"
        probe.touch()
        probe.unlink()
        remove_stale_parts(folder)
    except OSError as error:
        raise OutputError(
            f"{folder}: results cannot be written here ({error.strerror}): choose another folder"
        ) from error


def check_poses_fit(jobs: Sequence[Job], estimator: PoseEstimator) -> None:
    """Make sure that the recorded poses of one video are not taken for those of several.

    Raises:
        InvalidInputError: If they would be.
    """
    if len(jobs) > 1 and isinstance(estimator, RecordedPoses) and estimator.is_of_one_recording:
        raise InvalidInputError(
            f"estimator 'recorded': expected one video for one file of poses, found {len(jobs)} videos: give "
            f"the folder of their poses, -O poses=FOLDER, in which those of NAME.mp4 are NAME{POSES_SUFFIX}"
        )


def run_batch(
    jobs: Sequence[Job],
    outputs: Outputs,
    recognizer: Recognizer,
    estimator: PoseEstimator,
    estimator_name: str,
    listener: Listener,
) -> list[Outcome]:
    """Work through the jobs; the annotated video of one is made while people are found in the next.

    Results of a job are whole files, ``<stem>.json`` the last of them. If the batch is
    interrupted, files not yet whole are removed and KeyboardInterrupt goes on to the caller.
    """
    stopped = threading.Event()
    pending: list[Future[Outcome]] = []
    with ThreadPoolExecutor(1, thread_name_prefix="poseact-write") as writer:
        try:
            for job in jobs:
                started = time.monotonic()
                result = _analysed(job, recognizer, estimator, estimator_name, listener)
                if isinstance(result, Outcome):
                    listener.ended(result)
                    pending.append(_finished(result))
                    continue
                if pending:  # never more than one result waits: each holds a video's poses
                    pending[-1].result()
                pending.append(writer.submit(_written, job, outputs, result, started, listener, stopped))
            return [future.result() for future in pending]
        finally:
            stopped.set()


def run_pose_batch(
    jobs: Sequence[Job], folder: Path, estimator: PoseEstimator, estimator_name: str, listener: Listener
) -> list[Outcome]:
    """Only find the people: ``<stem>.poses.npz`` for each job."""
    outcomes = []
    for job in jobs:
        started = time.monotonic()
        path = folder / f"{job.stem}{POSES_SUFFIX}"
        try:
            found = find_people(
                job.source, estimator=estimator, fps=job.fps, on_progress=_reporter(job, listener)
            )
            found.poses.save(path, origin=origin(found.video, estimator_name))
            outcome = Outcome(job, warnings=found.warnings, seconds=time.monotonic() - started, files=(path,))
        except Exception as error:
            outcome = Outcome(job, error=one_line(error), seconds=time.monotonic() - started)
        listener.ended(outcome)
        outcomes.append(outcome)
    return outcomes


def _finished(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


def _analysed(
    job: Job, recognizer: Recognizer, estimator: PoseEstimator, estimator_name: str, listener: Listener
) -> Result | Outcome:
    started = time.monotonic()
    try:
        return predict(
            job.source,
            model=recognizer,
            estimator=estimator if job.poses is None else RecordedPoses(job.poses),
            estimator_name=estimator_name,
            fps=job.fps,
            on_progress=_reporter(job, listener),
        )
    except Exception as error:
        return Outcome(job, error=one_line(error), seconds=time.monotonic() - started)


def _written(
    job: Job,
    outputs: Outputs,
    result: Result,
    started: float,
    listener: Listener,
    stopped: threading.Event,
) -> Outcome:
    try:
        files = write_results(
            result,
            outputs.folder,
            source=job.source if outputs.video else None,
            stem=job.stem,
            json_only=outputs.json_only,
            exports=outputs.exports,
            on_progress=_reporter(job, listener, stopped),
        )
        outcome = Outcome(job, result, None, result.warnings, time.monotonic() - started, tuple(files))
    except _StoppedError:
        return Outcome(job, result, "interrupted", seconds=time.monotonic() - started)
    except Exception as error:
        seconds = time.monotonic() - started
        outcome = Outcome(job, result, one_line(error), result.warnings, seconds)
    listener.ended(outcome)
    return outcome


def _reporter(job: Job, listener: Listener, stopped: threading.Event | None = None) -> OnProgress:
    def report(progress: Progress) -> None:
        if stopped is not None and stopped.is_set():
            raise _StoppedError
        listener.progressed(job, progress)

    return report
