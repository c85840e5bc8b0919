"""Frame by frame comes what cut_windows gives of the whole, as early as it is certain, in bounded memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseact.layouts import BODY13
from poseact.live import StayEnd, StreamWindow, TrackStream
from poseact.sequence import PoseSequence
from poseact.windows import cut_windows, jumps

RATE, FRAMES, STRIDE, GAP = 18.0, 32, 0.2, 0.5


def someone(seed: int, num: int, fps: float, away: float, holes: float) -> PoseSequence:
    """A person on an uneven clock, now and then out of view, with joints missing for a while."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.5, 1.5, num) / fps)
    keypoints = np.cumsum(rng.normal(size=(1, num, 13, 2)), axis=1).astype(np.float32)
    confidence = rng.uniform(0.3, 1, (1, num, 13)).astype(np.float32)
    for joint in range(13):
        for start in np.flatnonzero(rng.random(num) < holes):
            keypoints[0, start : start + rng.integers(1, 20), joint] = np.nan
    for start in np.flatnonzero(rng.random(num) < away):
        keypoints[0, start : start + rng.integers(1, 40)] = np.nan
    return PoseSequence(keypoints, confidence, times, BODY13, track_ids=np.array([7]))


def streamed(
    sequence: PoseSequence,
    lookahead_s: float | None = None,
) -> tuple[list[StreamWindow], list[StayEnd], list[float], int]:
    """All windows and stays, when each window came, and the largest number of frames kept."""
    stream = TrackStream(
        7, BODY13, rate_hz=RATE, num_frames=FRAMES, stride_s=STRIDE, max_gap_s=GAP, lookahead_s=lookahead_s
    )
    jump = np.concatenate([[False], jumps(sequence.timestamps, GAP)])
    windows, ends, came, most = [], [], [], 0
    for t, time_s in enumerate(sequence.timestamps.tolist()):
        pose = (sequence.keypoints[0, t], sequence.confidence[0, t]) if sequence.present[0, t] else ()
        out = stream.add(time_s, *pose, jump=bool(jump[t]))
        windows += [one for one in out if isinstance(one, StreamWindow)]
        came += [time_s] * (len(windows) - len(came))
        ends += [one for one in out if isinstance(one, StayEnd)]
        most = max(most, stream.num_frames_kept)
    out = stream.finish()
    windows += [one for one in out if isinstance(one, StreamWindow)]
    ends += [one for one in out if isinstance(one, StayEnd)]
    return windows, ends, came, most


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    num=st.integers(1, 250),
    fps=st.sampled_from([5.0, 10.0, 25.0, 60.0]),
    away=st.sampled_from([0.0, 0.01, 0.05]),
    holes=st.sampled_from([0.0, 0.02, 0.1]),
    ahead=st.sampled_from([None, 0.0, 0.45, 5.0]),
)
def test_what_comes_frame_by_frame_is_what_the_whole_gives(
    seed: int, num: int, fps: float, away: float, holes: float, ahead: float | None
) -> None:
    sequence = someone(seed, num, fps, away, holes)
    whole = cut_windows(
        sequence, rate_hz=RATE, num_frames=FRAMES, stride_s=STRIDE, max_gap_s=GAP, lookahead_s=ahead
    )
    windows, ends, _, _ = streamed(sequence, ahead)
    if not whole:
        assert not windows
        assert not ends
        return
    np.testing.assert_allclose([w.center_s for w in windows], whole[0].centers_s, atol=1e-9)
    np.testing.assert_array_equal(np.stack([w.keypoints for w in windows]), whole[0].keypoints)
    np.testing.assert_array_equal(np.stack([w.confidence for w in windows]), whole[0].confidence)
    np.testing.assert_allclose([(e.start_s, e.end_s) for e in ends], whole[0].stays_s)
    assert {one.track_id for one in (*windows, *ends)} == {7}


def test_a_window_comes_half_a_window_after_its_centre() -> None:
    windows, _, came, _ = streamed(someone(0, 600, 30.0, 0.0, 0.0))
    late = np.array(came) - [w.center_s for w in windows[: len(came)]]
    half = (FRAMES - 1) / 2 / RATE
    assert late.min() >= half - 1e-6
    assert late.max() <= half + 2 * 1.5 / 30


def test_who_looks_ahead_less_knows_earlier() -> None:
    windows, _, came, _ = streamed(someone(0, 600, 30.0, 0.0, 0.0), 0.45)
    late = np.array(came) - [w.center_s for w in windows[: len(came)]]
    sees = (FRAMES - 1) / 2 / RATE + 0.45
    assert sees / 2 - 1e-6 <= late.min() <= late.max() <= sees / 2 + 2 * 1.5 / 30
    held = windows[20].keypoints[int(np.ceil((FRAMES - 1) / 2 + 0.45 * RATE)) :]
    np.testing.assert_array_equal(held, np.broadcast_to(held[:1], held.shape))
    assert (np.diff(windows[20].keypoints[:24], axis=0) != 0).any()


def test_a_joint_that_is_away_delays_a_window_by_as_long_as_is_bridged() -> None:
    windows, _, came, _ = streamed(someone(1, 600, 30.0, 0.0, 0.02))
    late = np.array(came) - [w.center_s for w in windows[: len(came)]]
    assert late.max() <= (FRAMES - 1) / 2 / RATE + GAP + 3 * 1.5 / 30


@pytest.mark.parametrize("fps", [10.0, 60.0])
def test_memory_is_bounded_by_seconds(fps: float) -> None:
    for holes in (0.0, 0.1):
        *_, most = streamed(someone(2, 3000, fps, 0.0, holes))
        assert most <= ((FRAMES - 1) / RATE + 3 * GAP + 2 * STRIDE) * fps * 1.5 + 5


def test_nothing_is_said_before_anybody_is_seen() -> None:
    stream = TrackStream(0, BODY13, rate_hz=RATE, num_frames=FRAMES, stride_s=STRIDE)
    assert not stream.add(0.0)
    assert not stream.finish()
    assert not stream.in_view
