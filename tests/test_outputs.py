"""Writing a result from Python, as the command line does."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import poseact
from poseact.errors import OutputError, SourceError
from poseact.pose.recorded import RecordedPoses
from poseact.results import Result
from poseact.sequence import PoseSequence, read_origin
from poseact.video import VideoFile


@pytest.fixture(scope="module")
def result(blank_video: Path, poses_file: Path) -> Result:
    return poseact.predict(blank_video, estimator=RecordedPoses(poses_file), estimator_name="recorded")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_everything_is_written_under_the_videos_name(
    result: Result, blank_video: Path, tmp_path: Path
) -> None:
    files = poseact.write_results(result, tmp_path / "new" / "folder", source=blank_video)
    suffixes = [".poses.npz", ".csv", ".vtt", ".png", ".mp4", ".json"]
    assert [path.name for path in files] == [f"blank{suffix}" for suffix in suffixes]
    assert all(path.stat().st_size > 0 for path in files)
    origin = read_origin(files[0])
    assert origin is not None
    facts = json.loads(files[-1].read_text())["video"]
    assert origin["video"] == {key: facts[key] for key in ("name", "size_bytes", "fingerprint")}
    assert facts["size_bytes"] == blank_video.stat().st_size


def test_less_is_written_where_less_is_asked_for(result: Result, tmp_path: Path) -> None:
    poseact.write_results(result, tmp_path / "a", stem="mine")
    assert names(tmp_path / "a") == [f"mine{s}" for s in (".csv", ".json", ".png", ".poses.npz", ".vtt")]
    poseact.write_results(result, str(tmp_path / "b"), json_only=True)
    assert names(tmp_path / "b") == ["blank.json"]


def test_results_of_another_video_are_left_alone(result: Result, tmp_path: Path) -> None:
    other = replace(result, video=replace(result.video, fingerprint="00"))
    nameless = replace(
        result, video=replace(result.video, name="camera 0", size_bytes=None, fingerprint=None)
    )
    for _ in range(2):
        for one in (result, other, nameless):
            poseact.write_results(one, tmp_path, json_only=True)
    # Of what has no file nobody can say that it is the same again.
    assert names(tmp_path) == ["blank.json", "blank_mp4.json", "camera 0.json", "camera 0_2.json"]


def test_a_folder_of_pictures_keeps_its_whole_name(result: Result, tmp_path: Path) -> None:
    for name, stem in (("take.2", "take.2"), ("shot.png", "shot")):
        video = replace(result.video, name=name, codec="pictures")
        (path,) = poseact.write_results(replace(result, video=video), tmp_path, json_only=True)
        assert path.name == f"{stem}.json"


def test_the_video_itself_is_not_overwritten(result: Result, blank_video: Path, tmp_path: Path) -> None:
    video = tmp_path / "blank.mp4"
    video.write_bytes(blank_video.read_bytes())
    with pytest.raises(OutputError, match="overwrite the video itself"):
        poseact.write_results(result, tmp_path, source=video, stem="blank")
    assert names(tmp_path) == ["blank.mp4"]


def test_the_annotated_video_alone(result: Result, blank_video: Path, tmp_path: Path) -> None:
    poseact.write_annotated_video(result, blank_video, str(tmp_path / "a.mp4"))
    with VideoFile(tmp_path / "a.mp4") as video:
        assert sum(1 for _ in video) == result.poses.num_frames
    with pytest.raises(SourceError):
        poseact.write_annotated_video(result, tmp_path / "none.mp4", tmp_path / "b.mp4")


def test_a_folder_that_cannot_be_is_one_clear_error(result: Result, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written here"):
        poseact.write_results(result, tmp_path / "file")


def test_saved_poses_come_back(result: Result, tmp_path: Path) -> None:
    (path, *_) = poseact.write_results(result, tmp_path)
    assert PoseSequence.load(path).num_frames == result.poses.num_frames
