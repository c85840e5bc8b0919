"""Many videos, one after another: results written as they come, one failure never stops the rest."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from poseact.errors import OutputError, PoseactError
from poseact.pipeline import (
    OnProgress,
    Progress,
    estimate_pose,
    predict,
    timeline_figure,
    write_annotated_video,
)
from poseact.pose import PoseEstimator
from poseact.recognizer import Recognizer
from poseact.render import write_png
from poseact.results import Result, write_csv, write_json, write_vtt


@dataclass(frozen=True)
class Job:
    """One video and what to make of it.

    Attributes:
        source: File or folder of pictures.
        stem: What the results are called, without suffix.
    """

    source: Path
    stem: str


@dataclass(frozen=True)
class Outputs:
    """What to write, and where.

    Attributes:
        folder: Made if it is not there.
        video: Whether to write the annotated video: a second pass over the frames.
        json_only: Write ``<stem>.json`` alone.
    """

    folder: Path
    video: bool = True
    json_only: bool = False

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Of the files of a job, in the order written; ``.json`` last: it says that the others are there."""
        if self.json_only:
            return (".json",)
        return (".poses.npz", ".csv", ".vtt", ".png", *((".mp4",) if self.video else ()), ".json")

    def path(self, job: Job, suffix: str) -> Path:
        """Where one of a job's files belongs."""
        return self.folder / f"{job.stem}{suffix}"

    def are_complete(self, job: Job) -> bool:
        """Whether all files of a job are there."""
        return all(self.path(job, suffix).exists() for suffix in self.suffixes)

    def would_overwrite(self, job: Job) -> bool:
        """Whether one of the files would take the place of the video itself."""
        paths = [self.path(job, suffix) for suffix in self.suffixes]
        return any(path.exists() and path.samefile(job.source) for path in paths)


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        job: The job.
        result: What was found, or None when the job failed.
        error: One line, or None when it went well.
        seconds: Wall time from its start until its last file was whole.
        files: What was written.
    """

    job: Job
    result: Result | None = None
    error: str | None = None
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

    Raises:
        OutputError: If the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".poseact-{threading.get_ident()}.part"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"{folder}: results cannot be written here ({error.strerror}): choose another folder with --out"
        ) from error


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
    jobs: Sequence[Job], folder: Path, estimator: PoseEstimator, listener: Listener
) -> list[Outcome]:
    """Only find the people: ``<stem>.poses.npz`` for each job."""
    outcomes = []
    for job in jobs:
        started = time.monotonic()
        path = folder / f"{job.stem}.poses.npz"
        try:
            estimate_pose(job.source, estimator=estimator, on_progress=_reporter(job, listener)).save(path)
            outcome = Outcome(job, seconds=time.monotonic() - started, files=(path,))
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
            estimator=estimator,
            estimator_name=estimator_name,
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
        files = _write_all(job, outputs, result, _reporter(job, listener, stopped))
        outcome = Outcome(job, result, None, time.monotonic() - started, tuple(files))
    except _StoppedError:
        return Outcome(job, result, "interrupted", time.monotonic() - started)
    except Exception as error:
        outcome = Outcome(job, result, one_line(error), time.monotonic() - started)
    listener.ended(outcome)
    return outcome


def _write_all(job: Job, outputs: Outputs, result: Result, on_progress: OnProgress) -> list[Path]:
    writers: dict[str, Callable[[Path], None]] = {
        ".poses.npz": result.poses.save,
        ".csv": lambda path: write_csv(result, path),
        ".vtt": lambda path: write_vtt(result, path),
        ".png": lambda path: write_png(path, timeline_figure(result)),
        ".mp4": lambda path: write_annotated_video(result, job.source, path, on_progress=on_progress),
        ".json": lambda path: write_json(result, path),
    }
    files = [outputs.path(job, suffix) for suffix in outputs.suffixes]
    for suffix, path in zip(outputs.suffixes, files, strict=True):
        writers[suffix](path)
    return files


def _reporter(job: Job, listener: Listener, stopped: threading.Event | None = None) -> OnProgress:
    def report(progress: Progress) -> None:
        if stopped is not None and stopped.is_set():
            raise _StoppedError
        listener.progressed(job, progress)

    return report


def one_line(error: Exception) -> str:
    """What to tell the user of an error: ours speak for themselves, others say that they are bugs."""
    text = " ".join(str(error).split())
    if isinstance(error, PoseactError):
        return text
    return f"unexpected {type(error).__name__} ({text or 'no message'}): please report this"
