"""What an act is made of: a pose at every time, how it begins and ends, and repetition."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from poseact.synth.body import Body
from poseact.synth.pose import Pose
from poseact.synth.rotation import Array

# How a body rests between acts; each pair of these knows a way from one to the other.
Posture = Literal["upright", "chair", "plank", "supine", "prone", "side"]
LYING: tuple[Posture, ...] = ("supine", "prone", "side")


@dataclass(frozen=True)
class Setting:
    """What an act may know of its surroundings.

    Attributes:
        body: Who acts.
        rng: For every choice that the act makes.
        seconds: How long the act lasts.
        heading: Radians by which the actor faces to the left of the camera (their own left is
            the picture's right when they face it).
        roam_m: How far the actor may go to either side of their place.
        alone: Whether nobody else is in view.
        seat_m: Height of the seat.
        has_seat: Whether a seat stands behind the actor.
        posture: How the actor rests before the act.
        before: (1 instant) the pose before the act.
    """

    body: Body
    rng: np.random.Generator
    seconds: float
    heading: float
    roam_m: float
    alone: bool
    seat_m: float
    has_seat: bool
    posture: Posture
    before: Pose


@dataclass(frozen=True)
class Motion:
    """An act that has made its choices, in the actor's own axes: origin between the feet, facing z.

    Attributes:
        pose: The poses at given times (T,), seconds from the act's start; also some time after
            its end, for a smooth way into the next act.
        seconds: How long it lasts.
        begin: The posture it begins in.
        end: The posture it ends in.
        end_place: Metres to the left, metres ahead and radians to the left, of the place at
            which a following act stands.
        label_s: When the act's own label ends, if it is over before its time is.
        after: The label of the time after that.
        lead_s: When the act's own label begins; until then `lead` holds.
        lead: The label of the time before, or None.
        repetitions: How many times the movement is done, of acts that know it; None of the others.
    """

    pose: Callable[[Array], Pose]
    seconds: float
    begin: Posture = "upright"
    end: Posture = "upright"
    end_place: tuple[float, float, float] = (0.0, 0.0, 0.0)
    label_s: float | None = None
    after: str | None = None
    lead_s: float = 0.0
    lead: str | None = None
    repetitions: int | None = None


def repeated(t: Array, seconds: float, period: float) -> tuple[Array, Array]:
    """Which repetition (T,) and how far into it (T,), 0 to 1, with whole repetitions to the end.

    The period is stretched or squeezed so that a whole number fills the act.
    """
    count = num_repeated(seconds, period)
    turns = np.clip(t / seconds * count, 0, count)
    index = np.minimum(np.floor(turns), count - 1)
    return index, np.asarray(turns - index)


def num_repeated(seconds: float, period: float) -> int:
    """How many repetitions `repeated` makes."""
    return max(1, round(seconds / period))


def vary(rng: np.random.Generator, middle: float, spread: float = 0.12) -> float:
    """A number near the middle, at most 2 spreads away (spread as a share of it)."""
    return float(middle * (1 + spread * np.clip(rng.normal(), -2, 2)))


def style_of(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    """One of the named styles, each as often as its weight says."""
    share = np.array(list(weights.values()), np.float64)
    return str(rng.choice(list(weights), p=share / share.sum()))
