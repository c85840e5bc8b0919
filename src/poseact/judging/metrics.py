"""Figures that say how right class probabilities are, in numpy alone: judging needs no extra package."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = Floats | Ints | NDArray[np.bool_]

NUM_BINS = 15


def confusion_matrix(labels: Ints, predicted: Ints, num_classes: int) -> Ints:
    """(K, K) counts: row = true class, column = predicted class."""
    flat = np.bincount(labels * num_classes + predicted, minlength=num_classes**2)
    return np.asarray(flat.reshape(num_classes, num_classes), np.int64)


def in_top_k(probabilities: Floats, labels: Ints, k: int) -> NDArray[np.bool_]:
    """(N,): whether the true class is among the k most probable; of equal ones the first come first.

    Raises:
        InvalidInputError: If k is less than 1.
    """
    if k < 1:
        raise InvalidInputError(f"k: expected 1 or more, found {k}")
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return np.asarray((order == labels[:, None]).any(axis=1))


@dataclass(frozen=True, eq=False)
class PerClass:
    """Figures of each class, (K,) each; NaN where there is nothing to divide by.

    Attributes:
        support: Clips of the class.
        predicted: Clips that were taken for it.
        precision: Share of `predicted` that is right.
        recall: Share of `support` that is found: the accuracy of the class.
        f1: Harmonic mean of both, 2 right / (support + predicted).
    """

    support: Ints
    predicted: Ints
    precision: Floats
    recall: Floats
    f1: Floats


def per_class(confusion: Ints) -> PerClass:
    """Precision, recall and F1 of each class of a confusion matrix (K, K)."""
    right, support, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    return PerClass(
        support=support,
        predicted=predicted,
        precision=ratio(right, predicted),
        recall=ratio(right, support),
        f1=f1_scores(right, support, predicted),
    )


def ratio(part: Counts, whole: Counts) -> Floats:
    """Quotient of counts, NaN where the divisor is 0."""
    whole = np.asarray(whole, np.float64)
    out = np.full(whole.shape, np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def f1_scores(right: Counts, support: Counts, predicted: Counts) -> Floats:
    """F1 from counts, NaN for a class that neither exists nor was named."""
    return ratio(2 * np.asarray(right, np.float64), np.asarray(support, np.float64) + predicted)


def mean_over_classes(values: Floats, support: Counts) -> Floats:
    """Mean over the last axis, over the classes that have clips.

    Of recalls this is the mean class accuracy, of F1 scores the macro F1.
    """
    there = np.asarray(support, np.float64) > 0
    kept = np.where(there, values, 0.0).sum(axis=-1)
    return ratio(kept, there.sum(axis=-1))


@dataclass(frozen=True)
class ReliabilityBin:
    """Clips whose answers were about as sure.

    Attributes:
        low: The confidences are more than this (the first bin holds 0, too) ...
        high: ... and at most this.
        count: Clips.
        confidence: Mean probability of the answers; None without a clip.
        accuracy: Share of right answers; likewise.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """Whether probabilities mean what they say.

    Attributes:
        ece: Expected calibration error over `bins` (Guo, Pleiss, Sun, Weinberger, "On Calibration of
            Modern Neural Networks", ICML 2017): mean distance of confidence and accuracy, by clips.
        overconfidence: Mean confidence less accuracy; below 0 for a model that is too modest.
        nll: Mean negative log-likelihood of the true class, in nats.
        brier: Mean squared distance from the true one-hot vector (Brier, 1950), 0 to 2.
        bins: Of equal width, over 0 to 1.
    """

    ece: float
    overconfidence: float
    nll: float
    brier: float
    bins: tuple[ReliabilityBin, ...]


def calibration(probabilities: Floats, labels: Ints, num_bins: int = NUM_BINS) -> Calibration:
    """How far the probability of the answer (the largest of its row) is from its being right.

    Args:
        probabilities: (N, K), N > 0, rows that sum to 1.
        labels: (N,) true classes.
        num_bins: Of equal width.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * num_bins).astype(int) - 1, 0, num_bins - 1)
    counts = np.bincount(place, minlength=num_bins)
    sure = ratio(np.bincount(place, confidence, num_bins), counts)
    hit = ratio(np.bincount(place, right, num_bins), counts)
    bins = tuple(
        ReliabilityBin(i / num_bins, (i + 1) / num_bins, int(n), _known(sure[i]), _known(hit[i]))
        for i, n in enumerate(counts)
    )
    rows = np.arange(len(labels))
    # A float32 softmax gives true zeros, and their logarithm would drown all else.
    likelihood = np.maximum(probabilities[rows, labels], np.finfo(np.float64).eps)
    distance = probabilities.copy()
    distance[rows, labels] -= 1
    return Calibration(
        ece=float(np.nansum(counts * np.abs(sure - hit)) / len(labels)),
        overconfidence=float(confidence.mean() - right.mean()),
        nll=float(-np.log(likelihood).mean()),
        brier=float((distance**2).sum(axis=1).mean()),
        bins=bins,
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
