"""Frame numbers in the names of pictures, as pose tools keep them."""

from collections import Counter
from collections.abc import Sequence

_DIGITS = "0123456789"
# Above this, neighbouring numbers would have the same time stamp.
_LARGEST = 2**52


def split_number(name: str) -> tuple[str, int] | None:
    """What stands before the last number of a name, and that number; None where there is none.

    ``"gym/squat_0012.jpg"`` -> ``("gym/squat_", 12)``.
    """
    stem = name.rsplit(".", 1)[0] if "." in name.rsplit("/", 1)[-1] else name
    # By hand: a regular expression takes quadratic time on a name of a million digits.
    end = len(stem)
    while end and stem[end - 1] not in _DIGITS:
        end -= 1
    before = stem[:end].rstrip(_DIGITS)
    digits = stem[len(before) : end]
    if not digits or len(digits) > 18 or int(digits) > _LARGEST:
        return None
    return before, int(digits)


def frame_numbers(names: Sequence[str]) -> list[int]:
    """The number in each name; the place in the list where one has none, or two have the same."""
    found = [None if (split := split_number(name)) is None else split[1] for name in names]
    numbers = [number for number in found if number is not None]
    if len(numbers) < len(names) or len(set(numbers)) < len(names):
        return list(range(len(names)))
    return numbers


def look_like_frames(numbers: Sequence[int]) -> bool:
    """Whether pictures with these numbers are a video's frames: most steps from one to the next are equal.

    Pictures that were collected one by one (COCO's own) have numbers with gaps of all sizes.
    """
    steps = [b - a for a, b in zip(sorted(numbers), sorted(numbers)[1:], strict=False)]
    if not steps:
        return True
    return Counter(steps).most_common(1)[0][1] * 2 >= len(steps)
