"""Which planes the projection LSTM looks at."""

import pytest
import torch
from torch import Tensor

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input
from poseact.models.projection_lstm import PLANES, ProjectionLSTM, chosen_planes

DEEP = InputSpec(get_layout("kinect20"), num_coordinates=3, num_frames=16)
FLAT = InputSpec(get_layout("coco17"), num_frames=16)
MIRRORED = {"x": 0, "y": 1, "z": 2}


def windows(spec: InputSpec) -> tuple[Tensor, Tensor]:
    keypoints, mask = example_input(spec, 3, seed=5)
    return torch.from_numpy(keypoints), torch.from_numpy(mask)


@pytest.mark.parametrize(
    ("text", "dims", "planes"),
    [
        ("all", 3, ("xyz", "xy", "yz", "zx")),
        ("all", 2, ("xy",)),
        ("xy", 2, ("xy",)),
        ("xyz", 3, ("xyz",)),
        ("xy, yz,zx", 3, ("xy", "yz", "zx")),
        ("zx", 3, ("zx",)),
    ],
)
def test_planes_are_named_by_a_text(text: str, dims: int, planes: tuple[str, ...]) -> None:
    assert chosen_planes(text, dims) == planes


@pytest.mark.parametrize("text", ["xyz", "xy,yz", "zx"])
def test_depth_asked_of_2d_joints_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InvalidInputError, match="need 3D joints, but these are 2D: say planes=xy") as caught:
        ProjectionLSTM(FLAT, 4, planes=text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "xy,xy", "top", "xy,all", "XY"])
def test_other_planes_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="expected planes as some of xyz,xy,yz,zx, or all"):
        chosen_planes(text, 3)


@pytest.mark.parametrize("options", [{"layers": 3}, {"hidden": 0}, {"kernel": 4}, {"channels": 0}])
def test_options_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError, match="projection_lstm: expected"):
        ProjectionLSTM(DEEP, 4, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("axis", "xyz")
def test_a_view_sees_its_own_coordinates_only(plane: str, axis: str) -> None:
    torch.manual_seed(0)
    model = ProjectionLSTM(DEEP, 4, planes=plane).eval()
    keypoints, mask = windows(DEEP)
    mirrored = keypoints.clone()
    mirrored[..., MIRRORED[axis]] *= -1  # sizes stay
    same = torch.allclose(model(keypoints, mask), model(mirrored, mask), atol=1e-5)
    assert same == (axis not in plane)


@pytest.mark.parametrize("layers", [1, 2])
def test_views_are_added_before_they_are_judged(layers: int) -> None:
    torch.manual_seed(0)
    model = ProjectionLSTM(DEEP, 4, layers=layers, channels=24).eval()
    assert len(model.lstms) == len(model.convolutions) == 4
    keypoints, mask = windows(DEEP)
    before = model.embed(keypoints, mask)
    assert before.shape == (3, 24) and before.min() >= 0
    with torch.no_grad():
        for convolution in list(model.convolutions)[1:]:
            for weight in convolution.parameters():
                weight.zero_()
    alone = ProjectionLSTM(DEEP, 4, planes="xyz", layers=layers, channels=24).eval()
    alone.lstms.load_state_dict({k: v for k, v in model.lstms.state_dict().items() if k.startswith("0.")})
    alone.convolutions[0].load_state_dict(model.convolutions[0].state_dict())
    assert torch.allclose(model.embed(keypoints, mask), alone.embed(keypoints, mask), atol=1e-5)
