"""Result files: JSON with its schema, CSV, WebVTT, and reading them back."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseact.errors import OutputError, SourceError
from poseact.layouts import COCO17
from poseact.recording import Recording
from poseact.results import (
    CSV_COLUMNS,
    ModelFacts,
    Result,
    VideoFacts,
    read_csv,
    read_json,
    result_schema,
    shown_label,
    to_csv,
    to_json,
    to_vtt,
    write_csv,
    write_json,
    write_vtt,
)
from poseact.sequence import PoseSequence
from poseact.timeline import Segment, Timeline

NAMES = ("squat", "kick", "jumping_jack")


def result(
    segments: tuple[Segment, ...] = (), name: str = "clip.mp4", num_people: int = 2, num_frames: int = 5
) -> Result:
    """People who stand still; person 1 is out of view in the first two frames."""
    keypoints = np.zeros((num_people, num_frames, 17, 2), np.float32)
    keypoints[..., 0, :] = (100.04, 50)
    keypoints[..., 1:, :] = (120, 90.25)
    if num_people > 1:
        keypoints[1, :2] = np.nan
    confidence = np.isfinite(keypoints[..., 0]).astype(np.float32)
    times = np.arange(num_frames) / 25
    ids = np.arange(num_people) * 3
    poses = PoseSequence(keypoints, confidence, times, COCO17, "px", (640, 480), ids)
    end_s = max([s.end_s for s in segments], default=0.16)
    timeline = Timeline(segments, tuple(ids.tolist()), 0.0, end_s)
    video = VideoFacts(name, 640, 480, num_frames, 0.2, 25.0, "h264")
    model = ModelFacts("everyday", "1.0", NAMES, "body13", 1.8)
    return Result(video, model, "blazepose", poses, timeline, ("a warning",))


SQUAT, KICK = Segment(0, "squat", 0.0, 1.5, 0.93), Segment(3, "kick", 1.0, 2.25, 0.5)


# -- JSON ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one",
    [result((SQUAT, KICK)), result(), result(num_people=0), result(num_people=0, num_frames=0)],
    ids=["two segments", "no segment", "nobody", "no frame"],
)
def test_json_fits_its_schema(one: Result) -> None:
    schema = result_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(to_json(one))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert len(document["frame_times_s"]) == one.poses.num_frames
    assert all(len(p["boxes"]) == one.poses.num_frames for p in document["persons"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("video", "size_bytes"), -1),
        (("segments", 0, "score"), 1.5),
        (("segments", 0, "repetitions"), -1),
        (("segments", 0, "repetitions"), 1.5),
        (("persons", 0, "boxes", 0), [1, 2, 3]),
        (("video", "width"), "640"),
        (("box_units",), "inch"),
    ],
)
def test_the_schema_finds_faults(path: tuple[str | int, ...], value: object) -> None:
    document = json.loads(to_json(result((SQUAT,))))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(result_schema()).validate(document)


def test_json_says_who_was_where_and_when() -> None:
    document = json.loads(to_json(result((SQUAT, KICK))))
    first, second = document["persons"]
    assert first["track_id"] == 0
    assert first["boxes"] == [[100.0, 50.0, 120.0, 90.2]] * 5
    assert second["track_id"] == 3
    assert second["boxes"][:2] == [None, None]
    assert (second["first_s"], second["last_s"], second["num_frames"]) == (0.08, 0.16, 3)
    assert document["video"]["name"] == "clip.mp4"
    assert document["model"]["class_names"] == list(NAMES)
    assert document["warnings"] == ["a warning"]


def test_a_person_of_the_timeline_without_poses_has_no_boxes() -> None:
    one = result(num_people=1)
    timeline = Timeline((Segment(7, "kick", 0, 1, 0.5),), (7,), 0.0, 1.0)
    document = json.loads(to_json(Result(one.video, one.model, "x", one.poses, timeline)))
    jsonschema.Draft202012Validator(result_schema()).validate(document)
    assert document["persons"][1]["track_id"] == 7
    assert document["persons"][1]["boxes"] == [None] * 5
    assert document["persons"][1]["first_s"] is None


_DOCS = Path(__file__).parents[1] / "docs" / "output-format.md"


@pytest.mark.skipif(not _DOCS.exists(), reason="a source archive without the documentation")
def test_the_documented_example_fits_the_schema_and_can_be_read(tmp_path: Path) -> None:
    blocks = re.findall(r"```json\n(.*?)```", _DOCS.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 1
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(blocks[0]))
    (tmp_path / "a.json").write_text(blocks[0])
    assert [s.label for s in read_json(tmp_path / "a.json").segments] == ["squat", "jumping_jack"]


_LABELS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12)
_SEGMENTS = st.lists(
    st.builds(
        lambda track, label, start, length, score, count: Segment(
            track, label, start, start + length, score, count
        ),
        st.integers(0, 5),
        _LABELS,
        st.floats(0, 5000),
        st.floats(0.01, 300),
        st.floats(0, 1),
        st.none() | st.integers(0, 10**6),
    ),
    max_size=8,
)


@given(_SEGMENTS)
@settings(max_examples=60, deadline=None)
def test_json_round_trip(tmp_path_factory: pytest.TempPathFactory, segments: list[Segment]) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    one = result(tuple(segments))
    one = replace(one, timeline=replace(one.timeline, track_ids=(0, 1, 2, 3, 4, 5)))
    write_json(one, path)
    back = read_json(path)
    assert back.start_s == 0.0
    assert back.end_s == pytest.approx(one.timeline.end_s, abs=1e-6)
    assert back.track_ids == (0, 1, 2, 3, 4, 5)
    assert [(s.track_id, s.label, s.repetitions) for s in back.segments] == [
        (s.track_id, s.label, s.repetitions) for s in segments
    ]
    for a, b in zip(back.segments, segments, strict=True):
        assert (a.start_s, a.end_s) == pytest.approx((b.start_s, b.end_s), abs=1e-6)
        assert a.score == pytest.approx(b.score, abs=5.1e-5)  # half of the last digit written


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "expected a poseact result"),
        (b"{}", "schema"),
        (b"[1, 2]", "schema"),
        (b'{"schema": "poseact.result", "version": 99}', "upgrade"),
        (b'{"schema": "poseact.result", "version": 1}', "segments"),
        (b'{"schema": "poseact.result", "version": "1"}', "expected a poseact result"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"not json", "expected a poseact result"),
    ],
)
def test_broken_json_is_one_clear_error(tmp_path: Path, content: bytes, hint: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=hint) as caught:
        read_json(path)
    assert "\n" not in str(caught.value)
    assert "a.json" in str(caught.value)


def test_a_segment_that_ends_before_it_starts_is_a_broken_file(tmp_path: Path) -> None:
    document = json.loads(to_json(result((SQUAT,))))
    document["segments"][0]["end_s"] = -1
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(SourceError, match="end_s"):
        read_json(tmp_path / "a.json")


def test_results_from_before_repetitions_can_be_read(tmp_path: Path) -> None:
    document = json.loads(to_json(result((SQUAT,))))
    del document["segments"][0]["repetitions"]
    jsonschema.Draft202012Validator(result_schema()).validate(document)
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert read_json(tmp_path / "a.json").segments == (SQUAT,)
    old = "file,track_id,label,start_s,end_s,duration_s,score\r\na,0,squat,0.000,1.500,1.500,0.9300\r\n"
    (tmp_path / "a.csv").write_text(old)
    assert read_csv(tmp_path / "a.csv") == {"a": (SQUAT,)}


@pytest.mark.parametrize("read", [read_json, read_csv])
def test_missing_files(tmp_path: Path, read: object) -> None:
    assert callable(read)
    with pytest.raises(SourceError, match="no such file"):
        read(tmp_path / "none")
    with pytest.raises(SourceError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("write", [write_json, write_csv, write_vtt])
def test_unwritable_folder(tmp_path: Path, write: object) -> None:
    assert callable(write)
    with pytest.raises(OutputError):
        write(result(), tmp_path / "no" / "a.x")


# -- CSV -------------------------------------------------------------------------------------


def test_csv_rows() -> None:
    assert to_csv(result((SQUAT, KICK))) == (
        "file,track_id,label,start_s,end_s,duration_s,score,repetitions\r\n"
        "clip.mp4,0,squat,0.000,1.500,1.500,0.9300,\r\n"
        "clip.mp4,3,kick,1.000,2.250,1.250,0.5000,\r\n"
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=cmd|"/c calc"!A1'])
def test_no_cell_is_a_formula(text: str) -> None:
    content = to_csv(result((Segment(0, text, 0, 1, 0.5),), name=text))
    row = next(csv.DictReader(io.StringIO(content, newline="")))
    assert row["file"] == row["label"] == "'" + text


@given(_SEGMENTS.map(lambda segments: [s for s in segments if s.end_s - s.start_s > 0.002]), _LABELS)
@settings(max_examples=60, deadline=None)
def test_csv_round_trip(tmp_path_factory: pytest.TempPathFactory, segments: list[Segment], name: str) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_csv(result(tuple(segments), name=name), path)
    back = read_csv(path)
    assert set(back) == ({name} if segments else set())
    for a, b in zip(back.get(name, ()), segments, strict=True):
        assert (a.track_id, a.label, a.repetitions) == (b.track_id, b.label, b.repetitions)
        assert (a.start_s, a.end_s) == pytest.approx((b.start_s, b.end_s), abs=1e-3)
        assert a.score == pytest.approx(b.score, abs=5.1e-5)  # half of the last digit written


@pytest.mark.parametrize("text", ['a "b", c', "'=1", "line\nbreak", "しゃがむ"])
def test_awkward_text_survives_csv(tmp_path: Path, text: str) -> None:
    write_csv(result((Segment(0, text, 0, 1, 0.5),), name=text), tmp_path / "a.csv")
    back = read_csv(tmp_path / "a.csv")
    assert back[text][0].label == text


@pytest.mark.parametrize(
    "content", ["", "a,b\r\n1,2\r\n", ",".join(CSV_COLUMNS) + "\r\na,x,squat,0,1,1,0.5\r\n", '"open']
)
def test_broken_csv_is_one_clear_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(SourceError, match=r"a\.csv"):
        read_csv(tmp_path / "a.csv")


# -- WebVTT ----------------------------------------------------------------------------------


def test_overlapping_people_share_a_cue() -> None:
    timeline = Timeline((SQUAT, KICK), (0, 3), 0.0, 3.0)
    assert to_vtt(timeline) == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:01.000\nPerson 0: squat (0.93)\n"
        "\n00:00:01.000 --> 00:00:01.500\nPerson 0: squat (0.93)\nPerson 3: kick (0.50)\n"
        "\n00:00:01.500 --> 00:00:02.250\nPerson 3: kick (0.50)\n"
    )


def test_repetitions_are_told_where_they_were_counted() -> None:
    one = result((replace(SQUAT, repetitions=5), KICK, replace(KICK, start_s=2.25, end_s=3, repetitions=0)))
    assert [s["repetitions"] for s in json.loads(to_json(one))["segments"]] == [5, None, 0]
    assert [row[-2:] for row in (line.split(",") for line in to_csv(one).splitlines())][1:] == [
        ["0.9300", "5"],
        ["0.5000", ""],
        ["0.5000", "0"],
    ]
    text = to_vtt(one.timeline)
    assert "Person 0: squat x5 (0.93)\nPerson 3: kick (0.50)\n" in text
    assert "Person 3: kick x0 (0.50)\n" in text


def test_vtt_without_segments_is_a_valid_file() -> None:
    assert to_vtt(Timeline((), (), 0.0, 1.0)) == "WEBVTT\n"


def test_vtt_escapes_what_has_a_meaning() -> None:
    label = "<b>a & b</b> --> c\n\nd"
    (_, text) = to_vtt(Timeline((Segment(0, label, 0, 1, 1.0),), (0,), 0, 1)).split("00:00:01.000\n")
    assert text == "Person 0: &lt;b&gt;a &amp; b&lt;/b&gt; --&gt; c d (1.00)\n"


def test_vtt_times_beyond_an_hour_and_before_zero() -> None:
    segments = (Segment(0, "a", -1.0, 0.5, 0.5), Segment(0, "b", 3661.0, 360000.25, 0.5))
    text = to_vtt(Timeline(segments, (0,), -1.0, 360000.25))
    assert "00:00:00.000 --> 00:00:00.500" in text
    assert "01:01:01.000 --> 100:00:00.250" in text


_CUE = re.compile(r"(\d{2,}):(\d\d):(\d\d)\.(\d{3}) --> (\d{2,}):(\d\d):(\d\d)\.(\d{3})")


@given(_SEGMENTS)
@settings(max_examples=60, deadline=None)
def test_cues_never_overlap_and_cover_every_segment(segments: list[Segment]) -> None:
    text = to_vtt(Timeline(tuple(segments), (0,), 0.0, 1.0))
    head, *blocks = text.split("\n\n")
    assert head.startswith("WEBVTT")
    spans = []
    for block in blocks:
        match = _CUE.match(block)
        assert match
        h0, m0, s0, f0, h1, m1, s1, f1 = map(int, match.groups())
        start, end = (
            (h * 60 + m) * 60000 + s * 1000 + f for h, m, s, f in ((h0, m0, s0, f0), (h1, m1, s1, f1))
        )
        assert start < end
        assert not spans or spans[-1][1] <= start
        assert "" not in block.rstrip("\n").split("\n")
        spans.append((start, end, block))
    for segment in segments:
        shown = f"Person {segment.track_id}:"
        covered = sum(e - s for s, e, block in spans if shown in block)
        assert covered >= round(1000 * segment.end_s) - round(1000 * segment.start_s)


def test_shown_label() -> None:
    assert shown_label("jumping_jack") == "jumping jack"
    assert shown_label("a\n  b\x00") == "a b"


# -- facts -----------------------------------------------------------------------------------


class _Info:
    name, width, height, codec, rotation_deg = "some/folder/clip.mp4", 640, 480, "h264", 90


def test_video_facts_come_from_the_frames_that_came() -> None:
    facts = VideoFacts.of(_Info(), result().poses)  # type: ignore[arg-type]
    assert facts == VideoFacts("clip.mp4", 640, 480, 5, 0.2, 25.0, "h264", 90)
    recording = Recording("clip.mov", 7, "ab")
    known = VideoFacts.of(_Info(), result().poses, recording)  # type: ignore[arg-type]
    assert (known.name, known.size_bytes, known.fingerprint) == ("clip.mov", 7, "ab")
    single = VideoFacts.of(_Info(), result(num_frames=1).poses)  # type: ignore[arg-type]
    assert (single.duration_s, single.average_fps) == (0.0, None)
