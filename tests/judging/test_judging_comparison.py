"""Two models on the same clips."""

from dataclasses import replace

import numpy as np
import pytest

import made_answers as made
from poseact.errors import InvalidInputError
from poseact.judging import Answers, RunFacts, compare
from poseact.judging.comparison import mcnemar


def model(name: str, right: np.ndarray, folds: tuple[str, ...] = ()):
    num = len(right)
    labels = np.arange(num) % 2
    answers = Answers(
        ("a", "b"),
        np.eye(2)[np.where(right, labels, 1 - labels)],
        labels,
        tuple(f"c{i}" for i in range(num)),
        tuple(f"s{i % 8}" for i in range(num)),
        folds=folds,
    )
    return made.judged(answers, RunFacts(name, "d", "p"))


def test_mcnemar_by_hand():
    # 1 against 5 of six: 2 * (1 + 6) / 64.
    assert mcnemar(1, 5) == mcnemar(5, 1) == pytest.approx(2 * 7 / 64)
    assert mcnemar(3, 3) == 1
    assert mcnemar(0, 0) == 1
    assert 0 < mcnemar(900, 1200) < 1e-9


def test_mcnemar_as_scipy_has_it():
    stats = pytest.importorskip("scipy.stats")
    assert mcnemar(17, 31) == pytest.approx(stats.binomtest(17, 48).pvalue)


def test_counts_and_gain():
    first = model("one", np.array([True, True, False, False] * 10))
    second = model("two", np.array([True, False, True, True] * 10))
    found = compare(first, second, np.random.default_rng(0))
    assert (found.first, found.second, found.num_clips, found.unit) == ("one", "two", 40, "subject")
    assert (found.both_right, found.only_first, found.only_second, found.neither) == (10, 10, 20, 0)
    assert found.gain.value == pytest.approx(0.25)
    assert found.gain.low <= 0.25 <= found.gain.high
    assert found.p_value == pytest.approx(mcnemar(10, 20))
    assert found.num_unshared == 0


def test_pairing_makes_the_interval_of_a_difference_narrow():
    rng = np.random.default_rng(1)
    right = rng.random(800) < 0.6
    better = right | (rng.random(800) < 0.05)
    found = compare(model("one", right), model("two", better), rng)
    assert 0 < found.gain.low < found.gain.high < 0.05
    assert found.p_value < 1e-3


def test_only_shared_clips_count_and_folds_only_where_both_have_them():
    first, second = model("one", np.ones(40, bool)), model("two", np.zeros(30, bool))
    found = compare(first, second, np.random.default_rng(0))
    assert (found.num_clips, found.num_unshared, found.only_first) == (30, 10, 30)
    folded = model("three", np.ones(40, bool), folds=("1", "2") * 20)
    assert compare(first, folded, np.random.default_rng(0)).num_clips == 40


def test_what_cannot_be_compared_is_told():
    first = model("one", np.ones(10, bool))
    other = replace(first, clips=tuple(replace(c, name=f"x{c.name}") for c in first.clips))
    with pytest.raises(InvalidInputError, match="answered no clip of the same name"):
        compare(first, other, np.random.default_rng(0))
    with pytest.raises(InvalidInputError, match="clip 'c0' is 'a' in one evaluation and 'b' in the other"):
        compare(first, replace(first, class_names=("b", "a")), np.random.default_rng(0))
