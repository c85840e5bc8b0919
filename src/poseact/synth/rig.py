"""The bones that carry the drawn surface: a place and three axes for each, at every instant."""

from dataclasses import dataclass

import numpy as np

from poseact.synth.kinematics import SIDES, Joints
from poseact.synth.rotation import Array, unit

BONES = (
    "pelvis",
    "waist",
    "chest",
    "neck",
    "head",
    *(
        f"{side}_{part}"
        for side in SIDES
        for part in ("upper_arm", "forearm", "hand", "thigh", "shank", "foot")
    ),
)
BONE_INDEX = {name: i for i, name in enumerate(BONES)}


@dataclass(frozen=True)
class Rig:
    """Bones over T instants, B of them.

    Attributes:
        origins: (T, B, 3) metres in the room.
        axes: (T, B, 3, 3), columns x, y, z of each bone. Limbs run along -y and bend towards z.
        curl: (T, 2) 0 open hand, 1 fist.
    """

    origins: Array
    axes: Array
    curl: Array


def rig_of(joints: Joints) -> Rig:
    """The bones of solved joints."""
    p, count = joints.points, len(joints.curl)
    origins = np.zeros((count, len(BONES), 3))
    axes = np.zeros((count, len(BONES), 3, 3))

    def put(name: str, origin: Array, matrix: Array) -> None:
        origins[:, BONE_INDEX[name]], axes[:, BONE_INDEX[name]] = origin, matrix

    middle = _framed(p["ribs"] - p["waist"], joints.pelvis_axes[..., 2] + joints.chest_axes[..., 2])
    put("pelvis", p["pelvis"], joints.pelvis_axes)
    put("waist", p["waist"], middle)
    put("chest", p["ribs"], joints.chest_axes)
    put("neck", p["neck"], _framed(p["head"] - p["neck"], joints.head_axes[..., 2]))
    put("head", p["head"], joints.head_axes)
    for s, side in enumerate(SIDES):
        shoulder, elbow, wrist = (p[f"{side}_{n}"] for n in ("shoulder", "elbow", "wrist"))
        hip, knee, ankle = (p[f"{side}_{n}"] for n in ("hip", "knee", "ankle"))
        bent = unit(wrist - elbow) + 0.15 * joints.chest_axes[..., 2]
        put(f"{side}_upper_arm", shoulder, _framed(shoulder - elbow, bent))
        put(f"{side}_forearm", elbow, _framed(elbow - wrist, joints.palm[:, s]))
        put(f"{side}_hand", wrist, _framed(-joints.hand[:, s], joints.palm[:, s]))
        put(f"{side}_thigh", hip, _framed(hip - knee, joints.knee[:, s]))
        put(f"{side}_shank", knee, _framed(knee - ankle, joints.knee[:, s]))
        put(f"{side}_foot", ankle, _foot_axes(knee - ankle, joints.toe[:, s]))
    return Rig(origins, axes, joints.curl)


def _framed(up: Array, forward: Array) -> Array:
    """Axes (T, 3, 3) with y along `up` and z as near to `forward` as may be."""
    y = unit(up)
    across = np.cross(y, forward)
    weak = np.linalg.norm(across, axis=-1, keepdims=True) < 1e-3
    x = unit(np.where(weak, np.cross(y, np.array([0.3, 0.2, 0.93])), across))
    return np.stack([x, y, np.cross(x, y)], -1)


def _foot_axes(up: Array, toe: Array) -> Array:
    """Axes with z along the foot and y as near to the shank as may be."""
    z = unit(toe)
    x = unit(np.cross(up, z))
    return np.stack([x, np.cross(z, x), z], -1)
