"""What the temporal convolutional network keeps to beside the contract."""

from dataclasses import replace

import pytest
import torch

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input
from poseact.models.frame_input import FrameInput
from poseact.models.tcn import TCN

SPEC = InputSpec(get_layout("jhmdb15"), num_frames=40)


@pytest.mark.parametrize("causal", [False, True])
def test_causal_blocks_do_not_look_ahead(causal: bool) -> None:
    torch.manual_seed(0)
    net = TCN(SPEC, 3, width=16, causal=causal).eval()
    x = torch.randn(2, 16, 40)
    later = x.clone()
    later[:, :, 25:] += 1
    same = torch.isclose(net.blocks(x), net.blocks(later), atol=1e-6).all(dim=1)[0]
    assert bool(same[:25].all()) == causal
    assert not same[25:].any()


@pytest.mark.parametrize("causal", [False, True])
def test_nor_does_the_first_convolution(causal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net = TCN(SPEC, 3, width=16, causal=causal).eval()
    frames = torch.randn(1, 40, net.input.num_channels)
    seen: list[torch.Tensor] = []
    monkeypatch.setattr(net.input, "forward", lambda keypoints, mask: keypoints)
    net.end.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    later = frames.clone()
    later[:, 25:] += 1
    for x in (frames, later):
        net.embed(x, x)
    same = torch.isclose(*seen, atol=1e-6).all(dim=1)[0]
    assert bool(same[:25].all()) == causal


@pytest.mark.parametrize(("depth", "kernel", "reach"), [(1, 3, 4), (3, 3, 28), (2, 5, 24)])
def test_the_reach_grows_with_depth(depth: int, kernel: int, reach: int) -> None:
    """Two convolutions a block with dilations 1, 2, 4, ..., as in the paper."""
    torch.manual_seed(0)
    net = TCN(SPEC, 3, width=16, depth=depth, kernel=kernel, causal=True).eval()
    x = torch.zeros(1, 16, 40)
    moved = x.clone()
    moved[:, :, 5] = 1
    changed = (net.blocks(x) - net.blocks(moved)).abs().amax(dim=(0, 1)) > 1e-7
    assert changed.nonzero().max() == 5 + reach


def test_two_people_stand_in_one_vector() -> None:
    two = InputSpec(get_layout("sbu15"), num_persons=2, num_coordinates=3, num_frames=16)
    frames = FrameInput(two)
    keypoints, mask = map(torch.from_numpy, example_input(two, 3))
    assert frames(keypoints, mask).shape == (3, 16, 2 * 15 * 13)
    assert frames.num_channels == 2 * 15 * 13


def test_odd_options_are_refused() -> None:
    for options in ({"kernel": 4}, {"depth": 0}, {"width": 0}):
        with pytest.raises(InvalidInputError, match="odd kernel"):
            TCN(SPEC, 3, **options)  # type: ignore[arg-type]


def test_any_number_of_frames_is_taken() -> None:
    for frames in (2, 7):
        spec = replace(SPEC, num_frames=frames)
        keypoints, mask = map(torch.from_numpy, example_input(spec, 2))
        assert TCN(spec, 3).eval()(keypoints, mask).shape == (2, 3)
