"""Written mp4 files: playable, with the frames' own stamps and the original's sound, whole or absent."""

import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import QUADRANTS, numbered_picture, quadrant_names, read_number

from poseact.errors import InvalidInputError, OutputError
from poseact.video import VideoFile, VideoWriter, open_source


def boxes(data: bytes) -> list[str]:
    """Names of the outermost boxes of an mp4."""
    names, at = [], 0
    while at + 8 <= len(data):
        names.append(data[at + 4 : at + 8].decode("latin1"))
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def write(path: Path, stamps: list[float], size_wh: tuple[int, int] = (64, 48), **options: object) -> Path:
    with VideoWriter(path, **options) as writer:
        for number, stamp in enumerate(stamps):
            writer.write(numbered_picture(number, *size_wh), stamp)
    assert writer.warnings == []
    return path


def test_a_file_that_browsers_play(tmp_path: Path) -> None:
    path = write(tmp_path / "out.mp4", [n / 25 for n in range(30)])
    data = path.read_bytes()
    names = boxes(data)
    assert names.index("moov") < names.index("mdat")  # a browser can begin before it has all
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.codec_tag == "avc1"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.codec_context.profile in {"Constrained Baseline", "Main", "High"}
        assert float(stream.average_rate) == pytest.approx(25)
        assert float(stream.duration * stream.time_base) == pytest.approx(30 / 25, abs=1e-3)
    # AVCDecoderConfigurationRecord (ISO/IEC 14496-15): version, profile, compatibility, level.
    level = data[data.index(b"avcC") + 4 + 3]
    assert level <= 41


def test_pictures_come_back(tmp_path: Path) -> None:
    path = write(tmp_path / "out.mp4", [n / 25 for n in range(30)], (128, 96))
    with VideoFile(path) as source:
        for number, frame in enumerate(source):
            assert read_number(frame.image) == number
            assert quadrant_names(frame.image) == list(QUADRANTS)
            difference = frame.image.astype(int) - numbered_picture(number, 128, 96)
            assert np.abs(difference).mean() < 4
            for y, x in ((24, 32), (24, 96), (72, 32)):
                assert np.abs(difference[y, x]).max() < 10


@pytest.mark.parametrize("height", [480, 720])
def test_colours_are_labelled_and_kept(tmp_path: Path, height: int) -> None:
    image = np.zeros((height, 64, 3), np.uint8)
    image[:] = (200, 60, 120)
    with VideoWriter(tmp_path / "out.mp4") as writer:
        for n in range(3):
            writer.write(image, n / 10)
    with VideoFile(tmp_path / "out.mp4") as source:
        assert np.abs(next(iter(source)).image.astype(int) - image).max() <= 4
    with av.open(str(tmp_path / "out.mp4")) as container:
        frame = next(container.decode(video=0))
        assert frame.colorspace == (1 if height == 720 else 6)
        assert frame.color_range == 1  # limited, which every player assumes


@pytest.mark.parametrize(
    "stamps",
    [
        [n / 29.97 for n in range(40)],
        [0.0, 0.033, 0.07, 0.5, 0.51, 1.75, 3.001],
        [0.5, 0.6, 0.7],
        [0.0],
        [0.0, 100.0, 100.001],
    ],
)
def test_time_stamps_are_kept_to_a_millisecond(tmp_path: Path, stamps: list[float]) -> None:
    path = write(tmp_path / "out.mp4", stamps)
    with VideoFile(path) as source:
        found = [f.timestamp_s + stamps[0] for f in source]
    assert found == pytest.approx(stamps, abs=1e-3)
    with av.open(str(path)) as container:  # on the file's own clock, too
        ticks = [f.pts for f in container.decode(video=0)]
        time_base = container.streams.video[0].time_base
    assert [float(t * time_base) for t in ticks] == pytest.approx(stamps, abs=1e-3)


def test_start_of_the_clock(tmp_path: Path) -> None:
    path = write(tmp_path / "out.mp4", [1000.25, 1000.5, 1001.0], start_s=1000.25)
    with av.open(str(path)) as container:
        assert [f.time for f in container.decode(video=0)] == pytest.approx([0, 0.25, 0.75], abs=1e-3)


@pytest.mark.parametrize("stamps", [[0.0, 0.1, 0.2], [0.0, 0.033, 0.07, 0.5, 0.51, 1.2, 1.9]])
def test_every_frame_lasts_until_the_next_and_the_last_as_long_as_the_one_before(
    tmp_path: Path, stamps: list[float]
) -> None:
    path = write(tmp_path / "out.mp4", stamps)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        end_s = 2 * stamps[-1] - stamps[-2]
        assert float(stream.duration * stream.time_base) == pytest.approx(end_s, abs=1e-3)
        packets = [p for p in container.demux(stream) if p.size]
        lengths = [float(p.duration * p.time_base) for p in packets]
        assert lengths == pytest.approx(np.diff([*stamps, end_s]), abs=1e-3)
        assert [p.dts for p in packets] == [p.pts for p in packets]


@pytest.mark.parametrize("size_wh", [(65, 49), (1, 1), (2, 2), (17, 30), (641, 3)])
def test_odd_sizes_are_padded_to_even_ones(tmp_path: Path, size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    image = np.full((height, width, 3), 90, np.uint8)
    image[-1, -1] = 200
    with VideoWriter(tmp_path / "out.mp4") as writer:
        writer.write(image, 0.0)
        writer.write(image, 0.1)
    with VideoFile(tmp_path / "out.mp4") as source:
        shape = next(iter(source)).image.shape
    assert shape == (height + height % 2, width + width % 2, 3)


def test_the_array_may_be_used_again_and_need_not_be_contiguous(tmp_path: Path) -> None:
    buffer = np.zeros((48, 128, 3), np.uint8)
    with VideoWriter(tmp_path / "out.mp4") as writer:
        for number in range(10):
            buffer[:, ::2] = numbered_picture(number)
            view = buffer[:, ::2]
            view.setflags(write=False)
            writer.write(view, number / 10)
    with VideoFile(tmp_path / "out.mp4") as source:
        assert [read_number(f.image) for f in source] == list(range(10))


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_no_file_and_keeps_an_older_one(tmp_path: Path, error: type[BaseException]) -> None:
    out = tmp_path / "out.mp4"
    for older in (None, b"older"):
        if older:
            out.write_bytes(older)
        with pytest.raises(error), VideoWriter(out) as writer:
            for n in range(30):
                writer.write(numbered_picture(n), n / 25)
            raise error
        assert [p.name for p in tmp_path.iterdir()] == (["out.mp4"] if older else [])
        assert not older or out.read_bytes() == older


def test_an_interruption_while_finishing_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_args: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), VideoWriter(tmp_path / "out.mp4") as writer:
        writer.write(numbered_picture(0), 0.0)
        monkeypatch.setattr(VideoWriter, "_encode", interrupt)
    assert list(tmp_path.iterdir()) == []


def test_the_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    writer = VideoWriter(out)
    for n in range(20):
        writer.write(numbered_picture(n), n / 25)
    assert not out.exists()
    writer.close()
    writer.close()
    writer.abort()
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]
    with pytest.raises(InvalidInputError, match="is finished"):
        writer.write(numbered_picture(0), 9.0)


def test_no_frame_at_all(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="expected at least one frame"), VideoWriter(tmp_path / "out.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write here"):
        VideoWriter(tmp_path / "missing" / "out.mp4")


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = VideoWriter(tmp_path / "out.mp4")
    writer.write(numbered_picture(0), 0.0)

    def no_space(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VideoWriter, "_encode", no_space)
    with pytest.raises(OutputError, match=r"video cannot be written \(No space left on device\)"):
        writer.write(numbered_picture(1), 0.1)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InvalidInputError, match="is finished"):
        writer.write(numbered_picture(2), 0.2)


def test_other_names_than_mp4(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"ending in \.mp4"):
        VideoWriter(tmp_path / "out.avi")


@pytest.mark.parametrize(
    "image", [np.zeros((48, 64), np.uint8), np.zeros((48, 64, 4), np.uint8), np.zeros((48, 64, 3), float)]
)
def test_pictures_of_another_form(tmp_path: Path, image: np.ndarray) -> None:
    with VideoWriter(tmp_path / "out.mp4") as writer:
        with pytest.raises(InvalidInputError, match=r"expected \(height, width, 3\) uint8"):
            writer.write(image, 0.0)
        writer.write(numbered_picture(0), 0.0)
        with pytest.raises(InvalidInputError, match="of one shape"):
            writer.write(numbered_picture(0, 32, 32), 1.0)
    assert (tmp_path / "out.mp4").exists()  # the writer goes on after a refusal


def test_pictures_too_wide_for_h264(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="at most 16384 pixels on a side, found 16386 x 2"):
        VideoWriter(tmp_path / "out.mp4").write(np.zeros((2, 16386, 3), np.uint8), 0.0)


@pytest.mark.parametrize("stamp", [1.0, 0.5, float("nan"), float("inf")])
def test_time_stamps_that_do_not_rise(tmp_path: Path, stamp: float) -> None:
    with VideoWriter(tmp_path / "out.mp4") as writer:
        writer.write(numbered_picture(0), 1.0)
        with pytest.raises(InvalidInputError, match=r"expected a time stamp after 1\.0 s"):
            writer.write(numbered_picture(1), stamp)


def test_stamps_closer_than_the_clock_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "out.mp4", [0.0, 1e-9, 2e-9, 0.1])
    with VideoFile(path) as source:
        assert [f.timestamp_s for f in source] == pytest.approx([0, 0, 0, 0.1], abs=1e-4)


@pytest.mark.parametrize("name", ["mit Leerzeichen ü 日本.mp4", "100%d.mp4", "-y.mp4", "UPPER.MP4"])
def test_any_name(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [0.0, 0.1])
    assert [p.name for p in tmp_path.iterdir()] == [name]
    with open_source(path) as source:
        assert len(list(source)) == 2


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("out.mp4"), [0.0, 0.1])
    assert (tmp_path / "out.mp4").stat().st_size > 500


def test_written_from_another_thread(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4")
    thread = threading.Thread(
        target=lambda: [writer.write(numbered_picture(n), n / 25) for n in range(20)], name="writer"
    )
    thread.start()
    thread.join()
    writer.close()
    with VideoFile(tmp_path / "out.mp4") as source:
        assert [read_number(f.image) for f in source] == list(range(20))


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "out.mp4", [n / 25 for n in range(10)])
    assert capfd.readouterr() == ("", "")


def test_better_quality_costs_more_bytes(tmp_path: Path) -> None:
    sizes = [
        write(tmp_path / f"{crf}.mp4", [n / 25 for n in range(20)], (320, 240), crf=crf).stat().st_size
        for crf in (35, 15)
    ]
    assert sizes[0] < sizes[1]
    assert Fraction(sizes[1], sizes[0]) > Fraction(11, 10)
