"""CSV tables of unknown origin: their rows with line numbers, and cells as numbers."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseact.datasets.reading import reason
from poseact.errors import SourceError

# Nothing that a pose is measured in is larger, and the square of this still fits float32.
_LARGEST = 1e12
_LONGEST_LINE = 1 << 20
_NONE = frozenset(("", "nan", "none", "null", "na"))

Row = tuple[int, list[str]]


def read_rows(path: Path) -> Iterator[Row]:
    """Line number and cells of every line that is not blank; cells are parted by comma, semicolon or tab.

    Raises:
        SourceError: If the file cannot be read as CSV.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(_LONGEST_LINE)
            delimiter = max(",;\t", key=first.count)
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter)
            for row in reader:
                if row:
                    yield reader.line_num, row
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({reason(error)})") from error
    except (ValueError, csv.Error) as error:
        raise SourceError(f"{path}: expected a CSV table, found {_fault(error)}") from error


def _fault(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "text that is not in UTF-8: save it as CSV UTF-8"
    return f"something else ({error})"


def to_number(cell: str) -> float | None:
    """A finite number; NaN for an empty cell or what data frames write for one; None if it is neither."""
    try:
        # Without the test, float() would also take 1_000.
        value = float(cell) if "_" not in cell else None
    except ValueError:
        return float("nan") if cell.strip().lower() in _NONE else None
    return value if value is not None and (abs(value) <= _LARGEST or value != value) else None


def to_numbers(path: Path, row: Row, columns: Sequence[int], names: Sequence[str]) -> list[float]:
    """Some cells of a row as numbers, NaN where they are empty.

    Raises:
        SourceError: If one is something else; `names` are those of all columns.
    """
    line, cells = row
    try:
        # The quick way, for tables have millions of cells.
        values = [float(cells[i]) if cells[i] else float("nan") for i in columns]
        if all(abs(value) <= _LARGEST or value != value for value in values) and "_" not in "".join(
            cells[i] for i in columns
        ):
            return values
    except ValueError:
        pass
    found = []
    for i in columns:
        value = to_number(cells[i])
        if value is None:
            raise SourceError(
                f"{path}, line {line}: {names[i]}: expected a number or nothing, found {cells[i][:40]!r}"
            )
        found.append(value)
    return found


def to_int(path: Path, line: int, name: str, cell: str) -> int:
    """A whole number of 64 bits, also when written as 3.0.

    Raises:
        SourceError: If it is something else.
    """
    text = cell.strip()
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 19 and int(digits) < 2**63:
        return int(text)
    value = to_number(text)
    if value is None or not value.is_integer():
        raise SourceError(f"{path}, line {line}: {name}: expected a whole number, found {cell[:40]!r}")
    return int(value)


def expect_width(path: Path, row: Row, width: int) -> None:
    """Raise unless a row has as many cells as there are columns.

    Raises:
        SourceError: If it has not.
    """
    if len(row[1]) != width:
        raise SourceError(f"{path}, line {row[0]}: expected {width} cells, found {len(row[1])}")


def as_float32(rows: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """(rows, columns) float32."""
    return np.array(rows, np.float64).astype(np.float32)
