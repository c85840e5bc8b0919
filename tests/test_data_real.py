"""The doctor and the splits on the real sets: what is found is true, and little else is found."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made_people import flipped
from poseact.clip import Clip
from poseact.datasets import read_clips
from poseact.doctor import Mender, check_clips, measure, report_on
from poseact.doctor.sides import headstand_share
from poseact.splits import find_leaks, leave_one_out, split_by_fractions, split_by_protocol

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
pytestmark = pytest.mark.real_data


def clips_of(folder: str) -> list[Clip]:
    if not (SHARED / folder).is_dir():
        pytest.skip("the shared data are not here")
    if folder in ("penn-action", "utd-mhad"):
        pytest.importorskip("scipy")
    return list(read_clips(SHARED / folder))


# Kinds of findings with the clips that they name, or how many; each looked into by hand.
FINDINGS: dict[str, dict[str, tuple[str, ...] | int]] = {
    "penn-action": {
        "outliers": ("2153",),  # three joints on another player
        "outside": ("0979", "1021", "1024", "1032"),  # joints of a larger picture than the one named
        "frozen": ("1516", "1929", "1944"),
        "frozen-joints": 414,
        "length": 62,
    },
    "utd-mhad": {},
    "msr-action3d": {"nobody": ("a13_s09_e02",), "empty-frames": 6, "length": ("a13_s09_e03",)},
    "jhmdb": {"frozen": ("wave_008", "wave_034"), "frozen-joints": 62},
    "sbu-interaction": {"same-subjects": 0},
    "har-video-mmpose-coco17": {"empty-frames": 10, "no-groups": 0},
}
COUNTS = {
    "penn-action": 2326,
    "utd-mhad": 861,
    "msr-action3d": 567,
    "jhmdb": 609,
    "sbu-interaction": 282,
    "har-video-mmpose-coco17": 966,
}


@pytest.mark.parametrize("folder", FINDINGS)
def test_what_the_doctor_finds(folder: str) -> None:
    report = check_clips(clips_of(folder))
    assert report.num_clips == COUNTS[folder]
    expected = FINDINGS[folder]
    found = {
        finding.kind: len(finding.clips) if isinstance(expected.get(finding.kind), int) else finding.clips
        for finding in report.findings
    }
    assert found == expected


@pytest.mark.parametrize("folder", [folder for folder in FINDINGS if folder != "jhmdb"])
def test_exchanged_sides_are_found_in_every_set_that_can_tell(folder: str) -> None:
    clips = clips_of(folder)[::4]
    report = check_clips(replace(clip, sequence=flipped(clip.sequence)) for clip in clips)
    assert (report.measures["sides_fit"] or 0) < 0.1
    assert "exchanged-sides" in {finding.kind for finding in report.findings if finding.severity == "error"}


@pytest.mark.parametrize("folder", ["penn-action", "har-video-mmpose-coco17"])
def test_exchanged_picture_sizes_are_found(folder: str) -> None:
    facts = []
    for clip in clips_of(folder)[::4]:
        size = clip.sequence.frame_size_wh
        assert size is not None
        facts.append(measure(replace(clip, sequence=replace(clip.sequence, frame_size_wh=size[::-1]))))
    (finding,) = [f for f in report_on(facts).findings if f.kind == "exchanged-size"]
    assert len(finding.clips) > 0.5 * len(facts)


@pytest.mark.parametrize(
    ("folder", "protocol", "parts"),
    [
        ("penn-action", "official", [(1258, 1068)]),
        ("utd-mhad", "xsub", [(431, 430)]),
        ("jhmdb", "split1", [(433, 176)]),
        ("sbu-interaction", "5-fold", [(227, 55), (230, 52), (226, 56), (228, 54), (217, 65)]),
    ],
)
def test_official_protocols_have_their_published_sizes(
    folder: str, protocol: str, parts: list[tuple[int, int]]
) -> None:
    infos = [clip.info for clip in clips_of(folder)]
    plan = split_by_protocol(infos, protocol)
    assert [(len(fold.train), len(fold.test)) for fold in plan.folds] == parts
    assert find_leaks(infos, plan) == []


def test_subjects_of_utd_are_left_out_one_by_one_and_har_is_warned_of() -> None:
    infos = [clip.info for clip in clips_of("utd-mhad")]
    assert Counter(len(fold.test) for fold in leave_one_out(infos, "subject").folds) == {107: 3, 108: 5}
    har = [clip.info for clip in clips_of("har-video-mmpose-coco17")]
    plan = split_by_fractions(har, (0.7, 0.15, 0.15), rng=np.random.default_rng(0))
    assert "966 of 966 clips tell neither group nor subject" in plan.warnings[0]


@pytest.mark.parametrize("folder", ["utd-mhad", "sbu-interaction", "har-video-mmpose-coco17", "jhmdb"])
def test_nothing_is_mended_in_sets_without_such_faults(folder: str) -> None:
    clips = clips_of(folder)
    mender = Mender([measure(clip) for clip in clips])
    assert all(a.sequence is b.sequence for a, b in zip(clips, mender.mend(clips), strict=True))
    assert mender.changes == []


def test_the_mended_copy_of_penn_lacks_the_joints_that_slide_in_and_nothing_else() -> None:
    clips = clips_of("penn-action")
    mender = Mender([measure(clip) for clip in clips])
    out = list(mender.mend(clips))
    assert [change.clip for change in mender.changes] == ["2153"]
    assert not any(finding.severity == "error" for finding in check_clips(out).findings)
    before, after = (next(c for c in some if c.name == "2153").sequence for some in (clips, out))
    gone = np.isfinite(before.keypoints).all(axis=-1) & ~np.isfinite(after.keypoints).all(axis=-1)
    _, frames, joints = np.nonzero(gone)
    assert {before.layout.joint_names[j] for j in joints} == {"right_shoulder", "right_elbow", "right_wrist"}
    assert (len(frames), frames.max()) == (28, 11)


@pytest.mark.parametrize(
    ("folder", "least"), [("penn-action", 0.6), ("utd-mhad", 0.9), ("jhmdb", 0.7), ("sbu-interaction", 0.9)]
)
def test_single_clips_upside_down_are_found(folder: str, least: float) -> None:
    shares = []
    for clip in clips_of(folder)[::4]:
        signs = [1, -1, 1][: clip.sequence.keypoints.shape[-1]]
        shares.append(
            headstand_share(replace(clip.sequence, keypoints=clip.sequence.keypoints * signs, world_m=None))
        )
    told = [share > 0.9 for share in shares if share is not None]
    assert sum(told) > least * len(told) > 0


def test_the_mended_copy_of_msr_lacks_the_clip_of_nobody_and_nothing_else() -> None:
    clips = clips_of("msr-action3d")
    mender = Mender([measure(clip) for clip in clips])
    out = list(mender.mend(clips))
    assert len(out) == 566
    assert [(change.clip, change.kind) for change in mender.changes] == [("a13_s09_e02", "left-out")]
