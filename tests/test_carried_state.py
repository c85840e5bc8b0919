"""Stepping a model file frame by frame, without torch at run time."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseact.action_model import METADATA_KEY, ActionModel
from poseact.action_model_info import ActionModelInfo
from poseact.carried_state import STEP_KEY, CarriedStateModel
from poseact.clip_store import filled
from poseact.errors import InvalidInputError, ModelError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input, write_graph
from poseact.models.lstm import LSTM
from poseact.models.stepping import can_step, step_difference, step_graph, step_metadata

Floats = NDArray[np.float32]
SPEC = InputSpec(get_layout("coco17"), num_frames=16, sampling="window")
TEMPERATURE = 1.7


def info() -> ActionModelInfo:
    return ActionModelInfo(
        name="test",
        model_version="1",
        layout=SPEC.layout,
        class_names=("a", "b", "c"),
        rate_hz=SPEC.rate_hz,
        window_frames=SPEC.num_frames,
        stride_s=0.2,
        features=None,
        temperature=TEMPERATURE,
        reject_threshold=0.5,
    )


def network(causal: bool = True, layers: int = 1) -> LSTM:
    torch.manual_seed(3)
    return LSTM(SPEC, 3, causal=causal, layers=layers, hidden=24).eval()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, path = network(), tmp_path_factory.mktemp("model") / "model.onnx"
    assert can_step(model)
    write_graph(model, path, {METADATA_KEY: info().to_json(), STEP_KEY: step_metadata(model)})
    return path


@pytest.fixture(scope="module")
def model(path: Path) -> CarriedStateModel:
    return CarriedStateModel.load(path)


def frames(num: int = 4) -> tuple[Floats, Floats]:
    keypoints, mask = example_input(SPEC, num, seed=6)
    keypoints[mask == 0] = np.nan
    return keypoints, mask


def run(model: CarriedStateModel, keypoints: Floats, mask: Floats) -> Floats:
    """(N, T, K)."""
    state, found = model.start(len(keypoints)), []
    for t in range(keypoints.shape[2]):
        probabilities, state = model.step(keypoints[:, :, t], mask[:, :, t], state)
        found.append(probabilities)
    return np.stack(found, axis=1)


def expected(keypoints: Floats, mask: Floats) -> Floats:
    whole = map(torch.from_numpy, filled(keypoints, mask))
    with torch.inference_mode():
        logits = network().frame_logits(*whole)
    return torch.softmax(logits / TEMPERATURE, dim=-1).numpy()


def test_steps_give_the_probabilities_that_torch_gives_for_the_whole_window(model: CarriedStateModel) -> None:
    keypoints, mask = frames()
    found = run(model, keypoints, mask)
    assert np.abs(found - expected(keypoints, mask)).max() < 1e-5
    assert np.allclose(found.sum(axis=-1), 1, atol=1e-5)


def test_one_file_serves_windows_and_steps(path: Path, model: CarriedStateModel) -> None:
    keypoints, mask = frames()
    whole = ActionModel.load(path).probabilities(keypoints, mask)
    last_half = np.log(expected(keypoints, mask))[:, 8:].mean(axis=1)
    powers = np.exp(last_half)
    assert np.abs(whole - powers / powers.sum(axis=1, keepdims=True)).max() < 1e-4
    assert model.info == info()


def test_sixteen_tracks_at_once_are_the_same_as_one_by_one(model: CarriedStateModel) -> None:
    keypoints, mask = frames(16)
    alone = np.concatenate([run(model, keypoints[i : i + 1], mask[i : i + 1]) for i in range(16)])
    assert np.abs(run(model, keypoints, mask) - alone).max() < 1e-5


def test_tracks_come_and_go_without_disturbing_the_others(model: CarriedStateModel) -> None:
    keypoints, mask = frames(3)
    reference = run(model, keypoints, mask)
    state = model.start(2)
    for t in range(5):
        _, state = model.step(keypoints[:2, :, t], mask[:2, :, t], state)
    state = model.add_tracks(state, 1)
    late = np.stack([5 + np.arange(3), 5 + np.arange(3), np.arange(3)])  # the third begins now
    for t in late.T:
        now = np.stack([keypoints[i, :, t[i]] for i in range(3)])
        seen = np.stack([mask[i, :, t[i]] for i in range(3)])
        found, state = model.step(now, seen, state)
    assert np.abs(found - reference[np.arange(3), late[:, -1]]).max() < 1e-5
    state = model.keep_tracks(state, [2, 0])
    found, state = model.step(
        np.stack([keypoints[2, :, 3], keypoints[0, :, 8]]), np.stack([mask[2, :, 3], mask[0, :, 8]]), state
    )
    assert np.abs(found - reference[[2, 0], [3, 8]]).max() < 1e-5
    state = model.keep_tracks(state, np.array([False, True]))
    found, _ = model.step(keypoints[:1, :, 9], mask[:1, :, 9], state)
    assert np.abs(found - reference[:1, 9]).max() < 1e-5


@pytest.mark.parametrize("rubbish", [np.nan, np.inf, -np.inf])
def test_a_joint_that_is_no_number_counts_as_missing(model: CarriedStateModel, rubbish: float) -> None:
    keypoints, mask = frames()
    said = mask.copy()
    mask[:, :, 4, 2] = 0
    said[:, :, 4, 2] = 0.9  # which it is not
    broken = keypoints.copy()
    broken[:, :, 4, 2, 1] = rubbish
    assert np.array_equal(run(model, broken, said), run(model, keypoints, mask))


def test_a_step_changes_nothing_that_it_is_given(model: CarriedStateModel) -> None:
    keypoints, mask = frames()
    state = model.start(4)
    copies = keypoints[:, :, 0].copy(), mask[:, :, 0].copy()
    _, new = model.step(keypoints[:, :, 0], mask[:, :, 0], state)
    assert not state.any() and new.any()
    assert np.array_equal(copies[0], keypoints[:, :, 0], equal_nan=True)
    assert np.array_equal(copies[1], mask[:, :, 0])


def test_nobody_at_all_is_a_legal_batch(model: CarriedStateModel) -> None:
    m, v, c = model.frame_shape
    empty = np.zeros((0, m, v, c), np.float32)
    probabilities, state = model.step(empty, empty[..., 0], model.start(0))
    assert probabilities.shape == (0, 3) and state.shape == (0, model.state_size)


@pytest.mark.parametrize(
    "change",
    [
        lambda k, m, s: (k[:, :, :16], m, s),
        lambda k, m, s: (k, m[:, :, :16], s),
        lambda k, m, s: (k, m, s[:1]),
        lambda k, m, s: (k, m, s[:, 1:]),
        lambda k, m, s: (k[:1], m[:1], s),
        lambda k, m, s: (k[:, 0], m[:, 0], s),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    model: CarriedStateModel, change: Callable[..., tuple[Floats, Floats, Floats]]
) -> None:
    keypoints, mask = frames(2)
    with pytest.raises(InvalidInputError, match=r"expected keypoints \(N, 1, 17, 2\), mask"):
        model.step(*change(keypoints[:, :, 0], mask[:, :, 0], model.start(2)))


def test_a_model_of_whole_windows_says_how_to_get_one_that_steps(tmp_path: Path) -> None:
    model = network(causal=False)
    assert not can_step(model)
    write_graph(model, tmp_path / "model.onnx", {METADATA_KEY: info().to_json()})
    with pytest.raises(ModelError, match="cannot be stepped: train one that can"):
        CarriedStateModel.load(tmp_path / "model.onnx")


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_no_file_and_broken_files_are_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx: "):
        CarriedStateModel.load(path)


@pytest.mark.parametrize("entry", ["!!", "bm8gbW9kZWw="])
def test_a_broken_step_graph_is_told(tmp_path: Path, entry: str) -> None:
    model = network()
    write_graph(model, tmp_path / "model.onnx", {METADATA_KEY: info().to_json(), STEP_KEY: entry})
    with pytest.raises(ModelError, match="its step graph"):
        CarriedStateModel.load(tmp_path / "model.onnx")


def test_a_model_not_made_here_is_told(tmp_path: Path) -> None:
    write_graph(network(), tmp_path / "model.onnx", {})
    with pytest.raises(ModelError, match="not one made for poseact"):
        CarriedStateModel.load(tmp_path / "model.onnx")


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_exported_step_is_checked_against_whole_windows(layers: int) -> None:
    model = network(layers=layers)
    graph = step_graph(model)
    assert step_difference(model, graph) < 1e-5
    with torch.no_grad():
        model.head[1].bias[0] += 1.0  # type: ignore[index]
    assert step_difference(model, graph) > 0.05


def test_torch_is_not_needed() -> None:
    code = "import sys, poseact.carried_state; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
