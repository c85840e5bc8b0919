"""Options that a user types as KEY=VALUE: read, and held against what they are for before it runs."""

import inspect
import json
import os
import reprlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from poseact.errors import InvalidInputError


def parse_options(texts: list[str]) -> dict[str, Any]:
    """KEY=VALUE options; a value that is a number, true, false or null in JSON is taken as such.

    Raises:
        InvalidInputError: If there is no ``=``.
    """
    options: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise InvalidInputError(f"expected an option as KEY=VALUE, found {text!r}")
        try:
            options[key] = json.loads(value)
        except (ValueError, RecursionError):  # also a number of thousands of digits
            options[key] = value
    return options


def check_options(
    whose: str,
    factory: Callable[..., object],
    options: Mapping[str, object],
    *,
    examples: Mapping[str, str] = MappingProxyType({}),
    hidden: Collection[str] = (),
) -> None:
    """Refuse options that a function or class does not have, lacks, or has of another type.

    Args:
        whose: What the message calls it, e.g. ``estimator 'blazepose'``.
        factory: What the options are for.
        options: By name.
        examples: What to write for an option that it cannot do without.
        hidden: Parameters that are not the user's.

    Raises:
        InvalidInputError: With the names of those that it has.
    """
    parameters = _parameters(factory)
    if parameters is None:
        return
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    named = {key: p for key, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    unknown = sorted(set(options) - (set(named) - set(hidden)))
    if unknown and not takes_any:
        has = f"it has {', '.join(typed_options(factory, hidden)) or 'none'}"
        raise InvalidInputError(f"{whose}: no option {', '.join(map(repr, unknown))}; {has}")
    for key, parameter in named.items():
        if parameter.default is parameter.empty and key not in options and key not in hidden:
            raise InvalidInputError(
                f"{whose}: option {key!r} is missing: add -O {key}={examples.get(key, 'VALUE')}"
            )
    types = _types(factory)
    for key, value in options.items():
        if (wanted := _mismatch(value, types.get(key))) is not None:
            raise InvalidInputError(
                f"{whose}: option {key!r}: expected {wanted}, found {reprlib.repr(value)}"
            )


def _parameters(factory: Callable[..., object]) -> Mapping[str, inspect.Parameter] | None:
    try:
        return inspect.signature(factory).parameters
    except (TypeError, ValueError):  # not everything that can be called says how
        return None


def typed_options(factory: Callable[..., object], hidden: Collection[str] = ()) -> list[str]:
    """Parameters that can be given by name and typed, without those that take a function."""
    types = _types(factory)
    return [
        key
        for key, p in (_parameters(factory) or {}).items()
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        and key not in hidden
        and not any(get_origin(t) is Callable for t in (types.get(key), *get_args(types.get(key))))
    ]


def _types(factory: Callable[..., object]) -> Mapping[str, object]:
    """The parameters' types; none where they cannot be told."""
    try:
        return get_type_hints(factory.__init__ if inspect.isclass(factory) else factory)
    except (NameError, TypeError, AttributeError):
        return {}


def _mismatch(value: object, annotation: object) -> str | None:
    """What is expected, if the value is not that; None if it is, or if the type cannot be typed."""
    is_union = get_origin(annotation) in (Union, UnionType)
    members = get_args(annotation) if is_union else (annotation,)
    known = [kind for member in members if (kind := _kind(member, members)) is not None]
    if not known or any(fits(value) for fits, _ in known):
        return None
    if is_union and not isinstance(value, _TYPED):  # from Python, what cannot be typed: an array, a Path
        return None
    words = dict.fromkeys(words for _, words in known if words)
    return " or ".join(words) or "null"


def _kind(member: object, members: Collection[object]) -> tuple[Callable[[object], bool], str] | None:
    """Whether a value is of one type of a union, and what that type is called; None if it is not known."""
    origin = get_origin(member)
    if member is type(None):
        return (lambda value: value is None), ""
    if origin is Literal:
        choices = get_args(member)
        return (lambda value: value in choices), "one of " + ", ".join(map(str, choices))
    if origin is tuple:
        width = len(get_args(member))
        return (lambda value: _are_whole_numbers(value, width)), _tuple_words(width)
    if member is str and (sized := [m for m in members if get_origin(m) is tuple]):
        width = len(get_args(sized[0]))  # the text stands for the tuple
        return (lambda value: _are_whole_numbers(_parts(value), width)), _tuple_words(width)
    if member is str and any(map(_is_path, members)):
        return _is_text, "a path such as ./7"
    if origin is Mapping or member is Mapping:
        return (lambda value: isinstance(value, Mapping)), 'a JSON object such as {"name": 1}'
    if origin is Sequence:
        return _are_texts, 'a JSON list such as ["a","b"]'
    if _is_path(member):
        return (lambda value: isinstance(value, str | os.PathLike)), "a path such as ./7"
    return _PLAIN_TYPES.get(member) if isinstance(member, type) else None


def _is_path(member: object) -> bool:
    return member is Path or member is os.PathLike or get_origin(member) is os.PathLike


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _parts(value: object) -> object:
    """``1920x1080`` as a list of numbers."""
    parts = value.lower().split("x") if isinstance(value, str) else []
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10]


def _are_whole_numbers(value: object, width: int) -> bool:
    return isinstance(value, list | tuple) and len(value) == width and all(map(_is_whole, value))


def _tuple_words(width: int) -> str:
    numbers = [1920, 1080, *range(1, width)][:width]
    listed = ",".join(map(str, numbers))
    return f"{_NUMERALS.get(width, width)} whole numbers such as {'x'.join(map(str, numbers))} or [{listed}]"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _is_number(value: object) -> bool:
    # Not NaN, and no whole number that is too long for a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300


_PLAIN_TYPES: Mapping[type, tuple[Callable[[object], bool], str]] = {
    int: (_is_whole, "a whole number"),
    float: (_is_number, "a number"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    str: (_is_text, "text"),
}
_NUMERALS = {2: "two", 3: "three"}
# What `parse_options` can give.
_TYPED = (str, int, float, list, tuple, dict, type(None))
