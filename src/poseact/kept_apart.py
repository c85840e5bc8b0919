"""Which clips were kept apart from a model's training, and whether it has learnt from those it is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseact.clip import ClipInfo
from poseact.errors import InvalidInputError
from poseact.splits import Split, SplitPlan, load_split, split_by_protocol
from poseact.splits.making import plan_of_protocol
from poseact.splits.plan import shortened

ALL = "all"

Learnt = Mapping[str, Any]


@dataclass(frozen=True)
class Division:
    """How the clips of a set are divided to judge a model.

    Attributes:
        protocol: An official protocol, or ``all``: every clip is in the test part. None with `split`.
        fold: Which fold is the test part; None: the model's own, or the only one.
        split: A split file instead of a protocol.
        learnt: What the model says of the clips that it has learnt from.
        is_own: Whether it is the one that the model was trained by, since nobody asked for another.
    """

    protocol: str | None
    fold: str | None
    split: Path | None
    learnt: Learnt
    is_own: bool = False

    @classmethod
    def choose(cls, learnt: Learnt, protocol: str | None, fold: str | None, split: Path | None) -> "Division":
        """The one that is asked for, or else the one that the model was trained by.

        Raises:
            InvalidInputError: If two are asked for, or none is known.
        """
        if split is not None and protocol is not None:
            raise InvalidInputError("expected --protocol or --split, found both: leave one of them out")
        is_own = split is None and protocol is None
        protocol = _own_protocol(learnt) if is_own else protocol
        return cls(protocol, fold, split, learnt, is_own)

    def of(self, infos: Sequence[ClipInfo], data: Path) -> Split:
        """The parts of a set.

        Raises:
            InvalidInputError: If the set cannot be divided so.
        """
        if self.protocol == ALL:
            return Split(ALL, (), (), tuple(info.name for info in infos))
        if self.is_own:
            self._check_own(infos, data)
        plan = self._plan(infos)
        same = _division_of(self.learnt)[:2] == (self.split and self.split.name, self.protocol)
        own = self.learnt.get("fold") if same else None
        known = any(one.name == own for one in plan.folds)
        return _fold_of(plan, self.fold or (own if known else None))

    def _check_own(self, infos: Sequence[ClipInfo], data: Path) -> None:
        known = sorted({name for info in infos for name in info.splits})
        if self.protocol in known:
            return
        other = f"--protocol {known[0]} (known: {shortened(known, 6)})" if known else "a file with --split"
        raise InvalidInputError(
            f"{data}: expected clips that know the model's own protocol {self.protocol!r}, found none: name "
            f"{other}, or --protocol all to judge it on every clip"
        )

    def words(self, split: Split, infos: Sequence[ClipInfo]) -> str:
        """What is judged, for a reader; of several folds, which one."""
        if self.protocol == ALL:
            return "every clip of the set"
        words, folds = str(self.protocol or self.split), self._plan(infos).folds
        return words if len(folds) == 1 else f"{words}, fold {split.name} of {len(folds)}"

    def _plan(self, infos: Sequence[ClipInfo]) -> SplitPlan:
        return load_split(self.split) if self.split else split_by_protocol(infos, str(self.protocol))

    def notes(self, split: Split, data: Path) -> tuple[str, ...]:
        """What a reader must know of that part of `data`: a line for each way in which it was seen."""
        asked = (self.split and self.split.name, self.protocol, split.name)
        return seen_notes(self.learnt, data, None if self.protocol == ALL else asked)


def seen_notes(learnt: Learnt, data: Path, asked: tuple[Any, Any, Any] | None = None) -> tuple[str, ...]:
    """A line for each way in which a model has learnt from clips that it is now asked about.

    Args:
        learnt: What the model says of its training.
        data: The set that it is asked about.
        asked: Split file, protocol and fold whose test part it is; None: any clips of the set.
    """
    notes = []
    for source in sources_of(learnt):
        if source.get("data") is None:
            notes.append("the model's file does not say which clips it learnt from: it may have seen these")
        elif source["data"] != data.resolve().name:
            continue
        elif _division_of(source)[:2] == (None, ALL):
            notes.append(
                "the model learnt from every clip of the same data: it has seen these, and figures on them "
                "are too good"
            )
        elif _division_of(source) != asked:
            by = "another division" if asked else "a division"
            notes.append(
                f"the model learnt from the same data by {by} ({_in_words(source)}): it has seen some of "
                "these clips, and figures on them are too good"
            )
    return tuple(dict.fromkeys(notes))


def unseen_names(learnt: Learnt, infos: Sequence[ClipInfo]) -> tuple[str, ...]:
    """Names of the clips that a model's own protocol kept apart; none where that cannot be told."""
    split, protocol, fold = _division_of(learnt)
    if split is not None or protocol in (None, ALL):
        return ()
    plan = plan_of_protocol(infos, str(protocol))
    parts = [one.test or one.val for one in plan.folds if one.name == fold] if plan else []
    return parts[0] if parts else ()


def sources_of(learnt: Learnt) -> list[Learnt]:
    """What a model learnt from, an entry for each member of an ensemble, members of members too."""
    if "members" not in learnt:
        return [learnt]
    alike = {key: value for key, value in learnt.items() if key != "members"}
    return [source for member in learnt["members"] for source in sources_of({**alike, **member})]


def disagreements(sources: Sequence[tuple[str, Learnt]]) -> list[str]:
    """A line, if models that are to be one do not say that they kept the same clips apart.

    Args:
        sources: Name of each, and what it says of its training.
    """
    named: dict[str, list[str]] = {}
    for name, learnt in sources:
        for source in sources_of(learnt):
            who = named.setdefault(_in_words(source, with_data=True), [])
            who.append(str(source.get("name", name)))
    if len(named) < 2 and "" not in named:
        return []
    told = "; ".join(
        f"{', '.join(dict.fromkeys(names))}: {words or 'does not say'}" for words, names in named.items()
    )
    return [
        f"expected models that kept the same clips apart, found {told}: what one kept apart another may have "
        "learnt from, so judge the ensemble on clips that none of them has seen"
    ]


def _own_protocol(learnt: Learnt) -> str:
    if learnt.get("split"):
        raise InvalidInputError(
            f"the model was trained with the split file {learnt['split']}: name it with --split, or "
            "another part with --protocol"
        )
    protocol = learnt.get("protocol")
    if protocol is None or protocol == ALL:
        raise InvalidInputError(
            "the model's file names no protocol that kept clips apart: name one with --protocol, a "
            "file with --split, or --protocol all to judge it on every clip"
        )
    return str(protocol)


def _division_of(source: Learnt) -> tuple[Any, Any, Any]:
    """Split file, protocol and fold; of a model trained by a split file the protocol says nothing."""
    split = source.get("split")
    return split, None if split else source.get("protocol"), source.get("fold")


def _in_words(source: Learnt, *, with_data: bool = False) -> str:
    split, protocol, fold = _division_of(source)
    named = [("protocol", protocol), ("split file", split), ("fold", fold)]
    parts = [f"{what} {value}" for what, value in named if value is not None]
    if with_data and source.get("data") is not None:
        parts.insert(0, str(source["data"]))
    return ", ".join(parts)


def _fold_of(plan: SplitPlan, fold: str | None) -> Split:
    folds = {one.name: one for one in plan.folds}
    if fold is not None and fold in folds:
        return folds[fold]
    if len(folds) > 1 or (fold is not None and fold not in ("1", ALL)):
        raise InvalidInputError(
            f"fold: expected one of {', '.join(folds)}, found {fold or 'none'}: name it with --fold"
        )
    return plan.folds[0]
