"""The annotated video picture: skeletons, tags and a timeline over each frame."""

from bisect import bisect_right
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.render.colours import Image, label_colours, track_colour
from poseact.render.lanes import lanes_of
from poseact.render.panel import TimelinePanel
from poseact.render.people import bones_of, draw_skeleton
from poseact.render.tag_paths import Scene, corners, moving_mean, tag_paths
from poseact.render.tags import Tag, lay_tag, make_tag, tag_size
from poseact.results import person_name, shown_label
from poseact.sequence import PoseSequence
from poseact.timeline import Segment, Timeline

# Pictures with a shorter side than this are enlarged by a whole number, so that text can be read.
_LEAST_SIDE_PX, _MOST_SIDE_PX = 360, 1920
_FONT_SHARE, _LEAST_FONT_PX = 1 / 32, 12
_SIZE_SMOOTHING_S = 1.0


class Overlay:
    """Draws what was found over the frames of one video; make one per video.

    Pictures may be drawn in any order, and the same one always looks the same.
    """

    def __init__(
        self,
        poses: PoseSequence,
        timeline: Timeline,
        *,
        frame_size_wh: tuple[int, int] | None = None,
        class_names: Sequence[str] = (),
        panel: bool = True,
        font_px: int | None = None,
    ) -> None:
        """Prepare everything that is the same in all frames.

        Args:
            poses: In pixels or normalized; see `poseact.render.on_black` for metres.
            timeline: Segments of the people in `poses`.
            frame_size_wh: Size of the pictures that will come; by default that of `poses`.
            class_names: The model's classes, so that a label has the same colour in all videos.
            panel: Whether the timeline goes under the picture.
            font_px: Size of text in the drawn picture; by default what suits the picture.

        Raises:
            InvalidInputError: If the picture size is not known, or the poses are in metres.
        """
        size_wh = frame_size_wh or poses.frame_size_wh
        if size_wh is None:
            raise InvalidInputError("overlay: the poses have no picture size, so frame_size_wh must be given")
        if poses.units == "m":
            raise InvalidInputError("overlay: expected poses in pixels, found metres; see render.on_black")
        self.input_size_wh = size_wh
        self.factor = enlargement(size_wh)
        self._picture_wh = _even_size(size_wh[0] * self.factor, size_wh[1] * self.factor)
        self._font = font_px or max(round(min(self._picture_wh) * _FONT_SHARE), _LEAST_FONT_PX)
        self._tag_gap = max(self._font // 6, 2)
        self._poses = poses
        self._bones = bones_of(poses.layout)
        self._points = self._scaled_points(poses, size_wh)
        self._segments = {i: timeline.of_track(i) for i in poses.track_ids.tolist()}
        self._starts = {i: [s.start_s for s in segments] for i, segments in self._segments.items()}
        self._prepare_people(poses)
        self._panel = self._make_panel(poses, timeline, class_names) if panel else None

    @property
    def output_size_wh(self) -> tuple[int, int]:
        """Size of the drawn pictures; both numbers are even, as H.264 needs."""
        height = self._panel.height_px if self._panel else 0
        return self._picture_wh[0], self._picture_wh[1] + height

    def _make_panel(
        self, poses: PoseSequence, timeline: Timeline, class_names: Sequence[str]
    ) -> TimelinePanel:
        colours = label_colours([s.label for s in timeline.segments], class_names)
        return TimelinePanel(
            lanes_of(poses, timeline),
            (timeline.start_s, timeline.end_s),
            self._picture_wh[0],
            self._font,
            colours,
        )

    def _scaled_points(self, poses: PoseSequence, size_wh: tuple[int, int]) -> NDArray[np.float32]:
        """(M, T, V, 2) in pixels of the output picture."""
        points = poses.keypoints[..., :2]
        if poses.units == "normalized":
            points = points * np.array(size_wh, np.float32)
        elif poses.frame_size_wh not in (None, size_wh):
            raise InvalidInputError(
                f"overlay: the poses belong to pictures of {poses.frame_size_wh}, found {size_wh}"
            )
        # The middle of pixel 0 lies at 0; enlarged, it is the middle of `factor` pixels.
        return ((points + 0.5) * self.factor - 0.5).astype(np.float32)

    def _prepare_people(self, poses: PoseSequence) -> None:
        self._present = poses.present
        low, high = _extent(self._points)
        size = np.hypot(*np.moveaxis(high - low, -1, 0))
        self._sizes = np.array([moving_mean(s, poses.timestamps, _SIZE_SMOOTHING_S) for s in size])
        self._sizes = np.where(self._present, self._sizes.reshape(size.shape), np.nan)
        self._tag_paths = self._find_tag_paths(poses)
        gaps = np.diff(poses.timestamps)
        self._patience_s = 0.75 * float(np.median(gaps)) if len(gaps) else 1.0

    def _find_tag_paths(self, poses: PoseSequence) -> NDArray[np.float64]:
        """(M, T, 3): where each person's tag is held in each frame, see `tag_paths`."""
        scene = Scene(
            self._points,
            poses.confidence,
            self._sizes,
            poses.timestamps,
            poses.layout,
            self._bones.head,
            self._picture_wh,
            self._tag_gap,
        )
        widths = np.zeros(self._present.shape, np.intp)
        height = 0
        for m, track_id in enumerate(poses.track_ids.tolist()):
            texts = (None, *self._segments[track_id])
            sizes = [tag_size(*self._tag_text(track_id, s), self._font, self._picture_wh[0]) for s in texts]
            here = [self._segment_number(track_id, time_s) for time_s in poses.timestamps.tolist()]
            widths[m] = np.array([width for width, _ in sizes])[np.array(here, np.intp)]
            height = sizes[0][1]
        return tag_paths(scene, widths, height)

    def draw(self, image: Image, timestamp_s: float) -> Image:
        """The annotated picture of one frame; the frame itself is not touched.

        Args:
            image: (H, W, 3) uint8 RGB of the size promised.
            timestamp_s: The frame's time; the poses nearest to it are drawn.

        Returns:
            (H_out, W_out, 3) uint8 RGB, `output_size_wh` large.

        Raises:
            InvalidInputError: If the picture has another size.
        """
        if image.shape != (self.input_size_wh[1], self.input_size_wh[0], 3):
            raise InvalidInputError(
                f"overlay: expected a picture of {self.input_size_wh} pixels, found shape {image.shape}"
            )
        out_width, out_height = self.output_size_wh
        canvas = np.empty((out_height, out_width, 3), np.uint8)
        height = self._picture_wh[1]
        picture = canvas[:height]
        _fill_picture(picture, image, self.factor)
        t = self._frame_at(timestamp_s)
        if t is not None:
            self._draw_people(picture, t, timestamp_s)
        if self._panel:
            self._panel.draw_into(canvas[height:], timestamp_s)
        return canvas

    def draw_on_black(self, timestamp_s: float) -> Image:
        """As `draw`, over a black picture."""
        width, height = self.input_size_wh
        return self.draw(np.zeros((height, width, 3), np.uint8), timestamp_s)

    def _frame_at(self, timestamp_s: float) -> int | None:
        """Index of the poses nearest in time; None where there are none near enough."""
        times = self._poses.timestamps
        if len(times) == 0:
            return None
        after = int(np.searchsorted(times, timestamp_s))
        near = min(
            (i for i in (after - 1, after) if 0 <= i < len(times)), key=lambda i: abs(times[i] - timestamp_s)
        )
        return near if abs(times[near] - timestamp_s) <= self._patience_s else None

    def _draw_people(self, picture: Image, t: int, timestamp_s: float) -> None:
        people = np.flatnonzero(self._present[:, t])
        widest = min(self._picture_wh) / 90
        for m in people[np.argsort(self._sizes[people, t])].tolist():
            width = float(np.clip(self._sizes[m, t] / 85, 1.5, max(widest, 1.5)))
            colour = track_colour(int(self._poses.track_ids[m]))
            draw_skeleton(
                picture, self._points[m, t], self._poses.confidence[m, t], self._bones, colour, width
            )
        tags = [self._tag(int(self._poses.track_ids[m]), timestamp_s) for m in people.tolist()]
        sizes = [tag.size_wh for tag in tags]
        places = corners(self._tag_paths[people, t], sizes, self._picture_wh, self._tag_gap)
        for tag, (x, y) in zip(tags, places, strict=True):
            lay_tag(picture, tag, x, y)

    def _tag(self, track_id: int, timestamp_s: float) -> Tag:
        number = self._segment_number(track_id, timestamp_s)
        segment = self._segments[track_id][number - 1] if number else None
        text = self._tag_text(track_id, segment)
        return make_tag(*text, track_colour(track_id), self._font, self._picture_wh[0])

    def _segment_number(self, track_id: int, timestamp_s: float) -> int:
        """Which of a person's segments, counted from 1, lasts at a time; 0 = none."""
        place = bisect_right(self._starts[track_id], timestamp_s)
        return place if place and timestamp_s < self._segments[track_id][place - 1].end_s else 0

    def _tag_text(self, track_id: int, segment: Segment | None) -> tuple[str, str, str]:
        """Who, what, how sure."""
        if segment is None:
            return person_name(track_id), "", ""
        alone = self._poses.num_persons == 1
        return "" if alone else str(track_id), shown_label(segment.label), f"{segment.score:.2f}"


def enlargement(size_wh: tuple[int, int]) -> int:
    """The whole number by which pictures of this size are enlarged before drawing."""
    short, long = min(size_wh), max(size_wh)
    if short < 1:
        raise InvalidInputError(f"overlay: expected a picture size of at least 1x1, found {size_wh}")
    return max(min(-(-_LEAST_SIDE_PX // short), _MOST_SIDE_PX // long), 1)


def _even_size(width: int, height: int) -> tuple[int, int]:
    """The size, made even upwards."""
    return width + width % 2, height + height % 2


def _fill_picture(picture: Image, image: Image, factor: int) -> None:
    """Copy the frame, enlarged, and repeat its last column or row where the size was made even."""
    height, width = image.shape[0] * factor, image.shape[1] * factor
    if factor == 1:
        picture[:height, :width] = image
    else:
        picture[:height, :width] = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    picture[height:, :width] = picture[height - 1 : height, :width]
    picture[:, width:] = picture[:, width - 1 : width]


def _extent(points: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Least and greatest x, y over the joints: (..., V, 2) to two (..., 2); NaN where none is seen."""
    missing = np.isnan(points)
    low = np.where(missing, np.inf, points).min(axis=-2)
    high = np.where(missing, -np.inf, points).max(axis=-2)
    none = missing.all(axis=-2)
    return (np.where(none, np.nan, low).astype(np.float32), np.where(none, np.nan, high).astype(np.float32))
