"""Figures of detection: worked out by hand, and what must hold of any truth and answers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseact.annotations import Span
from poseact.judging.detection import (
    Counts,
    average_precision,
    detections,
    edit_score,
    false_alarms,
    moments,
    segment_counts,
    temporal_iou,
)
from poseact.judging.lanes import Lane

Row = tuple[str, float, float]


def spans(*rows: Row | tuple[str, float, float, float]) -> tuple[Span, ...]:
    """Label, start, end and perhaps score."""
    return tuple(Span(row[0], row[1], row[2], score=row[3] if len(row) > 3 else 1.0) for row in rows)


def lane(truth: tuple[Span, ...], found: tuple[Span, ...], end_s: float = 20.0) -> Lane:
    return Lane("a", None, 0.0, end_s, truth, found)


def test_iou() -> None:
    a, b, c = spans(("a", 0, 4), ("b", 2, 6), ("a", 4, 5))
    assert temporal_iou(a, b) == pytest.approx(2 / 6)
    assert temporal_iou(a, a) == 1
    assert temporal_iou(a, c) == 0


def test_average_precision_by_hand() -> None:
    # Three truths; by score: hit, miss, hit (of the second truth), a second answer to the first.
    truth = spans(("a", 0, 2), ("a", 4, 6), ("a", 8, 10), ("b", 4, 6))
    found = spans(
        ("a", 0, 2, 0.9), ("a", 12, 14, 0.8), ("a", 4.2, 6, 0.7), ("a", 0, 1.9, 0.6), ("b", 8, 10, 1)
    )
    # Precision at the two recalls: 1, and 2/3, which no later precision exceeds: (1 + 2/3 + 0) / 3.
    assert average_precision([lane(truth, found)], "a", 0.5) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision([lane(truth, found)], "b", 0.5) == 0
    assert average_precision([lane(truth, found)], "c", 0.5) is None
    # At 0.95 the third answer (0.9) is none any more.
    assert average_precision([lane(truth, found)], "a", 0.95) == pytest.approx(1 / 3)


def test_precision_is_interpolated() -> None:
    truth = spans(("a", 0, 2), ("a", 4, 6))
    found = spans(("a", 12, 14, 0.9), ("a", 0, 2, 0.8), ("a", 4, 6, 0.7))
    # 1/2 at the first recall, 2/3 at the second: the higher counts at both.
    assert average_precision([lane(truth, found)], "a", 0.5) == pytest.approx(2 / 3)


def test_an_answer_may_take_the_second_best_truth_for_precision() -> None:
    truth = spans(("a", 0, 4), ("a", 3, 8))
    found = spans(
        ("a", 0, 4.2, 0.9), ("a", 1, 5, 0.8)
    )  # 0.6 with the first, which is taken; 2/7 with the other
    assert average_precision([lane(truth, found)], "a", 0.25) == 1
    assert average_precision([lane(truth, found)], "a", 0.5) == 0.5


def test_answers_of_another_lane_are_none() -> None:
    a, b = lane(spans(("a", 0, 2)), ()), lane((), spans(("a", 0, 2)))
    assert average_precision([a, b], "a", 0.5) == 0


def test_f1_by_hand() -> None:
    truth = spans(("a", 0, 4), ("b", 4, 8), ("a", 8, 12))
    found = spans(("a", 0, 3), ("b", 3, 5), ("a", 5, 6), ("a", 8, 12), ("c", 12, 13))
    counts = segment_counts(lane(truth, found), 0.5)
    # IoU: 3/4, 1/5, 0, 1.
    assert counts == {"a": Counts(2, 1, 0), "b": Counts(0, 1, 1), "c": Counts(0, 1, 0)}
    assert sum(counts.values(), Counts()).f1 == pytest.approx(4 / (4 + 3 + 1))
    assert segment_counts(lane(truth, found), 0.1)["b"] == Counts(1, 0, 0)
    assert Counts().f1 is None


def test_of_two_answers_to_one_truth_the_first_counts() -> None:
    found = spans(("a", 0, 2), ("a", 2, 4))
    assert segment_counts(lane(spans(("a", 0, 4)), found), 0.5) == {"a": Counts(1, 1, 0)}
    # As in Lea's code it is lost for the other truth, though that would do.
    truth = spans(("a", 0, 4), ("a", 4, 6))
    assert segment_counts(lane(truth, spans(("a", 0, 4), ("a", 2, 5))), 0.1) == {"a": Counts(1, 1, 1)}


@pytest.mark.parametrize(
    ("true", "said", "expected"),
    [
        ("abc", "abc", 1.0),
        ("abc", "ac", 2 / 3),
        ("ab", "abab", 0.5),
        ("a", "b", 0.0),
        ("", "ab", 0.0),
        ("ab", "", 0.0),
        ("", "", None),
        ("kitten", "sitting", 1 - 3 / 7),
    ],
)
def test_edit_score(true: str, said: str, expected: float | None) -> None:
    truth, found = (spans(*((label, i, i + 0.5) for i, label in enumerate(row))) for row in (true, said))
    assert edit_score(lane(truth, found)) == (None if expected is None else pytest.approx(expected))


def test_moments() -> None:
    one = lane(spans(("a", 1, 4), ("b", 4, 6)), spans(("a", 2, 5)), end_s=8.0)
    found = [(m.start_s, m.end_s, set(m.true), set(m.said), m.is_right) for m in moments(one)]
    assert found == [
        (0, 1, set(), set(), True),
        (1, 2, {"a"}, set(), False),
        (2, 4, {"a"}, {"a"}, True),
        (4, 5, {"b"}, {"a"}, False),
        (5, 6, {"b"}, set(), False),
        (6, 8, set(), set(), True),
    ]
    assert [(m.start_s, m.end_s) for m in moments(replace(one, ignored=((0.0, 2.0), (7.0, 9.0))))] == [
        (2, 4),
        (4, 5),
        (5, 6),
        (6, 7),
    ]


def test_what_lies_outside_the_recording_is_no_time() -> None:
    one = lane(spans(("a", -3, 2), ("b", 7, 12)), spans(("a", -1, 1)), end_s=8.0)
    assert [(m.start_s, m.end_s) for m in moments(one)] == [(0, 1), (1, 2), (2, 7), (7, 8)]


def test_a_false_alarm_has_nearly_nothing_of_the_truth() -> None:
    truth = spans(("a", 10, 20), ("b", 0, 10))
    alarm, placed, other = spans(("a", 1, 10.9), ("a", 1, 11), ("b", 12, 13))
    assert false_alarms(lane(truth, (alarm, placed, other))) == [alarm, other]


def test_a_label_counts_whatever_the_number_of_true_spans_that_it_touches() -> None:
    truth = spans(*(("a", i, i + 0.05) for i in range(10)))
    short, long = spans(("a", 0, 0.4), ("a", 0, 4))  # 0.05 of 0.4 s, and 0.2 of 4 s
    assert false_alarms(lane(truth, (short, long))) == [long]
    truth = spans(*(("a", i, i + 0.15) for i in range(10)))  # 0.6 of 4 s, though each IoU is 0.04
    assert false_alarms(lane(truth, (short, long))) == []


def test_delays() -> None:
    truth = spans(("a", 2, 6), ("a", 6, 9), ("b", 9, 12), ("c", 12, 15), ("d", 15, 18))
    found = (
        Span("a", 2.1, 7, told_s=3.5),
        Span("a", 7, 9, told_s=8.5),
        Span("b", 10, 11, told_s=12.5),
        Span("c", 14.8, 30, told_s=16.0),
    )
    got = detections(lane(truth, found))
    assert [one.truth for one in got] == list(truth)
    # The second one was out already; the third was told when it was over; of the fourth there is too little.
    assert [one.is_found for one in got] == [True, True, True, False, False]
    assert [one.delay_s for one in got] == [1.5, 0.0, 3.5, None, None]


def test_without_telling_there_is_no_delay() -> None:
    (one,) = detections(lane(spans(("a", 2, 6)), spans(("a", 2, 6))))
    assert (one.is_found, one.delay_s) == (True, None)


@st.composite
def rows_of_spans(draw: st.DrawFn) -> tuple[Span, ...]:
    """Spans of one person: one after another, perhaps with time between."""
    times = draw(st.lists(st.integers(0, 200), min_size=2, max_size=16, unique=True).map(sorted))
    labels = draw(st.lists(st.sampled_from("abc"), min_size=len(times), max_size=len(times)))
    kept = draw(st.lists(st.booleans(), min_size=len(times), max_size=len(times)))
    pairs = zip(times, times[1:], labels, kept, strict=False)
    return tuple(Span(label, a / 10, b / 10) for a, b, label, keep in pairs if keep)


def figures(one: Lane) -> list[object]:
    """All of them, of which a lane decides."""
    right = sum(m.seconds for m in moments(one) if m.is_right) / (one.end_s - one.start_s)
    return [
        *(average_precision([one], label, at) for label in "abc" for at in (0.3, 0.7)),
        *(sum(segment_counts(one, at).values(), Counts()).f1 for at in (0.1, 0.5)),
        edit_score(one),
        right,
        len(false_alarms(one)) / max(len(one.found), 1),
        sum(found.is_found for found in detections(one)) / max(len(one.truth), 1),
    ]


@given(rows_of_spans())
def test_a_perfect_answer_is_perfect(truth: tuple[Span, ...]) -> None:
    one = lane(truth, truth)
    assert all(value in (None, 1) for value in figures(one)[:8])
    assert sum(m.seconds for m in moments(one) if m.is_right) == pytest.approx(20)
    assert false_alarms(one) == []
    assert all(found.is_found for found in detections(one))


@given(rows_of_spans(), rows_of_spans(), st.floats(0.5, 4), st.floats(-50, 50))
def test_the_clock_makes_no_difference(
    truth: tuple[Span, ...], found: tuple[Span, ...], scale: float, shift: float
) -> None:
    def moved(row: tuple[Span, ...]) -> tuple[Span, ...]:
        # A hair of room, so that rounding does not let neighbours overlap.
        return tuple(
            replace(s, start_s=scale * s.start_s + shift + 1e-9, end_s=scale * s.end_s + shift) for s in row
        )

    before = figures(lane(truth, found))[8:10]  # those that no threshold decides
    after = figures(Lane("a", None, shift, 20 * scale + shift, moved(truth), moved(found)))[8:10]
    assert after == [value if value is None else pytest.approx(value, abs=1e-6) for value in before]


@given(rows_of_spans(), rows_of_spans())
def test_every_figure_is_a_share_and_all_spans_are_counted(
    truth: tuple[Span, ...], found: tuple[Span, ...]
) -> None:
    one = lane(truth, found)
    assert all(value is None or -1e-9 <= value <= 1 + 1e-9 for value in figures(one))  # type: ignore[operator]
    for at in (0.1, 0.5):
        counts = sum(segment_counts(one, at).values(), Counts())
        assert counts.hits + counts.missed == len(truth)
        assert counts.hits + counts.extra == len(found)
    assert sum(m.seconds for m in moments(one)) == pytest.approx(20)
    low, high = (sum(segment_counts(one, at).values(), Counts()).hits for at in (0.5, 0.1))
    assert low <= high


@given(rows_of_spans(), rows_of_spans())
def test_other_names_make_no_difference(truth: tuple[Span, ...], found: tuple[Span, ...]) -> None:
    names = {"a": "b", "b": "c", "c": "a"}
    renamed = [tuple(replace(s, label=names[s.label]) for s in row) for row in (truth, found)]
    before, after = figures(lane(truth, found)), figures(lane(*renamed))
    assert after[6:] == before[6:]
    order = np.array([2, 3, 4, 5, 0, 1])
    assert [after[i] for i in order] == before[:6]
