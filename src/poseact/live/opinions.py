"""What a model says of people over time: of windows at a stride, or frame by frame with a carried state."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from poseact.action_model import ActionModel, softmax
from poseact.carried_state import CarriedStateModel
from poseact.clip_store import MIN_CONFIDENCE
from poseact.live.track_stream import StayEnd, StreamWindow, TrackStream
from poseact.windows import window_centers

Floats = NDArray[np.float32]
_ROUNDING = 1e-6
_LEAST_PROBABILITY = 1e-12


@dataclass(frozen=True, eq=False)
class Opinion:
    """What the model says of one person at one time.

    Attributes:
        track_id: Whose.
        time_s: The time that it is about.
        probabilities: (K,).
    """

    track_id: int
    time_s: float
    probabilities: Floats


class Asker(Protocol):
    """Asks a model about people."""

    def stream(self, track_id: int) -> TrackStream:
        """What the model wants to see of a person."""

    def ask(self, ready: Sequence[StreamWindow | StayEnd]) -> list[Opinion | StayEnd]:
        """Opinions of what came from such streams; of one person in order, ends of stays between them."""


def asker_of(model: ActionModel, stride_s: float, max_gap_s: float) -> Asker:
    """The way to ask a model: step by step if it carries a state, else by windows."""
    if model.step_graph is not None:
        return StepAsker(model, stride_s, max_gap_s)
    return WindowAsker(model, stride_s, max_gap_s)


class WindowAsker:
    """Asks about all windows that have become certain in one batch."""

    def __init__(self, model: ActionModel, stride_s: float, max_gap_s: float) -> None:
        self._model, self._stride_s, self._max_gap_s = model, stride_s, max_gap_s

    def stream(self, track_id: int) -> TrackStream:
        """Windows of the model's length at every stride."""
        info = self._model.info
        return TrackStream(
            track_id,
            info.layout,
            rate_hz=info.rate_hz,
            num_frames=info.window_frames,
            stride_s=self._stride_s,
            max_gap_s=self._max_gap_s,
            lookahead_s=info.lookahead_s,
        )

    def ask(self, ready: Sequence[StreamWindow | StayEnd]) -> list[Opinion | StayEnd]:
        """See `Asker`."""
        windows = [one for one in ready if isinstance(one, StreamWindow)]
        if not windows:
            return [one for one in ready if isinstance(one, StayEnd)]
        said = self._model.probabilities(
            np.stack([one.keypoints for one in windows]), np.stack([one.confidence for one in windows])
        )
        answers = iter(said)
        return [
            one if isinstance(one, StayEnd) else Opinion(one.track_id, one.center_s, next(answers))
            for one in ready
        ]


class _Carried:
    """One stay of one person: the network's state, and what it said of the last frames."""

    def __init__(self, state: Floats, first_s: float) -> None:
        self.state, self.first_s = state, first_s
        self.num_steps = 0
        self.said: deque[Floats] = deque()
        self.last: StreamWindow | None = None
        self.next_tick: int | None = None
        self.num_opinions = 0


class StepAsker:
    """Gives a causal network each person's poses frame by frame, at its own rate.

    The opinion about a time is the mean logarithm of what the network says of the frames from there to
    half a window later, which is what it was trained to get right. Beyond the end of a stay the last pose is
    held, as in windows.
    """

    def __init__(self, model: ActionModel, stride_s: float, max_gap_s: float) -> None:
        self._info, self._stride_s, self._max_gap_s = model.info, stride_s, max_gap_s
        self._network = CarriedStateModel.of(model)
        self._half = model.info.window_frames // 2
        self._carried: dict[int, _Carried] = {}

    def stream(self, track_id: int) -> TrackStream:
        """Single frames at the model's rate."""
        info = self._info
        return TrackStream(
            track_id,
            info.layout,
            rate_hz=info.rate_hz,
            num_frames=1,
            stride_s=1 / info.rate_hz,
            max_gap_s=self._max_gap_s,
        )

    def ask(self, ready: Sequence[StreamWindow | StayEnd]) -> list[Opinion | StayEnd]:
        """See `Asker`."""
        queues: dict[int, deque[StreamWindow | StayEnd]] = {}
        for one in ready:
            queues.setdefault(one.track_id, deque()).append(one)
        out: list[Opinion | StayEnd] = []
        while queues:  # in each round the next frame of everybody, as one batch
            heads = [queue.popleft() for queue in queues.values()]
            self._step([one for one in heads if isinstance(one, StreamWindow)])
            for one in heads:
                out += self._end(one) if isinstance(one, StayEnd) else self._opinions(one.track_id)
            queues = {track_id: queue for track_id, queue in queues.items() if queue}
        return out

    def _step(self, frames: Sequence[StreamWindow]) -> None:
        if not frames:
            return
        for one in frames:
            if one.track_id not in self._carried:
                self._carried[one.track_id] = _Carried(self._network.start(1)[0], one.center_s)
        carried = [self._carried[one.track_id] for one in frames]
        keypoints = np.stack([one.keypoints for one in frames])
        confidence = np.stack([one.confidence for one in frames])
        seen = np.isfinite(keypoints).all(axis=-1) & (confidence >= MIN_CONFIDENCE)
        said, states = self._network.step(
            np.where(seen[..., None], keypoints, 0).astype(np.float32),
            np.where(seen, confidence, 0).astype(np.float32),
            np.stack([one.state for one in carried]),
        )
        for own, frame, state, probabilities in zip(carried, frames, states, said, strict=True):
            own.state, own.last = state, frame
            own.num_steps += 1
            own.said.append(np.log(np.maximum(probabilities, _LEAST_PROBABILITY)))

    def _opinions(self, track_id: int, end_s: float = np.inf) -> list[Opinion]:
        """What has become certain with the last step, about times up to the end of the stay."""
        one = self._carried[track_id]
        if one.next_tick is None:
            one.next_tick = int(np.ceil(one.first_s / self._stride_s - _ROUNDING))
        out = []
        while (time_s := one.next_tick * self._stride_s) <= end_s + _ROUNDING:
            if self._first_step(one, time_s) + self._half > one.num_steps:
                break
            out.append(self._opinion(track_id, one, time_s))
            one.next_tick += 1
        return out

    def _first_step(self, one: _Carried, time_s: float) -> int:
        return max(0, round((time_s - one.first_s) * self._info.rate_hz))

    def _opinion(self, track_id: int, one: _Carried, time_s: float) -> Opinion:
        first = self._first_step(one, time_s)
        while one.num_steps - len(one.said) < first:  # nobody asks for older ones again
            one.said.popleft()
        logits = np.mean([one.said[i] for i in range(self._half)], axis=0)
        one.num_opinions += 1
        return Opinion(track_id, time_s, softmax(logits / np.float32(self._info.temperature)))

    def _end(self, end: StayEnd) -> list[Opinion | StayEnd]:
        one = self._carried.get(end.track_id)
        if one is None or one.last is None:
            return [end]
        out: list[Opinion | StayEnd] = []
        for _ in range(self._half):
            self._step([one.last])
            out += self._opinions(end.track_id, end.end_s)
        if not one.num_opinions:  # a stay between two strides
            middle_s = float(window_centers(end.start_s, end.end_s, self._stride_s)[0])
            out.append(self._opinion(end.track_id, one, middle_s))
        del self._carried[end.track_id]
        return [*out, end]
