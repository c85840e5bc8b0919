"""Fake data of the format `utkinect`: the public label file's form, and joint files with its double lines."""

from pathlib import Path

import numpy as np

# Frame numbers jump, and some stand twice, as in the public files.
FRAME_NUMBERS = (100, 100, 104, 106, 110, 110, 112, 116, 120, 124, 126, 130)
LABELS = """s01_e01
walk: 100 110
sitDown: 112 116
standUp: 116 120\x20
s02_e02
pickUp: 103 111
carry:  NaN NaN
clapHands: 120 999

"""


def rows(recording: str) -> np.ndarray:
    """(12, 61): frame number and 20 x 3 metres."""
    rng = np.random.default_rng(sum(map(ord, recording)))
    xyz = rng.normal(0, 0.4, (len(FRAME_NUMBERS), 20, 3)) + np.array([0, 0, 2.5])
    return np.concatenate([np.array(FRAME_NUMBERS)[:, None], xyz.reshape(len(xyz), 60)], axis=1)


def line(row: np.ndarray) -> str:
    """A line as the recorder wrote it: three spaces after the number, two after each coordinate."""
    return f"{row[0]:.0f}   " + "".join(f"{x:.6f}  " for x in row[1:])


def make(folder: Path) -> Path:
    """A folder with ``joints/`` and the labels beside it."""
    (folder / "joints").mkdir(parents=True)
    (folder / "actionLabel.txt").write_text(LABELS)
    for recording in ("s01_e01", "s02_e02"):
        text = "".join(line(row) + "\n" for row in rows(recording))
        (folder / "joints" / f"joints_{recording}.txt").write_text(text)
    return folder
