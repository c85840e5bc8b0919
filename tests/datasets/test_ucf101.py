"""UCF101: names, groups, and the official lists."""

from pathlib import Path

import fake_ucf101
import pytest
import tiny_videos
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.datasets import read_clips, read_ucf101
from poseact.datasets.ucf101 import snake_case
from poseact.errors import PoseactError, SourceError

ONE = "tiny_videos:OnePerson"
EXPECTED = {
    "v_ApplyEyeMakeup_g01_c01": ("apply_eye_makeup", "ApplyEyeMakeup_g01", ("test", "train", "train")),
    "v_ApplyEyeMakeup_g08_c01": ("apply_eye_makeup", "ApplyEyeMakeup_g08", ("train", "test", "train")),
    "v_ApplyEyeMakeup_g22_c01": ("apply_eye_makeup", "ApplyEyeMakeup_g22", ("train", "train", "train")),
    "v_HandStandPushups_g01_c02": ("handstand_pushups", "HandstandPushups_g01", ("test", "train", "train")),
    "v_YoYo_g25_c05": ("yo_yo", "YoYo_g25", ("train", "train", "train")),
}


@pytest.mark.parametrize("lists", ["there", "left out"])
def test_the_parts_are_the_official_ones_with_and_without_the_lists(lists: str, tmp_path: Path) -> None:
    root = fake_ucf101.make(tmp_path)
    if lists == "left out":
        for path in (root / "ucfTrainTestlist").iterdir():
            path.unlink()
    clips = {clip.name: clip for clip in read_clips(root)}
    told = {
        name: (clip.label, clip.group, tuple(clip.splits[f"split{n}"] for n in (1, 2, 3)))
        for name, clip in clips.items()
    }
    assert told == EXPECTED


def test_the_lists_count_where_they_say_otherwise(tmp_path: Path) -> None:
    """E.g. those of a part of the set: what is in no list belongs to no part."""
    root = fake_ucf101.make(tmp_path)
    own = tmp_path / "own"
    own.mkdir()
    (own / "trainlist01.txt").write_text("ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi 1\n")
    (own / "testlist01.txt").write_text("ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi\n")
    clips = {clip.name: clip for clip in read_ucf101(root, split_lists=own)}
    assert clips["v_ApplyEyeMakeup_g01_c01"].splits["split1"] == "train"
    assert clips["v_ApplyEyeMakeup_g08_c01"].splits["split1"] == "test"
    assert "split1" not in clips["v_YoYo_g25_c05"].splits
    assert clips["v_YoYo_g25_c05"].splits["split2"] == "train"


def test_the_class_folders_may_be_given_themselves(tmp_path: Path) -> None:
    root = fake_ucf101.make(tmp_path)
    clips = list(read_clips(root / "UCF-101", estimator=ONE, cache=tmp_path / "cache"))
    assert {clip.name for clip in clips} == set(EXPECTED)
    assert clips[0].splits["split1"] == "test"


def test_a_video_of_another_name_is_told_of(tmp_path: Path) -> None:
    root = fake_ucf101.make(tmp_path)
    tiny_videos.write_video(root / "UCF-101" / "YoYo" / "mine.avi", seed=50)
    heard: list[SourceError] = []
    assert len(list(read_ucf101(root, on_broken=heard.append))) == 5
    assert "mine.avi" in str(heard[0])


def test_a_list_that_is_none_is_refused_by_its_line(tmp_path: Path) -> None:
    root = fake_ucf101.make(tmp_path)
    (root / "ucfTrainTestlist" / "testlist02.txt").write_text("YoYo/v_YoYo_g08_c01.avi\nsomething else\n")
    with pytest.raises(SourceError, match=r"testlist02\.txt, line 2"):
        list(read_ucf101(root))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=60), st.text("vYo_g08c1./ \n", max_size=60).map(str.encode)))
def test_any_list_gives_clips_or_our_own_error(content: bytes, tmp_path: Path) -> None:
    root = tmp_path / "ucf"
    if not root.exists():
        fake_ucf101.make(tmp_path)
    (root / "ucfTrainTestlist" / "trainlist03.txt").write_bytes(content)
    try:
        assert len(list(read_ucf101(root))) == 5
    except PoseactError as error:
        assert "trainlist03.txt" in str(error)


def test_names_in_words() -> None:
    assert [snake_case(name) for name in ("TaiChi", "YoYo", "Punch", "BoxingPunchingBag")] == [
        *("tai_chi", "yo_yo", "punch", "boxing_punching_bag")
    ]
