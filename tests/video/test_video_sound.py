"""The sound of the original goes into the written mp4, in step with the pictures, or costs a warning."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import numbered_picture, read_number, write_clip

from poseact.errors import OutputError
from poseact.video import VideoFile, VideoWriter, sound


def write(path: Path, stamps: list[float], original: Path) -> Path:
    with VideoWriter(path, sound_from=original) as writer:
        for number, stamp in enumerate(stamps):
            writer.write(numbered_picture(number), stamp)
    assert writer.warnings == []
    return path


def sound_of(path: Path) -> tuple[str, list[float], float]:
    """Codec of the sound, when its packets begin, and its length in seconds of decoded samples."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        starts = [float(p.pts * p.time_base) for p in container.demux(stream) if p.size]
    with av.open(str(path)) as container:
        samples = [f.samples for f in container.decode(audio=0)]
        return container.streams.audio[0].codec_context.name, starts, sum(samples) / 48000


SOUNDS = {
    # sound in the original, container, sound in the copy
    "aac": (".mp4", "aac"),
    "libmp3lame": (".mp4", "mp3float"),
    "libopus": (".mkv", "opus"),
    "flac": (".mkv", "flac"),
    "pcm_s16le": (".mov", "aac"),
    "ac3": (".mkv", "aac"),
    "vorbis": (".mkv", "aac"),
    "mp2": (".ts", "aac"),
}


@pytest.mark.parametrize("codec", SOUNDS)
def test_the_sound_of_the_original_is_kept(tmp_path: Path, codec: str) -> None:
    suffix, copied_as = SOUNDS[codec]
    stamps = [n / 25 for n in range(50)]
    options = {"strict": "-2"} if codec == "vorbis" else None
    original = write_clip(
        tmp_path / f"in{suffix}", stamps=stamps, sound=codec, sound_s=2.0, sound_options=options
    )
    out = tmp_path / "out.mp4"
    with VideoFile(original) as source, VideoWriter(out, sound_from=original) as writer:
        for frame in source:
            writer.write(frame.image, frame.timestamp_s)
    assert writer.warnings == []
    name, starts, length_s = sound_of(out)
    assert name == copied_as
    assert length_s == pytest.approx(2.0, abs=0.1)
    assert all(a < b for a, b in pairwise(starts))
    data = out.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with VideoFile(out) as again:
        assert again.info.has_audio
        assert [f.timestamp_s for f in again] == pytest.approx(stamps, abs=0.03)


def tone_start_s(path: Path) -> float:
    """When the tone becomes audible, on the file's own clock."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            wave = frame.to_ndarray().astype(float).reshape(-1)
            loud = np.flatnonzero(np.abs(wave) > 0.05)
            if len(loud):
                return float(frame.pts * frame.time_base) + loud[0] / frame.sample_rate
    raise AssertionError("no tone")


@pytest.mark.parametrize("offset", ["0", "10"])
@pytest.mark.parametrize(
    ("codec", "suffix"), [("aac", ".mp4"), ("aac", ".ts"), ("flac", ".mkv"), ("ac3", ".mkv"), ("mp2", ".ts")]
)
def test_sound_and_pictures_stay_together(tmp_path: Path, codec: str, suffix: str, offset: str) -> None:
    # The sound begins half a second before the pictures, at 0 or 10 s on the clock of the file.
    original = write_clip(
        tmp_path / f"in{suffix}",
        stamps=[0.5 + n / 25 for n in range(25)],
        sound=codec,
        sound_s=1.5,
        silence_s=0.8,
        container_options={"output_ts_offset": offset},
    )
    out = tmp_path / "out.mp4"
    with VideoFile(original) as source, VideoWriter(out, sound_from=original) as writer:
        for frame in source:
            writer.write(frame.image, frame.timestamp_s)
    with VideoFile(out) as after:
        first_s = next(iter(after)).timestamp_s
    assert first_s == pytest.approx(0.5, abs=0.03)
    assert tone_start_s(out) == pytest.approx(0.8, abs=0.06)


def test_sound_reaches_as_far_as_the_pictures(tmp_path: Path) -> None:
    original = write_clip(tmp_path / "in.mp4", stamps=[n / 25 for n in range(100)], sound="aac")
    out = tmp_path / "out.mp4"
    with VideoFile(original) as source, VideoWriter(out, sound_from=original) as writer:
        for frame in source:
            if frame.index == 25:
                break
            writer.write(frame.image, frame.timestamp_s)
    assert sound_of(out)[2] == pytest.approx(1.0, abs=0.1)


def test_an_original_without_sound(tmp_path: Path) -> None:
    original = write_clip(tmp_path / "in.mp4")
    out = write(tmp_path / "out.mp4", [0.0, 0.1], original)
    with av.open(str(out)) as container:
        assert len(container.streams) == 1


def test_sound_that_cannot_be_had_costs_a_warning_only(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", sound_from=tmp_path / "gone.mp4") as writer:
        writer.write(numbered_picture(0), 0.0)
        writer.write(numbered_picture(1), 0.1)
    assert len(writer.warnings) == 1
    assert "its sound could not be copied" in writer.warnings[0]
    with VideoFile(tmp_path / "out.mp4") as source:
        assert len(list(source)) == 2


def test_sound_that_lacks_what_mp4_needs_is_encoded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = write_clip(tmp_path / "in.mkv", sound="flac")
    monkeypatch.setitem(sound._COPIED_CODECS, "flac", 35)  # one byte more than there are
    assert sound_of(write(tmp_path / "out.mp4", [0.0, 0.1], original))[0] == "aac"


def test_sound_whose_parameters_make_no_file_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = write_clip(tmp_path / "in.mov", sound="pcm_s16le", sound_rate=12345)
    write(tmp_path / "fine.mp4", [0.0, 0.1], original)  # brought to a rate that AAC knows
    assert sound_of(tmp_path / "fine.mp4")[0] == "aac"
    monkeypatch.setattr(sound, "_AAC_RATES", {12345})
    with VideoWriter(tmp_path / "out.mp4", sound_from=original) as writer:
        for n in range(10):
            writer.write(numbered_picture(n), n / 25)
    assert len(writer.warnings) == 1
    assert "its sound could not be copied" in writer.warnings[0]
    with VideoFile(tmp_path / "out.mp4") as source:
        assert not source.info.has_audio
        assert [read_number(f.image) for f in source] == list(range(10))


def test_a_disk_that_is_full_when_the_sound_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    original = write_clip(tmp_path / "in.mp4", sound="aac")
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(sound.Sound, "copy_until", no_space)
    with (
        pytest.raises(OutputError, match="No space left on device"),
        VideoWriter(tmp_path / "out" / "a.mp4", sound_from=original) as writer,
    ):
        writer.write(numbered_picture(0), 0.0)
    assert list((tmp_path / "out").iterdir()) == []


def test_damaged_sound_costs_a_warning_at_most(tmp_path: Path) -> None:
    original = tmp_path / "in.mkv"
    data = bytearray(write_clip(original, stamps=[n / 25 for n in range(50)], sound="ac3").read_bytes())
    rng = np.random.default_rng(0)
    for at in rng.integers(len(data) // 2, len(data), 300):
        data[at] = rng.integers(256)
    original.write_bytes(data)
    out = tmp_path / "out.mp4"
    with VideoWriter(out, sound_from=original) as writer:
        for n in range(50):
            writer.write(numbered_picture(n), n / 25)
    with VideoFile(out) as source:
        assert len(list(source)) == 50
