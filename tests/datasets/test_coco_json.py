"""COCO's annotations and results: videos, pictures, confidences, in and out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_coco_json import category, dataset
from fake_people import assert_same, awkward_clip, walkers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_fuzz import any_json

from poseact.clip import Clip
from poseact.datasets import DATASETS, detect_format, read_coco_json, write_coco_json
from poseact.errors import InvalidInputError, OutputError, PoseactError, SourceError
from poseact.layouts import BODY13, COCO17, NTU25, OPENPOSE25
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout


def written(folder: Path, content: Any, name: str = "a.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def results(frames: int = 4) -> list[dict[str, Any]]:
    xy = walkers(2, frames, 17)
    return [
        {
            "image_id": 10 + t,
            "category_id": 1,
            "keypoints": [float(n) for x, y in xy[m, t] for n in (x, y, 0.25)],
            "score": 0.9,
        }
        for t in range(frames)
        for m in range(2)
    ]


def test_videos_are_clips_and_flags_are_confidences(tmp_path: Path) -> None:
    clips = list(read_coco_json(written(tmp_path, dataset()), rate_hz=10))
    assert [clip.name for clip in clips] == ["a", "b"]
    sequence = clips[1].sequence
    assert sequence.layout is COCO17 and sequence.units == "px"
    assert sequence.frame_size_wh == (640, 480)
    assert sequence.track_ids.tolist() == [5, 6]
    np.testing.assert_allclose(sequence.timestamps, np.arange(5) / 10)
    assert np.isnan(sequence.keypoints[:, :, 3]).all()
    assert (sequence.confidence[:, :, [3, 4, 5]] == [0, 0.5, 1]).all()
    seen = [v for v in range(17) if v != 3]
    true = walkers(2, 5, 17, seed=2).round(1)
    np.testing.assert_allclose(sequence.keypoints[:, :, seen], true[:, :, seen], rtol=1e-6)


def test_pictures_of_a_folder_with_numbers_are_a_clip(tmp_path: Path) -> None:
    path = written(tmp_path, dataset(videos=False, tracks=False))
    clips = list(read_coco_json(path))
    assert [clip.name for clip in clips] == ["clip1/frame", "clip2/frame"]
    assert clips[0].sequence.num_persons == 2 and clips[0].sequence.num_frames == 5
    single = list(read_coco_json(path, pictures="single"))
    assert len(single) == 10 and single[3].name == "clip1/frame_0003"


def test_pictures_collected_one_by_one_are_clips_of_one_frame(tmp_path: Path) -> None:
    content = dataset(videos=False)
    numbers = np.random.default_rng(0).permutation(500_000)[:10]
    for image, number in zip(content["images"], numbers.tolist(), strict=True):
        image["file_name"] = f"{number:012d}.jpg"
    path = written(tmp_path, content)
    clips = list(read_coco_json(path))
    assert len(clips) == 10 and {clip.sequence.num_frames for clip in clips} == {1}
    assert clips[0].name == f"{numbers[0]:012d}"
    (forced,) = read_coco_json(path, pictures="frames")
    assert forced.sequence.num_frames == 10


def test_pictures_of_other_sizes_are_not_one_video(tmp_path: Path) -> None:
    content = dataset(videos=False)
    content["images"][0]["width"] = 500
    assert sorted(c.sequence.num_frames for c in read_coco_json(written(tmp_path, content))) == [1] * 5 + [5]


def test_posetrack(tmp_path: Path) -> None:
    names = ["nose", "head_bottom", "head_top", *COCO17.joint_names[3:]]
    content = dataset(videos=False)
    content["categories"] = [category(tuple(names))]
    for image in content["images"]:
        video, t = divmod(image["id"], 100)
        image.update(vid_id=f"00034{video}", frame_id=10_034_200_000 + 2 * t, is_labeled=t != 4, nframes=5)
        image["file_name"] = f"images/val/00034{video}_mpii_test/{t:06d}.jpg"
    for one in content["annotations"]:
        one["keypoints"][2::3] = [min(v, 1) for v in one["keypoints"][2::3]]
    first, second = read_coco_json(written(tmp_path, content), rate_hz=10)
    assert (first.name, second.name) == ("000341_mpii_test", "000342_mpii_test")
    np.testing.assert_allclose(first.sequence.timestamps, [0, 0.2, 0.4, 0.6])
    assert first.sequence.layout.joint_names[1:3] == ("neck", "head_top")
    assert set(np.unique(first.sequence.confidence)) == {0, 1}


def test_cvat_tracks_crowds_and_boxes(tmp_path: Path) -> None:
    content = dataset()
    for one in content["annotations"]:
        one["attributes"] = {"track_id": "person-" + str(one.pop("track_id")), "occluded": False}
    content["annotations"][0]["iscrowd"] = 1
    content["annotations"][1].update(keypoints=[0] * 51, num_keypoints=0)
    del content["annotations"][2]["keypoints"]
    content["categories"].append({"id": 2, "name": "dog"})
    content["annotations"].append({"id": 99, "image_id": 100, "category_id": 2, "bbox": [0, 0, 1, 1]})
    first, _ = read_coco_json(written(tmp_path, content))
    assert first.sequence.track_ids.tolist() == [0, 1]
    assert first.sequence.present.tolist() == [
        [False, True, True, True, True],
        [False, False, True, True, True],
    ]


def test_other_joints_get_a_layout_of_their_own(tmp_path: Path) -> None:
    content = dataset()
    names = ("Nose", "L_Eye", "R_Eye", "snout", *COCO17.joint_names[4:])
    content["categories"] = [category(names)]
    clip = next(read_coco_json(written(tmp_path, content)))
    layout = clip.sequence.layout
    assert layout.joint_names[:4] == ("nose", "left_eye", "right_eye", "snout")
    assert ("left_wrist", "left_elbow") in layout.edges
    # The skeleton of the file says that joint 4 hangs on joint 2.
    assert ("snout", "left_eye") in layout.edges


def test_a_results_list(tmp_path: Path) -> None:
    path = written(tmp_path, results(), "run.json")
    assert detect_format(path).name == "coco-json"
    (clip,) = read_coco_json(path, rate_hz=10)
    assert clip.name == "run" and clip.sequence.num_persons == 2
    np.testing.assert_allclose(clip.sequence.timestamps, [0, 0.1, 0.2, 0.3])
    np.testing.assert_array_equal(clip.sequence.keypoints, walkers(2, 4, 17))
    assert (clip.sequence.confidence == 0.25).all()


@pytest.mark.parametrize(
    "order",
    [
        ("info", "licenses", "images", "annotations", "categories"),
        ("annotations", "categories", "images"),
        ("images", "categories", "annotations"),
        ("categories", "annotations", "images"),
    ],
)
def test_long_files_are_recognised_whatever_stands_first(order: tuple[str, ...], tmp_path: Path) -> None:
    content = dataset(videos=False)
    content["images"] = [{**content["images"][0], "id": i, "file_name": f"{i}.jpg"} for i in range(2000)]
    content["annotations"] = [{**content["annotations"][0], "image_id": i} for i in range(2000)]
    path = written(tmp_path, {key: content[key] for key in order})
    assert detect_format(path).name == "coco-json"
    (clip,) = read_coco_json(path)
    assert clip.sequence.num_frames == 2000
    many = [awkward_clip(f"{'long' * 30} {i}", layout=COCO17) for i in range(100)]
    write_coco_json(many, tmp_path / "ours.json")
    assert detect_format(tmp_path / "ours.json").name == "coco-json"


def _without(content: dict[str, Any], *keys: Any) -> dict[str, Any]:
    place: Any = content
    for key in keys[:-1]:
        place = place[key]
    del place[keys[-1]]
    return content


def _with(content: dict[str, Any], value: Any, *keys: Any) -> dict[str, Any]:
    place: Any = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (3, "expected an object"),
        ([], "expected people"),
        ([{"image_id": 1, "keypoints": [1.0] * 54}], "51 numbers"),
        (_without(dataset(), "images"), "no 'images'"),
        (_with(dataset(), [], "images"), "expected images, found none"),
        (_with(dataset(), 101, "images", 0, "id"), "found 101 twice"),
        (_with(dataset(), 1, "images", 1, "frame_id"), "images"),
        (_with(dataset(), 0, "images", 1, "frame_id"), "every frame once"),
        (_with(dataset(), "soon", "images", 1, "timestamp"), "timestamp"),
        (_with(dataset(), 7, "annotations", 3, "image_id"), r"annotations\[3\]: image_id"),
        (_with(dataset(), [1.0] * 50, "annotations", 3, "keypoints"), "x, y, v"),
        (_with(dataset(), [1.0] * 54, "annotations", 3, "keypoints"), "expected 17 joints"),
        (_with(dataset(), [True] * 51, "annotations", 3, "keypoints"), "numbers only, found true"),
        (_with(dataset(), ["a"] * 17, "categories", 0, "keypoints"), "each with its own name"),
        (_with(dataset(), [], "categories", 0, "keypoints"), "category with keypoints"),
        (_with(dataset(), 1, "videos", 1, "id"), "found 1 twice"),
    ],
)
def test_what_is_wrong_is_said(content: Any, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, content)
    if message == "images":  # a frame number that agrees with the order: nothing is wrong
        assert len(list(read_coco_json(path))) == 2
        return
    with pytest.raises(SourceError, match=message) as caught:
        list(read_coco_json(path))
    assert "\n" not in str(caught.value)


def test_a_broken_video_does_not_end_the_reading(tmp_path: Path) -> None:
    content = _with(dataset(), 0, "images", 1, "frame_id")
    heard: list[SourceError] = []
    assert [c.name for c in read_coco_json(written(tmp_path, content), on_broken=heard.append)] == ["b"]
    assert len(heard) == 1
    with pytest.raises(InvalidInputError, match="pictures"):
        list(read_coco_json(written(tmp_path, content), pictures="film"))  # type: ignore[arg-type]


def _clips() -> list[Clip]:
    six = SkeletonLayout("six", tuple("abcdef"), tuple((x, "a") for x in "bcdef"), "a")
    fish = SkeletonLayout("fish", ("head", "fin", "Tail"), (("fin", "head"), ("Tail", "fin")), "head")
    return [
        awkward_clip("a/b", layout=OPENPOSE25),
        awkward_clip("c", layout=COCO17, label=None, seed=1),
        awkward_clip("ü\n", layout=BODY13, seed=2),
        awkward_clip("f", layout=six),
        Clip(
            PoseSequence(
                np.ones((1, 1, 3, 2)), np.zeros((1, 1, 3)), np.zeros(1), fish, track_ids=np.array([-4])
            ),
            "swim",
            "fish",
        ),
        Clip(
            PoseSequence(np.zeros((0, 2, 13, 2)), np.zeros((0, 2, 13)), np.arange(2), BODY13), None, "nobody"
        ),
    ]


def test_what_is_written_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_coco_json(iter(_clips()), path)
    again = {clip.name: clip for clip in read_coco_json(path)}
    assert len(again) == len(_clips())
    for clip in _clips():
        assert_same(clip, again[clip.name])
        assert again[clip.name].sequence.layout.edges == clip.sequence.layout.edges
        assert again[clip.name].sequence.layout.name == clip.sequence.layout.name


def test_the_written_file_is_what_coco_describes(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    clip = awkward_clip("c", layout=COCO17)
    write_coco_json([clip], path)
    content = json.loads(path.read_text())
    (kind,) = content["categories"]
    assert kind["keypoints"] == list(COCO17.joint_names)
    assert all(1 <= n <= 17 for bone in kind["skeleton"] for n in bone)
    assert [(i["video_id"], i["frame_id"], i["width"], i["height"]) for i in content["images"]] == [
        (1, t, 1280, 720) for t in range(6)
    ]
    images = {image["id"] for image in content["images"]}
    assert len({one["id"] for one in content["annotations"]}) == len(content["annotations"]) == 7
    for one in content["annotations"]:
        flags = one["keypoints"][2::3]
        assert one["image_id"] in images and one["track_id"] in (7, 3)
        assert len(one["keypoints"]) == 51 and one["num_keypoints"] == sum(v > 0 for v in flags)
        assert set(flags) <= {0, 1, 2}
        x, y, width, height = one["bbox"]
        xs = [n for n, v in zip(one["keypoints"][::3], flags, strict=True) if v]
        assert (x, x + width) == pytest.approx((min(xs), max(xs)), abs=0.01) and height > 0
        assert one["area"] == pytest.approx(width * height, rel=1e-3) and y is not None
    # Without our own keys, flags and frame numbers are what remains.
    for one in content["annotations"]:
        del one["keypoint_scores"]
    del content["videos"][0]["poseact"]
    (foreign,) = read_coco_json(written(tmp_path, content))
    assert set(np.unique(foreign.sequence.confidence)) == {0, 0.5, 1}
    np.testing.assert_array_equal(foreign.sequence.keypoints, clip.sequence.keypoints[:2])
    np.testing.assert_array_equal(foreign.sequence.timestamps, clip.sequence.timestamps)


def test_normalized_poses_become_pixels_and_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    write_coco_json([awkward_clip("a", units="normalized")], path)
    (clip,) = read_coco_json(path)
    expected = awkward_clip("a", units="normalized").sequence.keypoints * np.array([1280, 720], np.float32)
    np.testing.assert_array_equal(clip.sequence.keypoints, expected)
    before = path.read_bytes()
    no_size = PoseSequence(np.ones((1, 1, 17, 2)), np.ones((1, 1, 17)), np.zeros(1), COCO17, "normalized")
    for bad, message in (
        (awkward_clip("m", layout=NTU25, dimensions=3, units="m"), "2D pixels"),
        (Clip(no_size, None, "n"), "frame size"),
        (Clip(no_size.slice_frames(0, 0), None, "0"), "no frame"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            write_coco_json([awkward_clip("a"), bad], path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(OutputError):
        write_coco_json([awkward_clip("a")], tmp_path / "nowhere" / "a.json")


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=any_json(dataset()) | any_json(dataset(videos=False, tracks=False)) | any_json(results()))
def test_no_content_raises_another_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert DATASETS["coco-json"].detect(path) in (True, False)
    try:
        clips = list(read_coco_json(path))
    except PoseactError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert clips and len({clip.name for clip in clips}) == len(clips)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("coco") / "ours.json"
    write_coco_json(_clips()[-2:], path)
    return path


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nor_does_a_spoiled_file_of_ours(data: Any, ours: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data.draw(any_json(json.loads(ours.read_text()))))
    try:
        assert list(read_coco_json(path))
    except PoseactError as error:
        assert str(error) and "\n" not in str(error)
