"""Files and folders in real time, on a clock of the test's own."""

import threading
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from fake_sources import FakeClock, plain

from poseact.errors import InvalidInputError
from poseact.live.sources import LiveSource, Paced
from poseact.video import Frame, FrameSource, ImageFolder, VideoFile, VideoInfo
from poseact.video.conversion import RgbConverter


class Clip:
    """Frames at given stamps; each takes its time to decode."""

    def __init__(self, stamps: list[float], clock: FakeClock, decoding_s: float = 0.0) -> None:
        self.info = VideoInfo("clip", 8, 6, 10.0, None, len(stamps), "fake")
        self.warnings: list[str] = []
        self.is_closed = False
        self._stamps, self._clock, self._decoding_s = stamps, clock, decoding_s

    def __iter__(self) -> Iterator[Frame]:
        for index, stamp_s in enumerate(self._stamps):
            self._clock.time_s += self._decoding_s
            yield Frame(plain(index), stamp_s, index)
        self.warnings = ["clip: damaged"]

    def close(self) -> None:
        self.is_closed = True

    def __enter__(self) -> "Clip":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


TENTHS = [n / 10 for n in range(10)]


def numbers(frames: list[Frame]) -> list[int]:
    return [int(frame.image[0, 0, 0]) for frame in frames]


def walk(source: Paced, clock: FakeClock, working_s: float = 0.0) -> list[tuple[Frame, float]]:
    """The frames and when each was given, to somebody who works on each for a while."""
    given = []
    for frame in source:
        given.append((frame, clock.time_s))
        clock.time_s += working_s
    return given


def test_every_frame_comes_when_it_is_due() -> None:
    clock = FakeClock()
    clip = Clip([0.5, 0.6, 0.9, 2.0], clock)
    with Paced(clip, clock=clock) as source:
        assert isinstance(source, LiveSource)
        assert isinstance(source, FrameSource)
        given = walk(source, clock)
        assert [frame.timestamp_s for frame, _ in given] == [0.5, 0.6, 0.9, 2.0]
        assert [frame.index for frame, _ in given] == [0, 1, 2, 3]
        np.testing.assert_allclose([time_s for _, time_s in given], [1000, 1000.1, 1000.4, 1001.5])
        assert source.monotonic_s(0.9) == pytest.approx(1000.4)
        assert (source.skipped, source.warnings) == (0, ["clip: damaged"])
        assert source.info is clip.info
    assert clip.is_closed


def test_who_is_late_gets_the_newest_frame_that_is_due() -> None:
    clock = FakeClock()
    source = Paced(Clip(TENTHS, clock), clock=clock)
    given = walk(source, clock, working_s=0.25)
    assert numbers([frame for frame, _ in given]) == [0, 2, 5, 7, 9]
    assert source.skipped == 5
    for frame, time_s in given:
        assert source.monotonic_s(frame.timestamp_s) <= time_s + 1e-9


def test_who_is_a_little_late_misses_nothing() -> None:
    clock = FakeClock()
    source = Paced(Clip(TENTHS, clock), clock=clock)
    assert len(walk(source, clock, working_s=0.099)) == 10
    assert source.skipped == 0


def test_a_decoder_that_is_too_slow_still_gives_frames() -> None:
    clock = FakeClock()
    source = Paced(Clip([n / 10 for n in range(100)], clock, decoding_s=0.2), clock=clock)
    assert len(walk(source, clock)) > 5
    assert source.skipped > 0


def test_speed_changes_the_time_and_not_the_stamps() -> None:
    clock = FakeClock()
    source = Paced(Clip(TENTHS, clock), speed=2.0, clock=clock)
    given = walk(source, clock)
    assert [frame.timestamp_s for frame, _ in given] == TENTHS
    assert clock.time_s == pytest.approx(1000.45)
    assert source.monotonic_s(0.9) == pytest.approx(1000.45)


def test_a_repetition_goes_on_in_time() -> None:
    clock = FakeClock()
    source = Paced(Clip([0.0, 0.1, 0.2], clock), repeat=True, clock=clock)
    frames = [frame for frame, _ in zip(source, range(7), strict=False)]
    assert numbers(frames) == [0, 1, 2, 0, 1, 2, 0]
    np.testing.assert_allclose([frame.timestamp_s for frame in frames], np.arange(7) / 10)
    assert [frame.index for frame in frames] == list(range(7))


def test_close_ends_the_wait_for_a_frame() -> None:
    clock = FakeClock()
    source = Paced(Clip([0.0, 3600.0], clock), clock=clock)
    waits = threading.Event()

    def wait(wake: threading.Event, seconds: float) -> bool:
        waits.set()
        return wake.wait(60)

    clock.wait = wait
    given: list[Frame] = []
    thread = threading.Thread(target=lambda: given.extend(source))
    thread.start()
    assert waits.wait(10)
    source.close()
    thread.join(10)
    assert not thread.is_alive()
    assert len(given) == 1


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_nonsense_is_refused(speed: float) -> None:
    with pytest.raises(InvalidInputError, match="speed"):
        Paced(Clip(TENTHS, FakeClock()), speed=speed)


def test_of_a_file_only_those_images_are_made_that_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(plain(20 * number, (64, 48)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    made = []
    convert = RgbConverter.convert
    monkeypatch.setattr(RgbConverter, "convert", lambda *args: made.append(1) or convert(*args))
    clock = FakeClock()
    with Paced(VideoFile(path), clock=clock) as source:
        given = walk(source, clock, working_s=0.25)
    assert [frame.timestamp_s for frame, _ in given] == pytest.approx([0, 0.2, 0.5, 0.7, 0.9])
    assert [round(int(frame.image[0, 0, 0]) / 20) for frame, _ in given] == [0, 2, 5, 7, 9]
    assert len(made) == len(given)


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), plain(number))
    clock = FakeClock()
    with Paced(ImageFolder(tmp_path, fps=2), clock=clock) as source:
        given = walk(source, clock)
    assert numbers([frame for frame, _ in given]) == [0, 1, 2, 3]
    assert clock.time_s == pytest.approx(1001.5)
