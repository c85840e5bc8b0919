"""What a model answered to labelled clips: all that judging it needs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.sequence import PoseSequence

Sequences = Mapping[str, PoseSequence] | Callable[[str], PoseSequence | None]
"""The poses of a clip by its name, kept or read when asked for."""

# Rows come from float32 networks, and averages of several.
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Answers:
    """Class probabilities of N labelled clips. K classes.

    Attributes:
        class_names: K names, in the order of the probabilities.
        probabilities: (N, K) float64, rows that sum to 1.
        labels: (N,) int64, index of the true class.
        names: (N,) clip names. A clip that several folds test appears once for each.
        subjects: (N,) who is seen, None where the set does not say; empty = nowhere said.
        groups: (N,) clips that belong together (a source video, an uploader); likewise.
        folds: (N,) the fold whose model answered; empty where there is one model.
        sequences: Where the poses are found, for pictures; None = nowhere.

    Raises:
        InvalidInputError: If there is no clip, the sizes do not fit one another, a label is no class,
            a row is no distribution, or a clip appears twice in a fold.
    """

    class_names: tuple[str, ...]
    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    subjects: tuple[str | None, ...] = ()
    groups: tuple[str | None, ...] = ()
    folds: tuple[str, ...] = ()
    sequences: Sequences | None = None

    def __post_init__(self) -> None:
        for name in ("class_names", "names", "subjects", "groups", "folds"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        labels = np.asarray(self.labels)
        if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
            raise InvalidInputError(
                f"labels: expected (clips,) integers, found {labels.shape} of {labels.dtype}"
            )
        object.__setattr__(self, "labels", labels.astype(np.int64))
        object.__setattr__(self, "probabilities", np.asarray(self.probabilities, np.float64))
        self._check_sizes()
        self._check_values()

    def _check_sizes(self) -> None:
        expected = (len(self.names), len(self.class_names))
        if not self.names:
            raise InvalidInputError("answers: expected at least one clip, found none: nothing to judge")
        if self.probabilities.shape != expected:
            raise InvalidInputError(
                f"probabilities: expected (clips, classes) = {expected}, found {self.probabilities.shape}"
            )
        if len(self.labels) != len(self.names):
            raise InvalidInputError(f"labels: expected {len(self.names)}, found {len(self.labels)}")
        for name in ("subjects", "groups", "folds"):
            if len(values := getattr(self, name)) not in (0, len(self.names)):
                raise InvalidInputError(f"{name}: expected {len(self.names)} or none, found {len(values)}")

    def _check_values(self) -> None:
        if len(self.class_names) < 2 or len(set(self.class_names)) != len(self.class_names):
            raise InvalidInputError("class_names: expected two or more, all different")
        if self.labels.min() < 0 or self.labels.max() >= self.num_classes:
            raise InvalidInputError(
                f"labels: expected 0 to {self.num_classes - 1}, "
                f"found {self.labels.min()} to {self.labels.max()}"
            )
        sums = self.probabilities.sum(axis=1)
        bad = ~((self.probabilities >= 0).all(axis=1) & (np.abs(sums - 1) <= _SUM_TOLERANCE))
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            raise InvalidInputError(
                f"probabilities: expected rows of numbers from 0 up that sum to 1, but that of clip "
                f"{self.names[first]!r} sums to {sums[first]:.6g} and its least is "
                f"{self.probabilities[first].min():.3g}: logits need a softmax first"
            )
        pairs = list(zip(self.names, self.folds or ("",) * len(self.names), strict=True))
        if len(set(pairs)) != len(pairs):
            twice = Counter(pairs).most_common(1)[0][0][0]
            raise InvalidInputError(f"names: clip {twice!r} is there twice in one fold; expected each once")

    @property
    def num_clips(self) -> int:
        """N."""
        return len(self.names)

    @property
    def num_classes(self) -> int:
        """K."""
        return len(self.class_names)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(N,): the most probable class; of equal ones the first."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)


def find_sequence(sequences: Sequences | None, name: str) -> PoseSequence | None:
    """The poses of a clip, None where there are none."""
    if sequences is None:
        return None
    return sequences.get(name) if isinstance(sequences, Mapping) else sequences(name)


def resampling_units(
    names: Sequence[str], subjects: Sequence[str | None], groups: Sequence[str | None]
) -> tuple[str, tuple[str, ...]]:
    """By what a bootstrap draws: subjects where all clips name one, else groups, else single clips.

    Clips of one person are alike: to draw single ones would claim more certainty than there is.

    A clip that several folds test is one unit.

    Returns:
        ``"subject"``, ``"group"`` or ``"clip"``, and the unit of each clip.
    """
    for unit, values in (("subject", subjects), ("group", groups)):
        known = [value for value in values if value is not None]
        if len(known) == len(names) and len(set(known)) > 1:
            return unit, tuple(known)
    return "clip", tuple(names)
