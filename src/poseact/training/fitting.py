"""Fitting one model: step by step under Lightning, or at once in closed form."""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from numpy.typing import NDArray
from torch import Tensor

from poseact.errors import InvalidInputError, ModelError, SourceError
from poseact.models.base import ActionNet, ClosedFormNet, Recipe
from poseact.training.batches import STILL, TrainBatches, fixed_windows, training_windows
from poseact.training.config import TrainConfig
from poseact.training.devices import check_shares, heard_here, quiet_lightning, trainer_on
from poseact.training.history import draw_curves, load_history, save_history
from poseact.training.learner import EpochLoader, Learner, clip_probabilities, window_logits
from poseact.training.material import Material
from poseact.training.progress import Epoch, TrainListener

BEST, LAST, HISTORY, CURVES, LOGS = "best.ckpt", "last.ckpt", "history.csv", "curves.png", "logs"
MODEL = "model.onnx"

_MANY_EPOCHS, _MANY_SEEDS = 100_003, 1_000_003
# Epochs of a run after which it can resume, and at which its history is written.
_MOST_CHECKPOINTS = 50


@dataclass(frozen=True)
class Fitted:
    """A trained model.

    Attributes:
        model: In evaluation mode, with the weights that were kept.
        epochs: History.
        best_epoch: The one whose weights were kept; None where the last one's were.
        temperature: By which logits are divided to make probabilities mean what they say; from
            the validation clips, 1 without any.
        seconds: Of training.
        cpu_seconds: Of the processor, for the same.
    """

    model: ActionNet
    epochs: tuple[Epoch, ...]
    best_epoch: int | None
    temperature: float
    seconds: float
    cpu_seconds: float


def fit(
    model: ActionNet,
    material: Material,
    recipe: Recipe,
    config: TrainConfig,
    folder: Path,
    listener: TrainListener,
    *,
    resume: bool = False,
) -> Fitted:
    """Train a model; checkpoints, logs, history and curves go to the folder.

    Raises:
        SourceError: If there is nothing, or something else, to resume from.
    """
    started, cpu_started = time.perf_counter(), time.process_time()
    if isinstance(model, ClosedFormNet):
        epochs: Sequence[Epoch] = [_fit_at_once(model, material, recipe, config, material.train)]
        listener.epoch_done(epochs[0])
        best, temperature = None, _temperature(model, material)
        if len(material.val):
            # Nothing more is to be chosen on them: they are too good not to be learnt from.
            _fit_at_once(model, material, recipe, config, np.concatenate([material.train, material.val]))
    else:
        epochs, best = _fit_by_steps(model, material, recipe, config, folder, listener, resume)
        save_history(epochs, folder / HISTORY)
        draw_curves(epochs, folder / CURVES, _title(material, config), best)
        model.float().eval()
        temperature = _temperature(model, material)
    model.eval()
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    return Fitted(model, tuple(epochs), best, temperature, seconds, cpu_seconds)


def _title(material: Material, config: TrainConfig) -> str:
    return f"{config.model} on {material.learnt_from['data']}, seed {config.seed}"


def num_epochs(recipe: Recipe, steps_an_epoch: int) -> int:
    """Epochs of the recipe, or more of them where the set is small."""
    return max(recipe.epochs, int(np.ceil(recipe.min_steps / steps_an_epoch)))


def check_resumable(
    model: ActionNet, material: Material, recipe: Recipe, config: TrainConfig, folder: Path
) -> None:
    """Refuse to go on with what is not there, or is finished.

    Raises:
        SourceError: If there is no checkpoint, or no epoch is left.
    """
    if isinstance(model, ClosedFormNet):
        raise SourceError(f"{folder}: this model is fitted at once, there is nothing to resume: use --force")
    if not (folder / LAST).is_file():
        raise SourceError(f"{folder / LAST}: nothing to resume from: run without --resume")
    batches = TrainBatches(material.store, material.train, material.labels, recipe, 0)
    total, epochs = num_epochs(recipe, len(batches)), load_history(folder / HISTORY)
    done = len(epochs)
    if not (folder / MODEL).is_file():
        return  # even if only the model file is left to write
    if config.patience and len(material.val) and done - max(epochs, key=_score).number >= config.patience:
        raise SourceError(
            f"{folder}: training has ended after {done} epochs, as the last {config.patience} brought "
            "nothing: --force trains anew"
        )
    if done >= total:
        raise SourceError(
            f"{folder}: all of its {done} epochs are done: --set epochs={2 * done} trains it longer, "
            "--force anew"
        )


def _fit_by_steps(
    model: ActionNet,
    material: Material,
    recipe: Recipe,
    config: TrainConfig,
    folder: Path,
    listener: TrainListener,
    resume: bool,
) -> tuple[list[Epoch], int | None]:
    batches = TrainBatches(material.store, material.train, material.labels, recipe, config.seed)
    check_shares(batches, config.devices)
    total = num_epochs(recipe, len(batches))
    learner = Learner(model, recipe, total * len(batches))
    loggers = [CSVLogger(folder, LOGS, version=""), TensorBoardLogger(folder, LOGS, version="")]
    checkpoint = folder / LAST if resume else None
    with quiet_lightning(), heard_here(listener, config.devices) as told:
        watch = _Watch(material, batches, total, folder, told, config.seed)
        watch.epochs = load_history(folder / HISTORY) if resume else []
        trainer = trainer_on(
            config,
            max_epochs=total,
            gradient_clip_val=recipe.gradient_clip,
            callbacks=[watch, *_keepers(material, config, total, folder)],
            logger=loggers,
            enable_progress_bar=False,
            enable_model_summary=False,
            log_every_n_steps=max(1, min(50, len(batches))),
        )
        try:
            trainer.fit(learner, EpochLoader(batches, learner), ckpt_path=checkpoint, weights_only=True)
        except SystemExit as error:
            # Lightning ends the program on Ctrl-C, and leaves it deaf to a second one.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if isinstance(error.__context__, KeyboardInterrupt):
                raise error.__context__ from None
            raise
        except RuntimeError as error:
            if checkpoint is None or "Error(s) in loading state_dict" not in str(error):
                raise
            raise SourceError(f"{checkpoint}: is of another model: run without --resume") from error
    if config.devices > 1:
        watch.epochs = load_history(folder / HISTORY)  # it was one of the copies that watched
    if not len(material.val):
        return watch.epochs, None
    kept = torch.load(folder / BEST, weights_only=True)
    learner.load_state_dict(kept["state_dict"])
    return watch.epochs, kept["epoch"] + 1


def _keepers(material: Material, config: TrainConfig, total: int, folder: Path) -> list[Callback]:
    """What keeps the weights of the best and the last epoch, and stops when nothing gets better."""
    # One file of the best epoch, and one of the last: Lightning's own "last" is that of the last improvement.
    kept: dict[str, Any] = {
        "dirpath": folder,
        "enable_version_counter": False,
        "auto_insert_metric_name": False,
    }
    # Of a small set an epoch takes less time than writing it down does.
    now_and_then = max(1, total // _MOST_CHECKPOINTS)
    callbacks: list[Callback] = []
    if len(material.val):
        # Before the last: that one must know which has been the best.
        callbacks.append(_Best(filename=Path(BEST).stem, monitor="val_score", mode="max", **kept))
    callbacks.append(ModelCheckpoint(filename=Path(LAST).stem, every_n_epochs=now_and_then, **kept))
    if config.patience and len(material.val):
        callbacks.append(EarlyStopping("val_score", mode="max", patience=config.patience))
    return callbacks


class _Best(ModelCheckpoint):
    """The best epoch so far; in a run that goes on, also where its folder has another name by now."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        path, score = str(Path(str(self.dirpath)) / BEST), state_dict["best_model_score"]
        here = {"dirpath": self.dirpath, "best_model_path": path, "kth_best_model_path": path}
        super().load_state_dict({**state_dict, **here, "best_k_models": {path: score}})


def _score(epoch: Epoch) -> float:
    """What the best epoch is chosen by: accuracy, and the loss between epochs of one accuracy."""
    assert epoch.val_accuracy is not None and epoch.val_loss is not None
    return epoch.val_accuracy - 1e-4 * epoch.val_loss


class _Watch(Callback):
    """Measures on the validation clips after each epoch, keeps the history and tells the listener."""

    def __init__(
        self,
        material: Material,
        batches: TrainBatches,
        total: int,
        folder: Path,
        listener: TrainListener,
        seed: int,
    ) -> None:
        self.epochs: list[Epoch] = []
        self._seed = seed
        self._material = material
        self._windows = batches.num_windows
        self._total = total
        self._folder = folder
        self._listener = listener
        self._started = 0.0
        self._val = fixed_windows(material.store, material.val) if len(material.val) else None

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Start the clock. What is random in an epoch depends on its number, so that a run can resume."""
        torch.manual_seed(
            (trainer.global_rank * _MANY_SEEDS + self._seed) * _MANY_EPOCHS + trainer.current_epoch
        )
        # The history may be ahead of the checkpoint from which a run goes on.
        del self.epochs[trainer.current_epoch :]
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Measure, write down, tell."""
        seconds = time.perf_counter() - self._started
        loss, accuracy = pl_module.epoch_figures()
        if not np.isfinite(loss):
            raise ModelError(
                f"training went astray in epoch {trainer.current_epoch + 1} (the loss is {loss}): try a "
                f"lower learning rate than {pl_module.recipe.learning_rate:g}, e.g. "
                f"--set learning_rate={pl_module.recipe.learning_rate / 10:g}"
            )
        val_loss, val_accuracy = self._validate(pl_module.model)
        if trainer.world_size > 1 and val_loss is not None and val_accuracy is not None:
            # Their norms have seen other windows: all must take the same epoch for the best one.
            both = trainer.strategy.reduce(torch.tensor([val_loss, val_accuracy]), reduce_op="mean")
            val_loss, val_accuracy = both.tolist()
        epoch = Epoch(
            number=trainer.current_epoch + 1,
            of=self._total,
            train_loss=loss,
            train_accuracy=accuracy,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            seconds=seconds,
            samples_per_s=self._windows / max(seconds, 1e-9),
            learning_rate=float(trainer.optimizers[0].param_groups[0]["lr"]),
        )
        figures = {"train_loss": loss, "train_accuracy": accuracy, "learning_rate": epoch.learning_rate}
        if val_loss is not None and val_accuracy is not None:
            figures |= {"val_loss": val_loss, "val_accuracy": val_accuracy, "val_score": _score(epoch)}
        pl_module.log_dict(figures)
        self.epochs.append(epoch)
        if not trainer.is_global_zero:
            return
        if epoch.number % max(1, self._total // _MOST_CHECKPOINTS) == 0:
            save_history(self.epochs, self._folder / HISTORY)
        self._listener.epoch_done(epoch)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Training may have ended before its last epoch."""
        if trainer.is_global_zero:
            save_history(self.epochs, self._folder / HISTORY)

    def _validate(self, model: ActionNet) -> tuple[float | None, float | None]:
        if self._val is None:
            return None, None
        keypoints, mask, owner = self._val
        probabilities = clip_probabilities(window_logits(model, keypoints, mask), owner)
        return _figures(probabilities, self._material.labels[self._material.val])


def _figures(probabilities: Any, labels: Any) -> tuple[float, float]:
    """Cross-entropy and accuracy."""
    chances = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chances, 1e-12)).mean()), float(
        (probabilities.argmax(1) == labels).mean()
    )


def _fit_at_once(
    model: ClosedFormNet, material: Material, recipe: Recipe, config: TrainConfig, index: NDArray[np.intp]
) -> Epoch:
    """All windows of the clips `index` and their changed copies, and the model's own fit."""
    started = time.perf_counter()
    rng = np.random.default_rng((config.seed, 2))
    store = material.store
    keypoints, mask, owner = fixed_windows(store, index)
    owners = [owner]
    inputs = [(keypoints, mask)]
    for _ in range(recipe.copies):
        part = index[owner]
        if recipe.augment == STILL:
            raise InvalidInputError("copies: expected some augmentation to make them different, found none")
        inputs.append(training_windows(store, part, rng, recipe.augment))
        owners.append(owner)
    clips = index[np.concatenate(owners)]
    labels = material.labels[clips]
    all_keypoints, all_masks = (torch.cat(parts) for parts in zip(*inputs, strict=True))
    model.fit(all_keypoints, all_masks, labels, material.groups[clips], rng)
    seconds = time.perf_counter() - started
    train_loss, train_accuracy = _clip_figures(model, keypoints, mask, owner, material.labels[index])
    val_loss = val_accuracy = None
    if len(material.val):
        val = fixed_windows(store, material.val)
        val_loss, val_accuracy = _clip_figures(model, *val, material.labels[material.val])
    return Epoch(
        1,
        1,
        train_loss,
        train_accuracy,
        val_loss,
        val_accuracy,
        seconds,
        len(clips) / max(seconds, 1e-9),
        0.0,
    )


def _clip_figures(
    model: ActionNet, keypoints: Tensor, mask: Tensor, owner: Any, labels: Any
) -> tuple[float, float]:
    return _figures(clip_probabilities(window_logits(model, keypoints, mask), owner), labels)


def _temperature(model: ActionNet, material: Material) -> float:
    """The temperature of the least cross-entropy on the validation clips (Guo et al., ICML 2017)."""
    if not len(material.val):
        return 1.0
    from scipy.optimize import minimize_scalar

    keypoints, mask, owner = fixed_windows(material.store, material.val)
    logits = window_logits(model, keypoints, mask)
    labels = material.labels[material.val]

    def loss(log_temperature: float) -> float:
        return _figures(clip_probabilities(logits, owner, float(np.exp(log_temperature))), labels)[0]

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded")
    return float(np.exp(found.x))
