"""A data set in numbers and as a picture."""

import numpy as np
import pytest

from poseact.clip import Clip
from poseact.data_summary import UNLABELLED, summarise
from poseact.layouts import COCO17, KINECT20
from poseact.render.skeleton_tiles import skeleton_tile
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout


def clip(
    name: str,
    label: str | None = "walk",
    *,
    frames: int = 10,
    layout: SkeletonLayout = COCO17,
    **facts: object,
) -> Clip:
    points = np.random.default_rng(frames).uniform(10, 90, (1, frames, layout.num_joints, 2))
    keypoints = points.astype(np.float32)
    sequence = PoseSequence(
        keypoints, np.ones(keypoints.shape[:3], np.float32), np.arange(frames) / 20, layout
    )
    return Clip(sequence, label, name, **facts)  # type: ignore[arg-type]


def without(one: Clip, joints: slice, frames: slice = slice(None)) -> Clip:
    keypoints, confidence = one.sequence.keypoints.copy(), one.sequence.confidence.copy()
    keypoints[:, frames, joints] = np.nan
    confidence[:, frames, joints] = 0
    return one.with_sequence(
        PoseSequence(keypoints, confidence, one.sequence.timestamps, one.sequence.layout)
    )


def test_everything_is_counted() -> None:
    summary = summarise(
        [
            clip("a", subject="2", splits={"xsub": "train"}),
            clip("b", "sit", frames=20, subject="10", camera="front", splits={"xsub": "test"}),
            clip("c", None, layout=KINECT20),
        ]
    )
    document = summary.to_dict()
    assert document["clips"] == 3
    assert document["classes"] == {UNLABELLED: 1, "sit": 1, "walk": 1}
    assert list(document["subjects"]) == ["2", "10"]
    assert document["cameras"] == {"front": 1}
    assert document["protocols"] == {"xsub": {"test": 1, "train": 1}}
    assert document["layouts"] == {"coco17": 2, "kinect20": 1}
    assert document["frames"] == {"least": 10, "median": 10, "most": 20, "total": 40}
    assert document["rate_hz"]["median"] == pytest.approx(20)


def test_missing_joints_are_a_share_of_the_frames_in_view() -> None:
    half = without(clip("a"), slice(0, 1), slice(0, 5))
    gone = without(clip("b"), slice(None))
    summary = summarise([half, gone])
    shares = summary.missing_joints()["coco17"]
    assert shares["nose"] == 0.5
    assert shares["left_eye"] == 0
    assert summary.nobody == ["b"]


def test_the_example_of_a_class_is_one_that_can_be_seen() -> None:
    summary = summarise([without(clip("half"), slice(3, None)), clip("whole"), clip("later")])
    assert summary.examples["walk"].name == "whole"


def test_clips_of_no_or_one_frame_are_counted() -> None:
    summary = summarise([clip("none", frames=0), clip("one", frames=1)])
    assert summary.num_clips == 2 and summary.rates_hz == []
    assert summary.to_dict()["duration_s"]["most"] == 0


@pytest.mark.parametrize("units", ["px", "m"])
def test_a_tile_shows_poses_from_left_to_right(units: str) -> None:
    one = clip("a")
    scale = 0.01 if units == "m" else 1.0
    sequence = PoseSequence(
        one.sequence.keypoints * scale,
        one.sequence.confidence,
        one.sequence.timestamps,
        COCO17,
        units=units,  # type: ignore[arg-type]
    )
    tile = skeleton_tile(one.with_sequence(sequence), "walk")
    assert tile.shape == (210, 480, 3)
    drawn = (tile < 200).any(axis=2)
    for place in range(5):
        assert drawn[40:, 96 * place : 96 * (place + 1)].sum() > 100


def test_a_tile_of_nobody_holds_only_its_caption() -> None:
    tile = skeleton_tile(without(clip("a"), slice(None)), "walk")
    assert (tile[40:] == 255).all() and (tile[:40] < 200).any()


def test_wild_joints_do_not_shrink_everybody() -> None:
    one = clip("a")
    keypoints = one.sequence.keypoints.copy()
    keypoints[0, 3, 5] = 2.1e9
    wild = PoseSequence(keypoints, one.sequence.confidence, one.sequence.timestamps, COCO17)
    drawn = (skeleton_tile(one.with_sequence(wild), "walk") < 200).any(axis=2)
    assert drawn[60:, :96].sum() > 100


def test_the_picture_of_a_data_set_grows_with_its_classes() -> None:
    pytest.importorskip("matplotlib")
    from poseact.render.data_figure import data_figure

    few = data_figure(summarise([clip("a"), clip("b", None)]), "two classes")
    many = data_figure(summarise([clip(f"c{i}", f"class {i}") for i in range(30)]), "thirty")
    nobody = data_figure(summarise([without(clip("a"), slice(None))]), "nobody")
    assert few.shape[1] == many.shape[1] == nobody.shape[1]
    assert many.shape[0] > few.shape[0] > nobody.shape[0]
    assert few.dtype == np.uint8 and few.min() < 100
