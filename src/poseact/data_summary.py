"""What is in a data set: counts, lengths, rates and missing joints, gathered clip by clip."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.sequence import PoseSequence

UNLABELLED = "(no label)"
_FIELDS = ("subject", "camera", "repetition", "group")


@dataclass
class _Joints:
    """How often each joint of a layout was missing while its person was in view."""

    names: tuple[str, ...]
    missing: NDArray[np.int64]
    present_frames: int = 0


@dataclass
class DataSummary:
    """A data set in numbers; `add` every clip, or see `summarise`.

    Attributes:
        clips: By class; clips without a label under `UNLABELLED`.
        values: For subject, camera, repetition and group: clips by value; None = not said.
        parts: For each protocol: clips by part or fold.
        layouts: Clips by layout name.
        units: Clips by units.
        persons: Clips by number of people.
        nobody: Names of the clips in which nobody is seen.
        lengths: Frames of each clip.
        durations_s: Seconds of each clip, first frame to last.
        rates_hz: Frames a second, from the median step of each clip of two frames or more.
        broken: One line for each clip that could not be read.
        examples: A clip of each class with somebody in it, for pictures.
    """

    clips: Counter[str] = field(default_factory=Counter)
    values: dict[str, Counter[str | None]] = field(default_factory=lambda: {f: Counter() for f in _FIELDS})
    parts: dict[str, Counter[str]] = field(default_factory=dict)
    layouts: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    persons: Counter[int] = field(default_factory=Counter)
    nobody: list[str] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    durations_s: list[float] = field(default_factory=list)
    rates_hz: list[float] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    examples: dict[str, Clip] = field(default_factory=dict)
    _joints: dict[str, _Joints] = field(default_factory=dict)

    @property
    def num_clips(self) -> int:
        """How many clips were read."""
        return self.clips.total()

    def add(self, clip: Clip) -> None:
        """Count one clip."""
        label = clip.label or UNLABELLED
        sequence = clip.sequence
        self.clips[label] += 1
        for name, counter in self.values.items():
            counter[getattr(clip, name)] += 1
        for protocol, part in clip.splits.items():
            self.parts.setdefault(protocol, Counter())[part] += 1
        self.layouts[sequence.layout.name] += 1
        self.units[sequence.units] += 1
        present = sequence.present
        seen = present.any(axis=1)
        self.persons[int(seen.sum())] += 1
        if not seen.any():
            self.nobody.append(clip.name)
        elif _better_example(clip, self.examples.get(label)):
            self.examples[label] = clip
        self.lengths.append(sequence.num_frames)
        self.durations_s.append(sequence.duration_s)
        if sequence.num_frames > 1:
            self.rates_hz.append(1 / float(np.median(np.diff(sequence.timestamps))))
        self._count_joints(sequence, present)

    def _count_joints(self, sequence: PoseSequence, present: NDArray[np.bool_]) -> None:
        layout = sequence.layout
        found = self._joints.setdefault(
            layout.name, _Joints(layout.joint_names, np.zeros(layout.num_joints, np.int64))
        )
        if len(found.missing) == layout.num_joints:
            found.missing += np.isnan(sequence.keypoints[present]).any(axis=-1).sum(axis=0)
            found.present_frames += int(present.sum())

    def missing_joints(self) -> dict[str, dict[str, float]]:
        """For each layout, the share of frames, of people in view, in which each joint is missing."""
        return {
            name: {
                joint: float(count) / max(found.present_frames, 1)
                for joint, count in zip(found.names, found.missing, strict=True)
            }
            for name, found in self._joints.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "clips": self.num_clips,
            "broken": self.broken,
            "classes": dict(sorted(self.clips.items())),
            **{f"{name}s": _known(self.values[name]) for name in _FIELDS},
            "protocols": {name: dict(sorted(parts.items())) for name, parts in self.parts.items()},
            "layouts": dict(self.layouts),
            "units": dict(self.units),
            "persons_per_clip": {str(n): count for n, count in sorted(self.persons.items())},
            "clips_of_nobody": self.nobody,
            "frames": _spread(self.lengths),
            "duration_s": _spread(self.durations_s),
            "rate_hz": _spread(self.rates_hz),
            "missing_joints": self.missing_joints(),
        }


def summarise(clips: Iterable[Clip]) -> DataSummary:
    """The numbers of all clips, one of which is in memory at a time (and an example a class)."""
    summary = DataSummary()
    for clip in clips:
        summary.add(clip)
    return summary


def _better_example(clip: Clip, held: Clip | None) -> bool:
    """Whether more of the body is seen; the first of equals stays."""
    return held is None or _seen_share(clip) > _seen_share(held) + 0.05


def _seen_share(clip: Clip) -> float:
    points = clip.sequence.keypoints
    return float(np.isfinite(points).mean()) if points.size and clip.sequence.num_frames > 1 else 0.0


def _known(counter: Counter[str | None]) -> dict[str, int]:
    """Counts by value, in natural order: 2 before 10."""
    known = [(value, count) for value, count in counter.items() if value is not None]
    return dict(sorted(known, key=lambda item: (len(item[0]), item[0])))


def _spread(values: list[int] | list[float]) -> dict[str, float] | None:
    if not values:
        return None
    low, median, high = np.percentile(values, (0, 50, 100)).round(4).tolist()
    return {"least": low, "median": median, "most": high, "total": round(float(np.sum(values)), 4)}
