"""Batches: every clip once an epoch, the same again for the same number, evenly sized."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from made_clips import made_clips
from poseact.models import Recipe
from poseact.training.batches import STILL, TrainBatches, fixed_windows, settled, times, training_windows
from poseact.training.config import TrainConfig
from poseact.training.material import Material, gather
from poseact.training_augment import TrainAugment


def material(**settings: Any) -> Material:
    clips = settings.pop("clips", None) or made_clips()
    return gather(clips, TrainConfig(model="lstm", val_fraction=0, **settings), data_name="made")


def batches(material: Material, **recipe: Any) -> TrainBatches:
    recipe.setdefault("augment", replace(TrainAugment(), flip=0.5))
    return TrainBatches(material.store, material.train, material.labels, Recipe(**recipe), seed=4)


def test_an_epoch_has_every_clip_once_and_no_batch_of_one() -> None:
    found = material()
    made = list(batches(found, batch_size=17).epoch(0))
    assert len(made) == 2 and [len(labels) for _, _, labels in made] == [9, 9]
    counts = torch.bincount(torch.cat([labels for _, _, labels in made]))
    assert counts.tolist() == np.bincount(found.labels[found.train]).tolist()


def test_an_epoch_is_the_same_again_and_unlike_the_next() -> None:
    found = batches(material())
    first, again, second = (next(iter(found.epoch(number))) for number in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], second[0])


def test_long_clips_give_several_windows() -> None:
    found = material(clips=made_clips(frames=90), window_s=1.0)
    assert batches(found).num_windows > 3 * len(found.train)


def test_large_sets_get_larger_batches() -> None:
    found = material()
    many = TrainBatches(found.store, np.tile(found.train, 1000), found.labels, Recipe(batch_size=16), seed=0)
    assert many.batch_size == 64 and batches(found, batch_size=16).batch_size == 16


def test_windows_lie_within_their_clips() -> None:
    for found in (material(), material(clips=made_clips(frames=90), window_s=1.0)):
        index = np.repeat(found.train, 20)
        settings = TrainAugment(crop=0.3, speed=0.5, warp=0.8)
        at = times(found.store, index, np.random.default_rng(0), settings)
        last = found.store.lengths[index] - 1
        assert (at[:, 0] >= -1e-9).all() and (np.diff(at, axis=1) >= 0).all()
        assert (at[:, -1] <= last + 1e-6).all()


def test_unchanged_windows_are_those_of_validation() -> None:
    found = material()
    keypoints, mask, owner = fixed_windows(found.store, found.train)
    drawn, drawn_mask = training_windows(found.store, found.train, np.random.default_rng(0), STILL)
    assert torch.allclose(keypoints, drawn) and torch.equal(mask, drawn_mask)
    assert owner.tolist() == list(range(len(found.train)))


def test_mirror_images_are_made_where_no_class_has_a_side() -> None:
    recipe = Recipe()
    assert settled(recipe, may_flip=True).augment.flip == 0.5
    assert settled(recipe, may_flip=False).augment.flip == 0
    fixed = replace(recipe, augment=replace(recipe.augment, flip=0.25))
    assert settled(fixed, may_flip=False).augment.flip == 0.25
