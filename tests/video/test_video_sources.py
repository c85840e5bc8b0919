"""Picture folders, cameras, choosing among sources, and reading ahead."""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from video_clips import numbered_picture, quadrant_names, read_number, write_clip

from poseact.errors import InvalidInputError, SourceError
from poseact.video import (
    Camera,
    Frame,
    FrameSource,
    ImageFolder,
    VideoFile,
    VideoInfo,
    VideoWriter,
    open_source,
    read_ahead,
)


def save_picture(path: Path, number: int, width: int = 64, height: int = 48) -> bytes:
    """Any format by its suffix, also under names that cv2.imwrite cannot open."""
    picture = cv2.cvtColor(numbered_picture(number, width, height), cv2.COLOR_RGB2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 100] if path.suffix.lower() in (".jpg", ".jpeg") else []
    data = cv2.imencode(path.suffix.lower(), picture, quality)[1].tobytes()
    path.write_bytes(data)
    return data


# --- folders of pictures ------------------------------------------------------------------------


def test_a_folder_in_the_natural_order_of_its_names(tmp_path: Path) -> None:
    for number in (0, 1, 2, 9, 10, 11, 100):
        save_picture(tmp_path / f"frame{number}.png", number)
    with ImageFolder(tmp_path, fps=10) as source:
        frames = list(source)
        assert isinstance(source, FrameSource)
        assert source.info == VideoInfo(str(tmp_path), 64, 48, 10, 0.7, 7, "pictures")
        assert [read_number(f.image) for f in frames] == [0, 1, 2, 9, 10, 11, 100]
        assert [f.timestamp_s for f in frames] == pytest.approx([n / 10 for n in range(7)])
        assert [f.index for f in frames] == list(range(7))
        assert quadrant_names(frames[0].image) == ["top_left", "top_right", "bottom_left"]
        assert len(list(source)) == 7


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".bmp", ".webp"])
def test_kinds_of_pictures(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"Bild ü日{suffix}"
    save_picture(path, 77)
    for source in (ImageFolder(tmp_path), open_source(path)):
        (frame,) = source
        assert read_number(frame.image) == 77
        assert quadrant_names(frame.image) == ["top_left", "top_right", "bottom_left"]
        assert frame.image.dtype == np.uint8


@pytest.mark.parametrize("mode", ["gray", "alpha", "16 bit"])
def test_pictures_of_other_depths_become_rgb(tmp_path: Path, mode: str) -> None:
    bgr = cv2.cvtColor(numbered_picture(77), cv2.COLOR_RGB2BGR)
    picture = {
        "gray": cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY),
        "alpha": cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA),
        "16 bit": bgr.astype(np.uint16) * 257,
    }[mode]
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    (frame,) = ImageFolder(tmp_path)
    assert frame.image.shape == (48, 64, 3)
    assert frame.image.dtype == np.uint8
    assert read_number(frame.image) == 77


def test_exif_orientation_of_photographs(tmp_path: Path) -> None:
    data = save_picture(tmp_path / "a.jpg", 5)
    # A TIFF header with one entry: orientation 6, "turn a quarter clockwise to show".
    tiff = b"II*\0\x08\0\0\0\x01\0" + b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + bytes(4)
    app1 = b"Exif\0\0" + tiff
    (tmp_path / "a.jpg").write_bytes(
        data[:2] + b"\xff\xe1" + (len(app1) + 2).to_bytes(2, "big") + app1 + data[2:]
    )
    (frame,) = ImageFolder(tmp_path)
    assert frame.image.shape == (64, 48, 3)
    assert quadrant_names(frame.image)[:2] == ["bottom_left", "top_left"]


def test_other_files_in_a_folder_are_left_alone(tmp_path: Path) -> None:
    save_picture(tmp_path / "1.png", 1)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "._1.png").write_bytes(b"what some systems leave behind")
    (tmp_path / "more").mkdir()
    with ImageFolder(tmp_path) as source:
        assert [read_number(f.image) for f in source] == [1]
        assert source.warnings == []


def test_a_broken_picture_leaves_a_gap_and_a_warning(tmp_path: Path) -> None:
    for number in range(4):
        save_picture(tmp_path / f"{number}.png", number)
    (tmp_path / "0.png").write_bytes(b"")
    (tmp_path / "2.png").write_bytes(b"\x89PNG\r\n broken")
    with ImageFolder(tmp_path) as source:
        frames = list(source)
        assert [read_number(f.image) for f in frames] == [1, 3]
        assert [f.timestamp_s for f in frames] == pytest.approx([1 / 25, 3 / 25])
        assert [f.index for f in frames] == [0, 1]
        assert source.warnings == [
            f"{tmp_path / name}: the picture cannot be read and was left out" for name in ("0.png", "2.png")
        ]


def test_pictures_of_mixed_sizes(tmp_path: Path) -> None:
    save_picture(tmp_path / "1.png", 1)
    save_picture(tmp_path / "2.png", 2, 32, 24)
    message = "2.png: expected 64 x 48 pixels as in the first picture of the folder, found 32 x 24"
    with pytest.raises(SourceError, match=message):
        list(ImageFolder(tmp_path))


@pytest.mark.parametrize("content", ["nothing", "text", "broken"])
def test_a_folder_without_pictures(tmp_path: Path, content: str) -> None:
    if content == "text":
        (tmp_path / "notes.txt").write_text("x")
    if content == "broken":
        (tmp_path / "1.png").write_bytes(b"x")
    with pytest.raises(SourceError, match=r"none of 1 pictures can be read|expected pictures .* found none"):
        open_source(tmp_path)


def test_a_folder_of_videos_is_no_folder_of_pictures(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4")
    with pytest.raises(SourceError, match="found none: give a video file"):
        open_source(tmp_path)


def test_limits_of_picture_folders(tmp_path: Path) -> None:
    save_picture(tmp_path / "1.png", 1)
    with pytest.raises(SourceError, match="at most 100 pixels, found 64 x 48"):
        ImageFolder(tmp_path, max_pixels=100)
    for fps in (0, -1, float("nan"), float("inf")):
        with pytest.raises(InvalidInputError, match="fps: expected more than 0"):
            ImageFolder(tmp_path, fps=fps)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        ImageFolder(tmp_path / "missing")


# --- choosing a source --------------------------------------------------------------------------


def test_open_source_chooses_by_what_it_is_given(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.mp4")
    folder = tmp_path / "folder"
    folder.mkdir()
    save_picture(folder / "1.png", 1)
    for given, kind in (
        (video, VideoFile),
        (str(video), VideoFile),
        (folder, ImageFolder),
        (str(folder / "1.png"), ImageFolder),
    ):
        with open_source(given) as source:
            assert isinstance(source, kind)
            assert source.info.name == str(given)


def test_only_pictures_take_a_rate(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "a.mp4")
    folder = tmp_path / "folder"
    folder.mkdir()
    for i in range(3):
        save_picture(folder / f"{i}.png", i)
    with open_source(folder, fps=4) as source:
        assert [frame.timestamp_s for frame in source] == [0, 0.25, 0.5]
    with open_source(folder) as source:
        assert [frame.timestamp_s for frame in source] == [0, 0.04, 0.08]
    for given in (video, str(video), 0, tmp_path / "none"):
        with pytest.raises(InvalidInputError, match="fps: expected a folder of pictures"):
            open_source(given, fps=4)


def test_a_picture_under_the_name_of_a_video(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png", 1)
    path = (tmp_path / "a.png").rename(tmp_path / "a.mp4")
    with pytest.raises(SourceError, match="found a playlist, a picture"):
        open_source(path)


# --- cameras ------------------------------------------------------------------------------------


class FakeCapture:
    """Stands in for cv2.VideoCapture: some pictures, then none."""

    opened = True
    pictures = 3

    def __init__(self, device: int | str) -> None:
        self.device = device
        self.asked: dict[int, float] = {}
        self.taken = 0

    def isOpened(self) -> bool:
        return self.opened

    def set(self, key: int, value: float) -> None:
        self.asked[key] = value

    def get(self, key: int) -> float:
        return self.asked.get(key, 0.0)

    def grab(self) -> bool:
        return self.taken < self.pictures

    def retrieve(self) -> tuple[bool, np.ndarray]:
        self.taken += 1
        return True, cv2.cvtColor(numbered_picture(self.taken), cv2.COLOR_RGB2BGR)

    def release(self) -> None:
        self.pictures = 0


def test_a_camera_gives_stamped_rgb_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    before = time.monotonic()
    with Camera(1, size_wh=(64, 48), fps=30) as camera:
        assert isinstance(camera, FrameSource)
        assert camera.info == VideoInfo("camera 1", 64, 48, 30, None, None, "camera")
        frames = list(camera)
        assert camera.warnings == ["camera 1: the camera stopped giving pictures"]
    assert [read_number(f.image) for f in frames] == [1, 2, 3]
    assert quadrant_names(frames[0].image) == ["top_left", "top_right", "bottom_left"]
    stamps = [before, *(f.timestamp_s for f in frames), time.monotonic()]
    assert stamps == sorted(stamps)
    assert [f.index for f in frames] == [0, 1, 2]


def test_open_source_takes_a_number_for_a_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    camera = open_source(0)
    assert isinstance(camera, Camera)
    assert camera.info.average_fps is None
    camera.close()
    assert list(camera) == []
    assert camera.warnings == []


@pytest.mark.parametrize(("attribute", "value"), [("opened", False), ("pictures", 0)])
def test_a_camera_that_does_not_work(monkeypatch: pytest.MonkeyPatch, attribute: str, value: object) -> None:
    monkeypatch.setattr(FakeCapture, attribute, value)
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    with pytest.raises(SourceError, match=r"camera 0: .*another number"):
        Camera(0)


def test_a_camera_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match="camera 63: cannot be opened"):
        Camera(63)
    assert capfd.readouterr() == ("", "")


# --- reading ahead ------------------------------------------------------------------------------


class Counting:
    """A source that counts what it has given and where."""

    def __init__(self, num_frames: int | None = None, fail_at: int | None = None, size: int = 4) -> None:
        self.info = VideoInfo("counting", size, size, 25.0, None, num_frames, "none")
        self.warnings: list[str] = []
        self.given = 0
        self.threads: set[str] = set()
        self.finished = threading.Event()
        self._num_frames = num_frames
        self._fail_at = fail_at

    def __iter__(self) -> Iterator[Frame]:
        try:
            while self._num_frames is None or self.given < self._num_frames:
                if self.given == self._fail_at:
                    raise SourceError("counting: broken")
                self.threads.add(threading.current_thread().name)
                frame = Frame(np.zeros((4, 4, 3), np.uint8), self.given / 25, self.given)
                self.given += 1
                yield frame
        finally:
            self.finished.set()

    def close(self) -> None:
        self.finished.set()

    def __enter__(self) -> "Counting":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def reading_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "poseact-read-ahead"]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert reading_threads() == []


def test_read_ahead_gives_all_frames_from_another_thread(tmp_path: Path) -> None:
    source = Counting(50)
    assert [f.index for f in read_ahead(source)] == list(range(50))
    assert source.threads == {"poseact-read-ahead"}
    with open_source(write_clip(tmp_path / "a.mp4")) as video:
        assert [read_number(f.image) for f in read_ahead(video, depth=1)] == list(range(10))
        assert [read_number(f.image) for f in read_ahead(video)] == list(range(10))


def test_read_ahead_never_holds_more_than_it_may() -> None:
    source = Counting()
    with read_ahead(source, depth=3) as frames:
        for frame in frames:
            time.sleep(0.002)
            # 3 wait in the queue, one is held by the thread, one has just been taken
            assert source.given - frame.index <= 5
            if frame.index == 20:
                break


def test_read_ahead_holds_fewer_large_frames() -> None:
    source = Counting(size=8000)  # 192 MB each, as its info says
    with read_ahead(source, depth=8) as frames:
        next(frames)
        time.sleep(0.05)
        assert source.given <= 3


def test_what_the_source_raises_arrives_after_the_frames_before_it() -> None:
    seen = []
    with pytest.raises(SourceError, match="counting: broken"):
        for frame in read_ahead(Counting(fail_at=7)):
            seen.append(frame.index)
    assert seen == list(range(7))


def test_a_loop_left_early_ends_the_thread() -> None:
    source = Counting()
    for frame in read_ahead(source, depth=2):
        if frame.index == 3:
            break
    assert reading_threads() == []
    assert source.finished.is_set()


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_loop_left_by_an_error_ends_the_thread(error: type[BaseException]) -> None:
    source = Counting()
    with pytest.raises(error):
        for frame in read_ahead(source, depth=2):
            if frame.index == 3:
                raise error
    assert reading_threads() == []


def test_an_iterator_that_is_forgotten_ends_its_thread() -> None:
    frames = read_ahead(Counting(), depth=2)
    next(frames)
    del frames
    assert reading_threads() == []
    cycle: list[object] = [read_ahead(Counting(), depth=2)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert reading_threads() == []


def test_a_closed_iterator_is_at_its_end() -> None:
    frames = read_ahead(Counting(), depth=2)
    assert next(frames).index == 0
    frames.close()
    frames.close()
    assert list(frames) == []


def test_closing_the_source_under_a_reading_thread(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", stamps=[n / 25 for n in range(300)], size_wh=(160, 120))
    for _ in range(10):
        source = VideoFile(path)
        frames = read_ahead(source, depth=4)
        next(frames)
        source.close()
        assert len(list(frames)) <= 6


@pytest.mark.parametrize("depth", [0, -1])
def test_depth_must_be_positive(depth: int) -> None:
    with pytest.raises(InvalidInputError, match="depth: expected 1 or more"):
        read_ahead(Counting(3), depth)


@pytest.mark.parametrize("ending", ["raise KeyboardInterrupt", "raise SystemExit(3)", "pass", "1 / 0"])
def test_a_program_that_ends_in_the_middle_does_not_hang(tmp_path: Path, ending: str) -> None:
    path = write_clip(tmp_path / "a.mp4", stamps=[n / 25 for n in range(200)])
    code = (
        "import sys\nfrom poseact.video import *\n"
        f"frames = read_ahead(open_source(sys.argv[1]))\nnext(frames)\n{ending}"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=30)
    assert run.returncode == {"pass": 0, "raise SystemExit(3)": 3, "1 / 0": 1}.get(ending, run.returncode)
    assert "Fatal" not in run.stderr


def test_from_reading_ahead_to_writing(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", sound="aac")
    out = tmp_path / "out.mp4"
    with open_source(path) as source, VideoWriter(out, sound_from=path) as writer:
        for frame in read_ahead(source):
            writer.write(frame.image, frame.timestamp_s)
    with open_source(out) as again:
        assert [read_number(f.image) for f in again] == list(range(10))
