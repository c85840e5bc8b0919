"""Where each person's tag goes in each frame: near the person, off the limbs, and steady.

Several places around a person are weighed some times a second: how much of this and of other
people a tag would hide there, and whether another tag is there already. A tag stays where it is
unless another place is clearly better, and then it glides there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.render.tags import Box, free_place
from poseact.skeleton import SkeletonLayout

Floats = NDArray[np.float64]

_STEP_S = 0.1
# A tag keeps clear of where the limbs are within this long, so that it does not follow a waving
# hand up and down; it is chosen for what happens within a longer time, and glides in a shorter.
_ENVELOPE_S, _WEIGHING_S, _GLIDE_S, _FOLLOW_S = 1.0, 3.0, 0.6, 0.25
# A person who moves by more than this share of the own size from one frame to the next, or comes
# back after this many seconds, is somewhere else: the tag does not glide there.
_CUT_SHARE, _CUT_S = 0.5, 0.5
# Joints below this are guesses, and a tag need not give way to them.
_LEAST_CONFIDENCE = 0.3
# Shares of the person's size: what lies beyond the joints of the head, the wrist where it is the
# last joint of the arm, the joints of the hand, and all others.
_CROWN, _WRIST, _FINGER, _FLESH = 0.07, 0.1, 0.045, 0.03
_HAND_JOINTS = ("index", "hand", "finger", "thumb", "pinky")

_ROWS = (0.08, 0.5, 0.9)  # heights beside a person, from the highest joint to the lowest
_OVER, _BESIDE, _UNDER = range(3)


@dataclass(frozen=True)
class _Spot:
    """A place near a person; `part` is the level of a pile over, or the row beside, the person."""

    side: int
    align: float
    part: int
    cost: float


_SPOTS = (
    _Spot(_OVER, 0.5, 0, 0.0),
    _Spot(_OVER, 0.12, 0, 0.25),
    _Spot(_OVER, 0.88, 0, 0.25),
    _Spot(_OVER, 0.5, 1, 0.35),
    _Spot(_OVER, 0.5, 2, 0.6),
    *(_Spot(_BESIDE, align, row, 0.8 + 0.2 * row) for row in range(len(_ROWS)) for align in (0.0, 1.0)),
    _Spot(_UNDER, 0.5, 0, 1.2),
)
_COSTS = np.array([spot.cost for spot in _SPOTS])
_HIDES_OWN, _HIDES_OTHERS, _HIDES_TAG, _MOVES = 60.0, 20.0, 20.0, 0.5
# As many points of each other person are looked at.
_FEW_POINTS = 16
# Steps weighed at once, for the sake of memory.
_BLOCK = 4096


@dataclass(frozen=True)
class Scene:
    """What the tags have to keep clear of.

    Attributes:
        points: (M, T, V, 2) pixels of the picture, NaN = missing.
        confidence: (M, T, V) in [0, 1].
        sizes: (M, T) pixels, how large each person is, slowly changing; NaN = not there.
        timestamps: (T,) seconds, rising.
        layout: Names and edges of the joints.
        head: Indices of the joints of the head.
        picture_wh: Width and height of the picture.
        gap_px: Least distance between tags.
    """

    points: NDArray[np.float32]
    confidence: NDArray[np.float32]
    sizes: Floats
    timestamps: Floats
    layout: SkeletonLayout
    head: NDArray[np.intp]
    picture_wh: tuple[int, int]
    gap_px: int

    @property
    def present(self) -> NDArray[np.bool_]:
        """(M, T) True where a person has any joint."""
        return np.asarray(np.isfinite(self.sizes))


def tag_paths(scene: Scene, widths: NDArray[np.integer], height: int) -> Floats:
    """The way of each person's tag through the video.

    Args:
        scene: The people.
        widths: (M, T) pixels, how wide each tag is in each frame.
        height: Pixels, that of all tags.

    Returns:
        (M, T, 3): x of the tag's hold, which share of the tag lies left of it, and y of the upper
        edge; see `corners`. NaN where a person is not there.
    """
    out = np.full((*widths.shape, 3), np.nan)
    runs = [_runs(scene, m) for m in range(len(widths))]
    steps = _steps(scene.timestamps, runs)
    clearances = _Clearances(scene, steps, height)
    holds = np.full((*widths[:, steps].shape, len(_SPOTS), 3), np.nan)
    costs = np.zeros(holds.shape[:-1])
    for m, own in enumerate(runs):
        for run in own:
            here = _steps_of(run, steps, scene.present[m])
            holds[m, here] = clearances.holds(m, here, widths[m, steps[here]])
            costs[m, here] = clearances.costs(m, here, holds[m, here], widths[m, steps[here]])
    chosen = _choose(holds, costs, widths[:, steps], height, scene)
    for m, own in enumerate(runs):
        for first, last in own:
            here = _steps_of((first, last), steps, scene.present[m])
            smooth = moving_mean(chosen[m, here], scene.timestamps[steps[here]], _GLIDE_S)
            for i in range(3):
                times = scene.timestamps[first:last], scene.timestamps[steps[here]]
                out[m, first:last, i] = np.interp(*times, smooth[:, i])
    out[~scene.present] = np.nan
    return out


def corners(
    holds: Floats, sizes_wh: Sequence[tuple[int, int]], picture_wh: tuple[int, int], gap_px: int
) -> list[tuple[int, int]]:
    """Upper left corners of the tags of one frame: inside the picture, and not on one another.

    Args:
        holds: (N, 3) from `tag_paths`.
        sizes_wh: N widths and heights.
        picture_wh: Width and height of the picture.
        gap_px: Least distance between tags.
    """
    placed: list[Box] = []
    for (x, align, y), (width, height) in zip(holds.tolist(), sizes_wh, strict=True):
        room = max(picture_wh[0] - width, 0), max(picture_wh[1] - height, 0)
        wish = min(max(round(x - align * width), 0), room[0]), min(max(round(y), 0), room[1])
        left, top = free_place(wish, (width, height), room, placed, gap_px)
        placed.append((left, top, left + width, top + height))
    return [(left, top) for left, top, _, _ in placed]


def _runs(scene: Scene, m: int) -> list[tuple[int, int]]:
    """(first, last + 1) frames of the stretches in which a person moves without a leap."""
    seen = np.flatnonzero(scene.present[m])
    if len(seen) == 0:
        return []
    middle = np.nanmedian(scene.points[m, seen], axis=1)
    leap = np.hypot(*np.diff(middle, axis=0).T) > _CUT_SHARE * scene.sizes[m, seen[1:]]
    gone = np.diff(scene.timestamps[seen]) > _CUT_S
    # Few frames a second leave long times between them, in which people walk far.
    quick = np.diff(scene.timestamps[seen]) < _STEP_S
    cuts = np.flatnonzero((leap & quick) | (gone & (np.diff(seen) > 1))) + 1
    return [(int(part[0]), int(part[-1]) + 1) for part in np.split(seen, cuts)]


def _steps(timestamps: Floats, runs: list[list[tuple[int, int]]]) -> NDArray[np.intp]:
    """Frames at which places are weighed: regular ones, and the ends of all runs."""
    if not any(runs):
        return np.zeros(0, np.intp)
    times = np.arange(timestamps[0], timestamps[-1], _STEP_S)
    ends = [frame for own in runs for first, last in own for frame in (first, last - 1)]
    return np.unique(np.concatenate([np.searchsorted(timestamps, times), np.array(ends)]))


def _steps_of(run: tuple[int, int], steps: NDArray[np.intp], present: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Which of the steps lie in a run, at frames in which the person is there."""
    first, last = np.searchsorted(steps, run)
    return np.asarray(first + np.flatnonzero(present[steps[first:last]]), np.intp)


class _Clearances:
    """The room that people leave, at the steps."""

    def __init__(self, scene: Scene, steps: NDArray[np.intp], height: int) -> None:
        self._scene, self._height = scene, height
        self._times = scene.timestamps[steps]
        self._sizes = scene.sizes[:, steps]
        self._joints = _visible(scene, steps)
        beyond = _beyond(scene.layout, scene.head)
        self._reach = beyond[:, None] * self._sizes[:, :, None, None]
        # (M, G, P, 2)
        self._body = _along_bones(self._joints, scene.layout)

    def holds(self, m: int, here: NDArray[np.intp], widths: NDArray[np.integer]) -> Floats:
        """(G, K, 3): the hold of the tag at each spot, moved to lie inside the picture."""
        times, gap = self._times[here], self._scene.gap_px
        low = _least(np.nanmin(self._joints[m, here, :, 1] - self._reach[m, here, :, 0], axis=1), times)
        high = -_least(-np.nanmax(self._joints[m, here, :, 1] + self._reach[m, here, :, 0], axis=1), times)
        head_x = moving_mean(self._head_x(m, here), times, _FOLLOW_S)
        sides = [self._beside(m, here, low + share * (high - low), head_x) for share in _ROWS]
        out = np.empty((len(times), len(_SPOTS), 3))
        for k, spot in enumerate(_SPOTS):
            if spot.side == _BESIDE:
                x, y = sides[spot.part][spot.align == 1.0], low + _ROWS[spot.part] * (high - low)
                top = y - self._height / 2
                x = x + (gap if spot.align == 0 else -gap)
            else:
                x = head_x
                level = spot.part * (self._height + gap)
                top = low - self._height - level if spot.side == _OVER else high + gap
            left = self._inside(x - spot.align * widths, self._scene.picture_wh[0] - widths)
            out[:, k, 0] = left + spot.align * widths
            out[:, k, 1] = spot.align
            out[:, k, 2] = self._inside(top, self._scene.picture_wh[1] - self._height)
        return out

    def _inside(self, values: Floats, room: NDArray[np.integer] | int) -> Floats:
        """Moved into the picture, with a little distance from its edges where there is room."""
        gap = np.minimum(self._scene.gap_px, np.maximum(room, 0) // 2)
        return np.asarray(np.clip(values, gap, np.maximum(room - gap, 0)))

    def _head_x(self, m: int, here: NDArray[np.intp]) -> Floats:
        """(G,) the middle of the head, or of the person where the head is not seen."""
        everything = self._joints[m, here, :, 0]
        middle = (np.nanmin(everything, axis=1) + np.nanmax(everything, axis=1)) / 2
        head = self._joints[m, here][:, self._scene.head, 0]
        seen = np.isfinite(head).any(axis=1)
        middle[seen] = (np.nanmin(head[seen], axis=1) + np.nanmax(head[seen], axis=1)) / 2
        return np.asarray(middle, np.float64)

    def _beside(self, m: int, here: NDArray[np.intp], row_y: Floats, head_x: Floats) -> tuple[Floats, Floats]:
        """(G,) each: x right and left of all that lies as high as a tag there would."""
        x, y = self._body[m, here, :, 0], self._body[m, here, :, 1]
        near = np.abs(y - row_y[:, None]) <= self._height
        times, flesh = self._times[here], 2 * _FLESH * self._sizes[m, here]
        right = np.where(near, x, -np.inf).max(axis=1)
        left = np.where(near, x, np.inf).min(axis=1)
        none = ~near.any(axis=1)
        right, left = np.where(none, head_x, right) + flesh, np.where(none, head_x, left) - flesh
        return -_least(-right, times), _least(left, times)

    def costs(self, m: int, here: NDArray[np.intp], holds: Floats, widths: NDArray[np.integer]) -> Floats:
        """(G, K): how bad each spot is for what it hides, around each step."""
        left = holds[..., 0] - holds[..., 1] * widths[:, None]
        boxes = np.stack([left, holds[..., 2], left + widths[:, None], holds[..., 2] + self._height], -1)
        margin = _FLESH * self._sizes[m, here][:, None]
        cost = _HIDES_OWN * _hidden_share(boxes, self._body[m, here], margin)
        stride = -(-self._body.shape[2] // _FEW_POINTS)
        for other in range(len(self._body)):
            if other != m:
                points = self._body[other, here, ::stride]
                cost = cost + _HIDES_OTHERS * _hidden_share(boxes, points, np.zeros((len(here), 1)))
        return np.asarray(moving_mean(cost, self._times[here], _WEIGHING_S) + _COSTS)


def _visible(scene: Scene, steps: NDArray[np.intp]) -> Floats:
    """(M, G, V, 2): the joints that can be seen in the picture; all, moved inside, where none can."""
    points = scene.points[:, steps].astype(np.float64)
    limit = np.array(scene.picture_wh, np.float64) - 1
    inside = np.asarray(np.all((points >= 0) & (points <= limit), axis=-1))
    sure = np.asarray(inside & (scene.confidence[:, steps] >= _LEAST_CONFIDENCE))
    kept = np.asarray(np.where(sure.any(axis=-1, keepdims=True), sure, inside))
    some = np.asarray(np.any(kept, axis=-1, keepdims=True))
    out = np.where(kept[..., None], points, np.nan)
    return np.where(some[..., None], out, np.clip(points, 0, limit))


def _beyond(layout: SkeletonLayout, head: NDArray[np.intp]) -> Floats:
    """(V,) share of a person's size by which the body goes on beyond each joint."""
    names = layout.joint_names
    fingers = [any(word in name for word in _HAND_JOINTS) for name in names]
    out = np.where(fingers, _FINGER, _FLESH)
    if not any(fingers):
        out[["wrist" in name for name in names]] = _WRIST
    out[head] = _CROWN
    return out


def _along_bones(joints: Floats, layout: SkeletonLayout) -> Floats:
    """(M, G, P, 2): the joints, and points between them."""
    ends = np.array([layout.indices(edge) for edge in layout.drawn_edges], np.intp).reshape(-1, 2)
    start, end = joints[:, :, ends[:, 0]], joints[:, :, ends[:, 1]]
    return np.concatenate([joints, (2 * start + end) / 3, (start + 2 * end) / 3], axis=2)


def _hidden_share(boxes: Floats, points: Floats, margins: Floats) -> Floats:
    """(G, K): share of a person's points (G, P, 2), with margins (G, 1) around, in boxes (G, K, 4)."""
    out = np.zeros(boxes.shape[:2])
    for first in range(0, len(boxes), _BLOCK):
        block = slice(first, first + _BLOCK)
        left, top, right, bottom = (boxes[block, :, i, None] for i in range(4))
        x, y, around = points[block, None, :, 0], points[block, None, :, 1], margins[block, :, None]
        inside = (x > left - around) & (x < right + around) & (y > top - around) & (y < bottom + around)
        out[block] = inside.sum(axis=-1)
    seen = np.isfinite(points[..., 0]).sum(axis=1)
    return np.asarray(out / np.maximum(seen, 1)[:, None])


def _choose(holds: Floats, costs: Floats, widths: NDArray[np.integer], height: int, scene: Scene) -> Floats:
    """(M, G, 3): the hold of the best spot at each step, chosen person by person."""
    people, steps = holds.shape[:2]
    out = np.full((people, steps, 3), np.nan)
    before = np.full(people, -1)
    spots = np.arange(len(_SPOTS))
    for g in range(steps):
        placed: list[Box] = []
        for m in np.flatnonzero(np.isfinite(holds[:, g, 0, 0])).tolist():
            size = (int(widths[m, g]), height)
            cost = costs[m, g]
            if before[m] >= 0:
                cost = cost + _MOVES * (spots != before[m])
            lefts, tops = holds[m, g, :, 0] - holds[m, g, :, 1] * size[0], holds[m, g, :, 2]
            if placed:
                shared = _shared_area(lefts, tops, size, np.array(placed), scene.gap_px)
                cost = cost + _HIDES_TAG * shared
            best = int(cost.argmin())
            out[m, g] = holds[m, g, best]
            left, top = round(lefts[best]), round(tops[best])
            if placed and shared[best] > 0:
                room = max(scene.picture_wh[0] - size[0], 0), max(scene.picture_wh[1] - height, 0)
                left, top = free_place((left, top), size, room, placed, scene.gap_px)
                out[m, g] = left + out[m, g, 1] * size[0], out[m, g, 1], top
            before[m] = best
            placed.append((left, top, left + size[0], top + height))
    return out


def _shared_area(lefts: Floats, tops: Floats, size: tuple[int, int], placed: Floats, gap: int) -> Floats:
    """(K,): how much of a tag at each spot lies on tags that are there already; 1 = all."""
    right, bottom = lefts[:, None] + size[0] + gap, tops[:, None] + size[1] + gap
    x = np.minimum(right, placed[:, 2]) - np.maximum(lefts[:, None] - gap, placed[:, 0])
    y = np.minimum(bottom, placed[:, 3]) - np.maximum(tops[:, None] - gap, placed[:, 1])
    return np.asarray((np.maximum(x, 0) * np.maximum(y, 0)).sum(axis=1) / (size[0] * size[1]))


def _least(values: Floats, times: Floats) -> Floats:
    """A smooth curve that is nowhere above (N,) values: the mean of the least values nearby."""
    first, last = _windows(times, _ENVELOPE_S)
    padded = np.append(np.where(np.isfinite(values), values, np.inf), np.inf)
    least = np.minimum.reduceat(padded, np.stack([first, last], axis=1).ravel())[::2]
    return moving_mean(np.where(np.isfinite(least), least, np.nan), times, _ENVELOPE_S)


def moving_mean(values: NDArray[np.floating], times: Floats, width_s: float) -> Floats:
    """Mean over the values (N, ...) at most half of `width_s` away; NaN do not count.

    NaN where there is nothing to take a mean of.
    """
    known = np.isfinite(values)
    zero = np.zeros((1, *values.shape[1:]))
    totals = np.concatenate([zero, np.cumsum(np.where(known, values, 0.0), axis=0)])
    counts = np.concatenate([zero, np.cumsum(known, axis=0)])
    first, last = _windows(times, width_s)
    count = counts[last] - counts[first]
    return np.where(count > 0, (totals[last] - totals[first]) / np.maximum(count, 1), np.nan)


def _windows(times: Floats, width_s: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each time the first index of its window and the one after the last."""
    slack = 1e-9
    first = np.searchsorted(times, times - width_s / 2 - slack)
    return first, np.searchsorted(times, times + width_s / 2 + slack, side="right")
