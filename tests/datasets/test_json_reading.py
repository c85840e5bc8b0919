"""JSON of unknown origin: what is let through, and one clear line for what is not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from json_fuzz import json_values

from poseact.datasets import json_reading as reading
from poseact.datasets.json_reading import exact_decimals, load_json
from poseact.errors import PoseactError, SourceError


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b" \n", "empty file"),
        (b"[1,", "ends early"),
        (b'{"a": "b', "ends early"),
        (b'{"a": nul', "ends early"),
        (b"[\n1 2, 3, 4, 5]", "line 2, column 3: '2, 3"),
        (b"hello", "something else"),
        (b"\xff\xfe\xfa", "not in UTF-8"),
        (b"[NaN]", "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' stands twice"),
        (b"[" * 100_000, "nested too deep"),
        (b"1" * 5000, "something else"),
    ],
)
def test_what_is_no_json_is_refused_in_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "übung.json"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        load_json(path)
    assert "\n" not in str(caught.value) and "übung.json" in str(caught.value)


def test_missing_and_huge_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        load_json(tmp_path / "nowhere.json")
    with pytest.raises(SourceError, match="cannot be read"):
        load_json(tmp_path)
    path = tmp_path / "a.json"
    path.write_text("[1, 2, 3]")
    assert load_json(path) == [1, 2, 3]
    with pytest.raises(SourceError, match="at most 8 bytes of JSON, found 9"):
        load_json(path, max_bytes=8)


def test_a_byte_order_mark_and_utf_16_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_text('["ü"]', encoding=encoding)
        assert load_json(path) == ["ü"]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (reading.as_mapping, [{}, {"a": 1}], [None, [], "a", 1]),
        (reading.as_list, [[], [1]], [None, {}, "a", True]),
        (reading.as_text, ["a", "ü"], ["", 1, None, "\ud800", []]),
        (reading.as_int, [0, -3, 4.0, 2**63 - 1], [True, 1.5, "1", 2**63, 10**400, float("inf"), None]),
        (reading.as_number, [0, -1.5, 1e12], [False, "1", 10**400, 1e13, float("nan"), None, [1]]),
        (
            reading.as_numbers,
            [[], [1, 2.5]],
            [[True], ["1"], [None], [[1]], [1e13], [10**400], [float("inf")], 5],
        ),
    ],
)
def test_values_are_taken_or_refused(check: Any, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert np.array_equal(check(value, "here"), value)
    for value in bad:
        with pytest.raises(SourceError, match=r"^here: expected") as caught:
            check(value, "here")
        assert len(str(caught.value)) < 200


@given(value=json_values)
def test_no_value_raises_another_error(value: Any) -> None:
    for check in (reading.as_mapping, reading.as_list, reading.as_text, reading.as_int, reading.as_numbers):
        try:
            check(value, "here")
        except SourceError as error:
            assert str(error)


@given(
    values=npst.arrays(
        np.float32, st.integers(0, 20), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)
    )
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_decimals_name_the_very_float32(values: np.ndarray) -> None:
    decimals = [float(repr(value)) for value in exact_decimals(values)]
    np.testing.assert_array_equal(np.array(decimals, np.float64).astype(np.float32), values)


def test_decimals_are_short() -> None:
    assert exact_decimals(np.array([0.1, 1 / 3, 0], np.float32)) == [0.1, 0.33333334, 0.0]


def test_a_glance_sees_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert reading.glance(path) == b""
    path.write_bytes(b"start" + b"x" * 200_000 + b"end")
    seen = reading.glance(path)
    assert seen.startswith(b"start") and seen.endswith(b"end") and len(seen) < 70_000
    path.write_bytes(b"short")
    assert reading.glance(path) == b"short"
    assert issubclass(SourceError, PoseactError)
