"""Hearing how the extraction of poses from many videos goes: the interface, and a listener that logs."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from poseact.pose_cache import CachedPoses

_log = logging.getLogger(__name__)
_LINE_EVERY_S = 15.0


class ExtractionListener(Protocol):
    """Hears how `PoseCache.ensure` goes, always from the thread that called it."""

    def started(self, videos: Mapping[Path, int], num_ready: int, num_workers: int) -> None:
        """These videos, with their sizes in bytes, will be looked at; so many others need not be.

        Not called when nothing has to be looked at.
        """

    def progressed(self, video: Path, frames_done: int, frames_total: int | None) -> None:
        """Frames of one video, a few times a second; the total is the container's own estimate."""

    def ended(self, outcome: "CachedPoses") -> None:
        """A video is finished or has failed."""

    def finished(self, outcomes: "Sequence[CachedPoses]") -> None:
        """All is done; of all videos, in the order asked for. Not called after an interruption."""


def summary_lines(outcomes: "Sequence[CachedPoses]") -> list[str]:
    """What to tell the user in the end: how many, and what was wrong with which.

    Empty where all poses were there already and of nothing there is anything to say.
    """
    new = [outcome for outcome in outcomes if outcome.is_new]
    broken = [outcome for outcome in outcomes if outcome.error is not None]
    lines = []
    if new or broken:
        frames = sum(outcome.num_frames for outcome in new)
        parts = [f"poses of {len(outcomes) - len(broken)} of {len(outcomes)} videos are there"]
        parts += [f"{len(new)} new, {frames} frames"] if new else []
        lines.append(", ".join(parts))
    lines += [f"failed: {outcome.error}" for outcome in broken]
    lines += [f"note: {outcome.video}: {text}" for outcome in new for text in outcome.warnings]
    return lines


class LoggingListener:
    """Logs a line at the beginning, one now and then, and what was wrong in the end."""

    def __init__(self, every_s: float = _LINE_EVERY_S) -> None:
        self._every_s = every_s
        self._said_at = time.monotonic()
        self._total = self._ended = self._frames = 0
        self._now: dict[Path, int] = {}

    def started(self, videos: Mapping[Path, int], num_ready: int, num_workers: int) -> None:
        """See `ExtractionListener`."""
        self._total, self._said_at = len(videos), time.monotonic()
        _log.info(
            "finding the people in %d videos, once (%d processes; %d videos are done already)",
            len(videos),
            num_workers,
            num_ready,
        )

    def progressed(self, video: Path, frames_done: int, frames_total: int | None) -> None:  # noqa: ARG002
        """See `ExtractionListener`."""
        self._now[video] = frames_done
        now = time.monotonic()
        if now - self._said_at >= self._every_s:
            self._said_at = now
            frames = self._frames + sum(self._now.values())
            _log.info("%d of %d videos done, %d frames so far", self._ended, self._total, frames)

    def ended(self, outcome: "CachedPoses") -> None:
        """See `ExtractionListener`."""
        self._now.pop(outcome.video, None)
        self._ended += 1
        self._frames += outcome.num_frames

    def finished(self, outcomes: "Sequence[CachedPoses]") -> None:
        """See `ExtractionListener`."""
        for line in summary_lines(outcomes):
            _log.info("%s", line)
