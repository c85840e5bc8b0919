"""A strip that shows the probabilities of all classes over time, stacked on one another."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from poseact.render.colours import Colour, Image
from poseact.render.shapes import to_uint8
from poseact.render.time_axis import TimeAxis
from poseact.timeline import ClassScores

_SUPERSAMPLING = 4
# Between two scores further apart than this nothing is drawn.
_LONGEST_GAP_S = 1.5


def draw_score_strip(
    image: Image,
    scores: ClassScores,
    colours: Sequence[Colour],
    order: Sequence[int],
    axis: TimeAxis,
    rows: tuple[int, int],
) -> None:
    """Stacked areas between two rows of `image`; where scores are missing it stays as it is.

    Args:
        image: (H, W, 3) uint8, drawn into.
        scores: T times and K classes.
        colours: K colours.
        order: The K classes from the bottom of the stack to its top.
        axis: Where times lie.
        rows: First row and the row after the last.
    """
    per_column = _per_column(scores, axis)[:, list(order)]
    known = np.isfinite(per_column).all(axis=1)
    if not known.any():
        return
    top, bottom = rows
    height, width = bottom - top, axis.right_px - axis.left_px
    tops = np.cumsum(np.nan_to_num(per_column), axis=1)
    levels = 1 - (np.arange(height * _SUPERSAMPLING) + 0.5) / (height * _SUPERSAMPLING)
    area = image[top:bottom, axis.left_px : axis.right_px]
    big = np.repeat(area, _SUPERSAMPLING, axis=0)
    for place in reversed(range(len(order))):
        big[(levels[:, None] < tops[:, place]) & known] = colours[order[place]]
    mean = big.reshape(height, _SUPERSAMPLING, width, 3).mean(axis=1, dtype=np.float32)
    area[:] = to_uint8(mean)


def _per_column(scores: ClassScores, axis: TimeAxis) -> NDArray[np.float64]:
    """(W, K): mean of the scores that fall on a pixel column, else between its neighbours."""
    width = axis.right_px - axis.left_px
    good = np.isfinite(scores.probabilities).all(axis=1)
    times, values = scores.times_s[good], scores.probabilities[good].astype(np.float64)
    out = np.full((width, values.shape[1]), np.nan)
    if len(times) == 0:
        return out
    edges = axis.start_s + np.arange(width + 1) / width * axis.span_s
    first, last = np.searchsorted(times, edges[:-1]), np.searchsorted(times, edges[1:])
    totals = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    full = last > first
    out[full] = (totals[last[full]] - totals[first[full]]) / (last - first)[full, None]
    between = ~full & (first > 0) & (first < len(times))
    after = first[between]
    left, right = times[after - 1], times[after]
    share = (((edges[:-1] + edges[1:]) / 2)[between] - left) / (right - left)
    mixed = values[after - 1] + (values[after] - values[after - 1]) * share[:, None]
    out[between] = np.where((right - left <= _LONGEST_GAP_S)[:, None], mixed, np.nan)
    return out
