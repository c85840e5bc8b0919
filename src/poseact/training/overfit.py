"""The overfit check: a model that can learn at all learns a few clips by heart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.models.base import ActionNet, ClosedFormNet, Recipe
from poseact.training.batches import fixed_windows
from poseact.training.config import TrainConfig
from poseact.training.learner import window_logits
from poseact.training.material import Material
from poseact.training.progress import Epoch, TrainListener
from poseact.training.run import find_model, make_model

_MOST_EPOCHS = 400
_TRIAL_EPOCHS = 60
_ACCURACY_OF_CHANCE = 1.5


@dataclass(frozen=True)
class Overfit:
    """How the check ended.

    Attributes:
        num_clips: How many were to be learnt by heart.
        accuracy: Of these, named right in the end, in evaluation mode.
        epochs: Rounds that it took.
        findings: What is wrong, a line each; empty where all were learnt.
    """

    num_clips: int
    accuracy: float
    epochs: int
    findings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every clip was learnt."""
        return self.accuracy >= 1.0


def overfit(material: Material, config: TrainConfig, num_clips: int, listener: TrainListener) -> Overfit:
    """Train on a few clips without any change, noise or restraint until all are named right.

    Args:
        material: Of its training clips, some of every class are taken.
        config: Names the model; its learning rate and batch size are used.
        num_clips: How many.
        listener: Told of the epochs.

    Raises:
        InvalidInputError: If there are too few clips.
    """
    chosen = _some_of_each_class(material, num_clips)
    keypoints, mask, owner = fixed_windows(material.store, chosen)
    first = np.unique(owner, return_index=True)[1]  # one window a clip
    keypoints, mask, labels = keypoints[first], mask[first], material.labels[chosen]
    names = [material.store.names[i] for i in chosen]
    recipe = config.merged_recipe(find_model(config.model).recipe)
    task = _Task(material, config, recipe, keypoints, mask, labels)
    findings = _impossible(task, names)
    trial = _learn(task, _MOST_EPOCHS, listener)
    if trial.accuracy < 1:
        findings += _diagnosis(task, trial)
    return Overfit(len(chosen), trial.accuracy, trial.epochs, () if trial.accuracy >= 1 else tuple(findings))


@dataclass(frozen=True)
class _Task:
    """What is to be learnt by heart, and how."""

    material: Material
    config: TrainConfig
    recipe: Recipe
    keypoints: Tensor
    mask: Tensor
    labels: NDArray[np.intp]


@dataclass(frozen=True)
class _Trial:
    """How one attempt went."""

    accuracy: float
    training_mode_accuracy: float
    epochs: int
    first_loss: float
    last_loss: float
    idle: tuple[str, ...]


def _some_of_each_class(material: Material, num_clips: int) -> NDArray[np.intp]:
    if not 2 <= num_clips <= len(material.train):
        raise InvalidInputError(
            f"overfit: expected 2 to {len(material.train)} clips, which is how many there are to learn from, "
            f"found {num_clips}"
        )
    labels = material.labels[material.train]
    # The first clip of each class, then the second of each ...
    rank = np.array([(labels[:i] == label).sum() for i, label in enumerate(labels)])
    return np.sort(material.train[np.lexsort((labels, rank))[:num_clips]])


def _made(material: Material, config: TrainConfig) -> ActionNet:
    torch.manual_seed(config.seed)
    model = make_model(material.store.spec, len(material.class_names), config)
    for module in model.modules():
        if isinstance(module, nn.Dropout | nn.Dropout1d | nn.Dropout2d | nn.Dropout3d):
            module.p = 0.0
        if isinstance(module, nn.RNNBase):
            module.dropout = 0.0
    return model


def _learn(task: _Task, most_epochs: int, listener: TrainListener | None) -> _Trial:
    torch.set_num_threads(1)
    model = _made(task.material, task.config)
    target = torch.from_numpy(task.labels.astype(np.int64))
    if isinstance(model, ClosedFormNet):
        rng = np.random.default_rng(task.config.seed)
        model.fit(task.keypoints, task.mask, task.labels, np.arange(len(task.labels)), rng)
        accuracy = _accuracy(window_logits(model, task.keypoints, task.mask), target)
        return _Trial(accuracy, accuracy, 1, 0.0, 0.0, ())
    optimizer = torch.optim.AdamW(model.parameters(), task.recipe.learning_rate, weight_decay=0.0)
    rng = np.random.default_rng(task.config.seed)
    losses, right, accuracy, epoch = [], 0.0, 0.0, 0
    for epoch in range(1, most_epochs + 1):
        loss, right = _round(model, optimizer, task, target, rng)
        losses.append(loss)
        logits = window_logits(model, task.keypoints, task.mask)
        accuracy = _accuracy(logits, target)
        if listener is not None:
            listener.epoch_done(
                Epoch(epoch, most_epochs, loss, right, None, accuracy, 0.0, 0.0, task.recipe.learning_rate)
            )
        if accuracy >= 1 or not np.isfinite(loss):
            break
    idle = tuple(name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0)
    return _Trial(accuracy, right, epoch, losses[0], losses[-1], idle)


def _round(
    model: ActionNet,
    optimizer: torch.optim.Optimizer,
    task: _Task,
    target: Tensor,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """One round through all clips: mean loss and accuracy in training mode."""
    model.train()
    order = torch.from_numpy(rng.permutation(len(target)))
    loss_sum = right = 0.0
    for part in torch.tensor_split(order, max(1, round(len(order) / task.recipe.batch_size))):
        logits = model(task.keypoints[part], task.mask[part])
        loss = nn.functional.cross_entropy(logits, target[part])
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), task.recipe.gradient_clip)
        optimizer.step()
        loss_sum += float(loss.detach()) * len(part)
        right += float((logits.argmax(dim=1) == target[part]).sum())
    return loss_sum / len(order), right / len(order)


def _accuracy(logits: Tensor, target: Tensor) -> float:
    return float((logits.argmax(dim=1) == target).float().mean())


def _impossible(task: _Task, names: Sequence[str]) -> list[str]:
    """What no model could learn: the same input under two labels, or input without any motion or shape."""
    out = []
    seen: dict[bytes, int] = {}
    for i, window in enumerate(task.keypoints.numpy()):
        other = seen.setdefault(window.tobytes(), i)
        if task.labels[other] != task.labels[i]:
            out.append(
                f"clips {names[other]!r} and {names[i]!r} have the same joints and different labels: "
                "no model can tell them apart; run poseact data check"
            )
    flat = task.keypoints.flatten(1)
    same = [names[i] for i in torch.nonzero(flat.std(dim=1) == 0).flatten().tolist()]
    if same:
        out.append(
            f"all joints of clip {same[0]!r} are in one point ({len(same)} such clips): "
            "run poseact data check"
        )
    return out


def _diagnosis(task: _Task, trial: _Trial) -> list[str]:
    """Why a model did not learn, as far as it can be told."""
    chance = float(np.bincount(task.labels).max() / len(task.labels))
    rate = task.recipe.learning_rate
    if not np.isfinite(trial.last_loss):
        return [
            f"the loss became {trial.last_loss}: the learning rate {rate:g} is too high, or the model "
            "divides by zero"
        ]
    out = []
    if trial.training_mode_accuracy >= 0.99 > trial.accuracy:
        out.append(
            f"right in training mode ({trial.training_mode_accuracy:.0%}), wrong in evaluation mode "
            f"({trial.accuracy:.0%}): statistics of batch normalisation do not fit; larger batches help"
        )
    if trial.idle:
        out.append(
            f"no gradient reaches {', '.join(trial.idle[:3])}: part of the model is not connected to its "
            "output"
        )
    if trial.accuracy <= _ACCURACY_OF_CHANCE * chance:
        out.append(
            f"nothing was learnt: {trial.accuracy:.0%} right, and always naming the commonest class gives "
            f"{chance:.0%}; the loss went from {trial.first_loss:.2f} to {trial.last_loss:.2f}"
        )
    out += _other_rates(task, trial)
    return out or [
        f"{trial.accuracy:.0%} after {trial.epochs} epochs, loss {trial.first_loss:.2f} to "
        f"{trial.last_loss:.2f}: the model is too small for so many clips, or needs more epochs"
    ]


def _other_rates(task: _Task, trial: _Trial) -> list[str]:
    """Whether another learning rate does better in a short trial."""
    if trial.epochs < 2:
        return []
    rate = task.recipe.learning_rate
    results = {}
    for factor in (0.1, 1.0, 10.0):
        tried = replace(task, recipe=replace(task.recipe, learning_rate=rate * factor))
        results[factor] = _learn(tried, _TRIAL_EPOCHS, None).accuracy
    best = max(results, key=lambda factor: results[factor])
    if best == 1.0 or results[best] < results[1.0] + 0.1:
        return []
    return [
        f"a learning rate of {rate * best:g} gives {results[best]:.0%} in {_TRIAL_EPOCHS} epochs, {rate:g} "
        f"gives {results[1.0]:.0%}: try --set learning_rate={rate * best:g}"
    ]
