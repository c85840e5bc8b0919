"""Whole recordings judged: figures of all together, of labels and of recordings, and the JSON file."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from poseact.annotations import Span
from poseact.errors import InvalidInputError
from poseact.judging.lanes import JudgedRecording
from poseact.judging.timeline_document import (
    timeline_document,
    timeline_evaluation_schema,
    timeline_json,
    write_timeline_judgement,
)
from poseact.judging.timeline_words import duration_words, figure_rows, hundredths, per_hour, seconds
from poseact.judging.timelines import TimelineFacts, TimelineJudgement, judge_timelines

FACTS = TimelineFacts("made", "clips", "truth.csv", was_streamed=True)
GYM = JudgedRecording(
    "gym.mp4",
    0.0,
    20.0,
    (Span("squat", 2, 6), Span("walk", 8, 12), Span("other", 12, 16)),
    (
        Span("squat", 3, 6, "0", 0.9, 4.5),
        Span("walk", 10, 14, "0", 0.8, 11.5),
        Span("jump", 16, 18, "0", 0.4, 18.0),
        Span("other", 18, 20, "0", 0.4, 18.0),
    ),
)
EMPTY = JudgedRecording("empty.mp4", 0.0, 10.0, (), ())


def judged(*recordings: JudgedRecording, facts: TimelineFacts = FACTS) -> TimelineJudgement:
    return judge_timelines(recordings, facts)


def test_figures_by_hand() -> None:
    found = judged(GYM, EMPTY)
    # IoU: squat 3/4, walk 2/6.
    assert found.mean_average_precision == pytest.approx((1.0, 0.5, 0.5))
    assert found.spans.f1 == pytest.approx((4 / 5, 4 / 5, 2 / 5))
    assert (found.spans.num_true, found.spans.num_said, found.spans.num_found) == (2, 3, 2)
    assert found.spans.delay_mean_s == pytest.approx((2.5 + 3.5) / 2) == found.spans.delay_median_s
    assert found.spans.false_alarms == 1
    assert found.spans.false_alarms_per_hour == pytest.approx(3600 / 30)
    assert found.edit == pytest.approx(2 / 3)  # nothing is said of the empty one, and nothing is true
    # Right: 0-2, 3-6, 6-8, 10-12, 14-16, 18-20, and all of the empty one.
    assert (found.time.right_s, found.time.judged_s) == (23, 30)
    assert found.time.accuracy == pytest.approx(23 / 30)
    # Without an action: all but 8 s; walk for 2 s and jump for 2 s of it.
    assert (found.time.background_s, found.time.named_s) == (22, 4)
    assert found.time.background_named == pytest.approx(4 / 22)


def test_figures_of_labels() -> None:
    jump, squat, walk = judged(GYM, EMPTY).classes
    assert [one.name for one in (jump, squat, walk)] == ["jump", "squat", "walk"]
    assert jump.average_precision == (None, None, None)
    assert (jump.spans.num_true, jump.spans.false_alarms, jump.named_background_s) == (0, 1, 2)
    assert (squat.true_s, squat.right_s, squat.spans.delay_mean_s) == (4, 3, 2.5)
    assert (walk.true_s, walk.right_s, walk.named_background_s) == (4, 2, 2)
    assert walk.spans.f1 == (1, 1, 0)


def test_figures_of_recordings() -> None:
    gym, empty = judged(GYM, EMPTY).recordings
    assert gym.spans.false_alarms_per_hour == pytest.approx(3600 / 20)
    assert gym.time.accuracy == pytest.approx(13 / 20)
    assert (empty.edit, empty.spans.f1, empty.time.accuracy) == (None, (None, None, None), 1)
    assert judged(GYM).recordings == (gym,)


def test_labels_that_the_model_does_not_have_are_no_action() -> None:
    found = judged(GYM, facts=replace(FACTS, unknown={"walk": 4.0}, background=("other", "jump")))
    assert (found.spans.num_true, found.spans.num_said) == (1, 1)
    assert [one.name for one in found.classes] == ["squat"]


def test_a_track_that_is_nobody_has_no_share_in_the_time() -> None:
    truth = tuple(replace(span, person="anna") for span in GYM.truth)
    stranger = Span("run", 0, 10, "7", 0.9, 2.0)
    found = judged(replace(GYM, truth=truth, found=(*GYM.found, stranger)))
    assert found.time == judged(GYM).time
    assert found.edit == judged(GYM).edit
    assert found.spans.false_alarms == 2
    assert [lane.person for lane in found.recordings[0].lanes] == ["anna", "track 7"]


def test_nothing_to_judge() -> None:
    with pytest.raises(InvalidInputError, match="expected one recording or more"):
        judged()
    found = judged(EMPTY)
    assert found.mean_average_precision == (None, None, None)
    assert found.classes == ()
    at_once = judged(replace(EMPTY, end_s=0.0))
    assert (at_once.time.accuracy, at_once.spans.false_alarms_per_hour) == (None, None)


@pytest.mark.parametrize("recordings", [(GYM, EMPTY), (EMPTY,)])
def test_the_json_is_as_its_schema_says(tmp_path: Path, recordings: tuple[JudgedRecording, ...]) -> None:
    found = judged(*recordings)
    schema = timeline_evaluation_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    write_timeline_judgement(found, tmp_path / "t.json")
    document = json.loads((tmp_path / "t.json").read_text())
    jsonschema.validate(document, schema)
    assert document == json.loads(json.dumps(timeline_document(found)))
    assert document["run"]["background"] == ["other"]
    assert len(timeline_json(found).splitlines()) >= 9 + len(recordings)


def test_the_json_holds_the_figures() -> None:
    document = timeline_document(judged(GYM))
    assert document["figures"]["f1"] == {"0.1": 0.8, "0.25": 0.8, "0.5": 0.4}
    assert document["figures"]["average_precision"] == {"0.3": 1.0, "0.5": 0.5, "0.7": 0.5}
    (person,) = document["recordings"][0]["people"]
    assert person["found"][0] == {"label": "squat", "start_s": 3, "end_s": 6, "score": 0.9, "told_s": 4.5}


def test_words() -> None:
    assert [duration_words(s) for s in (42, 492, 3845)] == ["42 s", "8:12 min", "1:04:05 h"]
    assert [hundredths(v) for v in (0.876, None)] == ["0.88", "–"]
    assert [seconds(v) for v in (1.309, None)] == ["1.31 s", "–"]
    assert [per_hour(v) for v in (12.52, 740.3, None)] == ["12.5", "740", "–"]
    names = [name for name, _, _ in figure_rows(judged(GYM))]
    assert "delay" in names
    silent = tuple(replace(span, told_s=None) for span in GYM.found)
    assert "delay" not in [name for name, _, _ in figure_rows(judged(replace(GYM, found=silent)))]
