"""The graph comes from names and edges alone, and the streams are what they are called."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import LAYOUTS, get_layout
from poseact.models.graph import (
    GraphConvolution,
    GraphInput,
    hops_from_root,
    pooled,
    spatial_partitions,
    stages,
)
from poseact.skeleton import SkeletonLayout

CHAIN = SkeletonLayout("chain", ("a", "b", "c", "d"), (("b", "a"), ("c", "b"), ("d", "b")), root="a")


def test_hops_are_counted_along_the_bones() -> None:
    assert hops_from_root(CHAIN).tolist() == [0, 1, 2, 2]


def test_a_small_graph_by_hand() -> None:
    nearer, own, farther = spatial_partitions(CHAIN)
    # With itself, a has 2 neighbours, b has 4, c and d have 2.
    long, short = 1 / np.sqrt(8), 0.5
    assert np.argwhere(nearer).tolist() == [[0, 1], [1, 2], [1, 3]]  # b hears a; c and d hear b
    np.testing.assert_allclose(nearer[nearer > 0], long)
    np.testing.assert_allclose(own, np.diag([short, 0.25, short, short]))
    np.testing.assert_allclose(farther, nearer.T)


@pytest.mark.parametrize("name", LAYOUTS)
def test_partitions_of_every_layout(name: str) -> None:
    layout = get_layout(name)
    parts = spatial_partitions(layout)
    whole = parts.sum(axis=0)
    np.testing.assert_allclose(whole, whole.T)
    assert np.abs(np.linalg.eigvalsh(whole.astype(float))).max() == pytest.approx(1, abs=1e-5)
    assert (parts > 0).sum() == layout.num_joints + 2 * len(layout.edges)
    assert ((parts > 0).sum(axis=0) <= 1).all()
    hears_nobody_nearer = np.flatnonzero(parts[0].sum(axis=0) == 0)
    assert hears_nobody_nearer.tolist() == [layout.index(layout.root)]


def test_the_order_of_the_joints_does_not_matter() -> None:
    coco = get_layout("coco17")
    order = np.random.default_rng(0).permutation(17)
    shuffled = replace(coco, name="shuffled", joint_names=tuple(coco.joint_names[i] for i in order))
    np.testing.assert_array_equal(
        spatial_partitions(shuffled), spatial_partitions(coco)[:, order][:, :, order]
    )


@pytest.mark.parametrize("adaptive", [False, True])
def test_graph_convolution_is_the_papers_sum(adaptive: bool) -> None:
    torch.manual_seed(0)
    layer = GraphConvolution(3, 5, spatial_partitions(CHAIN), adaptive=adaptive)
    x = torch.randn(2, 3, 6, 4)
    expected = torch.zeros(2, 5, 6, 4)
    for k, part in enumerate(torch.from_numpy(spatial_partitions(CHAIN))):
        expected += torch.einsum("oc,nctv,vw->notw", layer.mix.weight[:, :, 0, k], x, part)
    torch.testing.assert_close(layer(x), expected)
    assert {name for name, _ in layer.named_parameters()} == {
        "mix.weight",
        "links" if adaptive else "importance",
    }


def stream_of(stream: str) -> tuple[torch.Tensor, torch.Tensor]:
    """(joints, what the network sees) of one person, before each channel is brought to one size."""
    spec = InputSpec(CHAIN, num_frames=5)
    rng = np.random.default_rng(0)
    keypoints = torch.from_numpy(rng.normal(size=(3, 1, 5, 4, 2)).astype(np.float32))
    made = GraphInput(spec, stream).eval()  # type: ignore[arg-type]
    joints = made.normalise(keypoints, torch.ones(3, 1, 5, 4))
    seen = made(keypoints, torch.ones(3, 1, 5, 4)) * np.sqrt(1 + 1e-5)
    assert seen.shape == (3, 3, 5, 4)
    torch.testing.assert_close(seen[:, 2], torch.ones(3, 5, 4))  # the confidence
    return joints[:, 0], seen[:, :2].permute(0, 2, 3, 1)


def test_streams_are_what_they_are_called() -> None:
    joints, seen = stream_of("joint")
    torch.testing.assert_close(seen, joints)
    bones = joints - joints[:, :, [0, 0, 1, 1]]
    torch.testing.assert_close(stream_of("bone")[1], bones)
    torch.testing.assert_close(stream_of("joint_motion")[1][:, :-1], joints[:, 1:] - joints[:, :-1])
    torch.testing.assert_close(stream_of("bone_motion")[1][:, :-1], bones[:, 1:] - bones[:, :-1])
    with pytest.raises(InvalidInputError, match="joint, bone, joint_motion, bone_motion"):
        stream_of("bones")


def test_absent_people_do_not_thin_the_mean() -> None:
    x = torch.arange(8.0).reshape(4, 2, 1, 1)  # 2 windows of 2 people
    mask = torch.ones(2, 2, 3, 5)
    mask[0, 1] = 0
    torch.testing.assert_close(pooled(x, mask), torch.tensor([[0.0, 1.0], [5.0, 6.0]]))


def test_stages_double_channels_where_time_is_halved() -> None:
    assert stages(64, 10) == [(64, 1)] * 4 + [(128, 2), (128, 1), (128, 1), (256, 2), (256, 1), (256, 1)]
    assert stages(8, 3) == [(8, 1), (16, 2), (32, 2)]
    for width, depth in ((32, 2), (4, 6)):
        with pytest.raises(InvalidInputError, match="depth of at least 3"):
            stages(width, depth)
