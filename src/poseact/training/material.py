"""What is learnt from: clips read, classes named, training and validation parted, the input settled."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.clip_store import ClipStore, stretches_of
from poseact.datasets import DataFormat
from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec, Sampling
from poseact.layouts import get_layout
from poseact.splits import Split, load_split, split_by_protocol
from poseact.splits.making import split_by_fractions
from poseact.splits.units import Field, values_of
from poseact.training.config import ALL, TrainConfig
from poseact.wording import counted

# Clips longer than this are not one action done once: pieces of them are learnt from.
_LONGEST_CLIP_S = 12.0
_USUAL_WINDOW_S = 2.0
# A class of fewer clips is hardly learnt.
_FEW_CLIPS = 3
_SIDES = re.compile(
    r"(?<![a-z])(left|right)(?![a-z])|clockwise|(?<![a-z])one[ _-]?(hand|arm|leg)", re.IGNORECASE
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Material:
    """Labelled clips, ready to learn from.

    Attributes:
        store: All clips that are used, training and validation; where windows are drawn from
            them, a clip whose clock jumps is several.
        labels: (clips,) index of each clip's class.
        class_names: K names, sorted.
        groups: (clips,) numbers; clips of one must not be separated.
        train: Indices of the training clips.
        val: Indices of the clips on which the best epoch is chosen; may be empty.
        learnt_from: Data, protocol, fold, seed: what a model file says of where it comes from.
        notes: What the user should know, a line each.
    """

    store: ClipStore
    labels: NDArray[np.intp]
    class_names: tuple[str, ...]
    groups: NDArray[np.intp]
    train: NDArray[np.intp]
    val: NDArray[np.intp]
    learnt_from: dict[str, object]
    notes: tuple[str, ...] = ()

    @property
    def may_flip(self) -> bool:
        """Whether no class names a side, or a sense of turning: then a mirror image is still of its class."""
        return not any(_SIDES.search(_CAMEL.sub("_", name)) for name in self.class_names)


def gather(
    clips: Iterable[Clip],
    config: TrainConfig,
    *,
    data_name: str,
    data_format: DataFormat | None = None,
    defaults: dict[str, int] | None = None,
) -> Material:
    """Settle all that training needs to know of a set of clips.

    Args:
        clips: Labelled and other ones; others are left out.
        config: See there.
        data_name: What the set is called in the model's card.
        data_format: Where the official protocols are named.
        defaults: Fields of `InputSpec` that the model wants otherwise than usual.

    Raises:
        InvalidInputError: If there is nothing to learn from, or a setting does not fit the data.
    """
    notes: list[str] = []
    usable = _usable(list(clips), config, notes)
    protocol = _protocol(config, data_format, usable, notes)
    split = _split(usable, config, protocol)
    chosen = _by_name(usable, (*split.train, *split.val))
    class_names = _class_names(chosen, split, data_name, notes)
    spec = input_spec(chosen, config, defaults or {})
    pieces = [piece for clip in chosen for piece in stretches_of(clip, spec)]
    return Material(
        store=ClipStore.of_clips(pieces, spec),
        labels=np.array([class_names.index(str(piece.label)) for piece in pieces], np.intp),
        class_names=class_names,
        groups=group_numbers(pieces),
        train=_places(pieces, split.train),
        val=_places(pieces, split.val),
        learnt_from={
            "model": config.model + ("?" if config.options else "") + urlencode(config.options),
            "data": data_name,
            "protocol": protocol,
            "fold": split.name if config.split or protocol != ALL else None,
            "split": None if config.split is None else Path(config.split).name,
            "seed": config.seed,
            "num_clips": len(split.train),
            "num_val_clips": len(split.val),
            "divided_by": _divided_by(_by_name(usable, split.train), _by_name(usable, split.val)),
        },
        notes=tuple(notes),
    )


def _usable(clips: list[Clip], config: TrainConfig, notes: list[str]) -> list[Clip]:
    """Clips of the wanted classes that show somebody."""
    usable = [clip for clip in clips if clip.label is not None and clip.sequence.present.any()]
    if left := len(clips) - len(usable):
        notes.append(f"left out: {counted(left, 'clip')} without a label or with nobody in view")
    return usable if config.classes is None else _of_classes(usable, config.classes)


def _class_names(clips: list[Clip], split: Split, data_name: str, notes: list[str]) -> tuple[str, ...]:
    names = tuple(sorted({str(clip.label) for clip in clips}))
    if len(names) < 2:
        raise InvalidInputError(
            f"{data_name}: expected at least 2 classes to learn, found {', '.join(names) or 'none'}"
        )
    counts = Counter(str(clip.label) for clip in _by_name(clips, split.train))
    rare = [f"{name!r} ({counts[name]})" for name in names if counts[name] < _FEW_CLIPS]
    if rare:
        notes.append(f"classes with very few clips to learn from: {', '.join(rare)}")
    return names


def _places(pieces: Sequence[Clip], names: Sequence[str]) -> NDArray[np.intp]:
    """Where the pieces of the named clips are, in the order of the names."""
    where: dict[str, list[int]] = {}
    for i, piece in enumerate(pieces):
        where.setdefault(piece.name, []).append(i)
    return np.array([i for name in names for i in where[name]], np.intp)


def _divided_by(train: Sequence[Clip], val: Sequence[Clip]) -> str:
    """What no training clip has in common with a validation clip: ``subject``, ``group`` or only ``clip``."""
    fields: tuple[Field, ...] = ("subject", "group")
    for field in fields:
        if all(values_of(clip.info, field) for clip in (*train, *val)) and _values(train, field).isdisjoint(
            _values(val, field)
        ):
            return field
    return "clip"


def _values(clips: Sequence[Clip], field: Field) -> set[str]:
    return {value for clip in clips for value in values_of(clip.info, field)}


def _of_classes(clips: list[Clip], classes: Sequence[str]) -> list[Clip]:
    known = sorted({str(clip.label) for clip in clips})
    unknown = [name for name in classes if name not in known]
    if unknown:
        raise InvalidInputError(f"classes: the data has no {', '.join(unknown)}; it has {', '.join(known)}")
    return [clip for clip in clips if clip.label in classes]


def _protocol(
    config: TrainConfig, data_format: DataFormat | None, clips: list[Clip], notes: list[str]
) -> str:
    if config.split is not None:
        return ALL
    if config.protocol is not None:
        return config.protocol
    known = [] if data_format is None else list(data_format.protocols)
    known = known or sorted({name for clip in clips for name in clip.splits})
    if not known:
        notes.append(
            "the data has no official protocol, so every clip is learnt from: to measure how good the model "
            "is, keep clips apart first (poseact data split, then --split FILE)"
        )
        return ALL
    notes.append(
        f"learning from the training part of the official protocol {known[0]!r} "
        "(--protocol all: from every clip)"
    )
    return known[0]


def _split(clips: list[Clip], config: TrainConfig, protocol: str) -> Split:
    """Training and validation part; nobody of the one is in the other."""
    infos = [clip.info for clip in clips]
    rng = np.random.default_rng((config.seed, 1))
    if not clips:
        raise InvalidInputError("training: expected labelled clips with people in view, found none")
    if config.split is not None:
        plan = load_split(Path(config.split))
    elif protocol != ALL:
        plan = split_by_protocol(infos, protocol)
    else:
        names = tuple(info.name for info in infos)
        return _carved(Split("all", names), clips, config, rng)
    if config.fold is None and len(plan.folds) > 1:
        listed = ", ".join(fold.name for fold in plan.folds)
        raise InvalidInputError(f"{plan.title} has the folds {listed}: name the one to hold out with --fold")
    folds = {fold.name: fold for fold in plan.folds}
    if config.fold is not None and config.fold not in folds:
        raise InvalidInputError(f"fold: expected one of {', '.join(folds)}, found {config.fold!r}")
    fold = folds[config.fold] if config.fold is not None else plan.folds[0]
    have = {info.name for info in infos}
    fold = Split(
        fold.name, *(tuple(n for n in part if n in have) for part in (fold.train, fold.val, fold.test))
    )
    if not fold.train:
        raise InvalidInputError("training: expected clips in the training part, found none")
    if fold.val and not fold.test:
        # PYSKL calls its test part val: nothing may be chosen on it.
        fold = Split(fold.name, fold.train, (), fold.val)
    return fold if fold.val else _carved(fold, clips, config, rng)


def _carved(fold: Split, clips: list[Clip], config: TrainConfig, rng: np.random.Generator) -> Split:
    """Some of the training clips kept apart: by subjects where they are known, and always by groups."""
    if not config.val_fraction:
        return fold
    infos = [clip.info for clip in clips if clip.name in set(fold.train)]
    by = "subject" if all(info.subject is not None for info in infos) else "group"
    shares = (1 - config.val_fraction, 0.0, config.val_fraction)
    try:
        plan = split_by_fractions(infos, shares, rng=rng, by=by)
    except InvalidInputError:
        # People who appear together chain all subjects into one.
        try:
            plan = split_by_fractions(infos, shares, rng=rng, by="group")
        except InvalidInputError as error:
            raise InvalidInputError(
                "validation: clips of one group are never separated, and here all belong together "
                f"({error}): --set val_fraction=0 learns from all of them and keeps the last epoch"
            ) from error
    return Split(fold.name, plan.folds[0].train, plan.folds[0].test, fold.test)


def _by_name(clips: list[Clip], names: Sequence[str]) -> list[Clip]:
    by_name = {clip.name: clip for clip in clips}
    return [by_name[name] for name in names]


def group_numbers(clips: Sequence[Clip]) -> NDArray[np.intp]:
    """(clips,): one number for all clips of a group, or of a subject; a clip of neither stands alone."""
    keys = [clip.group or clip.subject or f"clip {clip.name}" for clip in clips]
    return np.asarray(np.unique(keys, return_inverse=True)[1], np.intp)


def input_spec(clips: Sequence[Clip], config: TrainConfig, defaults: dict[str, int]) -> InputSpec:
    """The form of the input: what the configuration says, else what the model wants, else as the data is."""
    layouts = Counter(clip.sequence.layout.name for clip in clips)
    layout = clips[0].sequence.layout if len(layouts) == 1 else get_layout(layouts.most_common(1)[0][0])
    if config.layout is not None:
        layout = get_layout(config.layout)
    together = [np.asarray(clip.sequence.present).sum(axis=0) for clip in clips]
    persons = int(np.median([np.median(count[count > 0]) for count in together]))
    lengths = np.array([clip.sequence.duration_s for clip in clips])
    sampling: Sampling = "clip" if np.quantile(lengths, 0.9) <= _LONGEST_CLIP_S else "window"
    if config.window_s is not None:
        sampling = "window"
    sampling = config.sampling or sampling
    spec = InputSpec(
        layout=layout,
        num_persons=config.num_persons or max(1, min(persons, 2)),
        num_frames=config.num_frames or defaults.get("num_frames", 32),
        num_coordinates=config.num_coordinates or min(clip.sequence.keypoints.shape[-1] for clip in clips),
        sampling=sampling,
    )
    seconds = float(np.median(lengths)) if sampling == "clip" else (config.window_s or _USUAL_WINDOW_S)
    return replace(spec, rate_hz=(spec.num_frames - 1) / max(seconds, 1e-3))
