"""Leaks: what stands on both sides of a split, and what a split forgets or invents."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from poseact.clip import ClipInfo
from poseact.splits.plan import Split, SplitPlan, shortened
from poseact.splits.units import recording_of, values_of

LeakKind = Literal[
    "name", "twice", "group", "recording", "subject", "camera", "repetition", "no-clip", "no-part"
]


@dataclass(frozen=True)
class Leak:
    """One thing that is wrong with a split.

    Attributes:
        kind: What is on both sides: the same clip (``name``), clips of one ``group``, of one
            ``recording`` as their names tell, or of one ``subject`` (``camera``, ``repetition``)
            although the split claims to separate those. Harmless are ``twice``: clips named more
            than once in one part; ``no-clip``: names that the set does not have; ``no-part``:
            clips that the fold does not name.
        fold: Name of the fold.
        clips: The clips that it is about.
        text: One line.
    """

    kind: LeakKind
    fold: str
    clips: tuple[str, ...]
    text: str


def find_leaks(infos: Sequence[ClipInfo], plan: SplitPlan) -> list[Leak]:
    """What is wrong with a split of these clips, however it was made; an empty list is good.

    Groups and recordings are looked for in every two parts, the field that the split claims to
    separate (see `SplitPlan.separates`) in the held-out part against the others.
    """
    return [leak for fold in plan.folds for leak in _in_fold(infos, fold, plan.separates)]


def _in_fold(infos: Sequence[ClipInfo], fold: Split, separated: str | None) -> Iterator[Leak]:
    by_name = {info.name: info for info in infos}
    part_of: dict[str, str] = {}
    for part, names in fold.parts.items():
        for name in names:
            part_of.setdefault(name, part)
    yield from _names(fold, by_name, part_of)
    parts = {name: part for name, part in part_of.items() if name in by_name}
    groups = {name: group for name in parts if (group := by_name[name].group) is not None}
    yield from _both_sides("group", fold, parts, {name: (group,) for name, group in groups.items()})
    recordings: dict[str, tuple[str, ...]] = {
        name: (recording_of(name),) for name in parts if name not in groups
    }
    yield from _both_sides("recording", fold, parts, recordings)
    if separated in ("subject", "camera", "repetition"):
        held_out = "test" if fold.test else "val"
        sides = {name: "test" if part == held_out else "training" for name, part in parts.items()}
        values = {name: values_of(by_name[name], separated) for name in parts}
        yield from _both_sides(separated, fold, sides, values)  # type: ignore[arg-type]


def _names(fold: Split, known: dict[str, ClipInfo], part_of: dict[str, str]) -> Iterator[Leak]:
    parts_of: defaultdict[str, list[str]] = defaultdict(list)
    for part, names in fold.parts.items():
        for name in names:
            parts_of[name].append(part)
    on_both: defaultdict[str, list[str]] = defaultdict(list)
    for name, parts in parts_of.items():
        if len(set(parts)) > 1:
            on_both[" and ".join(dict.fromkeys(parts))].append(name)
    for sides, members in on_both.items():
        are = "clip is" if len(members) == 1 else "clips are"
        text = f"fold {fold.name}: {len(members)} {are} in {sides}: {shortened(members)}"
        yield Leak("name", fold.name, tuple(members), text)
    doubled = [name for name, parts in parts_of.items() if len(set(parts)) < len(parts)]
    unknown = [name for name in parts_of if name not in known]
    without = [name for name in known if name not in part_of]
    found: tuple[tuple[LeakKind, list[str], str, str], ...] = (
        ("twice", doubled, "clip", "named more than once in one part"),
        ("no-clip", unknown, "name", "without a clip"),
        ("no-part", without, "clip", "without a part"),
    )
    for kind, members, what, how in found:
        if members:
            plural = what if len(members) == 1 else f"{what}s"
            text = f"fold {fold.name}: {len(members)} {plural} {how}: {shortened(members)}"
            yield Leak(kind, fold.name, tuple(members), text)


def shared_subjects(infos: Sequence[ClipInfo], plan: SplitPlan) -> tuple[str, ...]:
    """Subjects that are in training and, in the same fold, in val or test; in the order of the set."""
    subjects = {info.name: values_of(info, "subject") for info in infos}
    shared: set[str] = set()
    for fold in plan.folds:
        learnt, asked = (
            {value for name in names for value in subjects.get(name, ())}
            for names in (fold.train, (*fold.val, *fold.test))
        )
        shared |= learnt & asked
    return tuple(dict.fromkeys(v for own in subjects.values() for v in own if v in shared))


def _both_sides(
    kind: LeakKind, fold: Split, parts: dict[str, str], values: dict[str, tuple[str, ...]]
) -> Iterator[Leak]:
    """A leak for each value whose clips are in more than one part."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for name, own in values.items():
        for value in own:
            members[value].append(name)
    for value, names in members.items():
        sides: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            sides[parts[name]].append(name)
        if len(sides) > 1:
            where = "; ".join(f"{side}: {shortened(found, 2)}" for side, found in sides.items())
            yield Leak(kind, fold.name, tuple(names), f"fold {fold.name}: {kind} {value!r} is in {where}")
