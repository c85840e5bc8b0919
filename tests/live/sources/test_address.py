"""Streams from a real server on this machine."""

import gc
import io
import socket
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from loopback import add_silence, encoded_clip, jpeg, mjpeg, sent, server

from poseact.errors import SourceError
from poseact.live.sources import LiveSource, Notice, Retry, open_live_source
from poseact.live.sources.container_connection import ContainerConnection
from poseact.video import Frame

SOON = Retry(first_s=0.02, longest_s=0.1)


def opened(address: str, notices: list[Notice] | None = None, timeout_s: float = 5.0) -> LiveSource:
    notices = [] if notices is None else notices
    return open_live_source(address, retry=SOON, timeout_s=timeout_s, on_notice=notices.append)


def until(frames: Iterator[Frame], wanted: object, notices: list[Notice]) -> Frame:
    """The first frame after a notice of this kind."""
    for frame in frames:
        if any(notice.kind == wanted for notice in notices):
            return frame
    raise AssertionError(f"no {wanted}, but {notices}")


def test_mjpeg_that_ends_in_a_picture_and_comes_back_in_another_size() -> None:
    first = mjpeg([jpeg(50)] * 6)
    second = mjpeg([jpeg(200, (128, 96))] * 6)
    notices: list[Notice] = []
    with server(first, second) as address, opened(address, notices) as source:
        assert (source.info.width, source.info.height) == (64, 48)
        frames = iter(source)
        before = next(frames)
        assert before.image.shape == (48, 64, 3)
        assert abs(int(before.image.mean()) - 50) < 4
        after = until(frames, "size", notices)
        assert after.image.shape == (96, 128, 3)
        assert abs(int(after.image.mean()) - 200) < 4
        assert after.timestamp_s > before.timestamp_s
        assert 0 <= time.monotonic() - source.monotonic_s(after.timestamp_s) < 5
    assert [notice.kind for notice in notices[:3]] == ["lost", "back", "size"]
    assert notices[0].text.startswith(f"{address}: ")


def test_a_transport_stream_that_ends_in_a_picture() -> None:
    clip = encoded_clip()
    whole = len(clip) // 188 * 188
    notices: list[Notice] = []
    with server(sent(clip[: whole // 2]), sent(clip)) as address, opened(address, notices) as source:
        frames = iter(source)
        stamps = [next(frames).timestamp_s, until(frames, "back", notices).timestamp_s]
        stamps += [next(frames).timestamp_s for _ in range(3)]
    assert all(a < b for a, b in pairwise(stamps))
    assert [notice.kind for notice in notices[:2]] == ["lost", "back"]


def test_a_stream_that_hangs_and_one_that_never_says_a_word() -> None:
    released = threading.Event()
    hangs = sent(encoded_clip(), then=lambda: released.wait(20))
    silent = sent(b"", head=b"", then=lambda: released.wait(20))
    notices: list[Notice] = []
    with server(hangs, silent, sent(encoded_clip())) as address:
        with opened(address, notices, timeout_s=1) as source:
            until(iter(source), "back", notices)
        released.set()
    assert notices[0].text == f"{address}: no picture for 1 s; connecting again"


def test_close_ends_a_walk_through_a_stream_that_hangs() -> None:
    released = threading.Event()
    hangs = sent(encoded_clip(), then=lambda: released.wait(20))
    with server(hangs) as address:
        source = opened(address)
        frames = iter(source)
        next(frames)
        walk = threading.Thread(target=lambda: list(frames))
        walk.start()
        source.close()
        walk.join(4)
        assert not walk.is_alive()
        released.set()


def test_rubbish_on_the_way_is_a_loss() -> None:
    rubbish = sent(bytes(range(256)) * 200)
    notices: list[Notice] = []
    answers = (mjpeg([jpeg(50)] * 6), rubbish, rubbish, mjpeg([jpeg(90)] * 6))
    with server(*answers) as address, opened(address, notices) as source:
        frame = until(iter(source), "back", notices)
    assert abs(int(frame.image.mean()) - 90) < 4
    assert [notice.kind for notice in notices[:2]] == ["lost", "back"]


def test_a_lost_connection_keeps_nothing_in_memory() -> None:
    notices: list[Notice] = []
    with server(sent(encoded_clip())) as address, opened(address, notices) as source:
        gc.collect()
        gc.disable()
        try:
            for _ in source:
                if [notice.kind for notice in notices].count("back") == 3:
                    break
            assert sum(type(one) is ContainerConnection for one in gc.get_objects()) == 1
        finally:
            gc.enable()


def test_a_file_on_a_web_server_is_played_at_its_pace_and_ends() -> None:
    clip = encoded_clip(num_frames=10)
    head = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(clip)
    with server(sent(clip, head)) as address, opened(address) as source:
        begin_s = time.monotonic()
        stamps = [frame.timestamp_s for frame in source]
        assert time.monotonic() - begin_s > 0.3
    assert stamps[0] == 0
    assert set(np.round(stamps, 6)) <= {round(n / 25, 6) for n in range(10)}
    assert stamps[-1] == pytest.approx(0.36)
    assert source.warnings == []


def test_a_file_on_a_web_server_that_is_cut_off_ends_with_a_warning() -> None:
    clip = encoded_clip(num_frames=10)
    head = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * len(clip))
    with server(sent(clip, head)) as address, opened(address) as source:
        assert len(list(source)) > 0
    assert source.warnings == [f"{address}: the connection has broken"]


def status(line: str, more: str = "") -> bytes:
    return f"HTTP/1.0 {line}\r\n{more}\r\n".encode()


@pytest.mark.parametrize(
    ("head", "body", "said"),
    [
        (status("401 Unauthorized", 'WWW-Authenticate: Basic realm="cam"\r\n'), b"", "password"),
        (status("403 Forbidden"), b"", "may not be watched"),
        (status("404 Not Found"), b"", "no such stream"),
        (status("503 Unavailable"), b"", "the server has failed"),
        (status("200 OK"), b"<html>log in first</html>", "found no video"),
        (status("200 OK"), bytes(range(256)) * 100, "found no video"),
        (status("200 OK"), b"", "found no video"),
        (status("200 OK", "Content-Type: image/jpeg\r\n"), jpeg(3), "found a picture"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(head: bytes, body: bytes, said: str) -> None:
    with server(sent(body, head)) as address, pytest.raises(SourceError) as raised:
        opened(address.replace("://", "://admin:s3cret@"))
    assert str(raised.value).startswith(f"{address.replace('://', '://***@')}: ")
    assert said in str(raised.value)
    error: BaseException | None = raised.value
    while error is not None:  # a traceback shows these too
        assert "s3cret" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_sound_alone_is_no_video() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts") as container:
        add_silence(container)
    with server(sent(file.getvalue())) as address, pytest.raises(SourceError, match="found sound only"):
        opened(address)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for scheme in ("http", "rtsp", "tcp", "rtmp"):
        with pytest.raises(SourceError, match=rf"{scheme}://127.0.0.1:{port}/cam: nobody answers there"):
            opened(f"{scheme}://127.0.0.1:{port}/cam")


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        for scheme in ("http", "rtsp"):
            with pytest.raises(SourceError, match=r"no answer within 0\.2 s"):
                opened(f"{scheme}://127.0.0.1:{port}/cam", timeout_s=0.2)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "concat://a.ts", "camera://1"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(SourceError, match="expected an address with rtsp"):
        opened(address)


def test_a_playlist_from_the_network_reads_no_files(tmp_path: Path) -> None:
    path = tmp_path / "private.ts"
    path.write_bytes(encoded_clip())
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.6,\nfile://{path}\n#EXT-X-ENDLIST\n"
    head = status("200 OK", "Content-Type: application/vnd.apple.mpegurl\r\n")
    with server(sent(playlist.encode(), head)) as address, pytest.raises(SourceError, match="cam: "):
        opened(address, timeout_s=1.0)


def test_a_playlist_is_played_at_its_pace() -> None:
    clip = encoded_clip(num_frames=10)
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.4,\na.ts\n#EXT-X-ENDLIST\n"
    head = status("200 OK", "Content-Type: application/vnd.apple.mpegurl\r\n")
    with server(sent(playlist, head), sent(clip)) as address, opened(f"{address}.m3u8") as source:
        stamps = [frame.timestamp_s for frame in source]
    assert stamps[0] == 0
    assert stamps[-1] == pytest.approx(0.36)
