"""Turns per-frame poses into tracked people, by where their joints should be by now: no pictures needed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.assignment import assign
from poseact.body_motion import IMPOSSIBLE, BodyMotion

# Of one pose and two people, one of them seen a moment ago: the other one has mostly not come back yet.
_BACK = 4.0


@dataclass
class _Person:
    """Somebody known, and whether they were in the last frame."""

    track_id: int
    motion: BodyMotion
    is_lost: bool = False


class PoseTracker:
    """Gives every pose the number of the person it belongs to.

    Everybody is expected where their joints were, moved on at their speed. Poses and people are paired so
    that all pairs together fit best (`poseact.body_motion`). Somebody who is missing for up to `max_gap_s`
    keeps the number; numbers are never used again.

    Args:
        max_gap_s: How long somebody may be missing.
    """

    def __init__(self, *, max_gap_s: float = 1.0) -> None:
        self._max_gap_s = max_gap_s
        self._people: list[_Person] = []
        self._next_id = 0

    def reset(self) -> None:
        """Forget everybody; numbers start from 0 again."""
        self._people, self._next_id = [], 0

    def update(self, poses_px: Sequence[NDArray[np.float32]], time_s: float) -> list[int]:
        """Track ids for the poses of the next frame: each (V, 2) pixels, NaN = missing joint.

        A clock that jumps back by up to `max_gap_s` counts as one that stands still; by more, and
        everybody is new.
        """
        self._people = [p for p in self._people if abs(time_s - p.motion.seen_s) <= self._max_gap_s]
        costs = np.array([self._misfits(joints, time_s) for joints in poses_px])
        pairs = dict(assign(costs.reshape(len(poses_px), len(self._people)), IMPOSSIBLE))
        known = list(self._people)
        for person in known:
            person.is_lost = True
        found = []
        for i, joints in enumerate(poses_px):
            if i in pairs:
                person = known[pairs[i]]
                person.motion.see(joints, time_s)
                person.is_lost = False
            else:
                person = self._new(joints, time_s)
            found.append(person.track_id)
        return found

    def _misfits(self, joints: NDArray[np.float32], time_s: float) -> NDArray[np.float64]:
        """How badly a pose fits each of the people known (N,)."""
        fits = np.array([person.motion.misfit(joints, time_s) for person in self._people])
        back = np.array([_BACK if person.is_lost else 0.0 for person in self._people])
        return np.asarray(fits + back)

    def _new(self, joints: NDArray[np.float32], time_s: float) -> _Person:
        person = _Person(self._next_id, BodyMotion.begin(joints, time_s))
        self._people.append(person)
        self._next_id += 1
        return person
