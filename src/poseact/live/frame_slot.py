"""Where frames wait for the estimator: one place, in which the newest wins."""

import threading
from dataclasses import dataclass

from poseact.video import Frame


@dataclass(frozen=True, eq=False)
class Arrived:
    """A frame and when it came.

    Attributes:
        frame: The picture.
        arrived_s: On the engine's clock.
    """

    frame: Frame
    arrived_s: float


class FrameSlot:
    """A queue of one between a thread that reads frames and one that works on them.

    Args:
        drop: Whether a frame replaces one that still waits, so that the wait never grows; otherwise who
            puts waits until there is room.
    """

    def __init__(self, *, drop: bool = True) -> None:
        self._drop = drop
        self._changed = threading.Condition()
        self._waiting: Arrived | None = None
        self._closed = False
        self.num_put = 0
        """Frames that came."""
        self.num_dropped = 0
        """Frames that newer ones replaced."""

    def put(self, arrived: Arrived) -> bool:
        """Offer the next frame; False if nobody wants any more."""
        with self._changed:
            while self._waiting is not None and not self._drop and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            self.num_put += 1
            self.num_dropped += self._waiting is not None
            self._waiting = arrived
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> Arrived | None:
        """The newest frame, waited for for so long at most; None if none came, or none will."""
        with self._changed:
            if self._waiting is None and not self._closed:
                self._changed.wait(timeout_s)
            arrived, self._waiting = self._waiting, None
            self._changed.notify_all()
            return arrived

    @property
    def is_over(self) -> bool:
        """Whether the end has been said and nothing waits."""
        with self._changed:
            return self._closed and self._waiting is None

    def close(self) -> None:
        """No more frames; one that waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
