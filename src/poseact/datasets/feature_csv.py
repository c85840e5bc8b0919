"""Feature CSVs: one vector of numbers a clip and its label, as a recurrent network made them.

A header ``0,1,...,511,label`` and a row a clip. These are no poses, so they are tables and not `Clip`s.
What else is known of the clips may stand in front, in columns called ``clip``, ``subject``, ``group``
and ``class`` (the name of the label); any of them may be left out.
"""

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseact.datasets.reading import reason
from poseact.errors import InvalidInputError, SourceError
from poseact.files import write_text_whole

log = logging.getLogger(__name__)

LABEL_COLUMN = "label"
NO_LABEL = -1
CLASS_COLUMN = "class"
# Columns of text that may stand before the numbers, and the attribute of a table that each fills.
TEXT_COLUMNS = {"clip": "clips", "subject": "subjects", "group": "groups"}
_LARGEST_LABEL = 2**31 - 1
# A label that has a name is a place in a list.
_MOST_NAMED = 100_000

Texts = tuple[str | None, ...]


@dataclass(frozen=True)
class FeatureTable:
    """The feature vectors of N clips. F numbers a clip.

    Attributes:
        features: (N, F) float64; float32 numbers are kept exactly.
        labels: (N,) int64 from 0; all of them -1 in a table without labels.
        names: F column names, as in the header.
        class_names: Name of each label, or None when nobody has named them.
        clips: Name of each clip, None where it has none; or None for the whole table.
        subjects: Who is seen, in the same way.
        groups: Clips of one group must never be split between training and test, in the same way.

    Raises:
        InvalidInputError: If the parts do not fit one another.
    """

    features: NDArray[np.float64]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    class_names: tuple[str, ...] | None = None
    clips: Texts | None = None
    subjects: Texts | None = None
    groups: Texts | None = None

    def __post_init__(self) -> None:
        features = np.asarray(self.features, np.float64)
        labels = np.asarray(self.labels)
        if features.ndim != 2 or labels.shape != features.shape[:1] or len(self.names) != features.shape[1]:
            raise InvalidInputError(
                f"features: expected (clips, numbers), a label a clip and a name a number, found "
                f"{features.shape}, {labels.shape} and {len(self.names)}"
            )
        if not np.isfinite(features).all():
            raise InvalidInputError("features: expected finite numbers")
        without = labels.dtype.kind in "iu" and (labels == NO_LABEL).all()
        if labels.size and not without and (labels.dtype.kind not in "iu" or int(labels.min()) < 0):
            raise InvalidInputError("labels: expected whole numbers from 0")
        if self.class_names is not None and labels.size and int(labels.max()) >= len(self.class_names):
            raise InvalidInputError(
                f"class_names: expected a name for label {int(labels.max())}, found {len(self.class_names)}"
            )
        self._check_texts()
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "labels", labels.astype(np.int64))

    def _check_texts(self) -> None:
        taken = sorted({LABEL_COLUMN, CLASS_COLUMN, *TEXT_COLUMNS} & set(self.names))
        if taken:
            raise InvalidInputError(f"names: {taken[0]!r} is no name for a number: the column has a meaning")
        if self.class_names is not None and len(set(self.class_names)) < len(self.class_names):
            raise InvalidInputError("class_names: expected different names")
        for attribute in TEXT_COLUMNS.values():
            texts: Texts | None = getattr(self, attribute)
            if texts is not None and (len(texts) != len(self.labels) or "" in texts):
                raise InvalidInputError(f"{attribute}: expected a text or None for each clip")

    @property
    def num_clips(self) -> int:
        """N."""
        return len(self.labels)

    @property
    def is_labelled(self) -> bool:
        """Whether the clips have labels; so have those of a table without clips."""
        return not self.num_clips or int(self.labels[0]) != NO_LABEL


def read_feature_csv(
    path: Path, *, class_names: Sequence[str] | None = None, need_labels: bool = True
) -> FeatureTable:
    """The table in a CSV file.

    Args:
        path: A file whose header is, if there are any, the columns of text, then the names of the
            numbers and, last, ``label``.
        class_names: Name of each label, in order; by default as the column ``class`` says. A label
            that no row has is then called by its number.
        need_labels: Whether a file without the column ``label`` is refused.

    Raises:
        SourceError: If the file cannot be read or has another form.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [(reader.line_num, row) for reader in [csv.reader(file)] for row in reader if row]
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(f"{path}: expected a CSV of features ({reason(error)})") from error
    texts, names, labelled = _header(path, rows[0][1] if rows else [], need_labels)
    features = np.empty((len(rows) - 1, len(names)))
    labels = np.full(len(rows) - 1, NO_LABEL, np.int64)
    columns: dict[str, list[str]] = {name: [] for name in texts}
    for i, (line, row) in enumerate(rows[1:]):
        where = f"{path}, line {line}"
        features[i], last = _numbers(where, row[len(texts) :], len(names), labelled)
        if last is not None:
            labels[i] = _label(where, last, row[-1])
        for name, cell in zip(texts, row, strict=False):
            columns[name].append(cell)
    return table_of(path, features, labels, names, columns, class_names)


def table_of(
    path: Path,
    features: NDArray[np.float64],
    labels: NDArray[np.int64],
    names: tuple[str, ...],
    columns: Mapping[str, Sequence[str | None]],
    class_names: Sequence[str] | None,
) -> FeatureTable:
    """A table from what was read of a file; `columns` are the columns of text by their names.

    Raises:
        SourceError: If they do not fit one another.
    """
    if class_names is None and CLASS_COLUMN in columns and (labels != NO_LABEL).all():
        class_names = _class_names(path, labels, columns[CLASS_COLUMN])
    texts = {
        attribute: tuple(text or None for text in columns[name])
        for name, attribute in TEXT_COLUMNS.items()
        if name in columns
    }
    try:
        return FeatureTable(
            features, labels, names, None if class_names is None else tuple(class_names), **texts
        )
    except InvalidInputError as error:
        raise SourceError(f"{path}: {error}") from None


def _class_names(path: Path, labels: NDArray[np.int64], names: Sequence[str | None]) -> list[str] | None:
    """The name of each label; a label that no clip has is called by its number."""
    found: dict[int, str] = {}
    for label, name in zip(labels.tolist(), names, strict=True):
        if name and found.setdefault(label, name) != name:
            raise SourceError(
                f"{path}: label {label} is called {found[label]!r} and {name!r}: expected one name"
            )
    if not found:
        return None
    if labels.max() >= _MOST_NAMED:
        raise SourceError(f"{path}: expected labels below {_MOST_NAMED} where they have names")
    return [found.get(label, str(label)) for label in range(int(labels.max()) + 1)]


def missing_label(path: Path, names: Sequence[str]) -> str:
    """What to tell of a table without labels."""
    return (
        f"{path}: the column 'label' is missing: expected it as the last one, with the number of each clip's "
        f"class, found {names[-1][:40]!r}; without labels a table can only be classified, with --load FILE"
    )


def _header(path: Path, cells: list[str], need_labels: bool) -> tuple[list[str], tuple[str, ...], bool]:
    """The names of the columns of text, of the numbers, and whether there are labels."""
    names = [cell.strip() for cell in cells]
    labelled = names[-1:] == [LABEL_COLUMN]
    texts = list(takewhile(lambda name: name == CLASS_COLUMN or name in TEXT_COLUMNS, names))
    numbers = tuple(names[len(texts) : len(names) - labelled])
    if need_labels and names and LABEL_COLUMN not in names:
        raise SourceError(missing_label(path, names))
    if not numbers or len(set(names)) < len(names) or (need_labels and not labelled):
        raise SourceError(
            f"{path}: expected a header of different names, the last 'label', found {','.join(cells)[:40]!r}"
        )
    return texts, numbers, labelled


def _numbers(
    where: str, row: list[str], num_features: int, labelled: bool
) -> tuple[list[float], float | None]:
    """The features, and the label if there is one."""
    if len(row) != num_features + labelled:
        and_label = " and a label" if labelled else ""
        raise SourceError(f"{where}: expected {num_features} numbers{and_label}, found {len(row)} cells")
    try:
        values = [float(cell) for cell in row]
    except ValueError as error:
        raise SourceError(f"{where}: expected numbers ({error})") from None
    features = values[:num_features]
    if not np.isfinite(features).all():
        raise SourceError(f"{where}: expected finite numbers, found NaN or infinity")
    return features, values[-1] if labelled else None


def _label(where: str, label: float, cell: str) -> int:
    if not (0 <= label <= _LARGEST_LABEL and label.is_integer()):
        raise SourceError(f"{where}: expected a whole label from 0, found {cell[:20]!r}")
    return int(label)


def write_feature_csv(table: FeatureTable, path: Path) -> None:
    """Write a table; read again it is the same, number by number.

    Raises:
        OutputError: If the file cannot be written. An older file of that name then stays.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = text_columns(table)
    labels = [[label] for label in table.labels.tolist()] if table.is_labelled else [[]] * table.num_clips
    writer.writerow([*columns, *table.names, *([LABEL_COLUMN] if table.is_labelled else [])])
    for i, features in enumerate(table.features.tolist()):
        writer.writerow([*(texts[i] or "" for texts in columns.values()), *map(repr, features), *labels[i]])
    write_text_whole(Path(path), text.getvalue())


def text_columns(table: FeatureTable) -> dict[str, Texts]:
    """The columns of text that a table has, by their names in a file."""
    found = {name: getattr(table, attribute) for name, attribute in TEXT_COLUMNS.items()}
    columns: dict[str, Texts] = {name: texts for name, texts in found.items() if texts is not None}
    if table.class_names is not None and table.is_labelled:
        columns[CLASS_COLUMN] = tuple(table.class_names[label] for label in table.labels.tolist())
    return columns


def read_feature_pair(
    folder: Path, name: str, *, class_names: Sequence[str] | None = None
) -> tuple[FeatureTable, FeatureTable]:
    """The tables ``NAME_train.csv`` and ``NAME_test.csv`` of a folder; rows in both are told in the log.

    Raises:
        SourceError: If one cannot be read, or the two have different columns.
    """
    train, test = (
        read_feature_csv(Path(folder) / f"{name}_{part}.csv", class_names=class_names)
        for part in ("train", "test")
    )
    if train.names != test.names:
        raise SourceError(
            f"{folder}: expected {name}_train.csv and {name}_test.csv with the same columns, "
            f"found {len(train.names)} and {len(test.names)} numbers a row, or other names"
        )
    shared = shared_rows(train, test)
    if shared:
        log.warning(
            "%s: %d of %d test rows are also in training, e.g. row %d as row %d",
            name,
            len({b for _, b in shared}),
            test.num_clips,
            shared[0][1] + 1,
            shared[0][0] + 1,
        )
    return train, test


def shared_rows(train: FeatureTable, test: FeatureTable) -> list[tuple[int, int]]:
    """Pairs (training row, test row), from 0, with the same features, whatever their labels."""
    rows_of: dict[bytes, list[int]] = {}
    # Adding 0 makes -0 and 0 the same bytes.
    for i, row in enumerate(train.features + 0.0):
        rows_of.setdefault(row.tobytes(), []).append(i)
    return [(i, j) for j, row in enumerate(test.features + 0.0) for i in rows_of.get(row.tobytes(), [])]
