import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseact.pose.regions import Region, are_near, is_alike, is_same_place, size_ratio, turn_between, turned


def test_an_upright_body_gives_an_upright_square() -> None:
    region = Region.from_points(np.array([100.0, 200.0]), np.array([100.0, 120.0]))
    assert region.center_xy == (100, 200)
    assert region.size_px == pytest.approx(2 * 80 * 1.25)
    assert region.rotation_rad == pytest.approx(0)


def test_a_body_lying_with_the_head_to_the_right_is_turned_clockwise() -> None:
    region = Region.from_points(np.array([100.0, 200.0]), np.array([180.0, 200.0]))
    assert math.remainder(region.rotation_rad, 2 * math.pi) == pytest.approx(math.pi / 2)


@given(
    st.floats(20, 180), st.floats(20, 180), st.floats(30, 200), st.floats(-math.pi, math.pi),
    st.floats(0.2, 0.8), st.floats(0.2, 0.8),
)  # fmt: skip
def test_a_point_of_the_crop_is_where_the_picture_says(
    cx: float, cy: float, size: float, angle: float, u: float, v: float
) -> None:
    """A ramp of grey levels tells from which pixel of the picture each pixel of the crop comes."""
    region = Region((cx, cy), size, angle)
    x, y = region.to_picture(np.array([[u, v]]))[0]
    if not (1 <= x <= 198 and 1 <= y <= 198):
        return
    ramp = np.zeros((200, 200, 3), np.uint8)
    ramp[..., 0] = np.arange(200)[None, :]
    ramp[..., 1] = np.arange(200)[:, None]
    side = 1024
    crop = region.crop(ramp, side, border=cv2.BORDER_REPLICATE)
    red, green, _ = crop[round(v * side), round(u * side)]
    assert abs(float(red) - x) < 1.5 and abs(float(green) - y) < 1.5


def test_the_border_is_black_or_the_edge_repeated() -> None:
    white = np.full((10, 10, 3), 255, np.uint8)
    far = Region((-50.0, -50.0), 20.0, 0.3)
    assert far.crop(white, 8, border=cv2.BORDER_REPLICATE).min() == 255
    assert far.crop(white, 8, border=cv2.BORDER_CONSTANT).max() == 0


@pytest.mark.parametrize("size", [0.0, math.nan, math.inf, 1e9])
def test_a_degenerate_region_is_not_usable(size: float) -> None:
    assert not Region((5.0, 5.0), size, 0.0).is_usable
    assert not Region((math.nan, 5.0), 10.0, 0.0).is_usable


def test_turning_is_clockwise_on_the_picture_and_keeps_lengths() -> None:
    right = np.array([[1.0, 0.0]])
    assert turned(right, math.pi / 2) == pytest.approx(np.array([[0.0, 1.0]]))
    points = np.random.default_rng(0).normal(size=(9, 2))
    assert np.linalg.norm(turned(points, 1.1), axis=1) == pytest.approx(np.linalg.norm(points, axis=1))


def test_regions_of_one_person_are_near_and_alike() -> None:
    here = Region((100.0, 100.0), 100.0, 0.1)
    assert is_same_place(here, Region((120.0, 100.0), 120.0, 0.1 + 2 * math.pi))
    assert not are_near(here, Region((130.0, 100.0), 100.0, 0.1))
    assert are_near(here, Region((130.0, 100.0), 100.0, 0.1), 0.35)
    assert not is_alike(here, Region((100.0, 100.0), 150.0, 0.1))
    assert not is_alike(here, Region((100.0, 100.0), 100.0, -0.6))


def test_turns_and_sizes_are_compared_either_way_round() -> None:
    a, b = Region((0.0, 0.0), 50.0, math.pi - 0.1), Region((0.0, 0.0), 100.0, 0.1 - math.pi)
    assert turn_between(a, b) == pytest.approx(0.2) == turn_between(b, a)
    assert size_ratio(a, b) == size_ratio(b, a) == 2
