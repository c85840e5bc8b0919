"""Files of every kind decode to upright RGB frames with their own time stamps."""

import os
import re
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import QUADRANTS, numbered_picture, quadrant_names, read_number, write_clip

from poseact.errors import SourceError
from poseact.video import Frame, FrameSource, VideoFile

os.environ.setdefault("SVT_LOG", "0")  # the AV1 encoder is talkative

ONE_THREAD = {"x265-params": "log-level=none:pools=1:frame-threads=1"}
AVI_TICK = Fraction(1, 25)
KINDS = {
    "h264.mp4": {"codec": "libx264"},
    "h264.mkv": {"codec": "libx264"},
    "h264.mov": {"codec": "libx264"},
    "h264.ts": {"codec": "libx264"},
    "h264.avi": {"codec": "libx264", "time_base": AVI_TICK, "options": {"bf": "2"}},
    "h264_fragments.mp4": {"codec": "libx264", "container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "hevc.mp4": {"codec": "libx265", "options": ONE_THREAD},
    "mpeg4.mp4": {"codec": "mpeg4"},
    "mpeg4.avi": {"codec": "mpeg4", "time_base": AVI_TICK, "options": {"bf": "2"}},
    "mpeg2.mpg": {"codec": "mpeg2video", "time_base": AVI_TICK},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "time_base": AVI_TICK},
    "mjpeg.mov": {"codec": "mjpeg", "pix_fmt": "yuvj422p"},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "av1.mp4": {"codec": "libsvtav1", "options": {"preset": "11"}},
    "gif.gif": {"codec": "gif", "pix_fmt": "rgb8", "time_base": Fraction(1, 100)},
}


def frames_of(path: Path) -> list[Frame]:
    with VideoFile(path) as source:
        return list(source)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_gives_all_frames_in_order(tmp_path: Path, name: str) -> None:
    path = write_clip(tmp_path / name, **KINDS[name])
    with VideoFile(path) as source:
        frames = list(source)
        assert isinstance(source, FrameSource)
        assert source.warnings == []
        assert (source.info.width, source.info.height) == (64, 48)
        assert source.info.codec == re.match("[a-z0-9]+?(?=_|\\.)", name)[0].replace("mpeg2", "mpeg2video")
    assert [read_number(f.image) for f in frames] == list(range(10))
    assert [f.index for f in frames] == list(range(10))
    assert [f.timestamp_s for f in frames] == pytest.approx([n / 25 for n in range(10)], abs=1e-6)
    for frame in frames:
        assert frame.image.shape == (48, 64, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert quadrant_names(frame.image) == list(QUADRANTS)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "tolerance"),
    [
        ("libx264", "yuv420p", 12),
        ("libx264", "yuvj420p", 12),  # full range: black is 0 and not 16
        ("libx264", "yuv444p", 12),
        ("libx264", "yuv420p10le", 12),
        ("ffv1", "yuva420p", 6),
        ("ffv1", "yuv422p12le", 4),
        ("ffv1", "bgr0", 0),
        ("ffv1", "bgra", 0),
        ("ffv1", "gbrp16le", 1),
        ("png", "rgb48be", 1),
    ],
)
def test_colours_come_out_right(tmp_path: Path, codec: str, pix_fmt: str, tolerance: int) -> None:
    path = write_clip(
        tmp_path / ("clip.mov" if codec == "png" else "clip.mkv"),
        codec=codec,
        pix_fmt=pix_fmt,
        stamps=(0.0, 0.04),
    )
    image = frames_of(path)[0].image
    for (y, x), colour in (((12, 16), "top_left"), ((12, 48), "top_right"), ((36, 16), "bottom_left")):
        assert np.abs(image[y, x].astype(int) - QUADRANTS[colour]).max() <= tolerance


@pytest.mark.parametrize("pix_fmt", ["gray", "gray10le", "gray16le", "monob"])
def test_gray_becomes_equal_channels(tmp_path: Path, pix_fmt: str) -> None:
    name, codec = ("clip.mov", "png") if pix_fmt == "monob" else ("clip.mkv", "ffv1")
    path = write_clip(tmp_path / name, codec=codec, pix_fmt=pix_fmt, stamps=(0.0, 0.04))
    for number, frame in enumerate(frames_of(path)):
        assert read_number(frame.image) == number
        assert (frame.image == frame.image[..., :1]).all()


def test_large_unlabelled_video_is_taken_for_bt709(tmp_path: Path) -> None:
    path = tmp_path / "hd.mkv"
    red = np.zeros((720, 64, 3), np.uint8)
    red[:] = QUADRANTS["top_left"]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 720, "yuv444p"
        frame = av.VideoFrame.from_ndarray(red, format="rgb24")
        yuv = frame.reformat(format="yuv444p", dst_colorspace="ITU709")
        yuv.colorspace = 2  # unspecified
        container.mux([*stream.encode(yuv), *stream.encode(None)])
    assert np.abs(frames_of(path)[0].image[5, 5].astype(int) - QUADRANTS["top_left"]).max() <= 3


@pytest.mark.parametrize(
    ("degrees", "flip_x", "corners"),
    [
        (0, False, ["top_left", "top_right", "bottom_left"]),
        (90, False, ["top_right", "?", "top_left"]),  # counter-clockwise
        (180, False, ["?", "bottom_left", "top_right"]),
        (270, False, ["bottom_left", "top_left", "?"]),
        (0, True, ["top_right", "top_left", "?"]),
        (180, True, ["bottom_left", "?", "top_left"]),
        (90, True, ["?", "top_right", "bottom_left"]),
        (270, True, ["top_left", "bottom_left", "top_right"]),
    ],
)
def test_rotation_and_mirror_flags(tmp_path: Path, degrees: int, flip_x: bool, corners: list[str]) -> None:
    path = write_clip(tmp_path / "turned.mp4", rotation=(degrees, flip_x, False))
    with VideoFile(path) as source:
        image = next(iter(source)).image
        assert image.shape == (source.info.height, source.info.width, 3)
        assert image.flags.c_contiguous
        assert source.info.rotation_deg == (0 if flip_x and degrees in (0, 180) else degrees)
    assert image.shape[:2] == ((64, 48) if degrees in (90, 270) else (48, 64))
    found = quadrant_names(image)
    assert [a for a, b in zip(found, corners, strict=True) if b != "?"] == [b for b in corners if b != "?"]


def test_direction_of_rotation_against_the_specification(tmp_path: Path) -> None:
    # ISO/IEC 14496-12, 6.2.2: x' = a x + c y, y' = b x + d y. A phone held upright writes
    # a, b, c, d = 0, 1, -1, 0: what is stored at the right is shown at the bottom.
    path = write_clip(tmp_path / "phone.mp4")
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # version 0: the matrix is 40 bytes behind the box's name
    one = 1 << 16
    assert int.from_bytes(data[at : at + 4], "big") == one
    matrix = (0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    data[at : at + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in matrix)
    path.write_bytes(data)
    image = frames_of(path)[0].image
    assert image.shape == (64, 48, 3)
    assert quadrant_names(image)[:2] == ["bottom_left", "top_left"]


@pytest.mark.parametrize(
    ("aspect", "size_wh"),
    [
        (Fraction(2), (128, 48)),
        (Fraction(1, 2), (64, 96)),
        (Fraction(80, 81), (64, 48)),  # near enough to square
        (Fraction(1, 100), (64, 48)),  # nonsense
    ],
)
def test_pixels_become_square(tmp_path: Path, aspect: Fraction, size_wh: tuple[int, int]) -> None:
    path = write_clip(tmp_path / "wide.mp4", sample_aspect_ratio=aspect)
    with VideoFile(path) as source:
        assert (source.info.width, source.info.height) == size_wh
        for number, frame in enumerate(source):
            assert frame.image.shape == (size_wh[1], size_wh[0], 3)
            assert read_number(frame.image) == number


def test_variable_frame_rate_is_kept(tmp_path: Path) -> None:
    stamps = [0.0, 0.033, 0.07, 0.5, 0.51, 1.75, 3.001]
    for name in ("vfr.mp4", "vfr.mkv"):
        frames = frames_of(write_clip(tmp_path / name, stamps=stamps))
        assert [f.timestamp_s for f in frames] == pytest.approx(stamps, abs=5e-4)


@pytest.mark.parametrize("name", ["late.mkv", "late.ts", "late.mp4"])
def test_time_is_counted_from_the_start_of_the_file(tmp_path: Path, name: str) -> None:
    frames = frames_of(write_clip(tmp_path / name, stamps=[100 + n / 25 for n in range(10)]))
    assert [f.timestamp_s for f in frames] == pytest.approx([n / 25 for n in range(10)], abs=2e-3)


def test_pictures_that_begin_after_the_sound_keep_their_distance(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", stamps=[0.5 + n / 25 for n in range(5)], sound="flac", sound_s=1.0)
    with VideoFile(path) as source:
        assert source.info.has_audio
        assert next(iter(source)).timestamp_s == pytest.approx(0.5, abs=2e-3)


def test_avi_with_frames_stored_out_of_order(tmp_path: Path) -> None:
    # DivX "packed" pictures come as a pair and an empty one; AVI itself stores no time stamps.
    path = write_clip(
        tmp_path / "packed.avi",
        codec="mpeg4",
        time_base=AVI_TICK,
        options={"bf": "2"},
        stamps=[n / 25 for n in range(30)],
    )
    frames = frames_of(path)
    assert [read_number(f.image) for f in frames] == list(range(30))
    assert [f.timestamp_s for f in frames] == pytest.approx([n / 25 for n in range(30)])


def test_interlaced_and_tiny_and_odd_sizes(tmp_path: Path) -> None:
    fields = {"flags": "+ildct+ilme"}
    interlaced = write_clip(tmp_path / "i.mpg", codec="mpeg2video", time_base=AVI_TICK, options=fields)
    assert [read_number(f.image) for f in frames_of(interlaced)] == list(range(10))
    one = write_clip(tmp_path / "one.mkv", codec="ffv1", pix_fmt="bgr0", size_wh=(1, 1))
    assert [f.image.shape for f in frames_of(one)] == [(1, 1, 3)] * 10
    odd = write_clip(tmp_path / "odd.mkv", codec="ffv1", pix_fmt="yuv420p", size_wh=(67, 51))
    assert frames_of(odd)[7].image.shape == (51, 67, 3)


def test_pictures_that_change_size_keep_the_first_size(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.ts", size_wh=(64, 48))
    second = write_clip(tmp_path / "b.ts", size_wh=(128, 96))
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    with VideoFile(both) as source:
        frames = list(source)
    assert {f.image.shape for f in frames} == {(48, 64, 3)}
    assert [read_number(f.image) for f in frames] == [*range(10), *range(10)]
    assert (np.diff([f.timestamp_s for f in frames]) > 0).all()
    assert frames[-1].timestamp_s == pytest.approx(19 / 25, abs=0.02)


def test_info_states_rate_duration_and_count(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", stamps=[n / 10 for n in range(20)], sound="aac")
    with VideoFile(path) as source:
        assert source.info.name == str(path)
        assert source.info.average_fps == pytest.approx(10, abs=0.6)
        assert source.info.duration_s == pytest.approx(2.0, abs=0.11)
        assert source.info.num_frames == 20
        assert source.info.rotation_deg == 0
        assert source.info.has_audio


def test_a_file_can_be_read_again_and_a_new_walk_ends_the_old_one(tmp_path: Path) -> None:
    with VideoFile(write_clip(tmp_path / "clip.mp4")) as source:
        old = iter(source)
        assert [read_number(next(old).image) for _ in range(3)] == [0, 1, 2]
        assert [read_number(f.image) for f in source] == list(range(10))
        assert list(old) == []
        assert [f.index for f in source] == list(range(10))


def test_a_closed_file_says_so(tmp_path: Path) -> None:
    source = VideoFile(write_clip(tmp_path / "clip.mp4"))
    walk = iter(source)
    next(walk)
    source.close()
    source.close()
    assert list(walk) == []
    with pytest.raises(SourceError, match="has been closed"):
        next(iter(source))


def test_frames_stay_as_they_are_when_later_ones_come(tmp_path: Path) -> None:
    frames = frames_of(write_clip(tmp_path / "clip.mp4"))
    frames[0].image[:] = 0
    assert read_number(frames[1].image) == 1
    assert read_number(frames[9].image) == 9


@pytest.mark.parametrize(
    "name", ["mit Leerzeichen ü 日本.mp4", "100%d.mp4", "a:b.mkv", "-i.mp4", "x%03d.gif"]
)
def test_any_file_name(tmp_path: Path, name: str) -> None:
    if ":" in name and sys.platform == "win32":
        pytest.skip("Windows has no such names")
    kind = KINDS["gif.gif"] if name.endswith("gif") else {}
    made = write_clip(tmp_path / f"made{Path(name).suffix}", **kind)
    path = made.rename(tmp_path / name)
    assert [read_number(f.image) for f in frames_of(path)] == list(range(10))


def test_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(Path("clip.mp4"))
    assert len(frames_of(Path("clip.mp4"))) == 10


def test_the_numbers_in_the_pictures_can_be_read() -> None:
    assert [read_number(numbered_picture(n)) for n in (0, 1, 2, 77, 255)] == [0, 1, 2, 77, 255]
