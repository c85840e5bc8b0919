"""The command `poseact live`: a file as it happens says what predict says, and bad input gets one line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from poseact.live.telling import event_schema
from poseact.results import read_json

Run = Callable[..., tuple[int, str, str]]


def _documents(text: str) -> list[dict[str, Any]]:
    documents = [json.loads(line) for line in text.splitlines()]
    for document in documents:
        jsonschema.validate(document, event_schema())
    return documents


def _recorded(poses: Path) -> tuple[str, ...]:
    return ("--estimator", "recorded", "-O", f"poses={poses}")


def test_every_frame_of_a_file_gives_the_segments_of_predict(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    events = tmp_path / "events.jsonl"
    command = ("--source", blank_video, "--every-frame", "--view", "none", "--events", events)
    code, out, err = run("live", *command, *_recorded(poses_file))
    assert (code, out) == (0, "")
    assert " 0 dropped (0 %)" in err
    run("predict", blank_video, "--out", tmp_path, "--json-only", *_recorded(poses_file))
    expected = read_json(tmp_path / "blank.json").segments
    ended = [one for one in _documents(events.read_text()) if one["type"] == "segment_ended"]
    assert [one["label"] for one in ended] == [s.label for s in expected]
    assert {s.label for s in expected} >= {"squat", "jumping_jack"}
    assert [one["start_s"] for one in ended] == pytest.approx([s.start_s for s in expected], abs=2e-6)
    assert [one["end_s"] for one in ended] == pytest.approx([s.end_s for s in expected], abs=2e-6)
    assert [one["repetitions"] for one in ended] == [s.repetitions for s in expected]


def test_in_real_time_events_go_to_stdout_and_all_that_opens_closes(
    run: Run, blank_video: Path, poses_file: Path
) -> None:
    options = ("--view", "none", "--events", "-", "--seconds", "3")
    code, out, err = run("live", "--source", blank_video, *options, *_recorded(poses_file))
    assert code == 0
    documents = _documents(out)
    kinds = [one["type"] for one in documents]
    assert kinds.count("person_appeared") == kinds.count("person_lost") == 1
    assert kinds.count("segment_started") == kinds.count("segment_ended") >= 1
    assert [one["sequence"] for one in documents] == list(range(1, len(documents) + 1))
    assert "frames came" in err


def test_frames_come_from_stdin(blank_video: Path, poses_file: Path) -> None:
    options = ("--source", "-", "--view", "none", "--events", "-", "-O", "any_video=true")
    asked = subprocess.run(
        [sys.executable, "-m", "poseact", "live", *options, *_recorded(poses_file)],
        input=blank_video.read_bytes(),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr.decode()
    kinds = [one["type"] for one in _documents(asked.stdout.decode())]
    assert kinds.count("person_appeared") == kinds.count("person_lost") >= 1


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_when_the_only_listener_has_gone_the_run_ends(blank_video: Path, poses_file: Path) -> None:
    options = ("--source", str(blank_video), "--repeat", "--view", "none", "--events", "-")
    with subprocess.Popen(
        [sys.executable, "-m", "poseact", "live", *options, *_recorded(poses_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as asked:
        assert asked.stdout is not None
        assert asked.stderr is not None
        assert b"session_started" in asked.stdout.readline()
        asked.stdout.close()
        assert asked.wait(timeout=60) == 0
        assert b"nobody reads any more" in asked.stderr.read()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_ended_from_outside_all_that_is_open_is_told(
    number: int, code: int, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    events = tmp_path / "events.jsonl"
    options = ("--source", str(blank_video), "--repeat", "--view", "none", "--events", str(events))
    with subprocess.Popen(
        [sys.executable, "-m", "poseact", "live", *options, *_recorded(poses_file)], stderr=subprocess.PIPE
    ) as asked:
        while not (events.exists() and '"segment_started"' in events.read_text()):
            assert asked.poll() is None
            time.sleep(0.05)
        asked.send_signal(number)
        _, err = asked.communicate(timeout=60)
    assert asked.returncode == code
    assert b"frames came" in err
    assert b"Traceback" not in err
    kinds = [one["type"] for one in _documents(events.read_text())]
    assert kinds.count("segment_started") == kinds.count("segment_ended") >= 1
    assert kinds[-2:] == ["person_lost", "notice"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--source", "missing.mp4"), "missing.mp4: no such file"),
        (("--source", "-", "--every-frame"), "--every-frame: expected a file, found stdin"),
        (("--source", "rtsp://me:secret@127.0.0.1:1/x", "--every-frame"), "--every-frame: expected a file"),
        (("--source", "x.mp4", "--size", "640"), "--size: expected WIDTHxHEIGHT"),
        (("--source", "x.mp4", "--seconds", "0"), "--seconds: expected more than 0"),
        (("--source", "x.mp4", "--model", "nope"), "nope: neither a model file nor a model"),
        (("--source", "x.mp4", "--events", "nowhere/events.jsonl"), "events.jsonl"),
        (("--source", "rtsp://127.0.0.1:1/x"), "127.0.0.1"),
    ],
)
def test_bad_input_gets_one_line(
    run: Run, poses_file: Path, options: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    code, out, err = run("live", "--view", "none", *options, *_recorded(poses_file))
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert expected in err
    assert "secret" not in err
