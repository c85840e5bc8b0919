"""One LiteRT network on one thread: a picture in, its output tensors out."""

import contextlib
import os
from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from poseact.errors import WeightsError


class LiteRtNetwork:
    """A .tflite model with one square picture as input.

    Outputs are told apart by their number of elements, because the names differ between the
    releases of one model.

    Args:
        content: The bytes of the .tflite file.
        name: What the model is called in messages.
        input_side: Height and width of the picture it must take.
        output_sizes: Numbers of elements of the outputs wanted; others are not copied out.

    Raises:
        WeightsError: If the bytes are no such model.
    """

    def __init__(self, content: bytes, name: str, input_side: int, output_sizes: Collection[int]) -> None:
        # Imported here so that listing the estimators costs nothing.
        from ai_edge_litert.interpreter import Interpreter

        try:
            # One thread: two fight with the decoder and the other networks for two cores.
            with _without_native_messages():
                self._interpreter = Interpreter(model_content=content, num_threads=1)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise WeightsError(f"{name}: expected a .tflite model, found something else ({error})") from error
        entry = self._interpreter.get_input_details()[0]
        found = {int(np.prod(o["shape"])): o["index"] for o in self._interpreter.get_output_details()}
        wanted = [1, input_side, input_side, 3]
        if list(entry["shape"]) != wanted or not set(output_sizes) <= set(found):
            raise WeightsError(
                f"{name}: expected a model with input {wanted} and outputs of {sorted(output_sizes)} values, "
                f"found input {list(entry['shape'])} and {sorted(found)}: wrong file?"
            )
        self._input = entry["index"]
        self._outputs = {size: found[size] for size in output_sizes}

    def run(self, picture: NDArray[np.float32]) -> dict[int, NDArray[np.float32]]:
        """Outputs by number of elements, for a picture (side, side, 3) in the network's own range."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return {size: self._interpreter.get_tensor(index) for size, index in self._outputs.items()}


@contextlib.contextmanager
def _without_native_messages() -> Iterator[None]:
    """Keeps the library's "INFO: Created ... delegate" off the terminal: it has no setting for that.

    The line is written by C++, so that only the descriptor of standard error itself can be turned away.
    """
    try:
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except OSError:  # a program without a terminal may have no standard error
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def sigmoid(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(np.asarray(x, np.float64), -100, 100))))
