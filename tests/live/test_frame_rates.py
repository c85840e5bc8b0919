"""The same motion is named alike at any rate of frames, also an uneven one."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from poseact.action_model import ActionModel
from poseact.pose import PoseCollector, create_estimator
from poseact.recognizer import Recognizer
from poseact.sequence import PoseSequence
from poseact.synth import Act, make_clip
from poseact.timeline import Timeline
from poseact.video import VideoFile

VIDEOS = Path(__file__).parents[2].parent / "shared/data/videos"
LEAST_ALIKE = 0.95


@cache
def recognizer() -> Recognizer:
    return Recognizer(ActionModel.load("everyday"))


@cache
def actors() -> tuple[tuple[PoseSequence, Timeline], ...]:
    """True joints at 60 frames a second, and what is said of them."""
    scripts = [
        [Act("walk", 4), Act("squat", 5), Act("wave_one_hand", 4), Act("punch", 4)],
        [Act("jumping_jack", 5), Act("kick", 4), Act("stand", 3), Act("pick_up", 3), Act("run", 4)],
        [Act("clap", 4), Act("throw", 4), Act("jump", 4), Act("arm_circles", 4)],
    ]
    poses = [
        make_clip([script], np.random.default_rng([7, i]), fps=60).truth for i, script in enumerate(scripts)
    ]
    return tuple((one, recognizer().recognize(one).timeline) for one in poses)


def labels(timeline: Timeline, track_id: int, times_s: np.ndarray) -> np.ndarray:
    said = np.full(len(times_s), "", object)
    for segment in timeline.of_track(track_id):
        said[(times_s >= segment.start_s) & (times_s < segment.end_s)] = segment.label
    return said


def irregular(poses: PoseSequence) -> PoseSequence:
    """Two of five frames, by chance."""
    rng = np.random.default_rng(0)
    kept = np.sort(rng.choice(poses.num_frames, 2 * poses.num_frames // 5, replace=False))
    return PoseSequence(
        poses.keypoints[:, kept], poses.confidence[:, kept], poses.timestamps[kept], poses.layout
    )


@pytest.mark.parametrize(
    "change",
    [*[lambda p, hz=hz: p.resample(hz) for hz in (10, 15, 25, 30)], irregular],
    ids=["10", "15", "25", "30", "irregular"],
)
def test_labels_do_not_depend_on_the_rate(change: Callable[[PoseSequence], PoseSequence]) -> None:
    alike = []
    for poses, timeline in actors():
        other = recognizer().recognize(change(poses)).timeline
        times_s = np.arange(0, poses.timestamps[-1], 0.02)
        alike.append(labels(timeline, 0, times_s) == labels(other, 0, times_s))
        assert len({segment.label for segment in timeline.segments}) >= 4
    assert np.concatenate(alike).mean() >= LEAST_ALIKE


@pytest.mark.real_data
@pytest.mark.skipif(not VIDEOS.is_dir(), reason="no ../shared/data")
@pytest.mark.parametrize("rate_hz", [10, 15])
def test_labels_of_people_do_not_depend_on_the_rate_of_the_video(
    rate_hz: float, blazepose_weights: None
) -> None:
    """Frames are left out before anybody is looked for."""
    alike = []
    for name in ("Ambaks__squats", "autsadayut1996__Sit-Ups", "AlejandraSoto2709__walk", "siwonKH__throw"):
        whole, thinned = (_seen(VIDEOS / f"{name}.mp4", rate) for rate in (1e9, rate_hz))
        times_s = whole.timestamps[whole.present[_main(whole)]]
        said, other = (
            labels(recognizer().recognize(poses).timeline, int(poses.track_ids[_main(poses)]), times_s)
            for poses in (whole, thinned)
        )
        alike.append(said == other)
    assert np.concatenate(alike).mean() >= LEAST_ALIKE


def _seen(path: Path, rate_hz: float) -> PoseSequence:
    """The first 15 seconds, at this rate at most, through BlazePose."""
    estimator, last_s = create_estimator("blazepose"), -np.inf
    with VideoFile(path) as video:
        collector = PoseCollector(estimator.layout, (video.info.width, video.info.height))
        for frame in video:
            if frame.timestamp_s > 15:
                break
            if frame.timestamp_s - last_s >= 1 / rate_hz - 1e-3:
                last_s = frame.timestamp_s
                collector.add(frame.timestamp_s, estimator.estimate(frame))
    return collector.sequence()


def _main(poses: PoseSequence) -> int:
    """The row of whoever is seen longest."""
    return int(poses.present.sum(axis=1).argmax())
