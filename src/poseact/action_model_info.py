"""What a model file says of itself: classes, input, thresholds, what it learnt from and how good it is."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, ModelError
from poseact.features import FeatureSettings
from poseact.input_spec import InputSpec, Sampling
from poseact.layouts import get_layout
from poseact.skeleton import SkeletonLayout

FORMAT = "poseact.model"
FORMAT_VERSION = 2


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
        features: How its input is made of keypoints; None for models that take keypoints and
            mask themselves (see `poseact.models.base.ActionNet`).
        temperature: Divides the logits, so that probabilities mean what they say.
        reject_threshold: Below this probability nothing should be said.
        class_thresholds: Thresholds of single classes that differ from `reject_threshold`.
        training_data: What it was trained on: name and terms of each set.
        licence: Of the model file.
        accuracy: Figures measured on people held out, by name.
        created_with: Versions of what made the file.
        num_persons: M, people whom it takes together.
        num_coordinates: C, 2 or 3.
        sampling: Whether its windows are whole clips or pieces of fixed length, see `InputSpec`.
        lookahead_s: How far beyond its middle a window of a stream looks, see `poseact.windows.windows_at`;
            None = to its end.
        learnt_from: Which clips it has seen: ``data``, ``protocol``, ``fold``, ``seed``, ``num_clips``;
            empty where that was not written down.
    """

    name: str
    model_version: str
    layout: SkeletonLayout
    class_names: tuple[str, ...]
    rate_hz: float
    window_frames: int
    stride_s: float
    features: FeatureSettings | None
    temperature: float
    reject_threshold: float
    class_thresholds: dict[str, float] = field(default_factory=dict)
    training_data: tuple[dict[str, str], ...] = ()
    licence: str = ""
    accuracy: dict[str, Any] = field(default_factory=dict)
    created_with: str = ""
    num_persons: int = 1
    num_coordinates: int = 2
    sampling: Sampling = "window"
    learnt_from: dict[str, Any] = field(default_factory=dict)
    lookahead_s: float | None = None

    def __post_init__(self) -> None:
        if len(self.class_names) < 2 or len(set(self.class_names)) != len(self.class_names):
            raise InvalidInputError("class_names: expected two or more, all different")
        if not (self.rate_hz > 0 and self.window_frames > 1 and self.stride_s > 0 and self.temperature > 0):
            raise InvalidInputError("expected positive rate_hz, window_frames, stride_s and temperature")
        if self.lookahead_s is not None and not self.lookahead_s >= 0:
            raise InvalidInputError(f"lookahead_s: expected 0 or more, found {self.lookahead_s}")
        unknown = sorted(set(self.class_thresholds) - set(self.class_names))
        if unknown:
            raise InvalidInputError(f"class_thresholds: no such classes {unknown}")
        if not all(0 <= t <= 1 for t in (self.reject_threshold, *self.class_thresholds.values())):
            raise InvalidInputError("thresholds: expected numbers from 0 to 1")
        if self.features is not None and (self.num_persons, self.num_coordinates) != (1, 2):
            raise InvalidInputError("features are made of one person in 2D; expected no other input")
        _ = self.spec  # which checks the rest

    @property
    def spec(self) -> InputSpec:
        """What its network takes, (N, M, T, V, C)."""
        return InputSpec(
            layout=self.layout,
            num_persons=self.num_persons,
            num_frames=self.window_frames,
            num_coordinates=self.num_coordinates,
            sampling=self.sampling,
            rate_hz=self.rate_hz,
        )

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
            "features": None if self.features is None else self.features.to_dict(),
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
            features=None if values["features"] is None else FeatureSettings.from_dict(values["features"]),
            temperature=float(values["temperature"]),
            reject_threshold=float(values["reject_threshold"]),
            class_thresholds={str(k): float(v) for k, v in values["class_thresholds"].items()},
            training_data=tuple(dict(entry) for entry in values["training_data"]),
            licence=str(values["licence"]),
            accuracy=dict(values["accuracy"]),
            created_with=str(values["created_with"]),
            # Files of version 1 have none of these.
            num_persons=int(values.get("num_persons", 1)),
            num_coordinates=int(values.get("num_coordinates", 2)),
            sampling=values.get("sampling", "window"),
            learnt_from=dict(values.get("learnt_from", {})),
            lookahead_s=None if (ahead := values.get("lookahead_s")) is None else float(ahead),
        )
