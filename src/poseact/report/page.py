"""The report: one HTML file that needs nothing else, not even a network."""

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from poseact._version import __version__
from poseact.files import write_text_whole
from poseact.judging.answers import Sequences
from poseact.judging.comparison import Comparison
from poseact.judging.judgement import Judgement
from poseact.judging.words import classes_words, printable
from poseact.report.charts import training_curves
from poseact.report.class_sections import classes_section, confusion_section, pictures_section
from poseact.report.confusion import matrix_grid
from poseact.report.examples import ConfusionExample, confusion_examples
from poseact.report.history import TrainingHistory
from poseact.report.markup import Markup, element
from poseact.report.sections import (
    calibration_section,
    comparison_section,
    definitions,
    headline,
    measured,
    parts_section,
    section,
    wrong_clips,
)
from poseact.results import shown_label
from poseact.wording import counted

_MOST_PICTURES = 8
# What would end a script element, or a line for an old reader of JavaScript.
_UNSAFE_IN_SCRIPT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_report(
    judgement: Judgement,
    path: str | os.PathLike[str],
    *,
    sequences: Sequences | None = None,
    history: TrainingHistory | None = None,
    comparison: Comparison | None = None,
) -> None:
    """Write `report_html` to a file, whole or not at all.

    Raises:
        OutputError: If it cannot be written.
    """
    page = report_html(judgement, sequences=sequences, history=history, comparison=comparison)
    write_text_whole(Path(path), page)


def report_html(
    judgement: Judgement,
    *,
    sequences: Sequences | None = None,
    history: TrainingHistory | None = None,
    comparison: Comparison | None = None,
) -> str:
    """The report as one HTML page: no file and no network beside it, and no text of the data runs in it.

    Args:
        judgement: What to show.
        sequences: Poses of the clips by name, for moving skeletons of the worst confusions; clips
            without poses, or whose poses cannot be read, are passed over.
        history: Of the training, for its curves.
        comparison: With another model on the same clips.
    """
    examples = confusion_examples(judgement, sequences, _MOST_PICTURES)
    cards = _cards(judgement, examples, history, comparison)
    script, style = _asset("page.js"), _asset("page.css")
    facts = judgement.facts
    title = f"{printable(facts.model)} on {printable(facts.data)}"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_digest(script)}'"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title} · poseact evaluation"),
        element("style", Markup(style)),
    )
    body = element(
        "body",
        element("a", "Skip to the figures", href="#figures", class_="skip"),
        _header(judgement, title, cards),
        element("main", *(card.html for card in cards)),
        element("footer", definitions(), element("p", f"Made with poseact {__version__}.")),
        _data(judgement, examples),
        element("script", Markup(script)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


class _Card(NamedTuple):
    """A part of the page, and what the contents call it."""

    key: str
    name: str
    html: Markup


def _cards(
    judgement: Judgement,
    examples: Sequence[ConfusionExample],
    history: TrainingHistory | None,
    comparison: Comparison | None,
) -> list[_Card]:
    out = [
        _Card("figures", "Figures", headline(judgement)),
        _Card("measured", "Measured how", measured(judgement)),
        _Card("calibration", "Calibration", calibration_section(judgement)),
        _Card("confusion", "Confusions", confusion_section(judgement)),
    ]
    if examples:
        out.append(_Card("pictures", "In motion", pictures_section(judgement, examples)))
    out.append(_Card("classes", "Classes", classes_section(judgement)))
    if len(judgement.subjects) > 1:
        people = parts_section("subjects", "Person by person", judgement.subjects, "subject")
        out.append(_Card("subjects", "Subjects", people))
    if len(judgement.folds) > 1:
        out.append(_Card("folds", "Folds", parts_section("folds", "Fold by fold", judgement.folds, "fold")))
    if comparison is not None:
        out.append(_Card("comparison", "Comparison", comparison_section(comparison)))
    if history is not None and history.curves:
        curves = element("div", training_curves(history), class_="curves")
        out.append(
            _Card("training", "Training", section("training", "How the training went", curves, wide=True))
        )
    out.append(_Card("wrong", "Wrong clips", wrong_clips(judgement)))
    return out


def _header(judgement: Judgement, title: str, cards: Sequence[_Card]) -> Markup:
    links = [element("a", card.name, href=f"#{card.key}") for card in cards]
    words = (
        f"{printable(judgement.facts.protocol)} · {counted(judgement.num_clips, 'clip')} of "
        f"{classes_words(judgement)}"
    )
    return element(
        "header",
        element("p", "poseact evaluation", class_="eyebrow"),
        element("h1", title),
        element("p", words, class_="lead"),
        element("nav", *links, aria_label="Contents"),
    )


def _data(judgement: Judgement, examples: Sequence[ConfusionExample]) -> Markup:
    """What the script reads: the matrix and the skeletons. Nothing of it can end the element."""
    clips = {}
    for number, example in enumerate(examples):
        clips[f"{number}a"] = example.wrong.drawn.to_dict()
        if example.right is not None:
            clips[f"{number}b"] = example.right.drawn.to_dict()
    grid = matrix_grid(judgement)
    data = {
        "classes": [shown_label(name) for name in judgement.class_names],
        "rows": grid.rows,
        "columns": grid.columns,
        "confusion": judgement.confusion,
        "clips": clips,
    }
    text = json.dumps(data, separators=(",", ":"))
    for unsafe, safe in _UNSAFE_IN_SCRIPT.items():
        text = text.replace(unsafe, safe)
    return element("script", Markup(text), type="application/json", id="data")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    # A browser takes a line's end for a single character before it checks the digest.
    text = resources.files("poseact.report").joinpath(name).read_text("utf-8")
    return text.replace("\r\n", "\n")
