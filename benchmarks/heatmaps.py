"""Making heatmaps of a clip's joints and limbs, over a plain numpy reference after the paper's formula.

    python benchmarks/heatmaps.py [--frames 48] [--persons 1] [--repeats 7]

The reference goes through persons, frames and joints (or limbs) and computes each Gaussian on the
whole grid, as Duan et al., "Revisiting Skeleton-based Action Recognition", CVPR 2022, write it, in numpy's
own double precision, so that it also says how exact ours are; the lines "in float32" are of the same
reference in single precision, which ours are in too. Ours are those of the model `poseconv3d`. All run in
one process on one thread and take turns in blocks of ten calls, after one that does not count; medians of
CPU time are compared. Ratios are what counts; milliseconds compare within one run only, and other work on
the machine slows ours, which mostly wait for memory, more than the reference.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from poseact.layouts import COCO17
from poseact.models.heatmaps import joint_heatmaps, limb_heatmaps

SIZE = 56
SIGMA = 0.6
BLOCK = 10
Floats = NDArray[np.floating]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--persons", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    points, confidence = _people(arguments.persons, arguments.frames)
    print(f"{arguments.persons} person(s), {arguments.frames} frames, 17 joints, {SIZE} x {SIZE}, one thread")
    batch, heights = torch.from_numpy(points)[None], torch.from_numpy(confidence)[None]
    edges = torch.from_numpy(COCO17.edge_indices)
    ours = {
        "joints": lambda: joint_heatmaps(batch, heights, SIZE, SIGMA)[0].numpy(),
        "limbs": lambda: limb_heatmaps(batch, heights, edges, SIZE, SIGMA)[0].numpy(),
    }
    for what, reference in (("joints", reference_joints), ("limbs", reference_limbs)):
        _compare(what, reference, points, confidence, ours[what], arguments.repeats)


def _people(persons: int, frames: int) -> tuple[Floats, Floats]:
    """Joints (M, T, V, 2) that wander about the grid's middle, and how sure each is."""
    rng = np.random.default_rng(0)
    start = rng.normal(SIZE / 2, SIZE / 6, (persons, 1, COCO17.num_joints, 2))
    steps = rng.normal(0, 0.5, (persons, frames, COCO17.num_joints, 2)).cumsum(axis=1)
    confidence = rng.uniform(0.2, 1, (persons, frames, COCO17.num_joints))
    return (start + steps).clip(0, SIZE - 1).astype(np.float32), confidence.astype(np.float32)


def reference_joints(points: Floats, confidence: Floats) -> Floats:
    """(M, T, V, 2) and (M, T, V) -> (T, V, SIZE, SIZE)."""
    persons, frames, joints = confidence.shape
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(points.dtype)
    maps = np.zeros((frames, joints, SIZE, SIZE), points.dtype)
    for person in range(persons):
        for frame in range(frames):
            for joint in range(joints):
                x, y = points[person, frame, joint]
                gaussian = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * SIGMA**2))
                gaussian *= confidence[person, frame, joint]
                maps[frame, joint] = np.maximum(maps[frame, joint], gaussian)
    return maps


def reference_limbs(points: Floats, confidence: Floats) -> Floats:
    """(M, T, V, 2) and (M, T, V) -> (T, E, SIZE, SIZE)."""
    persons, frames, _ = confidence.shape
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(points.dtype)
    maps = np.zeros((frames, len(COCO17.edges), SIZE, SIZE), points.dtype)
    for person in range(persons):
        for frame in range(frames):
            for limb, (a, b) in enumerate(COCO17.edge_indices):
                start, way = points[person, frame, a], points[person, frame, b] - points[person, frame, a]
                squared_length = max(float(way @ way), 1e-12)
                share = ((columns - start[0]) * way[0] + (rows - start[1]) * way[1]) / squared_length
                share = share.clip(0, 1)
                aside = (columns - start[0] - share * way[0]) ** 2 + (rows - start[1] - share * way[1]) ** 2
                gaussian = np.exp(-aside / (2 * SIGMA**2))
                gaussian *= min(confidence[person, frame, a], confidence[person, frame, b])
                maps[frame, limb] = np.maximum(maps[frame, limb], gaussian)
    return maps


def _compare(
    what: str,
    reference: Callable[[Floats, Floats], Floats],
    points: Floats,
    confidence: Floats,
    ours: Callable[[], Floats],
    repeats: int,
) -> None:
    double = points.astype(np.float64), confidence.astype(np.float64)
    difference = float(np.abs(reference(*double) - ours()).max())  # and the first, slow calls
    ways: tuple[Callable[[], Floats], ...] = (
        lambda: reference(*double),
        lambda: reference(points, confidence),
        ours,
    )
    taken: tuple[list[float], ...] = ([], [], [])
    for _ in range(repeats):
        for way, seconds in zip(ways, taken, strict=True):
            way()  # the caches and the memory at hand are the other one's
            start = time.process_time()
            for _ in range(BLOCK):
                way()
            seconds.append((time.process_time() - start) / BLOCK)
    slow, single, fast = (1000 * statistics.median(seconds) for seconds in taken)
    print(f"  {what:20} {slow / fast:5.1f} times faster ({slow:6.2f} against {fast:5.2f} ms a clip)")
    print(f"  {what + ', in float32':20} {single / fast:5.1f} times faster ({single:6.2f} ms)")
    print(f"  {what:20} largest difference from the closed form {difference:.1e}")


if __name__ == "__main__":
    main()
