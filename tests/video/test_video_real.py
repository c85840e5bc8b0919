"""Real recordings from many hands: every one opens, and its frames are what its header promises."""

from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from poseact.errors import SourceError
from poseact.video import VideoWriter, open_source

DATA = Path(__file__).parents[3] / "shared" / "data"
VIDEOS = sorted(p for d in ("videos", "up-fall-videos") for p in (DATA / d).glob("**/*") if p.is_file())
CLIPS = [p for p in VIDEOS if p.suffix in (".mp4", ".avi")]

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not CLIPS, reason="the real recordings are not here"),
]


def named(fragment: str) -> Path:
    return next(p for p in CLIPS if fragment in p.name)


def test_every_clip_opens_and_its_stamps_rise() -> None:
    for path in CLIPS:
        with open_source(path) as source:
            frames = list(islice(source, 15))
            assert len(frames) == 15 or source.info.num_frames < 15, path
            size_wh = {(f.image.shape[1], f.image.shape[0]) for f in frames}
            assert size_wh == {(source.info.width, source.info.height)}, path
            steps = np.diff([f.timestamp_s for f in frames])
            assert (steps > 0).all(), path
            assert np.median(steps) == pytest.approx(1 / source.info.average_fps, rel=0.15), path
            assert source.warnings == [], path


def test_what_is_no_clip_is_refused() -> None:
    others = [p for p in VIDEOS if p not in CLIPS]
    assert others
    for path in others:
        with pytest.raises(SourceError, match="expected a video"):
            open_source(path)


@pytest.mark.parametrize(
    ("fragment", "num_frames", "first_s"),
    [
        ("exercise.avi", 393, 0.0),
        ("test_9.mp4", 9, 0.0),
        ("throw.mp4", 585, 0.0),  # fragments: no count in the header
        ("6arrows", 81, 0.0),  # DivX packed pictures: 82 packets, one of them empty
        ("collapse_in_carpark", 178, 0.133),  # cut by an edit list: the sound begins first
        ("fun_theory", 218, 0.719),
        ("pushups.mp4", 475, 0.0),  # a Matroska file under the name of an mp4
    ],
)
def test_clips_with_something_odd_about_them(fragment: str, num_frames: int, first_s: float) -> None:
    with open_source(named(fragment)) as source:
        stamps = [f.timestamp_s for f in source]
        assert source.warnings == []
    assert len(stamps) == num_frames
    assert stamps[0] == pytest.approx(first_s, abs=1e-3)
    assert all(a < b for a, b in pairwise(stamps))


def test_pixels_that_are_not_square() -> None:
    with open_source(named("clean_and_jerk")) as source:  # stored as 340x256, shot in 16:9
        assert source.info.width / source.info.height == pytest.approx(16 / 9, abs=0.01)


def test_a_real_clip_with_sound_is_written_and_read_again(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    path = named("fun_theory")
    with open_source(path) as source, VideoWriter(out, sound_from=path) as writer:
        frames = list(islice(source, 60))
        for frame in frames:
            writer.write(frame.image, frame.timestamp_s)
    assert writer.warnings == []
    with open_source(out) as again:
        assert again.info.has_audio
        for before, after in zip(frames, again, strict=True):
            assert after.timestamp_s == pytest.approx(before.timestamp_s, abs=1e-3)
            assert np.abs(after.image.astype(int) - before.image).mean() < 6
