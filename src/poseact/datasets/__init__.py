"""Readers and writers of action data sets and formats, one module each: `Clip`s in the set's true layout."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from poseact.clip import Clip
from poseact.datasets import (
    har_video,
    jhmdb,
    msr_action3d,
    penn_action,
    sbu_interaction,
    utd_mhad,
    videos,
)
from poseact.datasets.format import DataFormat, OnBroken, Reader, Writer, stop
from poseact.datasets.har_video import read_har_video
from poseact.datasets.jhmdb import read_jhmdb
from poseact.datasets.msr_action3d import read_msr_action3d
from poseact.datasets.penn_action import read_penn_action
from poseact.datasets.sbu_interaction import read_sbu_interaction
from poseact.datasets.utd_mhad import read_utd_mhad
from poseact.datasets.videos import read_videos
from poseact.errors import InvalidInputError, SourceError

# In the order in which they are tried on a path of unknown format: data sets before general formats.
DATASETS: dict[str, DataFormat] = {
    one.name: one
    for one in (
        penn_action.FORMAT,
        utd_mhad.FORMAT,
        msr_action3d.FORMAT,
        jhmdb.FORMAT,
        sbu_interaction.FORMAT,
        har_video.FORMAT,
        videos.FORMAT,
    )
}


def get_format(name: str) -> DataFormat:
    """The format of that name.

    Raises:
        InvalidInputError: If there is none.
    """
    try:
        return DATASETS[name]
    except KeyError:
        raise InvalidInputError(f"no data format is called {name!r}; known: {', '.join(DATASETS)}") from None


def detect_format(path: Path) -> DataFormat:
    """The first format that a file or folder looks like.

    Raises:
        SourceError: If the path does not exist or looks like none of them.
    """
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    for one in DATASETS.values():
        if one.detect(path):
            return one
    raise SourceError(
        f"{path}: looks like none of the known formats; name it with --format: {', '.join(DATASETS)}"
    )


def read_clips(
    path: Path, format_name: str | None = None, *, on_broken: OnBroken = stop, **options: Any
) -> Iterator[Clip]:
    """The clips of a file or folder, in the format of that name or else the one it looks like.

    Args:
        path: A file or folder.
        format_name: A key of `DATASETS`.
        on_broken: Told of each clip that cannot be read; reading goes on if it returns.
        options: Keyword options of that format's reader.

    Raises:
        InvalidInputError: If the format is unknown.
        SourceError: If the data cannot be read.
    """
    chosen = detect_format(Path(path)) if format_name is None else get_format(format_name)
    return chosen.read(Path(path), on_broken=on_broken, **options)


__all__ = [
    "DATASETS",
    "DataFormat",
    "OnBroken",
    "Reader",
    "Writer",
    "detect_format",
    "get_format",
    "read_clips",
    "read_har_video",
    "read_jhmdb",
    "read_msr_action3d",
    "read_penn_action",
    "read_sbu_interaction",
    "read_utd_mhad",
    "read_videos",
    "stop",
]
