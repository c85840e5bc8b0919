"""The whole way on real clips, where the shared data exists.

The shipped model has seen these clips in training: this shows that the way from video to segments
works, not how well the model does on strangers (see the model card for that).
"""

from pathlib import Path

import pytest

import poseact

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="no shared data"),
    pytest.mark.usefixtures("blazepose_weights"),
]


@pytest.mark.parametrize(
    ("clip", "label"),
    [
        ("videos/ahmedlila__3_Count_Jumping_Jacks.mp4", "jumping_jack"),
        ("videos/autsadayut1996__Dynamic-Squats.mp4", "squat"),
        ("videos/Marvin-Deng__walking.mp4", "walk"),
        ("videos/autsadayut1996__Push-Ups.mp4", "push_up"),
        ("up-fall-videos/Activity1_Subject1_Trial1Cam1.mp4", "fall"),
        ("up-fall-videos/Activity3_Subject1_Trial2Cam1.mp4", "fall"),
    ],
)
def test_the_action_of_a_clear_clip_is_named(clip: str, label: str) -> None:
    result = poseact.predict(DATA / clip)
    seconds: dict[str, float] = {}
    for segment in result.timeline.segments:
        seconds[segment.label] = seconds.get(segment.label, 0) + segment.end_s - segment.start_s
    assert label in seconds
    if label != "fall":  # over in a second; the other actions fill their clips
        assert seconds[label] > 0.6 * result.poses.duration_s


def test_nine_frames_are_enough_not_to_fail() -> None:
    result = poseact.predict(DATA / "videos/yuhaozhang94__test_9.mp4")
    assert result.poses.num_frames == 9
