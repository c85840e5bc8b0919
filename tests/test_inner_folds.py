"""Choosing members on inner folds: nobody is on both sides, and the picks are those that help."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from made_clips import made_clips, without_subjects

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def inner(request: pytest.FixtureRequest) -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    request.addfinalizer(lambda: sys.path.remove(str(BENCHMARKS)))
    spec = importlib.util.spec_from_file_location("inner_folds", BENCHMARKS / "inner_folds.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["inner_folds"] = module
    spec.loader.exec_module(module)
    return module


def test_each_subject_of_the_training_part_is_left_out_once(inner: ModuleType) -> None:
    folds = inner.inner_folds(made_clips(), "xsub", np.random.default_rng(0))
    held = [{clip.subject for clip in fold.held} for fold in folds]
    assert sorted(map(len, held)) == [1, 1, 1] and len(set.union(*held)) == 3
    for fold, subjects in zip(folds, held, strict=True):
        assert {clip.subject for clip in fold.train}.isdisjoint(subjects)
        assert all(clip.splits["xsub"] == "train" for clip in (*fold.train, *fold.held))


def test_without_subjects_neighbours_are_kept_together(inner: ModuleType) -> None:
    made = without_subjects(made_clips(takes=4))
    clips = [replace(clip, splits={"p": "train"}) for clip in made]
    test = [replace(clip, name=f"test{i}", splits={"p": "test"}) for i, clip in enumerate(made[:3])]
    folds = inner.inner_folds([*clips, *test], "p", np.random.default_rng(0))
    assert len(folds) == 4 and sorted(c.name for fold in folds for c in fold.held) == sorted(
        c.name for c in clips
    )
    of_class = [clip.name for clip in clips if clip.label == clips[0].label]
    blocks = [of_class[i * 6 : i * 6 + 6] for i in range(4)]
    for fold in folds:
        names = {clip.name for clip in fold.held}
        assert all(names.issuperset(block) or names.isdisjoint(block) for block in blocks)


def test_members_are_picked_that_correct_each_other(inner: ModuleType) -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 300)
    truth = np.eye(3)[labels]
    half = np.arange(300) < 150
    noise = rng.dirichlet([1, 1, 1], (2, 300))
    good_at_first = [np.where(half[:, None], 0.8 * truth + 0.2 / 3, n) for n in noise]
    good_at_rest = [np.where(half[:, None], n, 0.7 * truth + 0.3 / 3) for n in noise]
    of = {"first": good_at_first, "rest": good_at_rest, "guess": list(noise)}
    picks = list(inner.picked(of, labels, most=6))
    assert [name for name, *_ in picks[:2]] == ["first", "rest"]
    assert picks[1][1] > picks[0][1] and picks[1][3] < picks[0][3]
    # A name can be picked once a seed.
    assert sorted(name for name, *_ in picks) == sorted([*of, *of])


def test_the_loss_is_that_of_the_best_temperature(inner: ModuleType) -> None:
    careful = np.array([[0.4, 0.3, 0.3], [0.3, 0.4, 0.3]])
    right, loss = inner.accuracy_and_loss(careful, np.array([0, 1]))
    assert right == 100 and loss < -np.log(0.4)
    wrong, worse = inner.accuracy_and_loss(careful, np.array([1, 0]))
    assert wrong == 0 and worse > loss
