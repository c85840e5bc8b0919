"""Which videos a user means, and what their results are called."""

from pathlib import Path

import numpy as np
import pytest

from poseact.recording import ANNOTATED_COMMENT
from poseact.sources import find_sources
from poseact.video import VideoWriter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.AVI", "notes.txt", ".hidden.mp4", "sub/c.webm", "pictures/1.png", "empty/x.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_a_folder_stands_for_its_videos(folder: Path) -> None:
    assert [p.name for p in find_sources([str(folder)]).videos] == ["a.AVI", "b.mp4"]
    deep = find_sources([str(folder)], recursive=True)
    assert [p.name for p in deep.videos] == ["a.AVI", "b.mp4", "c.webm"]


def test_a_folder_of_pictures_is_one_source(folder: Path) -> None:
    assert find_sources([str(folder / "pictures")]).videos == (folder / "pictures",)


def test_a_file_is_taken_whatever_its_name(folder: Path) -> None:
    assert find_sources([str(folder / "notes.txt")]).videos == (folder / "notes.txt",)


def test_patterns_are_expanded_and_nothing_comes_twice(folder: Path) -> None:
    found = find_sources([str(folder / "*.mp4"), str(folder), str(folder / "b.mp4")])
    assert [p.name for p in found.videos] == ["b.mp4", "a.AVI"]
    assert find_sources([str(folder / "**" / "*.webm")]).videos == (folder / "sub" / "c.webm",)


def test_one_file_by_two_ways_comes_once(folder: Path) -> None:
    asked = [
        folder / "b.mp4",
        folder / "sub" / ".." / "b.mp4",
        folder / "pictures",
        folder / "sub/../pictures",
    ]
    assert find_sources(list(map(str, asked))).videos == (asked[0], asked[2])


def test_what_poseact_annotated_is_left_out_of_a_folder_but_may_be_named(folder: Path) -> None:
    made = folder / "sub" / "b.mp4"
    with VideoWriter(made, comment=ANNOTATED_COMMENT) as writer:
        writer.write(np.zeros((16, 16, 3), np.uint8), 0)
    with VideoWriter(folder / "sub" / "mine.mp4", comment="by me") as writer:
        writer.write(np.zeros((16, 16, 3), np.uint8), 0)
    found = find_sources([str(folder)], recursive=True)
    assert [p.name for p in found.videos] == ["a.AVI", "b.mp4", "c.webm", "mine.mp4"]
    assert found.annotated == (made,)
    named = find_sources([str(folder), str(made)], recursive=True)
    assert named.videos[-1] == made
    assert named.annotated == ()


def test_a_folder_of_annotated_videos_alone_says_so(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", comment=ANNOTATED_COMMENT) as writer:
        writer.write(np.zeros((16, 16, 3), np.uint8), 0)
    found = find_sources([str(tmp_path)])
    assert found.videos == ()
    assert found.annotated == (tmp_path / "a.mp4",)
    assert "only such as poseact annotated" in found.problems[0]


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "take[1].mp4").touch()
    assert find_sources([str(tmp_path / "take[1].mp4")]).videos == (tmp_path / "take[1].mp4",)


def test_what_is_not_there_is_said_and_the_rest_is_kept(folder: Path) -> None:
    found = find_sources([str(folder / "no.mp4"), str(folder / "b.mp4"), str(folder / "*.zzz")])
    assert [p.name for p in found.videos] == ["b.mp4"]
    assert [problem.split(": ")[-1] for problem in found.problems] == [
        "no such file or folder",
        "no file matches this pattern",
    ]


def test_a_folder_without_videos_says_so(folder: Path) -> None:
    (problem,) = find_sources([str(folder / "empty")]).problems
    assert "found none" in problem
    (folder / "empty" / "deeper").mkdir()
    (problem,) = find_sources([str(folder / "empty")]).problems
    assert "--recursive" in problem


def test_pictures_given_one_by_one_are_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    for number in range(3):
        (tmp_path / "frames" / f"{number}.png").touch()
    (tmp_path / "a.mp4").touch()
    asked = [str(tmp_path / "frames" / "*.png"), str(tmp_path / "a.mp4")]
    found = find_sources(asked)
    assert found.videos == (tmp_path / "a.mp4",)
    (problem,) = found.problems
    assert "3 pictures" in problem
    assert "give the folder instead" in problem
    assert str(tmp_path / "frames") in problem


def test_a_single_picture_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "1.png").touch()
    assert find_sources([str(tmp_path / "1.png")]).videos == (tmp_path / "1.png",)
