"""Follows several people with BlazePose, which by itself knows one: who is found, kept, lost, found again."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from poseact.pose.blazepose_detector import PersonDetector
from poseact.pose.blazepose_landmarks import LandmarkNetwork, Landmarks
from poseact.pose.gates import Gates
from poseact.pose.identities import SAME_READING, YOUNG, exchanged, in_the_way, misfit, share_out
from poseact.pose.regions import Region, are_near, is_alike, is_same_place, size_ratio
from poseact.pose.search import SearchPlan, Window
from poseact.pose.tracks import (
    INSIDE,
    PART_SIZE,
    Track,
    colour_distance,
    is_askew,
    is_part,
    is_same_body,
    joints_apart,
    may_be_at,
    quality,
    shared,
    torso_colour,
)

# New landmarks replace those of somebody followed if they are so much better.
_BETTER = 0.15
# ... and in the neighbourhood, in sides of the region.
_NEAR = 0.6
# Somebody lost this near somebody in view may be behind them, in sides of the region.
_BEHIND = 0.3
# Grey levels between the torso's colour now and before that speak for other clothes.
_OTHER_COLOUR = 40.0
# ... if seen in so many frames: where two are in one place, colours mix.
_NUM_OTHER = 5
# A lost person's last place is looked at again; only a good answer counts there.
_RETRY_SCORE = 0.8
# ... for so many people in a frame, those lost last.
_RETRIED = 2
# Somebody who made a quick move may be found again in a region so much wider.
_WIDER = 1.2
# A closer look takes in so much, in sides of the region: people of this size the detector sees best.
_CLOSER = 1.8
_NEARER = 1.3
_SAME_SIZE = 1.8
_SAME_PLACE = 0.35
# A place where nobody was is not looked at again for so long, so that the next best has its turn.
_DENIED_S = 0.5
# Doubtful finds that may be looked at in the first frame, of which every part is searched.
_FIRST_DOUBTFUL = 3.0


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
        self._doubtful_credit = _FIRST_DOUBTFUL
        self._denied: list[tuple[float, Region]] = []

    def step(self, image: NDArray[np.uint8], time_s: float) -> list[Track]:
        """The believed people in the next frame (H, W, 3 RGB), oldest first."""
        dt_s = self._step_s(time_s)
        missing = self._lost[-_RETRIED:]
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
        readings = [
            (track, landmarks)
            for track in self._live
            if (landmarks := self._look_for(image, track, time_s)) is not None
        ]
        live: list[Track] = []
        shared_out = share_out(readings, self._lost, image, time_s)
        doubtful = in_the_way(shared_out, self._lost, time_s)
        for (track, landmarks), is_doubtful in zip(shared_out, doubtful, strict=True):
            if track in self._lost:
                self._lost.remove(track)
                track.move_to(image, landmarks, time_s)
            else:
                track.see(image, landmarks, time_s, dt_s, is_doubtful=is_doubtful)
            self._believe(track)
            live.append(track)
        self._lost += [t for t in self._live if t not in live and t.track_id is not None]
        self._live = live
        self._lost = [t for t in self._lost if self._is_remembered(t, time_s, dt_s)]

    def _is_remembered(self, track: Track, time_s: float, dt_s: float) -> bool:
        """Whether somebody lost may still come back; time behind somebody else counts for less."""
        region = track.expected_region(time_s)
        if any(are_near(region, t.region, _BEHIND) for t in self._live):
            track.hidden_s += dt_s
        hidden_s = min(track.hidden_s, self._gates.max_hidden_s)
        return abs(time_s - track.seen_s) <= self._gates.memory_s + hidden_s

    def _look_for(self, image: NDArray[np.uint8], track: Track, time_s: float) -> Landmarks | None:
        """The landmarks of somebody followed, None if they cannot be seen.

        The network's score of people who are plainly there falls near 0 now and then for a frame,
        more so for small ones, and rises again when the region shifts by a few pixels. So there is a
        second look where the first one says, and a third, wider; and joints that are all in view and
        have hardly moved are believed for a moment without the score.
        """
        first = self._network.find(image, track.region)
        if self._is_person(first, self._gates.min_kept_visibility):
            track.confirmed_s = time_s
            return first
        if track.track_id is None or not first.next_region().is_usable:
            return None
        for region in (first.next_region(), replace(track.region, size_px=track.region.size_px * _WIDER)):
            again = self._network.find(image, region)
            if self._is_person(again, self._gates.min_new_visibility) and self._is_near(again, track):
                track.confirmed_s = time_s
                return again
        return first if self._is_held(first, track, time_s) else None

    def _is_near(self, landmarks: Landmarks, track: Track) -> bool:
        return joints_apart(landmarks, track.landmarks) <= self._gates.max_moved

    def _is_held(self, landmarks: Landmarks, track: Track, time_s: float) -> bool:
        """Whether joints alone speak for somebody known well whom the network saw a moment ago."""
        return (
            track.num_frames >= YOUNG
            and abs(time_s - track.confirmed_s) <= self._gates.held_s
            and landmarks.mean_visibility >= self._gates.min_held_visibility
            and float(landmarks.presence.mean()) >= self._gates.min_held_presence
            and self._is_near(landmarks, track)
        )

    def _is_person(self, landmarks: Landmarks, min_visibility: float) -> bool:
        return (
            landmarks.score >= self._gates.min_score
            and landmarks.mean_visibility >= min_visibility
            and landmarks.next_region().is_usable
        )

    def _retry(self, image: NDArray[np.uint8], missing: list[Track], time_s: float) -> None:
        """Look once more where people lost before should be: many are only hidden for a moment."""
        for track in missing:
            if track not in self._lost or len(self._live) >= self._max_persons:
                continue
            # Somebody hidden stands still, or turns back, or walks on: both places take turns.
            region = track.expected_region(time_s) if track.num_tries % 2 else track.region
            track.num_tries += 1
            landmarks = self._network.find(image, region)
            is_back = landmarks.score >= _RETRY_SCORE and self._is_person(
                landmarks, self._gates.min_new_visibility
            )
            if is_back and not any(_is_on(landmarks, t.landmarks) for t in self._live):
                self._come_back(image, self._lost_as(image, landmarks, time_s) or track, landmarks, time_s)

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
        self._denied = [(t, region) for t, region in self._denied if 0 <= time_s - t <= _DENIED_S]
        if self._doubtful_credit < 1:
            self._doubtful_credit = min(1.0, self._doubtful_credit + self._gates.doubtful_per_s * dt_s)
        if self._doubtful_credit < 1 or (self._live and not is_missing):
            return sure
        doubtful = [c for c in found if not c.is_sure and self._is_elsewhere(c.region)]
        doubtful = doubtful[: int(self._doubtful_credit)]
        self._doubtful_credit = min(1.0, self._doubtful_credit - len(doubtful))
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
        taken = [*(track.region for track in self._live), *(denied for _, denied in self._denied)]
        return not any(is_same_place(region, other) for other in taken)

    def _consider(self, image: NDArray[np.uint8], candidate: _Candidate, time_s: float) -> None:
        """Begin to follow whoever is in a region, unless it is somebody followed already."""
        known = next((t for t in self._live if self._explains(t, candidate.region)), None)
        if known is not None:
            self._confirm(known, candidate)
            return
        landmarks = self._network.find(image, candidate.region)
        if not self._is_person(landmarks, self._gates.min_kept_visibility):
            self._denied.append((time_s, candidate.region))
            return
        second = self._network.find(image, landmarks.next_region())
        is_settled = self._is_settled(landmarks, second)
        if self._is_of_somebody(image, landmarks, time_s, is_settled):
            return
        again = self._lost_as(image, landmarks, time_s)
        is_good = is_settled and min(quality(landmarks), quality(second)) >= self._gates.good_quality
        if candidate.is_sure:
            if landmarks.mean_visibility >= self._gates.min_new_visibility:
                at_once = is_good or (is_settled and candidate.score >= self._gates.clear_score)
                needed = 1 if at_once else self._gates.confirm_frames
                self._begin(image, landmarks, time_s, again, needed)
        elif is_good and (again is not None or self._is_there(image, landmarks)):
            self._begin(image, landmarks, time_s, again, self._gates.confirm_doubtful_frames)
        else:
            self._denied.append((time_s, candidate.region))

    def _confirm(self, known: Track, candidate: _Candidate) -> None:
        """Somebody followed is found by the detector by itself in a later frame: no need to wait longer.

        Where both networks agree, nor is a frame needed in which the landmark network is quite sure:
        of people who lie it seldom is.
        """
        if candidate.is_sure and known.num_frames > 1:
            is_clear = candidate.score >= self._gates.clear_score
            known.num_needed = 0 if is_clear and known.quality >= self._gates.good_quality else 1
            self._believe(known)

    def _is_of_somebody(
        self, image: NDArray[np.uint8], landmarks: Landmarks, time_s: float, is_settled: bool
    ) -> bool:
        """Whether new landmarks are of somebody followed; if they are better, they replace theirs."""
        twin = next((t for t in self._live if is_same_body(landmarks, t.landmarks)), None)
        host = twin or max(self._live, key=lambda t: shared(t.landmarks, landmarks), default=None)
        if host is None or (twin is None and shared(host.landmarks, landmarks) < INSIDE):
            return False
        if is_settled and (self._is_improved(host, landmarks) or self._is_whole_of(host, image, landmarks)):
            host.move_to(image, landmarks, time_s)
            return True
        return twin is not None or is_askew(landmarks, host.landmarks)

    def _is_whole_of(self, host: Track, image: NDArray[np.uint8], landmarks: Landmarks) -> bool:
        """Whether a track on a part of a body, begun as somebody came into view, is on theirs."""
        is_his = host.num_frames < YOUNG or (
            colour_distance(host, torso_colour(image, landmarks)) < _OTHER_COLOUR
        )
        return is_his and host.track_id is not None and is_part(host.landmarks, landmarks)

    def _is_there(self, image: NDArray[np.uint8], landmarks: Landmarks) -> bool:
        """Whether somebody new of whom the detector was in doubt is worth following.

        Not beside other people: furniture is taken for somebody now and then, and one doubtful find
        in many is only worth it while nobody is in view. And the detector must find them again in
        two of three closer looks, upright and along the body.
        """
        is_alone = all(track.track_id is None for track in self._live)
        if not is_alone or landmarks.mean_visibility < self._gates.min_doubtful_visibility:
            return False
        body = landmarks.next_region()
        along = replace(body, size_px=body.size_px * _CLOSER)
        near = replace(body, size_px=body.size_px * _NEARER, rotation_rad=0.0)
        views = (near, replace(along, rotation_rad=0.0), along)
        return sum(self._is_found_in(image, view, body) for view in views) >= 2

    def _is_found_in(self, image: NDArray[np.uint8], view: Region, body: Region) -> bool:
        found = self._detector.detect(image, view, min_score=self._gates.min_closer_score)
        regions = [region for i in range(len(found)) if (region := found.region(i)).is_usable]
        return any(are_near(r, body, _SAME_PLACE) and size_ratio(r, body) < _SAME_SIZE for r in regions)

    def _explains(self, track: Track, region: Region) -> bool:
        """Whether a detection only says again that somebody followed is there."""
        if not are_near(region, track.region):
            return False
        return track.quality >= self._gates.good_quality or is_alike(region, track.region)

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
            and region.size_px >= PART_SIZE * host.region.size_px
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
            self._come_back(image, again, landmarks, time_s)
            return
        region = landmarks.next_region()
        track = Track(landmarks, region, time_s, smooth=self._smooth, num_needed=num_needed)
        track.see(image, landmarks, time_s, 1.0)
        self._believe(track)
        self._live.append(track)

    def _come_back(self, image: NDArray[np.uint8], again: Track, landmarks: Landmarks, time_s: float) -> None:
        """Follow somebody lost again; if another track has gone over to their body, it gets this one."""
        self._lost.remove(again)
        other = exchanged(again, landmarks, self._live, image, time_s)
        if other is not None:
            theirs = other.landmarks
            other.move_to(image, landmarks, time_s)
            landmarks = theirs
        again.move_to(image, landmarks, time_s)
        self._live.append(again)

    def _lost_as(self, image: NDArray[np.uint8], landmarks: Landmarks, time_s: float) -> Track | None:
        """The person lost lately who may be this one: of several, whom it fits best."""
        region = landmarks.next_region()
        colour = torso_colour(image, landmarks)
        possible = [t for t in self._lost if may_be_at(t, region, time_s, colour)]
        return min(possible, key=lambda t: misfit(t, landmarks, image, time_s), default=None)

    def _believe(self, track: Track) -> None:
        """Number somebody who has shown enough."""
        if track.track_id is None and track.num_sure >= track.num_needed:
            track.track_id = self._next_id
            self._next_id += 1

    def _drop_doubles(self, image: NDArray[np.uint8]) -> None:
        """Of two tracks on one body one stays: the one with these clothes; the other counts as lost."""
        live = [t for t in self._live if not any(is_part(t.landmarks, o.landmarks) for o in self._live)]
        kept: list[Track] = []
        for track in sorted(live, key=lambda t: (t.track_id is None, t.track_id, -t.num_frames)):
            other = next((o for o in kept if _is_double(track, o)), None)
            if other is None:
                kept.append(track)
                continue
            if track.track_id is None:
                continue
            colour = torso_colour(image, track.landmarks)
            # Clothes seen for a few frames only are always the right ones.
            is_known = min(track.num_frames, other.num_frames) >= YOUNG
            if is_known and colour_distance(track, colour) < colour_distance(other, colour):
                kept[kept.index(other)] = track
                track, other = other, track
            self._lost.append(track)
        self._live = kept

    def _set_right(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Where one person went over to the body of another, lost there, by their clothes: exchange them."""
        for track in self._live:
            colour = torso_colour(image, track.landmarks)
            own = colour_distance(track, colour)
            is_other = track.track_id is not None and own >= _OTHER_COLOUR
            fits = (
                t
                for t in self._lost
                if t.num_frames >= YOUNG
                and colour_distance(t, colour) < own / 3
                and may_be_at(t, track.region, time_s, colour)
            )
            lost = next(fits, None) if is_other else None
            track.num_other = 0 if lost is None else track.num_other + 1
            if lost is not None and track.num_other >= _NUM_OTHER:
                track.track_id, lost.track_id = lost.track_id, track.track_id
                track.colour, lost.colour = lost.colour, track.colour
                track.num_other = 0


def _is_double(a: Track, b: Track) -> bool:
    """Whether two tracks are on one body; people known well may be almost in one place."""
    if min(a.num_frames, b.num_frames) >= YOUNG:
        return joints_apart(a.landmarks, b.landmarks) < SAME_READING
    return is_same_body(a.landmarks, b.landmarks)


def _is_on(landmarks: Landmarks, body: Landmarks) -> bool:
    """Whether landmarks at the last place of somebody lost are on the body of somebody else."""
    is_small = landmarks.next_region().size_px < PART_SIZE * body.next_region().size_px
    return is_same_body(landmarks, body) or (is_small and shared(landmarks, body) >= INSIDE)
