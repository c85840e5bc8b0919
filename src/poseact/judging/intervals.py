"""Confidence intervals by bootstrap over the people (or groups, or clips) of a test part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from poseact.judging.metrics import f1_scores, mean_over_classes, ratio

LEVEL = 0.95
# Few units need the far ends of the drawn values (see `widened_interval`), many need not and cost time.
RESAMPLES, RESAMPLES_OF_MANY = 10_000, 2_000
_MANY = 1_000
# Weights of so many units are drawn at once: 64 MB.
_BLOCK = 8_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Attributes:
        value: What was measured.
        low: Lower end of its confidence interval; None where none can be given.
        high: Upper end.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False)
class ClipCounts:
    """Which clips count for what. N clips, K classes.

    Attributes:
        labels: (N,) true classes.
        predicted: (N,) answers.
        in_top_5: (N,) whether the true class is among the five most probable.
        num_classes: K.
    """

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    in_top_5: NDArray[np.bool_]
    num_classes: int


def headline_figures(
    counts: ClipCounts,
    units: Sequence[str],
    rng: np.random.Generator,
    *,
    resamples: int | None = None,
    level: float = LEVEL,
) -> dict[str, Figure]:
    """top_1, top_5, mean_class_accuracy and macro_f1, each with its interval.

    Units are drawn with replacement; all clips of a drawn unit count. The interval is the
    percentile interval, widened for few units as in Hesterberg, "What Teachers Should Know About
    the Bootstrap", The American Statistician 2015 (section 3.4): without that it is too narrow for
    the four to ten subjects of a usual test part.

    Args:
        counts: The clips.
        units: (N,) the unit of each clip, see `resampling_units`.
        rng: For the draws.
        resamples: How many; by default see `usual_resamples`.
        level: Share of such intervals that should hold the true value.

    Returns:
        Figures by name. With a single unit there is no interval.
    """
    names, unit_of = np.unique(np.asarray(units, object).astype(str), return_inverse=True)
    sums = _sums_by_unit(counts, unit_of, len(names))
    values = {name: float(value[0]) for name, value in _figures(sums, np.ones((1, len(names)))).items()}
    if len(names) < 2:
        return {name: Figure(value) for name, value in values.items()}
    number = usual_resamples(len(names)) if resamples is None else resamples
    drawn = [_figures(sums, weights) for weights in draw_weights(len(names), number, rng)]
    return {
        name: _figure(value, np.concatenate([d[name] for d in drawn]), len(names), len(counts.labels), level)
        for name, value in values.items()
    }


def usual_resamples(num_units: int) -> int:
    """How many resamples are drawn of so many units, 0 of a single one."""
    if num_units < 2:
        return 0
    return RESAMPLES if num_units <= _MANY else RESAMPLES_OF_MANY


def _sums_by_unit(counts: ClipCounts, unit_of: NDArray[np.intp], num_units: int) -> dict[str, Floats]:
    """Everything the figures need is a sum over clips: (U, 2) of hits, (U, K) of each class."""

    def by_class(classes: NDArray[np.int64], of: NDArray[np.bool_]) -> Floats:
        out = np.zeros((num_units, counts.num_classes))
        np.add.at(out, (unit_of[of], classes[of]), 1)
        return out

    right = counts.labels == counts.predicted
    everything = np.ones(len(right), np.bool_)
    return {
        "right": by_class(counts.labels, right),
        "support": by_class(counts.labels, everything),
        "predicted": by_class(counts.predicted, everything),
        "in_top_5": by_class(counts.labels, counts.in_top_5),
    }


def _figures(sums: dict[str, Floats], weights: Floats) -> dict[str, Floats]:
    """(B,) of each figure, for B weightings (B, U) of the units."""
    right, support, predicted, in_top_5 = (
        weights @ sums[name] for name in ("right", "support", "predicted", "in_top_5")
    )
    total = support.sum(axis=1)
    return {
        "top_1": ratio(right.sum(axis=1), total),
        "top_5": ratio(in_top_5.sum(axis=1), total),
        "mean_class_accuracy": mean_over_classes(ratio(right, support), support),
        "macro_f1": mean_over_classes(f1_scores(right, support, predicted), support),
    }


def draw_weights(num_units: int, resamples: int, rng: np.random.Generator) -> Iterator[Floats]:
    """How often each unit is drawn, (B, U) at a time, `resamples` rows in all; rows sum to U."""
    block = max(_BLOCK // num_units, 1)
    even = np.full(num_units, 1 / num_units)
    for start in range(0, resamples, block):
        yield rng.multinomial(num_units, even, min(block, resamples - start)).astype(np.float64)


def _figure(value: float, drawn: Floats, num_units: int, num_clips: int, level: float) -> Figure:
    low, high = widened_interval(drawn, num_units, level)
    # No resample of a test without an error has one: the ends are those of Clopper and Pearson (1934).
    if value == 1.0:
        low = ((1 - level) / 2) ** (1 / num_clips)
    elif value == 0.0:
        high = 1 - ((1 - level) / 2) ** (1 / num_clips)
    return Figure(value, min(low, value), max(high, value))


def widened_interval(drawn: Floats, num_units: int, level: float = LEVEL) -> tuple[float, float]:
    """Percentile interval of bootstrap values (B,), widened for few units; see `headline_figures`."""
    quantile = _student_quantile((1 + level) / 2, num_units - 1)
    tail = NormalDist().cdf(-quantile * (num_units / (num_units - 1)) ** 0.5)
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def _student_quantile(share: float, degrees: int) -> float:
    """Quantile of Student's t: with t = sqrt(d) tan(a), its density in the angle a is cos(a)^(d - 1)."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 100_001)
    density = np.cos(angle).clip(0) ** (degrees - 1)
    rising = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return float(np.sqrt(degrees) * np.tan(np.interp(share, rising / rising[-1], angle)))
