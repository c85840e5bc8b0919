"""What ``poseact classify`` shows on the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from poseact.feature_classifiers.fitting import Fit
from poseact.feature_classifiers.validation import CrossValidation
from poseact.judging import Figure, Judgement
from poseact.wording import counted

_MOST_CLASSES = 16
_MOST_CONFUSIONS = 12


def percent(found: CrossValidation) -> str:
    """``88.8 ± 2.0 %``; of one division without a spread."""
    spread = f" ± {100 * found.spread:.1f}" if len(found.accuracies) > 1 else ""
    return f"{100 * found.mean:.1f}{spread} %"


def print_fit(console: Console, fit: Fit) -> None:
    """The best setting of each family, and the one that was taken."""
    if len(fit.tried) > 1:
        table = Table("classifier, best of each kind", "cross-validated", header_style="bold")
        for one in _best_of_each(fit):
            style = "bold green" if one is fit.chosen else ""
            table.add_row(Text(one.setting.title, style), Text(percent(one), style))
        console.print(table)
    of = f", the best of {len(fit.tried)} settings" if len(fit.tried) > 1 else ""
    console.print(f"[bold]classifier[/]  {fit.chosen.setting.title}{of}", soft_wrap=True)
    times = len(fit.chosen.accuracies)
    often = f", {counted(times, 'time')}; ± from time to time" if times > 1 else ", each held out once"
    console.print(
        f"[bold]training[/]    {percent(fit.chosen)} cross-validated "
        f"({fit.chosen.folds} folds by {fit.chosen.unit}{often})",
        soft_wrap=True,
        highlight=False,
    )


def _best_of_each(fit: Fit) -> list[CrossValidation]:
    best: dict[str, CrossValidation] = {}
    for one in fit.tried:
        before = best.get(one.setting.family)
        if one is fit.chosen or before is None or (before is not fit.chosen and one.mean > before.mean):
            best[one.setting.family] = one
    return list(best.values())


def print_judgement(console: Console, judgement: Judgement, what: str = "test") -> None:
    """Accuracy, figures of each class, and what was taken for what."""
    clips = judgement.num_clips
    right = sum(clip.is_right for clip in judgement.clips)
    console.print(
        f"[bold]{what:10}[/]  {100 * judgement.top_1.value:.2f} % ({right} of {counted(clips, 'clip')}"
        f"{_interval(judgement.top_1)}; a clip is {100 / clips:.1f} points)",
        soft_wrap=True,
        highlight=False,
    )
    for name, number in judgement.facts.unknown_classes.items():
        console.print(
            Text(
                f"left out    {counted(number, 'clip')} of {name!r}, which the classifier does not know",
                "yellow",
            )
        )
    for note in judgement.facts.notes:
        console.print(Text(f"note        {note}", "yellow"), soft_wrap=True)
    console.print(_class_table(judgement))
    _print_confusion(console, judgement)


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"; 95 % interval {100 * figure.low:.1f} to {100 * figure.high:.1f}"


def _class_table(judgement: Judgement) -> Table:
    table = Table("", "class", header_style="bold")
    for column in ("clips", "precision", "recall", "F1"):
        table.add_column(column, justify="right")
    for i, one in enumerate(judgement.classes):
        shares = [one.precision, one.recall, one.f1]
        texts = ["-" if share is None else f"{100 * share:.0f}" for share in shares]
        table.add_row(str(i), Text(one.name), str(one.support), *texts)
    mean = [judgement.mean_class_accuracy.value, judgement.macro_f1.value]
    table.add_section()
    table.add_row(
        "", "mean of classes", str(judgement.num_clips), "", *(f"{100 * value:.1f}" for value in mean)
    )
    return table


def _print_confusion(console: Console, judgement: Judgement) -> None:
    """The matrix of a few classes; of many, what was taken for what most often."""
    names = judgement.class_names
    if len(names) > _MOST_CLASSES:
        for one in judgement.confusions(_MOST_CONFUSIONS):
            line = f"{one.count} of {one.support} {names[one.label]} taken for {names[one.predicted]}"
            console.print(line, soft_wrap=True, markup=False, highlight=False)
        return
    table = Table("", "true \\ answer", header_style="bold", padding=(0, 1))
    for i in range(len(names)):
        table.add_column(str(i), justify="right")
    for i, (name, row) in enumerate(zip(names, judgement.confusion, strict=True)):
        cells = [Text(str(n) if n else "·", _cell_style(i == j, n)) for j, n in enumerate(row)]
        table.add_row(str(i), Text(name), *cells)
    console.print(table)


def _cell_style(is_right: bool, number: int) -> str:
    if not number:
        return "dim"
    return "green" if is_right else "bold red"
