"""How much of a training epoch is spent outside forward, backward and optimiser step: prints a ratio.

    python benchmarks/training.py [--model lstm] [--windows 22000]

One epoch of `poseact train` (Lightning; windows drawn and changed by the batch), in processor time of this
process, one thread, and the part of it that is spent within the steps: forward, loss, backward, clipping and
optimiser. Beside it a plain loop over the same batches, made beforehand, through the same model.
"""

import argparse
import tempfile
import time
from typing import Any

import lightning
import numpy as np
import torch
from torch import nn

from poseact.clip_store import ClipPeople, ClipStore
from poseact.input_spec import InputSpec
from poseact.layouts import OPENPOSE18
from poseact.models import MODELS, ActionNet, Recipe
from poseact.training.batches import TrainBatches, settled
from poseact.training.fitting import quiet_lightning
from poseact.training.learner import EpochLoader, Learner

CLASSES, FRAMES = 6, 32


def store_of(num_windows: int) -> ClipStore:
    """People who wander at random: 32 frames of 18 joints, as in the set of system S1."""
    rng = np.random.default_rng(0)
    spec = InputSpec(OPENPOSE18, num_frames=FRAMES)
    steps = rng.normal(size=(num_windows, FRAMES, 1, 18, 2)).astype(np.float32)
    ones = np.ones((FRAMES, 1, 18), np.float32)
    people = [ClipPeople(str(i), one.cumsum(axis=0), ones, 30.0) for i, one in enumerate(steps)]
    return ClipStore(people, spec)


class TimedLearner(Learner):
    """Measures how long its steps take."""

    steps_s = 0.0

    def optimizer_step(self, *arguments: Any, **named: Any) -> None:
        """Forward, backward, clipping and the optimiser's own step are all in here."""
        started = time.process_time()
        super().optimizer_step(*arguments, **named)
        self.steps_s += time.process_time() - started


def whole_epoch(model: ActionNet, batches: TrainBatches, recipe: Recipe) -> tuple[float, float]:
    """CPU seconds of one epoch under Lightning, and those within its steps."""
    learner = TimedLearner(model, recipe, 10 * len(batches))
    with tempfile.TemporaryDirectory() as folder, quiet_lightning():
        trainer = lightning.Trainer(
            max_epochs=1,
            accelerator="cpu",
            gradient_clip_val=recipe.gradient_clip,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            logger=False,
            default_root_dir=folder,
        )
        started = time.process_time()
        trainer.fit(learner, EpochLoader(batches, learner))
        return time.process_time() - started, learner.steps_s


def bare_steps(model: ActionNet, batches: TrainBatches, recipe: Recipe) -> float:
    """CPU seconds of forward, backward and optimiser step alone, on batches that are there already."""
    made = list(batches.epoch(0))
    optimizer = torch.optim.AdamW(model.parameters(), recipe.learning_rate)
    model.train()
    started = time.process_time()
    for keypoints, mask, labels in made:
        loss = nn.functional.cross_entropy(
            model(keypoints, mask), labels, label_smoothing=recipe.label_smoothing
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_clip)
        optimizer.step()
    return time.process_time() - started


def main() -> None:
    """Command line."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lstm", choices=list(MODELS))
    parser.add_argument("--windows", type=int, default=22_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    store = store_of(options.windows)
    labels = np.arange(options.windows) % CLASSES
    recipe = settled(MODELS[options.model].recipe, may_flip=True)
    batches = TrainBatches(store, np.arange(options.windows), labels, recipe, seed=0)
    shares = []
    for _ in range(options.runs):
        bare = bare_steps(MODELS[options.model](store.spec, CLASSES), batches, recipe)
        whole, steps = whole_epoch(MODELS[options.model](store.spec, CLASSES), batches, recipe)
        shares.append(1 - steps / whole)
        print(
            f"epoch {whole:.1f} CPU s, within steps {steps:.1f}, outside them {shares[-1]:.1%}; "
            f"plain loop {bare:.1f}, epoch / plain loop {whole / bare:.2f}"
        )
    print(f"{options.model}, {options.windows} windows: {np.median(shares):.1%} of an epoch is outside steps")


if __name__ == "__main__":
    main()
