"""Unpickling for data only: numpy arrays, plain containers, numbers and text; anything else is refused.

A pickle is a program. This reader looks up no name outside a short list, and behind each name of
the list stands a function of its own, never numpy's: a file made to run code, to build arrays of
objects or to make much of little raises an error before anything of it runs. What is left to a
malicious file is to waste memory by numbering its memo absurdly (older Pythons), no more.
"""

import gc
import mmap
import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from poseact.errors import SourceError

# Arrays that are made at a time: few enough that their bytes are still in the processor's cache.
_BATCH = 64
_WINDOW = 1 << 22  # bytes of a file that stay in memory after they have been read
_INFINITE_HALF = 0x7C00  # the bits of infinity; NaN and negative numbers have larger ones
_DTYPE = re.compile(r"b1|[iu][1248]|f[248]|c8|c16|[SU]\d{1,6}")
_MAX_AXES = 32
_POSE_DTYPES = (np.dtype(np.float32), np.dtype(np.float16), np.dtype(np.float64))
_NDARRAY = object()  # what a file gets for the class itself: it cannot be called


class PickledArray(list[Any]):
    """An array of a pickle: first the parts that numpy pickles one by one, then, once made, `values`.

    Attributes:
        values: The array, writable and nobody else's. Not there before it is made.
        limits: For arrays of poses two numbers that all values are between, NaN if there may be a NaN.
    """

    __slots__ = ("limits", "values")

    values: NDArray[Any]
    limits: tuple[float, float]

    # Unpickling calls this with (version, shape, dtype, is_fortran, bytes), checked in `_ArrayMaker`.
    __setstate__ = list.extend


class _Dtype:
    """A dtype of a pickle: a name, and what else numpy pickles of it, of which the byte order counts."""

    __slots__ = ("made", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.made = np.dtype(name)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, order, subarray, names, fields = state[:5]
        if (subarray, names, fields) != (None, None, None) or order not in ("<", ">", "|", "="):
            raise pickle.UnpicklingError("it holds a structured array")
        self.made = np.dtype(self.name).newbyteorder(order)


class _ArrayMaker:
    """Stands in for numpy while a file is unpickled.

    Arrays are made in batches a little after their bytes have been read; with `as_poses`, float16,
    float32 and float64 arrays of three and more axes get their limits, which are those of the whole batch.
    """

    def __init__(self, num_bytes: int, *, as_poses: bool) -> None:
        self._as_poses = as_poses
        # An honest file has the bytes of every array in it once; old protocols encode them first.
        self._bytes_left = 2 * num_bytes
        self._waiting: list[PickledArray] = []
        self._scratch = memoryview(bytearray())

    def reconstruct(self, *_: Any) -> PickledArray:
        """`numpy._core.multiarray._reconstruct`: an empty array, filled afterwards by its state."""
        if len(self._waiting) >= _BATCH:
            self.make_waiting()
        array = PickledArray()
        self._waiting.append(array)
        return array

    def from_buffer(self, buffer: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> PickledArray:
        """`numpy._core.numeric._frombuffer`: an array of protocol 5."""
        if order not in ("C", "F", "K"):
            raise pickle.UnpicklingError(f"an array in order {order!r}")
        array = self.reconstruct()
        array.extend((1, shape, dtype, order == "F", buffer))
        if axes is not None:
            self.make_waiting()
            array.values = array.values.transpose(axes)
        return array

    def dtype(self, name: Any, *_: Any) -> _Dtype:
        """`numpy.dtype`."""
        if not isinstance(name, str) or _DTYPE.fullmatch(name) is None:
            raise pickle.UnpicklingError(f"it holds an array of type {str(name)[:40]!r}")
        return _Dtype(name)

    def scalar(self, dtype: _Dtype, content: Any) -> Any:
        """`numpy._core.multiarray.scalar`: one number."""
        return np.frombuffer(_as_bytes(content), dtype.made, count=1)[0]

    def encode(self, text: str, encoding: str = "latin1") -> bytes:
        """`_codecs.encode`: bytes in old protocols."""
        if encoding not in ("latin1", "latin-1"):
            raise pickle.UnpicklingError(f"encoding {encoding!r}")
        self._spend(len(text))
        return text.encode("latin1")

    def no_bytes(self) -> bytes:
        """`bytes` without arguments: how old protocols have none."""
        return b""

    def make_waiting(self) -> None:
        """Give all arrays that have been read their values."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        _, shapes, dtypes, orders, contents = zip(*waiting, strict=True)
        sizes = list(map(len, contents))
        for parts in set(zip(shapes, dtypes, orders, sizes, map(type, contents), strict=True)):
            _check(*parts)
        self._spend(sum(sizes))
        num_axes = list(map(len, shapes))
        # One or two types and numbers of axes: one group for all keypoints, one for all scores.
        for dtype, axes in product(set(dtypes), set(num_axes)):
            group = [
                array
                for array, own, n in zip(waiting, dtypes, num_axes, strict=True)
                if n == axes and own is dtype
            ]
            if self._as_poses and dtype.made in _POSE_DTYPES and axes >= 3 and not any(orders):
                self._make_poses(group, dtype.made)
            else:
                for array in group:
                    array.values = _made(array, dtype.made)
        for array in waiting:
            array.clear()

    def _make_poses(self, group: list[PickledArray], dtype: np.dtype[Any]) -> None:
        """Arrays that take over their bytes, and the limits of all their values, looked for in one go."""
        contents = [_as_bytes(array[4]) for array in group]
        for array, content in zip(group, contents, strict=True):
            array.values = _in_place(content, array[1], dtype)
        limits = _limits(self._side_by_side(contents, dtype))
        for array in group:
            array.limits = limits

    def _side_by_side(self, contents: list[bytes | bytearray], dtype: np.dtype[Any]) -> NDArray[Any]:
        """All of them in one array, good until the next call: fresh memory each time would take longer."""
        end = sum(map(len, contents))
        if end > len(self._scratch):
            self._scratch = memoryview(bytearray(end))
        start = 0
        for content in contents:
            end = start + len(content)
            self._scratch[start:end] = content
            start = end
        return np.frombuffer(self._scratch[:start], dtype) if start else np.empty(0, dtype)

    def _spend(self, num_bytes: int) -> None:
        self._bytes_left -= num_bytes
        if self._bytes_left < 0:
            raise pickle.UnpicklingError("it holds more arrays than fit into it")


def _check(shape: Any, dtype: Any, is_fortran: Any, num_bytes: int, content_type: type) -> None:
    """Whether the parts of an array fit one another."""
    plain = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not plain or len(shape) > _MAX_AXES or content_type not in (bytes, bytearray, str):
        raise pickle.UnpicklingError("an array of another form than numpy's")
    if not isinstance(dtype, _Dtype) or not isinstance(is_fortran, int):
        raise pickle.UnpicklingError("an array of another form than numpy's")
    if prod(shape) * dtype.made.itemsize != num_bytes:
        raise pickle.UnpicklingError(f"an array of shape {shape} with {num_bytes} bytes")


def _as_bytes(content: bytes | bytearray | str) -> bytes | bytearray:
    """The bytes of an array; pickles of Python 2 have them as text."""
    return content.encode("latin1") if isinstance(content, str) else content


def _made(array: PickledArray, dtype: np.dtype[Any]) -> NDArray[Any]:
    _, shape, _, is_fortran, content = array
    values = np.frombuffer(_as_bytes(content), dtype) if content else np.zeros(0, dtype)
    return values.reshape(shape, order="F" if is_fortran else "C").copy()


def _in_place(content: bytes | bytearray, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A writable array that takes over the bytes instead of copying them, as numpy's own unpickling does."""
    values = np.empty(0, dtype)
    state: Any = (1, shape, dtype, False, bytes(content))
    values.__setstate__(state)
    return values


def _limits(values: NDArray[Any]) -> tuple[float, float]:
    """The smallest and the largest value; NaN if there is a NaN."""
    if not values.size:
        return 0.0, 0.0
    if values.dtype == np.float16:
        # As whole numbers, the bits of positive ones are in the same order, and compared much faster.
        bits = values.view(np.uint16)
        if bits.max() < _INFINITE_HALF:
            ends = np.array([bits.min(), bits.max()]).view(np.float16)
            return float(ends[0]), float(ends[1])
    return float(values.min()), float(values.max())


class _Mapped:
    """A file in memory that is read without copying: gives views where other files give bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._view = memoryview(self._mapped)
        self._at = 0
        self._let_go_of = 0
        self.num_bytes = len(self._mapped)

    def read(self, size: int) -> memoryview:
        """The next bytes, fewer at the end."""
        start = self._at
        if start - self._let_go_of > _WINDOW:
            self._let_go(start)
        self._at = min(start + size, self.num_bytes)
        return self._view[start : self._at]

    def _let_go(self, end: int) -> None:
        """Take what has been read out of this process's memory, where the system can."""
        length = (end - self._let_go_of) // mmap.PAGESIZE * mmap.PAGESIZE
        if hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED, self._let_go_of, length)
        self._let_go_of += length

    def readinto(self, buffer: memoryview) -> int:
        """Fill a buffer with the next bytes; returns how many there were."""
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def readline(self) -> memoryview:
        """The next bytes up to a line feed."""
        end = self._mapped.find(b"\n", self._at)
        return self.read((self.num_bytes if end < 0 else end + 1) - self._at)


class _DataUnpickler(pickle.Unpickler):
    def __init__(self, file: _Mapped, maker: _ArrayMaker) -> None:
        super().__init__(cast(Any, file), encoding="latin1")  # pickles of Python 2 have bytes as text
        self._maker = maker

    def find_class(self, module_name: str, global_name: str) -> Any:
        name = (module_name.replace("numpy.core", "numpy._core"), global_name)
        allowed: dict[tuple[str, str], object] = {
            ("numpy", "ndarray"): _NDARRAY,
            ("numpy", "dtype"): self._maker.dtype,
            ("numpy._core.multiarray", "_reconstruct"): self._maker.reconstruct,
            ("numpy._core.multiarray", "scalar"): self._maker.scalar,
            ("numpy._core.numeric", "_frombuffer"): self._maker.from_buffer,
            ("_codecs", "encode"): self._maker.encode,
            ("builtins", "bytes"): self._maker.no_bytes,
            ("__builtin__", "bytes"): self._maker.no_bytes,
            ("builtins", "set"): set,
            ("__builtin__", "set"): set,
        }
        if name not in allowed:
            raise pickle.UnpicklingError(f"it names {module_name}.{global_name}"[:200])
        return allowed[name]


def load_data_pickle(path: Path) -> Any:
    """The plain data in a pickle file.

    Raises:
        SourceError: If the file is missing, cut short, or holds anything but plain data; in the
            last case nothing of it has been run.
    """
    return _load(path, as_poses=False, finish=lambda content: _with_arrays(content, set()))


def load_pose_pickle(path: Path) -> Any:
    """The plain data in a pickle file of poses, with a `PickledArray` in place of each array.

    float16, float32 and float64 arrays of three and more axes have `PickledArray.limits`.

    Raises:
        SourceError: As `load_data_pickle`.
    """
    return _load(path, as_poses=True, finish=lambda content: content)


def _load(path: Path, *, as_poses: bool, finish: Callable[[Any], Any]) -> Any:
    try:
        with path.open("rb") as opened, no_garbage_collection():
            file = _Mapped(opened)
            maker = _ArrayMaker(file.num_bytes, as_poses=as_poses)
            content = _DataUnpickler(file, maker).load()
            maker.make_waiting()
            return finish(content)
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: expected a pickle file, found a folder") from None
    except Exception as error:  # a damaged pickle can raise nearly everything
        why = " ".join(str(error).split()) or type(error).__name__
        raise SourceError(
            f"{path}: expected a pickle of numpy arrays and plain containers only; refused: {why}"
        ) from error


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Many small objects are made, none of them garbage: looking for some takes a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _with_arrays(value: Any, done: set[int]) -> Any:
    """The same containers with arrays in place of `PickledArray`; lists and dicts are changed in place."""
    if isinstance(value, PickledArray):
        return value.values
    if isinstance(value, tuple):
        return tuple(_with_arrays(one, done) for one in value)
    if isinstance(value, list | dict) and id(value) not in done:
        done.add(id(value))
        for key, one in enumerate(value) if isinstance(value, list) else list(value.items()):
            value[key] = _with_arrays(one, done)
    return value
