"""PoseSequence: validation, slicing, resampling, files."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from poseact.errors import InvalidInputError, OutputError, SourceError
from poseact.layouts import BODY13, COCO17
from poseact.sequence import PoseSequence, read_origin
from poseact.skeleton import SkeletonLayout


def _sequence(persons: int = 2, frames: int = 20, rate_hz: float = 10, **changes: Any) -> PoseSequence:
    rng = np.random.default_rng(0)
    fields: dict[str, Any] = {
        "keypoints": rng.random((persons, frames, 17, 2), np.float32) * 100,
        "confidence": rng.random((persons, frames, 17), np.float32),
        "timestamps": np.arange(frames) / rate_hz,
        "layout": COCO17,
        "frame_size_wh": (640, 480),
        "track_ids": np.arange(persons) + 3,
    }
    return PoseSequence(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keypoints": np.zeros((2, 20, 17))}, "expected \\(persons, frames, joints, 2 or 3\\)"),
        ({"keypoints": np.zeros((2, 20, 16, 2)), "confidence": np.zeros((2, 20, 16))}, "16 joints"),
        ({"confidence": np.zeros((2, 19, 17))}, "confidence: expected shape"),
        ({"confidence": np.full((2, 20, 17), 1.5)}, "from 0 to 1"),
        ({"confidence": np.full((2, 20, 17), np.nan)}, "from 0 to 1"),
        ({"timestamps": np.zeros(20)}, "strictly rise"),
        ({"timestamps": np.arange(19)}, "timestamps: expected shape"),
        ({"track_ids": np.array([1, 1])}, "different number"),
        ({"units": "inch"}, "expected one of"),
        ({"keypoints": np.full((2, 20, 17, 2), np.inf)}, "infinite"),
        ({"world_m": np.zeros((2, 20, 17, 2))}, "world_m: expected shape"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        _sequence(**changes)


def test_zero_is_a_coordinate_and_nan_is_missing() -> None:
    keypoints = np.zeros((1, 2, 17, 2), np.float32)
    keypoints[0, 1] = np.nan
    sequence = _sequence(1, 2, keypoints=keypoints, track_ids=np.array([0]))
    assert sequence.present.tolist() == [[True, False]]
    assert sequence.boxes()[0, 0].tolist() == [0, 0, 0, 0]
    assert np.isnan(sequence.boxes()[0, 1]).all()


def test_slicing_by_time_keeps_the_stamps() -> None:
    part = _sequence().slice_time(0.5, 1.0)
    np.testing.assert_allclose(part.timestamps, [0.5, 0.6, 0.7, 0.8, 0.9])
    np.testing.assert_array_equal(part.keypoints, _sequence().keypoints[:, 5:10])


def test_selecting_tracks_keeps_their_ids() -> None:
    part = _sequence().select_tracks([4])
    assert part.track_ids.tolist() == [4]
    np.testing.assert_array_equal(part.keypoints[0], _sequence().keypoints[1])
    with pytest.raises(InvalidInputError, match="no track \\[9\\]"):
        _sequence().select_tracks([9])


def test_slices_do_not_share_memory_with_their_source() -> None:
    sequence = _sequence()
    part = sequence.slice_frames(0, 5)
    part.keypoints[:] = -1
    assert (sequence.keypoints >= 0).all()


@pytest.mark.parametrize("rate_hz", [7.5, 10, 25, 60])
def test_resampling_a_straight_motion_is_exact_at_any_rate(rate_hz: float) -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.06, 50))
    keypoints = np.broadcast_to(times[None, :, None, None] * 10 + 5, (1, 50, 17, 2))
    sequence = _sequence(
        1, 50, keypoints=keypoints, timestamps=times, track_ids=np.array([0]), confidence=np.ones((1, 50, 17))
    )
    even = sequence.resample(rate_hz)
    np.testing.assert_allclose(np.diff(even.timestamps), 1 / rate_hz)
    assert even.timestamps[0] == times[0]
    assert times[-1] - 1 / rate_hz < even.timestamps[-1] <= times[-1] + 1e-6
    np.testing.assert_allclose(even.keypoints[0, :, 3, 0], even.timestamps * 10 + 5, rtol=1e-5)


def test_resampling_bridges_short_holes_and_leaves_long_ones() -> None:
    sequence = _sequence(1, 40, track_ids=np.array([0]))
    keypoints = sequence.keypoints.copy()
    keypoints[0, 5:7, 0] = np.nan  # 0.3 s between its neighbours
    keypoints[0, 20:30, 0] = np.nan  # 1.1 s
    even = replace(sequence, keypoints=keypoints).resample(20, max_gap_s=0.5)
    seen = np.isfinite(even.keypoints[0, :, 0, 0])
    assert seen[:39].all()
    assert not seen[39:60].any()
    assert seen[60:].all()
    assert (even.confidence[0, 39:60, 0] == 0).all()


def test_nothing_is_made_up_before_the_first_or_after_the_last_sight() -> None:
    sequence = _sequence(1, 20, track_ids=np.array([0]))
    keypoints = sequence.keypoints.copy()
    keypoints[0, :5] = np.nan
    keypoints[0, 15:] = np.nan
    even = replace(sequence, keypoints=keypoints).resample(10)
    assert even.present[0].tolist() == [False] * 5 + [True] * 10 + [False] * 5


@pytest.mark.parametrize("frames", [0, 1])
def test_very_short_sequences_survive_everything(frames: int, tmp_path: Path) -> None:
    sequence = _sequence(2, frames)
    assert sequence.duration_s == 0
    assert sequence.resample(30).num_frames == frames
    sequence.save(tmp_path / "short.npz")
    assert PoseSequence.load(tmp_path / "short.npz").num_frames == frames
    assert sequence.to_layout(BODY13).keypoints.shape == (2, frames, 13, 2)


def test_nobody_is_a_sequence_too(tmp_path: Path) -> None:
    nobody = _sequence(0, 20)
    nobody.save(tmp_path / "nobody.npz")
    again = PoseSequence.load(tmp_path / "nobody.npz")
    assert again.num_persons == 0
    assert again.resample(25).num_frames == 48


def test_saving_and_loading_is_exact(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    sequence = _sequence(world_m=rng.normal(size=(2, 20, 17, 3)).astype(np.float32))
    sequence.save(tmp_path / "größe 1.npz")
    again = PoseSequence.load(tmp_path / "größe 1.npz")
    for name in ("keypoints", "confidence", "timestamps", "track_ids", "world_m"):
        np.testing.assert_array_equal(getattr(again, name), getattr(sequence, name))
    assert (again.layout, again.units, again.frame_size_wh) == (COCO17, "px", (640, 480))


def test_a_layout_of_ones_own_is_kept_in_the_file(tmp_path: Path) -> None:
    layout = SkeletonLayout("crab", ("shell", "left_claw", "right_claw"), (("left_claw", "shell"),
        ("right_claw", "shell")), root="shell")  # fmt: skip
    PoseSequence(np.zeros((1, 1, 3, 2)), np.ones((1, 1, 3)), np.zeros(1), layout).save(tmp_path / "c.npz")
    assert PoseSequence.load(tmp_path / "c.npz").layout == layout


def _npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


_HEADER = {"format": "poseact.PoseSequence", "version": 1}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "a file that is no .npz"),
        (b"not a zip", "a file that is no .npz"),
        (b"\x93NUMPY" + bytes(100), "a file that is no .npz"),
        (_npz(keypoints=np.zeros(3)), "the .npz of something else"),
        (_npz(header=np.array("{}")), "the .npz of something else"),
        (_npz(header=np.array("[]")), "the .npz of something else"),
        (_npz(header=np.array(json.dumps({**_HEADER, "version": 99}))), "upgrade poseact"),
        (_npz(header=np.array(json.dumps({**_HEADER, "version": "1"}))), "upgrade poseact"),
        (_npz(header=np.array(json.dumps(_HEADER))), "a broken one"),
        (_npz(header=np.array([{"a": 1}], dtype=object)), "a broken one"),
    ],
)
def test_a_broken_file_is_one_clear_error(content: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(SourceError, match=r"bad\.npz: expected a poseact \.npz") as caught:
        PoseSequence.load(tmp_path / "bad.npz")
    assert what in str(caught.value)
    assert "pickle" not in str(caught.value)


def test_a_folder_in_place_of_a_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        PoseSequence.load(tmp_path)


def test_the_origin_is_kept_beside_the_poses(tmp_path: Path) -> None:
    origin = {"video": {"name": "größe.mp4", "size_bytes": 7}, "estimator": "blazepose"}
    _sequence().save(tmp_path / "a.npz", origin=origin)
    assert read_origin(tmp_path / "a.npz") == origin
    assert PoseSequence.load(tmp_path / "a.npz").num_frames == 20
    _sequence().save(tmp_path / "b.npz")
    assert read_origin(tmp_path / "b.npz") is None


def test_a_truncated_file_is_one_clear_error(tmp_path: Path) -> None:
    _sequence().save(tmp_path / "cut.npz")
    whole = (tmp_path / "cut.npz").read_bytes()
    for size in range(0, len(whole), 97):
        (tmp_path / "cut.npz").write_bytes(whole[:size])
        with pytest.raises(SourceError):
            PoseSequence.load(tmp_path / "cut.npz")


def test_a_missing_file_and_a_missing_folder_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        PoseSequence.load(tmp_path / "none.npz")
    with pytest.raises(OutputError, match="cannot write here"):
        _sequence().save(tmp_path / "none" / "x.npz")


def test_a_failed_save_keeps_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "keep.npz"
    _sequence().save(path)
    before = path.read_bytes()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _sequence(1).save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["keep.npz"]
