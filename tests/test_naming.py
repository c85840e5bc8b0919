"""Names of results: stable, and never those of another video."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from poseact.naming import belongs_to, result_stems
from poseact.recording import Recording

SUFFIXES = (".json",)


def _videos(folder: Path, *names: str) -> list[Path]:
    """Small files, all different."""
    out = []
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]) * 100)
        out.append(path)
    return out


def _write_result(folder: Path, stem: str, video: Path) -> None:
    facts = Recording.of(video)
    folder.mkdir(exist_ok=True)
    document = {"schema": "poseact.result", "version": 1, "video": asdict(facts)}
    (folder / f"{stem}.json").write_text(json.dumps(document))


def test_results_of_one_stem_get_different_names(tmp_path: Path) -> None:
    names = ("x/walk.mp4", "x/walk.avi", "y/walk.mp4", "run.mp4", "z/Run.mp4", "jump.mov")
    stems = result_stems(_videos(tmp_path, *names), tmp_path / "out", SUFFIXES)
    assert stems == ["walk_mp4", "walk_avi", "walk_mp4_2", "run_mp4", "Run_mp4_2", "jump"]


def test_a_made_up_name_does_not_take_a_real_one(tmp_path: Path) -> None:
    stems = result_stems(_videos(tmp_path, "a.mp4", "b/a.mp4", "a_mp4.mov"), tmp_path / "out", SUFFIXES)
    assert len({s.casefold() for s in stems}) == 3


def test_the_current_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "frames").mkdir()
    monkeypatch.chdir(tmp_path / "frames")
    assert result_stems([Path(os.curdir)], tmp_path / "out", SUFFIXES) == ["frames"]


def test_a_video_keeps_its_name_whatever_else_is_in_the_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second, third = _videos(tmp_path, "a.mp4", "a.avi", "b/a.mp4")
    assert result_stems([first], out, SUFFIXES) == ["a"]
    _write_result(out, "a", first)
    assert result_stems([first, second], out, SUFFIXES) == ["a", "a_avi"]
    _write_result(out, "a_avi", second)
    assert result_stems([third], out, SUFFIXES) == ["a_mp4"]
    _write_result(out, "a_mp4", third)
    assert result_stems([third, second, first], out, SUFFIXES) == ["a_mp4", "a_avi", "a"]
    assert [result_stems([v], out, SUFFIXES) for v in (second, third)] == [["a_avi"], ["a_mp4"]]


def test_numbers_go_on_where_suffixes_do_not_help(tmp_path: Path) -> None:
    out = tmp_path / "out"
    videos = _videos(tmp_path, *(f"{i}/a.mp4" for i in range(6)))
    for video in videos:
        (stem,) = result_stems([video], out, SUFFIXES)
        _write_result(out, stem, video)
    expected = ["a", "a_mp4", "a_mp4_2", "a_mp4_3", "a_mp4_4", "a_mp4_5"]
    assert [result_stems([v], out, SUFFIXES)[0] for v in videos] == expected


@pytest.mark.parametrize(
    "content",
    [
        *("", "{}", "[]", "[" * 100_000, '{"schema": "poseact.result"}'),
        '{"schema": "poseact.result", "version": 1, "video": "a"}',
        '{"schema": "poseact.result", "version": 9}',
    ],
)
def test_a_file_that_tells_of_no_video_is_left_alone(tmp_path: Path, content: str) -> None:
    videos = _videos(tmp_path, "a.mp4")
    (tmp_path / "a.json").write_text(content)
    assert result_stems(videos, tmp_path, SUFFIXES) == ["a_mp4"]


def test_a_users_own_file_is_left_alone(tmp_path: Path) -> None:
    videos = _videos(tmp_path, "a.mp4")
    (tmp_path / "a.csv").write_text("my,labels")
    assert result_stems(videos, tmp_path, (".csv", ".json")) == ["a_mp4"]
    assert result_stems(videos, tmp_path, (".json",)) == ["a"]


def test_a_copy_of_the_video_beside_its_results_is_not_overwritten(tmp_path: Path) -> None:
    (video,) = _videos(tmp_path, "in/a.mp4")
    out = tmp_path / "out"
    _write_result(out, "a", video)
    recording = Recording.of(video)
    assert belongs_to(recording, out, "a", (".mp4", ".json"))
    (out / "a.mp4").write_bytes(video.read_bytes())
    assert not belongs_to(recording, out, "a", (".mp4", ".json"))
    assert result_stems([video], out, (".mp4", ".json")) == ["a_mp4"]


def test_a_video_is_known_where_its_name_differs_in_case_alone(tmp_path: Path) -> None:
    """There A.MP4 and A.mp4 may be one file."""
    (video,) = _videos(tmp_path, "A.MP4")
    _write_result(tmp_path, "A", video)
    (tmp_path / "A.mp4").write_bytes(video.read_bytes())
    assert result_stems([video], tmp_path, (".mp4", ".json")) == ["A_MP4"]


def test_copies_of_one_video_get_a_name_each_and_keep_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = _videos(tmp_path, "x/a.mp4", "y/a.mp4")
    second.write_bytes(first.read_bytes())
    for _ in range(2):
        assert result_stems([first, second], out, SUFFIXES) == ["a_mp4", "a_mp4_2"]
        _write_result(out, "a_mp4", first)
        _write_result(out, "a_mp4_2", second)


def test_a_video_that_cannot_be_read_takes_a_free_name(tmp_path: Path) -> None:
    (video,) = _videos(tmp_path, "a.mp4")
    _write_result(tmp_path, "a", video)
    video.unlink()
    assert result_stems([video], tmp_path, SUFFIXES) == ["a_mp4"]
