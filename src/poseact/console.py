"""What the command line shows while it works and when it is done: progress bars, lines and tables."""

import time
from collections.abc import Callable, Mapping, Sequence
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

from poseact.action_model_info import ActionModelInfo
from poseact.batch import Job, Outcome
from poseact.naming import stem_of
from poseact.pipeline import Progress as JobProgress
from poseact.timeline import Timeline

_STAGES = {"pose": "finding people", "video": "writing video"}
_LABELS_SHOWN = 4
# Widths at which a line fits into 80 columns.
_NAME_WIDTH, _BAR_NAME_WIDTH, _BAR_WIDTH = 32, 18, 10
# Where no bar can be drawn: a line every tenth of a video, but not too many nor too few of them.
_SHARE_BETWEEN_LINES = 0.1
_MIN_S_BETWEEN_LINES, _MAX_S_BETWEEN_LINES = 5.0, 30.0


class _SpeedColumn(TextColumn):
    """Frames per second of a task."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f} fps", style="cyan")


class _ProgressLines:
    """Says now and then how far a stage of a job is, for logs and pipes."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._say = say
        self._clock = clock
        self._last: dict[tuple[str, str], tuple[float, int]] = {}

    def progressed(self, job: Job, progress: JobProgress) -> None:
        """Say a line if enough has happened since the last one."""
        key, now, done = (job.stem, progress.stage), self._clock(), progress.frames_done
        last_s, last_done = self._last.setdefault(key, (now, 0))
        total = progress.frames_total
        is_far = total is not None and done - last_done >= _SHARE_BETWEEN_LINES * total
        waited_s = now - last_s
        if not (waited_s >= _MAX_S_BETWEEN_LINES or (is_far and waited_s >= _MIN_S_BETWEEN_LINES)):
            return
        self._last[key] = (now, done)
        # Containers lie about their length.
        share = f" of {total} frames ({100 * done // total} %)" if total and done <= total else " frames"
        self._say(f"{_shown_name(job)}: {_STAGES[progress.stage]}, {done}{share}")


class BatchDisplay:
    """A listener of `run_batch`: a bar for each stage of each video at work; lines if no terminal."""

    def __init__(
        self,
        console: Console,
        num_jobs: int,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show nothing yet; use as a context manager."""
        self._console = console
        can_draw = console.is_terminal and not console.is_dumb_terminal
        self._lines = (
            None if can_draw or quiet else _ProgressLines(lambda line: self._print(Text(line)), clock)
        )
        self._num_jobs = num_jobs
        self._quiet = quiet
        self._done = 0
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=_BAR_WIDTH),
            MofNCompleteColumn(),
            TextColumn("frames"),
            _SpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=quiet or not can_draw,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def progressed(self, job: Job, progress: JobProgress) -> None:
        """Move the bar of the stage that is at work, or say how far it is."""
        if self._lines is not None:
            self._lines.progressed(job, progress)
            return
        key = (job.stem, progress.stage)
        if key not in self._tasks:
            name = f"{escape(_shortened(_shown_name(job), _BAR_NAME_WIDTH))} · {_STAGES[progress.stage]}"
            self._tasks[key] = self._bars.add_task(name, total=progress.frames_total)
        # Containers lie about their length; a bar beyond its end would, too.
        total = None if progress.frames_total is None else max(progress.frames_total, progress.frames_done)
        self._bars.update(self._tasks[key], completed=progress.frames_done, total=total)

    def ended(self, outcome: Outcome) -> None:
        """Take the bars away and leave a line in their place."""
        self._done += 1
        for key in [key for key in self._tasks if key[0] == outcome.job.stem]:
            self._bars.remove_task(self._tasks.pop(key))
        if self._quiet:
            for warning in outcome.warnings:
                self._print(Text(f"poseact: {outcome.job.source}: {warning}"))
            return
        count = f"[{self._done}/{self._num_jobs}]"
        if outcome.error is not None:  # the reason is said once, at the end
            self._print(Text.assemble((f"{count} failed  ", "red"), str(outcome.job.source)))
            return
        self._print(Text(f"{count} done in {outcome.seconds:.1f} s  {outcome.job.source}"))
        for warning in outcome.warnings:
            self._print(Text(f"        note: {warning}", style="yellow"))

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)


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
    """What was seen in each video that was worked on without failing."""
    table = Table(title=None, header_style="bold", expand=False)
    table.add_column("video", no_wrap=True)
    table.add_column("length", justify="right", no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("actions seen")
    for outcome in outcomes:
        if outcome.result is None or outcome.error is not None:
            continue
        poses = outcome.result.poses
        table.add_row(
            Text(_shortened(_shown_name(outcome.job), _NAME_WIDTH)),
            f"{outcome.result.video.duration_s:.1f} s",
            str(poses.num_persons),
            Text(labels_by_time(outcome.result.timeline)),
        )
    return table


def _shown_name(job: Job) -> str:
    """The file's name; that of its results where they have another one, as those of a second `walk` do."""
    return job.source.name if job.source.name and job.stem == stem_of(job.source) else job.stem


def _shortened(name: str, width: int) -> str:
    """A long name without its middle: beginning and end are what tells names apart."""
    if len(name) <= width:
        return name
    half = width // 2
    return f"{name[: half - 1]}…{name[-half:]}"


def labels_by_time(timeline: Timeline) -> str:
    """The labels of a timeline with their seconds, longest first; of how many people, if of several.

    Seconds, and repetitions where they were counted, are of all people together, so the seconds may be more
    than the video has.
    """
    seconds: dict[str, float] = {}
    people: dict[str, set[int]] = {}
    counts: dict[str, int] = {}
    for segment in timeline.segments:
        seconds[segment.label] = seconds.get(segment.label, 0) + segment.end_s - segment.start_s
        people.setdefault(segment.label, set()).add(segment.track_id)
        if segment.repetitions is not None:
            counts[segment.label] = counts.get(segment.label, 0) + segment.repetitions
    longest = sorted(seconds.items(), key=lambda item: -item[1])[:_LABELS_SHOWN]
    several = {label: f" ({len(ids)} people)" for label, ids in people.items() if len(ids) > 1}
    times = {label: f" x{count}" for label, count in counts.items()}
    shown = [
        f"{label}{times.get(label, '')} {total:.1f} s{several.get(label, '')}" for label, total in longest
    ]
    more = len(seconds) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "") or "-"
