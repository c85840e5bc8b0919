"""What training tells while it runs: an epoch's figures, to whoever listens."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Epoch:
    """One epoch's figures.

    Attributes:
        number: From 1.
        of: Epochs altogether.
        train_loss: Mean over the training windows, as they were changed.
        train_accuracy: Of the same windows.
        val_loss: Cross-entropy of the validation clips; None without any.
        val_accuracy: Share of the validation clips named right.
        seconds: Of training, without validation.
        samples_per_s: Training windows a second.
        learning_rate: At the epoch's end.
    """

    number: int
    of: int
    train_loss: float
    train_accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    seconds: float
    samples_per_s: float
    learning_rate: float


class TrainListener(Protocol):
    """Told how training goes."""

    def note(self, text: str) -> None:
        """A line that the user should see."""

    def epoch_done(self, epoch: Epoch) -> None:
        """Called after each epoch."""


class Silent:
    """A listener that does nothing."""

    def note(self, text: str) -> None:
        """See `TrainListener`."""

    def epoch_done(self, epoch: Epoch) -> None:
        """See `TrainListener`."""
