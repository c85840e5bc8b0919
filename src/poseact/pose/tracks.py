"""One followed person: where, how sure, how moving, and what the clothes look like."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from poseact.body_motion import IMPOSSIBLE, BodyMotion
from poseact.layouts import BLAZEPOSE33
from poseact.pose.blazepose_landmarks import Landmarks
from poseact.pose.one_euro import OneEuroFilter
from poseact.pose.regions import OTHER_TURN_RAD, REGION_SCALE, Region, size_ratio, turn_between

# MediaPipe's own settings: 33 joints, the two points that give the next region, and metres.
_JOINT_FILTER = (0.05, 80.0)
_REGION_FILTER = (0.01, 10.0)
_WORLD_FILTER = (0.1, 40.0)
# So long at most nothing is learned about somebody who has others in the way.
_DOUBT_S = 1.0
# The landmark network says so of real people in most frames, of furniture only now and then.
SURE_SCORE = 0.95
_TORSO = BLAZEPOSE33.indices(("left_shoulder", "right_shoulder", "left_hip", "right_hip"))
_HEAD_AND_SHOULDERS = slice(0, BLAZEPOSE33.index("right_shoulder") + 1)
# In sides of the region.
_SAME_JOINTS = 0.12
_SAME_HEAD = 0.06
# Landmarks so far inside somebody's body, smaller and turned, are a part of that body (a hand, a head).
INSIDE = 0.7
PART_SIZE = 0.8
# Somebody found again may be so many region sides from where they should be, plus so many a second.
_REACH = 0.4
_REACH_PER_S = 0.8
_MAX_SIZE_RATIO = 1.8
# Grey levels between the torso's colour now and before: nobody has come far and changed so much.
_QUITE_OTHER_COLOUR = 80.0
# Share of a new colour in the remembered one: slow, so that somebody passing in front counts little.
_COLOUR_SHARE = 0.05


class Smoother:
    """The three filters of one person."""

    def __init__(self) -> None:
        self._joints = OneEuroFilter(*_JOINT_FILTER)
        self._region = OneEuroFilter(*_REGION_FILTER)
        self._world = OneEuroFilter(*_WORLD_FILTER)

    def __call__(self, landmarks: Landmarks, dt_s: float) -> Landmarks:
        """The landmarks, smoothed; speeds count in sizes of the person, before the margin is added."""
        size_px = landmarks.next_region().size_px / REGION_SCALE
        joints = self._joints(landmarks.joints_px, size_px, dt_s)
        region = self._region(landmarks.points_px[len(joints) :], size_px, dt_s)
        world = self._world(landmarks.world_m, 1.0, dt_s)
        return landmarks.moved_to(np.concatenate([joints, region]), world)


@dataclass(eq=False)
class Track:
    """Somebody followed from frame to frame.

    Attributes:
        landmarks: The last ones, smoothed if wanted.
        region: Where to look in the next frame.
        seen_s: Time stamp of the last frame with this person.
        smooth: Whether to smooth.
        num_frames: Frames with this person so far.
        num_sure: The last so many frames without a break had a score of at least `SURE_SCORE`.
        num_needed: So many such frames make the person believed.
        track_id: None until the person is believed.
        colour: (3,) mean RGB of the torso over time.
        confirmed_s: Time stamp of the last frame in which the landmark network saw a person there.
        hidden_s: Of the time since they were seen, this they may have been behind somebody.
        num_tries: So often they were looked for in vain since.
        num_other: In so many frames up to now they wore somebody else's clothes.
        is_doubtful: Whether somebody else was in the way in the last frame.
        motion: How the joints move, not smoothed.
    """

    landmarks: Landmarks
    region: Region
    seen_s: float
    smooth: bool
    num_needed: int = 1
    num_frames: int = 0
    num_sure: int = 0
    track_id: int | None = None
    colour: NDArray[np.float64] | None = None
    confirmed_s: float = -math.inf
    hidden_s: float = 0.0
    num_tries: int = 0
    num_other: int = 0
    is_doubtful: bool = False
    _smoother: Smoother = field(default_factory=Smoother)
    motion: BodyMotion = field(init=False)

    def __post_init__(self) -> None:
        self.motion = BodyMotion.begin(self.landmarks.joints_px, self.seen_s)

    def see(
        self,
        image: NDArray[np.uint8],
        landmarks: Landmarks,
        time_s: float,
        dt_s: float,
        *,
        is_doubtful: bool = False,
    ) -> None:
        """Take the landmarks found in the next frame; if doubtful, nothing is learned from them.

        With somebody else in the way, landmarks slide over to the other body within some frames.
        """
        self.landmarks = self._smoother(landmarks, dt_s) if self.smooth else landmarks
        self.region = self.landmarks.next_region()
        self.seen_s, self.hidden_s, self.num_tries = time_s, 0.0, 0
        self.num_frames += 1
        self.num_sure = self.num_sure + 1 if landmarks.score >= SURE_SCORE else 0
        self.is_doubtful = is_doubtful
        if is_doubtful and abs(time_s - self.motion.seen_s) < _DOUBT_S:
            return
        self.motion.see(landmarks.joints_px, time_s)
        seen = torso_colour(image, self.landmarks)
        known = self.colour if self.colour is not None else seen
        self.colour = known + _COLOUR_SHARE * (seen - known)

    def move_to(self, image: NDArray[np.uint8], landmarks: Landmarks, time_s: float) -> None:
        """Take landmarks found elsewhere: the same person, but joints did not move from there to here.

        Nor did the body, if it is somewhere else than it should be.
        """
        self._smoother = Smoother()
        if self.motion.misfit(landmarks.joints_px, time_s) >= IMPOSSIBLE:
            self.motion = BodyMotion.begin(landmarks.joints_px, time_s)
        self.see(image, landmarks, time_s, 1.0)

    def expected_region(self, time_s: float) -> Region:
        """Where to look for somebody lost: where they should be by then."""
        x, y = self.region.center_xy
        dx, dy = self.motion.shift(time_s).tolist()
        return replace(self.region, center_xy=(x + dx, y + dy))

    @property
    def quality(self) -> float:
        """How good the landmarks are, 0 to 1."""
        return quality(self.landmarks)


def quality(landmarks: Landmarks) -> float:
    """Chance that there is a person, times the mean chance of a joint to be in the frame."""
    return landmarks.score * float(landmarks.presence.mean())


def torso_colour(image: NDArray[np.uint8], landmarks: Landmarks) -> NDArray[np.float64]:
    """Mean RGB (3,) of points on the torso; the nearest pixels where it leaves the frame."""
    corners = landmarks.joints_px[_TORSO].reshape(2, 2, 2)  # shoulders or hips, left or right, xy
    u, v = np.meshgrid([0.2, 0.4, 0.6, 0.8], [0.15, 0.35, 0.55, 0.75])
    upper = corners[0, 0] + u[..., None] * (corners[0, 1] - corners[0, 0])
    lower = corners[1, 0] + u[..., None] * (corners[1, 1] - corners[1, 0])
    points = (upper + v[..., None] * (lower - upper)).reshape(-1, 2)
    height, width = image.shape[:2]
    x, y = points[:, 0].clip(0, width - 1).astype(int), points[:, 1].clip(0, height - 1).astype(int)
    return np.asarray(image[y, x].mean(axis=0), np.float64)


def seen_box(landmarks: Landmarks) -> NDArray[np.float64]:
    """Box x0, y0, x1, y1 (4,) around the joints more likely visible than not; all, if those are few."""
    seen = landmarks.visibility > 0.5
    joints = landmarks.joints_px[seen] if seen.sum() >= 4 else landmarks.joints_px
    return np.concatenate([joints.min(axis=0), joints.max(axis=0)])


def share_inside(box: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Share of the area of one box (4,) that lies in another (4,)."""
    wh = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    return float(np.prod(np.maximum(wh, 0)) / max(1e-9, np.prod(box[2:] - box[:2])))


def is_same_body(a: Landmarks, b: Landmarks) -> bool:
    """Whether two readings are of one body: all joints near one another, or head and shoulders very near.

    Joints that are hidden or outside the frame may be guessed in quite different places.
    """
    size = max(a.next_region().size_px, b.next_region().size_px)
    apart = np.linalg.norm(a.joints_px - b.joints_px, axis=1) / size
    return bool(apart.mean() < _SAME_JOINTS or apart[_HEAD_AND_SHOULDERS].mean() < _SAME_HEAD)


def joints_apart(a: Landmarks, b: Landmarks) -> float:
    """Mean distance of the joints, in sides of the larger region."""
    size = max(a.next_region().size_px, b.next_region().size_px)
    return float(np.linalg.norm(a.joints_px - b.joints_px, axis=1).mean() / size)


def shared(a: Landmarks, b: Landmarks) -> float:
    """How far the smaller of two bodies lies in the other, 0 to 1."""
    box, other = seen_box(a), seen_box(b)
    return max(share_inside(box, other), share_inside(other, box))


def is_askew(new: Landmarks, body: Landmarks) -> bool:
    """Whether landmarks on somebody's body lie across it: no second person, but a misreading of the one."""
    return turn_between(new.next_region(), body.next_region()) > OTHER_TURN_RAD


def is_part(part: Landmarks, body: Landmarks) -> bool:
    """Whether landmarks are a false small body on a part of a real one."""
    is_small = part.next_region().size_px < PART_SIZE * body.next_region().size_px
    inside = share_inside(seen_box(part), seen_box(body))
    return is_small and inside >= INSIDE and is_askew(part, body)


def may_be_at(track: Track, region: Region, time_s: float, colour: NDArray[np.float64]) -> bool:
    """Whether somebody lost may have come to this region, in clothes of this colour (3,).

    Where they should be, any colour will do: a torso half hidden or turned shows another. Further
    away, quite other clothes are somebody else's.
    """
    largest = max(region.size_px, track.region.size_px)
    expected = track.expected_region(time_s).center_xy
    far = min(math.dist(region.center_xy, expected), math.dist(region.center_xy, track.region.center_xy))
    reach = _REACH
    if colour_distance(track, colour) < _QUITE_OTHER_COLOUR:
        reach += _REACH_PER_S * abs(time_s - track.seen_s)
    return size_ratio(region, track.region) < _MAX_SIZE_RATIO and far < reach * largest


def colour_distance(track: Track, colour: NDArray[np.float64]) -> float:
    """Grey levels between somebody's remembered clothes and a colour (3,)."""
    return math.inf if track.colour is None else float(np.linalg.norm(track.colour - colour))
