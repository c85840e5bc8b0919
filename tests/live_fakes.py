"""Sources and estimators that give what a test wants, and checks that every consumer of events relies on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Event as Flag
from typing import Self

import numpy as np

from poseact.layouts import COCO17
from poseact.live import (
    PersonAppeared,
    PersonLost,
    SegmentEnded,
    SegmentStarted,
    SegmentUpdated,
    Told,
)
from poseact.pose import PersonPose
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.timeline import Segment
from poseact.video import Frame, VideoInfo

SIZE = (64, 48)


def blank(time_s: float, index: int = 0, size_wh: tuple[int, int] = SIZE) -> Frame:
    return Frame(np.zeros((size_wh[1], size_wh[0], 3), np.uint8), time_s, index)


class FakeSource:
    """Gives frames one after another; `before` is called with the index of each, and may wait or raise."""

    def __init__(self, frames: Iterable[Frame], before: Callable[[int], object] = lambda _: None) -> None:
        self.info = VideoInfo("fake", *SIZE, None, None, None, "camera")
        self.warnings: list[str] = []
        self.closed = Flag()
        self._frames, self._before = list(frames), before

    def __iter__(self) -> Iterator[Frame]:
        for i, frame in enumerate(self._frames):
            self._before(i)
            if self.closed.is_set():
                return
            yield frame

    def close(self) -> None:
        self.closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Scripted:
    """An estimator that knows from a recording who is where, by the frame's index."""

    def __init__(self, poses: PoseSequence, before: Callable[[int], object] = lambda _: None) -> None:
        self._poses, self._before = poses, before
        self.num_resets = 0

    @property
    def layout(self) -> SkeletonLayout:
        return self._poses.layout

    def reset(self) -> None:
        self.num_resets += 1

    def estimate(self, frame: Frame) -> list[PersonPose]:
        self._before(frame.index)
        poses, t = self._poses, frame.index
        return [
            PersonPose(int(track), poses.keypoints[i, t], poses.confidence[i, t])
            for i, track in enumerate(poses.track_ids)
            if poses.present[i, t]
        ]


class Listener:
    """Keeps all that it is told."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.closed = False

    def tell(self, told: Told) -> None:
        assert not self.closed
        self.told.append(told)

    def close(self) -> None:
        self.closed = True

    @property
    def segments(self) -> list[Segment]:
        """Those that have ended, by time."""
        found = [one.event.segment for one in self.told if isinstance(one.event, SegmentEnded)]
        return sorted(found, key=lambda s: (s.start_s, s.track_id))


def frames_of(poses: PoseSequence) -> list[Frame]:
    return [blank(time_s, i) for i, time_s in enumerate(poses.timestamps.tolist())]


def check_fits_together(told: Sequence[Told]) -> None:
    """Everybody appears before anything is said of them; everything that is opened is closed, once."""
    in_view: set[int] = set()
    open_segments: dict[int, Segment] = {}
    for one in told:
        event = one.event
        if isinstance(event, PersonAppeared):
            assert event.track_id not in in_view
            in_view.add(event.track_id)
        elif isinstance(event, PersonLost):
            assert event.track_id not in open_segments
            in_view.remove(event.track_id)
        elif isinstance(event, SegmentStarted):
            assert event.segment.track_id in in_view
            assert event.segment.track_id not in open_segments
            open_segments[event.segment.track_id] = event.segment
        else:
            before = open_segments[event.segment.track_id]
            assert (before.label, before.start_s) == (event.segment.label, event.segment.start_s)
            if isinstance(event, SegmentUpdated):
                open_segments[event.segment.track_id] = event.segment
            else:
                del open_segments[event.segment.track_id]
    assert not in_view
    assert not open_segments


def crowd(rng: np.random.Generator, num_frames: int, most: int = 20) -> PoseSequence:
    """0 to `most` people who come and go at random, each wandering about."""
    keypoints = np.full((most, num_frames, COCO17.num_joints, 2), np.nan, np.float32)
    for person in range(most):
        start = int(rng.integers(0, num_frames))
        for _ in range(3):
            length = int(rng.integers(1, max(2, num_frames // 2)))
            part = keypoints[person, start : start + length]
            part[:] = rng.normal(size=part.shape).cumsum(axis=0) + rng.uniform(0, 100, 2)
            start += length + int(rng.integers(1, 40))
            if start >= num_frames:
                break
    return PoseSequence(
        keypoints,
        np.isfinite(keypoints).all(-1).astype(np.float32),
        np.arange(num_frames) / 25,
        COCO17,
        track_ids=np.arange(most),
    )
