"""Comparison with a known truth."""

import numpy as np
import pytest

from poseact.evaluation import match_tracks, time_accuracy
from poseact.layouts import COCO17
from poseact.sequence import PoseSequence
from poseact.timeline import Segment, Timeline


def _people(places: list[float], ids: list[int], frames: slice = slice(None)) -> PoseSequence:
    """Boxes of 50 x 100 px at these x, moving right by 1 px a frame; only there in `frames`."""
    rng = np.random.default_rng(0)
    joints = rng.random((17, 2)) * [50, 100]
    joints[:2] = [[0, 0], [50, 100]]
    keypoints = np.full((len(places), 40, 17, 2), np.nan, np.float32)
    moving = joints + np.arange(40)[:, None, None] * [1, 0]
    for i, x in enumerate(places):
        keypoints[i, frames] = (moving + np.array([x, 0]))[frames]
    seen = np.isfinite(keypoints).all(-1).astype(np.float32)
    return PoseSequence(keypoints, seen, np.arange(40) / 10, COCO17, track_ids=np.array(ids))


def _timeline(*rows: tuple[int, str, float, float]) -> Timeline:
    return Timeline(tuple(Segment(*row, 0.9) for row in rows), tuple({row[0] for row in rows}), 0, 10)


def test_people_are_matched_by_where_they_are() -> None:
    assert match_tracks(_people([0, 200], [0, 1]), _people([205, 300, 3], [7, 8, 9])) == {0: 9, 1: 7}


def test_the_longer_of_two_tracks_of_one_person_counts() -> None:
    found = _people([0, 0], [3, 4])
    keypoints = found.keypoints.copy()
    keypoints[0, 10:] = np.nan
    keypoints[1, :10] = np.nan
    found = PoseSequence(keypoints, found.confidence, found.timestamps, COCO17, track_ids=np.array([3, 4]))
    assert match_tracks(_people([0], [0]), found) == {0: 4}


def test_nobody_found_and_nobody_near() -> None:
    assert match_tracks(_people([0], [0]), _people([], [])) == {}
    assert match_tracks(_people([0], [0]), _people([400], [1])) == {}


def test_time_is_counted_by_label() -> None:
    truth = _timeline((0, "walk", 0, 4), (0, "squat", 5, 10))
    found = _timeline((3, "walk", 0.5, 4.5), (3, "jump", 4.5, 7.5), (3, "squat", 7.5, 10))
    ((_, seconds),) = time_accuracy(truth, found, {0: 3}).items()
    assert seconds["walk"] == pytest.approx((3.5, 4.0))
    assert seconds["squat"] == pytest.approx((2.5, 5.0))


def test_a_person_who_was_not_found_is_wrong_throughout() -> None:
    seconds = time_accuracy(_timeline((0, "walk", 0, 4)), _timeline((3, "walk", 0, 4)), {})
    assert seconds[0]["walk"] == pytest.approx((0, 4))
