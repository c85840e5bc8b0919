"""Lightning on one or several devices: copies of this process share every batch, and are told of as one."""

import logging
import multiprocessing
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import lightning
from lightning.fabric.utilities.exceptions import MisconfigurationException
from torch.multiprocessing.spawn import ProcessRaisedException

from poseact.errors import InvalidInputError, ModelError
from poseact.training.batches import TrainBatches
from poseact.training.config import TrainConfig
from poseact.training.progress import Epoch, TrainListener


def trainer_on(config: TrainConfig, **settings: Any) -> lightning.Trainer:
    """Lightning's trainer on the devices that were asked for.

    Raises:
        InvalidInputError: If this machine has them not.
    """
    # Copies of this process: a second start would read the data, and clear the folder, again.
    strategy = "auto" if config.devices == 1 else "ddp_fork"
    try:
        return lightning.Trainer(
            accelerator=config.accelerator,
            devices=config.devices,
            strategy=strategy,
            precision=config.precision,
            **settings,
        )
    except (ValueError, RuntimeError, ImportError, MisconfigurationException) as error:
        why = " ".join(str(error).split())
        raise InvalidInputError(
            f"training on {config.devices} x accelerator {config.accelerator!r}, in {config.precision}: not "
            f"possible here ({why})"
        ) from error


def check_devices(config: TrainConfig) -> None:
    """Refuse devices that are not there, before anything is written.

    Raises:
        InvalidInputError: If this machine has them not.
    """
    with quiet_lightning():
        trainer_on(config, logger=False, enable_checkpointing=False, enable_progress_bar=False)


def check_shares(batches: TrainBatches, devices: int) -> None:
    """Refuse batches that leave a device a single window, which cannot be normalised.

    Raises:
        InvalidInputError: If there are too few windows for the devices.
    """
    smallest = batches.num_windows // len(batches)
    if devices > 1 and smallest // devices < 2:
        raise InvalidInputError(
            f"devices: a batch of {smallest} windows cannot be shared by {devices}: use fewer, or a larger "
            f"batch_size than {batches.batch_size}"
        )


class _Relay:
    """The listener in a copy of this process: it sends what it hears back."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def note(self, text: str) -> None:
        self._queue.put(text)

    def epoch_done(self, epoch: Epoch) -> None:
        self._queue.put(epoch)


@contextmanager
def heard_here(listener: TrainListener, devices: int) -> Iterator[TrainListener]:
    """A listener to give to Lightning, whose words reach the one given from whichever process trains.

    Raises:
        ModelError: In place of an error of a copy of this process, in one line.
    """
    if devices == 1:
        yield listener
        return
    queue = multiprocessing.get_context("fork").SimpleQueue()
    passing_on = Thread(target=_pass_on, args=(queue, listener), daemon=True)
    passing_on.start()
    try:
        yield _Relay(queue)
    except ProcessRaisedException as error:
        raise ModelError(f"training on {devices} devices: {_last_words(error)}") from error
    finally:
        queue.put(None)
        passing_on.join()


def _pass_on(queue: Any, listener: TrainListener) -> None:
    while (heard := queue.get()) is not None:
        if isinstance(heard, Epoch):
            listener.epoch_done(heard)
        else:
            listener.note(heard)


def _last_words(error: Exception) -> str:
    """Of the error's text, which is a whole traceback, the message."""
    return str(error).strip().splitlines()[-1].split(": ", 1)[-1]


class quiet_lightning(warnings.catch_warnings):  # noqa: N801
    """Lightning's hints about itself are not for our users; its errors still come."""

    def __enter__(self) -> Any:
        """Begin."""
        entered = super().__enter__()
        self._levels = {
            name: logging.getLogger(name).level
            for name in ("lightning.pytorch", "lightning.fabric", "torch.multiprocessing.spawn")
        }
        for name in self._levels:
            logging.getLogger(name).setLevel(logging.ERROR)
        warnings.simplefilter("ignore")
        return entered

    def __exit__(self, *details: Any) -> None:
        """End."""
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        super().__exit__(*details)
