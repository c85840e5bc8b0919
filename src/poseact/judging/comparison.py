"""Two models judged on the same clips: is one better, or is it chance?"""

import math
from dataclasses import dataclass

import numpy as np

from poseact.errors import InvalidInputError
from poseact.judging.answers import resampling_units
from poseact.judging.intervals import Figure, draw_weights, usual_resamples, widened_interval
from poseact.judging.judgement import ClipAnswer, Judgement


@dataclass(frozen=True)
class Comparison:
    """Two models on the clips that both answered.

    Attributes:
        first: Name of one model.
        second: Name of the other.
        num_clips: Clips that both answered.
        num_unshared: Clips that only one of them answered, left out.
        both_right: Clips that both answered rightly.
        only_first: Clips that only the first answered rightly.
        only_second: Clips that only the second answered rightly.
        neither: Clips that neither answered rightly.
        gain: Accuracy of the second less that of the first, with a 95 % bootstrap interval over `unit`.
        p_value: Of McNemar's exact test (McNemar, 1947; two-sided): how often two equally good models
            would differ as much on so many clips. It takes clips for independent, the interval does not.
        unit: What the interval's bootstrap drew: ``"subject"``, ``"group"`` or ``"clip"``.
    """

    first: str
    second: str
    num_clips: int
    num_unshared: int
    both_right: int
    only_first: int
    only_second: int
    neither: int
    gain: Figure
    p_value: float
    unit: str


def compare(first: Judgement, second: Judgement, rng: np.random.Generator) -> Comparison:
    """Compare two models clip by clip.

    Clips are matched by name; where one of the two has folds and the other has not, the folds do
    not count.

    Raises:
        InvalidInputError: If they share no clip, or the truth of a clip differs.
    """
    by_fold = bool(first.folds) == bool(second.folds)
    one, other = (
        {(clip.name, clip.fold if by_fold else ""): clip for clip in judgement.clips}
        for judgement in (first, second)
    )
    shared = [key for key in one if key in other]
    if not shared:
        raise InvalidInputError(
            f"comparison: {first.facts.model!r} and {second.facts.model!r} answered no clip of the same name"
        )
    for key in shared:
        true = first.class_names[one[key].label], second.class_names[other[key].label]
        if true[0] != true[1]:
            raise InvalidInputError(
                f"comparison: clip {key[0]!r} is {true[0]!r} in one evaluation and {true[1]!r} in the other"
            )
    unit, gain = _gain([one[key] for key in shared], [other[key] for key in shared], rng)
    outcomes = [(one[key].is_right, other[key].is_right) for key in shared]
    only_first, only_second = outcomes.count((True, False)), outcomes.count((False, True))
    return Comparison(
        first=first.facts.model,
        second=second.facts.model,
        num_clips=len(shared),
        num_unshared=len(one.keys() ^ other.keys()),
        both_right=outcomes.count((True, True)),
        only_first=only_first,
        only_second=only_second,
        neither=outcomes.count((False, False)),
        gain=gain,
        p_value=mcnemar(only_first, only_second),
        unit=unit,
    )


def _gain(first: list[ClipAnswer], second: list[ClipAnswer], rng: np.random.Generator) -> tuple[str, Figure]:
    unit, units = resampling_units(
        [c.name for c in first], [c.subject for c in first], [c.group for c in first]
    )
    difference = np.array([b.is_right - a.is_right for a, b in zip(first, second, strict=True)], np.float64)
    names, unit_of = np.unique(np.array(units), return_inverse=True)
    value = float(difference.mean())
    if len(names) < 2:
        return unit, Figure(value)
    sums, totals = np.bincount(unit_of, difference), np.bincount(unit_of)
    weights = draw_weights(len(names), usual_resamples(len(names)), rng)
    drawn = np.concatenate([(block @ sums) / (block @ totals) for block in weights])
    low, high = widened_interval(drawn, len(names))
    return unit, Figure(value, min(low, value), max(high, value))


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p-value of McNemar's exact test from the clips that exactly one model answered rightly."""
    total = only_first + only_second
    tail = sum(math.comb(total, i) for i in range(min(only_first, only_second) + 1))
    return min(1.0, float(2 * tail / 2**total))
