"""Windows go by time: any frame rate, gaps, several people, short and late tracks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseact.errors import InvalidInputError
from poseact.layouts import BODY13, COCO17
from poseact.sequence import PoseSequence
from poseact.windows import cut_windows, sample_times, square_pixels, windows_at

RATE, FRAMES = 18.0, 32


def moving(
    times: np.ndarray, *, people: int = 1, absent: tuple[float, float] | None = None, first: float = 0.0
) -> PoseSequence:
    """Joint v of person m is at x = t + 100 m, y = v."""
    keypoints = np.zeros((people, len(times), 17, 2), np.float32)
    keypoints[..., 0] = times[None, :, None] + 100 * np.arange(people)[:, None, None]
    keypoints[..., 1] = np.arange(17)
    gone = times < first
    if absent:
        gone |= (times > absent[0]) & (times < absent[1])
    keypoints[:, gone] = np.nan
    seen = np.isfinite(keypoints).all(axis=-1)
    return PoseSequence(keypoints, seen.astype(np.float32), times, COCO17, track_ids=np.arange(people) + 5)


def cut(sequence: PoseSequence, stride_s: float = 0.2):  # type: ignore[no-untyped-def]
    return cut_windows(sequence, rate_hz=RATE, num_frames=FRAMES, stride_s=stride_s)


@pytest.mark.parametrize("fps", [10.0, 25.0, 59.94])
def test_any_frame_rate_gives_the_same_windows(fps: float) -> None:
    (track,) = cut(moving(np.arange(0, 4, 1 / fps)))
    wrist = BODY13.index("left_wrist")
    inside = (track.centers_s > 0.9) & (track.centers_s < 2.9)
    expected = sample_times(track.centers_s, RATE, FRAMES)[inside]
    np.testing.assert_allclose(track.keypoints[inside][:, :, wrist, 0], expected, atol=1e-4)
    assert (track.confidence == 1).all()


def test_uneven_time_stamps_are_taken_as_they_are() -> None:
    times = np.sort(np.random.default_rng(0).uniform(0, 5, 200))
    (track,) = cut(moving(times))
    inside = (track.centers_s > 1.2) & (track.centers_s < 3.8)
    expected = sample_times(track.centers_s, RATE, FRAMES)[inside]
    np.testing.assert_allclose(track.keypoints[inside][:, :, 1, 0], expected, atol=1e-4)


def test_centres_are_multiples_of_the_stride_on_the_clock() -> None:
    (track,) = cut(moving(np.arange(0.33, 2.0, 0.04)), stride_s=0.25)
    np.testing.assert_allclose(track.centers_s, [0.5, 0.75, 1.0, 1.25, 1.5, 1.75])


def test_stays_go_from_the_first_to_the_last_moment_in_view() -> None:
    times = np.arange(0.33, 6.0, 0.05)
    (track,) = cut(moving(times, absent=(2.0, 4.0), first=1.01))
    seen = times[(times >= 1.01) & ~((times > 2.0) & (times < 4.0))]
    expected = [[seen[0], seen[seen <= 2][-1]], [seen[seen >= 4][0], seen[-1]]]
    np.testing.assert_allclose(track.stays_s, expected)
    (track,) = cut(moving(times, absent=(2.0, 2.4)))  # a gap that is bridged
    np.testing.assert_allclose(track.stays_s, [[times[0], times[-1]]])


def test_ends_are_held() -> None:
    (track,) = cut(moving(np.arange(0, 1.01, 0.1)))
    assert np.isfinite(track.keypoints).all()
    assert (track.keypoints[0, :16, 1, 0] == 0).all()
    assert track.keypoints[-1, -1, 1, 0] == pytest.approx(1.0)


def test_people_are_never_mixed() -> None:
    tracks = cut(moving(np.arange(0, 3, 0.05), people=3))
    assert [t.track_id for t in tracks] == [5, 6, 7]
    for m, track in enumerate(tracks):
        assert (np.round(track.keypoints[..., 0] / 100) == m).all()


def test_a_long_gap_is_not_crossed_and_a_short_one_is_bridged() -> None:
    times = np.arange(0, 6, 0.05)
    (long,) = cut(moving(times, absent=(2.0, 3.5)))
    assert not ((long.centers_s > 2.01) & (long.centers_s < 3.5)).any()
    before, after = long.centers_s <= 2.0 + 1e-6, long.centers_s >= 3.5 - 1e-6
    assert long.keypoints[before][..., 0].max() <= 2.0 + 1e-6
    assert long.keypoints[after][..., 0].min() >= 3.5 - 1e-6
    (short,) = cut(moving(times, absent=(2.0, 2.3)))
    assert ((short.centers_s > 2.01) & (short.centers_s < 2.3)).any()
    assert np.isfinite(short.keypoints).all()


def test_one_frame_and_short_visits_have_one_window() -> None:
    (single,) = cut(moving(np.array([0.07])))
    assert single.centers_s.tolist() == [0.07]
    assert np.isfinite(single.keypoints).all()
    (short,) = cut(moving(np.arange(9) / 100 + 0.01))
    assert short.keypoints.shape == (1, FRAMES, 13, 2)


def test_nobody_gives_nothing() -> None:
    assert cut(moving(np.arange(0, 1, 0.1), first=5.0)) == []
    empty = PoseSequence(np.zeros((0, 3, 17, 2)), np.zeros((0, 3, 17)), np.arange(3), COCO17)
    assert cut(empty) == []


def test_a_joint_hidden_for_long_stays_missing() -> None:
    sequence = moving(np.arange(0, 4, 0.1))
    sequence.keypoints[0, 10:30, COCO17.index("left_wrist")] = np.nan
    (track,) = cut(sequence)
    wrist = track.keypoints[:, :, BODY13.index("left_wrist")]
    middle = np.abs(track.centers_s - 2.0) < 0.01
    assert np.isnan(wrist[middle]).any()
    assert np.isfinite(track.keypoints[:, :, BODY13.index("right_wrist")]).all()


def test_three_dimensions_use_x_and_y() -> None:
    flat = moving(np.arange(0, 2, 0.1))
    deep = PoseSequence(
        np.concatenate([flat.keypoints, np.full((1, 20, 17, 1), 3, np.float32)], axis=-1),
        flat.confidence,
        flat.timestamps,
        COCO17,
        units="m",
    )
    np.testing.assert_array_equal(cut(flat)[0].keypoints, cut(deep)[0].keypoints)


def test_parts_of_the_frame_become_square() -> None:
    sequence = moving(np.arange(0, 1, 0.1))
    keypoints = sequence.keypoints / [640, 480]
    parts = PoseSequence(
        keypoints, sequence.confidence, sequence.timestamps, COCO17, "normalized", (640, 480)
    )
    np.testing.assert_allclose(square_pixels(parts).keypoints, sequence.keypoints, rtol=1e-5)
    unknown = PoseSequence(keypoints, sequence.confidence, sequence.timestamps, COCO17, "normalized")
    with pytest.raises(InvalidInputError, match="frame_size_wh"):
        square_pixels(unknown)


def test_live_use_gives_what_batch_use_gives() -> None:
    whole = moving(np.arange(0, 6, 1 / 30))
    (track,) = cut(whole)
    center = track.centers_s[15]
    last_seconds = whole.slice_time(center - 2, center + 2)
    keypoints, confidence = windows_at(last_seconds.to_layout(BODY13), [center], RATE, FRAMES)
    np.testing.assert_allclose(keypoints[0], track.keypoints[15], atol=1e-5)
    np.testing.assert_allclose(confidence[0], track.confidence[15], atol=1e-5)


@pytest.mark.parametrize(
    "bad", [{"rate_hz": 0}, {"num_frames": 0}, {"stride_s": 0}, {"stride_s": float("nan")}]
)
def test_settings_that_make_no_sense_are_errors(bad: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError, match="positive"):
        cut_windows(
            moving(np.arange(0, 1, 0.1)),
            **{"rate_hz": 18, "num_frames": 32, "stride_s": 0.2} | bad,  # type: ignore[arg-type]
        )
    two = moving(np.arange(0, 1, 0.1), people=2).to_layout(BODY13)
    with pytest.raises(InvalidInputError, match="one person"):
        windows_at(two, [0.5], RATE, FRAMES)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 1.5), min_size=1, max_size=40), st.integers(0, 2**16))
def test_every_window_is_finite_for_a_person_seen_whole(steps: list[float], seed: int) -> None:
    times = np.cumsum(steps)
    sequence = moving(times)
    gone = np.random.default_rng(seed).random(len(times)) < 0.4
    keypoints = sequence.keypoints.copy()
    keypoints[:, gone] = np.nan
    tracks = cut(
        PoseSequence(keypoints, np.isfinite(keypoints).all(axis=-1).astype(np.float32), times, COCO17)
    )
    assert len(tracks) == (0 if gone.all() else 1)
    for track in tracks:
        assert np.isfinite(track.keypoints).all()
        assert (np.diff(track.centers_s) > 0).all()
        low, high = times[~gone].min(), times[~gone].max()
        assert track.keypoints[..., 0].min() >= low - 1e-3
        assert track.keypoints[..., 0].max() <= high + 1e-3
