"""AlphaPose's three forms: frames, tracks, layouts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_alphapose_json import by_picture, make, people
from fake_people import walkers
from hypothesis import HealthCheck, given, settings
from json_fuzz import any_json

from poseact.datasets import DATASETS, detect_format, read_alphapose_json
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import COCO17, HALPE26, MPII16, OPENPOSE18


def written(folder: Path, content: Any, name: str = "alphapose-results.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content))
    return path


def test_a_folder_gives_names_labels_and_layouts(tmp_path: Path) -> None:
    clips = {clip.name: clip for clip in read_alphapose_json(make(tmp_path))}
    assert {name: (clip.label, clip.sequence.layout) for name, clip in clips.items()} == {
        "walk/a": ("walk", COCO17),
        "walk/b": ("walk", HALPE26),
        "wave/c": ("wave", OPENPOSE18),
        "wave/d": ("wave", OPENPOSE18),
    }
    np.testing.assert_array_equal(clips["wave/c"].sequence.keypoints, clips["wave/d"].sequence.keypoints)


def test_frames_ids_and_the_gap_of_an_empty_frame(tmp_path: Path) -> None:
    (clip,) = read_alphapose_json(written(tmp_path, people()[::-1]), rate_hz=10, frame_size=(640, 480))
    sequence = clip.sequence
    assert clip.name == tmp_path.name and clip.label is None
    assert sequence.timestamps.tolist() == [0, 0.1, 0.2, 0.4, 0.5]
    assert sequence.track_ids.tolist() == [2, 1]
    assert (sequence.units, sequence.frame_size_wh) == ("px", (640, 480))
    np.testing.assert_array_equal(sequence.keypoints[1], walkers(2, 6, 17)[0][[0, 1, 2, 4, 5]])
    assert (sequence.confidence == np.float32(0.8)).all()


def test_openposes_order_is_that_of_alphaposes_code(tmp_path: Path) -> None:
    (coco,) = read_alphapose_json(written(tmp_path, people()))
    (cmu,) = read_alphapose_json(written(tmp_path, by_picture("cmu")))
    expected = coco.sequence.to_layout(OPENPOSE18)
    np.testing.assert_allclose(cmu.sequence.keypoints, expected.keypoints, rtol=1e-6)


def test_without_tracker_everybody_has_id_0_and_is_tracked_here(tmp_path: Path) -> None:
    shuffled = people(idx=False)
    shuffled[0], shuffled[1] = shuffled[1], shuffled[0]
    path = written(tmp_path, shuffled)
    (clip,) = read_alphapose_json(path)
    assert clip.sequence.track_ids.tolist() == [0, 1]
    jumps = np.abs(np.diff(clip.sequence.keypoints[:, :, 0, 0], axis=1)).max()
    assert jumps < 20
    (place,) = read_alphapose_json(path, track=False)
    assert np.abs(np.diff(place.sequence.keypoints[:, :, 0, 0], axis=1)).max() > 200


def test_merged_ids_whole_body_and_old_scores(tmp_path: Path) -> None:
    content = people(joints=136)
    for one in content:
        one["idx"] = [[float(one["idx"])], 9.0]
        one["keypoints"][2] = 5.5
    (clip,) = read_alphapose_json(written(tmp_path, content))
    assert clip.sequence.layout is HALPE26 and clip.sequence.track_ids.tolist() == [1, 2]
    assert (clip.sequence.confidence[:, :, 0] == 1).all()
    (body,) = read_alphapose_json(written(tmp_path, people(joints=133)))
    assert body.sequence.layout is COCO17
    (mpii,) = read_alphapose_json(written(tmp_path, people(joints=16)))
    assert mpii.sequence.layout is MPII16


def test_pictures_without_numbers_go_by_their_order(tmp_path: Path) -> None:
    content = people()
    for one in content:
        one["image_id"] = "abcdef"[int(one["image_id"][0])] + ".png"
    (clip,) = read_alphapose_json(written(tmp_path, content, "gym.json"), rate_hz=1)
    assert clip.name == "gym" and clip.sequence.timestamps.tolist() == [0, 1, 2, 3, 4]
    for one in content:
        one["image_id"] = ord(one["image_id"][0])
    (clip,) = read_alphapose_json(written(tmp_path, content), rate_hz=1)
    assert clip.sequence.timestamps.tolist() == [97, 98, 99, 101, 102]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "found none"),
        ({}, "found none"),
        (3, "a list or an object"),
        ([3], "person 0: expected an object"),
        ([{"image_id": "1.jpg", "keypoints": [1.0] * 50}], "48, 51, 78, 399, 408 numbers, found 50"),
        ([{"image_id": None, "keypoints": [1.0] * 51}], "image_id"),
        ([{"image_id": "1.jpg", "keypoints": [1.0] * 51, "idx": "a"}], "idx"),
        ([{"image_id": "1", "keypoints": [1.0] * n} for n in (51, 78)], "one layout"),
        ({"1.jpg": {"bodies": [{"joints": [1.0] * 51}]}}, "joints: expected 54 numbers, found 51"),
        ({"1.jpg": {"people": 1}}, "people: expected a list"),
        ({"1.jpg": {"version": 1}}, "people: expected a list, found null"),
    ],
)
def test_what_is_wrong_is_said(content: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        list(read_alphapose_json(written(tmp_path, content)))
    with pytest.raises(InvalidInputError, match="rate_hz"):
        list(read_alphapose_json(written(tmp_path, people()), rate_hz=float("nan")))


@pytest.mark.parametrize("content", [people(), people(idx=False), by_picture("cmu"), by_picture("open")])
def test_each_form_is_recognised_as_a_file(content: Any, tmp_path: Path) -> None:
    assert detect_format(written(tmp_path, content, "r.json")) is DATASETS["alphapose-json"]


def test_empty_files_are_heard_of_and_others_passed_over(tmp_path: Path) -> None:
    folder = make(tmp_path)
    (folder / "config.json").write_text('{"detector": "yolo"}')
    (folder / "walk" / "b" / "alphapose-results.json").write_bytes(b"")
    (folder / "walk" / "a.json").write_text(json.dumps(people()))
    heard: list[SourceError] = []
    names = [clip.name for clip in read_alphapose_json(folder, on_broken=heard.append)]
    assert names == ["walk/a", "walk/a#2", "wave/c", "wave/d"]
    assert len(heard) == 1 and "empty file" in str(heard[0])
    assert detect_format(folder).name == "alphapose-json"


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=any_json(people(frames=2)) | any_json(by_picture("cmu")))
def test_no_content_raises_another_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert DATASETS["alphapose-json"].detect(path) in (True, False)
    try:
        (clip,) = read_alphapose_json(path)
    except PoseactError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert clip.sequence.num_frames > 0
