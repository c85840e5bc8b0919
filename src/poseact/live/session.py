"""One frame in, what is to be told out: the live work itself, without threads."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.action_model import ActionModel
from poseact.live.events import Event, PersonAppeared, PersonLost, Told
from poseact.live.stream_recognizer import StreamRecognizer
from poseact.pose import PersonPose, PoseEstimator
from poseact.pose.base import RecordingAware
from poseact.segmenter import SegmenterSettings
from poseact.timeline import Segment
from poseact.video import Frame, VideoInfo

Box = tuple[float, float, float, float]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SeenPerson:
    """Somebody in the frame.

    Attributes:
        pose: Where the joints are.
        segment: What they are doing, as far as it is known; None where nothing is said.
        probabilities: (K,) the newest opinion about them, of most of a second ago; None before the first.
        box_px: Box x0, y0, x1, y1 around the joints; None where there are none.
    """

    pose: PersonPose
    segment: Segment | None
    probabilities: Floats | None
    box_px: Box | None


@dataclass(frozen=True, eq=False)
class Moment:
    """All that is known with a frame.

    Attributes:
        frame: The picture.
        people: Who is in it.
        told: What is new.
        pose_s: Seconds that the poses took.
        recognise_s: Seconds from the poses to what is told.
    """

    frame: Frame
    people: tuple[SeenPerson, ...]
    told: tuple[Told, ...]
    pose_s: float
    recognise_s: float


class LiveSession:
    """Follows people through frames as they come, whatever the source does.

    Where a stamp is not later than the one before (a clock set back, a file that begins anew), or the
    pictures change their size, all that was open ends and everybody begins anew; a size that changes gives
    everybody a new number, since places in the old picture say nothing about the new one.

    Args:
        estimator: Finds and follows people.
        model: Names what they do.
        stride_s: Seconds from one opinion to the next; by default what the model was tuned for.
        settings: How opinions become segments.
        clock: Gives seconds, for durations.
        unix_clock: Gives the time of day in seconds since 1970.
    """

    def __init__(
        self,
        estimator: PoseEstimator,
        model: ActionModel,
        *,
        stride_s: float | None = None,
        settings: SegmenterSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        self._estimator, self._model = estimator, model
        self._stride_s, self._settings = stride_s, settings
        self._clock, self._unix_clock = clock, unix_clock
        estimator.reset()
        self._recognizer = self._new_recognizer()
        self._last_s: float | None = None
        self._size_wh: tuple[int, int] | None = None
        self._first_id = self._next_id = 0
        self._boxes: dict[int, Box] = {}
        self._probabilities: dict[int, Floats] = {}

    def _new_recognizer(self) -> StreamRecognizer:
        return StreamRecognizer(
            self._model, self._estimator.layout, stride_s=self._stride_s, settings=self._settings
        )

    def begin(self, info: VideoInfo) -> None:
        """Say which source the frames are of, to an estimator that cares."""
        if isinstance(self._estimator, RecordingAware):
            self._estimator.begin(info)

    def step(self, frame: Frame) -> Moment:
        """Work on the next frame."""
        height, width = frame.image.shape[:2]
        told: list[Told] = []
        if self._size_wh not in (None, (width, height)):
            told += self.pause()
            self._estimator.reset()
            self._first_id = self._next_id
        elif self._last_s is not None and not frame.timestamp_s > self._last_s:
            told += self.pause()
        self._size_wh, self._last_s = (width, height), frame.timestamp_s
        begun_s = self._clock()
        poses = [self._numbered(pose) for pose in self._estimator.estimate(frame)]
        posed_s = self._clock()
        boxes = {pose.track_id: _box(pose.keypoints_px) for pose in poses}
        self._boxes |= {track_id: box for track_id, box in boxes.items() if box is not None}
        wants_3d = self._model.info.num_coordinates == 3
        events = self._recognizer.push(
            frame.timestamp_s,
            {
                pose.track_id: (joints, pose.confidence)
                for pose in poses
                if (joints := pose.world_m if wants_3d else pose.keypoints_px) is not None
            },
        )
        told += self._tell(events)
        people = tuple(self._seen(pose, boxes[pose.track_id]) for pose in poses)
        return Moment(frame, people, tuple(told), posed_s - begun_s, self._clock() - posed_s)

    def pause(self) -> list[Told]:
        """No frame follows this one without a break: everything open ends, everybody leaves."""
        told = self._tell(self._recognizer.finish())
        self._recognizer, self._last_s = self._new_recognizer(), None
        return told

    def _numbered(self, pose: PersonPose) -> PersonPose:
        """The pose under a number that nobody has had before the estimator began anew."""
        track_id = pose.track_id + self._first_id
        self._next_id = max(self._next_id, track_id + 1)
        if self._first_id == 0:
            return pose
        return PersonPose(track_id, pose.keypoints_px, pose.confidence, pose.world_m)

    def _tell(self, events: list[Event]) -> list[Told]:
        for opinion in self._recognizer.opinions:
            self._probabilities[opinion.track_id] = opinion.probabilities
        unix_s, frame_s = self._unix_clock(), self._last_s or 0.0
        told = [
            Told(event, frame_s, unix_s, self._boxes.get(_whose(event)), self._size_wh) for event in events
        ]
        known = self._recognizer.track_ids
        self._boxes = {i: box for i, box in self._boxes.items() if i in known}
        self._probabilities = {i: said for i, said in self._probabilities.items() if i in known}
        return told

    def _seen(self, pose: PersonPose, box: Box | None) -> SeenPerson:
        track_id = pose.track_id
        return SeenPerson(pose, self._recognizer.current(track_id), self._probabilities.get(track_id), box)


def _whose(event: Event) -> int:
    return event.track_id if isinstance(event, PersonAppeared | PersonLost) else event.segment.track_id


def _box(points: Floats) -> Box | None:
    """Box x0, y0, x1, y1 around all joints."""
    seen = points[np.isfinite(points).all(axis=1)]
    if len(seen) == 0:
        return None
    (x0, y0), (x1, y1) = seen.min(axis=0).tolist(), seen.max(axis=0).tolist()
    return x0, y0, x1, y1
