"""The page on whole recordings: figures, labels, and truth and answers as bars. It needs nothing else."""

import os
from importlib import resources
from pathlib import Path

from poseact._version import __version__
from poseact.files import write_text_whole
from poseact.judging.detection import AP_THRESHOLDS, F1_THRESHOLDS
from poseact.judging.lanes import Lane
from poseact.judging.timeline_words import (
    duration_words,
    figure_rows,
    hundredths,
    per_hour,
    seconds,
)
from poseact.judging.timelines import ClassDetection, RecordingDetection, TimelineJudgement
from poseact.judging.words import printable
from poseact.render.colours import label_colours
from poseact.report.charts import share_bar
from poseact.report.markup import Markup, element, joined, percent
from poseact.report.sections import section
from poseact.report.timeline_bars import Colours, hex_of, lane_rows
from poseact.results import shown_label
from poseact.wording import counted

# More pictures than this make a page that no browser likes; the JSON file has all.
_MOST_RECORDINGS = 200


def write_timeline_page(judgement: TimelineJudgement, path: str | os.PathLike[str]) -> None:
    """Write `timeline_html` to a file, whole or not at all.

    Raises:
        OutputError: If the file cannot be written.
    """
    write_text_whole(Path(path), timeline_html(judgement))


def timeline_html(judgement: TimelineJudgement) -> str:
    """One HTML page without script: no file and no network beside it, and no text of the data runs in it."""
    facts = judgement.facts
    title = f"{printable(facts.model)} on {printable(facts.data)}"
    styles = [resources.files("poseact.report").joinpath(name) for name in ("page.css", "timeline.css")]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; style-src 'unsafe-inline'",
        ),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title} · poseact timeline evaluation"),
        element("style", Markup("\n".join(style.read_text("utf-8") for style in styles))),
    )
    body = element(
        "body",
        element("a", "Skip to the figures", href="#figures", class_="skip"),
        _header(judgement, title),
        element(
            "main", _figures(judgement), _measured(judgement), _recordings(judgement), _classes(judgement)
        ),
        element("footer", _definitions(), element("p", f"Made with poseact {__version__}.")),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _header(judgement: TimelineJudgement, title: str) -> Markup:
    parts = (
        ("figures", "Figures"),
        ("measured", "Measured how"),
        ("recordings", "Recordings"),
        ("labels", "Labels"),
    )
    links = [element("a", name, href=f"#{key}") for key, name in parts]
    words = (
        f"Whole recordings against {printable(judgement.facts.truth)} · "
        f"{counted(len(judgement.recordings), 'recording')}, {duration_words(judgement.duration_s)}"
    )
    return element(
        "header",
        element("p", "poseact timeline evaluation", class_="eyebrow"),
        element("h1", title),
        element("p", words, class_="lead"),
        element("nav", *links, aria_label="Contents"),
    )


def _figures(judgement: TimelineJudgement) -> Markup:
    spans = judgement.spans
    name = f"F1@{100 * F1_THRESHOLDS[-1]:g}"
    hero = element(
        "div",
        element("p", name, class_="eyebrow"),
        element("p", hundredths(spans.f1[-1]), class_="hero-value"),
        element("p", f"{spans.num_found} of {counted(spans.num_true, 'true span')} found at all"),
        element("p", f"{counted(spans.num_said, 'answer')}, {spans.false_alarms} of them false alarms"),
        class_="hero",
    )
    rows = [
        element(
            "tr",
            element("th", name, element("span", meaning, class_="sub"), scope="row"),
            element("td", value.replace(" ", "\u00a0"), class_="number"),
        )
        for name, value, meaning in figure_rows(judgement)
    ]
    table = element("div", element("table", element("tbody", *rows), class_="figures"), class_="figures-box")
    notes = (element("p", printable(note), class_="warning", role="note") for note in judgement.facts.notes)
    return section(
        "figures", "How right it is", *notes, element("div", hero, table, class_="split"), wide=True
    )


def _measured(judgement: TimelineJudgement) -> Markup:
    facts = judgement.facts
    told = "frame by frame, as it would be live" if facts.was_streamed else "finished answers; no delays"
    rows = (
        ("Model", printable(facts.model)),
        ("Recordings", printable(facts.data)),
        ("Truth", printable(facts.truth)),
        ("Answers", told),
        ("No action", ", ".join(["no label", *map(printable, facts.background)])),
        ("Not judged", ", ".join(map(printable, facts.ignored))),
        ("Unknown to the model", ", ".join(map(printable, facts.unknown)) or "no label"),
        ("Left out", counted(len(facts.unreadable), "recording") if facts.unreadable else "nothing"),
    )
    parts = [element("dl", *(joined(element("dt", n), element("dd", v)) for n, v in rows), class_="facts")]
    if facts.command:
        parts.append(element("p", "The same again:", class_="eyebrow"))
        parts.append(element("pre", element("code", facts.command), tabindex="0", class_="command"))
    parts += [element("p", printable(line), class_="note") for line in facts.unreadable]
    return section("measured", "How it was measured", *parts, wide=True)


def _recordings(judgement: TimelineJudgement) -> Markup:
    labels = [one.name for one in judgement.classes]
    colours = label_colours(labels, labels)
    was_streamed = judgement.facts.was_streamed
    legend = element(
        "p",
        "Above the truth, below what was said. ",
        element("span", "", class_="key differ"),
        " the two differ. ",
        element("span", "▲", class_="told-key") if was_streamed else None,
        " the frame with which an answer was told. " if was_streamed else None,
        "Point at a bar for its times.",
        class_="note",
    )
    labelled = element("p", *(_key(name, colours) for name in labels), class_="keys")
    shown = [_recording(one, colours) for one in judgement.recordings[:_MOST_RECORDINGS]]
    more = len(judgement.recordings) - _MOST_RECORDINGS
    rest = element("p", f"and {more} more; the JSON file has them all", class_="note") if more > 0 else None
    return section("recordings", "Truth and answers", legend, labelled, *shown, rest, wide=True)


def _key(label: str, colours: Colours) -> Markup:
    """A label and its colour."""
    dot = element("span", "", class_="key", style=f"background: {hex_of(colours[label])}")
    return element("span", dot, " ", shown_label(label), class_="label-key")


def _recording(one: RecordingDetection, colours: Colours) -> Markup:
    figures = (
        (f"F1@{100 * F1_THRESHOLDS[-1]:g}", hundredths(one.spans.f1[-1])),
        ("edit", hundredths(one.edit)),
        ("accuracy", percent(one.time.accuracy, 0)),
        ("delay", seconds(one.spans.delay_mean_s)),
        ("false alarms", str(one.spans.false_alarms)),
    )
    chips = [element("span", f"{name} ", element("b", value), class_="chip") for name, value in figures]
    lanes = [_lane(lane, colours, named=len(one.lanes) > 1) for lane in one.lanes]
    return element(
        "article",
        element("h3", element("span", printable(one.name)), element("span", *chips, class_="chips")),
        *lanes,
        class_="recording",
    )


def _lane(lane: Lane, colours: Colours, *, named: bool) -> Markup:
    who = None
    if named and lane.person is not None:
        told = printable(lane.person) if lane.is_annotated else f"{lane.person}, who is nobody of the truth"
        who = element("p", told, class_="sub who")
    rows = lane_rows(lane, colours)
    box = element("div", *rows, class_="rows", tabindex="0", role="group", aria_label="Bars")
    return joined(who, box)


def _classes(judgement: TimelineJudgement) -> Markup:
    heads = ["label", f"F1@{100 * F1_THRESHOLDS[-1]:g}", "", "true", "said"]
    heads += [f"AP@{at:g}" for at in AP_THRESHOLDS]
    heads += ["found", "delay", "false alarms/h", "time right"]
    order = sorted(judgement.classes, key=lambda c: (c.spans.num_true == 0, c.spans.f1[-1] or 0.0, c.name))
    head = [element("th", text, scope="col", class_="number" if i else None) for i, text in enumerate(heads)]
    table = element(
        "table",
        element("thead", element("tr", *head)),
        element("tbody", *(_class_row(one) for one in order)),
        class_="bars",
    )
    note = element("p", "The worst first; labels that are not in the truth at the end.", class_="note")
    return section("labels", "Label by label", note, element("div", table, class_="scroll"), wide=True)


def _class_row(one: ClassDetection) -> Markup:
    cells = [
        hundredths(one.spans.f1[-1]),
        share_bar(one.spans.f1[-1]),
        str(one.spans.num_true),
        str(one.spans.num_said),
        *map(hundredths, one.average_precision),
        str(one.spans.num_found),
        seconds(one.spans.delay_mean_s),
        per_hour(one.spans.false_alarms_per_hour),
        percent(one.right_s / one.true_s if one.true_s else None, 0),
    ]
    kinds = ["wide-cell" if i == 1 else "number" for i in range(len(cells))]
    return element(
        "tr",
        element("th", shown_label(one.name), scope="row"),
        *(element("td", cell, class_=kind) for cell, kind in zip(cells, kinds, strict=True)),
    )


def _definitions() -> Markup:
    """What the words mean and where they come from."""
    terms = (
        ("IoU", "time that two spans share, of the time that either lasts."),
        (
            "mAP",
            "for each label the area under the interpolated precision-recall curve of its answers by "
            "falling score, each true span found once; mean over the labels of the truth (Caba Heilbron et "
            "al., CVPR 2015).",
        ),
        (
            "F1@50",
            "an answer is right if its label is, and its IoU with a true span that no earlier answer has "
            "taken is at least 0.5; counted over all recordings (Lea et al., CVPR 2017).",
        ),
        ("Edit", "1 - Levenshtein distance of the rows of labels, of the longer (Lea et al., ECCV 2016)."),
        ("Frame accuracy", "share of the time in which truth and answer agree, also on no label."),
        (
            "False alarm",
            "an answer less than a tenth of which lies in true spans of its label; found is a true span a "
            "tenth of which is covered by answers that are none (Bilen et al., ICASSP 2020).",
        ),
        (
            "Delay",
            "from the start of a true span that was found to the frame with which the first such answer "
            "was told; 0 where the label was out already.",
        ),
    )
    items = joined(*(joined(element("dt", term), element("dd", text)) for term, text in terms))
    return element(
        "details",
        element("summary", "What the words mean"),
        element("dl", items, class_="facts"),
        class_="words",
    )
