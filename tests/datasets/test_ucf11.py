"""UCF11: names, groups and folds."""

from pathlib import Path

import fake_ucf11
import pytest
import tiny_videos

from poseact.datasets import detect_format, read_clips, read_ucf11
from poseact.errors import SourceError


def test_groups_are_folds(tmp_path: Path) -> None:
    root = fake_ucf11.make(tmp_path)
    told = [(clip.name, clip.label, clip.group, dict(clip.splits)) for clip in read_clips(root)]
    assert told == [
        ("v_shooting_01_01", "basketball", "basketball_01", {"logo": "1"}),
        ("v_shooting_01_02", "basketball", "basketball_01", {"logo": "1"}),
        ("v_shooting_25_01", "basketball", "basketball_25", {"logo": "25"}),
        ("v_walk_dog_01_01", "walking", "walking_01", {"logo": "1"}),
    ]


def test_the_folder_above_may_be_given(tmp_path: Path) -> None:
    fake_ucf11.make(tmp_path)
    assert detect_format(tmp_path).name == "ucf11"
    clips = read_ucf11(tmp_path, cache=tmp_path / "UCF11_updated_mpg" / "poseact-poses")
    assert [clip.label for clip in clips] == ["basketball"] * 3 + ["walking"]


def test_a_video_of_another_name_is_told_of(tmp_path: Path) -> None:
    root = fake_ucf11.make(tmp_path)
    tiny_videos.write_video(root / "walking" / "mine.mpg", seed=50)
    with pytest.raises(SourceError, match=r"mine\.mpg: expected a name like v_shooting_01_01"):
        list(read_ucf11(root))
    heard: list[SourceError] = []
    assert len(list(read_ucf11(root, on_broken=heard.append))) == 4
    assert len(heard) == 1
