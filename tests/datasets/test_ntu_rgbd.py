"""NTU RGB+D: names, bodies, axes, protocols, the authors' list, and what is said of broken files."""

import logging
from collections import Counter
from pathlib import Path

import fake_ntu_rgbd as fake
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.clip import Clip
from poseact.datasets import read_ntu_rgbd
from poseact.datasets.ntu_classes import (
    CLASS_NAMES,
    SUBSETS,
    TRAINING_CAMERAS,
    TRAINING_SUBJECTS_60,
    TRAINING_SUBJECTS_120,
    official_parts,
    samples_with_missing_skeletons,
)
from poseact.datasets.ntu_rgbd import FORMAT
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import NTU25

FIRST = "S001C001P001R001A001"


def one(folder: Path, text: str | None = None, name: str = FIRST) -> Path:
    path = folder / f"{name}.skeleton"
    path.write_text(fake.skeleton() if text is None else text, encoding="utf-8")
    return path


def read_one(path: Path, **options: object) -> Clip:
    (clip,) = read_ntu_rgbd(path, **options)  # type: ignore[arg-type]
    return clip


def test_people_are_tracks_in_order_of_appearance_and_nan_where_they_are_not(tmp_path: Path) -> None:
    sequence = read_one(one(tmp_path)).sequence
    assert sequence.layout is NTU25
    assert (sequence.units, sequence.frame_size_wh) == ("m", None)
    assert sequence.track_ids.tolist() == [0, 1]
    assert sequence.present.tolist() == [[True, True, True, False, False], [False, True, True, False, True]]
    assert (sequence.confidence[~sequence.present] == 0).all()
    np.testing.assert_allclose(np.diff(sequence.timestamps), 1 / 30)
    # Frame 3 names body b first: the order within a frame must not matter.
    for track, letter in enumerate("ab"):
        expected = fake.joints(100 * ord(letter) + 2)[:, :3] * [-1, -1, 1]
        np.testing.assert_allclose(sequence.keypoints[track, 2], expected, rtol=1e-5)


def test_a_name_says_class_subject_camera_repetition_and_parts(tmp_path: Path) -> None:
    clip = read_one(one(tmp_path, name="S017C003P040R002A043"))
    assert (clip.label, clip.subject, clip.camera, clip.repetition) == ("falling", "40", "3", "2")
    assert clip.splits == {"xsub": "test", "xview": "train", "xsub120": "test", "xset120": "test"}
    clip = read_one(one(tmp_path, name="S018C001P045R001A061"))
    assert clip.label == "put_on_headphone"
    assert clip.splits == {"xsub120": "train", "xset120": "train"}


def test_x_runs_to_the_right_of_a_true_picture_in_every_space(tmp_path: Path) -> None:
    path = one(tmp_path)
    metres = read_one(path).sequence.keypoints[0, 0]
    for space, size in (("color", (1920, 1080)), ("depth", (512, 424))):
        sequence = read_one(path, space=space).sequence
        assert (sequence.units, sequence.frame_size_wh) == ("px", size)
        pixels = sequence.keypoints[0, 0]
        # Seen from the camera, what lies to the right in space lies to the right in the picture.
        for axis in (0, 1):
            assert np.corrcoef(metres[:, axis] / metres[:, 2], pixels[:, axis])[0, 1] > 0.999
        as_filmed = read_one(path, space=space, as_filmed=True).sequence.keypoints[0, 0]
        np.testing.assert_allclose(as_filmed[:, 0], size[0] - 1 - pixels[:, 0], rtol=1e-4)
        np.testing.assert_array_equal(as_filmed[:, 1], pixels[:, 1])
    raw = fake.joints(100 * ord("a"))
    as_filmed = read_one(path, space="color", as_filmed=True).sequence.keypoints[0, 0]
    np.testing.assert_allclose(as_filmed, raw[:, 5:7], rtol=1e-5)


def test_the_tracking_state_is_the_confidence_and_what_has_no_place_is_missing(tmp_path: Path) -> None:
    numbers = fake.joints(1)
    numbers[0, 11], numbers[1, 11], numbers[2, :3] = 0, 1, 0
    numbers[3, 5] = np.nan
    numbers[4, 6] = -np.inf
    path = one(tmp_path, f"1\n1\n{fake.body('a', numbers)}\n")
    metres = read_one(path).sequence
    assert metres.confidence[0, 0, :6].tolist() == [0, 0.5, 0, 1, 1, 1]
    assert np.isnan(metres.keypoints[0, 0, :, 0]).nonzero()[0].tolist() == [0, 2]
    pixels = read_one(path, space="color").sequence
    assert pixels.confidence[0, 0, :6].tolist() == [0, 0.5, 0, 0, 0, 1]
    assert np.isnan(pixels.keypoints[0, 0, :, 1]).nonzero()[0].tolist() == [0, 2, 3, 4]


def test_a_clip_without_anybody_is_told_and_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sequence = read_one(one(tmp_path, fake.skeleton(("", "")))).sequence
    assert (sequence.num_persons, sequence.num_frames) == (0, 2)
    assert "nobody" in caplog.text
    assert read_one(one(tmp_path, fake.skeleton(("a",)))).sequence.num_frames == 1


def test_samples_on_the_authors_list_are_left_out_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = fake.make(tmp_path / "zip")
    with caplog.at_level(logging.INFO):
        names = [clip.name for clip in read_ntu_rgbd(folder)]
    assert names == ["S001C001P001R001A001", "S002C002P003R002A060", "S032C003P106R001A120"]
    assert len(caplog.records) == 1
    assert "1 of 4" in caplog.text
    assert len(list(read_ntu_rgbd(folder, keep_missing=True))) == 4


def test_the_authors_list_has_its_published_size_and_leaves_the_published_counts() -> None:
    missing = samples_with_missing_skeletons()
    assert len(missing) == 535
    numbers = [tuple(int(name[i : i + 3]) for i in (1, 5, 9, 13, 17)) for name in sorted(missing)]
    first = [sample for sample in numbers if sample[0] <= 17]
    assert len(first) == 302
    assert all(sample[4] <= 60 for sample in first)
    assert all(60 < sample[4] <= 120 for sample in numbers if sample[0] > 17)
    # 40,320 and 37,920 training samples are left with 40,091 and 37,646: what the field trains on.
    assert 40_320 - sum(sample[2] in TRAINING_SUBJECTS_60 for sample in first) == 40_091
    assert 37_920 - sum(sample[1] in TRAINING_CAMERAS for sample in first) == 37_646


def test_classes_subsets_and_protocols_are_those_of_the_papers() -> None:
    assert len(set(CLASS_NAMES)) == 120
    assert [len(part) for part in (TRAINING_SUBJECTS_60, TRAINING_SUBJECTS_120)] == [20, 53]
    assert [CLASS_NAMES[action - 1] for action in sorted(SUBSETS["5"])] == [
        "drink_water",
        "wear_jacket",
        "hand_waving",
        "kicking_something",
        "salute",
    ]
    assert len(SUBSETS["8"]) == 8
    assert {"throw", "falling", "wipe_face", "tear_up_paper"} < {CLASS_NAMES[a - 1] for a in SUBSETS["8"]}
    assert CLASS_NAMES[max(SUBSETS["49"])] == "punching_other_person"
    parts = Counter(official_parts(setup, 1, 1, 61)["xset120"] for setup in range(1, 33))
    assert parts == {"train": 16, "test": 16}


@pytest.mark.parametrize(("subset", "count"), [("5", 1), (8, 1), ("49", 2)])
def test_a_subset_reads_only_its_classes(subset: str | int, count: int, tmp_path: Path) -> None:
    for name in (FIRST, "S001C001P001R001A002", "S001C001P001R001A060"):
        one(tmp_path, name=name)
    assert len(list(read_ntu_rgbd(tmp_path, subset=subset))) == count


def test_a_subset_without_samples_is_an_error(tmp_path: Path) -> None:
    one(tmp_path, name="S001C001P001R001A060")
    with pytest.raises(SourceError, match="subset 49"):
        list(read_ntu_rgbd(tmp_path, subset=49))


@pytest.mark.parametrize("options", [{"subset": "7"}, {"space": "2d"}, {"rate_hz": 0}])
def test_unknown_options_are_refused(options: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="found"):
        list(read_ntu_rgbd(one(tmp_path), **options))  # type: ignore[arg-type]


def test_a_second_copy_of_a_sample_is_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        one(tmp_path / folder)
    heard: list[SourceError] = []
    assert len(list(read_ntu_rgbd(tmp_path, on_broken=heard.append))) == 1
    assert "once" in str(heard[0])


BODY = fake.body("a", fake.joints(0))
BROKEN = {
    "": "found the end",
    "0\n": "at least one frame",
    "-1\n": "number of frames",
    "2.5\n": "number of frames",
    "99999999\n1\n": "in frame 1 of 99999999",
    f"2\n1\n{BODY}\n": "bodies in frame 2 of 2",
    f"1\n1\n{BODY}\n1\n": "the end after 1 frames",
    f"1\n2\n{BODY}\n": "expected 2 bodies",
    f"1\n2\n{BODY}\n{BODY}\n": "ids of their own",
    f"1\n1\n{BODY}".replace("\n25\n", "\n20\n"): "25 joints",
    f"1\n1\n{BODY}".replace("\n25\n", "\n25\nzwei", 1): "numbers of joints",
    "1\n1\n√\n": "the text of",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_files_are_told_in_one_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=BROKEN[text]) as caught:
        read_one(one(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert FIRST in str(caught.value)


@pytest.mark.parametrize("name", ["S001C001P001R001A000", "S001C001P001R001A121", "walk", "S1C1P1R1A1"])
def test_other_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="expected a name like"):
        read_one(one(tmp_path, name=name))


def test_a_crowd_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    body = BODY.replace(fake.IDS["a"], "{}")
    crowd = "\n".join(body.format(i) for i in range(40))
    frames = 20_000
    with pytest.raises(SourceError, match="a few people"):
        read_one(one(tmp_path, f"{frames}\n40\n{crowd}\n" + "0\n" * (frames - 1)))


def test_a_file_or_a_nested_folder_is_detected(tmp_path: Path) -> None:
    folder = fake.make(tmp_path / "zip")
    assert FORMAT.detect(folder)
    assert FORMAT.detect(tmp_path)
    assert FORMAT.detect(folder / "nturgb+d_skeletons" / f"{FIRST}.skeleton")
    (tmp_path / "other.skeleton").write_text("")
    assert not FORMAT.detect(tmp_path / "other.skeleton")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text("0123456789.,- einfa\n", max_size=300).map(str.encode),
        st.tuples(st.text("0125 \nnaif.e+-", max_size=30), st.integers(0, 320)).map(
            lambda t: f"1 1 7 0 0 0 0 0 0 0 0 2 25 {t[0]} {'1e39 ' * t[1]}".encode()
        ),
    )
)
def test_any_content_raises_only_our_own_errors(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{FIRST}.skeleton"
    path.write_bytes(content)
    try:
        clips = list(read_ntu_rgbd(path))
    except PoseactError as error:
        assert "\n" not in str(error)
    else:
        assert len(clips) == 1
