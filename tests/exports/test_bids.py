"""BIDS events: the table, and the file that describes its columns."""

import json

from made_findings import HOSTILE, JACKS, SQUATS, made_findings
from poseact.exports.bids import to_events_json, to_events_tsv
from poseact.timeline import Segment

HEADER = "onset\tduration\ttrial_type\ttrack_id\tscore\trepetitions\n"


def test_the_table_to_the_letter() -> None:
    assert to_events_tsv(made_findings(JACKS, SQUATS)) == (
        HEADER + "0.000000\t2.400000\tsquat\t0\t0.9300\t5\n1.200000\t2.880000\tjumping_jack\t1\t0.8800\tn/a\n"
    )


def test_nothing_done_is_a_header() -> None:
    assert to_events_tsv(made_findings()) == HEADER


def test_hostile_labels_are_one_cell_each_and_described() -> None:
    segments = [Segment(0, label, i, i + 1, 0.5) for i, label in enumerate((*HOSTILE, "", "\n"))]
    findings = made_findings(*segments)
    table = [line.split("\t") for line in to_events_tsv(findings).split("\n")]
    assert table.pop() == [""]
    assert {len(row) for row in table} == {6}
    labels = [row[2] for row in table[1:]]
    assert labels[1] == "tab here"
    assert labels[-2:] == ["n/a", "n/a"]
    assert all(label == label.strip() for label in labels)
    levels = json.loads(to_events_json(findings))["trial_type"]["Levels"]
    assert list(levels)[:2] == ["squat", "jumping_jack"]
    assert set(labels) - set(levels) == {"n/a"}
    assert all(isinstance(text, str) and text for text in levels.values())


def test_times_before_zero_and_huge_ones_are_told_as_they_are() -> None:
    odd = Segment(1, "squat", 1.7e9, 1.7e9 + 1, 0.5), Segment(0, "squat", -1.5, 0.5, 0.5)
    first, second = to_events_tsv(made_findings(*odd)).splitlines()[1:]
    assert first.startswith("-1.500000\t2.000000\t")
    assert second.startswith("1700000000.000000\t1.000000\t")


def test_every_column_is_described() -> None:
    columns = json.loads(to_events_json(made_findings(SQUATS)))
    assert list(columns) == HEADER.split()
    assert all(column["LongName"] for column in columns.values())
    assert columns["onset"]["Units"] == columns["duration"]["Units"] == "s"
    assert columns["trial_type"]["Levels"]["jumping_jack"].endswith("jumping jack")
