"""Mending: a cleaned copy of a set in which only what is certain is changed, and every change is told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from poseact.clip import Clip
from poseact.doctor.clip_checks import exchanged_sizes
from poseact.doctor.facts import ClipFacts, bad_joints, without_joints
from poseact.doctor.set_checks import duplicates
from poseact.errors import SourceError
from poseact.wording import counted


@dataclass(frozen=True)
class Change:
    """One difference between a clip and its mended copy.

    Attributes:
        clip: The clip's name in the set.
        kind: ``left-out``, ``missing`` (joints made missing), ``size`` or ``renamed``.
        text: What was changed and why.
    """

    clip: str
    kind: str
    text: str


class Mender:
    """Mends the clips of a set that has been measured, in the same order.

    Left out are clips in which nobody is and exact duplicates of a clip before them with the same
    label. Zeros that stand for missing and outliers become missing joints, exchanged widths and
    heights are exchanged back, and the second clip of a name gets a number. All else stays as it
    is: sides, labels, classes, near duplicates, frame rates.
    """

    def __init__(self, facts: Sequence[ClipFacts]) -> None:
        """Decide; nothing is changed yet."""
        self._facts = facts
        self._drop = {i: why for i, one in enumerate(facts) if (why := _why_drop(one)) is not None}
        for group in duplicates(facts):
            kept: dict[str | None, int] = {}
            for i in group:
                first = kept.setdefault(facts[i].info.label, i)
                if first != i:
                    self._drop[i] = f"exactly the poses of {facts[first].info.name}"
        # Without those left out, so that a check of the copy comes to the same.
        kept_places = [i for i in range(len(facts)) if i not in self._drop]
        sizes = exchanged_sizes([facts[i] for i in kept_places])
        self._sizes = {kept_places[i]: why for i, why in sizes.items()}
        self._names = {one.info.name for one in facts}
        self._seen: set[str] = set()
        self.changes: list[Change] = []

    def mend(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        """The cleaned copy, one clip at a time; `changes` fills up meanwhile.

        Raises:
            SourceError: If the clips are not those that were measured, or none is left.
        """
        count, num_left = 0, 0
        for i, clip in enumerate(clips):
            if i >= len(self._facts) or self._facts[i].info != clip.info:
                raise SourceError(f"clip {clip.name!r}: the data set has changed while it was being mended")
            count += 1
            why = self._drop.get(i)
            mended = None if why else self._mended(i, clip)
            if mended is None:
                self._note(clip, "left-out", why or "nobody is left in it without outliers and zeros")
            else:
                num_left += 1
                yield mended
        if not num_left:
            raise SourceError("no clip would be left in the mended copy: nothing is written")
        if count != len(self._facts):
            raise SourceError(
                f"the data set had {len(self._facts)} clips when it was checked, and now has {count}"
            )

    def _note(self, clip: Clip, kind: str, text: str) -> None:
        self.changes.append(Change(clip.name, kind, text))

    def _mended(self, i: int, clip: Clip) -> Clip | None:
        sequence = clip.sequence
        zeros, outliers = bad_joints(sequence)
        sequence = without_joints(sequence, zeros | outliers)
        if not sequence.present.any():
            return None
        for mask, what in ((zeros, "at zero"), (outliers & ~zeros, "far from the body")):
            if mask.any():
                self._note(
                    clip, "missing", f"{counted(int(mask.sum()), 'joint position')} {what} made missing"
                )
        if i in self._sizes and sequence.frame_size_wh is not None:
            width, height = sequence.frame_size_wh
            sequence = replace(sequence, frame_size_wh=(height, width))
            self._note(clip, "size", f"{width} x {height} made {height} x {width}: {self._sizes[i]}")
        return replace(clip, sequence=sequence, name=self._name(clip))

    def _name(self, clip: Clip) -> str:
        name, number = clip.name, 1
        while name in self._seen or (number > 1 and name in self._names):
            number += 1
            name = f"{clip.name}_{number}"
        if number > 1:
            self._note(clip, "renamed", f"called {name}: another clip has that name")
        self._seen.add(name)
        return name


def _why_drop(one: ClipFacts) -> str | None:
    if one.num_frames == 0:
        return "it has no frames"
    return "nobody is in it" if one.num_joints == 0 else None
