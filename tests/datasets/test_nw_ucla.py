"""NW-UCLA: names, axes, protocols, the forms in which copies differ, and what is said of broken files."""

import json
from pathlib import Path
from typing import Any

import fake_nw_ucla as fake
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.clip import Clip
from poseact.datasets import read_nw_ucla
from poseact.datasets.nw_ucla import CLASS_NAMES
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import KINECT20

NAME = "a08_s02_e01_v03"


def one(folder: Path, content: Any = None, name: str = NAME) -> Clip:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(fake.content(name) if content is None else content))
    (clip,) = read_nw_ucla(folder)
    return clip


def test_a_name_says_class_subject_view_take_and_parts(tmp_path: Path) -> None:
    clips = {clip.name: clip for clip in read_nw_ucla(fake.make(tmp_path))}
    assert {clip.label for clip in clips.values()} == {"pick_up_with_one_hand", "donning", "carry"}
    clip = clips["a12_s10_e03_v02"]
    assert (clip.subject, clip.camera, clip.repetition) == ("10", "2", "3")
    assert clip.splits == {"xview": "train", "xview1": "train", "xview2": "test", "xsub": "10"}
    assert clips[NAME].splits["xview"] == "test"
    assert len(CLASS_NAMES) == 10


def test_metres_have_x_right_y_down_z_away(tmp_path: Path) -> None:
    sequence = one(tmp_path).sequence
    raw = np.array(fake.content(NAME)["skeletons"])
    assert sequence.layout is KINECT20
    np.testing.assert_allclose(sequence.keypoints[0], raw * [-1, -1, 1], rtol=1e-5)
    assert (sequence.confidence == 1).all()
    np.testing.assert_allclose(np.diff(sequence.timestamps), 1 / 15)


def test_zeros_are_missing_one_joint_or_a_whole_frame(tmp_path: Path) -> None:
    content = fake.content(NAME)
    content["skeletons"][0][7] = [0, 0, 0]
    content["skeletons"][2] = [[0.0, 0.0, 0.0]] * 20
    sequence = one(tmp_path, content).sequence
    assert np.isnan(sequence.keypoints[0, 0]).any(axis=-1).nonzero()[0].tolist() == [7]
    assert sequence.present[0].tolist() == [True, True, False, True, True]
    assert (sequence.confidence[0, 2] == 0).all()


def test_copies_that_differ_are_read_alike(tmp_path: Path) -> None:
    usual = one(tmp_path / "usual").sequence.keypoints
    content = fake.content(NAME)
    flat = {**content, "skeletons": [[x for joint in frame for x in joint] for frame in content["skeletons"]]}
    for number, form in enumerate(
        (
            {**content, "fps": 30, "note": "größer"},
            {"skeletons": content["skeletons"]},
            {**content, "label": 8},  # the action's own number
            {**content, "label": 7.0},
            content["skeletons"],
            flat,
        )
    ):
        np.testing.assert_array_equal(one(tmp_path / str(number), form).sequence.keypoints, usual)


def test_one_frame_is_a_clip(tmp_path: Path) -> None:
    assert one(tmp_path, fake.content(NAME, frames=1)).sequence.num_frames == 1


GOOD = fake.content(NAME)["skeletons"]
BROKEN: list[tuple[Any, str]] = [
    ({"label": 7}, "expected 'skeletons'"),
    ({"skeletons": []}, "at least one frame"),
    ({"skeletons": "none"}, "expected a list"),
    ({"skeletons": [[]]}, "20 x 3"),
    ({"skeletons": [GOOD[0][:19]]}, "20 x 3"),
    ({"skeletons": [GOOD[0], GOOD[1][:19]]}, "20 x 3"),
    ({"skeletons": [[["a", "b", "c"]] * 20]}, "20 x 3"),
    ({"skeletons": [[[1.0, None, 1.0]] * 20]}, "20 x 3"),
    ({"skeletons": [[[1e300, 1, 1]] * 20]}, "a number that is none"),
    ({"skeletons": [[[10**400, 1, 1]] * 20]}, "20 x 3"),
    ({"skeletons": GOOD, "label": 3}, "expected label 7"),
    ({"skeletons": GOOD, "label": [7]}, "expected label 7"),
    ({"skeletons": GOOD, "label": True}, "expected label 7"),
    (3, "expected an object"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN)
def test_broken_files_are_told_in_one_line(content: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        one(tmp_path, content)
    assert NAME in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a07_s01_e00_v01", "a01_s01_e00_v04"])
def test_unknown_actions_and_views_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected a name like"):
        one(tmp_path, name=name)


def test_a_rate_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="rate_hz"):
        list(read_nw_ucla(fake.make(tmp_path), rate_hz=-1))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=100),
        values.map(lambda value: json.dumps(value).encode()),
        st.tuples(values, values).map(lambda v: json.dumps({"skeletons": v[0], "label": v[1]}).encode()),
        st.lists(st.lists(values, min_size=20, max_size=20), min_size=1, max_size=2).map(
            lambda frames: json.dumps({"skeletons": frames}).encode()
        ),
    )
)
def test_any_content_raises_only_our_own_errors(content: bytes, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.json").write_bytes(content)
    try:
        assert len(list(read_nw_ucla(tmp_path))) == 1
    except PoseactError as error:
        assert "\n" not in str(error)
