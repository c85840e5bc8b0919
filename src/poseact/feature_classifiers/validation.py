"""Repeated cross-validation on a training part: what classifier to take, and what it is worth."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import ClipInfo
from poseact.datasets.feature_csv import FeatureTable
from poseact.errors import InvalidInputError
from poseact.feature_classifiers.fitted import Floats, pipeline_scores
from poseact.feature_classifiers.settings import Setting, build, require_sklearn
from poseact.splits import units_of
from poseact.splits.units import Field

FOLDS = 5
REPEATS = 10
# The square of a larger one is no number any more.
_LARGEST = 1e100

Ints = NDArray[np.int64]
Told = Callable[[Setting], object]


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """How a setting did on clips of the training part that were held out.

    Attributes:
        setting: The classifier.
        accuracies: (R,) accuracy of each repeat, over all clips, each held out once.
        temperature: With which the softmax of the held-out scores fits the labels best.
        folds: Parts that the clips were divided into.
        unit: What was never divided: ``subject``, ``group`` or ``clip``.
    """

    setting: Setting
    accuracies: Floats
    temperature: float
    folds: int
    unit: str

    @property
    def mean(self) -> float:
        """Accuracy, mean of the repeats."""
        return float(self.accuracies.mean())

    @property
    def spread(self) -> float:
        """Standard deviation of the accuracy from repeat to repeat, which chance alone makes; 0 of one."""
        return float(self.accuracies.std(ddof=1)) if len(self.accuracies) > 1 else 0.0


@dataclass(frozen=True, eq=False)
class Folds:
    """Which clips are held out when.

    Attributes:
        parts: R times K pairs of (training rows, held-out rows).
        count: K.
        unit: What is never divided: ``subject``, ``group`` or ``clip``.
    """

    parts: list[list[tuple[Ints, Ints]]]
    count: int
    unit: str


def cross_validate(
    table: FeatureTable,
    settings: Sequence[Setting],
    *,
    rng: np.random.Generator,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    on_done: Told | None = None,
) -> list[CrossValidation]:
    """Every setting on the same folds, whose classes are as evenly filled as can be.

    Clips of one subject stay together where all clips name theirs, else those of one group; and
    always clips with the very same features.

    Args:
        table: The training part.
        settings: What to try.
        rng: For the division into folds.
        folds: Parts to divide the clips into; fewer where a class has fewer subjects, groups or clips.
        repeats: Divisions; one where every subject or group is a fold of its own, for there is no other.
        on_done: Called with each setting that is done.

    Raises:
        InvalidInputError: If a class has one clip only, or lies in one subject or group only.
        MissingExtraError: If scikit-learn is not installed.
    """
    require_sklearn()
    classes = class_indices(table)
    divided = _divide(table, classes, folds, repeats, rng)
    found = []
    for setting in _applicable(settings, classes, divided):
        with one_thread():
            found.append(_cross_validate(table.features, classes, setting, divided))
        if on_done is not None:
            on_done(setting)
    return found


def _applicable(settings: Sequence[Setting], classes: Ints, folds: Folds) -> list[Setting]:
    """The settings but ``lda``, where a fold leaves it no clip more than there are classes."""
    fewest = min(len(train) for parts in folds.parts for train, _ in parts)
    kept = [one for one in settings if one.family != "lda" or fewest > classes.max() + 1]
    if not kept:
        raise InvalidInputError(f"training: too few clips for lda: a fold leaves {fewest} of {len(classes)}")
    return kept


def choose(found: Sequence[CrossValidation]) -> CrossValidation:
    """The one of the highest mean accuracy; of equals the first, which is the simplest."""
    return max(found, key=lambda one: round(one.mean, 9))


def class_indices(table: FeatureTable) -> Ints:
    """(N,): the label of each clip as a place among the labels that there are.

    Raises:
        InvalidInputError: If there are fewer than two classes, or a class has one clip only.
    """
    labels, classes, counts = np.unique(table.labels, return_inverse=True, return_counts=True)
    if len(labels) < 2:
        raise InvalidInputError(f"training: expected clips of two classes or more, found {len(labels)}")
    if counts.min() < 2:
        name = name_of(table, int(labels[counts.argmin()]))
        raise InvalidInputError(
            f"training: expected two clips of each class or more, found one of {name!r}: add some, or "
            "leave the class out"
        )
    return np.asarray(classes, np.int64)


def name_of(table: FeatureTable, label: int) -> str:
    """The name of a label, its number where nobody has named it."""
    return str(label) if table.class_names is None else table.class_names[label]


def _cross_validate(features: Floats, classes: Ints, setting: Setting, folds: Folds) -> CrossValidation:
    num_classes = int(classes.max()) + 1
    scores = np.empty((len(folds.parts), len(classes), num_classes))
    for repeat, parts in enumerate(folds.parts):
        for train, test in parts:
            known = np.unique(classes[train])
            held_out = np.zeros((len(test), 1))  # with one class left there is nothing to fit
            if len(known) > 1:
                pipeline = fit_pipeline(setting, features[train], classes[train])
                held_out = pipeline_scores(pipeline)(features[test])
            # A class that no training clip had comes last.
            scores[repeat, test] = held_out.min(axis=1, keepdims=True) - 1
            scores[repeat, test[:, None], known] = held_out
    return CrossValidation(
        setting,
        (scores.argmax(axis=2) == classes).mean(axis=1),
        _temperature(scores.reshape(-1, num_classes), np.tile(classes, len(scores))),
        folds.count,
        folds.unit,
    )


def fit_pipeline(setting: Setting, features: Floats, classes: Ints) -> Any:
    """A setting fitted to features (N, F) and classes (N,), the same for the same input.

    Raises:
        InvalidInputError: If the features are too large to reckon with.
        MissingExtraError: If scikit-learn is not installed.
    """
    require_sklearn()
    from scipy.linalg import LinAlgWarning
    from sklearn.exceptions import ConvergenceWarning

    if np.abs(features).max(initial=0) > _LARGEST:
        raise InvalidInputError(f"training: expected features up to {_LARGEST:g}, found larger ones")
    with warnings.catch_warnings():
        # One that stopped early, or knows its covariance badly, is as good as validation says.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", LinAlgWarning)
        warnings.filterwarnings("ignore", "Only one sample available")
        return build(setting, features.shape[1]).fit(features, classes)


def _divide(table: FeatureTable, classes: Ints, folds: int, repeats: int, rng: np.random.Generator) -> Folds:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if folds < 2 or repeats < 1:
        raise InvalidInputError(f"expected 2 folds and 1 repeat or more, found {folds} and {repeats}")
    unit, units = validation_units(table)
    count = min(folds, *_units_of_classes(classes, units))
    if count < 2:
        label = int(table.labels[classes == np.argmin(_units_of_classes(classes, units))][0])
        which = "clips with different features" if unit == "clip" else f"{unit}s"
        raise InvalidInputError(
            f"training: class {name_of(table, label)!r} cannot be cross-validated: expected it in two "
            f"{which} or more, found it in one"
        )
    together = len(np.unique(units)) < len(units)
    splitter = StratifiedGroupKFold if together else StratifiedKFold
    only_one = count == len(np.unique(units))
    seeds = rng.integers(2**31, size=1 if only_one else repeats).tolist()
    dividers = [splitter(count, shuffle=True, random_state=seed) for seed in seeds]
    groups = units if together else None
    return Folds([list(one.split(table.features, classes, groups)) for one in dividers], count, unit)


def validation_units(table: FeatureTable) -> tuple[str, Ints]:
    """What is not divided, and (N,) the number of each clip's unit.

    Subjects where all clips name theirs and each class has two or more; else groups where any clip
    names one; else clips. Clips with the very same features are always one unit.
    """
    infos = [
        ClipInfo(label=str(label), name=clip or f"row {i + 1}", subject=subject, group=group)
        for i, (label, clip, subject, group) in enumerate(
            zip(table.labels.tolist(), *map(_filled(table), ("clips", "subjects", "groups")), strict=True)
        )
    ]
    same = np.unique(table.features + 0.0, axis=0, return_inverse=True)[1].reshape(-1)
    if all(info.subject is not None for info in infos):
        by_subject = _joined(_numbers_of(infos, "subject"), same)
        if min(_units_of_classes(table.labels, by_subject)) > 1:
            return "subject", by_subject
    unit = "clip" if all(info.group is None for info in infos) else "group"
    return unit, _joined(_numbers_of(infos, "group"), same)


def _filled(table: FeatureTable) -> Callable[[str], Sequence[str | None]]:
    return lambda attribute: getattr(table, attribute) or (None,) * table.num_clips


def _numbers_of(infos: Sequence[ClipInfo], by: Field) -> Ints:
    place = {id(info): i for i, unit in enumerate(units_of(infos, by)) for info in unit}
    return np.array([place[id(info)] for info in infos], np.int64)


def _joined(first: Ints, second: Ints) -> Ints:
    """Units of clips that share a number in either of two numberings (N,), or in a chain of them."""
    joined = np.arange(len(first))
    while True:
        before = joined
        for numbers in (first, second):
            lowest = np.full(int(numbers.max()) + 1, len(first))
            np.minimum.at(lowest, numbers, joined)
            joined = lowest[numbers]
        if (joined == before).all():
            return joined


def _units_of_classes(classes: Ints, units: Ints) -> list[int]:
    return [len(np.unique(units[classes == k])) for k in np.unique(classes)]


def _temperature(scores: Floats, classes: Ints) -> float:
    """The temperature of least negative log-likelihood, which has one minimum over its logarithm."""
    true = scores[np.arange(len(classes)), classes]

    def loss(log_temperature: float) -> float:
        scaled = (scores - true[:, None]) / np.exp(log_temperature)
        return float(np.logaddexp.reduce(scaled, axis=1).mean())

    low, high = np.log(1e-3), np.log(1e3)
    while high - low > 1e-3:
        third = (high - low) / 3
        if loss(low + third) <= loss(high - third):
            high -= third
        else:
            low += third
    return float(np.exp((low + high) / 2))


@contextmanager
def one_thread() -> Iterator[None]:
    """Without threads below numpy: on matrices of this size they wait for one another."""
    from threadpoolctl import threadpool_limits  # scikit-learn brings it

    with threadpool_limits(1):
        yield
