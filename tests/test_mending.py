"""Mending: what is certain is mended, told and found no more; all else stays."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made_people as people
from clip_faults import at, changed, exchanged, slid_in
from poseact.clip import Clip
from poseact.doctor import Mender, check_clips, measure
from poseact.doctor.facts import outlier_mask
from poseact.errors import SourceError

Clips = list[Clip]


def mended(clips: Clips) -> tuple[Clips, Mender]:
    mender = Mender([measure(clip) for clip in clips])
    return list(mender.mend(clips)), mender


def test_a_good_set_is_left_as_it_is() -> None:
    clips = people.clips()
    out, mender = mended(clips)
    assert mender.changes == []
    assert all(a.info == b.info and a.sequence is b.sequence for a, b in zip(clips, out, strict=True))


def test_what_is_certain_is_mended_and_every_change_told() -> None:
    clips = changed(people.clips(), [0], at(slice(None), np.nan))
    clips = changed(clips, [1], at([3], 0, slice(0, 2)))
    clips = changed(clips, [2], at([4], 2.1e9, slice(0, 3)))
    clips = changed(clips, [4], exchanged)
    clips = [*clips, replace(clips[9], name="again"), replace(clips[10], label="bow", name="other label")]
    clips = [*clips, replace(clips[12], sequence=clips[11].sequence.slice_frames(0, 20))]
    before = [clip.sequence.keypoints.copy() for clip in clips]
    out, mender = mended(clips)
    for clip, points in zip(clips, before, strict=True):
        np.testing.assert_array_equal(clip.sequence.keypoints, points)
    assert [(change.clip, change.kind) for change in mender.changes] == [
        (clips[0].name, "left-out"),
        (clips[1].name, "missing"),
        (clips[2].name, "missing"),
        (clips[4].name, "size"),
        ("again", "left-out"),
        (clips[12].name, "renamed"),
    ]
    by_name = {clip.name: clip for clip in out}
    assert len(by_name) == len(out) == len(clips) - 2
    fixed = by_name[clips[1].name].sequence
    assert np.isnan(fixed.keypoints[0, :2, 3]).all() and (fixed.confidence[0, :2, 3] == 0).all()
    assert np.isfinite(fixed.keypoints[0, 2:, 3]).all()
    assert by_name[clips[4].name].sequence.frame_size_wh == people.SIZE_WH
    assert "other label" in by_name and f"{clips[12].name}_2" in by_name
    left = {finding.kind for finding in check_clips(out).findings}
    assert not left & {"nobody", "zeros", "outliers", "exchanged-size", "duplicate", "same-name"}
    assert "contradiction" in left


def test_a_set_of_which_nothing_would_be_left_is_refused() -> None:
    clips = changed(people.clips(), range(24), at(slice(None), np.nan))
    with pytest.raises(SourceError, match="no clip would be left"):
        mended(clips)


def test_joints_that_slide_in_from_far_are_followed_to_the_body() -> None:
    clips = changed(people.clips(), [3], slid_in(10, [2, 4, 6], 1500))
    mask = outlier_mask(clips[3].sequence)
    assert mask[0, :8, [2, 4, 6]].all()  # nine body sizes of 30 px are left at the end
    assert mask.sum() <= 30 and not mask[0, 10:].any()
    fine = changed(people.clips(), [3], slid_in(10, [2, 4, 6], 200))
    assert not outlier_mask(fine[3].sequence).any()


def test_what_far_joints_had_hidden_is_found_too() -> None:
    """The wild coordinate below 0 lets zeros look like a place; the far joint raises the usual distance."""
    zeros = at([3], 0, slice(0, 2))
    clips = changed(changed(people.clips(), [1], zeros), [1], at([4], -2.1e9, slice(5, 6)))
    always = changed(changed(people.clips(), [2], at([3], 0)), [2], at([4], -2.1e9, slice(5, 6)))
    for i, one in ((1, clips), (2, always)):
        out, _ = mended(one)
        assert not MENDED & {f.kind for f in check_clips(out).findings}
        assert np.isnan(out[i].sequence.keypoints[0, :2, 3]).all()


MENDED = {
    "broken",
    "no-frames",
    "nobody",
    "zeros",
    "outliers",
    "exchanged-size",
    "duplicate",
    "same-name",
}


def with_a_twin(source: int, **fields: Any) -> Callable[[Clips], Clips]:
    return lambda clips: [*clips, replace(clips[source], **fields)]


@pytest.mark.parametrize(
    ("kind", "break_it"),
    [
        ("no-frames", lambda clips: changed(clips, [3], lambda p: p.slice_frames(0, 0))),
        ("nobody", lambda clips: changed(clips, [3], at(slice(None), np.nan))),
        ("nobody", lambda clips: changed(clips, [3], at(slice(None), 0))),
        ("zeros", lambda clips: changed(clips, [3, 4], at([2, 3], 0, slice(0, 9)))),
        ("outliers", lambda clips: changed(clips, [3], at([2, 3], 2.1e9, slice(0, 9)))),
        ("outliers", lambda clips: changed(clips, [3], slid_in(12, [2, 4, 6], 900))),
        ("outliers", lambda clips: changed(clips, [3, 7], slid_in(20, [2, 4], 1200))),
        ("exchanged-size", lambda clips: changed(clips, [3], exchanged)),
        ("exchanged-size", lambda clips: changed(clips, range(24), exchanged)),
        ("exchanged-size", lambda clips: with_a_twin(3, name="twin")(changed(clips, [3], exchanged))),
        ("duplicate", with_a_twin(3, name="twin")),
        # Twins but for a fault that is mended.
        (
            "duplicate",
            lambda clips: with_a_twin(3, name="twin", sequence=at([2], 0)(clips[3].sequence))(
                changed(clips, [3], at([2], np.nan))
            ),
        ),
        ("same-name", with_a_twin(3, sequence=people.clips(seed=5)[3].sequence)),
    ],
)
def test_the_copy_is_clean_of_every_kind_that_is_mended(
    kind: str, break_it: Callable[[Clips], Clips]
) -> None:
    clips = break_it(people.clips())
    assert kind in {finding.kind for finding in check_clips(clips).findings}
    out, mender = mended(clips)
    assert mender.changes
    assert not MENDED & {finding.kind for finding in check_clips(out).findings}
    assert mended(out)[1].changes == []


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_copy_of_a_set_with_many_faults_is_clean(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clips = people.clips(people.in_metres if seed % 3 == 0 else people.in_picture)
    for i in rng.choice(24, 8, replace=False):
        points = clips[i].sequence.keypoints.copy()
        bad = rng.random(points.shape[:3]) < rng.uniform(0, 0.4)
        values = rng.choice([0.0, np.nan, -2.1e9, 900.0, -300.0, 30.0], size=points.shape[:3])
        points[bad] = values[bad][:, None]
        clips[i] = replace(clips[i], sequence=people.with_points(clips[i].sequence, points))
    out, _ = mended(clips)
    assert not MENDED & {finding.kind for finding in check_clips(out).findings}
    assert mended(out)[1].changes == []


def test_sides_are_not_touched() -> None:
    clips = changed(people.clips(people.in_metres), range(24), people.flipped)
    out, mender = mended(clips)
    assert mender.changes == []
    np.testing.assert_array_equal(out[0].sequence.keypoints, clips[0].sequence.keypoints)


def test_a_set_that_changes_meanwhile_is_refused() -> None:
    clips = people.clips()
    for now in (clips[1:], clips[:-1], [*clips, replace(clips[0], name="new")]):
        mender = Mender([measure(clip) for clip in clips])
        with pytest.raises(SourceError, match=r"changed|now has"):
            list(mender.mend(now))
