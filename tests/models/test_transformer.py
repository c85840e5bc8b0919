"""What the transformer keeps to beside the contract."""

import pytest
import torch

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input
from poseact.models.transformer import Transformer, _Layer

SPEC = InputSpec(get_layout("jhmdb15"), num_frames=12)


def test_attention_is_that_of_the_paper() -> None:
    torch.manual_seed(0)
    layer = _Layer(16, 4, 0.0).eval()
    with torch.no_grad():
        layer.query_bias.normal_()
        layer.value_bias.normal_()
    x = torch.randn(3, 7, 16)
    weights = layer.query_key_value.weight
    biases = torch.cat([layer.query_bias, torch.zeros(16), layer.value_bias])
    expected, _ = torch.nn.functional.multi_head_attention_forward(
        *(x.transpose(0, 1),) * 3, 16, 4, weights, biases, None, None, False, 0.0,
        layer.joined.weight, layer.joined.bias, training=False,
    )  # fmt: skip
    torch.testing.assert_close(layer._attend(x, torch.zeros(3, 7)), expected.transpose(0, 1))


def test_frames_of_nobody_are_not_attended_to() -> None:
    """Frames behind a clip's end hold its last pose: two windows that differ only there are one."""
    torch.manual_seed(0)
    model = Transformer(SPEC, 3, stem=1).eval()
    keypoints, mask = map(torch.from_numpy, example_input(SPEC, 2))
    mask[:, :, 8:] = 0
    seen = (mask > 0).float().amax(dim=(1, 3))
    tokens = torch.randn(2, 12, 96)
    other = tokens.clone()
    other[:, 8:] += 5
    for layer in model.layers:
        tokens, other = layer(tokens, (1 - seen) * -1e4), layer(other, (1 - seen) * -1e4)
    torch.testing.assert_close(tokens[:, :8], other[:, :8])
    assert not torch.allclose(tokens[:, 8:], other[:, 8:])
    behind = keypoints.clone()
    behind[:, :, 9:] += 3.0
    # The last frame seen moves on to the first unseen one, which is the same in both.
    torch.testing.assert_close(model(keypoints, mask), model(behind, mask))


def test_the_order_of_frames_matters() -> None:
    torch.manual_seed(0)
    model = Transformer(SPEC, 3, stem=1).eval()
    with torch.no_grad():
        model.places.zero_()
        keypoints, mask = map(torch.from_numpy, example_input(SPEC, 2))
        tokens = torch.randn(2, 12, 96)
        order = torch.randperm(12)
        layer = model.layers[0]
        unplaced = layer(tokens, torch.zeros(2, 12))[:, order]
        torch.testing.assert_close(layer(tokens[:, order], torch.zeros(2, 12)), unplaced)
        without = model(keypoints, mask)
        model.places.normal_()
        assert not torch.allclose(model(keypoints, mask), without)


def test_odd_options_are_refused() -> None:
    for options in ({"heads": 5}, {"depth": 0}, {"stem": 2}, {"width": 0}):
        with pytest.raises(InvalidInputError, match="heads that divide the width"):
            Transformer(SPEC, 3, **options)  # type: ignore[arg-type]
