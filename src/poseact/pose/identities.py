"""Who is who where people hide one another: the bodies read in a frame are shared out among the tracks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from poseact.assignment import assign
from poseact.body_motion import IMPOSSIBLE, MOST_BEHIND, behind
from poseact.pose.blazepose_landmarks import Landmarks
from poseact.pose.regions import are_near
from poseact.pose.tracks import Track, colour_distance, joints_apart, torso_colour

Reading = tuple[Track, Landmarks]

# Whoever has been followed for fewer frames is not known well yet, nor are their clothes.
YOUNG = 15
# Two readings this near one another, in sides of the region, are one body that two tracks look at.
SAME_READING = 0.05
# ... and this near, their landmarks may mix.
_CLOSE = 0.15
# Against a body that was not found where this track looked, and against one of somebody lost.
_ELSEWHERE = 3.0
_BACK = 4.0
# Grey levels between clothes now and before that are usual, and the most that is held against them.
_COLOUR = 40.0
_MOST_COLOUR = 8.0
_MOST = IMPOSSIBLE + _ELSEWHERE + _BACK + _MOST_COLOUR + MOST_BEHIND


def share_out(
    readings: Sequence[Reading], lost: Sequence[Track], image: NDArray[np.uint8], time_s: float
) -> list[Reading]:
    """Whose body is whose, each at most once.

    The network sees one body in a region: where somebody is hidden, it reads the one in front, whom
    another track follows already. Then motion, length and clothes say whose body it is; the other track
    is left out, as it was before.

    Args:
        readings: What was found for each track, where it looked.
        lost: People not in view: one of them may be the one who was found.
        image: (H, W, 3) RGB.
        time_s: Of the frame.
    """
    bodies = _bodies(readings)
    if len(bodies) == len(readings) and not lost:
        return list(readings)
    tracks = [*(track for track, _ in readings), *lost]
    costs = np.full((len(bodies), len(tracks)), _MOST)
    found: dict[tuple[int, int], Landmarks] = {}
    for i, body in enumerate(bodies):
        owners = [track for track, _ in body]
        fits = np.array([[misfit(t, landmarks, image, time_s) for _, landmarks in body] for t in tracks])
        best = fits.argmin(axis=1)
        held = behind([track.motion for track in tracks], fits.min(axis=1))
        for j, track in enumerate(tracks):
            found[i, j] = body[owners.index(track) if track in owners else best[j]][1]
            if track in owners:
                costs[i, j] = fits[j, best[j]] + held[j]
            elif fits[j, best[j]] < IMPOSSIBLE:
                costs[i, j] = fits[j, best[j]] + held[j] + _ELSEWHERE + (_BACK if track in lost else 0.0)
    return [(tracks[j], found[i, j]) for i, j in assign(costs, _MOST)]


def in_the_way(readings: Sequence[Reading], lost: Sequence[Track], time_s: float) -> list[bool]:
    """For each person whether another one is so near, or may be behind, that landmarks may be of either."""
    hidden = [track.expected_region(time_s) for track in lost]
    return [
        any(a is not b and joints_apart(a[1], b[1]) < _CLOSE for b in readings if b[0].track_id is not None)
        or any(are_near(a[1].next_region(), region, _CLOSE) for region in hidden)
        for a in readings
    ]


def exchanged(
    back: Track, landmarks: Landmarks, live: Sequence[Track], image: NDArray[np.uint8], time_s: float
) -> Track | None:
    """Who of those in view is rather this body, found for somebody lost who is rather theirs; or nobody."""

    def gain(track: Track) -> float:
        as_found = misfit(track, track.landmarks, image, time_s) + misfit(back, landmarks, image, time_s)
        crossed = misfit(track, landmarks, image, time_s) + misfit(back, track.landmarks, image, time_s)
        return as_found - crossed

    doubtful = [track for track in live if track.is_doubtful and track.track_id is not None]
    best = max(doubtful, key=gain, default=None)
    return best if best is not None and gain(best) > _ELSEWHERE else None


def misfit(track: Track, landmarks: Landmarks, image: NDArray[np.uint8], time_s: float) -> float:
    """How badly a body fits somebody: their motion (`BodyMotion.misfit`) and their clothes."""
    cost = track.motion.misfit(landmarks.joints_px, time_s)
    if cost >= IMPOSSIBLE or track.num_frames < YOUNG:
        return cost
    apart = colour_distance(track, torso_colour(image, landmarks)) / _COLOUR
    return min(cost + min(apart**2, _MOST_COLOUR), IMPOSSIBLE - 1)


def _bodies(readings: Sequence[Reading]) -> list[list[Reading]]:
    """The readings, those of one body together."""
    bodies: list[list[Reading]] = []
    for reading in readings:
        same = next((b for b in bodies if joints_apart(b[0][1], reading[1]) < SAME_READING), None)
        if same is None:
            bodies.append([reading])
        else:
            same.append(reading)
    return bodies
