"""Action models: one ONNX file that holds the network and all that is needed to run it."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from poseact.action_model_info import ActionModelInfo
from poseact.clip_store import MIN_CONFIDENCE, filled
from poseact.errors import InvalidInputError, ModelError
from poseact.features import num_features, window_features

METADATA_KEY = "poseact"
# The entry of a model file's metadata that holds the step graph of a causal network, as base64 text.
STEP_KEY = "poseact_step"

# The models in the package, by name.
SHIPPED_MODELS: dict[str, str] = {
    "everyday": "everyday.onnx",
    "everyday-small": "everyday-small.onnx",
}
_SHIPPED_FOLDER = Path(__file__).parent / "models_shipped"
# More windows than this at once cost memory and gain no speed.
_BATCH = 256
# What `poseact train` calls the model in the folder that it makes.
_FILE_IN_FOLDER, _UNFINISHED = "model.onnx", "last.ckpt"


class ActionModel:
    """A network and its metadata, ready to run on one thread of the processor."""

    def __init__(
        self, session: ort.InferenceSession, info: ActionModelInfo, step_graph: str | None = None
    ) -> None:
        """From parts that fit one another; use `load`."""
        self._session = session
        self.info = info
        self.step_graph = step_graph
        """What `poseact.carried_state` runs frame by frame, as base64 text; None where there is none."""

    @classmethod
    def load(cls, path_or_name: str | os.PathLike[str] = "everyday") -> "ActionModel":
        """Read a model file, or a model of the package by its name (see `SHIPPED_MODELS`).

        Raises:
            ModelError: If there is no such file or name, or the file is broken or not one of
                poseact's action models.
        """
        path = resolve_model(path_or_name)
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
        model = cls(session, info, metadata.get(STEP_KEY))
        model._check_network(path)
        return model

    def _check_network(self, path: Path) -> None:
        info = self.info
        if info.features is not None:
            expected = {"features": [num_features(info.layout), info.window_frames]}
        else:
            expected = {"keypoints": list(info.spec.shape), "mask": list(info.spec.shape[:3])}
        found = {one.name: one.shape[1:] for one in self._session.get_inputs()}
        if info.features is not None:  # whatever its one input is called
            found = dict(zip(expected, found.values(), strict=False)) if len(found) == 1 else found
        logits = self._session.get_outputs()[0].shape
        if found != expected or logits[1:] != [len(info.class_names)]:
            wanted = " and ".join(f"{name} (N, {_listed(shape)})" for name, shape in expected.items())
            raise ModelError(
                f"{path}: expected a network from {wanted} to (N, {len(info.class_names)}) logits, found "
                f"{[i.shape for i in self._session.get_inputs()]} to {logits}"
            )

    @cached_property
    def _input_name(self) -> str:
        return cast(str, self._session.get_inputs()[0].name)

    @property
    def gives_features(self) -> bool:
        """Whether `features` can be asked for."""
        return "features" in {one.name for one in self._session.get_outputs()}

    def probabilities(
        self, keypoints: NDArray[np.float32], confidence: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Calibrated class probabilities of windows.

        Args:
            keypoints: (N, M, T, V, C) in `info.layout`, `info.window_frames` frames at
                `info.rate_hz`, x right and y down in one unit; NaN = missing. Windows of one
                person each may be (N, T, V, C). See `poseact.windows.cut_windows`.
            confidence: (N, M, T, V) or (N, T, V).

        Returns:
            (N, K), rows that sum to 1. A window without a single joint gives no information:
            its row is uniform.

        Raises:
            InvalidInputError: If the shapes do not fit the model.
        """
        keypoints, confidence = self._windows(keypoints, confidence)
        logits = np.zeros((len(keypoints), len(self.info.class_names)), np.float32)
        for start in range(0, len(keypoints), _BATCH):
            part = slice(start, start + _BATCH)
            logits[part] = self._run(keypoints[part], confidence[part], None)
        nothing_seen = np.isnan(keypoints).all(axis=(1, 2, 3, 4))
        logits[nothing_seen] = 0
        return softmax(logits / self.info.temperature)

    def features(
        self, keypoints: NDArray[np.float32], confidence: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(N, D): the vectors by which the network decides; arguments as `probabilities`.

        Raises:
            ModelError: If the file does not give them.
            InvalidInputError: If the shapes do not fit the model.
        """
        if not self.gives_features:
            raise ModelError(
                f"model {self.info.name!r} gives no feature vectors: train one with poseact train"
            )
        keypoints, confidence = self._windows(keypoints, confidence)
        parts = [
            self._run(keypoints[i : i + _BATCH], confidence[i : i + _BATCH], ["features"])
            for i in range(0, max(len(keypoints), 1), _BATCH)
        ]
        return np.concatenate(parts)

    def _windows(
        self, keypoints: NDArray[np.float32], confidence: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The arguments with their axis of people."""
        if keypoints.ndim == 4 and confidence.ndim == 3:
            keypoints, confidence = keypoints[:, None], confidence[:, None]
        shape = self.info.spec.shape
        if keypoints.shape[1:] != shape or confidence.shape != keypoints.shape[:-1]:
            raise InvalidInputError(
                f"expected windows of {self.info.window_frames} frames, (N, {_listed(shape)}), and their "
                f"confidence, found {keypoints.shape} and {confidence.shape}"
            )
        return keypoints, confidence

    def _run(
        self, keypoints: NDArray[np.float32], confidence: NDArray[np.float32], outputs: list[str] | None
    ) -> NDArray[np.float32]:
        info = self.info
        if info.features is not None:
            made = window_features(keypoints[:, 0], confidence[:, 0], info.features, info.layout)
            fed = {self._input_name: made}
        else:
            sure = confidence >= MIN_CONFIDENCE
            points, mask = filled(np.where(sure[..., None], keypoints, np.nan), np.where(sure, confidence, 0))
            fed = {"keypoints": points.astype(np.float32), "mask": mask.astype(np.float32)}
        return cast(NDArray[np.float32], self._session.run(outputs, fed)[0])


def _listed(shape: Sequence[int]) -> str:
    return ", ".join(map(str, shape))


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return cast(NDArray[np.float32], powers / powers.sum(axis=-1, keepdims=True))


def resolve_model(path_or_name: str | os.PathLike[str]) -> Path:
    """The file of a model: of the package by its name, in the folder that ``poseact train`` made, or itself.

    Raises:
        ModelError: If there is no such file or name.
    """
    name = os.fspath(path_or_name)
    if name in SHIPPED_MODELS:
        return _SHIPPED_FOLDER / SHIPPED_MODELS[name]
    path = Path(name)
    if path.is_dir() and (path / _FILE_IN_FOLDER).is_file():
        return path / _FILE_IN_FOLDER
    if (path / _UNFINISHED).is_file():
        raise ModelError(
            f"{name}: its training is unfinished: poseact train DATA --out {name} --resume  goes on with it"
        )
    if not path.is_file():
        raise ModelError(
            f"{name}: neither a model file nor a model of the package ({', '.join(SHIPPED_MODELS)})"
        )
    return path
