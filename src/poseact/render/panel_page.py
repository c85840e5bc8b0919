"""One page of the timeline under a video: what stays while the playhead moves over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from poseact.render.bar_names import BarNames, NameSizes, fit_name, name_bars
from poseact.render.colours import Colour, Image, ink_on, mix
from poseact.render.lanes import Lane, busiest, label_totals
from poseact.render.shapes import fill_dot, fill_rounded
from poseact.render.text import draw_text, fit_text, text_width
from poseact.render.time_axis import TimeAxis, format_time
from poseact.results import person_name, shown_label, shown_segment
from poseact.timeline import Segment

BACKGROUND: Colour = (20, 22, 26)
EMPTY, IN_VIEW = (32, 35, 41), (58, 62, 71)
TEXT, DIM_TEXT = (226, 229, 234), (146, 152, 162)
MOST_LANES = 6
MOST_FOOT_ROWS = 3
# How much of a bar's colour is left where the playhead has not been yet.
_AHEAD = 0.5
# With more lanes than this, names over short bars would make the panel too high.
_MOST_LANES_WITH_CALLS = 3


@dataclass(frozen=True)
class Measures:
    """Sizes in pixels that all pages share."""

    font: int
    width: int
    gutter: int
    rows: int
    calls: bool
    paged: bool
    foot_rows: int = 1

    @property
    def small(self) -> int:
        """Font size of the axis, the legend and names over bars."""
        return max(round(0.85 * self.font), 10)

    @property
    def pad(self) -> int:
        """Space at all sides."""
        return round(0.6 * self.font)

    @property
    def lane(self) -> int:
        """Height of a bar."""
        return round((1.5 if self.rows > 3 else 1.75) * self.font)

    @property
    def call(self) -> int:
        """Room over each lane for names of short bars."""
        return round(1.15 * self.small) if self.calls else 0

    @property
    def lane_step(self) -> int:
        """From one bar to the next."""
        return self.call + self.lane + max(round(0.25 * self.font), 2)

    def lane_top(self, row: int) -> int:
        """Upper edge of the bars of a row."""
        return self.top + row * self.lane_step + self.call

    @property
    def top(self) -> int:
        """Where the first lane begins."""
        return self.pad

    @property
    def axis_y(self) -> int:
        """Lower end of the lanes."""
        return self.top + max(self.rows, 1) * self.lane_step

    @property
    def ticks_y(self) -> int:
        """Middle of the numbers of the axis."""
        return self.axis_y + round(0.75 * self.font)

    @property
    def foot_y(self) -> int:
        """Middle of the line with the legend and the clock; more lines of the legend may follow."""
        return self.axis_y + round(2.1 * self.font)

    @property
    def foot_step(self) -> int:
        """From one line of the legend to the next."""
        return round(1.4 * self.font)

    @property
    def dot(self) -> int:
        """Radius of a dot of the legend."""
        return max(round(0.3 * self.font), 2)

    @property
    def height(self) -> int:
        """Height of the panel; even."""
        height = self.axis_y + round(1.6 * self.font) + self.foot_rows * self.foot_step
        return height + height % 2

    def axis(self, start_s: float, end_s: float) -> TimeAxis:
        """These times over the width that the names leave."""
        left = self.pad + self.gutter
        return TimeAxis(start_s, end_s, left, max(self.width - self.pad, left + 1))

    def names(self, lane: Lane, axis: TimeAxis) -> BarNames:
        """How the bars of a lane get their names."""
        rows, pad = int(self.calls), round(0.3 * self.font)
        limits = axis.left_px, max(self.width - self.pad // 2, axis.left_px)
        sizes = NameSizes((self.font, self.small), self.small, pad, self.small // 2, rows, limits)
        return name_bars(lane.segments, axis, sizes)


def wants_calls(lanes: list[Lane], axis: TimeAxis, measures: Measures) -> bool:
    """Whether names have to be written over bars, and there is room for it."""
    if measures.rows > _MOST_LANES_WITH_CALLS:
        return False
    return any(0 in measures.names(lane, axis).inside for lane in lanes)


class Page:
    """What does not move on one page."""

    def __init__(
        self,
        measures: Measures,
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
        self._names = [measures.names(lane, self.axis) for lane in self._lanes]

    @cached_property
    def stills(self) -> tuple[Image, Image]:
        """The page where it has been played, and where it has not."""
        m = self._m
        played = np.empty((m.height, m.width, 3), np.uint8)
        played[:] = BACKGROUND
        if self._many:
            self._draw_names(played)
        self._draw_axis(played)
        self._draw_legend(played)
        if not self._lanes:
            self._draw_nobody(played)
        ahead = played.copy()
        for lane, names, row in zip(self._lanes, self._names, range(MOST_LANES), strict=False):
            for image, strength in ((played, 1.0), (ahead, _AHEAD)):
                self._draw_lane(image, lane, names, m.lane_top(row), strength)
                self._draw_calls(image, names, m.lane_top(row))
        return played, ahead

    def _draw_nobody(self, image: Image) -> None:
        m, left, right = self._m, self.axis.left_px, self.axis.right_px
        image[m.top : m.top + m.lane, left:right] = EMPTY
        text = fit_text("nobody in view" if m.paged else "nobody was found", right - left, m.font)
        draw_text(image, text, ((left + right) // 2, m.top + m.lane // 2), m.font, DIM_TEXT, align=0.5)

    def _draw_lane(self, image: Image, lane: Lane, names: BarNames, top: int, strength: float) -> None:
        m, axis = self._m, self.axis
        image[top : top + m.lane, axis.left_px : axis.right_px] = EMPTY
        for start, end in lane.presence_s:
            image[top : top + m.lane, axis.x(start) : axis.x(end)] = IN_VIEW
        for number, segment in enumerate(lane.segments):
            self._draw_segment(image, segment, names.shown_inside(number), top, strength)

    def _draw_segment(self, image: Image, segment: Segment, font: int, top: int, strength: float) -> None:
        m, axis = self._m, self.axis
        x0, x1 = axis.x(segment.start_s), axis.x(segment.end_s)
        colour = mix(IN_VIEW, self._colours[segment.label], strength)
        width = max(x1 - x0 - 1, 1)
        radius = round(0.22 * m.font) if width > m.font else 0
        fill_rounded(image, (x0, top), (width, m.lane), radius, colour)
        if font:
            label = fit_name(shown_segment(segment), width, font)
            ink = mix(colour, ink_on(colour), 0.95 if strength == 1 else 0.88)
            x = x0 + min(round(0.45 * m.font), (width - text_width(label, font)) // 2)
            draw_text(image, label, (x, top + m.lane // 2), font, ink)

    def _draw_calls(self, image: Image, names: BarNames, top: int) -> None:
        """Names over their bars, each with a short line to it."""
        m = self._m
        thick = max(m.font // 8, 1)
        for call in names.calls:
            if call is not None:
                left = call.bar_x - thick // 2
                image[top - round(0.3 * m.small) : top, left : left + thick] = DIM_TEXT
                draw_text(image, call.text, (call.left, top - round(0.72 * m.small)), m.small, TEXT)

    def _draw_names(self, image: Image) -> None:
        m = self._m
        radius = max(round(0.32 * m.font), 2)
        for row, lane in enumerate(self._lanes):
            top = m.lane_top(row)
            if m.gutter:
                fill_dot(image, (m.pad + radius, top + m.lane // 2), radius, lane.colour)
                at = (m.pad + 2 * radius + round(0.4 * m.font), top + m.lane // 2)
                draw_text(image, person_name(lane.track_id), at, m.font, TEXT)
            else:
                image[top : top + m.lane, : max(m.pad - 2, 1)] = lane.colour

    def _draw_axis(self, image: Image) -> None:
        m, axis = self._m, self.axis
        more = f"+{self._hidden} more" if self._hidden else ""
        first = m.pad // 2
        if more and m.gutter > text_width(more, m.small):
            draw_text(image, more, (m.pad, m.ticks_y), m.small, DIM_TEXT)
            first = m.pad + text_width(more, m.small) + m.small // 2
        ticks, step = self._ticks()
        for time_s in ticks:
            x, text = axis.x(time_s), format_time(time_s, step)
            image[m.axis_y : m.axis_y + max(m.font // 4, 2), x : x + 1] = DIM_TEXT
            width = text_width(text, m.small)
            start = max(min(x - width / 2, m.width - m.pad // 2 - width), first)
            draw_text(image, text, (round(start), m.ticks_y), m.small, DIM_TEXT)

    def _ticks(self) -> tuple[list[float], float]:
        """Times so far apart that every one can have its number, and the step between them."""
        m, axis = self._m, self.axis
        for shown_step in (1.0, 0.1):
            widest = text_width(format_time(axis.end_s, shown_step), m.small)
            # Numbers at the ends are moved inwards by at most half their width.
            ticks, step = axis.ticks(round(max(widest + 1.5 * m.font, 1.5 * widest + 0.5 * m.font)))
            if step >= shown_step:
                break
        return ticks, step

    def _unnamed(self) -> list[str]:
        """Labels of bars without a whole name, those with most time first."""
        pairs = zip(self._lanes, self._names, strict=True)
        return list(label_totals(lane.segments[i] for lane, names in pairs for i in names.unnamed))

    def legend_rows(self) -> list[list[str]]:
        """The labels in lines; the first line shares its width with the clock."""
        rows: list[list[str]] = [[]]
        x, end = self._m.pad, self.axis.right_px - self._clock_width
        for label in self._unnamed():
            if x + self._entry_width(label) - self._m.font > end:
                rows.append([])
                x, end = self._m.pad, self.axis.right_px
            rows[-1].append(label)
            x += self._entry_width(label)
        return rows

    def _entry_width(self, label: str) -> int:
        return 3 * self._m.dot + text_width(shown_label(label), self._m.small) + self._m.font

    def _draw_legend(self, image: Image) -> None:
        m, rows = self._m, self.legend_rows()
        hidden = sum(len(row) for row in rows[m.foot_rows :])
        y = m.foot_y
        for row in rows[: m.foot_rows]:
            x = m.pad
            for label in row:
                fill_dot(image, (x + m.dot, y), m.dot, self._colours[label])
                draw_text(image, shown_label(label), (x + 3 * m.dot, y), m.small, TEXT)
                x += self._entry_width(label)
            y += m.foot_step
        if hidden:
            text = f"+{hidden}"
            x = min(x, self.axis.right_px - text_width(text, m.small))
            draw_text(image, text, (x, y - m.foot_step), m.small, DIM_TEXT)
