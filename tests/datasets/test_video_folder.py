"""One's own videos in class folders: which files are clips, and what their names tell."""

import logging
from pathlib import Path

import fake_video_folder
import numpy as np
import pytest
import tiny_videos

from poseact.datasets import detect_format, read_clips, read_video_folder
from poseact.datasets.video_folder import find_videos
from poseact.errors import InvalidInputError, SourceError
from poseact.pose_cache import PoseCache, default_cache_folder

ONE = "tiny_videos:OnePerson"


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_clips_have_what_their_names_tell(tmp_path: Path) -> None:
    root = fake_video_folder.make(tmp_path)
    one, other_view, nested, plain = read_video_folder(root)
    for clip, camera in ((one, "1"), (other_view, "2")):
        assert (clip.label, clip.subject, clip.camera, clip.repetition) == ("sitzen", "1", camera, "1")
    assert one.group == other_view.group == "S1A2R1"
    assert (nested.label, nested.name, nested.group) == ("wave", "wave_anna_1", "wave/anna/1.mp4")
    assert (plain.label, plain.name, plain.subject) == ("wave", "wave_übung", None)
    expected = tiny_videos.keep_poses(PoseCache(tmp_path / "x"), root / "wave/anna/1.mp4", seed=2)
    np.testing.assert_array_equal(nested.sequence.keypoints, expected.keypoints)


def test_poses_that_are_not_there_are_looked_for(tmp_path: Path) -> None:
    for number, name in enumerate(("sit/a.mp4", "walk/b.avi")):
        tiny_videos.write_video(tmp_path / name, seed=number)
    tiny_videos.write_pictures(tmp_path / "walk" / "c")
    clips = list(read_clips(tmp_path, estimator=ONE, workers=2, fps=10))
    assert [(clip.label, clip.name) for clip in clips] == [
        ("sit", "sit_a"),
        ("walk", "walk_b"),
        ("walk", "walk_c"),
    ]
    assert clips[2].sequence.timestamps.tolist() == [0, 0.1, 0.2]
    assert default_cache_folder(tmp_path).is_dir()
    again = list(read_clips(tmp_path, estimator=ONE, fps=10))
    assert [clip.name for clip in again] == [clip.name for clip in clips]


def test_the_cache_may_lie_elsewhere(tmp_path: Path) -> None:
    tiny_videos.write_video(tmp_path / "set" / "sit" / "a.mp4")
    list(read_video_folder(tmp_path / "set", cache=tmp_path / "kept", estimator=ONE))
    assert (tmp_path / "kept" / "index.json").parent.is_dir()
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["sit"]


def test_a_broken_video_is_told_of_after_all_others_are_done(tmp_path: Path) -> None:
    tiny_videos.write_video(tmp_path / "b" / "whole.mp4")
    touch(tmp_path, "a/broken.mp4")
    with pytest.raises(SourceError, match=r"broken\.mp4"):
        list(read_video_folder(tmp_path, estimator=ONE))
    heard: list[SourceError] = []
    clips = list(
        read_video_folder(tmp_path, on_broken=heard.append, cache=tmp_path / "poseact-poses", estimator=ONE)
    )
    assert [clip.name for clip in clips] == ["b_whole"]
    assert len(heard) == 1


def test_a_video_of_nobody_is_a_clip_of_no_person(tmp_path: Path) -> None:
    tiny_videos.write_video(tmp_path / "empty" / "a.mp4")
    [clip] = read_video_folder(tmp_path, estimator="tiny_videos:Nobody")
    assert (clip.sequence.num_persons, clip.sequence.num_frames) == (0, 3)


def test_only_videos_in_class_folders_count(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    touch(
        tmp_path,
        *("wave/a.MP4", "wave/.hidden.mp4", "wave/a.txt", "wave/thumbnail.png", "wave/deep/er/b.mov"),
        *("outside.mp4", ".git/x/c.mp4", "__MACOSX/wave/a.mp4", "poseact-poses/x/d.mp4", "photos/1.png"),
    )
    found = find_videos(tmp_path)
    assert [file.as_posix() for file in found.files] == ["wave/a.MP4", "wave/deep/er/b.mov"]
    assert found.num_ignored == 5
    with caplog.at_level(logging.INFO, logger="poseact"):
        list(read_video_folder(tmp_path, on_broken=lambda _: None, estimator=ONE))
    assert (
        "left out 5 files that are no videos in a class folder: "
        "outside.mp4, photos/1.png, wave/.hidden.mp4, ..." in caplog.text
    )


def test_one_file_that_is_left_out_is_one_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    touch(tmp_path, "wave/a.mp4", "notes.txt")
    with caplog.at_level(logging.INFO, logger="poseact"):
        list(read_video_folder(tmp_path, on_broken=lambda _: None, estimator=ONE))
    assert "left out 1 file that is no video in a class folder: notes.txt" in caplog.text


def test_poses_that_cannot_lie_beside_the_videos_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_videos.write_video(tmp_path / "set" / "wave" / "a.mp4")
    monkeypatch.setattr("poseact.pose_cache.os.access", lambda *_: False)
    monkeypatch.setattr(
        "poseact.pose_cache.platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "own")
    )
    with caplog.at_level(logging.INFO, logger="poseact"):
        list(read_video_folder(tmp_path / "set", estimator=ONE))
    told = [line for line in caplog.messages if "may not be written: the poses are kept in" in line]
    assert len(told) == 1 and str(tmp_path / "own") in told[0]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    touch(tmp_path, "wave/a.mp4")
    try:
        (tmp_path / "wave" / "again").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    assert len(find_videos(tmp_path).files) == 1


@pytest.mark.parametrize(
    ("names", "message"),
    [((), "found none"), (("a.mp4", "b.mp4"), "2 that lie in no class folder"), (("x/a.txt",), "found none")],
)
def test_nothing_to_read_is_said(names: tuple[str, ...], message: str, tmp_path: Path) -> None:
    touch(tmp_path, *names)
    with pytest.raises(SourceError, match=message):
        list(read_video_folder(tmp_path))


def test_names_stay_different(tmp_path: Path) -> None:
    names = ("a/b/c.mp4", "a/b_c.mp4", "a/b_c.avi", "a/b_c_avi.mp4", "A/B_c.mov")
    for number, name in enumerate(names):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        tiny_videos.write_video(tmp_path / "x.mp4", seed=number).rename(tmp_path / "set" / name)
    clips = list(read_video_folder(tmp_path / "set", estimator=ONE))
    assert len({clip.name.casefold() for clip in clips}) == len(clips) == len(names)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("S01C02A03R04.mp4", ("1", "2", "4")),
        ("s12c1a3r10_front.mp4", ("12", "1", "10")),
        ("S01C02A03R04b.mp4", (None, None, None)),
        ("xS01C02A03R04.mp4", (None, None, None)),
        ("S001C002P003R004A005_rgb.avi", (None, None, None)),
    ],
)
def test_the_recording_protocols_names(name: str, told: tuple[str | None, ...], tmp_path: Path) -> None:
    tiny_videos.write_video(tmp_path / "sit" / name)
    [clip] = read_video_folder(tmp_path, estimator=ONE)
    assert (clip.subject, clip.camera, clip.repetition) == told
    assert (clip.group == f"sit/{name}") == (told[0] is None)


def test_what_is_taken_for_a_folder_of_videos(tmp_path: Path) -> None:
    touch(tmp_path / "two", "wave/a.mp4", "sit/anna/b.mp4")
    assert detect_format(tmp_path / "two").name == "video-folder"
    touch(tmp_path / "one", "wave/a.mp4", "wave/b.mp4", "poseact-poses/x.mp4", ".x/a.mp4")
    assert detect_format(tmp_path / "one").name == "video-folder"
    touch(tmp_path / "flat", "a.mp4", "b.mp4")
    touch(tmp_path / "home", "Films/a.mp4", "Documents/b.txt")
    touch(tmp_path / "project", "videos/a.mp4")
    for folder in ("flat", "home", "project"):
        with pytest.raises(SourceError, match="none of the known formats"):
            detect_format(tmp_path / folder)


def test_wrong_options_are_refused(tmp_path: Path) -> None:
    tiny_videos.write_video(tmp_path / "sit" / "a.mp4")
    with pytest.raises(InvalidInputError, match="unknown estimator"):
        list(read_video_folder(tmp_path, estimator="yolo"))
    with pytest.raises(InvalidInputError, match="workers"):
        list(read_video_folder(tmp_path, workers=-1))


def test_real_people_are_found(tmp_path: Path, actor_video: Path, blazepose_weights_here: None) -> None:
    """The default estimator, in a process of its own, as `poseact pose` finds them."""
    (tmp_path / "squat").mkdir()
    (tmp_path / "squat" / "actor.mp4").write_bytes(actor_video.read_bytes())
    [clip] = read_video_folder(tmp_path, workers=1)
    assert clip.sequence.num_persons == 1
    assert clip.sequence.present.mean() > 0.98
