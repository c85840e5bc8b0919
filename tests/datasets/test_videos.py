"""The user's own labelled spans: a CSV and saved poses."""

from pathlib import Path

import numpy as np
import pytest
import tiny_videos
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.datasets import DATASETS, detect_format, read_clips, read_videos
from poseact.datasets.videos import read_spans
from poseact.errors import PoseactError, SourceError
from poseact.layouts import COCO17
from poseact.sequence import PoseSequence


def save_poses(path: Path, *, people: int = 2, frames: int = 20) -> PoseSequence:
    keypoints = np.random.default_rng(0).normal(size=(people, frames, 17, 2)).astype(np.float32)
    sequence = PoseSequence(
        keypoints=keypoints,
        confidence=np.ones((people, frames, 17), np.float32),
        timestamps=np.arange(frames) / 10,
        layout=COCO17,
        track_ids=np.array([7, 9, 11][:people]),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    sequence.save(path)
    return sequence


def test_spans_are_cut_out_of_the_saved_poses(tmp_path: Path) -> None:
    whole = save_poses(tmp_path / "gym" / "übung.poses.npz")
    csv = tmp_path / "labels.csv"
    csv.write_text(
        "path,label,subject,start_s,end_s,track_id,group\n"
        "gym/übung.mp4,squat,anna,0.5,1.0,9,anna\n"
        "gym/übung.mp4,stand,,,,,\n",
        encoding="utf-8",
    )
    squat, stand = read_videos(csv)
    assert (squat.label, squat.subject, squat.group, squat.camera) == ("squat", "anna", "anna", None)
    np.testing.assert_array_equal(squat.sequence.keypoints[0], whole.keypoints[1, 5:10])
    assert stand.sequence.num_frames == 20
    assert stand.group == "gym/übung.mp4"
    assert stand.sequence.track_ids.tolist() == [7, 9]
    assert squat.name != stand.name


def test_videos_without_poses_beside_them_are_looked_at_once(tmp_path: Path) -> None:
    save_poses(tmp_path / "kept.poses.npz")
    tiny_videos.write_video(tmp_path / "kept.mp4", seed=1)
    tiny_videos.write_video(tmp_path / "new.mp4", seed=2, frames=10)
    tiny_videos.write_pictures(tmp_path / "pictures")
    csv = tmp_path / "labels.csv"
    csv.write_text(
        "path,label,start_s,end_s\nkept.mp4,a,,\nnew.mp4,b,0,0.2\n./new.mp4,c,0.2,\npictures,d,,\n"
    )
    clips = list(read_videos(csv, estimator="tiny_videos:OnePerson", workers=1))
    assert [clip.sequence.num_frames for clip in clips] == [20, 5, 5, 3]
    assert [clip.group for clip in clips] == ["kept.mp4", "new.mp4", "new.mp4", "pictures"]
    assert len(list((tmp_path / "poseact-poses").glob("tiny*/*.npz"))) == 2


def test_a_broken_or_missing_video_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    tiny_videos.write_video(tmp_path / "new.mp4")
    csv = tmp_path / "labels.csv"
    csv.write_text("path,label\nbroken.mp4,a\nnowhere.mp4,a\nnew.mp4,a\n")
    heard: list[SourceError] = []
    clips = list(read_videos(csv, estimator="tiny_videos:OnePerson", on_broken=heard.append))
    assert [clip.name for clip in clips] == ["new_0002"]
    assert [", line 2:" in str(heard[0]), ", line 3:" in str(heard[1])] == [True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path\nx.mp4\n", "path,label"),
        ("path,label,colour\nx.mp4,a,b\n", "path,label"),
        ("path,label,start_s,end_s\nx.mp4,a,2,1\n", "end_s > start_s"),
        ("path,label,start_s\nx.mp4,a,soon\n", "line 2"),
        ("path,label\nx.mp4\n", "as many cells"),
        ("path,label\nx.mp4,a,b\n", "as many cells"),
        ("path,label\nx.mp4,\n", "line 2: label: expected a class, found an empty cell"),
        ("path,label\n,a\n", "line 2: path: expected a video, found an empty cell"),
        ("path,label,track_id\nx.mp4,a,anna\n", "line 2: track_id: expected a whole number, found 'anna'"),
        ("path,label,track_id\nx.mp4,a,1.5\n", "line 2: track_id: expected a whole number"),
        (
            "path,label,start_s\n\nx.mp4,a,1_0\n",
            "line 3: start_s: expected seconds such as 12.5, found '1_0'",
        ),
        ("path,label,label\nx.mp4,a,b\n", "path,label"),
        ("path,label\nx.mp4,b\nnowhere.mp4,a\n", r"labels\.csv, line 3: expected a video .*nowhere.mp4"),
        ("path,label,track_id\nx.mp4,a,1\n", "line 2: .*no track 1"),
        ("path,label,start_s,end_s\nx.mp4,a,50,60\n", "line 2: .*no frame"),
        ("path,label\nother.npz,a\n", "found neither"),
        ("", "path,label"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str, tmp_path: Path) -> None:
    save_poses(tmp_path / "x.poses.npz")
    csv = tmp_path / "labels.csv"
    csv.write_text(text)
    with pytest.raises(SourceError, match=message):
        list(read_videos(csv))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=100),
        st.text('path,label_"\n\r;ab1\x00é', max_size=60).map(lambda t: f"path,label\n{t}".encode()),
    )
)
def test_any_text_gives_spans_or_our_own_error(content: bytes, tmp_path: Path) -> None:
    csv = tmp_path / "labels.csv"
    csv.write_bytes(content)
    try:
        spans = read_spans(csv)
    except PoseactError as error:
        assert str(error)
    else:
        assert all(span.path and span.label for span in spans)


@pytest.mark.parametrize(
    "text",
    [
        "path;label;start_s;end_s\nx.mp4;a;0,5;1\n",
        "path\tlabel\tstart_s\tend_s\nx.mp4\ta\t0.5\t1.0\n",
        "\ufeffPath, Label ,start_s,end_s,,\r\nx.mp4, a ,0.5,1,,\r\n,,,,,\r\n",
        'label,path,end_s,start_s\na,"x.mp4",1,"0,5"\n',
    ],
)
def test_tables_of_spreadsheets_are_read(text: str, tmp_path: Path) -> None:
    csv = tmp_path / "labels.csv"
    csv.write_text(text, encoding="utf-8", newline="")
    assert detect_format(csv).name == "videos"
    [span] = read_spans(csv)
    assert (span.path, span.label, span.start_s, span.end_s) == ("x.mp4", "a", 0.5, 1.0)


def test_other_encodings_and_folders_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes("path,label\nx.mp4,Übung\n".encode("cp1252"))
    with pytest.raises(SourceError, match=r"labels\.csv: .*not in UTF-8: save it as CSV UTF-8"):
        read_spans(tmp_path / "labels.csv")
    with pytest.raises(SourceError, match="expected a CSV of labelled videos, found a folder: name the CSV"):
        list(read_videos(tmp_path))


def test_a_table_with_a_fault_is_known_by_its_header(tmp_path: Path) -> None:
    csv = tmp_path / "labels.csv"
    for text, message in {
        "path,label,start_s\nx.mp4,a,soon\n": "line 2: start_s",
        "path,label,colour\nx.mp4,a,b\n": "found path, label, colour",
    }.items():
        csv.write_text(text)
        with pytest.raises(SourceError, match=message):
            list(read_clips(csv))
    # Poses with the picture's path and a label belong to another format.
    csv.write_text(",".join(["path", "label", *(f"{axis}{i}" for i in range(18) for axis in "xy")]) + "\n")
    assert not DATASETS["videos"].detect(csv)
