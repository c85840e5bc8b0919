"""What tells one recording from another: its name, its size, and samples of its content."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseact.errors import SourceError
from poseact.video import read_comment
from poseact.video.gif_writing import read_gif_comment
from poseact.video.pictures import find_pictures

# What an annotated video says of itself.
ANNOTATED_COMMENT = "annotated by poseact"
_SAMPLES = 16
_SAMPLE_BYTES = 1 << 16


@dataclass(frozen=True)
class Recording:
    """Tells whether two results are of the same video, without the video's path.

    Attributes:
        name: Name of the file or of the folder of pictures, without what it lies in.
        size_bytes: Of the file, or of all pictures together.
        fingerprint: Of up to 16 evenly spaced samples of the content (64 KiB each): SHA-256, the
            first 32 hexadecimal digits. Name and size alone are not enough: every minute of a
            fixed camera's raw video has the same ones.
    """

    name: str
    size_bytes: int
    fingerprint: str

    @classmethod
    def of(cls, source: str | os.PathLike[str]) -> "Recording":
        """Of a video file, a picture, or a folder of pictures.

        Raises:
            SourceError: If it cannot be read.
        """
        path = Path(source)
        is_folder = path.is_dir()
        files = find_pictures(path) if is_folder else [path]
        digest = hashlib.sha256()
        try:
            size = sum(file.stat().st_size for file in files)
            chosen = [files[i] for i in _evenly(len(files) - 1, min(len(files), _SAMPLES))]
            for file in chosen:
                for sample in _samples(file, max(1, _SAMPLES // len(chosen))):
                    digest.update(sample)
        except OSError as error:
            raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
        return cls(path.resolve().name if is_folder else path.name, size, digest.hexdigest()[:32])

    def has_content_of(self, other: "Recording") -> bool:
        """Whether it is the same but perhaps for its name."""
        return (self.size_bytes, self.fingerprint) == (other.size_bytes, other.fingerprint)

    @classmethod
    def told_by(cls, entry: Any) -> "Recording | None":
        """From the entry ``video`` in a file of results; None where it does not say enough."""
        match entry:
            case {"name": str(name), "size_bytes": int(size), "fingerprint": str(fingerprint)}:
                return cls(name, size, fingerprint)
        return None


def is_annotated(path: Path) -> bool:
    """Whether a file is a video that poseact drew its results on: no recording of anything new."""
    if path.suffix.lower() == ".gif":
        return read_gif_comment(path) == ANNOTATED_COMMENT
    return path.suffix.lower() == ".mp4" and read_comment(path) == ANNOTATED_COMMENT


def _samples(file: Path, count: int) -> Iterator[bytes]:
    """`count` samples of a file; all of a small one."""
    with file.open("rb") as opened:
        size = opened.seek(0, os.SEEK_END)
        if size <= count * _SAMPLE_BYTES:
            count, length = 1, size
        else:
            length = _SAMPLE_BYTES
        for start in _evenly(size - length, count):
            opened.seek(start)
            yield opened.read(length)


def _evenly(last: int, count: int) -> list[int]:
    """`count` whole numbers from 0 to `last`; the one in the middle if only one is wanted."""
    return [last // 2] if count == 1 else [i * last // (count - 1) for i in range(count)]
