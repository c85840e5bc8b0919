"""Training windows by the batch: drawn, changed and handed over as tensors; fixed windows for validation."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from poseact.clip_store import ClipStore, filled, fixed_times, model_input
from poseact.models.base import Recipe
from poseact.training_augment import TrainAugment, augmented, seen_by_cameras

Batch = tuple[Tensor, Tensor, Tensor]
# A set so large that an epoch would have more steps than this gets larger batches.
_STEPS_OF_LARGE_SETS = 100
STILL = TrainAugment(
    crop=0,
    speed=0,
    warp=0,
    flip=0.0,
    rotate_deg=0,
    yaw_deg=0,
    pitch_deg=0,
    stretch=0,
    shear=0,
    jitter=0,
    drift=0,
    drop_chance=0,
    swap_people=0,
    view_yaw_deg=0,
)


def times(
    store: ClipStore, index: NDArray[np.intp], rng: np.random.Generator, settings: TrainAugment
) -> NDArray[np.float64]:
    """Frame positions (N, T) of training windows: cropped, faster or slower, uneven."""
    num = len(index)
    if store.spec.sampling == "clip":
        start = rng.uniform(0, max(settings.crop, 0), num)
        end = 1 - rng.uniform(0, max(settings.crop, 0), num)
        at = store.whole(index, start, end)
    else:
        step = store.rates_hz[index] / store.spec.rate_hz
        step = step * np.exp(rng.uniform(-settings.speed, settings.speed, num))
        room = np.maximum(store.lengths[index] - 1 - (store.spec.num_frames - 1) * step, 0)
        at = (rng.random(num) * room)[:, None] + np.arange(store.spec.num_frames) * step[:, None]
    if settings.warp:
        at = _warped(at, rng, settings.warp)
    return at


def _warped(at: NDArray[np.float64], rng: np.random.Generator, most: float) -> NDArray[np.float64]:
    """Time that runs now faster and now slower, from the same beginning to the same end."""
    grid = np.linspace(0, 1, at.shape[1])
    strength = rng.uniform(-most, most, (len(at), 1))
    bent = grid + strength * np.sin(np.pi * grid) / np.pi * 2
    first, last = at[:, :1], at[:, -1:]
    return np.asarray(first + (last - first) * bent.clip(0, 1))


def training_windows(
    store: ClipStore, index: NDArray[np.intp], rng: np.random.Generator, settings: TrainAugment
) -> tuple[Tensor, Tensor]:
    """Keypoints (N, M, T, V, C) and mask (N, M, T, V) of the clips `index`, drawn and changed at random."""
    keypoints, mask = store.draw(index, times(store, index, rng, settings))
    if keypoints.shape[-1] > store.spec.num_coordinates:
        if settings.view_yaw_deg > 0:
            keypoints = seen_by_cameras(keypoints, rng, settings)
        keypoints = keypoints[..., : store.spec.num_coordinates]
    if settings != STILL:
        keypoints = augmented(keypoints, rng, settings, store.spec.layout)
    keypoints, mask = filled(keypoints, mask)
    return torch.from_numpy(keypoints), torch.from_numpy(mask)


@dataclass(frozen=True)
class TrainBatches:
    """An endless supply of epochs; which batches an epoch has depends on the seed and its number only.

    Attributes:
        store: The clips.
        index: Clips to draw from, each about as often as it holds windows.
        labels: (clips,) classes, of the whole store.
        recipe: Size of a batch and how windows are changed.
        seed: Of the run.
    """

    store: ClipStore
    index: NDArray[np.intp]
    labels: NDArray[np.intp]
    recipe: Recipe
    seed: int

    def __len__(self) -> int:
        """Batches an epoch."""
        return max(1, int(np.ceil(len(self._draws()) / self.batch_size)))

    @property
    def batch_size(self) -> int:
        """Windows a batch: the recipe's, or up to four times as many where a set has many thousands."""
        own = self.recipe.batch_size
        return max(own, min(4 * own, self.num_windows // _STEPS_OF_LARGE_SETS))

    @property
    def num_windows(self) -> int:
        """Windows an epoch."""
        return len(self._draws())

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of one epoch."""
        rng = np.random.default_rng((self.seed, 2, number))
        order = rng.permutation(self._draws())
        # A batch of one window cannot be normalised: sizes differ by one at most.
        for part in np.array_split(order, len(self)):
            keypoints, mask = training_windows(self.store, part, rng, self.recipe.augment)
            yield keypoints, mask, torch.from_numpy(self.labels[part].astype(np.int64))

    def _draws(self) -> NDArray[np.intp]:
        if self.store.spec.sampling == "clip":
            return self.index
        windows = self.store.durations_s[self.index] / max(self.store.spec.window_s, 1e-6)
        return np.repeat(self.index, np.maximum(windows.round(), 1).astype(int))


def fixed_windows(store: ClipStore, index: NDArray[np.intp]) -> tuple[Tensor, Tensor, NDArray[np.intp]]:
    """Unchanged windows of clips: keypoints, mask, and the clip (its place in `index`) of each window."""
    at, owner = fixed_times(store, index)
    keypoints, mask = model_input(store, index[owner], at)
    return torch.from_numpy(keypoints), torch.from_numpy(mask), owner


def settled(recipe: Recipe, may_flip: bool) -> Recipe:
    """The recipe with its open question decided: whether a mirror image is still of its class."""
    if recipe.augment.flip is not None:
        return recipe
    return replace(recipe, augment=replace(recipe.augment, flip=0.5 if may_flip else 0.0))
