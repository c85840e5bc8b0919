"""One connection, read in a thread of its own, so that nothing that hangs can hold up anybody."""

import math
import threading
from collections.abc import Callable
from dataclasses import replace

from poseact.errors import SourceError
from poseact.live.sources.live_source import Clock, Connection, Picture

# Waiting without end for a thread cannot be interrupted by Ctrl-C on Windows.
_WAKE_EVERY_S = 0.2
# Pictures that follow each other so closely are no stragglers.
_FLOWS_S = 1.0


class StalledError(SourceError):
    """No picture has come for too long."""


class Reader:
    """Connects and reads in a thread; only the newest picture waits to be taken.

    The thread ends, and closes the connection, as soon as whatever it waits for returns after `abandon`. It
    is a daemon: a read that never returns does not keep the program from ending.
    """

    def __init__(self, name: str, connect: Callable[[], Connection], clock: Clock) -> None:
        """Begin to connect.

        Args:
            name: What errors call the source.
            connect: Opens the connection; called in the thread, may block and raise SourceError.
            clock: For waiting until a picture is due, and for what is too long.
        """
        self._name, self._connect, self._clock = name, connect, clock
        self._changed = threading.Condition()
        self._gone, self._begun = threading.Event(), threading.Event()
        self._waiting: Picture | None = None
        self._ended = False
        self._error: BaseException | None = None
        self._sign_s, self._put_s = clock.now_s(), -math.inf
        self.connection: Connection | None = None
        self.skipped = 0
        self._thread = threading.Thread(target=self._read, name="poseact-live-source", daemon=True)
        self._thread.start()

    def take(self, patience_s: float) -> Picture | None:
        """The newest picture, as soon as there is one; None at the end, and once abandoned.

        Args:
            patience_s: How long after the last picture, or the beginning, to wait at most.

        Raises:
            StalledError: If none has come for so long.
            SourceError: What ended the connection, after its last picture.
        """
        with self._changed:
            while self._waiting is None and not self._ended and not self._gone.is_set():
                if self._clock.now_s() - self._sign_s > patience_s:
                    raise StalledError(f"{self._name}: no picture for {patience_s:g} s")
                self._changed.wait(min(_WAKE_EVERY_S, patience_s))
            picture, self._waiting = self._waiting, None
            if self._gone.is_set():
                return None
            if picture is None and self._error is not None:
                raise self._taken_error()
            return picture

    def begin(self) -> bool:
        """What ends goes on behind its first picture only now; whether a newer picture waits already."""
        self._begun.set()
        with self._changed:
            return self._waiting is not None

    def abandon(self) -> None:
        """No more pictures are wanted; the thread ends when it can."""
        self._gone.set()
        self._begun.set()
        with self._changed:
            self._changed.notify_all()

    def ended(self, within_s: float = 0.0) -> bool:
        """Whether the thread has ended, and with it all that holds the device."""
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _taken_error(self) -> BaseException:
        """The error, no longer kept: it and its traceback would hold each other, and pictures with them."""
        try:
            assert self._error is not None
            return self._error
        finally:
            self._error = None

    def _read(self) -> None:
        try:
            self.connection = self._connect()
            try:
                while not self._gone.is_set() and (picture := self.connection.next()) is not None:
                    self._clock.wait(self._gone, max(0.0, picture.due_s - self._clock.now_s()))
                    self._put(picture)
                    if self.connection.ends:
                        self._begun.wait()
            finally:
                self.connection.close()
        except BaseException as error:  # it travels to whoever takes
            self._error = None if self._gone.is_set() else error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, picture: Picture) -> None:
        with self._changed:
            if self._waiting is not None:
                self.skipped += 1
                picture = replace(picture, jump_s=picture.jump_s or self._waiting.jump_s)
            self._waiting = picture
            # FFmpeg keeps one picture back, and gives it when no more come: that is no sign of life.
            now_s = self._clock.now_s()
            flows = now_s - self._put_s < _FLOWS_S
            self._sign_s = now_s if flows else max(self._sign_s, picture.due_s)
            self._put_s = now_s
            self._changed.notify_all()
