"""Answers to poses frame by frame: those of the whole recording, each with the frame that told it."""

from dataclasses import replace

import numpy as np
import pytest

from poseact.action_model import ActionModel
from poseact.errors import InvalidInputError
from poseact.judging.streamed import streamed_spans
from poseact.recognizer import Recognizer
from poseact.sequence import PoseSequence
from poseact.synth import Act, make_clip


@pytest.fixture(scope="module")
def model() -> ActionModel:
    return ActionModel.load("everyday")


@pytest.fixture(scope="module")
def poses() -> PoseSequence:
    scripts = [[Act("squat", 4), Act("stand", 2)], [Act("punch", 3), Act("jumping_jack", 3)]]
    return make_clip(scripts, np.random.default_rng(5), fps=25).truth


def test_they_are_those_of_the_whole(model: ActionModel, poses: PoseSequence) -> None:
    found = streamed_spans(model, poses)
    whole = Recognizer(model).recognize(poses).timeline.segments
    assert [(s.person, s.label) for s in found] == [(str(s.track_id), s.label) for s in whole]
    np.testing.assert_allclose([s.start_s for s in found], [s.start_s for s in whole], atol=1e-5)
    np.testing.assert_allclose([s.score for s in found], [s.score for s in whole], atol=1e-5)
    assert {s.person for s in found} == {"0", "1"}


def test_each_is_told_with_a_frame_after_it_began(model: ActionModel, poses: PoseSequence) -> None:
    found = streamed_spans(model, poses)
    assert {span.told_s for span in found} <= set(poses.timestamps.tolist())
    assert all(span.told_s is not None and 0.2 < span.told_s - span.start_s < 2 for span in found)
    # Of the last ones nothing more was known before there were no more frames.
    cut = poses.slice_time(0, 0.6)
    assert {span.told_s for span in streamed_spans(model, cut)} == {cut.timestamps[-1]}


def test_poses_in_parts_of_the_picture(model: ActionModel, poses: PoseSequence) -> None:
    assert poses.frame_size_wh is not None
    parts = poses.keypoints / np.array(poses.frame_size_wh, np.float32)
    normalized = replace(poses, keypoints=parts, units="normalized")
    labels = [(s.person, s.label, s.told_s) for s in streamed_spans(model, normalized)]
    assert labels == [(s.person, s.label, s.told_s) for s in streamed_spans(model, poses)]
    with pytest.raises(InvalidInputError, match="frame_size_wh"):
        streamed_spans(model, replace(normalized, frame_size_wh=None))


def test_nobody_and_no_frame(model: ActionModel, poses: PoseSequence) -> None:
    assert streamed_spans(model, poses.select_tracks([])) == ()
    assert streamed_spans(model, poses.slice_frames(0, 0)) == ()
