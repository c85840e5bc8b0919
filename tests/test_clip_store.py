"""Windows drawn by the batch are those that one would cut clip by clip."""

from dataclasses import replace

import numpy as np
import pytest

from made_clips import made_clips
from poseact.clip import Clip
from poseact.clip_store import ClipStore, filled, fixed_times, model_input, people_of, stretches_of
from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import BODY13, COCO17
from poseact.sequence import PoseSequence

SPEC = InputSpec(BODY13, num_frames=8)


def line(frames: int = 11, rate_hz: float = 10.0, **changes: object) -> Clip:
    """Joint v of the one person is at x = t + 100 v in frame t."""
    x = np.arange(frames)[:, None] + 100.0 * np.arange(13)
    points = np.stack([x, np.zeros_like(x)], axis=-1)[None].astype(np.float32)
    sequence = PoseSequence(
        points, np.ones(points.shape[:-1], np.float32), np.arange(frames) / rate_hz, BODY13
    )
    return Clip(replace(sequence, **changes) if changes else sequence, "a", f"line{frames}")  # type: ignore[arg-type]


def test_a_whole_clip_is_spread_evenly_over_the_frames_of_a_window() -> None:
    store = ClipStore.of_clips([line(11), line(29)], SPEC)
    keypoints, mask = store.draw(np.array([0, 1]), store.whole(np.array([0, 1])))
    np.testing.assert_allclose(keypoints[0, 0, :, 0, 0], np.linspace(0, 10, 8), atol=1e-5)
    np.testing.assert_allclose(keypoints[1, 0, :, 2, 0], 200 + np.linspace(0, 28, 8), atol=1e-4)
    assert keypoints.shape == (2, 1, 8, 13, 2) and (mask == 1).all()


def test_windows_of_fixed_length_cover_the_clip_and_end_with_it() -> None:
    spec = InputSpec(BODY13, num_frames=4, sampling="window", rate_hz=10)
    store = ClipStore.of_clips([line(11), line(3)], spec)
    at, owner = fixed_times(store, np.array([0, 1]))
    assert at[0] == pytest.approx([0, 1, 2, 3]) and at[owner == 0][-1] == pytest.approx([7, 8, 9, 10])
    short = np.flatnonzero(owner == 1)
    assert len(short) == 1
    assert np.isnan(store.draw(owner, at)[0][short[0], 0, 3]).all()  # nothing is known beyond the end
    keypoints, mask = model_input(store, owner, at)
    # What a model gets there is held, and the mask says that nothing was seen.
    assert keypoints[short[0], 0, :, 0, 0] == pytest.approx([0, 1, 2, 2])
    assert mask[short[0], 0, :, 0].tolist() == [1, 1, 1, 0]


def test_a_rate_unlike_the_models_is_resampled_by_seconds() -> None:
    spec = InputSpec(BODY13, num_frames=4, sampling="window", rate_hz=5)
    store = ClipStore.of_clips([line(11, rate_hz=10)], spec)
    keypoints, _ = store.draw(np.array([0]), store.tiles(0)[:1])
    assert keypoints[0, 0, :, 0, 0] == pytest.approx([0, 2, 4, 6])


def test_no_window_reaches_over_a_jump_of_the_clock() -> None:
    clip = line(20)
    times = np.arange(20) / 10 + np.where(np.arange(20) < 12, 0, 5.0)
    clip = clip.with_sequence(replace(clip.sequence, timestamps=times))
    pieces = InputSpec(BODY13, num_frames=4, sampling="window", rate_hz=10)
    parts = stretches_of(clip, pieces)
    assert [part.sequence.num_frames for part in parts] == [12, 8]
    store = ClipStore.of_clips(parts, pieces)
    at, owner = fixed_times(store, np.arange(2))
    keypoints, mask = store.draw(owner, at)
    assert (mask == 1).all() and owner.tolist() == [0, 0, 0, 1, 1]
    assert keypoints[:, 0, :, 0, 0].max(axis=1) - keypoints[:, 0, :, 0, 0].min(axis=1) == pytest.approx(
        [3] * 5
    )
    assert stretches_of(clip, SPEC) == [clip]  # whole clips stay whole
    hidden = np.where(np.arange(20) < 12, 1, 0).astype(np.float32)[None, :, None] * np.ones(
        (1, 1, 13), np.float32
    )
    half = clip.with_sequence(
        replace(
            clip.sequence,
            confidence=hidden,
            keypoints=np.where(hidden[..., None] > 0, clip.sequence.keypoints, np.nan),
        )
    )
    assert len(stretches_of(half, pieces)) == 1  # nobody is in view behind the jump


def test_missing_joints_are_held_and_unmasked() -> None:
    clip = line(11)
    points = clip.sequence.keypoints.copy()
    points[0, 4:7, 3] = np.nan
    points[0, :, 5] = np.nan
    confidence = np.where(np.isfinite(points).all(axis=-1), 1, 0).astype(np.float32)
    clip = clip.with_sequence(replace(clip.sequence, keypoints=points, confidence=confidence))
    spec = InputSpec(BODY13, num_frames=11)
    store = ClipStore.of_clips([clip], spec)
    keypoints, mask = model_input(store, np.array([0]), store.whole(np.array([0])))
    assert keypoints[0, 0, :, 3, 0].tolist() == [300, 301, 302, 303, 303, 303, 303, 307, 308, 309, 310]
    assert mask[0, 0, :, 3].tolist() == [1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1]
    others = np.delete(keypoints[0, 0, 0, :, 0], 5)
    assert keypoints[0, 0, 0, 5, 0] == pytest.approx(others.mean(), rel=1e-5)  # never seen: the body's middle
    assert (mask[0, 0, :, 5] == 0).all() and np.isfinite(keypoints).all()


def test_nobody_becomes_zeros() -> None:
    keypoints, mask = filled(np.full((1, 2, 3, 4, 2), np.nan, np.float32), np.ones((1, 2, 3, 4), np.float32))
    assert not keypoints.any() and not mask.any()


def test_those_longest_in_view_are_taken() -> None:
    clip = made_clips(people=3, takes=1, subjects=1)[0]
    points = clip.sequence.keypoints.copy()
    points[1, 2:] = np.nan
    confidence = np.isfinite(points).all(axis=-1).astype(np.float32)
    clip = clip.with_sequence(replace(clip.sequence, keypoints=points, confidence=confidence))
    people = people_of(clip, InputSpec(BODY13, num_persons=2))
    np.testing.assert_array_equal(people.points[:, 0], points[0])
    np.testing.assert_array_equal(people.points[:, 1], points[2])


def test_an_uneven_clock_is_made_even() -> None:
    clip = line(11)
    stamps = np.array([0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13]) / 10
    people = people_of(clip.with_sequence(replace(clip.sequence, timestamps=stamps)), SPEC)
    assert len(people.points) == 14 and people.rate_hz == pytest.approx(10)
    assert people.points[6, 0, 0, 0] == pytest.approx(4.5)


def test_3d_sets_keep_their_depth_for_cameras_and_2d_ones_cannot_serve_3d_models() -> None:
    deep = made_clips(dims=3, subjects=1, takes=1)
    store = ClipStore.of_clips(deep, SPEC)
    assert store.points.shape[-1] == 3
    keypoints, _ = model_input(store, np.array([0]), store.whole(np.array([0])))
    assert keypoints.shape[-1] == 2
    with pytest.raises(InvalidInputError, match="expected 3D joints"):
        people_of(line(), InputSpec(BODY13, num_coordinates=3))


def test_metres_of_an_estimator_serve_a_3d_model() -> None:
    clip = line(11)
    world = np.concatenate([clip.sequence.keypoints, np.ones((1, 11, 13, 1), np.float32)], axis=-1)
    people = people_of(
        clip.with_sequence(replace(clip.sequence, world_m=world)), InputSpec(BODY13, num_coordinates=3)
    )
    assert (people.points[..., 2] == 1).all()


def test_an_empty_clip_is_refused_by_name() -> None:
    clip = line(5)
    nobody = replace(
        clip.sequence,
        keypoints=np.full_like(clip.sequence.keypoints, np.nan),
        confidence=np.zeros_like(clip.sequence.confidence),
    )
    with pytest.raises(InvalidInputError, match="'line5': expected somebody in view"):
        people_of(clip.with_sequence(nobody), InputSpec(COCO17))


@pytest.mark.parametrize("sampling", ["clip", "window"])
def test_a_store_of_no_clip_gives_no_window(sampling: str) -> None:
    store = ClipStore.of_clips([], replace(SPEC, sampling=sampling))  # type: ignore[arg-type]
    at, owner = fixed_times(store, np.arange(0))
    assert len(store) == 0 and at.shape == (0, 8) and owner.shape == (0,)
    assert store.draw(owner, at)[0].shape == (0, 1, 8, 13, 2)
