"""One sink in front of several: numbers what is told, and keeps the failure of one from the others."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import RLock
from types import TracebackType
from typing import Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from poseact.errors import one_line
from poseact.live.events import SegmentEnded, SegmentStarted, SegmentUpdated, Told
from poseact.live.telling.documents import Box, Document, Place, event_document, notice_document
from poseact.live.telling.scene import Scene

# Who asks for the state gets one that is so old at most.
_FRESH_S = 0.1


class Outlet(Protocol):
    """One way out for documents: a file, a server, a broker."""

    name: str
    """What to call it to the user; no secrets."""

    def send(self, document: Document, state: Document, /) -> None:
        """Pass a document on without waiting for anybody.

        Args:
            document: An event, a notice, or the state once again.
            state: Who is in view and what they do, with this event counted in.

        Raises:
            OutputError: If this way has come to its end.
        """

    def close(self) -> None:
        """Write out what waits, for a short while, and let go. May be called twice.

        Raises:
            OutputError: If something was not written.
        """


@runtime_checkable
class ScreenOutlet(Outlet, Protocol):
    """An outlet where somebody may look at any time: it is given pictures and the state of every frame."""

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""

    def show(self, image: NDArray[np.uint8]) -> None:
        """Show the newest (H, W, 3) RGB picture, which is not changed after that. Never waits."""

    def refresh(self, state: Document) -> None:
        """Take the state as of the newest frame, for who asks next. Never waits."""


_SomeOutlet = TypeVar("_SomeOutlet", bound=Outlet)


class Fan:
    """The `EventSink` that tells everything to several outlets; its methods may be called from any thread.

    All outlets get the same documents with the same numbers. One that fails is left out from then on, which
    `say` and a notice to the others tell once.

    Args:
        outlets: Where to; they are closed with the fan.
        say: Takes a line for the user.
        about: What is watched and with which model, in one line.
        state_every_s: While frames come in, the state is told again after so long.
        update_every_s: Of a segment that goes on, no more than one update in so long; 0 for all.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        outlets: Sequence[Outlet],
        say: Callable[[str], None],
        *,
        about: str = "",
        state_every_s: float = 5.0,
        update_every_s: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outlets, self._say, self._clock = tuple(outlets), say, clock
        self._screens = tuple(one for one in outlets if isinstance(one, ScreenOutlet))
        self._state_every_s, self._update_every_s = state_every_s, update_every_s
        self._lock = RLock()
        self._session, self._sequence = secrets.token_hex(8), 0
        self._scene = Scene(about)
        self._frame_s: float | None = None
        self._state_unix_s = self._fresh_unix_s = clock()
        self._updated_unix_s: dict[int, float] = {}
        self._closed = False
        self.notice("session_started", about)

    @property
    def working(self) -> bool:
        """Whether any outlet is left."""
        return bool(self._outlets)

    @property
    def watched(self) -> bool:
        """Whether anybody looks at pictures: nobody else need draw them."""
        return any(screen.watched for screen in self._screens)

    def tell(self, told: Told) -> None:
        """Pass an event on to all outlets."""
        with self._lock:
            if self._too_soon(told):
                return
            self._frame_s = told.frame_s
            document = event_document(told, self._next_place())
            self._scene.add(document)
            self._send(document, told.unix_s)

    def notice(self, kind: str, text: str) -> None:
        """Tell of something that is no event of a person.

        Args:
            kind: A word for programs, such as ``stream_lost`` or ``stream_back``.
            text: A line for people.
        """
        with self._lock:
            now = self._clock()
            self._send(notice_document(kind, text, self._next_place(), self._frame_s, now), now)

    def note_frame(
        self,
        frame_s: float,
        unix_s: float,
        boxes_px: Mapping[int, Box] | None = None,
        frame_size_wh: tuple[int, int] | None = None,
    ) -> None:
        """Say that a frame has been looked at, so that listeners know that silence means nothing to tell.

        Args:
            frame_s: Its stamp.
            unix_s: Now.
            boxes_px: Track id -> box x0, y0, x1, y1 of the people in it.
            frame_size_wh: Its width and height.
        """
        with self._lock:
            self._frame_s = frame_s
            self._scene.place(frame_s, boxes_px or {}, frame_size_wh)
            if abs(unix_s - self._state_unix_s) >= self._state_every_s:
                self._state_unix_s = unix_s
                state = self._state(unix_s)
                self._each(self._outlets, lambda outlet: outlet.send(state, state))
            elif self._screens and abs(unix_s - self._fresh_unix_s) >= _FRESH_S:
                self._fresh_unix_s = unix_s
                state = self._state(unix_s)
                self._each(self._screens, lambda screen: screen.refresh(state))

    def show(self, image: NDArray[np.uint8]) -> None:
        """Show a picture to those who watch; see `ScreenOutlet.show`."""
        with self._lock:
            self._each(self._screens, lambda screen: screen.show(image))

    def close(self) -> None:
        """Tell that this is the end, and close all outlets."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self.notice("session_ended", "")
            self._each(self._outlets, lambda outlet: outlet.close())
            self._outlets = self._screens = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next_place(self) -> Place:
        self._sequence += 1
        return Place(self._session, self._sequence)

    def _too_soon(self, told: Told) -> bool:
        event = told.event
        if not isinstance(event, SegmentStarted | SegmentUpdated | SegmentEnded):
            return False
        track_id = event.segment.track_id
        if isinstance(event, SegmentEnded):
            self._updated_unix_s.pop(track_id, None)
            return False
        last = self._updated_unix_s.get(track_id, float("-inf"))
        if isinstance(event, SegmentUpdated) and abs(told.unix_s - last) < self._update_every_s:
            return True
        self._updated_unix_s[track_id] = told.unix_s
        return False

    def _send(self, document: Document, unix_s: float) -> None:
        state = self._state(unix_s)
        self._each(self._outlets, lambda outlet: outlet.send(document, state))

    def _state(self, unix_s: float) -> Document:
        return self._scene.document(Place(self._session, self._sequence), self._frame_s, unix_s)

    def _each(self, outlets: Sequence[_SomeOutlet], act: Callable[[_SomeOutlet], None]) -> None:
        failed: list[str] = []
        for outlet in outlets:
            try:
                act(outlet)
            except Exception as error:  # whatever goes wrong with one way out must not harm the others
                self._outlets = tuple(one for one in self._outlets if one is not outlet)
                self._screens = tuple(one for one in self._screens if one is not outlet)
                with suppress(Exception):
                    outlet.close()
                failed.append(one_line(error))
        for text in failed:
            self._say(text if self._closed else f"{text}; no more events go there")
            if not self._closed:
                self.notice("telling_failed", text)
