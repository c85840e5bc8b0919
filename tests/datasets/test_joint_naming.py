"""Joint names of other tools, and layouts from lists of names."""

import pytest

from poseact.datasets.joint_naming import joint_name, layout_of
from poseact.errors import InvalidInputError
from poseact.layouts import BODY13, HALPE26, LAYOUTS, OPENPOSE25, PENN13

# In the order of their specifications (poseParameters.cpp; Halpe-FullBody's readme).
OPENPOSE_SPELLING = (
    "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee LAnkle "
    "REye LEye REar LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel"
)
HALPE_SPELLING = (
    "Nose LEye REye LEar REar LShoulder RShoulder LElbow RElbow LWrist RWrist LHip RHip LKnee Rknee LAnkle "
    "RAnkle head_top Neck Hip LBigToe RBigToe LSmallToe RSmallToe LHeel RHeel"
)


def test_the_spellings_of_openpose_and_halpe_are_understood() -> None:
    assert tuple(map(joint_name, OPENPOSE_SPELLING.split())) == OPENPOSE25.joint_names
    assert tuple(map(joint_name, HALPE_SPELLING.split())) == HALPE26.joint_names


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("left_shoulder", "left_shoulder"),
        ("left shoulder", "left_shoulder"),
        ("LEFT_SHOULDER", "left_shoulder"),
        ("leftShoulder", "left_shoulder"),
        ("l-shoulder", "left_shoulder"),
        ("ShoulderLeft", "left_shoulder"),
        ("Rshoulder", "right_shoulder"),
        ("Lear", "left_ear"),
        ("relbow", "right_elbow"),
        ("head_bottom", "neck"),
        ("thorax", "spine_shoulder"),
        ("left_hip", "left_hip"),
        ("tail_tip", "tail_tip"),
        ("left_paw", "left_paw"),
        ("", ""),
        ("l", "l"),
    ],
)
def test_a_name_becomes_ours_or_stays(given: str, name: str) -> None:
    assert joint_name(given) == name


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_known_names_give_the_known_layout(layout: object) -> None:
    names = layout.joint_names  # type: ignore[attr-defined]
    assert [joint_name(name) for name in names] == list(names)
    assert layout_of(names, name=layout.name) is layout  # type: ignore[attr-defined]


def test_several_layouts_of_the_same_joints_are_told_by_name() -> None:
    assert layout_of(BODY13.joint_names) is PENN13
    assert layout_of(BODY13.joint_names, name="body13") is BODY13


def test_bones_make_a_tree_whatever_they_are() -> None:
    names = ("nose", "left_wrist", "tail", "left_elbow", "left_shoulder")
    layout = layout_of(names, [("tail", "tail"), ("tail", "nose"), ("nose", "tail"), ("x", "nose")])
    assert layout.root == "nose"
    assert dict(layout.edges) == {
        "left_wrist": "left_elbow",
        "left_elbow": "left_shoulder",
        "left_shoulder": "nose",
        "tail": "nose",
    }
    given = (("b", "a"), ("c", "b"))
    assert layout_of("abc", given).edges == given
    assert layout_of("a").edges == ()
    cycle = layout_of("abc", (("b", "a"), ("c", "b"), ("c", "a")))
    assert (cycle.root, cycle.edges) == ("a", (("b", "a"), ("c", "a")))


@pytest.mark.parametrize("names", [[], [""], ["a", "a"]])
def test_joints_without_names_of_their_own_are_refused(names: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="expected joints"):
        layout_of(names)
