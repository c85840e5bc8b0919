"""JSON files of unknown origin, loaded and taken apart so that nothing but a `SourceError` comes of them."""

import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from poseact.errors import SourceError

# A file that is larger is hardly one of poses, and parsing takes some ten times its size in memory.
MAX_BYTES = 1 << 30
# Nothing that a pose tool writes is as large: bytes at each end that are enough to tell its kind.
GLANCE_BYTES = 32_768
# Pixels and metres end long before; squares of these still fit float32.
_LARGEST = 1e12


def load_json(path: Path, *, max_bytes: int = MAX_BYTES) -> Any:
    """What a JSON file holds.

    Refused are NaN and Infinity (no JSON, though Python's own writer emits them) and objects
    with the same key twice, of which one value would be lost without a word.

    Raises:
        SourceError: If the file is missing, too large, or not JSON.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise SourceError(f"{path}: expected at most {max_bytes} bytes of JSON, found {size}")
        data = path.read_bytes()
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    if not data.strip():
        raise SourceError(f"{path}: expected JSON, found an empty file")
    try:
        return json.loads(data, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except RecursionError:
        raise SourceError(f"{path}: expected JSON of poses, found one that is nested too deep") from None
    except ValueError as error:
        raise SourceError(f"{path}: expected JSON, found {json_fault(error)}") from None


def json_fault(error: ValueError) -> str:
    """What `json.loads` stumbled over, in words for whoever has the file."""
    if isinstance(error, UnicodeError):
        return "text that is not in UTF-8"
    if not isinstance(error, json.JSONDecodeError):
        return f"something else ({error})"
    # A word such as "null" may be cut in its middle.
    if 0 < error.pos >= len(error.doc.rstrip()) - 4 or error.msg.startswith("Unterminated"):
        return "a file that ends early: was it copied whole?"
    found = error.doc[error.pos : error.pos + 20].split("\n")[0]
    return f"something else in line {error.lineno}, column {error.colno}: {found!r}"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:40]!r} stands twice in one object")
    return found


def glance(path: Path) -> bytes:
    """The first and the last bytes of a file; empty where it cannot be read. For `DataFormat.detect`."""
    try:
        with path.open("rb") as file:
            start = file.read(GLANCE_BYTES)
            size = file.seek(0, 2)
            file.seek(max(len(start), size - GLANCE_BYTES))
            return start + file.read(GLANCE_BYTES)
    except OSError:
        return b""


def as_mapping(value: Any, where: str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        SourceError: If it is something else; `where` says what was looked at.
    """
    if not isinstance(value, dict):
        raise _unexpected("an object", value, where)
    return value


def as_list(value: Any, where: str) -> list[Any]:
    """A JSON array; see `as_mapping`."""
    if not isinstance(value, list):
        raise _unexpected("a list", value, where)
    return value


def as_text(value: Any, where: str) -> str:
    """A text, not empty, that can be written as UTF-8; see `as_mapping`."""
    if not isinstance(value, str) or not value:
        raise _unexpected("a text", value, where)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _unexpected("a text", value, where) from None
    return value


def as_int(value: Any, where: str) -> int:
    """A whole number of 64 bits, also when written as 3.0; see `as_mapping`."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
        raise _unexpected("a whole number", value, where)
    return value


def as_number(value: Any, where: str) -> float:
    """A number that may be a coordinate, a score or a time; see `as_mapping`."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not -_LARGEST <= value <= _LARGEST:
        raise _unexpected("a number", value, where)
    return float(value)


def as_numbers(value: Any, where: str) -> NDArray[np.float64]:
    """A list of numbers that may be coordinates or scores, as (N,); see `as_mapping`."""
    numbers = as_list(value, where)
    # On lists of hundreds, and millions of them, the set of types is many times quicker than a loop.
    if not set(map(type, numbers)) <= {int, float}:
        wrong = next(one for one in numbers if type(one) not in (int, float))
        raise _unexpected("numbers only", wrong, where)
    if numbers and not -_LARGEST <= min(numbers) <= max(numbers) <= _LARGEST:
        raise SourceError(f"{where}: expected numbers that a pose can have, found one beyond {_LARGEST:.2g}")
    return np.array(numbers, np.float64)


def _unexpected(what: str, value: Any, where: str) -> SourceError:
    if value is None or isinstance(value, bool):
        found = json.dumps(value)
    elif isinstance(value, dict):
        found = "an object"
    elif isinstance(value, list):
        found = "a list"
    elif isinstance(value, str):
        found = f"the text {value[:40]!r}" if value else "an empty text"
    elif isinstance(value, int) and abs(value) >= 10**40:
        found = "a number of more than 40 digits"
    else:
        found = f"{value}"
    return SourceError(f"{where}: expected {what}, found {found}")


def exact_decimals(values: NDArray[np.float32]) -> list[float]:
    """The values, flat, as floats whose shortest decimals name exactly these float32 numbers."""
    flat = np.asarray(values, np.float32).ravel()
    short = flat.astype(str).astype(np.float64)
    # Two roundings, to float64 and to float32, may in principle miss what one would meet.
    exact: list[float] = np.where(short.astype(np.float32) == flat, short, flat.astype(np.float64)).tolist()
    return exact
