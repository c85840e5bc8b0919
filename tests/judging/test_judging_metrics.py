"""Figures against cases worked out by hand, and against scikit-learn where it is installed."""

import numpy as np
import pytest

import made_answers as made
from poseact.errors import InvalidInputError
from poseact.judging.metrics import (
    calibration,
    confusion_matrix,
    in_top_k,
    mean_over_classes,
    per_class,
)


def test_confusion_by_hand():
    answers = made.by_hand()
    found = confusion_matrix(answers.labels, answers.predicted, 3)
    assert found.tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_per_class_by_hand():
    answers = made.by_hand()
    found = per_class(confusion_matrix(answers.labels, answers.predicted, 3))
    np.testing.assert_allclose(found.recall, [2 / 3, 1, 0])
    np.testing.assert_allclose(found.precision, [2 / 3, 2 / 3, np.nan])
    np.testing.assert_allclose(found.f1, [2 / 3, 4 / 5, 0])
    assert found.support.tolist() == [3, 2, 1]
    assert found.predicted.tolist() == [3, 3, 0]


def test_a_class_without_clips_does_not_count():
    confusion = np.array([[4, 0, 0], [1, 1, 0], [0, 0, 0]])
    found = per_class(confusion)
    assert np.isnan(found.f1[2]) and np.isnan(found.recall[2])
    assert mean_over_classes(found.recall, found.support) == pytest.approx(0.75)


def test_top_k_of_equal_ones_takes_the_first_as_the_answer_does():
    probabilities = np.array([[0.4, 0.4, 0.2], [0.4, 0.4, 0.2]])
    assert in_top_k(probabilities, np.array([0, 1]), 1).tolist() == [True, False]
    assert in_top_k(probabilities, np.array([1, 2]), 2).tolist() == [True, False]
    with pytest.raises(InvalidInputError, match="k: expected 1 or more"):
        in_top_k(probabilities, np.array([0, 1]), 0)


def test_calibration_by_hand():
    # One bin each: .8 .6 .5 .7 .9 .4, right but the third and the last.
    answers = made.by_hand()
    found = calibration(answers.probabilities, answers.labels)
    assert found.ece == pytest.approx((0.2 + 0.4 + 0.5 + 0.3 + 0.1 + 0.4) / 6)
    assert found.overconfidence == pytest.approx(3.9 / 6 - 4 / 6)
    assert found.nll == pytest.approx(-np.log([0.8, 0.6, 0.3, 0.7, 0.9, 0.3]).mean())
    brier = [0.06, 0.26, 0.49 + 0.25 + 0.04, 0.04 + 0.09 + 0.01, 0.015, 0.16 + 0.09 + 0.49]
    assert found.brier == pytest.approx(np.mean(brier))
    assert [b.count for b in found.bins] == [0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]


def test_bins_are_closed_above():
    # Guo et al.: bin m is ((m - 1) / M, m / M].
    found = calibration(np.array([[0.5, 0.5], [1.0, 0.0], [0.51, 0.49]]), np.array([0, 0, 0]), num_bins=2)
    assert [b.count for b in found.bins] == [1, 2]
    assert (found.bins[0].low, found.bins[0].high) == (0.0, 0.5)


def test_a_calibrated_model_has_little_error_and_an_overconfident_one_has_its_excess():
    rng = np.random.default_rng(0)
    truly = rng.uniform(0.5, 1, 100_000)
    labels = (rng.random(len(truly)) > truly).astype(np.int64)
    honest = calibration(np.column_stack([truly, 1 - truly]), labels)
    assert honest.ece < 0.01 and abs(honest.overconfidence) < 0.01
    said = np.full(len(truly), 0.95)
    boasting = calibration(np.column_stack([said, 1 - said]), labels)
    assert boasting.ece == pytest.approx(0.2, abs=0.01)
    assert boasting.overconfidence == pytest.approx(0.2, abs=0.01)
    assert boasting.nll > honest.nll and boasting.brier > honest.brier


def test_a_true_zero_is_a_large_but_finite_surprise():
    found = calibration(np.array([[1.0, 0.0]]), np.array([1]))
    assert 30 < found.nll < 40
    assert found.brier == 2


def test_as_scikit_learn_has_them():
    metrics = pytest.importorskip("sklearn.metrics")
    answers = made.random_answers(np.random.default_rng(1), 500, [f"k{i}" for i in range(12)], gain=1.2)
    labels, predicted, probabilities = answers.labels, answers.predicted, answers.probabilities
    found = per_class(confusion_matrix(labels, predicted, 12))
    theirs = metrics.precision_recall_fscore_support(labels, predicted, labels=range(12))
    np.testing.assert_allclose([found.precision, found.recall, found.f1, found.support], theirs)
    assert mean_over_classes(found.recall, found.support) == pytest.approx(
        metrics.balanced_accuracy_score(labels, predicted)
    )
    assert in_top_k(probabilities, labels, 5).mean() == pytest.approx(
        metrics.top_k_accuracy_score(labels, probabilities, k=5)
    )
    measured = calibration(probabilities, labels)
    assert measured.nll == pytest.approx(metrics.log_loss(labels, probabilities))
    assert measured.brier == pytest.approx(
        metrics.brier_score_loss(labels, probabilities, labels=range(12), scale_by_half=False)
    )
