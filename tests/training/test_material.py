"""What is settled before training: parts, classes, the input's form."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_clips import CLASSES, made_clips, without_subjects
from poseact.errors import InvalidInputError
from poseact.splits import Split, SplitPlan
from poseact.training.config import TrainConfig
from poseact.training.material import Material, gather


def gathered(clips: Any = None, **settings: Any) -> Material:
    config = TrainConfig(model="lstm", **settings)
    return gather(clips if clips is not None else made_clips(), config, data_name="made")


def subjects(material: Material, index: Any) -> set[str]:
    return {material.store.names[i].split("_s")[1][0] for i in index}


def test_the_official_training_part_is_learnt_from_and_nobody_is_in_two_parts() -> None:
    material = gathered(val_fraction=0.3)
    assert material.learnt_from["protocol"] == "xsub"
    assert subjects(material, material.train) | subjects(material, material.val) == {"1", "3", "5"}
    assert not subjects(material, material.train) & subjects(material, material.val)
    assert len(material.val) and set(material.train) & set(material.val) == set()
    assert any("xsub" in note for note in material.notes)


def test_without_a_validation_share_everything_is_learnt_from() -> None:
    material = gathered(val_fraction=0)
    assert len(material.train) == 18 and len(material.val) == 0


def test_a_set_without_a_protocol_is_learnt_from_as_a_whole_and_the_user_is_told() -> None:
    material = gathered(without_subjects(made_clips()), val_fraction=0)
    assert len(material.train) == 36 and material.learnt_from["protocol"] == "all"
    assert any("no official protocol" in note for note in material.notes)


def test_what_pyskl_calls_validation_chooses_nothing() -> None:
    clips = [
        replace(c, splits={"xsub": {"train": "train", "test": "val"}[c.splits["xsub"]]}) for c in made_clips()
    ]
    material = gathered(clips)
    assert subjects(material, material.val) <= {"1", "3", "5"}


def test_a_clip_whose_clock_jumps_is_several_where_windows_are_drawn() -> None:
    first, *others = made_clips(frames=40)
    sequence = first.sequence
    late = np.where(np.arange(sequence.num_frames) < 20, 0.0, 60.0)
    paused = first.with_sequence(replace(sequence, timestamps=sequence.timestamps + late))
    material = gathered([paused, *others], protocol="all", val_fraction=0, window_s=1.0)
    rows = [i for i, name in enumerate(material.store.names) if name == first.name]
    assert len(rows) == 2 and set(rows) <= set(material.train.tolist())
    assert material.store.lengths[rows].tolist() == [20, sequence.num_frames - 20]
    assert len(set(material.groups[rows])) == len(set(material.labels[rows])) == 1
    assert material.learnt_from["num_clips"] == 1 + len(others)
    whole = gathered([paused, *others], protocol="all", val_fraction=0, sampling="clip")
    assert len(whole.store) == 1 + len(others)


def test_a_split_file_says_who_is_learnt_from(tmp_path: Path) -> None:
    clips = made_clips()
    names = [clip.name for clip in clips]
    plan = SplitPlan("given", "mine", (Split("a", tuple(names[:12]), (), tuple(names[12:])),))
    plan.save(tmp_path / "split.json")
    material = gathered(clips, split=str(tmp_path / "split.json"), val_fraction=0)
    assert material.store.names == tuple(names[:12])
    assert material.learnt_from["split"] == "split.json"


def test_folds_must_be_named() -> None:
    folds = [
        replace(clip, splits={"k": clip.subject[-1] if clip.subject else ""})
        for clip in made_clips(subjects=3)
    ]
    with pytest.raises(InvalidInputError, match="--fold"):
        gathered(folds)
    material = gathered(folds, fold="2", val_fraction=0)
    assert subjects(material, material.train) == {"1", "3"}
    with pytest.raises(InvalidInputError, match="expected one of"):
        gathered(folds, fold="9")


def test_classes_can_be_chosen_and_unknown_ones_are_refused() -> None:
    assert gathered(classes=("squat", "step")).class_names == ("squat", "step")
    with pytest.raises(InvalidInputError, match="it has raise_arms, squat, step"):
        gathered(classes=("squat", "fly"))
    with pytest.raises(InvalidInputError, match="at least 2 classes"):
        gathered(classes=("squat",))


def test_clips_without_label_or_people_are_left_out_and_counted() -> None:
    clips = made_clips()
    empty = replace(
        clips[0].sequence,
        keypoints=np.full_like(clips[0].sequence.keypoints, np.nan),
        confidence=np.zeros_like(clips[0].sequence.confidence),
    )
    clips[0] = clips[0].with_sequence(empty)
    clips[1] = replace(clips[1], label=None)
    assert any("2 clips" in note for note in gathered(clips).notes)


def test_the_input_is_as_the_data_is() -> None:
    spec = gathered().store.spec
    assert (spec.num_persons, spec.num_coordinates, spec.sampling, spec.layout.name) == (
        1,
        2,
        "clip",
        "body13",
    )
    assert spec.window_s == pytest.approx(1.6, abs=0.2)
    both = gathered(made_clips(people=2, dims=3)).store.spec
    assert (both.num_persons, both.num_coordinates) == (2, 3)


def test_long_clips_are_learnt_from_in_pieces() -> None:
    spec = gathered(made_clips(frames=300, takes=1)).store.spec
    assert spec.sampling == "window" and spec.window_s == pytest.approx(2.0)
    assert gathered(window_s=0.8).store.spec.window_s == pytest.approx(0.8)


def test_another_layout_is_converted_to_by_name() -> None:
    material = gathered(layout="coco17")
    assert material.store.points.shape[2] == 17


def test_left_and_right_classes_are_not_flipped() -> None:
    assert gathered().may_flip
    clips = [replace(clip, label=f"{clip.label}_left") for clip in made_clips()]
    assert not gathered(clips).may_flip
    assert gathered([replace(c, label=str(c.label).replace("step", "cleft")) for c in made_clips()]).may_flip
    assert set(CLASSES) == set(gathered().class_names)


@pytest.mark.parametrize(
    "name",
    ["SwipeLeft", "swipeLeft", "left_punch", "kick (right)", "one hand wave", "wave_one_hand", "onehand",
     "draw circle (clockwise)", "counter-clockwise"],
)  # fmt: skip
def test_sets_whose_classes_name_a_side_are_not_mirrored(name: str) -> None:
    assert not replace(gathered(), class_names=("walk", name)).may_flip


@pytest.mark.parametrize("name", ["bright", "cleft", "someone_handles", "two_hand_wave", "upright_row"])
def test_other_names_do_not_keep_a_set_from_being_mirrored(name: str) -> None:
    assert replace(gathered(), class_names=("walk", name)).may_flip


def test_what_keeps_the_parts_apart_is_looked_up_in_the_parts() -> None:
    assert gathered(val_fraction=0.3).learnt_from["divided_by"] == "subject"
    pairs = [
        replace(c, splits={}, subject={"1": "a+b", "2": "b+c", "3": "c+d"}.get(str(c.subject)[-1], "d+a"))
        for c in made_clips()
    ]
    grouped = [replace(c, group=c.subject) for c in pairs]
    assert gathered(grouped, val_fraction=0.3).learnt_from["divided_by"] == "group"
    parts = ("train", "val", "test")
    by_take = [replace(c, splits={"p": parts[int(c.name[-1])]}) for c in made_clips(takes=3)]
    assert {part for c in by_take for part in c.splits.values()} == {"train", "val", "test"}
    assert gathered(by_take).learnt_from["divided_by"] == "clip"


def test_one_group_alone_leaves_nothing_to_choose_on() -> None:
    alone = [replace(clip, splits={}, subject="me", group="room") for clip in made_clips()]
    with pytest.raises(InvalidInputError, match="val_fraction=0"):
        gathered(alone, val_fraction=0.2)
