"""Videos of a few small frames, poses made up for them, and estimators that need no weights."""

import os
import time
from pathlib import Path

import av
import cv2
import numpy as np

from poseact.layouts import BLAZEPOSE33, COCO17
from poseact.pose import PersonPose
from poseact.pose_cache import PoseCache
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.video import Frame

SIZE_WH = (64, 48)
_CODECS = {".avi": "mpeg4", ".mpg": "mpeg1video", ".mp4": "libx264"}


def write_video(path: Path, *, frames: int = 3, seed: int = 0) -> Path:
    """Noise in the codec that goes with the file's suffix; the seed makes its content its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(_CODECS[path.suffix], rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE_WH, "yuv420p"
        stream.codec_context.thread_count = 1
        for _ in range(frames):
            image = rng.integers(0, 255, (SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def write_pictures(folder: Path, *, frames: int = 3, seed: int = 0) -> Path:
    """A folder of pictures."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for number in range(frames):
        image = rng.integers(0, 255, (SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
        (folder / f"frame{number}.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
    return folder


def keep_poses(cache: PoseCache, video: Path, *, seed: int = 0, frames: int = 3) -> PoseSequence:
    """Put made-up poses of a video where the cache keeps those that it has found, in the same form."""
    keypoints = np.random.default_rng(seed).uniform(0, 48, (1, frames, 33, 2)).astype(np.float32)
    poses = PoseSequence(
        keypoints=keypoints,
        confidence=np.ones((1, frames, 33), np.float32),
        timestamps=np.arange(frames) / 25,
        layout=BLAZEPOSE33,
        frame_size_wh=SIZE_WH,
    )
    path = cache.path_of(video)
    path.parent.mkdir(parents=True, exist_ok=True)
    poses.save(path, origin={"warnings": [], "num_frames": frames, "num_persons": 1})
    return poses


class OnePerson:
    """Finds one person in every frame, whose first joint moves on by a pixel a frame."""

    layout: SkeletonLayout = COCO17

    def __init__(self, *, scale: float = 1.0) -> None:
        self._scale = scale
        self.reset()

    def reset(self) -> None:
        self._number = 0

    def estimate(self, frame: Frame) -> list[PersonPose]:
        self._number += 1
        keypoints = np.full((17, 2), 10 * self._scale, np.float32)
        keypoints[0, 0] += self._number
        return [PersonPose(0, keypoints, np.ones(17, np.float32))]


class Nobody(OnePerson):
    """Finds nobody."""

    def estimate(self, frame: Frame) -> list[PersonPose]:
        return []


class SlowWithNotes(OnePerson):
    """Leaves a note of the process that it is in; slow from the second frame on beside a file ``slow``."""

    def estimate(self, frame: Frame) -> list[PersonPose]:
        Path(f"working-{os.getpid()}").touch()
        if frame.index > 0 and Path("slow").exists():
            time.sleep(1.0)
        return super().estimate(frame)


class Deadly(OnePerson):
    """Brings the process down in a video of five frames, as a bug in a decoder would."""

    def estimate(self, frame: Frame) -> list[PersonPose]:
        if frame.index == 4:
            os.write(2, b"last words\n")
            os._exit(17)
        return super().estimate(frame)


class Talkative(OnePerson):
    """Prints."""

    def estimate(self, frame: Frame) -> list[PersonPose]:
        print("hello")
        os.write(1, b"hello\n")
        return super().estimate(frame)
