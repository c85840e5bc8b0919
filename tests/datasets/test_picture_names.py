"""Frame numbers in names, names for folders, and people put together from frames."""

import os
from pathlib import Path

import numpy as np
import pytest

from poseact.datasets.folders import file_name, new_folder, whole_folder
from poseact.datasets.people import SeenFrame, checked_frame_size, guess_units, sequence_of, sighting
from poseact.datasets.picture_names import frame_numbers, look_like_frames, split_number
from poseact.errors import InvalidInputError, OutputError, SourceError
from poseact.layouts import COCO17


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("gym/squat_0012.jpg", ("gym/squat_", 12)),
        ("12.png", ("", 12)),
        ("397133", ("", 397133)),
        ("frame0019_rendered.png", ("frame", 19)),
        ("v1.2/a", ("v1.", 2)),
        ("clip.mp4.7.jpg", ("clip.mp4.", 7)),
        ("portrait.jpg", None),
        ("", None),
        ("9" * 19, None),
        ("٣.jpg", None),
    ],
)
def test_the_last_number_of_a_name_counts(name: str, split: tuple[str, int] | None) -> None:
    assert split_number(name) == split


def test_a_name_of_a_million_digits_is_none_to_stumble_over() -> None:
    # In quadratic time, as a regular expression has it, this would take hours.
    assert split_number("1a" * 500_000) == ("1a" * 499_999, 1)


def test_names_that_do_not_tell_go_by_their_order() -> None:
    assert frame_numbers(["a7", "a3"]) == [7, 3]
    assert frame_numbers(["a7", "b7"]) == [0, 1]
    assert frame_numbers(["a7", "b"]) == [0, 1]


def test_even_steps_are_a_video() -> None:
    assert look_like_frames([5]) and look_like_frames([0, 30, 60, 120, 150])
    assert not look_like_frames([139, 285, 632, 724, 776])


@pytest.mark.parametrize(
    ("text", "name"),
    [("a/b\\c:d", "a_b_c_d"), ("..", "_"), ("ü b.", "ü b"), ("\ud800\n", "__"), ("x" * 99, "x" * 60)],
)
def test_any_text_is_a_file_name(text: str, name: str) -> None:
    assert file_name(text) == name


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    with pytest.raises(KeyboardInterrupt), whole_folder(target) as temporary:
        new_folder(temporary, "a")
        raise KeyboardInterrupt
    assert list(target.parent.iterdir()) == []
    target.mkdir()  # an empty one may be there
    with whole_folder(target) as temporary:
        assert [new_folder(temporary, "a").name for _ in range(3)] == ["a", "a-2", "a-3"]
    assert sorted(os.listdir(target)) == ["a", "a-2", "a-3"]  # noqa: PTH208
    with pytest.raises(OutputError, match="not empty"), whole_folder(target):
        pass


def test_normalized_people_are_tracked_as_well() -> None:
    rng = np.random.default_rng(0)
    body = rng.uniform(0, 0.2, (17, 2))
    frames = []
    for t in range(6):
        places = [np.array([0.1 + 0.01 * t, 0.3]), np.array([0.7, 0.3])][:: 1 if t % 2 else -1]
        people = [
            sighting(np.column_stack([body + place, np.ones(17)]), missing=np.zeros(17, np.bool_))
            for place in places
        ]
        frames.append(SeenFrame(t / 30, people))
    sequence = sequence_of(frames, COCO17, "here", units="normalized")
    assert sequence.num_persons == 2
    assert np.abs(np.diff(sequence.keypoints[..., 0], axis=1)).max() < 0.02


def test_what_cannot_be_one_sequence_is_refused() -> None:
    flat = sighting(np.ones((17, 3)), missing=np.zeros(17, np.bool_))
    solid = sighting(np.ones((17, 4)), missing=np.zeros(17, np.bool_))
    with pytest.raises(SourceError, match="no frame"):
        sequence_of([], COCO17, "here")
    with pytest.raises(SourceError, match="found both"):
        sequence_of([SeenFrame(0, [flat]), SeenFrame(1, [solid])], COCO17, "here")
    with pytest.raises(SourceError, match="strictly rise"):
        sequence_of([SeenFrame(0, [flat]), SeenFrame(0, [flat])], COCO17, "here")


def test_units_are_guessed_and_sizes_checked() -> None:
    assert guess_units(np.array([[0.5, 1.2], [np.nan, np.nan]])) == "normalized"
    assert guess_units(np.array([[0.5, 120]])) == guess_units(np.zeros((0, 2))) == "px"
    assert guess_units(np.zeros((1, 3))) == "m"
    assert checked_frame_size(None) is None
    assert checked_frame_size("640X480") == checked_frame_size([640, 480]) == (640, 480)
    for wrong in ("640", (1, 2, 3), (0, 5), 7, "axb"):
        with pytest.raises(InvalidInputError, match="frame_size"):
            checked_frame_size(wrong)
