"""One person's poses as they come in, and their windows as soon as nothing to come can change them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.windows import sample_times, speaking_lag, window_centers, windows_at

Floats = NDArray[np.float32]
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class StreamWindow:
    """A window of `poseact.windows.cut_windows`, on its own.

    Attributes:
        track_id: Whose it is.
        center_s: The time that it speaks for.
        keypoints: (T, V, C) float32, NaN = missing.
        confidence: (T, V) float32.
    """

    track_id: int
    center_s: float
    keypoints: Floats
    confidence: Floats


@dataclass(frozen=True)
class StayEnd:
    """The person has left: no window of this stay is still to come.

    Attributes:
        track_id: Who.
        start_s: First moment in view.
        end_s: Last moment in view.
    """

    track_id: int
    start_s: float
    end_s: float


class TrackStream:
    """What `cut_windows` gives for one person, given the frames one after another.

    A window is given as soon as it is certain: when the person has been seen for as long after its middle as
    it looks ahead, and every joint that is missing there has come back or has been away for longer than is
    bridged. So it comes half of what it sees after the time it speaks for, at most `max_gap_s` later. Kept
    are only as many frames as windows to come can reach.

    Args:
        track_id: Whose poses these are.
        layout: Their joints.
        rate_hz: Frames a second within a window.
        num_frames: T, frames in a window.
        stride_s: Seconds from window to window.
        max_gap_s: Longest gap, of the person or of one joint, that is bridged.
        lookahead_s: See `poseact.windows.windows_at`.
    """

    def __init__(
        self,
        track_id: int,
        layout: SkeletonLayout,
        *,
        rate_hz: float,
        num_frames: int,
        stride_s: float,
        max_gap_s: float = 0.5,
        lookahead_s: float | None = None,
    ) -> None:
        self.track_id = track_id
        self._layout, self._rate_hz, self._num_frames = layout, rate_hz, num_frames
        self._stride_s, self._max_gap_s = stride_s, max_gap_s
        half_s = (num_frames - 1) / 2 / rate_hz
        self._lookahead_s = half_s if lookahead_s is None else min(half_s, lookahead_s)
        self._lag_s = speaking_lag(rate_hz, num_frames, lookahead_s)
        self._begin()

    def _begin(self) -> None:
        self._times: list[float] = []
        self._poses: list[tuple[Floats, Floats] | None] = []
        self._start_s: float | None = None
        self._last_seen = -1
        self._joint_seen_s = np.full(self._layout.num_joints, -np.inf)
        self._tick = 0
        self._given = 0

    @property
    def in_view(self) -> bool:
        """Whether a stay is going on; what comes next may still belong to it."""
        return self._start_s is not None

    @property
    def num_frames_kept(self) -> int:
        """Frames in memory."""
        return len(self._times)

    def add(
        self,
        time_s: float,
        keypoints: Floats | None = None,
        confidence: Floats | None = None,
        *,
        jump: bool = False,
    ) -> list[StreamWindow | StayEnd]:
        """Take the next frame.

        Args:
            time_s: Its stamp, later than the one before.
            keypoints: (V, C), NaN = missing; None where the person is not in this frame.
            confidence: (V,).
            jump: Whether the clock has jumped since the frame before: the stay ends there.
        """
        done: list[StreamWindow | StayEnd] = []
        if self.in_view and jump:
            done += self.finish()
        if keypoints is None or confidence is None:
            if not self.in_view:
                return done
            self._times.append(time_s)
            self._poses.append(None)
            if time_s - self._times[self._last_seen] > self._max_gap_s:
                return done + self.finish()
            return done
        away_s = time_s - self._times[self._last_seen] if self.in_view else 0.0
        if self.in_view and self._last_seen < len(self._times) - 1 and away_s > self._max_gap_s:
            done += self.finish()
        if not self.in_view:
            self._start_s = time_s
            self._tick = int(np.ceil(time_s / self._stride_s - _ROUNDING))
        self._times.append(time_s)
        self._poses.append((keypoints, confidence))
        self._last_seen = len(self._times) - 1
        self._joint_seen_s[np.isfinite(keypoints).all(axis=-1)] = time_s
        return done + self._certain()

    def finish(self) -> list[StreamWindow | StayEnd]:
        """The person does not come back: the windows that were still waiting, and the end of the stay."""
        if self._start_s is None:
            return []
        start_s, end_s = self._start_s, self._times[self._last_seen]
        centers = window_centers(start_s, end_s, self._stride_s)
        done: list[StreamWindow | StayEnd] = [*self._windows(centers[self._given :])]
        self._begin()
        return [*done, StayEnd(self.track_id, start_s, end_s)]

    def _certain(self) -> list[StreamWindow | StayEnd]:
        centers = []
        now_s = self._times[-1]
        waiting = self._joint_seen_s[np.isfinite(self._joint_seen_s)]
        # A joint that has been away for a short time only may come back, and its way be filled in.
        waiting = waiting[(waiting < now_s) & (now_s - waiting <= self._max_gap_s)]
        certain_s = float(waiting.min()) if len(waiting) else now_s
        while True:
            center_s = self._tick * self._stride_s
            end_s = center_s + self._lag_s + self._lookahead_s
            after = int(np.searchsorted(self._times, end_s, side="left"))
            if after >= len(self._times) or self._times[after] > certain_s:
                break
            centers.append(center_s)
            self._tick += 1
        self._given += len(centers)
        windows = self._windows(np.array(centers))
        self._forget()
        return [*windows]

    def _windows(self, centers_s: NDArray[np.float64]) -> list[StreamWindow]:
        if len(centers_s) == 0:
            return []
        keypoints, confidence = windows_at(
            self._kept(),
            centers_s + self._lag_s,
            self._rate_hz,
            self._num_frames,
            self._max_gap_s,
            self._lookahead_s,
        )
        return [
            StreamWindow(self.track_id, float(c), k, s)
            for c, k, s in zip(centers_s.tolist(), keypoints, confidence, strict=True)
        ]

    def _kept(self) -> PoseSequence:
        """What is in memory, up to the last sight."""
        poses = self._poses[: self._last_seen + 1]
        some = next(pose for pose in poses if pose is not None)
        nothing = np.full_like(some[0], np.nan), np.zeros_like(some[1])
        return PoseSequence(
            keypoints=np.stack([(pose or nothing)[0] for pose in poses])[None],
            confidence=np.stack([(pose or nothing)[1] for pose in poses])[None],
            timestamps=np.array(self._times[: self._last_seen + 1]),
            layout=self._layout,
        )

    def _forget(self) -> None:
        """Drop the frames that no window to come can reach."""
        middle_s = self._tick * self._stride_s + self._lag_s
        first_s = sample_times([middle_s], self._rate_hz, self._num_frames)[0, 0]
        before = int(np.searchsorted(self._times, first_s, side="right")) - 1
        if before <= 0:
            return
        keep = int(np.searchsorted(self._times, self._times[before] - self._max_gap_s, side="left")) - 1
        keep = min(max(keep, 0), self._last_seen)
        del self._times[:keep], self._poses[:keep]
        self._last_seen -= keep
