"""What the terminal shows of a judgement."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

import made_answers as made
from poseact.cli_evaluate_display import print_judgement
from poseact.judging import Answers, RunFacts, compare


def shown(judgement, width: int = 80, **options) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    print_judgement(console, judgement, **options)
    return console.export_text()


def test_figures_classes_confusions():
    text = shown(made.judged(made.by_hand(subjects=tuple("aabbcc"))))
    assert "made on made-up set" in text
    assert "xsub: 6 clips of 3 classes, 3 subjects" in text
    rows = {line.split("  ")[0]: " ".join(line.split()) for line in text.splitlines()}
    assert rows["top-1"].startswith("top-1 66.7 % ") and " to " in rows["top-1"]
    assert rows["top-5"] == "top-5 100 % always 100 % of 3 classes: says nothing"
    assert rows["latency"].startswith("latency 0.412 ms for a window on one thread")
    assert rows["size"] == "size 1.96 MB 487,212 parameters"
    order = [line.split()[0] for line in text.splitlines() if line.split("  ")[0] in ("sit", "stand", "jump")]
    assert order == ["jump", "sit", "stand"]  # by F1
    assert rows["jump"] == "jump 0 % – 0 % 1"
    assert "  jump taken for sit: 1 of 1\n  sit taken for stand: 1 of 3" in text
    assert "a: 100 %,  b: 50.0 %,  c: 50.0 %" in text
    assert "mean 66.7 %, standard deviation 28.9 points" in text
    assert "left out: class 'moonwalk', which the model does not have: 3 clips" in text
    assert "note: one seed" in text


def test_it_fits_into_eighty_columns_and_cuts_no_number():
    names = [f"a rather long name of some action, number {i}" for i in range(70)]
    answers = made.random_answers(np.random.default_rng(0), 2000, names, gain=4.0, subjects=30)
    text = shown(made.judged(answers))
    assert max(map(len, text.splitlines())) <= 80
    assert "precision  recall  clips" in text
    table = [line for line in text.splitlines() if "█" in line]
    assert len(table) == 60
    assert all("…" not in line[28:] for line in table)
    assert "and 10 more" in text and "and 18 better ones" in text


def test_names_from_data_cannot_steer_the_terminal():
    names = ("[bold]x[/bold]", "\x1b[2Jy\n")
    answers = Answers(names, np.eye(2)[[0, 0]], np.array([0, 1]), ("\x1b]0;z\x07", "c"), ("\x1b[1m", "s"))
    facts = RunFacts("\x1b[31mm", "d", "p", notes=("[red]\x07",), unreadable=("\x1b[5mu",))
    text = shown(made.judged(answers, facts))
    assert "[bold]x[/bold]" in text and "[2Jy taken for [bold]x[/bold]: 1 of 1" in text
    assert "\x1b" not in text and "\x07" not in text


def test_classes_without_clips_are_named_apart():
    answers = Answers(tuple("abcd"), np.eye(4)[[3, 2, 0]], np.array([0, 0, 2]), tuple("xyz"))
    text = shown(made.judged(answers))
    assert "xsub: 3 clips of 2 of the model's 4 classes" in text
    assert "answered, though no clip is of them: d (1)" in text
    assert [line[0] for line in text.splitlines() if line[:2] in ("a ", "b ", "c ", "d ")] == ["a", "c"]


def test_two_models():
    first = made.judged(made.by_hand(), RunFacts("one", "d", "p"))
    second = replace(first, facts=RunFacts("two", "d", "p"))
    text = shown(second, comparison=compare(first, second, np.random.default_rng(0)))
    assert "two against one: +0.0 points" in text
    assert "6 clips: only one right 0, only two right 0; McNemar p = 1" in text


@pytest.mark.parametrize("most", [0, 1])
def test_as_many_confusions_as_wanted(most):
    assert shown(made.judged(made.by_hand()), most_confusions=most).count(" taken for ") == most
