"""PoseConv3D beyond the contract that all models keep to."""

from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime as ort
import pytest
import torch
from torch import Tensor

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import LARGEST_DIFFERENCE, example_input, largest_difference, write_graph
from poseact.models.poseconv3d import PoseConv3D

SPEC = InputSpec(get_layout("coco17"), num_frames=8)
PAIR = InputSpec(get_layout("sbu15"), num_persons=2, num_frames=6, num_coordinates=3)


def inputs(spec: InputSpec, num: int = 2) -> tuple[Tensor, Tensor]:
    keypoints, mask = example_input(spec, num, seed=3)
    return torch.from_numpy(keypoints), torch.from_numpy(mask)


def test_by_default_it_takes_the_papers_48_frames_and_56_cells() -> None:
    assert PoseConv3D.defaults == {"num_frames": 48}
    model = PoseConv3D(InputSpec(get_layout("coco17"), **PoseConv3D.defaults), 4)
    assert model.heatmaps(*inputs(model.spec)).shape == (2, 48, 17, 56, 56)


@pytest.mark.parametrize("spec", [SPEC, PAIR])
def test_limbs_are_the_bones_of_the_layout(spec: InputSpec) -> None:
    model = PoseConv3D(spec, 4, input="limb", size=32)
    maps = model.heatmaps(*inputs(spec))
    assert maps.shape == (2, spec.num_frames, len(spec.layout.edges), 32, 32)
    assert model(*inputs(spec)).shape == (2, 4)


def test_a_limb_is_as_high_as_its_less_certain_end() -> None:
    model = PoseConv3D(SPEC, 4, input="limb", size=56)
    keypoints, mask = inputs(SPEC)
    mask = torch.ones_like(mask)
    knee, ankle = SPEC.layout.indices(["left_knee", "left_ankle"])
    limb = SPEC.layout.edges.index(("left_ankle", "left_knee"))
    mask[..., ankle] = 0.4
    # A limb may pass between the cells, but not far from any.
    assert 0.25 < model.heatmaps(keypoints, mask)[:, :, limb].amax() <= 0.4
    mask[..., knee] = 0
    assert not model.heatmaps(keypoints, mask)[:, :, limb].any()


@pytest.mark.parametrize("kind", ["joint", "limb"])
@pytest.mark.parametrize("spec", [SPEC, PAIR])
def test_trained_statistics_are_the_same_in_onnx(
    kind: Literal["joint", "limb"], spec: InputSpec, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    model = PoseConv3D(spec, 4, input=kind, size=24, width=8)
    for _ in range(20):  # batch norm that knows its data makes small differences visible
        model(*inputs(spec, 8))
    logits = model.eval()(*inputs(spec, 8))
    assert (logits.amax(0) - logits.amin(0)).max() > 0.05  # it does look at its input
    write_graph(model, tmp_path / "model.onnx", {})
    assert largest_difference(model, tmp_path / "model.onnx") <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("kind", ["joint", "limb"])
def test_in_onnx_nobody_is_as_in_torch(kind: Literal["joint", "limb"], tmp_path: Path) -> None:
    model = PoseConv3D(SPEC, 4, input=kind, size=24, width=8).eval()
    write_graph(model, tmp_path / "model.onnx", {})
    session = ort.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    keypoints, mask = example_input(SPEC, 3)
    for seen in (0 * mask, mask * np.array([1, 0, 1], np.float32).reshape(-1, 1, 1, 1)):
        found = session.run(["logits"], {"keypoints": keypoints, "mask": seen})[0]
        with torch.inference_mode():
            expected = model(torch.from_numpy(keypoints), torch.from_numpy(seen))
        assert np.abs(found - expected.numpy()).max() <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("stem_frames", [1, 2, 3])
def test_frames_that_do_not_fill_the_stems_last_picture_are_all_seen(stem_frames: int) -> None:
    torch.manual_seed(0)
    spec = InputSpec(get_layout("coco17"), num_frames=7)
    model = PoseConv3D(spec, 4, size=24, width=8, stem_frames=stem_frames).eval()
    keypoints, mask = inputs(spec, 1)
    plain = model.embed(keypoints, mask)
    for frame in range(7):
        unseen = mask.clone()
        unseen[:, :, frame] = 0
        assert (model.embed(keypoints, unseen) - plain).abs().max() > 1e-6


def test_frames_count_in_their_order_within_a_picture_of_the_stem() -> None:
    torch.manual_seed(0)
    model = PoseConv3D(SPEC, 4, size=24, width=8).eval()
    maps = model.heatmaps(*inputs(SPEC, 2))
    pictures = model._joined(maps)
    assert torch.equal(pictures[5, :17], maps[1, 2]) and torch.equal(pictures[5, 17:], maps[1, 3])


def test_depth_width_and_strides_make_the_papers_network() -> None:
    model = PoseConv3D(SPEC, 60, width=32, depth=13, stem_kernel=7, stem_stride=1, stem_frames=1)
    assert model.num_parameters == pytest.approx(2.0e6, rel=0.05)  # the paper: 2.0 M
    assert model.embed(*inputs(SPEC, 1)).shape == (1, 512)


def test_it_learns_what_only_the_order_of_frames_tells() -> None:
    torch.manual_seed(0)
    spec = InputSpec(get_layout("coco17"), num_frames=8)
    body = torch.randn(1, 1, 1, 17, 2) * 0.5
    up = torch.linspace(-1, 1, 8).reshape(1, 1, 8, 1, 1) * torch.tensor([0.0, 1.0])
    keypoints = torch.cat([body + up, body - up] * 8) + 0.05 * torch.randn(16, 1, 8, 17, 2)
    mask, labels = torch.ones(16, 1, 8, 17), torch.arange(16) % 2
    model = PoseConv3D(spec, 2, size=24, width=8, dropout=0.0)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(25):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(keypoints, mask), labels).backward()
        optimiser.step()
    assert torch.equal(model.eval()(keypoints, mask).argmax(1), labels)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"input": "bone"}, "joint or limb"),
        ({"depth": 50}, "3, 6 or 13"),
        ({"time_stride": 3}, "1, 2 or 4"),
        ({"size": 4}, "at least 8"),
        ({"stem_kernel": 4}, "odd stem kernel"),
        ({"stem_frames": 0}, "stem frames of at least 1"),
        ({"sigma": 0.0}, "positive"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        PoseConv3D(SPEC, 4, **options)  # type: ignore[arg-type]
