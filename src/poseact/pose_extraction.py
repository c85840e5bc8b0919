"""Finds the people of many videos in several processes, which end promptly when no longer wanted.

Each process is a fresh interpreter that runs `poseact.pose_worker`: nothing of the calling
program is imported there again (so a script needs no ``if __name__ == "__main__":``), it works
the same on Linux, macOS and Windows, and each has one thread for arithmetic. A video that
brings down its process, or fills the memory, is one failed video.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from poseact.errors import OutputError, WeightsError

_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_ONE_THREAD = dict.fromkeys(_THREAD_SETTINGS, "1")
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from poseact.pose_worker import main; main()"
# On Windows, waiting without end for a queue cannot be interrupted by Ctrl-C.
_WAKE_EVERY_S = 0.2
_END_WITHIN_S = 5.0


@dataclass(frozen=True)
class ExtractionJob:
    """One video and where its poses go.

    Attributes:
        video: File or folder of pictures.
        target: The .npz to write.
        fps: Pictures a second of a folder of pictures; None for a video.
    """

    video: Path
    target: Path
    fps: float | None = None


@dataclass(frozen=True)
class ExtractionEvent:
    """What a process said of a job.

    Attributes:
        job: The job.
        kind: ``"progress"``, or the last one of a job: ``"done"`` or ``"failed"``.
        facts: ``done`` and ``total`` frames; or ``warnings``, ``num_frames``, ``num_persons`` and
            ``fingerprint``; or ``error``, one line.
    """

    job: ExtractionJob
    kind: str
    facts: Mapping[str, Any]


class ExtractionPool:
    """Processes that extract poses; use as a context manager, which ends them however it is left."""

    def __init__(
        self,
        estimator: str,
        options: Mapping[str, Any],
        facts: Mapping[str, Any],
        *,
        num_workers: int,
        folder: Path,
    ) -> None:
        """Start nothing yet.

        Args:
            estimator: Name for `poseact.pose.create_estimator`.
            options: Its options; such as JSON can hold.
            facts: Kept with the poses, see `poseact.sequence.read_origin`.
            num_workers: How many processes at most.
            folder: For what the processes print.
        """
        self._setup = {"estimator": estimator, "options": dict(options), "facts": dict(facts)}
        self._num_workers = num_workers
        self._folder = folder
        self._messages: queue.Queue[tuple[_Worker, Mapping[str, Any] | None]] = queue.Queue()
        self._workers: list[_Worker] = []
        self._started = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.wait()

    def run(self, jobs: Sequence[ExtractionJob]) -> Iterator[ExtractionEvent]:
        """Do the jobs; what is said of each as it comes.

        Raises:
            WeightsError: If a process cannot make its estimator.
            OutputError: If no process can be started.
        """
        waiting = list(reversed(jobs))
        at_work = 0
        for _ in range(min(self._num_workers, len(jobs))):
            at_work += self._start_worker().give(waiting)
        while at_work:
            worker, message = self._next_message()
            job = worker.job
            if job is None:
                continue
            if message is None:  # it is gone, in the middle of a job
                message = {"kind": "failed", "error": self._bury(worker)}
                worker = self._start_worker() if waiting else worker
            if message["kind"] == "fatal":
                raise WeightsError(message["error"])
            if message["kind"] == "ready":
                continue
            if message["kind"] != "progress":
                at_work += worker.give(waiting) - 1
            yield ExtractionEvent(job, message["kind"], message)

    def _bury(self, worker: "_Worker") -> str:
        """Why a process ended by itself, in one line.

        Raises:
            WeightsError: If it did not even come to work.
        """
        self._workers.remove(worker)
        line = worker.obituary()
        if not worker.is_ready:
            raise WeightsError(f"estimator {self._setup['estimator']!r}: {line}")
        return f"the process that looked for people in it {line}"

    def _start_worker(self) -> "_Worker":
        self._started += 1
        try:
            worker = _Worker(self._setup, self._messages, self._folder / f"process-{self._started}.log")
        except OSError as error:
            raise OutputError(f"no process for pose estimation can be started ({error})") from error
        self._workers.append(worker)
        return worker

    def _next_message(self) -> "tuple[_Worker, Mapping[str, Any] | None]":
        while True:
            try:
                worker, message = self._messages.get(timeout=_WAKE_EVERY_S)
            except queue.Empty:
                continue
            if message is not None:
                worker.is_ready = True
            return worker, message


class _Worker:
    """One process, the job it is at, and the thread that hears it."""

    def __init__(
        self,
        setup: Mapping[str, Any],
        messages: "queue.Queue[tuple[_Worker, Mapping[str, Any] | None]]",
        log: Path,
    ) -> None:
        self.job: ExtractionJob | None = None
        self.is_ready = False
        self._log = log
        paths = [path or str(Path.cwd()) for path in sys.path]
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **_ONE_THREAD},
                **_apart_from_the_terminal(),
            )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._in: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._out: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self._thread = threading.Thread(
            target=self._listen, args=(messages,), name="poseact-extraction", daemon=True
        )
        self._thread.start()
        self._send(setup)

    def give(self, waiting: list[ExtractionJob]) -> int:
        """Take the next job, or close the pipe where there is none; how many jobs it took."""
        self.job = waiting.pop() if waiting else None
        if self.job is None:
            self._close_input()
            return 0
        job = self.job
        self._send({"video": str(job.video), "target": str(job.target), "fps": job.fps})
        return 1

    def obituary(self) -> str:
        """One line on a process that ended by itself."""
        self._close_input()
        self.wait()
        try:
            said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            said = []
        last = f", having said: {said[-1][:200]}" if said else ""
        code = self._process.returncode
        hint = " (out of memory?)" if code in (-9, 137) else ""
        return f"ended with code {code}{hint}{last}"

    def terminate(self) -> None:
        """End it now; `wait` until it has."""
        self._close_input()
        self._process.terminate()

    def wait(self) -> None:
        """Until the process and its thread are gone."""
        try:
            self._process.wait(_END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join()
        self._out.close()

    def _listen(self, messages: "queue.Queue[tuple[_Worker, Mapping[str, Any] | None]]") -> None:
        for line in self._out:
            messages.put((self, json.loads(line)))
        messages.put((self, None))

    def _send(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):  # it is gone; the thread that listens says so
            self._in.write(json.dumps(message).encode() + b"\n")
            self._in.flush()

    def _close_input(self) -> None:
        with contextlib.suppress(OSError):
            self._in.close()


def _apart_from_the_terminal() -> dict[str, Any]:
    """Keeps the terminal's Ctrl-C from the processes: this one hears of it, and ends them."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}
