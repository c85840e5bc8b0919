"""How a training went, epoch by epoch."""

import csv
import math
import os
from dataclasses import dataclass
from pathlib import Path

from poseact.errors import InvalidInputError, SourceError

CURVES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
"""The columns that are drawn."""


@dataclass(frozen=True)
class TrainingHistory:
    """Loss and accuracy of each epoch.

    Attributes:
        epochs: Numbers of the epochs, rising.
        curves: By the names of `CURVES`, a value for each epoch, NaN where it was not measured;
            curves that were never measured are left out.

    Raises:
        InvalidInputError: If there is no epoch, the epochs do not rise, or lengths differ.
    """

    epochs: tuple[int, ...]
    curves: dict[str, tuple[float, ...]]

    def __post_init__(self) -> None:
        if not self.epochs or any(b <= a for a, b in zip(self.epochs, self.epochs[1:], strict=False)):
            raise InvalidInputError("history: expected one epoch or more, with numbers that rise")
        for name, values in self.curves.items():
            if name not in CURVES:
                raise InvalidInputError(f"history: expected curves of {', '.join(CURVES)}, found {name!r}")
            if len(values) != len(self.epochs):
                raise InvalidInputError(
                    f"history: {name} has {len(values)} values for {len(self.epochs)} epochs"
                )


def read_history(path: str | os.PathLike[str]) -> TrainingHistory:
    """A CSV table with the columns epoch, train_loss, val_loss, train_accuracy, val_accuracy.

    Columns may be missing or more, empty cells are epochs without a measurement.

    Raises:
        SourceError: If the file is missing or no such table.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: expected a CSV table of epochs ({error})") from error
    try:
        rows = list(csv.DictReader(text.splitlines()))
        columns = {
            name: tuple(_number(row.get(name)) for row in rows) for name in CURVES if rows and name in rows[0]
        }
        measured = {
            name: values for name, values in columns.items() if not all(math.isnan(v) for v in values)
        }
        return TrainingHistory(tuple(int(float(row["epoch"])) for row in rows), measured)
    except (KeyError, ValueError, TypeError, OverflowError, csv.Error) as error:
        why = f"no column {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise SourceError(
            f"{path}: expected a CSV table with the columns epoch, {', '.join(CURVES)} ({why})"
        ) from error


def _number(cell: str | None) -> float:
    value = float(cell) if cell and cell.strip() else math.nan
    return value if math.isfinite(value) else math.nan
