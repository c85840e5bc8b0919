"""Pictures from a pipe."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from fake_sources import FakeClock, plain
from loopback import encoded_clip, jpeg

from poseact.errors import InvalidInputError, SourceError
from poseact.live.sources import Retry, open_live_source
from poseact.live.sources.container_connection import ContainerConnection
from poseact.live.sources.standard_input import open_standard_input

PROGRAM = """
from poseact.live.sources import open_live_source
with open_live_source("-") as source:
    stamps = [frame.timestamp_s for frame in source]
print(source.info.width, source.info.height, len(stamps) + source.skipped, stamps[0], round(stamps[-1], 3))
"""


@contextmanager
def pipe(data: bytes) -> Iterator[int]:
    """The reading end of a pipe into which somebody writes this."""
    out, into = os.pipe()

    def write() -> None:
        with os.fdopen(into, "wb") as file:
            file.write(data)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield out
    finally:
        writer.join(10)
        os.close(out)


def read(data: bytes, **options: object) -> list[tuple[np.ndarray, float, float]]:
    """Image, stamp and moment due of everything in a pipe."""
    with pipe(data) as out:
        connection: ContainerConnection = open_standard_input(clock=FakeClock(), file_number=out, **options)
        try:
            pictures = list(iter(connection.next, None))
        finally:
            connection.close()
    assert connection.ends
    return [(picture.image(), picture.timestamp_s, picture.due_s) for picture in pictures]


def test_a_program_at_the_end_of_a_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=encoded_clip(), capture_output=True, check=True
    )
    assert done.stdout.decode().split() == ["64", "48", "40", "0.0", "1.56"]
    assert done.stderr == b""


@pytest.mark.parametrize("form", ["mpegts", "matroska", "nut", "avi", "flv"])
def test_streams_keep_their_stamps_and_are_due_in_time(form: str) -> None:
    pictures = read(encoded_clip(form))
    np.testing.assert_allclose([stamp_s for _, stamp_s, _ in pictures], np.arange(40) / 25, atol=1.1e-3)
    np.testing.assert_allclose(
        [due_s for _, _, due_s in pictures], 1000 + np.arange(40) / 25, atol=0.01, rtol=0
    )
    assert abs(int(pictures[20][0].mean()) - 120) < 4


def test_a_stream_that_is_cut_off_gives_what_came_before() -> None:
    clip = encoded_clip()
    assert 5 < len(read(clip[: len(clip) // 2])) < 40


def test_sound_that_begins_later_does_not_end_the_pictures() -> None:
    pictures = read(encoded_clip() + encoded_clip(with_sound=True))
    stamps = [stamp_s for _, stamp_s, _ in pictures]
    assert len(stamps) > 70
    assert all(a < b for a, b in pairwise(stamps))
    assert stamps[-1] == pytest.approx(80 / 25, abs=0.2)  # two clips, one after the other


@pytest.mark.parametrize("pixel_format", ["rgb24", "bgr24"])
def test_raw_pictures_and_half_of_one(pixel_format: str) -> None:
    images = [plain(n, (64, 48)) + np.array([10, 20, 30], np.uint8) for n in range(5)]
    order = slice(None) if pixel_format == "rgb24" else slice(None, None, -1)
    data = b"".join(image[:, :, order].tobytes() for image in images)
    pictures = read(data + data[:5000], pixel_format=pixel_format, size_wh=(64, 48), fps=5.0)
    assert len(pictures) == 5
    for (image, stamp_s, due_s), sent, number in zip(pictures, images, range(5), strict=True):
        np.testing.assert_array_equal(image, sent)
        assert stamp_s == pytest.approx(number / 5)
        assert due_s == pytest.approx(1000 + number / 5, abs=0.01)


@pytest.mark.parametrize(
    "options", [{"pixel_format": "gray", "size_wh": (64, 48)}, {}], ids=["raw pictures", "pictures in a row"]
)
def test_pictures_without_stamps_are_of_when_they_come(options: dict[str, object]) -> None:
    data = b"".join(plain(n, (64, 48))[:, :, 0].tobytes() if options else jpeg(n) for n in range(5))
    pictures = read(data, **options)
    assert [round(float(image.mean())) for image, _, _ in pictures] == [0, 1, 2, 3, 4]
    assert {(stamp_s, due_s) for _, stamp_s, due_s in pictures} == {(1000.0, 1000.0)}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "found nothing: as in  ffmpeg"),
        (b"what is this\n" * 1000, "nothing that can be read as a video in a pipe"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n", "playlist|nothing that can be read"),
    ],
)
def test_what_is_no_video(data: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read(data)


def test_what_a_person_types_is_no_video(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    with pytest.raises(SourceError, match="expected a video in a pipe"):
        open_live_source("-")


def test_an_empty_stdin_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nothing:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(SourceError, match="found nothing"):
            open_live_source("-", retry=Retry(wait_for_it=True))


def test_pixel_formats_and_sizes_that_do_not_go() -> None:
    ask = partial(open_live_source, "-")
    with pytest.raises(InvalidInputError, match="rgb24, found 'rgb25'"):
        read(b"", pixel_format="rgb25", size_wh=(4, 4))
    with pytest.raises(InvalidInputError, match="both size and pixel format"):
        ask(pixel_format="rgb24")
    with pytest.raises(InvalidInputError, match="both size and pixel format"):
        ask(size_wh=(64, 48))
    with pytest.raises(InvalidInputError, match="size: expected at least"):
        ask(pixel_format="rgb24", size_wh=(0, 48))
