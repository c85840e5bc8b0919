"""The parts of the page that are mostly numbers and words: headline figures, how they were measured."""

from collections.abc import Iterator, Sequence
from statistics import fmean, stdev

from poseact.judging.comparison import Comparison
from poseact.judging.intervals import Figure
from poseact.judging.judgement import Judgement, PartFigures
from poseact.judging.words import (
    calibration_words,
    classes_words,
    cut,
    latency_words,
    left_out_lines,
    model_size_words,
    points,
    printable,
    resampling_words,
    top_5_words,
)
from poseact.report.charts import interval_bar, reliability_diagram, share_bar
from poseact.report.markup import Markup, element, joined, percent
from poseact.results import shown_label
from poseact.wording import counted

_MOST_PARTS, _MOST_WRONG, _MOST_LEFT_OUT = 60, 400, 100


def section(key: str, title: str, *children: object, wide: bool = False) -> Markup:
    """A card of the page that the contents link to."""
    heading = element("h2", title, id=f"{key}-title")
    kind = "card wide" if wide else "card"
    return element("section", heading, *children, id=key, class_=kind, aria_labelledby=f"{key}-title")


def headline(judgement: Judgement) -> Markup:
    """The figures that everybody asks for, with their intervals."""
    top_1 = judgement.top_1
    right = sum(clip.is_right for clip in judgement.clips)
    hero = element(
        "div",
        element("p", "Top-1 accuracy", class_="eyebrow"),
        element("p", percent(top_1.value), class_="hero-value"),
        element("p", interval_words(top_1, judgement.resampling.level), class_="hero-interval"),
        element("p", f"{right} of {counted(judgement.num_clips, 'clip')} answered rightly"),
        class_="hero",
    )
    rows = [
        _figure_row("Top-1", "most probable class is the true one", top_1),
        _figure_row("Mean class accuracy", "every class counts the same", judgement.mean_class_accuracy),
        _figure_row("Macro F1", "mean of the classes' F1", judgement.macro_f1),
        _figure_row("Top-5", top_5_words(judgement), judgement.top_5),
    ]
    figures = element(
        "div", element("table", element("tbody", *rows), class_="figures"), class_="figures-box"
    )
    return section(
        "figures",
        "How right it is",
        *(element("p", printable(note), class_="warning", role="note") for note in judgement.facts.notes),
        element("div", hero, figures, class_="split"),
        element("p", resampling_words(judgement), class_="note"),
        wide=True,
    )


def _figure_row(name: str, meaning: str, figure: Figure) -> Markup:
    ends = "" if figure.low is None else f"{percent(figure.low)} to {percent(figure.high)}"
    return element(
        "tr",
        element("th", name, element("span", meaning, class_="sub"), scope="row"),
        element("td", percent(figure.value), element("span", ends, class_="sub"), class_="number"),
        element("td", interval_bar(figure), class_="wide-cell"),
    )


def interval_words(figure: Figure, level: float) -> str:
    """``95 % interval 88.1 % to 94.0 %``."""
    if figure.low is None:
        return "no interval: one person or clip only"
    return f"{level:.0%} interval {percent(figure.low)} to {percent(figure.high)}".replace("%", "\u00a0%", 1)


def measured(judgement: Judgement) -> Markup:
    """Model, data, protocol and command."""
    facts = judgement.facts
    rows = [
        element("dt", name) + element("dd", value)
        for name, value in _facts(judgement)
        if value not in ("", None)
    ]
    parts: list[Markup] = [element("dl", *map(Markup, rows), class_="facts")]
    if facts.command:
        parts.append(element("p", "The same again:", class_="eyebrow"))
        parts.append(element("pre", element("code", facts.command), tabindex="0", class_="command"))
    parts += _left_out(judgement)
    return section("measured", "How it was measured", *parts)


def _facts(judgement: Judgement) -> Iterator[tuple[str, object]]:
    facts = judgement.facts
    yield "Model", printable(facts.model)
    yield "Kind", printable(facts.model_kind)
    yield "Data", printable(facts.data)
    yield "Protocol", printable(facts.protocol)
    tested = f"{counted(judgement.num_clips, 'clip')} of {classes_words(judgement)}"
    yield (
        "Tested on",
        tested + (f", {counted(len(judgement.subjects), 'subject')}" if judgement.subjects else ""),
    )
    yield "Joints", printable(facts.layout)
    yield "Size", model_size_words(facts)
    yield "Latency", latency_words(facts)
    yield "Seed", facts.seed
    yield "Left out", counted(facts.num_left_out, "clip") if facts.num_left_out else "nothing"


def _left_out(judgement: Judgement) -> list[Markup]:
    facts = judgement.facts
    lines = left_out_lines(facts)
    if not lines:
        return []
    items = [element("li", line) for line in lines[:_MOST_LEFT_OUT]]
    if len(lines) > _MOST_LEFT_OUT:
        items.append(element("li", f"and {len(lines) - _MOST_LEFT_OUT} more"))
    summary = element("summary", f"What was left out ({counted(facts.num_left_out, 'clip')})")
    return [element("details", summary, element("ul", *items))]


def calibration_section(judgement: Judgement) -> Markup:
    """Whether the probabilities can be believed."""
    found = judgement.calibration
    rows = [
        element(
            "tr",
            element("th", f"{percent(b.low, 0)} to {percent(b.high, 0)}", scope="row"),
            element("td", b.count, class_="number"),
            element("td", percent(b.confidence), class_="number"),
            element("td", percent(b.accuracy), class_="number"),
        )
        for b in found.bins
        if b.count
    ]
    heads = [element("th", text, scope="col") for text in ("confidence", "clips", "mean", "right")]
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="plain")
    values = (
        ("ECE", percent(found.ece), "expected calibration error, 15 bins"),
        ("NLL", f"{found.nll:.3f}", "negative log-likelihood, nats"),
        ("Brier", f"{found.brier:.3f}", "squared error, 0 to 2"),
    )
    tiles = [
        element(
            "div",
            element("b", value),
            element("span", name),
            element("span", meaning, class_="sub"),
            class_="tile",
        )
        for name, value, meaning in values
    ]
    return section(
        "calibration",
        "Can its probabilities be believed?",
        element("p", f"The model is {calibration_words(found)}."),
        element("div", *tiles, class_="tiles"),
        reliability_diagram(found),
        element(
            "p",
            "The dashed line: as often right as the model said. ",
            element("span", "", class_="key gap"),
            " surer than right, ",
            element("span", "", class_="key spare"),
            " more often right than it said.",
            class_="note legend",
        ),
        element("details", element("summary", "The numbers"), element("div", table, class_="scroll")),
    )


def parts_section(key: str, title: str, parts: Sequence[PartFigures], what: str) -> Markup:
    """Accuracy of each subject or fold as bars, and how far they lie apart."""
    shown = list(parts)
    more = ""
    if len(shown) > _MOST_PARTS:
        shown = sorted(shown, key=lambda part: part.accuracy)[:_MOST_PARTS]
        least = percent(shown[-1].accuracy)
        more = f"The {_MOST_PARTS} worst; {len(parts) - _MOST_PARTS} more {what}s reach at least {least}."
    rows = [
        element(
            "tr",
            element("th", cut(printable(part.name), 24), scope="row", title=printable(part.name)),
            element("td", share_bar(part.accuracy), class_="wide-cell"),
            element("td", percent(part.accuracy), class_="number"),
            element("td", f"{part.right} of {part.total}", class_="number sub"),
        )
        for part in shown
    ]
    accuracies = [part.accuracy for part in parts]
    spread = f", standard deviation {100 * stdev(accuracies):.1f} points" if len(parts) > 1 else ""
    words = f"Mean over {counted(len(parts), what)}: {percent(fmean(accuracies))}{spread}. {more}"
    return section(
        key,
        title,
        element("p", words),
        element("div", element("table", element("tbody", *rows), class_="bars"), class_="scroll"),
    )


def comparison_section(comparison: Comparison) -> Markup:
    """Two models on the same clips."""
    first, second = printable(comparison.first), printable(comparison.second)
    gain = comparison.gain
    cells = (
        ("both right", comparison.both_right),
        (f"only {first} right", comparison.only_first),
        (f"only {second} right", comparison.only_second),
        ("neither right", comparison.neither),
    )
    rows = [element("tr", element("th", n, scope="row"), element("td", v, class_="number")) for n, v in cells]
    interval = (
        ""
        if gain.low is None or gain.high is None
        else f" (95 % interval {points(gain.low)} to {points(gain.high)}, over {comparison.unit}s)"
    )
    return section(
        "comparison",
        "Against another model",
        element("p", f"{second} against {first}: {points(gain.value)} points{interval}."),
        element("table", element("tbody", *rows), class_="plain"),
        element(
            "p",
            f"McNemar's exact test: p = {comparison.p_value:.3g}, on {counted(comparison.num_clips, 'clip')} "
            f"that both answered ({comparison.num_unshared} that only one did are left out).",
            class_="note",
        ),
    )


def wrong_clips(judgement: Judgement) -> Markup:
    """Every clip that was answered wrongly, the surest first."""
    wrong = sorted((clip for clip in judgement.clips if not clip.is_right), key=lambda c: -c.confidence)
    heads = ["clip", "true class", "answer", "its probability", "of the true class"]
    with_subject, with_fold = bool(judgement.subjects), bool(judgement.folds)
    heads += ["subject"] * with_subject + ["fold"] * with_fold
    rows = []
    for clip in wrong[:_MOST_WRONG]:
        cells = [
            element("th", printable(clip.name), scope="row"),
            element("td", shown_label(judgement.class_names[clip.label])),
            element("td", shown_label(judgement.class_names[clip.predicted])),
            element("td", percent(clip.confidence), class_="number"),
            element("td", percent(clip.true_probability), class_="number"),
        ]
        cells += [element("td", printable(clip.subject or "–"))] * with_subject
        cells += [element("td", printable(clip.fold))] * with_fold
        rows.append(element("tr", *cells))
    head = element("thead", element("tr", *(element("th", text, scope="col") for text in heads)))
    table = element("table", head, element("tbody", *rows), class_="plain")
    more = len(wrong) - _MOST_WRONG
    rest = element("p", f"and {more} more; the JSON file has them all", class_="note") if more > 0 else None
    summary = element("summary", f"{counted(len(wrong), 'clip')}, the surest mistakes first")
    body = element("details", summary, element("div", table, class_="scroll"), rest)
    return section("wrong", "Clips answered wrongly", body if wrong else "None.", wide=True)


def definitions() -> Markup:
    """What the words mean and where they come from."""
    terms = (
        ("Precision", "of the clips taken for a class, the share that is of it."),
        ("Recall", "of the clips of a class, the share that is found; the accuracy of that class."),
        ("F1", "2 × precision × recall / (precision + recall)."),
        ("Mean class accuracy", "mean of the recalls over the classes that have clips (balanced accuracy)."),
        (
            "ECE",
            "clips in 15 bins by the probability of their answer; mean distance of probability and share of "
            "right answers (Guo et al., On Calibration of Modern Neural Networks, ICML 2017).",
        ),
        (
            "Interval",
            "percentile bootstrap over whole subjects or groups, widened for few of them (Hesterberg, The "
            "American Statistician, 2015); where no clip, or every clip, is wrong, Clopper and Pearson's.",
        ),
    )
    items = joined(*(joined(element("dt", term), element("dd", text)) for term, text in terms))
    return element(
        "details",
        element("summary", "What the words mean"),
        element("dl", items, class_="facts"),
        class_="words",
    )
