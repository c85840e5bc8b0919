"""A stream's clock laid over ours: jitter, drift, hiccups, jumps, bursts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseact.live.sources.stamping import LiveStamping, PacedStamping

PERIOD_S = 0.04


def live(source: list[float], came: list[float]) -> tuple[list[float], list[float]]:
    """Stamps and jumps."""
    stamping = LiveStamping()
    out = [stamping.stamp(source_s, now_s) for source_s, now_s in zip(source, came, strict=True)]
    assert all(stamp_s == due_s for stamp_s, due_s, _ in out)
    return [one[0] for one in out], [one[2] for one in out if one[2]]


def test_jitter_of_the_network_is_no_jitter_of_the_stamps() -> None:
    true_s = np.arange(2000) * PERIOD_S
    came = 500 + true_s + np.random.default_rng(3).exponential(0.02, 2000)
    stamps, jumps = live((90 + true_s).tolist(), came.tolist())
    assert jumps == []
    steps = np.diff(stamps[100:])
    assert np.abs(steps - PERIOD_S).max() < 0.01 < np.abs(np.diff(came) - PERIOD_S).max()
    assert np.median(came - stamps) < 0.025


@pytest.mark.parametrize("rate", [1 - 5e-4, 1 + 5e-4])
def test_clocks_that_drift_for_days_never_jump(rate: float) -> None:
    came = np.arange(0, 200_000, 2.0)
    stamps, jumps = live((came * rate).tolist(), came.tolist())
    assert jumps == []
    assert np.abs(came - stamps).max() < 0.01


def test_pictures_after_a_hiccup_keep_their_distances() -> None:
    source = np.arange(200) * PERIOD_S
    came = source.copy()
    came[50:125] = came[124]  # three seconds come at once
    stamps, jumps = live(source.tolist(), came.tolist())
    assert jumps == []
    np.testing.assert_allclose(np.diff(stamps), PERIOD_S, atol=0.007)  # the clocks may have drifted


def test_a_burst_at_the_beginning_is_of_now_at_its_end() -> None:
    came = [10 + 0.001 * n for n in range(50)] + [10.05 + PERIOD_S * n for n in range(1, 50)]
    stamps, jumps = live([PERIOD_S * n for n in range(99)], came)
    assert jumps == []
    assert came[-1] - stamps[-1] < 0.01


@pytest.mark.parametrize("jump_s", [-3600.0, -2.0, 2.0, 95443.7])
def test_a_clock_that_jumps_is_laid_over_ours_anew(jump_s: float) -> None:
    came = [PERIOD_S * n for n in range(100)]
    source = [now_s + (jump_s if n >= 50 else 0) for n, now_s in enumerate(came)]
    stamps, jumps = live(source, came)
    assert jumps == [pytest.approx(jump_s, abs=0.01)]
    np.testing.assert_allclose(stamps, came, atol=0.01)


def test_a_clock_that_stood_still_is_laid_over_ours_anew_in_some_seconds() -> None:
    came = [PERIOD_S * n for n in range(50)] + [30 + PERIOD_S * n for n in range(200)]
    stamps, jumps = live([PERIOD_S * n for n in range(250)], came)
    assert jumps == [pytest.approx(-28, abs=0.1)]
    assert came[-1] - stamps[-1] < 0.1


def test_without_stamps_a_picture_is_of_when_it_comes() -> None:
    stamping = LiveStamping()
    assert stamping.stamp(None, 5.0) == (5.0, 5.0, 0.0)
    assert stamping.stamp(None, 5.3) == (5.3, 5.3, 0.0)


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e3)), min_size=1, max_size=60),
)
def test_no_stamp_lies_in_the_future(steps: list[tuple[float, float]]) -> None:
    stamping, now_s = LiveStamping(), 0.0
    for source_s, pause_s in steps:
        now_s += pause_s
        stamp_s, _, _ = stamping.stamp(source_s, now_s)
        assert stamp_s <= now_s + 1e-6


def paced(
    source: list[float | None], came: list[float], *, on_our_clock: bool = False
) -> tuple[list[float], list[float], list[float]]:
    """Stamps, moments due, and jumps."""
    stamping = PacedStamping(PERIOD_S, on_our_clock=on_our_clock)
    out = [stamping.stamp(source_s, now_s) for source_s, now_s in zip(source, came, strict=True)]
    return [one[0] for one in out], [one[1] for one in out], [one[2] for one in out if one[2]]


def test_what_comes_at_once_is_due_one_after_another_with_its_own_stamps() -> None:
    stamps, due, jumps = paced([7 + PERIOD_S * n for n in range(100)], [50.0] * 100)
    np.testing.assert_allclose(stamps, [PERIOD_S * n for n in range(100)], atol=1e-9)
    np.testing.assert_allclose(due, [50 + PERIOD_S * n for n in range(100)], rtol=0, atol=0.01)
    assert jumps == []


def test_on_our_clock_a_picture_is_of_when_it_is_due() -> None:
    stamps, due, _ = paced([7.0, 7.5, 8.0], [50.0] * 3, on_our_clock=True)
    assert stamps == due


def test_what_comes_late_makes_the_rest_late_and_keeps_its_stamps() -> None:
    source: list[float | None] = [0.0, 1.0, 2.0, 3.0]
    stamps, due, jumps = paced(source, [10.0, 10.0, 15.0, 15.0])
    assert stamps == source
    np.testing.assert_allclose(due, [10, 11, 15, 16], atol=0.01)
    assert jumps == []


def test_a_pipe_whose_clock_is_faster_is_not_held_up_for_long() -> None:
    came = np.arange(0, 20_000, 0.5)
    _, due, _ = paced((came * 1.0005).tolist(), came.tolist())
    assert (np.array(due) - came).max() < 0.01


@pytest.mark.parametrize("jump_s", [-5000.0, -1.5, 11.0, 95443.7])
def test_nobody_waits_for_a_jump(jump_s: float) -> None:
    source = [PERIOD_S * n + (jump_s if n >= 50 else 0) for n in range(100)]
    stamps, due, jumps = paced(source, [10.0] * 100)
    assert jumps == [pytest.approx(jump_s + PERIOD_S)]
    np.testing.assert_allclose(np.diff(stamps), PERIOD_S, atol=1e-6)
    np.testing.assert_allclose(np.diff(due), PERIOD_S, atol=1e-3)


def test_a_pause_in_a_recording_is_no_jump() -> None:
    stamps, due, jumps = paced([0.0, 5.0, 14.0], [10.0] * 3)
    assert (stamps, jumps) == ([0.0, 5.0, 14.0], [])
    np.testing.assert_allclose(due, [10, 15, 24], atol=0.05)


def test_a_rate_stands_in_for_stamps() -> None:
    stamps, due, jumps = paced([None] * 5, [10.0] * 5)
    np.testing.assert_allclose(stamps, [0, 0.04, 0.08, 0.12, 0.16])
    np.testing.assert_allclose(due, np.add(10, stamps), rtol=0, atol=1e-3)
    assert jumps == []
