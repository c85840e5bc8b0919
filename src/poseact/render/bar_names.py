"""Names of timeline bars: inside a bar where they fit, else over it with a thin line to the bar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from poseact.render.colours import NEUTRAL_LABELS
from poseact.render.text import fit_text, text_width
from poseact.render.time_axis import TimeAxis
from poseact.results import shown_label, shown_segment
from poseact.timeline import Segment

_CENTRE, _FLAG, _LEFT_FLAG = 0.5, 0.0, 1.0
# About as many short names as find room over one lane.
_MOST_CALLS = 80


@dataclass(frozen=True)
class NameSizes:
    """Measures in pixels.

    Attributes:
        fonts: Sizes that a name may have inside a bar, the preferred one first.
        call_font: Size of a name over its bar.
        pad: Room on each side of a name inside a bar.
        gap: Least distance between names over bars.
        rows: As many rows of names may lie over the bars.
        limits: Least and greatest x of names over bars.
    """

    fonts: tuple[int, ...]
    call_font: int
    pad: int
    gap: int
    rows: int
    limits: tuple[int, int]


@dataclass(frozen=True)
class Call:
    """A name over a bar.

    Attributes:
        text: The name.
        bar_x: Middle of the bar, where the line to the name starts.
        left: x of the first letter.
        row: 0 lies next to the bars, 1 over it, and so on.
    """

    text: str
    bar_x: int
    left: int
    row: int


@dataclass(frozen=True)
class BarNames:
    """How the bars of one lane get their names.

    Attributes:
        inside: For each segment the font size of the whole name inside the bar, 0 = does not fit.
        calls: For each segment the name over the bar, where there is one.
        cut_font: Font size of what is left of a name that fits nowhere.
    """

    inside: tuple[int, ...]
    calls: tuple[Call | None, ...]
    cut_font: int

    @property
    def rows(self) -> int:
        """Rows of names over the bars that are used."""
        return max((call.row + 1 for call in self.calls if call), default=0)

    def shown_inside(self, number: int) -> int:
        """The font size of what is written inside a bar, whole or cut; 0 = the name is over it."""
        return self.inside[number] or (0 if self.calls[number] else self.cut_font)

    @property
    def unnamed(self) -> list[int]:
        """Segments that have no whole name, neither inside nor over their bars."""
        pairs = zip(self.inside, self.calls, strict=True)
        return [i for i, (font, call) in enumerate(pairs) if not font and call is None]


def name_bars(segments: Sequence[Segment], axis: TimeAxis, sizes: NameSizes) -> BarNames:
    """Find a place for the name of each segment of a lane.

    Where the rows do not suffice, first the bars that say "none of these" go without a name, whose
    colour is the same everywhere, then the shortest.
    """
    inside, wanted = [], {}
    for i, segment in enumerate(segments):
        x0, x1 = axis.x(segment.start_s), axis.x(segment.end_s)
        label = shown_segment(segment)
        room = x1 - x0 - 2 * sizes.pad
        font = next((size for size in sizes.fonts if text_width(label, size) <= room), 0)
        inside.append(font)
        if not font and label:
            wanted[i] = Call(label, (x0 + x1) // 2, 0, 0)

    neutral = {i for i in wanted if segments[i].label.lower() in NEUTRAL_LABELS}
    order = sorted(wanted, key=lambda i: (i in neutral, segments[i].start_s - segments[i].end_s))
    calls = _called(wanted, order[:_MOST_CALLS], neutral, sizes)
    return BarNames(tuple(inside), tuple(calls.get(i) for i in range(len(segments))), sizes.fonts[-1])


def _called(
    wanted: dict[int, Call], order: list[int], neutral: set[int], sizes: NameSizes
) -> dict[int, Call]:
    """The names that find a place over their bars; `order` begins with the most urgent."""

    def from_right(numbers: Iterable[int]) -> list[int]:
        return sorted(numbers, key=lambda i: -wanted[i].bar_x)

    if sizes.rows == 0:
        return {}
    if sizes.rows == 1:
        others = from_right(set(order) - neutral) + [i for i in order if i in neutral]
        tries = _placed(wanted, order, sizes), _placed(wanted, others, sizes, (_FLAG, _LEFT_FLAG))
        return max(tries, key=lambda placed: len(placed.keys() - neutral))
    placed = _most_placed(wanted, from_right(order), sizes)
    if len(placed) < len(order):
        placed = _most_placed(wanted, from_right(set(order) - neutral), sizes)
    return placed


def _most_placed(wanted: dict[int, Call], from_right: list[int], sizes: NameSizes) -> dict[int, Call]:
    """The best of three ways; names over crowds of bars at either end need the second or third."""
    tries = (
        _placed(wanted, from_right, sizes),
        _placed(wanted, from_right, sizes, (_FLAG, _LEFT_FLAG)),
        _placed(wanted, from_right[::-1], sizes, (_LEFT_FLAG, _FLAG)),
    )
    return max(tries, key=len)


def fit_name(label: str, width: int, font_px: int) -> str:
    """A label as it is written inside a bar: whole, cut with an ellipsis, or empty."""
    whole = shown_label(label)
    text = fit_text(whole, width - font_px // 2, font_px)
    return text if text == whole or len(text) > 3 else ""


def _placed(
    wanted: dict[int, Call],
    order: Sequence[int],
    sizes: NameSizes,
    aligns: tuple[float, ...] = (_CENTRE, _FLAG, _LEFT_FLAG),
) -> dict[int, Call]:
    """One after another gets the lowest place where neither names nor lines meet."""
    out: dict[int, Call] = {}
    for number, i in enumerate(order):
        waiting = [wanted[other].bar_x for other in order[number + 1 :]]
        place = _place(wanted[i], list(out.values()), waiting, sizes, aligns)
        if place is not None:
            out[i] = place
    return out


def _place(
    call: Call, placed: list[Call], waiting: list[int], sizes: NameSizes, aligns: tuple[float, ...]
) -> Call | None:
    width = text_width(call.text, sizes.call_font)
    least, most = sizes.limits
    for row in range(sizes.rows):
        for align in aligns:
            left = round(call.bar_x - align * width)
            left = max(min(left, most - width), least)
            # The lines of names still to come have to end under this one.
            under = sum(left - sizes.gap < x < left + width + sizes.gap for x in waiting)
            new = Call(call.text, call.bar_x, left, row)
            if row >= min(under, sizes.rows - 1) and not any(_meet(new, old, sizes) for old in placed):
                return new
    return None


def _meet(a: Call, b: Call, sizes: NameSizes) -> bool:
    """Whether two names lie on one another, or the line to one runs through the other."""
    low, high = (a, b) if a.row <= b.row else (b, a)
    end = low.left + text_width(low.text, sizes.call_font) + sizes.gap
    if a.row == b.row:
        other = high.left + text_width(high.text, sizes.call_font) + sizes.gap
        return low.left < other and high.left < end
    return low.left - sizes.gap < high.bar_x < end
