"""From any data format that is read to any that is written, clip by clip."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from poseact.clip import Clip
from poseact.datasets.format import DataFormat
from poseact.errors import InvalidInputError
from poseact.layouts import get_layout


def in_layout(clips: Iterable[Clip], layout_name: str) -> Iterator[Clip]:
    """The clips with their joints in another layout, by joint name.

    Raises:
        InvalidInputError: If the layout is unknown.
    """
    layout = get_layout(layout_name)
    return (clip.with_sequence(clip.sequence.to_layout(layout)) for clip in clips)


def writable_format(formats: Iterable[DataFormat], target: Path, name: str | None = None) -> DataFormat:
    """The format to write: the one of that name, or else the one whose suffix `target` has.

    A target without a suffix is a folder, and gets the first format that makes folders.

    Raises:
        InvalidInputError: If no format fits, or the one asked for is only read.
    """
    writable = [one for one in formats if one.write is not None]
    known = ", ".join(f"{one.name} ({one.suffix or 'a folder'})" for one in writable)
    if name is not None:
        chosen = [one for one in writable if one.name == name]
        what = f"{name!r} is not a format that poseact writes"
    else:
        chosen = [one for one in writable if one.suffix == target.suffix.lower()]
        what = f"{target.name}: no format is written with this suffix"
    if not chosen:
        raise InvalidInputError(f"{what}; there are {known}: name one with --to")
    return chosen[0]
