"""What a data set or file format offers: how it is recognised, read and, where it can be, written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from poseact.clip import Clip
from poseact.errors import SourceError

OnBroken = Callable[[SourceError], None]


def stop(error: SourceError) -> None:
    """What a reader does about a broken clip unless told otherwise: raise."""
    raise error


class Reader(Protocol):
    """Yields the clips of a folder or file, one at a time; further keyword options have defaults."""

    def __call__(self, path: Path, /, *, on_broken: OnBroken = stop) -> Iterator[Clip]:
        """Read; `on_broken` is told of each clip that cannot be, and reading goes on if it returns."""


class Writer(Protocol):
    """Writes clips, one at a time where the format allows, to a file or folder, whole or not at all."""

    def __call__(self, clips: Iterable[Clip], path: Path, /) -> None:
        """Write; the options all have defaults."""


@dataclass(frozen=True)
class DataFormat:
    """One data set, or one file format.

    Attributes:
        name: What the command line calls it, lower case with hyphens.
        title: One line: what it is and whose.
        read: See `Reader`. Options are keyword-only arguments with defaults; the command line
            passes ``-O key=value`` on.
        detect: Whether a path looks like it: a glance at names and at most one file's beginning.
            Never raises; when in doubt, False.
        protocols: Official protocols by name, each with one line on what is trained and tested on
            what. The same names are the keys of `Clip.splits`.
        write: See `Writer`; None where poseact only reads the format.
        suffix: Of the file that `write` makes, with its dot; empty where it makes a folder.
    """

    name: str
    title: str
    read: Reader
    detect: Callable[[Path], bool]
    protocols: Mapping[str, str] = field(default_factory=dict)
    write: Writer | None = None
    suffix: str = ""

    @property
    def writes_folder(self) -> bool:
        """Whether `write` makes a folder and not a file."""
        return not self.suffix


def read_each(files: Iterable[Path], read_one: Callable[[Path], Clip], on_broken: OnBroken) -> Iterator[Clip]:
    """A clip from each file; one that is broken is `on_broken`'s affair."""
    for path in files:
        try:
            clip = read_one(path)
        except SourceError as error:
            on_broken(error)
        else:
            yield clip


def holds(folder: Path, *patterns: str) -> bool:
    """Whether at least one file or folder matches each of the patterns; for `DataFormat.detect`."""
    try:
        return folder.is_dir() and all(next(folder.glob(p), None) is not None for p in patterns)
    except OSError:
        return False
