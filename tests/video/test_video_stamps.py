"""Time stamps are repaired where they must be and left alone elsewhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseact.video.timestamps import AviStamps, StampRepair


def repaired(stamps: list[float | None], duration_s: float | None = None) -> list[float]:
    repair = StampRepair(0.04, duration_s)
    return [repair.repair(s) for s in stamps]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([0.0, 0.04, 0.5, 7.0], [0.0, 0.04, 0.5, 7.0]),
        ([0.719, 0.759], [0.719, 0.759]),
        ([-0.01, 0.03], [-0.01, 0.03]),
        ([None, None, None], [0.0, 0.04, 0.08]),
        ([0.0, None, None, 0.2], [0.0, 0.04, 0.08, 0.2]),
        ([0.0, 0.04, 0.04, 0.08], [0.0, 0.04, 0.044, 0.08]),
        ([0.0, 0.08, 0.04, 0.12], [0.0, 0.08, 0.084, 0.12]),
        ([10.0, 10.04, 0.0, 0.04, 0.12], [10.0, 10.04, 10.08, 10.12, 10.20]),  # joined recordings
        ([10.0, 10.04, 0.0, 0.04, 0.0, 0.04], [10.0, 10.04, 10.08, 10.12, 10.124, 10.128]),
    ],
)
def test_repair(stamps: list[float | None], expected: list[float]) -> None:
    assert repaired(stamps) == pytest.approx(expected)


def test_stamps_far_beyond_the_stated_end() -> None:
    assert repaired([0.0, 0.04, 9e6, 0.12, 0.16], 0.2) == pytest.approx([0.0, 0.04, 0.08, 0.12, 0.16])
    assert repaired([0.0, 5.0, 10.1], 0.2) == pytest.approx([0.0, 5.0, 10.1])  # headers err, too
    assert repaired([9e6, 9e6 + 0.04, 9e6 + 0.09], 0.2) == pytest.approx([0.0, 0.04, 0.09])
    assert repaired([-4e8, -4e8 + 1, -4e8 + 3]) == pytest.approx([0.0, 0.04, 2.04])
    assert repaired([-4e14, 0.04, 0.08]) == pytest.approx([0.0, 0.04, 0.08])
    assert repaired([0.0, 1e12, 0.08, 0.12]) == pytest.approx([0.0, 0.04, 0.08, 0.12])


def test_repairs_are_counted() -> None:
    repair = StampRepair(0.04)
    for stamp in (0.0, 0.04, 0.04, None, 0.2):
        repair.repair(stamp)
    assert (repair.num_repaired, repair.num_stamps) == (2, 5)


@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=60), st.none() | st.floats(0, 1e9))
def test_stamps_always_rise(stamps: list[float | None], duration_s: float | None) -> None:
    found = repaired(stamps, duration_s)
    assert len(found) == len(stamps)
    assert all(a < b for a, b in pairwise(found))


@given(st.lists(st.floats(0.001, 10), min_size=1, max_size=60))
def test_stamps_that_rise_are_left_alone(steps: list[float]) -> None:
    stamps = [sum(steps[:n]) for n in range(len(steps))]
    assert repaired(stamps) == stamps


@pytest.mark.parametrize(
    ("first_packet", "dts", "expected"),
    [
        (0, [0, 1, 2, 3], [0, 1, 2, 3]),
        (0, [2, 3, 4, None, None], [0, 1, 2, 3, 4]),  # a decoder two pictures behind, then emptied
        (0, [1, 2, 5, 6], [0, 1, 4, 5]),  # pictures dropped when it was recorded
        (None, [None, None], [0, 1]),
        (4, [5, 6], [4, 5]),  # the recording begins late
    ],
)
def test_avi(first_packet: int | None, dts: list[int | None], expected: list[int]) -> None:
    stamps = AviStamps()
    stamps.saw_packet(first_packet)
    stamps.saw_packet(99)
    assert [stamps.ticks(d) for d in dts] == expected
