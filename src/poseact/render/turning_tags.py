"""The label tags of a 3D view: above people's heads, wherever the camera's turn takes them."""

import numpy as np
from numpy.typing import NDArray

from poseact.render.colours import Image, track_colour
from poseact.render.tags import Box, free_place, lay_tag, make_tag
from poseact.results import shown_label
from poseact.timeline import Timeline

_GAP_SHARE = 0.6


class TurningTags:
    """Writes what people do over them.

    Args:
        timeline: Whose segments are written.
        track_ids: Of the people, in the order of their rows.
        font_px: Size of the letters.
    """

    def __init__(self, timeline: Timeline, track_ids: list[int], font_px: int) -> None:
        self._timeline = timeline
        self._track_ids = track_ids
        self._font = font_px

    def draw_into(self, area: Image, places: NDArray[np.float64], time_s: float) -> None:
        """Write the labels of a time.

        Args:
            area: (H, W, 3) uint8, the picture.
            places: (M, V, 2), the joints in it; NaN where they are not seen.
            time_s: On the clip's own clock.
        """
        height, width = area.shape[:2]
        placed: list[Box] = []
        for track_id, joints in zip(self._track_ids, places, strict=True):
            segment = self._timeline.at(track_id, time_s)
            seen = joints[np.isfinite(joints).all(axis=-1)]
            if segment is None or len(seen) == 0:
                continue
            name = f"{track_id}" if len(self._track_ids) > 1 else ""
            label, score = shown_label(segment.label), f"{segment.score:.2f}"
            tag = make_tag(name, label, score, track_colour(track_id), self._font, width)
            w, h = tag.size_wh
            gap = round(_GAP_SHARE * self._font)
            middle, top = (seen[:, 0].min() + seen[:, 0].max()) / 2, seen[:, 1].min()
            room = (max(width - w, 0), max(height - h, 0))
            wish = np.clip((middle - w / 2, top - h - gap), 0, room).round().astype(int)
            x, y = free_place((int(wish[0]), int(wish[1])), (w, h), room, placed, max(gap // 3, 1))
            placed.append((x, y, x + w, y + h))
            lay_tag(area, tag, x, y)
