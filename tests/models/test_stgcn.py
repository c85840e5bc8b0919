"""What ST-GCN and ST-GCN++ keep to beside the contract."""

import pytest
import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input
from poseact.models import ActionNet
from poseact.models.stgcn import STGCN
from poseact.models.stgcnpp import STGCNPlusPlus

TWO = InputSpec(get_layout("sbu15"), num_persons=2, num_coordinates=3, num_frames=16)
NETS = (STGCN, STGCNPlusPlus)


def inputs(num: int = 3) -> tuple[Tensor, Tensor]:
    keypoints, mask = example_input(TWO, num, seed=3)
    return torch.from_numpy(keypoints), torch.from_numpy(mask)


@pytest.mark.parametrize("net", NETS)
def test_people_may_change_places(net: type[ActionNet]) -> None:
    torch.manual_seed(0)
    model = net(TWO, 4).eval()
    keypoints, mask = inputs()
    torch.testing.assert_close(
        model(keypoints, mask), model(keypoints.flip(1), mask.flip(1)), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("net", NETS)
def test_an_absent_person_is_as_if_never_there(net: type[ActionNet]) -> None:
    torch.manual_seed(0)
    model = net(TWO, 4).eval()
    keypoints, mask = inputs()
    keypoints[:, 1], mask[:, 1] = 0, 0
    alone = model.embed(keypoints, mask)
    mask_first, keypoints_first = mask.flip(1), keypoints.flip(1)
    torch.testing.assert_close(model.embed(keypoints_first, mask_first), alone, atol=1e-4, rtol=1e-4)
    both = inputs()
    assert not torch.allclose(model.embed(*both), alone, rtol=0.05, atol=0)


@pytest.mark.parametrize("net", NETS)
def test_streams_and_sizes_are_options(net: type[STGCN] | type[STGCNPlusPlus]) -> None:
    keypoints, mask = inputs()
    seen = []
    for stream in ("joint", "bone", "joint_motion", "bone_motion"):
        torch.manual_seed(0)
        model = net(TWO, 4, stream=stream, width=8, depth=3).eval()  # type: ignore[arg-type]
        seen.append(model(keypoints, mask))
    assert all(not torch.allclose(a, b) for i, a in enumerate(seen) for b in seen[:i])
    with pytest.raises(InvalidInputError, match="found 'limb'"):
        net(TWO, 4, stream="limb")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="odd kernel"):
        STGCN(TWO, 4, kernel=4)


def test_the_papers_sizes_can_be_had() -> None:
    ntu = InputSpec(get_layout("ntu25"), num_persons=2, num_coordinates=3, num_frames=64)
    # Yan et al.: 3.1 million; PYSKL's table: 1.39 million for ST-GCN++, both with 60 classes.
    assert STGCN(ntu, 60, width=64, depth=10, kernel=9).num_parameters == pytest.approx(3.1e6, rel=0.03)
    assert STGCNPlusPlus(ntu, 60, width=64, depth=10).num_parameters == pytest.approx(1.39e6, rel=0.03)


def test_learnt_links_begin_as_the_skeletons() -> None:
    model = STGCNPlusPlus(TWO, 4)
    links = [p for name, p in model.named_parameters() if name.endswith("links")]
    assert len(links) == len(model.blocks) and all(p.shape == (15, 45) for p in links)
    # The root has nobody nearer to the root, and all are linked to themselves.
    root = TWO.layout.index(TWO.layout.root)
    assert all(p[:, root].abs().sum() == 0 and (p[:, 15:30].diagonal() > 0).all() for p in links)
    plain = STGCN(TWO, 4)
    assert isinstance(plain.blocks, nn.Sequential)
    assert not any(name.endswith("links") for name, _ in plain.named_parameters())
