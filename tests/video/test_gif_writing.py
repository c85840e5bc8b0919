"""GIF files: frames, times, colours, and whole files or none."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, OutputError
from poseact.video.gif_writing import GifWriter, read_gif_comment


def moving_bar(number: int) -> NDArray[np.uint8]:
    image = np.zeros((60, 90, 3), np.uint8)
    cv2.rectangle(image, (3 * number, 10), (3 * number + 12, 50), (86, 180, 233), -1)
    cv2.line(image, (0, 55), (89, 40), (230, 159, 0), 2, cv2.LINE_AA)
    return image


def written(path: Path, count: int = 20, rate_hz: float = 20.0, **options: object) -> Path:
    with GifWriter(path, **options) as writer:  # type: ignore[arg-type]
        for number in range(count):
            writer.write(moving_bar(number), number / rate_hz)
    return path


@pytest.mark.parametrize("rate_hz", [10.0, 20.0, 30.0])
def test_frames_times_and_length_are_kept(tmp_path: Path, rate_hz: float) -> None:
    with av.open(str(written(tmp_path / "a.gif", rate_hz=rate_hz))) as file:
        frames = list(file.decode(video=0))
        duration_s = (file.duration or 0) / 1e6
    assert len(frames) == 20
    assert [frame.time for frame in frames] == pytest.approx([k / rate_hz for k in range(20)], abs=0.006)
    assert duration_s == pytest.approx(20 / rate_hz, abs=0.02)


def test_pictures_come_back_nearly_as_they_were_and_other_readers_read_them(tmp_path: Path) -> None:
    path = written(tmp_path / "a.gif")
    good, animation = cv2.imreadanimation(str(path))
    assert good
    assert animation.loop_count == 0  # for ever
    assert len(animation.frames) == 20
    with av.open(str(path)) as file:
        for number, frame in enumerate(file.decode(video=0)):
            error = np.abs(frame.to_ndarray(format="rgb24").astype(int) - moving_bar(number))
            assert error.max() <= 8


def test_a_picture_alone(tmp_path: Path) -> None:
    with av.open(str(written(tmp_path / "a.gif", count=1))) as file:
        assert len(list(file.decode(video=0))) == 1


def test_comment(tmp_path: Path) -> None:
    assert read_gif_comment(written(tmp_path / "a.gif", comment="made here")) == "made here"
    assert read_gif_comment(written(tmp_path / "b.gif")) is None
    (tmp_path / "c.gif").write_bytes(b"no gif")
    assert read_gif_comment(tmp_path / "c.gif") is None
    assert read_gif_comment(tmp_path / "missing.gif") is None


def test_no_half_file_and_nothing_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "a.gif"
    target.write_bytes(b"older")
    with pytest.raises(RuntimeError), GifWriter(target) as writer:
        writer.write(moving_bar(0), 0.0)
        raise RuntimeError
    with pytest.raises(OutputError, match="at least one"), GifWriter(target):
        pass
    assert target.read_bytes() == b"older"
    written(target)
    assert target.read_bytes().startswith(b"GIF89a")
    assert list((tmp_path / "scratch").iterdir()) == []
    assert list((tmp_path / "out").iterdir()) == [target]


def test_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"\.gif"):
        GifWriter(tmp_path / "a.mp4")
    with pytest.raises(InvalidInputError, match="found"), GifWriter(tmp_path / "a.gif") as writer:
        writer.write(moving_bar(0), 0.0)
        writer.write(moving_bar(0)[:30], 1.0)
    with pytest.raises(OutputError, match="write"):
        written(tmp_path / "nowhere" / "a.gif", count=2)
