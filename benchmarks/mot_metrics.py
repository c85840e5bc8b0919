"""How well people keep their identity: the MOT metrics on poses, truth against tracks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from poseact.assignment import assign

# From this intersection over union of the boxes around the joints on, a track may be on a person.
GATE = 0.5

Poses = Mapping[int, NDArray[np.float32]]


@dataclass(frozen=True)
class Seen:
    """One frame.

    Attributes:
        truth: Id of each person -> (17, 2) pixels.
        hidden: Ids of people of whom next to nothing can be seen: neither found nor missed counts.
        tracks: Id of each track -> (17, 2) pixels, NaN = missing.
        sources: Where it is known, id of each track -> the people whose joints its pose was made of.
    """

    truth: Poses
    hidden: frozenset[int]
    tracks: Poses
    sources: Mapping[int, frozenset[int]] | None = None

    def near(self, person: int, track: int) -> float:
        """How far a track is on a person, 0 to 1: the overlap of their boxes, or all or nothing by source."""
        if self.sources is not None:
            return float(person in self.sources[track])
        return overlap(self.truth[person], self.tracks[track])


@dataclass(frozen=True)
class Scores:
    """Counts that can be added up over clips.

    Attributes:
        seconds: Length.
        switches: Times that a person's track is another one than their last (IDSW).
        fragments: Times that somebody is found again after frames without (Frag).
        found: Person-frames matched, of `present`.
        present: Person-frames not hidden.
        false: Track-frames on nobody.
        id_true: Person-frames with the right identity, people and tracks matched once for a clip (IDTP).
        tracked: Track-frames, those on hidden people left out.
        tracks: Numbers given.
        false_tracks: Tracks on nobody for more than half of their time.
    """

    seconds: float = 0.0
    switches: int = 0
    fragments: int = 0
    found: int = 0
    present: int = 0
    false: int = 0
    id_true: int = 0
    tracked: int = 0
    tracks: int = 0
    false_tracks: int = 0

    def __add__(self, other: "Scores") -> "Scores":
        return Scores(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def switches_per_min(self) -> float:
        """Identity switches a minute of video."""
        return 60 * self.switches / self.seconds if self.seconds else 0.0

    @property
    def recall(self) -> float:
        """Share of people in sight who are found."""
        return self.found / max(self.present, 1)

    @property
    def idf1(self) -> float:
        """F1 of identities (Ristani et al., 2016)."""
        return 2 * self.id_true / max(self.present + self.tracked, 1)


@dataclass
class _Memory:
    """What is known of the clip so far."""

    now: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    together: Counter[tuple[int, int]] = field(default_factory=Counter)
    frames: Counter[int] = field(default_factory=Counter)
    alone: Counter[int] = field(default_factory=Counter)


def judge(frames: Iterable[Seen], seconds: float) -> tuple[Scores, list[tuple[int, int, int, int]]]:
    """The scores of a clip and its switches (frame, person, track before, track now).

    CLEAR MOT (Bernardin and Stiefelhagen, 2008): a person stays with the track of the frame before while
    it is near enough; whoever is left is matched as well as possible.
    """
    memory = _Memory()
    switches: list[tuple[int, int, int, int]] = []
    fragments = found = present = 0
    for index, seen in enumerate(frames):
        matched = _matched(seen, memory.now)
        for person, track in matched.items():
            before = memory.last.get(person)
            if before is not None and before != track:
                switches.append((index, person, before, track))
            fragments += before is not None and person not in memory.now
            memory.last[person] = track
        memory.now = matched
        plain = [person for person in seen.truth if person not in seen.hidden]
        found += sum(person in matched for person in plain)
        present += len(plain)
        _count(memory, seen, matched)
    scores = Scores(
        seconds=seconds,
        switches=len(switches),
        fragments=fragments,
        found=found,
        present=present,
        false=memory.alone.total(),
        id_true=_id_true(memory.together),
        tracked=memory.frames.total(),
        tracks=len(memory.frames),
        false_tracks=sum(memory.alone[track] > count / 2 for track, count in memory.frames.items()),
    )
    return scores, switches


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Intersection over union of the boxes around the joints of two poses (17, 2); 0 without a joint."""
    boxes = [pose[np.isfinite(pose).all(axis=1)] for pose in (a, b)]
    if not all(map(len, boxes)):
        return 0.0
    (low_a, high_a), (low_b, high_b) = ((box.min(axis=0), box.max(axis=0)) for box in boxes)
    both = float(np.prod(np.maximum(np.minimum(high_a, high_b) - np.maximum(low_a, low_b), 0)))
    areas = float(np.prod(high_a - low_a) + np.prod(high_b - low_b))
    return both / max(areas - both, 1e-9)


def _matched(seen: Seen, before: Mapping[int, int]) -> dict[int, int]:
    """Track of each person."""
    kept = {
        person: track
        for person, track in before.items()
        if person in seen.truth and track in seen.tracks and seen.near(person, track) >= GATE
    }
    people = [person for person in seen.truth if person not in kept]
    tracks = [track for track in seen.tracks if track not in kept.values()]
    if not people or not tracks:
        return kept
    near = np.array([[seen.near(p, t) for t in tracks] for p in people])
    pairs = assign(1 - near, 1 - GATE)
    return kept | {people[i]: tracks[j] for i, j in pairs}


def _count(memory: _Memory, seen: Seen, matched: Mapping[int, int]) -> None:
    whose = {track: person for person, track in matched.items()}
    for track in seen.tracks:
        person = whose.get(track)
        if person in seen.hidden:
            continue
        memory.frames[track] += 1
        if person is None:
            memory.alone[track] += 1
        else:
            memory.together[person, track] += 1


def _id_true(together: Mapping[tuple[int, int], int]) -> int:
    """Most person-frames that any fixed pairing of people and tracks explains."""
    people: Sequence[int] = sorted({person for person, _ in together})
    tracks: Sequence[int] = sorted({track for _, track in together})
    if not people:
        return 0
    counts = np.array([[together.get((p, t), 0) for t in tracks] for p in people], np.float64)
    pairs = assign(1 - counts / counts.max(), 1.0)
    return round(sum(counts[i, j] for i, j in pairs))
