"""Where in the next frame to look for people who are not followed yet: windows, a few at a time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from poseact.pose.regions import Region

# How much neighbouring windows share, as a part of their side: a person of up to this size is
# whole in at least one of them.
_SHARED = 0.45
_SMALL_SIDE = 0.6
# A grid of more windows than this (a very long picture) costs too much for what it finds.
_MAX_WINDOWS = 12
# Below this ratio of long to short side, the whole frame is as good as a window of the short side.
_NEARLY_SQUARE = 1.15


@dataclass(frozen=True)
class Window:
    """A part of the frame to look at.

    Attributes:
        region: The square; turned, it finds people who lie.
        min_score: A detection below this is doubtful. Parts of the frame cut people in pieces
            and give false ones more easily than the whole.
    """

    region: Region
    min_score: float


def whole_window(width: int, height: int, *, quarter_turns: int = 0) -> Window:
    """The whole frame, turned by so many times 90 degrees."""
    region = Region((width / 2, height / 2), float(max(width, height)), quarter_turns * math.pi / 2)
    return Window(region, 0.5)


def part_windows(width: int, height: int) -> list[Window]:
    """Windows that cover the frame: squares of its short side, then smaller ones.

    The detector shrinks what it sees to 224 x 224 and misses people smaller than about a
    quarter of that; in a part of the frame they are larger.
    """
    short = float(min(width, height))
    sides = (
        [short, short * _SMALL_SIDE] if max(width, height) > _NEARLY_SQUARE * short else [short * _SMALL_SIDE]
    )
    grids = [list(_grid(width, height, side)) for side in sides]
    return [window for grid in grids if len(grid) <= _MAX_WINDOWS for window in grid]


def _grid(width: int, height: int, side: float) -> Iterator[Window]:
    for y in _middles(height, side):
        for x in _middles(width, side):
            yield Window(Region((x, y), side, 0.0), 0.75)


def _middles(length: int, side: float) -> list[float]:
    steps = math.ceil((length - side) / (side * (1 - _SHARED)) - 1e-9)
    if steps <= 0:
        return [length / 2]
    return [side / 2 + (length - side) * i / steps for i in range(steps + 1)]


class SearchPlan:
    """Deals out the windows so that searching costs little when it finds nothing.

    Everything is searched at once in the first frame. Later the windows take turns: some of them
    in each frame while people are followed, more while nobody is in view, fewer again when
    nobody has been for a while. The whole frame comes up more often than any part; turned, it
    comes up while somebody is missing, since people who lie are found better so.

    Args:
        tiles: Whether to look at parts of the frame at all.
    """

    # Windows per frame, and per second at most, while somebody is followed (7 CPU ms a window).
    WHILE_FOLLOWING = 0.25
    WHILE_FOLLOWING_PER_S = 8.0
    # While somebody is missing; per second too, since a slow camera leaves more time for a frame.
    WHILE_MISSING = 1.5
    WHILE_MISSING_PER_S = 45.0
    MOST_WHILE_MISSING = 6.0
    # After so long without anybody: one window a frame, and not more than so many a second.
    EMPTY_AFTER_S = 2.0
    LONG_EMPTY = 1.0
    LONG_EMPTY_PER_S = 20.0
    WHOLE_EVERY = 3

    def __init__(self, *, tiles: bool) -> None:
        self._tiles = tiles
        self._size_wh = (0, 0)
        self._wholes: list[Window] = []
        self._parts: list[Window] = []
        self._credit = 0.0
        self._turn = 0
        self._part = 0
        self._missed = 0
        self._seen_s = 0.0

    def next(
        self, size_wh: tuple[int, int], time_s: float, dt_s: float, *, num_followed: int, is_missing: bool
    ) -> list[Window]:
        """The windows to search in this frame.

        Args:
            size_wh: Width and height of the frame.
            time_s: Its time stamp.
            dt_s: Seconds since the frame before.
            num_followed: People found in it without searching.
            is_missing: Whether somebody was lost lately, or is followed badly.
        """
        if size_wh != self._size_wh:
            self._size_wh, self._seen_s = size_wh, time_s
            # Upright comes up twice as often as either turned way.
            self._wholes = [whole_window(*size_wh, quarter_turns=turns) for turns in (0, 1, 0, 3)]
            self._parts = part_windows(*size_wh) if self._tiles else []
            return [self._wholes[0], *self._parts]
        if num_followed:
            self._seen_s = time_s
        self._credit += self._gain(time_s, dt_s, num_followed, is_missing)
        count = int(self._credit)
        self._credit -= count
        if not is_missing and num_followed:
            self._missed = 0
            return [self._take_turn() for _ in range(count)]
        return [self._take_missing_turn() for _ in range(count)]

    def _gain(self, time_s: float, dt_s: float, num_followed: int, is_missing: bool) -> float:
        """How many windows this frame adds to the account."""
        if is_missing or (not num_followed and abs(time_s - self._seen_s) < self.EMPTY_AFTER_S):
            return min(self.MOST_WHILE_MISSING, max(self.WHILE_MISSING, self.WHILE_MISSING_PER_S * dt_s))
        if num_followed:
            return min(self.WHILE_FOLLOWING, self.WHILE_FOLLOWING_PER_S * dt_s)
        return min(self.LONG_EMPTY, self.LONG_EMPTY_PER_S * dt_s)

    def _take_turn(self) -> Window:
        self._turn += 1
        return self._wholes[0] if self._turn % self.WHOLE_EVERY == 0 else self._take_part()

    def _take_missing_turn(self) -> Window:
        """Whoever is missing is looked for in the whole frame, upright first, and in the parts by turns."""
        self._missed += 1
        return self._take_part() if self._missed % 2 == 0 else self._wholes[(self._missed // 2) % 4]

    def _take_part(self) -> Window:
        self._part += 1
        return self._parts[self._part % len(self._parts)] if self._parts else self._wholes[0]
