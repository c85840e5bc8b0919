"""Frame by frame comes the timeline that the whole recording gives, told as events that fit together."""

from functools import cache

import numpy as np
import pytest

from poseact.action_model import ActionModel
from poseact.errors import InvalidInputError
from poseact.live import (
    Event,
    PersonAppeared,
    PersonLost,
    SegmentEnded,
    SegmentStarted,
    SegmentUpdated,
    StreamRecognizer,
)
from poseact.recognizer import Recognizer
from poseact.repetitions import COUNTED, count_repetitions
from poseact.sequence import PoseSequence
from poseact.synth import Act, make_clip
from poseact.timeline import Segment
from poseact.windows import cut_windows

SCRIPT = [Act("walk", 3.0), Act("squat", 4.0), Act("stand", 2.0), Act("jumping_jack", 4.0), Act("punch", 3.0)]


@cache
def model() -> ActionModel:
    return ActionModel.load("everyday")


def actor(seed: int, fps: float = 25.0) -> PoseSequence:
    """The true joints of two actors."""
    acts = [SCRIPT, [*SCRIPT[2:], *SCRIPT[:2]]]
    return make_clip(acts, np.random.default_rng(seed), fps=fps, size_wh=(640, 480)).truth


def disturbed(sequence: PoseSequence, seed: int) -> PoseSequence:
    """Frames lost, people out of view for a while, the clock uneven and jumping once."""
    rng = np.random.default_rng(seed)
    kept = np.flatnonzero(rng.random(sequence.num_frames) < 0.85)
    keypoints, times = sequence.keypoints[:, kept].copy(), sequence.timestamps[kept].copy()
    for person in range(len(keypoints)):
        for start in rng.integers(0, len(times), 6):
            keypoints[person, start : start + rng.integers(1, 60)] = np.nan
    times[len(times) // 2 :] += 2.0
    times += rng.uniform(0, 0.005, len(times))
    return PoseSequence(
        keypoints, sequence.confidence[:, kept], times, sequence.layout, track_ids=sequence.track_ids
    )


def streamed(sequence: PoseSequence) -> list[tuple[float, Event]]:
    """Every event, and when it was told."""
    recognizer = StreamRecognizer(model(), sequence.layout)
    out: list[tuple[float, Event]] = []
    for t, time_s in enumerate(sequence.timestamps.tolist()):
        poses = {
            int(track): (sequence.keypoints[i, t], sequence.confidence[i, t])
            for i, track in enumerate(sequence.track_ids)
            if sequence.present[i, t]
        }
        out += [(time_s, event) for event in recognizer.push(time_s, poses)]
    return out + [(float(sequence.timestamps[-1]), event) for event in recognizer.finish()]


def ended(events: list[tuple[float, Event]]) -> list[Segment]:
    found = [event.segment for _, event in events if isinstance(event, SegmentEnded)]
    return sorted(found, key=lambda s: (s.start_s, s.track_id))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("disturb", [False, True], ids=["smooth", "disturbed"])
def test_the_segments_are_those_of_the_whole(seed: int, disturb: bool) -> None:
    sequence = actor(seed)
    if disturb:
        sequence = disturbed(sequence, seed)
    whole = Recognizer(model()).recognize(sequence).timeline.segments
    found = ended(streamed(sequence))
    assert len(whole) >= 6
    assert [(s.track_id, s.label) for s in found] == [(s.track_id, s.label) for s in whole]
    for attribute in ("start_s", "end_s", "score"):
        np.testing.assert_allclose(
            [getattr(s, attribute) for s in found], [getattr(s, attribute) for s in whole], atol=1e-5
        )


@pytest.mark.parametrize("disturb", [False, True], ids=["smooth", "disturbed"])
def test_the_opinions_are_those_of_windows_cut_from_the_whole(disturb: bool) -> None:
    sequence = disturbed(actor(5), 5) if disturb else actor(5)
    info = model().info
    tracks = cut_windows(
        sequence,
        rate_hz=info.rate_hz,
        num_frames=info.window_frames,
        stride_s=info.stride_s,
        lookahead_s=info.lookahead_s,
    )
    scores = Recognizer(model()).recognize(sequence).scores
    assert set(scores) == {windows.track_id for windows in tracks}
    for windows in tracks:
        expected = model().probabilities(windows.keypoints, windows.confidence)
        np.testing.assert_allclose(scores[windows.track_id].times_s, windows.centers_s, atol=1e-9)
        np.testing.assert_allclose(scores[windows.track_id].probabilities, expected, atol=1e-5)


def test_repetitions_are_those_counted_in_the_finished_segments() -> None:
    poses = disturbed(actor(6, fps=30.0), 6)
    counted = [s for s in Recognizer(model()).recognize(poses).timeline.segments if s.label in COUNTED]
    assert {s.label for s in counted} >= {"squat", "jumping_jack"}
    assert [s.repetitions for s in counted] == [count_repetitions(poses, s) for s in counted]
    assert any(s.repetitions for s in counted)
    updates = [event.segment for _, event in streamed(poses) if isinstance(event, SegmentUpdated)]
    assert {s.repetitions is None for s in updates if s.label in COUNTED} == {False}
    assert {s.repetitions for s in updates if s.label not in COUNTED} == {None}


@pytest.mark.parametrize("seed", range(3))
def test_events_fit_together(seed: int) -> None:
    events = streamed(disturbed(actor(seed), seed))
    in_view: set[int] = set()
    open_segments: dict[int, Segment] = {}
    for told_s, event in events:
        if isinstance(event, PersonAppeared):
            assert event.track_id not in in_view
            in_view.add(event.track_id)
            continue
        if isinstance(event, PersonLost):
            assert event.track_id not in open_segments
            in_view.remove(event.track_id)
            continue
        segment = event.segment
        assert segment.track_id in in_view
        assert segment.end_s <= told_s + 1e-6
        if isinstance(event, SegmentStarted):
            assert segment.track_id not in open_segments
            open_segments[segment.track_id] = segment
            continue
        before = open_segments[segment.track_id]
        assert (segment.label, segment.start_s) == (before.label, before.start_s)
        if isinstance(event, SegmentUpdated):
            assert segment.end_s > before.end_s
            open_segments[segment.track_id] = segment
        else:
            del open_segments[segment.track_id]
    assert not in_view
    assert not open_segments


def test_an_answer_comes_about_a_second_after_what_it_is_about() -> None:
    events = streamed(actor(0))
    delays = [told - event.segment.start_s for told, event in events if isinstance(event, SegmentStarted)]
    # Half a window, half a smoothing, the minimum duration, half a stride.
    assert max(delays) < 0.86 + 0.4 + 0.4 + 0.2 + 0.3


def test_nobody_gives_no_events_and_time_must_go_on() -> None:
    recognizer = StreamRecognizer(model(), actor(0).layout)
    assert recognizer.push(0.0, {}) == []
    assert recognizer.push(0.1, {}) == []
    with pytest.raises(InvalidInputError, match="after"):
        recognizer.push(0.1, {})
    assert recognizer.finish() == []
