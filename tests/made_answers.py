"""Answers of made-up models, whose figures are known or can be worked out by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from poseact.judging import Answers, Judgement, Latency, RunFacts, judge
from poseact.layouts import KINECT20
from poseact.sequence import PoseSequence

FACTS = RunFacts(
    model="made",
    data="made-up set",
    protocol="xsub",
    model_kind="lstm, 2 layers",
    layout="kinect20",
    file_bytes=1_960_000,
    num_parameters=487_212,
    latency=Latency(0.412, 0.398, 0.533),
    machine="some processor",
    seed=3,
    command="poseact evaluate made.onnx set --protocol xsub",
    unreadable=("c99: no such file",),
    unknown_classes={"moonwalk": 3},
    notes=("one seed",),
)


def by_hand(**others: Any) -> Answers:
    """Six clips of three classes.

    Predicted are 0 0 1 1 1 0, true are 0 0 0 1 1 2: class 2 is never named.
    Confidences are .8 .6 .5 .7 .9 .4.
    """
    probabilities = [
        [0.8, 0.1, 0.1],
        [0.6, 0.3, 0.1],
        [0.3, 0.5, 0.2],
        [0.2, 0.7, 0.1],
        [0.05, 0.9, 0.05],
        [0.4, 0.3, 0.3],
    ]
    names = tuple(f"c{i}" for i in range(6))
    return Answers(
        ("sit", "stand", "jump"), np.array(probabilities), np.array([0, 0, 0, 1, 1, 2]), names, **others
    )


def random_answers(
    rng: np.random.Generator, num: int, class_names: Sequence[str], *, gain: float = 2.0, subjects: int = 0
) -> Answers:
    """A model that is right more often than not; its probabilities are a softmax of noise and truth."""
    labels = rng.integers(0, len(class_names), num)
    logits = rng.normal(size=(num, len(class_names)))
    logits[np.arange(num), labels] += gain
    powers = np.exp(logits)
    return Answers(
        tuple(class_names),
        powers / powers.sum(axis=1, keepdims=True),
        labels,
        tuple(f"clip {i}" for i in range(num)),
        tuple(f"s{i % subjects}" for i in range(num)) if subjects else (),
    )


def judged(answers: Answers, facts: RunFacts = FACTS) -> Judgement:
    """With few draws."""
    return judge(answers, facts, np.random.default_rng(0), resamples=200)


def poses(frames: int = 30, persons: int = 1) -> PoseSequence:
    """Somebody whose joints lie on a line that moves to the right, in 3D."""
    points = np.zeros((persons, frames, KINECT20.num_joints, 3), np.float32)
    points[..., 0] = np.arange(frames)[:, None] / 10 + np.arange(persons)[:, None, None]
    points[..., 1] = np.arange(KINECT20.num_joints) / 10
    return PoseSequence(
        points, np.ones(points.shape[:3], np.float32), np.arange(frames) / 30, KINECT20, units="m"
    )
