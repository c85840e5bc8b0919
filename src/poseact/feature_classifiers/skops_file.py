"""Fitted scikit-learn pipelines as ``.skops``: a zip of arrays and a list of types, no pickle.

skops itself builds any of scikit-learn's classes that a file asks for. Here only those that poseact
fits are built; a file that names any other type is refused before anything of it is loaded.
"""

import json
import logging
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from poseact.errors import MissingExtraError, ModelError
from poseact.feature_classifiers.fitted import ClassifierInfo, FeatureClassifier, pipeline_scores
from poseact.feature_classifiers.settings import require_sklearn
from poseact.files import write_whole

log = logging.getLogger(__name__)

TRUSTED_TYPES = frozenset(
    {
        "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._ridge.RidgeClassifier",
        "sklearn.multiclass.OneVsRestClassifier",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.svm._classes.LinearSVC",
        "sklearn.svm._classes.SVC",
    }
)
# How skops writes plain values: what builds them, and of which types.
_PLAIN = {
    "DictNode": {"builtins.dict"},
    "ListNode": {"builtins.list"},
    "TupleNode": {"builtins.tuple"},
    "JsonNode": {"builtins.str"},
    "TypeNode": {"builtins.str"},
    "NdArrayNode": {"numpy.ndarray", "numpy.float64", "numpy.int64", "numpy.int32", "numpy.bool"},
}
_SCHEMA = "schema.json"
# The files are a few hundred kilobytes; a zip can pretend to be small.
_LARGEST_BYTES = 2**30


def save_skops(classifier: FeatureClassifier, path: Path) -> None:
    """Write the pipeline and what is known about it.

    Raises:
        OutputError: If the file cannot be written.
        MissingExtraError: If skops is not installed.
    """
    io = _skops_io()
    content = {"pipeline": classifier.pipeline, "info": classifier.info.to_json()}
    write_whole(path, lambda file: io.dump(content, file))


def load_skops(path: Path) -> FeatureClassifier:
    """Read what `save_skops` wrote.

    Raises:
        ModelError: If the file is broken, names a type that is not in `TRUSTED_TYPES`, or holds
            something else.
        MissingExtraError: If skops or scikit-learn is not installed.
    """
    io = _skops_io()
    _check_types(path)
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            content = io.load(path, trusted=sorted(TRUSTED_TYPES))
    except Exception as error:  # whatever a damaged file makes skops, numpy or scikit-learn raise
        raise _broken(path) from error
    text = content.get("info") if isinstance(content, dict) else None
    if not isinstance(text, str):
        raise ModelError(f"{path}: not made by poseact classify --out: it has no metadata")
    try:
        info = ClassifierInfo.from_json(text)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    if any("version" in str(one.message) for one in told):
        log.warning("%s: made with %s, another version than the one here", path, info.created_with)
    classifier = FeatureClassifier(info, pipeline_scores(content.get("pipeline")), content.get("pipeline"))
    _check_pipeline(path, classifier)
    return classifier


def _skops_io() -> Any:
    require_sklearn()
    try:
        import skops.io
    except ImportError:
        raise MissingExtraError("skops", "train") from None
    return skops.io


def _broken(path: Path) -> ModelError:
    return ModelError(f"{path}: expected a classifier saved as .skops, found something else or a broken file")


def _check_types(path: Path) -> None:
    """Raises ModelError if the file names a type that poseact does not write."""
    try:
        with zipfile.ZipFile(path) as file:
            if sum(one.file_size for one in file.infolist()) > _LARGEST_BYTES:
                raise ModelError(f"{path}: expected less than a gigabyte")
            schema = json.loads(file.read(_SCHEMA))
        found = list(_types(schema))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        TypeError,
        RecursionError,
        NotImplementedError,
    ) as error:
        raise _broken(path) from error
    for loader, name in found:
        trusted = TRUSTED_TYPES if loader == "ObjectNode" else _PLAIN.get(loader, set())
        if name not in trusted:
            raise ModelError(
                f"{path}: refused, it holds {name} ({loader}), which no classifier of poseact has"
            )


def _types(node: Any) -> Iterator[tuple[str, str]]:
    """What builds, and which type, of every node of a schema."""
    if isinstance(node, dict):
        if "__loader__" in node:
            yield str(node["__loader__"]), f"{node['__module__']}.{node['__class__']}"
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from _types(inner)


def _check_pipeline(path: Path, classifier: FeatureClassifier) -> None:
    """Raises ModelError unless the pipeline gives scores of the shape that the metadata says."""
    info = classifier.info
    try:
        machine = classifier.pipeline.steps[-1][1]
        # libsvm would read beyond arrays that are too short.
        fits = not hasattr(machine, "support_vectors_") or _is_whole_svm(machine, len(info.labels))
        scores = classifier.scores(np.zeros((1, len(info.feature_names)))) if fits else np.empty(0)
    except Exception as error:  # whatever attributes that were tampered with make scikit-learn raise
        raise _broken(path) from error
    if scores.shape != (1, len(info.labels)) or not np.isfinite(scores).all():
        raise _broken(path)


def _is_whole_svm(machine: Any, num_classes: int) -> bool:
    vectors, pairs = len(machine.support_vectors_), num_classes * (num_classes - 1) // 2
    return bool(
        machine.kernel == "rbf"
        and machine.support_vectors_.shape == (vectors, machine.n_features_in_)
        and machine._n_support.shape == (num_classes,)
        and machine._n_support.min() >= 0
        and machine._n_support.sum() == vectors
        and machine.support_.shape == (vectors,)
        and machine._dual_coef_.shape == machine.dual_coef_.shape == (num_classes - 1, vectors)
        and machine._intercept_.shape == machine.intercept_.shape == (pairs,)
    )
