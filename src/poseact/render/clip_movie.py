"""A clip as a movie: its skeletons over the video or on black, in 2D, turning in 3D, or both side by side."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.label_scores import LabelScores
from poseact.render.colours import Colour, Image
from poseact.render.flat_view import FlatView
from poseact.render.label_bars import BACKGROUND, DIM, TEXT, LabelBars
from poseact.render.text import BOLD, REGULAR, draw_text, fit_text, text_width
from poseact.render.turning import TurningView
from poseact.render.turning_tags import TurningTags
from poseact.results import shown_label
from poseact.sequence import PoseSequence
from poseact.timeline import Timeline
from poseact.video import open_source

View = Literal["2d", "3d", "both"]
_FONT_SHARE, _LEAST_FONT_PX = 1 / 27, 11
_STRIP = 1.9  # height of the title, of its font
_PROGRESS: Colour = (104, 164, 220)
_RULE: Colour = (48, 52, 60)
# A movie of a short clip lasts about so long, by repetition.
_LEAST_S = 4.0
# A clip is not shown once more for so small a part of itself.
_NEARLY = 0.3
# How long the last pose stays before a clip begins anew.
_REST_S = 0.4
# Fewer pictures a second make the turn of the 3D view jerk.
_LEAST_FPS, _MOST_FPS = 24.0, 60.0
_FALLBACK_FPS = 25.0


@dataclass(frozen=True)
class MovieSettings:
    """How a clip is shown.

    Attributes:
        view: Flat, turning, or both.
        short_side_px: Shorter side of the picture of the people, without title and bars.
        turn_s: Seconds of a full turn of the 3D view.
        loop: How often the clip is shown; None: as often as makes about four seconds, or a full
            turn where there is a 3D view.
        slow: So many times slower than it happened.
        fps: Pictures a second; None: those of the clip, repeated where they are few.

    Raises:
        InvalidInputError: If a value makes no sense.
    """

    view: View = "2d"
    short_side_px: int = 480
    turn_s: float = 8.0
    loop: int | None = None
    slow: float = 1.0
    fps: float | None = None

    def __post_init__(self) -> None:
        if self.view not in get_args(View):
            raise InvalidInputError(f"view: expected 2d, 3d or both, found {self.view!r}")
        limits: tuple[tuple[str, float | None, float, float], ...] = (
            ("size", self.short_side_px, 96, 2160),
            ("turn-s", self.turn_s, 0.5, 3600),
            ("loop", self.loop, 1, 1000),
            ("slow", self.slow, 0.05, 100),
            ("fps", self.fps, 1, 120),
        )
        for name, value, low, high in limits:
            if value is not None and not low <= value <= high:
                raise InvalidInputError(f"{name}: expected {low:g} to {high:g}, found {value:g}")


@dataclass(frozen=True, eq=False)
class ClipContent:
    """What a movie shows.

    Attributes:
        sequence: The people.
        name: For the title.
        label: What is truly done, where that is known.
        scores: What a model says of it.
        timeline: Segments to be written beside the people, of a result.
        video: The recording that the skeletons are drawn over; None: on black.
    """

    sequence: PoseSequence
    name: str
    label: str | None = None
    scores: LabelScores | None = None
    timeline: Timeline | None = None
    video: Path | None = None


class ClipMovie:
    """Draws the picture of any moment of one clip."""

    def __init__(
        self, content: ClipContent, settings: MovieSettings, *, cell_wh: tuple[int, int] | None = None
    ) -> None:
        """Prepare all that is the same in every picture.

        Args:
            content: What to show.
            settings: How.
            cell_wh: Size of the picture of the people, where it is given from outside.

        Raises:
            InvalidInputError: If there is no frame; a 3D view is asked for of 2D poses; or the
                poses cannot lie in the video's picture.
            SourceError: If the video cannot be read.
        """
        sequence = content.sequence
        if sequence.num_frames == 0:
            raise InvalidInputError(f"{content.name}: there is no frame in it to show")
        self.content, self.settings = content, settings
        self._times = sequence.timestamps
        self._flat = self._flat_view(cell_wh)
        self._turning = self._turning_view(cell_wh)
        sizes = [view.size_wh for view in (self._flat, self._turning) if view is not None]
        self._gap = 2 if len(sizes) > 1 else 0
        width = sum(w for w, _ in sizes) + self._gap
        self._picture_wh = width + width % 2, max(h for _, h in sizes)
        font = max(round(min(settings.short_side_px, self._picture_wh[0]) * _FONT_SHARE), _LEAST_FONT_PX)
        self._font, self._strip = font, 2 * round(_STRIP * font / 2)
        several = sequence.num_persons > 1
        self._tags = None
        if content.timeline is not None and self._flat is None:  # which has tags of its own
            self._tags = TurningTags(content.timeline, sequence.track_ids.tolist(), font)
        scores = content.scores
        self._repeats = cell_wh is not None or self.num_loops > 1
        self._bars = scores and LabelBars(scores, content.label, self._picture_wh[0], font, several=several)
        self._ground = np.full((self.size_wh[1], self.size_wh[0], 3), BACKGROUND, np.uint8)
        self._ground[self._strip : self._strip + self._picture_wh[1]] = 0

    def _flat_view(self, cell_wh: tuple[int, int] | None) -> FlatView | None:
        if self.settings.view == "3d":
            return None
        content, size = self.content, self.settings.short_side_px
        return FlatView(
            content.sequence,
            short_side_px=size,
            video=content.video,
            timeline=content.timeline,
            cell_wh=cell_wh,
        )

    def _turning_view(self, cell_wh: tuple[int, int] | None) -> TurningView | None:
        if self.settings.view == "2d":
            return None
        if self._flat is None:
            return TurningView(
                self.content.sequence, short_side_px=self.settings.short_side_px, size_wh=cell_wh
            )
        height = self._flat.size_wh[1]
        return TurningView(self.content.sequence, height_px=height, size_wh=cell_wh)

    @property
    def size_wh(self) -> tuple[int, int]:
        """Of every picture; both numbers are even."""
        bars = self._bars.height_px if self._bars else 0
        return self._picture_wh[0], self._strip + self._picture_wh[1] + bars + bars % 2

    @property
    def is_over_video(self) -> bool:
        """Whether pictures of a camera are in it."""
        return self.content.video is not None and self._flat is not None

    @property
    def rate_hz(self) -> float:
        """Pictures a second that suit the clip: its own, or some times as many."""
        if self.settings.fps is not None:
            return self.settings.fps
        rate = clip_rate_hz(self._times) / self.settings.slow
        rate *= math.ceil(_LEAST_FPS / rate - 1e-3) if rate < _LEAST_FPS else 1
        return min(rate, _MOST_FPS)

    @property
    def pass_s(self) -> float:
        """Seconds of the movie for the clip once; with a rest at its end, if it comes again."""
        return self.once_s if self._repeats else self._shown_s

    @property
    def once_s(self) -> float:
        """Seconds of the movie for the clip once, with a rest at its end."""
        return self._shown_s + _REST_S

    @property
    def num_loops(self) -> int:
        """How often the clip is shown."""
        if self.settings.loop is not None:
            return self.settings.loop
        least = _LEAST_S if self._turning is None else self.settings.turn_s
        return max(math.ceil(least / self.once_s - _NEARLY), 1)

    @property
    def _shown_s(self) -> float:
        """The last frame lasts as long as the usual one."""
        return (self.content.sequence.duration_s + 1 / clip_rate_hz(self._times)) * self.settings.slow

    def draw(self, movie_s: float, image: Image | None = None) -> Image:
        """The picture at a time of the movie, of which the clip may be shown several times.

        Args:
            movie_s: Seconds from the movie's beginning.
            image: The video's frame; None: black.

        Returns:
            (H, W, 3) uint8 RGB, `size_wh` large.
        """
        time_s = self.clip_time(movie_s)
        canvas = self._ground.copy()
        picture = canvas[self._strip : self._strip + self._picture_wh[1]]
        frame = self._frame_at(time_s)
        x = 0
        if self._flat is not None:
            w, h = self._flat.size_wh
            self._flat.draw_into(picture[:h, :w], frame, time_s, image)
            x = w + self._gap
        if self._turning is not None:
            w, h = self._turning.size_wh
            angle = 2 * math.pi * movie_s / self.settings.turn_s
            self._turning.draw_into(picture[:h, x : x + w], frame, angle)
            if self._tags is not None:
                self._tags.draw_into(picture[:h, x : x + w], self._turning.joints_px(frame, angle), time_s)
            if x:
                picture[:, x - self._gap : x] = _RULE
        self._draw_title(canvas[: self._strip], time_s)
        if self._bars:
            self._bars.draw_into(canvas[self._strip + self._picture_wh[1] :], time_s)
        return canvas

    def clip_time(self, movie_s: float) -> float:
        """The time on the clip's own clock that is shown at a time of the movie."""
        in_pass = min(movie_s % self.pass_s, self._shown_s)
        return float(self._times[0]) + min(in_pass / self.settings.slow, self.content.sequence.duration_s)

    def _frame_at(self, time_s: float) -> int:
        """Index of the frame nearest in time."""
        after = int(np.searchsorted(self._times, time_s).clip(0, len(self._times) - 1))
        before = max(after - 1, 0)
        return before if time_s - self._times[before] < self._times[after] - time_s else after

    def _draw_title(self, strip: Image, time_s: float) -> None:
        """The label, the name, the time; and along the lower edge how far the clip is."""
        font, pad = self._font, self._font // 2
        middle, right = (len(strip) - 2) // 2, self._picture_wh[0] - pad
        draw_text(strip, f"{time_s:.2f} s", (right, middle), font, DIM, align=1)
        room = right - 3 * pad - text_width(f"{self._times[-1]:.2f} s", font)
        label = "" if self._bars else shown_label(self.content.label or "")
        used = _draw_fitted(strip, label, (pad, middle), room, font, TEXT, BOLD) + font if label else 0
        # Half a name beside a label is of no use.
        if not used or text_width(self.content.name, _least(font)) <= room - used:
            colour = DIM if used else TEXT
            _draw_fitted(strip, self.content.name, (pad + used, middle), room - used, font, colour, REGULAR)
        share = (time_s - self._times[0]) / max(self.content.sequence.duration_s, 1e-9)
        strip[-2:] = _RULE
        strip[-2:, : round(share * self._picture_wh[0])] = _PROGRESS

    def frames(self) -> Iterator[tuple[Image, float]]:
        """All pictures of the movie with their times, over the video where there is one.

        Raises:
            SourceError: If the video cannot be read.
        """
        times = even_times(self.num_loops * self.pass_s, self.rate_hz)
        if self.content.video is None or not self.is_over_video:
            for movie_s in times:
                yield self.draw(movie_s), movie_s
            return
        for number in range(self.num_loops):
            within = [t for t in times if int(t / self.pass_s + 1e-9) == number]
            wanted = [self.clip_time(t) for t in within]
            for movie_s, image in zip(within, _pictures_at(self.content.video, wanted), strict=False):
                yield self.draw(movie_s, image), movie_s

    @property
    def num_pictures(self) -> int:
        """How many `frames` gives, if the video is as long as the poses."""
        return len(even_times(self.num_loops * self.pass_s, self.rate_hz))


def _least(font_px: int) -> int:
    """The smallest font that a text of this one may be given, to have room."""
    return min(font_px, max(round(0.7 * font_px), 9))


def _draw_fitted(
    strip: Image, text: str, at_xy: tuple[int, int], room: int, font_px: int, colour: Colour, weight: int
) -> int:
    """Text in a smaller font, or cut, where there is too little room; the width that it takes."""
    font = font_px
    while font > _least(font_px) and text_width(text, font, weight) > room:
        font -= 1
    shown = fit_text(text, max(room, 0), font, weight)
    draw_text(strip, shown, at_xy, font, colour, weight=weight)
    return text_width(shown, font, weight)


def clip_rate_hz(times: NDArray[np.float64]) -> float:
    """Frames a second of a clip, without the times at which it stood still."""
    steps = np.diff(times)
    if len(steps) == 0:
        return _FALLBACK_FPS
    usual = steps[steps <= 3 * np.median(steps)]
    return float(1 / usual.mean())


def even_times(duration_s: float, rate_hz: float) -> list[float]:
    """Times from 0 on, one for each picture of a movie of this length; one at least."""
    return [k / rate_hz for k in range(max(math.ceil(duration_s * rate_hz - 1e-6), 1))]


def _pictures_at(video: Path, times_s: Sequence[float]) -> Iterator[Image]:
    """The frame nearest to each of these rising times; after the video's end, its last one."""
    with open_source(video) as source:
        frames = iter(source)
        here = next(frames, None)
        after = next(frames, None)
        for time_s in times_s:
            while here and after and abs(after.timestamp_s - time_s) <= abs(here.timestamp_s - time_s):
                here, after = after, next(frames, None)
            if here is None:
                return
            yield here.image
