"""What the outer structure of a video file tells about damage: an index never written, an end cut off.

FFmpeg says only "invalid data" or reads on as if nothing were amiss. Sources: ISO/IEC 14496-12
(boxes of mp4 and mov), RIFF as AVI uses it, RFC 8794 and RFC 9559 (EBML, Matroska and WebM).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MP4_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"})
_EBML_HEADER = b"\x1a\x45\xdf\xa3"
_MATROSKA_SEGMENT = b"\x18\x53\x80\x67"
_MAX_BOXES = 100_000


@dataclass(frozen=True)
class Structure:
    """Damage seen from outside.

    Attributes:
        lacks_index: An mp4 or mov without ``moov``: nothing in it can be found.
        missing_bytes: How much longer the file says that it is; 0 where whole or unknown.
    """

    lacks_index: bool = False
    missing_bytes: int = 0


def read_structure(path: Path) -> Structure:
    """Look at the outer structure of a file; a kind that is not known counts as whole."""
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size)
    except (OSError, IndexError, struct.error):  # unreadable, or too short to say anything
        return Structure()


def _read(file: BinaryIO, size: int) -> Structure:
    start = file.read(64)
    if start[4:8] in _MP4_FIRST_BOXES:
        return _mp4_structure(file, size)
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return _beyond_end(8 + struct.unpack("<I", start[4:8])[0], size)
    if start[:4] == _EBML_HEADER:
        return _beyond_end(_matroska_end(start), size)
    return Structure()


def _beyond_end(stated_end: int, size: int) -> Structure:
    return Structure(missing_bytes=max(0, stated_end - size))


def _mp4_structure(file: BinaryIO, size: int) -> Structure:
    boxes = list(_mp4_boxes(file, size))
    lacks_index = not any(kind == b"moov" for kind, _ in boxes)
    return Structure(lacks_index, missing_bytes=max([0, *(end - size for _, end in boxes)]))


def _mp4_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Kind and end of each outermost box."""
    position = 0
    for _ in range(_MAX_BOXES):
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return
        length = int.from_bytes(header[:4], "big")
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:], "big")
        elif length == 0:  # to the end of the file
            length = size - position
        if length < 8:
            return
        position += length
        yield header[4:8], position


def _matroska_end(start: bytes) -> int:
    """Where the segment says that it ends; 0 when it does not say, as in live recordings."""
    header_size, position = _ebml_number(start, 4)
    position += header_size
    if start[position : position + 4] != _MATROSKA_SEGMENT or position + 12 > len(start):
        return 0
    segment_size, position = _ebml_number(start, position + 4)
    return position + segment_size if segment_size else 0


def _ebml_number(data: bytes, position: int) -> tuple[int, int]:
    """A number of variable length and the position behind it; 0 for the reserved "unknown"."""
    first = data[position]
    length = 9 - first.bit_length()
    if length > 8:
        return 0, position + 1
    value = int.from_bytes(data[position : position + length], "big") & ((1 << 7 * length) - 1)
    unknown = (1 << 7 * length) - 1
    return (0 if value == unknown else value), position + length
