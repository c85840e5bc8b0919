"""Broken files give their good frames and a warning, or one clear line."""

import struct
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import read_number, write_clip

from poseact.errors import PoseactError, SourceError
from poseact.video import VideoFile, open_source
from poseact.video.structure import Structure, read_structure

STAMPS = [n / 25 for n in range(100)]
AVI_TICK = Fraction(1, 25)
# Many small key frames, so that damage in one place spares the rest.
KEY_FRAMES = {"g": "10", "bf": "0", "sc_threshold": "0"}


def long_clip(path: Path, **kind: object) -> bytes:
    options = {"stamps": STAMPS, "size_wh": (160, 120), "options": KEY_FRAMES} | kind
    return write_clip(path, **options).read_bytes()


def read_all(path: Path) -> tuple[list[int], list[float], list[str]]:
    with VideoFile(path) as source:
        frames = list(source)
        return [read_number(f.image) for f in frames], [f.timestamp_s for f in frames], source.warnings


FAST_START = {"container_options": {"movflags": "+faststart"}}
CUTTABLE = {
    "h264.mp4": FAST_START,
    "mpeg4.avi": {"codec": "mpeg4", "time_base": AVI_TICK},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "time_base": AVI_TICK},
    "h264.mkv": {},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8", "g": "10"}},
}


@pytest.mark.parametrize("name", CUTTABLE)
def test_a_file_cut_off_gives_its_first_part_and_a_warning(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    whole = long_clip(path, **CUTTABLE[name])
    assert read_all(path)[2] == []
    path.write_bytes(whole[: len(whole) * 7 // 10])
    numbers, stamps, warnings = read_all(path)
    assert 25 <= len(numbers) < 100
    # The very end may be out of step: what a picture there was built from is gone.
    assert numbers[:-5] == list(range(len(numbers) - 5))
    assert stamps == pytest.approx([n / 25 for n in numbers], abs=2e-3)
    missing = len(whole) - len(whole) * 7 // 10
    assert f"{path}: the file is cut off, its last {missing} bytes are missing" in warnings


@pytest.mark.parametrize("name", ["cut.gif", "cut.ts"])
def test_kinds_that_do_not_state_their_length_give_what_is_there(tmp_path: Path, name: str) -> None:
    gif = {"codec": "gif", "pix_fmt": "rgb8", "time_base": Fraction(1, 100)}
    path = tmp_path / name
    whole = long_clip(path, **(gif if name == "cut.gif" else {}))
    path.write_bytes(whole[: len(whole) // 2])
    numbers, _, _ = read_all(path)
    assert numbers == list(range(len(numbers)))
    assert 30 < len(numbers) < 70


def test_damage_in_the_middle_costs_only_what_it_hits(tmp_path: Path) -> None:
    path = tmp_path / "hit.avi"
    whole = bytearray(long_clip(path, codec="mjpeg", pix_fmt="yuvj420p", time_base=AVI_TICK))
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for number in (40, 41, 42):  # pictures of random bytes
        start, size = packets[number]
        whole[start : start + size] = bytes(range(7, 256, 31)) * (size // 9) + bytes(size % 9)
    path.write_bytes(whole)
    numbers, stamps, warnings = read_all(path)
    assert numbers == [n for n in range(100) if n not in (40, 41, 42)]
    assert stamps == pytest.approx([n / 25 for n in numbers])
    assert warnings == [f"{path}: left out 3 frames that could not be decoded: damaged file?"]


def test_damage_to_h264_spares_the_frames_before_and_after(tmp_path: Path) -> None:
    path = tmp_path / "hit.mp4"
    whole = bytearray(long_clip(path))
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    start, end = packets[50][0], packets[57][0]  # within the group of pictures that begins at 50
    whole[start:end] = bytes(end - start)
    path.write_bytes(whole)
    numbers, _, warnings = read_all(path)
    assert numbers[:50] == list(range(50))
    assert numbers[-40:] == list(range(60, 100))
    assert len(numbers) <= 92  # the decoder may pass off a picture or two as whole
    assert "that could not be decoded" in warnings[0]


def test_pictures_that_the_decoder_knows_to_be_patched_up_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "hit.mp4"
    whole = bytearray(long_clip(path, size_wh=(320, 240)))
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    start, size = packets[60]  # a key picture: its head stays, half of its slices are gone
    whole[start + size // 2 : start + size] = b"\x55" * (size - size // 2)
    path.write_bytes(whole)
    with av.open(str(path)) as container:
        patched = [n for n, f in enumerate(container.decode(video=0)) if f.is_corrupt]
    assert patched == [60]
    numbers, stamps, warnings = read_all(path)
    assert len(numbers) == 99
    assert 60 / 25 not in [round(s, 3) for s in stamps]
    assert warnings == [f"{path}: left out 1 frame that could not be decoded: damaged file?"]


def test_an_iteration_left_early_still_tells_what_went_wrong(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    whole = long_clip(path, **FAST_START)
    path.write_bytes(whole[:-500])
    with VideoFile(path) as source:
        for frame in source:
            if frame.index == 3:
                break
        assert source.warnings == [f"{path}: the file is cut off, its last 500 bytes are missing"]


def test_a_wild_time_stamp_does_not_stretch_the_video(tmp_path: Path) -> None:
    path = tmp_path / "wild.mkv"
    write_clip(path, stamps=[0.0, 0.04, 0.08, 0.12, 0.16], codec="ffv1", pix_fmt="bgr0")
    data = bytearray(path.read_bytes())
    # A simple block holds the track number and a 16-bit time in ms relative to its cluster.
    time_at = data.index(struct.pack(">Bh", 0x81, 80)) + 1
    data[time_at : time_at + 2] = struct.pack(">h", 32000)
    path.write_bytes(data)
    _, stamps, warnings = read_all(path)
    assert len(stamps) == 5
    assert max(stamps) < 0.5
    assert all(a < b for a, b in pairwise(stamps))
    assert "time stamps were missing or out of order" in warnings[0]


def test_an_absurd_rate_in_the_header_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "slow.avi"
    data = long_clip(path, codec="mjpeg", pix_fmt="yuvj420p", time_base=AVI_TICK, stamps=STAMPS[:10])
    at = data.index(b"strh") + 8 + 20  # AVISTREAMHEADER: dwScale, dwRate
    assert struct.unpack("<II", data[at : at + 8]) == (1, 25)
    path.write_bytes(data[:at] + struct.pack("<II", 1 << 30, 1) + data[at + 8 :])
    numbers, stamps, warnings = read_all(path)
    assert numbers == list(range(10))
    assert stamps == pytest.approx([n / 25 for n in range(10)])
    assert "10 of 10 time stamps" in warnings[0]


def no_index(path: Path) -> None:
    whole = write_clip(path).read_bytes()
    path.write_bytes(whole[: whole.index(b"moov") - 4])


def only_header(path: Path) -> None:
    whole = write_clip(path, container_options={"movflags": "+faststart"}).read_bytes()
    path.write_bytes(whole[: whole.index(b"mdat") + 4])


def sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        silence = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
        silence.sample_rate = 48000
        for plane in silence.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux([*stream.encode(silence), *stream.encode(None)])


def no_frames(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height = 64, 48
        container.start_encoding()


def unknown_codec(path: Path) -> None:
    data = write_clip(path).read_bytes()
    path.write_bytes(data.replace(b"avc1", b"zzz9"))


BAD_FILES = {
    "missing": (lambda path: None, "no such file: expected a video file"),
    "empty": (lambda path: path.write_bytes(b""), r"the file is empty \(0 bytes\)"),
    "text": (lambda path: path.write_text("not a video\n" * 40), "expected a video .* found something else"),
    "one byte": (lambda path: path.write_bytes(b"\0"), "expected a video .* found something else"),
    "noise": (lambda path: path.write_bytes(bytes(range(256)) * 64), "expected a video"),
    "no index": (no_index, r"without its index \(moov box\): the recording was cut off"),
    "only the header": (only_header, "found h264 video of which no frame can be decoded"),
    "sound only": (sound_only, "expected a video, found sound only"),
    "no frames": (no_frames, "no frame can be decoded|found no stream of pictures|found something else"),
    "unknown codec": (unknown_codec, "codec is not known"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_what_is_no_video_gets_one_clear_line(
    tmp_path: Path, case: str, capfd: pytest.CaptureFixture[str]
) -> None:
    make, expected = BAD_FILES[case]
    path = tmp_path / "bad.mp4"
    make(path)
    with pytest.raises(SourceError, match=expected) as caught:
        open_source(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")  # FFmpeg's own lines stay out of the user's sight


@pytest.mark.parametrize("seed", range(12))
def test_random_damage_never_raises_anything_else(
    tmp_path: Path, seed: int, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(seed)
    name = ["a.mp4", "a.avi", "a.mkv", "a.gif"][seed % 4]
    kind = {"a.avi": CUTTABLE["mpeg4.avi"], "a.gif": {"codec": "gif", "pix_fmt": "rgb8"}}.get(name, {})
    path = tmp_path / name
    data = bytearray(write_clip(path, stamps=STAMPS[:30], **kind).read_bytes())
    for at in rng.integers(0, len(data), 40):
        data[at] = rng.integers(256)
    path.write_bytes(data)
    try:
        _, stamps, _ = read_all(path)
    except PoseactError as error:
        assert "\n" not in str(error)
    else:
        assert all(a < b for a, b in pairwise(stamps))
    assert capfd.readouterr() == ("", "")


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "locked.mp4")

    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match="cannot be read \\(Permission denied\\)"):
        VideoFile(path)


def test_a_folder_given_as_a_video_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        VideoFile(tmp_path)


@pytest.mark.parametrize(
    ("data", "structure"),
    [
        (b"", Structure()),
        (b"RIFF", Structure()),
        (b"RIFF" + struct.pack("<I", 100) + b"AVI LIST", Structure(missing_bytes=92)),
        (b"\x1a\x45\xdf\xa3", Structure()),
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xa0" + bytes(8), Structure(missing_bytes=24)),
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff" + bytes(8), Structure()),  # unknown: live recording
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x00" + bytes(8), Structure()),
        (struct.pack(">I4s", 3, b"ftyp"), Structure(lacks_index=True)),
        (struct.pack(">I4s", 16, b"ftyp") + bytes(8), Structure(lacks_index=True)),
        (struct.pack(">I4sI4s", 8, b"ftyp", 50, b"moov"), Structure(missing_bytes=42)),
        (struct.pack(">I4sI4sQ", 8, b"free", 1, b"moov", 16), Structure()),
        (struct.pack(">I4sI4s", 8, b"ftyp", 0, b"moov"), Structure()),  # 0: to the end of the file
        (struct.pack(">I4sI4s", 8, b"ftyp", 3, b"moov"), Structure(lacks_index=True)),  # nonsense length
    ],
)
def test_structure(tmp_path: Path, data: bytes, structure: Structure) -> None:
    path = tmp_path / "data"
    path.write_bytes(data)
    assert read_structure(path) == structure
