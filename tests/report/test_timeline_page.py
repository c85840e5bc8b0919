"""The page on whole recordings: well formed, nothing from outside, bars where truth and answers are."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from poseact.annotations import Span
from poseact.judging.lanes import JudgedRecording, Lane
from poseact.judging.timelines import TimelineFacts, judge_timelines
from poseact.report.timeline_bars import lane_rows
from poseact.report.timeline_page import timeline_html, write_timeline_page

VOID = {"meta"}
EVIL = "</style><script>alert(1)</script>\" onload='x"
COLOURS = {"squat": (124, 207, 241), "walk": (208, 207, 106)}


class Page(HTMLParser):
    """Checks that elements close in order, and keeps what is there."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(*, label: str = "squat", streamed: bool = True) -> Page:
    told = 4.5 if streamed else None
    truth = (Span(label, 2, 6, "anna"), Span("other", 8, 9, "anna"), Span("ambiguous", 10, 12, "anna"))
    found = (Span(label, 3, 6, "0", 0.9, told), Span("run", 3, 6, "1", 0.9, told))
    recording = JudgedRecording(f"{label}.mp4", 0.0, 20.0, truth, found)
    facts = TimelineFacts(label, "clips", "truth.csv", streamed, notes=(label,), unreadable=("b: broken",))
    return Page(timeline_html(judge_timelines([recording], facts)))


def test_it_is_one_page_that_needs_nothing() -> None:
    found = page()
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    links = [attributes["href"] for _, attributes in found.elements if "href" in attributes]
    assert all(str(link).startswith("#") for link in links)
    policy = next(m["content"] for m in found.all("meta") if m.get("http-equiv"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {str(a["href"])[1:] for a in found.all("a")} <= set(map(str, ids))
    assert "track 1, who is nobody of the truth" in found.text
    assert "b: broken" in found.text


def test_text_of_the_data_stays_text() -> None:
    found = page(label=EVIL)
    assert not found.all("script")
    assert not any(key.startswith("on") for _, attributes in found.elements for key in attributes)
    assert EVIL in found.text


@pytest.mark.parametrize("streamed", [True, False])
def test_delays_are_shown_where_they_are_known(streamed: bool) -> None:
    found = page(streamed=streamed)
    assert bool(found.all("polygon")) == streamed
    assert ("told at 4.50 s" in found.text) == streamed
    assert ("the frame with which an answer was told" in found.text) == streamed


def lane(end_s: float, truth: tuple[Span, ...] = (), found: tuple[Span, ...] = ()) -> Lane:
    return Lane("a", None, 0.0, end_s, truth, found)


def rectangles(svg: str, class_: str | None) -> list[tuple[float, float, float]]:
    """Left end, width and top of the rectangles of a class, or without one."""
    rects = [attributes for attributes in Page(svg).all("rect") if attributes.get("class") == class_]
    return [(float(str(r["x"])), float(str(r["width"])), float(str(r["y"]))) for r in rects]


def test_bars_lie_where_the_spans_are() -> None:
    (svg,) = lane_rows(lane(52.0, (Span("squat", 13, 26),), (Span("squat", 26, 39, told_s=39.0),)), COLOURS)
    left, width = 52.0, 1040.0  # of the axis
    (truth, said) = rectangles(svg, None)
    assert truth == pytest.approx((left + width / 4, width / 4 - 0.8, 2))
    assert said == pytest.approx((left + width / 2, width / 4 - 0.8, 34))
    differ = rectangles(svg, "differ")
    assert [x for x, _, _ in differ] == pytest.approx([left + width / 4, left + width / 2])
    (mark,) = Page(svg).all("polygon")
    assert str(mark["points"]).startswith(f"{left + 0.75 * width:.1f},")
    assert "Truth: squat 13.0 to 26.0 s. Said: squat 26.0 to 39.0 s." in svg


@pytest.mark.parametrize(
    ("seconds", "rows"), [(0.0, 1), (1.0, 1), (90.0, 1), (91.0, 2), (600.0, 10), (86400.0, 40)]
)
def test_long_recordings_have_several_rows(seconds: float, rows: int) -> None:
    pictures = lane_rows(lane(seconds), COLOURS)
    assert len(pictures) == rows
    for svg in pictures:
        ticks = re.findall(r'class="tick">([^<]+)<', svg)
        assert len(ticks) == len(set(ticks)) <= 16


def test_a_span_across_rows_is_in_both() -> None:
    pictures = lane_rows(lane(120.0, (Span("walk", 50, 70),)), COLOURS)
    assert [len(rectangles(svg, None)) for svg in pictures] == [1, 1]


def test_names_are_written_where_they_fit() -> None:
    long, short = (Span("walk", 0, 20), Span("squat", 20, 20.5))
    (svg,) = lane_rows(lane(60.0, (long, short)), COLOURS)
    shown = Page(replace_titles(svg)).text
    assert "walk" in shown and "squat" not in shown


def replace_titles(svg: str) -> str:
    return re.sub(r"<title>.*?</title>", "", svg)


def test_it_is_written(tmp_path: Path) -> None:
    recording = JudgedRecording("a", 0.0, 1.0, (), ())
    judgement = judge_timelines([recording], replace(TimelineFacts("m", "d", "t", True), command="poseact x"))
    write_timeline_page(judgement, tmp_path / "t.html")
    assert (tmp_path / "t.html").read_text("utf-8") == timeline_html(judgement)
