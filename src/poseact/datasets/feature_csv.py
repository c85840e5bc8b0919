"""Feature CSVs: one vector of numbers a clip and its label, as a recurrent network made them.

A header ``0,1,...,511,label`` and a row a clip. These are no poses, so they are tables and not `Clip`s.
"""

import csv
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseact.datasets.reading import reason
from poseact.errors import InvalidInputError, SourceError
from poseact.files import write_text_whole

log = logging.getLogger(__name__)

LABEL_COLUMN = "label"
_LARGEST_LABEL = 2**31 - 1


@dataclass(frozen=True)
class FeatureTable:
    """The feature vectors of N clips. F numbers a clip.

    Attributes:
        features: (N, F) float64; float32 numbers are kept exactly.
        labels: (N,) int64 from 0.
        names: F column names, as in the header.
        class_names: Name of each label, or None when nobody has named them.

    Raises:
        InvalidInputError: If the parts do not fit one another.
    """

    features: NDArray[np.float64]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    class_names: tuple[str, ...] | None = None

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
        if labels.size and (labels.dtype.kind not in "iu" or int(labels.min()) < 0):
            raise InvalidInputError("labels: expected whole numbers from 0")
        if self.class_names is not None and labels.size and int(labels.max()) >= len(self.class_names):
            raise InvalidInputError(
                f"class_names: expected a name for label {int(labels.max())}, found {len(self.class_names)}"
            )
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "labels", labels.astype(np.int64))

    @property
    def num_clips(self) -> int:
        """N."""
        return len(self.labels)


def read_feature_csv(path: Path, *, class_names: Sequence[str] | None = None) -> FeatureTable:
    """The table in a CSV file.

    Args:
        path: A file whose header is the names of the numbers and, last, ``label``.
        class_names: Name of each label, in order.

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
    names = _header(path, rows[0][1] if rows else [])
    features = np.empty((len(rows) - 1, len(names)))
    labels = np.empty(len(rows) - 1, np.int64)
    for i, (line, row) in enumerate(rows[1:]):
        features[i], labels[i] = _numbers(f"{path}, line {line}", row, len(names))
    try:
        return FeatureTable(features, labels, names, None if class_names is None else tuple(class_names))
    except InvalidInputError as error:
        raise SourceError(f"{path}: {error}") from None


def _header(path: Path, cells: list[str]) -> tuple[str, ...]:
    *names, last = [cell.strip() for cell in cells] or [""]
    if last != LABEL_COLUMN or not names or len(set(names)) < len(names):
        raise SourceError(
            f"{path}: expected a header of different names, the last 'label', found {','.join(cells)[:40]!r}"
        )
    return tuple(names)


def _numbers(where: str, row: list[str], num_features: int) -> tuple[list[float], int]:
    if len(row) != num_features + 1:
        raise SourceError(f"{where}: expected {num_features} numbers and a label, found {len(row)} cells")
    try:
        features, label = [float(cell) for cell in row[:-1]], float(row[-1])
    except ValueError as error:
        raise SourceError(f"{where}: expected numbers ({error})") from None
    if not np.isfinite(features).all():
        raise SourceError(f"{where}: expected finite numbers, found NaN or infinity")
    if not (0 <= label <= _LARGEST_LABEL and label.is_integer()):
        raise SourceError(f"{where}: expected a whole label from 0, found {row[-1][:20]!r}")
    return features, int(label)


def write_feature_csv(table: FeatureTable, path: Path) -> None:
    """Write a table; read again it is the same, number by number.

    Raises:
        OutputError: If the file cannot be written. An older file of that name then stays.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*table.names, LABEL_COLUMN])
    for features, label in zip(table.features.tolist(), table.labels.tolist(), strict=True):
        writer.writerow([*map(repr, features), label])
    write_text_whole(Path(path), text.getvalue())


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
