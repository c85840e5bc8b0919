"""UTKinect-Action3D: labels, double frame numbers, time, folds, copies that differ, broken files."""

import logging
from pathlib import Path

import fake_utkinect as fake
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.clip import Clip
from poseact.datasets import read_utkinect
from poseact.datasets.utkinect import CLASS_NAMES, FORMAT
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import KINECT20


def read(folder: Path, **options: object) -> dict[str, Clip]:
    return {clip.name: clip for clip in read_utkinect(folder, **options)}  # type: ignore[arg-type]


def test_each_label_is_a_clip_and_nan_is_none(tmp_path: Path) -> None:
    clips = read(fake.make(tmp_path))
    assert list(clips) == [
        "s01_e01_walk",
        "s01_e01_sit_down",
        "s01_e01_stand_up",
        "s02_e02_pick_up",
        "s02_e02_clap_hands",
    ]
    clip = clips["s02_e02_clap_hands"]
    assert (clip.label, clip.subject, clip.repetition, clip.group) == ("clap_hands", "2", "2", "s02_e02")
    assert clip.splits == {"loocv": "2", "xsub": "test"}
    assert clips["s01_e01_walk"].splits == {"loocv": "1", "xsub": "train"}
    assert len(CLASS_NAMES) == 10


def test_frames_are_cut_by_their_numbers_which_are_the_time(tmp_path: Path) -> None:
    clips = read(fake.make(tmp_path))
    raw = fake.rows("s01_e01")
    walk = clips["s01_e01_walk"].sequence
    assert walk.layout is KINECT20
    # 100, 104, 106, 110: the first of two lines with one number counts.
    np.testing.assert_allclose(walk.timestamps, np.array([0, 4, 6, 10]) / 30)
    expected = raw[[0, 2, 3, 4], 1:].reshape(4, 20, 3) * [-1, -1, 1]
    np.testing.assert_allclose(walk.keypoints[0], expected, atol=1e-6)
    assert (walk.confidence == 1).all()
    # The labels go on after the last frame, and start between frames.
    assert clips["s02_e02_clap_hands"].sequence.num_frames == 4
    assert clips["s02_e02_pick_up"].sequence.num_frames == 3


def test_zeros_and_nan_are_missing_joints(tmp_path: Path) -> None:
    fake.make(tmp_path)
    rows = fake.rows("s01_e01")
    rows[0, 1:] = 0
    rows[2, 4:7] = np.nan
    path = tmp_path / "joints" / "joints_s01_e01.txt"
    path.write_text("\n".join(map(fake.line, rows)))
    sequence = read(tmp_path)["s01_e01_walk"].sequence
    assert sequence.present[0].tolist() == [False, True, True, True]
    assert np.isnan(sequence.keypoints[0, 1]).any(axis=-1).nonzero()[0].tolist() == [1]
    assert sequence.confidence[0, 1, 1] == 0


def test_copies_that_differ_are_read_alike(tmp_path: Path) -> None:
    usual = list(read(fake.make(tmp_path / "usual")))
    one_line = tmp_path / "one-line"
    fake.make(one_line)
    (one_line / "actionLabel.txt").write_bytes(
        b"\xef\xbb\xbf"
        b"s01 e01 walk: 100 110 sitDown : 112 116 standup: 116,120\r\n\r\n"
        b"S2_E2\r\npickUp:103 111\r\ncarry: nan NaN\r\nclapHands: 120.0 999\r\n".replace(b"S2_E2", b"s2_e2")
    )
    commas = tmp_path / "commas" / "UTKinect_skeletons"
    fake.make(commas)
    for path in (commas / "joints").iterdir():
        path.write_text(",".join(path.read_text().replace(" \n", "\n").split(" ")).replace(",,,", ","))
        path.write_text(path.read_text().replace(",,", ","))
    inside = tmp_path / "inside"
    fake.make(inside)
    (inside / "actionLabel.txt").rename(inside / "joints" / "actionLabel.txt")
    (inside / "joints" / "actionLabel_modified.txt").write_text("not to be read")
    beside = fake.make(tmp_path / "beside") / "joints"
    for folder in (one_line, commas, commas.parent, inside, inside / "joints", beside):
        assert list(read(folder)) == usual, folder
        assert FORMAT.detect(folder)


def test_the_published_slip_is_put_right_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "actionLabel.txt").write_text("s03_e01\nthrow: 3226 3282\npush: 2556 3622\n")
    rows = np.repeat(fake.rows("s03_e01")[:1], 4, axis=0)
    rows[:, 0] = 3000, 3240, 3560, 3600
    (tmp_path / "joints_s03_e01.txt").write_text("\n".join(map(fake.line, rows)))
    with caplog.at_level(logging.WARNING):
        assert read(tmp_path)["s03_e01_push"].sequence.num_frames == 2
    assert "3556 3622" in caplog.text
    assert read(tmp_path, correct_labels=False)["s03_e01_push"].sequence.num_frames == 4


def test_a_recording_without_labels_or_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    fake.make(tmp_path)
    (tmp_path / "joints" / "joints_s02_e02.txt").rename(tmp_path / "joints" / "joints_s09_e01.txt")
    heard: list[SourceError] = []
    names = [clip.name for clip in read_utkinect(tmp_path, on_broken=heard.append)]
    assert names == ["s01_e01_walk", "s01_e01_sit_down", "s01_e01_stand_up"]
    assert [str(error).split(":")[0] for error in heard] == [
        "joints_s02_e02.txt",
        str(tmp_path / "joints" / "joints_s09_e01.txt"),
    ]


BROKEN_LABELS = {
    "": "found none",
    "s01_e01\n": "found none",
    "walk: 1 2\n": "line 1: expected a recording",
    "s01_e01\nrun: 1 2\n": "line 2: expected an action",
    "s01_e01\nwalk: 2 1\n": "frame numbers that rise",
    "s01_e01\nwalk: 1 NaN\n": "frame numbers that rise",
    "s01_e01\nwalk: 1 inf\n": "frame numbers that rise",
    "s01_e01\nwalk: 1.5 2\n": "frame numbers that rise",
    "s01_e01\nwalk: one two\n": "two frame numbers",
    "s01_e01\nwalk: 100 110\nwalk: 100 110\n": "each action once",
    "s01_e01\nwalk: 100 110\ns01_e01\nsitDown: 100 110\n": "each recording once",
    "s01_e01\nwalk: 100 110\nhello\n": "line 2 or after",
    "s01_e01\nwalk: √ 2\n": "expected 's01_e01'",
}


@pytest.mark.parametrize("labels", BROKEN_LABELS)
def test_broken_labels_are_told_in_one_line(labels: str, tmp_path: Path) -> None:
    fake.make(tmp_path)
    (tmp_path / "joints" / "joints_s02_e02.txt").unlink()
    (tmp_path / "actionLabel.txt").write_text(labels, encoding="utf-8")
    with pytest.raises(SourceError, match=BROKEN_LABELS[labels]) as caught:
        read(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_label_of_frames_that_are_not_there_is_left_out_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake.make(tmp_path)
    (tmp_path / "joints" / "joints_s02_e02.txt").unlink()
    (tmp_path / "actionLabel.txt").write_text("s01_e01\nwalk: 500 510\nsitDown: 100 110\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert list(read(tmp_path)) == ["s01_e01_sit_down"]
    assert "no frame from 500 to 510: walk is left out" in caplog.text


BROKEN_ROWS = {
    "": "rows of 61 numbers",
    "1 2 3\n": "rows of 61 numbers",
    "1" + " 0.5" * 60 + "\n2" + " 0.5" * 59: "rows of 61 numbers",
    "1.5" + " 0.5" * 60: "line 1: expected a frame number",
    "1" + " 0.5" * 60 + "\n-2" + " 0.5" * 60: "line 2: expected a frame number",
    "nan" + " 0.5" * 60: "line 1: expected a frame number",
    "1" + " 1e300" * 60: "infinite",
    "1" + " x" * 60: "rows of 61 numbers",
}


@pytest.mark.parametrize("text", BROKEN_ROWS)
def test_broken_joints_are_told_in_one_line(text: str, tmp_path: Path) -> None:
    fake.make(tmp_path)
    (tmp_path / "joints" / "joints_s01_e01.txt").write_text(text)
    with pytest.raises(SourceError, match=BROKEN_ROWS[text]) as caught:
        read(tmp_path)
    assert "joints_s01_e01" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_labels_double_recordings_and_odd_names_are_refused(tmp_path: Path) -> None:
    fake.make(tmp_path / "a")
    (tmp_path / "a" / "joints_s1_e1.txt").write_text("")
    with pytest.raises(SourceError, match="each recording once"):
        read(tmp_path / "a")
    fake.make(tmp_path / "b")
    (tmp_path / "b" / "actionLabel.txt").unlink()
    with pytest.raises(SourceError, match=r"expected actionLabel\.txt"):
        read(tmp_path / "b")
    fake.make(tmp_path / "c")
    (tmp_path / "c" / "joints_sxx_e1.txt").write_text("")
    with pytest.raises(SourceError, match="expected a name like"):
        read(tmp_path / "c")
    with pytest.raises(InvalidInputError, match="rate_hz"):
        read(tmp_path / "c", rate_hz=0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labels=st.one_of(
        st.binary(max_size=80),
        st.text("s01_e :walkNa\n\t,.9-", max_size=60).map(str.encode),
        st.lists(st.sampled_from(["s01_e01", "walk:", "pull:", "1", "9", "NaN", "\n", "s1 e1"])).map(
            lambda words: " ".join(words).encode()
        ),
    ),
    joints=st.one_of(
        st.binary(max_size=80),
        st.sampled_from([60, 61]).map(lambda n: b" ".join([b"1e40"] * n)),
        st.sampled_from(["1", "9", "nan", "1e9"]).map(lambda first: (first + " -0.5" * 60).encode()),
    ),
)
def test_any_content_raises_only_our_own_errors(labels: bytes, joints: bytes, tmp_path: Path) -> None:
    (tmp_path / "actionLabel.txt").write_bytes(labels)
    (tmp_path / "joints_s01_e01.txt").write_bytes(joints)
    try:
        assert read(tmp_path)
    except PoseactError as error:
        assert "\n" not in str(error)
