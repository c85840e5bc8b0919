"""ROCKET: its ridge against the textbook's, groups kept together, and the file it gives."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import LARGEST_DIFFERENCE, largest_difference, write_graph
from poseact.models.rocket import CONSTANT, Rocket, fit_ridge

SPEC = InputSpec(get_layout("coco17"), num_frames=20)


def clips(num: int, seed: int) -> tuple[Tensor, Tensor, NDArray[np.intp]]:
    """People who wave a wrist slowly (0), quickly (1), or walk (2)."""
    rng = np.random.default_rng(seed)
    body = np.random.default_rng(0).normal(0, 1, (1, 1, 1, 17, 2))
    keypoints = body + rng.normal(0, 0.2, (num, 1, 1, 17, 2)) + rng.normal(0, 0.02, (num, 1, 20, 17, 2))
    labels = np.arange(num) % 3
    time = np.linspace(0, 1, 20)[None] + rng.random((num, 1))
    speed = np.array([1, 3, 0])[labels][:, None]
    keypoints[:, 0, :, 9, 1] += np.sin(2 * np.pi * time * speed)
    keypoints[:, 0, :, :, 0] += np.where(labels == 2, 1, 0)[:, None, None] * time[..., None]
    return torch.from_numpy(keypoints.astype(np.float32)), torch.ones(num, 1, 20, 17), labels


def fitted(seed: int = 0, num: int = 60) -> Rocket:
    torch.manual_seed(seed)
    model = Rocket(SPEC, 3, mixtures=16, kernels=2)
    keypoints, mask, labels = clips(num, seed=1)
    model.fit(keypoints, mask, labels, np.arange(num), np.random.default_rng(seed))
    return model.eval()


def test_it_learns() -> None:
    model = fitted()
    keypoints, mask, labels = clips(60, seed=2)
    probabilities = model(keypoints, mask).softmax(1).numpy()
    assert (probabilities.argmax(1) == labels).mean() >= 0.95
    # Calibrated by clips left out: sure, where it is so often right.
    assert probabilities.max(axis=1).mean() > 0.8


def test_before_it_is_fitted_all_classes_are_equal() -> None:
    keypoints, mask, _ = clips(3, seed=2)
    assert torch.equal(Rocket(SPEC, 3)(keypoints, mask), torch.zeros(3, 3))


def test_the_file_of_a_fitted_model_says_the_same(tmp_path: Path) -> None:
    model = fitted()
    write_graph(model, tmp_path / "model.onnx", {})
    assert largest_difference(model, tmp_path / "model.onnx", num=20) <= LARGEST_DIFFERENCE


def test_place_and_size_make_no_difference_once_fitted() -> None:
    model = fitted()
    keypoints, mask, _ = clips(9, seed=2)
    moved = keypoints * 37.0 + torch.tensor([500.0, -80.0])
    assert torch.allclose(model(keypoints, mask), model(moved, mask), atol=2e-2)


def test_a_seed_fixes_the_fit() -> None:
    keypoints, mask, _ = clips(9, seed=2)
    assert torch.equal(fitted(3)(keypoints, mask), fitted(3)(keypoints, mask))
    assert not torch.equal(fitted(3)(keypoints, mask), fitted(4)(keypoints, mask))


def test_nothing_is_left_to_train() -> None:
    assert not list(fitted().parameters())


def noisy(seed: int = 0) -> tuple[Tensor, NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    labels = np.arange(60) % 3
    features = rng.normal(size=(60, 40))
    features[:, :3] += 2 * np.eye(3)[labels]
    return torch.from_numpy(features.astype(np.float32)), labels


def primal(x: Tensor, targets: Tensor, alpha: float) -> Tensor:
    """(D + 1, K): the textbook's ridge; the last row is the constant's weight."""
    return torch.linalg.solve(x.T @ x + alpha * torch.eye(x.shape[1], dtype=x.dtype), x.T @ targets)


def design(features: Tensor) -> Tensor:
    """(N, D + 1), scaled as `fit_ridge` scales them."""
    x = features.double() / features.shape[1] ** 0.5
    return torch.cat([x, torch.full((len(x), 1), CONSTANT**0.5, dtype=x.dtype)], dim=1)


def targets_of(labels: NDArray[np.intp]) -> Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy(labels)).double() * 2 - 1


def test_leaving_groups_out_is_what_refitting_without_them_gives() -> None:
    features, labels = noisy()
    groups = np.repeat(np.arange(20), 3)
    fit = fit_ridge(features, labels, groups, 3)
    x, targets = design(features), targets_of(labels)
    scores = torch.zeros_like(targets)
    for group in range(20):
        rest = torch.from_numpy(groups != group)
        scores[~rest] = x[~rest] @ primal(x[rest], targets[rest], fit.alpha)
    loss = torch.nn.functional.cross_entropy(scores * fit.sharpness, torch.from_numpy(labels))
    assert float(loss) == pytest.approx(fit.left_out_loss, abs=1e-5)


def test_weights_are_those_of_ridge_regression() -> None:
    features, labels = noisy()
    fit = fit_ridge(features, labels, np.arange(60), 3)
    expected = primal(design(features), targets_of(labels), fit.alpha)
    assert torch.allclose(fit.weight.double() * features.shape[1] ** 0.5, expected[:-1].T, atol=1e-5)
    assert torch.allclose(fit.bias.double(), expected[-1] * CONSTANT**0.5, atol=1e-5)


def test_features_that_say_nothing_look_like_it() -> None:
    # More features than windows: any labels can be learnt by heart, and none foretold.
    rng = np.random.default_rng(3)
    features = rng.normal(size=(60, 400)).astype(np.float32)
    features = torch.from_numpy((features - features.mean(axis=0)) / features.std(axis=0))
    fit = fit_ridge(features, rng.permutation(np.arange(60) % 3), np.arange(60), 3)
    assert fit.left_out_loss > 0.95 * np.log(3)


def test_copies_of_a_clip_do_not_vouch_for_each_other() -> None:
    features, _ = noisy()
    labels = np.random.default_rng(5).permutation(np.arange(60) % 3)  # nothing to be learnt
    twice, labels2 = torch.cat([features, features]), np.concatenate([labels, labels])
    fooled = fit_ridge(twice, labels2, np.arange(120), 3)
    honest = fit_ridge(twice, labels2, np.tile(np.arange(60), 2), 3)
    assert honest.alpha > fooled.alpha
    assert honest.left_out_loss > fooled.left_out_loss


def test_one_group_only_is_refused() -> None:
    keypoints, mask, labels = clips(6, seed=1)
    with pytest.raises(InvalidInputError, match="two or more groups"):
        Rocket(SPEC, 3).fit(keypoints, mask, labels, np.zeros(6, int), np.random.default_rng(0))


@pytest.mark.parametrize("frames", [2, 9, 64])
def test_any_number_of_frames_will_do(frames: int) -> None:
    spec = InputSpec(get_layout("coco17"), num_frames=frames)
    model = Rocket(spec, 3, mixtures=4, kernels=2)
    rng = np.random.default_rng(0)
    keypoints = torch.from_numpy(rng.normal(size=(6, *spec.shape)).astype(np.float32))
    model.fit(keypoints, torch.ones(6, *spec.shape[:3]), np.arange(6) % 3, np.arange(6), rng)
    assert model(keypoints, torch.ones(6, *spec.shape[:3])).isfinite().all()


def test_the_order_of_two_people_makes_no_difference() -> None:
    spec = InputSpec(get_layout("sbu15"), num_persons=2, num_coordinates=3, num_frames=16)
    rng = np.random.default_rng(0)
    keypoints = torch.from_numpy(rng.normal(size=(8, *spec.shape)).astype(np.float32))
    mask = torch.ones(8, *spec.shape[:3])
    model = Rocket(spec, 2, mixtures=8, kernels=2)
    model.fit(keypoints, mask, np.arange(8) % 2, np.arange(8), rng)
    said = model(keypoints, mask)
    assert said.abs().max() > 0.01
    assert torch.allclose(said, model(keypoints.flip(1), mask.flip(1)), atol=1e-4)
