"""Who does what when, read from the formats that people and programs write."""

import json
from pathlib import Path
from typing import Any

import pytest

from poseact.annotations import (
    Annotation,
    SameLabels,
    Span,
    label_key,
    match_recordings,
    read_annotations,
)
from poseact.errors import InvalidInputError, SourceError
from poseact.results import CSV_COLUMNS, to_vtt
from poseact.timeline import Segment, Timeline


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def activitynet(tmp_path: Path, **database: Any) -> Path:
    return written(tmp_path / "truth.json", json.dumps({"version": "1.3", "database": database}))


SQUAT = {"segment": [1.5, 4], "label": "squat"}


def test_activitynet(tmp_path: Path) -> None:
    path = activitynet(
        tmp_path,
        abc={
            "duration": 10.5,
            "subset": "training",
            "url": "x",
            "annotations": [{"segment": [5, 6], "label": "jog"}, SQUAT],
        },
        empty={"annotations": []},
    )
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "taxonomy": [{"nodeName": "Root"}], "aliases": {"jog": "run"}}))
    found = read_annotations(path)
    assert found["abc"] == Annotation((Span("squat", 1.5, 4), Span("run", 5, 6)), 10.5)
    assert found["empty"] == Annotation(())


def test_the_submissions_of_activitynet(tmp_path: Path) -> None:
    path = written(
        tmp_path / "r.json", json.dumps({"results": {"abc": [{**SQUAT, "score": 0.25}]}, "version": "1.3"})
    )
    assert read_annotations(path)["abc"].spans == (Span("squat", 1.5, 4, score=0.25),)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"duration": 3}, "'abc': expected \"annotations\", a list that may be empty, found none"),
        ({"annotations": {}}, "'abc': expected a list, found an object"),
        ({"annotations": [{**SQUAT, "segment": [4, 1.5]}]}, "segment 1: expected an end after the start"),
        ({"annotations": [SQUAT, {**SQUAT, "segment": [4]}]}, "segment 2: expected a start and an end"),
        ({"annotations": [{**SQUAT, "segment": [1, "2"]}]}, "segment 1, segment: expected a number"),
        ({"annotations": [{"segment": [1, 2]}]}, "segment 1, label: expected a text, found null"),
        ({"annotations": [], "duration": 0}, "duration: expected more than 0 s, found 0"),
        ([], "'abc': expected an object, found a list"),
    ],
)
def test_broken_activitynet(tmp_path: Path, entry: Any, expected: str) -> None:
    path = activitynet(tmp_path, abc=entry)
    with pytest.raises(SourceError) as raised:
        read_annotations(path)
    assert expected in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "ends early"),
        ("[]", "expected an object, found a list"),
        ('{"videos": {}}', 'expected "database" (ActivityNet), "results"'),
        ('{"database": {}, "aliases": {"jog": 3}}', "aliases, 'jog': expected a text, found 3"),
    ],
)
def test_other_json(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_annotations(written(tmp_path / "t.json", text))
    assert expected in str(raised.value)


def test_csv(tmp_path: Path) -> None:
    rows = ("squat;a.mp4;1.5;4;anna;good", "walk;a.mp4;0;1;;", ";b.mp4;;;;")
    text = "\n".join(["Label;File;start_s;end_s;track_id;remark", *rows])
    assert read_annotations(written(tmp_path / "t.csv", text)) == {
        "a.mp4": Annotation((Span("walk", 0, 1), Span("squat", 1.5, 4, "anna"))),
        "b.mp4": Annotation(()),
    }


def test_the_csv_of_poseact(tmp_path: Path) -> None:
    row = {"file": "'=a.mp4", "track_id": "3", "label": "squat", "start_s": "0.000", "end_s": "2.400"}
    row |= {"duration_s": "2.400", "score": "0.9300"}
    text = ",".join(CSV_COLUMNS) + "\r\n" + ",".join(row.get(name, "") for name in CSV_COLUMNS) + "\r\n"
    assert read_annotations(written(tmp_path / "t.csv", text)) == {
        "=a.mp4": Annotation((Span("squat", 0, 2.4, "3", 0.93),))
    }


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("", "expected the columns file, label, start_s, end_s, found no file, label, start_s, end_s"),
        ("file,label,start,end\n", "found no start_s, end_s"),
        ("file,label,start_s,end_s\na,walk,1\n", "line 2: expected 4 cells, found 3"),
        (
            "file,label,start_s,end_s\na,walk,1,2\na,walk,1,two\n",
            "line 3, end_s: expected a number",
        ),
        ("file,label,start_s,end_s\na,walk,,2\n", "line 2, start_s: expected a number, found ''"),
        ("file,label,start_s,end_s\na,,1,2\n", "line 2: expected a label"),
        ("file,label,start_s,end_s\n,walk,1,2\n", "line 2: expected the name of a file"),
        ("file,label,start_s,end_s\na,walk,2,2\n", "line 2: expected an end after the start, found 2 to 2 s"),
        ("file,label,start_s,end_s,score\na,walk,1,2,7\n", "line 2: expected a score from 0 to 1, found 7"),
    ],
)
def test_broken_csv(tmp_path: Path, rows: str, expected: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_annotations(written(tmp_path / "t.csv", rows))
    assert expected in str(raised.value)


VTT = """\ufeffWEBVTT - of somebody
Kind: captions

STYLE
::cue { color: red }

NOTE a remark
of two lines

WEBVTT - of somebody
00:01.500 --> 00:04.000 align:start
<b>squat</b> &amp; jump

01:00:05.000 --> 01:00:06.000
<v Anna>walk</v>
<v.loud Ben B>run
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_webvtt(tmp_path: Path, end: str) -> None:
    path = tmp_path / "my walk.vtt"
    path.write_bytes(VTT.replace("\n", end).encode())
    assert read_annotations(path) == {
        "my walk": Annotation(
            (Span("squat & jump", 1.5, 4), Span("run", 3605, 3606, "Ben B"), Span("walk", 3605, 3606, "Anna"))
        )
    }


def test_the_webvtt_of_poseact_comes_back(tmp_path: Path) -> None:
    segments = (
        Segment(0, "jumping_jack", 0.5, 4.0, 0.93),
        Segment(1, "walk", 1.0, 2.5, 0.8),
        Segment(0, "stand", 4.0, 5.0, 1.0),
        Segment(1, "a<b", 3.0, 6.0, 0.71),
    )
    text = to_vtt(Timeline(segments, (0, 1), 0.0, 6.0))
    found = read_annotations(written(tmp_path / "v.vtt", text))["v"]
    assert [(s.person, s.label, s.start_s, s.end_s, s.score) for s in found.spans] == [
        ("0", "jumping jack", 0.5, 4.0, 0.93),
        ("1", "walk", 1.0, 2.5, 0.8),
        ("1", "a<b", 3.0, 6.0, 0.71),
        ("0", "stand", 4.0, 5.0, 1.0),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "line 1: expected WEBVTT, found ''"),
        ("WEBVTTX\n", "line 1: expected WEBVTT"),
        ("WEBVTT\n\n00:01.000 -> 00:02.000\nwalk\n", "line 3: expected times such as"),
        ("WEBVTT\n\nid\n00:01 --> 00:02\nwalk\n", "line 4: expected times such as"),
        ("WEBVTT\n\nwalk\n", "line 3: expected times such as 00:01.000 --> 00:02.500, found 'walk'"),
        ("WEBVTT\n\n00:02.000 --> 00:01.000\nwalk\n", "line 3: expected an end after the start"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nwalk\n<b></b>\n", "line 5: expected a label"),
    ],
)
def test_broken_webvtt(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_annotations(written(tmp_path / "t.vtt", text))
    assert expected in str(raised.value)


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected annotations"):
        read_annotations(tmp_path)
    for name in "ab":
        written(tmp_path / f"{name}.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nwalk\n")
    assert list(read_annotations(tmp_path)) == ["a", "b"]
    for name in "cd":  # tables go before subtitles
        written(tmp_path / f"{name}.csv", "file,label,start_s,end_s\nx.mp4,walk,1,2\n")
    with pytest.raises(SourceError, match=r"each recording once, but 'x.mp4' is in c.csv too"):
        read_annotations(tmp_path)


def test_what_is_no_annotation(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_annotations(tmp_path / "t.srt")
    with pytest.raises(SourceError, match=r"expected annotations in .json, .csv, .tsv, .vtt, found '.srt'"):
        read_annotations(written(tmp_path / "t.srt", "1"))
    for suffix in (".json", ".csv", ".vtt"):
        with pytest.raises(SourceError, match="no such file"):
            read_annotations(tmp_path / f"missing{suffix}")
        (tmp_path / f"bytes{suffix}").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(SourceError, match="UTF-8"):
            read_annotations(tmp_path / f"bytes{suffix}")


def test_labels_are_the_same_however_they_are_spelt() -> None:
    assert label_key("Jumping-jack") == label_key("jumping_jack") == label_key(" jumping  jack ")
    labels = SameLabels.of(["run", "jumping_jack"], {"Jog": "Run"})
    assert labels.find("JUMPING JACK") == "jumping_jack"
    assert labels.find("jog") == "run"
    assert labels.find("hop") is None
    annotation = Annotation((Span("jog", 0, 1), Span("hop", 1, 2)), 5.0)
    assert labels.renamed(annotation) == Annotation((Span("run", 0, 1), Span("hop", 1, 2)), 5.0)


@pytest.mark.parametrize(
    ("recording", "annotated", "expected"),
    [
        (["walk.mp4"], ["walk.mp4", "walk.avi"], "walk.mp4"),
        (["walk.mp4"], ["walk"], "walk"),
        (["walk.poses.npz", "walk.mp4"], ["clips/walk.mp4"], "clips/walk.mp4"),
        (["walk.poses.npz"], ["walk.avi"], "walk.avi"),
        (["v_abc.mp4"], ["abc"], "abc"),
        (["my.walk.mp4"], ["my.walk"], "my.walk"),
        (["walk.mp4"], ["walk.avi"], None),
        (["walk.mp4"], ["walking"], None),
    ],
)
def test_recordings_are_found_by_name(
    recording: list[str], annotated: list[str], expected: str | None
) -> None:
    assert match_recordings({"it": recording}, annotated).get("it") == expected


def test_names_that_fit_twice() -> None:
    with pytest.raises(
        InvalidInputError, match=r"expected one annotation of it, found 'walk.avi' and 'walk.mov'"
    ):
        match_recordings({"it": ["walk.poses.npz"]}, ["walk.avi", "walk.mov"])
    with pytest.raises(InvalidInputError, match="'walk': fits a and b"):
        match_recordings({"a": ["walk.mp4"], "b": ["walk.avi"]}, ["walk"])


def test_poseacts_own_subtitles_with_repetitions_give_the_label(tmp_path: Path) -> None:
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n00:00.000 --> 00:02.000\nPerson 1: squat x5 (0.93)\n")
    [span] = read_annotations(path)["a"].spans
    assert (span.label, span.person, span.score) == ("squat", "1", 0.93)


def test_what_export_wrote_beside_results_is_not_read_as_annotations(tmp_path: Path) -> None:
    truth = {"database": {"a": {"annotations": [{"segment": [0, 1], "label": "walk"}]}}}
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "a_events.json").write_text("{}")
    assert set(read_annotations(tmp_path)) == {"a"}
