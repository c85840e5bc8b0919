"""The picture of ``poseact data info``: where it goes, and that it takes no other file's place."""

import os
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from poseact.errors import InvalidInputError, OutputError
from poseact.files import write_whole

if TYPE_CHECKING:
    from poseact.render.colours import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Signature, and the chunk IHDR, which is always the first: length, name, 13 bytes, checksum.
_HEAD = len(_SIGNATURE) + 25
# "tEXt", PNG specification, section 11.3.4.3.
_MARK = b"tEXtSoftware\0poseact data info"


def check_picture(target: Path) -> None:
    """Refuse a place where the picture cannot be written, before anything long is done.

    Raises:
        InvalidInputError: If the name ends with another suffix than ``.png``.
        OutputError: If a file is there that is no older picture of ``poseact data info``, or the
            folder is not there or cannot be written.
    """
    if target.suffix.lower() != ".png":
        raise InvalidInputError(
            f"--picture {target}: the picture is a PNG: choose a name that ends with .png"
        )
    check_parent(target)
    if os.path.lexists(target) and not _is_ours(target):
        raise OutputError(
            f"{target}: is there already and is no picture of poseact data info: choose another name "
            "with --picture"
        )


def check_parent(target: Path) -> None:
    """Refuse a file or folder to be made in a folder that is not there or cannot be written.

    Raises:
        OutputError: If so.
    """
    parent = target.parent
    if not parent.is_dir():
        raise OutputError(f"{target}: there is no folder {parent}: make it first, or choose another place")
    if not os.access(parent, os.W_OK):
        raise OutputError(f"{target}: the folder {parent} may not be written: choose another place")


def write_picture(target: Path, image: "Image") -> None:
    """Write an RGB picture as PNG with a mark by which it is known the next time.

    Raises:
        OutputError: If the file cannot be written.
    """
    import cv2
    import numpy as np

    good, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    if not good:
        raise OutputError(f"{target}: the picture could not be turned into a PNG")
    plain = data.tobytes()
    chunk = struct.pack(">I", len(_MARK) - 4) + _MARK + struct.pack(">I", zlib.crc32(_MARK))
    write_whole(target, lambda file: file.write(plain[:_HEAD] + chunk + plain[_HEAD:]))


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(_HEAD + 4 + len(_MARK))
    except OSError:
        return False
    return start.startswith(_SIGNATURE) and start.endswith(_MARK)
