"""Streams by their address: RTSP, HTTP, UDP, TCP and RTMP, through FFmpeg, with an end to all waiting."""

import errno
import socket
from typing import Literal
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from poseact.errors import SourceError
from poseact.live.sources.container_connection import ContainerConnection, is_row_of_pictures, stated_fps
from poseact.live.sources.live_source import Clock
from poseact.live.sources.masking import without_secrets
from poseact.live.sources.stamping import LiveStamping, PacedStamping, Stamping

SCHEMES = ("rtsp", "rtsps", "http", "https", "udp", "tcp", "rtp", "rtmp", "rtmps")
# All that these need, and no files: a playlist from the network must not read anything here.
_PROTOCOLS = "rtsp,rtsps,rtp,srtp,http,https,httpproxy,tls,tcp,udp,rtmp,rtmps,rtmpt,rtmpts,crypto,hls"
# Streams in pieces of some seconds, each of which comes at once.
_IN_PIECES = frozenset({"hls", "dash"})
# Microseconds in which to find out what there is, 5 s by default; and no look at the rate, we have stamps.
_QUICKLY = {"analyzeduration": "2000000", "fpsprobesize": "0"}


def open_address(
    address: str, *, clock: Clock, timeout_s: float, transport: Literal["tcp", "udp"] = "tcp"
) -> ContainerConnection:
    """Connect to a stream.

    A live one is stamped on our clock as it comes. HLS comes in pieces and is played out at its own pace. A
    video file on a web server is too, with its own stamps, and ends.

    Args:
        address: With one of `SCHEMES`.
        clock: Says when pictures come.
        timeout_s: How long to wait for an answer, and later for data.
        transport: How RTSP sends its pictures; UDP loses some.

    Raises:
        SourceError: If there is no video there; one line, without the password.
    """
    name = without_secrets(address)
    scheme = address.partition("://")[0].lower()
    if scheme not in SCHEMES:
        raise SourceError(
            f"{name}: expected an address with {', '.join(SCHEMES[:-1])} or {SCHEMES[-1]}, found {scheme!r}"
        )
    options = {"protocol_whitelist": _PROTOCOLS, **_QUICKLY}
    if scheme in ("rtsp", "rtsps"):
        options["rtsp_transport"] = transport
    begun_s = clock.now_s()
    try:
        container = av.open(
            address, mode="r", container_options=options, metadata_errors="replace", timeout=timeout_s
        )
    except (av.FFmpegError, OSError, ValueError, RuntimeError) as error:
        # FFmpeg's RTSP calls it invalid data when it is interrupted.
        is_late = isinstance(error, av.error.ExitError) or clock.now_s() - begun_s >= timeout_s
        why = _NO_ANSWER.format(timeout_s) if is_late else _why_not_opened(address, error)
        # Not "from error": it holds the address with its password.
        raise SourceError(f"{name}: {why}") from None
    if is_row_of_pictures(container):
        container.close()
        raise SourceError(
            f"{name}: expected moving pictures, found a picture: give the address of the stream"
        )
    ends = scheme in ("http", "https") and (container.size > 0 or bool(container.duration))
    return ContainerConnection(
        name,
        container,
        _stamping(container, ends),
        ends=ends,
        explain=lambda error: _why_broken(error, timeout_s),
        clock=clock,
    )


def _stamping(container: InputContainer, ends: bool) -> Stamping:
    if ends or container.format.name in _IN_PIECES:
        fps = stated_fps(container)
        return PacedStamping(1 / fps if fps else None, on_our_clock=not ends)
    return LiveStamping()


def _why_broken(error: Exception, timeout_s: float) -> str:
    if isinstance(error, av.error.ExitError | av.error.TimeoutError):
        return f"no picture for {timeout_s:g} s"
    if isinstance(error, av.error.InvalidDataError):
        return "sends something that is no video"
    return "the connection has broken"


_NO_ANSWER = "no answer within {:g} s: check host and port, and that the camera is on"
_WHY_NOT: tuple[tuple[type[Exception], str], ...] = (
    (
        av.error.HTTPUnauthorizedError,
        "asks for a user and a password, or they are wrong (401): write SCHEME://USER:PASSWORD@HOST/...",
    ),
    (av.error.HTTPForbiddenError, "may not be watched (403): check user, password and path"),
    (av.error.HTTPNotFoundError, "there is no such stream (404): check the path"),
    (av.error.HTTPServerError, "the server has failed (5xx): look at the camera or server"),
    (av.error.HTTPClientError, "the server refuses (4xx): check the path, user and password"),
    (
        av.error.ConnectionRefusedError,
        "nobody answers there (connection refused): check host and port, and that the camera is on",
    ),
    (
        av.error.ConnectionResetError,
        "the connection was closed at once: check host and port, and that the camera is on",
    ),
    (av.error.TimeoutError, "no answer: check host and port, and that the camera is on"),
    (av.error.ProtocolNotFoundError, "the installed FFmpeg cannot read such addresses"),
    (av.error.InvalidDataError, "found no video in what comes: check the path"),
)


def _why_not_opened(address: str, error: Exception) -> str:
    for kind, text in _WHY_NOT:
        if isinstance(error, kind):
            return text
    number = getattr(error, "errno", None)
    if number in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL):
        return "there is no way to this host: check the address and the network"
    if not _is_known(address):
        return "there is no such host: check the name"
    if number in (errno.EIO, errno.EINVAL):
        return "found no video in what comes, if anything comes: check the path"
    return f"cannot be opened ({getattr(error, 'strerror', None) or type(error).__name__})"


def _is_known(address: str) -> bool:
    try:
        host = urlsplit(address).hostname
        return not host or bool(socket.getaddrinfo(host, None))
    except (OSError, ValueError):
        return False
