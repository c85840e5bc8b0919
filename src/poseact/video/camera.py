"""Live cameras through OpenCV, with time stamps of the monotonic clock."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.errors import SourceError
from poseact.video.frames import Frame, VideoInfo


class Camera:
    """A camera of this computer, or one on the network by its address.

    Frames come as fast as the camera gives them and are stamped with `time.monotonic` when they
    arrive: the first stamp is not 0, and ``time.monotonic() - frame.timestamp_s`` is how late a
    result is. OpenCV keeps a few frames; whoever reads too slowly sees old ones, so read from a
    thread of its own and drop what is stale.
    """

    def __init__(
        self, device: int | str = 0, *, size_wh: tuple[int, int] | None = None, fps: float | None = None
    ) -> None:
        """Open a camera and take one picture.

        Args:
            device: 0 for the first camera, 1 for the next, or an address such as ``rtsp://...``.
            size_wh: Width and height to ask for; the camera may give another size.
            fps: Rate to ask for; likewise.

        Raises:
            SourceError: If there is no such camera, or it gives no picture.
        """
        self._name = f"camera {device}"
        self._lock = Lock()
        self._closed = False
        self._index = 0
        self._waiting: tuple[NDArray[np.uint8], float] | None = None
        self.warnings: list[str] = []
        self._capture = _open_capture(device)
        if size_wh is not None:
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, size_wh[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size_wh[1])
        if fps is not None:
            self._capture.set(cv2.CAP_PROP_FPS, fps)
        first = self._grab()
        if first is None:
            self.close()
            raise SourceError(
                f"{self._name}: expected pictures, found none: connect a camera, allow access to it, or "
                "give another number"
            )
        self._waiting = first
        self._size_wh = (first[0].shape[1], first[0].shape[0])

    @property
    def info(self) -> VideoInfo:
        """Size of the first picture and the rate that the camera states."""
        fps = 0.0 if self._closed else self._capture.get(cv2.CAP_PROP_FPS)
        width, height = self._size_wh
        return VideoInfo(self._name, width, height, fps if fps > 0 else None, None, None, "camera")

    def __iter__(self) -> Iterator[Frame]:
        """Frames until the camera is closed or stops giving any."""
        while (grabbed := self._waiting or self._grab()) is not None:
            self._waiting = None
            yield Frame(*grabbed, self._index)
            self._index += 1
        if not self._closed:
            self.warnings.append(f"{self._name}: the camera stopped giving pictures")

    def _grab(self) -> tuple[NDArray[np.uint8], float] | None:
        with self._lock:
            if self._closed or not self._capture.grab():
                return None
            stamp_s = time.monotonic()
            good, image = self._capture.retrieve()
        if not good:
            return None
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False), stamp_s

    def close(self) -> None:
        """Let go of the camera; an iteration that is under way in another thread ends."""
        with self._lock:
            self._closed = True
            self._waiting = None
            self._capture.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open_capture(device: int | str) -> cv2.VideoCapture:
    """OpenCV's capture, without the lines that it prints about a missing camera."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        capture = cv2.VideoCapture(device)
    finally:
        cv2.utils.logging.setLogLevel(level)
    if not capture.isOpened():
        raise SourceError(f"camera {device}: cannot be opened: {_what_to_do(device)}")
    return capture


def _what_to_do(device: int | str) -> str:
    """Why a camera cannot be opened, as far as Linux tells, and the remedy."""
    path = Path(f"/dev/video{device}")
    if not sys.platform.startswith("linux") or not isinstance(device, int):
        return "connect a camera, close other programs that use it, or give another number"
    if not path.exists():
        others = ", ".join(sorted(other.name.removeprefix("video") for other in path.parent.glob("video*")))
        return f"there is no {path}: connect a camera, or give another number" + (
            f" (there are {others})" if others else ""
        )
    if not os.access(path, os.R_OK | os.W_OK):
        return f"no right to use {path}: join the group 'video', or give another number"
    return "it is in use or takes no pictures: close other programs that use it, or give another number"
