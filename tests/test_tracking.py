"""PoseTracker on made poses: who keeps which number through crossings, gaps and crowds."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseact.assignment import assign
from poseact.body_motion import IMPOSSIBLE, BodyMotion, behind
from poseact.synth import MEETINGS, make_crossing_clip
from poseact.tracking import PoseTracker

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


def test_by_default_the_number_is_kept_for_one_second() -> None:
    tracker = PoseTracker()
    tracker.update([at(100)], 0.0)
    assert tracker.update([at(100)], 1.0) == [0]
    assert tracker.update([at(100)], 2.1) == [1]


def test_two_who_cross_are_told_apart_by_their_motion() -> None:
    tracker = PoseTracker()
    for t in range(41):
        numbers = tracker.update([at(100 + 5 * t), at(300 - 5 * t)], t / 30)
    assert numbers == [0, 1]


def test_somebody_hidden_while_two_cross_comes_out_on_the_other_side() -> None:
    """The farther one, of exactly the same form, is not found for ten frames in the middle."""
    tracker = PoseTracker()
    for t in range(41):
        near, far = at(100 + 5 * t), at(300 - 5 * t, y=195)
        numbers = tracker.update([near] if 15 <= t < 25 else [near, far], t / 30)
        assert numbers[0] == 0
    assert numbers == [0, 1]


def test_of_one_pose_where_two_were_it_is_whom_it_fits() -> None:
    tracker = PoseTracker()
    for t in range(10):
        tracker.update([at(200), at(240, scale=0.8)], t / 30)
    assert tracker.update([at(237, scale=0.8)], 10 / 30) == [1]
    assert tracker.update([at(201)], 11 / 30) == [0]


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


def test_a_clock_that_stands_or_jumps_back_a_little_does_no_harm() -> None:
    tracker = PoseTracker()
    tracker.update([at(100)], 5.0)
    assert tracker.update([at(102)], 5.0) == [0]
    assert tracker.update([at(104)], 4.5) == [0]
    assert tracker.update([at(106)], 4.53) == [0]
    assert tracker.update([at(106)], 1.0) == [1]


def test_stamps_may_be_irregular() -> None:
    tracker = PoseTracker()
    time_s = 0.0
    for step_s in [0.03, 0.2, 0.01, 0.4, 0.0, 0.05, 0.7, 0.03] * 4:
        time_s += step_s
        assert tracker.update([at(400 - 60 * time_s), at(60 * time_s, y=205)], time_s) == [0, 1]


def test_twenty_people_come_and_go() -> None:
    rng = np.random.default_rng(5)
    tracker = PoseTracker()
    number: dict[int, int] = {}
    last_s: dict[int, float] = {}
    present = [False] * 20
    for t in range(90):
        present = [not here if rng.random() < 0.03 else here for here in present]
        order = [int(i) for i in rng.permutation(20) if present[i]]
        poses = [at(80 * (i % 10) + 0.5 * t, y=150 + 200 * (i // 10)) for i in order]
        for i, found in zip(order, tracker.update(poses, t / 30), strict=True):
            if i in number and t / 30 - last_s[i] <= 1.0:
                assert found == number[i]
            elif i in number:
                assert found > max(number.values())
            number[i], last_s[i] = found, t / 30
    assert len(set(number.values())) == len(number) == 20


@pytest.mark.parametrize("meeting", MEETINGS)
@pytest.mark.parametrize("num_actors", [2, 3])
def test_true_joints_of_actors_who_cross_keep_their_numbers(num_actors: int, meeting: str) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        clip = make_crossing_clip(num_actors, rng, meeting=meeting, seconds=6, fps=20)  # type: ignore[arg-type]
        tracker = PoseTracker()
        for time_s, joints in zip(clip.truth.timestamps, clip.truth.keypoints.swapaxes(0, 1), strict=True):
            assert tracker.update(list(joints), float(time_s)) == list(range(num_actors))


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


@given(st.integers(0, 2**32 - 1))
def test_pairs_cost_least_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 6, 2)
    costs = rng.uniform(0, 12, (rows, columns))
    pairs = assign(costs, 10.0)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(costs[i, j] < 10 for i, j in pairs)
    small = np.minimum(costs if rows <= columns else costs.T, 10)
    ways = itertools.permutations(range(small.shape[1]), small.shape[0])
    best = min(sum(small[i, j] for i, j in enumerate(way)) for way in ways)
    found = sum(costs[i, j] for i, j in pairs) + 10.0 * (len(small) - len(pairs))
    assert found == pytest.approx(best, abs=0.02)


def test_nobody_or_nothing_gives_no_pairs() -> None:
    assert assign(np.zeros((0, 3)), 1.0) == assign(np.zeros((3, 0)), 1.0) == []
    assert assign(np.full((2, 2), 5.0), 5.0) == []


def test_somebody_out_of_sight_goes_on_but_not_for_ever() -> None:
    motion = BodyMotion.begin(at(100), 0.0)
    for t in range(1, 31):
        motion.see(at(100 + 4 * t), t / 30)
    one_s, ten_s = (float(motion.shift(1.0 + gap_s)[0]) for gap_s in (0.5, 10.0))
    assert 30 < one_s < 60
    assert one_s < ten_s < 100


def test_a_pose_fits_worse_the_further_it_is_and_after_a_gap_less_so() -> None:
    motion = BodyMotion.begin(at(100), 0.0)
    fits = [motion.misfit(at(100 + dx), 1 / 30) for dx in (0, 5, 10, 20)]
    assert fits == sorted(fits)
    assert motion.misfit(at(120), 0.5) < motion.misfit(at(120), 1 / 30) < IMPOSSIBLE
    assert motion.misfit(at(300), 1 / 30) == IMPOSSIBLE


def test_of_two_in_one_place_the_one_behind_is_less_likely_seen() -> None:
    people = [BodyMotion.begin(at(100, y=200), 0.0), BodyMotion.begin(at(100, y=215), 0.0)]
    held = behind(people, np.array([5.0, 5.0]))
    assert held[0] > 3
    assert held[1] == 0
    assert behind(people, np.array([5.0, 50.0])).tolist() == [0, 0]
