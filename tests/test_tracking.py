import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseact.tracking import PoseTracker, body_size

BODY = np.random.default_rng(0).uniform((-20, -60), (20, 60), (17, 2)).astype(np.float32)


def at(x: float, y: float = 200.0, scale: float = 1.0) -> np.ndarray:
    return (BODY * scale + [x, y]).astype(np.float32)


def test_people_keep_their_numbers_whatever_their_order() -> None:
    tracker = PoseTracker()
    assert tracker.update([at(100), at(300)], 0.0) == [0, 1]
    assert tracker.update([at(305), at(104)], 0.1) == [1, 0]
    assert tracker.update([at(108)], 0.2) == [0]
    assert tracker.update([at(112), at(310)], 0.3) == [0, 1]


def test_a_short_gap_is_bridged_a_long_one_is_not() -> None:
    tracker = PoseTracker(max_gap_s=0.5)
    tracker.update([at(100)], 0.0)
    tracker.update([], 0.2)
    assert tracker.update([at(110)], 0.4) == [0]
    assert tracker.update([at(110)], 1.4) == [1]


def test_two_who_cross_are_told_apart_by_their_motion() -> None:
    tracker = PoseTracker()
    for t in range(41):
        numbers = tracker.update([at(100 + 5 * t), at(300 - 5 * t)], t / 30)
    assert numbers == [0, 1]


def test_somebody_far_away_or_of_another_size_is_new() -> None:
    tracker = PoseTracker()
    tracker.update([at(100)], 0.0)
    assert tracker.update([at(400)], 1 / 30) == [1]
    assert tracker.update([at(102, scale=2.5)], 2 / 30) == [2]


def test_missing_joints_do_not_matter_while_some_are_shared() -> None:
    tracker = PoseTracker()
    tracker.update([at(100), at(180)], 0.0)
    half = at(182)
    half[8:] = np.nan
    assert tracker.update([half], 0.1) == [1]
    other_half = at(184)
    other_half[:8] = np.nan
    assert tracker.update([other_half, at(100)], 0.2) == [1, 0]


def test_a_pose_without_any_joint_is_nobody_known() -> None:
    tracker = PoseTracker()
    nothing = np.full((17, 2), np.nan, np.float32)
    assert tracker.update([at(100)], 0.0) == [0]
    assert tracker.update([nothing, at(101)], 0.1)[1] == 0


def test_reset_starts_numbers_anew() -> None:
    tracker = PoseTracker()
    tracker.update([at(100), at(300)], 0.0)
    tracker.reset()
    assert tracker.update([at(300)], 0.1) == [0]


@given(st.lists(st.lists(st.floats(0, 600), max_size=4), max_size=12))
def test_numbers_are_unique_in_a_frame_and_new_ones_only_rise(frames: list[list[float]]) -> None:
    tracker = PoseTracker()
    highest = -1
    for t, xs in enumerate(frames):
        numbers = tracker.update([at(x) for x in xs], t / 10)
        assert len(set(numbers)) == len(xs)
        new = sorted(n for n in numbers if n > highest)
        assert new == list(range(highest + 1, highest + 1 + len(new)))
        highest = max([highest, *numbers])


def test_body_size_is_that_of_the_box() -> None:
    corners = np.array([[0, 0], [30, 40], [np.nan, 5]], np.float32)
    assert body_size(corners) == pytest.approx(np.sqrt(30 * 40))
    assert body_size(np.full((3, 2), np.nan, np.float32)) == 1.0
    assert body_size(np.array([[0, 0], [100, 0]], np.float32)) == 50.0
