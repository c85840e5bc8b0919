"""Shows how the extraction of poses from many videos goes: a bar, or off a terminal a line now and then."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from poseact.extraction_listener import summary_lines
from poseact.pose_cache import CachedPoses
from poseact.wording import counted

_LINE_EVERY_S = 10.0


class ExtractionDisplay:
    """A listener of `PoseCache.ensure` with one bar for all videos together.

    The bar and the time left go by the videos' sizes in bytes: how many frames there are in all is
    not known before every video has been opened.
    """

    def __init__(
        self,
        console: Console,
        *,
        quiet: bool = False,
        every_s: float = _LINE_EVERY_S,
        tell_failures: bool = True,
    ) -> None:
        """Show nothing yet; use as a context manager.

        Args:
            console: Usually that of standard error.
            quiet: Say only what went wrong.
            every_s: So often comes a line where there is no terminal to draw a bar on.
            tell_failures: False where whoever reads the data says what was broken.
        """
        self._console = console
        self._quiet = quiet
        self._every_s = every_s
        self._tell_failures = tell_failures
        self._sizes: Mapping[Path, int] = {}
        self._shares: dict[Path, float] = {}
        self._frames: dict[Path, int] = {}
        self._num_ended = self._num_failed = 0
        self._started_at = self._said_at = time.monotonic()
        self._task: TaskID | None = None
        self._bar = Progress(
            TextColumn("finding people"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def started(self, videos: Mapping[Path, int], num_ready: int, num_workers: int) -> None:
        """Say how much there is to do, and begin the bar."""
        self._sizes = {video: max(size, 1) for video, size in videos.items()}
        self._started_at = self._said_at = time.monotonic()
        done = f", {num_ready} are done already" if num_ready else ""
        processes = "1 process" if num_workers == 1 else f"{num_workers} processes"
        self._say(f"finding the people in {counted(len(videos), 'video')}, once, with {processes}{done}")
        self._task = self._bar.add_task("", total=sum(self._sizes.values()), told=self._told())
        self._bar.start()

    def progressed(self, video: Path, frames_done: int, frames_total: int | None) -> None:
        """Move the bar by the share of a video that is done."""
        self._frames[video] = frames_done
        if frames_total:
            # Containers lie about their length.
            self._shares[video] = min(frames_done / frames_total, 0.99)
        self._draw()

    def ended(self, outcome: CachedPoses) -> None:
        """Count a video; those that failed are named in the end."""
        self._num_ended += 1
        self._shares[outcome.video] = 1.0
        if outcome.error is None:
            self._frames[outcome.video] = outcome.num_frames
        else:
            self._num_failed += 1
        self._draw()

    def finished(self, outcomes: Sequence[CachedPoses]) -> None:
        """Take the bar away and say what came of it."""
        self._bar.stop()
        for line in summary_lines(outcomes):
            is_bad = line.startswith(("failed", "note"))
            if line.startswith("failed") and not self._tell_failures:
                continue
            if is_bad or not self._quiet:
                self._console.print(Text(line, style="yellow" if is_bad else ""), soft_wrap=True)

    def _draw(self) -> None:
        if self._task is not None:
            done = sum(size * self._shares.get(video, 0.0) for video, size in self._sizes.items())
            self._bar.update(self._task, completed=done, told=self._told())
        now = time.monotonic()
        if not self._console.is_terminal and now - self._said_at >= self._every_s:
            self._said_at = now
            self._say(self._told())

    def _told(self) -> str:
        seconds = time.monotonic() - self._started_at
        rate = f" · {sum(self._frames.values()) / seconds:.0f} frames/s" if seconds > 1 else ""
        failed = f" · {self._num_failed} failed" if self._num_failed else ""
        return f"{self._num_ended}/{len(self._sizes)} videos{rate}{failed}"

    def _say(self, line: str) -> None:
        if not self._quiet:
            self._console.print(Text(line), soft_wrap=True)
