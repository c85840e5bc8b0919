"""HTML made of elements, in which everything that is not marked as HTML is escaped."""

import html

from poseact.judging import words


class Markup(str):
    """Text that is HTML already and goes into a page as it is."""

    __slots__ = ()


def escaped(value: object) -> Markup:
    """Anything as HTML: `Markup` as it is, all else as text."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def joined(*parts: object) -> Markup:
    """Parts one after the other, each `escaped`; None is nothing."""
    return Markup("".join(escaped(part) for part in parts if part is not None))


# What may stand without an end tag.
_VOID = {"br", "col", "hr", "img", "input", "meta"}


def element(tag: str, /, *children: object, **attributes: object) -> Markup:
    """An element with its children and attributes, all escaped.

    Args:
        tag: Name of the element, e.g. ``"td"``.
        children: `Markup`, or anything else, which is taken for text; None is nothing.
        attributes: ``class_`` gives class, ``aria_label`` gives aria-label. None and False leave the
            attribute out, True gives it without a value. Floats get two digits.
    """
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    start = f"<{tag}{shown}>"
    return Markup(start if tag in _VOID else f"{start}{joined(*children)}</{tag}>")


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{escaped(short(value) if isinstance(value, float) else value)}"'


def short(value: float) -> str:
    """A coordinate, to a hundredth: ``12.5``, ``3``."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(share: float | None, digits: int = 1) -> str:
    """A share in per cent, ``91.2 %``, with a space that does not break; see `poseact.judging.words`."""
    return words.percent(share, digits).replace(" %", "\u00a0%")
