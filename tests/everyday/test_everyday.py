"""The tables of the shipped model's recipe: complete, and in the vocabulary's own words."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from poseact.datasets import DATASETS, jhmdb, msr_action3d, sbu_interaction, utd_mhad
from poseact.synth import ACTIONS

RECIPE = Path(__file__).parents[2] / "training" / "everyday"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
sys.path.insert(0, str(RECIPE))

import actor  # noqa: E402
import corpus  # noqa: E402
import fitting  # noqa: E402
import robustness  # noqa: E402
import vocabulary  # noqa: E402
from clips import load_spans  # noqa: E402

CLASSES = set(vocabulary.CLASS_NAMES)
SPECIAL = {"by_hands", "pick_up>throw", None}


def test_every_mapped_label_is_a_class() -> None:
    for table in vocabulary.LABELS.values():
        assert {label for label in table.values() if label not in SPECIAL} <= CLASSES
    assert set(vocabulary.ALIASES.values()) <= CLASSES
    assert not set(vocabulary.ALIASES) & CLASSES


def test_every_act_of_the_actor_has_a_class() -> None:
    assert set(vocabulary.ACTOR) == set(ACTIONS)
    assert set(vocabulary.ACTOR.values()) == CLASSES


def test_a_third_of_what_the_actor_does_is_no_class() -> None:
    rng = np.random.default_rng(0)
    drawn = Counter(vocabulary.ACTOR[actor.draw_act(rng)] for _ in range(3000))
    assert set(drawn) == CLASSES
    assert 0.3 < drawn.pop("other") / 3000 < 0.37
    assert min(drawn.values()) > 60


def test_the_actors_scripts_become_items_of_all_postures() -> None:
    items = actor.truth_items(4)
    assert len(items) >= 4 * 5
    assert all(item.high > item.low for item in items)


def test_every_label_of_every_set_is_mapped() -> None:
    assert set(vocabulary.LABELS) <= set(DATASETS)
    assert set(vocabulary.LABELS["utd-mhad"]) == set(utd_mhad.CLASS_NAMES)
    assert set(vocabulary.LABELS["msr-action3d"]) == set(msr_action3d.CLASS_NAMES)
    assert set(vocabulary.LABELS["sbu-interaction"]) == set(sbu_interaction.CLASS_NAMES)


@pytest.mark.real_data
def test_jhmdb_labels_are_mapped() -> None:
    if not (SHARED / "jhmdb").is_dir():
        pytest.skip("the shared data are not here")
    labels = {clip.label for clip in jhmdb.read_jhmdb(SHARED / "jhmdb", all_classes=True)}
    assert labels == set(vocabulary.LABELS["jhmdb"])


def test_no_class_has_a_side() -> None:
    assert not any("left" in name or "right" in name for name in CLASSES)


def test_spans_are_in_order_and_different() -> None:
    spans = load_spans()
    assert len({span.name for span in spans}) == len(spans)
    for span in spans:
        assert set(span.label.split("|")) <= CLASSES
        assert span.end_s > span.start_s
        assert span.use in ("train", "test", "all")
        assert "|" not in span.group
    assert {"trial1", "trial2"} <= {span.group for span in spans}


def test_an_ambiguous_target_is_shared_and_an_unknown_one_refused() -> None:
    assert corpus.target_of("jump|squat") == {"jump": 0.5, "squat": 0.5}
    with pytest.raises(ValueError, match="unknown"):
        corpus.target_of("jump|fly")


def test_windows_of_the_store_hold_at_the_ends() -> None:
    points = np.zeros((10, 13, 2), np.float32)
    points[..., 0] = np.arange(10)[:, None]
    item = corpus.Item(
        points, np.ones((10, 13), np.float32), {"walk": 1.0}, 0, 9, "penn-action", "", False, "a"
    )
    store = corpus.Store([item, item])
    found, confidence = store.windows(np.array([1]), np.array([4.5]), 16, np.array([1.0]))
    np.testing.assert_allclose(found[0, :, 0, 0], (np.arange(16) - 3.0).clip(0, 9))
    assert (confidence == 1).all()


def test_two_raised_hands_are_told_from_one() -> None:
    points = np.zeros((5, 13, 2), np.float32)
    index = corpus.BODY13.index
    points[:, index("left_wrist"), 1] = -1
    points[:, index("right_wrist"), 1] = 1
    assert corpus.hands_class(points) == "wave_one_hand"
    points[:, index("right_wrist"), 1] = -1
    assert corpus.hands_class(points) == "wave_two_hands"


def _walkers() -> np.ndarray:
    """Two windows (2, T, 13, 3) of joints that move along straight lines."""
    rng = np.random.default_rng(0)
    places, speeds = rng.normal(size=(2, 2, 1, 13, 3))
    steps = np.arange(fitting.WINDOW_FRAMES)[None, :, None, None]
    return (places + 0.05 * speeds * steps).astype(np.float32)


@pytest.mark.parametrize("condition", robustness.CONDITIONS, ids=lambda c: c.name)
def test_every_condition_changes_what_it_says_and_nothing_else(condition: robustness.Condition) -> None:
    points = _walkers()
    before = points.copy()
    changed = condition.change(points, np.random.default_rng(1))
    np.testing.assert_array_equal(points, before)
    assert changed.shape == (2, fitting.WINDOW_FRAMES, 13, 2)
    hidden = ~np.isfinite(changed).all(axis=-1)
    share = {
        "legs hidden": 4 / 13,
        "arms hidden": 4 / 13,
        "one arm hidden": 2 / 13,
        "20 % of joints missing": 0.2,
    }
    assert hidden.mean() == pytest.approx(share.get(condition.name, 0.0), abs=0.03)


def test_ten_frames_a_second_keep_straight_ways_straight() -> None:
    points = _walkers()
    slow = robustness.slower_camera(points, np.random.default_rng(0))
    # Frames of 18 a second stand for moments of 10 a second: half a frame off at most.
    assert (
        np.abs(slow - points[..., :2]).max() <= 0.05 * np.abs(points[:, 1] - points[:, 0]).max() / 0.05 * 0.6
    )
    bend = points.copy()
    bend[:, 5] += 1.0  # seen in one frame only
    assert np.abs(robustness.slower_camera(bend, np.random.default_rng(0)) - slow)[:, 8:].max() == 0


def test_a_camera_aside_shortens_what_lies_across() -> None:
    points = np.zeros((1, fitting.WINDOW_FRAMES, 13, 3), np.float32)
    points[..., 0] = np.arange(13)
    aside = robustness.turned(40, 0)(points, np.random.default_rng(0))
    assert np.ptp(aside[..., 0]) == pytest.approx(12 * np.cos(np.radians(40)), rel=1e-5)
    assert np.ptp(aside[..., 1]) == 0
