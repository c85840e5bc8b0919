"""ROCKET: random convolutions, how often each is positive, summary statistics; ridge in closed form.

Dempster, Petitjean, Webb, "ROCKET", Data Mining and Knowledge Discovery 2020; Dempster, Schmidt,
Webb, "MiniRocket", KDD 2021; Tan, Dempster, Bergmeir, Webb, "MultiRocket", 2022.
"""

from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.models.base import ClosedFormNet, Recipe
from poseact.models.streams import Bones, Normalise, PairDistances, frame_vectors, joined_people, motion

# MiniRocket's kernels: 9 weights, three of them 2 and six -1.
_TAPS = 9
_DILATIONS = (1, 2, 3, 5, 8)
_CHUNK = 128
_STATISTICS = 15
# Of ridge: tried strengths; and the square of the feature that is the same in all windows, by which it is
# hardly held back.
ALPHAS = tuple(10.0 ** (i / 2) for i in range(-4, 4))
CONSTANT = 100.0
# Standardised features beyond it only say that tracking went wrong.
_LARGEST = 8.0
_TINY = 1e-6


class Rocket(ClosedFormNet):
    """Random dilated convolutions over joints, bones and distances, classified by ridge regression.

    A kernel reads a random mixture of a few rows of one stream. Of what it gives, two numbers are
    kept: the share of frames above a threshold (a short ramp, not a step, so that rounding cannot
    flip it) and the mean of what is above. Beside them stand the mean, spread, least and
    most of every row of the streams and of its motion, and means over each third of the window,
    which tell sitting down from standing up.

    Args:
        spec: See `ActionNet`.
        num_classes: K.
        mixtures: Mixtures of rows for each dilation.
        kernels: Kernels for each mixture.
    """

    recipe: ClassVar[Recipe] = Recipe(copies=2)

    head: "RidgeHead"
    mixing: Tensor
    weights: Tensor
    thresholds: Tensor
    spreads: Tensor
    thirds: Tensor
    means: Tensor
    scales: Tensor

    def __init__(self, spec: InputSpec, num_classes: int, *, mixtures: int = 256, kernels: int = 4) -> None:
        super().__init__(spec, num_classes)
        if mixtures < 1 or kernels < 1:
            raise InvalidInputError(f"rocket: expected mixtures and kernels, found {mixtures} and {kernels}")
        self.streams = _Streams(spec)
        self.dilations = [d for d in _DILATIONS if (_TAPS - 1) * d < spec.num_frames] or [1]
        total = mixtures * kernels
        sizes = self.streams.sizes
        self.register_buffer("mixing", torch.stack([_mixtures(mixtures, sizes) for _ in self.dilations]))
        self.register_buffer("weights", torch.stack([_mini_kernels(total) for _ in self.dilations]))
        self.register_buffer("thresholds", torch.zeros(len(self.dilations), total, 1))
        self.register_buffer("spreads", torch.ones(len(self.dilations), total, 1))
        features = 2 * total * len(self.dilations) + _STATISTICS * sum(sizes)
        self.register_buffer("thirds", _part_means(spec.num_frames, 3), persistent=False)
        self.register_buffer("means", torch.zeros(features))
        self.register_buffer("scales", torch.ones(features))
        self.head = RidgeHead(features, num_classes)

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """See `ActionNet`."""
        return ((self._raw(keypoints, mask) - self.means) * self.scales).clamp(-_LARGEST, _LARGEST)

    def fit(
        self,
        keypoints: Tensor,
        mask: Tensor,
        labels: NDArray[np.intp],
        groups: NDArray[np.intp],
        rng: np.random.Generator,
    ) -> None:
        """See `ClosedFormNet`.

        Raises:
            InvalidInputError: If all windows are of one group: nothing can be left out.
        """
        if len(np.unique(groups)) < 2:
            raise InvalidInputError("rocket: expected clips of two or more groups, found one: add clips")
        with torch.inference_mode():
            self._set_thresholds(keypoints, mask, rng)
            starts = range(0, len(keypoints), _CHUNK)
            parts = [self._raw(keypoints[i : i + _CHUNK], mask[i : i + _CHUNK]) for i in starts]
            raw = torch.cat(parts)
            self.means.copy_(raw.mean(dim=0))
            spread = raw.std(dim=0, correction=0)
            # Rows that never change say nothing, whatever they do later.
            self.scales.copy_(torch.where(spread > _TINY, 1 / spread.clamp_min(_TINY), 0))
            features = ((raw - self.means) * self.scales).clamp(-_LARGEST, _LARGEST)
            self.head.set(fit_ridge(features, labels, groups, self.num_classes))

    def _raw(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        if self.spec.num_persons == 1:
            return self._in_this_order(keypoints, mask)
        # Nobody is the first of two: features are the mean of both ways of counting them.
        there = self._in_this_order(keypoints, mask)
        return (there + self._in_this_order(keypoints.flip(1), mask.flip(1))) / 2

    def _in_this_order(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        streams = self.streams(keypoints, mask)
        out = [_statistics(streams, self.thirds)]
        for i in range(len(self.dilations)):
            z = self._convolved(streams, i)
            above = z - self.thresholds[i]
            out.append((above / self.spreads[i] * 2 + 0.5).clamp(0, 1).mean(dim=2))
            out.append(above.relu().mean(dim=2))
        return torch.cat(out, dim=1)

    def _convolved(self, streams: Tensor, i: int) -> Tensor:
        """(N, rows, T) -> what the kernels of dilation `i` give, (N, kernels, T)."""
        mixed = torch.matmul(self.mixing[i], streams)
        dilation = self.dilations[i]
        return nn.functional.conv1d(
            mixed,
            self.weights[i],
            padding=_TAPS // 2 * dilation,
            dilation=dilation,
            groups=self.mixing.shape[1],
        )

    def _set_thresholds(self, keypoints: Tensor, mask: Tensor, rng: np.random.Generator) -> None:
        """Each kernel's threshold is a random quantile of what it gives on some of the windows."""
        some = torch.from_numpy(rng.permutation(len(keypoints))[:_CHUNK])
        streams = self.streams(keypoints[some], mask[some])
        for i in range(len(self.dilations)):
            z = self._convolved(streams, i).transpose(0, 1).flatten(1)  # (kernels, windows T)
            at = rng.uniform(0.1, 0.9, len(z)) * (z.shape[1] - 1)
            ordered = z.sort(dim=1).values
            chosen = ordered.gather(1, torch.from_numpy(at.astype(np.int64))[:, None])
            self.thresholds[i].copy_(chosen)
            self.spreads[i].copy_(z.std(dim=1, correction=0, keepdim=True).clamp_min(_TINY))


class _Streams(nn.Module):
    """Rows over time: joints about the window's middle and about the frame's, bones, distances."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__()
        people, _, joints, dims = spec.shape
        self.in_window = Normalise(spec.layout)
        self.in_frame = Normalise(spec.layout, per_frame=True)
        self.bones = Bones(spec.layout)
        self.distances = PairDistances(people * joints)
        coordinates = people * joints * dims
        self.sizes = [coordinates] * 3 + [people * joints * (people * joints - 1) // 2]

    def forward(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, M, T, V, C), (N, M, T, V) -> (N, rows, T)."""
        window, local = self.in_window(keypoints, mask), self.in_frame(keypoints, mask)
        rows = [frame_vectors(window), frame_vectors(local), frame_vectors(self.bones(local))]
        return torch.cat([*rows, self.distances(joined_people(window))], dim=-1).transpose(1, 2)


class RidgeHead(nn.Module):
    """A linear classifier whose weights are set at once; its logits are calibrated by `sharpness`."""

    weight: Tensor
    bias: Tensor
    sharpness: Tensor

    def __init__(self, features: int, num_classes: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(num_classes, features))
        self.register_buffer("bias", torch.zeros(num_classes))
        self.register_buffer("sharpness", torch.ones(()))

    def set(self, fitted: "RidgeFit") -> None:
        """Take the result of a fit."""
        self.weight.copy_(fitted.weight)
        self.bias.copy_(fitted.bias)
        self.sharpness.fill_(fitted.sharpness)

    def forward(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, K)."""
        return nn.functional.linear(features, self.weight, self.bias) * self.sharpness


@dataclass(frozen=True)
class RidgeFit:
    """What `fit_ridge` found.

    Attributes:
        weight: (K, D).
        bias: (K,).
        alpha: How strongly weights were kept small, for features whose squares sum to about 1.
        sharpness: By which the scores are multiplied to be logits of calibrated probabilities.
        left_out_loss: Cross-entropy of windows left out with their group.
    """

    weight: Tensor
    bias: Tensor
    alpha: float
    sharpness: float
    left_out_loss: float


def fit_ridge(
    features: Tensor, labels: NDArray[np.intp], groups: NDArray[np.intp], num_classes: int
) -> RidgeFit:
    """Ridge regression on -1 and 1; alpha and sharpness have the least loss when groups are left out.

    In its dual form, N x N. What the others say of a group follows from one solution for all:
    with A = (G + alpha)^-1 the group's errors are A_gg^-1 (A Y)_g, the block form of the
    well-known leave-one-out formula. The constant is a feature of its own: were the targets
    centred instead, their sum would betray what was left out.

    Args:
        features: (N, D), standardised.
        labels: (N,).
        groups: (N,), see `ClosedFormNet.fit`.
        num_classes: K.
    """
    num, dims = features.shape
    truth = torch.from_numpy(np.asarray(labels, np.int64))
    targets = -torch.ones(num, num_classes, dtype=torch.float64)
    targets[torch.arange(num), truth] = 1
    gram = (features @ features.T).double() / dims + CONSTANT
    members = [torch.from_numpy(np.flatnonzero(groups == g)) for g in np.unique(groups)]
    best: RidgeFit | None = None
    for alpha in ALPHAS:
        inverse = torch.cholesky_inverse(
            torch.linalg.cholesky(gram + alpha * torch.eye(num, dtype=gram.dtype))
        )
        dual = inverse @ targets
        said = targets.clone()
        for own in members:
            said[own] -= torch.linalg.solve(inverse[own][:, own], dual[own])
        loss, sharpness = _calibrated(said, truth)
        if best is not None and loss > best.left_out_loss:
            break  # It falls to its least value, and rises from there.
        weight = (dual.float().T @ features) / dims
        bias = CONSTANT * dual.sum(dim=0)
        best = RidgeFit(weight, bias.float(), alpha, sharpness, loss)
    return cast(RidgeFit, best)


def _calibrated(scores: Tensor, truth: Tensor) -> tuple[float, float]:
    """The least cross-entropy of scaled scores, and by what they are scaled."""
    scales = np.exp(np.linspace(-0.5, 4.0, 28)).tolist()
    losses = [float(nn.functional.cross_entropy(scores * s, truth)) for s in scales]
    at = int(np.argmin(losses))
    return losses[at], scales[at]


def _statistics(streams: Tensor, parts: Tensor) -> Tensor:
    """(N, rows, T), (T, 3) -> (N, 15 rows): see `Rocket`."""
    steps = motion(streams)
    speeds = steps.abs()
    out = [speeds.mean(dim=2)]
    for x in (streams, steps):
        mean = x.mean(dim=2, keepdim=True)
        spread = ((x - mean).square().mean(dim=2) + _TINY).sqrt()
        out += [mean[:, :, 0], spread, x.amax(dim=2), x.amin(dim=2)]
    out += [torch.matmul(x, parts).flatten(1) for x in (streams, speeds)]
    return torch.cat(out, dim=1)


def _part_means(num_frames: int, num: int) -> Tensor:
    """(T, num): multiplied by it, rows (..., T) become their means over each part of the time."""
    part = torch.arange(num_frames) * num // num_frames
    member = nn.functional.one_hot(part, num).float()
    return member / member.sum(dim=0).clamp_min(1.0)


def _mixtures(num: int, sizes: list[int]) -> Tensor:
    """(num, rows): random weights for one or two rows of one stream, the streams in turn."""
    out = torch.zeros(num, sum(sizes))
    for i in range(num):
        stream = i % len(sizes)
        rows = sum(sizes[:stream]) + torch.randperm(sizes[stream])[: 1 + int(torch.randint(2, ()))]
        out[i, rows] = torch.randn(len(rows))
    return out


def _mini_kernels(num: int) -> Tensor:
    """(num, 1, 9), each adding up to 0."""
    out = -torch.ones(num, 1, _TAPS)
    for kernel in out:
        kernel[0, torch.randperm(_TAPS)[:3]] = 2.0
    return out
