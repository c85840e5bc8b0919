"""The overfit check passes what can learn, and says what is wrong with what cannot."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from torch import Tensor, nn

from made_clips import made_clips
from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models import MODELS
from poseact.models.base import ActionNet, Recipe
from poseact.training import overfit as overfit_module
from poseact.training.config import make_config
from poseact.training.material import gather
from poseact.training.overfit import Overfit, overfit
from poseact.training.progress import Silent


def check(num_clips: int = 12, clips: Any = None, **settings: Any) -> Overfit:
    config = make_config({"model": "lstm", "hidden": 16, "batch_size": 8, "val_fraction": 0, **settings})
    material = gather(clips or made_clips(), config, data_name="made")
    return overfit(material, config, num_clips, Silent())


def test_what_can_learn_passes() -> None:
    done = check(learning_rate=0.02)
    assert done.passed and done.num_clips == 12 and done.epochs > 1 and not done.findings


def test_every_class_is_among_the_clips() -> None:
    config = make_config({"model": "lstm", "val_fraction": 0})
    material = gather(made_clips(), config, data_name="made")
    chosen = overfit_module._some_of_each_class(material, 7)
    assert np.bincount(material.labels[chosen]).tolist() == [3, 2, 2]


def test_the_same_clip_under_two_labels_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overfit_module, "_MOST_EPOCHS", 5)
    monkeypatch.setattr(overfit_module, "_TRIAL_EPOCHS", 1)
    clips = made_clips()
    clips[2] = replace(clips[2], sequence=clips[0].sequence)
    done = check(18, clips)
    assert not done.passed and any("same joints and different labels" in text for text in done.findings)


class Deaf(ActionNet):
    """Does not look at its input."""

    recipe: ClassVar[Recipe] = Recipe()

    def __init__(self, spec: InputSpec, num_classes: int) -> None:
        super().__init__(spec, num_classes)
        self.head = nn.Linear(3, num_classes)
        self.idle = nn.Linear(3, 3)

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        return keypoints.flatten(1)[:, :3] * 0


def test_a_model_that_does_not_look_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overfit_module, "_MOST_EPOCHS", 5)
    monkeypatch.setattr(overfit_module, "_TRIAL_EPOCHS", 2)
    monkeypatch.setitem(MODELS, "lstm", Deaf)
    config = make_config({"model": "lstm", "val_fraction": 0})
    material = gather(made_clips(), config, data_name="made")
    done = overfit(material, config, 12, Silent())
    assert not done.passed
    assert any("no gradient reaches" in text and "idle" in text for text in done.findings)
    assert any("nothing was learnt" in text for text in done.findings)


def test_a_wrong_learning_rate_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overfit_module, "_MOST_EPOCHS", 20)
    done = check(learning_rate=0.0003)
    assert not done.passed and any("try --set learning_rate=0.003" in text for text in done.findings)


@pytest.mark.parametrize("number", [1, 10_000])
def test_too_few_and_too_many_clips_are_refused(number: int) -> None:
    with pytest.raises(InvalidInputError, match="expected 2 to 18 clips"):
        check(number)
