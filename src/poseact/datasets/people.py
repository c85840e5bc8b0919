"""People found frame by frame, as other pose tools write them, made into one PoseSequence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, SourceError
from poseact.sequence import PoseSequence, Units
from poseact.skeleton import SkeletonLayout
from poseact.tracking import PoseTracker

# People x frames x joints that one clip may have: an hour at 30 Hz of 18 people with 25 joints.
MAX_JOINTS = 50_000_000
# The tracker thinks in pixels: normalized pictures and metres are taken for this many.
_PX_PER_UNIT = 1000.0


@dataclass(frozen=True)
class Sighting:
    """One person in one frame.

    Attributes:
        keypoints: (V, C) float32, NaN = missing.
        confidence: (V,) float32 in [0, 1].
        track_id: Who it is, where the tool says so.
    """

    keypoints: NDArray[np.float32]
    confidence: NDArray[np.float32]
    track_id: int | None = None


@dataclass(frozen=True)
class SeenFrame:
    """The people of one frame, at timestamp_s seconds."""

    timestamp_s: float
    people: Sequence[Sighting]


def sequence_of(
    frames: Sequence[SeenFrame],
    layout: SkeletonLayout,
    where: str,
    *,
    units: Units = "px",
    frame_size_wh: tuple[int, int] | None = None,
    track: bool = True,
    min_frames: int = 1,
    track_ids: Sequence[int] | None = None,
    dimensions: int | None = None,
) -> PoseSequence:
    """One sequence of all people of the frames.

    Where everybody has a track id of 0 or more that nobody else of the frame has, these are kept.
    Else people are followed by `PoseTracker`, or, without `track`, numbered by their place in the frame.

    Args:
        frames: In the order of time.
        layout: Of every sighting.
        where: What the frames come from, for error messages.
        units: Of the coordinates.
        frame_size_wh: Of the picture.
        track: Whether to follow people that have no ids.
        min_frames: People seen in fewer frames are left out.
        track_ids: Who is in the sequence, and in which order, where that is known.
        dimensions: 2 or 3 where it is known though perhaps nobody is seen.

    Raises:
        SourceError: If the frames cannot be one sequence.
        InvalidInputError: If `min_frames` is less than 1.
    """
    if min_frames < 1:
        raise InvalidInputError(f"min_frames: expected 1 or more, found {min_frames}")
    if not frames:
        raise SourceError(f"{where}: expected poses, found no frame")
    if track_ids is None:
        ids = _given_ids(frames)
        if ids is None:
            ids = _tracked_ids(frames, units) if track else [list(range(len(f.people))) for f in frames]
        everyone = _in_order(ids, min_frames)
    else:
        ids, everyone = _known_ids(frames, track_ids, where), list(track_ids)
    _check_size(len(everyone), len(frames), layout.num_joints, where)
    width = _dimensions(frames, dimensions, where)
    keypoints, confidence = _filled(frames, ids, everyone, width, layout.num_joints)
    try:
        return PoseSequence(
            keypoints=keypoints,
            confidence=confidence,
            timestamps=np.array([frame.timestamp_s for frame in frames], np.float64),
            layout=layout,
            units=units,
            frame_size_wh=frame_size_wh,
            track_ids=np.array(everyone, np.int64),
        )
    except InvalidInputError as error:
        raise SourceError(f"{where}: {error}") from error


def _known_ids(frames: Sequence[SeenFrame], track_ids: Sequence[int], where: str) -> list[list[int]]:
    known = set(track_ids)
    ids = []
    for frame in frames:
        found = [one.track_id for one in frame.people if one.track_id in known]
        if len(found) < len(frame.people) or len(set(found)) < len(found):
            raise SourceError(
                f"{where}: expected each of the tracks {str(list(track_ids))[:80]} at most once in a frame, "
                f"found {str([one.track_id for one in frame.people])[:80]}"
            )
        ids.append([track_id for track_id in found if track_id is not None])
    return ids


def _given_ids(frames: Sequence[SeenFrame]) -> list[list[int]] | None:
    ids = [[-1 if one.track_id is None else one.track_id for one in frame.people] for frame in frames]
    usable = all(min(frame, default=0) >= 0 and len(set(frame)) == len(frame) for frame in ids)
    return ids if usable else None


def _tracked_ids(frames: Sequence[SeenFrame], units: Units) -> list[list[int]]:
    scale = np.float32(1.0 if units == "px" else _PX_PER_UNIT)
    tracker = PoseTracker()
    return [
        tracker.update([one.keypoints[:, :2] * scale for one in frame.people], frame.timestamp_s)
        for frame in frames
    ]


def _in_order(ids: Iterable[Sequence[int]], min_frames: int) -> list[int]:
    """Track ids in the order in which they appear."""
    counts: dict[int, int] = {}
    for frame in ids:
        for track_id in frame:
            counts[track_id] = counts.get(track_id, 0) + 1
    return [track_id for track_id, count in counts.items() if count >= min_frames]


def _check_size(persons: int, frames: int, joints: int, where: str) -> None:
    if persons * frames * joints > MAX_JOINTS:
        raise SourceError(
            f"{where}: expected a clip of at most {MAX_JOINTS} joints, found {persons} people in {frames} "
            f"frames of {joints}: cut it into clips, or leave out short tracks with the option min_frames"
        )


def _dimensions(frames: Sequence[SeenFrame], known: int | None, where: str) -> int:
    """2 or 3, the same for everybody."""
    found = {one.keypoints.shape[1] for frame in frames for one in frame.people}
    if known is not None:
        found.add(known)
    if len(found) > 1:
        raise SourceError(f"{where}: expected 2D or 3D poses, found both")
    return found.pop() if found else 2


def _filled(
    frames: Sequence[SeenFrame],
    ids: Sequence[Sequence[int]],
    everyone: Sequence[int],
    dimensions: int,
    num_joints: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Keypoints (M, T, V, C) and confidence (M, T, V), everyone in their own row."""
    row = {track_id: i for i, track_id in enumerate(everyone)}
    shape = (len(everyone), len(frames), num_joints)
    keypoints = np.full((*shape, dimensions), np.nan, np.float32)
    confidence = np.zeros(shape, np.float32)
    for t, (frame, frame_ids) in enumerate(zip(frames, ids, strict=True)):
        for one, track_id in zip(frame.people, frame_ids, strict=True):
            if (i := row.get(track_id)) is not None:
                keypoints[i, t] = one.keypoints
                confidence[i, t] = one.confidence
    return keypoints, confidence


def sighting(
    rows: NDArray[np.float64], *, missing: NDArray[np.bool_], track_id: int | None = None
) -> Sighting:
    """A person from (V, C + 1) coordinates and confidence; `missing` (V,) become NaN.

    Confidence is cut to [0, 1]: some tools write the height of a heat map, which may exceed 1.
    """
    gone = missing[:, None]
    return Sighting(
        keypoints=np.where(gone, np.nan, rows[:, :-1]).astype(np.float32),
        confidence=np.where(missing, 0.0, rows[:, -1].clip(0, 1)).astype(np.float32),
        track_id=track_id,
    )


def checked_frame_size(value: object) -> tuple[int, int] | None:
    """The option `frame_size`: (width, height), or ``"640x480"`` as the command line gives it.

    Raises:
        InvalidInputError: If it is something else.
    """
    if value is None:
        return None
    parts = value.lower().split("x") if isinstance(value, str) else value
    try:
        width, height = (int(part) for part in parts)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        width = height = 0
    if width < 1 or height < 1:
        raise InvalidInputError(f"frame_size: expected width and height in pixels, found {value!r}")
    return width, height


def checked_rate(rate_hz: float) -> float:
    """The option `rate_hz`.

    Raises:
        InvalidInputError: If it is not more than 0.
    """
    if not 0 < rate_hz <= 1e6:
        raise InvalidInputError(f"rate_hz: expected frames per second, more than 0, found {rate_hz}")
    return float(rate_hz)


def guess_units(coordinates: NDArray[np.floating[Any]]) -> Units:
    """Pixels or normalized, from all coordinates (..., C) of a clip: nobody is 2 pixels tall.

    Three coordinates are taken for metres.
    """
    if coordinates.shape[-1] == 3:
        return "m"
    seen = np.abs(coordinates[np.isfinite(coordinates)])
    return "normalized" if seen.size and seen.max() <= 2.0 else "px"
