"""A clip in three dimensions: skeletons over a floor, seen by a camera that goes round them slowly."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.render.colours import BLACK, WHITE, Colour, Image, mix, track_colour
from poseact.render.faces import HEAD_SHARE, draw_head, face_only
from poseact.render.people import bones_of, limb_colours
from poseact.sequence import PoseSequence
from poseact.windows import square_pixels

Floats = NDArray[np.float64]

# The camera stands a little above the people and looks down on them.
_TILT_RAD = math.radians(11)
# Distance of the camera in half heights (or radii, if more) of the scene: a mild perspective.
_DISTANCE = 4.5
_MARGIN = 0.07
_NARROWEST, _WIDEST = 3 / 4, 16 / 9
_FLOOR, _GRID, _SHADOW = (21, 24, 29), (66, 73, 84), (10, 12, 15)
_GRID_M = 0.5
_MOST_LINES = 25
# How much of its colour the farthest limb loses to the dark.
_HAZE = 0.45
_SURE = 0.55
# What stands for a head among the limbs.
_BALL = -1
_SHIFT = 4
# Seconds in which a leap is over: who is higher for longer stands on something.
_STANCE_S = 0.6


def points_3d(sequence: PoseSequence) -> Floats:
    """Where everybody's joints are in one space, (M, T, V, 3), x right, y down, z away.

    3D keypoints are taken as they are. `world_m` knows nothing of where a person is: people are
    put where their hips are in the picture, in metres by their own size there, on one floor.

    Raises:
        InvalidInputError: If there are only 2D keypoints.
    """
    if sequence.keypoints.shape[-1] == 3:
        return square_pixels(sequence).keypoints.astype(np.float64)
    if sequence.world_m is None:
        raise InvalidInputError(
            "the 3D view needs 3D keypoints or world_m, and these poses are 2D: take --view 2d"
        )
    return _placed(sequence, sequence.world_m.astype(np.float64))


def _placed(sequence: PoseSequence, world: Floats) -> Floats:
    """`world_m` moved to where each person is in the picture."""
    flat = square_pixels(sequence).keypoints.astype(np.float64)
    out = world.copy()
    everywhere = flat[np.isfinite(flat).all(axis=-1)]
    middle = np.median(everywhere, axis=0) if len(everywhere) else np.zeros(2)
    for person in range(sequence.num_persons):
        both = np.isfinite(flat[person]).all(axis=-1) & np.isfinite(world[person]).all(axis=-1)
        seen = np.flatnonzero(both.sum(axis=1) >= 2)
        if len(seen) == 0:
            continue
        px, m = (
            np.where(both[..., None], flat[person], np.nan),
            np.where(both[..., None], world[person], np.nan),
        )
        center_px, center_m = np.nanmean(px[seen], axis=1), np.nanmean(m[seen][..., :2], axis=1)
        spread_px = np.nanstd(px[seen], axis=1).sum(axis=-1)
        spread_m = np.nanstd(m[seen][..., :2], axis=1).sum(axis=-1)
        metres = float(np.median(spread_m)) / max(float(np.median(spread_px)), 1e-6)
        out[person, seen, :, :2] += ((center_px - middle) * metres - center_m)[:, None]
        lowest = np.nanmax(out[person, seen, :, 1], axis=1)
        out[person, seen, :, 1] -= _stance(lowest, sequence.timestamps[seen])[:, None]
    return out


def _stance(lowest: Floats, times: NDArray[np.float64]) -> Floats:
    """The height of the floor under somebody: their lowest point, but for leaps, which are short."""
    half = _STANCE_S / 2
    first, last = np.searchsorted(times, times - half), np.searchsorted(times, times + half, side="right")
    floor = np.array([lowest[a:b].max() for a, b in zip(first, last, strict=True)])
    return np.array([floor[a:b].min() for a, b in zip(first, last, strict=True)])


def turned(points: Floats, angle_rad: float) -> Floats:
    """Points (..., 3) turned about the vertical axis: by 90 degrees, depth becomes x and x becomes -depth."""
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x * cos + z * sin, y, z * cos - x * sin], axis=-1)


@dataclass(frozen=True)
class _Stage:
    """The space that a clip needs: axis of the turn, half of its height, radius, floor."""

    middle: Floats
    half_height: float
    radius: float

    @classmethod
    def of(cls, points: Floats) -> "_Stage":
        known = points[np.isfinite(points).all(axis=-1)]
        if len(known) == 0:
            return cls(np.zeros(3), 1.0, 1.0)
        # A few wild joints must not shrink everybody.
        low, high = np.percentile(known, (0.3, 99.7), axis=0)
        middle = (low + high) / 2
        away = np.hypot(known[:, 0] - middle[0], known[:, 2] - middle[2])
        radius, half = float(np.percentile(away, 99.7)), float(high[1] - low[1]) / 2
        size = max(radius, half, 1e-6)
        return cls(middle, max(half, 0.05 * size), max(radius, 0.25 * size))

    @property
    def size(self) -> float:
        return max(self.half_height, self.radius)

    def outline(self) -> Floats:
        """Points on the rims of the cylinder that holds it all, about its middle."""
        angles = np.linspace(0, 2 * np.pi, 33)
        ring = np.stack([np.cos(angles), np.zeros(33), np.sin(angles)], axis=-1) * self.radius
        return np.concatenate([ring + np.array([0, y, 0]) for y in (-self.half_height, self.half_height)])


class TurningView:
    """Draws the frames of one clip in 3D, at one scale, from any side."""

    def __init__(
        self,
        sequence: PoseSequence,
        *,
        short_side_px: int = 480,
        height_px: int | None = None,
        size_wh: tuple[int, int] | None = None,
    ) -> None:
        """Find the space that the clip needs.

        Args:
            sequence: With 3D keypoints or `world_m`; see `points_3d`.
            short_side_px: Shorter side of the picture; the longer follows from what people do.
            height_px: Height of the picture, in place of its shorter side.
            size_wh: Size of the picture, if it is given.

        Raises:
            InvalidInputError: If there are only 2D keypoints.
        """
        self._points = points_3d(sequence)
        self._confidence = sequence.confidence
        self._colours = [track_colour(track_id) for track_id in sequence.track_ids.tolist()]
        self._bones = bones_of(sequence.layout)
        layout = sequence.layout
        self._face = face_only(layout).tolist()
        shoulders = ("left_shoulder", "right_shoulder")
        self._shoulders = layout.indices(shoulders) if all(s in layout for s in shoulders) else []
        self._heads = frozenset([sequence.layout.index("head")] if "head" in sequence.layout else [])
        self._stage = _Stage.of(self._points)
        self._head_radius = self._find_head_radius()
        in_metres = sequence.units == "m" or sequence.keypoints.shape[-1] == 2
        self._grid = _GRID_M if in_metres else self._stage.size / 2
        self._distance = _DISTANCE * self._stage.size
        low, high = self._outline_extent()
        self.size_wh = size_wh or _picture_size(high - low, short_side_px, height_px)
        room = np.array(self.size_wh) * (1 - 2 * _MARGIN)
        self._focal = float((room / (high - low)).min())
        self._center = np.array(self.size_wh) / 2 - (low + high) / 2 * self._focal
        # A body is about two half heights high.
        self._width_px = max(2 * self._stage.half_height * self._focal / self._distance / 75, 1.5)

    def _find_head_radius(self) -> float:
        if self._shoulders:
            a, b = (self._points[:, :, joint] for joint in self._shoulders)
            widths = np.linalg.norm(a - b, axis=-1)
            if np.isfinite(widths).any():
                return HEAD_SHARE * float(np.nanmedian(widths))
        return 0.1 * self._stage.half_height

    def _outline_extent(self) -> tuple[Floats, Floats]:
        tilted = _tilted(self._stage.outline())
        flat = tilted[:, :2] / (self._distance + tilted[:, 2:])
        return flat.min(axis=0), flat.max(axis=0)

    def project(self, points: Floats, angle_rad: float) -> tuple[Floats, Floats]:
        """Where points (..., 3) of the clip's space lie in the picture, (..., 2), and their depth (...)."""
        return self._projected(turned(points - self._stage.middle, angle_rad))

    def _projected(self, about_middle: Floats) -> tuple[Floats, Floats]:
        tilted = _tilted(about_middle)
        depth = np.maximum(self._distance + tilted[..., 2], 0.05 * self._distance)
        return tilted[..., :2] / depth[..., None] * self._focal + self._center, depth

    def joints_px(self, frame: int, angle_rad: float) -> Floats:
        """(M, V, 2): the joints of a frame in the picture."""
        return self.project(self._points[:, frame], angle_rad)[0]

    def draw_into(self, area: Image, frame: int | None, angle_rad: float) -> None:
        """Draw a frame, or the empty floor for None, over black.

        Args:
            area: (H, W, 3) uint8 of `size_wh`.
            frame: Index of a frame.
            angle_rad: 0 is the view of the camera that saw the clip.
        """
        area[:] = 0
        self._draw_floor(area, angle_rad)
        if frame is None:
            return
        on_floor = self._points[:, frame].copy()
        on_floor[..., 1] = self._stage.middle[1] + self._stage.half_height
        shadow, _ = self.project(on_floor, angle_rad)
        self._draw_shadow(area, shadow)
        places, depths = self.project(self._points[:, frame], angle_rad)
        self._draw_people(area, places, depths, self._confidence[:, frame])

    def _draw_floor(self, area: Image, angle_rad: float) -> None:
        step = self._grid
        # Some lines of the grid are left out where the space is large.
        step *= max(1, math.ceil(2.4 * self._stage.radius / step / (_MOST_LINES - 1)))
        count = max(math.ceil(1.1 * self._stage.radius / step), 2)
        reach, floor = count * step, self._stage.half_height
        corners = np.array([[-reach, floor, -reach], [reach, floor, -reach], [reach, floor, reach]])
        corners = np.concatenate([corners, [[-reach, floor, reach]]])
        outline, _ = self._projected(turned(corners, angle_rad))
        cv2.fillConvexPoly(area, _fixed(outline), _FLOOR, cv2.LINE_AA, _SHIFT)
        places = np.arange(-count, count + 1) * step
        for place in places.tolist():
            for ends in ([(-reach, place), (reach, place)], [(place, -reach), (place, reach)]):
                line = np.array([[x, floor, z] for x, z in ends])
                flat, _ = self._projected(turned(line, angle_rad))
                a, b = _fixed(flat).tolist()
                cv2.line(area, a, b, _GRID, 1, cv2.LINE_AA, _SHIFT)

    def _draw_shadow(self, area: Image, places: Floats) -> None:
        width = max(round(1.3 * self._width_px), 1)
        for person in places:
            fixed, seen = _fixed(person), np.isfinite(person).all(axis=-1)
            for a, b in self._bones.ends.tolist():
                if seen[a] and seen[b]:
                    cv2.line(area, fixed[a].tolist(), fixed[b].tolist(), _SHADOW, width, cv2.LINE_AA, _SHIFT)

    def _draw_people(
        self, area: Image, places: Floats, depths: Floats, confidence: NDArray[np.float32]
    ) -> None:
        """Limbs of all people from the farthest to the nearest, so that the nearer hides the farther."""
        limbs: list[tuple[float, int, int]] = []
        for person in range(len(places)):
            middle = depths[person][self._bones.ends].mean(axis=1)
            limbs += [(float(d), person, e) for e, d in enumerate(middle.tolist()) if math.isfinite(d)]
            if self._face and np.isfinite(depths[person, self._face]).any():
                limbs.append((float(np.nanmean(depths[person, self._face])), person, _BALL))
        fixed = _fixed(places)
        for depth, person, edge in sorted(limbs, reverse=True):
            if edge == _BALL:
                self._draw_ball(area, places[person], depth, self._colours[person])
            else:
                sure = float(confidence[person, self._bones.ends[edge]].min())
                self._draw_limb(area, fixed[person], edge, depth, sure, self._colours[person])

    def _draw_limb(
        self, area: Image, fixed: NDArray[np.int32], edge: int, depth: float, sure: float, colour: Colour
    ) -> None:
        shade = limb_colours(colour)[int(self._bones.sides[edge])]
        shown, near = self._dimmed(shade, depth, sure), self._distance / depth
        width = max(round(self._width_px * near * (0.45 if self._bones.details[edge] else 1)), 1)
        joints = self._bones.ends[edge].tolist()
        a, b = (fixed[joint].tolist() for joint in joints)
        cv2.line(area, a, b, mix(shown, BLACK, 0.8), width + 2, cv2.LINE_AA, _SHIFT)
        cv2.line(area, a, b, shown, width, cv2.LINE_AA, _SHIFT)
        for joint, end in zip(joints, (a, b), strict=True):
            if joint in self._bones.dots and self._width_px >= 1.8:
                self._draw_joint(area, end, shown, near * (1.7 if joint in self._heads else 1))

    def _draw_ball(self, area: Image, places: Floats, depth: float, colour: Colour) -> None:
        """The head of a layout that has only a face, and a neck down to the shoulders."""
        at, radius = np.nanmean(places[self._face], axis=0), self._head_radius * self._focal / depth
        width = self._width_px * self._distance / depth
        draw_head(area, at, radius, places[self._shoulders], self._dimmed(colour, depth, 1.0), width)

    def _draw_joint(self, area: Image, at: list[int], colour: Colour, size: float) -> None:
        outer, inner = (round(self._width_px * size * share * (1 << _SHIFT)) for share in (0.95, 0.6))
        cv2.circle(area, at, outer, mix(colour, BLACK, 0.75), -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(area, at, inner, mix(colour, WHITE, 0.7), -1, cv2.LINE_AA, _SHIFT)

    def _dimmed(self, colour: Colour, depth: float, sure: float) -> Colour:
        """Farther and less sure limbs are darker."""
        far = (depth - self._distance) / (2 * self._stage.radius) + 0.5
        doubt = 0.6 * (1 - min(sure / _SURE, 1))
        return mix(colour, BLACK, 1 - (1 - _HAZE * min(max(far, 0.0), 1.0)) * (1 - doubt))


def _tilted(points: Floats) -> Floats:
    """Points about the stage's middle as a raised camera sees them: what is far lies higher."""
    cos, sin = math.cos(_TILT_RAD), math.sin(_TILT_RAD)
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x, y * cos - z * sin, y * sin + z * cos], axis=-1)


def _picture_size(extent: Floats, short_side_px: int, height_px: int | None) -> tuple[int, int]:
    aspect = float(np.clip(extent[0] / extent[1], _NARROWEST, _WIDEST))
    height = short_side_px / min(aspect, 1) if height_px is None else height_px
    return 2 * round(height * aspect / 2), 2 * round(height / 2)


def _fixed(places: Floats) -> NDArray[np.int32]:
    """In cv2's fixed point; what lies far outside any picture is held at its edge."""
    inside = np.clip(np.nan_to_num(places), -30_000, 30_000)
    return np.rint(inside * (1 << _SHIFT)).astype(np.int32)
