"""The most probable labels of a moment as bars, and whether the first of them is the true one."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.label_scores import LabelScores
from poseact.render.colours import Colour, Image, track_colour
from poseact.render.shapes import fill_dot, fill_rounded
from poseact.render.text import BOLD, REGULAR, draw_text, fit_text, text_width
from poseact.results import person_name, shown_label
from poseact.timeline import ClassScores

BACKGROUND: Colour = (20, 22, 26)
TEXT: Colour = (232, 234, 238)
DIM: Colour = (146, 151, 160)
# Okabe and Ito's green and vermilion: told apart by colour-blind readers, too.
RIGHT: Colour = (0, 178, 130)
WRONG: Colour = (235, 104, 52)
_TRACK, _BAR, _FIRST = (40, 44, 51), (98, 108, 122), (104, 164, 220)
_NUM_BARS = 5
_MOST_COLUMNS = 2
_LEAST_FONT_PX = 10
# Of the font's size.
_ROW, _PAD = 1.55, 0.6
_MOST_NAME_SHARE = 0.56
# Between answers further apart than so many of their usual steps, nothing is said.
_LONGEST_GAP = 3.0


def same_label(a: str, b: str) -> bool:
    """Whether two labels are one and the same but for case, ``_`` and ``-``."""
    return _plain(a) == _plain(b)


def _plain(label: str) -> str:
    return " ".join(label.casefold().replace("_", " ").replace("-", " ").split())


def most_probable(probabilities: NDArray[np.float32], count: int = _NUM_BARS) -> list[int]:
    """Indices of the `count` greatest of (K,), the greatest first; equal ones in their order."""
    return [int(i) for i in np.argsort(-probabilities, kind="stable")[:count]]


def scores_at(scores: ClassScores, time_s: float) -> NDArray[np.float32] | None:
    """(K,) probabilities at a time, between those of the answers beside it; None where there are none.

    A single answer holds for all times.
    """
    times, values = scores.times_s, scores.probabilities
    if len(times) <= 1:
        return values[0] if len(times) and np.isfinite(values[0]).all() else None
    step = float(np.median(np.diff(times)))
    after = int(np.searchsorted(times, time_s))
    if after in (0, len(times)):
        edge = min(after, len(times) - 1)
        near = abs(float(times[edge]) - time_s) <= _LONGEST_GAP * step
        return values[edge] if near and np.isfinite(values[edge]).all() else None
    gap = float(times[after] - times[after - 1])
    share = (time_s - float(times[after - 1])) / gap
    if gap > _LONGEST_GAP * step:  # nobody was there in between
        edge = after if share > 0.5 else after - 1
        near = min(share, 1 - share) * gap <= step
        return values[edge] if near and np.isfinite(values[edge]).all() else None
    mixed = values[after - 1] + (values[after] - values[after - 1]) * np.float32(share)
    return mixed if np.isfinite(mixed).all() else None


@dataclass(frozen=True)
class Verdict:
    """The line above the bars.

    Attributes:
        text: What it says of the true label.
        is_right: Whether the first label is the true one; None where that cannot be said.
    """

    text: str
    is_right: bool | None


def verdict(
    probabilities: NDArray[np.float32] | None, class_names: Sequence[str], true_label: str
) -> Verdict:
    """Whether the most probable label is the true one."""
    named = f"true: {shown_label(true_label)}"
    index = next((i for i, name in enumerate(class_names) if same_label(name, true_label)), None)
    if index is None:
        return Verdict(f"{named} (not a class of the model)", None)
    if probabilities is None:
        return Verdict(named, None)
    order = most_probable(probabilities, len(class_names))
    # Among the bars its probability is told there.
    hidden = f", {probabilities[index]:.2f}" if index not in order[:_NUM_BARS] else ""
    return Verdict(f"{named}{hidden}", order[0] == index)


class LabelBars:
    """Draws the bars of one clip, a column for each of the (at most two) people most in view."""

    def __init__(
        self,
        scores: LabelScores,
        true_label: str | None,
        width_px: int,
        font_px: int,
        *,
        several: bool = False,
    ) -> None:
        """Measure.

        Args:
            scores: The model's answers.
            true_label: What the clip shows, if that is known.
            width_px: Of the panel.
            font_px: Of the text; smaller, down to 10, where names would not fit.
            several: Whether more people than one are seen, so that columns need their names.
        """
        self._scores = scores
        self._true = true_label
        self._width = width_px
        by_length = sorted(scores.by_track.items(), key=lambda item: -len(item[1].times_s))
        self._columns = sorted(by_length[:_MOST_COLUMNS], key=lambda item: -1 if item[0] is None else item[0])
        self._named = several and len(self._columns) > 1
        self._pad = max(round(_PAD * font_px), 4)
        self._row = round(_ROW * font_px)
        self._font, self._name_width = self._fit_names(font_px)

    @property
    def height_px(self) -> int:
        """Of the panel."""
        rows = (self._true is not None) + self._named + min(_NUM_BARS, len(self._scores.class_names))
        return 2 * self._pad + rows * self._row

    @property
    def _column_width(self) -> int:
        count = max(len(self._columns), 1)
        return (self._width - 2 * count * self._pad) // count

    def _fit_names(self, font_px: int) -> tuple[int, int]:
        """Font size and room for the names that ever appear."""
        shown = {self._scores.class_names[i] for _, s in self._columns for i in _ever_shown(s)}
        names = [shown_label(name) for name in shown] or [""]
        most = int(_MOST_NAME_SHARE * self._column_width)
        font = font_px
        while font > _LEAST_FONT_PX and max(text_width(n, font, BOLD) for n in names) > most:
            font -= 1
        return font, min(max(text_width(n, font, BOLD) for n in names), most)

    def draw_into(self, area: Image, time_s: float) -> None:
        """Draw the panel of a moment of the clip into (height_px or more, width_px, 3)."""
        # numpy takes ten times as long to spread three numbers over a picture.
        cv2.rectangle(area, (0, 0), (area.shape[1], area.shape[0]), BACKGROUND, -1)
        top = self._pad
        answers = [scores_at(scores, time_s) for _, scores in self._columns]
        if self._true is not None:
            # Of several people each has a mark of their own.
            alone = answers[0] if answers and not self._named else None
            self._draw_verdict(area, top, verdict(alone, self._scores.class_names, self._true))
            top += self._row
        for number, ((track, _), values) in enumerate(zip(self._columns, answers, strict=True)):
            left = self._pad + number * (self._column_width + 2 * self._pad)
            self._draw_column(area, left, top, track, values)
        if not self._columns:
            self._say(area, self._pad, top, "no answer: nobody is in view")

    def _draw_column(
        self, area: Image, left: int, top: int, track: int | None, values: NDArray[np.float32] | None
    ) -> None:
        if self._named:
            self._draw_person(area, left, top + self._row // 2, track, values)
            top += self._row
        if values is None:
            self._say(area, left, top, "no answer")
            return
        for place, index in enumerate(most_probable(values)):
            self._draw_bar(area, left, top + place * self._row, index, float(values[index]), first=place == 0)

    def _draw_person(
        self, area: Image, left: int, middle: int, track: int | None, values: NDArray[np.float32] | None
    ) -> None:
        """Whose bars these are, and whether the first is right."""
        name, radius = "everybody" if track is None else person_name(track), max(self._font // 3, 2)
        fill_dot(area, (left + radius, middle), radius, TEXT if track is None else track_colour(track))
        draw_text(area, name, (left + 3 * radius, middle), self._font, DIM)
        said = self._true and verdict(values, self._scores.class_names, self._true)
        if said and said.is_right is not None:
            x = left + 3 * radius + text_width(name, self._font) + self._font // 2
            draw_mark(area, (x, middle), self._font, is_right=said.is_right)

    def _say(self, area: Image, left: int, top: int, text: str) -> None:
        fitted = fit_text(text, self._column_width, self._font)
        draw_text(area, fitted, (left, top + self._row // 2), self._font, DIM)

    def _draw_verdict(self, area: Image, top: int, said: Verdict) -> None:
        colour = DIM if said.is_right is None else RIGHT if said.is_right else WRONG
        middle, left = top + self._row // 2, self._pad
        if said.is_right is not None:
            draw_mark(area, (left, middle), self._font, is_right=said.is_right)
            left += round(1.4 * self._font)
        room, font = self._width - self._pad - left, self._font
        while font > _LEAST_FONT_PX and text_width(said.text, font, BOLD) > room:
            font -= 1
        draw_text(area, fit_text(said.text, room, font, BOLD), (left, middle), font, colour, weight=BOLD)

    def _draw_bar(self, area: Image, left: int, top: int, index: int, share: float, *, first: bool) -> None:
        name = self._scores.class_names[index]
        is_true = self._true is not None and same_label(name, self._true)
        middle, weight = top + self._row // 2, BOLD if first or is_true else REGULAR
        shown = fit_text(shown_label(name), self._name_width, self._font, weight)
        draw_text(area, shown, (left, middle), self._font, TEXT if first or is_true else DIM, weight=weight)
        number = text_width("0.00", self._font)
        x0 = left + self._name_width + self._pad
        x1 = left + self._column_width - number - self._pad // 2
        high = max(round(0.62 * self._font), 3)
        colour = RIGHT if is_true else self._first_colour() if first else _BAR
        length = max(round(share * (x1 - x0)), 1)
        corner = (x0, middle - high // 2)
        fill_rounded(area, corner, (x1 - x0, high), 2, _TRACK)
        fill_rounded(area, corner, (length, high), 2, colour)
        at = (left + self._column_width, middle)
        draw_text(area, f"{share:.2f}", at, self._font, TEXT if first else DIM, align=1)

    def _first_colour(self) -> Colour:
        known = self._true is not None and any(same_label(n, self._true) for n in self._scores.class_names)
        return WRONG if known else _FIRST


def _ever_shown(scores: ClassScores) -> set[int]:
    good = scores.probabilities[np.isfinite(scores.probabilities).all(axis=1)]
    return set(np.argsort(-good, axis=1, kind="stable")[:, :_NUM_BARS].ravel().tolist())


def draw_mark(area: Image, at_xy: tuple[int, int], size_px: int, *, is_right: bool) -> None:
    """A tick or a cross, `size_px` large, with the middle of its left side at a place."""
    x, y = at_xy
    thick, r = max(round(size_px / 7), 2), 0.36 * size_px
    centre = np.array([x + 0.5 * size_px, y])
    if is_right:
        lines = np.array([[[-1, 0.05], [-0.3, 0.75]], [[-0.3, 0.75], [1, -0.8]]])
    else:
        lines = np.array([[[-0.85, -0.85], [0.85, 0.85]], [[-0.85, 0.85], [0.85, -0.85]]])
    for a, b in np.rint((centre + lines * r) * 16).astype(int).tolist():
        cv2.line(area, a, b, RIGHT if is_right else WRONG, thick, cv2.LINE_AA, 4)
