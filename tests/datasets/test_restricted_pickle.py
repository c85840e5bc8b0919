"""Data pickles are read; pickles that are programs are refused before anything of them runs."""

import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.datasets.restricted_pickle import load_data_pickle
from poseact.errors import PoseactError, SourceError


class Runs:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_comes_back(protocol: int, tmp_path: Path) -> None:
    data = {
        "pose": [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(["a", "b"])],
        "n": (1, 2.5, None, True),
        "s": {"x", "y"},
        "scalar": np.float64(1.5),
        "b": b"bytes \xff",
    }
    path = tmp_path / "data.pkl"
    path.write_bytes(pickle.dumps(data, protocol=protocol))
    loaded = load_data_pickle(path)
    np.testing.assert_array_equal(loaded["pose"][0], data["pose"][0])
    assert loaded["pose"][1].tolist() == ["a", "b"]
    assert (loaded["n"], loaded["scalar"], loaded["b"], loaded["s"]) == (
        data["n"],
        1.5,
        data["b"],
        {"x", "y"},
    )


def test_code_does_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "it_ran"
    for attack in (
        Runs(os.system, f"touch {trace}"),
        Runs(os.mkdir, str(trace)),
        Runs(eval, f"open({str(trace)!r}, 'w')"),
        {"pose": [Runs(os.mkdir, str(trace))], "label": ["clap"]},
        np.array([Runs(os.mkdir, str(trace))], dtype=object),
        OrderedDict(a=1),
    ):
        path = tmp_path / "attack.pkl"
        path.write_bytes(pickle.dumps(attack))
        with pytest.raises(SourceError, match="it names"):
            load_data_pickle(path)
        assert not trace.exists()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 400), byte=st.integers(0, 255), cut=st.booleans())
def test_damaged_files_raise_only_our_own_errors(tmp_path: Path, position: int, byte: int, cut: bool) -> None:
    content = bytearray(pickle.dumps({"pose": [np.ones((2, 3))], "label": ["clap"]}, protocol=3))
    position %= len(content)
    content[position] = byte
    path = tmp_path / "damaged.pkl"
    path.write_bytes(bytes(content[:position] if cut else content))
    try:
        load_data_pickle(path)
    except PoseactError as error:
        assert path.name in str(error)
