"""Fit a classifier to a training part: chosen by cross-validation there, then fitted to all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from poseact._version import __version__
from poseact.datasets.feature_csv import FeatureTable
from poseact.feature_classifiers.fitted import ClassifierInfo, FeatureClassifier, pipeline_scores
from poseact.feature_classifiers.settings import Setting, settings_of
from poseact.feature_classifiers.validation import (
    FOLDS,
    REPEATS,
    CrossValidation,
    choose,
    class_indices,
    cross_validate,
    fit_pipeline,
    name_of,
    one_thread,
)


@dataclass(frozen=True)
class Fit:
    """A classifier and how it was chosen.

    Attributes:
        classifier: Fitted to the whole training part.
        chosen: How its setting did in cross-validation.
        tried: All settings among which it was chosen, in the order of the grid. The highest of many
            figures is a little too high; the test part, or new clips, say by how much.
    """

    classifier: FeatureClassifier
    chosen: CrossValidation
    tried: tuple[CrossValidation, ...]


def fit_classifier(
    table: FeatureTable,
    choice: str = "auto",
    *,
    rng: np.random.Generator,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    on_done: Callable[[Setting], object] | None = None,
) -> Fit:
    """Choose a classifier by repeated cross-validation, and fit it.

    The setting of the highest mean accuracy is taken; of equals the first in the grid, see
    `settings_of`. Nothing but `table` is looked at.

    Args:
        table: The training part.
        choice: ``logistic``, ``ridge``, ``lda``, ``svm``, or ``auto`` for all of them.
        rng: For the division into folds.
        folds: See `cross_validate`.
        repeats: See `cross_validate`.
        on_done: Called with each setting that is done.

    Raises:
        InvalidInputError: If there is no such choice, or the classes are too small.
        MissingExtraError: If scikit-learn is not installed.
    """
    tried = cross_validate(table, settings_of(choice), rng=rng, folds=folds, repeats=repeats, on_done=on_done)
    chosen = choose(tried)
    with one_thread():
        pipeline = fit_pipeline(chosen.setting, table.features, class_indices(table))
    return Fit(
        FeatureClassifier(_info(table, chosen, tried), pipeline_scores(pipeline), pipeline),
        chosen,
        tuple(tried),
    )


def _info(table: FeatureTable, chosen: CrossValidation, tried: list[CrossValidation]) -> ClassifierInfo:
    import sklearn

    labels = tuple(np.unique(table.labels).tolist())
    training: dict[str, Any] = {
        "clips": table.num_clips,
        "cross_validated_accuracy": chosen.mean,
        "cross_validated_spread": chosen.spread,
        "folds": chosen.folds,
        "repeats": len(chosen.accuracies),
        "kept_together": chosen.unit,
        "settings_tried": len(tried),
    }
    return ClassifierInfo(
        title=chosen.setting.title,
        feature_names=table.names,
        labels=labels,
        class_names=tuple(name_of(table, label) for label in labels),
        is_named=table.class_names is not None,
        temperature=chosen.temperature,
        training=training,
        created_with=f"poseact {__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}",
    )
