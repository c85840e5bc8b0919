"""What a terminal shows while a model is trained: a bar of epochs with their figures, or lines in a log."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from poseact.training.progress import Epoch

_LINES_IN_A_LOG = 10


class TrainDisplay:
    """A `TrainListener` for terminals; where no bar can be drawn it says a line every tenth of the way."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        """`quiet`: only notes."""
        self._console = console
        self._quiet = quiet
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=quiet or not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("training", total=None, figures="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._console.print(f"poseact: {text}", soft_wrap=True, markup=False, highlight=False)

    def epoch_done(self, epoch: Epoch) -> None:
        """The bar moves on; in a log, a line now and then."""
        self._bar.update(self._task, completed=epoch.number, total=epoch.of, figures=_figures(epoch))
        step = max(1, epoch.of // _LINES_IN_A_LOG)
        if not self._quiet and not self._console.is_terminal and epoch.number % step == 0:
            line = f"epoch {epoch.number}/{epoch.of}: {_figures(epoch)}"
            self._console.print(line, soft_wrap=True, markup=False, highlight=False)


def _figures(epoch: Epoch) -> str:
    parts = [f"loss {epoch.train_loss:.3f}", f"train {epoch.train_accuracy:.1%}"]
    if epoch.val_accuracy is not None:
        parts.append(f"val {epoch.val_accuracy:.1%}")
    if epoch.seconds:
        parts.append(f"{epoch.seconds:.2g} s, {epoch.samples_per_s:.0f} samples/s")
    return "  ".join(parts)
