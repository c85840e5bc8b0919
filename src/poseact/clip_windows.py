"""Windows of whole clips, by seconds and with all people together, for one's own training code."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.sequence import PoseSequence
from poseact.windows import jumps

Padding = Literal["hold", "loop"]
# An end left uncovered by more than this part of a window gets a window of its own.
_TAIL_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class ClipWindows:
    """The windows of one clip. N windows, M persons, T frames, V joints, C coordinates.

    Attributes:
        starts_s: (N,) float64 seconds, the time of each window's first frame.
        keypoints: (N, M, T, V, C) float32, NaN = missing. A row is one person all along.
        confidence: (N, M, T, V) float32; 0 where missing.
        mask: (N, M, T) bool: where the person really is in view at a time that the clip holds;
            False in padding, and for the rows of people who are not there.
    """

    starts_s: NDArray[np.float64]
    keypoints: NDArray[np.float32]
    confidence: NDArray[np.float32]
    mask: NDArray[np.bool_]


def clip_windows(
    sequence: PoseSequence,
    *,
    window_s: float,
    rate_hz: float,
    stride_s: float | None = None,
    num_persons: int = 1,
    pad: Padding = "hold",
    cuts_s: Sequence[float] = (),
    max_gap_s: float = 0.5,
) -> ClipWindows:
    """Cut a clip into windows of one length in seconds, sampled at one rate.

    Windows start every `stride_s` from the clip's beginning; where the last of them leaves more
    than a tenth of a window uncovered, one more ends with the clip. What is shorter than a window
    gives one window, padded behind. No window reaches over a cut or over a jump of the clock, and
    none is given where nobody is in view.

    Args:
        sequence: Any layout, rate and number of people.
        window_s: Length in seconds; T is `window_s` times `rate_hz`, rounded.
        rate_hz: Frames a second within a window.
        stride_s: Seconds from start to start; by default `window_s`.
        num_persons: M. Of more people in a window, those longest in view; fewer leave rows empty.
        pad: A window longer than its clip goes on with the last frame (``hold``), or begins again
            with the first (``loop``).
        cuts_s: Times at which a new shot or take begins.
        max_gap_s: Longest gap, of a joint or of the clock, that is bridged.

    Raises:
        InvalidInputError: If a length, rate or count is not positive, or the padding unknown.
    """
    stride_s = window_s if stride_s is None else stride_s
    num_frames = round(window_s * rate_hz)
    if min(window_s, rate_hz, stride_s, num_persons, num_frames) <= 0 or max_gap_s < 0:
        raise InvalidInputError(
            "windows: expected a positive length, rate, stride and number of people, found "
            f"{window_s} s at {rate_hz} Hz, {stride_s} s and {num_persons}"
        )
    if pad not in get_args(Padding):
        raise InvalidInputError(f"windows: expected pad to be one of {get_args(Padding)}, found {pad!r}")
    parts = [
        _stretch_windows(stretch, num_frames, rate_hz, stride_s, num_persons, pad, max_gap_s)
        for stretch in unbroken_stretches(sequence, cuts_s, max_gap_s)
    ]
    if not parts:
        shape = (0, num_persons, num_frames, sequence.layout.num_joints)
        empty = np.zeros((*shape, sequence.keypoints.shape[-1]), np.float32)
        return ClipWindows(np.zeros(0), empty, np.zeros(shape, np.float32), np.zeros(shape[:3], np.bool_))
    fields = ("starts_s", "keypoints", "confidence", "mask")
    return ClipWindows(*(np.concatenate([getattr(part, name) for part in parts]) for name in fields))


def unbroken_stretches(
    sequence: PoseSequence, cuts_s: Sequence[float] = (), max_gap_s: float = 0.5
) -> list[PoseSequence]:
    """The sequence cut at the given times and where its clock jumps; frames are in exactly one part."""
    at_cut = np.searchsorted(sequence.timestamps, np.sort(np.asarray(cuts_s, np.float64)))
    at_jump = np.flatnonzero(jumps(sequence.timestamps, max_gap_s)) + 1
    edges = np.unique(np.concatenate([[0], at_cut, at_jump, [sequence.num_frames]])).astype(int).tolist()
    return [sequence.slice_frames(a, b) for a, b in pairwise(edges)]


def _stretch_windows(
    part: PoseSequence,
    num_frames: int,
    rate_hz: float,
    stride_s: float,
    num_persons: int,
    pad: Padding,
    max_gap_s: float,
) -> ClipWindows:
    starts = _starts(part, num_frames, rate_hz, stride_s)
    times = starts[:, None] + np.arange(num_frames) / rate_hz
    real = times <= part.timestamps[-1] + 1e-6
    inside = _padded(times, part.timestamps, pad)
    # Windows overlap, and padding repeats: every moment is sampled once.
    moments, which = np.unique(inside.round(9), return_inverse=True)
    # Rounding must not push the first or last moment out of the clip, where nothing is known.
    sampled = part.resample_at(moments.clip(part.timestamps[0], part.timestamps[-1]), max_gap_s=max_gap_s)
    which = which.reshape(times.shape)
    keypoints = sampled.keypoints[:, which].transpose(1, 0, 2, 3, 4)
    confidence = sampled.confidence[:, which].transpose(1, 0, 2, 3)
    mask = sampled.present[:, which].transpose(1, 0, 2) & real[:, None]
    rows = [_longest_in_view(one, num_persons) for one in mask]
    pick = [i for i, chosen in enumerate(rows) if len(chosen)]
    return ClipWindows(
        starts[pick],
        *(
            _rows_of(array, pick, rows, num_persons, missing)
            for array, missing in ((keypoints, np.nan), (confidence, 0), (mask, False))
        ),
    )


def _starts(part: PoseSequence, num_frames: int, rate_hz: float, stride_s: float) -> NDArray[np.float64]:
    first, last = float(part.timestamps[0]), float(part.timestamps[-1])
    length_s = (num_frames - 1) / rate_hz
    room = last - first - length_s
    count = max(int(np.floor(room / stride_s + 1e-6)), 0) + 1
    starts = first + np.arange(count, dtype=np.float64) * stride_s
    if room - (starts[-1] - first) > _TAIL_SHARE * num_frames / rate_hz:
        starts = np.append(starts, last - length_s)
    return starts


def _padded(times: NDArray[np.float64], stamps: NDArray[np.float64], pad: Padding) -> NDArray[np.float64]:
    """Times brought inside the clip."""
    first, last = stamps[0], stamps[-1]
    if pad == "hold" or len(stamps) == 1:
        return times.clip(first, last)
    # One more step lies between the last frame and the first of the next round.
    period = last - first + float(np.median(np.diff(stamps)))
    round_again = first + (times - first) % period
    inside = np.where(times <= last + 1e-6, times, round_again)
    return inside.clip(first, last)


def _longest_in_view(mask: NDArray[np.bool_], num_persons: int) -> NDArray[np.intp]:
    """Rows of the people longest in view in a window, (M, T), in their own order."""
    frames = mask.sum(axis=1)
    order = np.argsort(-frames, kind="stable")[:num_persons]
    return np.sort(order[frames[order] > 0])


def _rows_of(
    array: NDArray[Any], pick: list[int], rows: list[NDArray[np.intp]], num_persons: int, missing: float
) -> NDArray[Any]:
    """The chosen people of the chosen windows, (N, num_persons, ...)."""
    out = np.full((len(pick), num_persons, *array.shape[2:]), missing, array.dtype)
    for i, window in enumerate(pick):
        out[i, : len(rows[window])] = array[window, rows[window]]
    return out
