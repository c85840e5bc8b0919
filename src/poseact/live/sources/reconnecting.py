"""A camera or stream that is connected to again when it drops."""

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from poseact.errors import InvalidInputError, SourceError
from poseact.live.sources.live_source import Clock, Connection, Notice, NoticeKind, Picture
from poseact.live.sources.reader import Reader
from poseact.video.frames import Frame, VideoInfo
from poseact.wording import counted

# Connecting takes its time, and the first picture may wait for a key frame.
_PATIENCE_AT_FIRST = 3.0
# A source that has lasted for so long has recovered: the next loss begins with short waits again.
_RECOVERED_S = 10.0
_LEAST_STEP_S = 1e-3
_MOST_WARNINGS = 100
_LEAVE_S = 0.5


@dataclass(frozen=True)
class Retry:
    """How often to try again.

    Attributes:
        first_s: Wait before the first attempt; twice as long before each further one.
        longest_s: Longest wait.
        attempts: Failed attempts in a row before giving up; None = never.
        wait_for_it: Whether a source that is not there at the beginning is waited for likewise; else that
            is an error.
    """

    first_s: float = 0.5
    longest_s: float = 30.0
    attempts: int | None = None
    wait_for_it: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.longest_s or (self.attempts or 0) < 0:
            raise InvalidInputError(
                f"retry: expected 0 < first_s <= longest_s and attempts of 0 or more, found {self}"
            )

    def wait_s(self, attempt: int) -> float:
        """Wait before an attempt, 0 for the first after a loss."""
        return min(self.longest_s, self.first_s * 2.0 ** min(attempt, 60))


class Reconnecting:
    """A live source that goes on when its camera or stream drops, hangs, or sends nothing of use.

    Every connection is read by a thread of its own. A loss is told once, and once that it is over. Stamps
    strictly rise over all connections. `warnings` keeps the last hundred lines.
    """

    def __init__(
        self,
        name: str,
        connect: Callable[[], Connection],
        *,
        retry: Retry | None = None,
        timeout_s: float = 10.0,
        on_notice: Callable[[Notice], object] = lambda _: None,
        clock: Clock | None = None,
    ) -> None:
        """Connect and wait for the first picture.

        Args:
            name: What to call it; without passwords.
            connect: Opens a connection; called in the thread that reads it.
            retry: How to go on after a loss.
            timeout_s: No picture for so long is a loss; infinite for what may pause at will.
            on_notice: Told what happens, in the thread that iterates.
            clock: Time and waiting.

        Raises:
            SourceError: If it cannot be opened or gives no picture.
        """
        if not timeout_s > 0:
            raise InvalidInputError(f"timeout: expected more than 0 s, found {timeout_s}")
        self.warnings: list[str] = []
        self._name, self._connect, self._timeout_s = name, connect, timeout_s
        self._retry = retry or Retry()
        self._on_notice, self._clock = on_notice, clock or Clock()
        self._closed = threading.Event()
        self._index = self._attempt = self._skipped = 0
        self._last_s, self._offset_s = -math.inf, 0.0
        self._size_wh: tuple[int, int] | None = None
        self._reader = Reader(self._name, connect, self._clock)
        try:
            first = self._first_picture()
            image = first.image()
        except BaseException:
            self.close()
            raise
        assert self._reader.connection is not None  # it gave a picture
        self._next: Picture | None = replace(first, image=lambda: image)
        self._info = replace(self._reader.connection.info, width=image.shape[1], height=image.shape[0])
        self._up_since_s = self._clock.now_s()

    @property
    def info(self) -> VideoInfo:
        """What is known of the first connection; the size is that of its first picture."""
        return self._info

    @property
    def skipped(self) -> int:
        """See `LiveSource`."""
        return self._skipped + self._reader.skipped

    def monotonic_s(self, timestamp_s: float) -> float:
        """See `LiveSource`."""
        return timestamp_s + self._offset_s

    def __iter__(self) -> Iterator[Frame]:
        """The newest pictures, until it is closed or ends for good.

        What ends of itself (stdin, a file on a web server) begins to run now, not when it was opened.

        Raises:
            SourceError: If it has been given up.
        """
        if self._reader.begin() and self._next is not None:  # it took long from opening to here
            self._next = None
            self._skipped += 1
        while not self._closed.is_set():
            picture, self._next = self._next or self._take(), None
            if picture is None:
                return
            yield self._frame(picture)

    def close(self) -> None:
        """Let go; an iteration in another thread ends at once, also where the source hangs."""
        self._closed.set()
        self._reader.abandon()
        self._reader.ended(_LEAVE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _first_picture(self) -> Picture:
        try:
            return self._picture_of_new_connection()
        except SourceError as error:
            if not self._retry.wait_for_it:
                raise
            why = str(error)
        self._say("waiting", f"{why}; waiting for it")
        picture = self._connected_again(why)
        assert picture is not None  # nobody can have closed it yet
        return picture

    def _picture_of_new_connection(self) -> Picture:
        picture = self._reader.take(_PATIENCE_AT_FIRST * self._timeout_s)
        if picture is None:
            raise SourceError(f"{self._name}: expected moving pictures, found an end before the first")
        return picture

    def _take(self) -> Picture | None:
        """The next picture, of this connection or another; None at the end."""
        why = ""  # no error is kept: its traceback holds what it passed, pictures too
        ends = self._reader.connection is not None and self._reader.connection.ends
        try:
            picture = self._reader.take(math.inf if ends else self._timeout_s)
            if picture is not None or self._closed.is_set():
                return picture
        except SourceError as error:
            why = str(error)
        if ends:
            self._warn(why)
            return None
        now_s = self._clock.now_s()
        if now_s - self._up_since_s > _RECOVERED_S:
            self._attempt = 0
        why = why or f"{self._name}: the stream has ended"
        self._say("lost", f"{why}; connecting again")
        picture = self._connected_again(why)
        if picture is not None:
            self._up_since_s = self._clock.now_s()
            self._say("back", f"{self._name}: back after {_long(self._up_since_s - now_s)}")
        return picture

    def _connected_again(self, why: str) -> Picture | None:
        """The first picture of a new connection, whenever it comes; None once closed."""
        while True:
            self._reader.abandon()
            if self._retry.attempts is not None and self._attempt >= self._retry.attempts:
                raise SourceError(f"{why}; gave up after {counted(self._attempt, 'attempt')}")
            if self._clock.wait(self._closed, self._retry.wait_s(self._attempt)):
                return None
            self._attempt += 1
            while not self._reader.ended(_LEAVE_S):  # it may still hold the device
                if self._closed.is_set():
                    return None
            self._skipped += self._reader.skipped
            self._reader = Reader(self._name, self._connect, self._clock)
            if self._closed.is_set():
                self._reader.abandon()
                return None
            try:
                return self._picture_of_new_connection()
            except SourceError as error:
                if self._closed.is_set():
                    return None
                why = str(error)

    def _frame(self, picture: Picture) -> Frame:
        image = picture.image()
        size_wh = (image.shape[1], image.shape[0])
        if self._size_wh not in (None, size_wh):
            self._say("size", f"{self._name}: the pictures are now {size_wh[0]} x {size_wh[1]} pixels")
        if picture.jump_s:
            self._say("clock", f"{self._name}: its clock has jumped by {picture.jump_s:+.1f} s")
        self._size_wh = size_wh
        self._last_s = max(picture.timestamp_s, self._last_s + _LEAST_STEP_S)
        self._offset_s = picture.due_s - self._last_s
        self._index += 1
        return Frame(image, self._last_s, self._index - 1)

    def _say(self, kind: NoticeKind, text: str) -> None:
        self._warn(text)
        self._on_notice(Notice(kind, text))

    def _warn(self, line: str) -> None:
        self.warnings = [*self.warnings, *([line] if line else [])][-_MOST_WARNINGS:]


def _long(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
