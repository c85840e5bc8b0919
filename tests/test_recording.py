"""What tells one recording from another."""

from pathlib import Path

import numpy as np
import pytest

from poseact.errors import SourceError
from poseact.recording import Recording
from poseact.render import write_png

MEGABYTE = 1 << 20


def test_the_same_content_is_the_same_recording_wherever_it_lies(tmp_path: Path) -> None:
    content = np.random.default_rng(0).bytes(3 * MEGABYTE)
    (tmp_path / "b").mkdir()
    for path in (tmp_path / "a.mp4", tmp_path / "b" / "a.mp4", tmp_path / "c.mp4"):
        path.write_bytes(content)
    first = Recording.of(tmp_path / "a.mp4")
    assert first == Recording.of(tmp_path / "b" / "a.mp4")
    assert first != Recording.of(tmp_path / "c.mp4")
    assert (first.name, first.size_bytes) == ("a.mp4", 3 * MEGABYTE)


@pytest.mark.parametrize("size", [1, 1000, 3 * MEGABYTE])
@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_other_content_of_the_same_size_is_another_recording(tmp_path: Path, size: int, place: str) -> None:
    path = tmp_path / "a.avi"
    content = bytearray(size)
    path.write_bytes(content)
    before = Recording.of(path)
    # As much as no gap between two samples of three megabytes swallows.
    length = min(size, 3 * MEGABYTE // 16)
    start = {"start": 0, "middle": (size - length) // 2, "end": size - length}[place]
    content[start : start + length] = b"\x07" * length
    path.write_bytes(content)
    assert Recording.of(path) != before
    assert Recording.of(path).size_bytes == before.size_bytes


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_folder_of_pictures_is_known_by_all_of_them(tmp_path: Path, count: int) -> None:
    for folder, shade in (("a", 0), ("b", 90)):
        (tmp_path / folder / "frames").mkdir(parents=True)
        for i in range(count):
            write_png(tmp_path / folder / "frames" / f"{i}.png", np.full((9, 9, 3), shade + i, np.uint8))
    first = Recording.of(tmp_path / "a" / "frames")
    assert first.name == "frames"
    assert first.size_bytes == sum(p.stat().st_size for p in (tmp_path / "a" / "frames").iterdir())
    assert first.fingerprint != Recording.of(tmp_path / "b" / "frames").fingerprint


def test_what_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        Recording.of(tmp_path / "none.mp4")
    with pytest.raises(SourceError, match="found none"):
        Recording.of(tmp_path)


@pytest.mark.parametrize(
    "entry", [None, "x", [], {}, {"name": "a", "size_bytes": None, "fingerprint": None}, {"name": "a"}]
)
def test_an_entry_that_does_not_say_enough_tells_of_nothing(entry: object) -> None:
    assert Recording.told_by(entry) is None


def test_an_entry_tells_of_its_recording(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    recording = Recording.of(tmp_path / "a.mp4")
    entry = {"name": "a.mp4", "size_bytes": 1, "fingerprint": recording.fingerprint, "codec": "h264"}
    assert Recording.told_by(entry) == recording
