"""Colours for people and for labels, chosen so that colour-blind readers can tell them apart."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""
Image = NDArray[np.uint8]
"""(H, W, 3) RGB, or (H, W) for a mask."""

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
INK: Colour = (24, 26, 30)
NEUTRAL: Colour = (152, 156, 164)

# Okabe and Ito, "Color Universal Design", 2008, without black; the two most different come first.
TRACK_PALETTE: tuple[Colour, ...] = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 178, 130),
    (221, 126, 174),
    (240, 228, 66),
    (224, 92, 16),
    (30, 122, 204),
)
# Softer than the colours of people, so that nobody takes a bar for a person. Each pair lies at
# least 15 apart in CIE Lab to normal, red-blind and green-blind eyes (Vienot, Brettel, Mollon, 1999).
# After these twelve come their lighter cousins.
_LABELS: tuple[Colour, ...] = (
    (124, 207, 241),
    (208, 207, 106),
    (204, 93, 128),
    (64, 166, 166),
    (174, 109, 186),
    (219, 151, 43),
    (95, 103, 203),
    (173, 239, 73),
    (240, 204, 189),
    (58, 142, 80),
    (129, 118, 30),
    (128, 64, 36),
)
# Labels that say "none of these" get no colour of their own.
NEUTRAL_LABELS = frozenset({"other", "unknown", "none", "background"})


def mix(a: Colour, b: Colour, share_of_b: float) -> Colour:
    """The colour that lies between a (share 0) and b (share 1)."""
    red, green, blue = (round(x + (y - x) * share_of_b) for x, y in zip(a, b, strict=True))
    return red, green, blue


LABEL_PALETTE = (*_LABELS, *(mix(colour, WHITE, 0.5) for colour in _LABELS))


def track_colour(track_id: int) -> Colour:
    """The colour of a person: the same for the same track id in every picture.

    After the seven colours of the palette come their lighter, then their darker cousins.
    """
    turn, place = divmod(track_id, len(TRACK_PALETTE))
    colour = TRACK_PALETTE[place]
    if turn % 3 == 1:
        return mix(colour, WHITE, 0.45)
    return mix(colour, BLACK, 0.35) if turn % 3 == 2 else colour


def label_colours(labels: Iterable[str], class_names: Sequence[str] = ()) -> dict[str, Colour]:
    """A colour for each label that appears.

    A label keeps the colour of its place in `class_names` from video to video; only where two
    labels of one video would share a colour does the later one take the next free colour.
    """
    known = {name: i for i, name in enumerate(class_names)}
    wanted = sorted(set(labels), key=lambda label: (known.get(label, len(known)), label))
    size, strong = len(LABEL_PALETTE), len(_LABELS)
    out: dict[str, Colour] = {}
    taken: set[int] = set()
    for number, label in enumerate(wanted):
        if label.lower() in NEUTRAL_LABELS:
            out[label] = NEUTRAL
            continue
        first = known.get(label, number) % strong
        places = (*range(first, strong), *range(first), *range(strong, size))
        place = next((p for p in places if p not in taken), first)
        taken.add(place)
        out[label] = LABEL_PALETTE[place]
    return out


def luminance(colour: Colour) -> float:
    """Relative luminance from 0 (black) to 1 (white), W3C WCAG 2.2."""
    channels = [c / 255 for c in colour]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(background: Colour) -> Colour:
    """Near-black or white, whichever reads better on the background."""
    dark, level = luminance(INK), luminance(background)
    return INK if (level + 0.05) / (dark + 0.05) >= 1.05 / (level + 0.05) else WHITE
