"""Ways to split a set; each keeps clips together that must not be separated, or refuses."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poseact.clip import ClipInfo
from poseact.errors import InvalidInputError
from poseact.splits.leaks import find_leaks, shared_subjects
from poseact.splits.plan import PARTS, Split, SplitPlan, Way, shortened
from poseact.splits.units import (
    FIELDS,
    Field,
    check_field,
    how_to_separate_subjects,
    subjects_chained,
    units_of,
    values_of,
)

# How far a part may be from the share that was asked for, relative to it, without a warning.
_FAR_OFF = 0.5
_REFUSED = ("name", "group", "recording", "subject", "camera", "repetition")


def split_by_protocol(
    infos: Sequence[ClipInfo],
    protocol: str,
    *,
    val_fraction: float = 0.0,
    rng: np.random.Generator | None = None,
) -> SplitPlan:
    """An official protocol of the set, from `ClipInfo.splits`; a k-fold protocol gives a fold each.

    Clips that the protocol does not name are in no part.

    Args:
        infos: The clips.
        protocol: A key of `ClipInfo.splits`.
        val_fraction: Share of the training clips to set aside for choosing settings, by groups.
        rng: For `val_fraction`.

    Raises:
        InvalidInputError: If no clip knows the protocol, or it puts a clip or a group on both sides.
    """
    _check_names(infos)
    folds = _folds_of_protocol(infos, protocol)
    return _finish(infos, "protocol", protocol, folds, val_fraction, rng)


def plan_of_protocol(infos: Sequence[ClipInfo], protocol: str) -> SplitPlan | None:
    """An official protocol as the set has it, leaks and all; None where its parts make no split."""
    try:
        return SplitPlan("protocol", protocol, _folds_of_protocol(infos, protocol))
    except InvalidInputError:
        return None


def _folds_of_protocol(infos: Sequence[ClipInfo], protocol: str) -> tuple[Split, ...]:
    part_of = {info.name: info.splits[protocol] for info in infos if protocol in info.splits}
    if not part_of:
        known = sorted({name for info in infos for name in info.splits})
        raise InvalidInputError(
            f"no clip knows the protocol {protocol!r}; known: {', '.join(known) or 'none: split by a field'}"
        )
    values = sorted(set(part_of.values()), key=_by_number)
    if set(values) <= set(PARTS):
        return (_split("1", infos, part_of),)
    if set(values) & set(PARTS) or len(values) < 2:
        raise InvalidInputError(
            f"protocol {protocol!r}: expected parts train, val, test or numbers of folds, "
            f"found {shortened(values, 6)}"
        )
    return tuple(_split(v, infos, _held_out(part_of, {v})) for v in values)


def split_by_field(
    infos: Sequence[ClipInfo],
    field: str,
    *,
    test: Collection[str],
    val: Collection[str] = (),
    val_fraction: float = 0.0,
    rng: np.random.Generator | None = None,
) -> SplitPlan:
    """The clips of some subjects (cameras, repetitions, groups) for the test, the others for training.

    Args:
        infos: The clips; all must say the field.
        field: ``subject``, ``camera``, ``repetition`` or ``group``.
        test: The values held out for the test.
        val: The values held out for choosing settings.
        val_fraction: Instead of `val`: a share of the training clips, by groups and by the field.
        rng: For `val_fraction`.

    Raises:
        InvalidInputError: If a clip lacks the field, a value is not in the set or in both parts, or a
            clip or a group would be on both sides.
    """
    _check_names(infos)
    known = _values(infos, check_field(field))
    wanted = {**dict.fromkeys(val, "val"), **dict.fromkeys(test, "test")}
    unknown = [value for value in wanted if value not in known]
    both = [value for value in dict.fromkeys(test) if value in set(val)]
    if unknown or not test:
        wrong = f"no {shortened(unknown, 9)} in the set" if unknown else "no value for test"
        raise InvalidInputError(f"by {field}: {wrong}; there are {', '.join(known)}")
    if both:
        raise InvalidInputError(f"by {field}: {', '.join(both)} in both test and val: name it once")
    if val and val_fraction:
        raise InvalidInputError("val: expected values or a val_fraction, found both")
    part_of = {}
    for info in infos:
        parts = {wanted.get(value, "train") for value in values_of(info, field)}
        if len(parts) > 1:
            raise InvalidInputError(
                f"by {field}: clip {info.name!r} shows {getattr(info, field)} and would be in "
                f"{' and '.join(sorted(parts))}: {_way_for_pairs(infos)}"
            )
        part_of[info.name] = parts.pop()
    folds = (_split("1", infos, part_of),)
    return _finish(infos, "field", field, folds, val_fraction, rng)


def leave_one_out(
    infos: Sequence[ClipInfo],
    field: str,
    *,
    val_fraction: float = 0.0,
    rng: np.random.Generator | None = None,
) -> SplitPlan:
    """A fold for each value of a field, which is held out in it for the test.

    Raises:
        InvalidInputError: As `split_by_field`, and if there is but one value.
    """
    _check_names(infos)
    known = _values(infos, check_field(field))
    if len(known) < 2:
        raise InvalidInputError(
            f"leave one {field} out: expected at least 2 of them, found {known[0]!r} alone"
        )
    own = {info.name: values_of(info, field) for info in infos}
    for name, values in own.items():
        if len(values) > 1:
            raise InvalidInputError(
                f"leave one {field} out: clip {name!r} shows {' and '.join(values)}, who would be on both "
                f"sides: {_way_for_pairs(infos)}"
            )
    only = {name: values[0] for name, values in own.items()}
    folds = tuple(_split(value, infos, _held_out(only, {value})) for value in known)
    return _finish(infos, "leave-one-out", field, folds, val_fraction, rng)


def k_fold(
    infos: Sequence[ClipInfo],
    k: int,
    *,
    rng: np.random.Generator,
    by: str = "group",
    val_fraction: float = 0.0,
) -> SplitPlan:
    """`k` folds of about one size, with the classes as even as the groups allow.

    Args:
        infos: The clips.
        k: How many folds.
        rng: Decides between what is equally good.
        by: What is kept together besides groups: ``subject`` for numbers that hold for new people.
        val_fraction: Share of the training clips to set aside for choosing settings.

    Raises:
        InvalidInputError: If there are fewer than `k` units to divide.
    """
    _check_names(infos)
    if k < 2:
        raise InvalidInputError(f"k-fold: expected at least 2 folds, found {k}")
    field = check_field(by)
    if field != "group":
        _values(infos, field)
    shares = {str(i + 1): 1 / k for i in range(k)}
    _check_chains(infos, field, k, f"{k} folds")
    fold_of = _deal(units_of(infos, field), shares, rng, f"{k} folds")
    folds = tuple(_split(name, infos, _held_out(fold_of, {name})) for name in shares)
    return _finish(infos, "k-fold", field, folds, val_fraction, rng)


def split_by_fractions(
    infos: Sequence[ClipInfo],
    fractions: tuple[float, float, float],
    *,
    rng: np.random.Generator,
    by: str = "group",
) -> SplitPlan:
    """A random division into train, val and test, with the classes as even as the groups allow.

    Args:
        infos: The clips.
        fractions: Of the clips in train, val and test; they add up to 1, val may be 0.
        rng: The source of chance.
        by: What is kept together besides groups: ``subject`` for numbers that hold for new people.

    Raises:
        InvalidInputError: If the fractions are not such, or there are fewer groups than parts.
    """
    _check_names(infos)
    train, val, test = fractions
    if min(fractions) < 0 or not np.isclose(sum(fractions), 1) or train == 0 or test == 0:
        raise InvalidInputError(
            f"fractions: expected three numbers for train, val, test that add up to 1 (only val may be 0), "
            f"found {train:g}, {val:g}, {test:g}"
        )
    field = check_field(by)
    if field != "group":
        _values(infos, field)
    shares: dict[str, float] = {
        part: share for part, share in zip(PARTS, fractions, strict=True) if share > 0
    }
    _check_chains(infos, field, len(shares), "fractions")
    part_of = _deal(units_of(infos, field), shares, rng, "fractions")
    folds = (_split("1", infos, part_of),)
    detail = f"{field} {'/'.join(f'{share:g}' for share in fractions)}"
    plan = _finish(infos, "fractions", detail, folds, 0.0, rng)
    off = [
        f"{part} has {len(names) / len(infos):.0%} of the clips, where {shares[part]:.0%} was asked for: "
        "groups are too large to do better"
        for part, names in plan.folds[0].parts.items()
        if part in shares and abs(len(names) / len(infos) / shares[part] - 1) > _FAR_OFF
    ]
    return replace(plan, warnings=(*plan.warnings, *off))


def _way_for_pairs(infos: Sequence[ClipInfo]) -> str:
    """What is left where a clip shows several people."""
    why = subjects_chained(infos)
    if why is None:
        return "name people who are seen together in one part, or use --by subject --k-fold 2"
    return (
        f"subjects cannot be separated in this set, {why}: leave one group out, or use an official protocol"
    )


def _check_chains(infos: Sequence[ClipInfo], field: Field, parts: int, what: str) -> None:
    """Refuse more parts than there are sets of subjects that never meet."""
    why = subjects_chained(infos, parts) if field == "subject" else None
    if why is not None:
        fewer = subjects_chained(infos) is None
        raise InvalidInputError(
            f"{what} by subject: {why}, so {parts} parts without a common subject cannot be made: "
            + ("ask for fewer, or divide by group" if fewer else "divide by group")
        )


def _check_names(infos: Sequence[ClipInfo]) -> None:
    """Refuse an empty set, and names that do not tell clips apart."""
    if not infos:
        raise InvalidInputError("split: expected at least one clip, found none")
    twice = [name for name, count in Counter(info.name for info in infos).items() if count > 1]
    if twice:
        raise InvalidInputError(f"split: several clips have the same name: {shortened(twice)}")


def _values(infos: Sequence[ClipInfo], field: Field) -> list[str]:
    """All values of a field, which every clip must have."""
    without = [info.name for info in infos if not values_of(info, field)]
    if without:
        has = [f for f in FIELDS if all(values_of(info, f) for info in infos)]
        raise InvalidInputError(
            f"by {field}: {len(without)} of {len(infos)} clips do not say their {field} "
            f"({shortened(without)}); fields that all clips have: {', '.join(has) or 'none'}"
        )
    return sorted({value for info in infos for value in values_of(info, field)}, key=_by_number)


def _by_number(text: str) -> tuple[float, str]:
    """Sort key: numbers by size, before words."""
    return (int(text), "") if text.isascii() and text.isdigit() else (float("inf"), text)


def _held_out(value_of: Mapping[str, str], held_out: Collection[str]) -> dict[str, str]:
    return {name: "test" if value in held_out else "train" for name, value in value_of.items()}


def _split(name: str, infos: Iterable[ClipInfo], part_of: Mapping[str, str]) -> Split:
    """A fold, its clips in the order of the set."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for info in infos:
        if info.name in part_of:
            names[part_of[info.name]].append(info.name)
    return Split(name, *(tuple(names[part]) for part in PARTS))


def _deal(
    units: Sequence[Sequence[ClipInfo]], shares: Mapping[str, float], rng: np.random.Generator, what: str
) -> dict[str, str]:
    """Deal units to parts, the largest first, each where it brings sizes and classes nearest to the shares.

    The greedy rule of stratified group k-fold: a unit goes to the part in which it leaves the
    smallest sum over classes, and over all clips, of squared deviations relative to what is
    wanted there.
    """
    if len(units) < len(shares):
        raise InvalidInputError(
            f"{what}: expected at least {len(shares)} groups of clips, found {len(units)} "
            f"({shortened([unit[0].name for unit in units])}; clips of one group are never separated)"
        )
    counts = _class_counts(units)
    wanted = np.array(list(shares.values()))[:, None] * counts.sum(axis=0)
    so_far = np.zeros_like(wanted)
    part_of = np.zeros(len(units), np.intp)
    shuffled = rng.permutation(len(units))
    order = shuffled[np.argsort(-counts[shuffled, -1], kind="stable")]
    for i in order:
        gain = ((so_far + counts[i] - wanted) ** 2 - (so_far - wanted) ** 2) / wanted
        part_of[i] = int(np.argmin(gain.sum(axis=1)))
        so_far[part_of[i]] += counts[i]
    for empty in np.flatnonzero(np.bincount(part_of, minlength=len(shares)) == 0):
        # The smallest unit of the part that has most too much and more than one.
        several = np.bincount(part_of, minlength=len(shares)) > 1
        surplus = np.bincount(part_of, counts[:, -1], len(shares)) / wanted[:, -1]
        donor = int(np.argmax(np.where(several, surplus, -1)))
        part_of[next(i for i in order[::-1] if part_of[i] == donor)] = empty
    names = list(shares)
    return {info.name: names[part] for part, unit in zip(part_of, units, strict=True) for info in unit}


def _class_counts(units: Sequence[Sequence[ClipInfo]]) -> NDArray[np.float64]:
    """(units, classes + 1): clips of each class, and of all classes in the last column."""
    labels = {
        label: i for i, label in enumerate(dict.fromkeys(info.label for unit in units for info in unit))
    }
    counts = np.zeros((len(units), len(labels) + 1))
    for row, unit in zip(counts, units, strict=True):
        for info in unit:
            row[labels[info.label]] += 1
            row[-1] += 1
    return counts


def _finish(
    infos: Sequence[ClipInfo],
    way: Way,
    detail: str,
    folds: tuple[Split, ...],
    val_fraction: float,
    rng: np.random.Generator | None,
) -> SplitPlan:
    """Carve out val where it is asked for, refuse leaks, and say what the split does not show."""
    if val_fraction:
        carve = _carver(infos, SplitPlan(way, detail, folds).separates, val_fraction, rng)
        folds = tuple(carve(fold) for fold in folds)
    plan = SplitPlan(way, detail, folds)
    for fold in folds:
        # A protocol of train and val, as PYSKL has them, holds val out.
        lacking = "train" if not fold.train else "test" if not fold.test and not fold.val else None
        if lacking is not None:
            raise InvalidInputError(f"{plan.title}, fold {fold.name}: no clip is left for {lacking}")
    leaks = [leak for leak in find_leaks(infos, plan) if leak.kind in _REFUSED]
    if leaks:
        more = f"; and {len(leaks) - 1} more" if len(leaks) > 1 else ""
        raise InvalidInputError(f"split refused: {leaks[0].text}{more}")
    return SplitPlan(way, detail, folds, warnings=tuple(_warnings(infos, plan)))


def _carver(
    infos: Sequence[ClipInfo], separated: str | None, val_fraction: float, rng: np.random.Generator | None
) -> Callable[[Split], Split]:
    """Moves a share of a fold's training clips to val, by groups and by the field of the split."""
    if not 0 < val_fraction < 1:
        raise InvalidInputError(f"val_fraction: expected a share between 0 and 1, found {val_fraction}")
    if rng is None:
        raise InvalidInputError("val_fraction: expected an rng with it, found none")
    by: Field = "subject" if separated == "subject" else "group"
    by_name = {info.name: info for info in infos}

    def carve(fold: Split) -> Split:
        if fold.val:
            raise InvalidInputError(
                f"val_fraction: fold {fold.name} has {len(fold.val)} clips in val already"
            )
        units = units_of([by_name[name] for name in fold.train], by)
        shares = {"train": 1 - val_fraction, "val": val_fraction}
        part_of = _deal(units, shares, rng, f"val_fraction, fold {fold.name}")
        both = [tuple(name for name in fold.train if part_of[name] == part) for part in ("train", "val")]
        return Split(fold.name, both[0], both[1], fold.test)

    return carve


def _warnings(infos: Sequence[ClipInfo], plan: SplitPlan) -> list[str]:
    """What a reader of the numbers must know."""
    out = []
    without = [info.name for info in infos if info.group is None and info.subject is None]
    if plan.separates == "group" and without:
        out.append(
            f"{len(without)} of {len(infos)} clips tell neither group nor subject ({shortened(without, 2)}), "
            "so each stands alone: clips of one person, session or source video can be on both sides, and "
            "the numbers then look better than they are; clips with neighbouring numbers often are of the "
            "same people: keep blocks of them together (--blocks 20)"
        )
    if plan.separates != "subject" and shared_subjects(infos, plan):
        out.append(
            "subjects are both in training and test, so the numbers do not hold for new people: "
            f"{how_to_separate_subjects(infos)}"
        )
    label_of = {info.name: info.label for info in infos}
    for fold in plan.folds:
        trained = {label_of[name] for name in fold.train}
        for part, names in (("val", fold.val), ("test", fold.test)):
            unseen = sorted({str(label_of[name]) for name in names} - {str(label) for label in trained})
            if unseen:
                out.append(f"fold {fold.name}: {part} has classes that train lacks: {shortened(unseen)}")
            if part == "test" and not names:
                out.append(f"fold {fold.name}: no clip is in test")
    return out
