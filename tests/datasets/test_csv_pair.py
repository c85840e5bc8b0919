"""Keypoints in one CSV and labels in another: the forms of both, runs, and what does not fit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_csv_pair import lines, make, numbers
from fake_people import walkers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_fuzz import spoiled_table

from poseact.clip import Clip
from poseact.datasets import DATASETS, detect_format, read_csv_pair
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import COCO17, OPENPOSE18, OPENPOSE25

SPELLED = (
    "nose neck Rshoulder Relbow Rwrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle REye LEye "
    "REar LEar"
)


def pair(folder: Path, poses: list[str], labels: list[str], *, name: str = "keypoints.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(poses) + "\n", encoding="utf-8")
    (folder / "labels.csv").write_text("\n".join(labels) + "\n", encoding="utf-8")
    return folder


def spans(clips: list[Clip]) -> list[tuple[str | None, int]]:
    return [(clip.label, clip.sequence.num_frames) for clip in clips]


TWENTY = ["0"] * 8 + ["1"] * 7 + ["0"] * 5
RUNS = [("0", 8), ("1", 7), ("0", 5)]


def test_runs_of_one_label_are_clips(tmp_path: Path) -> None:
    folder = make(tmp_path)
    clips = list(read_csv_pair(folder, rate_hz=10, frame_size="640x480"))
    assert spans(clips) == RUNS
    assert [clip.name for clip in clips] == ["keypoints_0000", "keypoints_0001", "keypoints_0002"]
    assert {clip.group for clip in clips} == {"keypoints"}
    sequence = clips[1].sequence
    assert (sequence.layout, sequence.units, sequence.frame_size_wh) == (OPENPOSE18, "px", (640, 480))
    np.testing.assert_allclose(sequence.timestamps, np.arange(8, 15) / 10)
    true = walkers(1, 20, 18)[:, 8:15]
    true[:, :, 4] = np.nan
    np.testing.assert_allclose(sequence.keypoints, true, atol=0.006)
    assert np.isnan(sequence.keypoints[:, :, 4]).all()
    assert set(np.unique(sequence.confidence)) == {0, 1}


@pytest.mark.parametrize(
    "class_names", [{"CLOSE": 0, "OPEN": 1}, ["CLOSE", "OPEN"], "CLOSE,OPEN", '{"CLOSE": 0, "OPEN": 1}']
)
def test_numbers_get_names(class_names: Any, tmp_path: Path) -> None:
    clips = list(read_csv_pair(make(tmp_path), class_names=class_names))
    assert [clip.label for clip in clips] == ["CLOSE", "OPEN", "CLOSE"]


def _header(width: int, *first: str) -> str:
    ends = "xyc"[:width]
    return ",".join([*first, *(f"{joint}_{end}" for joint in SPELLED.split() for end in ends)])


ROWS = lines(numbers())
WITH_CONFIDENCE = lines(numbers(confidence=True))


@pytest.mark.parametrize(
    "poses",
    [
        ROWS,
        WITH_CONFIDENCE,
        [row.replace(",", ";") for row in ROWS],
        [",".join(str(i) for i in range(36)), *ROWS],
        [",".join(["", *(str(i) for i in range(36))]), *(f"{i},{row}" for i, row in enumerate(ROWS))],
        [_header(2), *ROWS],
        [_header(3), *WITH_CONFIDENCE],
        [_header(2, "image"), *(f"door_{i:03d}.jpg,{row}" for i, row in enumerate(ROWS))],
        [_header(2, "", "frame"), *(f"{i},{i},{row}" for i, row in enumerate(ROWS))],
        [f"door_{i:03d}.jpg,{row}" for i, row in enumerate(ROWS)],
        [f"{i},{row}" for i, row in enumerate(ROWS)],
        [f"{i},0,{row}" for i, row in enumerate(ROWS)],
        [",".join(f"{a}{i}" for i in range(18) for a in "xy"), *ROWS],
        [",".join(f"joint_{i}_{a}" for i in range(1, 19) for a in ("x", "y")), *ROWS],
    ],
)
@pytest.mark.parametrize(
    "labels",
    [
        TWENTY,
        ["label", *TWENTY],
        ["0", *TWENTY],
        [",label", *(f"{i},{label}" for i, label in enumerate(TWENTY))],
        ["frame,class", *(f"{i},{label}" for i, label in enumerate(TWENTY))],
        ["start,end,label", "0,7,0", "8,14,1", "15,19,0"],
        ["0,8,0", "8,15,1", "15,20,0"],
    ],
)
def test_every_form_of_the_two_tables(poses: list[str], labels: list[str], tmp_path: Path) -> None:
    folder = pair(tmp_path / "a", poses, labels)
    assert detect_format(folder).name == "csv-pair"
    clips = list(read_csv_pair(folder))
    assert spans(clips) == RUNS
    sequence = clips[0].sequence
    assert sequence.layout is OPENPOSE18 and sequence.num_persons == 1
    np.testing.assert_allclose(sequence.keypoints[0, 3, 9], walkers(1, 20, 18)[0, 3, 9], atol=0.006)
    assert np.isnan(sequence.keypoints[:, :, 4]).all()


def test_a_column_of_labels_makes_a_second_file_needless(tmp_path: Path) -> None:
    path = tmp_path / "sit.csv"
    rows = [f"{row},{label}" for row, label in zip(ROWS, ["sit"] * 9 + ["walk"] * 11, strict=True)]
    path.write_text("\n".join([_header(2) + ",class", *rows]))
    assert detect_format(path).name == "csv-pair"
    assert spans(list(read_csv_pair(path))) == [("sit", 9), ("walk", 11)]


def test_other_joints_in_any_order_are_told_by_name(tmp_path: Path) -> None:
    order = list(reversed(COCO17.joint_names))
    xy = walkers(1, 3, 17)[0][:, ::-1]
    rows = [",".join(str(float(n)) for n in row.ravel()) for row in xy]
    folder = pair(tmp_path / "a", [",".join(f"{n}_{a}" for n in order for a in ("X", "Y")), *rows], ["a"] * 3)
    (clip,) = read_csv_pair(folder)
    assert clip.sequence.layout is COCO17
    np.testing.assert_array_equal(clip.sequence.keypoints[0], walkers(1, 3, 17)[0])
    header = ",".join(f"{a}{i}" for a in "xy" for i in range(25))
    block = walkers(1, 3, 25)[0].transpose(0, 2, 1)
    rows = [",".join(str(float(n)) for n in row.ravel()) for row in block]
    (clip,) = read_csv_pair(pair(tmp_path / "b", [header, *rows], ["a"] * 3))
    assert clip.sequence.layout is OPENPOSE25
    np.testing.assert_array_equal(clip.sequence.keypoints[0], walkers(1, 3, 25)[0])


def test_gaps_and_other_recordings_end_a_clip(tmp_path: Path) -> None:
    names = [f"anna_{i}.jpg" for i in (0, 5, 10, 20, 25)] + [f"ben_{i}.jpg" for i in (30, 35)]
    poses = [f"{name},{row}" for name, row in zip(names, ROWS, strict=False)]
    clips = list(read_csv_pair(pair(tmp_path / "a", poses, ["x"] * 7), rate_hz=10))
    assert spans(clips) == [("x", 3), ("x", 2), ("x", 2)]
    np.testing.assert_allclose(clips[1].sequence.timestamps, [2, 2.5])
    labels = ["name,label", *(f"{name},{'a' if 'anna' in name else 'b'}" for name in reversed(names))]
    assert spans(list(read_csv_pair(pair(tmp_path / "b", poses, labels)))) == [("a", 3), ("a", 2), ("b", 2)]


def test_several_people_in_a_picture(tmp_path: Path) -> None:
    xy = walkers(2, 6, 18)
    rows = [
        f"{t}.jpg,{m},{','.join(str(float(n)) for n in xy[m, t].ravel())}" for t in range(6) for m in (1, 0)
    ]
    folder = pair(tmp_path / "a", rows, ["a"] * 4 + ["b"] * 2)
    first, second = read_csv_pair(folder)
    assert first.sequence.track_ids.tolist() == [1, 0] and second.sequence.num_frames == 2
    np.testing.assert_array_equal(first.sequence.keypoints, xy[::-1, :4])
    per_row = [label for label in ["a"] * 4 + ["b"] * 2 for _ in range(2)]
    assert spans(list(read_csv_pair(pair(tmp_path / "a", rows, per_row)))) == [("a", 4), ("b", 2)]
    with pytest.raises(SourceError, match="one label for all people"):
        list(read_csv_pair(pair(tmp_path / "a", rows, ["a", "b", *per_row[2:]])))
    unnamed = [row.split(",")[0] + "," + row.split(",", 2)[2] for row in rows]
    (clip,) = read_csv_pair(pair(tmp_path / "b", unnamed, ["a"] * 6))
    np.testing.assert_array_equal(clip.sequence.keypoints, xy[::-1])


def test_frames_without_label_or_person(tmp_path: Path) -> None:
    poses = [*ROWS[:5], "," * 35, *ROWS[6:]]
    labels = ["start,end,label", "2,7,walk", "15,19,sit"]
    clips = list(read_csv_pair(pair(tmp_path / "a", poses, labels)))
    assert spans(clips) == [("walk", 6), ("sit", 5)]
    assert clips[0].sequence.present.tolist() == [[True, True, True, False, True, True]]


def test_several_pairs_in_a_folder(tmp_path: Path) -> None:
    folder = pair(tmp_path / "a", ROWS, TWENTY, name="X_train.csv")
    (folder / "labels.csv").rename(folder / "y_train.csv")
    (folder / "door2.csv").write_text("\n".join(ROWS[:3]))
    (folder / "door2_labels.csv").write_text("a\na\na\n")
    assert {clip.group for clip in read_csv_pair(folder)} == {"X_train", "door2"}
    assert spans(list(read_csv_pair(folder / "door2.csv"))) == [("a", 3)]
    assert spans(list(read_csv_pair(folder / "X_train.csv", labels=folder / "y_train.csv"))) == RUNS
    (folder / "alone.csv").write_text("\n".join(ROWS[:3]))
    heard: list[SourceError] = []
    assert len(list(read_csv_pair(folder, on_broken=heard.append))) == 4
    assert len(heard) == 1 and "alone_labels.csv" in str(heard[0])


@pytest.mark.parametrize(
    ("poses", "labels", "message"),
    [
        (ROWS, TWENTY[:-2], "each of 20 rows, found 18"),
        (ROWS, [*TWENTY, "1", "1"], "found 22"),
        (ROWS, [], "found an empty file"),
        ([_header(2)], TWENTY, "only a header"),
        (ROWS, [""] * 20, "empty file"),
        (ROWS, ["start,end,label"], "only a header"),
        ([row.rpartition(",")[0] for row in ROWS], TWENTY, "36 or 54 numbers a row"),
        ([*ROWS[:3], ROWS[3] + ",1", *ROWS[4:]], TWENTY, "line 4: expected 36 cells, found 37"),
        (
            [*ROWS[:3], ROWS[3].replace(",", ",x", 1), *ROWS[4:]],
            TWENTY,
            "line 4: column 2: expected a number",
        ),
        ([_header(2) + ",note", *(row + ",1" for row in ROWS)], TWENTY, "'note'"),
        ([_header(2).replace("LEar_y", "LEar_c"), *ROWS], TWENTY, "of every joint alike"),
        ([",".join(f"{a}{i}" for i in range(20) for a in "xy"), *ROWS], TWENTY, "17, 18 or 25"),
        ([f"{i}.5,{row}" for i, row in enumerate(ROWS)], TWENTY, "frame: expected a whole number"),
        (ROWS, ["start,end,label", "0,20,a"], None),
        (ROWS, ["start,end,label", "0,21,a"], r"frames of 0\.\.19, found 0\.\.21"),
        (ROWS, ["start,end,label", "5,3,a"], r"5\.\.3"),
        (ROWS, ["start,end,label", "0,9,a", "8,12,b"], "two of them"),
        (ROWS, ["start,end,label", "0,x,a"], "end: expected a whole number"),
        (ROWS, ["frame,label", *(f"{i + 3},a" for i in range(19)), "40,b"], "only one of the two files has"),
        (ROWS, ["frame,label", *(f"{i},a" for i in range(20)), "3,b"], "two for '3'"),
        (ROWS, ["a,b,c,d"] * 20, "column of labels"),
        (ROWS, [*TWENTY[:-1], "1,2"], "expected 1 cells, found 2"),
    ],
)
def test_what_does_not_fit_is_said(
    poses: list[str], labels: list[str], message: str | None, tmp_path: Path
) -> None:
    folder = pair(tmp_path / "a", poses, labels)
    if message is None:
        assert spans(list(read_csv_pair(folder))) == [("a", 20)]
        return
    with pytest.raises(SourceError, match=message) as caught:
        list(read_csv_pair(folder))
    assert "\n" not in str(caught.value)


def test_bad_options_and_lonely_files_are_refused(tmp_path: Path) -> None:
    folder = make(tmp_path)
    for options, message in (
        ({"class_names": ""}, "class_names"),
        ({"class_names": "{"}, "class_names"),
        ({"units": "cm"}, "units"),
        ({"rate_hz": -1}, "rate_hz"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            list(read_csv_pair(folder, **options))  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="labels of 0, found '1'"):
        list(read_csv_pair(folder, class_names=["CLOSE"]))
    with pytest.raises(SourceError, match="no such"):
        list(read_csv_pair(folder, labels=tmp_path / "nowhere.csv"))
    (folder / "labels.csv").unlink()
    with pytest.raises(SourceError, match=r"keypoints_labels\.csv"):
        list(read_csv_pair(folder))
    assert not DATASETS["csv-pair"].detect(folder)


def test_overlapping_ends_can_be_told(tmp_path: Path) -> None:
    folder = pair(tmp_path / "a", ROWS, ["start,end,label", "0,8,a", "10,19,b"])
    assert spans(list(read_csv_pair(folder))) == [("a", 9), ("b", 10)]
    assert spans(list(read_csv_pair(folder, end_inclusive=False))) == [("a", 8), ("b", 9)]


_PEOPLE = [f"{i // 2}.jpg,{i % 2},{row}" for i, row in enumerate(WITH_CONFIDENCE)]
_TEXT = st.text('0123456789.,-;ea_\n"\r\x00é\t labelframstnd', max_size=80).map(str.encode)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    poses=st.one_of(
        st.just("\n".join(ROWS).encode()),
        spoiled_table("\n".join(ROWS)),
        spoiled_table("\n".join([_header(3, "image", "person"), *_PEOPLE])),
        st.binary(max_size=80),
        _TEXT.map(lambda text: (_header(2) + "\n").encode() + text),
        st.tuples(_TEXT, st.sampled_from(ROWS)).map(lambda parts: parts[1].encode() + b"\n" + parts[0]),
    ),
    labels=st.one_of(
        st.just("\n".join(TWENTY).encode()),
        spoiled_table("\n".join(TWENTY)),
        spoiled_table("start,end,label\n0,7,a\n8,14,b"),
        spoiled_table("\n".join(["frame,class", *(f"{i},{label}" for i, label in enumerate(TWENTY))])),
        st.binary(max_size=40),
        _TEXT,
    ),
    class_names=st.sampled_from([None, "a,b"]),
)
def test_no_text_raises_another_error(
    poses: bytes, labels: bytes, class_names: str | None, tmp_path: Path
) -> None:
    (tmp_path / "keypoints.csv").write_bytes(poses)
    (tmp_path / "labels.csv").write_bytes(labels)
    assert DATASETS["csv-pair"].detect(tmp_path) in (True, False)
    try:
        clips = list(read_csv_pair(tmp_path, class_names=class_names))
    except PoseactError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert clips and json.dumps([clip.label for clip in clips])
