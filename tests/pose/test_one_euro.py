import numpy as np
import pytest

from poseact.pose.one_euro import OneEuroFilter


def run(samples: np.ndarray, times: np.ndarray, size: float = 1.0) -> np.ndarray:
    smooth = OneEuroFilter(0.5, 2.0)
    steps = np.diff(times, prepend=times[0] - 1)
    return np.array([smooth(s, size, dt) for s, dt in zip(samples, steps, strict=True)])


def test_a_constant_stays_as_it_is() -> None:
    assert run(np.full((50, 3), 7.0), np.arange(50) / 30) == pytest.approx(np.full((50, 3), 7.0))


def test_noise_on_a_still_joint_shrinks() -> None:
    noise = np.random.default_rng(1).normal(0, 0.01, (300, 1))
    assert run(noise, np.arange(300) / 30)[50:].std() < 0.5 * noise.std()


def test_a_fast_move_is_followed_closer_than_a_slow_filter_would() -> None:
    times = np.arange(60) / 30
    ramp = (times * 5)[:, None]
    lag = ramp[-1] - run(ramp, times)[-1]
    still = OneEuroFilter(0.5, 0.0)
    slow = [still(s, 1.0, 1 / 30) for s in ramp][-1]
    assert 0 < lag[0] < 0.35 * (ramp[-1] - slow)[0]


def test_time_counts_not_samples() -> None:
    """The same move seen at 30 and at 60 frames a second ends at the same place."""
    slow, fast = np.arange(61) / 30, np.arange(121) / 60
    ends = [run(np.sin(t)[:, None], t)[-1, 0] for t in (slow, fast)]
    assert ends[0] == pytest.approx(ends[1], abs=0.02)


def test_the_size_of_the_person_does_not_matter() -> None:
    times = np.arange(40) / 30
    path = np.cumsum(np.random.default_rng(2).normal(size=(40, 2)), axis=0)
    assert run(path * 100, times, size=100.0) == pytest.approx(run(path, times) * 100)


def test_what_is_given_is_not_changed_and_not_shared() -> None:
    smooth = OneEuroFilter(0.5, 2.0)
    given = np.ones(3)
    first = smooth(given, 1.0, 1.0)
    first[:] = 99
    assert given.tolist() == [1, 1, 1]
    assert smooth(given, 1.0, 0.1) == pytest.approx(np.ones(3))
