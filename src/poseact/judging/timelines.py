"""A model judged as detection: every figure of its answers against the truth of whole recordings."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from poseact.annotations import Span
from poseact.errors import InvalidInputError
from poseact.judging.detection import (
    AP_THRESHOLDS,
    F1_THRESHOLDS,
    Counts,
    Detection,
    Moment,
    average_precision,
    detections,
    edit_score,
    false_alarms,
    moments,
    segment_counts,
)
from poseact.judging.lanes import BACKGROUND, IGNORED, JudgedRecording, Lane, lanes_of


@dataclass(frozen=True)
class TimelineFacts:
    """What a figure means nothing without.

    Attributes:
        model: Its name, or where finished answers come from.
        data: Name of the recordings' file or folder.
        truth: Name of the annotations' file or folder.
        was_streamed: Whether the answers came frame by frame, so that delays are known.
        background: Labels that count as none.
        ignored: Labels of the truth whose time is not judged.
        unknown: Labels of the truth that the model does not have, with their seconds; they count as
            background.
        command: What to run to get these figures again.
        unreadable: A line for each recording that could not be read.
        notes: What else a reader must know, a line each.
    """

    model: str
    data: str
    truth: str
    was_streamed: bool
    background: tuple[str, ...] = BACKGROUND
    ignored: tuple[str, ...] = IGNORED
    unknown: Mapping[str, float] = field(default_factory=dict)
    command: str = ""
    unreadable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpanFigures:
    """How well spans were found. A share is None where there is nothing that it could be a share of.

    Attributes:
        num_true: True spans.
        num_said: Answers.
        f1: By `F1_THRESHOLDS`.
        num_found: True spans that were found, however badly placed; see `detection.Detection`.
        delay_mean_s: Mean over those of which it is known when they were told.
        delay_median_s: Likewise.
        false_alarms: Answers that are none of the true spans.
        false_alarms_per_hour: The same by the length of the recordings.
    """

    num_true: int
    num_said: int
    f1: tuple[float | None, ...]
    num_found: int
    delay_mean_s: float | None
    delay_median_s: float | None
    false_alarms: int
    false_alarms_per_hour: float | None


@dataclass(frozen=True)
class TimeFigures:
    """How much of the time is labelled rightly. Seconds of people who are annotated, each for themselves.

    Attributes:
        judged_s: In all.
        right_s: During which truth and answers say the same.
        background_s: Without an action in the truth.
        named_s: Of these, with an action in the answers.
    """

    judged_s: float
    right_s: float
    background_s: float
    named_s: float

    @property
    def accuracy(self) -> float | None:
        """Frame accuracy: share of the time that is right, background included."""
        return self.right_s / self.judged_s if self.judged_s else None

    @property
    def background_named(self) -> float | None:
        """Share of the time without an action that is labelled as one."""
        return self.named_s / self.background_s if self.background_s else None


@dataclass(frozen=True)
class ClassDetection:
    """Figures of one label.

    Attributes:
        name: The label.
        average_precision: By `AP_THRESHOLDS`; None where the truth has none of it.
        spans: Counts and delays.
        true_s: Seconds of it in the truth.
        right_s: Of these, with this label among the answers.
        named_background_s: Seconds without an action that are labelled so.
    """

    name: str
    average_precision: tuple[float | None, ...]
    spans: SpanFigures
    true_s: float
    right_s: float
    named_background_s: float


@dataclass(frozen=True)
class RecordingDetection:
    """Figures of one recording.

    Attributes:
        name: Of the file.
        duration_s: Seconds that are judged.
        spans: Counts and delays.
        edit: See `TimelineJudgement`.
        time: Of its people.
        lanes: Truth and answers, for pictures.
    """

    name: str
    duration_s: float
    spans: SpanFigures
    edit: float | None
    time: TimeFigures
    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class TimelineJudgement:
    """Every figure of answers to whole recordings.

    Attributes:
        facts: What was judged, on what, and how.
        mean_average_precision: Mean over the labels of the truth, by `AP_THRESHOLDS`.
        spans: Counts and delays.
        edit: Mean edit score of the people who are annotated.
        time: Frame accuracy and its like.
        duration_s: Seconds of recordings.
        classes: Figures of each label of truth or answers, by name.
        recordings: Figures of each recording.
    """

    facts: TimelineFacts
    mean_average_precision: tuple[float | None, ...]
    spans: SpanFigures
    edit: float | None
    time: TimeFigures
    duration_s: float
    classes: tuple[ClassDetection, ...]
    recordings: tuple[RecordingDetection, ...]


def judge_timelines(recordings: Sequence[JudgedRecording], facts: TimelineFacts) -> TimelineJudgement:
    """Every figure of these recordings, as one and each by itself.

    Args:
        recordings: Truth and answers, labels spelt the same.
        facts: To stand beside the figures; says what is background and what is not judged.

    Raises:
        InvalidInputError: If there is no recording.
    """
    if not recordings:
        raise InvalidInputError("expected one recording or more to judge, found none")
    background = (*facts.background, *facts.unknown)
    by_recording = [
        [_Measured.of(lane) for lane in lanes_of(one, background=background, ignored=facts.ignored)]
        for one in recordings
    ]
    measured = [one for own in by_recording for one in own]
    duration_s = sum(one.duration_s for one in recordings)
    labels = sorted({span.label for one in measured for span in (*one.lane.truth, *one.lane.found)})
    classes = tuple(_class(label, measured, duration_s) for label in labels)
    precisions = zip(*(one.average_precision for one in classes), strict=True)
    return TimelineJudgement(
        facts=facts,
        mean_average_precision=tuple(map(_mean, precisions)) or (None,) * len(AP_THRESHOLDS),
        spans=_spans(measured, duration_s),
        edit=_edit(measured),
        time=_time(measured),
        duration_s=duration_s,
        classes=classes,
        recordings=tuple(
            RecordingDetection(
                one.name,
                one.duration_s,
                _spans(own, one.duration_s),
                _edit(own),
                _time(own),
                tuple(each.lane for each in own),
            )
            for one, own in zip(recordings, by_recording, strict=True)
        ),
    )


@dataclass(frozen=True)
class _Measured:
    """A lane, and all that is measured of it by itself; order and time only where it is annotated."""

    lane: Lane
    counts: tuple[Mapping[str, Counts], ...]
    detections: Sequence[Detection]
    alarms: Sequence[Span]
    edit: float | None
    moments: Sequence[Moment]

    @classmethod
    def of(cls, lane: Lane) -> "_Measured":
        return cls(
            lane,
            tuple(segment_counts(lane, threshold) for threshold in F1_THRESHOLDS),
            detections(lane),
            false_alarms(lane),
            edit_score(lane) if lane.is_annotated else None,
            list(moments(lane)) if lane.is_annotated else [],
        )


def _class(label: str, measured: Sequence[_Measured], duration_s: float) -> ClassDetection:
    lanes = [one.lane for one in measured]
    said = [moment for one in measured for moment in one.moments if label in moment.said]
    return ClassDetection(
        name=label,
        average_precision=tuple(average_precision(lanes, label, at) for at in AP_THRESHOLDS),
        spans=_spans(measured, duration_s, label),
        true_s=sum(m.seconds for one in measured for m in one.moments if label in m.true),
        right_s=sum(m.seconds for m in said if label in m.true),
        named_background_s=sum(m.seconds for m in said if not m.true),
    )


def _spans(measured: Sequence[_Measured], duration_s: float, label: str | None = None) -> SpanFigures:
    """Of all labels, or of one."""
    f1 = []
    for i in range(len(F1_THRESHOLDS)):
        counts = (c for one in measured for key, c in one.counts[i].items() if label in (None, key))
        f1.append(sum(counts, Counts()).f1)
    results = [d for one in measured for d in one.detections if label in (None, d.truth.label)]
    delays = [one.delay_s for one in results if one.delay_s is not None]
    alarms = sum(label in (None, span.label) for one in measured for span in one.alarms)
    return SpanFigures(
        num_true=len(results),
        num_said=sum(label in (None, span.label) for one in measured for span in one.lane.found),
        f1=tuple(f1),
        num_found=sum(one.is_found for one in results),
        delay_mean_s=_mean(delays),
        delay_median_s=statistics.median(delays) if delays else None,
        false_alarms=alarms,
        false_alarms_per_hour=3600 * alarms / duration_s if duration_s else None,
    )


def _time(measured: Sequence[_Measured]) -> TimeFigures:
    all_moments = [moment for one in measured for moment in one.moments]
    return TimeFigures(
        judged_s=sum(m.seconds for m in all_moments),
        right_s=sum(m.seconds for m in all_moments if m.is_right),
        background_s=sum(m.seconds for m in all_moments if not m.true),
        named_s=sum(m.seconds for m in all_moments if not m.true and m.said),
    )


def _edit(measured: Sequence[_Measured]) -> float | None:
    return _mean(one.edit for one in measured)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None
