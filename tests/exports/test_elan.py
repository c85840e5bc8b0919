"""ELAN annotation files: what stands where, and what ELAN's schema asks for."""

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_findings import CAMERA, GYM, HOSTILE, JACKS, SQUATS, made_findings
from poseact import __version__
from poseact.errors import InvalidInputError
from poseact.exports import Findings
from poseact.exports.elan import to_eaf
from poseact.timeline import Segment

# Of the schema EAFv3.0.xsd: the children of the root in this order, and the attributes that must be there.
_ORDER = (
    *("HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LANGUAGE", "CONSTRAINT"),
    "CONTROLLED_VOCABULARY",
)
_REQUIRED = {
    "ANNOTATION_DOCUMENT": {"DATE", "AUTHOR", "VERSION"},
    "MEDIA_DESCRIPTOR": {"MEDIA_URL", "MIME_TYPE"},
    "TIME_SLOT": {"TIME_SLOT_ID"},
    "TIER": {"TIER_ID", "LINGUISTIC_TYPE_REF"},
    "ALIGNABLE_ANNOTATION": {"ANNOTATION_ID", "TIME_SLOT_REF1", "TIME_SLOT_REF2"},
    "REF_ANNOTATION": {"ANNOTATION_ID", "ANNOTATION_REF"},
    "LINGUISTIC_TYPE": {"LINGUISTIC_TYPE_ID"},
    "LANGUAGE": {"LANG_ID"},
    "CONSTRAINT": {"STEREOTYPE"},
    "CONTROLLED_VOCABULARY": {"CV_ID"},
    "CV_ENTRY_ML": {"CVE_ID"},
    "CVE_VALUE": {"LANG_REF"},
}
# Which attributes name something, as xsd:ID or as a key of their own; and which refer to that.
_IDS = ("TIME_SLOT_ID", "ANNOTATION_ID", "LANG_ID", "STEREOTYPE")
_ID_REFERENCES = ("TIME_SLOT_REF1", "TIME_SLOT_REF2", "ANNOTATION_REF", "LANG_REF", "CONSTRAINTS")
_KEYS = {
    "TIER_ID": "PARENT_REF",
    "LINGUISTIC_TYPE_ID": "LINGUISTIC_TYPE_REF",
    "CV_ID": "CONTROLLED_VOCABULARY_REF",
    "CVE_ID": "CVE_REF",
}


def parsed(findings: Findings) -> ElementTree.Element:
    """The document, with what the schema asks for looked at."""
    root = ElementTree.fromstring(to_eaf(findings))
    tags = [child.tag for child in root]
    assert tags == sorted(tags, key=_ORDER.index)
    for element in root.iter():
        assert _REQUIRED.get(element.tag, set()) <= set(element.attrib)

    def values(name: str) -> list[str]:
        return [element.attrib[name] for element in root.iter() if name in element.attrib]

    ids = [value for name in _IDS for value in values(name)]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", value) for value in ids)
    assert {value for name in _ID_REFERENCES for value in values(name)} <= set(ids)
    for key, reference in _KEYS.items():
        assert len(values(key)) == len(set(values(key)))
        assert set(values(reference)) <= set(values(key))
    times = [int(time) for time in values("TIME_VALUE")]
    assert times == sorted(times)
    assert all(0 <= time < 2**32 for time in times)
    assert values("TIME_SLOT_ID") == [f"ts{i}" for i in range(1, len(times) + 1)]
    return root


def told(root: ElementTree.Element) -> dict[str, list[tuple[int, int, str]]]:
    """By tier: from, to (ms) and value; of the tiers below, the times of what they refer to."""
    slots = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")}
    spans = {
        one.attrib["ANNOTATION_ID"]: tuple(slots[one.attrib[f"TIME_SLOT_REF{i}"]] for i in (1, 2))
        for one in root.iter("ALIGNABLE_ANNOTATION")
    }
    out: dict[str, list[tuple[int, int, str]]] = {}
    for tier in root.iter("TIER"):
        rows = out.setdefault(tier.attrib["TIER_ID"], [])
        for annotation in tier.iter("ANNOTATION"):
            (one,) = annotation
            start, end = spans[one.get("ANNOTATION_REF", one.attrib["ANNOTATION_ID"])]
            rows.append((start, end, one.findtext("ANNOTATION_VALUE") or ""))
    return out


GOLDEN = f"""<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" AUTHOR="poseact {__version__}" \
DATE="2026-01-02T03:04:05+00:00" FORMAT="3.0" VERSION="3.0" \
xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
    <MEDIA_DESCRIPTOR MEDIA_URL="file:///gym.mp4" MIME_TYPE="video/mp4" RELATIVE_MEDIA_URL="./gym.mp4" />
    <PROPERTY NAME="lastUsedAnnotationId">3</PROPERTY>
  </HEADER>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0" />
    <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="2400" />
  </TIME_ORDER>
  <TIER ANNOTATOR="poseact {__version__}, everyday 1.0" PARTICIPANT="Person 0" \
LINGUISTIC_TYPE_REF="action" TIER_ID="Person 0">
    <ANNOTATION>
      <ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2" CVE_REF="cveid0">
        <ANNOTATION_VALUE>squat</ANNOTATION_VALUE>
      </ALIGNABLE_ANNOTATION>
    </ANNOTATION>
  </TIER>
  <TIER ANNOTATOR="poseact {__version__}, everyday 1.0" PARTICIPANT="Person 0" \
LINGUISTIC_TYPE_REF="score" PARENT_REF="Person 0" TIER_ID="score@Person 0">
    <ANNOTATION>
      <REF_ANNOTATION ANNOTATION_ID="a2" ANNOTATION_REF="a1">
        <ANNOTATION_VALUE>0.9300</ANNOTATION_VALUE>
      </REF_ANNOTATION>
    </ANNOTATION>
  </TIER>
  <TIER ANNOTATOR="poseact {__version__}, everyday 1.0" PARTICIPANT="Person 0" \
LINGUISTIC_TYPE_REF="repetitions" PARENT_REF="Person 0" TIER_ID="repetitions@Person 0">
    <ANNOTATION>
      <REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1">
        <ANNOTATION_VALUE>5</ANNOTATION_VALUE>
      </REF_ANNOTATION>
    </ANNOTATION>
  </TIER>
"""


def test_one_segment_to_the_letter() -> None:
    text = to_eaf(made_findings(SQUATS, people=(0,)))
    assert text.startswith(GOLDEN)
    assert text.endswith("</ANNOTATION_DOCUMENT>\n")


def test_everybody_has_tiers() -> None:
    root = parsed(made_findings(SQUATS, JACKS, people=(0, 1, 7)))
    assert told(root) == {
        "Person 0": [(0, 2400, "squat")],
        "score@Person 0": [(0, 2400, "0.9300")],
        "repetitions@Person 0": [(0, 2400, "5")],
        "Person 1": [(1200, 4080, "jumping_jack")],
        "score@Person 1": [(1200, 4080, "0.8800")],
        "Person 7": [],
        "score@Person 7": [],
    }
    types = {one.attrib["LINGUISTIC_TYPE_ID"]: one.attrib for one in root.iter("LINGUISTIC_TYPE")}
    assert types["action"]["CONTROLLED_VOCABULARY_REF"] == "actions"
    assert types["score"]["CONSTRAINTS"] == types["repetitions"]["CONSTRAINTS"] == "Symbolic_Association"
    assert [value.text for value in root.iter("CVE_VALUE")] == ["squat", "jumping_jack"]


@pytest.mark.parametrize("people", [(), (0, 1)])
def test_nothing_done_and_nobody_there(people: tuple[int, ...]) -> None:
    root = parsed(made_findings(people=people))
    assert len(list(root.iter("TIER"))) == 2 * len(people)
    assert not list(root.iter("TIME_SLOT"))


def test_somebody_who_is_not_listed_has_a_tier_all_the_same() -> None:
    assert told(parsed(made_findings(SQUATS, people=())))["Person 0"] == [(0, 2400, "squat")]


def test_hostile_labels_come_back_in_one_line_and_in_the_vocabulary() -> None:
    segments = [Segment(0, label, i, i + 1, 0.5) for i, label in enumerate(HOSTILE)]
    root = parsed(made_findings(*segments))
    values = [value for _, _, value in told(root)["Person 0"]]
    assert values[:6] == [
        *("<b>a & b</b>", "tab here", 'said "so"', "it's", "two lines  three", "しゃがむ é 🤸")
    ]
    assert values[6:] == [
        *("null  bell   [31m", "]]> &amp; <!--", "=1+1", "a|b,c;d", " spaces ", "line break")
    ]
    entries = {one.attrib["CVE_ID"]: one.findtext("CVE_VALUE") for one in root.iter("CV_ENTRY_ML")}
    assert [entries[one.attrib["CVE_REF"]] for one in root.iter("ALIGNABLE_ANNOTATION")] == values


def test_an_empty_label_is_no_word_of_the_vocabulary() -> None:
    root = parsed(made_findings(Segment(0, "", 0, 1, 0.5)))
    assert told(root)["Person 0"] == [(0, 1000, "")]
    assert "" not in [value.text for value in root.iter("CVE_VALUE")]


def test_times_before_zero_are_cut_off() -> None:
    early = [Segment(0, "squat", -2, -1, 0.5), Segment(0, "squat", -1, 0.5, 0.5, 2)]
    assert told(parsed(made_findings(*early))) == {
        "Person 0": [(0, 500, "squat")],
        "score@Person 0": [(0, 500, "0.5000")],
        "repetitions@Person 0": [(0, 500, "2")],
        "Person 1": [],
        "score@Person 1": [],
    }


def test_less_than_a_millisecond_is_left_out() -> None:
    short = Segment(0, "squat", 1.0001, 1.0002, 0.5)
    assert told(parsed(made_findings(short, SQUATS)))["Person 0"] == [(0, 2400, "squat")]


def test_the_last_time_that_the_format_can_hold() -> None:
    last_s = (2**32 - 1) / 1000
    root = parsed(made_findings(Segment(0, "squat", 0, last_s, 0.5)))
    assert told(root)["Person 0"] == [(0, 2**32 - 1, "squat")]
    with pytest.raises(InvalidInputError, match="4294967 s, the last that ELAN's files can hold, found 429"):
        to_eaf(made_findings(Segment(0, "squat", 0, last_s + 0.001, 0.5)))


def test_where_one_ends_and_the_next_begins_the_end_comes_first() -> None:
    root = parsed(made_findings(Segment(0, "squat", 0, 1, 0.5), Segment(0, "jumping_jack", 1, 2, 0.5)))
    first, second = root.iter("ALIGNABLE_ANNOTATION")
    assert first.attrib["TIME_SLOT_REF2"] == "ts2"
    assert second.attrib["TIME_SLOT_REF1"] == "ts3"


@pytest.mark.parametrize(
    ("name", "url", "mime_type"),
    [
        ("a b.MOV", "file:///a b.MOV", "video/quicktime"),
        ("c.avi", "file:///c.avi", "video/*"),
        ("100%[x]#?.mpg", "file:///100%25%5Bx%5D%23%3F.mpg", "video/mpeg"),
        ('a&<\n>".mp4', 'file:///a&< >".mp4', "video/mp4"),
        ("Aufnahme\u202f3 é.mp4", "file:///Aufnahme\u202f3 é.mp4", "video/mp4"),
    ],
)
def test_the_video_is_looked_for_by_its_name(name: str, url: str, mime_type: str) -> None:
    (media,) = parsed(made_findings(video=replace(GYM, name=name))).iter("MEDIA_DESCRIPTOR")
    assert media.attrib["MEDIA_URL"] == url
    assert media.attrib["RELATIVE_MEDIA_URL"] == url.replace("file:///", "./")
    assert media.attrib["MIME_TYPE"] == mime_type


@pytest.mark.parametrize("video", [CAMERA, replace(GYM, name="take 2", codec="pictures")])
def test_what_cannot_be_played_is_no_media(video: object) -> None:
    assert not list(parsed(made_findings(SQUATS, video=video)).iter("MEDIA_DESCRIPTOR"))  # type: ignore[arg-type]


_STEPS = st.lists(st.tuples(st.integers(0, 2), st.floats(0, 3), st.floats(0.001, 40)), max_size=12)


@given(_STEPS, st.floats(-50, 1e6))
@settings(max_examples=60, deadline=None)
def test_any_timeline_fits_the_schema(steps: list[tuple[int, float, float]], start_s: float) -> None:
    now = dict.fromkeys(range(3), start_s)
    segments = []
    for track_id, pause_s, length_s in steps:
        begin_s = now[track_id] + pause_s
        now[track_id] = begin_s + length_s
        segments.append(Segment(track_id, "squat", begin_s, now[track_id], 0.5))
    tiers = told(parsed(made_findings(*segments)))
    for track_id in range(2):
        rows = tiers[f"Person {track_id}"]
        assert all(start < end for start, end, _ in rows)
        assert all(before[1] <= after[0] for before, after in pairwise(rows))
