"""Who of the answers is who of the truth, and what is not judged."""

import pytest

from poseact.annotations import Span
from poseact.errors import InvalidInputError
from poseact.judging.lanes import JudgedRecording, Lane, lanes_of, united


def recording(truth: list[Span], found: list[Span]) -> JudgedRecording:
    return JudgedRecording("a.mp4", 0.0, 20.0, tuple(truth), tuple(found))


def shown(lanes: list[Lane]) -> list[tuple[str | None, list[str], list[str]]]:
    def row(spans: tuple[Span, ...]) -> list[str]:
        return [f"{s.label} {s.start_s:g}-{s.end_s:g}" for s in spans]

    return [(lane.person, row(lane.truth), row(lane.found)) for lane in lanes]


def test_people_are_matched_by_what_they_do_and_not_by_number() -> None:
    truth = [Span("walk", 0, 10, "0"), Span("squat", 0, 10, "1")]
    found = [
        Span("squat", 1, 5, "0"),
        Span("walk", 0, 9, "1"),
        Span("squat", 6, 9, "7"),
        Span("run", 3, 4, "8"),
    ]
    lanes = lanes_of(recording(truth, found))
    assert shown(lanes) == [
        ("1", ["squat 0-10"], ["squat 1-5", "squat 6-9"]),
        ("0", ["walk 0-10"], ["walk 0-9"]),
        ("track 8", [], ["run 3-4"]),
    ]
    assert [lane.is_annotated for lane in lanes] == [True, True, False]


def test_a_person_who_was_not_found_has_a_lane_all_the_same() -> None:
    truth = [Span("walk", 0, 10, "anna"), Span("squat", 0, 10, "ben")]
    assert shown(lanes_of(recording(truth, []))) == [("ben", ["squat 0-10"], []), ("anna", ["walk 0-10"], [])]


def test_where_the_truth_does_not_say_who_anybody_will_do() -> None:
    truth = [Span("squat", 0, 10)]
    found = [Span("squat", 1, 5, "0", 0.5, 2.0), Span("squat", 4, 9, "1", 0.7, 5.0), Span("walk", 2, 3, "1")]
    (lane,) = lanes_of(recording(truth, found))
    assert shown([lane]) == [(None, ["squat 0-10"], ["squat 1-9", "walk 2-3"])]
    assert (lane.found[0].score, lane.found[0].told_s, lane.found[0].person) == (0.7, 2.0, None)


def test_where_the_answers_do_not_say_who_the_truth_is_one() -> None:
    truth = [Span("squat", 0, 10, "0"), Span("squat", 8, 12, "1")]
    assert shown(lanes_of(recording(truth, [Span("squat", 1, 5)]))) == [(None, ["squat 0-12"], ["squat 1-5"])]


def test_a_truth_that_says_of_some_only_who_it_is() -> None:
    with pytest.raises(
        InvalidInputError, match=r"a.mp4: expected all of its spans to say who it is, or none"
    ):
        lanes_of(recording([Span("squat", 0, 10, "0"), Span("walk", 8, 12)], []))


def test_background_is_no_action_on_either_side() -> None:
    truth = [Span("other", 0, 5), Span("walk", 5, 9), Span("nothing", 9, 12)]
    found = [Span("Other", 0, 5, "0"), Span("walk", 5, 9, "0")]
    (lane,) = lanes_of(recording(truth, found), background=("other", "Nothing"))
    assert shown([lane]) == [(None, ["walk 5-9"], ["walk 5-9"])]
    assert [span.label for span in lane.background] == ["other", "nothing"]


def test_what_lies_in_ambiguous_time_is_not_judged() -> None:
    truth = [Span("Ambiguous", 0, 5), Span("walk", 5, 9), Span("maybe", 12, 14)]
    # Half of 4 to 6 is not judged, less than half of 4.1 to 6.1 is not.
    found = [Span("walk", 1, 4), Span("walk", 4, 9), Span("run", 4, 6), Span("jump", 4.1, 6.1)]
    (lane,) = lanes_of(recording(truth, found), ignored=("ambiguous", "maybe"))
    assert lane.ignored == ((0, 5), (12, 14))
    assert shown([lane]) == [(None, ["walk 5-9"], ["walk 4-9", "jump 4.1-6.1"])]


def test_spans_of_one_label_are_united_only_where_they_overlap() -> None:
    rows = [Span("a", 0, 4), Span("b", 1, 2), Span("a", 3, 6), Span("a", 6, 8), Span("b", 1.5, 3)]
    assert [(s.label, s.start_s, s.end_s) for s in united(rows)] == [("a", 0, 6), ("b", 1, 3), ("a", 6, 8)]
