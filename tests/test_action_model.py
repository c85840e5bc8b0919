"""Model files: the shipped one works, foreign and broken ones are refused with one clear line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from poseact.action_model import METADATA_KEY, SHIPPED_MODELS, ActionModel, softmax
from poseact.action_model_info import ActionModelInfo
from poseact.errors import InvalidInputError, ModelError
from poseact.features import FeatureSettings, num_features
from poseact.layouts import BODY13

INFO = ActionModelInfo(
    name="tiny",
    model_version="1",
    layout=BODY13,
    class_names=("a", "b", "c"),
    rate_hz=18.0,
    window_frames=8,
    stride_s=0.2,
    features=FeatureSettings(),
    temperature=2.0,
    reject_threshold=0.4,
    class_thresholds={"b": 0.2},
)


def tiny_model(
    path: Path, metadata: dict[str, str] | None = None, *, classes: int = 3, frames: int = 8
) -> Path:
    """Logits = the first `classes` features of the first frame."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto
    picked = helper.make_tensor("at", kind.INT64, [2], [1, 2])
    constants = [
        picked,
        helper.make_tensor("start", kind.INT64, [2], [0, 0]),
        helper.make_tensor("stop", kind.INT64, [2], [classes, 1]),
        helper.make_tensor("last", kind.INT64, [1], [2]),
    ]
    nodes = [
        helper.make_node("Slice", ["features", "start", "stop", "at"], ["part"]),
        helper.make_node("Squeeze", ["part", "last"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("features", kind.FLOAT, ["n", num_features(), frames])],
        [helper.make_tensor_value_info("logits", kind.FLOAT, ["n", classes])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in ({METADATA_KEY: INFO.to_json()} if metadata is None else metadata).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, str(path))
    return path


def test_metadata_survive_the_file(tmp_path: Path) -> None:
    model = ActionModel.load(tiny_model(tmp_path / "tiny.onnx"))
    assert model.info == INFO
    assert model.info.thresholds.tolist() == [0.4, 0.2, 0.4]
    assert model.info.window_s == pytest.approx(7 / 18)


def test_probabilities_are_tempered_and_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    model = ActionModel.load(tiny_model(tmp_path / "tiny.onnx"))
    rng = np.random.default_rng(0)
    keypoints = rng.normal(size=(600, 8, 13, 2)).astype(np.float32)
    confidence = np.ones((600, 8, 13), np.float32)
    probabilities = model.probabilities(keypoints, confidence)
    assert probabilities.shape == (600, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    one = model.probabilities(keypoints[570:571], confidence[570:571])
    np.testing.assert_allclose(one[0], probabilities[570], atol=1e-5)
    from poseact.features import window_features

    logits = window_features(keypoints, confidence, INFO.features)[:, :3, 0]
    np.testing.assert_allclose(probabilities, softmax(logits / 2), atol=1e-5)
    assert model.probabilities(keypoints[:0], confidence[:0]).shape == (0, 3)


def test_a_window_of_nobody_says_nothing(tmp_path: Path) -> None:
    model = ActionModel.load(tiny_model(tmp_path / "tiny.onnx"))
    nobody = np.full((1, 8, 13, 2), np.nan, np.float32)
    np.testing.assert_allclose(
        model.probabilities(nobody, np.zeros((1, 8, 13), np.float32)), 1 / 3, atol=1e-6
    )


def test_windows_of_another_length_are_refused(tmp_path: Path) -> None:
    model = ActionModel.load(tiny_model(tmp_path / "tiny.onnx"))
    with pytest.raises(InvalidInputError, match="8 frames"):
        model.probabilities(np.zeros((1, 9, 13, 2), np.float32), np.ones((1, 9, 13), np.float32))


def test_missing_files_name_the_models_there_are(tmp_path: Path) -> None:
    for unknown in ("everyman", tmp_path / "nothing.onnx", tmp_path):
        with pytest.raises(ModelError, match="everyday"):
            ActionModel.load(unknown)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07\x12\x04" * 50])
def test_broken_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        ActionModel.load(path)


def changed(**values: Any) -> dict[str, str]:
    return {METADATA_KEY: json.dumps(json.loads(INFO.to_json()) | values)}


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "not one made for poseact"),
        ({METADATA_KEY: "{"}, "metadata"),
        ({METADATA_KEY: "[]"}, "metadata"),
        ({METADATA_KEY: "{}"}, "format"),
        (changed(format="other.model"), "other.model"),
        (changed(version=99), "upgrade"),
        (changed(layout="octopus8"), "octopus8"),
        (changed(joint_names=["head"]), "joints"),
        (changed(class_names=["a", "a", "b"]), "class_names"),
        (changed(class_names=["a", "b"], class_thresholds={}), "logits"),
        (changed(window_frames=9), "features"),
        (changed(temperature=0), "positive"),
        (changed(reject_threshold=2), "0 to 1"),
        (changed(class_thresholds={"z": 0.5}), "z"),
        (changed(features={"version": 1}), "features"),
    ],
)
def test_foreign_metadata_are_refused(metadata: dict[str, str], message: str, tmp_path: Path) -> None:
    path = tiny_model(tmp_path / "odd.onnx", metadata)
    with pytest.raises(ModelError, match=message) as caught:
        ActionModel.load(path)
    assert "odd.onnx" in str(caught.value)


# ------------------------------------------------------------------------- the shipped models

REQUIRED = {
    "stand",
    "sit",
    "walk",
    "run",
    "jump",
    "jumping_jack",
    "squat",
    "sit_down",
    "stand_up",
    "wave_one_hand",
    "wave_two_hands",
    "clap",
    "punch",
    "kick",
    "throw",
    "pick_up",
    "push_up",
    "sit_up",
    "fall",
    "other",
}


@pytest.mark.parametrize("name", SHIPPED_MODELS)
def test_shipped_models_are_small_complete_and_described(name: str) -> None:
    model = ActionModel.load(name)
    folder = Path(sys.modules["poseact"].__path__[0]) / "models_shipped"
    path = folder / SHIPPED_MODELS[name]
    assert path.stat().st_size < 5_000_000
    assert model.info.name == name
    assert set(model.info.class_names) >= REQUIRED
    assert model.info.training_data
    assert all(entry.keys() >= {"name", "terms"} for entry in model.info.training_data)
    assert model.info.licence
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    for word in (*model.info.class_names, *(entry["name"] for entry in model.info.training_data)):
        assert word in card, f"the card does not mention {word}"


def test_the_shipped_model_runs_without_torch_scipy_and_onnx() -> None:
    code = (
        "import sys, numpy as np\n"
        "from poseact.action_model import ActionModel\n"
        "m = ActionModel.load()\n"
        "k = np.random.default_rng(0).normal(size=(4, m.info.window_frames, 13, 2)).astype('f4')\n"
        "p = m.probabilities(k, np.ones(k.shape[:3], 'f4'))\n"
        "assert p.shape == (4, len(m.info.class_names)) and np.isfinite(p).all()\n"
        "assert not {'torch', 'scipy', 'onnx', 'matplotlib'} & set(sys.modules), sorted(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def standing(frames: int) -> np.ndarray:
    """A person standing, in pixels, head at the top."""
    x = [0, 18, -18, 25, -25, 26, -26, 11, -11, 12, -12, 12, -12]
    y = [0, 30, 30, 60, 60, 88, 88, 88, 88, 130, 130, 170, 170]
    body = np.stack([np.add(x, 200), np.add(y, 100)], axis=-1)
    return np.repeat(body[None], frames, axis=0).astype(np.float32)


def test_the_shipped_model_knows_standing_and_a_wave() -> None:
    model = ActionModel.load()
    frames = model.info.window_frames
    stand = standing(frames)
    wave = standing(frames)
    phase = np.sin(np.arange(frames) / model.info.rate_hz * 2 * np.pi * 1.5)
    wave[:, BODY13.index("right_elbow")] = [168, 128]
    wave[:, BODY13.index("right_wrist"), 0] = 168 + 14 * phase
    wave[:, BODY13.index("right_wrist"), 1] = 103
    windows = np.stack([stand, wave])
    best = model.probabilities(windows, np.ones((2, frames, 13), np.float32)).argmax(axis=1)
    assert [model.info.class_names[i] for i in best] == ["stand", "wave_one_hand"]
