"""The measures of one body: bone lengths, girths, and how they vary from person to person."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Body:
    """Lengths in metres; the shares of body height follow Winter, Biomechanics, table 4.1.

    Attributes:
        height: From the floor to the top of the head.
        shoulder_half: From the middle to a shoulder joint.
        hip_half: From the middle to a hip joint.
        trunk: From the middle of the hips to the middle of the shoulders.
        upper_arm: From shoulder to elbow.
        forearm: From elbow to wrist.
        hand: From wrist to finger tips.
        thigh: From hip to knee.
        shank: From knee to ankle.
        ankle_height: Of the ankle above the sole of a flat shoe.
        foot: Length of the shoe.
        girth: Thickness of trunk and limbs; 1 is medium.
        bust: 0 for a flat chest, 1 for a full one; also widens the hips and narrows the waist.
        head: Size of the head; 1 is medium.
    """

    height: float = 1.75
    shoulder_half: float = 0.185
    hip_half: float = 0.098
    trunk: float = 0.505
    upper_arm: float = 0.31
    forearm: float = 0.26
    hand: float = 0.18
    thigh: float = 0.425
    shank: float = 0.425
    ankle_height: float = 0.085
    foot: float = 0.27
    girth: float = 1.0
    bust: float = 0.0
    head: float = 1.0

    @property
    def scale(self) -> float:
        """Height over that of the medium body; multiply lengths of movements by it."""
        return self.height / 1.75

    @property
    def leg(self) -> float:
        """From hip to ankle, knee straight."""
        return self.thigh + self.shank

    @property
    def arm(self) -> float:
        """From shoulder to wrist, elbow straight."""
        return self.upper_arm + self.forearm

    @property
    def hip_height(self) -> float:
        """Of the hips above the floor in relaxed standing: knees not quite straight."""
        return self.ankle_height + 0.992 * self.leg


def random_body(rng: np.random.Generator) -> Body:
    """A grown person of any build."""
    female = rng.random() < 0.5
    height = float(np.clip(rng.normal(1.65 if female else 1.78, 0.065), 1.48, 2.0))
    girth = float(np.clip(rng.normal(1.0, 0.1), 0.84, 1.28))

    def share(fraction: float, spread: float = 0.025) -> float:
        return float(height * fraction * np.clip(rng.normal(1, spread), 1 - 2 * spread, 1 + 2 * spread))

    return Body(
        height=height,
        shoulder_half=share(0.099 if female else 0.108) * (0.85 + 0.15 * girth),
        hip_half=share(0.057 if female else 0.054) * (0.9 + 0.1 * girth),
        trunk=share(0.288),
        upper_arm=share(0.178),
        forearm=share(0.148),
        hand=share(0.103),
        thigh=share(0.242),
        shank=share(0.242),
        ankle_height=share(0.048),
        foot=share(0.152),
        girth=girth,
        bust=float(rng.uniform(0.5, 1.0)) if female else 0.0,
        head=float(np.clip(rng.normal(1.0, 0.035), 0.93, 1.08)),
    )
