"""Clips as compact numbers to draw."""

import json
from dataclasses import replace

import numpy as np
import pytest

import made_answers as made
from poseact.layouts import COCO17, KINECT20
from poseact.report.skeletons import drawn_clip
from poseact.sequence import PoseSequence


def test_shape_size_and_bones():
    drawn = drawn_clip(made.poses(frames=30))
    assert drawn.people.shape == (1, 21, KINECT20.num_joints, 2)
    # 2.9 wide against 1.9 high, but for the outermost half per cent.
    assert drawn.width == 600
    assert drawn.height / drawn.width == pytest.approx(1.9 / 2.9, abs=0.02)
    assert drawn.duration_s == pytest.approx(29 / 30)
    names = KINECT20.joint_names
    assert [(names[a], names[b]) for a, b, _ in drawn.bones] == list(KINECT20.drawn_edges)
    sides = {names[a]: side for a, _, side in drawn.bones}
    assert (sides["left_wrist"], sides["right_wrist"], sides["head"]) == (1, -1, 0)


def test_the_numbers_keep_the_motion():
    x = drawn_clip(made.poses(frames=30)).people[0, :, 0, 0]
    assert (np.diff(x) > 0).all()
    assert x[0] < 10 and x[-1] > 590


def test_only_drawn_edges():
    assert set(COCO17.drawn_edges) != set(COCO17.edges)
    points = np.random.default_rng(0).random((1, 3, 17, 2))
    sequence = PoseSequence(points, np.ones((1, 3, 17)), np.arange(3.0), COCO17)
    names = COCO17.joint_names
    assert [(names[a], names[b]) for a, b, _ in drawn_clip(sequence).bones] == list(COCO17.drawn_edges)


def test_missing_joints_and_absent_people():
    sequence = made.poses(frames=4, persons=5)
    points = sequence.keypoints.copy()
    points[0] = np.nan
    points[1, 0, 3] = np.nan
    drawn = drawn_clip(replace(sequence, keypoints=points))
    assert drawn.people.shape[0] == 3
    assert (drawn.people[0, 0, 3] == -9999).all()
    assert (drawn.people == -9999).sum() == 2
    assert drawn_clip(replace(sequence, keypoints=np.full_like(points, np.nan))) is None


def test_a_wild_joint_does_not_make_the_rest_small():
    sequence = made.poses(frames=40)
    points = sequence.keypoints.copy()
    points[0, 7, 3] = 1e6
    drawn = drawn_clip(replace(sequence, keypoints=points))
    usual = drawn_clip(sequence)
    assert abs(drawn.people[0, 0, 5] - usual.people[0, 0, 5]).max() < 30
    assert drawn.people.max() <= 1200


def test_shares_of_a_picture_get_its_shape_back():
    points = np.tile(np.linspace(0, 1, 17)[:, None], (1, 2, 1, 2))
    sequence = PoseSequence(
        points, np.ones((1, 2, 17)), np.arange(2.0), COCO17, units="normalized", frame_size_wh=(1600, 900)
    )
    drawn = drawn_clip(sequence)
    assert drawn.height / drawn.width == pytest.approx(9 / 16, abs=0.01)


@pytest.mark.parametrize(("frames", "kept"), [(1, 1), (2, 2), (3000, 90)])
def test_long_clips_are_thinned_evenly_in_time(frames, kept):
    drawn = drawn_clip(made.poses(frames=frames))
    assert drawn.people.shape[1] == kept
    if kept == 90:
        assert np.ptp(np.diff(drawn.people[0, :, 0, 0])) <= 2


def test_one_point_for_all_is_drawn():
    sequence = made.poses(frames=3)
    drawn = drawn_clip(replace(sequence, keypoints=np.zeros_like(sequence.keypoints)))
    assert (drawn.people == 0).all()


def test_the_numbers_are_small_json():
    text = json.dumps(drawn_clip(made.poses(frames=400)).to_dict(), separators=(",", ":"))
    assert len(text) < 20_000
    assert json.loads(text)["p"][0][0][:2] == [0, 0]
