"""Running a model frame by frame with a carried state: one step a frame instead of a window a frame.

A causal model's file (see `poseact.models.lstm`) holds, beside the graph of a window, that of one
step. What the state carries is not a window: it remembers as long as the network has learnt to.
"""

import base64
import math
import os
from typing import cast

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from poseact.action_model import METADATA_KEY, STEP_KEY, ActionModel, resolve_model
from poseact.action_model_info import ActionModelInfo
from poseact.errors import InvalidInputError, ModelError

Floats = NDArray[np.float32]

_OUTPUTS = ("probabilities", "new_state")


def one_thread() -> ort.SessionOptions:
    """Options of ONNX Runtime for networks too small to be shared out."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    return options


class CarriedStateModel:
    """A causal network that is given one frame of any number of tracks at a time.

    The state is an array with a row a track, all zeros for one that begins: tracks are added and
    removed between steps by adding and removing rows (see `add_tracks` and `keep_tracks`).
    Frames are to come at the rate that the network was trained for (`info.rate_hz`).

    A frame's probabilities are those of that moment. What the network was trained to get right is
    their logarithms' mean over half a window (`info.window_frames`): average so before naming anything.
    """

    def __init__(self, session: ort.InferenceSession, temperature: float = 1.0) -> None:
        """From a session of a step graph; use `load`."""
        self._session = session
        self._temperature = np.array([temperature], np.float32)
        shapes = {entry.name: entry.shape for entry in session.get_inputs()}
        self.frame_shape: tuple[int, int, int] = tuple(shapes["keypoints"][1:])
        """(M, V, C) of a frame."""
        self.state_size: int = shapes["state"][1]
        """S."""
        self.num_classes: int = session.get_outputs()[0].shape[1]
        """K."""
        self.info: ActionModelInfo | None = None
        """What the model's file says of itself; None without a file."""

    @classmethod
    def load(cls, path_or_name: str | os.PathLike[str] = "everyday-small") -> "CarriedStateModel":
        """Read the model file of a causal network, or such a model of the package by its name.

        Raises:
            ModelError: If there is no such file, it is broken, or the model cannot be stepped.
        """
        path = resolve_model(path_or_name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
        session = _session(content, f"{path}")
        metadata = session.get_modelmeta().custom_metadata_map
        if METADATA_KEY not in metadata:
            raise ModelError(
                f"{path}: an ONNX model, but not one made for poseact (no metadata {METADATA_KEY!r})"
            )
        if STEP_KEY not in metadata:
            raise ModelError(
                f"{path}: this model judges whole windows and cannot be stepped: "
                "train one that can with  --model lstm --set causal=true"
            )
        try:
            info = ActionModelInfo.from_json(metadata[METADATA_KEY])
        except ModelError as error:
            raise ModelError(f"{path}: {error}") from error
        model = cls(_step_session(metadata[STEP_KEY], f"{path}"), info.temperature)
        model.info = info
        return model

    @classmethod
    def of(cls, model: ActionModel) -> "CarriedStateModel":
        """The same network frame by frame, without its temperature: for who averages logarithms.

        Raises:
            ModelError: If it cannot be stepped.
        """
        if model.step_graph is None:
            raise ModelError(f"model {model.info.name!r}: judges whole windows and cannot be stepped")
        return cls(_step_session(model.step_graph, f"model {model.info.name!r}"))

    def start(self, num_tracks: int) -> Floats:
        """The state (N, S) of tracks that begin."""
        return np.zeros((num_tracks, self.state_size), np.float32)

    def add_tracks(self, state: Floats, num_tracks: int) -> Floats:
        """The state with `num_tracks` more, that begin, behind the others."""
        return np.concatenate([state, self.start(num_tracks)])

    def keep_tracks(self, state: Floats, rows: NDArray[np.intp] | NDArray[np.bool_] | list[int]) -> Floats:
        """The state of some tracks only, by number or by a mask, in that order."""
        return cast(Floats, state[np.asarray(rows)])

    def step(self, keypoints: Floats, mask: Floats, state: Floats) -> tuple[Floats, Floats]:
        """One frame of N tracks.

        Args:
            keypoints: (N, M, V, C), x right, y down, in any unit that stays the same; what is
                there where the mask is 0, or is no number, is not looked at.
            mask: (N, M, V), the joint's confidence, 0 where it is missing. A track that is out of
                view for a frame has a mask of 0 throughout.
            state: (N, S), of the frame before; see `start`.

        Returns:
            Class probabilities (N, K), and the state after the frame.

        Raises:
            InvalidInputError: If the shapes do not fit the model or one another.
        """
        num = len(state)
        if (
            keypoints.shape != (num, *self.frame_shape)
            or mask.shape != keypoints.shape[:-1]
            or state.shape != (num, self.state_size)
        ):
            m, v, c = self.frame_shape
            raise InvalidInputError(
                f"expected keypoints (N, {m}, {v}, {c}), mask (N, {m}, {v}) and state "
                f"(N, {self.state_size}), found {keypoints.shape}, {mask.shape} and {state.shape}"
            )
        if num == 0:  # which ONNX Runtime cannot multiply
            return np.zeros((0, self.num_classes), np.float32), state
        if not math.isfinite(np.vdot(keypoints, keypoints)):
            # One number that is none would stay in the state for ever.
            mask = np.where(np.isfinite(keypoints).all(axis=-1), mask, np.float32(0))
        feed = {
            "keypoints": np.asarray(keypoints, np.float32),
            "mask": np.asarray(mask, np.float32),
            "state": state,
            "temperature": self._temperature,
        }
        probabilities, new_state = self._session.run(_OUTPUTS, feed)
        return probabilities, new_state


def _step_session(graph: str, what: str) -> ort.InferenceSession:
    """From base64 text."""
    try:
        content = base64.b64decode(graph, validate=True)
    except ValueError as error:
        raise ModelError(f"{what}: its step graph is broken") from error
    return _session(content, f"{what}, its step graph")


def _session(content: bytes, what: str) -> ort.InferenceSession:
    try:
        return ort.InferenceSession(content, one_thread(), providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has a class for each of its failures
        raise ModelError(f"{what}: expected an ONNX model, found something else or a broken file") from error
