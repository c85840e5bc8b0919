"""Which true joints a camera cannot see because a body is in the way."""

from collections.abc import Sequence

import numpy as np

from poseact.synth.body import Body
from poseact.synth.kinematics import SIDES, Joints
from poseact.synth.rotation import Array

# Parts that hide what is behind them: from, to, radius in metres for the medium body.
_PARTS = (
    ("pelvis", "neck", 0.115),
    ("head", "head", 0.085),
    *((f"{s}_shoulder", f"{s}_elbow", 0.042) for s in SIDES),
    *((f"{s}_elbow", f"{s}_wrist", 0.034) for s in SIDES),
    *((f"{s}_hip", f"{s}_knee", 0.068) for s in SIDES),
    *((f"{s}_knee", f"{s}_ankle", 0.045) for s in SIDES),
)
HIDDEN_CONFIDENCE = 0.3


def confidence_of(eye: Array, bodies: Sequence[Body], joints: Sequence[Joints]) -> Array:
    """1 for joints in sight, `HIDDEN_CONFIDENCE` for those behind a part of anybody, (M, T, 17).

    Args:
        eye: (3,) place of the camera.
        bodies: M bodies.
        joints: Their joints over T instants.
    """
    places = np.stack([j.coco17() for j in joints])
    hidden = np.zeros(places.shape[:3], bool)
    for body, other in zip(bodies, joints, strict=True):
        for start, end, radius in _PARTS:
            ends = other.points[start], other.points[end]
            for person in range(len(joints)):
                hidden[person] |= _behind(places[person], eye, *ends, radius * body.scale)
    return np.where(hidden, HIDDEN_CONFIDENCE, 1.0)


def _behind(places: Array, eye: Array, start: Array, end: Array, radius: float) -> Array:
    """Whether places (T, V, 3) lie behind a capsule between start and end (T, 3), (T, V)."""
    ray = places - eye
    far = np.linalg.norm(ray, axis=-1)
    ray = ray / far[..., None]
    axis = (end - start)[:, None] + 1e-6
    gap = (start - eye)[:, None]
    # Nearest points of the line of sight and of the part's axis (Ericson, Real-Time Collision
    # Detection, 5.1.8), the latter held between its ends.
    along, across = (ray * axis).sum(-1), (axis * axis).sum(-1)
    on_ray, on_axis = (ray * gap).sum(-1), (axis * gap).sum(-1)
    share = np.clip((along * on_ray - on_axis) / np.maximum(across - along**2, 1e-9), 0, 1)
    nearest = gap + share[..., None] * axis
    depth = (nearest * ray).sum(-1)
    miss = np.linalg.norm(nearest - depth[..., None] * ray, axis=-1)
    return np.asarray((miss < 0.85 * radius) & (depth < far - 0.5 * radius - 0.02))
