"""DD-Net: what it sees, and that it learns."""

import numpy as np
import pytest
import torch
from torch import Tensor

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input
from poseact.models.ddnet import DDNet

SPEC = InputSpec(get_layout("coco17"), num_frames=16)


def inputs(num: int = 4, spec: InputSpec = SPEC) -> tuple[Tensor, Tensor]:
    keypoints, mask = example_input(spec, num, seed=3)
    return torch.from_numpy(keypoints), torch.from_numpy(mask)


def test_the_order_of_frames_matters() -> None:
    torch.manual_seed(0)
    model = DDNet(SPEC, 5).eval()
    keypoints, mask = inputs()
    assert not torch.allclose(model(keypoints, mask), model(keypoints.flip(2), mask.flip(2)), atol=1e-6)


def test_the_distance_between_two_people_matters() -> None:
    spec = InputSpec(get_layout("sbu15"), num_persons=2, num_coordinates=3, num_frames=16)
    torch.manual_seed(0)
    model = DDNet(spec, 5, positions=False).eval()
    # Nobody moves: only the distances can tell how far apart they stand.
    keypoints, mask = inputs(2, spec)
    keypoints = keypoints[:, :, :1].expand_as(keypoints).clone()
    apart = keypoints.clone()
    apart[:, 1, :, :, 0] += 3.0
    assert not torch.allclose(model(keypoints, mask), model(apart, mask), atol=1e-6)


@pytest.mark.parametrize("frames", [2, 3, 5, 17, 64])
def test_any_number_of_frames_will_do(frames: int) -> None:
    spec = InputSpec(get_layout("coco17"), num_frames=frames)
    assert DDNet(spec, 3).eval()(*inputs(2, spec)).shape == (2, 3)


def test_without_positions_it_is_smaller() -> None:
    assert DDNet(SPEC, 5, positions=False).num_parameters < DDNet(SPEC, 5).num_parameters


def test_it_learns_who_moves_left_and_who_right() -> None:
    rng = np.random.default_rng(0)
    keypoints = rng.normal(0, 1, (32, 1, 1, 17, 2)) + rng.normal(0, 0.05, (32, 1, 16, 17, 2))
    labels = np.arange(32) % 2
    way = np.linspace(0, 2, 16)[None, None, :, None] * np.where(labels, 1, -1)[:, None, None, None]
    keypoints[..., 0] += way
    k, m = torch.from_numpy(keypoints.astype(np.float32)), torch.ones(32, 1, 16, 17)
    torch.manual_seed(0)
    model = DDNet(SPEC, 2, width=8, dropout=0.0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(30):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(k, m), torch.from_numpy(labels)).backward()
        optimiser.step()
    assert (model.eval()(k, m).argmax(1).numpy() == labels).mean() == 1.0


def test_a_width_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="width"):
        DDNet(SPEC, 5, width=0)


def test_the_order_of_two_people_makes_no_difference() -> None:
    spec = InputSpec(get_layout("sbu15"), num_persons=2, num_coordinates=3, num_frames=16)
    torch.manual_seed(0)
    model = DDNet(spec, 5).eval()
    keypoints, mask = inputs(2, spec)
    said = model(keypoints, mask)
    assert torch.allclose(said, model(keypoints.flip(1), mask.flip(1)), atol=1e-5)
    assert not torch.allclose(said[0], said[1], atol=1e-6)
