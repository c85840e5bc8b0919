"""From any data format that is read to any that is written, clip by clip."""

import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from poseact.clip import Clip
from poseact.datasets.format import DataFormat
from poseact.errors import InvalidInputError, OutputError
from poseact.layouts import get_layout, recipe_for
from poseact.skeleton import SkeletonLayout

_log = logging.getLogger(__name__)


class LayoutChange:
    """Brings clips into other layouts, and says once for each pair of layouts what is lost on the way."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def __call__(self, clip: Clip, target: SkeletonLayout) -> Clip:
        """The clip with its joints in another layout, by joint name."""
        source = clip.sequence.layout
        if source.joint_names == target.joint_names:
            return clip.with_sequence(clip.sequence.to_layout(target))
        if (source.name, target.name) not in self._told:
            self._told.add((source.name, target.name))
            if (note := lost_joints(source, target)) is not None:
                _log.warning("%s", note)
        return clip.with_sequence(clip.sequence.to_layout(target))


def lost_joints(source: SkeletonLayout, target: SkeletonLayout) -> str | None:
    """One line on the joints of `source` that `target` has no place for; None if it has one for all."""
    stand_ins = {
        recipe.parts[0]: name
        for name in target.joint_names
        if (recipe := recipe_for(name, source)) is not None and len(recipe.parts) == 1
    }
    missing = [name for name in source.joint_names if name not in target]
    lost = [name for name in missing if name not in stand_ins]
    moved = [f"{name} becomes {stand_ins[name]}" for name in missing if name in stand_ins]
    parts = []
    if lost:
        they_are = "they are" if len(lost) > 1 else "it is"
        parts.append(f"{target.name} has no place for {', '.join(lost)}: {they_are} lost")
    if moved:
        parts.append(", ".join(moved))
    return f"joints of {source.name}: {'; '.join(parts)}" if parts else None


def in_layout(clips: Iterable[Clip], layout_name: str) -> Iterator[Clip]:
    """The clips with their joints in another layout, by joint name.

    Raises:
        InvalidInputError: If the layout is unknown.
    """
    layout = get_layout(layout_name)
    change = LayoutChange()
    return (change(clip, layout) for clip in clips)


def writable_format(formats: Iterable[DataFormat], target: Path, name: str | None = None) -> DataFormat:
    """The format to write: the one of that name, or else the one whose suffix `target` has.

    A target without a suffix is a folder, and gets the first format that makes folders.

    Raises:
        InvalidInputError: If no format fits, the one asked for is only read, or `target` has another
            suffix than it.
    """
    # A folder may be called v1.2.
    suffix = "" if target.suffix[1:].isdigit() else target.suffix.lower()
    writable = [one for one in formats if one.write is not None]
    known = ", ".join(f"{one.name} ({one.suffix or 'a folder'})" for one in writable)
    if name is not None:
        chosen = [one for one in writable if one.name == name]
        what = f"{name!r} is not a format that poseact writes"
    else:
        chosen = [one for one in writable if one.suffix == suffix]
        what = f"{target.name}: no format is written with this suffix"
    if not chosen:
        raise InvalidInputError(f"{what}; there are {known}: name one with --to")
    if chosen[0].suffix != suffix:
        form = (
            f"as a file that ends with {chosen[0].suffix}"
            if chosen[0].suffix
            else "as a folder, without suffix"
        )
        raise InvalidInputError(f"{target}: {chosen[0].name} is written {form}: choose another name")
    return chosen[0]


def check_target(chosen: DataFormat, source: Path, target: Path, *, force: bool = False) -> None:
    """Refuse a target that is there already, or that is the data set itself or part of it.

    Args:
        chosen: What is to be written.
        source: The data set that is read.
        target: The file or folder to make.
        force: Take an older file's place, and that of a folder which holds nothing but what the
            format writes.

    Raises:
        OutputError: If so.
    """
    if not os.path.lexists(target):
        return
    read, written = source.resolve(), target.resolve()
    if read == written or read in written.parents or written in read.parents:
        raise OutputError(f"{target}: is the data set itself or a part of it: choose another name")
    if not force:
        raise OutputError(
            f"{target}: is there already: choose another name, or remove it first, or add --force"
        )
    if target.is_symlink() or target.is_dir() is not chosen.writes_folder:
        kind = "folder" if chosen.writes_folder else "file"
        raise OutputError(f"{target}: is there already and is no {kind}: choose another name")
    if chosen.writes_folder and not _is_its_own(chosen, target):
        raise OutputError(
            f"{target}: is there already and holds other things than {chosen.name} writes: choose another "
            "name, or remove it first"
        )


def _is_its_own(chosen: DataFormat, folder: Path) -> bool:
    """Whether a folder is empty, or data of that format and no file beside them."""
    if next(folder.iterdir(), None) is None:
        return True
    suffixes = {"poseact": (".csv", ".npz"), "openpose-json": (".json",)}.get(chosen.name, ())
    files = (Path(inner, name) for inner, _, names in os.walk(folder) for name in names)
    return chosen.detect(folder) and all(file.suffix.lower() in suffixes for file in files)


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Where to write `target`: there, or, where a folder is in its place, beside it until it is whole.

    Raises:
        OutputError: If the folder cannot be replaced.
    """
    if not target.is_dir():
        yield target
        return
    try:
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.part-"))
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror}): choose another folder") from error
    try:
        yield temporary / "new"
        try:
            target.rename(temporary / "old")
            (temporary / "new").rename(target)
        except OSError as error:
            if not target.exists() and (temporary / "old").exists():
                (temporary / "old").rename(target)
            raise OutputError(f"{target}: cannot be replaced ({error.strerror})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
