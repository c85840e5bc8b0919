"""A small local server in a thread: events for programs, a page for people."""

import asyncio
import ipaddress
import os
import socket
from collections.abc import Sequence
from importlib.util import find_spec
from threading import Event, Thread
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, MissingExtraError, OutputError
from poseact.live.telling.documents import Document
from poseact.live.telling.guard import Guard
from poseact.live.telling.hub import Hub

if TYPE_CHECKING:
    import uvicorn

    from poseact.live.telling.pictures import Pictures

DEFAULT_PORT = 8765
# More connections at once are answered 503.
_MAX_CONNECTIONS = 64
_SHUTDOWN_S = 2
# Left to itself the system keeps megabytes for a slow client: pictures and events of minutes ago.
_SEND_BUFFER = 1 << 16


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``PORT``, ``HOST``, ``HOST:PORT`` or ``[IPV6]:PORT``; by default only this machine.

    Raises:
        InvalidInputError: If it is none of them.
    """
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = ("", text) if text.isdecimal() else (text, str(DEFAULT_PORT))
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isdecimal() or int(port) > 65535:
        raise InvalidInputError(
            f"server: expected PORT or HOST:PORT with a port of 0 to 65535, found {text!r}"
        )
    return host, int(port)


class EventServer:
    """Serves ``/`` (a page), ``/events`` (SSE), ``/ws`` (WebSocket), ``/state``, ``/schema`` and ``/video``.

    Args:
        host: Address to listen at; by default only this machine can connect.
        port: 0 for any that is free.
        allowed_hosts: Names by which this machine may be called, see `Guard`.
        allowed_origins: Origins of web pages of others that may listen, see `Guard`.

    Raises:
        MissingExtraError: If the server's packages are not installed.
        InvalidInputError: If there is no such host.
        OutputError: If it cannot listen there.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        *,
        allowed_hosts: Sequence[str] = (),
        allowed_origins: Sequence[str] = (),
    ) -> None:
        _check_installed()
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        listens_at = ipaddress.ip_address(self._socket.getsockname()[0])
        self.is_local: bool = listens_at.is_loopback
        self._name_in_url = socket.gethostname() if listens_at.is_unspecified else host
        self.name = f"server at {_in_url(host)}:{self.port}"
        self._hub = Hub()
        self._pictures: Pictures
        self._server: uvicorn.Server
        self._loop: asyncio.AbstractEventLoop
        self._failure: Exception | None = None
        self._closed = False
        self._guarded = ([host, *allowed_hosts], allowed_origins)
        ready = Event()
        self._thread = Thread(target=self._run, args=(ready,), name="poseact-server", daemon=True)
        self._thread.start()
        ready.wait()
        self._raise_failure()

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://{_in_url(self._name_in_url)}:{self.port}/"

    @property
    def watched(self) -> bool:
        """Whether anybody looks at the picture."""
        return self._pictures.num_watchers > 0

    @property
    def num_listeners(self) -> int:
        """How many listen to events."""
        return self._hub.num_listeners

    def send(self, document: Document, state: Document, /) -> None:
        """Pass on to everybody who listens.

        Raises:
            OutputError: If the server has stopped.
        """
        self._raise_failure()
        if not self._closed:
            self._loop.call_soon_threadsafe(self._hub.publish, document, state)

    def show(self, image: NDArray[np.uint8]) -> None:
        """Show a picture to those who watch; see `ScreenOutlet.show`."""
        if not self._closed:
            self._pictures.show(image)

    def refresh(self, state: Document) -> None:
        """Take the state as of the newest frame; see `ScreenOutlet.refresh`."""
        if not self._closed:
            self._loop.call_soon_threadsafe(self._hub.refresh, state)

    def close(self) -> None:
        """Let everybody have what was told, and stop."""
        if self._closed:
            return
        self._closed = True
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        self._thread.join(_SHUTDOWN_S + 3)

    async def _stop(self) -> None:
        self._hub.close()
        await self._pictures.close()
        self._server.should_exit = True

    def _run(self, ready: Event) -> None:
        try:
            asyncio.run(self._serve(ready))
        except Exception as error:  # told by the next `send`
            self._failure = error
        finally:
            ready.set()

    async def _serve(self, ready: Event) -> None:
        import uvicorn

        from poseact.live.telling.pictures import Pictures
        from poseact.live.telling.web_app import make_app

        self._loop = asyncio.get_running_loop()
        self._pictures = Pictures(self._loop)
        config = uvicorn.Config(
            Guard(make_app(self._hub, self._pictures), *self._guarded),
            http="h11",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MAX_CONNECTIONS,
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        self._server = uvicorn.Server(config)
        ready.set()
        await self._server.serve(sockets=[self._socket])

    def _raise_failure(self) -> None:
        error, self._failure = self._failure, None
        if error is not None:
            raise OutputError(f"{self.name}: has stopped ({error})") from error


def _check_installed() -> None:
    for package in ("starlette", "uvicorn", "websockets"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "web")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        return listening
    except socket.gaierror as error:
        raise InvalidInputError(
            f"server: expected PORT or HOST:PORT with an address of this machine, found {host!r} "
            f"({error.strerror})"
        ) from error
    except OSError as error:
        # The error's own words repeat the address in Python's notation.
        why = os.strerror(error.errno) if error.errno else str(error)
        raise OutputError(
            f"{_in_url(host)}:{port}: cannot serve here ({why}): choose another port, "
            "or 0 for any that is free"
        ) from error


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
