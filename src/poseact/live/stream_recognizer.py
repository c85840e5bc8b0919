"""Poses in frame by frame, events out: what `Recognizer` does with the frames of a recording."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from poseact.action_model import ActionModel
from poseact.errors import InvalidInputError, ModelError
from poseact.layouts import convert_joints
from poseact.live.events import (
    Event,
    PersonAppeared,
    PersonLost,
    SegmentEnded,
    SegmentStarted,
    SegmentUpdated,
)
from poseact.live.opinions import Opinion, asker_of
from poseact.live.running_count import RunningCount
from poseact.live.track_stream import StayEnd, StreamWindow, TrackStream
from poseact.segmenter import Segmenter, SegmenterSettings
from poseact.skeleton import SkeletonLayout
from poseact.timeline import Segment

Floats = NDArray[np.float32]

_MAX_GAP_S = 0.5
# The clock's usual step is the median of so many.
_STEPS_REMEMBERED = 31
# A segment is told, and ends, at most so long after its edges.
_SIGHTS_KEPT_S = 10.0


@dataclass
class _Person:
    """One track: its windows, what is said of it, and when it was in view."""

    stream: TrackStream
    segmenter: Segmenter
    count: RunningCount
    sights_s: list[tuple[float, float]] = field(default_factory=list)
    told: Segment | None = None


class StreamRecognizer:
    """Runs an action model along every track while the frames come in.

    All people of a frame go through the model in one batch: by windows at a stride, or frame by frame with a
    carried state where the model can (`everyday-small`). An answer comes half of what the model looks at
    after the moment it is about (0.7 s with `everyday`), and a segment is told of when it has lasted for the
    segmenter's minimum.

    Args:
        model: See `ActionModel.load`; a model of one person.
        layout: Of the poses to come.
        stride_s: Seconds from one opinion to the next; by default what the model was tuned for.
        settings: How opinions become segments.

    Raises:
        ModelError: If the model takes several people together.
    """

    def __init__(
        self,
        model: ActionModel,
        layout: SkeletonLayout,
        *,
        stride_s: float | None = None,
        settings: SegmenterSettings | None = None,
    ) -> None:
        check_takes_one(model)
        self.model, self._layout = model, layout
        self._stride_s = stride_s or model.info.stride_s
        self._asker = asker_of(model, self._stride_s, _MAX_GAP_S)
        self._settings = settings or SegmenterSettings()
        self._people: dict[int, _Person] = {}
        self._steps: deque[float] = deque(maxlen=_STEPS_REMEMBERED)
        self._now_s: float | None = None
        self.opinions: list[Opinion] = []
        """Those of the last call."""

    def push(self, time_s: float, poses: Mapping[int, tuple[Floats, Floats]]) -> list[Event]:
        """Take the next frame.

        Args:
            time_s: Its stamp.
            poses: Track id -> keypoints (V, C), NaN = missing, and confidence (V,), of everybody in this
                frame; in square pixels, or in metres for a model of 3D joints.

        Returns:
            What is new, in order.

        Raises:
            InvalidInputError: If the stamp is not later than the one before, or joints have too few
                coordinates for the model.
        """
        if self._now_s is not None and not time_s > self._now_s:
            raise InvalidInputError(f"frames: expected a stamp after {self._now_s}, found {time_s}")
        jump, before_s, self._now_s = self._is_jump(time_s), self._now_s, time_s
        events: list[Event] = []
        ready: list[StreamWindow | StayEnd] = []
        for track_id, (keypoints, confidence) in poses.items():
            pose = self._in_own_joints(keypoints, confidence)
            if not np.isfinite(pose[0]).all(axis=-1).any():
                continue
            person = self._people.get(track_id)
            if person is None:
                person = self._people[track_id] = self._person(track_id)
                events.append(PersonAppeared(track_id, time_s))
            ready += person.stream.add(time_s, *pose, jump=jump)
            person.count.see(time_s, keypoints, confidence)
            person.sights_s = _with_sight(person.sights_s, None if jump else before_s, time_s)
        for person in self._people.values():
            if person.sights_s[-1][1] < time_s:
                ready += person.stream.add(time_s, jump=jump)
        return events + self._tell(ready)

    @property
    def track_ids(self) -> set[int]:
        """Everybody who has appeared and is not lost."""
        return set(self._people)

    def current(self, track_id: int) -> Segment | None:
        """The open segment of a person as it was told last; None where there is none."""
        person = self._people.get(track_id)
        return None if person is None else person.told

    def finish(self) -> list[Event]:
        """No more frames: everything that was still open ends, and everybody leaves."""
        return self._tell([one for person in self._people.values() for one in person.stream.finish()])

    def _in_own_joints(self, keypoints: Floats, confidence: Floats) -> tuple[Floats, Floats]:
        num = self.model.info.num_coordinates
        if keypoints.shape[-1] < num:
            raise InvalidInputError(
                f"model {self.model.info.name!r}: expected {num}D joints, found {keypoints.shape[-1]}D ones"
            )
        return convert_joints(keypoints[..., :num], confidence, self._layout, self.model.info.layout)

    def _is_jump(self, time_s: float) -> bool:
        """Whether the clock has jumped, against its own usual step."""
        if self._now_s is None:
            return False
        step = time_s - self._now_s
        usual = median(self._steps) if self._steps else step
        self._steps.append(step)
        return step > max(_MAX_GAP_S, 3 * usual)

    def _person(self, track_id: int) -> _Person:
        return _Person(self._asker.stream(track_id), self._segmenter(track_id), RunningCount(self._layout))

    def _segmenter(self, track_id: int) -> Segmenter:
        info = self.model.info
        return Segmenter(track_id, info.class_names, info.thresholds, self._stride_s, self._settings)

    def _tell(self, ready: list[StreamWindow | StayEnd]) -> list[Event]:
        self.opinions, events = [], []
        grown: dict[int, _Person] = {}
        for one in self._asker.ask(ready):
            person = self._people[one.track_id]
            if isinstance(one, StayEnd):
                events += self._leave(person, one)
                grown.pop(one.track_id, None)
                continue
            self.opinions.append(one)
            for segment in person.segmenter.push(one.time_s, one.probabilities):
                events += _ended(person, segment)
            grown[one.track_id] = person
        for person in grown.values():
            events += _going_on(person)
        return events

    def _leave(self, person: _Person, end: StayEnd) -> list[Event]:
        events: list[Event] = []
        for segment in person.segmenter.finish():
            events += _ended(person, segment, end)
        events.append(PersonLost(end.track_id, end.end_s))
        if not person.stream.in_view:
            del self._people[end.track_id]
            return events
        # The clock has jumped: the same number, and another stay.
        person.segmenter, person.sights_s = self._segmenter(end.track_id), person.sights_s[-1:]
        return [*events, PersonAppeared(end.track_id, person.sights_s[-1][0])]


def check_takes_one(model: ActionModel) -> None:
    """Make sure that a model takes one person at a time.

    Raises:
        ModelError: If it takes several together.
    """
    if model.info.num_persons != 1:
        raise ModelError(
            f"{model.info.name}: takes {model.info.num_persons} people together; for videos, expected a "
            "model of one person (evaluate, features and render take this one)"
        )


def _with_sight(
    sights_s: list[tuple[float, float]], before_s: float | None, time_s: float
) -> list[tuple[float, float]]:
    """Stretches of frames in view, from the first to the last stamp, with one frame more."""
    if sights_s and sights_s[-1][1] == before_s:
        return [*sights_s[:-1], (sights_s[-1][0], time_s)]
    recent = [sight for sight in sights_s if sight[1] >= time_s - _SIGHTS_KEPT_S]
    return [*recent, (time_s, time_s)]


def _in_view(person: _Person, segment: Segment, end_s: float = np.inf) -> Segment | None:
    """The segment without such a beginning or end as lies in a gap or outside the stay.

    Where it has been told already its start stays as it was told.
    """
    start, end = segment.start_s, min(segment.end_s, end_s)
    inside = [sight for sight in person.sights_s if sight[1] >= start and sight[0] <= end]
    if not inside:
        return None
    start, end = max(start, inside[0][0]), min(end, inside[-1][1])
    if person.told is not None:
        start = person.told.start_s
    return replace(segment, start_s=start, end_s=end) if end > start else None


def _going_on(person: _Person) -> list[Event]:
    current = person.segmenter.current
    segment = None if current is None else _in_view(person, current)
    if segment is None:
        return []
    begins = person.told is None
    segment = person.count.counted(segment, begins=begins)
    if segment == person.told:
        return []
    person.told = segment
    return [SegmentStarted(segment) if begins else SegmentUpdated(segment)]


def _ended(person: _Person, segment: Segment, end: StayEnd | None = None) -> list[Event]:
    final = _in_view(person, segment) if end is None else _in_view(person, segment, end.end_s)
    begins, told = person.told is None, person.told
    person.told = None
    if final is None:
        return [] if told is None else [SegmentEnded(told)]
    final = person.count.counted(final, begins=begins)
    return [SegmentStarted(final), SegmentEnded(final)] if begins else [SegmentEnded(final)]
