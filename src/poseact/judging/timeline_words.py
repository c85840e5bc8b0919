"""Figures of a judgement of whole recordings in words, for the terminal and the page."""

from collections.abc import Iterator, Sequence

from poseact.judging.detection import AP_THRESHOLDS, F1_THRESHOLDS
from poseact.judging.timelines import TimelineJudgement
from poseact.judging.words import percent, printable
from poseact.wording import counted


def hundredths(value: float | None) -> str:
    """``0.87``; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def seconds(value: float | None) -> str:
    """``1.31 s``; a dash where there is none."""
    return "–" if value is None else f"{value:.2f} s"


def per_hour(value: float | None) -> str:
    """``12.5``, ``740``; a dash where there is none."""
    return "–" if value is None else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def duration_words(value: float) -> str:
    """``1:04:05 h``, ``8:12 min``, ``42 s``, ``0.5 s``."""
    if 0 < value < 9.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest:02d} h"
    return f"{minutes}:{rest:02d} min" if minutes else f"{rest} s"


def figure_rows(judgement: TimelineJudgement) -> Iterator[tuple[str, str, str]]:
    """Name, value and meaning of each figure of the whole."""
    spans, time = judgement.spans, judgement.time
    yield (
        f"mAP@{_listed(AP_THRESHOLDS)}",
        " / ".join(map(hundredths, judgement.mean_average_precision)),
        "mean average precision at these temporal IoUs",
    )
    yield (
        f"F1@{_listed([100 * at for at in F1_THRESHOLDS])}",
        " / ".join(map(hundredths, spans.f1)),
        "spans that overlap by these shares, in per cent",
    )
    yield "edit", hundredths(judgement.edit), "order of the labels, whatever their times"
    yield "frame accuracy", percent(time.accuracy), "of all time, background included"
    told = [one.spans for one in judgement.classes if one.spans.delay_mean_s is not None]
    if told:
        delay = f"median {seconds(spans.delay_median_s)}, over the spans that were found"
        yield "delay", seconds(spans.delay_mean_s), f"mean from true start to telling; {delay}"
    missed = spans.num_true - spans.num_found
    yield "missed", str(missed), f"of {counted(spans.num_true, 'true span')}, not even found in part"
    alarms = f"{counted(spans.false_alarms, 'answer')} with nothing of the kind in the truth"
    yield "false alarms per hour", per_hour(spans.false_alarms_per_hour), alarms
    named = ", ".join(["none", *map(printable, judgement.facts.background)])
    named += " or unknown to the model" if judgement.facts.unknown else ""
    background = f"of {duration_words(time.background_s)} without an action ({named})"
    yield "background named", percent(time.background_named), background


def _listed(values: Sequence[float]) -> str:
    return "/".join(f"{value:g}" for value in values)
