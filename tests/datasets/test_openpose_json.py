"""OpenPose's folders: scales, tracks, gaps, both layouts, in and out."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_openpose_json import make, person, write_frame
from fake_people import assert_same, awkward_clip, walkers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_fuzz import any_json

from poseact.clip import Clip
from poseact.datasets import read_openpose_json, write_openpose_json
from poseact.datasets.openpose_json import FORMAT
from poseact.errors import InvalidInputError, OutputError, PoseactError, SourceError
from poseact.layouts import COCO17, NTU25, OPENPOSE18, OPENPOSE25
from poseact.sequence import PoseSequence


def test_labels_tracks_and_missing_joints(tmp_path: Path) -> None:
    clips = {clip.name: clip for clip in read_openpose_json(make(tmp_path))}
    assert {name: clip.label for name, clip in clips.items()} == {
        "walk/a": "walk",
        "walk/b": "walk",
        "wave/c": "wave",
    }
    a = clips["walk/a"].sequence
    assert a.layout is OPENPOSE25 and clips["wave/c"].sequence.layout is OPENPOSE18
    # The two change places in the files; each stays in one row here, with a gap where nobody was found.
    assert a.num_persons == 2 and a.units == "px"
    assert a.present.sum(axis=1).tolist() == [7, 7] and not a.present[:, 5].any()
    assert np.isnan(a.keypoints[:, :, 4]).all() and (a.confidence[:, :, 4] == 0).all()
    true = walkers(2, 8, 25)
    joints = [v for v in range(25) if v != 4]
    frames = [t for t in range(8) if t != 5]
    order = [1, 0] if a.keypoints[0, 0, 0, 0] > 300 else [0, 1]
    np.testing.assert_allclose(
        a.keypoints[:, frames][:, :, joints], true[order][:, frames][:, :, joints], rtol=1e-5
    )
    np.testing.assert_array_equal(a.timestamps, np.arange(8) / 30)


def test_untracked_people_are_numbered_by_their_place(tmp_path: Path) -> None:
    clip = next(read_openpose_json(make(tmp_path), track=False))
    x = clip.sequence.keypoints[0, :, 0, 0]
    assert x[0] - x[1] > 200  # they change places in the lists


def test_missing_frame_numbers_are_gaps_in_time(tmp_path: Path) -> None:
    xy = walkers(1, 12, 25)
    for t in (3, 4, 10, 9):
        write_frame(tmp_path, "video_2_", t, [person(xy[0, t])])
    (clip,) = read_openpose_json(tmp_path, rate_hz=10)
    assert clip.sequence.timestamps.tolist() == [0.3, 0.4, 0.9, 1.0]
    assert clip.label is None and clip.sequence.num_persons == 1


def test_one_folder_may_hold_several_videos(tmp_path: Path) -> None:
    xy = walkers(1, 2, 18)
    for stem in ("übung1", "b2"):
        for t in range(2):
            write_frame(tmp_path / "jump", stem, t, [person(xy[0, t])])
    clips = list(read_openpose_json(tmp_path))
    assert [(clip.name, clip.label) for clip in clips] == [("jump/b2", "jump"), ("jump/übung1", "jump")]
    assert [clip.label for clip in read_openpose_json(tmp_path / "jump")] == [None, None]


def test_a_picture_without_number_is_a_clip(tmp_path: Path) -> None:
    path = write_frame(tmp_path, "x", 0, [person(walkers(1, 1, 25)[0, 0])])
    path.rename(tmp_path / "portrait_keypoints.json")
    (clip,) = read_openpose_json(tmp_path)
    assert (clip.name, clip.sequence.num_frames) == ("portrait", 1)


def _scaled(tmp_path: Path, scale: int, *, half: str = "all") -> Path:
    """Frames of a 640 x 480 picture at a keypoint_scale; OpenPose scales the zeros of missing joints too."""
    xy = walkers(1, 3, 25)
    if half == "lower right":
        xy = xy / 2 + np.array([400, 300], np.float32)
    for t in range(3):
        one = person(xy[0, t])
        rows = np.array(one["pose_keypoints_2d"]).reshape(-1, 3)
        if scale >= 3:
            rows[:, :2] /= (640, 480)
        if scale == 4:
            rows[:, :2] = 2 * rows[:, :2] - 1
        one["pose_keypoints_2d"] = rows.ravel().tolist()
        write_frame(tmp_path, "v", t, [one])
    return tmp_path


@pytest.mark.parametrize(("scale", "units"), [(0, "px"), (3, "normalized"), (4, "normalized")])
@pytest.mark.parametrize("told", [True, False])
def test_each_scale_is_told_apart(scale: int, units: str, told: bool, tmp_path: Path) -> None:
    folder = _scaled(tmp_path, scale)
    (clip,) = read_openpose_json(folder, keypoint_scale=scale if told else None, frame_size="640x480")
    assert (clip.sequence.units, clip.sequence.frame_size_wh) == (units, (640, 480))
    true = walkers(1, 3, 25) / (1 if units == "px" else np.array([640, 480]))
    true[:, :, 4] = np.nan
    np.testing.assert_allclose(clip.sequence.keypoints, true, rtol=1e-4, atol=1e-4)


def test_the_lower_right_quarter_needs_its_scale_named(tmp_path: Path) -> None:
    folder = _scaled(tmp_path, 4, half="lower right")
    (guessed,) = read_openpose_json(folder)
    (told,) = read_openpose_json(folder, keypoint_scale=4)
    np.testing.assert_allclose(told.sequence.keypoints, (guessed.sequence.keypoints + 1) / 2, atol=1e-6)
    assert np.nanmin(told.sequence.keypoints) > 0.5


def test_own_ids_older_files_and_faces_without_bodies(tmp_path: Path) -> None:
    xy = walkers(2, 3, 18)
    for t in range(3):
        people: list[dict[str, Any]] = [person(xy[m, t], person_id=[m + 4]) for m in range(2)]
        people[0]["pose_keypoints"] = people[0].pop("pose_keypoints_2d")
        people.append({**person(xy[0, t]), "pose_keypoints_2d": []})
        write_frame(tmp_path, "v", t, people[::-1])
    (clip,) = read_openpose_json(tmp_path)
    assert sorted(clip.sequence.track_ids.tolist()) == [4, 5]
    assert clip.sequence.layout is OPENPOSE18


def test_short_tracks_can_be_left_out(tmp_path: Path) -> None:
    xy = walkers(2, 5, 18)
    for t in range(5):
        write_frame(tmp_path, "v", t, [person(xy[m, t]) for m in range(2 if t == 2 else 1)])
    assert [c.sequence.num_persons for c in read_openpose_json(tmp_path)] == [2]
    assert [c.sequence.num_persons for c in read_openpose_json(tmp_path, min_frames=2)] == [1]


def test_three_dimensions(tmp_path: Path) -> None:
    rows = np.column_stack([np.random.default_rng(0).normal(size=(25, 3)), np.ones(25)])
    rows[3] = 0
    for t in range(2):
        one = person(walkers(1, 2, 25)[0, t])
        write_frame(tmp_path, "v", t, [{**one, "pose_keypoints_3d": rows.ravel().tolist()}])
    (flat,) = read_openpose_json(tmp_path)
    (clip,) = read_openpose_json(tmp_path, dimensions=3)
    assert flat.sequence.keypoints.shape[-1] == 2
    assert clip.sequence.units == "m" and clip.sequence.keypoints.shape == (1, 2, 25, 3)
    np.testing.assert_allclose(clip.sequence.keypoints[0, 1, 5], rows[5, :3], rtol=1e-6)
    assert np.isnan(clip.sequence.keypoints[0, :, 3]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"people": None}, "people: expected a list, found null"),
        ({"people": [3]}, "person 0: expected an object"),
        ({"people": [{}]}, "pose_keypoints_2d"),
        ({"people": [{"pose_keypoints_2d": [0.5] * 45}]}, "18 .COCO. or 25"),
        ({"people": [{"pose_keypoints_2d": [0.5] * 76}]}, "found 76"),
        ({"people": [{"pose_keypoints_2d": ["1"] * 75}]}, "numbers only"),
        ({"people": [{"pose_keypoints_2d": [0.5] * 54}]}, "one layout"),
        ({"people": [{"pose_keypoints_2d": [1e300] * 75}]}, "beyond"),
        ({"people": [{"pose_keypoints_2d": [0.5] * 75, "person_id": ["a"]}]}, "person_id"),
        ({"peopel": []}, "expected the key 'people', found 'peopel'"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    write_frame(tmp_path, "v", 0, [person(walkers(1, 1, 25)[0, 0])])
    (tmp_path / "v_000000000001_keypoints.json").write_text(json.dumps(change))
    with pytest.raises(SourceError, match=message) as caught:
        list(read_openpose_json(tmp_path))
    assert "\n" not in str(caught.value)


def test_one_frame_twice_and_bad_options_are_refused(tmp_path: Path) -> None:
    folder = make(tmp_path)
    with pytest.raises(InvalidInputError, match="keypoint_scale"):
        list(read_openpose_json(folder, keypoint_scale=5))
    with pytest.raises(InvalidInputError, match="rate_hz"):
        list(read_openpose_json(folder, rate_hz=0))
    with pytest.raises(InvalidInputError, match="frame_size"):
        list(read_openpose_json(folder, frame_size="big"))
    with pytest.raises(InvalidInputError, match="dimensions"):
        list(read_openpose_json(folder, dimensions=4))
    with pytest.raises(InvalidInputError, match="min_frames"):
        list(read_openpose_json(folder, min_frames=0))
    (folder / "walk" / "a" / "a_2_keypoints.json").write_text("{}")
    with pytest.raises(SourceError, match="every frame once"):
        list(read_openpose_json(folder))
    assert len(list(read_openpose_json(folder, on_broken=lambda error: None))) == 2


def test_a_clip_of_too_many_people_is_refused_before_memory_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poseact.datasets.people.MAX_JOINTS", 1000)
    for t in range(30):
        write_frame(tmp_path, "v", t, [person(walkers(1, 1, 25)[0, 0], person_id=[t % 25])])
    with pytest.raises(SourceError, match="min_frames"):
        list(read_openpose_json(tmp_path))
    with pytest.raises(SourceError, match="25 people in 30 frames"):
        list(read_openpose_json(tmp_path))
    (clip,) = read_openpose_json(tmp_path, min_frames=3)
    assert clip.sequence.num_persons == 0


@pytest.mark.parametrize(
    ("layout", "units", "dimensions"),
    [
        (OPENPOSE25, "px", 2),
        (OPENPOSE18, "px", 2),
        (OPENPOSE25, "normalized", 2),
        (OPENPOSE25, "m", 3),
        (OPENPOSE18, "m", 2),
    ],
)
def test_what_is_written_comes_back_as_it_was(
    layout: Any, units: Any, dimensions: int, tmp_path: Path
) -> None:
    clips = [
        awkward_clip("a/b: c?", layout=layout, units=units, dimensions=dimensions),
        awkward_clip("a/b: c*", layout=layout, units=units, dimensions=dimensions, seed=1),
        awkward_clip("..", layout=layout, units=units, dimensions=dimensions, seed=2, label=None),
    ]
    write_openpose_json(iter(clips), tmp_path / "new" / "out")
    again = {clip.name: clip for clip in read_openpose_json(tmp_path / "new" / "out")}
    assert len(again) == 3
    for clip in clips:
        assert_same(clip, again[clip.name])
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["out"]


def test_others_find_classes_and_openposes_own_form(tmp_path: Path) -> None:
    clip = awkward_clip("a")
    write_openpose_json([clip], tmp_path / "out")
    folder = tmp_path / "out" / "walk" / "a"
    frame = json.loads((folder / "a_000000000000_keypoints.json").read_text())
    assert frame["version"] == 1.3
    assert [one["person_id"] for one in frame["people"]] == [[7], [3]]
    assert set(frame["people"][0]) == set(person(walkers(1, 1, 25)[0, 0]))
    assert frame["people"][0]["pose_keypoints_2d"][9:12] == [0, 0, 0]
    (folder / "clip.json").unlink()
    (foreign,) = read_openpose_json(tmp_path / "out", rate_hz=25)
    assert (foreign.label, foreign.name) == ("walk", "walk/a")
    np.testing.assert_array_equal(foreign.sequence.keypoints, clip.sequence.keypoints[:2])


def test_deleted_frames_are_gaps_and_other_layouts_are_converted(tmp_path: Path) -> None:
    clip = awkward_clip("a", layout=COCO17)
    write_openpose_json([clip], tmp_path / "out", layout="openpose18")
    (tmp_path / "out" / "walk" / "a" / "a_000000000001_keypoints.json").unlink()
    (again,) = read_openpose_json(tmp_path / "out")
    assert again.sequence.layout is OPENPOSE18
    np.testing.assert_array_equal(again.sequence.timestamps, np.delete(clip.sequence.timestamps, 1))
    expected = clip.sequence.to_layout(OPENPOSE18).keypoints
    np.testing.assert_array_equal(again.sequence.keypoints, np.delete(expected, 1, axis=1))
    write_openpose_json([awkward_clip("n", layout=NTU25, dimensions=3, units="m")], tmp_path / "kinect")
    (kinect,) = read_openpose_json(tmp_path / "kinect")
    assert kinect.sequence.layout is OPENPOSE25


def test_a_copied_folder_gets_a_name_of_its_own(tmp_path: Path) -> None:
    write_openpose_json([awkward_clip("a")], tmp_path / "out")
    shutil.copytree(tmp_path / "out" / "walk" / "a", tmp_path / "out" / "walk" / "copy of a")
    assert [clip.name for clip in read_openpose_json(tmp_path / "out")] == ["a", "a#2"]


def test_nobody_at_all_is_kept(tmp_path: Path) -> None:
    nobody = Clip(
        PoseSequence(np.zeros((0, 2, 18, 3)), np.zeros((0, 2, 18)), np.array([0.5, 2]), OPENPOSE18, "m"),
        None,
        "empty",
    )
    write_openpose_json([nobody], tmp_path / "out")
    (again,) = read_openpose_json(tmp_path / "out")
    assert_same(nobody, again)
    assert again.sequence.keypoints.shape == (0, 2, 18, 3)


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    clip = awkward_clip("a")
    with pytest.raises(InvalidInputError, match="layout"):
        write_openpose_json([clip], tmp_path / "out", layout="coco17")
    short = Clip(clip.sequence.slice_frames(0, 0), "walk", "short")
    with pytest.raises(InvalidInputError, match="no frame"):
        write_openpose_json([clip, short], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    write_openpose_json([clip], tmp_path / "out")
    with pytest.raises(OutputError, match="not empty"):
        write_openpose_json([clip], tmp_path / "out")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="another folder"):
        write_openpose_json([clip], tmp_path / "file")


_FRAME = {"version": 1.3, "people": [person(walkers(1, 1, 18)[0, 0]), person(walkers(2, 1, 18)[1, 0])]}


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=any_json(_FRAME), scale=st.sampled_from([None, 4]))
def test_no_frame_raises_another_error(content: bytes, scale: int | None, tmp_path: Path) -> None:
    write_frame(tmp_path, "v", 0, _FRAME["people"])  # type: ignore[arg-type]
    (tmp_path / "v_000000000001_keypoints.json").write_bytes(content)
    try:
        (clip,) = read_openpose_json(tmp_path, keypoint_scale=scale)
    except PoseactError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert clip.sequence.num_frames == 2


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openpose") / "out"
    write_openpose_json([awkward_clip("a", layout=OPENPOSE18)], folder)
    return folder


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_clip_file_raises_another_error(data: st.DataObject, written: Path) -> None:
    path = written / "walk" / "a" / "clip.json"
    original = path.read_bytes()
    try:
        path.write_bytes(data.draw(any_json(json.loads(original))))
        (clip,) = read_openpose_json(written)
        assert clip.sequence.num_frames == 6
    except PoseactError as error:
        assert str(error) and "\n" not in str(error)
    finally:
        path.write_bytes(original)


def test_detection_looks_two_folders_deep(tmp_path: Path) -> None:
    root = make(tmp_path)
    for folder in (root, root / "walk", root / "walk" / "a"):
        assert FORMAT.detect(folder)
    assert not FORMAT.detect(tmp_path / "nowhere")
