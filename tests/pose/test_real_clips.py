"""BlazePose on real clips, where the shared data exists: who is found, and for how long."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from poseact.pose import PersonPose
from poseact.pose.blazepose import BlazePose
from poseact.video import Frame, open_source

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="no shared data"),
    pytest.mark.usefixtures("blazepose_weights"),
]


def frames(name: str, stop: int | None = None) -> Iterator[Frame]:
    with open_source(DATA / name) as video:
        for frame in video:
            if stop is not None and frame.index >= stop:
                return
            yield frame


def people(name: str, stop: int | None = None) -> list[list[PersonPose]]:
    estimator = BlazePose()
    return [estimator.estimate(frame) for frame in frames(name, stop)]


def track_ids(found: list[list[PersonPose]]) -> set[int]:
    return {person.track_id for poses in found for person in poses}


def test_three_people_in_unison_are_three_tracks() -> None:
    found = people("videos/felixchenfy__exercise.avi", stop=100)
    assert np.mean([len(poses) == 3 for poses in found]) >= 0.95
    assert track_ids(found) == {0, 1, 2}


def test_a_fast_fall_out_of_the_frame_is_followed_to_the_floor() -> None:
    """The body lies along the lower edge, half cut off; the prototype lost it."""
    found = people("up-fall-videos/Activity3_Subject1_Trial1Cam1.mp4")
    assert np.mean([len(poses) == 1 for poses in found]) >= 0.98
    assert track_ids(found) == {0}
    lying = found[-1][0].keypoints_px
    assert np.ptp(lying[:, 0]) > 3 * np.ptp(lying[:, 1])


def test_furniture_is_not_taken_for_somebody() -> None:
    found = people("videos/Kalininator__sit.mp4", stop=104)
    assert track_ids(found) == set()


def test_a_hand_with_a_bow_is_not_a_second_person() -> None:
    name = "videos/JohnPPinto__6arrowswithin30seconds_shoot_bow_f_nm_np1_fr_med_3.avi"
    found = people(name)
    assert [len(poses) for poses in found] == [1] * len(found)
    assert track_ids(found) == {0}


def test_nine_frames_are_enough_to_be_seen() -> None:
    found = people("videos/yuhaozhang94__test_9.mp4")
    assert [len(poses) for poses in found] == [1] * 9


def test_somebody_curled_up_on_the_floor_is_not_two_people_nor_a_wooden_post_a_third() -> None:
    found = people("up-fall-videos/Activity4_Subject1_Trial2Cam2.mp4")
    assert np.mean([len(poses) == 2 for poses in found]) >= 0.98
    assert track_ids(found) == {0, 1}


def test_a_child_in_a_small_picture_is_not_lost_for_single_frames() -> None:
    found = people("videos/lamezkua__v_SoccerJuggling_g07_c05.mp4", stop=250)
    assert np.mean([len(poses) == 1 for poses in found[10:]]) >= 0.98
    assert track_ids(found) == {0}


def test_somebody_lying_along_the_lower_edge_is_reported_at_once() -> None:
    found = people("up-fall-videos/Activity11_Subject1_Trial2Cam1.mp4", stop=40)
    assert np.mean([len(poses) == 1 for poses in found]) >= 0.95
