"""BORIS: its table of aggregated events, and a project that it opens."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from made_findings import CAMERA, GYM, HOSTILE, JACKS, SQUATS, made_findings
from poseact.exports import Findings
from poseact.exports.boris import AGGREGATED_COLUMNS, to_aggregated_csv, to_project
from poseact.timeline import Segment

# As BORIS 10.0.2 itself writes these two segments, but for the comments.
GOLDEN = (
    "Observation id,Observation date,Description,Observation type,Source,Time offset (s),Coding duration,"
    "Media duration (s),FPS (frame/s),Subject,Observation duration by subject by observation,Behavior,"
    "Behavioral category,Behavior type,Start (s),Stop (s),Duration (s),Media file name,Image index start,"
    "Image index stop,Image file path start,Image file path stop,Comment start,Comment stop\r\n"
    "gym,2026-01-02 03:04:05,everyday 1.0,Media file,player #1:gym.mp4,0.0,4.160,4.160,25.000,Person 0,2.4,"
    "squat,Not defined,STATE,0.000,2.400,2.400,gym.mp4,NA,NA,,,score=0.9300;repetitions=5,\r\n"
    "gym,2026-01-02 03:04:05,everyday 1.0,Media file,player #1:gym.mp4,0.0,4.160,4.160,25.000,Person 1,2.88,"
    "jumping_jack,Not defined,STATE,1.200,4.080,2.880,gym.mp4,NA,NA,,,score=0.8800,\r\n"
)


def rows(findings: Findings) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_aggregated_csv(findings), newline=""), strict=True))


def project(findings: Findings) -> tuple[dict[str, Any], dict[str, Any]]:
    """A project and its observation."""
    document = json.loads(to_project(findings))
    (observation,) = document["observations"].values()
    return document, observation


def paired(events: list[list[Any]]) -> list[tuple[str, str, float, float]]:
    """Subject, behavior, start and stop: as BORIS pairs them, by turns."""
    begun: dict[tuple[str, str], float] = {}
    out = []
    for time_s, who, what, modifier, _ in events:
        assert modifier == ""
        if (who, what) in begun:
            out.append((who, what, begun.pop((who, what)), time_s))
        else:
            begun[who, what] = time_s
    assert not begun
    return sorted(out)


def test_the_table_to_the_letter() -> None:
    assert to_aggregated_csv(made_findings(SQUATS, JACKS)) == GOLDEN


def test_rows_are_sorted_by_start_and_times_are_added_up_by_person() -> None:
    late = replace(SQUATS, start_s=3.0, end_s=4.0)
    found = rows(made_findings(late, JACKS, SQUATS))
    assert [row["Start (s)"] for row in found] == ["0.000", "1.200", "3.000"]
    assert [row["Observation duration by subject by observation"] for row in found] == ["3.4", "2.88", "3.4"]


def test_nothing_done_is_a_header() -> None:
    assert to_aggregated_csv(made_findings()) == ",".join(AGGREGATED_COLUMNS) + "\r\n"
    document, observation = project(made_findings())
    assert observation["events"] == []
    assert [one["code"] for one in document["behaviors_conf"].values()] == ["squat", "jumping_jack"]
    assert [one["name"] for one in document["subjects_conf"].values()] == ["Person 0", "Person 1"]


def test_hostile_labels_are_one_cell_each_and_no_formula() -> None:
    segments = [Segment(0, label, i, i + 1, 0.5) for i, label in enumerate(HOSTILE)]
    labels = [row["Behavior"] for row in rows(made_findings(*segments))]
    assert labels[:5] == ["<b>a & b</b>", "tab here", 'said "so"', "it's", "two lines  three"]
    assert labels[5:9] == ["しゃがむ é 🤸", "null  bell   [31m", "]]> &amp; <!--", "'=1+1"]
    document, observation = project(made_findings(*segments))
    codes = [one["code"] for one in document["behaviors_conf"].values()]
    assert "=1+1" in codes
    assert {event[2] for event in observation["events"]} < set(codes)


def test_names_are_no_formulas() -> None:
    (row,) = rows(made_findings(SQUATS, video=replace(GYM, name="=cmd.mp4")))
    assert (row["Observation id"], row["Media file name"]) == ("'=cmd", "'=cmd.mp4")


@pytest.mark.parametrize("video", [CAMERA, replace(GYM, name="camera 0", codec="pictures")])
def test_without_a_file_to_play_it_is_a_live_observation(video: Any) -> None:
    findings = made_findings(SQUATS, video=video)
    (row,) = rows(findings)
    assert (row["Observation id"], row["Observation type"]) == ("camera 0", "Live observation")
    assert row["Source"] == row["Media duration (s)"] == row["FPS (frame/s)"] == "NA"
    _, observation = project(findings)
    assert observation["type"] == "LIVE"
    assert "media_info" not in observation
    assert observation["file"] == {}


def test_times_before_zero_and_huge_ones_are_told_as_they_are() -> None:
    odd = Segment(0, "squat", -1.5, 0.5, 0.5), Segment(1, "squat", 1.7e9, 1.7e9 + 1, 0.5)
    assert [row["Start (s)"] for row in rows(made_findings(*odd))] == ["-1.500", "1700000000.000"]


def test_a_project_holds_the_video_and_pairs_of_events() -> None:
    document, observation = project(made_findings(SQUATS, JACKS))
    assert document["project_format_version"] == "7.0"
    assert list(document["observations"]) == ["gym"]
    assert observation["type"] == "MEDIA"
    assert observation["file"]["1"] == ["gym.mp4"]
    assert observation["media_info"]["length"] == {"gym.mp4": 4.16}
    assert observation["media_info"]["fps"] == {"gym.mp4": 25.0}
    assert all(one["type"] == "State event" for one in document["behaviors_conf"].values())
    assert observation["events"] == [
        [0.0, "Person 0", "squat", "", "score=0.9300;repetitions=5"],
        [1.2, "Person 1", "jumping_jack", "", "score=0.8800"],
        [2.4, "Person 0", "squat", "", ""],
        [4.08, "Person 1", "jumping_jack", "", ""],
    ]


def test_events_that_touch_are_paired_rightly() -> None:
    touching = [Segment(0, "squat", i, i + 1, 0.5) for i in range(3)]
    _, observation = project(made_findings(*touching, replace(JACKS, start_s=1.0)))
    events = observation["events"]
    assert events == sorted(events, key=lambda event: event[:3])
    assert paired(events) == [
        ("Person 0", "squat", 0.0, 1.0),
        ("Person 0", "squat", 1.0, 2.0),
        ("Person 0", "squat", 2.0, 3.0),
        ("Person 1", "jumping_jack", 1.0, 4.08),
    ]
    # Of two at one time the stop comes first: the comment is that of the start.
    assert [event[4] for event in events if event[1] == "Person 0"] == ["score=0.5000", ""] * 3
