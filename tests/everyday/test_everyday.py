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
