"""The timeline under a video picture: drawn once, then only the playhead moves.

A long recording is shown page by page, like the pages of a sound editor, so that its segments
keep a size at which they can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from poseact.render.colours import BLACK, WHITE, Colour, Image, ink_on, mix
from poseact.render.lanes import Lane, busiest, lanes_between
from poseact.render.shapes import fill_dot, fill_rounded
from poseact.render.text import draw_text, fit_text, text_width
from poseact.render.time_axis import TimeAxis, format_time
from poseact.results import person_name, shown_label

_BACKGROUND: Colour = (20, 22, 26)
_EMPTY, _IN_VIEW, _THUMB = (32, 35, 41), (58, 62, 71), (120, 126, 138)
_TEXT, _DIM_TEXT = (226, 229, 234), (146, 152, 162)
MOST_LANES = 6
# How much of a bar's colour is left where the playhead has not been yet.
_AHEAD = 0.5
# A page is as long as gives a second this much room, in font sizes; a recording that is not
# much longer than a page is shown whole.
_ROOM_PER_S = 0.6
_WHOLE_UP_TO_PAGES = 1.5


@dataclass(frozen=True)
class _Measures:
    """Sizes in pixels that all pages share."""

    font: int
    width: int
    gutter: int
    rows: int
    legend: bool
    paged: bool

    @property
    def small(self) -> int:
        return max(round(0.85 * self.font), 10)

    @property
    def pad(self) -> int:
        return round(0.6 * self.font)

    @property
    def lane(self) -> int:
        return round((1.5 if self.rows > 3 else 1.75) * self.font)

    @property
    def lane_step(self) -> int:
        return self.lane + max(round(0.25 * self.font), 2)

    @property
    def top(self) -> int:
        return self.pad

    @property
    def axis_y(self) -> int:
        return self.top + max(self.rows, 1) * self.lane_step

    @property
    def ticks_y(self) -> int:
        return self.axis_y + round(0.75 * self.font)

    @property
    def height(self) -> int:
        height = self.axis_y + round((1.6 + (1.4 if self.legend else 0)) * self.font)
        return height + height % 2

    def axis(self, start_s: float, end_s: float) -> TimeAxis:
        left = self.pad + self.gutter
        return TimeAxis(start_s, end_s, left, max(self.width - self.pad, left + 1))


class TimelinePanel:
    """A dark panel: a lane per person, bars per segment, a time axis and a playhead."""

    def __init__(
        self,
        lanes: list[Lane],
        span_s: tuple[float, float],
        width_px: int,
        font_px: int,
        colours: Mapping[str, Colour],
    ) -> None:
        """Lay out the pages; each is drawn when it is first needed.

        Args:
            lanes: Everybody; the busiest `MOST_LANES` of a page are shown, the others counted.
            span_s: First and last time of the recording.
            width_px: Width of the picture above.
            font_px: Size of its text.
            colours: Label to colour.
        """
        gutter = _gutter_px(lanes, width_px, font_px)
        whole = _Measures(font_px, width_px, gutter, 0, False, False).axis(*span_s)
        self._whole = whole
        self._many = len(lanes) > 1
        self._colours = colours
        pages = _page_spans(whole, font_px)
        held = [lanes_between(lanes, *span) for span in pages] if len(pages) > 1 else [lanes]
        self._pages = list(zip(pages, held, strict=True))
        rows = max(min(len(page), MOST_LANES) for page in held)
        legend = any(_unwritten(page, _same_pixels(whole, span), font_px) for span, page in self._pages)
        self._measures = _Measures(font_px, width_px, gutter, rows, legend, len(pages) > 1)
        self._drawn: tuple[int, _Page] | None = None

    @property
    def height_px(self) -> int:
        """Height of the panel; even."""
        return self._measures.height

    @property
    def num_pages(self) -> int:
        """How many pages the recording takes."""
        return len(self._pages)

    def axis_at(self, time_s: float) -> TimeAxis:
        """The time axis of the page that holds a time."""
        return self._measures.axis(*self._pages[self._page_number(time_s)][0])

    def _page_number(self, time_s: float) -> int:
        share = (time_s - self._whole.start_s) / self._whole.span_s
        return min(max(int(share * len(self._pages)), 0), len(self._pages) - 1)

    def _page(self, number: int) -> "_Page":
        """The page, drawn; the one drawn last is kept."""
        if self._drawn is None or self._drawn[0] != number:
            span, lanes = self._pages[number]
            page = _Page(self._measures, span, lanes, self._many, self._colours, self._clock_width())
            self._drawn = number, page
            return page
        return self._drawn[1]

    def _clock(self, time_s: float) -> tuple[str, str]:
        """The time now, and the end."""
        whole = self._whole
        step = 0.1 if whole.span_s < 600 else 1
        now = min(max(time_s, whole.start_s), whole.start_s + whole.span_s)
        return format_time(now, step), f" / {format_time(whole.end_s, step)}"

    def _clock_width(self) -> int:
        size = self._measures.small
        return sum(text_width(part, size) for part in self._clock(self._whole.end_s)) + size

    def draw_into(self, image: Image, time_s: float) -> None:
        """Fill `image`, (height_px, width, 3), with the panel as it is at a time."""
        m = self._measures
        page = self._page(self._page_number(time_s))
        x = page.axis.x(time_s)
        played, ahead = page.stills
        image[:, :x] = played[:, :x]
        image[:, x:] = ahead[:, x:]
        if m.paged:
            self._draw_thumb(image, page.axis)
        thick, top = max(round(m.font / 8), 1), max(m.top - round(0.3 * m.font), 0)
        left = x - thick // 2
        image[top : m.axis_y, max(left - 1, 0) : left + thick + 1] = BLACK
        image[top : m.axis_y, max(left, 0) : left + thick] = WHITE
        fill_dot(image, (x, top), max(round(0.35 * m.font), 3), WHITE)
        now, end = self._clock(time_s)
        right = page.axis.right_px
        draw_text(image, end, (right, m.ticks_y), m.small, _DIM_TEXT, align=1)
        right -= text_width(end, m.small) + round(0.3 * m.small)
        draw_text(image, now, (right, m.ticks_y), m.small, _TEXT, align=1)

    def _draw_thumb(self, image: Image, page: TimeAxis) -> None:
        """A line at the top edge that shows which part of the recording the page is."""
        whole = TimeAxis(self._whole.start_s, self._whole.end_s, 0, self._measures.width)
        line = max(round(self._measures.font / 6), 2)
        image[:line] = _IN_VIEW
        image[:line, whole.x(page.start_s) : max(whole.x(page.end_s), whole.x(page.start_s) + line)] = _THUMB


def _gutter_px(lanes: list[Lane], width_px: int, font_px: int) -> int:
    """Room for the names at the left; none where there is one person, or little width."""
    if len(lanes) <= 1 or width_px < 18 * font_px:
        return 0
    return max(text_width(person_name(lane.track_id), font_px) for lane in lanes) + round(1.7 * font_px)


def _page_spans(whole: TimeAxis, font_px: int) -> list[tuple[float, float]]:
    """Start and end of each page, all of one length."""
    page_s = max((whole.right_px - whole.left_px) / (_ROOM_PER_S * font_px), 1.0)
    if whole.span_s <= _WHOLE_UP_TO_PAGES * page_s:
        return [(whole.start_s, whole.end_s)]
    edges = np.linspace(whole.start_s, whole.end_s, int(np.ceil(whole.span_s / page_s)) + 1).tolist()
    return list(pairwise(edges))


def _same_pixels(like: TimeAxis, span_s: tuple[float, float]) -> TimeAxis:
    """Other times on the same pixels."""
    return TimeAxis(*span_s, like.left_px, like.right_px)


def _unwritten(lanes: list[Lane], axis: TimeAxis, font_px: int) -> list[str]:
    """Labels that are written in none of their bars."""
    written: set[str] = set()
    labels: dict[str, None] = {}
    for segment in (s for lane in busiest(lanes, MOST_LANES) for s in lane.segments):
        labels[segment.label] = None
        width = axis.x(segment.end_s) - axis.x(segment.start_s)
        if text_width(shown_label(segment.label), font_px) <= width - font_px:
            written.add(segment.label)
    return [label for label in labels if label not in written]


class _Page:
    """What does not move on one page."""

    def __init__(
        self,
        measures: _Measures,
        span_s: tuple[float, float],
        lanes: list[Lane],
        many: bool,
        colours: Mapping[str, Colour],
        clock_width: int,
    ) -> None:
        self.axis = measures.axis(*span_s)
        self._m = measures
        self._lanes = busiest(lanes, MOST_LANES)
        self._hidden = len(lanes) - len(self._lanes)
        self._many = many
        self._colours = colours
        self._clock_width = clock_width

    @cached_property
    def stills(self) -> tuple[Image, Image]:
        """The page where it has been played, and where it has not."""
        m = self._m
        played = np.empty((m.height, m.width, 3), np.uint8)
        played[:] = _BACKGROUND
        if self._many:
            self._draw_names(played)
        self._draw_axis(played)
        if m.legend:
            self._draw_legend(played, _unwritten(self._lanes, self.axis, m.font))
        if not self._lanes:
            self._draw_nobody(played)
        ahead = played.copy()
        for row, lane in enumerate(self._lanes):
            self._draw_lane(played, lane, m.top + row * m.lane_step, 1.0)
            self._draw_lane(ahead, lane, m.top + row * m.lane_step, _AHEAD)
        return played, ahead

    def _draw_nobody(self, image: Image) -> None:
        m, left, right = self._m, self.axis.left_px, self.axis.right_px
        image[m.top : m.top + m.lane, left:right] = _EMPTY
        text = fit_text("nobody in view" if m.paged else "nobody was found", right - left, m.font)
        draw_text(image, text, ((left + right) // 2, m.top + m.lane // 2), m.font, _DIM_TEXT, align=0.5)

    def _draw_lane(self, image: Image, lane: Lane, top: int, strength: float) -> None:
        m, axis = self._m, self.axis
        image[top : top + m.lane, axis.left_px : axis.right_px] = _EMPTY
        for start, end in lane.presence_s:
            image[top : top + m.lane, axis.x(start) : axis.x(end)] = _IN_VIEW
        for segment in lane.segments:
            x0, x1 = axis.x(segment.start_s), axis.x(segment.end_s)
            colour = mix(_IN_VIEW, self._colours[segment.label], strength)
            width = max(x1 - x0 - 1, 1)
            radius = round(0.22 * m.font) if width > m.font else 0
            fill_rounded(image, (x0, top), (width, m.lane), radius, colour)
            label = shown_label(segment.label)
            text = fit_text(label, width - round(0.7 * m.font), m.font)
            if len(text) > 3 or text == label:
                ink = mix(colour, ink_on(colour), 0.95 if strength == 1 else 0.88)
                draw_text(image, text, (x0 + round(0.45 * m.font), top + m.lane // 2), m.font, ink)

    def _draw_names(self, image: Image) -> None:
        m = self._m
        radius = max(round(0.32 * m.font), 2)
        for row, lane in enumerate(self._lanes):
            top = m.top + row * m.lane_step
            if m.gutter:
                fill_dot(image, (m.pad + radius, top + m.lane // 2), radius, lane.colour)
                at = (m.pad + 2 * radius + round(0.4 * m.font), top + m.lane // 2)
                draw_text(image, person_name(lane.track_id), at, m.font, _TEXT)
            else:
                image[top : top + m.lane, : max(m.pad - 2, 1)] = lane.colour

    def _draw_axis(self, image: Image) -> None:
        m, axis = self._m, self.axis
        more = f"+{self._hidden} more" if self._hidden else ""
        if m.gutter > text_width(more, m.small):
            draw_text(image, more, (m.pad, m.ticks_y), m.small, _DIM_TEXT)
        least = text_width(format_time(axis.end_s, 0.5), m.small) + round(1.5 * m.font)
        ticks, step = axis.ticks(least)
        for time_s in ticks:
            x, text = axis.x(time_s), format_time(time_s, step)
            image[m.axis_y : m.axis_y + max(m.font // 4, 2), x : x + 1] = _DIM_TEXT
            width = text_width(text, m.small)
            start = max(x - width / 2, axis.left_px)
            if start + width < axis.right_px - self._clock_width:
                draw_text(image, text, (round(start), m.ticks_y), m.small, _DIM_TEXT)

    def _draw_legend(self, image: Image, labels: list[str]) -> None:
        m = self._m
        y = m.axis_y + round(2.1 * m.font)
        x, radius = self.axis.left_px, max(round(0.3 * m.font), 2)
        for number, label in enumerate(labels):
            shown = shown_label(label)
            width = 3 * radius + text_width(shown, m.small) + m.font
            if x + width > self.axis.right_px:
                draw_text(image, f"+{len(labels) - number}", (x, y), m.small, _DIM_TEXT)
                return
            fill_dot(image, (x + radius, y), radius, self._colours[label])
            draw_text(image, shown, (x + 3 * radius, y), m.small, _TEXT)
            x += width
