"""The network of `everyday`: a one-dimensional CNN over features, in the manner of DD-Net."""

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """Two convolutions over time and a shortcut."""

    def __init__(self, channels_in: int, channels_out: int, dropout: float) -> None:
        """Keep T; use max-pooling between blocks to halve it."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels_in, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm1d(channels_out),
            nn.ReLU(),
            nn.Dropout(dropout),
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

    def __init__(self, num_features: int, num_classes: int, width: int = 96, dropout: float = 0.2) -> None:
        """Default sizes give about 0.39 million parameters."""
        super().__init__()
        self.normalise = nn.BatchNorm1d(num_features, affine=False)
        self.embed = nn.Sequential(
            nn.Conv1d(num_features, width, 1, bias=False),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.early = Block(width, width, dropout)
        self.middle = Block(width, width, dropout)
        self.late = Block(width, 2 * width, dropout)
        self.pool = nn.MaxPool1d(2)
        self.head = nn.Sequential(
            nn.Dropout(0.4),
            nn.Linear(6 * width, 128),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(128, num_classes),
        )

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        x = self.pool(self.embed(self.normalise(features)))
        x = self.middle(self.early(x))
        x = self.late(self.pool(x))
        quarter = x.shape[-1] // 4
        center = x[..., quarter : x.shape[-1] - quarter].mean(dim=-1)
        return self.head(torch.cat([x.mean(dim=-1), x.amax(dim=-1), center], dim=1))
