"""Action models: one ONNX file that holds the network and all that is needed to run it."""

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, ModelError
from poseact.features import FeatureSettings, num_features, window_features
from poseact.layouts import get_layout
from poseact.skeleton import SkeletonLayout

METADATA_KEY = "poseact"
FORMAT = "poseact.model"
FORMAT_VERSION = 1

# The models in the package, by name.
SHIPPED_MODELS: dict[str, str] = {
    "everyday": "everyday.onnx",
}
_SHIPPED_FOLDER = Path(__file__).parent / "models_shipped"
# More windows than this at once cost memory and gain no speed.
_BATCH = 256


@dataclass(frozen=True)
class ActionModelInfo:
    """What a model file says of itself.

    Attributes:
        name: E.g. ``"everyday"``.
        model_version: Rises when the same recipe is trained anew with a difference.
        layout: The joints it takes, in order.
        class_names: K names, in the order of the probabilities.
        rate_hz: Frames a second of a window.
        window_frames: T, frames of a window.
        stride_s: Seconds between windows that the model was tuned for.
        features: How its input is made.
        temperature: Divides the logits, so that probabilities mean what they say.
        reject_threshold: Below this probability nothing should be said.
        class_thresholds: Thresholds of single classes that differ from `reject_threshold`.
        training_data: What it was trained on: name and terms of each set.
        licence: Of the model file.
        accuracy: Figures measured on people held out, by name.
        created_with: Versions of what made the file.
    """

    name: str
    model_version: str
    layout: SkeletonLayout
    class_names: tuple[str, ...]
    rate_hz: float
    window_frames: int
    stride_s: float
    features: FeatureSettings
    temperature: float
    reject_threshold: float
    class_thresholds: dict[str, float] = field(default_factory=dict)
    training_data: tuple[dict[str, str], ...] = ()
    licence: str = ""
    accuracy: dict[str, Any] = field(default_factory=dict)
    created_with: str = ""

    def __post_init__(self) -> None:
        if len(self.class_names) < 2 or len(set(self.class_names)) != len(self.class_names):
            raise InvalidInputError("class_names: expected two or more, all different")
        if not (self.rate_hz > 0 and self.window_frames > 1 and self.stride_s > 0 and self.temperature > 0):
            raise InvalidInputError("expected positive rate_hz, window_frames, stride_s and temperature")
        unknown = sorted(set(self.class_thresholds) - set(self.class_names))
        if unknown:
            raise InvalidInputError(f"class_thresholds: no such classes {unknown}")
        if not all(0 <= t <= 1 for t in (self.reject_threshold, *self.class_thresholds.values())):
            raise InvalidInputError("thresholds: expected numbers from 0 to 1")

    @property
    def window_s(self) -> float:
        """Seconds that a window spans."""
        return (self.window_frames - 1) / self.rate_hz

    @property
    def thresholds(self) -> NDArray[np.float64]:
        """(K,): the probability that each class needs to be named."""
        return np.array([self.class_thresholds.get(name, self.reject_threshold) for name in self.class_names])

    def to_json(self) -> str:
        """As written into a model file."""
        plain = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            **{key: getattr(self, key) for key in self.__dataclass_fields__},
            "layout": self.layout.name,
            "joint_names": list(self.layout.joint_names),
            "features": self.features.to_dict(),
        }
        return json.dumps(plain, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "ActionModelInfo":
        """From a model file.

        Raises:
            ModelError: If something is missing, unknown, or of a newer version.
        """
        try:
            return cls._from_dict(json.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"its metadata cannot be used: {error!s}") from error

    @classmethod
    def _from_dict(cls, values: dict[str, Any]) -> "ActionModelInfo":
        if values["format"] != FORMAT:
            raise ValueError(f"expected format {FORMAT!r}, found {values['format']!r}")
        if values["version"] > FORMAT_VERSION:
            raise ValueError(
                f"it has version {values['version']}, newer than this poseact reads: upgrade poseact"
            )
        layout = get_layout(values["layout"])
        if list(layout.joint_names) != values["joint_names"]:
            raise ValueError(f"its joints are not those of layout {layout.name!r}")
        return cls(
            name=str(values["name"]),
            model_version=str(values["model_version"]),
            layout=layout,
            class_names=tuple(str(name) for name in values["class_names"]),
            rate_hz=float(values["rate_hz"]),
            window_frames=int(values["window_frames"]),
            stride_s=float(values["stride_s"]),
            features=FeatureSettings.from_dict(values["features"]),
            temperature=float(values["temperature"]),
            reject_threshold=float(values["reject_threshold"]),
            class_thresholds={str(k): float(v) for k, v in values["class_thresholds"].items()},
            training_data=tuple(dict(entry) for entry in values["training_data"]),
            licence=str(values["licence"]),
            accuracy=dict(values["accuracy"]),
            created_with=str(values["created_with"]),
        )


class ActionModel:
    """A network and its metadata, ready to run on one thread of the processor."""

    def __init__(self, session: ort.InferenceSession, info: ActionModelInfo) -> None:
        """From parts that fit one another; use `load`."""
        self._session = session
        self.info = info

    @classmethod
    def load(cls, path_or_name: str | os.PathLike[str] = "everyday") -> "ActionModel":
        """Read a model file, or a model of the package by its name (see `SHIPPED_MODELS`).

        Raises:
            ModelError: If there is no such file or name, or the file is broken or not one of
                poseact's action models.
        """
        path = _resolve(path_or_name)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
        except Exception as error:  # ONNX Runtime has a class for each of its failures
            raise ModelError(
                f"{path}: expected an ONNX model, found something else or a broken file"
            ) from error
        metadata = session.get_modelmeta().custom_metadata_map
        if METADATA_KEY not in metadata:
            raise ModelError(
                f"{path}: an ONNX model, but not one made for poseact (no metadata {METADATA_KEY!r})"
            )
        try:
            info = ActionModelInfo.from_json(metadata[METADATA_KEY])
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error
        model = cls(session, info)
        model._check_network(path)
        return model

    def _check_network(self, path: Path) -> None:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        expected = [num_features(self.info.layout), self.info.window_frames]
        fits = len(inputs) == 1 and len(outputs) == 1 and inputs[0].shape[1:] == expected
        if not fits or outputs[0].shape[1:] != [len(self.info.class_names)]:
            raise ModelError(
                f"{path}: expected a network from (N, {expected[0]}, {expected[1]}) features to "
                f"(N, {len(self.info.class_names)}) logits, found {[i.shape for i in inputs]} to "
                f"{[o.shape for o in outputs]}"
            )

    @cached_property
    def _input_name(self) -> str:
        return cast(str, self._session.get_inputs()[0].name)

    def probabilities(
        self, keypoints: NDArray[np.float32], confidence: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Calibrated class probabilities of windows of one person each.

        Args:
            keypoints: (N, T, V, 2) in `info.layout`, `info.window_frames` frames at
                `info.rate_hz`, x right and y down in one unit; NaN = missing. See
                `poseact.windows.cut_windows`.
            confidence: (N, T, V).

        Returns:
            (N, K), rows that sum to 1. A window without a single joint gives no information:
            its row is uniform.

        Raises:
            InvalidInputError: If the shapes do not fit the model.
        """
        if keypoints.ndim != 4 or keypoints.shape[1] != self.info.window_frames:
            raise InvalidInputError(
                f"expected windows of {self.info.window_frames} frames, found keypoints {keypoints.shape}"
            )
        logits = np.zeros((len(keypoints), len(self.info.class_names)), np.float32)
        for start in range(0, len(keypoints), _BATCH):
            part = slice(start, start + _BATCH)
            features = window_features(
                keypoints[part], confidence[part], self.info.features, self.info.layout
            )
            logits[part] = self._session.run(None, {self._input_name: features})[0]
        nothing_seen = np.isnan(keypoints).all(axis=(1, 2, 3))
        logits[nothing_seen] = 0
        return softmax(logits / self.info.temperature)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return cast(NDArray[np.float32], powers / powers.sum(axis=-1, keepdims=True))


def _resolve(path_or_name: str | os.PathLike[str]) -> Path:
    name = os.fspath(path_or_name)
    if name in SHIPPED_MODELS:
        return _SHIPPED_FOLDER / SHIPPED_MODELS[name]
    path = Path(name)
    if not path.is_file():
        raise ModelError(
            f"{name}: neither a model file nor a model of the package ({', '.join(SHIPPED_MODELS)})"
        )
    return path
