"""The timeline of one recording as a picture of its own: who did what when, and how sure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from poseact.errors import InvalidInputError
from poseact.render.bar_names import BarNames, NameSizes, fit_name, name_bars
from poseact.render.colours import BLACK, Colour, Image, ink_on, label_colours, mix
from poseact.render.lanes import Lane, busiest, label_totals, lanes_of
from poseact.render.score_strip import draw_score_strip
from poseact.render.shapes import fill_dot, fill_rounded
from poseact.render.text import BOLD, draw_text, fit_text, text_width
from poseact.render.time_axis import TimeAxis, format_time
from poseact.results import person_name, shown_label, shown_segment
from poseact.sequence import PoseSequence
from poseact.timeline import ClassScores, Segment, Timeline

_INK, _GREY = (33, 36, 41), (112, 118, 128)
_GRID, _EMPTY, _FRAME = (228, 231, 235), (243, 244, 246), (206, 210, 216)
_OTHER_CLASSES = (226, 229, 234)
MOST_LANES = 24
_MOST_NAME_ROWS = 6


@dataclass(frozen=True)
class _Sizes:
    """Every measure of the figure in pixels, from the width of the picture."""

    width: int

    def of(self, at_1600: float) -> int:
        """A measure that is given for a picture of 1600 pixels."""
        return max(round(at_1600 * self.width / 1600), 1)

    @property
    def margin(self) -> int:
        return self.of(36)

    @property
    def font(self) -> int:
        return self.of(22)

    @property
    def small(self) -> int:
        return self.of(18)

    @property
    def bar(self) -> int:
        return self.of(44)


def timeline_picture(
    poses: PoseSequence,
    timeline: Timeline,
    *,
    title: str = "",
    subtitle: str = "",
    class_names: Sequence[str] = (),
    scores: Mapping[int, ClassScores] | None = None,
    width_px: int = 1600,
) -> Image:
    """A figure with a lane per person: segments, time in view and, where given, class scores.

    Args:
        poses: Says when each person was in view.
        timeline: The segments.
        title: Bold first line, e.g. the file name.
        subtitle: Second line, e.g. the model.
        class_names: The model's K classes: the order of the scores, and of the colours.
        scores: For each track id its probabilities of the K classes.
        width_px: Width of the picture; everything scales with it.

    Returns:
        (H, width_px, 3) uint8 RGB.

    Raises:
        InvalidInputError: If the scores do not have as many classes as there are names.
    """
    scores = scores or {}
    for track_id, given in scores.items():
        if given.probabilities.shape[1] != len(class_names):
            raise InvalidInputError(
                f"timeline picture: expected scores of {len(class_names)} classes, "
                f"found {given.probabilities.shape[1]} for track {track_id}"
            )
    everybody = lanes_of(poses, timeline)
    figure = _Figure(busiest(everybody, MOST_LANES), timeline, class_names, scores, _Sizes(width_px))
    return figure.draw(title, subtitle, len(everybody))


class _Figure:
    """The parts of one timeline picture, from top to bottom."""

    def __init__(
        self,
        lanes: list[Lane],
        timeline: Timeline,
        class_names: Sequence[str],
        scores: Mapping[int, ClassScores],
        sizes: _Sizes,
    ) -> None:
        self.lanes, self.scores, self.sizes, self.class_names = lanes, scores, sizes, class_names
        self.totals = label_totals([s for lane in lanes for s in lane.segments])
        self.colours = label_colours(self.totals, class_names)
        names = [text_width(person_name(lane.track_id), sizes.font, BOLD) for lane in lanes]
        views = [text_width(_in_view(lane), sizes.of(16)) for lane in lanes]
        left = sizes.margin + max([*names, *views, sizes.of(100)]) + sizes.of(52)
        self.axis = TimeAxis(timeline.start_s, timeline.end_s, left, sizes.width - sizes.margin)
        self.names = {lane.track_id: self._bar_names(lane) for lane in lanes}

    def draw(self, title: str, subtitle: str, num_people: int) -> Image:
        """The whole picture."""
        sizes = self.sizes
        head = sizes.margin + (sizes.of(44) if title else 0) + (sizes.of(40) if subtitle else 0)
        lanes_bottom = head + sum(self._lane_height(lane) for lane in self.lanes)
        if not self.lanes:
            lanes_bottom += sizes.bar + sizes.of(12)
        legend_top = lanes_bottom + sizes.of(62)
        rows = self._legend_rows()
        height = legend_top + len(rows) * sizes.of(36) + sizes.of(20)
        image = np.full((height, sizes.width, 3), 255, np.uint8)
        self._draw_head(image, title, subtitle)
        self._draw_grid(image, head, lanes_bottom, num_people)
        top = head
        for lane in self.lanes:
            self._draw_lane(image, lane, top)
            top += self._lane_height(lane)
        if not self.lanes:
            middle = (self.axis.left_px + self.axis.right_px) // 2
            text = "nobody was found"
            draw_text(image, text, (middle, head + sizes.bar // 2), sizes.font, _GREY, align=0.5)
        for number, row in enumerate(rows):
            self._draw_legend_row(image, row, legend_top + number * sizes.of(36) + sizes.of(12))
        return image

    def _bar_names(self, lane: Lane) -> BarNames:
        sizes = self.sizes
        limits = self.axis.left_px, sizes.width - sizes.of(8)
        fonts = sizes.font, sizes.small, sizes.of(16)
        measures = NameSizes(fonts, sizes.of(17), sizes.of(6), sizes.of(8), _MOST_NAME_ROWS, limits)
        return name_bars(lane.segments, self.axis, measures)

    def _names_height(self, lane: Lane) -> int:
        """Room for the names over the bars of a lane."""
        rows = self.names[lane.track_id].rows
        return rows * self.sizes.of(22) + self.sizes.of(4) if rows else 0

    def _strip_height(self, lane: Lane) -> int:
        return self.sizes.of(64) if lane.track_id in self.scores else 0

    def _lane_height(self, lane: Lane) -> int:
        strip = self._strip_height(lane)
        bar = self._names_height(lane) + self.sizes.bar
        return bar + self.sizes.of(30) + (strip + self.sizes.of(14) if strip else 0)

    def _draw_head(self, image: Image, title: str, subtitle: str) -> None:
        sizes = self.sizes
        room, y = sizes.width - 2 * sizes.margin, sizes.margin
        if title:
            size = sizes.of(30)
            draw_text(image, fit_text(title, room, size, BOLD), (sizes.margin, y), size, _INK, weight=BOLD)
            y += sizes.of(40)
        if subtitle:
            text = fit_text(subtitle, room, sizes.of(20))
            draw_text(image, text, (sizes.margin, y), sizes.of(20), _GREY)

    def _draw_grid(self, image: Image, top: int, bottom: int, num_people: int) -> None:
        sizes, axis = self.sizes, self.axis
        widest = text_width(format_time(axis.end_s, 0.1), sizes.small)
        ticks, step = axis.ticks(widest + sizes.of(60))
        line = sizes.of(2)
        end = bottom + sizes.of(8)
        for time_s in ticks:
            x = axis.x(time_s)
            image[top:end, max(x - line // 2, 0) : x - line // 2 + line] = _GRID
            at = (x, end + sizes.of(18))
            draw_text(image, format_time(time_s, step), at, sizes.small, _GREY, align=0.5)
        image[bottom : bottom + line, axis.left_px : axis.right_px + 1] = _FRAME
        hidden = num_people - len(self.lanes)
        note = f"+{hidden} more people" if hidden else "time"
        draw_text(image, note, (sizes.margin, end + sizes.of(18)), sizes.small, _GREY)

    def _draw_lane(self, image: Image, lane: Lane, top: int) -> None:
        sizes, axis = self.sizes, self.axis
        top += self._names_height(lane)
        self._draw_lane_name(image, lane, top)
        for start, end in lane.presence_s:
            x0, x1 = axis.x(start), max(axis.x(end), axis.x(start) + 1)
            image[top : top + sizes.bar, x0:x1] = _EMPTY
            y = top + sizes.bar + sizes.of(4)
            fill_rounded(image, (x0, y), (x1 - x0, sizes.of(6)), sizes.of(3), lane.colour)
        names = self.names[lane.track_id]
        for number, segment in enumerate(lane.segments):
            self._draw_segment(image, segment, top, names.shown_inside(number))
        self._draw_calls(image, lane, top)
        if lane.track_id in self.scores:
            y = top + sizes.bar + sizes.of(20)
            rows = y, y + self._strip_height(lane)
            strip_colours = [self.colours.get(name, _OTHER_CLASSES) for name in self.class_names]
            order = self._stacking_order()
            draw_score_strip(image, self.scores[lane.track_id], strip_colours, order, axis, rows)
            for row in rows:
                image[row : row + 1, axis.left_px : axis.right_px] = _FRAME
            draw_text(image, "scores", (sizes.margin, sum(rows) // 2), sizes.small, _GREY)
            ends = ((rows[0] + sizes.of(7), "1"), (rows[1] - sizes.of(7), "0"))
            for y, text in ends:
                at = (axis.left_px - sizes.of(8), y)
                draw_text(image, text, at, sizes.of(15), _GREY, align=1)

    def _stacking_order(self) -> list[int]:
        """Classes by their time in the timeline, those that never appear last."""
        place = {name: i for i, name in enumerate(self.totals)}
        names = self.class_names
        return sorted(range(len(names)), key=lambda k: place.get(names[k], len(place)))

    def _draw_lane_name(self, image: Image, lane: Lane, top: int) -> None:
        sizes = self.sizes
        radius = sizes.of(8)
        y = top + sizes.bar // 2 - sizes.of(11)
        fill_dot(image, (sizes.margin + radius, y), radius, lane.colour)
        x = sizes.margin + 2 * radius + sizes.of(10)
        draw_text(image, person_name(lane.track_id), (x, y), sizes.font, _INK, weight=BOLD)
        draw_text(image, _in_view(lane), (x, y + sizes.of(26)), sizes.of(16), _GREY)

    def _draw_segment(self, image: Image, segment: Segment, top: int, font: int) -> None:
        """The bar, with its name where that fits at a font size, and the score where that does too."""
        sizes = self.sizes
        x0, x1 = self.axis.x(segment.start_s), self.axis.x(segment.end_s)
        width = max(x1 - x0 - sizes.of(2), 1)
        colour = self.colours[segment.label]
        radius = sizes.of(6) if width > sizes.of(16) else 0
        fill_rounded(image, (x0, top), (width, sizes.bar), radius, colour)
        if not font:
            return
        ink, middle = ink_on(colour), top + sizes.bar // 2
        label = fit_name(shown_segment(segment), width, font)
        free = width - text_width(label, font)
        x = x0 + min(sizes.of(10), free // 2)
        draw_text(image, label, (x, middle), font, ink)
        score, gap = f"{segment.score:.2f}", sizes.of(10)
        if text_width(score, sizes.small) + 3 * gap <= free:
            at = (x + text_width(label, font) + gap, middle)
            draw_text(image, score, at, sizes.small, mix(ink, colour, 0.25))

    def _draw_calls(self, image: Image, lane: Lane, top: int) -> None:
        """Names over their bars, each with a line in the colour of the bar."""
        sizes = self.sizes
        row_height, thick = sizes.of(22), sizes.of(2)
        for segment, call in zip(lane.segments, self.names[lane.track_id].calls, strict=True):
            if call is None:
                continue
            middle = top - sizes.of(4) - call.row * row_height - row_height // 2
            left = call.bar_x - thick // 2
            line_top = middle + sizes.of(9)
            image[line_top:top, left : left + thick] = mix(self.colours[segment.label], BLACK, 0.25)
            draw_text(image, call.text, (call.left, middle), sizes.of(17), _INK)

    def _legend_rows(self) -> list[list[tuple[str, Colour, str]]]:
        """Entries (label, colour, time) in as many rows as they need."""
        entries = [
            (shown_label(name), self.colours[name], _duration(total)) for name, total in self.totals.items()
        ]
        if self.scores and set(self.class_names) - set(self.totals):
            entries.append(("all other classes", _OTHER_CLASSES, ""))
        rows: list[list[tuple[str, Colour, str]]] = []
        used = 0
        for entry in entries:
            width = self._entry_width(entry)
            if not rows or used + width > self.sizes.width - self.axis.left_px - self.sizes.margin:
                rows.append([])
                used = 0
            rows[-1].append(entry)
            used += width
        return rows

    def _entry_width(self, entry: tuple[str, Colour, str]) -> int:
        sizes, (label, _, total) = self.sizes, entry
        return sizes.of(76) + text_width(label, sizes.small) + text_width(total, sizes.small)

    def _draw_legend_row(self, image: Image, row: list[tuple[str, Colour, str]], y: int) -> None:
        sizes, x = self.sizes, self.axis.left_px
        square = sizes.of(18)
        for entry in row:
            label, colour, total = entry
            fill_rounded(image, (x, y - square // 2), (square, square), sizes.of(4), colour)
            at = x + square + sizes.of(10)
            draw_text(image, label, (at, y), sizes.small, _INK)
            at += text_width(label, sizes.small) + sizes.of(10)
            draw_text(image, total, (at, y), sizes.small, _GREY)
            x += self._entry_width(entry)


def _duration(seconds: float) -> str:
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return f"{format_time(seconds)} {'min' if seconds < 3599.5 else 'h'}"


def _in_view(lane: Lane) -> str:
    return f"{_duration(lane.seen_s)} in view"
