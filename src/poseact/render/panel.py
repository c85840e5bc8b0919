"""The timeline under a video picture: drawn once, then only the playhead moves.

A long recording is shown page by page, like the pages of a sound editor, so that its segments
keep a size at which they can be read.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from poseact.render.colours import BLACK, WHITE, Colour, Image
from poseact.render.lanes import Lane, busiest, lanes_between
from poseact.render.panel_page import (
    DIM_TEXT,
    IN_VIEW,
    MOST_FOOT_ROWS,
    MOST_LANES,
    TEXT,
    Measures,
    Page,
    wants_calls,
)
from poseact.render.shapes import fill_dot
from poseact.render.text import draw_text, text_width
from poseact.render.time_axis import TimeAxis, format_time
from poseact.results import person_name

_THUMB: Colour = (120, 126, 138)
# A page is as long as gives a second this much room, in font sizes; a recording that is not
# much longer than a page is shown whole.
_ROOM_PER_S = 0.6
_WHOLE_UP_TO_PAGES = 1.5


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
        whole = Measures(font_px, width_px, gutter, 0, False, False).axis(*span_s)
        self._whole = whole
        self._many = len(lanes) > 1
        self._colours = colours
        pages = _page_spans(whole, font_px)
        held = [lanes_between(lanes, *span) for span in pages] if len(pages) > 1 else [lanes]
        self._pages = list(zip(pages, held, strict=True))
        rows = max(min(len(page), MOST_LANES) for page in held)
        self._measures = Measures(font_px, width_px, gutter, rows, False, len(pages) > 1)
        calls = any(
            wants_calls(busiest(page, MOST_LANES), self._measures.axis(*span), self._measures)
            for span, page in self._pages
        )
        self._measures = replace(self._measures, calls=calls)
        foot_rows = max(len(self._new_page(number).legend_rows()) for number in range(len(pages)))
        self._measures = replace(self._measures, foot_rows=min(foot_rows, MOST_FOOT_ROWS))
        self._drawn: tuple[int, Page] | None = None

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

    def _page(self, number: int) -> Page:
        """The page, drawn; the one drawn last is kept."""
        if self._drawn is None or self._drawn[0] != number:
            self._drawn = number, self._new_page(number)
        return self._drawn[1]

    def _new_page(self, number: int) -> Page:
        span, lanes = self._pages[number]
        return Page(self._measures, span, lanes, self._many, self._colours, self._clock_width())

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
        draw_text(image, end, (right, m.foot_y), m.small, DIM_TEXT, align=1)
        right -= text_width(end, m.small) + round(0.3 * m.small)
        draw_text(image, now, (right, m.foot_y), m.small, TEXT, align=1)

    def _draw_thumb(self, image: Image, page: TimeAxis) -> None:
        """A line at the top edge that shows which part of the recording the page is."""
        whole = TimeAxis(self._whole.start_s, self._whole.end_s, 0, self._measures.width)
        line = max(round(self._measures.font / 6), 2)
        image[:line] = IN_VIEW
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
