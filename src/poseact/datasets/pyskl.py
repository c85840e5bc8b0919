"""PYSKL pickles: the skeletons of NTU RGB+D, FineGYM, UCF101, Diving48, Kinetics, ready for training.

Duan, Wang, Chen, Lin, "PYSKL: Towards Good Practices for Skeleton Action Recognition", ACM MM 2022;
the form is described in tools/data/README.md of https://github.com/kennymckormick/pyskl.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.ntu_classes import CLASS_NAMES as NTU_CLASS_NAMES
from poseact.datasets.pyskl_extras import EXTRAS, FileExtras, file_extras, told_by_extras, with_extras
from poseact.datasets.pyskl_files import KeypointFiles, decompressed
from poseact.datasets.pyskl_names import Told, protocols_of, told_by
from poseact.datasets.pyskl_poses import PoseMaker, frame_height_width
from poseact.datasets.pyskl_writing import write_pyskl
from poseact.datasets.reading import reason
from poseact.datasets.restricted_pickle import PickledArray, load_pose_pickle, no_garbage_collection
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import get_layout

log = logging.getLogger(__name__)

RATE_HZ = 30.0  # of NTU RGB+D's Kinect; PYSKL keeps no times
_GLANCE_BYTES = 2048
_SUFFIXES = (".pkl", ".pickle")
# Clips looked at for a swapped img_shape, and how many of them must show it.
_SAMPLE = 64
_ENOUGH = 3
_TOLERANCE = 1.05  # estimators put joints a little outside the picture


def read_pyskl(
    path: Path,
    /,
    *,
    layout: str | None = None,
    class_names: Sequence[str] | Path | str | None = None,
    rate_hz: float = RATE_HZ,
    keypoints_folder: Path | str | None = None,
    swap_img_shape: bool = False,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clips of a PYSKL pickle, in its order (those with keypoint files of their own last).

    2D is in pixels with scores, 3D in metres without; NTU RGB+D's axes (x left, y up) become x
    right, y down. A joint at the origin with score 0 (in 3D: at the origin) is missing: NaN, so
    that persons who only pad a clip are there as persons never seen. Scores a little beyond 0 and
    1, which heatmaps have, are cut to that. `Clip.splits` follows `protocols_of`: ``xsub_val`` is
    ``{"xsub": "test"}``. Subject, camera, repetition and group are read off ids as NTU RGB+D,
    UCF101 and HMDB51 have them. All clips of one shape share `timestamps` and `track_ids`, which
    are read-only. The file is unpickled as data only, whole.

    Args:
        path: The pickle: a dict with `split` and `annotations`, or a list of annotations.
        layout: Name of the joint layout; by default it follows from the number of joints.
        class_names: Names of the labels 0, 1 ..., or a text file with a name on each line. By default the
            file's own `class_names`, NTU RGB+D's where ids are, or else the number as text.
        rate_hz: Frames a second, where the file does not say it (only poseact's own do).
        keypoints_folder: Where to look for the files that `raw_file` names; by default beside `path`.
        swap_img_shape: For files with (width, height) in `img_shape` instead of (height, width).
        on_broken: Told of clips that cannot be read.

    Raises:
        InvalidInputError: If an option is wrong.
        SourceError: If the file cannot be read, holds more than data, or is of another form.
    """
    path = Path(path)
    if not 0 < rate_hz < float("inf"):
        raise InvalidInputError(f"rate_hz: expected more than 0, found {rate_hz}")
    names = _class_names(class_names)
    chosen = None if layout is None else get_layout(layout)
    files = KeypointFiles(path.parent if keypoints_folder is None else Path(keypoints_folder))
    # Thousands of small objects come into being, none of them garbage.
    with no_garbage_collection():
        annotations, extras, splits, own_names = _parts(path)
        if not swap_img_shape:
            _warn_if_swapped(path, annotations)
        maker = PoseMaker(extras, chosen, float(rate_hz), swap_img_shape=swap_img_shape)
        reader = _Reader(path, on_broken, maker, _Labels(names or own_names), splits, files)
        clips = reader.clips(annotations)
    clips.reverse()
    while clips:
        yield clips.pop()  # which the caller may drop before taking the next
    yield from reader.clips_from_files()


def _parts(path: Path) -> tuple[list[Any], FileExtras, "_Splits", list[str] | None]:
    """Annotations, poseact's own additions, splits, and class names of a file.

    Raises:
        SourceError: If one of them has another form.
    """
    content = load_pose_pickle(path)
    fields = content if isinstance(content, dict) else {"annotations": content}
    annotations = fields.get("annotations")
    if not isinstance(annotations, list) or not annotations:
        found = f"keys {list(map(str, fields))[:8]}" if fields is content else type(content).__name__
        raise SourceError(f"{path}: expected a list of PYSKL annotations, found {found}"[:300])
    try:
        extras = file_extras(fields.get(EXTRAS))
        splits = _splits_of(fields.get("split"), extras.protocols)
        return annotations, extras, splits, _own_class_names(fields.get("class_names"))
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error


class _Labels:
    """The names of a file's labels."""

    def __init__(self, names: Sequence[str] | None) -> None:
        self._names = names
        self._known: dict[int, str] = {}

    def name(self, label: Any, told: Told) -> str | None:
        """The name of one annotation's label.

        Raises:
            SourceError: If it is not a label, or has no name.
        """
        name = self._known.get(label) if type(label) is int else None
        if name is not None and told.action is None:
            return name
        if label is None or isinstance(label, str):
            return label or None
        if isinstance(label, bool) or not isinstance(label, int | np.integer) or label < 0:
            raise SourceError(f"label: expected a number from 0, found {str(label)[:40]!r}")
        if self._names is None:
            is_ntu = told.action == label + 1 and label < len(NTU_CLASS_NAMES)
            if is_ntu:
                return NTU_CLASS_NAMES[int(label)]
        elif label >= len(self._names):
            raise SourceError(f"label: found {label}, but there are {len(self._names)} class names")
        name = str(int(label)) if self._names is None else self._names[int(label)]
        if told.action is None:
            self._known[int(label)] = name
        return name


class _Reader:
    """Takes annotations one by one and makes clips of them."""

    def __init__(
        self,
        path: Path,
        on_broken: OnBroken,
        maker: PoseMaker,
        labels: _Labels,
        splits: "_Splits",
        files: KeypointFiles,
    ) -> None:
        self._path = path
        self._on_broken = on_broken
        self._maker = maker
        self._labels = labels
        self._splits = splits
        self._files = files
        self._seen: set[str] = set()
        self._number = 0
        self._elsewhere: dict[str, list[Any]] = {}

    def clips(self, annotations: list[Any]) -> list[Clip]:
        """The clips of annotations, whose list is emptied; those with poses elsewhere wait for later."""
        clips = []
        annotations.reverse()
        while annotations:
            annotation = annotations.pop()
            self._number += 1
            try:
                if not isinstance(annotation, dict):
                    raise SourceError(f"expected a dict, found {type(annotation).__name__}")
                if "raw_file" in annotation and "keypoint" not in annotation:
                    self._elsewhere.setdefault(str(annotation["raw_file"]), []).append(annotation)
                else:
                    clips.append(self._clip(annotation))
            except SourceError as error:
                self._tell(annotation, error)
        return clips

    def clips_from_files(self) -> Iterator[Clip]:
        """The clips whose poses are in files of their own, one file after the other."""
        for annotations in self._elsewhere.values():
            for annotation in annotations:
                try:
                    clip = self._clip(self._files.complete(annotation, self._name(annotation)))
                except SourceError as error:
                    self._tell(annotation, error)
                else:
                    yield clip
        self._splits.warn_of_absent(self._path, self._seen)

    def _tell(self, annotation: Any, error: SourceError) -> None:
        name = annotation.get("frame_dir") if isinstance(annotation, dict) else None
        which = name if isinstance(name, str) and name else f"annotation {self._number}"
        self._on_broken(SourceError(f"{self._path}: {which}: {error}"))

    def _name(self, annotation: Mapping[str, Any]) -> str:
        name = annotation.get("frame_dir") or annotation.get("filename")
        if not isinstance(name, str):
            raise SourceError(f"frame_dir: expected the clip's id as text, found {type(name).__name__}")
        return name

    def _clip(self, annotation: Mapping[str, Any]) -> Clip:
        name = annotation.get("frame_dir")
        if type(name) is not str or not name:
            name = self._name(annotation)
        if name in self._seen:
            raise SourceError("is the second clip with this frame_dir")
        self._seen.add(name)
        if "frame_inds" in annotation:
            annotation = decompressed(annotation)
        told = told_by(name)
        label = self._labels.name(annotation.get("label"), told)
        sequence = self._maker.sequence(annotation)
        if EXTRAS in annotation:
            extras = annotation[EXTRAS]
            if not isinstance(extras, dict):
                raise SourceError(f"{EXTRAS}: expected a dict, found {type(extras).__name__}")
            told = told_by_extras(extras, told)
            sequence = with_extras(sequence, extras)
        subject, camera, repetition, group, _ = told
        fields = {
            "sequence": sequence,
            "label": label,
            "name": name,
            "subject": subject,
            "camera": camera,
            "repetition": repetition,
            "group": group,
            "splits": self._splits.of(name),
        }
        # What `Clip` itself would check has been; this takes a third of the time.
        clip = object.__new__(Clip)
        object.__setattr__(clip, "__dict__", fields)
        return clip


class _Splits:
    """The parts that clips belong to."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[str, str]] = {}
        self._doubtful: dict[str, str] = {}

    def add(self, names: Iterable[Any], protocol: str, part: str) -> None:
        """Put clips into a part of a protocol.

        Raises:
            SourceError: If one of them is not named by text.
        """
        for name in names:
            if not isinstance(name, str):
                raise SourceError(f"split: expected clip ids as text, found {type(name).__name__}")
            parts = self._parts.setdefault(name, {})
            if parts.setdefault(protocol, part) != part:
                self._doubtful[name] = f"is in both {parts[protocol]} and {part} of the split {protocol!r}"

    def of(self, name: str) -> dict[str, str]:
        """The part of a clip in each protocol.

        Raises:
            SourceError: If it is in two parts of one.
        """
        if name in self._doubtful:
            raise SourceError(self._doubtful[name])
        return self._parts.get(name) or {}

    def warn_of_absent(self, path: Path, names: set[str]) -> None:
        """Say if there are clips in the splits but not in the file."""
        absent = [name for name in self._parts if name not in names]
        if absent:
            log.warning(
                "%s: %d clips of its splits are not among its annotations, e.g. %s",
                path,
                len(absent),
                ", ".join(absent[:3]),
            )


def _splits_of(content: Any, protocols: Mapping[str, tuple[str, str]]) -> _Splits:
    """What stands under `split`.

    Raises:
        SourceError: If it is something else than lists of clip ids by name.
    """
    splits = _Splits()
    if content is None:
        return splits
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise SourceError(f"split: expected lists of clip ids by name, found {type(content).__name__}")
    known = {**protocols_of(content), **protocols}
    for key, names in content.items():
        listed = names.values.tolist() if isinstance(names, PickledArray) else names
        if not isinstance(listed, list | tuple | set | frozenset):
            raise SourceError(f"split: {key[:40]!r}: expected a list of clip ids")
        if key in known:
            splits.add(listed, *known[key])
        else:
            log.warning("split %r is not read: expected a name like xsub_train or val", key[:40])
    return splits


def _class_names(option: Sequence[str] | Path | str | None) -> Sequence[str] | None:
    """The names of classes as the option says.

    Raises:
        InvalidInputError: If it is a file that cannot be read.
    """
    if not isinstance(option, str | Path):
        return option
    try:
        lines = Path(option).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"class_names: {option}: cannot be read as text ({reason(error)})") from error
    return [line.strip() for line in lines if line.strip()]


def _own_class_names(content: Any) -> list[str] | None:
    """The names of classes as the file says.

    Raises:
        SourceError: If they are something else.
    """
    names = content.values.tolist() if isinstance(content, PickledArray) else content
    if names is None:
        return None
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and name for name in names):
        raise SourceError("class_names: expected a list of names")
    return list(names)


def _warn_if_swapped(path: Path, annotations: Sequence[Any]) -> None:
    """Say so if many clips lie outside their pictures but inside of them with exchanged sides."""
    swapped = upright = 0
    for annotation in annotations[:: max(1, len(annotations) // _SAMPLE)]:
        vote = _swap_vote(annotation)
        swapped += vote > 0
        upright += vote < 0
    if swapped >= _ENOUGH and swapped > upright:
        log.warning(
            "%s: joints lie outside of the pictures, whose img_shape seems to be (width, height) instead of "
            "(height, width): read it with swap_img_shape=True",
            path,
        )


def _swap_vote(annotation: Any) -> int:
    """1 if a clip's joints fit into its picture only when swapped, -1 if only as it is, else 0."""
    array = annotation.get("keypoint") if isinstance(annotation, dict) else None
    values = getattr(array, "values", None) if isinstance(array, PickledArray) else None
    if (
        values is None
        or values.dtype.kind != "f"
        or values.ndim != 4
        or values.shape[-1] != 2
        or not values.size
    ):
        return 0
    try:
        height, width = frame_height_width(annotation.get("img_shape"))
    except SourceError:
        return 0
    x, y = (float(values[..., axis].max()) / _TOLERANCE for axis in (0, 1))
    return int(x <= height and y <= width) - int(x <= width and y <= height)


def _detect(path: Path) -> bool:
    try:
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            return False
        with path.open("rb") as file:
            start = file.read(_GLANCE_BYTES)
    except OSError:
        return False
    return any(key in start for key in (b"annotations", b"split", b"frame_dir"))


FORMAT = DataFormat(
    name="pyskl",
    title="PYSKL pickle: skeletons of NTU RGB+D, FineGYM, UCF101 and more (Duan et al., ACM MM 2022)",
    read=read_pyskl,
    detect=_detect,
    write=write_pyskl,
    suffix=".pkl",
)
