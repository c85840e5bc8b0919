"""A web server on this machine that sends videos, and stops, hangs or talks nonsense as it is told."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO

import av
import cv2
import numpy as np
from av.container import OutputContainer
from fake_sources import plain

Answer = Callable[[BinaryIO], None]
"""Writes a whole answer, from the status line on."""

_PLAIN_HEAD = b"HTTP/1.0 200 OK\r\n\r\n"


def encoded_clip(
    form: str = "mpegts",
    *,
    num_frames: int = 40,
    size_wh: tuple[int, int] = (64, 48),
    with_sound: bool = False,
) -> bytes:
    """A video of 25 pictures a second whose every tenth is a key frame, ever brighter; silence, if asked."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "10", "bf": "0"})
        stream.width, stream.height = size_wh
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        if with_sound:
            add_silence(container)
        for number in range(num_frames):
            image = plain(40 + 4 * number, size_wh)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return file.getvalue()


def add_silence(container: OutputContainer) -> None:
    """Half a second of it."""
    stream = container.add_stream("mp2", rate=48000)
    for number in range(20):
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.int16), format="s16", layout="mono")
        tone.sample_rate, tone.pts = 48000, 1152 * number
        container.mux(stream.encode(tone))
    container.mux(stream.encode(None))


def jpeg(value: int, size_wh: tuple[int, int] = (64, 48)) -> bytes:
    return cv2.imencode(".jpg", plain(value, size_wh))[1].tobytes()


def mjpeg(pictures: list[bytes], then: Callable[[], object] = lambda: None) -> Answer:
    """As cameras send it; the last picture is cut in half."""

    def answer(out: BinaryIO) -> None:
        out.write(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        for picture in pictures[:-1]:
            out.write(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + picture + b"\r\n")
        out.write(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + pictures[-1][: len(pictures[-1]) // 2])
        out.flush()
        then()

    return answer


def sent(body: bytes, head: bytes = _PLAIN_HEAD, then: Callable[[], object] = lambda: None) -> Answer:
    def answer(out: BinaryIO) -> None:
        out.write(head + body)
        out.flush()
        then()

    return answer


@contextmanager
def server(*answers: Answer) -> Iterator[str]:
    """The address of a server that gives each connection the next answer, and the last one ever after."""
    waiting = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            with suppress(OSError):
                answer(self.wfile)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        web.daemon_threads = True
        thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{web.server_address[1]}/cam"
        finally:
            web.shutdown()
            thread.join()
