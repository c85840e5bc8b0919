"""Turns per-frame poses into tracked people, by how near their joints are: no pictures needed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A pose may be this far from a person's last one, in sizes of the person, plus so many a second of gap.
_REACH = 0.5
_REACH_PER_S = 1.0
# Bodies that differ in size by more than this are different people.
_MAX_SIZE_RATIO = 1.8
# Without this many joints in common, the middles of the boxes are compared instead.
_MIN_SHARED_JOINTS = 4
# How much of the speed seen is carried on to the next frame.
_SPEED_MEMORY = 0.6


@dataclass
class _Person:
    """The last sight of somebody: joints (V, 2) with NaN holes, speed of the middle in px/s."""

    track_id: int
    joints_px: NDArray[np.float32]
    velocity_px_s: NDArray[np.float32]
    seen_s: float


class PoseTracker:
    """Gives every pose the number of the person it belongs to.

    Poses are matched to the people seen last by the mean distance of the joints they share, the
    nearest pair first. Somebody who is missing for up to `max_gap_s` keeps the number; numbers
    are never used again.

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
        """Track ids for the poses of the next frame: each (V, 2) pixels, NaN = missing joint."""
        self._people = [p for p in self._people if time_s - p.seen_s <= self._max_gap_s]
        matched = self._match(poses_px, time_s)
        track_ids = []
        for i, joints in enumerate(poses_px):
            person = matched.get(i)
            if person is None:
                person = _Person(self._next_id, joints, np.zeros(2, np.float32), time_s)
                self._people.append(person)
                self._next_id += 1
            else:
                _see(person, joints, time_s)
            track_ids.append(person.track_id)
        return track_ids

    def _match(self, poses_px: Sequence[NDArray[np.float32]], time_s: float) -> dict[int, _Person]:
        """Which pose is whom; greedy, nearest pair first, each at most once."""
        costs = sorted(
            (cost, i, p)
            for i, joints in enumerate(poses_px)
            for p, person in enumerate(self._people)
            if (cost := _cost(person, joints, time_s)) is not None
        )
        matched: dict[int, _Person] = {}
        taken: set[int] = set()
        for _, i, p in costs:
            if i not in matched and p not in taken:
                matched[i] = self._people[p]
                taken.add(p)
        return matched


def body_size(joints_px: NDArray[np.float32]) -> float:
    """Square root of the area of the box around the joints (V, 2); at least one pixel."""
    seen = joints_px[np.isfinite(joints_px).all(axis=-1)]
    if len(seen) == 0:
        return 1.0
    width, height = (seen.max(axis=0) - seen.min(axis=0)).tolist()
    # Seen from the side, or lying, a box is thin: its long side says more about the size then.
    return float(max(1.0, np.sqrt(width * height), 0.5 * width, 0.5 * height))


def _see(person: _Person, joints: NDArray[np.float32], time_s: float) -> None:
    gap_s = time_s - person.seen_s
    if gap_s > 0:
        velocity = (_middle(joints) - _middle(person.joints_px)) / gap_s
        kept = _SPEED_MEMORY * person.velocity_px_s
        person.velocity_px_s = np.nan_to_num(kept + (1 - _SPEED_MEMORY) * velocity).astype(np.float32)
    person.joints_px, person.seen_s = joints, time_s


def _cost(person: _Person, joints: NDArray[np.float32], time_s: float) -> float | None:
    """Distance from where the person should be by now, in sizes; None when it cannot be them."""
    if not np.isfinite(joints).all(axis=-1).any():
        return None
    size, other_size = body_size(person.joints_px), body_size(joints)
    gap_s = max(0.0, time_s - person.seen_s)
    expected = person.joints_px + person.velocity_px_s * gap_s
    apart = np.linalg.norm(expected - joints, axis=-1)
    shared = np.isfinite(apart)
    if shared.sum() >= _MIN_SHARED_JOINTS:
        distance = float(apart[shared].mean())
    else:
        distance = float(np.linalg.norm(_middle(expected) - _middle(joints)))
    ratio = max(size, other_size) / min(size, other_size)
    relative = distance / max(size, other_size)
    possible = relative <= _REACH + _REACH_PER_S * gap_s and ratio <= _MAX_SIZE_RATIO
    return relative if possible else None


def _middle(joints: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the joints that are there (2,); NaN when none is."""
    seen = joints[np.isfinite(joints).all(axis=-1)]
    return np.asarray(seen.mean(axis=0) if len(seen) else np.full(2, np.nan), np.float32)
