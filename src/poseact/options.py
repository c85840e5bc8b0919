"""Options that a user types as KEY=VALUE: read, and held against what they are for before it runs."""

import inspect
import json
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from poseact.errors import InvalidInputError

_PLAIN_TYPES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


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
        except json.JSONDecodeError:
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
            raise InvalidInputError(f"{whose}: option {key!r}: expected {wanted}, found {value!r}")


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
    """What is expected, if the value is not that; None if it is, or if the type is not a simple one."""
    if get_origin(annotation) is Literal:
        choices = get_args(annotation)
        return None if value in choices else "one of " + ", ".join(map(str, choices))
    if get_origin(annotation) in (Union, UnionType) and str in get_args(annotation):
        # The rest of the union is paths and what cannot be typed; -O weights=7 reads as a number.
        return "a path such as ./7" if isinstance(value, (int, float)) else None
    if not isinstance(annotation, type) or annotation not in _PLAIN_TYPES:
        return None
    fits = isinstance(value, (int, float) if annotation is float else annotation)
    return None if fits and (annotation is bool or not isinstance(value, bool)) else _PLAIN_TYPES[annotation]
