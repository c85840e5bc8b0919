"""What ``poseact evaluate --timeline`` shows on the terminal: figures, labels, and recordings."""

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from poseact.judging.detection import AP_THRESHOLDS, F1_THRESHOLDS
from poseact.judging.timeline_words import duration_words, figure_rows, hundredths, per_hour, seconds
from poseact.judging.timelines import ClassDetection, RecordingDetection, TimelineJudgement
from poseact.judging.words import cut, percent, printable
from poseact.results import shown_label
from poseact.wording import counted

_MOST_CLASSES, _MOST_RECORDINGS = 60, 40


def print_timeline_judgement(console: Console, judgement: TimelineJudgement) -> None:
    """Print a judgement, readable from 80 columns on."""
    facts = judgement.facts
    title = f"{printable(facts.model)} on {printable(facts.data)}, against {printable(facts.truth)}"
    spans = counted(judgement.spans.num_true, "true span")
    told = (
        f"{counted(len(judgement.recordings), 'recording')}, {duration_words(judgement.duration_s)}, {spans} "
        f"of {counted(len([c for c in judgement.classes if c.spans.num_true]), 'label')}"
    )
    parts: list[Text | Table] = [Text(title, style="bold"), Text(told)]
    parts += [Text(f"note: {printable(note)}", style="bold yellow") for note in facts.notes]
    parts += [Text(), _figures(judgement), Text(), _classes(judgement)]
    if len(judgement.recordings) > 1:
        parts += [Text(), _recordings(judgement)]
    console.print(Group(*parts))


def _figures(judgement: TimelineJudgement) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="bold")
    table.add_column(style="dim")
    for name, value, meaning in figure_rows(judgement):
        table.add_row(name, value, meaning)
    return table


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(first, overflow="ellipsis", no_wrap=True, max_width=24)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _classes(judgement: TimelineJudgement) -> Table:
    """Labels by F1, worst first; then those that were answered only."""
    ap, f1 = f"AP@{AP_THRESHOLDS[1]:g}", f"F1@{100 * F1_THRESHOLDS[-1]:g}"
    table = _table("label", "true", "said", f1, ap, "found", "delay", "false/h", "time right")
    order = sorted(judgement.classes, key=_worst_first)
    for one in order[:_MOST_CLASSES]:
        table.add_row(
            Text(shown_label(one.name)),
            str(one.spans.num_true),
            str(one.spans.num_said),
            hundredths(one.spans.f1[-1]),
            hundredths(one.average_precision[1]),
            str(one.spans.num_found),
            seconds(one.spans.delay_mean_s),
            per_hour(one.spans.false_alarms_per_hour),
            percent(one.right_s / one.true_s if one.true_s else None, 0),
        )
    if len(order) > _MOST_CLASSES:
        table.add_row(f"and {len(order) - _MOST_CLASSES} more", *[""] * 8)
    return table


def _worst_first(one: ClassDetection) -> tuple[bool, float, str]:
    return one.spans.num_true == 0, one.spans.f1[-1] or 0.0, one.name


def _recordings(judgement: TimelineJudgement) -> Table:
    """Recordings by F1, worst first."""
    table = _table(
        "recording", f"F1@{100 * F1_THRESHOLDS[-1]:g}", "edit", "accuracy", "delay", "false/h", "background"
    )

    def worst_first(one: RecordingDetection) -> float:
        f1 = one.spans.f1[-1]
        return 2.0 if f1 is None else f1

    order = sorted(judgement.recordings, key=worst_first)
    for one in order[:_MOST_RECORDINGS]:
        table.add_row(
            Text(cut(printable(one.name), 24)),
            hundredths(one.spans.f1[-1]),
            hundredths(one.edit),
            percent(one.time.accuracy, 0),
            seconds(one.spans.delay_mean_s),
            per_hour(one.spans.false_alarms_per_hour),
            percent(one.time.background_named, 0),
        )
    if len(order) > _MOST_RECORDINGS:
        table.add_row(f"and {len(order) - _MOST_RECORDINGS} better", *[""] * 6)
    return table
