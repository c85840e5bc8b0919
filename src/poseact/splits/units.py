"""Units: clips that must stay together, because a model that has seen one of them has seen the others."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, get_args

from poseact.clip import ClipInfo
from poseact.errors import InvalidInputError

Field = Literal["subject", "camera", "repetition", "group"]
FIELDS: tuple[Field, ...] = get_args(Field)
_USUAL_FOLDS = 4
# Endings of names by which a piece or a changed copy of a recording is told: walk_w003, walk#12,
# walk@3.5, walk_seg2, walk_flip, walk-aug07.
_PIECE = re.compile(
    r"(?:[#@].*|[_-](?:w\d\d+|(?:win|window|seg|segment|span)[_-]?\d+"
    r"|(?:aug|flip|flipped|mirror|mirrored|copy)[_-]?\d*))+$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(.*?)(\d+)")


def recording_of(name: str) -> str:
    """The recording that a clip is a piece or a changed copy of, where its name says so; else the name."""
    return _PIECE.sub("", name) or name


def values_of(info: ClipInfo, field: str) -> tuple[str, ...]:
    """The values of a field; several people in a clip are joined by ``+``: ``s01+s02``."""
    value: str | None = getattr(info, field)
    if value is None:
        return ()
    return tuple(value.split("+")) if field == "subject" else (value,)


def check_field(field: str, what: str = "field") -> Field:
    """The field, if clips have one of that name.

    Args:
        field: What was asked for.
        what: What the message calls it, e.g. ``--by``.

    Raises:
        InvalidInputError: If they do not.
    """
    for known in FIELDS:
        if field == known:
            return known
    raise InvalidInputError(f"{what}: expected one of {', '.join(FIELDS)}, found {field!r}")


def units_of(infos: Sequence[ClipInfo], by: Field = "group") -> list[list[ClipInfo]]:
    """The clips, those together that must not be separated; in the order of their first clip.

    Together are clips that share a group, the recording that their names tell of, the value of
    `by`, or a performance: the same label, subject and repetition seen by several cameras.
    """
    parent = list(range(len(infos)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first_of: dict[Hashable, int] = {}
    for i, info in enumerate(infos):
        for key in _keys(info, by):
            parent[find(i)] = find(first_of.setdefault(key, i))
    units: defaultdict[int, list[ClipInfo]] = defaultdict(list)
    for i, info in enumerate(infos):
        units[find(i)].append(info)
    return list(units.values())


def _keys(info: ClipInfo, by: Field) -> Iterator[Hashable]:
    yield "recording", recording_of(info.name)
    if info.group is not None:
        yield "group", info.group
    yield from ((by, value) for value in values_of(info, by))
    seen = (info.label, info.subject, info.repetition)
    if info.camera is not None and None not in seen:
        yield "performance", seen


def subjects_chained(infos: Sequence[ClipInfo], parts: int = 2) -> str | None:
    """Why the clips cannot be divided into so many parts without a subject in two; None if they can."""
    num_units = len(units_of(infos, "subject"))
    if num_units >= parts:
        return None
    num_subjects = len({value for info in infos for value in values_of(info, "subject")})
    if num_subjects <= num_units:
        return "there is but one subject" if num_subjects == 1 else f"there are only {num_subjects} subjects"
    pairs = any(len(values_of(info, "subject")) > 1 for info in infos)
    chain = "clips of several people" if pairs else "groups"
    sets = "all subjects together" if num_units == 1 else f"the subjects into {num_units} sets"
    return f"{chain} chain {sets}"


def how_to_separate_subjects(infos: Sequence[ClipInfo]) -> str:
    """What to do for numbers that hold for new people."""
    if any(not values_of(info, "subject") for info in infos):
        return "for that, name the subject of every clip"
    why = subjects_chained(infos)
    if why is not None:
        return f"subjects cannot be separated in this set, {why}"
    k = min(_USUAL_FOLDS, len(units_of(infos, "subject")))
    return f"for that, split by subject (--by subject --k-fold {k})"


def with_blocks(infos: Sequence[ClipInfo], size: int) -> list[ClipInfo]:
    """Clips without a group put into groups of consecutive numbers, for sets that keep no subjects.

    ``Sitting_1`` to ``Sitting_20`` become one group at a size of 20. Neighbouring numbers are
    often the same people in the same session, and then must not be on both sides.

    Args:
        infos: The clips.
        size: How many consecutive numbers are one group.

    Raises:
        InvalidInputError: If the size is less than 2, or a name without a group has no number at its end.
    """
    if size < 2:
        raise InvalidInputError(f"blocks: expected a size of at least 2, found {size}")
    out = []
    for info in infos:
        match = _NUMBERED.fullmatch(recording_of(info.name))
        if info.group is None and match is None:
            raise InvalidInputError(f"blocks: expected names that end in a number, found {info.name!r}")
        if info.group is None and match is not None:
            info = replace(info, group=f"{match[1]}block{(int(match[2]) - 1) // size}")
        out.append(info)
    return out
