"""Windows for training: by seconds, padded with a mask, never over a cut, never two people in a row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseact.clip_windows import ClipWindows, clip_windows, unbroken_stretches
from poseact.errors import InvalidInputError
from poseact.layouts import COCO17
from poseact.sequence import PoseSequence
from poseact.windows import cut_windows


def clock(times: np.ndarray, *, people: int = 1, dims: int = 2) -> PoseSequence:
    """Every joint of person m is at x = t + 1000 m."""
    keypoints = np.zeros((people, len(times), 17, dims), np.float32)
    keypoints[..., 0] = times[None, :, None] + 1000 * np.arange(people)[:, None, None]
    return PoseSequence(keypoints, np.ones(keypoints.shape[:3], np.float32), times, COCO17)


def told_times(windows: ClipWindows) -> np.ndarray:
    """The time that each frame of the first person says it is of."""
    return windows.keypoints[:, 0, :, 0, 0]


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
def test_length_and_stride_are_seconds_at_any_frame_rate(fps: float) -> None:
    windows = clip_windows(clock(np.arange(0, 5.001, 1 / fps)), window_s=2, rate_hz=20, stride_s=1)
    assert windows.keypoints.shape == (4, 1, 40, 17, 2)
    np.testing.assert_allclose(windows.starts_s[:3], [0, 1, 2], atol=1e-9)
    np.testing.assert_allclose(told_times(windows), windows.starts_s[:, None] + np.arange(40) / 20, atol=1e-4)
    assert windows.mask.all()


def test_the_end_of_a_clip_is_covered() -> None:
    windows = clip_windows(clock(np.arange(0, 3.51, 0.1)), window_s=1, rate_hz=10)
    np.testing.assert_allclose(windows.starts_s, [0, 1, 2, 2.6], atol=1e-6)
    assert told_times(windows).max() == pytest.approx(3.5)


def test_a_short_clip_is_held_and_the_mask_says_so() -> None:
    windows = clip_windows(clock(np.arange(5) / 10), window_s=1, rate_hz=10)
    np.testing.assert_allclose(told_times(windows)[0], [0, 0.1, 0.2, 0.3, *[0.4] * 6], atol=1e-6)
    assert windows.mask[0, 0].tolist() == [True] * 5 + [False] * 5


def test_a_short_clip_is_looped_when_asked() -> None:
    windows = clip_windows(clock(np.arange(5) / 10), window_s=1, rate_hz=10, pad="loop")
    np.testing.assert_allclose(told_times(windows)[0], [0, 0.1, 0.2, 0.3, 0.4] * 2, atol=1e-6)
    assert windows.mask[0, 0].tolist() == [True] * 5 + [False] * 5


@pytest.mark.parametrize("pad", ["hold", "loop"])
def test_one_frame_is_a_window(pad: str) -> None:
    windows = clip_windows(clock(np.array([3.0])), window_s=1, rate_hz=10, pad=pad)  # type: ignore[arg-type]
    assert (told_times(windows) == 3).all()
    assert windows.mask.sum() == 1


def test_no_window_crosses_a_cut_or_a_jump_of_the_clock() -> None:
    times = np.concatenate([np.arange(0, 2.95, 0.1), np.arange(9, 12, 0.1)])
    windows = clip_windows(clock(times), window_s=1, rate_hz=10, stride_s=0.3, cuts_s=[1.5])
    spans = told_times(windows)
    for first, last in zip(spans.min(axis=1), spans.max(axis=1), strict=True):
        assert any(a <= first and last < b for a, b in ((0, 1.5), (1.5, 2.95), (9, 12)))
    parts = unbroken_stretches(clock(times), [1.5])
    assert sum(part.num_frames for part in parts) == len(times)
    assert [round(float(part.timestamps[0]), 3) for part in parts] == [0, 1.5, 9]


def test_a_slow_camera_is_not_taken_for_a_jumping_clock() -> None:
    assert len(unbroken_stretches(clock(np.arange(0, 20, 1.0)))) == 1


def test_windows_of_recognition_do_not_cross_a_jump_either() -> None:
    times = np.concatenate([np.arange(0, 3, 0.1), np.arange(9, 12, 0.1)])
    (track,) = cut_windows(clock(times), rate_hz=10, num_frames=20, stride_s=0.5)
    x = track.keypoints[..., 0]
    assert not ((x.min(axis=(1, 2)) < 4) & (x.max(axis=(1, 2)) > 8)).any()


def test_a_row_is_one_person_and_empty_rows_are_masked() -> None:
    windows = clip_windows(clock(np.arange(0, 2, 0.1), people=2), window_s=1, rate_hz=10, num_persons=3)
    assert windows.keypoints.shape[1] == 3
    for m in range(2):
        assert (windows.keypoints[:, m, ..., 0] // 1000 == m).all()
    assert np.isnan(windows.keypoints[:, 2]).all()
    assert windows.mask[:, :2].all() and not windows.mask[:, 2].any()
    assert (windows.confidence[:, 2] == 0).all()


def test_those_longest_in_view_are_taken() -> None:
    sequence = clock(np.arange(0, 1, 0.1), people=3)
    keypoints = sequence.keypoints.copy()
    keypoints[0, 2:] = np.nan
    seen = np.isfinite(keypoints).all(axis=-1).astype(np.float32)
    few = PoseSequence(keypoints, seen, sequence.timestamps, COCO17)
    windows = clip_windows(few, window_s=1, rate_hz=10, num_persons=2)
    assert [int(windows.keypoints[0, m, 0, 0, 0] // 1000) for m in range(2)] == [1, 2]


def test_nobody_gives_no_window() -> None:
    nobody = PoseSequence(
        np.full((1, 20, 17, 3), np.nan, np.float32),
        np.zeros((1, 20, 17), np.float32),
        np.arange(20) / 10,
        COCO17,
    )
    for sequence in (nobody, nobody.slice_frames(0, 0)):
        assert clip_windows(sequence, window_s=1, rate_hz=10).keypoints.shape == (0, 1, 10, 17, 3)


def test_wrong_settings_are_told() -> None:
    with pytest.raises(InvalidInputError, match="positive"):
        clip_windows(clock(np.arange(3.0)), window_s=0, rate_hz=10)
    with pytest.raises(InvalidInputError, match="hold"):
        clip_windows(clock(np.arange(3.0)), window_s=1, rate_hz=10, pad="mirror")  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    frames=st.integers(1, 60),
    window_s=st.floats(0.2, 3),
    rate_hz=st.floats(5, 60),
    stride_s=st.floats(0.05, 2),
    pad=st.sampled_from(["hold", "loop"]),
)
def test_any_clock_gives_windows_that_hold_only_what_was_there(
    seed: int, frames: int, window_s: float, rate_hz: float, stride_s: float, pad: str
) -> None:
    times = np.cumsum(np.random.default_rng(seed).uniform(0.005, 0.3, frames))
    windows = clip_windows(
        clock(times),
        window_s=window_s,
        rate_hz=rate_hz,
        stride_s=stride_s,
        pad=pad,  # type: ignore[arg-type]
    )
    told = told_times(windows)
    assert len(told) >= 1 and np.isfinite(told).all()
    assert told.min() >= times[0] - 1e-3 and told.max() <= times[-1] + 1e-3
    real = windows.mask[:, 0]
    due = windows.starts_s[:, None] + np.arange(told.shape[1]) / rate_hz
    np.testing.assert_allclose(told[real], due[real], atol=1e-3)
    assert real[:, 0].all()
