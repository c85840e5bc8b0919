"""RTMPose with a stand-in for rtmlib, and with rtmlib itself on tiny ONNX models where it is installed."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from poseact.errors import InvalidInputError, MissingExtraError, WeightsError
from poseact.layouts import COCO17
from poseact.pose import PoseEstimator
from poseact.pose.rtmpose import RtmPose
from poseact.video import Frame

RED_RGB = (250, 10, 20)


def picture(*lefts: int) -> Frame:
    """A black frame with a red upright box, 40 x 100, at each left edge."""
    image = np.zeros((120, 400, 3), np.uint8)
    for left in lefts:
        image[10:110, left : left + 40] = RED_RGB
    return Frame(image, 0.0, 0)


class FakeTool:
    """What rtmlib's tools have in common: a source, an input size, an onnxruntime session."""

    input_shape: tuple[Any, ...] = (1, 3, 0, 0)

    def __init__(self, onnx_model: str, backend: str, device: str) -> None:
        print("load", onnx_model)
        if "unreachable" in onnx_model:
            raise RuntimeError("no route to host")
        self.source, self.model_input_size = onnx_model, None
        shape = SimpleNamespace(shape=self.input_shape)
        self.session = SimpleNamespace(get_inputs=lambda: [shape])


class FakeYolox(FakeTool):
    """Finds the red boxes of a BGR picture."""

    input_shape = (1, 3, 416, 640)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        columns = np.flatnonzero((image[50] == RED_RGB[::-1]).all(axis=-1))
        runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
        return np.array([[run[0], 10, run[-1] + 1, 110] for run in runs if len(run)], float).reshape(-1, 4)


class FakeRtmPose(FakeTool):
    """Puts 17 joints down the middle of every box; sees only an RGB picture of the box's red."""

    input_shape = (1, 3, "height", "width")
    num_joints = 17

    def __call__(self, image: np.ndarray, bboxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert len(bboxes), "without a box rtmlib takes the whole picture for a person"
        middles = (bboxes[:, :2] + bboxes[:, 2:]) / 2
        steps = np.linspace(-0.4, 0.4, self.num_joints)
        heights = (bboxes[:, 3] - bboxes[:, 1])[:, None] * steps
        joints = np.stack(np.broadcast_arrays(middles[:, :1], middles[:, 1:] + heights), axis=-1)
        is_red = [tuple(image[int(y), int(x)]) == RED_RGB for x, y in middles]
        return joints, np.where(is_red, 1.2, 0.1)[:, None] * np.ones(self.num_joints)


@pytest.fixture
def fake_rtmlib(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    sizes = {"det_input_size": (640, 640), "pose_input_size": (192, 256)}
    mode = {
        "balanced": {"det": "own/yolox.zip", "pose": "own/rtmpose.zip", **sizes},
        "performance": {"det": "unreachable/yolox.zip", "pose": "unreachable/rtmpose.zip", **sizes},
    }
    module = SimpleNamespace(YOLOX=FakeYolox, RTMPose=FakeRtmPose, Body=SimpleNamespace(MODE=mode))
    monkeypatch.setitem(sys.modules, "rtmlib", module)
    return module


@pytest.mark.usefixtures("fake_rtmlib")
def test_people_are_found_and_followed() -> None:
    estimator = RtmPose()
    assert isinstance(estimator, PoseEstimator) and estimator.layout is COCO17
    first = estimator.estimate(picture(50, 250))
    second = estimator.estimate(Frame(picture(55, 245).image, 0.04, 1))
    assert [p.track_id for p in first] == [p.track_id for p in second] == [0, 1]
    assert first[0].keypoints_px.shape == (17, 2)
    np.testing.assert_allclose(second[1].keypoints_px[8], [265, 60], atol=0.6)
    assert first[0].confidence.max() == 1.0, "SimCC peaks may be above 1: cut"
    estimator.reset()
    assert [p.track_id for p in estimator.estimate(picture(250))] == [0]


@pytest.mark.usefixtures("fake_rtmlib")
def test_an_empty_picture_has_nobody() -> None:
    assert RtmPose().estimate(picture()) == []


@pytest.mark.usefixtures("fake_rtmlib")
def test_only_the_largest_are_looked_at() -> None:
    assert len(RtmPose(max_persons=2).estimate(picture(10, 100, 200, 300))) == 2


def test_a_box_without_a_person_is_left_out(
    fake_rtmlib: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BlindRtmPose(FakeRtmPose):
        def __call__(self, image: np.ndarray, bboxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            joints, scores = super().__call__(image, bboxes)
            return joints, scores * 0.1

    monkeypatch.setattr(fake_rtmlib, "RTMPose", BlindRtmPose)
    assert RtmPose().estimate(picture(50)) == []


@pytest.mark.usefixtures("fake_rtmlib")
def test_input_sizes_are_read_from_the_networks_or_usual() -> None:
    estimator = RtmPose()
    assert estimator._detector.model_input_size == (416, 640), "height, width as the file says"
    assert estimator._pose.model_input_size == (192, 256), "width, height as usual"


@pytest.mark.usefixtures("fake_rtmlib")
def test_files_of_the_users_are_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"-")
    estimator = RtmPose(tmp_path / "mine.onnx", tmp_path / "mine.onnx")
    assert estimator._detector.source == estimator._pose.source == str(tmp_path / "mine.onnx")
    assert capsys.readouterr().out == "", "standard output belongs to the results"


@pytest.mark.usefixtures("fake_rtmlib")
def test_what_does_not_do_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such ONNX file"):
        RtmPose(tmp_path / "none.onnx")
    with pytest.raises(WeightsError, match="no route to host"):
        RtmPose(mode="performance")
    with pytest.raises(InvalidInputError, match="expected one of balanced, performance"):
        RtmPose(mode="fast")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="max_persons"):
        RtmPose(max_persons=0)


def test_another_number_of_joints_is_refused(
    fake_rtmlib: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake_rtmlib, "RTMPose", type("Halpe26", (FakeRtmPose,), {"num_joints": 26}))
    with pytest.raises(WeightsError, match="expected 17 joints"):
        RtmPose().estimate(picture(50))


def test_without_rtmlib_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'poseact\[rtmpose\]'"):
        RtmPose()


def save_constant_model(path: Path, input_hw: tuple[int, int], outputs: dict[str, np.ndarray]) -> None:
    """An ONNX model that takes a picture and always gives the same outputs."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("ReduceSum", ["input"], ["sum"], keepdims=0)]
    nodes += [helper.make_node("Mul", ["sum", "zero"], ["nothing"])]
    nodes += [helper.make_node("Add", ["nothing", f"{name}_value"], [name]) for name in outputs]
    initial = [numpy_helper.from_array(np.float32(0), "zero")]
    initial += [numpy_helper.from_array(v.astype(np.float32), f"{name}_value") for name, v in outputs.items()]
    graph = helper.make_graph(
        nodes,
        "constant",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, *input_hw])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, v.shape) for name, v in outputs.items()],
        initializer=initial,
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def test_rtmlib_itself_on_tiny_models(tmp_path: Path) -> None:
    pytest.importorskip("rtmlib")
    pytest.importorskip("onnx")
    # One box with its score, x0 y0 x1 y1, in a detector of 64 x 64 that has its own suppression.
    save_constant_model(tmp_path / "det.onnx", (64, 64), {"dets": np.array([[[8, 16, 40, 56, 0.9]]])})
    # SimCC: two bins a pixel; joint j peaks in the middle of x and at height j / 17.
    x, y = np.zeros((1, 17, 2 * 48)), np.zeros((1, 17, 2 * 64))
    x[0, :, 48] = 0.8
    y[0, np.arange(17), (np.arange(17) * 128) // 17] = 0.8
    save_constant_model(tmp_path / "pose.onnx", (64, 48), {"simcc_x": x, "simcc_y": y})
    estimator = RtmPose(tmp_path / "det.onnx", tmp_path / "pose.onnx")
    (person,) = estimator.estimate(Frame(np.zeros((128, 128, 3), np.uint8), 0.0, 0))
    # The 64 x 64 detector sees the picture at half its size: the box is (16, 32)-(80, 112).
    np.testing.assert_allclose(person.keypoints_px[:, 0], 48, atol=1)
    assert (np.diff(person.keypoints_px[:, 1]) > 0).all()
    np.testing.assert_allclose(person.confidence, 0.8, atol=1e-5)
