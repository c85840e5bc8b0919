"""Readers of public action data sets, one module a set: each yields `Clip`s in the set's true layout."""

from collections.abc import Callable, Iterator
from pathlib import Path

from poseact.clip import Clip
from poseact.datasets.har_video import read_har_video
from poseact.datasets.jhmdb import read_jhmdb
from poseact.datasets.msr_action3d import read_msr_action3d
from poseact.datasets.penn_action import read_penn_action
from poseact.datasets.sbu_interaction import read_sbu_interaction
from poseact.datasets.utd_mhad import read_utd_mhad
from poseact.datasets.videos import read_videos
from poseact.errors import InvalidInputError

Reader = Callable[[Path], Iterator[Clip]]

DATASETS: dict[str, Reader] = {
    "penn-action": read_penn_action,
    "utd-mhad": read_utd_mhad,
    "msr-action3d": read_msr_action3d,
    "jhmdb": read_jhmdb,
    "sbu-interaction": read_sbu_interaction,
    "har-video": read_har_video,
    "videos": read_videos,
}


def get_reader(name: str) -> Reader:
    """The reader of that name: a function of a folder (for ``videos``: of a CSV file).

    Raises:
        InvalidInputError: If there is none.
    """
    try:
        return DATASETS[name]
    except KeyError:
        raise InvalidInputError(f"no data set is called {name!r}; known: {', '.join(DATASETS)}") from None


__all__ = [
    "DATASETS",
    "Reader",
    "get_reader",
    "read_har_video",
    "read_jhmdb",
    "read_msr_action3d",
    "read_penn_action",
    "read_sbu_interaction",
    "read_utd_mhad",
    "read_videos",
]
