"""ClipStore: all clips of a set in flat arrays, from which windows of many clips are drawn at once.

Reading clip by clip and window by window is what makes training of small models slow; drawn by the
batch, windows cost a few array operations however many clips they come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.clip_windows import unbroken_stretches
from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.sequence import PoseSequence
from poseact.windows import in_metres, square_pixels

Floats = NDArray[np.float32]

# Joints below it count as missing.
MIN_CONFIDENCE = 0.1
# A clock this uneven is brought to an even rate first.
_UNEVEN = 0.2
_MAX_GAP_S = 0.5


@dataclass(frozen=True, eq=False)
class ClipPeople:
    """The people of one clip, in a model's layout.

    Attributes:
        name: The clip's.
        points: (T, M, V, C), NaN = missing.
        confidence: (T, M, V), 0 where missing.
        rate_hz: Frames a second.
    """

    name: str
    points: Floats
    confidence: Floats
    rate_hz: float


class ClipStore:
    """The clips' people, from the first frame in which anybody is in view to the last.

    Args:
        people: See `people_of`.
        spec: What the model takes.
    """

    def __init__(self, people: Sequence[ClipPeople], spec: InputSpec) -> None:
        self.spec = spec
        self.names = tuple(one.name for one in people)
        self.num_coordinates = min((one.points.shape[-1] for one in people), default=spec.num_coordinates)
        self.lengths = np.array([len(one.points) for one in people], np.intp)
        self.rates_hz = np.array([one.rate_hz for one in people], np.float64)
        self.firsts = np.asarray(np.cumsum(self.lengths) - self.lengths, np.intp)
        joints = spec.layout.num_joints
        total = int(self.lengths.sum())
        self.points = np.full((total, spec.num_persons, joints, self.num_coordinates), np.nan, np.float32)
        self.confidence = np.zeros((total, spec.num_persons, joints), np.float32)
        for first, one in zip(self.firsts, people, strict=True):
            part = slice(first, first + len(one.points))
            self.points[part, : one.points.shape[1]] = one.points[..., : self.num_coordinates]
            self.confidence[part, : one.points.shape[1]] = one.confidence
        self._complete = bool((self.confidence > 0).all() and np.isfinite(self.points).all())
        self._certain = bool((self.confidence == 1).all())

    @classmethod
    def of_clips(cls, clips: Sequence[Clip], spec: InputSpec) -> "ClipStore":
        """A store of clips; see `people_of`."""
        return cls([people_of(clip, spec) for clip in clips], spec)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def durations_s(self) -> NDArray[np.float64]:
        """(clips,): from each clip's first frame to its last."""
        return np.asarray((self.lengths - 1) / self.rates_hz, np.float64)

    def whole(self, index: NDArray[np.intp], start: Any = 0.0, end: Any = 1.0) -> NDArray[np.float64]:
        """Frame positions (N, T) spread evenly from `start` to `end`, parts of each clip's length."""
        last = (self.lengths[index] - 1).astype(np.float64)
        grid = np.linspace(0.0, 1.0, self.spec.num_frames)
        low = (np.asarray(start) * last)[:, None]
        high = (np.asarray(end) * last)[:, None]
        return np.asarray(low + (high - low) * grid)

    def tiles(self, clip: int, stride_s: float | None = None) -> NDArray[np.float64]:
        """Frame positions (N, T) of windows that cover one clip, one after the other.

        The last ends with the clip; a clip shorter than a window gives one, padded behind.
        """
        window_s = self.spec.num_frames / self.spec.rate_hz
        rate = self.rates_hz[clip]
        room = max((self.lengths[clip] - 1) / rate - self.spec.window_s, 0.0)
        count = int(np.ceil(room / (stride_s or window_s) - 1e-6)) + 1
        starts = np.linspace(0.0, room, count)
        times = starts[:, None] + np.arange(self.spec.num_frames) / self.spec.rate_hz
        return np.asarray(times * rate)

    def draw(self, index: NDArray[np.intp], at: NDArray[np.float64]) -> tuple[Floats, Floats]:
        """Windows of the clips `index` (N,) at frame positions `at` (N, T), by linear interpolation.

        Returns:
            Keypoints (N, M, T, V, C), NaN = missing, and mask (N, M, T, V), the confidence, 0
            where a joint is missing. Beyond a clip's end everything is.
        """
        last = (self.lengths[index] - 1)[:, None].astype(np.float64)
        inside = at.clip(0.0, last)
        low = np.floor(inside + 1e-6).astype(np.intp)
        low = np.minimum(low, last.astype(np.intp))
        high = np.minimum(low + 1, last.astype(np.intp))
        weight = (inside - low).clip(0.0, 1.0).astype(np.float32)
        first = self.firsts[index][:, None]
        near = (weight < 0.5)[..., None, None]
        weight = weight[..., None, None]
        a, b = self.points[low + first], self.points[high + first]
        if self._complete and self._certain:
            b -= a
            b *= weight[..., None]
            b += a
            return self._in_order(b, np.ones(b.shape[:-1], np.float32), at, last)
        ca, cb = self.confidence[low + first], self.confidence[high + first]
        if self._complete:
            return self._in_order(a + (b - a) * weight[..., None], ca + (cb - ca) * weight, at, last)
        # Beside a frame without the joint, the other frame speaks alone if it is the nearer one.
        both = ((ca > 0) & (cb > 0))[..., None]
        keypoints = np.where(both, a + (b - a) * weight[..., None], np.where(near[..., None], a, b))
        mask = np.where(both[..., 0], ca + (cb - ca) * weight, np.where(near, ca, cb))
        keypoints = np.where((ca + cb > 0)[..., None] & np.isfinite(keypoints), keypoints, np.nan)
        return self._in_order(keypoints, mask, at, last)

    def _in_order(
        self, keypoints: Floats, mask: Floats, at: NDArray[np.float64], last: NDArray[np.float64]
    ) -> tuple[Floats, Floats]:
        """(N, T, M, ...) as (N, M, T, ...), with nothing known beyond the clip."""
        beyond = (at < -1e-6) | (at > last + 1e-6)
        if beyond.any():
            mask = np.where(beyond[..., None, None], np.float32(0), mask)
            keypoints = np.where(beyond[..., None, None, None], np.float32(np.nan), keypoints)
        if keypoints.shape[2] == 1:  # the axes change places without a copy
            n, t, _, v, c = keypoints.shape
            return keypoints.reshape(n, 1, t, v, c), mask.reshape(n, 1, t, v)
        return (
            np.ascontiguousarray(keypoints.transpose(0, 2, 1, 3, 4), np.float32),
            np.ascontiguousarray(mask.transpose(0, 2, 1, 3), np.float32),
        )


def filled(keypoints: Floats, mask: Floats) -> tuple[Floats, Floats]:
    """What a model takes: missing joints are held, and the mask is 0 for them.

    Args:
        keypoints: (N, M, T, V, C), NaN = missing.
        mask: (N, M, T, V).

    Returns:
        Keypoints without NaN: a missing joint is where it was last seen, else where it is seen
        next; one never seen is in the middle of the person's other joints; absent people are 0.
        Mask with 0 wherever a joint was missing.
    """
    if np.isfinite(keypoints.sum()):  # one number that is missing makes the sum so
        return keypoints, mask
    missing = ~np.isfinite(keypoints).all(axis=-1)
    frames = keypoints.shape[2]
    steps = np.arange(frames)[None, None, :, None]
    before = np.maximum.accumulate(np.where(missing, -1, steps), axis=2)
    after = np.minimum.accumulate(np.where(missing, frames, steps)[:, :, ::-1], axis=2)[:, :, ::-1]
    source = np.where(before >= 0, before, np.minimum(after, frames - 1))
    held = np.take_along_axis(keypoints, source[..., None], axis=2)
    known = np.isfinite(held).all(axis=-1, keepdims=True)
    middle = np.where(known, held, 0).sum(axis=3, keepdims=True) / np.maximum(
        known.sum(axis=3, keepdims=True), 1
    )
    return np.where(known, held, middle).astype(np.float32), np.where(missing, 0, mask).astype(np.float32)


def model_input(store: ClipStore, index: NDArray[np.intp], at: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Windows as the model takes them, unchanged: x and y only, of a 3D set for a 2D model."""
    keypoints, mask = store.draw(index, at)
    return filled(keypoints[..., : store.spec.num_coordinates], mask)


def fixed_times(store: ClipStore, index: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Frame positions (N, T) of the windows that cover clips, and the clip (its place in `index`) of each."""
    if store.spec.sampling == "clip":
        return store.whole(index), np.arange(len(index))
    tiles = [store.tiles(int(clip)) for clip in index]
    counts = [len(tile) for tile in tiles]
    return np.concatenate([np.empty((0, store.spec.num_frames)), *tiles]), np.repeat(
        np.arange(len(index)), counts
    )


def stretches_of(clip: Clip, spec: InputSpec) -> list[Clip]:
    """What windows of a clip are drawn from: the clip, or its parts between jumps of the clock.

    A model that looks at whole clips gets them whole. Parts with nobody in view are left out.
    """
    if spec.sampling == "clip":
        return [clip]
    parts = unbroken_stretches(clip.sequence, max_gap_s=_MAX_GAP_S)
    seen = [part for part in parts if part.present.any()]
    return [clip.with_sequence(part) for part in seen] or [clip]


def people_of(clip: Clip, spec: InputSpec) -> ClipPeople:
    """The `spec.num_persons` people longest in view in a clip, by joint name in the model's layout.

    Of 3D clips for a 2D model all three coordinates are kept, so that cameras can be put around them.

    Raises:
        InvalidInputError: If nobody is in view, or the model needs 3D joints and there are none.
    """
    sequence = square_pixels(clip.sequence).to_layout(spec.layout)
    if sequence.keypoints.shape[-1] < spec.num_coordinates:
        try:
            sequence = in_metres(sequence)
        except InvalidInputError as error:
            raise InvalidInputError(f"clip {clip.name!r}: {error}") from None
    in_view = np.flatnonzero(sequence.present.any(axis=0))
    if len(in_view) == 0:
        raise InvalidInputError(f"clip {clip.name!r}: expected somebody in view, found nobody")
    sequence = _evenly_timed(sequence.slice_frames(int(in_view[0]), int(in_view[-1]) + 1))
    frames = np.asarray(sequence.present.sum(axis=1))
    most = np.argsort(-frames, kind="stable")[: spec.num_persons]
    chosen = np.sort(most[frames[most] > 0])
    points = sequence.keypoints[chosen].transpose(1, 0, 2, 3)
    confidence = sequence.confidence[chosen].transpose(1, 0, 2)
    sure = np.asarray((confidence >= MIN_CONFIDENCE) & np.isfinite(points).all(axis=-1))
    points = np.where(sure[..., None], points, np.nan).astype(np.float32)
    confidence = np.where(sure, confidence, 0).astype(np.float32)
    return ClipPeople(clip.name, points, confidence, _rate(sequence))


def _rate(sequence: PoseSequence) -> float:
    steps = np.diff(sequence.timestamps)
    return 1.0 / float(np.median(steps)) if len(steps) else 30.0


def _evenly_timed(sequence: PoseSequence) -> PoseSequence:
    """The sequence at its own usual rate, where frames were dropped or the clock is uneven."""
    steps = np.diff(sequence.timestamps)
    if len(steps) == 0 or np.abs(steps / np.median(steps) - 1).max() < _UNEVEN:
        return sequence
    return sequence.resample(_rate(sequence), max_gap_s=_MAX_GAP_S)
