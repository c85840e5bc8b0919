"""Reading 10,000 clips of a PYSKL pickle, over bare `pickle.load` of the same file: time and peak memory.

    python benchmarks/reading.py [--clips 10000] [--frames 100] [--repeats 7]

Each measurement is a Python of its own that has imported all it needs, finds the file in the system's
cache, and reads it once, as a training script does; bare and ours take turns, and medians are compared.
Both run in Python's default settings (the reader itself pauses garbage collection while it unpickles).
Memory is the process's peak above what it had before reading, over the bytes of the clips' joints and
confidences as the file has them. Ratios are what counts; milliseconds compare within one run only.

Files in float16 stay so in memory until the joints are looked at: the line "and looked at" does look at
all of them, and is compared with unpickling and `astype(float32)`, memory with the float32 arrays.
The lines "again" are of a second reading in the same process, whose memory has been used before: there
bare unpickling gains more, being little but memory traffic.
"""

import argparse
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from poseact.clip import Clip
from poseact.datasets.pyskl import read_pyskl

AGAIN = ", again"
# Each with what it is compared with.
WAYS = {
    "bare": "bare",
    "read_pyskl": "bare",
    "bare, again": "bare, again",
    "read_pyskl, again": "bare, again",
    "bare, float32": "bare, float32",
    "read_pyskl, looked at": "bare, float32",
}
FOR_HALF = ("bare, float32", "read_pyskl, looked at")


def main() -> None:
    """Measure and print, or, as a child, take one measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", type=int, default=10_000)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--one", nargs=2, metavar=("WAY", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(*_measure(arguments.one[0], Path(arguments.one[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        for dtype in (np.float16, np.float32, np.float64):
            path = Path(folder) / f"{np.dtype(dtype)}.pkl"
            num_bytes = _write(path, arguments.clips, arguments.frames, np.dtype(dtype))
            print(
                f"{arguments.clips} clips, {arguments.frames} frames each, {path.stem}, {num_bytes >> 20} MiB"
            )
            _compare(path, num_bytes, arguments.repeats, is_half=dtype is np.float16)


def _write(path: Path, clips: int, frames: int, dtype: np.dtype[np.floating]) -> int:
    """A file of one person with 17 joints; gives the bytes of its arrays."""
    rng = np.random.default_rng(0)
    names = [f"clip_{i:06d}" for i in range(clips)]
    annotations = [
        {
            "frame_dir": name,
            "label": i % 60,
            "img_shape": (1080, 1920),
            "original_shape": (1080, 1920),
            "total_frames": frames,
            "keypoint": (rng.random((1, frames, 17, 2), np.float32) * 1000).astype(dtype),
            "keypoint_score": rng.random((1, frames, 17), np.float32).astype(dtype),
        }
        for i, name in enumerate(names)
    ]
    split = {"xsub_train": names[::2], "xsub_val": names[1::2]}
    with path.open("wb") as file:
        pickle.dump({"split": split, "annotations": annotations}, file, protocol=4)
    return clips * frames * 17 * 3 * dtype.itemsize


def _compare(path: Path, num_bytes: int, repeats: int, *, is_half: bool) -> None:
    ways = [way for way in WAYS if is_half or way not in FOR_HALF]
    taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way in ways:
            command = [sys.executable, __file__, "--one", way, str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, memory = map(float, done.stdout.split())
            taken[way].append((seconds, memory))
    medians = {
        way: tuple(statistics.median(column) for column in zip(*both, strict=True))
        for way, both in taken.items()
    }
    for way, (seconds, memory) in medians.items():
        bare = medians[WAYS[way]][0]
        arrays = num_bytes * 2 if way in FOR_HALF else num_bytes
        line = f"  {way:22} time ratio {seconds / bare:5.2f} ({1000 * seconds:6.1f} ms)"
        print(line if way.endswith(AGAIN) else f"{line}   memory ratio {memory / arrays:5.2f}")


def _measure(way: str, path: Path) -> tuple[float, float]:
    """Seconds, and bytes at the peak above those before."""
    read: Callable[[Path], object] = {
        "bare": _bare,
        "bare, float32": lambda path: _as_float32(_bare(path)),
        "read_pyskl": lambda path: list(read_pyskl(path)),
        "read_pyskl, looked at": lambda path: _looked_at(list(read_pyskl(path))),
    }[way.removesuffix(AGAIN)]
    if way.endswith(AGAIN):
        read(path)
    before = _memory("VmRSS")
    start = time.perf_counter()
    kept = read(path)
    seconds = time.perf_counter() - start
    peak = _memory("VmHWM")
    del kept
    return seconds, peak - before


def _bare(path: Path) -> dict[str, list[dict[str, np.ndarray]]]:
    # Unrestricted, as the baseline has to be: the file is one that this program has just written.
    with path.open("rb") as file:
        return pickle.load(file)


def _as_float32(content: dict[str, list[dict[str, np.ndarray]]]) -> object:
    for annotation in content["annotations"]:
        for key in ("keypoint", "keypoint_score"):
            annotation[key] = annotation[key].astype(np.float32)
    return content


def _looked_at(clips: list[Clip]) -> list[Clip]:
    for clip in clips:
        clip.sequence.keypoints  # noqa: B018 - makes the confidences too
    return clips


def _memory(name: str) -> int:
    """Bytes of this process as Linux counts them, pages of mapped files among them."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
