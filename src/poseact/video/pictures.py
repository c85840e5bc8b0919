"""A folder of pictures, or a single one, as a video of a fixed rate."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, SourceError
from poseact.video.frames import DEFAULT_MAX_PIXELS, Frame, VideoInfo

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp"})
DEFAULT_FPS = 25.0
_KINDS = "png, jpg, bmp or webp"


class ImageFolder:
    """Pictures of one size, in the natural order of their names (``2.png`` before ``10.png``).

    Picture number n, counted from 0, has the time stamp n / fps. One that cannot be read is left
    out, its place in time stays empty, and `warnings` names it.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, fps: float = DEFAULT_FPS, max_pixels: int = DEFAULT_MAX_PIXELS
    ) -> None:
        """Find the pictures and read the first one.

        Args:
            path: A folder, or one picture.
            fps: Pictures per second.
            max_pixels: Refuse larger pictures.

        Raises:
            SourceError: If there is no picture that can be read.
            InvalidInputError: If `fps` is not more than 0.
        """
        if not 0 < fps < float("inf"):
            raise InvalidInputError(f"fps: expected more than 0, found {fps}")
        self._path = Path(path)
        self._fps = fps
        self._max_pixels = max_pixels
        self.warnings: list[str] = []
        self._files = find_pictures(self._path)
        first = next((image for f in self._files if (image := self._read(f)) is not None), None)
        if first is None:
            raise SourceError(f"{self._path}: none of {len(self._files)} pictures can be read ({_KINDS})")
        self._size_wh = (first.shape[1], first.shape[0])

    @property
    def info(self) -> VideoInfo:
        """Size of the first picture; the number of files as the number of frames."""
        count = len(self._files)
        width, height = self._size_wh
        return VideoInfo(str(self._path), width, height, self._fps, count / self._fps, count, "pictures")

    def __iter__(self) -> Iterator[Frame]:
        """The pictures as frames.

        Raises:
            SourceError: If one is of another size than the first.
        """
        self.warnings = []
        index = 0
        for number, file in enumerate(self._files):
            image = self._read(file)
            if image is None:
                self.warnings.append(f"{file}: the picture cannot be read and was left out")
                continue
            size_wh = (image.shape[1], image.shape[0])
            if size_wh != self._size_wh:
                raise SourceError(
                    f"{file}: expected {self._size_wh[0]} x {self._size_wh[1]} pixels as in the first "
                    f"picture of the folder, found {size_wh[0]} x {size_wh[1]}: bring all to one size"
                )
            yield Frame(image, number / self._fps, index)
            index += 1

    def _read(self, file: Path) -> NDArray[np.uint8] | None:
        """An upright RGB picture (EXIF orientation followed); None if it is damaged."""
        try:
            # Not cv2.imread: on Windows it cannot open names outside the local code page.
            data = np.frombuffer(file.read_bytes(), np.uint8)
            image = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
        except (OSError, cv2.error):
            return None
        if image is None:
            return None
        if image.shape[0] * image.shape[1] > self._max_pixels:
            raise SourceError(
                f"{file}: expected at most {self._max_pixels} pixels, found {image.shape[1]} x "
                f"{image.shape[0]}: scale the picture down, or raise max_pixels"
            )
        return image.astype(np.uint8, copy=False)

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_pictures(path: Path) -> list[Path]:
    """The pictures in a folder, in the natural order of their names, or the one picture given.

    Raises:
        SourceError: If there is none, or the folder cannot be read.
    """
    try:
        files = [path] if path.is_file() else sorted(path.iterdir(), key=_natural_key)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}): check its name and rights") from error
    found = [f for f in files if f.suffix.lower() in PICTURE_SUFFIXES and not f.name.startswith(".")]
    if not found:
        raise SourceError(f"{path}: expected pictures ({_KINDS}), found none: give a video file or a folder")
    return found


def _natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Numbers in a name by their value, the rest by its letters."""
    parts = re.findall(r"[0-9]+|[^0-9]+", path.name.casefold())
    return [(0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in parts]
