"""How right an answer is, where the truth is known."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from poseact.sequence import PoseSequence
from poseact.timeline import Timeline


def match_tracks(truth: PoseSequence, found: PoseSequence) -> dict[int, int]:
    """Which found track is which true person, both by track id.

    A pair is as good as the time during which the found person's box lies mostly on the true
    one's; the best pairs are taken first, and nobody is taken twice. People without a partner
    are left out.

    Args:
        truth: True people, pixels of the same picture.
        found: Tracked people, on the same clock.
    """
    true_boxes = truth.boxes()
    found_boxes = found.resample_at(truth.timestamps).boxes()
    overlap = np.array(
        [[np.nansum(_intersection_over_union(a, b) > 0.3) for b in found_boxes] for a in true_boxes]
    ).reshape(truth.num_persons, found.num_persons)
    pairs: dict[int, int] = {}
    while overlap.size and overlap.max() > 0:
        i, j = np.unravel_index(overlap.argmax(), overlap.shape)
        pairs[int(truth.track_ids[i])] = int(found.track_ids[j])
        overlap[i, :] = overlap[:, j] = 0
    return pairs


def _intersection_over_union(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """(T,) of boxes (T, 4); NaN where one is missing."""
    low, high = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    both = (high - low).clip(0).prod(axis=1)
    areas = [(box[:, 2:] - box[:, :2]).prod(axis=1) for box in (a, b)]
    return np.asarray(both / np.maximum(areas[0] + areas[1] - both, 1e-9), np.float64)


def time_accuracy(
    truth: Timeline, found: Timeline, track_ids: Mapping[int, int], *, step_s: float = 0.05
) -> dict[int, dict[str, tuple[float, float]]]:
    """Seconds that carry the true label, and all seconds, by true person and true label.

    Time to which the truth gives no label (a change from one action to the next) does not count.

    Args:
        truth: What really happened.
        found: What was recognised.
        track_ids: From true to found track, see `match_tracks`; a person left out is wrong throughout.
        step_s: Grid of times that are compared.
    """
    out: dict[int, dict[str, tuple[float, float]]] = {}
    for true_id in truth.track_ids:
        seconds: dict[str, tuple[float, float]] = {}
        for segment in truth.of_track(true_id):
            times = np.arange(segment.start_s + step_s / 2, segment.end_s, step_s)
            right = sum(_label_at(found, track_ids.get(true_id), time) == segment.label for time in times)
            before = seconds.get(segment.label, (0.0, 0.0))
            seconds[segment.label] = (before[0] + right * step_s, before[1] + len(times) * step_s)
        out[true_id] = seconds
    return out


def _label_at(timeline: Timeline, track_id: int | None, time_s: float) -> str | None:
    segment = None if track_id is None else timeline.at(track_id, time_s)
    return None if segment is None else segment.label
