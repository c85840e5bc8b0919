"""Truth and answers of one person as bars over a common axis of time, as SVG."""

import math
from collections.abc import Iterator, Mapping, Sequence

from poseact.annotations import Span
from poseact.judging.detection import moments
from poseact.judging.lanes import Lane
from poseact.judging.timeline_words import seconds
from poseact.judging.words import printable
from poseact.render.colours import NEUTRAL, Colour, ink_on
from poseact.report.markup import Markup, element, percent
from poseact.results import shown_label

# Units of the picture are about pixels of a wide window.
_WIDTH, _LEFT, _RIGHT = 1100.0, 52.0, 8.0
_BAR, _TRUE_Y, _STRIP_Y, _SAID_Y, _TOLD_Y, _AXIS_Y, _HEIGHT = 24.0, 2.0, 28.0, 34.0, 59.0, 68.0, 84.0
_STRIP = 4.0
_LETTER = 6.4
# A recording up to the first length is one row; a longer one has rows of the second, or more rows than
# anybody reads become longer ones.
_ONE_ROW_S, _ROW_S, _MOST_ROWS = 90.0, 60.0, 40

_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_MOST_TICKS = 14

Colours = Mapping[str, Colour]


def lane_rows(lane: Lane, colours: Colours) -> list[Markup]:
    """The pictures of a lane, a row each; long recordings have several."""
    length = lane.end_s - lane.start_s
    row_s = length if length <= _ONE_ROW_S else max(_ROW_S, math.ceil(length / _MOST_ROWS))
    count = max(1, math.ceil(length / row_s - 1e-9)) if row_s else 1
    starts = [lane.start_s + i * row_s for i in range(count)]
    return [_row(lane, start, max(row_s, 1e-3), colours) for start in starts]


def _row(lane: Lane, start_s: float, row_s: float, colours: Colours) -> Markup:
    scale = (_WIDTH - _LEFT - _RIGHT) / row_s
    view = _View(start_s, min(start_s + row_s, lane.end_s), scale)
    parts: list[Markup | None] = [*_axis(view), _name("truth", _TRUE_Y), _name("said", _SAID_Y)]
    parts += [view.bar(s, _TRUE_Y, NEUTRAL, "faint", "no action") for s in lane.background]
    for start, end in lane.ignored:
        parts.append(view.bar(Span("not judged", start, end), _TRUE_Y, NEUTRAL, "faint", "not judged"))
    parts += [view.bar(span, _TRUE_Y, colours[span.label]) for span in lane.truth]
    parts += _strip(lane, view)
    parts += [view.bar(span, _SAID_Y, colours[span.label], told=_told(span)) for span in lane.found]
    parts += [view.told_mark(span.told_s) for span in lane.found if span.told_s is not None]
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}",
        class_="timeline",
        role="img",
        aria_label=_spoken(lane, view),
    )


class _View:
    """What of the clock a row shows, and where it lies."""

    def __init__(self, start_s: float, end_s: float, scale: float) -> None:
        self.start_s, self.end_s, self._scale = start_s, end_s, scale

    def x(self, time_s: float) -> float:
        return _LEFT + (time_s - self.start_s) * self._scale

    def inside(self, start_s: float, end_s: float) -> tuple[float, float] | None:
        """Left end and width of what of it lies in the row."""
        low, high = max(start_s, self.start_s), min(end_s, self.end_s)
        return (self.x(low), (high - low) * self._scale) if high > low else None

    def bar(self, span: Span, y: float, colour: Colour, class_: str = "", told: str = "") -> Markup | None:
        place = self.inside(span.start_s, span.end_s)
        if place is None:
            return None
        x, width = place
        name = shown_label(span.label)
        words = f"{name}, {span.start_s:.2f} to {span.end_s:.2f} s" + (f", {told}" if told else "")
        fitting = int((width - 6) / _LETTER)
        shown = name if len(name) <= fitting else f"{name[: fitting - 1]}…" if fitting >= 4 else ""
        fill = None if class_ else hex_of(colour)
        ink = None if class_ else f"fill: {hex_of(ink_on(colour))}"
        text = element("text", shown, x=x + 4, y=y + _BAR / 2, dominant_baseline="central", style=ink)
        return element(
            "g",
            element("title", words),
            element("rect", x=x, y=y, width=max(width - 0.8, 0.8), height=_BAR, rx=2, fill=fill),
            text if shown else None,
            class_=class_ or None,
        )

    def told_mark(self, told_s: float) -> Markup | None:
        if not self.start_s <= told_s <= self.end_s:
            return None
        x, y = self.x(told_s), _TOLD_Y
        points = f"{x:.1f},{y:.1f} {x - 3.5:.1f},{y + 6:.1f} {x + 3.5:.1f},{y + 6:.1f}"
        return element("polygon", points=points, class_="told")


def _strip(lane: Lane, view: _View) -> Iterator[Markup]:
    """Between the bars: where they differ."""
    if not lane.is_annotated:
        return
    for moment in moments(lane):
        place = view.inside(moment.start_s, moment.end_s)
        if place is not None and not moment.is_right:
            yield element("rect", x=place[0], y=_STRIP_Y, width=place[1], height=_STRIP, class_="differ")


def _axis(view: _View) -> Iterator[Markup]:
    right = _WIDTH - _RIGHT
    yield element("line", x1=_LEFT, x2=right, y1=_AXIS_Y, y2=_AXIS_Y, class_="grid")
    for tick in _ticks(view):
        x = view.x(tick)
        yield element("line", x1=x, x2=x, y1=0, y2=_AXIS_Y, class_="grid")
        yield element("text", _clock(tick), x=x, y=_AXIS_Y + 12, text_anchor="middle", class_="tick")


def _ticks(view: _View) -> Sequence[float]:
    """Round moments inside the row, `_MOST_TICKS` at most."""
    span = view.end_s - view.start_s
    step = next((step for step in _STEPS_S if span <= step * _MOST_TICKS), span / _MOST_TICKS)
    first, last = math.ceil(view.start_s / step - 1e-9), math.floor(view.end_s / step + 1e-9)
    return [round(i * step, 3) for i in range(first, last + 1)]


def _clock(time_s: float) -> str:
    """``12``, ``2.5``, from a minute on ``1:05``."""
    if time_s < 60:
        return f"{time_s:g}" if time_s == round(time_s, 1) else f"{time_s:.2f}"
    minutes, rest = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _name(text: str, y: float) -> Markup:
    place = {"x": _LEFT - 8, "y": y + _BAR / 2, "text_anchor": "end", "dominant_baseline": "central"}
    return element("text", text, **place, class_="side")


def _told(span: Span) -> str:
    told = f", told at {seconds(span.told_s)}" if span.told_s is not None else ""
    return f"score {percent(span.score, 0)}{told}"


def _spoken(lane: Lane, view: _View) -> str:
    """The row in words, for those who do not see it."""

    def listed(spans: Sequence[Span]) -> str:
        there = [span for span in spans if view.inside(span.start_s, span.end_s)]
        said = (f"{printable(s.label)} {s.start_s:.1f} to {s.end_s:.1f} s" for s in there)
        return ", ".join(said) or "nothing"

    return f"Truth: {listed(lane.truth)}. Said: {listed(lane.found)}."


def hex_of(colour: Colour) -> str:
    """``#7ccff1``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
