"""One frame after another, whatever the source does: equal answers, and nothing left open."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from live_fakes import Listener, Scripted, blank, check_fits_together, crowd, frames_of
from poseact.action_model import ActionModel
from poseact.live import PersonAppeared, PersonLost, SegmentEnded, SegmentStarted, Told
from poseact.live.session import LiveSession
from poseact.recognizer import Recognizer
from poseact.sequence import PoseSequence
from poseact.synth import Act, make_clip


@cache
def model() -> ActionModel:
    return ActionModel.load("everyday")


@cache
def actors() -> PoseSequence:
    script = [Act("walk", 3.0), Act("squat", 4.0), Act("jumping_jack", 4.0)]
    return make_clip([script, script[::-1]], np.random.default_rng(3), fps=25, size_wh=(640, 480)).truth


def session(poses: PoseSequence) -> LiveSession:
    return LiveSession(Scripted(poses), model(), unix_clock=lambda: 1.7e9)


def test_frame_by_frame_gives_what_the_recording_gives() -> None:
    live, told = session(actors()), []
    for frame in frames_of(actors()):
        told += live.step(frame).told
    told += live.pause()
    listener = Listener()
    for one in told:
        listener.tell(one)
    assert listener.segments == list(Recognizer(model()).recognize(actors()).timeline.segments)
    check_fits_together(told)


def test_what_is_told_says_when_and_where() -> None:
    live = session(actors())
    moments = [live.step(frame) for frame in frames_of(actors())]
    for moment in moments:
        for one in moment.told:
            assert one.frame_s == moment.frame.timestamp_s
            assert one.unix_s == 1.7e9
            assert one.frame_size_wh == (64, 48)
            assert one.box_px is not None
            assert one.box_px[0] < one.box_px[2]
            assert one.box_px[1] < one.box_px[3]
    last = moments[-1].people
    assert [person.pose.track_id for person in last] == [0, 1]
    assert {person.segment.label for person in last if person.segment} == {"jumping_jack", "walk"}
    assert all(person.probabilities is not None for person in last)


def test_a_clock_that_goes_back_ends_everything_and_begins_anew() -> None:
    live, told = session(actors()), []
    for frame in frames_of(actors()):
        stamp = frame.timestamp_s - (4.0 if frame.index >= 150 else 0.0)
        told += live.step(replace(frame, timestamp_s=stamp)).told
    told += live.pause()
    check_fits_together(told)
    assert sum(isinstance(one.event, PersonAppeared) for one in told) == 4
    assert {one.event.track_id for one in told if isinstance(one.event, PersonAppeared)} == {0, 1}


def test_pictures_of_another_size_show_other_people() -> None:
    live, told = session(actors()), []
    for frame in frames_of(actors()):
        size = (64, 48) if frame.index < 150 else (32, 24)
        told += live.step(blank(frame.timestamp_s, frame.index, size)).told
    told += live.pause()
    check_fits_together(told)
    appeared = [one.event.track_id for one in told if isinstance(one.event, PersonAppeared)]
    assert appeared == [0, 1, 2, 3]
    ended_with = [one.frame_size_wh for one in told if isinstance(one.event, SegmentEnded)]
    assert set(ended_with) == {(64, 48), (32, 24)}


def test_the_clock_may_jump_ahead() -> None:
    live, told = session(actors()), []
    for frame in frames_of(actors()):
        stamp = frame.timestamp_s + (60.0 if frame.index >= 150 else 0.0)
        told += live.step(replace(frame, timestamp_s=stamp)).told
    told += live.pause()
    check_fits_together(told)
    lost = [one.event.time_s for one in told if isinstance(one.event, PersonLost)]
    assert len(lost) == 4
    assert max(lost[:2]) < 7


@pytest.mark.parametrize("seed", range(4))
def test_up_to_twenty_people_come_and_go(seed: int) -> None:
    rng = np.random.default_rng(seed)
    poses = crowd(rng, 250)
    live, told = session(poses), []
    for frame in frames_of(poses):
        if rng.random() < 0.9:  # a tenth of the frames is lost
            told += live.step(frame).told
    told += live.pause()
    check_fits_together(told)
    assert len({one.event.track_id for one in told if isinstance(one.event, PersonAppeared)}) == 20


def test_memory_does_not_grow_with_people_who_have_left() -> None:
    live = session(crowd(np.random.default_rng(0), 200))
    told: list[Told] = []
    for frame in frames_of(crowd(np.random.default_rng(0), 200)):
        told += live.step(frame).told
    for i in range(50):  # nobody any more
        told += live.step(blank(8.0 + i / 25, 0 if i < 0 else 199)).told
    told += live.pause()
    assert not live.pause()
    check_fits_together(told)


def test_a_segment_is_told_while_it_lasts() -> None:
    live = session(actors())
    started = [
        (one.frame_s, one.event.segment)
        for frame in frames_of(actors())
        for one in live.step(frame).told
        if isinstance(one.event, SegmentStarted)
    ]
    assert len(started) >= 4
    assert max(frame_s - segment.start_s for frame_s, segment in started) < 2.2
