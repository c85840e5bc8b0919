"""The addresses of the local server: the page, the events, the state, the picture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from poseact.live.telling.documents import to_line
from poseact.live.telling.hub import Hub, Listener
from poseact.live.telling.pictures import Pictures

# A connection on which nothing happens says so much more often than any proxy or router gives it up.
_BEAT_S = 5.0
_BOUNDARY = "poseact-picture"
_PAGE_FILES = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def make_app(hub: Hub, pictures: Pictures) -> Starlette:
    """The application, without the guard in front of it."""

    async def events(request: Request) -> Response:
        last_id = request.headers.get("last-event-id") or request.query_params.get("after", "")
        return StreamingResponse(_event_stream(hub, last_id), media_type="text/event-stream")

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        listener = hub.connect(websocket.query_params.get("after", ""))
        try:
            await _speak(websocket, listener)
        finally:
            hub.disconnect(listener)

    async def state(_request: Request) -> Response:
        if hub.state is None:
            return PlainTextResponse("poseact: nothing has been told yet\n", 503)
        return Response(to_line(hub.state), media_type="application/json")

    async def video(_request: Request) -> Response:
        return StreamingResponse(
            _picture_stream(pictures), media_type=f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
        )

    return Starlette(
        routes=[
            *_page_routes(),
            _file_route("/schema", "schemas/event.schema.json", "application/schema+json"),
            Route("/events", events),
            WebSocketRoute("/ws", socket),
            Route("/state", state),
            Route("/video", video),
        ]
    )


def _page_routes() -> list[BaseRoute]:
    return [
        _file_route(address, f"live/telling/page/{name}", kind)
        for address, (name, kind) in _PAGE_FILES.items()
    ]


def _file_route(address: str, name: str, kind: str) -> Route:
    """A file of the package."""
    content = resources.files("poseact").joinpath(name).read_bytes()

    async def answer(_request: Request) -> Response:
        return Response(content, media_type=kind, headers={"content-security-policy": _PAGE_POLICY})

    return Route(address, answer)


async def _event_stream(hub: Hub, last_id: str) -> AsyncIterator[str]:
    """Server-Sent Events, https://html.spec.whatwg.org/multipage/server-sent-events.html."""
    listener = hub.connect(last_id)
    try:
        yield "retry: 1000\n\n"
        while True:
            telegram = await listener.next(_BEAT_S)
            if telegram is not None:
                yield f"id: {telegram.id}\ndata: {telegram.text}\n\n"
            elif listener.closed:
                return
            else:
                yield ": still here\n\n"
    finally:
        hub.disconnect(listener)


async def _speak(websocket: WebSocket, listener: Listener) -> None:
    """Send until one side closes; what the other side says is not listened to."""
    hearing = asyncio.create_task(_until_gone(websocket, listener))
    try:
        with suppress(WebSocketDisconnect):
            while not hearing.done():
                telegram = await listener.next()
                if telegram is None:
                    break
                await websocket.send_text(telegram.text)
        if not hearing.done():
            with suppress(WebSocketDisconnect, RuntimeError):
                await websocket.close(1001, "poseact has ended")
    finally:
        hearing.cancel()


async def _until_gone(websocket: WebSocket, listener: Listener) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    listener.close()


async def _picture_stream(pictures: Pictures) -> AsyncIterator[bytes]:
    """Motion JPEG: pictures that replace one another. Browsers show one when the next boundary has come."""
    boundary = f"--{_BOUNDARY}\r\n".encode()
    yield boundary
    async for jpeg in pictures.jpegs():
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
        yield head + jpeg + b"\r\n" + boundary
