"""The LSTM, above all that its causal variant says the same frame by frame as for a whole window."""

import numpy as np
import pytest
import torch
from torch import Tensor

from poseact.clip_store import filled
from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input
from poseact.models.lstm import LSTM
from poseact.models.recurrent_inputs import CausalInputs

FLAT = InputSpec(get_layout("coco17"), num_frames=24)
SPECS = {
    "2d": FLAT,
    "3d": InputSpec(get_layout("kinect20"), num_coordinates=3, num_frames=20),
    "two-people": InputSpec(get_layout("sbu15"), num_persons=2, num_coordinates=3, num_frames=16),
    "without-hips": InputSpec(get_layout("openpose18"), num_frames=12, rate_hz=10),
}


def causal(spec: InputSpec, **options: int) -> LSTM:
    torch.manual_seed(0)
    return LSTM(spec, 6, causal=True, hidden=20, **options).eval()  # type: ignore[arg-type]


def window(spec: InputSpec, num: int = 3) -> tuple[Tensor, Tensor]:
    """Joints missing here and there, some from the start, and one frame without anybody."""
    keypoints, mask = example_input(spec, num, seed=4)
    mask[:, :, :5, ::3] = 0
    mask[0, :, 7] = 0
    keypoints, mask = filled(np.where(mask[..., None] > 0, keypoints, np.float32(np.nan)), mask)
    return torch.from_numpy(keypoints), torch.from_numpy(mask)


def stepped(model: LSTM, keypoints: Tensor, mask: Tensor) -> Tensor:
    """What the steps say, with rubbish where the mask is 0."""
    rubbish = torch.where(mask[..., None] > 0, keypoints, torch.full_like(keypoints, torch.nan))
    state = torch.zeros(len(keypoints), model.state_size)
    found = []
    for t in range(keypoints.shape[2]):
        logits, state = model.step(rubbish[:, :, t], mask[:, :, t], state)
        found.append(logits)
    return torch.stack(found, dim=1)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("name", SPECS)
def test_steps_say_exactly_what_the_window_says(name: str, layers: int) -> None:
    spec = SPECS[name]
    model = causal(spec, layers=layers)
    keypoints, mask = window(spec)
    if name == "without-hips":
        mask[:, :, :, spec.layout.indices(["left_hip", "right_hip"])] = 0
    expected = model.frame_logits(keypoints, mask)
    assert torch.allclose(stepped(model, keypoints, mask), expected, atol=1e-5)
    assert expected.std() > 1e-3


def test_steps_say_the_same_in_pixels_far_from_the_corner() -> None:
    model = causal(FLAT)
    keypoints, mask = window(FLAT)
    keypoints = keypoints * 60 + torch.tensor([1700.0, 500.0])
    assert torch.allclose(stepped(model, keypoints, mask), model.frame_logits(keypoints, mask), atol=1e-4)


@pytest.mark.parametrize("frame", [0, 5, 12])
def test_what_comes_later_changes_nothing_before(frame: int) -> None:
    model = causal(FLAT)
    keypoints, mask = window(FLAT)
    other, other_mask = keypoints.clone(), mask.clone()
    other[:, :, frame + 1 :] = other[:, :, frame + 1 :] * 3 + 50
    other_mask[:, :, frame + 1 :: 2] = 0
    before, after = model.frame_logits(keypoints, mask), model.frame_logits(other, other_mask)
    assert torch.equal(before[:, : frame + 1], after[:, : frame + 1])
    assert not torch.allclose(before[:, frame + 1 :], after[:, frame + 1 :], atol=1e-3)


def test_a_window_is_judged_by_its_later_half() -> None:
    model = causal(FLAT)
    keypoints, mask = window(FLAT)
    mean = model.frame_logits(keypoints, mask)[:, 12:].mean(dim=1)
    assert torch.allclose(model(keypoints, mask), mean, atol=1e-5)


def test_a_long_absence_leaves_size_and_place_as_they_were() -> None:
    model = causal(FLAT)
    keypoints, mask = window(FLAT)
    keypoints, nobody = keypoints * 100 + 800, torch.zeros_like(mask[:, :, 0])
    state = torch.zeros(len(keypoints), model.state_size)
    _, state = model.step(keypoints[:, :, 9], mask[:, :, 9], state)
    for _ in range(500):
        _, state = model.step(keypoints[:, :, 0], nobody, state)
    assert state.isfinite().all()
    _, again = model.step(keypoints[:, :, 9], mask[:, :, 9], state)
    total = model.past.state_sizes[1]
    size, other = (s[:, -2] / s[:, -1] for s in (state[:, -total:], again[:, -total:]))
    assert torch.allclose(size, other, rtol=0.1)


@pytest.mark.parametrize(
    "options", [{"causal": True, "bidirectional": True}, {"layers": 4}, {"layers": 0}, {"hidden": 0}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError, match="lstm: "):
        LSTM(FLAT, 3, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_form_has_its_layers_and_directions(layers: int, bidirectional: bool) -> None:
    model = LSTM(FLAT, 3, layers=layers, bidirectional=bidirectional, hidden=8).eval()
    keypoints, mask = window(FLAT)
    assert model.embed(keypoints, mask).shape == (3, 16 if bidirectional else 8)
    assert model.lstm.num_layers == layers
    assert not model.carries_state


def test_each_frame_by_itself_knows_no_way() -> None:
    keypoints, mask = window(FLAT)
    walking = keypoints + torch.linspace(0, 5, 24)[:, None, None]
    by_frame, by_window = (LSTM(FLAT, 3, normalise=how).eval() for how in ("frame", "window"))  # type: ignore[arg-type]
    mask = torch.ones_like(mask)
    assert torch.allclose(by_frame(keypoints, mask), by_frame(walking, mask), atol=1e-3)
    assert not torch.allclose(by_window(keypoints, mask), by_window(walking, mask), atol=1e-3)


def test_by_frame_coming_nearer_changes_nothing() -> None:
    keypoints, mask = window(FLAT)
    nearer = keypoints * torch.linspace(1, 4, 24)[:, None, None]
    mask = torch.ones_like(mask)
    model = LSTM(FLAT, 3, normalise="frame").eval()
    inputs, other = model.window(keypoints, mask), model.window(nearer, mask)
    long_trunk = model.window.trunk @ model.window.joints(keypoints, mask)
    long_trunk = (long_trunk.norm(dim=-1)[:, 0] > 0.7) & (
        (model.window.trunk @ model.window.joints(nearer, mask)).norm(dim=-1)[:, 0] > 0.7
    )
    assert long_trunk.sum() > 10
    assert torch.allclose(inputs[:, :, :17][long_trunk], other[:, :, :17][long_trunk], atol=1e-3)


@pytest.mark.parametrize("causal", [False, True])
def test_it_learns_to_tell_up_from_down(causal: bool) -> None:
    torch.manual_seed(1)
    keypoints, mask = window(FLAT, 40)
    labels = torch.arange(40) % 2
    raised = (2.0 * labels - 1)[:, None, None] * torch.linspace(0, 4, 24)[:, None]
    keypoints[..., FLAT.layout.index("left_wrist"), 1] += raised[..., None].reshape(40, 1, 24)
    model = LSTM(FLAT, 2, causal=causal, hidden=32)
    optimiser = torch.optim.AdamW(model.parameters(), 0.01)
    for _ in range(50):
        loss = torch.nn.functional.cross_entropy(model(keypoints, mask), labels)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert (model.eval()(keypoints, mask).argmax(dim=1) == labels).float().mean() > 0.95


def test_while_it_learns_a_causal_network_goes_on_from_other_windows_ends() -> None:
    model = causal(FLAT).train()
    keypoints, mask = window(FLAT, 16)
    model.head[0].p = 0.0  # type: ignore[index, union-attr]
    learning = model(keypoints, mask)
    resting = model.eval()(keypoints, mask)
    changed = (learning - resting).abs().amax(dim=1) > 1e-4
    assert 0 < changed.sum() < 16


def test_half_precision_does_not_overflow_on_pixels() -> None:
    inputs = CausalInputs(FLAT)
    keypoints = 500 + 100 * torch.randn(2, *FLAT.shape)
    mask = torch.ones(keypoints.shape[:-1])
    with torch.autocast("cpu", dtype=torch.float16):
        half = inputs(keypoints, mask)
    torch.testing.assert_close(half, inputs(keypoints, mask))
