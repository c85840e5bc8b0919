"""Any live source by what a user types."""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal

from poseact.errors import InvalidInputError
from poseact.live.sources.address import open_address
from poseact.live.sources.live_source import Clock, Connection, LiveSource, Notice
from poseact.live.sources.masking import without_secrets
from poseact.live.sources.paced import Paced
from poseact.live.sources.reconnecting import Reconnecting, Retry
from poseact.live.sources.standard_input import NAME, open_standard_input
from poseact.live.sources.webcam import WebcamConnection, is_webcam
from poseact.video.reading import open_source

_TAKES = {
    "webcam": ("size", "fps"),
    "stream": (),
    "stdin": ("size", "fps", "pixel format"),
    "file or folder": ("fps", "speed", "repeat"),
}


def open_live_source(
    text: str,
    *,
    size_wh: tuple[int, int] | None = None,
    fps: float | None = None,
    pixel_format: str | None = None,
    speed: float = 1.0,
    repeat: bool = False,
    timeout_s: float = 10.0,
    retry: Retry | None = None,
    transport: Literal["tcp", "udp"] = "tcp",
    on_notice: Callable[[Notice], object] = lambda _: None,
    clock: Clock | None = None,
) -> LiveSource:
    """Open a source and wait for its first picture.

    Args:
        text: A number or a path below ``/dev`` (a webcam); an address; ``-`` (stdin); else a video file or a
            folder of pictures, played in real time. ``./0`` is a file of that name.
        size_wh: Width and height: to ask a webcam for, or of raw pictures from stdin.
        fps: Pictures a second: to ask a webcam for, or of pictures without stamps, in a folder or from stdin.
        pixel_format: Of raw pictures from stdin, as FFmpeg calls it, e.g. ``"rgb24"``.
        speed: Of a file or folder; 2.0 plays it twice as fast.
        repeat: Whether a file or folder begins again at its end.
        timeout_s: A webcam or stream is lost when it gives nothing for so long.
        retry: How to go on when a webcam or stream is lost; by default for ever.
        transport: How RTSP sends its pictures.
        on_notice: Told what happens to a webcam or stream, in the thread that iterates.
        clock: Time and waiting.

    Raises:
        SourceError: If there is nothing to be seen there; one line, without passwords.
        InvalidInputError: If something was asked for that this kind of source does not have.
    """
    clock = clock or Clock()
    kind = _kind(text)
    asked = {
        "size": size_wh is not None,
        "fps": fps is not None,
        "pixel format": pixel_format is not None,
        "speed": speed != 1.0,
        "repeat": repeat,
    }
    _check_taken(text, kind, {what for what, is_asked in asked.items() if is_asked})
    _check_values(size_wh, fps)
    if kind == "file or folder":
        return Paced(open_source(text, fps=fps), speed=speed, repeat=repeat, clock=clock)
    connect: Callable[[], Connection]
    if kind == "webcam":
        connect = partial(WebcamConnection, text, size_wh, fps)
        name = f"camera {text}"
    elif kind == "stream":
        connect = partial(open_address, text, clock=clock, timeout_s=timeout_s, transport=transport)
        name = without_secrets(text)
    else:
        connect = partial(
            open_standard_input, clock=clock, pixel_format=pixel_format, size_wh=size_wh, fps=fps
        )
        name, timeout_s, retry = NAME, math.inf, None  # what it holds comes once
    return Reconnecting(name, connect, retry=retry, timeout_s=timeout_s, on_notice=on_notice, clock=clock)


def _kind(text: str) -> str:
    if text == "-":
        return "stdin"
    if "://" in text:
        return "stream"
    return "webcam" if is_webcam(text) else "file or folder"


def _check_taken(text: str, kind: str, asked: set[str]) -> None:
    if useless := sorted(asked.difference(_TAKES[kind])):
        shown = without_secrets(text)
        raise InvalidInputError(f"{useless[0]}: {shown} ({kind}) does not take this: leave it out")
    if kind == "stdin" and len(asked & {"size", "pixel format"}) == 1:
        raise InvalidInputError(
            "stdin: expected both size and pixel format (raw pictures), found one of them"
        )


def _check_values(size_wh: tuple[int, int] | None, fps: float | None) -> None:
    if fps is not None and not 0 < fps < math.inf:
        raise InvalidInputError(f"fps: expected more than 0, found {fps}")
    if size_wh is not None and min(size_wh) < 1:
        raise InvalidInputError(f"size: expected at least 1 x 1 pixels, found {size_wh[0]} x {size_wh[1]}")
