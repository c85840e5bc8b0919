"""Linear classifiers of feature vectors as a small ONNX graph: scale, multiply, add, softmax."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from poseact.action_model import METADATA_KEY
from poseact.errors import InvalidInputError, MissingExtraError, ModelError
from poseact.feature_classifiers.fitted import ClassifierInfo, FeatureClassifier, Floats, Scores
from poseact.files import write_whole

_OPSET = 17
_IR_VERSION = 8


def linear_parts(pipeline: Any) -> tuple[Floats, Floats, Floats, Floats] | None:
    """Mean (F,), scale (F,), weights (F, K) and bias (K,) of a fitted pipeline; None if it is not linear.

    Its scores are ``(features - mean) / scale @ weights + bias``.
    """
    fitted = pipeline.steps[-1][1]
    machines = getattr(fitted, "estimators_", [fitted])  # one against the rest has one a class
    if not all(hasattr(one, "coef_") for one in machines):
        return None
    weights = np.concatenate([np.atleast_2d(one.coef_) for one in machines]).T
    bias = np.concatenate([np.atleast_1d(one.intercept_) for one in machines])
    if weights.shape[1] == 1:  # of two classes: see `pipeline_scores`
        weights, bias = weights * [-0.5, 0.5], bias * [-0.5, 0.5]
    scaler = pipeline.named_steps.get("scale")
    mean = np.zeros(len(weights)) if scaler is None else scaler.mean_
    scale = np.ones(len(weights)) if scaler is None else scaler.scale_
    return mean, scale, weights, bias


def save_onnx(classifier: FeatureClassifier, path: Path) -> None:
    """Write input ``features`` (N, F), outputs ``scores`` and ``probabilities`` (N, K), all float64.

    Raises:
        InvalidInputError: If the classifier is not linear.
        OutputError: If the file cannot be written.
        MissingExtraError: If onnx is not installed.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise MissingExtraError("onnx", "train") from None

    parts = linear_parts(classifier.pipeline)
    if parts is None:
        raise InvalidInputError(f"{path}: {classifier.info.title} is not linear: save it as .skops")
    values = dict(zip(("mean", "scale", "weights", "bias"), parts, strict=True))
    values["temperature"] = np.array(classifier.info.temperature)
    nodes = [
        helper.make_node("Sub", ["features", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["scaled"]),
        helper.make_node("MatMul", ["scaled", "weights"], ["products"]),
        helper.make_node("Add", ["products", "bias"], ["scores"]),
        helper.make_node("Div", ["scores", "temperature"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    num_features, num_classes = parts[2].shape

    def floats(name: str, size: int) -> Any:
        return helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["N", size])

    graph = helper.make_graph(
        nodes,
        "feature_classifier",
        [floats("features", num_features)],
        [floats("scores", num_classes), floats("probabilities", num_classes)],
        [numpy_helper.from_array(np.asarray(value, np.float64), name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    helper.set_model_props(model, {METADATA_KEY: classifier.info.to_json()})
    onnx.checker.check_model(model)
    write_whole(path, lambda file: file.write(model.SerializeToString()))


def load_onnx(path: Path) -> FeatureClassifier:
    """Read what `save_onnx` wrote.

    Raises:
        ModelError: If the file is broken or holds something else.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
    except Exception as error:  # ONNX Runtime has a class for each of its failures
        raise ModelError(f"{path}: expected an ONNX model, found something else or a broken file") from error
    if text is None:
        raise ModelError(
            f"{path}: an ONNX model, but not one made for poseact (no metadata {METADATA_KEY!r})"
        )
    try:
        info = ClassifierInfo.from_json(text)
    except ModelError as error:
        raise ModelError(f"{path}: no classifier of feature vectors: {error}") from error
    inputs = [(one.name, one.type, one.shape[1:]) for one in session.get_inputs()]
    outputs = {one.name: (one.type, one.shape[1:]) for one in session.get_outputs()}
    floats = "tensor(double)"
    if inputs != [("features", floats, [len(info.feature_names)])] or outputs.get("scores") != (
        floats,
        [len(info.labels)],
    ):
        raise ModelError(
            f"{path}: expected a network from {len(info.feature_names)} features to "
            f"{len(info.labels)} scores, found {inputs} to {outputs}"
        )
    return FeatureClassifier(info, _session_scores(session))


def _session_scores(session: ort.InferenceSession) -> Scores:
    return lambda features: np.asarray(session.run(["scores"], {"features": features})[0], np.float64)
