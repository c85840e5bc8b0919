"""The judgement of a model on labelled clips: every figure of it, from its answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.judging.answers import Answers, resampling_units
from poseact.judging.facts import RunFacts
from poseact.judging.intervals import LEVEL, ClipCounts, Figure, headline_figures, usual_resamples
from poseact.judging.metrics import Calibration, calibration, confusion_matrix, in_top_k, per_class

TOP = 5


@dataclass(frozen=True)
class ClassFigures:
    """How right the answers about one class are.

    Attributes:
        name: The class.
        support: Clips of it.
        predicted: Clips that were taken for it.
        precision: Share of `predicted` that is right; None where nothing was taken for it.
        recall: Share of `support` that is found; None where there is no clip of it.
        f1: Harmonic mean; None where there is neither.
    """

    name: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class PartFigures:
    """Right answers of a subject's, or a fold's, clips.

    Attributes:
        name: The subject or fold.
        right: Clips answered rightly.
        total: Clips.
    """

    name: str
    right: int
    total: int

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.right / self.total


@dataclass(frozen=True)
class ClipAnswer:
    """The answer to one clip.

    Attributes:
        name: Of the clip.
        label: Index of the true class.
        predicted: Index of the answer.
        confidence: Probability of the answer.
        true_probability: Probability of the true class.
        subject: Who is seen; None = not said.
        group: What the clip belongs to; None = not said.
        fold: Whose model answered; "" where there is one model.
    """

    name: str
    label: int
    predicted: int
    confidence: float
    true_probability: float
    subject: str | None = None
    group: str | None = None
    fold: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the answer is the true class."""
        return self.label == self.predicted


@dataclass(frozen=True)
class Resampling:
    """How the confidence intervals were made.

    Attributes:
        unit: What was drawn: ``"subject"``, ``"group"`` or ``"clip"``.
        num_units: How many of them the test part has.
        resamples: How often; 0 where there is one unit only, and no interval.
        level: E.g. 0.95.
    """

    unit: str
    num_units: int
    resamples: int
    level: float = LEVEL


@dataclass(frozen=True)
class Confusion:
    """Clips of one class that were taken for another.

    Attributes:
        label: Index of the true class.
        predicted: Index of the class that they were taken for.
        count: Clips.
        support: All clips of the true class.
    """

    label: int
    predicted: int
    count: int
    support: int


@dataclass(frozen=True)
class Judgement:
    """Every figure of a model on labelled clips. K classes.

    Attributes:
        facts: What was judged, on what, and how.
        class_names: K names.
        top_1: Share of clips whose most probable class is the true one.
        top_5: Share of clips whose true class is among the five most probable.
        mean_class_accuracy: Mean of the classes' recalls: every class counts the same.
        macro_f1: Mean of the classes' F1 scores.
        resampling: How the intervals of these four were made.
        calibration: Whether probabilities mean what they say.
        classes: Figures of each class.
        confusion: K rows of K counts: row = true class, column = answer.
        subjects: Accuracy by subject, by name; empty where the set names none.
        folds: Accuracy by fold, likewise.
        clips: The answers.
    """

    facts: RunFacts
    class_names: tuple[str, ...]
    top_1: Figure
    top_5: Figure
    mean_class_accuracy: Figure
    macro_f1: Figure
    resampling: Resampling
    calibration: Calibration
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]
    subjects: tuple[PartFigures, ...]
    folds: tuple[PartFigures, ...]
    clips: tuple[ClipAnswer, ...]

    @property
    def num_clips(self) -> int:
        """Answers that were judged; a clip that several folds test counts for each."""
        return len(self.clips)

    @property
    def top_5_is_trivial(self) -> bool:
        """With five classes or fewer the true one is always among the five most probable."""
        return len(self.class_names) <= TOP

    @property
    def by_f1(self) -> tuple[ClassFigures, ...]:
        """The classes that have clips, worst F1 first."""
        there = [figures for figures in self.classes if figures.support]
        return tuple(sorted(there, key=lambda figures: (figures.f1, figures.name)))

    def confusions(self, limit: int | None = None) -> list[Confusion]:
        """What was taken for what: most clips first, of equal counts the larger share of its class."""
        found = [
            Confusion(label, predicted, count, sum(row))
            for label, row in enumerate(self.confusion)
            for predicted, count in enumerate(row)
            if count and label != predicted
        ]
        found.sort(key=lambda c: (-c.count, -c.count / c.support, c.label, c.predicted))
        return found[:limit]


def judge(
    answers: Answers, facts: RunFacts, rng: np.random.Generator, *, resamples: int | None = None
) -> Judgement:
    """Every figure of these answers.

    Args:
        answers: Of a model to labelled clips; of a protocol with folds all together.
        facts: To stand beside the figures.
        rng: For the draws of the confidence intervals.
        resamples: How many draws; by default 10,000, of more than 1,000 units 2,000.
    """
    labels, predicted, num_classes = answers.labels, answers.predicted, answers.num_classes
    top_5 = in_top_k(answers.probabilities, labels, TOP)
    unit, units = resampling_units(answers.names, answers.subjects, answers.groups)
    counts = ClipCounts(labels, predicted, top_5, num_classes)
    figures = headline_figures(counts, units, rng, resamples=resamples)
    if num_classes <= TOP:
        figures["top_5"] = Figure(1.0)
    confusion = confusion_matrix(labels, predicted, num_classes)
    num_units = len(set(units))
    drawn = usual_resamples(num_units) if resamples is None or num_units < 2 else resamples
    right = labels == predicted
    return Judgement(
        facts=facts,
        class_names=answers.class_names,
        **figures,
        resampling=Resampling(unit, num_units, drawn),
        calibration=calibration(answers.probabilities, labels),
        classes=_class_figures(answers.class_names, confusion),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        subjects=_by_part(answers.subjects, right),
        folds=_by_part(answers.folds, right),
        clips=_clip_answers(answers),
    )


def _class_figures(names: Sequence[str], confusion: NDArray[np.int64]) -> tuple[ClassFigures, ...]:
    found = per_class(confusion)

    def at(values: NDArray[np.float64], i: int) -> float | None:
        return None if np.isnan(values[i]) else float(values[i])

    return tuple(
        ClassFigures(
            name,
            int(found.support[i]),
            int(found.predicted[i]),
            at(found.precision, i),
            at(found.recall, i),
            at(found.f1, i),
        )
        for i, name in enumerate(names)
    )


def _by_part(parts: Sequence[str | None], right: NDArray[np.bool_]) -> tuple[PartFigures, ...]:
    """Right answers by subject or fold, in the order of their names; clips without one are left out."""
    counts: dict[str, list[int]] = {}
    for part, is_right in zip(parts, right.tolist(), strict=False):
        if part is not None:
            entry = counts.setdefault(part, [0, 0])
            entry[0] += is_right
            entry[1] += 1
    return tuple(PartFigures(name, *counts[name]) for name in sorted(counts, key=_as_read))


def _as_read(name: str) -> tuple[int, str]:
    """Numbers by their value, so that subject 10 comes after subject 9."""
    digits = "".join(c for c in name if c.isdecimal())
    return int(digits) if digits else -1, name


def _clip_answers(answers: Answers) -> tuple[ClipAnswer, ...]:
    nobody: tuple[None, ...] = (None,) * answers.num_clips
    rows = np.arange(answers.num_clips)
    columns = (
        answers.names,
        answers.labels.tolist(),
        answers.predicted.tolist(),
        answers.probabilities.max(axis=1).tolist(),
        answers.probabilities[rows, answers.labels].tolist(),
        answers.subjects or nobody,
        answers.groups or nobody,
        answers.folds or ("",) * answers.num_clips,
    )
    return tuple(ClipAnswer(*values) for values in zip(*columns, strict=True))
