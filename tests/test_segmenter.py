"""From probabilities to segments."""

import itertools

import numpy as np
import pytest

from poseact.errors import InvalidInputError
from poseact.segmenter import Segmenter, SegmenterSettings
from poseact.timeline import Segment

NAMES = ("stand", "walk", "fall")
STRIDE_S = 0.2
RAW = SegmenterSettings(smooth_s=0, hold=1, min_duration_s=0.4)


def _run(
    labels: str, settings: SegmenterSettings = RAW, p: float = 0.9, thresholds: tuple[float, ...] = (0.5,) * 3
) -> list[Segment]:
    """One letter a step: s, w, f, or - for a step that is sure of nothing."""
    segmenter = Segmenter(7, NAMES, np.array(thresholds), STRIDE_S, settings)
    out = []
    for i, letter in enumerate(labels):
        row = np.full(3, (1 - p) / 2) if letter != "-" else np.full(3, 1 / 3)
        if letter != "-":
            row["swf".index(letter)] = p
        out += segmenter.push(i * STRIDE_S, row)
    return out + segmenter.finish()


def _short(segments: list[Segment]) -> list[tuple[str, float, float]]:
    return [(s.label, round(s.start_s, 3), round(s.end_s, 3)) for s in segments]


def test_a_change_lies_half_way_between_the_steps() -> None:
    assert _short(_run("sssswwww")) == [("stand", -0.1, 0.7), ("walk", 0.7, 1.5)]


def test_unsure_time_has_no_segment() -> None:
    assert _short(_run("ssss----wwww")) == [("stand", -0.1, 0.7), ("walk", 1.5, 2.3)]
    assert _run("--------") == []


def test_a_flicker_does_not_interrupt() -> None:
    assert _short(_run("sssswssss")) == [("stand", -0.1, 1.7)]
    assert _short(_run("ssss-ssss")) == [("stand", -0.1, 1.7)]


def test_a_flicker_between_two_actions_is_shared_by_them() -> None:
    assert _short(_run("ssssfwwww")) == [("stand", -0.1, 0.8), ("walk", 0.8, 1.7)]


def test_a_flicker_at_the_end_is_dropped() -> None:
    assert _short(_run("ssssw")) == [("stand", -0.1, 0.7)]


def test_the_score_is_the_mean_probability() -> None:
    (segment,) = _run("ssss", p=0.8)
    assert segment.score == pytest.approx(0.8)
    assert segment.track_id == 7


def test_a_low_threshold_lets_a_class_win_with_less() -> None:
    row = np.array([0.6, 0.1, 0.3])
    for thresholds, expected in (((0.5, 0.5, 0.5), "stand"), ((0.5, 0.5, 0.2), "fall")):
        segmenter = Segmenter(0, NAMES, np.array(thresholds), STRIDE_S, RAW)
        for i in range(5):
            segmenter.push(i * STRIDE_S, row)
        assert [s.label for s in segmenter.finish()] == [expected]


def test_hold_keeps_an_action_through_a_close_call() -> None:
    rows = [np.array([0.55, 0.45, 0.0])] * 5 + [np.array([0.48, 0.52, 0.0])] * 5
    for hold, expected in ((1.0, ["stand", "walk"]), (1.2, ["stand"])):
        segmenter = Segmenter(
            0,
            NAMES,
            np.array([0.4] * 3),
            STRIDE_S,
            SegmenterSettings(smooth_s=0, hold=hold, min_duration_s=0.4),
        )
        done = [s for i, row in enumerate(rows) for s in segmenter.push(i * STRIDE_S, row)]
        assert [s.label for s in done + segmenter.finish()] == expected


def test_smoothing_mends_single_steps() -> None:
    assert _short(_run("ssswsss", SegmenterSettings(smooth_s=0.6, hold=1, min_duration_s=0))) == [
        ("stand", -0.1, 1.3)
    ]


def test_segments_of_random_input_never_overlap_and_are_long_enough() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        segments = _run("".join(rng.choice(list("swf-"), 60)))
        for a, b in itertools.pairwise(segments):
            assert a.end_s <= b.start_s + 1e-9
        assert all(s.end_s - s.start_s >= 0.4 - 1e-6 for s in segments)


def test_segments_come_as_soon_as_they_are_decided() -> None:
    segmenter = Segmenter(0, NAMES, np.full(3, 0.5), STRIDE_S, RAW)
    seen = [segmenter.push(i * STRIDE_S, np.eye(3)[0 if i < 5 else 1]) for i in range(10)]
    assert [len(s) for s in seen] == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="hold >= 1"):
        SegmenterSettings(hold=0.5)


def test_memory_does_not_grow_with_time() -> None:
    segmenter = Segmenter(0, NAMES, np.full(3, 0.5), STRIDE_S, SegmenterSettings(smooth_s=1.0))
    for i in range(1000):
        segmenter.push(i * STRIDE_S, np.eye(3)[i // 20 % 3])
    assert len(segmenter._steps) <= 5
