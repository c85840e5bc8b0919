import numpy as np
import pytest

from poseact.pose.search import SearchPlan, part_windows, whole_window


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (480, 848), (300, 300), (1, 1), (2000, 100)])
def test_every_pixel_lies_in_a_window_and_there_are_not_too_many(size: tuple[int, int]) -> None:
    width, height = size
    windows = [whole_window(*size), *part_windows(*size)]
    covered = np.zeros((height, width), bool)
    for window in part_windows(*size):
        (x, y), half = window.region.center_xy, window.region.size_px / 2
        covered[max(0, round(y - half)) : round(y + half), max(0, round(x - half)) : round(x + half)] = True
    assert covered.all() or len(part_windows(*size)) == 0
    assert len(windows) <= 25
    assert windows[0].region.size_px == max(size)


def test_the_first_frame_is_searched_everywhere() -> None:
    plan = SearchPlan(tiles=True)
    first = plan.next((640, 480), 0.0, 1 / 30, num_followed=0, is_missing=False)
    assert len(first) == 1 + len(part_windows(640, 480))
    again = plan.next((320, 480), 0.1, 1 / 30, num_followed=1, is_missing=False)
    assert len(again) == 1 + len(part_windows(320, 480)), "another size is another picture"


def dealt(plan: SearchPlan, seconds: float, fps: float, **state: object) -> list[int]:
    """Windows in each frame of a stretch of time."""
    plan.next((640, 480), 0.0, 1 / fps, num_followed=1, is_missing=False)
    times = np.arange(1, int(seconds * fps)) / fps
    return [len(plan.next((640, 480), float(t), 1 / fps, **state)) for t in times]  # type: ignore[arg-type]


def test_following_costs_little() -> None:
    counts = dealt(SearchPlan(tiles=True), 10, 30, num_followed=1, is_missing=False)
    assert 0 < np.mean(counts) <= 0.26
    assert max(counts) == 1
    counts = dealt(SearchPlan(tiles=True), 10, 120, num_followed=1, is_missing=False)
    assert sum(counts) <= 81, "a faster camera does not make it search more"


def test_an_empty_scene_is_searched_hard_at_first_and_less_later() -> None:
    counts = dealt(SearchPlan(tiles=True), 10, 30, num_followed=0, is_missing=False)
    assert np.mean(counts[:30]) > np.mean(counts[-30:])
    assert np.mean(counts[-150:]) <= 1


def test_turned_windows_come_up_only_while_somebody_is_missing() -> None:
    def turns(is_missing: bool) -> set[float]:
        plan = SearchPlan(tiles=True)
        plan.next((640, 480), 0.0, 0.1, num_followed=1, is_missing=False)
        return {
            window.region.rotation_rad
            for t in np.arange(1, 100) / 10
            for window in plan.next((640, 480), float(t), 0.1, num_followed=1, is_missing=is_missing)
        }

    assert turns(is_missing=False) == {0.0}
    assert len(turns(is_missing=True)) == 3


def test_without_tiles_only_the_whole_frame_is_searched() -> None:
    plan = SearchPlan(tiles=False)
    windows = plan.next((640, 480), 0.0, 0.1, num_followed=0, is_missing=False)
    for t in range(1, 40):
        windows += plan.next((640, 480), t / 10, 0.1, num_followed=0, is_missing=False)
    assert {window.region.size_px for window in windows} == {640.0}


def test_whoever_was_just_lost_is_looked_for_in_the_upright_whole_first_then_everywhere() -> None:
    plan = SearchPlan(tiles=True)
    for t in range(20):
        plan.next((640, 480), t / 10, 0.1, num_followed=1, is_missing=False)
    windows = []
    for t in range(20, 60):
        windows += plan.next((640, 480), t / 10, 0.1, num_followed=0, is_missing=True)
    assert windows[0] == whole_window(640, 480)
    assert set(part_windows(640, 480)) < set(windows)


def test_a_slow_camera_leaves_more_time_a_frame_to_search_for_somebody_missing() -> None:
    fast, slow, slowest = (
        np.mean(dealt(SearchPlan(tiles=True), 30, fps, num_followed=1, is_missing=True))
        for fps in (30, 15, 2)
    )
    assert fast == pytest.approx(1.5, abs=0.1)
    assert slow == pytest.approx(3, abs=0.1)
    assert slowest <= 6
