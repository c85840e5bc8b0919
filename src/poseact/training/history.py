"""The history of a run: a CSV of epochs, and its curves as a picture."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from poseact.errors import SourceError
from poseact.files import whole_file, write_text_whole
from poseact.training.progress import Epoch

# The number of an epoch is called ``epoch`` in the file.
_COLUMNS = ["epoch", *(one.name for one in fields(Epoch) if one.name != "number")]


def save_history(epochs: Sequence[Epoch], path: Path) -> None:
    """Write the epochs as CSV.

    Raises:
        OutputError: If the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for epoch in epochs:
        values = {**asdict(epoch), "epoch": epoch.number}
        writer.writerow({key: "" if values[key] is None else values[key] for key in _COLUMNS})
    write_text_whole(path, text.getvalue())


def load_history(path: Path) -> list[Epoch]:
    """The inverse of `save_history`.

    Raises:
        SourceError: If the file is missing or has another form.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_epoch(row) for row in csv.DictReader(file)]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise SourceError(f"{path}: expected a history of training ({error})") from error


def _epoch(row: dict[str, str]) -> Epoch:
    def optional(key: str) -> float | None:
        return float(row[key]) if row[key] else None

    return Epoch(
        number=int(row["epoch"]),
        of=int(row["of"]),
        train_loss=float(row["train_loss"]),
        train_accuracy=float(row["train_accuracy"]),
        val_loss=optional("val_loss"),
        val_accuracy=optional("val_accuracy"),
        seconds=float(row["seconds"]),
        samples_per_s=float(row["samples_per_s"]),
        learning_rate=float(row["learning_rate"]),
    )


def draw_curves(epochs: Sequence[Epoch], path: Path, title: str, best: int | None) -> None:
    """Loss and accuracy over the epochs, of training and validation, with the epoch that was kept.

    Raises:
        OutputError: If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    numbers = [epoch.number for epoch in epochs]
    panels = (("loss", 1.0, "cross-entropy"), ("accuracy", 100.0, "accuracy, %"))
    for axes, (what, factor, words) in zip(figure.subplots(1, 2), panels, strict=True):
        for part, colour in (("train", "#8a8f98"), ("val", "#1769aa")):
            values = [getattr(epoch, f"{part}_{what}") for epoch in epochs]
            if all(value is not None for value in values):
                name = {"train": "training (changed windows)", "val": "validation"}[part]
                axes.plot(numbers, [v * factor for v in values], color=colour, label=name, lw=1.8)
        if best is not None:
            axes.axvline(best, color="#c2410c", lw=1, ls=":", label=f"kept: epoch {best}")
        axes.set_xlabel("epoch")
        axes.set_ylabel(words)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        if what == "accuracy":
            axes.set_ylim(0, 102)
            axes.legend(frameon=False, fontsize=8, loc="lower right")
    with whole_file(path) as temporary:
        figure.savefig(temporary)
