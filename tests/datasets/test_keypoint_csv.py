"""The tidy CSV: exact round trips, simpler tables, and what is refused."""

import csv
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_csv import make
from fake_people import assert_same, awkward_clip, walkers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_fuzz import spoiled_table

from poseact.clip import Clip
from poseact.datasets import (
    DATASETS,
    read_coco_json,
    read_har_video,
    read_keypoint_csv,
    read_openpose_json,
    write_coco_json,
    write_keypoint_csv,
    write_openpose_json,
)
from poseact.errors import InvalidInputError, OutputError, PoseactError, SourceError
from poseact.layouts import COCO17, NTU25, OPENPOSE18, OPENPOSE25
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout


def test_a_table_of_a_data_frame(tmp_path: Path) -> None:
    a, b = read_keypoint_csv(make(tmp_path))
    assert (a.name, a.label, a.subject, a.camera) == ("a", "walk", "anna", None)
    assert b.sequence.layout is COCO17 and b.sequence.units == "px"
    np.testing.assert_allclose(b.sequence.timestamps, np.arange(4) / 25)
    expected = walkers(2, 4, 17)
    expected[:, :, 5] = np.nan
    np.testing.assert_allclose(b.sequence.keypoints, expected, atol=0.006)
    assert (b.sequence.confidence[:, :, 5] == 0).all()


@pytest.mark.parametrize(
    ("layout", "units", "dimensions"),
    [(COCO17, "px", 2), (OPENPOSE18, "normalized", 2), (NTU25, "m", 3), (COCO17, "px", 3), (COCO17, "m", 2)],
)
def test_what_is_written_comes_back_as_it_was(
    layout: Any, units: Any, dimensions: int, tmp_path: Path
) -> None:
    clips = [
        awkward_clip('a, "b"\r\nc', layout=layout, units=units, dimensions=dimensions),
        awkward_clip("=ü", layout=layout, units=units, dimensions=dimensions, label=None, seed=1),
    ]
    path = tmp_path / "out.csv"
    write_keypoint_csv(iter(clips), path)
    for clip, again in zip(clips, read_keypoint_csv(path), strict=True):
        assert_same(clip, again)


def test_odd_sequences_come_back_too(tmp_path: Path) -> None:
    fish = SkeletonLayout(
        "fish", ("head", "fin_x", "Tail fin"), (("fin_x", "head"), ("Tail fin", "head")), "head"
    )
    rng = np.random.default_rng(0)
    half_seen = rng.normal(size=(2, 3, 3, 2)).astype(np.float32)
    half_seen[0, 1, 2, 0] = np.nan
    half_seen[1] = np.nan
    half_seen[0, 0, 0] = (1e-40, -3.4e11)
    times = np.array([-0.1, 0.1 + 0.2, 1 / 3])
    clips = [
        Clip(
            PoseSequence(half_seen, np.full((2, 3, 3), 0.1), times, fish, track_ids=np.array([-3, -9])),
            "x",
            "a",
        ),
        Clip(PoseSequence(np.zeros((0, 2, 3, 2)), np.zeros((0, 2, 3)), np.arange(2), fish), None, "nobody"),
        Clip(PoseSequence(np.zeros((1, 1, 3, 2)), np.zeros((1, 1, 3)), np.zeros(1), fish), "x", "zeros"),
    ]
    path = tmp_path / "out.csv"
    write_keypoint_csv(clips, path)
    for clip, again in zip(clips, read_keypoint_csv(path), strict=True):
        assert_same(clip, again)


def test_a_spreadsheet_sees_short_numbers_and_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_keypoint_csv([awkward_clip("a", layout=COCO17)], path)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert rows[0]["clip"] == "a" and rows[0]["nose_x_px"] == "0.33333334"
    assert rows[0]["splits"] == "xsub=train;5-fold=3"
    assert rows[0]["left_ear_x_px"] == "" and rows[0]["left_ear_confidence"] == "0.0"
    # Three people in the first frame (one is never seen), then those who are there, one row for nobody.
    assert [row["frame"] for row in rows] == ["0", "0", "0", "1", "1", "2", "3", "4", "5"]
    assert [row["track_id"] for row in rows] == ["7", "3", "11", "7", "3", "7", "7", "", "7"]


def table(rows: list[str], *, header: str = "nose_x,nose_y,tail_x,tail_y") -> str:
    return "\n".join([header, *rows]) + "\n"


def read(folder: Path, text: str, **options: Any) -> list[Clip]:
    path = folder / "gym.csv"
    path.write_text(text, encoding="utf-8")
    return list(read_keypoint_csv(path, **options))


def test_only_joints_are_needed(tmp_path: Path) -> None:
    (clip,) = read(tmp_path, table(["1,2,30,4", ",,,", "1,2,,"]), rate_hz=10, frame_size="64x48")
    assert (clip.name, clip.label, clip.sequence.units) == ("gym", None, "px")
    assert clip.sequence.layout.joint_names == ("nose", "tail")
    assert clip.sequence.timestamps.tolist() == [0, 0.1, 0.2]
    assert clip.sequence.confidence[0].tolist() == [[1, 1], [0, 0], [1, 0]]
    assert clip.sequence.frame_size_wh == (64, 48)
    assert clip.sequence.num_persons == 1
    (clip,) = read(tmp_path, table([".1;.2;.3;.4"]).replace(",", ";"))
    assert clip.sequence.units == "normalized"
    (clip,) = read(tmp_path, table([".1,.2,.3,.4"]), units="m")
    assert clip.sequence.units == "m"


def test_people_without_ids_are_tracked_and_frames_are_times(tmp_path: Path) -> None:
    xy = walkers(2, 3, 2)
    rows = [
        f"{t + 5},{','.join(str(n) for n in xy[m, t].ravel().tolist())}"
        for t in range(3)
        for m in ((0, 1) if t % 2 else (1, 0))
    ]
    (clip,) = read(tmp_path, table(rows, header="frame,nose_x,nose_y,tail_x,tail_y"), rate_hz=10)
    np.testing.assert_allclose(clip.sequence.timestamps, [0.5, 0.6, 0.7])
    np.testing.assert_allclose(clip.sequence.keypoints, xy[::-1], rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty file"),
        (table([]), "only a header"),
        ("a,b\n1,2\n", "'a', 'b'"),
        (table(["1,2,3,4"], header="nose_x,nose_y,nose_x,nose_y"), "'nose_x'"),
        (table(["1,2,3,4"], header="nose_x_px,nose_y_px,tail_x,tail_y"), "all in one unit"),
        (table(["1,2,3,4"], header="nose_x,nose_y,tail_x,tail_z"), "_x and _y"),
        (table(["1,2,3"], header="nose_x,nose_y,tail_confidence"), "'nose', 'tail'"),
        (table(["1,2,3,4,5"], header="nose_x,nose_y,tail_x,tail_y,tail_confidence"), "'nose'"),
        (table(["1,2,3"]), "line 2: expected 4 cells, found 3"),
        (table(["1,2,3,4", "1,2,x,4"]), "line 3: tail_x: expected a number or nothing, found 'x'"),
        (table(["1,2,inf,4"]), "tail_x"),
        (table(["1,2,1_0,4"]), "tail_x"),
        (table(["1,2,1e39,4"]), "tail_x"),
        (table(["a,1,2", "b,1,2", "a,1,2"], header="clip,nose_x,nose_y"), "two places"),
        (table([",1,2,3,4"], header="clip,nose_x,nose_y,tail_x,tail_y"), "name in the column 'clip'"),
        (table(["a,1,2", "b,1,2"], header="label,nose_x,nose_y"), "label: expected 'a'"),
        (table(["1,1,2,3,4"], header="track_id,nose_x,nose_y,tail_x,tail_y"), "'time_s' or 'frame'"),
        (table(["1.5,1,2"], header="frame,nose_x,nose_y"), "frame: expected a whole number"),
        (table([",1,2,3,4"], header="time_s,nose_x,nose_y,tail_x,tail_y"), "time_s: expected seconds"),
        (table(["2,1,2,3,4", "1,1,2,3,4"], header="time_s,nose_x,nose_y,tail_x,tail_y"), "strictly rise"),
        (table(["0,5,1,2", "0,5,1,2"], header="time_s,track_id,nose_x,nose_y"), "at most once in a frame"),
        (table(["640,1,2"], header="width,nose_x,nose_y"), "width and height"),
        (table(["a,1,2"], header="splits,nose_x,nose_y"), "protocol=part"),
        (table(["1,2,2"], header="nose_x,nose_y,nose_confidence"), "numbers from 0 to 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value) and "gym.csv" in str(caught.value)


def test_a_broken_clip_does_not_end_the_reading(tmp_path: Path) -> None:
    heard: list[SourceError] = []
    rows = ["a,1,2,3,4", "b,x,2,3,4", "c,1,2,3,4"]
    clips = read(tmp_path, table(rows, header="clip,nose_x,nose_y,tail_x,tail_y"), on_broken=heard.append)
    assert [clip.name for clip in clips] == ["a", "c"] and len(heard) == 1
    with pytest.raises(InvalidInputError, match="units"):
        read(tmp_path, table(rows), units="cm")


def test_clips_that_one_table_cannot_hold_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    first = awkward_clip("a", layout=COCO17)
    sequence = first.sequence
    for bad, message in (
        (awkward_clip("b", layout=OPENPOSE18), "found openpose18"),
        (awkward_clip("b", layout=COCO17, units="normalized"), "found coco17, normalized"),
        (awkward_clip("b", layout=COCO17, dimensions=3), "3D"),
        (awkward_clip("a", layout=COCO17), "two clips"),
        (Clip(sequence.slice_frames(0, 0), "x", "b"), "no frame"),
        (Clip(sequence, "x", "b", splits={"a;b": "c"}), "splits"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            write_keypoint_csv([first, bad], path)
    with pytest.raises(OutputError, match="UTF-8"):
        write_keypoint_csv([Clip(sequence, "\ud800", "b")], path)
    with pytest.raises(OutputError):
        write_keypoint_csv([first], tmp_path / "nowhere" / "out.csv")
    assert list(tmp_path.iterdir()) == []


_TABLE = """clip,label,subject,width,height,frame,time_s,track_id,nose_x_px,nose_y_px,nose_confidence
a,walk,anna,640,480,0,0.0,1,5.5,3,0.9
a,walk,anna,640,480,0,0.0,2,105,3,0.9
a,walk,anna,640,480,1,0.1,,,,
b,wave,,640,480,0,0.0,1,5.5,3,0.9
"""


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.one_of(
        spoiled_table(_TABLE),
        spoiled_table(_TABLE),
        st.binary(max_size=120),
        st.tuples(
            st.sampled_from(["", "clip,", "frame,", "time_s,track_id,", "width,height,"]),
            st.text('0123456789.,-;ea_\n"\r\x00é\t ', max_size=80),
        ).map(lambda parts: f"{parts[0]}nose_x,nose_y\n{parts[1]}".encode()),
        st.text(max_size=80).map(lambda text: text.encode("utf-8", "replace")),
    )
)
def test_no_text_raises_another_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert DATASETS["csv"].detect(path) in (True, False)
    try:
        clips = list(read_keypoint_csv(path))
    except PoseactError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert clips


_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=10)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=_TEXT.filter(bool),
    label=st.none() | _TEXT.filter(bool),
    texts=st.tuples(*[st.none() | _TEXT.filter(bool)] * 4),
    values=st.lists(st.floats(-(2.0**39), 2.0**39, width=32) | st.just(float("nan")), min_size=8, max_size=8),
    times=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_any_clip_comes_back(
    name: str, label: str | None, texts: Any, values: list[float], times: list[float], tmp_path: Path
) -> None:
    layout = SkeletonLayout("two", ("a", "b"), (("b", "a"),), "a")
    keypoints = np.array(values, np.float32).reshape(1, 2, 2, 2)
    sequence = PoseSequence(keypoints, np.full((1, 2, 2), 0.3), np.array(times), layout)
    subject, camera, repetition, group = texts
    clip = Clip(sequence, label, name, subject, camera, repetition, group)
    write_keypoint_csv([clip], tmp_path / "a.csv")
    (again,) = read_keypoint_csv(tmp_path / "a.csv")
    assert_same(clip, again)


SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "har-video-mmpose-coco17"


@pytest.mark.real_data
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")
def test_real_clips_come_back_from_each_form(tmp_path: Path) -> None:
    clips = list(itertools.islice(read_har_video(SHARED), 0, 40, 8))
    write_keypoint_csv(clips, tmp_path / "a.csv")
    write_coco_json(clips, tmp_path / "a.json")
    for again in (read_keypoint_csv(tmp_path / "a.csv"), read_coco_json(tmp_path / "a.json")):
        for clip, second in zip(clips, again, strict=True):
            assert_same(clip, second)
    write_openpose_json(clips, tmp_path / "a")
    converted = {clip.name: clip for clip in read_openpose_json(tmp_path / "a")}
    for clip in clips:
        assert_same(replace(clip, sequence=clip.sequence.to_layout(OPENPOSE25)), converted[clip.name])
