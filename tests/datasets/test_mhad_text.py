"""Berkeley MHAD text: windows, missing joints, recordings told by overlap, official parts, broken files."""

import logging
from pathlib import Path

import fake_mhad_text as fake
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.clip import Clip
from poseact.datasets import read_mhad_text
from poseact.datasets.mhad_text import FORMAT
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import COCO17, OPENPOSE18


def read(folder: Path, **options: object) -> dict[str, Clip]:
    return {clip.name: clip for clip in read_mhad_text(folder, **options)}  # type: ignore[arg-type]


def test_windows_have_labels_parts_and_the_recording_as_group(tmp_path: Path) -> None:
    clips = read(fake.make(tmp_path))
    # 50, 44 and 45 frames give 4, 3 and 3 windows of 32, each 6 frames after the one before.
    assert list(clips) == [f"train_{n:05d}" for n in range(1, 8)] + [f"test_{n:05d}" for n in range(1, 4)]
    assert [clip.label for clip in clips.values()] == (
        ["jumping"] * 4 + ["waving_two_hands"] * 3 + ["jumping_jacks"] * 3
    )
    assert [clip.group for clip in clips.values()] == (
        ["recording_0001"] * 4 + ["recording_0002"] * 3 + ["recording_0003"] * 3
    )
    assert [clip.splits["official"] for clip in clips.values()] == ["train"] * 7 + ["test"] * 3


def test_pixels_are_as_in_the_file_and_zeros_are_missing(tmp_path: Path) -> None:
    sequence = read(fake.make(tmp_path))["train_00002"].sequence
    assert sequence.layout is OPENPOSE18
    assert (sequence.units, sequence.frame_size_wh) == ("px", (640, 480))
    assert sequence.keypoints.shape == (1, 32, 18, 2)
    raw = fake.recording(0, 50)[6:38].reshape(32, 18, 2)
    raw[:, 16] = np.nan
    np.testing.assert_array_equal(sequence.keypoints[0], raw.astype(np.float32))
    assert (sequence.confidence[0] == (np.arange(18) != 16)).all()
    np.testing.assert_allclose(np.diff(sequence.timestamps), 1 / 22)


def test_joints_are_converted_by_name(tmp_path: Path) -> None:
    folder = fake.make(tmp_path)
    given = read(folder)["test_00001"].sequence
    made = read(folder, to_coco17=True)["test_00001"].sequence
    assert made.layout is COCO17
    for name in ("left_wrist", "right_knee", "nose", "left_ear"):
        np.testing.assert_array_equal(
            made.keypoints[:, :, COCO17.index(name)], given.keypoints[:, :, OPENPOSE18.index(name)]
        )


def test_windows_of_the_first_edition_tell_no_recordings(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = fake.recording(0, 132)
    parts = {"train": [(1, part) for part in fake.windows(rows, step=33, window=33)]}
    folder = fake.write(tmp_path, parts)
    with caplog.at_level(logging.WARNING):
        clips = read(folder, window=33)
    assert len(clips) == 4
    assert {clip.group for clip in clips.values()} == {None}
    assert "do not overlap" in caplog.text
    with pytest.raises(SourceError, match="is the window another"):
        read(folder)


def test_parts_that_share_a_recording_are_told_and_share_its_group(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, *others = fake.windows(fake.recording(0, 80))
    alone = fake.windows(fake.recording(1, 44))
    content = {"train": [(1, part) for part in others], "test": [(1, first), *((2, part) for part in alone)]}
    with caplog.at_level(logging.INFO):
        clips = read(fake.write(tmp_path / "shared", content))
    assert "1 of 4 windows" in caplog.text
    assert clips["test_00001"].group == clips["train_00001"].group
    assert clips["test_00002"].group not in {c.group for n, c in clips.items() if n.startswith("train")}
    caplog.clear()
    with caplog.at_level(logging.INFO):
        read(fake.make(tmp_path / "apart"))
    assert "no frame is in both" in caplog.text


def test_frames_in_which_nobody_is_found_do_not_join_recordings(tmp_path: Path) -> None:
    content: dict[str, list[tuple[int, np.ndarray]]] = {"train": []}
    for seed, label in ((0, 1), (1, 2)):
        rows = fake.recording(seed, 44)
        rows[:8] = rows[-8:] = 0
        content["train"] += [(label, part) for part in fake.windows(rows)]
    clips = read(fake.write(tmp_path, content))
    groups = {
        label: {c.group for c in clips.values() if c.label == label} for label in ("jumping", "jumping_jacks")
    }
    assert [len(found) for found in groups.values()] == [1, 1]
    assert not groups["jumping"] & groups["jumping_jacks"]


def test_one_part_alone_lower_case_names_and_a_folder_above_are_read(tmp_path: Path) -> None:
    folder = fake.make(tmp_path)
    for path in folder.iterdir():
        path.rename(path.with_name(path.name.lower()))
    assert len(read(folder)) == 10
    for name in ("x_train.txt", "y_train.txt"):
        (folder / name).unlink()
    assert len(read(tmp_path)) == 3
    assert FORMAT.detect(folder)
    assert FORMAT.detect(tmp_path)


def test_files_of_other_data_of_the_same_name_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "X_train.txt").write_text("  2.8858451e-001" * 561 + "\n")
    (tmp_path / "y_train.txt").write_text("5\n")
    assert not FORMAT.detect(tmp_path)
    with pytest.raises(SourceError, match="36 numbers a line"):
        read(tmp_path)


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("cell", ["1e300", "inf", "-1e39"])
def test_a_broken_window_is_told_and_the_others_are_read(cell: str, tmp_path: Path) -> None:
    folder = fake.make(tmp_path)
    lines = (folder / "X_train.txt").read_text().splitlines()
    lines[40] = cell + lines[40][lines[40].index(",") :]
    (folder / "X_train.txt").write_text("\n".join(lines))
    heard: list[SourceError] = []
    names = [clip.name for clip in read_mhad_text(folder, on_broken=heard.append)]
    assert len(names) == 9
    assert "train_00002" not in names
    assert "line 33 or after" in str(heard[0])


def test_broken_files_are_told_in_one_line(tmp_path: Path) -> None:
    def broken(number: int) -> Path:
        return fake.make(tmp_path / str(number))

    cases = []
    spoil(folder := broken(0), "Y_train.txt", "4\n", "7\n")
    cases.append((folder, r"Y_train\.txt, line 5: expected a class"))
    spoil(folder := broken(1), "Y_train.txt", "4\n", "")
    cases.append((folder, "found more: is the window another"))
    spoil(folder := broken(2), "Y_test.txt", "2\n", "2\n2\n")
    cases.append((folder, "expected 4 windows of 32 lines, found 96 lines"))
    spoil(folder := broken(3), "X_test.txt", "\n", ",1\n")
    cases.append((folder, "line 1: expected 36 numbers, found 37"))
    spoil(folder := broken(4), "X_test.txt", ".", "√")
    cases.append((folder, "line 1 or after"))
    (folder := broken(5)).joinpath("Y_test.txt").unlink()
    cases.append((folder, "only one of them"))
    (folder := broken(6)).joinpath("Y_test.txt").write_text("\n")
    cases.append((folder, "empty"))
    for path, message in cases:
        with pytest.raises(SourceError, match=message) as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("options", [{"window": 0}, {"rate_hz": 0}])
def test_options_must_be_positive(options: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="more than 0"):
        read(fake.make(tmp_path), **options)


ROW = ",".join(["1.5"] * 36)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    poses=st.one_of(
        st.binary(max_size=80),
        st.lists(
            st.sampled_from([ROW, ROW + ",", ROW[:-1], ROW.replace("5", "e40"), "nan" + ROW[3:], ""])
        ).map(lambda rows: "\n".join([ROW, *rows]).encode()),
    ),
    labels=st.one_of(
        st.binary(max_size=9), st.lists(st.sampled_from("123467")).map("\n".join).map(str.encode)
    ),
)
def test_any_content_raises_only_our_own_errors(poses: bytes, labels: bytes, tmp_path: Path) -> None:
    (tmp_path / "X_test.txt").write_bytes(poses)
    (tmp_path / "Y_test.txt").write_bytes(labels)
    try:
        assert read(tmp_path, window=1)
    except PoseactError as error:
        assert "\n" not in str(error)
