"""PYSKL pickles: read as PYSKL means them, written so that the same clips come back, broken ones refused."""

import logging
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_pyskl import annotation_2d, annotation_3d, content, make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from poseact.clip import Clip
from poseact.datasets.pyskl import read_pyskl
from poseact.datasets.pyskl_names import protocols_of, split_keys, told_by
from poseact.datasets.pyskl_writing import write_pyskl
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import COCO17, KINECT20, NTU25, OPENPOSE18, OPENPOSE25
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout


def dump(path: Path, data: Any, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(data, protocol=protocol))
    return path


def read_one(path: Path, annotation: dict[str, Any], **options: Any) -> Clip:
    (clip,) = read_pyskl(dump(path / "one.pkl", [annotation]), **options)
    return clip


def same(a: Clip, b: Clip) -> None:
    assert a.info == b.info
    one, other = a.sequence, b.sequence
    assert (one.layout, one.units, one.frame_size_wh) == (other.layout, other.units, other.frame_size_wh)
    for name in ("keypoints", "confidence", "timestamps", "track_ids"):
        x, y = getattr(one, name), getattr(other, name)
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y, err_msg=name)
    assert (one.world_m is None) == (other.world_m is None)
    if one.world_m is not None:
        np.testing.assert_array_equal(one.world_m, other.world_m)


def round_trip(clips: list[Clip], path: Path) -> list[Clip]:
    write_pyskl(clips, path)
    return list(read_pyskl(path))


def sequence(keypoints: Any, layout: SkeletonLayout = COCO17, **fields: Any) -> PoseSequence:
    values = np.asarray(keypoints, np.float32)
    defaults: dict[str, Any] = {
        "confidence": np.full(values.shape[:3], 0.5, np.float32),
        "timestamps": np.arange(values.shape[1]) / 30,
    }
    return PoseSequence(keypoints=values, layout=layout, **(defaults | fields))


def test_clips_of_ntu_are_read_with_all_that_their_names_and_splits_say(tmp_path: Path) -> None:
    clips = list(read_pyskl(make(tmp_path)))
    first, second = clips[:2]
    given = content()["annotations"]
    assert [clip.name for clip in clips] == [one["frame_dir"] for one in given]
    assert [clip.label for clip in clips][:2] == ["drink_water", "eat_meal_or_snack"]
    assert (first.subject, first.camera, first.repetition, first.group) == ("1", "1", "1", None)
    assert first.splits == {"xsub": "train", "xview": "test"}
    assert clips[3].splits == {"xsub": "test", "xview": "test"}
    assert first.sequence.layout is COCO17
    assert first.sequence.units == "px"
    assert first.sequence.frame_size_wh == (1920, 1080)
    assert first.sequence.timestamps.tolist() == [0, 1 / 30, 2 / 30, 3 / 30, 4 / 30]
    for array, key in ((first.sequence.keypoints, "keypoint"), (first.sequence.confidence, "keypoint_score")):
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, given[0][key].astype(np.float32))
    assert np.isnan(second.sequence.keypoints[1, 2:]).all()
    assert not second.sequence.confidence[1, 2:].any()
    assert second.sequence.present.tolist() == [[True] * 6, [True, True, False, False, False, False]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", ">f2"])
@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_and_precision_gives_float32(dtype: str, protocol: int, tmp_path: Path) -> None:
    annotation = annotation_2d("a", persons=2, frames=40)
    annotation["keypoint"][0, 0, 0] = 0  # seen at the origin
    annotation["keypoint"][0, 1, 0] = annotation["keypoint_score"][0, 1, 0] = 0
    for key in ("keypoint", "keypoint_score"):
        annotation[key] = annotation[key].astype(dtype)
    path = dump(tmp_path / "a.pkl", {"annotations": [annotation]}, protocol)
    (clip,) = read_pyskl(path)
    got = clip.sequence
    assert got.keypoints.dtype == got.confidence.dtype == np.float32
    assert got.keypoints.dtype.isnative
    expected = np.asarray(annotation["keypoint"], np.float32)
    expected[0, 1, 0] = np.nan
    np.testing.assert_array_equal(got.keypoints, expected)
    np.testing.assert_array_equal(got.confidence, annotation["keypoint_score"].astype(np.float32))


def test_half_precision_is_exact_for_every_number(tmp_path: Path) -> None:
    halves = np.arange(0x7C00, dtype=np.uint16).view(np.float16)
    numbers = np.resize(np.concatenate([halves, -halves]), (1, 2 * 1024, 17, 2))
    annotation = annotation_2d("a") | {"keypoint": numbers, "total_frames": numbers.shape[1]}
    annotation["keypoint_score"] = np.ones(numbers.shape[:3], np.float16)
    got = read_one(tmp_path, annotation).sequence.keypoints
    np.testing.assert_array_equal(got, numbers.astype(np.float32))


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_files_of_other_precision_give_ordinary_sequences(dtype: Any, tmp_path: Path) -> None:
    annotation = annotation_2d("a", frames=9)
    for key in ("keypoint", "keypoint_score"):
        annotation[key] = annotation[key].astype(dtype)
    clip = read_one(tmp_path, annotation)
    other = pickle.loads(pickle.dumps(read_one(tmp_path, annotation).sequence))
    assert clip.sequence.keypoints.dtype == clip.sequence.confidence.dtype == np.float32
    assert isinstance(clip.sequence, PoseSequence)
    np.testing.assert_array_equal(other.keypoints, clip.sequence.keypoints)
    assert clip.sequence.keypoints is clip.sequence.keypoints
    assert clip.sequence.slice_frames(2, 5).num_frames == 3
    assert replace(clip.sequence, units="normalized").units == "normalized"
    assert clip.sequence.to_layout(OPENPOSE18).layout is OPENPOSE18
    with pytest.raises(AttributeError, match="keypoint_scores"):
        clip.sequence.keypoint_scores  # noqa: B018
    with pytest.raises(AttributeError):
        clip.sequence.keypoints = 1  # type: ignore[misc]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_kinect_skeletons_get_the_axes_of_the_picture(dtype: Any, tmp_path: Path) -> None:
    annotation = annotation_3d("S001C001P001R001A050", 49, persons=2)
    annotation["keypoint"][1, 3:] = 0
    annotation["keypoint"] = given = annotation["keypoint"].astype(dtype)
    clip = read_one(tmp_path, annotation)
    got = clip.sequence
    assert (got.layout, got.units, got.frame_size_wh) == (NTU25, "m", None)
    np.testing.assert_array_equal(got.keypoints[0], given[0].astype(np.float32) * np.float32([-1, -1, 1]))
    assert np.isnan(got.keypoints[1, 3:]).all()
    assert got.confidence[0].all() and not got.confidence[1, 3:].any()
    (again,) = round_trip([clip], tmp_path / "again.pkl")
    same(clip, again)
    written = pickle.loads((tmp_path / "again.pkl").read_bytes())["annotations"][0]
    np.testing.assert_array_equal(written["keypoint"], given.astype(np.float32))
    assert "keypoint_score" not in written  # PYSKL refuses scores with 3D


def test_scores_a_little_beyond_one_are_cut_and_joints_without_numbers_are_missing(tmp_path: Path) -> None:
    annotation = annotation_2d("a")
    annotation["keypoint_score"][0, 0, :3] = 1.07, -0.01, np.nan
    annotation["keypoint"][0, 0, 5, 0] = np.nan
    got = read_one(tmp_path, annotation).sequence
    assert got.confidence[0, 0, [0, 1, 2, 5]].tolist() == [1, 0, 0, 0]
    assert np.isfinite(got.keypoints[0, 0, :5]).all()


def test_a_list_without_splits_and_labels_is_enough(tmp_path: Path) -> None:
    annotation = annotation_2d("Übung/跑步 1")
    del annotation["label"], annotation["total_frames"], annotation["original_shape"]
    annotation["img_shape"] = np.array([720, 1280])
    annotation["filename"] = annotation.pop("frame_dir")
    clip = read_one(tmp_path, annotation)
    assert (clip.label, clip.splits, clip.name) == (None, {}, "Übung/跑步 1")
    assert clip.sequence.frame_size_wh == (1280, 720)


def test_class_names_come_from_the_option_or_the_file_or_are_numbers(tmp_path: Path) -> None:
    annotations = [annotation_2d("a", 0), annotation_2d("b", 2)]
    path = dump(tmp_path / "a.pkl", {"annotations": annotations, "class_names": ["x", "y", "z"]})
    assert [clip.label for clip in read_pyskl(path)] == ["x", "z"]
    names = tmp_path / "names.txt"
    names.write_text("gehen\nlaufen\nwerfen\n", encoding="utf-8")
    assert [clip.label for clip in read_pyskl(path, class_names=names)] == ["gehen", "werfen"]
    assert [clip.label for clip in read_pyskl(path, class_names=("1st", "2nd", "3rd"))] == ["1st", "3rd"]
    plain = dump(tmp_path / "b.pkl", annotations)
    assert [clip.label for clip in read_pyskl(plain)] == ["0", "2"]
    with pytest.raises(SourceError, match="b: label: found 2, but there are 1"):
        list(read_pyskl(plain, class_names=["only"]))
    with pytest.raises(InvalidInputError, match="class_names"):
        list(read_pyskl(plain, class_names=tmp_path / "nowhere.txt"))
    remapped = dump(tmp_path / "c.pkl", [annotation_2d("S001C001P001R001A050", 3)])
    assert [clip.label for clip in read_pyskl(remapped)] == ["3"]


def test_split_keys_name_protocols_and_parts() -> None:
    assert protocols_of(["xsub_train", "xsub_val", "train1", "test1", "train", "val", "whole"]) == {
        "xsub_train": ("xsub", "train"),
        "xsub_val": ("xsub", "test"),
        "train1": ("split1", "train"),
        "test1": ("split1", "test"),
        "train": ("official", "train"),
        "val": ("official", "test"),
    }
    assert protocols_of(["sub_train", "sub_val", "sub_test"])["sub_val"] == ("sub", "val")
    keys = split_keys({"xset": ["train", "test"], "split2": ["test"], "official": ["train", "val", "test"]})
    assert list(keys.values()) == ["xset_train", "xset_val", "test2", "train", "val", "test"]
    assert protocols_of(keys.values()) == {key: part for part, key in keys.items()}


def test_ids_say_which_clips_belong_together() -> None:
    assert told_by("v_Biking_g01_c02").group == told_by("Biking/v_Biking_g01_c01").group == "Biking_g01"
    assert told_by("brush_hair/April_09_brush_hair_u_nm_np1_ba_goo_0").group == "April_09"
    assert told_by("S017C003P020R002A060")[:3] == ("20", "3", "2")
    assert told_by("S017C003") == told_by("holiday_g01") == (None,) * 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoint": np.ones((6, 17, 2), np.float32)}, "expected .persons, frames"),
        ({"keypoint": np.ones((1, 6, 17, 4), np.float32)}, "expected .persons, frames"),
        ({"keypoint": [[1.0, 2.0]]}, "keypoint: expected an array"),
        ({"keypoint": np.array([[[["a", "b"]]]])}, "expected numbers"),
        ({"keypoint": np.full((1, 6, 17, 2), np.inf, np.float16)}, "infinite"),
        ({"keypoint": np.full((1, 6, 17, 2), 1e39)}, "infinite"),
        ({"keypoint": np.full((1, 6, 17, 2), np.inf)}, "infinite"),
        ({"keypoint_score": np.ones((1, 5, 17), np.float32)}, r"keypoint_score: expected shape \(1, 6, 17\)"),
        ({"keypoint_score": np.full((1, 6, 17), 93.0)}, "0 to 1, found 93"),
        ({"keypoint_score": None}, "keypoint_score: expected an array"),
        ({"total_frames": 7}, "total_frames says 7"),
        ({"total_frames": [6]}, "whole numbers"),
        ({"img_shape": (0, 1920)}, "img_shape"),
        ({"img_shape": "1080p"}, "img_shape"),
        ({"frame_dir": 12}, "frame_dir"),
        ({"frame_dir": ""}, "frame_dir"),
        ({"label": -1}, "label: expected a number from 0, found '-1'"),
        ({"label": 1.5}, "label"),
        ({"label": True}, "label"),
        ({"label": [1, 2]}, "label"),
        ({"poseact": 5}, "poseact: expected a dict"),
        ({"poseact": {"subject": 5}}, "subject"),
        ({"poseact": {"timestamps": np.zeros(6)}}, "rise"),
        ({"poseact": {"track_ids": [1]}}, "track_ids: expected an array"),
        ({"poseact": {"frame_size_wh": (1, "2")}}, "frame_size_wh"),
    ],
)
def test_a_broken_clip_is_one_clear_line_and_the_others_are_read(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    data = [annotation_2d("good"), annotation_2d("bad") | change, annotation_2d("fine")]
    path = dump(tmp_path / "a.pkl", data)
    with pytest.raises(SourceError, match=message) as raised:
        list(read_pyskl(path))
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)
    heard: list[SourceError] = []
    assert [clip.name for clip in read_pyskl(path, on_broken=heard.append)] == ["good", "fine"]
    assert len(heard) == 1
    assert "bad" in str(heard[0]) or "annotation 2" in str(heard[0])


def test_lengths_of_none_and_one_frame(tmp_path: Path) -> None:
    assert read_one(tmp_path, annotation_2d("a", frames=1)).sequence.num_frames == 1
    assert read_one(tmp_path, annotation_2d("a", persons=0)).sequence.num_persons == 0
    with pytest.raises(SourceError, match="no frames"):
        read_one(tmp_path, annotation_2d("a", frames=0))


def test_clips_of_other_layouts_second_clips_and_shared_arrays_are_refused(tmp_path: Path) -> None:
    first = annotation_2d("a")
    other = annotation_3d("b")
    again = annotation_2d("a", seed=1)
    shared = annotation_2d("d") | {"keypoint": first["keypoint"]}
    heard: list[SourceError] = []
    data = [first, other, again, annotation_2d("c"), shared]
    clips = list(read_pyskl(dump(tmp_path / "a.pkl", data), on_broken=heard.append))
    assert [clip.name for clip in clips] == ["a", "c"]
    for error, message in zip(heard, ["expected 17 joints", "second clip", "same array"], strict=True):
        assert message in str(error)


def test_scores_that_clips_share_are_no_problem(tmp_path: Path) -> None:
    ones = np.ones((1, 6, 17), np.float32)
    data = [annotation_2d(name, seed=i) | {"keypoint_score": ones} for i, name in enumerate("ab")]
    assert all(clip.sequence.confidence.all() for clip in read_pyskl(dump(tmp_path / "a.pkl", data)))


def test_the_layout_can_be_told(tmp_path: Path) -> None:
    annotation = annotation_2d("a")
    annotation["keypoint"] = np.ones((1, 6, 25, 2), np.float32)
    annotation["keypoint_score"] = np.ones((1, 6, 25), np.float32)
    with pytest.raises(
        SourceError, match="25 joints in 2D can be one of several layouts: name it with layout="
    ):
        read_one(tmp_path, annotation)
    assert read_one(tmp_path, annotation, layout="openpose25").sequence.layout is OPENPOSE25
    with pytest.raises(SourceError, match="as layout= says"):
        read_one(tmp_path, annotation_2d("a"), layout="openpose25")
    with pytest.raises(InvalidInputError, match="known"):
        read_one(tmp_path, annotation, layout="alien")
    with pytest.raises(InvalidInputError, match="rate_hz"):
        read_one(tmp_path, annotation, rate_hz=0)


def test_splits_that_do_not_fit_are_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = content()
    data["split"]["xsub_val"] = [*data["split"]["xsub_val"], "S009C001P001R001A001"]
    data["split"]["odd"] = []
    with caplog.at_level(logging.WARNING):
        assert len(list(read_pyskl(dump(tmp_path / "a.pkl", data)))) == 4
    assert "1 clips of its splits are not among its annotations, e.g. S009C001P001R001A001" in caplog.text
    assert "'odd' is not read" in caplog.text
    data = content()
    data["split"]["xsub_val"] = data["split"]["xsub_val"] + data["split"]["xsub_train"][:1]
    with pytest.raises(SourceError, match="in both train and test of the split 'xsub'"):
        list(read_pyskl(dump(tmp_path / "b.pkl", data)))
    for split in ([], {"train": 5}, {"train": [5]}, {5: []}):
        with pytest.raises(SourceError, match="split"):
            list(read_pyskl(dump(tmp_path / "c.pkl", content() | {"split": split})))


def test_exchanged_width_and_height_are_noticed_and_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.pkl"
    right = [annotation_2d(f"a{i}", seed=i) for i in range(9)]
    wrong = [one | {"img_shape": (1920, 1080)} for one in right]
    with caplog.at_level(logging.WARNING):
        list(read_pyskl(dump(path, right)))
        assert not caplog.records
        clips = list(read_pyskl(dump(path, wrong)))
    assert clips[0].sequence.frame_size_wh == (1080, 1920)
    assert len(caplog.records) == 1
    assert "swap_img_shape" in caplog.text and str(path) in caplog.text
    caplog.clear()
    assert next(read_pyskl(path, swap_img_shape=True)).sequence.frame_size_wh == (1920, 1080)
    assert not caplog.records


@pytest.mark.parametrize("data", [None, 5, "text", [], {}, {"annotations": []}, {"annotations": {}}, [5]])
def test_pickles_of_something_else_are_refused(data: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.pkl"):
        list(read_pyskl(dump(tmp_path / "a.pkl", data)))


KINETICS = {"total_frames": 5, "img_shape": (340, 456), "original_shape": (340, 456), "label": 1}


def compressed() -> dict[str, Any]:
    """Three skeletons: two in frame 1, one in frame 3."""
    values = np.random.default_rng(0).uniform(0.1, 1, (3, 17, 3)).astype(np.float16)
    return {"keypoint": values}


def kinetics(name: str, raw_file: str) -> dict[str, Any]:
    inds = np.array([1, 1, 3], np.int16)
    return {"frame_dir": name, "raw_file": raw_file, "frame_inds": inds, "box_score": inds, **KINETICS}


def test_kinetics_with_keypoints_in_files_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "kpfiles"
    folder.mkdir()
    one = compressed()
    dump(folder / "k0.pkl", {"clip_a": one, "clip_b": one["keypoint"]})
    dump(folder / "k1.pkl", {"clip_c": {"kp": one["keypoint"]}})
    annotations = [
        kinetics("clip_a", "data/k400/kpfiles/k0.pkl"),
        kinetics("clip_c", "kpfiles/k1.pkl"),
        kinetics("clip_b", "data/k400/kpfiles/k0.pkl"),
    ]
    path = dump(
        tmp_path / "k400.pkl", {"split": {"train": ["clip_a"], "val": ["clip_c"]}, "annotations": annotations}
    )
    clips = {clip.name: clip for clip in read_pyskl(path)}
    assert clips["clip_c"].splits == {"official": "test"}
    for clip in clips.values():
        got = clip.sequence
        assert got.keypoints.shape == (2, 5, 17, 2)
        assert got.present.tolist() == [[False, True, False, True, False], [False, True, False, False, False]]
        np.testing.assert_array_equal(got.keypoints[1, 1], one["keypoint"][1, :, :2].astype(np.float32))
        np.testing.assert_array_equal(got.confidence[0, 3], one["keypoint"][2, :, 2].astype(np.float32))
    elsewhere = dump(tmp_path / "empty.pkl", [kinetics("clip_a", "k9.pkl")])
    with pytest.raises(SourceError, match="keypoints_folder="):
        list(read_pyskl(elsewhere))
    moved = dump(tmp_path / "moved.pkl", [kinetics("clip_b", "../../k0.pkl")])
    assert len(list(read_pyskl(moved, keypoints_folder=folder))) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frame_inds": np.array([1, 3])}, "frame_inds: expected 3"),
        ({"frame_inds": np.array([1, 3, 5])}, "below total_frames"),
        ({"frame_inds": np.array([-1, 1, 3])}, "below total_frames"),
        ({"frame_inds": 5}, "expected arrays"),
        ({"keypoint": np.ones((3, 17, 2))}, "expected .skeletons, joints, 3."),
        ({"total_frames": None}, "total_frames"),
        ({"total_frames": 10**12}, "too many"),
    ],
)
def test_compressed_skeletons_that_do_not_fit_are_refused(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=message):
        read_one(tmp_path, kinetics("a", "x") | compressed() | change)


def test_what_is_read_is_written_and_read_again_exactly(tmp_path: Path) -> None:
    clips = list(read_pyskl(make(tmp_path)))
    again = round_trip(clips, tmp_path / "again.pkl")
    for one, other in zip(clips, again, strict=True):
        same(one, other)
    written = pickle.loads((tmp_path / "again.pkl").read_bytes())
    assert written["split"] == content()["split"]
    for mine, original in zip(written["annotations"], content()["annotations"], strict=True):
        assert set(mine) == set(original)  # nothing had to be added
        np.testing.assert_array_equal(mine["keypoint"], original["keypoint"].astype(np.float32))
        np.testing.assert_array_equal(mine["keypoint_score"], original["keypoint_score"].astype(np.float32))
        for key in ("frame_dir", "label", "img_shape", "original_shape", "total_frames"):
            assert mine[key] == original[key]


def clip_with_everything(name: str, seed: int) -> Clip:
    rng = np.random.default_rng(seed)
    shape = (2, 3 + seed, 17, 2)
    keypoints = rng.normal(300, 50, shape)
    keypoints[0, 1, 4] = np.nan
    return Clip(
        sequence=sequence(
            keypoints,
            confidence=np.where(np.isnan(keypoints).any(axis=-1), 0, 0.5).astype(np.float32),
            timestamps=np.sort(rng.uniform(0, 9, shape[1])),
            frame_size_wh=(640, 480),
            track_ids=np.array([7, 3]),
            world_m=rng.normal(size=(*shape[:3], 3)).astype(np.float32),
        ),
        label=("wave one hand", "überholen", None)[seed % 3],
        name=name,
        subject="Jo",
        camera="left",
        repetition="2",
        group="pair 1",
        splits={"5-fold": str(seed), "mine": ("train", "val")[seed % 2]},
    )


def test_all_that_is_known_of_a_clip_is_kept(tmp_path: Path) -> None:
    clips = [clip_with_everything(f"clip {i}", i) for i in range(4)]
    for one, other in zip(clips, round_trip(clips, tmp_path / "a.pkl"), strict=True):
        same(one, other)


def test_odd_values_that_pyskl_cannot_hold_are_kept(tmp_path: Path) -> None:
    keypoints = np.full((1, 4, 17, 2), 5.0)
    keypoints[0, 0, 0] = 0  # at the origin, not missing, with no confidence
    keypoints[0, 1, 0] = np.nan, 4  # half a joint
    keypoints[0, 2, 0] = np.nan  # missing, yet with confidence
    confidence = np.full((1, 4, 17), 0.5, np.float32)
    confidence[0, 0, 0] = 0
    clip = Clip(sequence=sequence(keypoints, confidence=confidence), label="3", name="odd")
    (again,) = round_trip([clip], tmp_path / "a.pkl")
    same(clip, again)


@pytest.mark.parametrize("units", ["px", "normalized", "m"])
@pytest.mark.parametrize("coordinates", [2, 3])
@pytest.mark.parametrize("size", [None, (640, 480)])
@pytest.mark.parametrize("layout", [COCO17, KINECT20], ids=lambda one: one.name)
def test_units_sizes_and_layouts_are_kept(
    units: Any, coordinates: int, size: Any, layout: SkeletonLayout, tmp_path: Path
) -> None:
    keypoints = np.random.default_rng(0).normal(0.5, 0.1, (1, 4, layout.num_joints, coordinates))
    made = sequence(keypoints, layout, units=units, frame_size_wh=size, timestamps=np.arange(4) / 25)
    clip = Clip(sequence=made, label="walk", name="a")
    (again,) = round_trip([clip], tmp_path / "a.pkl")
    same(clip, again)
    annotation = pickle.loads((tmp_path / "a.pkl").read_bytes())["annotations"][0]
    assert "timestamps" not in annotation.get("poseact", {})  # the rate says it all
    if coordinates == 2:  # what PYSKL needs
        assert (
            annotation["img_shape"] == ((size[1], size[0]) if size and units == "px" else (1, 1))
            or size is None
        )
        assert min(annotation["img_shape"]) >= 1


def test_clips_with_the_same_poses_are_written_each_with_its_own(tmp_path: Path) -> None:
    both = sequence(np.ones((1, 2, 17, 2)))
    clips = [Clip(both, "1", name) for name in "ab"]
    for one, other in zip(clips, round_trip(clips, tmp_path / "a.pkl"), strict=True):
        same(one, other)


def test_a_layout_of_ones_own_is_kept(tmp_path: Path) -> None:
    layout = SkeletonLayout("three", ("a", "left_b", "right_b"), (("left_b", "a"), ("right_b", "a")), "a")
    clip = Clip(sequence=sequence(np.ones((1, 2, 3, 2)), layout), label="x", name="a")
    (again,) = round_trip([clip], tmp_path / "a.pkl")
    same(clip, again)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_sequence_comes_back(data: st.DataObject, tmp_path: Path) -> None:
    persons, frames = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5))
    coordinates = data.draw(st.sampled_from([2, 3]))
    layout = data.draw(st.sampled_from([COCO17, NTU25]))
    shape = (persons, frames, layout.num_joints)
    some = st.one_of(st.just(0.0), st.just(float("nan")), st.floats(-1e5, 1e5, width=32))
    keypoints = data.draw(npst.arrays(np.float32, (*shape, coordinates), elements=some, fill=some))
    share = st.one_of(st.just(0.0), st.floats(0, 1, width=32))
    confidence = data.draw(npst.arrays(np.float32, shape, elements=share, fill=share))
    steps = data.draw(st.lists(st.floats(1e-3, 10), min_size=frames, max_size=frames))
    made = sequence(
        keypoints,
        layout,
        confidence=confidence,
        timestamps=np.cumsum(steps),
        units=data.draw(st.sampled_from(["px", "normalized", "m"])),
        frame_size_wh=data.draw(st.sampled_from([None, (5, 7)])),
    )
    text = st.one_of(st.none(), st.text(min_size=1, max_size=5))
    clip = Clip(
        sequence=made,
        label=data.draw(text),
        name=data.draw(st.text(min_size=1, max_size=8)),
        subject=data.draw(text),
        group=data.draw(text),
        splits=data.draw(
            st.dictionaries(st.text(min_size=1, max_size=4), st.sampled_from(["train", "val", "test", "1"]))
        ),
    )
    (again,) = round_trip([clip], tmp_path / "a.pkl")
    same(clip, again)


def test_numbers_of_classes_follow_the_names(tmp_path: Path) -> None:
    def labels(given: list[str], **options: Any) -> list[int]:
        clips = [Clip(sequence(np.ones((1, 1, 17, 2))), name, f"{i}") for i, name in enumerate(given)]
        write_pyskl(clips, tmp_path / "a.pkl", **options)
        return [one["label"] for one in pickle.loads((tmp_path / "a.pkl").read_bytes())["annotations"]]

    assert labels(["walk", "sit", "walk"]) == [1, 0, 1]
    assert labels(["10", "2"]) == [10, 2]
    assert labels(["walk", "sit"], class_names=["walk", "run", "sit"]) == [0, 2]
    with pytest.raises(InvalidInputError, match="'sit'"):
        labels(["sit"], class_names=["walk"])


@pytest.mark.parametrize(
    ("clips", "message"),
    [
        ([], "no clip"),
        (["a", "a"], "two clips are called 'a'"),
        ([sequence(np.ones((1, 2, 17, 2))), sequence(np.ones((1, 2, 25, 3)), NTU25)], "one layout"),
        ([sequence(np.ones((1, 0, 17, 2)))], "no frames"),
    ],
)
def test_clips_that_do_not_go_into_one_file_are_refused(clips: Any, message: str, tmp_path: Path) -> None:
    made = [
        Clip(
            sequence(np.ones((1, 1, 17, 2))) if isinstance(one, str) else one,
            "x",
            one if isinstance(one, str) else f"{i}",
        )
        for i, one in enumerate(clips)
    ]
    with pytest.raises(InvalidInputError, match=message):
        write_pyskl(made, tmp_path / "a.pkl")
    assert not list(tmp_path.iterdir())


JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=6),
        npst.arrays(
            st.sampled_from([np.float16, np.float32, np.int64, "U2"]),
            npst.array_shapes(max_dims=4, max_side=3),
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=4), inner, max_size=3),
    ),
    max_leaves=5,
)
KEYS = (
    "frame_dir",
    "total_frames",
    "img_shape",
    "label",
    "keypoint",
    "keypoint_score",
    "poseact",
    "frame_inds",
    "raw_file",
)
EXTRA_KEYS = ("layout", "units", "rate_hz", "protocols", "version")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(st.sampled_from(KEYS), JUNK, max_size=4),
    outer=st.dictionaries(
        st.sampled_from(["split", "annotations", "class_names", "poseact"]), JUNK, max_size=2
    ),
    extras=st.dictionaries(st.sampled_from(EXTRA_KEYS), JUNK, max_size=2),
)
def test_no_content_raises_anything_but_our_own_errors(
    changes: Any, outer: Any, extras: Any, tmp_path: Path
) -> None:
    data = {"annotations": [annotation_2d("a") | changes, annotation_2d("b")], "poseact": extras} | outer
    try:
        for clip in read_pyskl(dump(tmp_path / "a.pkl", data)):
            assert clip.sequence.keypoints.shape[:3] == clip.sequence.confidence.shape
    except PoseactError as error:
        assert "\n" not in str(error)


def test_a_line_break_in_a_name_makes_no_second_line(tmp_path: Path) -> None:
    data = {"annotations": [annotation_2d("a")], "split": {"a\nb": None}}
    with pytest.raises(PoseactError) as caught:
        list(read_pyskl(dump(tmp_path / "a.pkl", data)))
    assert "a\\nb" in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 10**6), byte=st.integers(0, 255), keep=st.integers(0, 100))
def test_damaged_files_raise_only_our_own_errors(
    position: int, byte: int, keep: int, tmp_path: Path, whole: Callable[[], bytes]
) -> None:
    damaged = bytearray(whole())
    damaged[position % len(damaged)] = byte
    path = tmp_path / "a.pkl"
    path.write_bytes(damaged if keep > 50 else damaged[: keep * len(damaged) // 50])
    try:
        for clip in read_pyskl(path):
            assert clip.sequence.num_frames
    except PoseactError as error:
        assert path.name in str(error)


@pytest.fixture
def whole() -> Callable[[], bytes]:
    return lambda: pickle.dumps(content(), protocol=4)
