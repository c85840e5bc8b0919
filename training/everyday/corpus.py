"""All training material in one flat store, at one rate, from which windows are drawn by the batch."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from vocabulary import CLASS_NAMES, KINDS, LABELS, REST_BEFORE_AND_AFTER, class_of

from poseact.clip import Clip
from poseact.datasets import (
    read_har_video,
    read_jhmdb,
    read_msr_action3d,
    read_penn_action,
    read_sbu_interaction,
    read_utd_mhad,
)
from poseact.layouts import BODY13
from poseact.windows import square_pixels

STORE_RATE_HZ = 30.0
_REST_S = 0.1


@dataclass(frozen=True)
class Item:
    """One person doing one thing, and where in it a window may be centred.

    Attributes:
        points: (T, 13, C) at STORE_RATE_HZ; C = 2, or 3 for a set in metres.
        confidence: (T, 13).
        target: What is right, of KINDS, with weights (sum 1).
        low: First frame that a window may be centred at.
        high: Last one.
        source: Data set.
        group: Never split between training and test.
        held_out: Whether it belongs to the held-out part of its set's protocol.
        name: Clip name; several items may share one.
        at_rest: Whether it is only the moment before or after the action that a clip is of: good to
            learn from, but nothing that its set says.
    """

    points: NDArray[np.float32]
    confidence: NDArray[np.float32]
    target: dict[str, float]
    low: float
    high: float
    source: str
    group: str
    held_out: bool
    name: str
    at_rest: bool = False


def target_of(text: str) -> dict[str, float]:
    """``"jump|squat"`` as {"jump": 0.5, "squat": 0.5}."""
    names = text.split("|")
    unknown = set(names) - set(KINDS)
    if unknown:
        raise ValueError(f"unknown kinds of motion {unknown}")
    return {name: 1 / len(names) for name in names}


def person_arrays(clip: Clip, row: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points (T, 13, C) and confidence (T, 13) of one person, from their first to their last frame."""
    sequence = square_pixels(clip.sequence).to_layout(BODY13)
    seen = np.flatnonzero(sequence.present[row])
    part = sequence.select_tracks([int(sequence.track_ids[row])]).slice_frames(seen[0], seen[-1] + 1)
    part = part.resample(STORE_RATE_HZ)
    return part.keypoints[0], part.confidence[0]


def skeleton_items(data: Path) -> list[Item]:
    """Items of the six skeleton sets below `data`."""
    items: list[Item] = []
    readers = {
        "penn-action": read_penn_action(data / "penn-action"),
        "utd-mhad": read_utd_mhad(data / "utd-mhad"),
        "msr-action3d": read_msr_action3d(data / "msr-action3d"),
        "jhmdb": read_jhmdb(data / "jhmdb", all_classes=True),
        "sbu-interaction": read_sbu_interaction(data / "sbu-interaction"),
        "har-video": read_har_video(data / "har-video-mmpose-coco17"),
    }
    for source, clips in readers.items():
        for clip in clips:
            if clip.sequence.present.any():
                items += _clip_items(source, clip)
    return items


def _clip_items(source: str, clip: Clip) -> list[Item]:
    label = LABELS[source][clip.label]
    if label is None or _is_between(source, clip):
        return []
    rows = _acting_rows(source, clip)
    items = []
    for row in rows:
        points, confidence = person_arrays(clip, row)
        last = len(points) - 1.0
        base = Item(points, confidence, {}, 0.0, last, source, "", _is_held_out(source, clip), clip.name)
        low, high = _middle(source, label, last)
        if label == "by_hands":
            label = hands_class(points)
        if label == "pick_up>throw":
            turn = _lowest_hand(points)
            items.append(replace(base, target=target_of("pick_up"), low=max(turn - 12, 0), high=turn + 6))
            items.append(replace(base, target=target_of("throw"), low=min(turn + 20, last), high=last - 9))
        else:
            items.append(replace(base, target=target_of(label), low=low, high=high))
        for rest, at in zip(
            REST_BEFORE_AND_AFTER.get(source, {}).get(clip.label, (None, None)), (0, 1), strict=True
        ):
            if rest is not None:
                edge = _REST_S * STORE_RATE_HZ
                low, high = (0.0, edge) if at == 0 else (last - edge, last)
                items.append(replace(base, target=target_of(rest), low=low, high=high, at_rest=True))
    return [replace(item, high=max(item.high, item.low)) for item in items]


# Clips of one action that come with the way into it and out of it.
_TRIMMED_EVENTS = {"utd-mhad", "msr-action3d", "sbu-interaction"}
_ONGOING = {"walk", "run", "jumping_jack", "push_up", "sit_up", "stand", "sit", "lie", "jump"}


def _middle(source: str, label: str, last: float) -> tuple[float, float]:
    if label in _ONGOING:
        return 0.0, last
    margin = 0.25 if source in _TRIMMED_EVENTS else 0.12
    return margin * last, (1 - margin) * last


def _acting_rows(source: str, clip: Clip) -> list[int]:
    """Who does what the label says: in SBU the person who moves more, in a set of tracks the first."""
    if source != "sbu-interaction":
        return [0]
    if clip.label in ("hugging", "shaking_hands", "exchanging_object"):
        return [0, 1]
    speed = np.linalg.norm(np.diff(clip.sequence.keypoints, axis=1), axis=-1)
    return [int(speed.mean(axis=(1, 2)).argmax())]


# In HAR video clips with neighbouring numbers show the same people: the last of each class are kept apart,
# and some before them are left out.
_HAR_LAST_LEARNT, _HAR_FIRST_HELD_OUT = 108, 121


def _har_number(clip: Clip) -> int:
    return int(clip.name.rsplit("_", 1)[1])


def _is_between(source: str, clip: Clip) -> bool:
    return source == "har-video" and _HAR_LAST_LEARNT < _har_number(clip) < _HAR_FIRST_HELD_OUT


def _is_held_out(source: str, clip: Clip) -> bool:
    if source == "har-video":
        return _har_number(clip) >= _HAR_FIRST_HELD_OUT
    protocol = {"penn-action": "official", "jhmdb": "split1", "sbu-interaction": "5-fold"}.get(source, "xsub")
    part = clip.splits.get(protocol, "train")
    return part in ("test", "5")


def hands_class(points: NDArray[np.float32]) -> str:
    """Which wave it is: both wrists above their elbows for much of the clip, or one."""
    height = points[..., 1]
    above = [
        height[:, BODY13.index(f"{side}_wrist")] < height[:, BODY13.index(f"{side}_elbow")]
        for side in ("left", "right")
    ]
    both = np.mean(above[0] & above[1])
    return "wave_two_hands" if both > 0.5 else "wave_one_hand"


def _lowest_hand(points: NDArray[np.float32]) -> float:
    wrists = points[:, BODY13.indices(["left_wrist", "right_wrist"]), 1].max(axis=1)
    return float(np.nan_to_num(wrists, nan=-np.inf).argmax())


class Store:
    """Items in flat arrays; draws windows of many of them at once."""

    def __init__(self, items: Iterable[Item]) -> None:
        """Take the items in; they stay available as `items`."""
        self.items = list(items)
        lengths = np.array([len(item.points) for item in self.items])
        self.length = lengths
        self.start = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self.low = np.array([item.low for item in self.items])
        self.high = np.array([item.high for item in self.items])
        self.is_3d = np.array([item.points.shape[-1] == 3 for item in self.items])
        self.held_out = np.array([item.held_out for item in self.items])
        self.at_rest = np.array([item.at_rest for item in self.items])
        self.source = np.array([item.source for item in self.items])
        self.group = np.array([item.group for item in self.items])
        self.points = np.zeros((lengths.sum(), BODY13.num_joints, 3), np.float32)
        self.confidence = np.concatenate([item.confidence for item in self.items])
        self.kind = np.zeros((len(self.items), len(KINDS)), np.float32)
        self.target = np.zeros((len(self.items), len(CLASS_NAMES)), np.float32)
        for i, item in enumerate(self.items):
            part = slice(self.start[i], self.start[i] + lengths[i])
            self.points[part, :, : item.points.shape[-1]] = item.points
            for name, weight in item.target.items():
                self.kind[i, KINDS.index(name)] = weight
                self.target[i, CLASS_NAMES.index(class_of(name))] += weight

    def windows(
        self,
        index: NDArray[np.intp],
        centers: NDArray[np.float64],
        frames: int,
        step: NDArray[np.float64],
        ahead: float = np.inf,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Windows around `centers` (in store frames) of the items `index`; the ends are held.

        Args:
            index: (N,) items.
            centers: (N,).
            frames: T.
            step: (N,) store frames from one window frame to the next.
            ahead: Store frames after the centre from which on the pose is held, too.

        Returns:
            Points (N, T, 13, 3) and confidence (N, T, 13).
        """
        at = centers[:, None] + (np.arange(frames) - (frames - 1) / 2) * step[:, None]
        last = (self.length[index] - 1)[:, None]
        at = np.minimum(at, centers[:, None] + ahead).clip(0, last)
        low = np.floor(at).astype(np.intp)
        high = np.minimum(low + 1, last)
        weight = (at - low).astype(np.float32)[..., None]
        low, high = low + self.start[index][:, None], high + self.start[index][:, None]
        a, b = self.points[low], self.points[high]
        points = a + (b - a) * weight[..., None]
        points = np.where((weight == 0)[..., None], a, points)
        confidence = self.confidence[low] * (1 - weight) + self.confidence[high] * weight
        return points, confidence
