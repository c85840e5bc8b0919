"""Videos and poses that several tests use; all made here, none read from anywhere."""

import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from poseact.errors import WeightsError
from poseact.sequence import PoseSequence
from poseact.synth import Act, SyntheticClip, make_clip
from poseact.video import VideoWriter


def pytest_configure() -> None:
    """A runner in the background ignores Ctrl-C, and so would the programs that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def clip() -> SyntheticClip:
    """Eight seconds of one actor: squats, then jumping jacks."""
    return make_clip([[Act("squat", 4), Act("jumping_jack", 4)]], np.random.default_rng(4), fps=15)


@pytest.fixture(scope="session")
def blank_video(tmp_path_factory: pytest.TempPathFactory, clip: SyntheticClip) -> Path:
    """A video with the clip's time stamps and size, and nothing to see."""
    path = tmp_path_factory.mktemp("video") / "blank.mp4"
    grey = np.full((clip.frame_size_wh[1], clip.frame_size_wh[0], 3), 90, np.uint8)
    with VideoWriter(path) as writer:
        for time in clip.truth.timestamps:
            writer.write(grey, float(time))
    return path


@pytest.fixture(scope="session")
def actor_video(tmp_path_factory: pytest.TempPathFactory, clip: SyntheticClip) -> Path:
    """The clip, drawn."""
    path = tmp_path_factory.mktemp("video") / "actor.mp4"
    with VideoWriter(path) as writer:
        for frame in clip.frames():
            writer.write(frame.image, frame.timestamp_s)
    return path


@pytest.fixture(scope="session")
def poses_file(tmp_path_factory: pytest.TempPathFactory, clip: SyntheticClip) -> Path:
    """The clip's true joints, as the estimator `recorded` takes them."""
    path = tmp_path_factory.mktemp("poses") / "clip.poses.npz"
    clip.truth.save(path)
    return path


@pytest.fixture(scope="session")
def blazepose_weights() -> None:
    """Skips a test where BlazePose's weights are not on this machine; `make test` fetches them."""
    from poseact.pose.weights import find_blazepose_weights

    def no_download(_: object) -> None:
        raise OSError("tests do not download")

    try:
        find_blazepose_weights(run=no_download)  # type: ignore[arg-type]
    except WeightsError:
        pytest.skip("BlazePose's weights are not on this machine: run  poseact weights")


@pytest.fixture
def truth(clip: SyntheticClip) -> PoseSequence:
    """The clip's true joints."""
    return clip.truth


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process: exit code, stdout, stderr."""
    from poseact.cli import main

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["poseact", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        code = left.value.code
        return (code if isinstance(code, int) else 0), out, err

    return run
