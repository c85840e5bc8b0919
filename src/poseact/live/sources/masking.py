"""Addresses as they may be shown: without user names, passwords and keys."""

import re

_MASK = "***"
# As in ?user=admin&password=..., and in the paths of many cheap cameras: /user=admin_password=..._channel=1
_SECRET_FIELDS = re.compile(
    r"(?i)(?<![a-z])((?:user(?:name)?|usr|login|pass(?:word|wd)?|pwd|token|secret|key|api_?key|auth|sig(?:nature)?)"
    r"=)[^&;/#?\s]+"
)


def without_secrets(address: str) -> str:
    """The address with ``***`` in place of ``user:password`` and of what follows ``password=`` and the like.

    A password with a slash in it, which no program reads as one, is found too.
    """
    scheme, separator, rest = address.partition("://")
    if separator:
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        port = authority.rpartition(":")[2] if ":" in authority else ""
        looks_cut = bool(port) and not port.isdigit() and not authority.startswith("[")
        shown_from = rest.rfind("@") if looks_cut else authority.rfind("@")
        if shown_from > 0:
            rest = _MASK + rest[shown_from:]
    return _SECRET_FIELDS.sub(rf"\1{_MASK}", scheme + separator + rest)
