"""Options typed as KEY=VALUE."""

import pytest

from poseact.errors import InvalidInputError
from poseact.options import check_options, parse_options, typed_options


def test_options_are_read_as_json_where_they_are_json() -> None:
    assert parse_options(["a=1", "b=true", "c=x.npz", "d=0.5", "e=", "f=a=b"]) == {
        "a": 1,
        "b": True,
        "c": "x.npz",
        "d": 0.5,
        "e": "",
        "f": "a=b",
    }
    with pytest.raises(InvalidInputError):
        parse_options(["=1"])


def _reader(path: str, /, *, on_broken: object = None, rate_hz: float = 30, mode: str = "a") -> None:
    """Has options."""


def test_options_are_held_against_the_function() -> None:
    assert typed_options(_reader, hidden=("on_broken",)) == ["rate_hz", "mode"]
    check_options("format 'x'", _reader, {"rate_hz": 25}, hidden=("on_broken",))
    with pytest.raises(InvalidInputError, match="format 'x': no option 'rate'; it has rate_hz, mode"):
        check_options("format 'x'", _reader, {"rate": 25}, hidden=("on_broken",))
    with pytest.raises(InvalidInputError, match="no option 'on_broken'"):
        check_options("format 'x'", _reader, {"on_broken": 1}, hidden=("on_broken",))
    with pytest.raises(InvalidInputError, match="'rate_hz': expected a number, found 'fast'"):
        check_options("format 'x'", _reader, {"rate_hz": "fast"})
