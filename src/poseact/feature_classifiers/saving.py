"""Fitted classifiers as files that hold no code: ``.skops`` for all of them, ``.onnx`` for linear ones."""

from pathlib import Path

from poseact.errors import InvalidInputError, ModelError
from poseact.feature_classifiers.fitted import FeatureClassifier
from poseact.feature_classifiers.onnx_file import load_onnx, save_onnx
from poseact.feature_classifiers.skops_file import load_skops, save_skops

_SAVE = {".skops": save_skops, ".onnx": save_onnx}
_LOAD = {".skops": load_skops, ".onnx": load_onnx}


def check_suffix(path: Path) -> None:
    """Raises InvalidInputError unless a classifier can be saved under that name."""
    if path.suffix.lower() not in _SAVE:
        raise InvalidInputError(
            f"{path}: expected a name that ends with .skops (any classifier) or .onnx (linear ones)"
        )


def save_classifier(classifier: FeatureClassifier, path: Path) -> None:
    """Write a classifier to one file, which `load_classifier` reads.

    Args:
        classifier: Fitted by `fit_classifier`, or read from ``.skops``.
        path: Ends with ``.skops``, or with ``.onnx`` (opset 17, float64 in and out).

    Raises:
        InvalidInputError: If it ends with something else, or the classifier has no such form.
        OutputError: If the file cannot be written.
        MissingExtraError: If the package for it is not installed.
    """
    check_suffix(Path(path))
    if classifier.pipeline is None:
        raise InvalidInputError(
            f"{path}: a classifier that was read from ONNX cannot be saved again: copy the file"
        )
    _SAVE[Path(path).suffix.lower()](classifier, Path(path))


def load_classifier(path: Path) -> FeatureClassifier:
    """Read a classifier. ONNX files need no extra package, ``.skops`` needs scikit-learn and skops.

    Raises:
        ModelError: If there is no such file, it is broken, or holds something else.
        MissingExtraError: If the package for it is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: no such file; expected a classifier saved by poseact classify --out")
    if path.suffix.lower() not in _LOAD:
        raise ModelError(f"{path}: expected a classifier that ends with .skops or .onnx")
    return _LOAD[path.suffix.lower()](path)
