"""What an actor looks like: skin, hair and clothes."""

from dataclasses import dataclass

import numpy as np

from poseact.synth.rotation import Array

SKIN = ((246, 212, 186), (232, 190, 156), (214, 164, 124), (188, 134, 96), (148, 98, 68), (108, 70, 48))
HAIR = (
    (38, 28, 24),
    (66, 42, 28),
    (104, 66, 36),
    (158, 108, 56),
    (206, 164, 96),
    (122, 44, 26),
    (150, 148, 146),
)
CLOTH = (
    (208, 52, 58),
    (232, 122, 44),
    (240, 190, 58),
    (84, 160, 84),
    (38, 128, 132),
    (52, 116, 196),
    (38, 58, 110),
    (126, 74, 150),
    (226, 120, 150),
    (238, 238, 234),
    (150, 156, 164),
    (58, 62, 70),
    (136, 92, 62),
)
TROUSERS = (
    (42, 56, 92),
    (64, 92, 140),
    (44, 46, 52),
    (98, 90, 80),
    (172, 150, 116),
    (84, 92, 70),
    (120, 124, 132),
)
SHOES = ((240, 240, 238), (40, 42, 48), (196, 50, 54), (46, 88, 160), (122, 82, 54), (80, 190, 160))
IRISES = ((70, 44, 28), (96, 66, 40), (64, 100, 140), (78, 110, 80))
Palette = tuple[tuple[int, int, int], ...]
HAIR_STYLES = ("short", "buzz", "parted", "bob", "ponytail", "bun", "long", "bald", "cap")
SHIRTS = ("plain", "plain", "stripes", "block", "zip", "emblem")


@dataclass(frozen=True)
class Outfit:
    """Colours are RGB, 0 to 255.

    Attributes:
        skin: Of the face and hands.
        hair: Colour of hair and brows.
        hair_style: One of `HAIR_STYLES`.
        beard: 0 for none, to 1.
        iris: Of the eyes.
        shirt: Colour of the top.
        shirt_style: One of `SHIRTS`.
        trim: Second colour of the top.
        sleeve: How far sleeves reach, in arm lengths from the shoulder.
        untucked: Whether the top hangs over the trousers.
        trousers: Colour.
        leg_cover: How far trousers reach, in leg lengths from the hip.
        wide: Looseness of the trousers.
        stripe: Whether trousers have a side stripe.
        shoes: Colour.
    """

    skin: Array
    hair: Array
    hair_style: str
    beard: float
    iris: Array
    shirt: Array
    shirt_style: str
    trim: Array
    sleeve: float
    untucked: bool
    trousers: Array
    leg_cover: float
    wide: float
    stripe: bool
    shoes: Array


def random_outfit(rng: np.random.Generator, backdrop: Array, *, female: bool) -> Outfit:
    """Clothes that stand out from the backdrop's mean colour (3,) and from one another."""
    tone = rng.uniform(0, len(SKIN) - 1)
    low = int(tone)
    skin = np.array(SKIN[low]) * (1 - tone + low) + np.array(SKIN[min(low + 1, len(SKIN) - 1)]) * (tone - low)
    shirt = _standing_out(rng, CLOTH, [backdrop, skin])
    trousers = _standing_out(rng, TROUSERS, [backdrop, shirt])
    styles = HAIR_STYLES[3:7] + HAIR_STYLES[:1] if female else HAIR_STYLES[:3] + HAIR_STYLES[7:]
    sleeve = float(rng.choice([0.28, 0.28, 0.3, 0.97, 0.97, 0.62, 0.1]))
    dark = 3 if tone > 3 else len(HAIR)
    return Outfit(
        skin=skin,
        hair=np.array(HAIR[rng.integers(dark)], np.float64),
        hair_style=str(rng.choice(styles)),
        beard=0.0 if female or rng.random() < 0.6 else float(rng.uniform(0.3, 0.9)),
        iris=np.array(IRISES[rng.integers(len(IRISES))], np.float64),
        shirt=shirt,
        shirt_style=str(rng.choice(SHIRTS)),
        trim=_standing_out(rng, CLOTH, [shirt]),
        sleeve=sleeve,
        untucked=bool(rng.random() < 0.7),
        trousers=trousers,
        leg_cover=float(rng.choice([0.97, 0.97, 0.97, 0.42, 0.7])),
        wide=float(rng.uniform(0.0, 1.0)),
        stripe=bool(rng.random() < 0.25),
        shoes=np.array(SHOES[rng.integers(len(SHOES))], np.float64),
    )


def _standing_out(rng: np.random.Generator, palette: Palette, against: list[Array]) -> Array:
    """One of the three colours of a palette that differ most from all the others."""
    colours = np.array(palette, np.float64)
    distance = np.min([np.linalg.norm(colours - a, axis=1) for a in against], axis=0)
    good = np.flatnonzero(distance > 70)
    choice = good if len(good) else np.argsort(-distance)[:3]
    jitter = rng.uniform(0.88, 1.06)
    return np.asarray(np.clip(colours[rng.choice(choice)] * jitter, 0, 250), np.float64)
