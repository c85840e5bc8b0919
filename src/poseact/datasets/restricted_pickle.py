"""Unpickling for data only: numpy arrays, plain containers, numbers and text; anything else is refused.

A pickle is a program. This reader looks up no name outside a short list, so that a file made to
run code raises an error before anything of it runs.
"""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from poseact.errors import SourceError


def _encode_latin1(text: str, encoding: str = "latin1") -> bytes:
    """What `_codecs.encode` does in old pickles of bytes, and nothing more."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"encoding {encoding!r}")
    return text.encode("latin1")


def _from_buffer(buffer: Any, dtype: Any, shape: Any, order: Any, *_axes: Any) -> Any:
    """What numpy's own `_frombuffer` does in pickles of protocol 5."""
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


def _numpy_reconstructors() -> dict[str, Any]:
    # numpy 2 keeps them in numpy._core; files written with numpy 1 name numpy.core.
    from numpy._core import multiarray

    names = ("_reconstruct", "scalar")
    return {name: getattr(multiarray, name) for name in names}


_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode_latin1,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    **{
        (module, name): function
        for module in ("numpy.core.multiarray", "numpy._core.multiarray")
        for name, function in _numpy_reconstructors().items()
    },
}


class _DataUnpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        try:
            return _ALLOWED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module_name}.{global_name}") from None


def load_data_pickle(path: Path) -> Any:
    """The plain data in a pickle file.

    Raises:
        SourceError: If the file is missing, cut short, or holds anything but plain data; in the
            last case nothing of it has been run.
    """
    try:
        with path.open("rb") as file:
            return _DataUnpickler(file).load()
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except Exception as error:  # a damaged pickle can raise nearly everything
        raise SourceError(
            f"{path}: expected a pickle of numpy arrays and plain containers only; refused: {error}"
        ) from error
