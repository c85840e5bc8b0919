"""BlazePose against MediaPipe's own runtime on the same frames.

Run where the mediapipe package is installed, or name a Python that has it (mediapipe wants
numpy < 2, so it has an environment of its own):

    POSEACT_MEDIAPIPE_PYTHON=/path/to/python pytest -m mediapipe
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from poseact.pose.blazepose import BlazePose
from poseact.synth import Act, make_clip
from poseact.video import Frame, open_source

REFERENCE = Path(__file__).with_name("mediapipe_reference.py")
CLIPS = Path(__file__).parents[2].parent / "shared" / "data" / "up-fall-videos"

pytestmark = [pytest.mark.mediapipe, pytest.mark.usefixtures("blazepose_weights")]


@pytest.fixture(scope="module")
def mediapipe_python() -> str:
    named = os.environ.get("POSEACT_MEDIAPIPE_PYTHON")
    if named:
        return named
    if importlib.util.find_spec("mediapipe") is None:
        pytest.skip("mediapipe is not installed, and POSEACT_MEDIAPIPE_PYTHON names no Python that has it")
    return sys.executable


def mediapipe_points(python: str, images: np.ndarray, folder: Path, mode: str) -> np.ndarray:
    """(T, 33, 2) pixels, NaN where it finds nobody."""
    np.savez(folder / "frames.npz", images=images)
    command = [python, str(REFERENCE), str(folder / "frames.npz"), str(folder / "points.npz"), mode]
    subprocess.run(command, check=True, capture_output=True)
    return np.asarray(np.load(folder / "points.npz")["points"])


def our_points(images: np.ndarray, mode: str) -> np.ndarray:
    estimator = BlazePose(max_persons=1, tiles=False)
    points = np.full((len(images), 33, 2), np.nan)
    for t, image in enumerate(images):
        # MediaPipe's Python interface takes every frame for 33,333 microseconds.
        frame = Frame(image, t * 0.033333, t)
        people = estimator.estimate(frame) if mode == "video" else estimator.estimate_image(image)
        if people:
            points[t] = people[0].keypoints_px
    return points


def check(python: str, images: np.ndarray, folder: Path, mode: str) -> None:
    theirs, ours = mediapipe_points(python, images, folder, mode), our_points(images, mode)
    apart = np.linalg.norm(theirs - ours, axis=-1)
    both = np.isfinite(apart[:, 0])
    found = np.isfinite(theirs[:, 0, 0]) | np.isfinite(ours[:, 0, 0])
    assert both.sum() >= 0.98 * found.sum() > 0
    assert np.median(apart[both]) <= 1.0
    assert np.percentile(apart[both], 90) <= 2.0


@pytest.mark.parametrize("mode", ["static", "video"])
def test_on_the_synthetic_actor(mediapipe_python: str, tmp_path: Path, mode: str) -> None:
    clip = make_clip([[Act("jumping_jack", 2)]], np.random.default_rng(1), fps=30, yaw_deg=0)
    images = np.stack([frame.image for frame in clip.frames()])
    check(mediapipe_python, images, tmp_path, mode)


@pytest.mark.real_data
@pytest.mark.parametrize("mode", ["static", "video"])
def test_on_a_clear_person_at_640x480(mediapipe_python: str, tmp_path: Path, mode: str) -> None:
    path = CLIPS / "Activity10_Subject1_Trial1Cam1.mp4"
    if not path.exists():
        pytest.skip("no shared data")
    with open_source(path) as video:
        images = np.stack([frame.image for frame, _ in zip(video, range(60), strict=False)])
    check(mediapipe_python, images, tmp_path, mode)
