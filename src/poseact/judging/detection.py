"""How well spans of time were found: the usual figures of action detection and segmentation, per lane.

All functions take lanes (see `poseact.judging.lanes`) with labels spelt the same on both sides, in which
nothing is background. docs/timeline-evaluation.md has every definition with its source.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from poseact.annotations import Span
from poseact.judging.lanes import Lane

AP_THRESHOLDS = (0.3, 0.5, 0.7)
F1_THRESHOLDS = (0.1, 0.25, 0.5)
TOLERANCE = 0.1
"""PSDS's detection and ground truth tolerance of DCASE's second scenario."""


def temporal_iou(a: Span, b: Span) -> float:
    """Seconds that both last together, as a share of those that either lasts; labels are not looked at."""
    both = a.overlap_s(b)
    return both / (a.duration_s + b.duration_s - both)


def average_precision(lanes: Sequence[Lane], label: str, threshold: float) -> float | None:
    """Area under the interpolated precision-recall curve of one label; None where the truth has none of it.

    As ActivityNet's evaluation does it (Caba Heilbron et al., CVPR 2015): answers by falling score over all
    lanes, each takes the true span of its lane and label with the highest IoU that is at least the
    threshold and not taken yet; precision is the highest at this recall or more (Pascal VOC since 2010).
    """
    num_true = sum(span.label == label for lane in lanes for span in lane.truth)
    if num_true == 0:
        return None
    answers = [(span, lane) for lane in lanes for span in lane.found if span.label == label]
    answers.sort(key=lambda answer: -answer[0].score)
    free = {id(lane): [span for span in lane.truth if span.label == label] for lane in lanes}
    hits = np.zeros(len(answers))
    for i, (answer, lane) in enumerate(answers):
        left = free[id(lane)]
        best = max(range(len(left)), key=lambda j: temporal_iou(answer, left[j]), default=None)
        if best is not None and temporal_iou(answer, left[best]) >= threshold:
            del left[best]
            hits[i] = 1
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    return float((highest * hits).sum() / num_true)


@dataclass(frozen=True)
class Counts:
    """Answers that fit, answers that do not, and truths without one.

    Attributes:
        hits: True positives.
        extra: False positives.
        missed: False negatives.
    """

    hits: int = 0
    extra: int = 0
    missed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.hits + other.hits, self.extra + other.extra, self.missed + other.missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where there is neither truth nor answer."""
        total = 2 * self.hits + self.extra + self.missed
        return 2 * self.hits / total if total else None


def segment_counts(lane: Lane, threshold: float) -> dict[str, Counts]:
    """What F1@threshold is made of, by label.

    As in the code of Lea et al. (Temporal Convolutional Networks for Action Segmentation and Detection,
    CVPR 2017): each answer, in order of time, is held against the true span of its label with the
    highest IoU; it fits if that is at least the threshold and no earlier answer has fitted it.
    """
    taken: set[int] = set()
    out: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    for answer in lane.found:
        same = [i for i, span in enumerate(lane.truth) if span.label == answer.label]
        best = max(same, key=lambda i: temporal_iou(answer, lane.truth[i]), default=None)
        if best is not None and best not in taken and temporal_iou(answer, lane.truth[best]) >= threshold:
            taken.add(best)
            out[answer.label] += 1
        else:
            extra[answer.label] += 1
    missed = Counter(span.label for i, span in enumerate(lane.truth) if i not in taken)
    labels = dict.fromkeys([*out, *extra, *missed])
    return {label: Counts(out[label], extra[label], missed[label]) for label in labels}


def edit_score(lane: Lane) -> float | None:
    """1 less the Levenshtein distance of the labels in order, as a share of the longer row of them.

    Lea et al. (Segmental Spatiotemporal CNNs for Fine-grained Action Segmentation, ECCV 2016), without
    background. None where there are no labels at all.
    """
    true, said = ([span.label for span in spans] for spans in (lane.truth, lane.found))
    longest = max(len(true), len(said))
    if longest == 0:
        return None
    row = list(range(len(said) + 1))
    for i, label in enumerate(true, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(said, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (label != other))
    return 1 - row[-1] / longest


@dataclass(frozen=True)
class Moment:
    """Time during which neither truth nor answers change.

    Attributes:
        start_s: When it begins.
        end_s: When it ends.
        true: Labels of the truth; none = background.
        said: Labels of the answers.
    """

    start_s: float
    end_s: float
    true: frozenset[str]
    said: frozenset[str]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.end_s - self.start_s

    @property
    def is_right(self) -> bool:
        """Whether both say the same; where several labels hold at once, whether they share one."""
        return bool(self.true & self.said) or not (self.true or self.said)


def moments(lane: Lane) -> Iterator[Moment]:
    """The judged time of a lane cut wherever anything changes, without what is ignored.

    Shares of this time are what frame-wise figures become as frames get shorter.
    """
    spans = (*lane.truth, *lane.found)
    times = [lane.start_s, lane.end_s, *(t for s in spans for t in (s.start_s, s.end_s))]
    times += [time for ends in lane.ignored for time in ends]

    def inside(time_s: float) -> float:
        return min(max(time_s, lane.start_s), lane.end_s)

    cuts = sorted(set(map(inside, times)))
    place = {cut: i for i, cut in enumerate(cuts)}
    true, said = ([set[str]() for _ in cuts] for _ in range(2))
    for labels, row in ((true, lane.truth), (said, lane.found)):
        for span in row:
            for i in range(place[inside(span.start_s)], place[inside(span.end_s)]):
                labels[i].add(span.label)
    skipped = {i for ends in lane.ignored for i in range(*(place[inside(time)] for time in ends))}
    for i, (start, end) in enumerate(itertools.pairwise(cuts)):
        if i not in skipped:
            yield Moment(start, end, frozenset(true[i]), frozenset(said[i]))


@dataclass(frozen=True)
class Detection:
    """Whether and when a true span was found.

    Attributes:
        truth: The span.
        is_found: Whether `TOLERANCE` of it is covered by answers of its label that are no false alarms.
        delay_s: Seconds from its start to the frame with which the first of them was told; 0 where the
            label was out already when it began, None where it was not found or nothing was told.
    """

    truth: Span
    is_found: bool
    delay_s: float | None


def false_alarms(lane: Lane) -> list[Span]:
    """Answers of which less than `TOLERANCE` lies in true spans of their label.

    The detection tolerance criterion of Bilen et al. (A Framework for the Robust Evaluation of Sound Event
    Detection, ICASSP 2020); an answer that is right for a small part is a badly placed one, no false alarm.
    """
    return [span for span in lane.found if _covered(span, lane.truth) < TOLERANCE]


def detections(lane: Lane) -> list[Detection]:
    """Of each true span whether it was found, by the ground truth criterion of Bilen et al., and how late."""
    sound = [span for span in lane.found if _covered(span, lane.truth) >= TOLERANCE]
    out = []
    for span in lane.truth:
        is_found = _covered(span, sound) >= TOLERANCE
        same = (s for s in sound if s.label == span.label and s.overlap_s(span))
        told = [s.told_s for s in same if s.told_s is not None]
        delay_s = max(min(told) - span.start_s, 0.0) if is_found and told else None
        out.append(Detection(span, is_found, delay_s))
    return out


def _covered(span: Span, others: Sequence[Span]) -> float:
    """The share of a span that lies in others of its label, which may overlap one another."""
    inside = sorted(
        (max(o.start_s, span.start_s), min(o.end_s, span.end_s))
        for o in others
        if o.label == span.label and o.overlap_s(span)
    )
    seconds, reached = 0.0, span.start_s
    for start, end in inside:
        seconds += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return seconds / span.duration_s
