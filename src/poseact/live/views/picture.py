"""A live picture: skeletons, labels over the heads, and the last seconds of everybody below."""

from collections.abc import Sequence

import cv2
import numpy as np

from poseact.live.session import Moment, SeenPerson
from poseact.live.views.recent import Lately
from poseact.render.bar_names import fit_name
from poseact.render.colours import Colour, Image, ink_on, label_colours, track_colour
from poseact.render.panel_page import BACKGROUND, DIM_TEXT, EMPTY, IN_VIEW
from poseact.render.people import bones_of, draw_skeleton
from poseact.render.shapes import fill_rounded
from poseact.render.tags import Box, Tag, free_place, lay_tag, make_tag
from poseact.render.text import BOLD, draw_text, text_width
from poseact.render.time_axis import TimeAxis
from poseact.results import person_name, shown_label
from poseact.skeleton import SkeletonLayout

_MOST_LANES = 4
_MOST_WIDTH_PX, _LEAST_WIDTH_PX = 1280, 480
_TICK_S = 5.0


class LivePicture:
    """Draws moments of one live run.

    Args:
        layout: Joints of the poses to come.
        class_names: The model's classes, so that a label keeps its colour.
        span_s: Seconds that the lanes below show.
    """

    def __init__(self, layout: SkeletonLayout, class_names: Sequence[str], *, span_s: float = 20.0) -> None:
        self._bones, self._span_s = bones_of(layout), span_s
        self._colours = label_colours(class_names, class_names)
        self._num_lanes = 1

    def draw(self, moment: Moment, lately: Sequence[Lately], note: str = "") -> Image:
        """The picture of a moment, (H, W, 3) uint8 RGB; H and W are even.

        There is room for as many lanes as were ever wanted at once: the picture seldom changes its size.

        Args:
            moment: What is known with a frame.
            lately: See `Recent.people`; of many, those in view and those who left last are shown.
            note: A line in a corner of the picture.
        """
        picture, factor = _scaled(moment.frame.image)
        font = max(round(min(picture.shape[:2]) / 28), 12)
        self._draw_people(picture, moment.people, factor, font)
        if note:
            _draw_note(picture, note, font)
        lanes = _chosen(lately)
        self._num_lanes = max(self._num_lanes, len(lanes))
        panel = np.full((self._panel_height(font), picture.shape[1], 3), BACKGROUND, np.uint8)
        self._draw_lanes(panel, lanes, moment.frame.timestamp_s, font)
        return np.concatenate([picture, panel])

    def _draw_people(self, picture: Image, people: Sequence[SeenPerson], factor: float, font: int) -> None:
        placed: list[Box] = []
        tags: list[tuple[Tag, tuple[int, int]]] = []
        for person in people:
            points = (person.pose.keypoints_px + 0.5) * factor - 0.5
            seen = points[np.isfinite(points).all(axis=1)]
            if len(seen) == 0:
                continue
            size = float(np.hypot(*(seen.max(axis=0) - seen.min(axis=0))))
            width = float(np.clip(size / 85, 1.5, max(min(picture.shape[:2]) / 90, 1.5)))
            colour = track_colour(person.pose.track_id)
            draw_skeleton(picture, points, person.pose.confidence, self._bones, colour, width)
            tag = self._tag(person, len(people) == 1, font, picture.shape[1])
            tags.append((tag, _place(tag, seen, picture, placed, font)))
        for tag, (x, y) in tags:
            lay_tag(picture, tag, x, y)

    def _tag(self, person: SeenPerson, is_alone: bool, font: int, width: int) -> Tag:
        track_id, segment = person.pose.track_id, person.segment
        colour = track_colour(track_id)
        if segment is None:
            return make_tag(person_name(track_id), "", "", colour, font, width)
        name = "" if is_alone else str(track_id)
        label = _with_count(segment.label, segment.repetitions)
        return make_tag(name, label, f"{segment.score:.2f}", colour, font, width)

    def _panel_height(self, font: int) -> int:
        height = round((self._num_lanes * 1.9 + 2.0) * font)
        return height + height % 2

    def _draw_lanes(self, panel: Image, lately: Sequence[Lately], now_s: float, font: int) -> None:
        names = [person_name(one.track_id) for one in lately] or [person_name(0)]
        gutter = max(text_width(name, font) for name in names) + font
        axis = TimeAxis(now_s - self._span_s, now_s, font // 2 + gutter, panel.shape[1] - font // 2)
        step = round(1.9 * font)
        for row, one in enumerate(lately):
            top = font // 2 + row * step
            draw_text(
                panel,
                person_name(one.track_id),
                (font // 2, top + step // 2),
                font,
                track_colour(one.track_id),
            )
            self._draw_lane(panel, one, axis, (top, step - font // 3), font)
        below = font // 2 + self._num_lanes * step + font // 2
        for seconds in np.arange(0, self._span_s + 1e-6, _TICK_S):
            text = "now" if seconds == 0 else f"{-seconds:.0f} s"
            draw_text(
                panel,
                text,
                (axis.x(now_s - seconds), below),
                round(0.85 * font),
                DIM_TEXT,
                align=0.5 if seconds else 1.0,
            )

    def _draw_lane(self, panel: Image, one: Lately, axis: TimeAxis, rows: tuple[int, int], font: int) -> None:
        top, height = rows
        until_s = axis.end_s if one.until_s is None else one.until_s
        bars: list[tuple[float, float, Colour, str]] = [(axis.start_s, axis.end_s, EMPTY, "")]
        bars.append((one.since_s, until_s, IN_VIEW, ""))
        for segment in one.segments:
            colour = self._colours.get(segment.label, IN_VIEW)
            bars.append(
                (segment.start_s, segment.end_s, colour, _with_count(segment.label, segment.repetitions))
            )
        for start_s, end_s, colour, text in bars:
            left, right = axis.x(start_s), axis.x(end_s)
            if right <= left:
                continue
            fill_rounded(panel, (left, top), (right - left, height), font // 4, colour)
            if text and (name := fit_name(text, right - left - font // 2, font)):
                draw_text(
                    panel, name, (left + font // 4, top + height // 2), font, ink_on(colour), weight=BOLD
                )


def _with_count(label: str, repetitions: int | None) -> str:
    return shown_label(label) + (f" ×{repetitions}" if repetitions else "")


def _scaled(image: Image) -> tuple[Image, float]:
    """A copy of a size that suits a screen, even in both directions, and by how much it was enlarged."""
    height, width = image.shape[:2]
    wanted = min(max(width, _LEAST_WIDTH_PX), _MOST_WIDTH_PX)
    factor = wanted / width
    size = (wanted + wanted % 2, max(round(height * factor / 2) * 2, 2))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    out = image.copy() if size == (width, height) else cv2.resize(image, size, interpolation=method)
    return np.asarray(out, np.uint8), factor


def _place(tag: Tag, seen: np.ndarray, picture: Image, placed: list[Box], font: int) -> tuple[int, int]:
    """Where a tag goes: over the head, inside the picture, on no other tag; it is added to those placed."""
    width, height = tag.size_wh
    room = max(picture.shape[1] - width, 0), max(picture.shape[0] - height, 0)
    x = round(float(seen[:, 0].mean()) - width / 2)
    y = round(float(seen[:, 1].min()) - height - 1.2 * font)
    wish = min(max(x, 0), room[0]), min(max(y, 0), room[1])
    left, top = free_place(wish, (width, height), room, placed, max(font // 6, 2))
    placed.append((left, top, left + width, top + height))
    return left, top


def _draw_note(picture: Image, note: str, font: int) -> None:
    size = max(round(0.8 * font), 11)
    tag = make_tag(note, "", "", DIM_TEXT, size, picture.shape[1])
    lay_tag(picture, tag, picture.shape[1] - tag.size_wh[0] - size // 2, size // 2)


def _chosen(lately: Sequence[Lately]) -> list[Lately]:
    """At most so many lanes: those in view before those who have left, then the latest; in their order."""
    if len(lately) <= _MOST_LANES:
        return list(lately)
    by_worth = sorted(lately, key=lambda one: (one.until_s is None, one.until_s or 0.0), reverse=True)
    kept = {one.track_id for one in by_worth[:_MOST_LANES]}
    return [one for one in lately if one.track_id in kept]
