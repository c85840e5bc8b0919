"""The networks of `everyday` (a CNN over features, in the manner of DD-Net) and `everyday-small` (an LSTM).

Inside, both tell more kinds of motion apart than they name (`vocabulary.KINDS`): the last class is the
sum of the kinds from number K - 1 on.
"""

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from vocabulary import CLASS_NAMES, KINDS

from poseact.clip_store import filled
from poseact.features import FeatureSettings, num_features, window_features
from poseact.input_spec import InputSpec
from poseact.layouts import BODY13
from poseact.models.lstm import LSTM

Floats = NDArray[np.float32]
NetworkName = Literal["everyday", "everyday-small"]

RATE_HZ = 18.0
WINDOW_FRAMES = 32
# How far beyond its middle a window of `everyday` looks when it is asked, seconds: from there on the pose is
# held, so that answers come 0.4 s earlier. It learns from whole windows; for what that costs see
# docs/everyday.md.
LOOKAHEAD_S = 0.45
FEATURES = FeatureSettings()


def classes_of(kinds: Tensor) -> Tensor:
    """(..., len(KINDS)) logits -> (..., K): *other* is as likely as all its kinds together."""
    named = len(CLASS_NAMES) - 1
    rest = torch.logsumexp(kinds[..., named:], dim=-1, keepdim=True)
    return torch.cat([kinds[..., :named], rest], dim=-1)


def _halved(x: Tensor) -> Tensor:
    """(N, C, T) -> (N, C, T / 2): the larger of each two."""
    return torch.maximum(x[..., ::2], x[..., 1::2])


class Block(nn.Module):
    """Two convolutions over time and a shortcut."""

    def __init__(self, channels_in: int, channels_out: int, dropout: float) -> None:
        """Keep T; use max-pooling between blocks to halve it."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels_in, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm1d(channels_out),
            nn.ReLU(),
            nn.Dropout1d(dropout),
            nn.Conv1d(channels_out, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm1d(channels_out),
        )
        same = channels_in == channels_out
        self.shortcut: nn.Module = (
            nn.Identity() if same else nn.Conv1d(channels_in, channels_out, 1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C_in, T) -> (N, C_out, T)."""
        return torch.relu(self.body(x) + self.shortcut(x))


class EverydayNet(nn.Module):
    """(N, F, T) features -> (N, K) logits.

    T is halved after the embedding and again before the last block. The head sees mean and
    maximum over time, and the middle of the window on its own, because a window is labelled by
    what goes on at its centre.
    """

    def __init__(self, width: int = 96, dropout: float = 0.05) -> None:
        """Default sizes give about 0.4 million parameters."""
        super().__init__()
        num_inputs = num_features()
        self.normalise = nn.BatchNorm1d(num_inputs, affine=False)
        self.first = nn.Sequential(
            nn.Conv1d(num_inputs, width, 1, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout1d(dropout),
        )
        self.early = Block(width, width, dropout)
        self.middle = Block(width, width, dropout)
        self.late = Block(width, 2 * width, dropout)
        self.summary = nn.Sequential(nn.Dropout(0.4), nn.Linear(6 * width, 128), nn.ReLU())
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(128, len(KINDS)))

    def inputs(self, keypoints: Floats, confidence: Floats) -> tuple[Tensor, ...]:
        """What it takes, of windows (N, T, V, 2) and (N, T, V)."""
        return (torch.from_numpy(window_features(keypoints, confidence, FEATURES)),)

    def embed(self, features: Tensor) -> Tensor:
        """(N, F, T) -> (N, 128), what it decides by."""
        x = _halved(self.first(self.normalise(features)))
        x = self.middle(self.early(x))
        x = self.late(_halved(x))
        quarter = x.shape[-1] // 4
        center = x[..., quarter : x.shape[-1] - quarter].mean(dim=-1)
        return cast(Tensor, self.summary(torch.cat([x.mean(dim=-1), x.amax(dim=-1), center], dim=1)))

    def kinds(self, features: Tensor) -> Tensor:
        """(N, F, T) -> (N, len(KINDS)) logits."""
        return cast(Tensor, self.head(self.embed(features)))

    def classify(self, embedding: Tensor) -> Tensor:
        """(N, 128) -> logits (N, K)."""
        return classes_of(cast(Tensor, self.head(embedding)))

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        return self.classify(self.embed(features))


class EverydaySmall(LSTM):
    """A causal LSTM that can be stepped frame by frame with a carried state."""

    def __init__(self, hidden: int = 112) -> None:
        """Default sizes give about 82 thousand parameters."""
        spec = InputSpec(layout=BODY13, num_persons=1, num_frames=WINDOW_FRAMES, rate_hz=RATE_HZ)
        super().__init__(spec, len(KINDS), hidden=hidden, dropout=0.2, causal=True)
        self.num_classes = len(CLASS_NAMES)

    def inputs(self, keypoints: Floats, confidence: Floats) -> tuple[Tensor, ...]:
        """What it takes, of windows (N, T, V, 2) and (N, T, V)."""
        points, mask = filled(keypoints[:, None], confidence[:, None])
        return torch.from_numpy(points.astype(np.float32)), torch.from_numpy(mask.astype(np.float32))

    def kinds(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, 1, T, V, 2) and (N, 1, T, V) -> (N, len(KINDS)) logits."""
        return cast(Tensor, self.head(self.embed(keypoints, mask)))

    def classify(self, embedding: Tensor) -> Tensor:
        """(..., D) -> (..., K)."""
        return classes_of(cast(Tensor, self.head(embedding)))


class Ensemble(nn.Module):
    """The mean of several networks' logits: they differ by their seeds only, and err in different places."""

    def __init__(self, members: Sequence[EverydayNet]) -> None:
        """From trained networks."""
        super().__init__()
        self.members = nn.ModuleList(members)

    def inputs(self, keypoints: Floats, confidence: Floats) -> tuple[Tensor, ...]:
        """See `EverydayNet`."""
        return cast(EverydayNet, self.members[0]).inputs(keypoints, confidence)

    def embed(self, features: Tensor) -> Tensor:
        """(N, F, T) -> (N, 128 members)."""
        return torch.cat([cast(EverydayNet, net).embed(features) for net in self.members], dim=1)

    def classify(self, embedding: Tensor) -> Tensor:
        """(N, 128 members) -> logits (N, K)."""
        parts = embedding.chunk(len(self.members), dim=1)
        said = [cast(EverydayNet, net).classify(x) for net, x in zip(self.members, parts, strict=True)]
        return torch.stack(said).mean(dim=0)

    def forward(self, features: Tensor) -> Tensor:
        """See `EverydayNet`."""
        return self.classify(self.embed(features))


Member = EverydayNet | EverydaySmall
Network = Member | Ensemble

# How many networks are trained, with different seeds, and make one model.
NUM_MEMBERS: dict[NetworkName, int] = {"everyday": 2, "everyday-small": 1}


def make_member(name: NetworkName) -> Member:
    """One untrained network."""
    return EverydayNet() if name == "everyday" else EverydaySmall()


def assembled(members: Sequence[Member]) -> Network:
    """What is used: the network, or the mean of several."""
    if len(members) == 1:
        return members[0]
    nets = [net for net in members if isinstance(net, EverydayNet)]
    if len(nets) < len(members):
        raise ValueError("expected networks over features: an LSTM cannot be one of several")
    return Ensemble(nets)


def make_network(name: NetworkName) -> Network:
    """What a kept file of weights fits in."""
    return assembled([make_member(name) for _ in range(NUM_MEMBERS[name])])
