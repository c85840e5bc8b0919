"""Fake data of the format `ntu-rgbd`: ``.skeleton`` files in the public form, of random joints."""

from pathlib import Path

import numpy as np

NUM_JOINTS = 25
# Bodies of each frame, by a letter for the id.
TWO_PEOPLE = ("a", "ab", "ba", "", "b")
# Two ids that are the same number as a float of 64 bits.
IDS = {"a": "72057594037931101", "b": "72057594037931102", "c": "72057594037944738"}


def joints(seed: int) -> np.ndarray:
    """(25, 12) numbers of one body in one frame, as the sensor would give them."""
    rng = np.random.default_rng(seed)
    xyz = rng.normal(0, 0.3, (NUM_JOINTS, 3)) + np.array([0, 0, 3])
    # The colour camera's picture is a mirror image: x grows with the sensor's x, to its left.
    depth = np.array([256, 212]) + xyz[:, :2] * (366, -366) / xyz[:, 2:]
    color = np.array([960, 540]) + xyz[:, :2] * (1060, -1060) / xyz[:, 2:]
    return np.concatenate(
        [xyz, depth, color, rng.normal(size=(NUM_JOINTS, 4)), np.full((NUM_JOINTS, 1), 2)], 1
    )


def body(letter: str, numbers: np.ndarray) -> str:
    """The lines of one body."""
    rows = [" ".join(f"{x:.7g}" for x in row[:11]) + f" {row[11]:.0f}" for row in numbers]
    return "\n".join([f"{IDS[letter]} 0 1 1 0 0 0 -0.01119184 -0.256052 2", str(len(numbers)), *rows])


def skeleton(frames: tuple[str, ...] = TWO_PEOPLE) -> str:
    """The text of a file; each frame is the letters of the bodies in it."""
    lines = [str(len(frames))]
    for number, letters in enumerate(frames):
        lines.append(str(len(letters)))
        lines += [body(letter, joints(100 * ord(letter) + number)) for letter in letters]
    return "\r\n".join("\n".join(lines).split("\n")) + "\r\n"


def make(folder: Path) -> Path:
    """A folder as the authors' archive makes it, with a sample of each kind."""
    inner = folder / "nturgb+d_skeletons"
    inner.mkdir(parents=True)
    for name in ("S001C001P001R001A001", "S002C002P003R002A060", "S032C003P106R001A120"):
        (inner / f"{name}.skeleton").write_text(skeleton(), newline="")
    # On the authors' list of samples without usable skeletons.
    (inner / "S001C002P005R002A008.skeleton").write_text(skeleton(("", "", "")), newline="")
    return folder
