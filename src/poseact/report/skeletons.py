"""Poses of a clip as compact numbers, for a small script to draw."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout

# The picture's longer side in steps; finer than any screen draws it.
_SIDE = 600
# A motion of everyday life is smooth to the eye at this rate; long clips get fewer frames a second.
_RATE_HZ, _MOST_FRAMES, _MOST_PEOPLE = 20.0, 90, 3
# Numbers of one clip: sixteen clips of skeletons with fingers must not make a page of megabytes.
_MOST_NUMBERS = 20_000
# Joints that jump away for a frame must not make the rest small.
_OUTERMOST = 0.5
_MISSING = -9999


@dataclass(frozen=True, eq=False)
class DrawnClip:
    """A clip as it is drawn.

    Attributes:
        duration_s: Seconds from the first frame to the last.
        width: Of the picture, in its own steps.
        height: Likewise.
        people: (M, T, V, 2) int, x right and y down; `_MISSING` where a joint is not seen.
        bones: (E, 3) int: two joints, and 1 for left, -1 for right, 0 for neither.
    """

    duration_s: float
    width: int
    height: int
    people: NDArray[np.int64]
    bones: NDArray[np.int64]

    def to_dict(self) -> dict[str, Any]:
        """For JSON; a frame is one flat list, x and y in turn."""
        people = self.people.reshape(*self.people.shape[:2], -1)
        return {
            "s": round(self.duration_s, 3),
            "w": self.width,
            "h": self.height,
            "p": people.tolist(),
            "b": self.bones.tolist(),
        }


def drawn_clip(sequence: PoseSequence) -> DrawnClip | None:
    """A clip ready to draw: small whole numbers, of at most three people and 90 frames.

    Of many joints there are fewer frames.

    Of 3D poses x and y are taken: the view from the front.

    Returns:
        None where nobody is seen.
    """
    shares = sequence.present.mean(axis=1) if sequence.num_frames else np.zeros(sequence.num_persons)
    order = np.argsort(-shares, kind="stable")[:_MOST_PEOPLE]
    people = np.sort(order[shares[order] > 0])
    if len(people) == 0:
        return None
    fitting = _MOST_NUMBERS // (len(people) * sequence.layout.num_joints * 2)
    frames = _frames(sequence, min(_MOST_FRAMES, max(fitting, 2)))
    points = sequence.keypoints[people][:, frames, :, :2].astype(np.float64)
    if sequence.units == "normalized" and sequence.frame_size_wh is not None:
        points = points * np.array(sequence.frame_size_wh)
    seen = np.isfinite(points).all(axis=-1)
    if not seen.any():
        return None
    low, high = np.percentile(points[seen], [_OUTERMOST, 100 - _OUTERMOST], axis=0)
    extent = np.maximum(high - low, 1e-9 + 0.02 * float((high - low).max()))
    scale = _SIDE / float(extent.max())
    inside = np.clip((points - low) * scale, -_SIDE, 2 * _SIDE)
    whole = np.where(seen[..., None], np.rint(np.nan_to_num(inside)), _MISSING)
    width, height = np.rint(extent * scale).astype(int).tolist()
    return DrawnClip(sequence.duration_s, width, height, whole.astype(np.int64), _bones(sequence.layout))


def _frames(sequence: PoseSequence, most: int) -> NDArray[np.intp]:
    """Frames evenly spread in time, nearest to the wanted moments."""
    times = sequence.timestamps
    number = int(np.clip(np.ceil(sequence.duration_s * _RATE_HZ) + 1, 1, most))
    if number >= len(times):
        return np.arange(len(times))
    wanted = np.linspace(times[0], times[-1], number)
    middles = (times[1:] + times[:-1]) / 2
    return np.asarray(np.searchsorted(middles, wanted), np.intp)


def _bones(layout: SkeletonLayout) -> NDArray[np.int64]:
    """The lines that are drawn of a layout, each with its side."""

    def side(a: str, b: str) -> int:
        if a.startswith("left_") and b.startswith("left_"):
            return 1
        return -1 if a.startswith("right_") and b.startswith("right_") else 0

    bones = [(*layout.indices(edge), side(*edge)) for edge in layout.drawn_edges]
    return np.array(bones, np.int64).reshape(-1, 3)
