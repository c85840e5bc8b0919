"""Writing files so that a reader finds a whole file or none, never half of one."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from poseact.errors import OutputError


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
