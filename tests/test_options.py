"""Options typed as KEY=VALUE."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

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


def _typed(
    *,
    text: str = "",
    whole: int = 1,
    number: float = 1.0,
    flag: bool = False,
    workers: int | None = None,
    fps: float | None = None,
    maybe: bool | None = None,
    layout: str | None = None,
    subset: str | int | None = None,
    cache: Path | None = None,
    weights: str | os.PathLike[str] | None = None,
    folder: Path | str | None = None,
    options: Mapping[str, Any] | None = None,
    names: Sequence[str] | Path | str | None = None,
    mode: Literal["a", "b"] = "a",
    units: Literal["px", "m"] | None = None,
    size: tuple[int, int] | None = None,
    frame_size: tuple[int, int] | str | None = None,
    anything: Any = None,
) -> None:
    """Has options of every type that readers and estimators have."""


_PATH = "a path such as ./7"
_SIZE = r"two whole numbers such as 1920x1080 or \[1920,1080\]"


@pytest.mark.parametrize(
    "text",
    [
        *("text=a", "whole=3", "number=3", "number=0.5", "flag=true", "workers=4", "workers=null"),
        *("fps=25", "fps=12.5", "fps=null", "maybe=false", "layout=coco17", "subset=5", "subset=60"),
        *("subset=mini", "cache=here", "weights=./7", "folder=a/b", "folder=null", 'options={"a": 1}'),
        *('names=["a","b"]', "names=list.txt", "mode=b", "units=m", "units=null", "size=[640,480]"),
        *("frame_size=640x480", "frame_size=640X480", "frame_size=[640,480]", "frame_size=null"),
        *("anything=1", "anything=x"),
    ],
)
def test_options_of_every_type_are_taken(text: str) -> None:
    check_options("format 'x'", _typed, parse_options([text]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("text=7", "text"),
        ("whole=1.5", "a whole number"),
        ("whole=true", "a whole number"),
        ("whole=" + "9" * 30, "a whole number"),
        ("whole=" + "9" * 9000, "a whole number"),
        ("number=x", "a number"),
        ("number=NaN", "a number"),
        ("number=Infinity", "a number"),
        ("number=" + "9" * 400, "a number"),
        ("flag=1", "true or false"),
        ("flag=yes", "true or false"),
        ("workers=viele", "a whole number"),
        ("workers=1.5", "a whole number"),
        ("workers=[1]", "a whole number"),
        ("fps=abc", "a number"),
        ("fps=true", "a number"),
        ("maybe=x", "true or false"),
        ("layout=5", "text"),
        ("subset=1.5", "text or a whole number"),
        ("cache=7", _PATH),
        ("cache={}", _PATH),
        ("weights=7", _PATH),
        ("weights=true", _PATH),
        ("folder=[]", _PATH),
        ("options={max_persons: 1}", "a JSON object such as"),
        ("options=3", "a JSON object such as"),
        ("names=[1]", "a JSON list such as .* or a path such as"),
        ("mode=c", "one of a, b"),
        ("mode=[1]", "one of a, b"),
        ("units=cm", "one of px, m"),
        ("size=640x480", _SIZE),
        ("size=[640,480,3]", _SIZE),
        ("frame_size=1920", _SIZE),
        ("frame_size=1920x", _SIZE),
        ("frame_size=[1920]", _SIZE),
        ("frame_size=[1.5,2]", _SIZE),
        ("frame_size=large", _SIZE),
    ],
)
def test_options_of_a_wrong_type_are_one_line(text: str, expected: str) -> None:
    with pytest.raises(
        InvalidInputError, match=f"option '{text.partition('=')[0]}': expected {expected}"
    ) as e:
        check_options("format 'x'", _typed, parse_options([text]))
    assert "\n" not in str(e.value) and len(str(e.value)) < 300


def test_from_python_what_cannot_be_typed_is_taken() -> None:
    check_options("x", _typed, {"cache": Path("a"), "weights": Path("b"), "size": (1, 2), "options": {}})
