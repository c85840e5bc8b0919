"""HMDB51: what the names tell, and the official lists."""

from pathlib import Path

import fake_hmdb51
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.datasets import read_clips, read_hmdb51
from poseact.errors import PoseactError, SourceError


def test_clips_have_what_their_names_and_the_lists_tell(tmp_path: Path) -> None:
    clips = list(read_clips(fake_hmdb51.make(tmp_path)))
    assert [(clip.label, clip.group, clip.camera, dict(clip.splits)) for clip in clips] == [
        ("brush_hair", "April_09", "back", {"split1": "train", "split2": "test"}),
        ("brush_hair", "April_09", "back", {"split1": "train", "split2": "test"}),
        ("punch", "(Rad)Schlag_die_Bank!", "left", {"split3": "test"}),
        (
            "punch",
            "AdvancedBoxingTechniquesandExercises",
            "back",
            {"split1": "test", "split2": "train", "split3": "train"},
        ),
        (
            "somersault",
            "Dive_and_roll_compilation(Parkour)",
            "front",
            {"split1": "train", "split2": "train", "split3": "train"},
        ),
    ]


def test_without_lists_clips_are_of_no_part(tmp_path: Path) -> None:
    root = fake_hmdb51.make(tmp_path)
    (root / "testTrainMulti_7030_splits").rename(tmp_path / "lists")
    assert not any(clip.splits for clip in read_hmdb51(root))
    assert all(clip.splits for clip in read_hmdb51(root, split_lists=tmp_path / "lists"))


def test_a_video_of_another_name_is_told_of(tmp_path: Path) -> None:
    root = fake_hmdb51.make(tmp_path)
    (root / "videos" / "punch" / "mine.avi").write_bytes(b"")
    heard: list[SourceError] = []
    assert len(list(read_hmdb51(root, on_broken=heard.append))) == 5
    assert "mine.avi" in str(heard[0])


def test_a_list_that_is_none_is_refused_by_its_line(tmp_path: Path) -> None:
    root = fake_hmdb51.make(tmp_path)
    path = root / "testTrainMulti_7030_splits" / "punch_test_split2.txt"
    path.write_text("a b c.avi 1\nx.avi 3\n")
    with pytest.raises(SourceError, match=r"punch_test_split2\.txt, line 2: expected a file and 0, 1 or 2"):
        list(read_hmdb51(root))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=60), st.text("a.vi 012\n\r\t", max_size=60).map(str.encode)))
def test_any_list_gives_clips_or_our_own_error(content: bytes, tmp_path: Path) -> None:
    root = tmp_path / "hmdb"
    if not root.exists():
        fake_hmdb51.make(tmp_path)
    (root / "testTrainMulti_7030_splits" / "punch_test_split1.txt").write_bytes(content)
    try:
        assert len(list(read_hmdb51(root))) == 5
    except PoseactError as error:
        assert "punch_test_split1.txt" in str(error)
