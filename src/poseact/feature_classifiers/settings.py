"""The classifiers that are tried on feature vectors: scikit-learn's, over a small grid fixed in advance."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal, get_args

from poseact.errors import InvalidInputError, MissingExtraError

Family = Literal["logistic", "ridge", "lda", "linear svm", "rbf svm"]
Choice = Literal["logistic", "ridge", "lda", "svm", "auto"]
CHOICES: tuple[Choice, ...] = get_args(Choice)


@dataclass(frozen=True)
class Setting:
    """One classifier with all that is to be chosen about it.

    Attributes:
        family: Which classifier.
        strength: C of logistic regression and of support vector machines (larger = less
            regularised), alpha of ridge (larger = more); unused by ``lda``.
        width: Of the RBF kernel: gamma as a multiple of 1 / (number of features).
        standardised: Whether each feature is brought to mean 0 and variance 1 first, with the mean
            and variance of the training part.
    """

    family: Family
    strength: float = 1.0
    width: float = 1.0
    standardised: bool = True

    @property
    def title(self) -> str:
        """E.g. ``ridge, alpha 100, standardised``."""
        parts = {
            "logistic": [f"C {self.strength:g}"],
            "ridge": [f"alpha {self.strength:g}"],
            "lda": ["Ledoit-Wolf shrinkage"],
            "linear svm": [f"C {self.strength:g}"],
            "rbf svm": [f"C {self.strength:g}", f"gamma {self.width:g}/F"],
        }[self.family]
        return ", ".join(
            [self.family, *parts, "standardised" if self.standardised else "features as they are"]
        )

    @property
    def is_linear(self) -> bool:
        """Whether the scores are sums of weighted features."""
        return self.family != "rbf svm"


# As in S2's published results: one against the rest, liblinear, C = 1, no scaling.
LOGISTIC = Setting("logistic", 1.0, standardised=False)
# Within a family from the most to the least regularised: of equals the first is taken.
_GRIDS: dict[Family, tuple[Setting, ...]] = {
    "logistic": (LOGISTIC, *(Setting("logistic", c) for c in (1e-3, 1e-2, 0.1))),
    "ridge": tuple(Setting("ridge", alpha) for alpha in (1e4, 1e3, 1e2, 10.0, 1.0, 0.1)),
    "lda": (Setting("lda"),),
    "linear svm": tuple(Setting("linear svm", c) for c in (1e-4, 1e-3, 1e-2, 0.1, 1.0)),
    "rbf svm": tuple(
        Setting("rbf svm", c, width) for c in (1.0, 10.0, 100.0) for width in (1 / 16, 1 / 4, 1.0)
    ),
}
_CHOICES: dict[Choice, tuple[Setting, ...]] = {
    "logistic": (LOGISTIC,),  # what was published is not chosen
    "ridge": _GRIDS["ridge"],
    "lda": _GRIDS["lda"],
    "svm": _GRIDS["linear svm"] + _GRIDS["rbf svm"],
    "auto": tuple(setting for family in get_args(Family) for setting in _GRIDS[family]),
}


def settings_of(choice: str) -> tuple[Setting, ...]:
    """The settings from which ``--classifier`` chooses; the simpler ones come first.

    Raises:
        InvalidInputError: If there is no such choice.
    """
    for known in CHOICES:
        if choice == known:
            return _CHOICES[known]
    raise InvalidInputError(f"classifier: expected one of {', '.join(CHOICES)}, found {choice!r}")


def require_sklearn() -> None:
    """Raises MissingExtraError if scikit-learn is not installed."""
    if find_spec("sklearn") is None:
        raise MissingExtraError("scikit-learn", "train")


def build(setting: Setting, num_features: int) -> Any:
    """The scikit-learn pipeline, not yet fitted.

    Raises:
        MissingExtraError: If scikit-learn is not installed.
    """
    require_sklearn()
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    steps = [("scale", StandardScaler())] if setting.standardised else []
    return Pipeline([*steps, ("classify", _classifier(setting, num_features))])


def _classifier(setting: Setting, num_features: int) -> Any:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import SVC, LinearSVC

    match setting.family:
        case "logistic":  # liblinear itself takes two classes only
            return OneVsRestClassifier(LogisticRegression(solver="liblinear", C=setting.strength))
        case "ridge":
            return RidgeClassifier(alpha=setting.strength)
        case "lda":
            return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        case "linear svm":
            return LinearSVC(C=setting.strength, max_iter=20_000, random_state=0)
        case "rbf svm":  # with broken ties the class is that of the highest score
            return SVC(C=setting.strength, gamma=setting.width / num_features, break_ties=True)
