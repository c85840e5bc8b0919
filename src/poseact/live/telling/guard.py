"""Keeps strange web pages away from the local server: what a browser sends says where it comes from."""

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class Guard:
    """Answers 403 to requests that a page of another site has made.

    - The Host header must be an IP address, localhost, this machine's name or one of `hosts`: a page whose
      name was made to point to this machine (DNS rebinding) sends its own name.
    - An Origin header must be that of the Host header or one of `origins`; such others may read answers.
    - What a browser fetches without an Origin (a picture in a page) must be for a page of this server.

    Args:
        app: What is behind it.
        hosts: Names by which this machine may be called, beside its own.
        origins: Such as ``http://localhost:3000``: pages of others that may listen.
    """

    def __init__(self, app: App, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        own = socket.gethostname().lower()
        self._app = app
        self._hosts = {"localhost", own, f"{own}.local", *(host.lower() for host in hosts)}
        self._origins = {origin.lower().rstrip("/") for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse (ASGI)."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        reason = self._refusal(headers)
        if reason:
            await _refuse(scope, send, reason)
            return
        origin = headers.get("origin", "")
        allowed = origin.lower() in self._origins

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                more = [(b"access-control-allow-origin", origin.encode("latin-1"))] if allowed else []
                message = {**message, "headers": [*message.get("headers", []), *_HEADERS, *more]}
            await send(message)

        await self._app(scope, receive, with_headers)

    def _refusal(self, headers: MutableMapping[str, str]) -> str:
        host = headers.get("host", "").lower()
        if not self._is_own(host):
            return f"host {host!r} is not this machine: call it by its IP address, localhost or its own name"
        origin = headers.get("origin", "").lower()
        if origin:
            if origin in self._origins or urlsplit(origin).netloc == host:
                return ""
            return f"pages of {origin} may not read this: poseact was not told to allow it"
        foreign = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
        if foreign and headers.get("sec-fetch-mode") != "navigate":
            return "pages of other sites may not use this"
        return ""

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            if name in self._hosts:
                return True
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    body = f"poseact: {reason}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": 403, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
