"""Confidence intervals: that they cover, and what is drawn for them."""

import numpy as np
import pytest

from poseact.judging.answers import resampling_units
from poseact.judging.intervals import (
    ClipCounts,
    draw_weights,
    headline_figures,
    usual_resamples,
    widened_interval,
)


def counts(right: np.ndarray) -> ClipCounts:
    """Of two classes in turn, each answered rightly or as the other one."""
    labels = np.arange(len(right)) % 2
    return ClipCounts(labels, np.where(right, labels, 1 - labels), np.ones(len(right), np.bool_), 2)


@pytest.mark.parametrize("num_subjects", [6, 25])
def test_nineteen_of_twenty_intervals_hold_the_true_value(num_subjects):
    # Every subject has an ability of their own: what a bootstrap over clips would miss.
    rng = np.random.default_rng(num_subjects)
    held, held_by_clips, runs = 0, 0, 150
    for run in range(runs):
        ability = rng.beta(6, 3, num_subjects)
        right = (rng.random((num_subjects, 20)) < ability[:, None]).ravel()
        subjects = np.repeat([f"s{i}" for i in range(num_subjects)], 20).tolist()
        found = headline_figures(counts(right), subjects, rng, resamples=1000)["top_1"]
        held += found.low <= 6 / 9 <= found.high
        if run % 3:
            continue
        clips = headline_figures(counts(right), [str(i) for i in range(len(right))], rng, resamples=100)
        held_by_clips += clips["top_1"].low <= 6 / 9 <= clips["top_1"].high
    assert 0.90 <= held / runs <= 0.995
    assert held_by_clips / (runs / 3) < 0.85


def test_the_widening_is_that_of_student():
    # The quantile of t with 4 degrees is 2.7764; sqrt(5 / 4) times that is 3.1042 standard deviations.
    drawn = np.random.default_rng(0).normal(size=2_000_000)
    low, high = widened_interval(drawn, 5)
    assert (low, high) == (pytest.approx(-3.1042, abs=0.06), pytest.approx(3.1042, abs=0.06))
    low, high = widened_interval(drawn, 5000)
    assert (low, high) == (pytest.approx(-1.96, abs=0.01), pytest.approx(1.96, abs=0.01))


def test_the_same_generator_gives_the_same_interval():
    right = np.random.default_rng(0).random(60) < 0.7
    units = [str(i % 6) for i in range(60)]
    one, same = (headline_figures(counts(right), units, np.random.default_rng(4)) for _ in range(2))
    assert one == same
    assert one["top_1"].low < one["top_1"].value < one["top_1"].high


def test_all_figures_are_those_of_the_clips_themselves():
    labels = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([0, 0, 1, 1, 1, 0])
    in_top_5 = np.array([True, True, True, True, False, False])
    found = headline_figures(
        ClipCounts(labels, predicted, in_top_5, 4), list("aabbcc"), np.random.default_rng(0), resamples=50
    )
    assert found["top_1"].value == pytest.approx(4 / 6)
    assert found["top_5"].value == pytest.approx(4 / 6)
    assert found["mean_class_accuracy"].value == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert found["macro_f1"].value == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)


def test_no_error_found_is_not_no_error():
    # Clopper and Pearson: 50 of 50 right leaves a lower end of 0.025 ** (1 / 50) = 0.9289.
    found = headline_figures(counts(np.ones(50, bool)), list("ab" * 25), np.random.default_rng(0))
    assert found["top_1"].high == 1
    assert found["top_1"].low == pytest.approx(0.9289, abs=1e-4)
    found = headline_figures(counts(np.zeros(50, bool)), list("ab" * 25), np.random.default_rng(0))
    assert found["top_1"].low == 0
    assert found["top_1"].high == pytest.approx(0.0711, abs=1e-4)


def test_a_single_unit_gives_no_interval():
    found = headline_figures(counts(np.ones(4, bool)), ["a"] * 4, np.random.default_rng(0))
    assert found["top_1"].low is None and found["top_1"].high is None
    assert usual_resamples(1) == 0


def test_draws_are_with_replacement_and_in_blocks(monkeypatch):
    monkeypatch.setattr("poseact.judging.intervals._BLOCK", 50_000)
    blocks = list(draw_weights(20_000, 5, np.random.default_rng(0)))
    assert [len(block) for block in blocks] == [2, 2, 1]
    drawn = np.concatenate(blocks)
    assert (drawn.sum(axis=1) == 20_000).all()
    assert 0.36 < (drawn == 0).mean() < 0.38  # 1 / e of them is not drawn


@pytest.mark.parametrize(
    ("subjects", "groups", "unit", "units"),
    [
        (("a", "b", "a"), ("g", "h", "g"), "subject", ("a", "b", "a")),
        (("a", None, "a"), ("g", "h", "g"), "group", ("g", "h", "g")),
        (("a", "a", "a"), ("g", "h", "g"), "group", ("g", "h", "g")),
        ((), (), "clip", ("x", "y", "x")),
        (("a", "a", "a"), (None, None, None), "clip", ("x", "y", "x")),
    ],
)
def test_what_is_drawn(subjects, groups, unit, units):
    assert resampling_units(("x", "y", "x"), subjects, groups) == (unit, units)
