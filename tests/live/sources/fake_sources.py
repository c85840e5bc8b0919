"""Clocks and connections for the tests of live sources: what happens, and when, is written down."""

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from poseact.errors import SourceError
from poseact.live.sources.live_source import Clock, Picture
from poseact.video import VideoInfo

_LONG_S = 10.0


class FakeClock(Clock):
    """Waiting takes no time and makes it pass."""

    def __init__(self) -> None:
        self.time_s = 1000.0
        self.waits: list[float] = []

    def now_s(self) -> float:
        return self.time_s

    def wait(self, wake: threading.Event, seconds: float) -> bool:
        if seconds > 0 and not wake.is_set():
            self.waits.append(seconds)
            self.time_s += seconds
        return wake.is_set()


def plain(value: int, size_wh: tuple[int, int] = (8, 6)) -> NDArray[np.uint8]:
    return np.full((size_wh[1], size_wh[0], 3), value, np.uint8)


class FakeConnection:
    """Gives what it was told to, each picture after the one before has been looked at.

    Args:
        script: Pictures; None for the end; an error to raise; a function to call, which may block.
        clock: For the stamps of pictures.
        ends: See `Connection`.
    """

    def __init__(self, script: Sequence[object], clock: FakeClock, *, ends: bool = False) -> None:
        self.info = VideoInfo("fake", 1, 1, None, None, None, "fake")
        self.ends = ends
        self.is_closed = False
        self._script, self._clock = list(script), clock
        self._seen = threading.Event()
        self._seen.set()

    def next(self) -> Picture | None:
        assert self._seen.wait(_LONG_S), "the picture before was never taken"
        item = self._script.pop(0)
        while callable(item):
            item()
            item = self._script.pop(0)
        if isinstance(item, SourceError):
            raise item
        if item is None:
            return None
        self._seen.clear()
        image, stamp_s, jump_s = item if isinstance(item, tuple) else (plain(item), None, 0.0)
        now_s = self._clock.now_s()
        return Picture(self._looked_at(image), now_s if stamp_s is None else stamp_s, now_s, jump_s)

    def _looked_at(self, image: NDArray[np.uint8]) -> Callable[[], NDArray[np.uint8]]:
        def look() -> NDArray[np.uint8]:
            self._seen.set()
            return image

        return look

    def close(self) -> None:
        self.is_closed = True
