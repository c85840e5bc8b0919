"""Splits: every way keeps groups together or refuses; leaks are found."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseact.clip import ClipInfo
from poseact.errors import InvalidInputError
from poseact.splits import (
    Split,
    SplitPlan,
    find_leaks,
    k_fold,
    leave_one_out,
    split_by_field,
    split_by_fractions,
    split_by_protocol,
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
        ("subject", ["s1", "s99"], [], "no s99 in the set; there are s0, s1"),
        ("subject", [], [], "no value for test"),
        ("subject", ["s1"], ["s1"], "s1 in both test and val"),
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


def chained_pairs() -> list[ClipInfo]:
    """As in SBU: everybody meets somebody who meets somebody ..."""
    pairs = ("1+2", "2+3", "3+4", "4+1")
    return [ClipInfo(label, f"{label}_{p}", subject=p, group=p) for label in LABELS for p in pairs]


def test_where_pairs_chain_all_subjects_nothing_advises_to_separate_them() -> None:
    clips = chained_pairs()
    (warning,) = k_fold(clips, 4, rng=rng()).warnings
    assert "subjects cannot be separated in this set, clips of several people chain all" in warning
    assert "--by subject" not in warning
    for refused in (
        lambda: k_fold(clips, 4, rng=rng(), by="subject"),
        lambda: split_by_fractions(clips, (0.5, 0.0, 0.5), rng=rng(), by="subject"),
        lambda: leave_one_out(clips, "subject"),
        lambda: split_by_field(clips, "subject", test=["1"]),
    ):
        with pytest.raises(InvalidInputError, match="several people chain all subjects together") as caught:
            refused()
        assert "by subject --k" not in str(caught.value) and "fewer" not in str(caught.value)
    two_sets = [*clips, *(replace(c, name=f"x{c.name}", subject="7+8", group="x") for c in clips)]
    assert len(k_fold(two_sets, 2, rng=rng(), by="subject").folds) == 2
    with pytest.raises(InvalidInputError, match="chain the subjects into 2 sets"):
        k_fold(two_sets, 3, rng=rng(), by="subject")
    assert "--by subject --k-fold 2" in k_fold(two_sets, 4, rng=rng()).warnings[0]


def test_a_split_without_training_or_without_anything_held_out_is_refused() -> None:
    everybody = [f"s{n}" for n in range(8)]
    with pytest.raises(InvalidInputError, match="no clip is left for train"):
        split_by_field(infos(), "subject", test=everybody)
    for part in ("train", "test"):
        only = [replace(c, splits={"xsub": part}) for c in infos()]
        with pytest.raises(
            InvalidInputError, match="no clip is left for " + {"train": "test"}.get(part, "train")
        ):
            split_by_protocol(only, "xsub")
    # As PYSKL has them: what is held out is called val.
    with_val = [
        replace(c, splits={"xsub": "train" if c.splits["xsub"] == "train" else "val"}) for c in infos()
    ]
    assert "no clip is in test" in " ".join(split_by_protocol(with_val, "xsub").warnings)


def test_values_and_a_share_for_val_are_refused_together() -> None:
    with pytest.raises(InvalidInputError, match="found both"):
        split_by_field(infos(), "subject", test=["s1"], val=["s2"], val_fraction=0.2, rng=rng())


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
        (lambda clips: k_fold(clips, 9, rng=rng(), by="subject"), "there are only 8 subjects"),
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
    assert leaks["name"].clips == ("b2",) and leaks["name"].text == "fold 1: 1 clip is in val and test: b2"
    assert leaks["twice"].clips == ("b1",)
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
