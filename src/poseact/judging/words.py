"""Figures of a judgement in words, for the terminal and the report."""

import math

from poseact.judging.facts import RunFacts
from poseact.judging.judgement import TOP, Confusion, Judgement
from poseact.judging.metrics import Calibration
from poseact.results import shown_label
from poseact.wording import counted

# With fewer units than this an interval is a rough guess.
_FEW_UNITS = 10
_MOST_DIGITS = 6
# Less than this is no lean worth a word.
_EVEN = 0.01


def percent(share: float | None, digits: int = 1) -> str:
    """A share in per cent, ``91.2 %``; a dash where there is none."""
    if share is None or math.isnan(share):
        return "–"
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    # 99.96 is not 100: a hundred is said of all clips only.
    while digits < _MOST_DIGITS and f"{100 * share:.{digits}f}".startswith("100"):
        digits += 1
    return f"{100 * share:.{digits}f} %"


def points(share: float) -> str:
    """A difference of shares in points, ``+1.2``."""
    return f"{100 * share:+.1f}"


def printable(text: str) -> str:
    """One line without control characters, for text that comes from data."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cut(text: str, length: int) -> str:
    """A long name without its middle: beginning and end are what tells names apart."""
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return f"{text[: length - 1 - half]}…{text[len(text) - half :]}"


def classes_words(judgement: Judgement) -> str:
    """``7 classes``, or ``7 of the model's 21 classes`` where not all have clips."""
    tested, known = sum(figures.support > 0 for figures in judgement.classes), len(judgement.classes)
    return counted(known, "class") if tested == known else f"{tested} of the model's {known} classes"


def answered_without_clips(judgement: Judgement) -> str:
    """Classes without a clip in the test part that were answered all the same: ``other (11), punch (1)``."""
    named = [figures for figures in judgement.classes if figures.predicted and not figures.support]
    named.sort(key=lambda figures: -figures.predicted)
    return ", ".join(f"{shown_label(figures.name)} ({figures.predicted})" for figures in named)


def confusion_words(judgement: Judgement, confusion: Confusion) -> str:
    """``throw taken for catch: 7 of 30``."""
    true, taken = (shown_label(judgement.class_names[i]) for i in (confusion.label, confusion.predicted))
    return f"{true} taken for {taken}: {confusion.count} of {confusion.support}"


def top_5_words(judgement: Judgement) -> str:
    """What top-5 says, and that it says nothing of so few classes."""
    if judgement.top_5_is_trivial:
        return f"always 100 % of {len(judgement.class_names)} classes: says nothing"
    return f"the true class is one of the {TOP} most probable"


def resampling_words(judgement: Judgement) -> str:
    """How the intervals were made, and what is wrong with them."""
    how = judgement.resampling
    if how.resamples == 0:
        return "No intervals: the test part has a single clip."
    drawn = counted(how.num_units, how.unit)
    text = f"{how.level:.0%} intervals".replace("%", " %")
    text += f": bootstrap, {how.resamples:,} draws of the {drawn} of the test part."
    if how.unit == "clip":
        return text + (
            " Neither subjects nor groups are known, or only one: clips of one person are alike, so the "
            "true uncertainty is larger."
        )
    if how.num_units < _FEW_UNITS:
        return text + f" With so few {how.unit}s they are widened, and still rough."
    return text


def calibration_words(found: Calibration) -> str:
    """``1.1 points less sure than right on average``."""
    if abs(found.overconfidence) < _EVEN:
        return "as sure as it is right, on average"
    lean = "more" if found.overconfidence > 0 else "less"
    return f"{100 * abs(found.overconfidence):.1f} points {lean} sure than right, on average"


def latency_words(facts: RunFacts) -> str:
    """``0.412 ms for a window on one thread (0.398 to 0.533 ms in 80 % of the runs), Xeon``; or nothing."""
    latency = facts.latency
    if latency is None:
        return ""
    spread = f"{latency.p10_ms:.3g} to {latency.p90_ms:.3g} ms in 80 % of the runs"
    where = f", {printable(facts.machine)}" if facts.machine else ""
    return f"{latency.median_ms:.3g} ms for a window on one thread ({spread}){where}"


def model_size_words(facts: RunFacts) -> str:
    """``1.96 MB, 487,212 parameters``; what is not known is left out."""
    file = "" if facts.file_bytes is None else size_words(facts.file_bytes)
    parameters = "" if facts.num_parameters is None else f"{facts.num_parameters:,} parameters"
    return ", ".join(filter(None, (file, parameters)))


def size_words(num_bytes: int) -> str:
    """``1.96 MB``, ``12 kB``."""
    return f"{num_bytes / 1e6:.3g} MB" if num_bytes >= 999_500 else f"{num_bytes / 1e3:.3g} kB"


def left_out_lines(facts: RunFacts) -> list[str]:
    """A line for each class, and each clip, that counts nowhere."""
    lines = [
        f"class {shown_label(name)!r}, which the model does not have: {counted(count, 'clip')}"
        for name, count in facts.unknown_classes.items()
    ]
    return lines + [printable(line) for line in facts.unreadable]
