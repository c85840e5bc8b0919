"""Fake data of the format `mhad-text`: recordings cut into windows that overlap, as the script does."""

from pathlib import Path

import numpy as np

WINDOW = 32
STEP = 6  # int(32 * (1 - 0.8125))
# (part, class from 1, frames) of each recording.
RECORDINGS = (("train", 1, 50), ("train", 4, 44), ("test", 2, 45))


def recording(seed: int, frames: int) -> np.ndarray:
    """(T, 36) pixels, with an ear that is never found, as OpenPose writes it: 0, 0."""
    points = np.random.default_rng(seed).uniform(50, 430, (frames, 18, 2)).round(3)
    points[:, 16] = 0
    return points.reshape(frames, 36)


def windows(rows: np.ndarray, *, step: int = STEP, window: int = WINDOW) -> list[np.ndarray]:
    """The windows of a recording, each (32, 36)."""
    return [rows[start : start + window] for start in range(0, len(rows) - window + 1, step)]


def text(parts: list[np.ndarray]) -> str:
    """Lines as the authors' script writes them: no space after the comma."""
    return "".join(",".join(str(x) for x in row) + "\n" for part in parts for row in part.tolist())


def write(folder: Path, content: dict[str, list[tuple[int, np.ndarray]]]) -> Path:
    """Files of (class, window) by part."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, own in content.items():
        (folder / f"X_{part}.txt").write_text(text([rows for _, rows in own]))
        (folder / f"Y_{part}.txt").write_text("".join(f"{label}\n" for label, _ in own))
    return folder


def make(folder: Path) -> Path:
    """A folder with all four files."""
    content: dict[str, list[tuple[int, np.ndarray]]] = {"train": [], "test": []}
    for seed, (part, label, frames) in enumerate(RECORDINGS):
        content[part] += [(label, rows) for rows in windows(recording(seed, frames))]
    return write(folder / "RNN-HAR-2D-Pose-database", content)
