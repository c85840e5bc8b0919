"""Writing files so that a reader finds a whole file or none, never half of one."""

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from poseact.errors import OutputError

# The names that `whole_file` gives. Whoever is at work on one writes to it more often than this.
_PART = re.compile(
    r"\..+\.part-[a-z0-9_]{8}\."
    r"(boris|csv|eaf|gif|html|json|md|mp4|npz|onnx|parquet|png|skops|tsv|vtt|yaml)"
)
_STALE_S = 3600.0


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` when the block ends well.

    If the block raises (an interruption too), the temporary file is removed and an older
    `path` stays as it was. The temporary name keeps the suffix, for writers that look at it.

    Raises:
        OutputError: If the folder or the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.part-", suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise OutputError(
            f"{path.parent}: cannot write here ({error.strerror}): choose another folder"
        ) from error
    temporary = Path(name)
    try:
        yield temporary
        try:
            temporary.chmod(0o644)
            temporary.replace(path)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
    finally:
        temporary.unlink(missing_ok=True)


def remove_stale_parts(folder: Path) -> None:
    """Remove unfinished results that nobody has written to for an hour: their program was killed."""
    oldest = time.time() - _STALE_S
    for path in folder.iterdir():
        with suppress(OSError):  # another run removes it just now, or it is not ours to remove
            if _PART.fullmatch(path.name) and path.stat().st_mtime < oldest:
                path.unlink()


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a file, whole or not at all; see `whole_file`."""
    with whole_file(path) as temporary:
        try:
            with temporary.open("wb") as file:
                write(file)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


def write_text_whole(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all; see `whole_file`."""
    write_whole(path, lambda file: file.write(text.encode()))


def make_folder(folder: Path) -> Path:
    """The folder, made if it is not there.

    Raises:
        OutputError: If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: results cannot be written here ({error.strerror}): choose another folder"
        ) from error
    return folder
