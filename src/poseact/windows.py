"""Windows: a person's poses cut into pieces of one length in seconds, at one rate."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from poseact.errors import InvalidInputError
from poseact.layouts import BODY13
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout


@dataclass(frozen=True)
class TrackWindows:
    """The windows of one person.

    Attributes:
        track_id: Whose they are.
        centers_s: (N,) float64 seconds, rising: the time each window speaks for.
        keypoints: (N, T, V, C) float32, NaN = missing.
        confidence: (N, T, V) float32.
        stays_s: (S, 2) float64 seconds, rising: first and last moment of each stay in view; every
            centre lies in one of them.
    """

    track_id: int
    centers_s: NDArray[np.float64]
    keypoints: NDArray[np.float32]
    confidence: NDArray[np.float32]
    stays_s: NDArray[np.float64]


def cut_windows(
    sequence: PoseSequence,
    *,
    rate_hz: float,
    num_frames: int,
    stride_s: float,
    layout: SkeletonLayout = BODY13,
    max_gap_s: float = 0.5,
    num_coordinates: int = 2,
    lookahead_s: float | None = None,
) -> list[TrackWindows]:
    """Windows of every person, for every `stride_s` seconds while they are in view.

    A window never mixes two people. Where a person is out of view for longer than `max_gap_s`,
    a window ends: it holds the last pose before the gap (or the first after it), as it does at
    the beginning and the end of a track, so that short tracks have windows too. Centres are
    multiples of `stride_s` on the sequence's clock; a stay too short to hold one has one in its
    middle.

    Args:
        sequence: Any layout, 2D or 3D.
        rate_hz: Frames a second within a window.
        num_frames: T, frames in a window.
        stride_s: Seconds from window to window.
        layout: Layout wanted; joints are found by name.
        max_gap_s: Longest gap, of a person or of one joint, that is bridged.
        num_coordinates: C; with 2, x and y of 3D joints; with 3, joints in metres.
        lookahead_s: See `windows_at`; a window that looks ahead less lies so much later that it speaks for
            the middle of what it sees.

    Returns:
        One entry for each person with at least one window, in the sequence's order.

    Raises:
        InvalidInputError: If a rate, stride or length is not positive, or there are no 3D joints.
    """
    if not (rate_hz > 0 and num_frames > 0 and stride_s > 0 and max_gap_s >= 0):
        raise InvalidInputError(
            f"windows: expected positive rate, frames and stride, found {rate_hz}, {num_frames}, {stride_s}"
        )
    flat = (in_metres(sequence) if num_coordinates == 3 else square_pixels(sequence)).to_layout(layout)
    out = []
    for row, track_id in enumerate(flat.track_ids.tolist()):
        parts = []
        stays = _stays(flat.timestamps, flat.present[row], max_gap_s)
        for first, last in stays:
            stay = flat.slice_frames(first, last + 1).select_tracks([track_id])
            centers = window_centers(stay.timestamps[0], stay.timestamps[-1], stride_s)
            middles = centers + speaking_lag(rate_hz, num_frames, lookahead_s)
            points, confidence = windows_at(stay, middles, rate_hz, num_frames, max_gap_s, lookahead_s)
            parts.append((centers, points[..., :num_coordinates], confidence))
        if parts:
            centers, points, confidence = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
            stays_s = flat.timestamps[np.array(stays)]
            out.append(TrackWindows(track_id, centers, points, confidence, stays_s))
    return out


def windows_at(
    sequence: PoseSequence,
    centers_s: ArrayLike,
    rate_hz: float,
    num_frames: int,
    max_gap_s: float = 0.5,
    lookahead_s: float | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Windows around given times of a sequence of one person; beyond its ends the pose is held.

    Args:
        sequence: Of one person.
        centers_s: (N,) seconds.
        rate_hz: Frames a second.
        num_frames: T.
        max_gap_s: Longest gap of a joint that is bridged.
        lookahead_s: The pose is held from so long after the centre on, too, so that a window is known
            earlier; None looks ahead to the window's end.

    Returns:
        Keypoints (N, T, V, C) and confidence (N, T, V).

    Raises:
        InvalidInputError: If there is not exactly one person, or no frame.
    """
    if sequence.num_persons != 1 or sequence.num_frames == 0:
        raise InvalidInputError(
            f"windows: expected one person and some frames, found {sequence.num_persons} "
            f"and {sequence.num_frames}"
        )
    times = sample_times(centers_s, rate_hz, num_frames)
    if lookahead_s is not None:
        times = np.minimum(times, np.asarray(centers_s, np.float64)[:, None] + lookahead_s)
    # Short holes of single joints are filled first; then a sample needs its two neighbours only.
    filled = sequence.resample_at(sequence.timestamps, max_gap_s=max_gap_s)
    stamps = sequence.timestamps
    times = times.clip(stamps[0], stamps[-1])
    after = np.searchsorted(stamps, times, side="left").clip(1, max(len(stamps) - 1, 1))
    before, after = after - 1, np.minimum(after, len(stamps) - 1)
    span = np.maximum(stamps[after] - stamps[before], 1e-9)
    weight = ((times - stamps[before]) / span)[..., None].clip(0, 1).astype(np.float32)
    start, end = filled.keypoints[0, before], filled.keypoints[0, after]
    # A sample that lies on a frame must not become missing because of the frame beside it.
    start = np.where(weight[..., None] >= 1, end, start)
    end = np.where(weight[..., None] <= 0, start, end)
    keypoints = start + (end - start) * weight[..., None]
    confidence = filled.confidence[0, before] * (1 - weight) + filled.confidence[0, after] * weight
    missing = np.isnan(keypoints).any(axis=-1)
    return keypoints.astype(np.float32), np.where(missing, 0, confidence).astype(np.float32)


def speaking_lag(rate_hz: float, num_frames: int, lookahead_s: float | None) -> float:
    """How far a window's middle lies behind the time it speaks for, the middle of what it sees, seconds."""
    half_s = (num_frames - 1) / 2 / rate_hz
    return 0.0 if lookahead_s is None else max(half_s - lookahead_s, 0.0) / 2


def sample_times(centers_s: ArrayLike, rate_hz: float, num_frames: int) -> NDArray[np.float64]:
    """(N, T) seconds: the times at which windows around N centres are sampled."""
    offsets = (np.arange(num_frames) - (num_frames - 1) / 2) / rate_hz
    return np.asarray(centers_s, np.float64)[:, None] + offsets


def square_pixels(sequence: PoseSequence) -> PoseSequence:
    """The sequence with x and y in one unit: parts of the frame become pixels.

    Raises:
        InvalidInputError: If units are ``normalized`` and the frame's size is not known.
    """
    if sequence.units != "normalized":
        return sequence
    if sequence.frame_size_wh is None:
        raise InvalidInputError("normalized keypoints: expected frame_size_wh, to give x and y one unit")
    scale = np.ones(sequence.keypoints.shape[-1], np.float32)
    scale[:2] = sequence.frame_size_wh
    return replace(sequence, keypoints=sequence.keypoints * scale, units="px")


def in_metres(sequence: PoseSequence) -> PoseSequence:
    """The sequence in 3D: as it is, or the joints in metres that an estimator gives beside pixels.

    Those stand about each person's own hips: the way of a person through the room is not in them.

    Raises:
        InvalidInputError: If it has no third coordinate at all.
    """
    if sequence.keypoints.shape[-1] == 3:
        return sequence
    if sequence.world_m is None:
        raise InvalidInputError("expected 3D joints for a 3D model, found 2D ones only")
    return replace(sequence, keypoints=sequence.world_m, units="m", world_m=None)


def jumps(timestamps: NDArray[np.float64], max_gap_s: float) -> NDArray[np.bool_]:
    """(T - 1,): where the clock jumps from one frame to the next, against its own usual step."""
    steps = np.diff(timestamps)
    if len(steps) == 0:
        return np.zeros(0, np.bool_)
    return np.asarray(steps > max(max_gap_s, 3 * float(np.median(steps))))


def _stays(
    timestamps: NDArray[np.float64], present: NDArray[np.bool_], max_gap_s: float
) -> list[tuple[int, int]]:
    """First and last frame of each stay in view; gaps of up to max_gap_s do not end one, jumps do."""
    seen = np.flatnonzero(present)
    if len(seen) == 0:
        return []
    away = (np.diff(seen) > 1) & (np.diff(timestamps[seen]) > max_gap_s)
    ends = np.flatnonzero(away | jumps(timestamps, max_gap_s)[seen[:-1]])
    firsts = seen[np.concatenate([[0], ends + 1])]
    lasts = seen[np.concatenate([ends, [len(seen) - 1]])]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def window_centers(start_s: float, end_s: float, stride_s: float) -> NDArray[np.float64]:
    """Multiples of the stride within a stay in view, or its middle where it holds none."""
    # The small number keeps a stamp that is a multiple of the stride but for rounding.
    ticks = np.arange(np.ceil(start_s / stride_s - 1e-6), np.floor(end_s / stride_s + 1e-6) + 1)
    return ticks * stride_s if len(ticks) else np.array([(start_s + end_s) / 2])
