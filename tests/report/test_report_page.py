"""The HTML report: one file, well formed, with nothing from outside and no text of the data that runs."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import made_answers as made
from poseact.errors import SourceError
from poseact.judging import Answers, RunFacts, compare
from poseact.report import TrainingHistory, report_html, write_report

VOID = {"meta", "input", "br", "hr", "img", "col"}
EVIL = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    '"><b onmouseover="alert(3)">',
    "</title></style><svg onload='alert(4)'>",
    "a&amp;b\u2028c\x1b[31m\u202egnp",
    "<!-- ]]> http://evil.example/x",
)
HISTORY = TrainingHistory(
    (1, 2, 3),
    {"train_loss": (2.0, 1.0, 0.5), "val_loss": (2.1, 1.3, float("nan")), "val_accuracy": (0.2, 0.5, 0.6)},
)


class Page(HTMLParser):
    """Checks that elements close in order, and keeps what matters."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), "an attribute is there twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def attributes(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def words(self):
        return " ".join(text for tag, text in self.texts if tag not in ("script", "style"))

    def data(self):
        return json.loads(next(text for tag, text in self.texts if tag == "script"))


def evil_report() -> str:
    answers = made.random_answers(np.random.default_rng(0), 80, EVIL, gain=0.5, subjects=5)
    answers = replace(
        answers,
        names=tuple(f"{EVIL[i % 6]}{i}" for i in range(80)),
        subjects=tuple(EVIL[i % 6] for i in range(80)),
        folds=tuple(EVIL[i % 2] for i in range(80)),
    )
    facts = RunFacts(
        EVIL[0], EVIL[3], EVIL[1], *EVIL[2:4], command=EVIL[1], machine=EVIL[2], unreadable=EVIL, notes=EVIL
    )
    judgement = made.judged(answers, replace(facts, unknown_classes={EVIL[1]: 2}))
    comparison = compare(judgement, judgement, np.random.default_rng(0))
    return report_html(judgement, sequences=lambda _: made.poses(), history=HISTORY, comparison=comparison)


def full_report() -> str:
    answers = made.random_answers(np.random.default_rng(0), 300, [f"k_{i}" for i in range(12)], subjects=6)
    return report_html(made.judged(answers), sequences=lambda _: made.poses(), history=HISTORY)


@pytest.fixture(scope="module")
def full():
    return Page(full_report())


@pytest.fixture(scope="module")
def evil():
    return evil_report()


def test_names_that_look_like_html_stay_text(evil):
    page = Page(evil)
    assert [a.get("type") for a in page.attributes("script")] == ["application/json", None]
    assert not page.attributes("img") and not any(page.attributes("b"))
    for _, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes)
    assert "<script>alert(1)</script>" in page.words()
    assert page.data()["classes"][1] == EVIL[1]
    assert "\x1b" not in evil and "\u202e" not in evil and "\u2028" not in evil


def test_only_its_own_script_may_run(evil):
    policy = next(a for a in Page(evil).attributes("meta") if "http-equiv" in a)["content"]
    script = re.findall(r"<script>(.*?)</script>", evil, re.DOTALL)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def test_nothing_comes_from_outside(full):
    text = full_report()
    for tag, attributes in full.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "audio", "video", "image", "use")
        assert not {"src", "srcset", "data", "action", "poster", "xlink:href"} & set(attributes)
        assert attributes.get("href", "#").startswith("#")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|fetch\(|XMLHttp|WebSocket|import\(", text)
    assert len(text) < 400_000


def test_links_and_labels_lead_somewhere(full):
    ids = [a["id"] for _, a in full.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"][1:] for a in full.attributes("a")]
    labels = [a["aria-labelledby"] for _, a in full.elements if "aria-labelledby" in a]
    assert links and labels
    assert set(links) | set(labels) <= set(ids)
    for tag in ("canvas", "input"):
        assert full.attributes(tag) and all(a.get("aria-label") for a in full.attributes(tag))
    matrix = next(a for a in full.attributes("div") if "confusion" in (a.get("class") or ""))
    assert matrix["tabindex"] == "0"


def test_the_figures_and_facts_are_said():
    judgement = made.judged(made.by_hand(subjects=tuple("aabbcc")))
    words = " ".join(Page(report_html(judgement)).words().replace("\u00a0", " ").split())
    assert "66.7 %" in words  # 4 of 6
    assert "4 of 6 clips answered rightly" in words
    assert "always 100 % of 3 classes: says nothing" in words
    assert "200 draws of the 3 subjects of the test part" in words
    assert "sit taken for stand: 1 of 3" in words
    for fact in ("made-up set", "xsub", "kinect20", "1.96 MB, 487,212 parameters", "some processor"):
        assert fact in words
    assert "0.412 ms for a window on one thread (0.398 to 0.533 ms in 80 % of the runs)" in words
    assert "poseact evaluate made.onnx set --protocol xsub" in words
    assert "class 'moonwalk', which the model does not have: 3 clips" in words
    assert "c99: no such file" in words and "4 clips" in words


def test_the_matrix_has_a_square_for_each_count(full):
    squares = {"hit": 0, "miss": 0}
    for path in full.attributes("path"):
        if path.get("class") in squares:
            squares[path["class"]] += path["d"].count("M")
    confusion = np.array(full.data()["confusion"])
    assert squares["hit"] == np.count_nonzero(confusion.diagonal())
    assert sum(squares.values()) == np.count_nonzero(confusion)
    counts = [a for a in full.attributes("text") if "count" in (a.get("class") or "").split()]
    assert len(counts) == sum(squares.values())
    assert confusion.sum() == 300


def test_classes_without_clips_are_columns_only():
    answers = Answers(tuple("abcd"), np.eye(4)[[3, 2, 0]], np.array([0, 0, 2]), tuple("xyz"))
    page = Page(report_html(made.judged(answers)))
    assert (page.data()["rows"], page.data()["columns"]) == ([0, 2], [0, 2, 3])
    names = [a["class"].split()[0] for a in page.attributes("text") if "data-i" in a]
    assert (names.count("row"), names.count("column")) == (2, 3)
    words = " ".join(page.words().split())
    assert "3 clips of 2 of the model's 4 classes" in words
    assert "Answered, though no clip is of them: d (1)." in words


def test_each_picture_has_its_poses(full):
    clips = full.data()["clips"]
    canvases = [a["data-clip"] for a in full.attributes("canvas")]
    assert len(canvases) == 16
    assert sorted(canvases) == sorted(clips)
    assert all(len(clip["p"][0]) == 21 for clip in clips.values())  # 29 / 30 s at 20 a second


@pytest.mark.parametrize("num_classes", [2, 5, 20, 60, 120])
def test_any_number_of_classes_fits(num_classes):
    names = [f"some rather long name of an action {i}" for i in range(num_classes)]
    answers = made.random_answers(np.random.default_rng(1), 20 * num_classes, names, gain=4, subjects=80)
    text = report_html(made.judged(answers), sequences=lambda _: made.poses())
    Page(text)
    assert len(text) < 3_000_000


def test_many_classes_with_many_counts_stay_small():
    answers = made.random_answers(np.random.default_rng(1), 15_000, [f"k{i}" for i in range(60)], gain=0.0)
    assert len(report_html(made.judged(answers))) < 3_000_000


def test_parts_that_have_nothing_to_show_are_left_out(full):
    right = Answers(("a", "b"), np.eye(2), np.array([0, 1]), ("x", "y"))
    bare = Page(report_html(made.judged(right, RunFacts("m", "d", "p")), sequences=lambda _: made.poses()))
    shown = {a["id"] for a in bare.attributes("section")}
    assert shown == {"figures", "measured", "calibration", "confusion", "classes", "wrong"}
    assert {a["id"] for a in full.attributes("section")} == {*shown, "pictures", "subjects", "training"}
    assert "Latency" not in bare.words() and "Left out nothing" in " ".join(bare.words().split())


def test_clips_whose_poses_cannot_be_read_are_passed_over():
    answers = made.by_hand()

    def read(name: str):
        if name == "c2":  # sit taken for stand
            raise SourceError("gone")
        return None if name == "c1" else made.poses()

    page = Page(report_html(made.judged(answers), sequences=read))
    assert [a["data-clip"] for a in page.attributes("canvas")] == ["0a", "0b"]
    assert "c5" in page.words()  # jump taken for sit


def test_a_class_never_answered_rightly_is_told_of():
    answers = Answers(("a", "b"), np.array([[0.3, 0.7], [0.8, 0.2]]), np.array([0, 1]), ("x", "y"))
    page = Page(report_html(made.judged(answers), sequences={"x": made.poses(), "y": made.poses()}))
    assert "b; none was answered rightly (this one: a," in page.words()


def test_it_is_written_whole(tmp_path: Path):
    judgement = made.judged(made.by_hand())
    write_report(judgement, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8") == report_html(judgement)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
