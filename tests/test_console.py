"""What is shown while the work goes on, and the table at its end."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from poseact.batch import Job, Outcome
from poseact.console import BatchDisplay, labels_by_time, summary_table
from poseact.layouts import COCO17
from poseact.pipeline import Progress
from poseact.pose import PoseCollector
from poseact.results import ModelFacts, Result, VideoFacts
from poseact.timeline import Segment, Timeline

JOB = Job(Path("in/clip.mp4"), "clip")


def lines_of(seconds_a_frame: float, num_frames: int, total: int | None, *, quiet: bool = False) -> list[str]:
    """What a display says off a terminal of a job at this pace."""
    out, now = io.StringIO(), 0.0
    console = Console(file=out, width=80)
    with BatchDisplay(console, 1, quiet=quiet, clock=lambda: now) as display:
        for done in range(1, num_frames + 1):
            now = done * seconds_a_frame
            display.progressed(JOB, Progress("pose", done, total))
    assert "\x1b" not in out.getvalue()
    return out.getvalue().splitlines()


def test_a_long_job_off_a_terminal_says_how_far_it_is() -> None:
    lines = lines_of(0.1, 1000, 1000)
    assert 9 <= len(lines) <= 10
    assert lines[0] == "clip.mp4: finding people, 100 of 1000 frames (10 %)"


def test_a_bar_on_a_terminal_of_80_columns_is_whole() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system=None, legacy_windows=False)
    job = Job(Path("in/a_rather_long_name_of_a_video.mp4"), "a_rather_long_name_of_a_video")
    with BatchDisplay(console, 1) as display:
        display.progressed(job, Progress("pose", 1290, 3650))
        display._bars.refresh()
    assert "a_rather…video.mp4 · finding people" in out.getvalue()
    assert "1290/3650 frames" in out.getvalue()


def test_a_very_long_one_says_so_twice_a_minute() -> None:
    assert len(lines_of(1.0, 600, 600_000)) == 19
    assert lines_of(1.0, 31, None) == ["clip.mp4: finding people, 31 frames"]


def test_a_short_one_says_nothing_and_a_quiet_one_never() -> None:
    assert lines_of(0.004, 1000, 1000) == []
    assert lines_of(0.1, 1000, 1000, quiet=True) == []


def test_a_wrong_number_of_frames_is_not_repeated() -> None:
    assert lines_of(1.0, 41, 10)[-1] == "clip.mp4: finding people, 41 frames"


def outcome(name: str, labels: tuple[str, ...] = ("squat",)) -> Outcome:
    poses = PoseCollector(COCO17, (640, 480)).sequence()
    segments = tuple(Segment(0, label, i, i + 1, 0.9) for i, label in enumerate(labels))
    result = Result(
        VideoFacts(name, 640, 480, 250, 10.0),
        ModelFacts("everyday", "1", labels, "body13", 1.7),
        "blazepose",
        poses,
        Timeline(segments, (0,), 0.0, 10.0),
    )
    return Outcome(Job(Path(name), Path(name).stem), result)


def table_of(*outcomes: Outcome) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=80).print(summary_table(outcomes))
    return out.getvalue().splitlines()


@pytest.mark.parametrize("name", ["gym.mp4", "a_rather_long_name_of_28.mp4", "x" * 28 + ".mp4"])
def test_a_name_stands_whole_on_one_line_beside_its_actions(name: str) -> None:
    (line,) = [line for line in table_of(outcome(name, ("walk", "jumping_jack"))) if name in line]
    assert "walk 1.0 s" in line


def test_a_very_long_name_keeps_its_two_ends() -> None:
    lines = table_of(outcome("first-" + "x" * 90 + "-last.mp4"))
    assert any("first-x" in line and "x-last.mp4" in line for line in lines)
    assert all(len(line) <= 80 for line in lines)


def test_seconds_of_several_people_say_of_how_many() -> None:
    segments = [Segment(track, "walk", 0, 4, 0.9) for track in range(3)] + [Segment(1, "jump", 4, 9, 0.9)]
    assert labels_by_time(Timeline(tuple(segments), (0, 1, 2), 0, 9)) == "walk 12.0 s (3 people), jump 5.0 s"


def test_repetitions_of_all_people_are_added_up() -> None:
    squats = Segment(0, "squat", 0, 4, 0.9, 3), Segment(1, "squat", 0, 2, 0.9, 2)
    timeline = Timeline((*squats, Segment(1, "sit", 2, 3, 0.9)), (0, 1), 0, 9)
    assert labels_by_time(timeline) == "squat x5 6.0 s (2 people), sit 1.0 s"


def test_videos_of_one_name_are_told_apart_by_the_names_of_their_results() -> None:
    first, second = outcome("a/walk.mp4"), outcome("b/walk.mp4")
    second = replace(second, job=replace(second.job, stem="walk_mp4"))
    rows = [line.split()[1] for line in table_of(first, second) if "squat" in line]
    assert rows == ["walk.mp4", "walk_mp4"]
    out, now = io.StringIO(), 0.0
    with BatchDisplay(Console(file=out, width=80), 2, clock=lambda: now) as display:
        for now in (0.0, 40.0):
            display.progressed(second.job, Progress("pose", int(now) + 1, None))
    assert out.getvalue().startswith("walk_mp4: finding people")


def test_the_folder_one_is_in_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "frames").mkdir()
    monkeypatch.chdir(tmp_path / "frames")
    here = outcome("any")
    here = replace(here, job=Job(Path(), "frames"))
    assert [line for line in table_of(here) if "frames" in line]


def test_a_failed_video_is_not_in_the_table() -> None:
    failed = replace(outcome("bad.mp4"), error="no video", result=None)
    assert not [line for line in table_of(outcome("good.mp4"), failed) if "bad" in line]
