"""Hypothesis strategies for readers of JSON: true files with arbitrary values anywhere, and any bytes."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**19), 2**63, 2**31, -1, 0]),
    st.floats(),
    st.sampled_from([1e300, -1e39, 1e13, 1e-320, -0.0]),
    st.text(max_size=8),
    st.sampled_from(["1", "\ud800", "a/b", "../x", "\x00", "9" * 30, "x" * 3000]),
)
json_values = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def spoiled(draw: st.DrawFn, content: Any) -> bytes:
    """A true content with one to three places replaced by an arbitrary value, or removed, or doubled."""
    spoilt = {"root": copy.deepcopy(content)}
    for _ in range(draw(st.integers(1, 3))):
        place: Any = spoilt
        key: Any = "root"
        while isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 5)):
            place = place[key]
            key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if place is not spoilt and not draw(st.integers(0, 3)):
            del place[key]
        elif isinstance(place, list) and not draw(st.integers(0, 3)):
            place.append(copy.deepcopy(place[key]))
        else:
            place[key] = draw(json_values)
        if "root" not in spoilt:
            break
    return json.dumps(spoilt.get("root")).encode()


def any_json(content: Any) -> st.SearchStrategy[bytes]:
    """Spoiled files of a form, any JSON at all, and any bytes."""
    whole = json.dumps(content).encode()
    return st.one_of(
        spoiled(content),
        json_values.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=80),
        st.integers(0, len(whole)).map(lambda n: whole[:n]),
        st.sampled_from(
            [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000, b'{"people":[],"people":[]}', b"NaN"]
        ),
    )
