"""Several clips in one movie, side by side: a contact sheet that moves."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from poseact.errors import InvalidInputError
from poseact.render.clip_movie import ClipContent, ClipMovie, MovieSettings, even_times
from poseact.render.colours import Image

MOST_CLIPS = 100
_SMALLEST_PX, _LARGEST_PX = 130, 400
_MOST_FPS = 30.0
_GAP_PX = 4
_GROUND = (52, 56, 64)


class ClipGrid:
    """Draws the picture of any moment of several clips; each begins anew when it is over."""

    def __init__(
        self,
        contents: Sequence[ClipContent],
        settings: MovieSettings,
        *,
        cell_px: int | None = None,
        width_px: int = 1600,
    ) -> None:
        """Prepare the clips.

        Args:
            contents: What to show, row by row; on black, whatever the videos.
            settings: How; `short_side_px` does not matter.
            cell_px: Width of a clip's picture; None: what suits their number and `width_px`.
            width_px: About the width of the whole.

        Raises:
            InvalidInputError: If there is no clip or too many, or one cannot be shown so.
        """
        if not 0 < len(contents) <= MOST_CLIPS:
            raise InvalidInputError(f"a grid: expected 1 to {MOST_CLIPS} clips, found {len(contents)}")
        wide = 2 if settings.view == "both" else 1
        self._columns = min(math.ceil(math.sqrt(1.3 * len(contents) / wide)), len(contents))
        cell = cell_px or min(max(width_px // (self._columns * wide), _SMALLEST_PX), _LARGEST_PX)
        cell_wh = cell + cell % 2, 2 * round(1.1 * cell / 2)
        each = replace(settings, short_side_px=cell, loop=settings.loop or 1)
        plain = [replace(content, video=None) for content in contents]
        self._movies = [ClipMovie(content, each, cell_wh=cell_wh) for content in plain]
        self._settings = settings
        sizes = np.array([movie.size_wh for movie in self._movies])
        self._cell_wh = int(sizes[:, 0].max()), int(sizes[:, 1].max())
        self._ground = np.full((self.size_wh[1], self.size_wh[0], 3), _GROUND, np.uint8)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Of every picture; both numbers are even."""
        rows = -(-len(self._movies) // self._columns)
        width = self._columns * (self._cell_wh[0] + _GAP_PX) + _GAP_PX
        return width, rows * (self._cell_wh[1] + _GAP_PX) + _GAP_PX

    @property
    def is_over_video(self) -> bool:
        """Never: clips of a grid are drawn on black."""
        return False

    @property
    def rate_hz(self) -> float:
        """Pictures a second that suit the quickest clip."""
        if self._settings.fps is not None:
            return self._settings.fps
        return min(max(movie.rate_hz for movie in self._movies), _MOST_FPS)

    @property
    def duration_s(self) -> float:
        """As long as the longest clip, so many times as asked for; long enough to look at all of them."""
        longest = max(movie.once_s for movie in self._movies)
        if self._settings.loop is not None:
            return longest * self._settings.loop
        least = 6.0 if self._settings.view == "2d" else self._settings.turn_s
        return longest * max(math.ceil(least / longest), 1)

    @property
    def num_pictures(self) -> int:
        """How many `frames` gives."""
        return len(even_times(self.duration_s, self.rate_hz))

    def draw(self, movie_s: float) -> Image:
        """The picture at a time of the movie, (H, W, 3) uint8 RGB, `size_wh` large."""
        canvas = self._ground.copy()
        for number, movie in enumerate(self._movies):
            row, column = divmod(number, self._columns)
            x, y = (
                i * (size + _GAP_PX) + _GAP_PX for i, size in zip((column, row), self._cell_wh, strict=True)
            )
            w, h = movie.size_wh
            canvas[y : y + h, x : x + w] = movie.draw(movie_s)
        return canvas

    def frames(self) -> Iterator[tuple[Image, float]]:
        """All pictures of the movie with their times."""
        for movie_s in even_times(self.duration_s, self.rate_hz):
            yield self.draw(movie_s), movie_s
