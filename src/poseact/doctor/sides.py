"""Evidence of exchanged sides and of an axis that points the wrong way, from the geometry of the body.

Exchanged names of the sides and a mirrored axis make the same body, one that no person has: seen
from the front, its left hand hangs on the right. In 3D the body itself tells its front, wherever
it turns: elbows lie behind the line from shoulder to wrist, hands are held before the trunk, and
feet point forward. (Knees do not help: depth cameras bend them backwards.) In 2D, elbows, knees
and hands tell whether the person faces the picture's left or right, and the body then hides the
far side: the confidence of its joints is lower. Without confidences, 2D joints tell nothing.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

from poseact.layouts import BODY13
from poseact.sequence import PoseSequence

_SIDES = ("left", "right")
_FEET = ("foot", "big_toe", "foot_index")
_PAIRS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
# Below these a clip tells nothing.
_WEAK_3D = 0.05
_WEAK_2D = 0.02
# Of the length of the trunk: shorter ones are seen from above, or broken.
_SHORTEST_TRUNK = 0.2
# From the vertical, as a cosine; and shoulders to ankles in widths of the shoulders, below which the
# body points at the camera: push-ups filmed from the front have their feet highest in the picture.
_STEEP, _LONG = 0.7, 2.5


def side_evidence(sequence: PoseSequence) -> float | None:
    """How much the sides of the body fit its front: more than 0, they do; less, they are exchanged.

    Returns:
        In 3D, the mean way in trunk lengths by which elbows, hands and feet lie on the right side
        of the trunk's plane; in 2D, the mean of confidence differences times the way of facing.
        None where the clip does not tell.
    """
    body = sequence.to_layout(BODY13)
    if not body.present.any():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # means over joints that are all missing
        if body.keypoints.shape[-1] == 3:
            value, weakest = _evidence_3d(sequence, body), _WEAK_3D
        else:
            value, weakest = _evidence_2d(body), _WEAK_2D
    return value if np.isfinite(value) and abs(value) >= weakest else None


def upright_evidence(sequence: PoseSequence) -> float | None:
    """Share of the person frames in which the shoulders are above the hips; None where none tells."""
    body = sequence.to_layout(BODY13)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        height = np.nanmean(_at(body, "hip") - _at(body, "shoulder"), axis=0)[..., 1]
    told = np.asarray(height)[np.isfinite(height) & (height != 0)]
    return float((told > 0).mean()) if told.size else None


def headstand_share(sequence: PoseSequence) -> float | None:
    """Share of the person frames in which a body at full length has its feet up; None without legs.

    Ankles above knees above hips above shoulders, nearly upright in the picture. In six public sets,
    correct clips reach a half (a back flip).
    """
    body = sequence.to_layout(BODY13)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        places = np.stack([_at(body, joint).mean(axis=0) for joint in ("shoulder", "hip", "knee", "ankle")])
        shoulders = _at(body, "shoulder")
    width = np.linalg.norm(shoulders[0] - shoulders[1], axis=-1)
    length = np.linalg.norm(places[-1] - places[0], axis=-1)
    known = np.isfinite(places).all(axis=(0, -1))
    if not known.any():
        return None
    falls = np.diff(places[..., 1], axis=0)  # y points down
    inverted = (falls < 0).all(axis=0) & (-falls.sum(axis=0) > _STEEP * length) & (length > _LONG * width)
    return float(inverted[known].mean())


def why_sides_untold(sequence: PoseSequence) -> str:
    """Why `side_evidence` tells nothing, in words that end a sentence about a clip."""
    body = sequence.to_layout(BODY13)
    if not body.present.any():
        return "nobody is seen"
    known = np.asarray(np.isfinite(body.keypoints).all(axis=-1))
    both = {
        joint: np.stack([known[..., body.layout.index(f"{s}_{joint}")] for s in _SIDES]) for joint in _PAIRS
    }
    if not (both["shoulder"].any() and both["hip"].any() and both["wrist"].any()):
        return "shoulders, hips or wrists are missing"
    if body.keypoints.shape[-1] == 2 and len(np.unique(body.confidence[known])) == 1:
        return "there are no confidences, which tell in 2D which side the body hides"
    return "the person is seen from the front, or too much is missing"


def _at(body: PoseSequence, joint: str) -> NDArray[np.float32]:
    """(2, M, T, C): left and right."""
    return np.stack([body.keypoints[..., body.layout.index(f"{side}_{joint}"), :] for side in _SIDES])


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 0, vectors / np.where(length > 0, length, 1), np.nan).astype(np.float32)


def _offset(
    joint: NDArray[np.float32], start: NDArray[np.float32], end: NDArray[np.float32]
) -> NDArray[np.float32]:
    """From the line start-end to the joint, at a right angle."""
    along = _unit(end - start)
    way = joint - start
    return np.asarray(way - (way * along).sum(axis=-1, keepdims=True) * along, np.float32)


def _evidence_3d(sequence: PoseSequence, body: PoseSequence) -> float:
    shoulders, elbows, wrists, hips = (_at(body, joint) for joint in ("shoulder", "elbow", "wrist", "hip"))
    up = (shoulders - hips).mean(axis=0)
    left = (shoulders[0] - shoulders[1]) + (hips[0] - hips[1])
    # In axes x right, y down, z away: left = up x front, so front = left x up.
    front = _unit(np.cross(left, up))
    trunk = np.linalg.norm(up, axis=-1)
    trunk = np.where(trunk > _SHORTEST_TRUNK * np.nanmedian(trunk), trunk, np.nan)
    cues = [
        -(_offset(elbows, shoulders, wrists) * front).sum(axis=-1) / trunk,
        ((wrists - shoulders) * front).sum(axis=-1) / trunk,
    ]
    out = float(np.nanmean(np.stack(cues)))
    toes = _toes(sequence)
    if toes is not None:
        out += float(np.nan_to_num(np.nanmean((toes * front).sum(axis=-1) / trunk)))
    return out


def _toes(sequence: PoseSequence) -> NDArray[np.float32] | None:
    """(2, M, T, 3) from ankle to toe; None where the layout has no toes."""
    layout = sequence.layout
    for foot in _FEET:
        names = [f"{side}_{joint}" for joint in (foot, "ankle") for side in _SIDES]
        if all(name in layout for name in names):
            points = sequence.keypoints[..., layout.indices(names), :]
            return np.moveaxis(points[..., :2, :] - points[..., 2:, :], -2, 0)
    return None


def _evidence_2d(body: PoseSequence) -> float:
    shoulders, elbows, wrists, hips, knees, ankles = (_at(body, joint) for joint in _PAIRS)
    up = (shoulders - hips).mean(axis=0)
    trunk = np.linalg.norm(up, axis=-1)
    trunk = np.where(trunk > _SHORTEST_TRUNK * np.nanmedian(trunk), trunk, np.nan)
    ahead = _unit(np.stack([-up[..., 1], up[..., 0]], axis=-1))  # to the picture's right, if upright
    cues = np.stack(
        [
            -_turn(hips, knees, ankles),
            _turn(shoulders, elbows, wrists),
            ((wrists - shoulders) * ahead).sum(axis=-1),
        ]
    )
    facing = np.nansum(cues, axis=(0, 1)) / trunk
    known = np.asarray(np.isfinite(body.keypoints).all(axis=-1))
    differences = []
    for joint in _PAIRS:
        left, right = (body.layout.index(f"{side}_{joint}") for side in _SIDES)
        both = known[..., left] & known[..., right]
        gap = body.confidence[..., right] - body.confidence[..., left]
        differences.append(np.where(both, gap, 0))
    # Who faces the picture's right shows the right side.
    return float(np.nanmean(facing * np.mean(differences, axis=0)))


def _turn(
    start: NDArray[np.float32], joint: NDArray[np.float32], end: NDArray[np.float32]
) -> NDArray[np.float32]:
    """By how much, with its sign, a joint lies beside the line start-end in the picture."""
    along, way = _unit(end - start), joint - start
    return np.asarray(along[..., 0] * way[..., 1] - along[..., 1] * way[..., 0], np.float32)
