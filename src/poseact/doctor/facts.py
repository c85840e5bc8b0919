"""What the doctor keeps of each clip: a few numbers, so that sets larger than memory can be checked."""

import hashlib
import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip, ClipInfo
from poseact.doctor.sides import headstand_share, side_evidence, upright_evidence, why_sides_untold
from poseact.sequence import PoseSequence

# A joint this many times as far from the middle of its body as its joints are as a rule is none:
# in six public sets, correct joints reach 8 times, and the one clip beyond (11 times) is wrong.
OUTLIER_FACTOR = 10.0
# On its way there and back, such a joint is off the body from so many times on, and also so many
# times as far out as that joint is as a rule.
_ON_ITS_WAY = 3.0
_FEWEST_JOINTS = 5
# Nobody is farther from the middle of the others' places than this many bodies, nor than so many
# pictures, or metres where there is no picture.
_FAR_BODIES, _FAR_PICTURES, _FAR = 100.0, 5.0, 100.0
# Estimators place joints a little outside the picture, and far outside where they but guess.
_MARGIN = 0.05
_SURE = 0.5
_FEWEST_FRAMES_TO_MOVE = 10
_SKETCH_TIMES, _SKETCH_SIZE = 6, 24


@dataclass(frozen=True, eq=False)
class ClipFacts:
    """Numbers of one clip. Shares are of the joints that the clip has, or of the frames.

    Attributes:
        info: All but the poses.
        layout: Name of the layout.
        joint_names: Of the layout.
        units: As in the sequence.
        frame_size_wh: As in the sequence.
        num_coordinates: 2 or 3.
        num_frames: T.
        duration_s: From the first frame to the last.
        step_s: Median time between frames; None for fewer than two.
        longest_step_s: The longest time between frames; None likewise.
        num_joints: How many joints there are over all people and frames.
        empty_share: Of the frames, those with nobody.
        num_zeros: Joints at exactly zero that are taken to be missing, see `zero_mask`.
        num_outliers: See `outlier_mask`.
        worst: How far the farthest outlier is from the middle of the other joints, in body sizes
            (the median distance of a joint from the middle of the body); 0 without outliers.
        still_joints: Joints that never move while others do.
        still_share: Of the steps from frame to frame, those in which a person does not move at all.
        outside: Share of the joints (without guessed ones) outside the picture; None without a picture.
        outside_exchanged: The same with width and height exchanged.
        size: Median distance of a joint from the middle of the body, in the clip's units.
        sides: See `side_evidence`.
        sides_untold: Why `sides` is None; empty where it is not.
        upright: See `upright_evidence`.
        headstand: See `headstand_share`.
        seen: (V,) share of the person frames in which each joint is seen.
        fingerprint: Hash of the keypoints without zeros and outliers; None where there is nobody.
        sketch: (24,) numbers that change little when the poses do; None likewise.
    """

    info: ClipInfo
    layout: str
    joint_names: tuple[str, ...]
    units: str
    frame_size_wh: tuple[int, int] | None
    num_coordinates: int
    num_frames: int
    duration_s: float
    step_s: float | None
    longest_step_s: float | None
    num_joints: int
    empty_share: float
    num_zeros: int
    num_outliers: int
    worst: float
    still_joints: int
    still_share: float
    outside: float | None
    outside_exchanged: float | None
    size: float | None
    sides: float | None
    sides_untold: str
    upright: float | None
    headstand: float | None
    seen: NDArray[np.float32]
    fingerprint: bytes | None
    sketch: NDArray[np.float32] | None


def measure(clip: Clip) -> ClipFacts:
    """The numbers of a clip. Zeros that mean missing, and outliers, are left out of the others."""
    sequence = clip.sequence
    zeros, outliers = bad_joints(sequence)
    kept = without_joints(replace(sequence, world_m=None), zeros | outliers)
    points = kept.keypoints
    seen = np.asarray(np.isfinite(points).all(axis=-1))
    present = seen.any(axis=-1)
    steps = np.diff(sequence.timestamps)
    still_joints, still_share = _stillness(points)
    outside, exchanged = _outside(kept)
    somebody = bool(seen.any())
    sides = side_evidence(kept) if somebody else None
    return ClipFacts(
        info=clip.info,
        layout=sequence.layout.name,
        joint_names=sequence.layout.joint_names,
        units=sequence.units,
        frame_size_wh=sequence.frame_size_wh,
        num_coordinates=sequence.keypoints.shape[-1],
        num_frames=sequence.num_frames,
        duration_s=sequence.duration_s,
        step_s=float(np.median(steps)) if steps.size else None,
        longest_step_s=float(steps.max()) if steps.size else None,
        num_joints=int(seen.sum()),
        empty_share=float(1 - present.any(axis=0).mean()) if present.size else 1.0,
        num_zeros=int(zeros.sum()),
        num_outliers=int(outliers.sum()),
        worst=_worst(sequence, points, outliers),
        still_joints=still_joints,
        still_share=still_share,
        outside=outside,
        outside_exchanged=exchanged,
        size=_body_size(points) if somebody else None,
        sides=sides,
        sides_untold="" if sides is not None else why_sides_untold(kept),
        upright=upright_evidence(kept) if somebody else None,
        headstand=headstand_share(kept) if somebody else None,
        seen=(seen[present].mean(axis=0) if somebody else np.zeros(seen.shape[2])).astype(np.float32),
        fingerprint=_fingerprint(kept) if somebody else None,
        sketch=_sketch(points) if somebody else None,
    )


def bad_joints(sequence: PoseSequence) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(M, T, V) twice: `zero_mask` and `outlier_mask`, until neither finds more.

    Without the joints found first, others can stand out that they had hidden.
    """
    zeros, outliers = zero_mask(sequence), outlier_mask(sequence)
    new = zeros | outliers
    while new.any():
        sequence = without_joints(sequence, new)
        more_zeros, more_outliers = zero_mask(sequence), outlier_mask(sequence)
        zeros, outliers = zeros | more_zeros, outliers | more_outliers
        new = more_zeros | more_outliers
    return zeros, outliers


def without_joints(sequence: PoseSequence, bad: NDArray[np.bool_]) -> PoseSequence:
    """With some joints made missing.

    Args:
        sequence: The poses.
        bad: (M, T, V) which joints.
    """
    if not bad.any():
        return sequence
    gone, world_m = bad[..., None], sequence.world_m
    return replace(
        sequence,
        keypoints=np.where(gone, np.nan, sequence.keypoints),
        confidence=np.where(bad, 0, sequence.confidence),
        world_m=None if world_m is None else np.where(gone, np.nan, world_m),
    )


def zero_mask(sequence: PoseSequence) -> NDArray[np.bool_]:
    """(M, T, V): joints at exactly zero in all coordinates that mean missing.

    In a picture, zero is the outermost corner, where no joint is. Coordinates around a middle
    (in metres, or negative in places) may have a root at zero: there, a joint that is at zero in
    every frame is left alone, unless the whole body is.
    """
    zero = np.asarray((sequence.keypoints == 0).all(axis=-1))
    there = np.asarray(np.isfinite(sequence.keypoints).all(axis=-1))
    if sequence.keypoints.shape[-1] == 2 and sequence.units != "m" and not (sequence.keypoints < 0).any():
        return zero
    body = np.asarray((zero | ~there).all(axis=-1) & zero.any(axis=-1))
    always = (zero | ~there | body[..., None]).all(axis=1, keepdims=True)
    return np.asarray(zero & (body[..., None] | ~always))


def outlier_mask(sequence: PoseSequence) -> NDArray[np.bool_]:
    """(M, T, V): joints that are nowhere near the body, or far beyond anything that was filmed.

    Near is up to `OUTLIER_FACTOR` times the median distance of the person's joints, over all
    frames, from the middle (the median) of the body. A joint that slides there over several frames
    is followed back to where it left the body.
    """
    points = np.where(zero_mask(sequence)[..., None], np.nan, sequence.keypoints).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # medians over joints that are all missing
        middle = np.nanmedian(points, axis=(0, 1, 2))
        if sequence.frame_size_wh is not None:
            middle[:2] = np.array(sequence.frame_size_wh) / 2
        bound = max(_FAR_BODIES * float(np.nan_to_num(np.nanmedian(_from_middle(points)))), _far(sequence))
        far = np.asarray((np.abs(points - middle) > bound).any(axis=-1))
        points[far] = np.nan
        distance = _from_middle(points)
        typical = np.nanmedian(distance, axis=(1, 2), keepdims=True)
        enough = np.isfinite(distance).sum(axis=-1, keepdims=True) >= _FEWEST_JOINTS
        known = enough & (typical > 0)
        wild = known & (distance > OUTLIER_FACTOR * typical)
        usual = np.fmax(typical, np.nanmedian(distance, axis=1, keepdims=True))
    return np.asarray(far | _with_the_way_there(wild, known & (distance > _ON_ITS_WAY * usual)))


def _with_the_way_there(wild: NDArray[np.bool_], odd: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`wild`, and the frames before and after it in which the joint is odd without a break; (M, T, V)."""
    if not wild.any():
        return wild
    out = wild.copy()
    for frames in (range(1, out.shape[1]), range(out.shape[1] - 2, -1, -1)):
        for t in frames:
            out[:, t] |= odd[:, t] & out[:, t - frames.step]
    return out


def _worst(sequence: PoseSequence, points: NDArray[np.floating], outliers: NDArray[np.bool_]) -> float:
    """How many body sizes the farthest outlier is from the rest, `points`; 0 where nothing is left."""
    if not outliers.any() or not np.isfinite(points).any():
        return 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.nanmedian(points, axis=2, keepdims=True)
        middle = np.where(np.isfinite(middle), middle, np.nanmedian(points, axis=(0, 1, 2)))
        away = np.linalg.norm(sequence.keypoints.astype(np.float64) - middle, axis=-1)[outliers]
    size = _body_size(points)
    return float(away.max() / size) if size > 0 else 0.0


def _far(sequence: PoseSequence) -> float:
    if sequence.units == "px" and sequence.frame_size_wh is not None:
        return _FAR_PICTURES * max(sequence.frame_size_wh)
    return _FAR_PICTURES if sequence.units == "normalized" else _FAR


def _from_middle(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """(M, T, V): distance of each joint from the median of the body's joints in that frame."""
    return np.asarray(np.linalg.norm(points - np.nanmedian(points, axis=2, keepdims=True), axis=-1))


def _body_size(points: NDArray[np.floating]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(np.nanmedian(_from_middle(points)))


def _stillness(points: NDArray[np.float32]) -> tuple[int, float]:
    """Joints that never move though others do, and the share of steps in which nothing moves."""
    if points.shape[1] < 2:
        return 0, 0.0
    steps = np.abs(np.diff(points, axis=1)).max(axis=-1)  # (M, T - 1, V), NaN where missing
    known = np.isfinite(steps)
    moves = known & (steps > 0)
    people = known.any(axis=-1)
    still_share = float((~moves.any(axis=-1) & people).sum() / max(1, people.sum()))
    often = known.sum(axis=1) >= _FEWEST_FRAMES_TO_MOVE
    at_zero = (points == 0).all(axis=-1).any(axis=1)  # the middle of coordinates around a root
    never = often & ~moves.any(axis=1) & moves.any(axis=(1, 2))[:, None] & ~at_zero
    return int(never.sum()), still_share


def _outside(sequence: PoseSequence) -> tuple[float | None, float | None]:
    """Share of the joints that are sure outside the picture, and with its width and height exchanged."""
    size, units = sequence.frame_size_wh, sequence.units
    seen = np.asarray(np.isfinite(sequence.keypoints).all(axis=-1))
    sure = seen & (sequence.confidence >= _SURE)
    xy = sequence.keypoints[sure if sure.any() else seen][:, :2]
    if size is None or units != "px" or not len(xy) or min(size) <= 0:
        return None, None

    def share(size_wh: NDArray[np.float64]) -> float:
        return float(((xy < -_MARGIN * size_wh) | (xy > (1 + _MARGIN) * size_wh)).any(axis=-1).mean())

    now = np.array(size, np.float64)
    return share(now), share(now[::-1])


def _fingerprint(sequence: PoseSequence) -> bytes:
    head = f"{sequence.layout.name} {sequence.keypoints.shape}".encode()
    # There are many NaN, and two zeros.
    points = np.where(np.isnan(sequence.keypoints), np.float32(np.nan), sequence.keypoints) + np.float32(0)
    return hashlib.blake2b(head + np.ascontiguousarray(points).tobytes(), digest_size=16).digest()


def _sketch(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The clip at a few times, without place and size, projected onto fixed directions.

    The distance of two sketches is about that of the poses, in body sizes.
    """
    times = np.linspace(0, points.shape[1] - 1, _SKETCH_TIMES).round().astype(int)
    some = points[:, times].astype(np.float64)
    seen = np.asarray(np.isfinite(some).all(axis=-1))
    if not seen.any():
        return np.zeros(_SKETCH_SIZE, np.float32)
    centred = some - some[seen].mean(axis=0)
    centred[~seen] = 0
    flat = centred.ravel() / max(float(np.sqrt((centred[seen] ** 2).sum(axis=-1).mean())), 1e-12)
    # Waves of incommensurable frequencies: nearly orthogonal, and the same on every machine.
    waves = np.cos(
        np.outer(np.arange(1, _SKETCH_SIZE + 1) * 0.6180339887, np.arange(1, flat.size + 1)) * 2.3999632297
    )
    return np.asarray(waves @ flat / np.sqrt(seen.sum() * _SKETCH_SIZE / 2), np.float32)
