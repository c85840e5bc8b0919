"""Fake data in the form of a recording in two CSVs: 36 numbers a row, and 0 or 1 a row."""

from pathlib import Path

import numpy as np
from fake_people import walkers
from numpy.typing import NDArray


def numbers(frames: int = 20, *, confidence: bool = False, joints: int = 18) -> NDArray[np.float64]:
    """(frames, 36 or 54), the fifth joint missing."""
    xy = walkers(1, frames, joints)[0].round(2).astype(np.float64)
    rows = np.concatenate([xy, np.full((frames, joints, 1), 0.7)], axis=-1) if confidence else xy
    rows[:, 4] = 0
    return rows.reshape(frames, -1)


def lines(rows: NDArray[np.float64]) -> list[str]:
    return [",".join(f"{value:g}" for value in row) for row in rows]


def make(folder: Path) -> Path:
    """A door that is closed, opened and closed."""
    root = folder / "door"
    root.mkdir()
    (root / "keypoints.csv").write_text("\n".join(lines(numbers())) + "\n")
    (root / "labels.csv").write_text("\n".join("0" if t < 8 or t > 14 else "1" for t in range(20)) + "\n")
    return root
