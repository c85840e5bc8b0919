"""What several readers share: finding files, MATLAB files, and even time stamps where a set has none."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.errors import MissingExtraError, SourceError


def find_files(folder: Path, pattern: str, what: str) -> list[Path]:
    """The files below `folder` that match, sorted.

    Raises:
        SourceError: If the folder does not exist or nothing matches.
    """
    if not folder.is_dir():
        raise SourceError(f"{folder}: no such folder; expected one with {what} ({pattern})")
    files = sorted(folder.glob(pattern))
    if not files:
        raise SourceError(f"{folder}: expected {what}, found no file that matches {pattern}")
    return files


def reason(error: Exception) -> str:
    """Why a file could not be read, in words for whoever has it."""
    if isinstance(error, OSError):
        return (error.strerror or "cannot be read").lower()
    if isinstance(error, UnicodeError):
        return "it is no such text: other characters are in it"
    return str(error)


def even_timestamps(num_frames: int, rate_hz: float) -> NDArray[np.float64]:
    """(T,) seconds from 0 at an even rate, for sets that keep no time stamps."""
    return np.arange(num_frames, dtype=np.float64) / rate_hz


def load_mat(path: Path) -> Mapping[str, Any]:
    """The variables of a MATLAB v5 file.

    Raises:
        MissingExtraError: If scipy is not installed.
        SourceError: If the file is broken or of another kind.
    """
    try:
        from scipy.io import loadmat
    except ImportError:
        raise MissingExtraError("scipy", "train") from None
    try:
        return dict(loadmat(path))
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: expected a MATLAB v5 file, found a folder") from None
    except Exception as error:  # scipy raises nearly everything on a file cut short
        raise SourceError(f"{path}: expected a MATLAB v5 file, found another or a broken file") from error


def mat_array(path: Path, variables: Mapping[str, Any], name: str) -> NDArray[Any]:
    """One array of a MATLAB file.

    Raises:
        SourceError: If the variable is not there.
    """
    if name not in variables:
        found = sorted(key for key in variables if not key.startswith("__"))
        raise SourceError(f"{path}: expected a variable {name!r}, found {found}")
    return np.asarray(variables[name])


def load_numbers(path: Path, num_columns: int, *, delimiter: str | None = None) -> NDArray[np.float64]:
    """A text file of numbers as (rows, num_columns).

    Raises:
        SourceError: If it is not text, not numbers, empty, or has other columns.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({reason(error)})") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: expected rows of {num_columns} numbers, found no text") from error
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                rows.append([float(cell) for cell in line.rstrip(", ").split(delimiter)])
            except ValueError:
                found = line.strip()[:60]
                raise SourceError(
                    f"{path}, line {number}: expected rows of {num_columns} numbers, found {found!r}"
                ) from None
    widths = sorted({len(row) for row in rows})
    if widths != [num_columns]:
        raise SourceError(f"{path}: expected rows of {num_columns} numbers, found rows of {widths or 'none'}")
    return np.array(rows, np.float64)
