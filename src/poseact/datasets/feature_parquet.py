"""Feature tables as Parquet, and either form by its suffix: smaller and faster to read than CSV."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.datasets.feature_csv import (
    CLASS_COLUMN,
    LABEL_COLUMN,
    NO_LABEL,
    TEXT_COLUMNS,
    FeatureTable,
    missing_label,
    read_feature_csv,
    table_of,
    text_columns,
    write_feature_csv,
)
from poseact.errors import MissingExtraError, SourceError
from poseact.files import write_whole

PARQUET_SUFFIX = ".parquet"
_METADATA_KEY = b"poseact"


def read_features(
    path: Path, *, class_names: Sequence[str] | None = None, need_labels: bool = True
) -> FeatureTable:
    """The table in a file: Parquet if it is called ``.parquet``, else CSV.

    Raises:
        SourceError: If the file cannot be read or has another form.
        MissingExtraError: If it is Parquet and pyarrow is not installed.
    """
    read = read_feature_parquet if Path(path).suffix.lower() == PARQUET_SUFFIX else read_feature_csv
    return read(path, class_names=class_names, need_labels=need_labels)


def write_features(table: FeatureTable, path: Path) -> None:
    """Write a table: Parquet if `path` ends with ``.parquet``, else CSV.

    Raises:
        OutputError: If the file cannot be written. An older file of that name then stays.
        MissingExtraError: If it is to be Parquet and pyarrow is not installed.
    """
    write = write_feature_parquet if Path(path).suffix.lower() == PARQUET_SUFFIX else write_feature_csv
    write(table, path)


def read_feature_parquet(
    path: Path, *, class_names: Sequence[str] | None = None, need_labels: bool = True
) -> FeatureTable:
    """The table in a Parquet file with the columns of a feature CSV, in any order.

    Args:
        path: The file.
        class_names: Name of each label, in order; by default as the file says.
        need_labels: Whether a file without the column ``label`` is refused.

    Raises:
        SourceError: If the file cannot be read or has another form.
        MissingExtraError: If pyarrow is not installed.
    """
    path = Path(path)
    pa, parquet = _pyarrow()
    try:
        table = parquet.ParquetFile(path).read()
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except (OSError, ValueError, pa.ArrowException) as error:
        raise SourceError(
            f"{path}: expected a Parquet file of features, found another or a broken file"
        ) from error
    found: list[str] = table.column_names
    labelled = LABEL_COLUMN in found
    if need_labels and found and not labelled:
        raise SourceError(missing_label(path, found))
    if len(set(found)) < len(found) or (need_labels and not labelled):
        raise SourceError(
            f"{path}: expected different columns and one 'label', found {','.join(found)[:40]!r}"
        )
    texts = [name for name in found if name in TEXT_COLUMNS or name == CLASS_COLUMN]
    names = tuple(name for name in found if name not in texts and name != LABEL_COLUMN)
    if not names:
        raise SourceError(f"{path}: expected columns of numbers, found none")
    features = [_numbers(path, name, table.column(name), pa) for name in names]
    labels = np.full(table.num_rows, NO_LABEL, np.int64)
    if labelled:
        labels = _labels(path, _numbers(path, LABEL_COLUMN, table.column(LABEL_COLUMN), pa))
    columns = {name: table.column(name).cast(pa.string()).to_pylist() for name in texts}
    return table_of(
        path, np.stack(features, axis=1), labels, names, columns, class_names or _class_names(path, table)
    )


def write_feature_parquet(table: FeatureTable, path: Path) -> None:
    """Write a table; read again it is the same, number by number.

    Raises:
        OutputError: If the file cannot be written. An older file of that name then stays.
        MissingExtraError: If pyarrow is not installed.
    """
    pa, parquet = _pyarrow()
    columns: dict[str, Any] = {
        name: pa.array(texts, pa.string()) for name, texts in text_columns(table).items()
    }
    columns |= {name: pa.array(table.features[:, i]) for i, name in enumerate(table.names)}
    if table.is_labelled:
        columns[LABEL_COLUMN] = pa.array(table.labels)
    arrow = pa.table(columns)
    if table.class_names is not None:
        text = json.dumps({"class_names": table.class_names}, ensure_ascii=False)
        arrow = arrow.replace_schema_metadata({_METADATA_KEY: text.encode()})
    write_whole(Path(path), lambda file: parquet.write_table(arrow, file, compression="zstd"))


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "train") from None
    return pyarrow, parquet


def _numbers(path: Path, name: str, column: Any, pa: Any) -> NDArray[np.float64]:
    """A column; what else is wrong with the numbers the table itself finds."""
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
        raise SourceError(f"{path}: expected numbers in column {name!r}, found {column.type}")
    if column.null_count:
        raise SourceError(f"{path}: expected a number in each row of column {name!r}, found empty ones")
    return np.asarray(column.to_numpy(), np.float64)


def _labels(path: Path, values: NDArray[np.float64]) -> NDArray[np.int64]:
    if not (((values >= 0) & (values < 2**31)).all() and (values == np.floor(values)).all()):
        raise SourceError(f"{path}: expected whole labels from 0")
    return values.astype(np.int64)


def _class_names(path: Path, table: Any) -> list[str] | None:
    """The names in the metadata, which has also those that no clip has; None where it says nothing."""
    text = (table.schema.metadata or {}).get(_METADATA_KEY)
    if text is None:
        return None
    try:
        names = json.loads(text)["class_names"]
    except (ValueError, KeyError, TypeError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SourceError(
            f"{path}: its metadata 'poseact' cannot be used: expected class_names, a list of texts"
        )
    return names
