"""Which clips show a confusion: one answered wrongly, beside a typical one answered rightly."""

from collections.abc import Sequence
from dataclasses import dataclass

from poseact.errors import PoseactError
from poseact.judging.answers import Sequences, find_sequence
from poseact.judging.judgement import ClipAnswer, Confusion, Judgement
from poseact.report.skeletons import DrawnClip, drawn_clip

# So many clips are tried until one has poses.
_TRIES = 5


@dataclass(frozen=True, eq=False)
class Example:
    """A clip and its answer, drawn.

    Attributes:
        answer: To the clip.
        drawn: Its poses.
    """

    answer: ClipAnswer
    drawn: DrawnClip


@dataclass(frozen=True, eq=False)
class ConfusionExample:
    """A confusion in pictures.

    Attributes:
        confusion: What was taken for what.
        wrong: The clip of this confusion of which the model was surest.
        right: The clip of the class it was taken for with the median confidence among those
            answered rightly; of a class that was never answered rightly any clip; None where no clip
            of it has poses.
    """

    confusion: Confusion
    wrong: Example
    right: Example | None


def confusion_examples(
    judgement: Judgement, sequences: Sequences | None, limit: int
) -> list[ConfusionExample]:
    """The worst confusions of which poses are found, at most `limit`."""
    out: list[ConfusionExample] = []
    if sequences is None:
        return out
    for confusion in judgement.confusions(limit):
        wrong = [
            c for c in judgement.clips if (c.label, c.predicted) == (confusion.label, confusion.predicted)
        ]
        wrong.sort(key=lambda clip: -clip.confidence)
        shown = _first_drawn(wrong, sequences)
        if shown is not None:
            right = _first_drawn(_typical(judgement, confusion.predicted), sequences)
            out.append(ConfusionExample(confusion, shown, right))
    return out


def _typical(judgement: Judgement, label: int) -> list[ClipAnswer]:
    """Clips of a class, the most typical of those answered rightly first."""
    members = [clip for clip in judgement.clips if clip.label == label]
    members.sort(key=lambda clip: clip.confidence)
    right = [clip for clip in members if clip.is_right] or members
    middle = len(right) // 2
    return [clip for _, clip in sorted(enumerate(right), key=lambda item: abs(item[0] - middle))]


def _first_drawn(clips: Sequence[ClipAnswer], sequences: Sequences) -> Example | None:
    for clip in clips[:_TRIES]:
        try:
            sequence = find_sequence(sequences, clip.name)
        except PoseactError:  # the figures do not hang on a picture
            continue
        drawn = None if sequence is None else drawn_clip(sequence)
        if drawn is not None:
            return Example(clip, drawn)
    return None
