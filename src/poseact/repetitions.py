"""How many times somebody did a thing: repetitions of one person, counted while the frames come in."""

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.layouts import BODY13, convert_joints
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.timeline import Segment
from poseact.windows import square_pixels

MARGIN_S = 0.5
"""Edges of segments are not quite sure: a movement may begin so long before the start, and have come back
so long after the end."""


@dataclass(frozen=True)
class Distance:
    """A distance in the picture that grows while the movement goes out, and shrinks while it comes back.

    Attributes:
        joint: A joint of `poseact.layouts.BODY13`, or ``"lower_ankle"`` or ``"lower_knee"``: the one of the
            two that is lower in the picture.
        other: Another one; None = the upper edge of the picture.
        apart: Whether the length between the two counts, in whatever direction; else how far `joint` is
            below `other`.
        times: What the distance is multiplied by.
    """

    joint: str
    other: str | None
    apart: bool = False
    times: float = 1.0


Tier = tuple[Distance, ...]
"""Distances that say the same, as those of left and right: their mean is taken, by confidence."""


@dataclass(frozen=True)
class Measure:
    """What the movement of an action is measured by.

    Attributes:
        parts: Added up. Each is a choice of tiers, the best first: the next one stands in while no
            distance of the one before can be seen.
        least: A movement has to go out by so much to count at all, in torso lengths.
    """

    parts: tuple[tuple[Tier, ...], ...]
    least: float


def _both(joint: str, other: str | None, *, times: float = 1.0) -> Tier:
    """The same distance on the left and on the right side."""

    def named(part: str, side: str) -> str:
        return part if part.startswith(_LOWER) else f"{side}_{part}"

    return tuple(
        Distance(named(joint, side), None if other is None else named(other, side), times=times)
        for side in ("left", "right")
    )


_LOWER = "lower_"
_WITHOUT_FEET = (_both("shoulder", "lower_knee"), _both("shoulder", None))

COUNTED: dict[str, Measure] = {
    # Hips and shoulders sink towards the foot that stands: both, because from before, behind or above, one of
    # them may hardly seem to.
    "squat": Measure(
        (((*_both("hip", "lower_ankle"), *_both("shoulder", "lower_ankle")), *_WITHOUT_FEET),), 0.3
    ),
    # Shoulders sink towards the feet, with bent knees or a bent back; least in a bow seen from before.
    "pick_up": Measure(((_both("shoulder", "lower_ankle"), *_WITHOUT_FEET),), 0.25),
    # Hands rise past the shoulders, and feet go apart: seen from the side, only the hands do, and where
    # level arms open and close, only the feet. An elbow rises about half as far as the hand.
    "jumping_jack": Measure(
        (
            (_both("shoulder", "wrist"), _both("shoulder", "elbow", times=2.0)),
            ((Distance("left_ankle", "right_ankle", apart=True),),),
        ),
        0.5,
    ),
    # Shoulders sink towards the hands; without hands in view, in the picture.
    "push_up": Measure(((_both("shoulder", "wrist"), _both("shoulder", None)),), 0.2),
    # Shoulders rise above the feet, rather than the hips: so lying down before and getting up after it is one
    # way down and one way up, and no repetition.
    "sit_up": Measure(((_both("lower_ankle", "shoulder"), _both("hip", "shoulder")),), 0.3),
}
"""Label -> how its repetitions are measured. No other label is counted."""

# A joint that is surer than this is believed; others only weigh in beside one that is.
_SURE = 0.3
# A distance that cannot be seen stays as it was for so long; then it is left out.
_HELD_S = 0.2
# Time constant of the smoothing: twice as long as what shakes a joint from frame to frame at 30 fps.
_SMOOTHED_S = 0.06
# Back by this share of the way out is back.
_BACK = 0.6
# A movement that goes out by less than this share of the usual one is no repetition.
_SHARE = 0.4
# Back by this share of the way out, but by the usual way, or out again from there: the rest position has
# moved, as when arms that hung are level from now on.
_CLEAR = 0.3
# The usual way out is the median of so many.
_WAYS_REMEMBERED = 5
# The body's size in the picture is a mean over about so many seconds.
_SIZE_S = 2.0
# Bones and how long they are in torso lengths (Winter, Biomechanics and Motor Control of Human Movement,
# 2009, figure 4.1).
_BONES: tuple[tuple[str, str, float], ...] = tuple(
    (f"{side}_{a}", f"{side}_{b}", length)
    for side in ("left", "right")
    for a, b, length in (
        ("shoulder", "hip", 1.0),
        ("hip", "knee", 0.85),
        ("knee", "ankle", 0.85),
        ("shoulder", "elbow", 0.64),
        ("elbow", "wrist", 0.51),
    )
)


class RepetitionCounter:
    """Counts one person's repetitions of one action, frame by frame.

    A repetition counts when the movement has come back. What has been counted does not change any more, so
    that live and offline, the same frames give the same number. Nothing depends on the rate of the frames,
    the person's size or side, and memory is bounded, but for the list of times.

    Args:
        label: One of `COUNTED`.
        layout: Of the poses to come; joints are found by name.
        start_s: Start of the segment. Frames of up to `MARGIN_S` before it are made use of, earlier ones left
            aside; what had come back before it does not count.

    Raises:
        InvalidInputError: If that action is not counted.
    """

    def __init__(self, label: str, layout: SkeletonLayout, start_s: float = -np.inf) -> None:
        if label not in COUNTED:
            raise InvalidInputError(
                f"repetitions: expected one of {', '.join(COUNTED)}; {label!r} is not counted"
            )
        measure = COUNTED[label]
        self._layout, self._least, self._start_s = layout, measure.least, start_s
        self._parts = [_Part(tiers) for tiers in measure.parts]
        self._size = _Size()
        self._swing = _Swing()
        self._signal_px = 0.0
        self._now_s: float | None = None
        self.times_s: list[float] = []
        """When each repetition was complete, seconds."""

    def add(self, time_s: float, keypoints: NDArray[np.float32], confidence: NDArray[np.float32]) -> None:
        """Take the next frame.

        Args:
            time_s: Its stamp, later than the one before.
            keypoints: (V, 2) square pixels, y down, NaN = missing.
            confidence: (V,).

        Raises:
            InvalidInputError: If the stamp is not later than the one before.
        """
        if self._now_s is not None and not time_s > self._now_s:
            raise InvalidInputError(f"repetitions: expected a stamp after {self._now_s}, found {time_s}")
        if time_s < self._start_s - MARGIN_S:
            return
        step_s = 0.0 if self._now_s is None else time_s - self._now_s
        self._now_s = time_s
        pose = _Pose(*convert_joints(keypoints, confidence, self._layout, BODY13))
        self._size.see(pose, step_s)
        values = [part.value(pose, time_s) for part in self._parts]
        if self._size.torso_px is None or all(part.away for part in self._parts):
            return
        # All parts begin at 0, and so does the signal.
        self._signal_px += (1 - np.exp(-step_s / _SMOOTHED_S)) * (sum(values) - self._signal_px)
        is_back = self._swing.takes(self._signal_px, self._least * self._size.torso_px)
        if is_back and time_s > self._start_s:
            self.times_s.append(time_s)

    @property
    def signal(self) -> float:
        """How far the movement was out in the last frame, in torso lengths from where it began."""
        return self._signal_px / (self._size.torso_px or 1.0)

    def count(self, end_s: float = np.inf) -> int:
        """How many repetitions a segment that ends then has: those complete at most `MARGIN_S` later."""
        return bisect_right(self.times_s, end_s + MARGIN_S)


def count_repetitions(sequence: PoseSequence, segment: Segment) -> int | None:
    """How many times the person of a segment did what it says; None where that is not counted.

    The same that a `RepetitionCounter` gives of the same frames, live.

    Args:
        sequence: Any layout and units, 2D or 3D; with the segment's track in it.
        segment: Whose label, times and track count.

    Raises:
        InvalidInputError: If the track is not in the sequence.
    """
    if segment.label not in COUNTED:
        return None
    low, high = segment.start_s - MARGIN_S, segment.end_s + MARGIN_S
    inside = np.flatnonzero((sequence.timestamps >= low) & (sequence.timestamps <= high))
    first, stop = (inside[0], inside[-1] + 1) if len(inside) else (0, 0)
    part = square_pixels(sequence.slice_frames(first, stop).select_tracks([segment.track_id]))
    counter = RepetitionCounter(segment.label, part.layout, segment.start_s)
    for time_s, keypoints, confidence in zip(
        part.timestamps.tolist(), part.keypoints[0, ..., :2], part.confidence[0], strict=True
    ):
        counter.add(time_s, keypoints, confidence)
    return counter.count(segment.end_s)


class _Pose:
    """The joints of one frame, by name."""

    def __init__(self, keypoints: NDArray[np.float32], confidence: NDArray[np.float32]) -> None:
        seen = np.isfinite(keypoints).all(axis=-1) & (confidence > 0)
        rows = zip(BODY13.joint_names, keypoints.tolist(), confidence.tolist(), seen.tolist(), strict=True)
        self.joints = {name: (xy[0], xy[1], sure) for name, xy, sure, there in rows if there}
        for part in ("ankle", "knee"):
            two = [j for side in ("left", "right") if (j := self.joints.get(f"{side}_{part}")) is not None]
            surer = [j for j in two if j[2] >= _SURE] or two
            if surer:
                self.joints[_LOWER + part] = max(surer, key=lambda joint: joint[1])

    def measure(self, distance: Distance) -> tuple[float, float] | None:
        """Pixels and confidence; None where a joint is missing."""
        x, y, sure = self.joints.get(distance.joint, (0.0, 0.0, 0.0))
        other_x, other_y, other_sure = x, 0.0, 1.0
        if distance.other is not None:
            other_x, other_y, other_sure = self.joints.get(distance.other, (0.0, 0.0, 0.0))
        if sure == 0 or other_sure == 0:
            return None
        pixels = float(np.hypot(x - other_x, y - other_y)) if distance.apart else y - other_y
        return distance.times * pixels, min(sure, other_sure)


class _Part:
    """One part of a measure in pixels, without a jump where one tier or side takes over from another."""

    def __init__(self, tiers: tuple[Tier, ...]) -> None:
        self._tiers = tiers
        self._last: dict[Distance, tuple[float, float, float]] = {}
        self._shifts: dict[Distance, float] = {}
        self._value = 0.0
        self.away = True
        """Whether nothing of it was seen in the last frame."""

    def value(self, pose: _Pose, time_s: float) -> float:
        """Since the beginning; as it was last where nothing can be seen."""
        seen = [self._seen(tier, pose, time_s) for tier in self._tiers]
        used = next((tier for tier in seen if any(sure >= _SURE for _, sure in tier.values())), None)
        self.away = used is None
        if used is not None:
            for distance, (pixels, _) in used.items():
                self._shifts.setdefault(distance, self._value - pixels)
            weight = sum(sure**2 for _, sure in used.values())
            self._value = sum(
                sure**2 / weight * (pixels + self._shifts[distance])
                for distance, (pixels, sure) in used.items()
            )
        for tier in seen:
            if tier is not used:
                self._shifts.update({d: self._value - pixels for d, (pixels, _) in tier.items()})
        return self._value

    def _seen(self, tier: Tier, pose: _Pose, time_s: float) -> dict[Distance, tuple[float, float]]:
        """Pixels and confidence of what can be seen, or could be seen a moment ago."""
        for distance in tier:
            found = pose.measure(distance)
            if found is not None:
                self._last[distance] = (*found, time_s)
        return {
            distance: self._last[distance][:2]
            for distance in tier
            if distance in self._last and time_s - self._last[distance][2] <= _HELD_S
        }


class _Size:
    """How long the torso is in the picture, also where it is seen from above or below.

    A bone looks at most as long as it is: the second longest, each against what is usual, tells best.
    """

    def __init__(self) -> None:
        self.torso_px: float | None = None
        self._seconds = 0.0

    def see(self, pose: _Pose, step_s: float) -> None:
        """Take the next frame, so many seconds after the last one."""
        lengths = []
        for a, b, length in _BONES:
            found = pose.measure(Distance(a, b, apart=True))
            if found is not None and found[1] >= _SURE:
                lengths.append(found[0] / length)
        px = sorted(lengths)[-2:][0] if lengths else 0.0
        if px == 0:
            return
        if self.torso_px is None:
            self.torso_px = px
            return
        self._seconds = min(_SIZE_S, self._seconds + step_s)
        self.torso_px += (px - self.torso_px) * min(1.0, step_s / max(self._seconds, 1e-9))


class _Swing:
    """Finds each way out and back in a signal, however large, and wherever its rest position drifts to."""

    def __init__(self) -> None:
        self._ways: deque[float] = deque(maxlen=_WAYS_REMEMBERED)
        self._rest = 0.0
        self._far: float | None = None
        self._lowest_since = 0.0

    def takes(self, value: float, least: float) -> bool:
        """Whether a way out and back is complete with the next value.

        Args:
            value: Of the signal, which begins at 0.
            least: How far out a movement has to go.
        """
        usual = float(np.median(self._ways)) if self._ways else np.inf
        enough = max(least, _SHARE * usual) if self._ways else least
        if self._far is None:
            self._rest = min(self._rest, value)
            if value - self._rest >= enough:
                self._far = self._lowest_since = value
            return False
        if value > self._far:
            self._far = self._lowest_since = value
        self._lowest_since = min(self._lowest_since, value)
        out = self._far - self._rest
        clear = max(enough, _CLEAR * out)
        if self._far - value >= max(clear, _BACK * min(out, usual)):
            return self._begins_again(out, value)
        # Back by less, and out again: the rest position has moved.
        if min(self._far, value) - self._lowest_since >= clear:
            return self._begins_again(self._far - self._lowest_since, self._lowest_since)
        return False

    def _begins_again(self, out: float, rest: float) -> bool:
        self._ways.append(out)
        self._rest, self._far = rest, None
        return True
