"""Data pickles are read; pickles that are programs are refused before anything of them runs."""

import copyreg
import functools
import gc
import os
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.datasets.restricted_pickle import load_data_pickle, load_pose_pickle
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


def refused(path: Path, content: bytes, message: str = "refused") -> None:
    path.write_bytes(content)
    for load in (load_data_pickle, load_pose_pickle):
        with pytest.raises(SourceError, match=message) as raised:
            load(path)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("protocol", range(6))
def test_code_does_not_run(protocol: int, tmp_path: Path) -> None:
    trace = tmp_path / "it_ran"
    make_trace = Runs(os.mkdir, str(trace))
    for attack in (
        Runs(os.system, f"touch {trace}"),
        make_trace,
        Runs(eval, f"open({str(trace)!r}, 'w')"),
        Runs(exec, f"open({str(trace)!r}, 'w')"),
        Runs(getattr, "text", "upper"),
        Runs(__import__, "os"),
        Runs(functools.partial(os.mkdir, str(trace))),
        Runs(np.load, str(trace), None, True),
        Runs(np.fromfile, str(trace)),
        Runs(np.memmap, str(trace), "u1", "w+", 0, (4,)),
        Runs(copyreg.add_extension, "os", "mkdir", 5),
        Runs(pickle.loads, pickle.dumps(make_trace)),
        Runs(bytearray, 10**13),
        Runs(map, os.mkdir, [str(trace)]),
        {"pose": [make_trace], "label": ["clap"]},
        {"annotations": [{"keypoint": make_trace, "frame_dir": "a"}]},
        (1, {2: [(make_trace,)]}),
        OrderedDict(a=1),
    ):
        refused(tmp_path / "attack.pkl", pickle.dumps(attack, protocol), "it names")
        assert not trace.exists()


def test_arrays_of_objects_and_structured_arrays_are_refused(tmp_path: Path) -> None:
    trace = tmp_path / "it_ran"
    for array in (
        np.array([Runs(os.mkdir, str(trace))], dtype=object),
        np.array([None, 1]),
        np.zeros(3, [("a", "f4"), ("b", "O")]),
        np.zeros(3, [("a", "f4"), ("b", "i8")]),
        np.zeros(3, "V8"),
        np.zeros(3, "M8[s]"),
        np.ma.masked_array([1.0]),
    ):
        for data in (array, {"annotations": [{"keypoint": array}]}):
            refused(tmp_path / "attack.pkl", pickle.dumps(data), "it names|it holds")
    assert not trace.exists()


@pytest.mark.parametrize(
    "program",
    {
        "GLOBAL and REDUCE": b"cos\nmkdir\n(VTRACE\ntR.",
        "INST": b"(VTRACE\nios\nmkdir\n.",
        "OBJ": b"(cos\nmkdir\nVTRACE\no.",
        "NEWOBJ": b"\x80\x02cos\nmkdir\n(VTRACE\nt\x81.",
        "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93(VTRACE\ntR.",
        "names from the memo": b"\x80\x04\x8c\x05mkdir\x94\x8c\x02os\x94h\x01h\x00\x93(VTRACE\ntR.",
        "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.mkdir\x93.",
        "dotted module": b"\x80\x04\x8c\x0dnumpy.os\x8c\x05mkdir\x93.",
        "a name that is no text": b"\x80\x04K\x01K\x02\x93.",
        "an extension": b"\x80\x02\x82\x05.",
        "a persistent id": b"PTRACE\n.",
        "BUILD with attributes of numpy's class": b"cnumpy\nndarray\n(N}Vx\nVTRACE\nstb.",
        "BUILD with attributes of a function": b"c_codecs\nencode\n(N}V__code__\nVTRACE\nstb.",
        "a call of numpy's class": b"cnumpy\nndarray\n((L10000000000000L\nttR.",
        "a new object of numpy's class": b"\x80\x02cnumpy\nndarray\n((L10000000000000L\ntt\x81.",
        "another encoding": b"c_codecs\nencode\n(VTRACE\nVrot13\ntR.",
        "a scalar of text": b"cnumpy.core.multiarray\nscalar\n(Vf8\nVTRACE\ntR.",
        "a dtype of fields": b"cnumpy\ndtype\n(Vf4,O\ntR.",
        "a dtype of a dict": b"cnumpy\ndtype\n(}tR.",
        "an array without its parts": b"cnumpy.core.multiarray\n_reconstruct\n(tR.",
        "an array of something else": b"cnumpy.core.multiarray\n_reconstruct\n(tR(K\x01(tNK\x00VTRACE\ntb.",
        "a frame that is longer than all files": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.",
        "a frame of a terabyte": b"\x80\x04\x95\x00\x00\x00\x00\x00\x01\x00\x00N.",
        "bytes of a terabyte": b"\x80\x04\x8e\x00\x00\x00\x00\x00\x01\x00\x00N.",
        "a text of a terabyte": b"\x80\x04\x8d\x00\x00\x00\x00\x00\x01\x00\x00N.",
        "a number of two gigabytes": b"\x80\x02\x8b\xff\xff\xff\x7fN.",
        "no end": b"\x80\x04N",
        "an empty stack": b"\x80\x04.",
        "an unknown protocol": b"\x80\x63N.",
        "nothing": b"",
        "no pickle": b"hello",
    }.values(),
)
def test_hand_made_programs_do_not_run(program: bytes, tmp_path: Path) -> None:
    trace = tmp_path / "it_ran"
    refused(tmp_path / "attack.pkl", program.replace(b"TRACE", str(trace).encode()))
    assert not trace.exists()
    assert os.mkdir is not None and not hasattr(np.ndarray, "x")


def array_program(shape: bytes, dtype: bytes, state: bytes, content: bytes, copies: int) -> bytes:
    """A list of `copies` arrays that all take their bytes from one object of the memo."""
    one = (
        b"cnumpy.core.multiarray\n_reconstruct\n(tR(K\x01" + shape + b"cnumpy\ndtype\n(V" + dtype
        + b"\nK\x00K\x01tR" + state + b"I00\nh\x00tb"
    )  # fmt: skip
    head = b"\x80\x04B" + len(content).to_bytes(4, "little") + content + b"q\x000]("
    return head + one * copies + b"e."


LITTLE = b"(K\x03V<\nNNNtb"


def test_arrays_are_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "array.pkl"
    path.write_bytes(array_program(b"(K\x01K\x01K\x02t", b"f4", LITTLE, np.float32([1, 2]).tobytes(), 1))
    assert load_data_pickle(path)[0].tolist() == [[[1, 2]]]
    assert load_pose_pickle(path)[0].limits == (1, 2)


@pytest.mark.parametrize(
    ("shape", "dtype", "state"),
    [
        (b"(K\x01K\x01K\x03t", b"f4", LITTLE),  # more than there is
        (b"(K\x01K\x01K\x01t", b"f4", LITTLE),
        (b"(J\xff\xff\xff\xffK\x02J\xff\xff\xff\xfft", b"f4", LITTLE),  # negative sides
        (b"(L9223372036854775807L\nL9223372036854775807L\nt", b"f4", LITTLE),
        (b"(" + b"K\x01" * 40 + b"K\x02t", b"f4", LITTLE),
        (b"K\x02", b"f4", LITTLE),
        (b"(G@\x00\x00\x00\x00\x00\x00\x00t", b"f4", LITTLE),
        (b"]", b"f4", LITTLE),
        (b"(K\x01t", b"O8", LITTLE),
        (b"(K\x01t", b"V8", LITTLE),
        (b"(K\x01t", b"f8", b"(K\x03V<\nN(Va\nt}Va\nK\x00stb"),  # fields behind the array's end
        (b"(K\x01t", b"f8", b"(K\x03V?\nNNNtb"),
        (b"(K\x01t", b"f8", b"K\x05b"),
    ],
)
def test_arrays_that_are_not_what_they_say_are_refused(
    shape: bytes, dtype: bytes, state: bytes, tmp_path: Path
) -> None:
    refused(tmp_path / "attack.pkl", array_program(shape, dtype, state, bytes(8), 1))


def test_few_bytes_do_not_become_many_arrays(tmp_path: Path) -> None:
    content = bytes(40_000)
    bomb = array_program(b"(K\x01K\x01M\x10'K\x01t", b"f4", LITTLE, content, 500)
    refused(tmp_path / "attack.pkl", bomb, "more arrays than fit")
    text = b"\x80\x04X" + (10**5).to_bytes(4, "little") + b"a" * 10**5 + b"q\x000]("
    bomb = text + b"c_codecs\nencode\n(h\x00tR" * 50 + b"e."
    refused(tmp_path / "attack.pkl", bomb, "more arrays than fit")


def test_folders_and_missing_files_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        load_data_pickle(tmp_path / "nowhere.pkl")
    with pytest.raises(SourceError, match="found a folder"):
        load_data_pickle(tmp_path)


def test_garbage_collection_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "data.pkl"
    path.write_bytes(pickle.dumps([1]))
    load_data_pickle(path)
    assert gc.isenabled()
    gc.disable()
    try:
        load_data_pickle(path)
        assert not gc.isenabled()
    finally:
        gc.enable()
    path.write_bytes(b"")
    with pytest.raises(SourceError):
        load_data_pickle(path)
    assert gc.isenabled()


def test_pickles_of_python_2_have_their_bytes_as_text(tmp_path: Path) -> None:
    """What Python 2.7 with numpy 1.16 wrote for ``{'pose': [array([[1.5, -2.5]], 'f4')], 'n': 'clap'}``."""
    content = np.float32([1.5, -2.5]).tobytes()
    data = (
        b"\x80\x02}q\x01(U\x01nq\x02U\x04clapq\x03U\x04poseq\x04]q\x05"
        b"cnumpy.core.multiarray\n_reconstruct\nq\x06cnumpy\nndarray\nq\x07K\x00\x85U\x01b\x87Rq\x08"
        b"(K\x01K\x01K\x02\x86cnumpy\ndtype\nq\x09U\x02f4K\x00K\x01\x87Rq\x0a(K\x03U\x01<NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U" + bytes([len(content)]) + content + b"tbau."
    )
    path = tmp_path / "old.pkl"
    path.write_bytes(data)
    loaded = load_data_pickle(path)
    assert loaded["n"] == "clap"
    np.testing.assert_array_equal(loaded["pose"][0], np.float32([[1.5, -2.5]]))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("module", [b"numpy.core", b"numpy._core"])
def test_both_names_of_numpys_module_are_known(protocol: int, module: bytes, tmp_path: Path) -> None:
    array = np.arange(2000, dtype=np.float32).reshape(1, 10, 100, 2)
    data = {
        "a": array,
        "f": np.asfortranarray(array),
        "t": array.T,
        "none": np.zeros((0, 3)),
        "n": np.int64(5),
    }
    content = pickle.dumps(data, protocol)
    if protocol < 4:  # the length of a name stands before it in the others
        content = content.replace(b"numpy._core", module).replace(b"numpy.core", module)
    path = tmp_path / "data.pkl"
    path.write_bytes(content)
    loaded = load_data_pickle(path)
    assert loaded["n"] == 5
    for key, value in data.items():
        np.testing.assert_array_equal(loaded[key], value)
        if key != "n":
            assert loaded[key].flags.writeable
            assert loaded[key].dtype == np.asarray(value).dtype


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
