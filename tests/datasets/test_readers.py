"""Every reader: what it makes of fake data, what it says of broken data, and the true counts."""

import logging
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import dataset_generators as generators
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.clip import Clip
from poseact.datasets import (
    DATASETS,
    get_format,
    read_har_video,
    read_jhmdb,
    read_msr_action3d,
    read_penn_action,
    read_sbu_interaction,
    read_utd_mhad,
)
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import BODY13, COCO17, JHMDB15, KINECT20, PENN13, SBU15
from poseact.skeleton import SkeletonLayout

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

GENERATORS: dict[str, Callable[[Path], None]] = {
    "penn-action": generators.penn_action,
    "utd-mhad": generators.utd_mhad,
    "msr-action3d": generators.msr_action3d,
    "jhmdb": generators.jhmdb,
    "sbu-interaction": generators.sbu_interaction,
    "har-video": generators.har_video,
}
NEEDS_SCIPY = {"penn-action", "utd-mhad"}
EXPECTED: dict[str, tuple[int, SkeletonLayout, str, int]] = {
    "penn-action": (3, PENN13, "px", 1),
    "utd-mhad": (2, KINECT20, "m", 1),
    "msr-action3d": (3, KINECT20, "m", 1),
    "jhmdb": (4, JHMDB15, "px", 1),
    "sbu-interaction": (2, SBU15, "m", 2),
    "har-video": (2, COCO17, "px", 2),
}


def made(name: str, folder: Path) -> list[Clip]:
    if name in NEEDS_SCIPY:
        pytest.importorskip("scipy")
    GENERATORS[name](folder)
    return list(DATASETS[name].read(folder))


def test_unknown_name_lists_the_known() -> None:
    assert get_format("jhmdb").read is read_jhmdb
    with pytest.raises(InvalidInputError, match="penn-action"):
        get_format("penn")


@pytest.mark.parametrize("name", GENERATORS)
def test_clips_have_layout_units_people_and_names(name: str, tmp_path: Path) -> None:
    clips = made(name, tmp_path / "set")
    count, layout, units, people = EXPECTED[name]
    assert len(clips) == len({clip.name for clip in clips}) == count
    for clip in clips:
        assert clip.sequence.layout is layout
        assert clip.sequence.units == units
        assert clip.sequence.num_persons == people
        assert clip.sequence.num_frames > 1
        assert clip.label


@pytest.mark.parametrize("name", GENERATORS)
def test_a_missing_and_an_empty_folder_are_errors(name: str, tmp_path: Path) -> None:
    if name in NEEDS_SCIPY:
        pytest.importorskip("scipy")
    with pytest.raises(SourceError, match="no such"):
        list(DATASETS[name].read(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        list(DATASETS[name].read(tmp_path / "empty"))


@pytest.mark.parametrize("name", GENERATORS)
def test_a_file_cut_short_is_one_clear_error(name: str, tmp_path: Path) -> None:
    made(name, tmp_path / "set")
    path = next(p for p in sorted((tmp_path / "set").rglob("*")) if p.is_file())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 1])
    with pytest.raises(SourceError) as caught:
        list(DATASETS[name].read(tmp_path / "set"))
    assert path.name in str(caught.value)


def test_penn_exchanges_the_viewers_sides_and_drops_unmarked_joints(tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    generators.penn_action(tmp_path, clips=1)
    raw = scipy_io.loadmat(tmp_path / "labels" / "0001.mat")
    (clip,) = read_penn_action(tmp_path)
    points, confidence = clip.sequence.keypoints[0], clip.sequence.confidence[0]
    left = PENN13.index("left_shoulder")
    # Column 1 of the file is the shoulder on the picture's left: on a frontal clip the right one.
    np.testing.assert_allclose(points[:, left, 0], raw["x"][:, 2], rtol=1e-6)
    np.testing.assert_allclose(points[:, PENN13.index("right_shoulder"), 0], raw["x"][:, 1], rtol=1e-6)
    # The last column (12) was in the corner and unseen, column 11 only guessed.
    assert np.isnan(points[:, PENN13.index("left_ankle")]).all()
    assert (confidence[:, PENN13.index("left_ankle")] == 0).all()
    assert np.isfinite(points[:, PENN13.index("right_ankle")]).all()
    assert (confidence[:, PENN13.index("right_ankle")] < 0.5).all()
    assert clip.sequence.frame_size_wh == (480, 270)
    assert (clip.label, clip.camera, clip.splits) == ("squat", "front", {"official": "train"})


def test_utd_turns_the_axes_and_orders_joints_by_name(tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    generators.utd_mhad(tmp_path)
    clip = next(c for c in read_utd_mhad(tmp_path) if c.label == "swipe_left")
    raw = scipy_io.loadmat(tmp_path / "Skeleton" / "a1_s1_t1_skeleton.mat")["d_skel"]
    for name, row in (("head", 0), ("spine_shoulder", 1), ("spine", 2), ("pelvis", 3), ("right_foot", 19)):
        expected = raw[row].T * [-1, -1, 1]
        np.testing.assert_allclose(clip.sequence.keypoints[0, :, KINECT20.index(name)], expected, rtol=1e-5)
    assert (clip.subject, clip.repetition, clip.splits) == ("1", "1", {"xsub": "train"})


def test_msr_reports_the_empty_clip_and_knows_its_protocols(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    generators.msr_action3d(tmp_path)
    with caplog.at_level(logging.WARNING):
        clips = {clip.name: clip for clip in read_msr_action3d(tmp_path)}
    assert not clips["a13_s09_e02"].sequence.present.any()
    assert "a13_s09_e02" in caplog.text
    assert "a05" not in caplog.text
    punch = clips["a05_s01_e01"]
    assert punch.label == "forward_punch"
    assert punch.splits == {"xsub": "train", "AS1": "train"}
    assert clips["a20_s02_e01"].splits == {"xsub": "test", "AS1": "test", "AS3": "test"}
    rows = np.loadtxt(tmp_path / "MSRAction3DSkeletonReal3D" / "a05_s01_e01_skeleton3D.txt").reshape(
        -1, 20, 4
    )
    expected = rows[:, 19, :3] * [-1, -1, 1]
    np.testing.assert_allclose(punch.sequence.keypoints[0, :, KINECT20.index("head")], expected, rtol=1e-5)


def test_jhmdb_knows_a_clip_again_in_every_split(tmp_path: Path) -> None:
    generators.jhmdb(tmp_path / "set")
    clips = list(read_jhmdb(tmp_path / "set"))
    assert [clip.splits["split1"] for clip in clips].count("test") == 1
    assert all(len(clip.splits) == 3 for clip in clips)
    every = list(read_jhmdb(tmp_path / "set", all_classes=True))
    assert Counter(clip.label for clip in every) == {"clap": 2, "wave": 2, "shoot_bow": 3}


def test_sbu_becomes_metres_as_its_readme_says(tmp_path: Path) -> None:
    generators.sbu_interaction(tmp_path)
    clip = next(c for c in read_sbu_interaction(tmp_path) if c.group == "s01s02")
    row = np.loadtxt(tmp_path / "s01s02" / "01" / "001" / "skeleton_pos.txt", delimiter=",")[0]
    x, y, z = row[1:4]
    expected_mm = np.array([-(1280 - 2560 * x), -(960 - 1920 * y), z * 10000 / 7.8125])
    np.testing.assert_allclose(
        clip.sequence.keypoints[0, 0, SBU15.index("head")], expected_mm / 1000, rtol=1e-4
    )
    assert (clip.label, clip.subject, clip.splits) == ("approaching", "s01+s02", {"5-fold": "1"})


def test_har_leaves_rows_without_a_person_missing(tmp_path: Path) -> None:
    generators.har_video(tmp_path / "set")
    clip = next(c for c in read_har_video(tmp_path / "set") if c.label == "Walking")
    assert clip.sequence.present.tolist() == [
        [True, True, True, False, True],
        [False, True, False, False, False],
    ]
    assert (clip.sequence.confidence[~clip.sequence.present] == 0).all()


def test_a_reader_without_scipy_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "0001.mat").write_bytes(b"MATLAB")
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(PoseactError, match=r"pip install 'poseact\[train\]'"):
        list(read_penn_action(tmp_path))


def test_wrong_column_counts_are_named(tmp_path: Path) -> None:
    generators.msr_action3d(tmp_path / "msr")
    path = tmp_path / "msr" / "MSRAction3DSkeletonReal3D" / "a05_s01_e01_skeleton3D.txt"
    path.write_text("1 2 3\n" * 20)
    with pytest.raises(SourceError, match="rows of 4 numbers"):
        list(read_msr_action3d(tmp_path / "msr"))
    path.write_text("1 2 3 1\n" * 21)
    with pytest.raises(SourceError, match="20 rows a frame"):
        list(read_msr_action3d(tmp_path / "msr"))


TEXT_SETS = {
    "msr-action3d": (read_msr_action3d, "MSRAction3DSkeletonReal3D/a05_s01_e01_skeleton3D.txt"),
    "sbu-interaction": (read_sbu_interaction, "s01s02/01/001/skeleton_pos.txt"),
}


@pytest.mark.parametrize("name", TEXT_SETS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text("0123456789.,- einfa\n", max_size=300).map(str.encode),
        st.sampled_from([4, 91]).map(lambda n: b" ".join([b"1e40"] * n) + b"\n"),
    )
)
def test_text_readers_raise_only_our_own_errors(name: str, content: bytes, tmp_path: Path) -> None:
    reader, relative = TEXT_SETS[name]
    shutil.rmtree(tmp_path / "set", ignore_errors=True)
    path = tmp_path / "set" / relative
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    try:
        clips = list(reader(tmp_path / "set"))
    except PoseactError as error:
        assert str(error)
    else:
        assert len(clips) == 1


# ----------------------------------------------------------------------------- the real sets

REAL = {
    "penn-action": ("penn-action", 2326, 15),
    "utd-mhad": ("utd-mhad", 861, 27),
    "msr-action3d": ("msr-action3d", 567, 20),
    "jhmdb": ("jhmdb", 609, 14),
    "sbu-interaction": ("sbu-interaction", 282, 8),
    "har-video": ("har-video-mmpose-coco17", 966, 6),
}
SPLITS = {
    "penn-action": ("official", {"train": 1258, "test": 1068}),
    "utd-mhad": ("xsub", {"train": 431, "test": 430}),
    "jhmdb": ("split1", {"train": 433, "test": 176}),
    "sbu-interaction": ("5-fold", {"1": 55, "2": 52, "3": 56, "4": 54, "5": 65}),
}
# Sets and views in which people face the camera.
FRONTAL: dict[str, Callable[[Clip], bool]] = {
    "penn-action": lambda clip: clip.camera == "front" and clip.label == "jumping_jacks",
    "utd-mhad": lambda clip: clip.label in ("wave", "clap"),
    "msr-action3d": lambda clip: clip.label in ("high_arm_wave", "hand_clap"),
    "jhmdb": lambda clip: clip.label == "clap",
    "har-video": lambda clip: clip.label in ("Clapping", "Standing Still"),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_counts_and_sides(name: str) -> None:
    folder, count, classes = REAL[name]
    if not (SHARED / folder).is_dir():
        pytest.skip("the shared data are not here")
    if name in NEEDS_SCIPY:
        pytest.importorskip("scipy")
    clips = list(DATASETS[name].read(SHARED / folder))
    assert len(clips) == count
    assert len({clip.label for clip in clips}) == classes
    if name in SPLITS:
        protocol, expected = SPLITS[name]
        assert Counter(clip.splits[protocol] for clip in clips) == expected
    if name in FRONTAL:
        frontal = [clip for clip in clips if FRONTAL[name](clip)]
        assert np.mean([left_is_on_the_pictures_right(clip) for clip in frontal]) > 0.9
    upright = [clip for clip in clips if clip.sequence.present.any()]
    assert np.mean([head_is_above_feet(clip) for clip in upright]) > 0.75


def joint_x_or_y(clip: Clip, name: str, axis: int) -> float:
    points = clip.sequence.to_layout(BODY13).keypoints[0]
    return float(np.nanmedian(points[:, BODY13.index(name), axis], axis=0))


def left_is_on_the_pictures_right(clip: Clip) -> bool:
    return joint_x_or_y(clip, "left_shoulder", 0) > joint_x_or_y(clip, "right_shoulder", 0)


def head_is_above_feet(clip: Clip) -> bool:
    points = clip.sequence.to_layout(BODY13).keypoints[0, ..., 1]
    feet = points[:, BODY13.indices(["left_ankle", "right_ankle"])]
    if np.isnan(feet).all() or np.isnan(points[:, 0]).all():
        return True
    return bool(np.nanmean(points[:, 0]) < np.nanmean(feet))
