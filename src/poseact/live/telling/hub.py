"""The listeners of the local server: each with a short queue, so that a slow one holds up nobody."""

import asyncio
from collections import deque
from dataclasses import dataclass

from poseact.live.telling.documents import Document, to_line

# A listener that is so many documents behind loses the oldest.
_MAX_WAITING = 1000
# Who comes back within this time gets what was told meanwhile.
_REPLAY_S = 30.0


@dataclass(frozen=True)
class Telegram:
    """A document ready to be sent.

    Attributes:
        session: Of the document.
        sequence: Of the document.
        unix_s: When it was told.
        text: Its line of JSON.
    """

    session: str
    sequence: int
    unix_s: float
    text: str

    @property
    def id(self) -> str:
        """What a listener that comes back names as the last that it got."""
        return f"{self.session}:{self.sequence}"


class Listener:
    """Somebody connected; lives in the server's event loop."""

    def __init__(self) -> None:
        self._waiting: deque[Telegram] = deque(maxlen=_MAX_WAITING)
        self._news = asyncio.Event()
        self.closed = False

    def put(self, telegram: Telegram) -> None:
        """Leave something for it; the oldest is lost if too much waits."""
        self._waiting.append(telegram)
        self._news.set()

    def close(self) -> None:
        """Nothing more comes."""
        self.closed = True
        self._news.set()

    async def next(self, timeout_s: float | None = None) -> Telegram | None:
        """What waits longest; None if nothing comes in time, or nothing more comes (see `closed`)."""
        while not self._waiting and not self.closed:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()
            except TimeoutError:
                return None
            self._news.clear()
        return self._waiting.popleft() if self._waiting else None


class Hub:
    """Hands what is told to all listeners; its methods run in the server's event loop."""

    def __init__(self) -> None:
        self.state: Document | None = None
        """The newest; None before anything was told."""
        self._told: deque[Telegram] = deque(maxlen=_MAX_WAITING)
        self._listeners: set[Listener] = set()
        self._closed = False

    @property
    def num_listeners(self) -> int:
        """How many are connected."""
        return len(self._listeners)

    def publish(self, document: Document, state: Document) -> None:
        """Hand on; see `Outlet.send`."""
        telegram = _telegram(document)
        self.state = state
        if document is not state:
            self._told.append(telegram)
        while self._told and abs(telegram.unix_s - self._told[0].unix_s) > _REPLAY_S:
            self._told.popleft()
        for listener in self._listeners:
            listener.put(telegram)

    def refresh(self, state: Document) -> None:
        """Take the state as of a newer frame, for who connects next."""
        self.state = state

    def connect(self, last_id: str = "") -> Listener:
        """A new listener: with what it missed since `last_id`, if that is still known, else the state."""
        listener = Listener()
        for telegram in self._first_of(last_id):
            listener.put(telegram)
        if self._closed:
            listener.close()
        self._listeners.add(listener)
        return listener

    def disconnect(self, listener: Listener) -> None:
        """It has gone."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """All listeners get what waits for them, and then the end."""
        self._closed = True
        for listener in self._listeners:
            listener.close()

    def _first_of(self, last_id: str) -> list[Telegram]:
        if self.state is None:
            return []
        session, _, number = last_id.rpartition(":")
        if session == self.state["session"] and number.isdecimal():
            missed = [telegram for telegram in self._told if telegram.sequence > int(number)]
            if len(missed) == self.state["sequence"] - int(number):
                return missed
        return [_telegram(self.state)]


def _telegram(document: Document) -> Telegram:
    return Telegram(document["session"], document["sequence"], document["unix_s"], to_line(document))
