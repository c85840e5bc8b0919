"""Writing folders so that a reader finds a whole folder or none, under names that any file system takes."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from poseact.errors import OutputError

# Neither separators nor what Windows refuses; names are cut, for most file systems take 255 bytes.
_REFUSED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_LONGEST = 60


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` to write to; renamed to `folder` when the block ends well.

    If the block raises (an interruption too), the temporary folder is removed.

    Raises:
        OutputError: If `folder` is there already and not empty, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError(f"{folder}: is there already and not empty: choose another folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.part-"))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}): choose another folder") from error
    try:
        try:
            yield temporary
            temporary.chmod(0o755)
            if folder.exists():
                folder.rmdir()
            temporary.replace(folder)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def file_name(text: str) -> str:
    """A text as the name of a file or folder: what a file system refuses becomes ``_``."""
    name = _REFUSED.sub("_", text)[:_LONGEST].strip(" .")
    return name or "_"


def new_folder(parent: Path, name: str) -> Path:
    """Make a folder of that name, or of that name with a number where there is one already."""
    parent.mkdir(parents=True, exist_ok=True)
    folder, number = parent / file_name(name), 2
    while folder.exists():
        folder, number = parent / f"{file_name(name)}-{number}", number + 1
    folder.mkdir()
    return folder
