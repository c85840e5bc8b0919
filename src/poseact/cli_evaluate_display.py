"""What ``poseact evaluate`` shows on the terminal: figures, classes by F1, and the worst confusions."""

from collections.abc import Iterator, Sequence
from statistics import fmean, stdev

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from poseact.judging.comparison import Comparison
from poseact.judging.intervals import Figure
from poseact.judging.judgement import Judgement, PartFigures
from poseact.judging.words import (
    answered_without_clips,
    calibration_words,
    classes_words,
    confusion_words,
    latency_words,
    left_out_lines,
    model_size_words,
    percent,
    points,
    printable,
    resampling_words,
    top_5_words,
)
from poseact.results import shown_label
from poseact.wording import counted

_MOST_CLASSES, _MOST_PARTS, _MOST_LEFT_OUT = 60, 12, 5
_BAR_WIDTH = 12
# Blocks of an eighth of a letter each, from none to seven.
_EIGHTHS = " ▏▎▍▌▋▊▉"


def print_judgement(
    console: Console,
    judgement: Judgement,
    *,
    comparison: Comparison | None = None,
    most_confusions: int = 10,
) -> None:
    """Print a judgement, readable from 80 columns on."""
    console.print(judgement_view(judgement, comparison=comparison, most_confusions=most_confusions))


def judgement_view(
    judgement: Judgement, *, comparison: Comparison | None = None, most_confusions: int = 10
) -> Group:
    """Everything that `print_judgement` prints."""
    facts = judgement.facts
    title = Text(f"{printable(facts.model)} on {printable(facts.data)}", style="bold")
    parts: list[Text | Table | Padding] = [title, Text(_tested_words(judgement)), Text()]
    # Before the figures: they must not be read without.
    parts[-1:-1] = [Text(f"note: {printable(note)}", style="bold yellow") for note in facts.notes]
    parts += [_figure_table(judgement), Text(resampling_words(judgement), style="dim"), Text()]
    parts.append(_class_table(judgement))
    if named := answered_without_clips(judgement):
        parts.append(Text(f"answered, though no clip is of them: {named}", style="dim"))
    confusions = judgement.confusions(most_confusions)
    if confusions:
        parts += [Text(), Text("worst confusions", style="bold")]
        parts += [_indented(Text(confusion_words(judgement, c))) for c in confusions]
    for what, shares in (("subject", judgement.subjects), ("fold", judgement.folds)):
        if len(shares) > 1:
            parts += [Text(), Text(f"by {what}", style="bold"), _indented(_parts_line(shares))]
    if comparison is not None:
        parts += [Text(), *_comparison_lines(comparison)]
    parts += [Text(f"left out: {line}", style="yellow") for line in _shortened(left_out_lines(facts))]
    return Group(*parts)


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 2), expand=False)


def _tested_words(judgement: Judgement) -> str:
    text = f"{printable(judgement.facts.protocol)}: {counted(judgement.num_clips, 'clip')} of "
    text += classes_words(judgement)
    if judgement.subjects:
        text += f", {counted(len(judgement.subjects), 'subject')}"
    return text


def _figure_table(judgement: Judgement) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="bold")
    table.add_column()
    trivial = judgement.top_5_is_trivial
    table.add_row("top-1", percent(judgement.top_1.value), _ends(judgement.top_1))
    table.add_row(
        "top-5",
        percent(judgement.top_5.value),
        Text(top_5_words(judgement), style="dim") if trivial else _ends(judgement.top_5),
    )
    mean = judgement.mean_class_accuracy
    table.add_row("mean class accuracy", percent(mean.value), _ends(mean))
    table.add_row("macro F1", percent(judgement.macro_f1.value), _ends(judgement.macro_f1))
    found = judgement.calibration
    table.add_row("calibration (ECE)", percent(found.ece), calibration_words(found))
    table.add_row("NLL, Brier", f"{found.nll:.3f}", f"{found.brier:.3f}")
    for name, words in (
        ("latency", latency_words(judgement.facts)),
        ("size", model_size_words(judgement.facts)),
    ):
        if words:
            value, _, rest = words.partition(" for a " if name == "latency" else ", ")
            table.add_row(name, value, Text(f"for a {rest}" if name == "latency" else rest))
    return table


def _ends(figure: Figure) -> str:
    return "" if figure.low is None else f"{percent(figure.low)} to {percent(figure.high)}"


def _class_table(judgement: Judgement) -> Table:
    """Classes by F1, worst first; of many the best are left out."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("class", overflow="ellipsis", no_wrap=True, max_width=26)
    table.add_column("F1", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, style="cyan")
    for name in ("precision", "recall", "clips"):
        table.add_column(name, justify="right", no_wrap=True)
    classes = judgement.by_f1
    for figures in classes[:_MOST_CLASSES]:
        table.add_row(
            Text(shown_label(figures.name)),
            percent(figures.f1),
            _bar(figures.f1 or 0.0),
            percent(figures.precision),
            percent(figures.recall),
            str(figures.support),
        )
    if len(classes) > _MOST_CLASSES:
        least = percent(classes[_MOST_CLASSES].f1)
        table.add_row(f"and {len(classes) - _MOST_CLASSES} more", least, "or better", "", "", "")
    return table


def _bar(share: float) -> str:
    whole, eighths = divmod(round(8 * _BAR_WIDTH * share), 8)
    return ("█" * whole + (_EIGHTHS[eighths] if eighths else "")).ljust(_BAR_WIDTH)


def _parts_line(shares: Sequence[PartFigures]) -> Text:
    """``2: 68.5 %, 4: 72.2 %``, of many the worst; mean and spread of two or more."""
    worst = sorted(shares, key=lambda part: part.accuracy)[:_MOST_PARTS]
    shown = shares if len(shares) <= _MOST_PARTS else worst
    text = ",  ".join(f"{printable(part.name)}: {percent(part.accuracy)}" for part in shown)
    more = len(shares) - len(shown)
    if more:
        text += f",  and {more} better ones"
    accuracies = [part.accuracy for part in shares]
    return Text(
        f"{text}\nmean {percent(fmean(accuracies))}, standard deviation {100 * stdev(accuracies):.1f} points"
    )


def _comparison_lines(comparison: Comparison) -> Iterator[Text]:
    gain = comparison.gain
    ends = ""
    if gain.low is not None and gain.high is not None:
        ends = f" (95 % interval {points(gain.low)} to {points(gain.high)})"
    first, second = printable(comparison.first), printable(comparison.second)
    yield Text(f"{second} against {first}: {points(gain.value)} points{ends}", style="bold")
    only = f"only {first} right {comparison.only_first}, only {second} right {comparison.only_second}"
    test = f"McNemar p = {comparison.p_value:.3g}"
    yield Text(f"  {counted(comparison.num_clips, 'clip')}: {only}; {test}")


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST_LEFT_OUT
    return lines if more <= 0 else [*lines[:_MOST_LEFT_OUT], f"{more} more, see the report"]
