"""ActionNet: what every model of the zoo is, and Recipe: the training settings that suit it."""

from dataclasses import dataclass, field
from typing import ClassVar, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from poseact.input_spec import InputSpec
from poseact.training_augment import TrainAugment


@dataclass(frozen=True)
class Recipe:
    """Training settings by which a model learns well without anybody's tuning.

    Attributes:
        epochs: Rounds through the training clips, each drawn once a round.
        min_steps: At least so many optimiser steps altogether: small sets get more epochs.
        batch_size: Windows a step; sets of many thousand windows get up to four times as many.
        learning_rate: Highest one; it rises over the first `warmup` of the steps and falls as a cosine.
        weight_decay: Of AdamW.
        label_smoothing: Of the cross-entropy.
        warmup: Share of the steps.
        gradient_clip: Largest norm of the gradient.
        copies: Of models fitted in closed form: changed copies of each clip beside the clip itself.
        augment: How training windows are changed.
    """

    epochs: int = 60
    min_steps: int = 0
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    warmup: float = 0.1
    gradient_clip: float = 5.0
    copies: int = 0
    augment: TrainAugment = field(default_factory=TrainAugment)


class ActionNet(nn.Module):
    """Keypoints and mask in, logits out.

    A model defines `embed`, says how long its vector is (`embedding_size`), and sets `self.head`.
    Its options are keyword arguments with types and defaults; it makes its own features from
    the keypoints (see `poseact.models.streams`), so that its ONNX file needs nothing beside it.

    Shapes: keypoints (N, M, T, V, C) float32, finite: a missing joint is where it was last
    seen, or else where it is seen next; mask (N, M, T, V) in [0, 1]: the joint's confidence, 0
    where it is missing.
    """

    recipe: ClassVar[Recipe] = Recipe()
    """Training settings that suit it."""
    defaults: ClassVar[dict[str, int]] = {}
    """Where it wants another input than `InputSpec` has by default, e.g. ``{"num_frames": 48}``."""

    spec: InputSpec
    num_classes: int
    head: nn.Module

    def __init__(self, spec: InputSpec, num_classes: int) -> None:
        super().__init__()
        self.spec = spec
        self.num_classes = num_classes

    def embed(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, M, T, V, C) and (N, M, T, V) -> (N, D), what the classifier decides by."""
        raise NotImplementedError

    def classify(self, embedding: Tensor) -> Tensor:
        """(N, D) -> logits (N, K)."""
        return cast(Tensor, self.head(embedding))

    def forward(self, keypoints: Tensor, mask: Tensor) -> Tensor:
        """(N, M, T, V, C) and (N, M, T, V) -> logits (N, K)."""
        return self.classify(self.embed(keypoints, mask))

    @property
    def num_parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


class ClosedFormNet(ActionNet):
    """A model that is not trained step by step but fitted at once; its weights are buffers."""

    @property
    def num_parameters(self) -> int:
        """How many numbers are learnt, or drawn at random."""
        kept = self.state_dict()
        return sum(buffer.numel() for name, buffer in self.named_buffers() if name in kept)

    def fit(
        self,
        keypoints: Tensor,
        mask: Tensor,
        labels: NDArray[np.intp],
        groups: NDArray[np.intp],
        rng: np.random.Generator,
    ) -> None:
        """Fit to all training windows.

        Args:
            keypoints: (N, M, T, V, C).
            mask: (N, M, T, V).
            labels: (N,) classes.
            groups: (N,) numbers; windows of one group (copies of one clip, clips of one source)
                must never be on both sides when a setting is chosen by leaving some out.
            rng: The only source of chance.
        """
        raise NotImplementedError
