"""Several trained models as one: a single ONNX file that averages the probabilities of its members.

This is also how networks that each see one stream (joints, bones, motion) are fused: Shi et al.,
"Two-stream adaptive graph convolutional networks for skeleton-based action recognition", CVPR 2019.
Needs onnx (extra ``train``).
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact import kept_apart
from poseact.action_model import METADATA_KEY, ActionModel
from poseact.action_model_info import ActionModelInfo
from poseact.errors import InvalidInputError, MissingExtraError, ModelError
from poseact.files import whole_file
from poseact.input_spec import InputSpec

try:
    import onnx
    from onnx import compose, helper, inliner, numpy_helper, version_converter
except ImportError:
    raise MissingExtraError("onnx", "train") from None

# Below it a probability is taken for this one, so that its logarithm is a number.
_SMALLEST = 1e-12
# Lengths of windows may differ by so much, relatively, and count as the same.
_SAME_LENGTH = 1e-3
_FLOAT = onnx.TensorProto.FLOAT


@dataclass(frozen=True)
class _Member:
    path: Path
    info: ActionModelInfo
    model: Any  # onnx.ModelProto
    weight: float


def ensemble_models(
    files: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    weights: Sequence[float] | None = None,
    name: str = "ensemble",
) -> ActionModelInfo:
    """Merge model files into one, whose probabilities are the weighted mean of theirs.

    Members may differ in the order of their classes, in the number of frames, and in whether
    they look at the third coordinate. The merged model takes the most frames and coordinates of any;
    members that take fewer frames are given them by linear interpolation in time.

    Args:
        files: Two or more model files of poseact that take keypoints and mask.
        out: The file to write, whole or not at all.
        weights: One for each file, not negative; they need not add up to 1. Equal by default.
        name: Of the new model.

    Returns:
        What the new file says of itself. Its logits are logarithms of probabilities, so its temperature
        is 1; the members' thresholds are averaged, their feature vectors stand one behind the other.
        Its accuracy is empty: nobody has measured it yet.

    Raises:
        InvalidInputError: If there are fewer than two files, the weights do not fit them, or the members
            differ in layout, classes, number of people, sampling or length of window.
        ModelError: If a file cannot be read or is not such a model.
        OutputError: If `out` cannot be written.
    """
    shares = _shares(weights, len(files))
    members = [_read(Path(file), share) for file, share in zip(files, shares, strict=True)]
    spec = _joint_spec(members)
    info = _joint_info(members, spec, name)
    merged = _merged(members, info)
    entry = merged.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, info.to_json()
    onnx.checker.check_model(merged)
    with whole_file(Path(out)) as temporary:
        onnx.save(merged, str(temporary))
        ActionModel.load(temporary)
    return info


def disagreements(infos: Sequence[ActionModelInfo]) -> list[str]:
    """What to tell the user of models that are to be one: a line, if they kept different clips apart.

    Args:
        infos: Of the members; or only what `ensemble_models` returned, which says it of each member.

    Returns:
        Nothing, if all say that they learnt by the same division of the same data.
    """
    return kept_apart.disagreements([(info.name, info.learnt_from) for info in infos])


def _shares(weights: Sequence[float] | None, num: int) -> list[float]:
    if num < 2:
        raise InvalidInputError(f"ensemble: expected two or more model files, found {num}")
    given = np.ones(num) if weights is None else np.asarray(weights, np.float64)
    if given.shape != (num,) or not np.isfinite(given).all() or given.min() < 0 or given.sum() <= 0:
        raise InvalidInputError(
            f"ensemble: expected {num} weights, one for each file, none negative and not all 0, "
            f"found {weights}"
        )
    return [float(weight) for weight in given / given.sum()]


def _read(path: Path, weight: float) -> _Member:
    loaded = ActionModel.load(path)
    if loaded.info.features is not None or not loaded.gives_features:
        raise ModelError(
            f"{path}: expected a model from keypoints and mask to logits and features, as poseact train "
            "writes them, found one of another form"
        )
    # Functions inside a file are written out: two files may have different ones of one name.
    return _Member(path, loaded.info, inliner.inline_local_functions(onnx.load(str(path))), weight)


def _joint_spec(members: Sequence[_Member]) -> InputSpec:
    """The input of the whole.

    Raises:
        InvalidInputError: If the members cannot be given the same people and the same time.
    """
    first = members[0].info
    for member in members[1:]:
        info = member.info
        same_time = info.sampling == "clip" or abs(info.window_s / first.window_s - 1) < _SAME_LENGTH
        for what, own, other, fits in (
            ("layout", first.layout.name, info.layout.name, info.layout == first.layout),
            ("classes", first.class_names, info.class_names, set(info.class_names) == set(first.class_names)),
            ("number of people", first.num_persons, info.num_persons, info.num_persons == first.num_persons),
            ("sampling", first.sampling, info.sampling, info.sampling == first.sampling),
            ("length of window in seconds", first.window_s, info.window_s, same_time),
        ):
            if not fits:
                raise InvalidInputError(
                    f"ensemble: expected members of the same {what}, found {own} in {members[0].path} "
                    f"and {other} in {member.path}"
                )
    longest = max((m.info for m in members), key=lambda info: info.window_frames)
    return InputSpec(
        layout=first.layout,
        num_persons=first.num_persons,
        num_frames=longest.window_frames,
        num_coordinates=max(m.info.num_coordinates for m in members),
        sampling=first.sampling,
        rate_hz=longest.rate_hz,
    )


def _joint_info(members: Sequence[_Member], spec: InputSpec, name: str) -> ActionModelInfo:
    infos = [member.info for member in members]
    classes = infos[0].class_names
    thresholds = {
        label: sum(m.weight * float(m.info.thresholds[m.info.class_names.index(label)]) for m in members)
        for label in classes
    }
    reject = sum(m.weight * m.info.reject_threshold for m in members)
    own = {label for info in infos for label in info.class_thresholds}
    data = {tuple(sorted(entry.items())): entry for info in infos for entry in info.training_data}
    return ActionModelInfo(
        name=name,
        model_version="1",
        layout=spec.layout,
        class_names=classes,
        rate_hz=spec.rate_hz,
        window_frames=spec.num_frames,
        stride_s=min(info.stride_s for info in infos),
        features=None,
        temperature=1.0,
        reject_threshold=min(reject, 1.0),
        class_thresholds={label: min(thresholds[label], 1.0) for label in classes if label in own},
        training_data=tuple(data.values()),
        licence=_together(info.licence for info in infos),
        created_with=_together(info.created_with for info in infos),
        num_persons=spec.num_persons,
        num_coordinates=spec.num_coordinates,
        sampling=spec.sampling,
        learnt_from=_learnt_from(members),
    )


def _together(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def _learnt_from(members: Sequence[_Member]) -> dict[str, Any]:
    """What all members say alike, and under ``members`` of each what it says otherwise."""
    told = [member.info.learnt_from for member in members]
    alike = {
        key: value
        for key, value in told[0].items()
        if key != "members" and all(key in one and one[key] == value for one in told)
    }
    own = [
        {
            "name": member.info.name,
            "weight": round(member.weight, 6),
            **{key: value for key, value in one.items() if key not in alike},
        }
        for member, one in zip(members, told, strict=True)
    ]
    return {**alike, "members": own}


class _Graph:
    """Nodes and constants in the making."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output


def _merged(members: Sequence[_Member], info: ActionModelInfo) -> Any:
    """The members side by side, from one input to the logarithm of their mean."""
    graph, spec = _Graph(), info.spec
    opset = max(_opset(member.model) for member in members)
    shares, features = [], []
    others: dict[str, int] = {}
    for i, member in enumerate(members):
        model = member.model
        if _opset(model) < opset:
            model = version_converter.convert_version(model, opset)
        others |= {one.domain: one.version for one in model.opset_import if one.domain}
        prefix = f"member{i}_"
        _add_input(graph, member.info.spec, spec, prefix)
        inner = compose.add_prefix_graph(model.graph, prefix)
        graph.nodes += inner.node
        graph.constants += inner.initializer
        shares.append(_add_probabilities(graph, member, info.class_names, prefix))
        features.append(prefix + "features")
    graph.node("Sum", shares, "mean_probabilities")
    smallest = graph.constant("smallest", np.array(_SMALLEST, np.float32))
    graph.node("Log", [graph.node("Max", ["mean_probabilities", smallest], "positive")], "logits")
    graph.node("Concat", features, "features", axis=1)
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(*one) for one in others.items())]
    return helper.make_model(
        helper.make_graph(graph.nodes, info.name, *_ends(members, info), graph.constants),
        opset_imports=imports,
        ir_version=max(member.model.ir_version for member in members),
        producer_name="poseact",
    )


def _opset(model: Any) -> int:
    return int(next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx")))


def _ends(members: Sequence[_Member], info: ActionModelInfo) -> tuple[list[Any], list[Any]]:
    """Inputs and outputs; only N may vary."""
    shape = info.spec.shape
    sizes = [_size(member.model, "features") for member in members]
    width = None if None in sizes else sum(size for size in sizes if size is not None)
    forms: dict[str, list[int | str | None]] = {
        "keypoints": ["windows", *shape],
        "mask": ["windows", *shape[:3]],
        "logits": ["windows", len(info.class_names)],
        "features": ["windows", width],
    }
    values = [helper.make_tensor_value_info(name, _FLOAT, form) for name, form in forms.items()]
    return values[:2], values[2:]


def _size(model: Any, output: str) -> int | None:
    found = next(one for one in model.graph.output if one.name == output)
    return int(found.type.tensor_type.shape.dim[1].dim_value) or None


def _add_input(graph: _Graph, own: InputSpec, spec: InputSpec, prefix: str) -> None:
    """What one member takes, made of what the whole is given."""
    m, t, v, c = own.shape
    keypoints: str = "keypoints"
    if c < spec.num_coordinates:
        ends = [
            graph.constant(f"{prefix}{key}", np.array([value], np.int64))
            for key, value in (("from", 0), ("to", c), ("axis", 4))
        ]
        keypoints = graph.node("Slice", [keypoints, *ends], prefix + "plane")
    if t == spec.num_frames:
        graph.node("Identity", [keypoints], prefix + "keypoints")
        graph.node("Identity", ["mask"], prefix + "mask")
        return
    steps = graph.constant(prefix + "steps", _interpolation(spec.num_frames, t))
    flat = graph.constant(prefix + "flat", np.array([0, m, spec.num_frames, v * c], np.int64))
    full = graph.constant(prefix + "full", np.array([0, m, t, v, c], np.int64))
    rows = graph.node("Reshape", [keypoints, flat], prefix + "rows")
    fewer = graph.node("MatMul", [steps, rows], prefix + "fewer_rows")
    graph.node("Reshape", [fewer, full], prefix + "keypoints")
    graph.node("MatMul", [steps, "mask"], prefix + "mask")


def _interpolation(num_frames: int, fewer: int) -> NDArray[np.float32]:
    """(fewer, num_frames): rows that take frames spread evenly from the first to the last."""
    at = np.linspace(0, num_frames - 1, fewer)[:, None]
    return np.asarray((1 - np.abs(at - np.arange(num_frames))).clip(0), np.float32)


def _add_probabilities(graph: _Graph, member: _Member, class_names: Sequence[str], prefix: str) -> str:
    """The member's probabilities in the order of `class_names`, times its weight."""
    out = prefix + "logits"
    if member.info.temperature != 1:
        heat = graph.constant(prefix + "temperature", np.array(member.info.temperature, np.float32))
        out = graph.node("Div", [out, heat], prefix + "tempered")
    out = graph.node("Softmax", [out], prefix + "probabilities", axis=1)
    order = [member.info.class_names.index(label) for label in class_names]
    if order != sorted(order):
        place = graph.constant(prefix + "order", np.array(order, np.int64))
        out = graph.node("Gather", [out, place], prefix + "ordered", axis=1)
    weight = graph.constant(prefix + "weight", np.array(member.weight, np.float32))
    return graph.node("Mul", [out, weight], prefix + "share")
