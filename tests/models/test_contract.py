"""What every model of the zoo keeps to."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import LARGEST_DIFFERENCE, example_input, largest_difference, write_graph
from poseact.models import MODELS, ActionNet, ClosedFormNet
from poseact.options import typed_options

CLASSES = 5
SPECS = {
    "coco17": InputSpec(get_layout("coco17")),
    "kinect20-3d": InputSpec(get_layout("kinect20"), num_coordinates=3, num_frames=20),
    "two-people": InputSpec(get_layout("sbu15"), num_persons=2, num_coordinates=3, num_frames=16),
}
BOTH = [(name, spec) for name in MODELS for spec in SPECS]


def made(name: str, spec: str = "coco17", seed: int = 0) -> ActionNet:
    torch.manual_seed(seed)
    return MODELS[name](SPECS[spec], CLASSES)


def inputs(spec: str = "coco17", num: int = 4) -> tuple[Tensor, Tensor]:
    keypoints, mask = example_input(SPECS[spec], num, seed=2)
    return torch.from_numpy(keypoints), torch.from_numpy(mask)


@pytest.mark.parametrize(("name", "spec"), BOTH)
def test_logits_and_features_have_their_shape(name: str, spec: str) -> None:
    model = made(name, spec).eval()
    keypoints, mask = inputs(spec)
    features = model.embed(keypoints, mask)
    assert features.ndim == 2 and len(features) == 4
    assert model(keypoints, mask).shape == (4, CLASSES)
    assert torch.allclose(model.classify(features), model(keypoints, mask), atol=1e-5)


@pytest.mark.parametrize(("name", "spec"), BOTH)
def test_every_parameter_gets_a_gradient(name: str, spec: str) -> None:
    model = made(name, spec).train()
    keypoints, mask = inputs(spec, 16)
    loss = torch.nn.functional.cross_entropy(model(keypoints, mask), torch.arange(16) % CLASSES)
    if isinstance(model, ClosedFormNet):
        pytest.skip("fitted in closed form")
    loss.backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert not without
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


@pytest.mark.parametrize(("name", "spec"), BOTH)
def test_a_sample_does_not_depend_on_its_batch(name: str, spec: str) -> None:
    model = made(name, spec).eval()
    keypoints, mask = inputs(spec)
    alone = torch.cat([model(keypoints[i : i + 1], mask[i : i + 1]) for i in range(4)])
    assert torch.allclose(model(keypoints, mask), alone, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_nothing_seen_gives_numbers_and_finite_gradients(name: str) -> None:
    model = made(name).train()
    keypoints, mask = inputs(num=4)
    keypoints[0], mask[0] = 0, 0  # nobody
    mask[1, :, :, 3:] = 0  # only a few joints
    keypoints[2] = 1.0  # everything in one point
    logits = model(keypoints, mask)
    assert logits.isfinite().all()
    if logits.requires_grad:
        logits.sum().backward()
        assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", MODELS)
def test_place_and_size_make_no_difference(name: str) -> None:
    model = made(name).eval()
    keypoints, mask = inputs()
    moved = keypoints * 37.0 + torch.tensor([500.0, -80.0])
    assert torch.allclose(model(keypoints, mask), model(moved, mask), atol=2e-2)


@pytest.mark.parametrize(("name", "spec"), BOTH)
def test_onnx_says_the_same(name: str, spec: str, tmp_path: Path) -> None:
    model = made(name, spec).eval()
    write_graph(model, tmp_path / "model.onnx", {})
    assert largest_difference(model, tmp_path / "model.onnx") <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_fixes_the_weights(name: str) -> None:
    keypoints, mask = inputs()
    first, again = made(name).eval()(keypoints, mask), made(name).eval()(keypoints, mask)
    assert torch.equal(first, again)


@pytest.mark.parametrize("name", MODELS)
def test_what_it_is_and_whose_is_said(name: str) -> None:
    model = MODELS[name]
    module = __import__(model.__module__, fromlist=["_"])
    assert model.__doc__ and module.__doc__
    assert any(character.isdigit() for character in module.__doc__), "the paper's year is missing"
    options = typed_options(model, ("spec", "num_classes"))
    assert all(option in model.__doc__ for option in options)


def test_what_a_model_is_given_is_as_promised() -> None:
    keypoints, mask = example_input(SPECS["coco17"], 3)
    assert keypoints.shape == (3, 1, 32, 17, 2) and mask.shape == (3, 1, 32, 17)
    assert np.isfinite(keypoints).all() and mask.min() == 0 and mask.max() <= 1
