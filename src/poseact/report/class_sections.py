"""The parts of the page about classes: figures of each, the confusion matrix, and confusions in pictures."""

from collections.abc import Sequence

from poseact.judging.judgement import ClassFigures, ClipAnswer, Confusion, Judgement
from poseact.judging.words import answered_without_clips, confusion_words, printable
from poseact.report.charts import share_bar
from poseact.report.confusion import confusion_picture, matrix_grid
from poseact.report.examples import ConfusionExample, Example
from poseact.report.markup import Markup, element, percent
from poseact.report.sections import section
from poseact.results import shown_label
from poseact.wording import counted

_MOST_CONFUSIONS = 200
# On a telephone the matrix of so many classes is drawn smaller; more could not be read then.
_MOST_SMALLER = 30


def classes_section(judgement: Judgement) -> Markup:
    """F1, precision and recall of each class, worst first; a click on a heading sorts."""
    worst: dict[int, Confusion] = {}
    for confusion in judgement.confusions():
        worst.setdefault(confusion.label, confusion)
    index = {name: i for i, name in enumerate(judgement.class_names)}
    rows = [_class_row(judgement, figures, worst.get(index[figures.name])) for figures in judgement.by_f1]
    heads = [
        element("th", element("button", text, type="button"), scope="col", aria_sort=order, class_=kind)
        for text, order, kind in (
            ("class", None, None),
            ("F1", "ascending", "number"),
            ("precision", None, "number"),
            ("recall", None, "number"),
            ("clips", None, "number"),
        )
    ]
    heads.insert(2, element("th", element("span", "F1 as a bar", class_="hidden"), class_="wide-cell"))
    heads.append(element("th", "most often taken for", scope="col", class_="spread"))
    table = element(
        "table", element("thead", element("tr", *heads)), element("tbody", *rows), class_="bars sortable"
    )
    named = answered_without_clips(judgement)
    note = element("p", f"Answered, though no clip is of them: {named}.", class_="note") if named else None
    return section("classes", "Class by class", element("div", table, class_="scroll"), note, wide=True)


def _class_row(judgement: Judgement, figures: ClassFigures, worst: Confusion | None) -> Markup:
    taken = ""
    if worst is not None:
        taken = f"{shown_label(judgement.class_names[worst.predicted])} ({worst.count})"
    return element(
        "tr",
        element("th", shown_label(figures.name), scope="row"),
        _sortable(percent(figures.f1), figures.f1),
        element("td", share_bar(figures.f1), class_="wide-cell"),
        _sortable(percent(figures.precision), figures.precision),
        _sortable(percent(figures.recall), figures.recall),
        _sortable(str(figures.support), figures.support),
        element("td", taken, class_="sub spread"),
    )


def _sortable(text: str, value: float | None) -> Markup:
    return element("td", text, class_="number", data_v="-1" if value is None else f"{value:.6f}")


def confusion_section(judgement: Judgement) -> Markup:
    """The matrix, what the pointer is on in words, and all confusions as a list."""
    confusions = judgement.confusions()
    items = [element("li", confusion_words(judgement, c)) for c in confusions[:_MOST_CONFUSIONS]]
    more = len(confusions) - _MOST_CONFUSIONS
    if more > 0:
        items.append(element("li", f"and {more} more"))
    readout = element(
        "output",
        "Point at a cell, or press the arrow keys in the matrix.",
        class_="readout",
        aria_live="polite",
    )
    matrix = element(
        "div",
        confusion_picture(judgement),
        class_="scroll confusion dense"
        if len(matrix_grid(judgement).columns) > _MOST_SMALLER
        else "scroll confusion",
        tabindex="0",
        role="group",
        aria_label="Confusion matrix",
    )
    legend = element(
        "p",
        element("span", "", class_="key hit"),
        " answered rightly   ",
        element("span", "", class_="key miss"),
        " taken for another class. Rows are true classes, columns answers; the darker, the larger the share "
        "of the row.",
        class_="note legend",
    )
    summary = element("summary", f"All {counted(len(confusions), 'confusion')} in words")
    words = element("details", summary, element("ol", *items, class_="columns")) if confusions else None
    return section("confusion", "What is taken for what", legend, matrix, readout, words, wide=True)


def pictures_section(judgement: Judgement, examples: Sequence[ConfusionExample]) -> Markup:
    """The worst confusions as moving skeletons."""
    intro = element(
        "p",
        "Left the clip of which the model was wrongly surest, right a typical clip of the class that it was "
        "taken for. Left limbs and right limbs differ in colour.",
    )
    figures = [_pair(judgement, example, i) for i, example in enumerate(examples)]
    return section(
        "pictures",
        "The worst confusions, in motion",
        intro,
        element("div", *figures, class_="pairs"),
        wide=True,
    )


def _pair(judgement: Judgement, example: ConfusionExample, number: int) -> Markup:
    confusion = example.confusion
    true, taken = (shown_label(judgement.class_names[i]) for i in (confusion.label, confusion.predicted))
    title = element(
        "h3",
        element("span", true, " ", element("span", "taken for", class_="sub"), " ", taken),
        element("span", f"{confusion.count} of {confusion.support}", class_="badge"),
    )
    views = [_view(judgement, example.wrong, f"{number}a", wrong=True)]
    if example.right is not None:
        views.append(_view(judgement, example.right, f"{number}b", wrong=False))
    else:
        there = judgement.classes[confusion.predicted].support
        why = f"No clip of {taken} has poses to show." if there else f"The test part has no clip of {taken}."
        views.append(element("p", why, class_="note"))
    controls = element(
        "div",
        element("button", "Play", type="button", class_="play", aria_label=f"Play {true} taken for {taken}"),
        element(
            "input",
            type="range",
            min=0,
            max=1000,
            value=0,
            class_="seek",
            aria_label=f"Time in {true} taken for {taken}",
        ),
        class_="controls",
    )
    return element("article", title, element("div", *views, class_="views"), controls, class_="pair")


def _view(judgement: Judgement, example: Example, key: str, *, wrong: bool) -> Markup:
    answer = example.answer
    true, taken = (shown_label(judgement.class_names[i]) for i in (answer.label, answer.predicted))
    words = _answer_words(answer, true, taken, typical=not wrong)
    canvas = element(
        "canvas",
        data_clip=key,
        role="img",
        aria_label=f"Moving skeleton of {printable(answer.name)}: {words}",
    )
    caption = element(
        "figcaption",
        element("span", words, class_="wrong" if taken != true else "right"),
        element("span", printable(answer.name), class_="sub name"),
    )
    return element("figure", canvas, caption)


def _answer_words(answer: ClipAnswer, true: str, taken: str, *, typical: bool) -> str:
    sure = percent(answer.confidence, 0)
    if not typical:
        return f"{true}, taken for {taken}, {sure} sure"
    if answer.is_right:
        return f"typical {true}, {sure} sure"
    return f"{true}; none was answered rightly (this one: {taken}, {sure} sure)"
