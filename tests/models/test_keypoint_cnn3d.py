"""The 3D-CNN on coordinates: it learns, in both orders, and why others like it did not."""

import pytest
import torch
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.models.keypoint_cnn3d import KeypointCNN3D, Order

SPEC = InputSpec(get_layout("coco17"), num_frames=16)
CLASSES = 10
ORDERS: tuple[Order, ...] = ("joints-first", "dimensions-first")


def samples(num: int = 100) -> tuple[Tensor, Tensor, Tensor]:
    """People in pixels, a noisy motion of its own for each class."""
    generator = torch.Generator().manual_seed(0)
    motions = torch.randn(CLASSES, 1, 16, 17, 2, generator=generator).cumsum(2)
    labels = torch.arange(num) % CLASSES
    noise = torch.randn(num, 1, 16, 17, 2, generator=generator)
    place = torch.rand(num, 1, 1, 1, 2, generator=generator) * 100
    return 300 + place + 8 * motions[labels] + 20 * noise, torch.ones(num, 1, 16, 17), labels


def accuracy_after(model: nn.Module, loss: nn.Module, rate: float, rounds: int) -> float:
    keypoints, mask, labels = samples()
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(rounds):
        for part in torch.randperm(len(labels)).split(25):
            optimiser.zero_grad()
            loss(model(keypoints[part], mask[part]), labels[part]).backward()
            optimiser.step()
    with torch.no_grad():
        answers = model.eval()(keypoints, mask).argmax(1)
    return float((answers == labels).float().mean())


@pytest.mark.parametrize("order", ORDERS)
def test_a_hundred_samples_are_learnt_by_heart(order: Order) -> None:
    torch.manual_seed(0)
    model = KeypointCNN3D(SPEC, CLASSES, order=order)
    assert accuracy_after(model, nn.CrossEntropyLoss(), KeypointCNN3D.recipe.learning_rate, 15) == 1.0


class _AsTheyDid(nn.Module):
    """Pixels as they are into convolutions without batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv3d(17, 32, (3, 1, 2)),
            nn.ReLU(),
            nn.Conv3d(32, 64, (3, 1, 1)),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 12, CLASSES),
        )

    def forward(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        out: Tensor = self.layers(keypoints.permute(0, 3, 2, 1, 4))
        return out


class _SquaredErrorOfSoftmax(nn.Module):
    def forward(self, outputs: Tensor, labels: Tensor) -> Tensor:
        return nn.functional.mse_loss(outputs.softmax(1), nn.functional.one_hot(labels, CLASSES).float())


def test_pixels_a_softmax_before_a_squared_error_and_a_high_rate_do_not_learn() -> None:
    torch.manual_seed(0)
    assert accuracy_after(_AsTheyDid(), _SquaredErrorOfSoftmax(), 0.005, 15) <= 2 / CLASSES


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("moving", [True, False])
def test_every_joint_person_and_dimension_is_told_apart(order: Order, moving: bool) -> None:
    torch.manual_seed(0)
    spec = InputSpec(get_layout("sbu15"), num_persons=2, num_frames=12, num_coordinates=3)
    model = KeypointCNN3D(spec, 3, order=order, moving=moving).eval()
    keypoints, mask = torch.randn(1, 2, 12, 15, 3), torch.ones(1, 2, 12, 15)
    plain = model.embed(keypoints, mask)
    for other in (keypoints.flip(1), keypoints.flip(3), keypoints.flip(4)):
        changed = model.embed(other, mask)
        assert (changed - plain).abs().max() > 1e-3
        # Not the same numbers in another order either, as averaging over that axis would give.
        assert (changed.mean() - plain.mean()).abs() > 1e-6


@pytest.mark.parametrize("options", [{"order": "frames-first"}, {"width": 0}, {"layers": 0}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match="keypoint_cnn3d: expected"):
        KeypointCNN3D(SPEC, 4, **options)  # type: ignore[arg-type]
