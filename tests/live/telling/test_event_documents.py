"""Every event, notice and state fits the published schema, and says what was told."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseact.live import PersonAppeared, PersonLost, SegmentEnded, SegmentStarted, SegmentUpdated, Told
from poseact.live.telling import (
    Place,
    Scene,
    event_document,
    event_schema,
    notice_document,
    to_line,
)
from poseact.timeline import Segment

VALIDATOR = jsonschema.Draft202012Validator(event_schema())
PLACE = Place("0123456789abcdef", 3)
TRACKS = st.integers(0, 10**6)
TIMES = st.floats(-1e6, 1e9)
BOXES = st.none() | st.tuples(*[st.floats() | st.floats(-5000, 5000)] * 4)
SIZES = st.none() | st.tuples(st.integers(0, 8192), st.integers(0, 8192))
SEGMENTS = st.builds(
    lambda track, label, start, lasts, score, times: Segment(
        track, label, start, start + lasts, score, times
    ),
    TRACKS,
    st.text(),
    st.floats(-1e6, 1e6),
    st.floats(0.001, 1e5),
    st.floats(0, 1),
    st.none() | st.integers(0, 999),
)
EVENTS = (
    st.builds(PersonAppeared, TRACKS, TIMES)
    | st.builds(PersonLost, TRACKS, TIMES)
    | st.builds(SegmentStarted, SEGMENTS)
    | st.builds(SegmentUpdated, SEGMENTS)
    | st.builds(SegmentEnded, SEGMENTS)
)
TOLD = st.builds(Told, EVENTS, TIMES, st.floats(0, 4e9), BOXES, SIZES)
SQUAT = Segment(2, "squat", 1.0, 4.25, 0.9, 3)


def read_back(document: dict[str, Any]) -> Any:
    """As a consumer gets it; fails if it does not fit the schema."""
    line = to_line(document)
    assert line.isascii()
    assert "\n" not in line
    read = json.loads(line)
    VALIDATOR.validate(read)
    return read


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(event_schema())


@given(told=TOLD, sequence=st.integers(1, 10**9))
def test_every_event_fits_the_schema(told: Told, sequence: int) -> None:
    document = read_back(event_document(told, Place("0123456789abcdef", sequence)))
    assert document["sequence"] == sequence
    assert document["frame_s"] == pytest.approx(told.frame_s, abs=1e-6)


@given(told=st.lists(TOLD, max_size=8), frame_s=st.none() | TIMES)
def test_every_state_fits_the_schema(told: list[Told], frame_s: float | None) -> None:
    scene = Scene("camera 0")
    for one in told:
        scene.add(event_document(one, PLACE))
    read_back(scene.document(PLACE, frame_s, 1.0))


@given(text=st.text(), frame_s=st.none() | TIMES)
def test_every_notice_fits_the_schema(text: str, frame_s: float | None) -> None:
    document = read_back(notice_document("stream_lost", text, PLACE, frame_s, 1.5))
    assert (document["kind"], document["text"]) == ("stream_lost", text)


def spoilt(document: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    copy = json.loads(json.dumps(document))
    change(copy)
    return copy  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("label"),
        lambda d: d.update(extra=1),
        lambda d: d.update(type="segment_vanished"),
        lambda d: d.update(type="person_lost"),
        lambda d: d.update(sequence=0),
        lambda d: d.update(score=1.2),
        lambda d: d.update(version=2),
        lambda d: d.update(time="2026-01-01 00:00:00"),
        lambda d: d["position"].update(depth=1),
        lambda d: d["position"].pop("center"),
    ],
)
def test_the_schema_is_strict(change: Callable[[dict[str, Any]], object]) -> None:
    document = event_document(Told(SegmentEnded(SQUAT), 5.0, 1.0, (0, 0, 1, 1), (4, 4)), PLACE)
    VALIDATOR.validate(document)
    assert not VALIDATOR.is_valid(spoilt(document, change))


def test_a_segment_says_all_that_is_known() -> None:
    told = Told(SegmentUpdated(SQUAT), 5.0, 1_700_000_000.1239, (10.0, 20.0, 30.0, 80.0), (100, 200))
    assert event_document(told, PLACE) == {
        "schema": "poseact.event",
        "version": 1,
        "session": "0123456789abcdef",
        "sequence": 3,
        "type": "segment_updated",
        "frame_s": 5.0,
        "unix_s": 1_700_000_000.124,
        "time": "2023-11-14T22:13:20.124Z",
        "track_id": 2,
        "label": "squat",
        "start_s": 1.0,
        "end_s": 4.25,
        "score": 0.9,
        "repetitions": 3,
        "position": {
            "box_px": [10.0, 20.0, 30.0, 80.0],
            "center_px": [20.0, 50.0],
            "box": [0.1, 0.1, 0.3, 0.4],
            "center": [0.2, 0.25],
            "frame_size_wh": [100, 200],
        },
    }


@given(unix_s=st.floats(0, 4e9))
def test_both_wall_times_are_the_same_moment(unix_s: float) -> None:
    document = event_document(Told(PersonAppeared(0, 0.0), 0.0, unix_s), PLACE)
    moment = datetime.strptime(document["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert moment.timestamp() == pytest.approx(document["unix_s"], abs=1e-5)


def test_a_box_without_a_picture_has_no_parts_and_a_broken_one_is_unknown() -> None:
    known = event_document(Told(PersonLost(1, 0.5), 1.0, 1.0, (0.0, 0.0, 4.0, 2.0)), PLACE)["position"]
    assert (known["center_px"], known["box"], known["center"]) == ([2.0, 1.0], None, None)
    broken = Told(PersonLost(1, 0.5), 1.0, 1.0, (0.0, 0.0, float("nan"), 2.0), (4, 4))
    assert event_document(broken, PLACE)["position"] is None


def test_the_scene_follows_the_events() -> None:
    scene = Scene()

    def people_after(*events: Any) -> list[dict[str, Any]]:
        for event in events:
            scene.add(event_document(Told(event, 2.0, 1.0, (0, 0, 2, 2), (4, 4)), PLACE))
        people: list[dict[str, Any]] = scene.document(PLACE, 2.0, 1.0)["people"]
        return people

    (someone,) = people_after(PersonAppeared(2, 0.5))
    assert (someone["since_s"], someone["seen_s"], someone["segment"]) == (0.5, 2.0, None)
    (someone,) = people_after(SegmentStarted(SQUAT))
    assert someone["segment"]["label"] == "squat"
    scene.place(3.0, {2: (0, 0, 4, 4), 7: (0, 0, 1, 1)}, (4, 4))
    (someone,) = people_after()
    assert (someone["seen_s"], someone["position"]["center"]) == (3.0, [0.5, 0.5])
    (someone,) = people_after(SegmentEnded(SQUAT))
    assert someone["segment"] is None
    assert [one["track_id"] for one in people_after(PersonAppeared(1, 1.0))] == [1, 2]
    assert people_after(PersonLost(2, 2.0), PersonLost(1, 2.0)) == []


def documented() -> list[dict[str, Any]]:
    """The examples of docs/events.md."""
    text = (Path(__file__).parents[3] / "docs" / "events.md").read_text("utf-8")
    blocks = re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [json.loads(line) for block in blocks for line in block.splitlines()]


def test_the_documentation_shows_every_type_as_it_is() -> None:
    examples = documented()
    for example in examples:
        VALIDATOR.validate(example)
        moment = datetime.fromisoformat(example["time"])
        assert moment.timestamp() == example["unix_s"]
    untold = set(event_schema()["properties"]["type"]["enum"]) - {example["type"] for example in examples}
    assert untold == {"person_lost"}  # which is as person_appeared


def entries(schema: Any) -> set[str]:
    """The names of all entries, at any depth."""
    if isinstance(schema, list):
        return set().union(*map(entries, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", ())) | set().union(*map(entries, schema.values()))


def test_the_documentation_names_every_entry() -> None:
    text = (Path(__file__).parents[3] / "docs" / "events.md").read_text("utf-8")
    names = entries(event_schema())
    assert {"session", "box_px", "repetitions", "since_s", "kind"} <= names
    assert {name for name in names if f"`{name}`" not in text and f".{name}`" not in text} == set()
