"""Where somebody's joints should be by now, and how badly a pose that was found fits that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What `misfit` gives for a pose that cannot be this person's; a possible one is below.
IMPOSSIBLE = 100.0
# A pose may be this far from where a person should be, in lengths of the body, plus so many a second of gap.
_REACH = 0.5
_REACH_PER_S = 1.0
# Bodies that differ in length by more than this are different people.
_MAX_LENGTH_RATIO = 1.8
# Without this many joints in common, the middles of the poses are compared instead.
_MIN_SHARED_JOINTS = 4
# Speed is averaged over about this time, length over a longer one: arms and legs change it for a moment.
_SPEED_S = 0.25
_LENGTH_S = 1.0
_GROUND_S = 0.5
# Somebody out of sight goes on, but not for ever: they may stop or turn back.
_COAST_S = 0.8
# How far people usually are from where they should be, across and up, in lengths of the body; more after a
# gap. Measured on walking people (`benchmarks/tracking.py`), as are the two below.
_PLACE = np.array([0.03, 0.03])
_PLACE_PER_S = np.array([0.38, 0.25])
# Of somebody who stands, this share of what is more per second; all of it at one length a second.
_AT_REST = 0.3
# How far joints usually are from where the body's place alone would have them.
_SHAPE = 0.07
_SHAPE_PER_S = 0.2
_LONGEST_CHANGE_S = 0.4
_LENGTH = 0.06
# Of two people on one floor, feet this far apart in lengths of the body say who is nearer ...
_GROUND = 0.08
MOST_BEHIND = 12.0
# ... if the nearer one fits the place no worse than this.
_THERE = 10.0
# No more than this is held against a pose in one respect: people do jump, bend and turn.
_MOST_PLACE = 30.0
_MOST_SHAPE = 12.0


@dataclass
class BodyMotion:
    """How somebody moves: constant speed, the joints around a place as they were last.

    Attributes:
        joints_px: (V, 2) as seen last; joints missing then are where they were before, moved along.
        velocity_px_s: (2,) of the whole body.
        length_px: Half the long side of the box around the joints, averaged: of people who stand
            about the square root of the box's area.
        ground_px: How low in the picture the lowest joint is, averaged.
        seen_s: When they were last seen.
    """

    joints_px: NDArray[np.float64]
    velocity_px_s: NDArray[np.float64]
    length_px: float
    ground_px: float
    seen_s: float

    @classmethod
    def begin(cls, joints_px: NDArray[np.floating], time_s: float) -> "BodyMotion":
        """Somebody seen for the first time, (V, 2) pixels, NaN = missing joint."""
        joints = np.asarray(joints_px, np.float64)
        return cls(joints, np.zeros(2), _length(joints), _lowest(joints), time_s)

    def shift(self, time_s: float) -> NDArray[np.float64]:
        """How far the body should have moved by then (2,)."""
        gap_s = max(0.0, time_s - self.seen_s)
        return np.asarray(self.velocity_px_s * _COAST_S * -np.expm1(-gap_s / _COAST_S))

    def see(self, joints_px: NDArray[np.floating], time_s: float) -> None:
        """Take the pose (V, 2) that was found for this person."""
        gap_s = max(0.0, time_s - self.seen_s)
        shift = self.shift(time_s)
        offset = _offset(self.joints_px + shift, joints_px)
        if gap_s > 0 and np.isfinite(offset).all():
            kept = np.exp(-gap_s / _SPEED_S)
            self.velocity_px_s = kept * self.velocity_px_s + (1 - kept) * (shift + offset) / gap_s
        self.joints_px = _completed(self.joints_px + shift + np.nan_to_num(offset), joints_px)
        kept = np.exp(-gap_s / _LENGTH_S)
        self.length_px = float(kept * self.length_px + (1 - kept) * _length(self.joints_px))
        kept = np.exp(-gap_s / _GROUND_S)
        self.ground_px = float(kept * self.ground_px + (1 - kept) * _lowest(self.joints_px))
        self.seen_s = time_s

    def misfit(self, joints_px: NDArray[np.floating], time_s: float) -> float:
        """How badly a pose (V, 2) fits: squares of what is off over what is usual; at most `IMPOSSIBLE`.

        Twice the negative logarithm of a likelihood, but for a constant: the place of the body, how the
        joints lie around it, its length. After a gap the place counts for less.
        """
        if not np.isfinite(joints_px).all(axis=-1).any():
            return IMPOSSIBLE
        gap_s = max(0.0, time_s - self.seen_s)
        expected = self.joints_px + self.shift(time_s)
        offset = _offset(expected, joints_px)
        whole = _completed(expected + offset, joints_px)
        length = _length(whole)
        longer, shorter = max(self.length_px, length), min(self.length_px, length)
        off = offset / longer
        # Not written as "too far", so that what is not a number is impossible too.
        if not (np.hypot(*off) <= _REACH + _REACH_PER_S * gap_s and longer <= _MAX_LENGTH_RATIO * shorter):
            return IMPOSSIBLE
        usual = _PLACE + _PLACE_PER_S * gap_s * self._unrest()
        place = min(float(((off / usual) ** 2).sum()), _MOST_PLACE)
        unsure = 2 * float(np.log(usual / _PLACE).sum())
        around = np.linalg.norm(joints_px - expected - offset, axis=-1)
        around = around[np.isfinite(around)]
        usual_shape = _SHAPE + _SHAPE_PER_S * min(gap_s, _LONGEST_CHANGE_S)
        shape = (float(around.mean()) / longer / usual_shape) ** 2 if len(around) else 0.0
        size = (float(np.log(longer / shorter)) / _LENGTH) ** 2
        return place + unsure + min(shape, _MOST_SHAPE) + min(size, _MOST_SHAPE)

    def _unrest(self) -> float:
        """How much of a walking person's wandering to expect: somebody who stands mostly stays."""
        speed = float(np.hypot(*self.velocity_px_s)) / self.length_px
        return _AT_REST + (1 - _AT_REST) * min(1.0, speed)


def behind(people: Sequence[BodyMotion], misfits: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is held against each of N people because another one, nearer, should be where a pose was found.

    Of two in one place it is the nearer who is seen, and who stands lower in the picture.

    Args:
        people: Who the pose may be of.
        misfits: (N,) of the pose for each.
    """
    ground = np.array([one.ground_px for one in people])
    length = np.array([one.length_px for one in people])
    lowest = ground[misfits < _THERE].max(initial=-np.inf)
    apart = np.maximum(lowest - ground, 0.0) / length / _GROUND
    return np.asarray(np.minimum(apart**2, MOST_BEHIND))


def _lowest(joints_px: NDArray[np.floating]) -> float:
    """The largest y of the joints (V, 2); 0 without one."""
    seen = joints_px[np.isfinite(joints_px).all(axis=-1)]
    return float(seen[:, 1].max()) if len(seen) else 0.0


def _length(joints_px: NDArray[np.floating]) -> float:
    """Half the long side of the box around the joints (V, 2); at least one pixel."""
    seen = joints_px[np.isfinite(joints_px).all(axis=-1)]
    return max(1.0, 0.5 * float(np.ptp(seen, axis=0).max())) if len(seen) else 1.0


def _offset(expected: NDArray[np.floating], joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far a body is from where it should be (2,): the median of the joints, as some may be wrong."""
    apart = joints - expected
    shared = apart[np.isfinite(apart).all(axis=-1)]
    if len(shared) >= _MIN_SHARED_JOINTS:
        return np.asarray(np.median(shared, axis=0), np.float64)
    return _middle(joints) - _middle(expected)


def _completed(expected: NDArray[np.floating], joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """The pose (V, 2), with joints that are missing where they are expected."""
    is_there = np.isfinite(joints).all(axis=-1, keepdims=True)
    return np.asarray(np.where(is_there, joints, expected), np.float64)


def _middle(joints: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of the joints that are there (2,); NaN when none is."""
    seen = joints[np.isfinite(joints).all(axis=-1)]
    return np.asarray(seen.mean(axis=0) if len(seen) else np.full(2, np.nan), np.float64)
