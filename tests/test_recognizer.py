"""From poses to a timeline, with a model whose opinion is known."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from poseact.action_model import ActionModel
from poseact.action_model_info import ActionModelInfo
from poseact.features import FeatureSettings
from poseact.layouts import BODY13, COCO17
from poseact.recognizer import Recognizer
from poseact.sequence import PoseSequence


class _HandsUp:
    """Says "up" when the wrists are above the head, "down" otherwise, and is sure of it."""

    info = ActionModelInfo(
        name="hands",
        model_version="1",
        layout=BODY13,
        class_names=("down", "up"),
        rate_hz=10,
        window_frames=5,
        stride_s=0.2,
        features=FeatureSettings(),
        temperature=1,
        reject_threshold=0.6,
    )

    step_graph = None

    def probabilities(
        self, keypoints: NDArray[np.float32], confidence: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        middle = keypoints[:, 2]
        wrists = middle[:, BODY13.indices(["left_wrist", "right_wrist"]), 1].mean(-1)
        up = wrists < middle[:, BODY13.index("head"), 1]
        return np.where(up[:, None], [[0.1, 0.9]], [[0.9, 0.1]]).astype(np.float32)


def _person(up: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(T, 17, 2): a stiff body whose wrists are up or down."""
    body = np.zeros((len(up), 17, 2), np.float32)
    body[:, :5, 1] = 100
    body[:, 5:11, 1] = 200
    body[:, 11:, 1] = 300
    body[..., 0] = np.arange(17) * 3
    body[:, 9:11, 1] = np.where(up, 50, 250)[:, None]
    return body


def _sequence(people: list[NDArray[np.float32]], rate_hz: float) -> PoseSequence:
    keypoints = np.stack(people)
    return PoseSequence(
        keypoints=keypoints,
        confidence=np.isfinite(keypoints).all(-1).astype(np.float32),
        timestamps=np.arange(keypoints.shape[1]) / rate_hz,
        layout=COCO17,
        track_ids=np.arange(len(people)) + 5,
    )


@pytest.fixture
def recognizer() -> Recognizer:
    return Recognizer(cast(ActionModel, _HandsUp()))


def _rows(recognizer: Recognizer, sequence: PoseSequence) -> list[tuple[int, str, float, float]]:
    timeline = recognizer.recognize(sequence).timeline
    return [(s.track_id, s.label, round(s.start_s, 1), round(s.end_s, 1)) for s in timeline.segments]


@pytest.mark.parametrize("rate_hz", [10, 15, 25, 30, 60])
def test_segments_do_not_depend_on_the_frame_rate(recognizer: Recognizer, rate_hz: float) -> None:
    times = np.arange(int(8 * rate_hz) + 1) / rate_hz
    rows = _rows(recognizer, _sequence([_person((times >= 2) & (times < 5))], rate_hz))
    assert [row[1] for row in rows] == ["down", "up", "down"]
    np.testing.assert_allclose([row[2] for row in rows], [0, 2, 5], atol=0.11)
    assert rows[-1][3] == 8.0


def test_each_person_has_segments_of_their_own(recognizer: Recognizer) -> None:
    times = np.arange(81) / 10
    rows = _rows(recognizer, _sequence([_person(times < 0), _person(times >= 4)], 10))
    assert {(row[0], row[1]) for row in rows} == {(5, "down"), (6, "down"), (6, "up")}


def test_nobody_speaks_for_somebody_who_is_away(recognizer: Recognizer) -> None:
    person = _person(np.ones(100, bool))
    person[40:70] = np.nan
    rows = _rows(recognizer, _sequence([person], 10))
    assert [row[1] for row in rows] == ["up", "up"]
    assert rows[0][3] <= 4.1
    assert rows[1][2] >= 6.9


@pytest.mark.parametrize("stride_s", [0.2, 0.4])
def test_no_label_before_a_person_comes_or_after_one_goes(stride_s: float) -> None:
    """The stays of a clock that begins late; the shorter gap is bridged, the longer one not."""
    person = _person(np.ones(120, bool))
    for first, last in ((0, 11), (40, 43), (70, 76), (111, 120)):
        person[first:last] = np.nan
    sequence = _sequence([person], 10)
    late = replace(sequence, timestamps=sequence.timestamps + 0.719)
    segments = Recognizer(cast(ActionModel, _HandsUp()), stride_s=stride_s).recognize(late).timeline.segments
    spans = [(round(s.start_s, 3), round(s.end_s, 3)) for s in segments]
    stays = [(1.819, 7.619), (8.319, 11.719)]
    assert len(spans) == len(stays)
    for (start, end), (first_s, last_s) in zip(spans, stays, strict=True):
        assert first_s <= start <= first_s + stride_s / 2
        assert last_s - stride_s / 2 <= end <= last_s


def test_no_label_begins_or_ends_in_a_gap_that_nothing_bridges(recognizer: Recognizer) -> None:
    up = np.arange(100) >= 52
    person = _person(up)
    person[50:54] = np.nan
    segments = recognizer.recognize(_sequence([person], 10)).timeline.segments
    assert [s.label for s in segments] == ["down", "up"]
    assert segments[0].end_s <= 4.9
    assert segments[1].start_s >= 5.4


def test_segments_stay_within_the_recording(recognizer: Recognizer) -> None:
    recognition = recognizer.recognize(_sequence([_person(np.ones(53, bool))], 10))
    assert (recognition.timeline.segments[0].start_s, recognition.timeline.segments[-1].end_s) == (0, 5.2)
    assert set(recognition.scores) == {5}
    assert recognition.scores[5].probabilities.shape == (27, 2)


@pytest.mark.parametrize("frames", [0, 1])
def test_a_recording_too_short_for_anything_is_fine(recognizer: Recognizer, frames: int) -> None:
    sequence = _sequence([_person(np.ones(frames, bool))], 10)
    assert recognizer.recognize(sequence).timeline.segments == ()


def test_nobody_at_all(recognizer: Recognizer) -> None:
    nobody = PoseSequence(np.zeros((0, 9, 17, 2)), np.zeros((0, 9, 17)), np.arange(9) / 10, COCO17)
    timeline = recognizer.recognize(nobody).timeline
    assert (timeline.segments, timeline.track_ids, timeline.end_s) == ((), (), 0.8)


def test_a_model_that_is_unsure_says_nothing(recognizer: Recognizer, monkeypatch: Any) -> None:
    monkeypatch.setattr(_HandsUp, "probabilities", lambda self, k, c: np.full((len(k), 2), 0.5, np.float32))
    assert _rows(recognizer, _sequence([_person(np.ones(60, bool))], 10)) == []
