"""Layouts: their trees, their mirrors, and what a bad one says."""

import numpy as np
import pytest

from poseact.errors import InvalidInputError
from poseact.layouts import LAYOUTS, get_layout
from poseact.skeleton import SkeletonLayout

ALL = pytest.mark.parametrize("layout", list(LAYOUTS.values()), ids=list(LAYOUTS))


@ALL
def test_flipping_twice_changes_nothing(layout: SkeletonLayout) -> None:
    assert (layout.flip_order[layout.flip_order] == np.arange(layout.num_joints)).all()


@ALL
def test_flip_pairs_every_left_with_its_right(layout: SkeletonLayout) -> None:
    for i, name in enumerate(layout.joint_names):
        mirrored = layout.joint_names[layout.flip_order[i]]
        if name.startswith("left_"):
            assert mirrored == "right_" + name.removeprefix("left_")
        elif not name.startswith("right_"):
            assert mirrored == name


@ALL
def test_edges_are_a_tree_and_mirror_onto_themselves(layout: SkeletonLayout) -> None:
    assert layout.edge_indices.shape == (layout.num_joints - 1, 2)
    flipped = {tuple(layout.flip_order[edge].tolist()) for edge in layout.edge_indices}
    assert flipped == {tuple(edge.tolist()) for edge in layout.edge_indices}


def test_known_orders_of_the_field() -> None:
    coco = get_layout("coco17")
    assert [coco.index(n) for n in ("nose", "left_shoulder", "right_wrist", "left_hip", "right_ankle")] == [
        0, 5, 10, 11, 16,
    ]  # fmt: skip
    openpose = get_layout("openpose25")
    assert [openpose.index(n) for n in ("neck", "right_wrist", "pelvis", "right_heel")] == [1, 4, 8, 24]
    blazepose = get_layout("blazepose33")
    assert [blazepose.index(n) for n in ("right_ear", "left_wrist", "right_hip", "right_foot_index")] == [
        8, 15, 24, 32,
    ]  # fmt: skip
    ntu = get_layout("ntu25")
    assert [ntu.index(n) for n in ("head", "right_hand", "left_foot", "spine_shoulder", "right_thumb")] == [
        3, 11, 15, 20, 24,
    ]  # fmt: skip


def test_an_unknown_layout_names_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="coco17"):
        get_layout("coco18")


@pytest.mark.parametrize(
    ("joints", "edges", "message"),
    [
        (("a", "a"), (("a", "a"),), "used twice"),
        (("a", "b"), (), "exactly one parent"),
        (("a", "b"), (("b", "c"),), "unknown joint names"),
        (("a", "b", "c"), (("b", "c"), ("c", "b")), "cycle"),
    ],
)
def test_a_bad_layout_is_refused(
    joints: tuple[str, ...], edges: tuple[tuple[str, str], ...], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        SkeletonLayout(name="bad", joint_names=joints, edges=edges, root="a")


def test_an_unknown_joint_names_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match=r"no joint 'tail'.*nose"):
        get_layout("coco17").index("tail")
