"""Learner: a model under Lightning: loss, optimiser and what is measured."""

import math
from collections.abc import Iterator
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from poseact.models.base import ActionNet, Recipe
from poseact.training.batches import Batch, TrainBatches


class Learner(lightning.LightningModule):
    """Cross-entropy, AdamW, and a learning rate that rises and falls once."""

    def __init__(self, model: ActionNet, recipe: Recipe, total_steps: int) -> None:
        """Take a model to train for so many steps altogether."""
        super().__init__()
        self.model = model
        self.recipe = recipe
        self.total_steps = total_steps
        self._sums = {"loss": 0.0, "right": 0.0, "windows": 0.0}

    def training_step(self, batch: Batch) -> Tensor:
        """One batch; see `TrainBatches`."""
        keypoints, mask, labels = batch
        logits = self.model(keypoints, mask)
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=self.recipe.label_smoothing)
        with torch.no_grad():
            self._sums["loss"] += float(loss) * len(labels)
            self._sums["right"] += float((logits.argmax(dim=1) == labels).sum())
            self._sums["windows"] += len(labels)
        return loss

    def epoch_figures(self) -> tuple[float, float]:
        """Mean loss and accuracy of the training windows, of all devices, since this was last asked."""
        sums = torch.tensor([*self._sums.values()], device=self.device)
        if self.trainer.world_size > 1:
            sums = self.trainer.strategy.reduce(sums, reduce_op="sum")
        self._sums = dict.fromkeys(self._sums, 0.0)
        loss, right, windows = sums.tolist()
        return loss / max(windows, 1.0), right / max(windows, 1.0)

    def configure_optimizers(self) -> Any:
        """AdamW; biases and norms are not decayed."""
        matrices = [p for p in self.model.parameters() if p.requires_grad and p.ndim > 1]
        others = [p for p in self.model.parameters() if p.requires_grad and p.ndim <= 1]
        optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": self.recipe.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=self.recipe.learning_rate,
        )
        # Computed from the step alone: a run that goes on with more epochs has its own schedule.
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate_factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _rate_factor(self, step: int) -> float:
        """Of the highest learning rate: up in a line, down as a cosine (Smith, Topin, 2018)."""
        rise = max(self.recipe.warmup * self.total_steps, 1.0)
        if step < rise:
            return (step + 1) / (rise + 1)
        return 0.5 * (1 + math.cos(math.pi * min((step - rise) / max(self.total_steps - rise, 1.0), 1.0)))


class EpochLoader:
    """What Lightning iterates over: the batches of the epoch that it is in, of each the device's share."""

    def __init__(self, batches: TrainBatches, learner: Learner) -> None:
        self._batches = batches
        self._learner = learner

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        # Not before the first batch is asked for: a run that goes on knows its epoch only then.
        trainer = self._learner.trainer
        share = slice(trainer.global_rank, None, trainer.world_size)
        for keypoints, mask, labels in self._batches.epoch(self._learner.current_epoch):
            yield keypoints[share], mask[share], labels[share]


def window_logits(model: ActionNet, keypoints: Tensor, mask: Tensor, batch: int = 256) -> Tensor:
    """(N, K) without gradients, on the device the model is on."""
    was_training = model.training
    model.eval()
    device = next(iter([*model.parameters(), *model.buffers()])).device
    with torch.inference_mode():
        parts = [
            model(keypoints[i : i + batch].to(device), mask[i : i + batch].to(device)).float().cpu()
            for i in range(0, len(keypoints), batch)
        ]
    model.train(was_training)
    return torch.cat(parts)


def clip_probabilities(
    logits: Tensor, owner: NDArray[np.intp], temperature: float = 1.0
) -> NDArray[np.float64]:
    """(clips, K): the mean over the windows of each clip."""
    probabilities = torch.softmax(logits.double() / temperature, dim=1).numpy()
    out = np.zeros((int(owner.max(initial=-1)) + 1, probabilities.shape[1]))
    np.add.at(out, owner, probabilities)
    return out / np.bincount(owner)[:, None]
