"""A file or a folder of pictures in real time: every frame when it is due."""

import math
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.live.sources.live_source import Clock
from poseact.video.decoding import VideoFile
from poseact.video.frames import Frame, FrameSource, VideoInfo

_FALLBACK_PERIOD_S = 0.04
_Stamped = tuple[float, Callable[[], NDArray[np.uint8]]]


class Paced:
    """Frames of a source with time stamps, as if it happened now.

    The time runs from the first frame that is asked for. A frame that is asked for too early is waited for;
    who asks late gets the newest one that is due, and the rest counts as skipped.
    """

    def __init__(
        self, source: FrameSource, *, speed: float = 1.0, repeat: bool = False, clock: Clock | None = None
    ) -> None:
        """Begin nothing yet.

        Args:
            source: What to play; closed with this.
            speed: 2.0 plays twice as fast; the stamps stay.
            repeat: Whether to begin again at the end, for ever; the stamps go on.
            clock: Time and waiting.

        Raises:
            InvalidInputError: If `speed` is not more than 0.
        """
        if not 0 < speed < math.inf:
            raise InvalidInputError(f"speed: expected more than 0, found {speed}")
        self.warnings: list[str] = []
        self.skipped = 0
        self._source, self._speed, self._repeat = source, speed, repeat
        self._clock = clock or Clock()
        self._closed = threading.Event()
        self._zero_s = 0.0

    @property
    def info(self) -> VideoInfo:
        """That of the source."""
        return self._source.info

    def monotonic_s(self, timestamp_s: float) -> float:
        """When the frame of this stamp is due, once the first has been asked for; see `LiveSource`."""
        return self._zero_s + timestamp_s / self._speed

    def __iter__(self) -> Iterator[Frame]:
        """The frames, none before its time; a new walk begins at the first one."""
        stamped = self._all_stamped()
        index = 0
        coming = next(stamped, None)
        while coming is not None and not self._closed.is_set():
            stamp_s, image = coming
            now_s = self._clock.now_s()
            if index == 0:
                self._zero_s = now_s - stamp_s / self._speed
            coming = None
            ahead_s = self.monotonic_s(stamp_s) - now_s
            if ahead_s > 0:
                if self._clock.wait(self._closed, ahead_s):
                    return
            else:
                # Against the time of asking, or a slow decoder would never give any.
                coming = next(stamped, None)
                while coming is not None and self.monotonic_s(coming[0]) <= now_s:
                    self.skipped += 1
                    stamp_s, image = coming
                    coming = next(stamped, None)
            yield Frame(image(), stamp_s, index)
            index += 1
            coming = coming or next(stamped, None)

    def _all_stamped(self) -> Iterator[_Stamped]:
        """Every picture of the source, and of its repetitions, with the stamp that it is given."""
        begin_s = last_s = 0.0
        period_s = 1 / (self._source.info.average_fps or 1 / _FALLBACK_PERIOD_S)
        while not self._closed.is_set():
            for stamp_s, image in _stamped(self._source):
                last_s = begin_s + stamp_s
                yield last_s, image
            self.warnings = list(self._source.warnings)
            if not self._repeat:
                return
            begin_s = last_s + period_s

    def close(self) -> None:
        """Close the source; an iteration in another thread ends."""
        self._closed.set()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _stamped(source: FrameSource) -> Iterator[_Stamped]:
    """Each frame's stamp and image, where possible without making images that nobody sees."""
    if isinstance(source, VideoFile):
        yield from source.stamped_pictures()
    else:
        for frame in source:
            yield frame.timestamp_s, partial(getattr, frame, "image")
