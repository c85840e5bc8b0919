"""A decoder that is slower than the stream."""

import numpy as np
import pytest

from poseact.live.sources.backlog import Backlog
from poseact.live.sources.stamping import LiveStamping

FPS, GOP = 25, 50


def lags(decoding_s: float, hiccup_s: float = 0.0) -> tuple[list[float], int, list[float]]:
    """How late each picture is, how many there are, and jumps; of 120 s with a hiccup at 30 s."""
    stamping = LiveStamping()
    backlog = Backlog(stamping)
    now_s, late, jumps = 0.0, [], []
    for number in range(120 * FPS):
        source_s = number / FPS
        came_s = 30 + hiccup_s if 30 <= source_s < 30 + hiccup_s else source_s
        now_s = max(now_s, came_s) + 1e-4
        if backlog.wants(source_s, number % GOP == 0, now_s):
            now_s += decoding_s
            jumps += [jump_s] if (jump_s := stamping.stamp(source_s, now_s)[2]) else []
            late.append(now_s - source_s)
    return late, len(late), jumps


def test_a_fast_decoder_leaves_out_nothing() -> None:
    late, number, jumps = lags(0.005)
    assert (number, jumps) == (120 * FPS, [])
    assert max(late) < 0.01


def test_after_a_hiccup_nothing_is_left_out_either() -> None:
    _, number, jumps = lags(0.005, hiccup_s=6.0)
    assert (number, jumps) == (120 * FPS, [])


@pytest.mark.parametrize("decoding_s", [0.05, 0.08, 0.2])
def test_a_slow_decoder_is_never_late_by_much(decoding_s: float) -> None:
    late, number, jumps = lags(decoding_s)
    assert max(late) < 5  # without, 24 s at the least
    assert jumps == []
    assert number * decoding_s > 40  # and works on
    assert np.median(late) < 2.5


def test_what_has_no_stamps_is_decoded() -> None:
    assert Backlog(LiveStamping()).wants(None, False, 5.0)
