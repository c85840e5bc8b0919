"""Follows several people with BlazePose, which by itself knows one: who is found, kept, lost, found again."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.pose.blazepose_detector import PersonDetector
from poseact.pose.blazepose_landmarks import LandmarkNetwork, Landmarks
from poseact.pose.regions import Region
from poseact.pose.search import SearchPlan, Window
from poseact.pose.tracks import (
    Track,
    is_same_body,
    joints_apart,
    quality,
    seen_box,
    share_inside,
    torso_colour,
    turn_between,
)


@dataclass(frozen=True)
class Gates:
    """What a person must show to be believed. Chosen on real clips.

    Attributes:
        min_score: Of the landmark network: the chance that there is a person at all.
        min_kept_visibility: Mean visibility of the joints of somebody already followed.
        min_new_visibility: The same of somebody new.
        min_size: Side of the region of somebody new, as a part of the frame's shorter side.
        min_doubtful_score: Of the detector: below this, nothing is looked at.
        min_doubtful_visibility: Mean visibility of somebody new of whom the detector is not sure. Such
            finds are followed up only while nobody is in view or somebody is missing.
        doubtful_per_s: A detection costs a run of the landmark network; so many doubtful ones a second.
        good_quality: From here on landmarks are good, see `poseact.pose.tracks.quality`.
        max_unsettled: Two runs of the landmark network, the second where the first says, put the joints
            this near one another on a person; elsewhere they wander. In sides of the region.
        clear_score: Of the detector: above this, settled landmarks are reported at once, good or not.
        confirm_frames: Somebody new is reported at once when good or clear, and settled; else after so
            many frames in which the landmark network is sure of a person.
        confirm_doubtful_frames: The same where the detector was in doubt.
        memory_s: Somebody lost and found again within this time keeps the track id.
    """

    min_score: float = 0.5
    min_kept_visibility: float = 0.35
    min_new_visibility: float = 0.5
    min_size: float = 0.15
    min_doubtful_score: float = 0.25
    min_doubtful_visibility: float = 0.7
    doubtful_per_s: float = 6.0
    good_quality: float = 0.7
    max_unsettled: float = 0.05
    clear_score: float = 0.85
    confirm_frames: int = 4
    confirm_doubtful_frames: int = 6
    memory_s: float = 1.0


# A detection is somebody followed already when the middles are this near, in sides of the smaller region.
_SAME_MIDDLE = 0.25
# ... unless it is turned or sized so differently that one of the two is wrong.
_OTHER_TURN_RAD = 0.6
_OTHER_SIZE = 1.4
# New landmarks replace those of somebody followed if they are so much better.
_BETTER = 0.15
# ... and in the neighbourhood, in sides of the region.
_NEAR = 0.6
# Landmarks so far inside somebody's body, smaller and turned, are a part of that body (a hand, a head).
_INSIDE = 0.7
_PART_SIZE = 0.8
# Somebody found again may be so many region sides from where they should be, plus so many a second.
_REACH = 0.4
_REACH_PER_S = 0.8
_MAX_SIZE_RATIO = 1.8
# Grey levels between the torso's colour now and before that speak for other clothes.
_OTHER_COLOUR = 40.0
# A lost person's last place is looked at again; only a good answer counts there.
_RETRY_SCORE = 0.8


@dataclass(frozen=True)
class _Candidate:
    """A region that may hold a person, and whether the detector is sure of it."""

    region: Region
    score: float
    is_sure: bool


class PeopleFollower:
    """Several people over time. One `step` a frame.

    Args:
        detector: Finds new people.
        network: Gives everybody's landmarks.
        max_persons: Followed at the same time.
        smooth: Whether to filter the landmarks over time.
        tiles: Whether to search parts of the frame too, for people far away.
        gates: What to believe.
    """

    def __init__(
        self,
        detector: PersonDetector,
        network: LandmarkNetwork,
        *,
        max_persons: int = 6,
        smooth: bool = True,
        tiles: bool = True,
        gates: Gates | None = None,
    ) -> None:
        self._detector = detector
        self._network = network
        self._max_persons = max_persons
        self._smooth = smooth
        self._gates = gates or Gates()
        self._plan = SearchPlan(tiles=tiles)
        self._live: list[Track] = []
        self._lost: list[Track] = []
        self._next_id = 0
        self._time_s: float | None = None
        self._doubtful_credit = 1.0

    def step(self, image: NDArray[np.uint8], time_s: float) -> list[Track]:
        """The believed people in the next frame (H, W, 3 RGB), oldest first."""
        dt_s = self._step_s(time_s)
        missing = self._lost[-1:]
        self._follow(image, time_s, dt_s)
        self._retry(image, missing, time_s)
        for candidate in self._search(image, time_s, dt_s):
            self._consider(image, candidate, time_s)
        self._drop_doubles(image)
        self._set_right(image, time_s)
        return sorted((t for t in self._live if t.track_id is not None), key=lambda t: t.track_id or 0)

    def _step_s(self, time_s: float) -> float:
        """Seconds since the frame before; a clock that stands or jumps back counts as 1/30 s."""
        dt_s = 0.0 if self._time_s is None else time_s - self._time_s
        self._time_s = time_s
        return dt_s if dt_s > 0 else 1 / 30

    def _follow(self, image: NDArray[np.uint8], time_s: float, dt_s: float) -> None:
        """Look again for everybody followed, where they should be now."""
        live: list[Track] = []
        for track in self._live:
            landmarks = self._network.find(image, track.region)
            if self._is_person(landmarks, self._gates.min_kept_visibility):
                track.see(image, landmarks, time_s, dt_s)
                self._believe(track)
                live.append(track)
            elif track.track_id is not None:
                self._lost.append(track)
        self._live = live
        self._lost = [t for t in self._lost if abs(time_s - t.seen_s) <= self._gates.memory_s]

    def _is_person(self, landmarks: Landmarks, min_visibility: float) -> bool:
        return (
            landmarks.score >= self._gates.min_score
            and landmarks.mean_visibility >= min_visibility
            and landmarks.next_region().is_usable
        )

    def _retry(self, image: NDArray[np.uint8], missing: list[Track], time_s: float) -> None:
        """Look once more at the last place of people lost before: many are only hidden for a moment."""
        for track in missing:
            if track not in self._lost or len(self._live) >= self._max_persons:
                continue
            landmarks = self._network.find(image, track.region)
            is_back = landmarks.score >= _RETRY_SCORE and self._is_person(
                landmarks, self._gates.min_new_visibility
            )
            if is_back and not any(is_same_body(landmarks, t.landmarks) for t in self._live):
                self._lost.remove(track)
                track.move_to(image, landmarks, time_s)
                self._live.append(track)

    def _search(self, image: NDArray[np.uint8], time_s: float, dt_s: float) -> list[_Candidate]:
        """Regions that may hold somebody, the surest first."""
        height, width = image.shape[:2]
        is_missing = bool(self._lost) or any(t.quality < self._gates.good_quality / 2 for t in self._live)
        if len(self._live) >= self._max_persons and not is_missing:
            return []
        num_believed = sum(track.track_id is not None for track in self._live)
        windows = self._plan.next(
            (width, height), time_s, dt_s, num_followed=num_believed, is_missing=is_missing
        )
        found = [candidate for window in windows for candidate in self._candidates(image, window)]
        found.sort(key=lambda candidate: -candidate.score)
        sure = [c for c in found if c.is_sure]
        self._doubtful_credit = min(1.0, self._doubtful_credit + self._gates.doubtful_per_s * dt_s)
        if self._doubtful_credit < 1 or (self._live and not is_missing):
            return sure
        doubtful = [c for c in found if not c.is_sure and self._is_elsewhere(c.region)][:1]
        self._doubtful_credit -= len(doubtful)
        return [*sure, *doubtful]

    def _candidates(self, image: NDArray[np.uint8], window: Window) -> list[_Candidate]:
        found = self._detector.detect(image, window.region, min_score=self._gates.min_doubtful_score)
        regions = [(found.region(i), float(found.scores[i])) for i in range(len(found))]
        smallest = self._gates.min_size * min(image.shape[:2])
        return [
            _Candidate(region, score, score >= window.min_score)
            for region, score in regions
            if region.is_usable and region.size_px >= smallest
        ]

    def _is_elsewhere(self, region: Region) -> bool:
        return not any(_is_same_place(region, track.region) for track in self._live)

    def _consider(self, image: NDArray[np.uint8], candidate: _Candidate, time_s: float) -> None:
        """Begin to follow whoever is in a region, unless it is somebody followed already."""
        known = next((t for t in self._live if self._explains(t, candidate.region)), None)
        if known is not None:
            # Found by itself again in a later frame: no need to wait longer.
            if candidate.is_sure and known.num_frames > 1:
                known.num_needed = 1
                self._believe(known)
            return
        landmarks = self._network.find(image, candidate.region)
        if not self._is_person(landmarks, self._gates.min_kept_visibility):
            return
        second = self._network.find(image, landmarks.next_region())
        is_settled = self._is_settled(landmarks, second)
        host = max(self._live, key=lambda t: _shared(t.landmarks, landmarks), default=None)
        if host is not None and _shared(host.landmarks, landmarks) >= _INSIDE:
            if is_settled and self._is_improved(host, landmarks):
                host.move_to(image, landmarks, time_s)
                return
            if _is_askew(landmarks, host.landmarks) or is_same_body(landmarks, host.landmarks):
                return
        again = self._lost_as(image, landmarks, time_s)
        is_good = is_settled and min(quality(landmarks), quality(second)) >= self._gates.good_quality
        if candidate.is_sure:
            if landmarks.mean_visibility >= self._gates.min_new_visibility:
                at_once = is_good or (is_settled and candidate.score >= self._gates.clear_score)
                needed = 1 if at_once else self._gates.confirm_frames
                self._begin(image, landmarks, time_s, again, needed)
        elif is_good and (again or landmarks.mean_visibility >= self._gates.min_doubtful_visibility):
            self._begin(image, landmarks, time_s, again, self._gates.confirm_doubtful_frames)

    def _explains(self, track: Track, region: Region) -> bool:
        """Whether a detection only says again that somebody followed is there."""
        if not _middles_meet(region, track.region):
            return False
        return track.quality >= self._gates.good_quality or _is_alike(region, track.region)

    def _is_settled(self, first: Landmarks, second: Landmarks) -> bool:
        return (
            second.score >= self._gates.min_score
            and second.next_region().is_usable
            and joints_apart(first, second) <= self._gates.max_unsettled
        )

    def _is_improved(self, host: Track, landmarks: Landmarks) -> bool:
        """Whether landmarks show the body of somebody followed badly, and show it better.

        A hand or a head by itself is well in view, and no improvement on a body.
        """
        region = landmarks.next_region()
        near = math.dist(host.region.center_xy, region.center_xy)
        return (
            quality(landmarks) >= host.quality + _BETTER
            and region.size_px >= _PART_SIZE * host.region.size_px
            and near < _NEAR * max(host.region.size_px, region.size_px)
        )

    def _begin(
        self,
        image: NDArray[np.uint8],
        landmarks: Landmarks,
        time_s: float,
        again: Track | None,
        num_needed: int,
    ) -> None:
        """Follow somebody new, or go on with somebody lost lately who is the same."""
        if len(self._live) >= self._max_persons:
            return
        if again is not None:
            self._lost.remove(again)
            again.move_to(image, landmarks, time_s)
            self._live.append(again)
            return
        region = landmarks.next_region()
        track = Track(landmarks, region, time_s, smooth=self._smooth, num_needed=num_needed)
        track.see(image, landmarks, time_s, 1.0)
        self._believe(track)
        self._live.append(track)

    def _lost_as(self, image: NDArray[np.uint8], landmarks: Landmarks, time_s: float) -> Track | None:
        """The person lost lately who may be this one: of several, the one in these clothes."""
        region = landmarks.next_region()
        possible = [t for t in self._lost if _may_be_at(t, region, time_s)]
        colour = torso_colour(image, landmarks)
        return min(possible, key=lambda t: _colour_distance(t, colour), default=None)

    def _believe(self, track: Track) -> None:
        """Number somebody who has shown enough."""
        if track.track_id is None and track.num_sure >= track.num_needed:
            track.track_id = self._next_id
            self._next_id += 1

    def _drop_doubles(self, image: NDArray[np.uint8]) -> None:
        """Of two tracks on one body one stays: the one with these clothes; the other counts as lost."""
        live = [t for t in self._live if not any(_is_part(t.landmarks, o.landmarks) for o in self._live)]
        kept: list[Track] = []
        for track in sorted(live, key=lambda t: (t.track_id is None, t.track_id, -t.num_frames)):
            other = next((o for o in kept if is_same_body(track.landmarks, o.landmarks)), None)
            if other is None:
                kept.append(track)
                continue
            if track.track_id is None:
                continue
            colour = torso_colour(image, track.landmarks)
            if _colour_distance(track, colour) < _colour_distance(other, colour):
                kept[kept.index(other)] = track
                track, other = other, track
            self._lost.append(track)
        self._live = kept

    def _set_right(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Where one person went over to the body of another, lost there, by their clothes: exchange them."""
        for track in self._live:
            colour = torso_colour(image, track.landmarks)
            own = _colour_distance(track, colour)
            if track.track_id is None or own < _OTHER_COLOUR:
                continue
            for lost in self._lost:
                if _colour_distance(lost, colour) < own / 3 and _may_be_at(lost, track.region, time_s):
                    track.track_id, lost.track_id = lost.track_id, track.track_id
                    track.colour, lost.colour = lost.colour, track.colour
                    break


def _middles_meet(a: Region, b: Region) -> bool:
    return math.dist(a.center_xy, b.center_xy) < _SAME_MIDDLE * min(a.size_px, b.size_px)


def _is_alike(a: Region, b: Region) -> bool:
    ratio = max(a.size_px, b.size_px) / min(a.size_px, b.size_px)
    return ratio < _OTHER_SIZE and turn_between(a, b) < _OTHER_TURN_RAD


def _is_same_place(a: Region, b: Region) -> bool:
    return _middles_meet(a, b) and _is_alike(a, b)


def _shared(a: Landmarks, b: Landmarks) -> float:
    """How far the smaller of two bodies lies in the other, 0 to 1."""
    box, other = seen_box(a), seen_box(b)
    return max(share_inside(box, other), share_inside(other, box))


def _is_askew(new: Landmarks, body: Landmarks) -> bool:
    """Whether landmarks on somebody's body lie across it: no second person, but a misreading of the one."""
    return turn_between(new.next_region(), body.next_region()) > _OTHER_TURN_RAD


def _is_part(part: Landmarks, body: Landmarks) -> bool:
    """Whether landmarks are a false small body on a part of a real one."""
    is_small = part.next_region().size_px < _PART_SIZE * body.next_region().size_px
    inside = share_inside(seen_box(part), seen_box(body))
    return is_small and inside >= _INSIDE and _is_askew(part, body)


def _may_be_at(track: Track, region: Region, time_s: float) -> bool:
    """Whether somebody lost may have come to this region."""
    size = track.region.size_px
    ratio = max(region.size_px, size) / min(region.size_px, size)
    gap_s = abs(time_s - track.seen_s)
    expected = track.expected_middle(time_s)
    near = min(math.dist(region.center_xy, expected), math.dist(region.center_xy, track.region.center_xy))
    return ratio < _MAX_SIZE_RATIO and near < (_REACH + _REACH_PER_S * gap_s) * max(size, region.size_px)


def _colour_distance(track: Track, colour: NDArray[np.float64]) -> float:
    return math.inf if track.colour is None else float(np.linalg.norm(track.colour - colour))
