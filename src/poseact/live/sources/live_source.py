"""What the live sources have in common: a picture on its way, what is said of it, the source itself."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from poseact.video.frames import FrameSource, VideoInfo

NoticeKind = Literal["lost", "back", "size", "clock", "waiting"]


@dataclass(frozen=True)
class Notice:
    """Something that happened to a source that goes on.

    Attributes:
        kind: ``"lost"`` (no pictures any more), ``"back"`` (again pictures), ``"size"`` (the pictures have
            another size), ``"clock"`` (the source's clock has jumped), ``"waiting"`` (not there yet).
        text: One line for the user; names the source, without its password.
    """

    kind: NoticeKind
    text: str


@runtime_checkable
class LiveSource(FrameSource, Protocol):
    """A source whose pictures come when they come: who is late gets the newest one.

    Cameras and streams are stamped on the clock of `time.monotonic`; files, folders and stdin keep the stamps
    of their own, from 0 on, as offline.
    """

    @property
    def skipped(self) -> int:
        """Pictures that were there and never given, as a newer one was there too."""

    def monotonic_s(self, timestamp_s: float) -> float:
        """When the picture of this stamp came or was due, on the clock of `time.monotonic`.

        Holds for the last picture given; the distance between the two clocks changes where a stream pauses.
        """


@dataclass(frozen=True)
class Picture:
    """A picture that has been read and not yet been asked for.

    Attributes:
        image: Makes the (H, W, 3) uint8 RGB array; called once, or never.
        timestamp_s: On the source's own clock.
        due_s: When it came or is to be shown, on `time.monotonic`.
        jump_s: By how much the source's clock has jumped since the picture before.
    """

    image: Callable[[], NDArray[np.uint8]]
    timestamp_s: float
    due_s: float
    jump_s: float = 0.0


class Connection(Protocol):
    """A camera or stream as long as it lasts."""

    info: VideoInfo

    ends: bool
    """Whether its end is the end, and no loss."""

    def next(self) -> Picture | None:
        """Wait for the next picture; None at the end.

        Raises:
            SourceError: If it is broken; the line names the source.
        """

    def close(self) -> None:
        """Let go of it; called by the thread that reads."""


class Clock:
    """Time, and waiting for it; tests pass one of their own."""

    def now_s(self) -> float:
        """Seconds of `time.monotonic`."""
        return time.monotonic()

    def wait(self, wake: threading.Event, seconds: float) -> bool:
        """Wait; whether `wake` was set in the meantime."""
        return wake.wait(seconds)
