"""Splits: every way keeps groups together or refuses; leaks are found; files are read and written."""

import json
import pickle
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.clip import ClipInfo
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.splits import (
    Split,
    SplitPlan,
    find_leaks,
    k_fold,
    leave_one_out,
    load_split,
    load_splits,
    split_by_field,
    split_by_fractions,
    split_by_protocol,
    split_schema,
    units_of,
    with_blocks,
)

LABELS = ("walk", "sit", "wave")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def infos(num_subjects: int = 8, takes: int = 4) -> list[ClipInfo]:
    """A group a subject and class; protocols xsub and 4-fold."""
    return [
        ClipInfo(
            label=label,
            name=f"{label}_s{subject}_t{take}",
            subject=f"s{subject}",
            camera="front" if take % 2 else "side",
            repetition=str(take),
            group=f"{label}_s{subject}",
            splits={"xsub": "train" if subject % 2 else "test", "4-fold": str(subject % 4 + 1)},
        )
        for label in LABELS
        for subject in range(num_subjects)
        for take in range(takes)
    ]


def is_whole(clips: list[ClipInfo], fold: Split) -> bool:
    """Whether every clip is in exactly one part."""
    names = [name for part in fold.parts.values() for name in part]
    return Counter(names) == Counter(clip.name for clip in clips)


def parts_of(clips: list[ClipInfo], fold: Split, field: str) -> dict[str, set[str]]:
    """In which parts each value of a field is."""
    by_name = {clip.name: clip for clip in clips}
    out: dict[str, set[str]] = {}
    for part, names in fold.parts.items():
        for name in names:
            out.setdefault(getattr(by_name[name], field), set()).add(part)
    return out


def test_a_protocol_of_two_parts_is_one_fold() -> None:
    plan = split_by_protocol(infos(), "xsub")
    (fold,) = plan.folds
    assert (len(fold.train), len(fold.val), len(fold.test)) == (48, 0, 48)
    assert plan.separates == "subject" and plan.title == "official protocol xsub"
    assert find_leaks(infos(), plan) == []


def test_a_protocol_of_folds_gives_each_its_turn() -> None:
    plan = split_by_protocol(infos(), "4-fold")
    assert [fold.name for fold in plan.folds] == ["1", "2", "3", "4"]
    assert sorted(name for fold in plan.folds for name in fold.test) == sorted(c.name for c in infos())
    assert all(is_whole(infos(), fold) for fold in plan.folds)


def test_clips_that_a_protocol_does_not_name_are_in_no_part() -> None:
    some = [replace(c, splits={} if c.label == "sit" else c.splits) for c in infos()]
    (fold,) = split_by_protocol(some, "xsub").folds
    assert len(fold.train) + len(fold.test) == 64
    leaks = find_leaks(some, split_by_protocol(some, "xsub"))
    assert [(leak.kind, len(leak.clips)) for leak in leaks] == [("no-part", 32)]


def test_an_unknown_protocol_and_one_of_odd_parts_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="known: 4-fold, xsub"):
        split_by_protocol(infos(), "xview")
    odd = [replace(c, splits={"p": "train" if i else "1"}) for i, c in enumerate(infos())]
    with pytest.raises(InvalidInputError, match="numbers of folds"):
        split_by_protocol(odd, "p")


def test_by_field_holds_out_the_named_values() -> None:
    plan = split_by_field(infos(), "subject", test=["s5", "s6"], val=["s7"])
    (fold,) = plan.folds
    where = parts_of(infos(), fold, "subject")
    assert where["s5"] == where["s6"] == {"test"}
    assert where["s7"] == {"val"} and where["s0"] == {"train"}
    assert is_whole(infos(), fold)


@pytest.mark.parametrize(
    ("field", "test", "val", "message"),
    [
        ("subject", ["s99"], [], "among s0, s1"),
        ("subject", [], [], "found test none"),
        ("subject", ["s1"], ["s1"], "others for val"),
        ("label", ["walk"], [], "expected one of subject"),
    ],
)
def test_by_field_refuses_values_that_are_not_there(
    field: str, test: list[str], val: list[str], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        split_by_field(infos(), field, test=test, val=val)


def test_by_field_refuses_clips_that_do_not_say() -> None:
    some = [replace(c, camera=None) if i < 5 else c for i, c in enumerate(infos())]
    with pytest.raises(
        InvalidInputError, match=r"5 of 96 clips do not say their camera.*subject, repetition, group"
    ):
        split_by_field(some, "camera", test=["side"])


@pytest.mark.parametrize("field", ["camera", "repetition"])
def test_a_group_on_both_sides_is_refused_and_named(field: str) -> None:
    value = {"camera": "side", "repetition": "1"}[field]
    with pytest.raises(InvalidInputError, match=r"refused: fold 1: group 'walk_s0'.*23 more"):
        split_by_field(infos(), field, test=[value])
    alone = [replace(c, group=None) for c in infos()]
    plan = split_by_field(alone, field, test=[value])
    assert "new people" in " ".join(plan.warnings)


def test_leave_one_out_leaves_each_out_once() -> None:
    plan = leave_one_out(infos(), "subject", val_fraction=0.2, rng=rng())
    assert [fold.name for fold in plan.folds] == [f"s{n}" for n in range(8)]
    for fold in plan.folds:
        where = parts_of(infos(), fold, "subject")
        assert where[fold.name] == {"test"}
        assert all(len(parts) == 1 for parts in where.values())
        assert fold.val and is_whole(infos(), fold)
    assert plan.title == "leave one subject out"
    with pytest.raises(InvalidInputError, match="'s0' alone"):
        leave_one_out(infos(num_subjects=1), "subject")


def test_pairs_of_people_cannot_be_left_out_one_by_one() -> None:
    pairs = [replace(c, subject=f"{c.subject}+s9") for c in infos()]
    with pytest.raises(InvalidInputError, match=r"shows s0 and s9.*one group out"):
        leave_one_out(pairs, "subject")
    with pytest.raises(InvalidInputError, match=r"shows s0\+s9"):
        split_by_field(pairs, "subject", test=["s0"])


def test_numbers_are_sorted_as_numbers() -> None:
    clips = [ClipInfo("a", f"c{n}", subject=str(n)) for n in (10, 9, 2, 1)]
    assert [fold.name for fold in leave_one_out(clips, "subject").folds] == ["1", "2", "9", "10"]


@pytest.mark.parametrize("by", ["group", "subject"])
def test_k_fold_is_even_in_size_and_classes_and_keeps_groups(by: str) -> None:
    plan = k_fold(infos(), 4, rng=rng(), by=by, val_fraction=0.2)
    label_of = {clip.name: clip.label for clip in infos()}
    tested = Counter(name for fold in plan.folds for name in fold.test)
    assert tested == dict.fromkeys(label_of, 1)
    for fold in plan.folds:
        assert is_whole(infos(), fold) and fold.val
        assert Counter(label_of[name] for name in fold.test) == dict.fromkeys(LABELS, 8)
        assert all(len(parts) == 1 for parts in parts_of(infos(), fold, by).values())


def test_fractions_are_near_and_classes_even_even_if_groups_are_not() -> None:
    sizes = rng(1).integers(1, 9, 120)
    clips = [
        ClipInfo(LABELS[g % 3], f"c{g}x{i}", group=f"g{g}")
        for g, size in enumerate(sizes)
        for i in range(size)
    ]
    (fold,) = split_by_fractions(clips, (0.7, 0.15, 0.15), rng=rng()).folds
    label_of = {clip.name: clip.label for clip in clips}
    whole = Counter(label_of.values())
    for part, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
        counts = Counter(label_of[name] for name in fold.parts[part])  # type: ignore[index]
        for label in LABELS:
            assert counts[label] / whole[label] == pytest.approx(share, abs=0.03)
    assert all(len(parts) == 1 for parts in parts_of(clips, fold, "group").values())


@settings(max_examples=60, deadline=None)
@given(
    groups=st.lists(st.integers(0, 12), min_size=6, max_size=60),
    labels=st.lists(st.sampled_from("abc"), min_size=60, max_size=60),
    seed=st.integers(0, 9),
)
def test_no_way_ever_separates_a_group(groups: list[int], labels: list[str], seed: int) -> None:
    clips = [
        ClipInfo(label, f"c{i}", group=str(g))
        for i, (g, label) in enumerate(zip(groups, labels, strict=False))
    ]
    for make in (
        lambda: split_by_fractions(clips, (0.6, 0.2, 0.2), rng=rng(seed)),
        lambda: k_fold(clips, 3, rng=rng(seed), val_fraction=0.3),
    ):
        try:
            plan = make()
        except InvalidInputError:  # groups too few or too large
            continue
        assert find_leaks(clips, plan) == []
        assert all(fold.train and fold.test and fold.val for fold in plan.folds)


def test_the_same_seed_gives_the_same_split_and_another_one_another() -> None:
    first, again, other = (split_by_fractions(infos(), (0.7, 0.1, 0.2), rng=rng(s)) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_what_hangs_together_by_more_than_one_thread_is_one_unit() -> None:
    clips = [
        ClipInfo("a", "v1_w001", group="x"),
        ClipInfo("a", "v1_w002", group="y"),  # the same recording
        ClipInfo("a", "v2", group="y"),
        ClipInfo("a", "v3_flip"),
        ClipInfo("a", "v3"),
        ClipInfo("a", "p1", subject="1", camera="l", repetition="1"),
        ClipInfo("a", "p2", subject="1", camera="r", repetition="1"),  # another view of the same
        ClipInfo("b", "p3", subject="1", camera="r", repetition="1"),
    ]
    assert [[clip.name for clip in unit] for unit in units_of(clips)] == [
        ["v1_w001", "v1_w002", "v2"],
        ["v3_flip", "v3"],
        ["p1", "p2"],
        ["p3"],
    ]
    assert len(units_of(clips, "subject")) == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda clips: k_fold(clips, 1, rng=rng()), "at least 2"),
        (lambda clips: k_fold(clips, 25, rng=rng()), "at least 25 groups of clips, found 24"),
        (lambda clips: k_fold(clips, 9, rng=rng(), by="subject"), "found 8"),
        (lambda clips: k_fold(clips, 2, rng=rng(), by="who"), "expected one of"),
        (lambda clips: split_by_fractions(clips, (0.5, 0.5, 0.5), rng=rng()), "add up to 1"),
        (lambda clips: split_by_fractions(clips, (1.0, 0.0, 0.0), rng=rng()), "add up to 1"),
        (lambda clips: split_by_fractions(clips, (1.2, -0.4, 0.2), rng=rng()), "add up to 1"),
        (lambda clips: split_by_protocol(clips, "xsub", val_fraction=1.5, rng=rng()), "val_fraction"),
        (lambda clips: split_by_protocol(clips, "xsub", val_fraction=0.5), "an rng"),
        (lambda clips: split_by_protocol([], "xsub"), "found none"),
        (lambda clips: split_by_protocol([*clips, clips[0]], "xsub"), "the same name: walk_s0_t0"),
    ],
)
def test_what_cannot_be_split_so_is_one_clear_error(make: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        make(infos())
    assert "\n" not in str(caught.value)


def test_one_huge_group_stays_whole_and_is_told() -> None:
    clips = [ClipInfo("a", f"c{i}", group="all" if i > 1 else f"g{i}") for i in range(50)]
    plan = split_by_fractions(clips, (0.34, 0.33, 0.33), rng=rng())
    assert sorted(len(names) for names in plan.folds[0].parts.values()) == [1, 1, 48]
    assert "2% of the clips, where 33% was asked" in " ".join(plan.warnings)


def test_clips_without_groups_are_warned_of_and_blocks_of_numbers_keep_neighbours_together() -> None:
    clips = [ClipInfo(label, f"{label}_{n}") for label in LABELS for n in range(1, 41)]
    plan = split_by_fractions(clips, (0.7, 0.1, 0.2), rng=rng())
    assert "neither group nor subject" in plan.warnings[0] and "--blocks" in plan.warnings[0]
    blocks = with_blocks(clips, 10)
    assert Counter(clip.group for clip in blocks)["walk_block0"] == 10
    plan = split_by_fractions(blocks, (0.7, 0.1, 0.2), rng=rng())
    assert plan.warnings == ()
    assert {(clip.group, clip.label) for clip in blocks} == {
        (f"{label}_block{n}", label) for label in LABELS for n in range(4)
    }
    with pytest.raises(InvalidInputError, match="end in a number"):
        with_blocks([ClipInfo("a", "walk")], 10)
    with pytest.raises(InvalidInputError, match="at least 2"):
        with_blocks(clips, 1)


def test_classes_that_training_lacks_are_told() -> None:
    clips = [ClipInfo("walk", "a", subject="1"), ClipInfo("sit", "b", subject="2")]
    assert "classes that train lacks: sit" in " ".join(split_by_field(clips, "subject", test=["2"]).warnings)


# ----------------------------------------------------------------------------- leaks


def test_every_kind_of_leak_is_found_and_named() -> None:
    clips = [
        ClipInfo("a", "a1", subject="1", group="g"),
        ClipInfo("a", "a2", subject="1", group="g"),
        ClipInfo("a", "b1", subject="2"),
        ClipInfo("a", "b2", subject="2"),
        ClipInfo("a", "c_w01", subject="3"),
        ClipInfo("a", "c_w02", subject="4"),
        ClipInfo("a", "lost", subject="5"),
    ]
    fold = Split("1", ("a1", "b1", "c_w01", "b1"), ("b2",), ("a2", "b2", "c_w02", "ghost"))
    leaks = {leak.kind: leak for leak in find_leaks(clips, SplitPlan("given", "xsub", (fold,)))}
    assert leaks["name"].clips == ("b1", "b2")
    assert leaks["no-clip"].clips == ("ghost",)
    assert leaks["no-part"].clips == ("lost",)
    assert leaks["group"].clips == ("a1", "a2") and "'g'" in leaks["group"].text
    assert leaks["recording"].clips == ("c_w01", "c_w02")
    assert leaks["subject"].clips == ("a1", "a2")
    plain = {leak.kind for leak in find_leaks(clips, SplitPlan("given", "random", (fold,)))}
    assert "subject" not in plain


def test_one_of_a_pair_on_the_other_side_is_a_leak() -> None:
    clips = [ClipInfo("a", "x", subject="1+2"), ClipInfo("a", "y", subject="2+3")]
    (leak,) = find_leaks(clips, SplitPlan("protocol", "cross-subject", (Split("1", ("x",), (), ("y",)),)))
    assert (leak.kind, leak.clips) == ("subject", ("x", "y"))


def test_val_alone_counts_as_held_out() -> None:
    clips = [ClipInfo("a", "x", camera="1"), ClipInfo("a", "y", camera="1")]
    (leak,) = find_leaks(clips, SplitPlan("given", "xview", (Split("1", ("x",), ("y",)),)))
    assert leak.kind == "camera"


# ----------------------------------------------------------------------------- files


def test_saved_and_loaded_it_is_the_same_and_fits_its_schema(tmp_path: Path) -> None:
    plan = replace(k_fold(infos(), 3, rng=rng()), seed=7, warnings=("über",))
    plan.save(tmp_path / "s.json")
    assert load_split(tmp_path / "s.json") == plan
    schema = split_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads((tmp_path / "s.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**document, "folds": [{"name": "1"}]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a split as JSON"),
        ("[1]", "keys like train and test|something else"),
        ("{}", "found none"),
        ('{"format": "coco"}', "something else"),
        ('{"format": "poseact.split", "version": 2}', "upgrade poseact"),
        ('{"format": "poseact.split", "version": "1"}', "upgrade poseact"),
        ('{"format": "poseact.split", "version": 1}', "no entry"),
        ('{"train": [1]}', "lists of clip names"),
        ('{"train": ["a"], "training": ["b"]}', "two lists"),
        ('{"trainval": ["a"]}', "lists of clip names"),
        ("[" * 100_000, "expected a split as JSON"),
    ],
)
def test_files_that_are_no_split_are_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(SourceError, match=message) as caught:
        load_splits(tmp_path / "s.json")
    assert "\n" not in str(caught.value)
    with pytest.raises(SourceError, match="no such file"):
        load_splits(tmp_path / "nowhere.json")


def test_pysklsplit_dicts_become_a_plan_for_each_protocol(tmp_path: Path) -> None:
    split = {"xsub_train": ["a"], "xsub_val": ["b"], "xview_train": ["b"], "xview_val": ["a"]}
    for name, content in (("s.json", split), ("t.json", {"split": split, "annotations": []})):
        (tmp_path / name).write_text(json.dumps(content))
        plans = load_splits(tmp_path / name)
        assert plans["xsub"].folds == (Split("1", ("a",), ("b",)),)
        assert plans["xview"].separates == "camera"
    (tmp_path / "s.pkl").write_bytes(pickle.dumps({"split": split, "annotations": [np.zeros(3)]}))
    assert load_split(tmp_path / "s.pkl", "xview").folds[0].train == ("b",)
    with pytest.raises(InvalidInputError, match="'xsub', 'xview'; one must be named"):
        load_split(tmp_path / "s.pkl")
    with pytest.raises(InvalidInputError, match="none is called 'xset'"):
        load_split(tmp_path / "s.pkl", "xset")


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.pkl").write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR.")
    with pytest.raises(SourceError, match=r"os.system"):
        load_splits(tmp_path / "s.pkl")
    assert not (tmp_path / "ran").exists()


def test_csv_of_names_and_parts(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("name,part\na,train\nb, Validation\nc,test\n")
    assert load_split(path).folds == (Split("1", ("a",), ("b",), ("c",)),)
    path.write_text("fold,name,part\nx,a,train\nx,b,test\ny,b,train\ny,a,test\n")
    assert [fold.name for fold in load_split(path).folds] == ["x", "y"]
    for text, message in (("name,set\na,train\n", "columns name,part"), ("name,part\na,held\n", "line 2")):
        path.write_text(text)
        with pytest.raises(SourceError, match=message):
            load_split(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["train", "val", "folds", "split", "x"]), inner, max_size=3)
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
        st.fixed_dictionaries(
            {"format": st.just("poseact.split"), "version": st.just(1)},
            optional={
                key: st.none()
                | st.text(max_size=3)
                | st.lists(st.dictionaries(st.just("name"), st.integers()))
                for key in ("way", "detail", "seed", "warnings", "folds")
            },
        ).map(lambda value: json.dumps(value).encode()),
        st.text("name,part\n\"'trainest", max_size=60).map(lambda text: b"name,part\n" + text.encode()),
    ),
    suffix=st.sampled_from([".json", ".csv", ".pkl"]),
)
def test_any_file_raises_only_our_errors(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"s{suffix}"
    path.write_bytes(content)
    try:
        plans = load_splits(path)
    except PoseactError as error:
        assert str(error)
    else:
        assert plans
