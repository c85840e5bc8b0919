"""Threads around a session: nothing is left open or unsaid, however the run ends."""

import threading
from functools import cache

import numpy as np
import pytest

from live_fakes import FakeSource, Listener, Scripted, blank, check_fits_together, frames_of
from poseact.action_model import ActionModel
from poseact.errors import SourceError
from poseact.live.engine import STALL_S, LiveEngine
from poseact.live.frame_slot import Arrived, FrameSlot
from poseact.live.latency import LatencyHistogram, LiveStats, memory_bytes
from poseact.live.session import LiveSession
from poseact.recognizer import Recognizer
from poseact.sequence import PoseSequence
from poseact.synth import Act, make_clip

WAIT_S = 30.0


@cache
def model() -> ActionModel:
    return ActionModel.load("everyday")


@cache
def actor() -> PoseSequence:
    script = [Act("walk", 3.0), Act("squat", 3.0)]
    return make_clip([script], np.random.default_rng(1), fps=25, size_wh=(640, 480)).truth


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def engine_of(source: FakeSource, estimator: Scripted, listener: Listener, **options: object) -> LiveEngine:
    return LiveEngine(source, LiveSession(estimator, model()), sinks=[listener], **options)  # type: ignore[arg-type]


def test_without_dropping_it_says_what_predict_says() -> None:
    source, listener = FakeSource(frames_of(actor())), Listener()
    engine = engine_of(source, Scripted(actor()), listener, drop=False)
    engine.run()
    assert listener.segments == list(Recognizer(model()).recognize(actor()).timeline.segments)
    assert (engine.stats.frames_read, engine.stats.frames_done) == (actor().num_frames,) * 2
    assert engine.stats.frames_dropped == 0
    assert engine.stats.events == len(listener.told)
    assert listener.closed
    assert source.closed.is_set()


def test_the_newest_frame_wins_when_people_are_found_slowly() -> None:
    """The estimator begins its first frame, ten more come, and only the last of them is looked at."""
    begun, others_came = threading.Event(), threading.Event()
    seen: list[int] = []

    def find(index: int) -> None:
        seen.append(index)
        begun.set()
        assert others_came.wait(WAIT_S)

    def give(index: int) -> None:
        if index == 1:
            assert begun.wait(WAIT_S)
        if index == 11:
            others_came.set()

    source, listener = FakeSource(frames_of(actor())[:11], before=give), Listener()
    source._frames.append(blank(99.0, 11))  # never given: the source is asked for it and ends
    engine = engine_of(source, Scripted(actor(), before=find), listener)
    engine.start()
    engine.join()
    assert seen[0] == 0
    assert seen[-1] in (10, 11)
    assert len(seen) <= 3
    assert engine.stats.frames_read == engine.stats.frames_done + engine.stats.frames_dropped
    assert engine.stats.frames_dropped >= 9
    check_fits_together(listener.told)


def test_a_camera_that_stalls_leaves_nothing_open() -> None:
    clock, lines, listener = Clock(), [], Listener()
    go_on, notified = threading.Event(), threading.Event()

    def give(index: int) -> None:
        if index == 100:
            assert go_on.wait(WAIT_S)

    def notify(kind: str, line: str) -> None:
        lines.append(kind)
        assert line
        notified.set()

    engine = engine_of(
        FakeSource(frames_of(actor()), before=give),
        Scripted(actor()),
        listener,
        drop=False,
        clock=clock,
        notify=notify,
    )
    engine.start()
    while engine.stats.frames_done < 100:
        engine.wait_for_moment(0.01)
    clock.now_s += STALL_S + 0.1
    assert notified.wait(WAIT_S)
    while not listener.told or listener.told[-1].event.__class__.__name__ != "PersonLost":
        engine.wait_for_moment(0.01, after=engine.wait_for_moment(0))
    check_fits_together(listener.told)
    go_on.set()
    engine.join()
    check_fits_together(listener.told)
    assert lines == ["stall", "stall_over"]


@pytest.mark.parametrize("where", ["source", "estimator", "listener"])
def test_what_fails_is_raised_and_everything_is_closed(where: str) -> None:
    def fail(index: int) -> None:
        if index == 100:
            raise SourceError("cam: gone")

    class Deaf(Listener):
        def tell(self, told: object) -> None:
            raise SourceError("cam: gone")

    source = FakeSource(frames_of(actor()), before=fail if where == "source" else lambda _: None)
    estimator = Scripted(actor(), before=fail if where == "estimator" else lambda _: None)
    listener = Deaf() if where == "listener" else Listener()
    engine = engine_of(source, estimator, listener, drop=False)
    with pytest.raises(SourceError, match="cam: gone"):
        engine.run()
    assert listener.closed
    assert source.closed.is_set()
    assert not engine.is_running
    if where != "listener":
        assert listener.segments or listener.told
        check_fits_together(listener.told)


def test_it_can_be_stopped_at_any_time() -> None:
    listener, waiting = Listener(), threading.Event()

    def give(index: int) -> None:
        if index == 60:
            waiting.set()
            source.closed.wait(WAIT_S)

    source = FakeSource(frames_of(actor()), before=give)
    engine = engine_of(source, Scripted(actor()), listener, drop=False)
    engine.start()
    assert waiting.wait(WAIT_S)
    engine.stop()
    engine.join()
    check_fits_together(listener.told)
    assert engine.stats.frames_done == 60


def test_somebody_who_waits_for_a_moment_gets_the_next_one() -> None:
    engine = engine_of(FakeSource(frames_of(actor())[:3]), Scripted(actor()), Listener(), drop=False)
    assert engine.wait_for_moment(0) is None
    engine.run()
    last = engine.wait_for_moment(0)
    assert last is not None
    assert last.frame.index == 2
    assert engine.wait_for_moment(0, after=last) is last


def test_a_slot_drops_or_waits() -> None:
    slot = FrameSlot()
    for i in range(3):
        assert slot.put(Arrived(blank(i, i), float(i)))
    taken = slot.take(0)
    assert taken is not None
    assert taken.frame.index == 2
    assert (slot.num_put, slot.num_dropped) == (3, 2)
    assert slot.take(0) is None
    slot.put(Arrived(blank(9, 9), 9.0))
    slot.close()
    assert not slot.is_over
    assert slot.take(0) is not None
    assert slot.is_over
    assert not slot.put(Arrived(blank(9, 9), 9.0))


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 0.99, 1.0])
def test_percentiles_are_right_to_two_percent(share: float) -> None:
    rng = np.random.default_rng(0)
    values, histogram = np.exp(rng.normal(-4, 1.5, 5000)), LatencyHistogram()
    for value in values:
        histogram.add(float(value))
    expected = np.quantile(values, share, method="inverted_cdf")
    assert histogram.quantile(share) == pytest.approx(expected, rel=0.021)
    assert histogram.num == 5000
    assert histogram.largest_s == values.max()


def test_no_measurement_has_no_percentile_and_odd_ones_count() -> None:
    histogram = LatencyHistogram()
    assert np.isnan(histogram.quantile(0.5))
    for odd in (-1.0, 0.0, 1e9):
        histogram.add(odd)
    assert histogram.num == 3
    assert histogram.quantile(0.01) <= 2e-5


def test_a_minute_of_measurements_can_be_looked_at_alone() -> None:
    histogram = LatencyHistogram()
    for _ in range(100):
        histogram.add(0.01)
    before = histogram.copy()
    for _ in range(10):
        histogram.add(1.0)
    assert before.num == 100
    lately = histogram.since(before)
    assert lately.num == 10
    assert lately.quantile(0.01) == pytest.approx(1.0, rel=0.03)
    assert histogram.num == 110


def test_a_run_in_words() -> None:
    stats = LiveStats(frames_read=10, frames_done=6, frames_dropped=4, events=3)
    stats.stages["total"].add(0.05)
    text = "\n".join(stats.lines())
    assert "10 frames came, 6 worked on, 4 dropped (40 %), 3 events" in text
    assert "50.0" in text
    assert (memory_bytes() or 1e9) > 1e6
