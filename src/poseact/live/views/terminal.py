"""Live results in a terminal: people, what they do, how sure, and how the machine keeps up."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from poseact.live.latency import LiveStats
from poseact.live.session import Moment, SeenPerson
from poseact.live.views.recent import Lately
from poseact.render.colours import track_colour
from poseact.results import person_name, shown_label

_BAR_WIDTH, _NUM_BARS, _MOST_PEOPLE, _MOST_PAST = 14, 3, 8, 4
_LEAST_WIDTH_WITH_PAST = 96
_FULL, _PARTS = "█", " ▏▎▍▌▋▊▉"


class TerminalView:
    """Redraws a part of the terminal; lines printed meanwhile stay above it. Use as a context manager.

    Args:
        console: The terminal; where it is none (a pipe), nothing is drawn.
        class_names: K names.
        title: What is shown, e.g. the source and the model.
    """

    def __init__(self, console: Console, class_names: Sequence[str], title: str) -> None:
        self._class_names, self._title = tuple(class_names), title
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._can_draw = console.is_terminal and not console.is_dumb_terminal

    def __enter__(self) -> Self:
        if self._can_draw:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, moment: Moment, lately: Sequence[Lately], stats: LiveStats, fps: float) -> None:
        """Draw what is known by now."""
        if self._can_draw:
            self._live.update(self.table(moment, lately, stats, fps), refresh=True)

    @property
    def _has_past(self) -> bool:
        """Whether there is room for what was before."""
        return self._console.width >= _LEAST_WIDTH_WITH_PAST

    def table(self, moment: Moment, lately: Sequence[Lately], stats: LiveStats, fps: float) -> RenderableType:
        """What `show` draws."""
        past = {one.track_id: one for one in lately}
        table = Table(title=self._title, title_justify="left", expand=True, header_style="bold")
        table.add_column("who", no_wrap=True)
        table.add_column("does", ratio=2, no_wrap=True, min_width=24)
        table.add_column("most probable", no_wrap=True)
        if self._has_past:
            table.add_column("before", ratio=3)
        people = sorted(moment.people, key=lambda one: one.pose.track_id)
        for person in people[:_MOST_PEOPLE]:
            self._add_person(table, person, past.get(person.pose.track_id))
        if not people:
            table.add_row(Text("nobody in view", style="dim"))
        more = f"  and {len(people) - _MOST_PEOPLE} more" if len(people) > _MOST_PEOPLE else ""
        return Group(table, Text(footer(stats, fps) + more, style="dim"))

    def _add_person(self, table: Table, person: SeenPerson, past: Lately | None) -> None:
        track_id, segment = person.pose.track_id, person.segment
        colour = "rgb({},{},{})".format(*track_colour(track_id))
        if segment is None:
            does = Text("-", style="dim")
        else:
            count = f" ×{segment.repetitions}" if segment.repetitions else ""
            lasted = segment.end_s - segment.start_s
            does = Text.assemble(
                (shown_label(segment.label) + count, "bold"),
                (f"  {segment.score:.2f}  {lasted:.0f} s", "dim"),
            )
        done = [] if past is None else [s for s in past.segments if s is not past.current]
        before = ", ".join(shown_label(s.label) for s in reversed(done[-_MOST_PAST:]))
        cells = [Text(person_name(track_id), style=colour), does, self._bars(person.probabilities)]
        table.add_row(*cells, *([Text(before)] if self._has_past else []))

    def _bars(self, probabilities: np.ndarray | None) -> Text:
        if probabilities is None:
            return Text("looking ...\n\n", style="dim")
        lines = Text()
        for k in np.argsort(-probabilities, kind="stable")[:_NUM_BARS].tolist():
            name = shown_label(self._class_names[k])
            lines.append(f"{name:<15.15} ").append(bar(float(probabilities[k])), style="cyan").append("\n")
        lines.right_crop(1)
        return lines


def bar(share: float, width: int = _BAR_WIDTH) -> str:
    """A bar of block characters, in eighths of a letter."""
    whole, rest = divmod(round(min(max(share, 0.0), 1.0) * width * 8), 8)
    return (_FULL * whole + (_PARTS[rest] if rest else "")).ljust(width)


def footer(stats: LiveStats, fps: float) -> str:
    """How the machine keeps up, in a line."""
    total = stats.stages["total"]
    late = f"{1000 * total.quantile(0.5):.0f} ms after the frame (95 %: {1000 * total.quantile(0.95):.0f})"
    return f"{fps:.0f} fps, {late}, {stats.frames_dropped} of {stats.frames_read} frames dropped"
