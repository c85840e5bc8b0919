"""Fake netCDF files as movement 0.15 and 0.17 save them: a mouse, and two people."""

from pathlib import Path
from typing import Any

import numpy as np
from fake_people import walkers


def write(
    path: Path,
    position: Any,
    confidence: Any,
    *,
    keypoints: list[str],
    individuals: list[str],
    fps: float | None = 30.0,
    old: bool = False,
    **attributes: Any,
) -> Path:
    """Position (T, C, V, M), confidence (T, V, M): the same variables, types and attributes as xarray's.

    movement's dimensions are singular from 0.17 on; `old` are those before.
    """
    import h5netcdf
    import h5py

    path.parent.mkdir(parents=True, exist_ok=True)
    joint, person = ("keypoints", "individuals") if old else ("keypoint", "individual")
    frames = len(position)
    with h5netcdf.File(path, "w") as file:
        file.dimensions = dict(zip(("time", "space", joint, person), position.shape, strict=True))
        times = np.arange(frames) / fps if fps else np.arange(frames)
        file.create_variable("time", ("time",), data=times)
        for name, texts in (
            ("space", ["x", "y", "z"][: position.shape[1]]),
            (joint, keypoints),
            (person, individuals),
        ):
            variable = file.create_variable(name, (name,), dtype=h5py.string_dtype())
            variable[...] = np.array(texts, dtype=object)
        for name, values, inner in (
            ("position", position, ("time", "space", joint, person)),
            ("confidence", confidence, ("time", joint, person)),
        ):
            file.create_variable(name, inner, data=values, fillvalue=np.nan)
        file.attrs.update({"ds_type": "poses", "time_unit": "seconds" if fps else "frames", **attributes})
        if fps:
            file.attrs["fps"] = fps
    return path


def make(folder: Path) -> Path:
    """A folder a class: people as DeepLabCut names them, a mouse in 3D, and frames in place of seconds."""
    root = folder / "tracks"
    xy = walkers(2, 6, 4).transpose(1, 3, 2, 0).astype(np.float64)
    xy[2, :, 1, 0] = np.nan
    confidence = np.random.default_rng(0).uniform(0.1, 1, (6, 4, 2))
    people = {"keypoints": ["nose", "left_eye", "right_eye", "Schwanzwurzel"], "individuals": ["Änne", "Bob"]}
    write(root / "walk" / "a.nc", xy, confidence, source_software="SLEAP", **people)
    mouse = {"keypoints": ["snout", "centre", "tail_base"], "individuals": ["id_0"]}
    write(
        root / "rear" / "b.nc", xy[:, [0, 1, 1], :3, :1] / 100, np.full((6, 3, 1), np.nan), old=True, **mouse
    )
    write(root / "c.nc", xy[:, :, :3, :1], confidence[:, :3, :1], fps=None, **mouse)
    return root
