"""Writing clips as a PYSKL pickle that PYSKL itself reads, with poseact's own knowledge beside it."""

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.ntu_classes import CLASS_NAMES as NTU_CLASS_NAMES
from poseact.datasets.pyskl_extras import EXTRAS, TEXTS, VERSION, FileExtras
from poseact.datasets.pyskl_names import protocols_of, split_keys, told_by
from poseact.datasets.pyskl_poses import _LAYOUT_OF, FLIPPED_AXES, is_kinect
from poseact.datasets.reading import even_timestamps
from poseact.errors import InvalidInputError
from poseact.files import write_whole
from poseact.sequence import PoseSequence

_PROTOCOL = 4  # read by Python 3.4 and later
_DEFAULT_RATE_HZ = 30.0


def write_pyskl(clips: Iterable[Clip], path: Path, /, *, class_names: Sequence[str] | None = None) -> None:
    """Write clips as one pickle, in float32; `read_pyskl` reads the very same clips again.

    For PYSKL a missing joint is at the origin with score 0, the labels are numbers, and a protocol's
    test part is called ``val``: ``xsub_train``, ``xsub_val``. What PYSKL has no place for (names,
    times, subjects, cameras, groups, other protocols) stands under keys that it does not look at.
    All clips are in memory until the file is written.

    Args:
        clips: All of one layout, and all 2D or all 3D. Without the size of the picture, which PYSKL
            needs in 2D, it is taken to end at the outermost joint.
        path: The file.
        class_names: Which class gets which number; by default the order of NTU RGB+D for its clips,
            the numbers themselves where classes are called by numbers, else the alphabet.

    Raises:
        InvalidInputError: If clips do not go together, have no frames, or names are used twice.
        OutputError: If the file cannot be written.
    """
    draft = _Draft()
    for clip in clips:
        draft.add(clip)
    content = draft.content(class_names)
    write_whole(Path(path), lambda file: pickle.dump(content, file, protocol=_PROTOCOL))


@dataclass
class _Draft:
    """What has been seen of the clips so far."""

    annotations: list[dict[str, Any]] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    members: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    first: PoseSequence | None = None
    rate_hz: float = _DEFAULT_RATE_HZ

    def add(self, clip: Clip) -> None:
        """Take a clip in.

        Raises:
            InvalidInputError: If it does not go with the others.
        """
        sequence = clip.sequence
        if self.first is None:
            self.first, self.rate_hz = sequence, _rate_of(sequence.timestamps)
        if clip.name in self.names:
            raise InvalidInputError(f"two clips are called {clip.name!r}: give them other names")
        if sequence.num_frames == 0:
            raise InvalidInputError(f"{clip.name}: has no frames, which the PYSKL form cannot hold")
        if _kind(sequence) != _kind(self.first):
            raise InvalidInputError(
                f"{clip.name}: expected {_kind(self.first)} as the first clip has, found {_kind(sequence)}: "
                "write clips of one layout"
            )
        self.names.add(clip.name)
        for protocol, part in clip.splits.items():
            self.members.setdefault((protocol, part), []).append(clip.name)
        self.labels.append(clip.label)
        self.annotations.append(_annotation(clip, self.rate_hz))

    def content(self, class_names: Sequence[str] | None) -> dict[str, Any]:
        """What is pickled.

        Raises:
            InvalidInputError: If there is no clip, or a label that is not among the class names.
        """
        if self.first is None:
            raise InvalidInputError("there is no clip to write")
        names = _class_order(self.labels, self.annotations) if class_names is None else list(class_names)
        for annotation, label in zip(self.annotations, self.labels, strict=True):
            if label is not None:
                annotation["label"] = _number(label, names)
        keys = self._split_keys()
        first = self.first
        shape = first.keypoints.shape
        own = FileExtras(
            layout=None if _LAYOUT_OF.get((shape[2], shape[3])) == first.layout else first.layout,
            units=None if first.units == ("px" if shape[3] == 2 else "m") else first.units,
            rate_hz=None if self.rate_hz == _DEFAULT_RATE_HZ else self.rate_hz,
            protocols=_unclear(keys),
        ).to_plain()
        return {
            "split": {keys[part]: names_of for part, names_of in self.members.items()},
            "annotations": self.annotations,
            **({} if names is None else {"class_names": names}),
            **({EXTRAS: {"version": VERSION, **own}} if own else {}),
        }

    def _split_keys(self) -> dict[tuple[str, str], str]:
        parts_of: dict[str, list[str]] = {}
        for protocol, part in self.members:
            parts_of.setdefault(protocol, []).append(part)
        keys = split_keys(parts_of)
        if len(set(keys.values())) != len(keys):
            keys = {(protocol, part): f"{protocol}/{part}" for protocol, part in keys}
        return keys


def _kind(sequence: PoseSequence) -> str:
    return f"{sequence.layout.name} in {sequence.keypoints.shape[-1]}D ({sequence.units})"


def _unclear(keys: dict[tuple[str, str], str]) -> dict[str, tuple[str, str]]:
    """The keys that a reader would take for something else than they are."""
    guessed = protocols_of(keys.values())
    return {key: part for part, key in keys.items() if guessed.get(key) != part}


def _rate_of(timestamps: NDArray[np.float64]) -> float:
    """The even rate that makes just these time stamps, or else the usual one."""
    if len(timestamps) < 2 or timestamps[1] <= 0:
        return _DEFAULT_RATE_HZ
    rate = float(1 / timestamps[1])
    for candidate in (_DEFAULT_RATE_HZ, float(round(rate)), round(rate, 3), rate):
        if candidate > 0 and np.array_equal(even_timestamps(len(timestamps), candidate), timestamps):
            return candidate
    return _DEFAULT_RATE_HZ


def _class_order(labels: Sequence[str | None], annotations: Sequence[dict[str, Any]]) -> list[str] | None:
    """Names in the order of their numbers; None if the names are numbers, or nothing needs a name."""
    used = sorted({label for label in labels if label is not None})
    if all(label.isascii() and label.isdigit() and str(int(label)) == label for label in used):
        return None
    actions = [told_by(annotation["frame_dir"]).action for annotation in annotations]
    if all(
        action is not None and 0 < action <= len(NTU_CLASS_NAMES) and label == NTU_CLASS_NAMES[action - 1]
        for action, label in zip(actions, labels, strict=True)
    ):
        return list(NTU_CLASS_NAMES)
    return used


def _number(label: str, names: Sequence[str] | None) -> int:
    if names is None:
        return int(label)
    try:
        return names.index(label)
    except ValueError:
        raise InvalidInputError(f"class_names: the clips have a class {label!r} that is not in it") from None


def _annotation(clip: Clip, rate_hz: float) -> dict[str, Any]:
    sequence = clip.sequence
    written, scores = _as_written(sequence)
    annotation: dict[str, Any] = {"frame_dir": clip.name, "total_frames": sequence.num_frames}
    is_2d = written.shape[-1] == 2
    if is_2d or sequence.frame_size_wh is not None:
        size = (1, 1) if is_2d and sequence.units != "px" else sequence.frame_size_wh
        width, height = size or _extent(written)
        annotation["img_shape"] = annotation["original_shape"] = (height, width)
    annotation["keypoint"] = written
    if is_2d:
        annotation["keypoint_score"] = scores
    extras = _extras(clip, written, scores, rate_hz)
    if annotation.get("img_shape") != (None if (s := sequence.frame_size_wh) is None else (s[1], s[0])):
        extras["frame_size_wh"] = sequence.frame_size_wh
    if extras:
        annotation[EXTRAS] = extras
    return annotation


def _as_written(sequence: PoseSequence) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Joints and scores as PYSKL has them: zeros for what is missing, a Kinect's axes."""
    keypoints, confidence = sequence.keypoints, sequence.confidence
    missing = np.asarray(np.isnan(keypoints).any(axis=-1))
    if missing.any():
        keypoints = np.where(missing[..., None], np.float32(0), keypoints)
        confidence = np.where(missing, np.float32(0), confidence)
    if is_kinect(sequence.layout, keypoints.shape[-1], sequence.units):
        keypoints = keypoints.copy()
        keypoints[..., FLIPPED_AXES] *= -1
    # An array of their own each: pickled once for two clips, a reader could not tell whose it is.
    return np.ascontiguousarray(keypoints).view(), np.ascontiguousarray(confidence).view()


def _extent(keypoints: NDArray[np.float32]) -> tuple[int, int]:
    """Width and height of the smallest picture that holds all joints."""
    if not keypoints.size:
        return 1, 1
    width, height = (int(np.clip(keypoints[..., axis].max(), 0, 99_998)) + 1 for axis in (0, 1))
    return width, height


def _extras(
    clip: Clip, written: NDArray[np.float32], scores: NDArray[np.float32], rate_hz: float
) -> dict[str, Any]:
    """What a reader would not know or get wrong from what PYSKL's own keys hold."""
    sequence = clip.sequence
    told = told_by(clip.name)
    extras: dict[str, Any] = {
        key: getattr(clip, key) for key in TEXTS if getattr(clip, key) != getattr(told, key)
    }
    if not np.array_equal(sequence.timestamps, even_timestamps(sequence.num_frames, rate_hz)):
        extras["timestamps"] = sequence.timestamps
    if not np.array_equal(sequence.track_ids, np.arange(sequence.num_persons)):
        extras["track_ids"] = sequence.track_ids
    if sequence.world_m is not None:
        extras["world_m"] = sequence.world_m.view()
    at_origin = ~np.asarray(written.any(axis=-1))
    missing = np.asarray(at_origin & (scores == 0)) if written.shape[-1] == 2 else at_origin
    if not np.array_equal(np.isnan(sequence.keypoints), np.broadcast_to(missing[..., None], written.shape)):
        extras["keypoints"] = sequence.keypoints.view()
    read_again = scores if written.shape[-1] == 2 else np.asarray(~missing, np.float32)
    if not np.array_equal(read_again, sequence.confidence):
        extras["confidence"] = sequence.confidence
    return extras
