"""One vector per clip from a recurrent network."""

from typing import Literal

import pytest
import torch
from torch import nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input
from poseact.models.recurrent_features import RecurrentFeatures

SPEC = InputSpec(get_layout("coco17"), num_frames=12)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("size", [32, 512])
def test_the_vector_is_as_long_as_asked(cell: Literal["gru", "lstm"], layers: int, size: int) -> None:
    model = RecurrentFeatures(SPEC, 4, cell=cell, layers=layers, size=size).eval()
    keypoints, mask = map(torch.from_numpy, example_input(SPEC, 3))
    vectors = model.embed(keypoints, mask)
    assert vectors.shape == (3, size) and vectors.isfinite().all()
    assert isinstance(model.recurrent, {"gru": nn.GRU, "lstm": nn.LSTM}[cell])
    assert model.recurrent.num_layers == layers


def test_the_classifier_behind_the_vector_is_linear() -> None:
    model = RecurrentFeatures(SPEC, 4, size=16).eval()
    a, b = torch.randn(2, 5, 16).unbind()
    middle = model.classify((a + b) / 2)
    assert torch.allclose(middle, (model.classify(a) + model.classify(b)) / 2, atol=1e-5)


def test_the_vector_knows_both_the_beginning_and_the_end() -> None:
    torch.manual_seed(0)
    model = RecurrentFeatures(SPEC, 4, size=16).eval()
    keypoints, mask = map(torch.from_numpy, example_input(SPEC, 1))
    mask = torch.ones_like(mask)
    before = model.embed(keypoints, mask)
    for frame in (0, 11):
        changed = keypoints.clone()
        changed[:, :, frame, 9] += 2.0
        assert not torch.allclose(model.embed(changed, mask), before, atol=1e-3)


@pytest.mark.parametrize("options", [{"layers": 3}, {"size": 2}, {"size": 30}])
def test_options_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError, match="recurrent_features: expected 1 or 2 layers"):
        RecurrentFeatures(SPEC, 4, **options)  # type: ignore[arg-type]
