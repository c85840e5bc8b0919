"""What the command line shows while it works and when it is done: progress bars and tables."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from poseact.action_model import ActionModelInfo
from poseact.batch import Job, Outcome
from poseact.pipeline import Progress as JobProgress
from poseact.timeline import Timeline

_STAGES = {"pose": "finding people", "video": "writing video"}
_LABELS_SHOWN = 4


class _SpeedColumn(TextColumn):
    """Frames per second of a task."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f} fps", style="cyan")


class BatchDisplay:
    """A listener of `run_batch` that draws a bar for each stage of each video that is at work."""

    def __init__(self, console: Console, num_jobs: int, *, quiet: bool = False) -> None:
        """Show nothing yet; use as a context manager."""
        self._console = console
        self._num_jobs = num_jobs
        self._quiet = quiet
        self._done = 0
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("frames"),
            _SpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=quiet,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def progressed(self, job: Job, progress: JobProgress) -> None:
        """Move the bar of the stage that is at work."""
        key = (job.stem, progress.stage)
        if key not in self._tasks:
            name = f"{escape(job.source.name[:40])} · {_STAGES[progress.stage]}"
            self._tasks[key] = self._bars.add_task(name, total=progress.frames_total)
        # Containers lie about their length; a bar beyond its end would, too.
        total = None if progress.frames_total is None else max(progress.frames_total, progress.frames_done)
        self._bars.update(self._tasks[key], completed=progress.frames_done, total=total)

    def ended(self, outcome: Outcome) -> None:
        """Take the bars away and leave a line in their place."""
        self._done += 1
        for key in [key for key in self._tasks if key[0] == outcome.job.stem]:
            self._bars.remove_task(self._tasks.pop(key))
        warnings = outcome.result.warnings if outcome.result else ()
        if self._quiet:
            for warning in warnings:
                self._print(Text(f"poseact: {outcome.job.source}: {warning}"))
            return
        count = f"[{self._done}/{self._num_jobs}]"
        if outcome.error is not None:
            said = f"{outcome.job.source}: {_bare(outcome)}"
            self._print(Text.assemble((f"{count} failed  ", "red"), said))
            return
        self._print(Text(f"{count} done in {outcome.seconds:.1f} s  {outcome.job.source}"))
        for warning in warnings:
            self._print(Text(f"        note: {warning}", style="yellow"))

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


def _bare(outcome: Outcome) -> str:
    """The error without the path that the line already starts with."""
    return (outcome.error or "").removeprefix(f"{outcome.job.source}: ")


def model_table(info: ActionModelInfo) -> Table:
    """What a model knows, and how well."""
    table = Table("", "", title=f"{info.name}, version {info.model_version}", show_header=False, box=None)
    table.title_style, table.title_justify = "bold", "left"
    table.add_row("classes", ", ".join(info.class_names))
    table.add_row("window", f"{info.window_s:.1f} s at {info.rate_hz:g} Hz, joints of {info.layout.name}")
    table.add_row("trained on", "; ".join(f"{d['name']} ({d['terms']})" for d in info.training_data))
    table.add_row("licence", info.licence)
    table.add_row("accuracy", "on people that models of the same recipe had not seen; see the model card:")
    for name, figure in info.accuracy.items():
        table.add_row(f"  {name}", figure if isinstance(figure, str) else _measured(figure))
    return table


def _measured(figure: Mapping[str, object]) -> str:
    """A figure of a model file: mean and spread over seeds."""
    of = f" of {figure['of']}" if "of" in figure else ""
    return f"{figure.get('percent')} % (spread over seeds {figure.get('spread')}){of}"


def summary_table(outcomes: Sequence[Outcome]) -> Table:
    """What was seen in each video."""
    table = Table(title=None, header_style="bold", expand=False)
    table.add_column("video", overflow="fold")
    table.add_column("length", justify="right")
    table.add_column("people", justify="right")
    table.add_column("actions seen")
    for outcome in outcomes:
        if outcome.result is None or outcome.error is not None:
            table.add_row(
                Text(outcome.job.source.name), "", "", Text(f"failed: {_bare(outcome)}", style="red")
            )
            continue
        poses = outcome.result.poses
        table.add_row(
            Text(outcome.job.source.name),
            f"{outcome.result.video.duration_s:.1f} s",
            str(poses.num_persons),
            Text(labels_by_time(outcome.result.timeline)),
        )
    return table


def labels_by_time(timeline: Timeline) -> str:
    """The labels of a timeline with their seconds, longest first."""
    seconds: dict[str, float] = {}
    for segment in timeline.segments:
        seconds[segment.label] = seconds.get(segment.label, 0) + segment.end_s - segment.start_s
    longest = sorted(seconds.items(), key=lambda item: -item[1])[:_LABELS_SHOWN]
    shown = [f"{label} {total:.1f} s" for label, total in longest]
    more = len(seconds) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "") or "-"
