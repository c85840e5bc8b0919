"""FeatureClassifier: a fitted classifier of feature vectors and what is known about it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from poseact.action_model import softmax
from poseact.datasets.feature_csv import FeatureTable
from poseact.errors import InvalidInputError, ModelError

FORMAT = "poseact.feature_classifier"
FORMAT_VERSION = 1

Floats = NDArray[np.float64]
Scores = Callable[[Floats], Floats]


@dataclass(frozen=True)
class ClassifierInfo:
    """What a saved classifier says of itself. F features, K classes.

    Attributes:
        title: Which classifier, e.g. ``ridge, alpha 100, standardised``.
        feature_names: F column names, in the order in which it takes them.
        labels: K labels, as numbered in the table that it was fitted to.
        class_names: K names, in the same order.
        is_named: Whether somebody named the classes; else the names are the labels.
        temperature: Divides the scores before the softmax, so that probabilities mean what they say.
        training: Figures about the fit: clips, cross-validated accuracy ...
        created_with: Versions of what made it.
    """

    title: str
    feature_names: tuple[str, ...]
    labels: tuple[int, ...]
    class_names: tuple[str, ...]
    is_named: bool
    temperature: float
    training: dict[str, Any] = field(default_factory=dict)
    created_with: str = ""

    def __post_init__(self) -> None:
        if not self.feature_names or len(set(self.feature_names)) != len(self.feature_names):
            raise InvalidInputError("feature_names: expected one or more, all different")
        if len(self.class_names) < 2 or len(set(self.class_names)) != len(self.class_names):
            raise InvalidInputError("class_names: expected two or more, all different")
        if len(self.labels) != len(self.class_names) or len(set(self.labels)) != len(self.labels):
            raise InvalidInputError("labels: expected one a class, all different")
        if not 0 < self.temperature < np.inf:
            raise InvalidInputError("temperature: expected a positive number")

    def to_json(self) -> str:
        """As written into a file."""
        return json.dumps({"format": FORMAT, "version": FORMAT_VERSION, **asdict(self)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "ClassifierInfo":
        """From a file.

        Raises:
            ModelError: If something is missing, unknown, or of a newer version.
        """
        try:
            values = json.loads(text)
            if values["format"] != FORMAT:
                raise ValueError(f"expected format {FORMAT!r}, found {values['format']!r}")
            if values["version"] > FORMAT_VERSION:
                raise ValueError(
                    f"version {values['version']} is newer than this poseact reads: upgrade poseact"
                )
            return cls(
                title=str(values["title"]),
                feature_names=tuple(map(str, values["feature_names"])),
                labels=tuple(map(int, values["labels"])),
                class_names=tuple(map(str, values["class_names"])),
                is_named=bool(values["is_named"]),
                temperature=float(values["temperature"]),
                training=dict(values["training"]),
                created_with=str(values["created_with"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ModelError(f"its metadata cannot be used: {error!s}") from error


class FeatureClassifier:
    """A fitted classifier: scores, probabilities and classes of feature vectors."""

    def __init__(self, info: ClassifierInfo, scores: Scores, pipeline: Any = None) -> None:
        """From parts that fit one another; see `fit_classifier` and `load_classifier`.

        Args:
            info: What is known about it.
            scores: From (N, F) features to (N, K) scores.
            pipeline: The fitted scikit-learn pipeline, None for one that was read from ONNX.
        """
        self.info = info
        self.pipeline = pipeline
        self._scores = scores

    def scores(self, features: Floats) -> Floats:
        """(N, K) of (N, F) features: the higher, the likelier the class.

        Raises:
            InvalidInputError: If there are more or fewer features than it was fitted to.
        """
        features = np.asarray(features, np.float64)
        if features.ndim != 2 or features.shape[1] != len(self.info.feature_names):
            raise InvalidInputError(
                f"features: expected (clips, {len(self.info.feature_names)}), found {features.shape}"
            )
        if not len(features):
            return np.empty((0, len(self.info.labels)))
        return self._scores(features)

    def probabilities(self, features: Floats) -> Floats:
        """(N, K) of (N, F) features, rows that sum to 1."""
        return probabilities_of(self.scores(features), self.info.temperature)

    def predict(self, features: Floats) -> NDArray[np.int64]:
        """(N,): the index in `info.class_names` of the most probable class."""
        return np.asarray(self.scores(features).argmax(axis=1), np.int64)


def with_columns(table: FeatureTable, names: tuple[str, ...], what: str) -> FeatureTable:
    """A table with its columns in the order of `names`.

    Args:
        table: Has these columns, in whatever order.
        names: The F column names.
        what: What the message calls the table.

    Raises:
        InvalidInputError: If it has other columns.
    """
    if table.names == names:
        return table
    place = {name: i for i, name in enumerate(table.names)}
    lacking = [name for name in names if name not in place]
    if lacking or len(place) > len(names):
        if lacking:
            which = f"without {lacking[0]!r}, which it needs"
        else:
            which = (
                f"with {next(name for name in table.names if name not in names)!r}, which it does not know"
            )
        raise InvalidInputError(
            f"{what}: expected the {len(names)} numbers a clip that the classifier was fitted to, found "
            f"{len(place)} numbers a clip, {which}: take features that the same model made"
        )
    return replace(table, features=table.features[:, [place[name] for name in names]], names=names)


def probabilities_of(scores: Floats, temperature: float) -> Floats:
    """Softmax along the last axis of scores divided by the temperature."""
    return cast(Floats, softmax(cast(NDArray[np.float32], scores / temperature)))


def pipeline_scores(pipeline: Any) -> Scores:
    """Scores, one a class, of a fitted scikit-learn pipeline.

    Of two classes scikit-learn gives one number, above 0 for the second: they get half of it each,
    so that the softmax of logistic regression's scores is its probability.
    """

    def scores(features: Floats) -> Floats:
        values = np.asarray(pipeline.decision_function(features), np.float64)
        return np.stack([-values / 2, values / 2], axis=1) if values.ndim == 1 else values

    return scores
