"""Answers, the judgement of them, and its JSON file."""

import json
from dataclasses import replace
from importlib import resources

import jsonschema
import numpy as np
import pytest

import made_answers as made
from poseact.errors import InvalidInputError, SourceError
from poseact.judging import (
    Answers,
    Latency,
    RunFacts,
    evaluation_schema,
    judge,
    read_judgement,
    to_json,
    write_judgement,
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ()}, "found none: nothing to judge"),
        ({"probabilities": np.zeros((6, 2))}, r"expected \(clips, classes\) = \(6, 3\), found \(6, 2\)"),
        ({"probabilities": np.full((6, 3), 0.5)}, "that of clip 'c0' sums to 1.5"),
        ({"probabilities": np.array([[2.0, -1.0, 0.0]] * 6)}, "its least is -1: logits need a softmax"),
        ({"probabilities": np.full((6, 3), np.nan)}, "sums to nan"),
        ({"labels": np.array([0, 0, 0, 1, 1, 3])}, "labels: expected 0 to 2, found 0 to 3"),
        ({"labels": np.array([0, 0, 0, 1, 1, -1])}, "labels: expected 0 to 2, found -1 to 1"),
        ({"labels": np.zeros(6)}, "labels: expected .* integers"),
        ({"labels": np.zeros(5, int)}, "labels: expected 6, found 5"),
        ({"names": ("c",) * 6}, "clip 'c' is there twice"),
        ({"subjects": ("a",)}, "subjects: expected 6 or none, found 1"),
        ({"folds": ("a",)}, "folds: expected 6 or none, found 1"),
        ({"class_names": ("a", "a", "b")}, "class_names: expected two or more, all different"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(InvalidInputError, match=message):
        replace(made.by_hand(), **changes)


def test_a_clip_may_be_in_two_folds_but_not_twice_in_one():
    answers = made.by_hand()
    twice = {"names": ("a", "a", "b", "b", "c", "c")}
    assert replace(answers, **twice, folds=("1", "2") * 3).num_clips == 6
    with pytest.raises(InvalidInputError, match="there twice in one fold"):
        replace(answers, **twice, folds=("1",) * 6)


def test_a_judgement_by_hand():
    found = made.judged(made.by_hand(subjects=("10", "9", "9", "9", "10", "10"), folds=tuple("aabbcc")))
    assert found.top_1.value == pytest.approx(4 / 6)
    assert found.mean_class_accuracy.value == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert found.macro_f1.value == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    assert found.confusion == ((2, 1, 0), (0, 2, 0), (1, 0, 0))
    assert [(c.name, c.support, c.predicted) for c in found.classes] == [
        ("sit", 3, 3),
        ("stand", 2, 3),
        ("jump", 1, 0),
    ]
    assert found.classes[2].precision is None and found.classes[2].f1 == 0
    assert [c.name for c in found.by_f1] == ["jump", "sit", "stand"]
    assert [(p.name, p.right, p.total) for p in found.subjects] == [("9", 2, 3), ("10", 2, 3)]
    assert [(p.name, p.right, p.total) for p in found.folds] == [("a", 2, 2), ("b", 1, 2), ("c", 1, 2)]
    assert (found.resampling.unit, found.resampling.num_units) == ("subject", 2)
    assert found.clips[5].true_probability == pytest.approx(0.3)
    assert [c.is_right for c in found.clips] == [True, True, False, True, True, False]


def test_top_5_of_five_classes_says_nothing():
    rng = np.random.default_rng(0)
    few = made.judged(made.random_answers(rng, 50, list("abcde"), gain=0))
    assert few.top_5_is_trivial and few.top_5.value == 1 and few.top_5.low is None
    more = made.judged(made.random_answers(rng, 50, list("abcdefgh"), gain=0))
    assert not more.top_5_is_trivial and more.top_5.low < more.top_5.value < 1


def test_confusions_most_first():
    probabilities = np.eye(4)[[1, 1, 0, 0, 2, 3, 0, 1]]
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 3])
    found = made.judged(Answers(tuple("abcd"), probabilities, labels, tuple("12345678"))).confusions()
    assert [(c.label, c.predicted, c.count, c.support) for c in found] == [
        (0, 1, 2, 3),
        (3, 1, 1, 1),
        (1, 0, 1, 2),
        (1, 2, 1, 2),
        (2, 0, 1, 2),
        (2, 3, 1, 2),
    ]


def test_a_class_that_neither_is_nor_was_named_has_no_f1():
    answers = Answers(tuple("abc"), np.eye(3)[[0, 1]], np.array([0, 1]), ("x", "y"))
    found = made.judged(answers)
    assert found.classes[2].f1 is None
    assert [c.name for c in found.by_f1] == ["a", "b"]
    assert found.mean_class_accuracy.value == 1


def test_the_same_seed_gives_the_same_judgement():
    answers = made.random_answers(np.random.default_rng(2), 80, list("abcdefg"), subjects=5)
    one, same = (judge(answers, made.FACTS, np.random.default_rng(7)) for _ in range(2))
    assert one == same
    assert one.resampling.resamples == 10_000


def judgements():
    rng = np.random.default_rng(3)
    folded = replace(
        made.random_answers(rng, 40, list("abcdefg"), subjects=4),
        folds=tuple("12" * 20),
        groups=tuple("xy" * 20),
    )
    bare = made.by_hand()
    return [
        made.judged(folded),
        made.judged(bare),
        made.judged(bare, RunFacts("m", "d", "p")),
        made.judged(Answers(('a"\n', "</b>\u2028"), np.array([[1.0, 0.0]]), np.array([0]), ("ü",))),
    ]


@pytest.mark.parametrize("judgement", judgements(), ids=["folds", "bare", "few facts", "one clip"])
def test_the_file_gives_back_exactly_what_was_written(judgement, tmp_path):
    path = tmp_path / "evaluation.json"
    write_judgement(judgement, path)
    assert read_judgement(path) == judgement
    jsonschema.validate(json.loads(path.read_text("utf-8")), evaluation_schema())


def test_the_schema_is_one_and_names_everything():
    schema = evaluation_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(to_json(judgements()[0]))
    assert set(document) == set(schema["properties"]) == set(schema["required"])
    for key in ("run", "resampling", "calibration", "figures"):
        assert set(document[key]) == set(schema["properties"][key]["required"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "confusion": [[-1]]}, schema)


def test_what_a_later_version_adds_is_passed_over(tmp_path):
    judgement = judgements()[0]
    document = json.loads(to_json(judgement))
    document["more"] = 1
    document["run"]["more"] = document["clips"][0]["more"] = document["figures"]["top_1"]["more"] = 1
    (tmp_path / "e.json").write_text(json.dumps(document), "utf-8")
    assert read_judgement(tmp_path / "e.json") == judgement


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a poseact evaluation"),
        ("[1]", 'no "schema"'),
        ('{"schema": "poseact.result"}', 'no "schema": "poseact.evaluation"'),
        ('{"schema": "poseact.evaluation", "version": 99}', "newer than this poseact reads: upgrade"),
        ('{"schema": "poseact.evaluation", "version": 1}', "no entry 'run'"),
        ('{"schema": "poseact.evaluation", "version": "1"}', "found something else"),
    ],
)
def test_other_files_are_refused_in_one_line(text, message, tmp_path):
    path = tmp_path / "e.json"
    path.write_text(text, "utf-8")
    with pytest.raises(SourceError, match=message) as told:
        read_judgement(path)
    assert "\n" not in str(told.value)


def test_missing_and_binary_files_are_told(tmp_path):
    with pytest.raises(SourceError, match="no such file"):
        read_judgement(tmp_path / "none.json")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="expected UTF-8"):
        read_judgement(tmp_path / "b.json")
    with pytest.raises(SourceError, match="cannot be read"):
        read_judgement(tmp_path)


def test_latencies_must_rise():
    with pytest.raises(InvalidInputError, match="0 <= 10 % <= median <= 90 %"):
        Latency(median_ms=1, p10_ms=2, p90_ms=3)


def test_judging_needs_no_extra_package():
    # A base install has neither of these.
    folder = resources.files("poseact.judging")
    text = "".join(f.read_text("utf-8") for f in folder.iterdir() if f.name.endswith(".py"))
    assert "judge" in text
    assert not any(
        f"import {name}" in text or f"from {name}" in text for name in ("sklearn", "scipy", "torch")
    )
