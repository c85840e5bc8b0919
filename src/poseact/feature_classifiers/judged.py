"""A classifier's answers to a table with labels, judged; and what the table shares with the training part."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from poseact.datasets.feature_csv import FeatureTable, shared_rows
from poseact.errors import InvalidInputError
from poseact.feature_classifiers.fitted import ClassifierInfo, FeatureClassifier, with_columns
from poseact.feature_classifiers.validation import name_of
from poseact.judging import Answers, Judgement, judge
from poseact.judging.facts import RunFacts


@dataclass(frozen=True)
class Shared:
    """What a training and a test part have in common, and should not.

    Attributes:
        rows: Pairs (training row, test row), from 0, with the same features.
        subjects: In both.
        groups: In both.
    """

    rows: tuple[tuple[int, int], ...]
    subjects: tuple[str, ...]
    groups: tuple[str, ...]

    @classmethod
    def between(cls, train: FeatureTable, test: FeatureTable) -> "Shared":
        """Of two tables with the same columns in the same order."""

        def both(
            first: tuple[str | None, ...] | None, second: tuple[str | None, ...] | None
        ) -> tuple[str, ...]:
            return tuple(
                sorted({text for text in first or () if text} & {text for text in second or () if text})
            )

        return cls(
            tuple(shared_rows(train, test)),
            both(train.subjects, test.subjects),
            both(train.groups, test.groups),
        )

    @property
    def test_rows(self) -> tuple[int, ...]:
        """Rows of the test part that are also in training."""
        return tuple(sorted({test for _, test in self.rows}))


def judge_table(
    classifier: FeatureClassifier,
    table: FeatureTable,
    *,
    data: str,
    rng: np.random.Generator,
    shared: Shared | None = None,
) -> Judgement:
    """Every figure of a classifier on a table with labels.

    Classes are matched by name where both sides have names, else by number. Clips of a class that
    the classifier does not know are left out and counted in the facts.

    Args:
        classifier: What answers.
        table: What it is asked.
        data: What the table is called.
        rng: For the draws of the confidence intervals.
        shared: What the table has in common with the training part, for the facts.

    Raises:
        InvalidInputError: If the table has other columns, no labels, or no clip of a known class.
    """
    if not table.is_labelled or not table.num_clips:
        what = "no clip" if table.is_labelled else "none"
        raise InvalidInputError(f"{data}: expected clips with labels to judge by, found {what}")
    features = with_columns(table, classifier.info.feature_names, data).features
    place = _place_of_labels(classifier.info, table)
    known = np.array([label in place for label in table.labels.tolist()])
    unknown = Counter(name_of(table, label) for label in table.labels[~known].tolist())
    if not known.any():
        raise InvalidInputError(
            f"{data}: expected classes that the classifier knows, such as "
            f"{classifier.info.class_names[0]!r}, found only others, such as {next(iter(unknown))!r}"
        )
    rows = np.flatnonzero(known).tolist()
    answers = Answers(
        class_names=classifier.info.class_names,
        probabilities=classifier.probabilities(features[known]),
        labels=np.array([place[label] for label in table.labels[known].tolist()]),
        names=_names_of(table, rows),
        subjects=_of_rows(table.subjects, rows),
        groups=_of_rows(table.groups, rows),
    )
    facts = RunFacts(
        model=classifier.info.title,
        data=data,
        protocol="a table of feature vectors, fitted to another",
        unknown_classes=dict(unknown),
        notes=() if shared is None else tuple(notes_on(shared, table.num_clips)),
    )
    return judge(answers, facts, rng)


def notes_on(shared: Shared, num_clips: int) -> list[str]:
    """A line on each kind of thing that is in both parts."""
    notes = []
    if shared.rows:
        pairs = ", ".join(
            f"test row {test + 1} is training row {train + 1}" for train, test in shared.rows[:5]
        )
        more = " ..." if len(shared.rows) > 5 else ""
        notes.append(f"{len(shared.test_rows)} of {num_clips} test clips are also in training: {pairs}{more}")
    for what, found in (("subject", shared.subjects), ("group", shared.groups)):
        if found:
            names = ", ".join(found[:5]) + (" ..." if len(found) > 5 else "")
            notes.append(f"{what}s in both parts: {names}: the figure is too high for new ones")
    return notes


def _names_of(table: FeatureTable, rows: list[int]) -> tuple[str, ...]:
    """The clips' names if each has one of its own, else the numbers of the rows, from 1."""
    names = [name for name in _of_rows(table.clips, rows) if name is not None]
    return tuple(names) if len(set(names)) == len(rows) else tuple(f"row {row + 1}" for row in rows)


def _of_rows(texts: tuple[str | None, ...] | None, rows: list[int]) -> tuple[str | None, ...]:
    return () if texts is None else tuple(texts[row] for row in rows)


def _place_of_labels(info: ClassifierInfo, table: FeatureTable) -> dict[int, int]:
    """The place among the classifier's classes of each label in the table that it knows."""
    labels = np.unique(table.labels).tolist()
    if table.class_names is not None and info.is_named:
        by_name = {name: i for i, name in enumerate(info.class_names)}
        return {label: by_name[name] for label in labels if (name := table.class_names[label]) in by_name}
    by_number = {label: i for i, label in enumerate(info.labels)}
    return {label: by_number[label] for label in labels if label in by_number}
