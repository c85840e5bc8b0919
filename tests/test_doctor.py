"""The data doctor: each fault is found where it is, and none where there is none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import made_people as people
from clip_faults import at, changed, exchanged
from poseact.clip import Clip
from poseact.doctor import Finding, Report, check_clips, measure
from poseact.doctor.facts import outlier_mask, zero_mask
from poseact.doctor.sides import side_evidence
from poseact.sequence import PoseSequence
from poseact.splits import Split, SplitPlan

Clips = list[Clip]


def found(report: Report, kind: str) -> Finding:
    """The one finding of a kind."""
    (finding,) = [finding for finding in report.findings if finding.kind == kind]
    return finding


@pytest.mark.parametrize("make", [people.in_picture, people.in_metres])
def test_a_good_set_has_no_finding(make: Callable[..., PoseSequence]) -> None:
    report = check_clips(people.clips(make))
    assert report.findings == ()
    assert report.num_clips == 24
    assert report.measures["upright"] == 1


def test_nothing_at_all_is_no_crash() -> None:
    assert check_clips([]).findings == ()
    empty = people.clips()[0]
    empty = replace(empty, sequence=empty.sequence.slice_frames(0, 0))
    nobody = replace(people.clips()[1], sequence=people.clips()[1].sequence.select_tracks([]))
    report = check_clips([empty, nobody])
    assert {f.kind for f in report.findings} >= {"no-frames", "nobody"}


def test_clips_of_nobody_are_named() -> None:
    clips = changed(people.clips(), [3], at(slice(None), np.nan))
    clips = changed(clips, [5], at(slice(None), 0))
    finding = found(check_clips(clips), "nobody")
    assert (finding.severity, finding.clips) == ("error", (clips[3].name, clips[5].name))


def test_mostly_empty_and_very_short_clips_are_named() -> None:
    clips = changed(people.clips(), [2], at(slice(None), np.nan, slice(4, None)))
    clips = changed(clips, [4], lambda poses: poses.slice_frames(0, 1))
    report = check_clips(clips)
    assert found(report, "empty-frames").clips == (clips[2].name,)
    assert found(report, "one-frame").clips == (clips[4].name,)


def test_zeros_in_a_picture_are_missing_joints() -> None:
    clips = changed(people.clips(), [1, 2], at([3, 4], 0, slice(0, 5)))
    finding = found(check_clips(clips), "zeros")
    assert finding.clips == (clips[1].name, clips[2].name)
    assert "20 in all" in finding.text


def test_a_root_at_zero_is_no_missing_joint() -> None:
    def centred(poses: PoseSequence) -> PoseSequence:
        root = poses.layout.index("pelvis")
        return replace(poses, keypoints=poses.keypoints - poses.keypoints[:, :, root : root + 1])

    clips = changed(people.clips(people.in_metres), range(24), centred)
    assert check_clips(clips).findings == ()
    clips = changed(clips, [6], at([7], 0, slice(0, 3)))
    finding = found(check_clips(clips), "zeros")
    assert "3 in all" in finding.text and finding.clips == (clips[6].name,)
    whole = changed(clips, [7], at(slice(None), 0, slice(2, 4)))[7].sequence
    assert zero_mask(whole).all(axis=2).sum() == 2


@pytest.mark.parametrize("value", [2.1e9, -2.1e9, 40_000])
@pytest.mark.parametrize("joints", [[2], slice(None)])
@pytest.mark.parametrize("make", [people.in_picture, people.in_metres])
def test_outliers_are_found_joint_by_joint(value: float, joints: Any, make: Any) -> None:
    clips = changed(people.clips(make), [8], at(joints, value, slice(3, 5)))
    finding = found(check_clips(clips), "outliers")
    assert finding.clips == (clips[8].name,)
    mask = outlier_mask(clips[8].sequence)
    expected = np.zeros_like(mask)
    expected[:, 3:5, joints] = True
    np.testing.assert_array_equal(mask, expected)


def test_one_wild_coordinate_is_enough_and_an_outstretched_arm_is_none() -> None:
    poses = people.clips()[0].sequence
    points = poses.keypoints.copy()
    points[0, 2, 6, 1] = 2.1e9
    assert np.argwhere(outlier_mask(replace(poses, keypoints=points))).tolist() == [[0, 2, 6]]
    points = poses.keypoints.copy()
    points[0, :, poses.layout.index("left_wrist")] += [250, 0]
    assert not outlier_mask(replace(poses, keypoints=points)).any()


def test_frozen_clips_and_joints_are_named() -> None:
    def frozen(poses: PoseSequence) -> PoseSequence:
        return replace(poses, keypoints=np.repeat(poses.keypoints[:, :1], poses.num_frames, axis=1))

    clips = changed(changed(people.clips(), [1], frozen), [2], at([5], 123))
    report = check_clips(clips)
    assert found(report, "frozen").clips == (clips[1].name,)
    assert found(report, "frozen-joints").clips == (clips[2].name,)


def test_exchanged_sizes_are_found_and_other_wrong_sizes_are_not_called_so() -> None:
    clips = people.clips()
    assert found(check_clips(changed(clips, [4], exchanged)), "exchanged-size").clips == (clips[4].name,)
    # One that does not show it (the person is in the corner that both have) goes with the others.
    corner = changed(clips, [0], lambda p: replace(p, keypoints=p.keypoints * [0.4, 0.9]))
    assert len(found(check_clips(changed(corner, range(24), exchanged)), "exchanged-size").clips) == 24
    small = changed(clips, [4], lambda poses: replace(poses, frame_size_wh=(300, 120)))
    report = check_clips(small)
    assert found(report, "outside").clips == (clips[4].name,)
    assert not any(f.kind == "exchanged-size" for f in report.findings)


@pytest.mark.parametrize("turn", [-180, -70, 0, 30, 90, 135])
def test_in_3d_the_body_tells_its_sides_whichever_way_it_turns(turn: float) -> None:
    poses = people.in_metres(np.random.default_rng(1), turn_deg=turn)
    lying = replace(poses, keypoints=poses.keypoints[..., [1, 0, 2]] * [-1, 1, 1])
    for one in (poses, lying):
        assert (side_evidence(one) or 0) > 0.1
        assert (side_evidence(people.flipped(one)) or 0) < -0.1
        mirrored = replace(one, keypoints=one.keypoints * [-1, 1, 1])
        assert (side_evidence(mirrored) or 0) < -0.1


@pytest.mark.parametrize("turn", [-110, -80, 60, 90])
def test_in_2d_the_hidden_side_tells(turn: float) -> None:
    poses = people.in_picture(np.random.default_rng(1), turn_deg=turn)
    assert (side_evidence(poses) or 0) > 0.02
    assert (side_evidence(people.flipped(poses)) or 0) < -0.02
    sure = replace(poses, confidence=np.ones_like(poses.confidence))
    assert side_evidence(sure) is None


@pytest.mark.parametrize("make", [people.in_picture, people.in_metres])
def test_a_set_with_exchanged_sides_is_found(make: Any) -> None:
    clips = changed(people.clips(make), range(24), people.flipped)
    report = check_clips(clips)
    assert [finding.kind for finding in report.findings] == ["exchanged-sides"]
    assert report.measures["sides_fit"] == 0
    assert report.has_errors


def test_single_clips_with_exchanged_sides_are_named_in_3d() -> None:
    clips = changed(people.clips(people.in_metres), [2, 9], people.flipped)
    finding = found(check_clips(clips), "exchanged-sides")
    assert (finding.severity, finding.clips) == ("warning", (clips[2].name, clips[9].name))


def upended(poses: PoseSequence) -> PoseSequence:
    height = people.SIZE_WH[1] if poses.units == "px" else 0
    points = poses.keypoints * [1, -1, 1][: poses.keypoints.shape[-1]]
    return replace(poses, keypoints=points + [0, height, 0][: points.shape[-1]])


@pytest.mark.parametrize("make", [people.in_picture, people.in_metres])
def test_in_a_set_of_a_few_clips_single_ones_are_named(make: Any) -> None:
    clips = changed(people.clips(make)[:7], [2], upended)
    report = check_clips(clips)
    assert report.measures["upright"] is None and "7 clips that tell" in report.untold["upright"]
    finding = found(report, "upside-down")
    assert (finding.severity, finding.clips) == ("warning", (clips[2].name,))
    assert "1 clip " in finding.text
    metres = changed(people.clips(people.in_metres)[:7], [4], people.flipped)
    assert found(check_clips(metres), "exchanged-sides").clips == (metres[4].name,)


def test_in_2d_a_single_clip_is_named_only_where_it_is_sure() -> None:
    def surely(poses: PoseSequence) -> PoseSequence:
        return replace(poses, confidence=np.where(poses.confidence < 0.5, 0.05, 1.0))

    sure = changed(people.clips()[:7], range(7), surely)
    most = max(range(7), key=lambda i: side_evidence(sure[i].sequence) or 0)
    assert (side_evidence(sure[most].sequence) or 0) > 0.35
    assert check_clips(sure).findings == ()
    clips = changed(sure, [most], people.flipped)
    assert found(check_clips(clips), "exchanged-sides").clips == (clips[most].name,)


def test_push_ups_filmed_from_the_front_are_not_upside_down() -> None:
    """The feet are highest in the picture, and the body is no longer than its shoulders are wide."""
    flat = changed(people.clips(), [2], lambda p: replace(p, keypoints=p.keypoints * [1, -0.12] + [0, 200]))
    assert not any(f.kind == "upside-down" for f in check_clips(flat).findings)


@pytest.mark.parametrize(("signs", "remedy"), [([1, -1, 1], "negate y in"), ([-1, -1, 1], "negate y and x")])
def test_an_axis_that_points_up_is_told_from_exchanged_sides(signs: list[int], remedy: str) -> None:
    clips = people.clips(people.in_metres)
    report = check_clips(changed(clips, range(24), lambda p: replace(p, keypoints=p.keypoints * signs)))
    assert [finding.kind for finding in report.findings] == ["upside-down"]
    assert remedy in report.findings[0].remedy


def test_millimetres_called_metres_and_normalised_pixels_are_found() -> None:
    clips = people.clips(people.in_metres)
    report = check_clips(changed(clips, range(24), lambda p: replace(p, keypoints=p.keypoints * 1000)))
    assert [finding.kind for finding in report.findings] == ["units"]
    pixels = changed(people.clips(), range(24), lambda p: replace(p, keypoints=p.keypoints / 640))
    assert [finding.kind for finding in check_clips(pixels).findings] == ["units"]


def test_mixed_layouts_and_units_are_told() -> None:
    clips = [*people.clips()[:20], people.clips(people.in_metres)[20]]
    report = check_clips(clips)
    assert found(report, "mixed-layouts").clips == (clips[20].name,)
    assert found(report, "mixed-units").clips == (clips[20].name,)


def test_joints_that_are_often_missing_are_named() -> None:
    clips = changed(people.clips(), range(12), at([11], np.nan))
    assert "left_ankle 50%" in found(check_clips(clips), "missing-joints").text


def with_step(step_s: float) -> Callable[[PoseSequence], PoseSequence]:
    return lambda poses: replace(poses, timestamps=np.arange(poses.num_frames) * step_s)


def test_other_frame_rates_gaps_and_lengths_are_told() -> None:
    clips = changed(people.clips(), [7], with_step(1 / 60))

    def gap(poses: PoseSequence) -> PoseSequence:
        return replace(poses, timestamps=poses.timestamps + 2.0 * (np.arange(poses.num_frames) > 5))

    clips = changed(clips, [8], gap)
    long = people.in_picture(np.random.default_rng(0), frames=400, turn_deg=70)
    clips = changed(clips, [9], lambda _: long)
    report = check_clips(clips)
    assert found(report, "rate").clips == (clips[7].name,)
    assert found(report, "gaps").clips == (clips[8].name,)
    assert found(report, "length").clips == (clips[9].name,)
    assert "400" in found(report, "length").text
    half = changed(people.clips(), range(12), with_step(1 / 60))
    assert "60/s (12 clips)" in found(check_clips(half), "rates").text


def relabelled(clips: Clips, labels: dict[int, str | None]) -> Clips:
    return [replace(c, label=labels.get(i, c.label)) for i, c in enumerate(clips)]


@pytest.mark.parametrize(
    ("label", "is_told"),
    [("Wave", True), ("w a-v_e", True), ("walking", False), ("wav", False), ("rave", False)],
)
def test_spellings_of_short_class_names(label: str, is_told: bool) -> None:
    clips = relabelled(people.clips(), dict.fromkeys(range(20, 24), label))
    assert any(f.kind == "spelling" for f in check_clips(clips).findings) is is_told


@pytest.mark.parametrize(
    ("one", "other", "is_told"),
    [
        ("jumping_jack", "jumping_jacks", True),
        ("squatting", "sqautting", True),
        ("squatting", "squating", True),
        ("stand up", "StandUp", True),
        ("draw_x", "draw_y", False),
        ("action1", "action2", False),
        ("action1", "action10", False),
        ("kick_left", "kick_right", False),
        ("stand_to_sit", "sit_to_stand", False),
    ],
)
def test_spellings(one: str, other: str, is_told: bool) -> None:
    half = dict.fromkeys(range(12), one) | dict.fromkeys(range(12, 24), other)
    clips = relabelled(people.clips(), {i: str(label) for i, label in half.items()})
    assert any(f.kind == "spelling" for f in check_clips(clips).findings) is is_told


def test_labels_without_clips_and_clips_without_labels() -> None:
    clips = relabelled(people.clips(), {0: None, 1: None})
    report = check_clips(clips, class_names=["bow", "walk", "wave", "jump"])
    assert found(report, "no-label").clips == (clips[0].name, clips[1].name)
    assert "jump" in found(report, "no-clips").text
    numbers = relabelled(people.clips(), {i: str([0, 1, 3][i // 8]) for i in range(24)})
    assert "1 class without a clip: 2" in found(check_clips(numbers), "no-clips").text
    none = relabelled(people.clips(), dict.fromkeys(range(24)))
    assert found(check_clips(none), "no-label").severity == "note"


@pytest.mark.parametrize(
    ("counts", "severity"),
    [
        ((1, 1, 1), None),
        ((1, 4, 4), None),  # too few of all to say so
        ((5, 7, 12), None),
        ((2, 8, 9), None),
        ((2, 8, 10), "warning"),
        ((3, 3, 15), "warning"),
        ((5, 5, 25), "note"),
    ],
)
def test_classes_are_uneven_only_in_proportion(counts: tuple[int, ...], severity: str | None) -> None:
    poses = iter([*people.clips(seed=1), *people.clips(seed=2)])
    clips = [
        replace(next(poses), name=f"{label}{i}", label=label)
        for label, count in zip(("bow", "walk", "wave"), counts, strict=True)
        for i in range(count)
    ]
    findings = [f for f in check_clips(clips).findings if f.kind == "imbalance"]
    assert [f.severity for f in findings] == ([] if severity is None else [severity])
    if severity:
        assert f"'bow' has {counts[0]} clips, 'wave' has {counts[2]}" in findings[0].text


def copies(clips: Clips, source: int, **fields: Any) -> Clips:
    return [*clips, replace(clips[source], **fields)]


def test_duplicates_contradictions_and_names_used_twice() -> None:
    clips = people.clips()
    report = check_clips(copies(clips, 3, name="again"))
    assert found(report, "duplicate").clips == (clips[3].name, "again")
    report = check_clips(copies(clips, 3, name="again", label="wave"))
    assert found(report, "contradiction").severity == "error"
    assert found(check_clips(copies(clips, 3)), "same-name").clips == (clips[3].name,)


def test_a_clip_moved_scaled_and_rounded_is_a_near_duplicate() -> None:
    clips = people.clips()
    moved = (clips[3].sequence.keypoints * 0.7 + 12.0).round(1)
    again = replace(clips[3].sequence, keypoints=moved)
    report = check_clips(copies(clips, 3, name="again", sequence=again))
    assert found(report, "near-duplicate").clips == (clips[3].name, "again")


def test_the_same_poses_and_groups_on_both_sides_of_an_official_split_are_leaks() -> None:
    clips = people.clips()
    test_side = next(c for c in clips if c.splits["xsub"] == "test")
    report = check_clips(
        [*clips, replace(test_side, name="again", splits={"xsub": "train"}, subject="9", group="x")]
    )
    assert "same poses are on both sides" in found(report, "leak").text
    wrong = [replace(c, splits={"xsub": "train"}) if c.name == "bow_s3_1" else c for c in clips]
    texts = [finding.text for finding in check_clips(wrong).findings if finding.kind == "leak"]
    assert any("group 's3'" in text for text in texts)
    assert any("subject '3'" in text for text in texts)


def test_leaks_of_a_split_from_elsewhere_are_found() -> None:
    clips = people.clips()
    names = [clip.name for clip in clips]
    plan = SplitPlan("given", "mine", (Split("1", tuple(names[::2]), (), (*names[1:-2:2], "ghost")),))
    report = check_clips(clips, splits=[plan])
    assert "group 's1'" in found(report, "leak").text
    texts = [finding.text for finding in report.findings if finding.kind == "split-names"]
    assert len(texts) == 2 and "ghost" in " ".join(texts) and names[-1] in " ".join(texts)


def test_subjects_on_both_sides_of_another_protocol_are_noted() -> None:
    clips = [
        replace(c, group=None, splits={"takes": "train" if c.repetition == "1" else "test"})
        for c in people.clips()
    ]
    (finding,) = check_clips(clips).findings
    assert (finding.kind, finding.severity) == ("same-subjects", "note")
    assert "4 subjects in training and test: 1, 2, 3, 4" in finding.text
    assert "--by subject --k-fold 4" in finding.remedy
    takes = {part: tuple(c.name for c in clips if c.splits["takes"] == part) for part in ("train", "test")}
    plain = [replace(c, splits={}) for c in clips]
    plan = SplitPlan("given", "mine", (Split("1", takes["train"], (), takes["test"]),))
    (finding,) = check_clips(plain, splits=[plan]).findings
    assert (finding.kind, finding.severity) == ("same-subjects", "warning")
    claims = SplitPlan("given", "xsub", plan.folds)
    assert {f.severity for f in check_clips(plain, splits=[claims]).findings} == {"error"}
    odd = [replace(c, splits={"takes": "yes"}) for c in clips]
    assert "make no split" in found(check_clips(odd), "split-names").text


def test_a_set_that_tells_nothing_of_who_is_who_gets_a_note() -> None:
    clips = [replace(c, subject=None, group=None, splits={}) for c in people.clips()]
    assert [finding.kind for finding in check_clips(clips).findings] == ["no-groups"]


def test_broken_clips_are_errors() -> None:
    report = check_clips(people.clips(), broken=["a.txt: cut short"])
    assert "a.txt" in found(report, "broken").text
    assert report.has_errors


def test_the_report_is_plain_data_errors_first() -> None:
    clips = changed(changed(people.clips(), [3], at(slice(None), np.nan)), range(4, 24), at([11], np.nan))
    document = check_clips(clips).to_document()
    assert [f["severity"] for f in document["findings"]] == ["error", "note"]
    assert document["findings"][0]["clips"] == [clips[3].name]


def test_the_finding_says_how_far_in_body_sizes() -> None:
    clips = changed(people.clips(), [3], at([2], 40_000, slice(0, 1)))
    text = found(check_clips(clips), "outliers").text
    assert text.startswith(
        "1 clip with joints more than 10 body sizes from the others, 1 joint position in all"
    )
    size = measure(people.clips()[3]).size
    assert size is not None
    said = float(text.rsplit(" ", 1)[1])
    assert said == pytest.approx(np.hypot(40_000, 40_000) / size, rel=0.05)
