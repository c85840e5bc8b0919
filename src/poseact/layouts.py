"""The joint layouts of the field, by name, and conversion between them by joint name.

One vocabulary of joint names is used for all of them, so that a conversion is a lookup.
Where a source lacks a joint that the target has, `RECIPES` says how it may be made from
neighbouring joints; a joint without a recipe, or whose parts are missing, is NaN.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.skeleton import Edge, SkeletonLayout

_LIMB_EDGES: tuple[Edge, ...] = tuple(
    (f"{side}_{child}", f"{side}_{parent}")
    for side in ("left", "right")
    for child, parent in (("elbow", "shoulder"), ("wrist", "elbow"), ("knee", "hip"), ("ankle", "knee"))
)
_TORSO_RING: tuple[Edge, ...] = (
    ("right_shoulder", "left_shoulder"),
    ("left_hip", "left_shoulder"),
    ("right_hip", "right_shoulder"),
    ("right_hip", "left_hip"),
)
_FACE_EDGES: tuple[Edge, ...] = (
    ("left_eye", "nose"),
    ("right_eye", "nose"),
    ("left_ear", "left_eye"),
    ("right_ear", "right_eye"),
)


def _both(*edges: Edge) -> tuple[Edge, ...]:
    """Edges given once for a side, for both: a name that starts with ``_`` gets the side."""

    def named(joint: str, side: str) -> str:
        return side + joint if joint.startswith("_") else joint

    return tuple(
        (named(child, side), named(parent, side)) for side in ("left", "right") for child, parent in edges
    )


def _names(text: str) -> tuple[str, ...]:
    """Joint names from a compact list: ``l_``/``r_`` stand for left/right, ``lr_x`` for both."""
    out: list[str] = []
    for word in text.split():
        side, _, joint = word.partition("_")
        if side == "lr":
            out += [f"left_{joint}", f"right_{joint}"]
        else:
            out.append({"l": f"left_{joint}", "r": f"right_{joint}"}.get(side, word))
    return tuple(out)


# Lin et al., Microsoft COCO, ECCV 2014; https://cocodataset.org/#keypoints-eval
COCO17 = SkeletonLayout(
    name="coco17",
    joint_names=_names("nose lr_eye lr_ear lr_shoulder lr_elbow lr_wrist lr_hip lr_knee lr_ankle"),
    edges=(*_FACE_EDGES, *_both(("_shoulder", "nose"), ("_hip", "_shoulder")), *_LIMB_EDGES),
    root="nose",
    drawn_edges=(*_FACE_EDGES, *_TORSO_RING, *_LIMB_EDGES),
)

# Cao et al., OpenPose, TPAMI 2019: the COCO model (18) and BODY_25.
OPENPOSE18 = SkeletonLayout(
    name="openpose18",
    joint_names=_names(
        "nose neck r_shoulder r_elbow r_wrist l_shoulder l_elbow l_wrist r_hip r_knee r_ankle "
        "l_hip l_knee l_ankle r_eye l_eye r_ear l_ear"
    ),
    edges=(*_FACE_EDGES, ("nose", "neck"), *_both(("_shoulder", "neck"), ("_hip", "neck")), *_LIMB_EDGES),
    root="neck",
)
OPENPOSE25 = SkeletonLayout(
    name="openpose25",
    joint_names=_names(
        "nose neck r_shoulder r_elbow r_wrist l_shoulder l_elbow l_wrist pelvis r_hip r_knee r_ankle "
        "l_hip l_knee l_ankle r_eye l_eye r_ear l_ear l_big_toe l_small_toe l_heel "
        "r_big_toe r_small_toe r_heel"
    ),
    edges=(
        *_FACE_EDGES,
        ("nose", "neck"),
        ("neck", "pelvis"),
        *_both(("_shoulder", "neck"), ("_hip", "pelvis")),
        *_LIMB_EDGES,
        *_both(("_big_toe", "_ankle"), ("_small_toe", "_big_toe"), ("_heel", "_ankle")),
    ),
    root="pelvis",
)

# Bazarevsky et al., BlazePose, 2020: the 33 landmarks of MediaPipe Pose.
BLAZEPOSE33 = SkeletonLayout(
    name="blazepose33",
    joint_names=_names(
        "nose l_eye_inner l_eye l_eye_outer r_eye_inner r_eye r_eye_outer lr_ear lr_mouth lr_shoulder "
        "lr_elbow lr_wrist lr_pinky lr_index lr_thumb lr_hip lr_knee lr_ankle lr_heel lr_foot_index"
    ),
    edges=(
        *_both(
            ("_eye_inner", "nose"),
            ("_eye", "_eye_inner"),
            ("_eye_outer", "_eye"),
            ("_ear", "_eye_outer"),
            ("_mouth", "nose"),
            ("_shoulder", "nose"),
            ("_hip", "_shoulder"),
            ("_pinky", "_wrist"),
            ("_index", "_wrist"),
            ("_thumb", "_wrist"),
            ("_heel", "_ankle"),
            ("_foot_index", "_heel"),
        ),
        *_LIMB_EDGES,
    ),
    root="nose",
    drawn_edges=(
        *_FACE_EDGES,
        ("left_mouth", "right_mouth"),
        *_TORSO_RING,
        *_LIMB_EDGES,
        *_both(
            ("_pinky", "_wrist"),
            ("_index", "_wrist"),
            ("_thumb", "_wrist"),
            ("_heel", "_ankle"),
            ("_foot_index", "_heel"),
            ("_foot_index", "_ankle"),
        ),
    ),
)

# Fang et al., AlphaPose, TPAMI 2022; Halpe-FullBody's 26 body joints, its "Head" the top of the head.
HALPE26 = SkeletonLayout(
    name="halpe26",
    joint_names=_names(
        "nose lr_eye lr_ear lr_shoulder lr_elbow lr_wrist lr_hip lr_knee lr_ankle head_top neck pelvis "
        "lr_big_toe lr_small_toe lr_heel"
    ),
    edges=(
        *_FACE_EDGES,
        ("nose", "neck"),
        ("head_top", "nose"),
        ("neck", "pelvis"),
        *_both(("_shoulder", "neck"), ("_hip", "pelvis")),
        *_LIMB_EDGES,
        *_both(("_big_toe", "_ankle"), ("_small_toe", "_big_toe"), ("_heel", "_ankle")),
    ),
    root="pelvis",
)

_KINECT_ARMS_AND_LEGS = (*_LIMB_EDGES, *_both(("_hand", "_wrist"), ("_foot", "_ankle")))

# Shahroudy et al., NTU RGB+D, CVPR 2016: Kinect v2.
NTU25 = SkeletonLayout(
    name="ntu25",
    joint_names=_names(
        "pelvis spine neck head l_shoulder l_elbow l_wrist l_hand r_shoulder r_elbow r_wrist r_hand "
        "l_hip l_knee l_ankle l_foot r_hip r_knee r_ankle r_foot spine_shoulder "
        "l_hand_tip l_thumb r_hand_tip r_thumb"
    ),
    edges=(
        ("spine", "pelvis"),
        ("spine_shoulder", "spine"),
        ("neck", "spine_shoulder"),
        ("head", "neck"),
        *_both(("_shoulder", "spine_shoulder"), ("_hip", "pelvis")),
        *_KINECT_ARMS_AND_LEGS,
        *_both(("_hand_tip", "_hand"), ("_thumb", "_wrist")),
    ),
    root="pelvis",
)

# Kinect for Windows SDK 1.x, in its own order (UTD-MHAD, MSR-Action3D, UTKinect, NW-UCLA hold
# the same joints, some in another order: their readers put them into this one).
KINECT20 = SkeletonLayout(
    name="kinect20",
    joint_names=_names(
        "pelvis spine spine_shoulder head l_shoulder l_elbow l_wrist l_hand "
        "r_shoulder r_elbow r_wrist r_hand l_hip l_knee l_ankle l_foot r_hip r_knee r_ankle r_foot"
    ),
    edges=(
        ("spine", "pelvis"),
        ("spine_shoulder", "spine"),
        ("head", "spine_shoulder"),
        *_both(("_shoulder", "spine_shoulder"), ("_hip", "pelvis")),
        *_KINECT_ARMS_AND_LEGS,
    ),
    root="pelvis",
)

# Ionescu et al., Human3.6M, TPAMI 2014: the usual 17 of its 32 joints.
H36M17 = SkeletonLayout(
    name="h36m17",
    joint_names=_names(
        "pelvis r_hip r_knee r_ankle l_hip l_knee l_ankle spine neck nose head_top "
        "l_shoulder l_elbow l_wrist r_shoulder r_elbow r_wrist"
    ),
    edges=(
        ("spine", "pelvis"),
        ("neck", "spine"),
        ("nose", "neck"),
        ("head_top", "nose"),
        *_both(("_shoulder", "neck"), ("_hip", "pelvis")),
        *_LIMB_EDGES,
    ),
    root="pelvis",
)

# Andriluka et al., MPII Human Pose, CVPR 2014: the 16 joints of the hourglass networks.
MPII16 = SkeletonLayout(
    name="mpii16",
    joint_names=_names(
        "r_ankle r_knee r_hip l_hip l_knee l_ankle pelvis spine_shoulder neck head_top "
        "r_wrist r_elbow r_shoulder l_shoulder l_elbow l_wrist"
    ),
    edges=(
        ("spine_shoulder", "pelvis"),
        ("neck", "spine_shoulder"),
        ("head_top", "neck"),
        *_both(("_shoulder", "spine_shoulder"), ("_hip", "pelvis")),
        *_LIMB_EDGES,
    ),
    root="pelvis",
)

# Jhuang et al., J-HMDB, ICCV 2013: the puppet's 15 joints.
JHMDB15 = SkeletonLayout(
    name="jhmdb15",
    joint_names=_names(
        "neck belly face r_shoulder l_shoulder r_hip l_hip r_elbow l_elbow r_knee l_knee "
        "r_wrist l_wrist r_ankle l_ankle"
    ),
    edges=(
        ("neck", "belly"),
        ("face", "neck"),
        *_both(("_shoulder", "neck"), ("_hip", "belly")),
        *_LIMB_EDGES,
    ),
    root="belly",
)

# Zhang, Zhu, Derpanis, Penn Action, ICCV 2013.
_BODY13_NAMES = _names("head lr_shoulder lr_elbow lr_wrist lr_hip lr_knee lr_ankle")
_BODY13_EDGES = (*_both(("_shoulder", "head"), ("_hip", "_shoulder")), *_LIMB_EDGES)
PENN13 = SkeletonLayout(
    name="penn13",
    joint_names=_BODY13_NAMES,
    edges=_BODY13_EDGES,
    root="head",
    drawn_edges=(*_both(("_shoulder", "head")), *_TORSO_RING, *_LIMB_EDGES),
)

# The joints that every layout here has or can make: what models that run on any of them use.
BODY13 = SkeletonLayout(
    name="body13",
    joint_names=_BODY13_NAMES,
    edges=_BODY13_EDGES,
    root="head",
    drawn_edges=(*_both(("_shoulder", "head")), *_TORSO_RING, *_LIMB_EDGES),
)

# Yun et al., SBU Kinect Interaction, CVPR-W 2012 (OpenNI skeleton).
SBU15 = SkeletonLayout(
    name="sbu15",
    joint_names=_names(
        "head neck spine l_shoulder l_elbow l_hand r_shoulder r_elbow r_hand "
        "l_hip l_knee l_foot r_hip r_knee r_foot"
    ),
    edges=(
        ("neck", "spine"),
        ("head", "neck"),
        *_both(
            ("_shoulder", "neck"),
            ("_elbow", "_shoulder"),
            ("_hand", "_elbow"),
            ("_hip", "spine"),
            ("_knee", "_hip"),
            ("_foot", "_knee"),
        ),
    ),
    root="spine",
)

LAYOUTS: dict[str, SkeletonLayout] = {
    "coco17": COCO17,
    "openpose18": OPENPOSE18,
    "openpose25": OPENPOSE25,
    "halpe26": HALPE26,
    "blazepose33": BLAZEPOSE33,
    "ntu25": NTU25,
    "kinect20": KINECT20,
    "h36m17": H36M17,
    "mpii16": MPII16,
    "jhmdb15": JHMDB15,
    "penn13": PENN13,
    "sbu15": SBU15,
    "body13": BODY13,
}


def get_layout(name: str) -> SkeletonLayout:
    """The layout of that name.

    Raises:
        InvalidInputError: If there is none.
    """
    try:
        return LAYOUTS[name]
    except KeyError:
        raise InvalidInputError(f"no layout is called {name!r}; known: {', '.join(LAYOUTS)}") from None


@dataclass(frozen=True)
class Recipe:
    """How a joint that a source lacks is made: the mean of `parts`.

    With `need_all` the mean exists only where every part is seen (a neck from one shoulder
    would jump sideways); without it, the parts that are seen are enough.
    """

    parts: tuple[str, ...]
    need_all: bool = True


_SEEN_FACE = Recipe(("nose", "left_eye", "right_eye", "left_ear", "right_ear"), need_all=False)
_TORSO = Recipe(("left_shoulder", "right_shoulder", "left_hip", "right_hip"))

# Tried in order; the first whose parts the source has is used for the whole sequence.
RECIPES: dict[str, tuple[Recipe, ...]] = {
    "neck": (Recipe(("spine_shoulder",)), Recipe(("left_shoulder", "right_shoulder"))),
    "spine_shoulder": (Recipe(("neck",)), Recipe(("left_shoulder", "right_shoulder"))),
    "pelvis": (Recipe(("left_hip", "right_hip")),),
    "spine": (_TORSO,),
    "belly": (Recipe(("spine",)), _TORSO),
    "head": (Recipe(("face",)), _SEEN_FACE, Recipe(("nose",)), Recipe(("head_top", "neck"))),
    "face": (Recipe(("head",)), _SEEN_FACE, Recipe(("nose",)), Recipe(("head_top", "neck"))),
    # A Kinect or OpenNI hand lies some 8 cm beyond the wrist, a foot as much beyond the ankle:
    # near enough to stand in for them, and all that SBU has.
    **{f"{side}_wrist": (Recipe((f"{side}_hand",)),) for side in ("left", "right")},
    **{f"{side}_hand": (Recipe((f"{side}_index", f"{side}_pinky")),) for side in ("left", "right")},
    **{f"{side}_ankle": (Recipe((f"{side}_foot",)),) for side in ("left", "right")},
    **{
        f"{side}_foot": (Recipe((f"{side}_foot_index",)), Recipe((f"{side}_big_toe",)))
        for side in ("left", "right")
    },
    **{f"{side}_big_toe": (Recipe((f"{side}_foot_index",)),) for side in ("left", "right")},
    **{f"{side}_foot_index": (Recipe((f"{side}_big_toe",)),) for side in ("left", "right")},
}


def recipe_for(joint_name: str, source: SkeletonLayout) -> Recipe | None:
    """How to get a joint from a source layout; None when it cannot be had."""
    if joint_name in source:
        return Recipe((joint_name,))
    for recipe in RECIPES.get(joint_name, ()):
        if all(part in source for part in recipe.parts):
            return recipe
    return None


def convert_joints(
    keypoints: NDArray[np.float32],
    confidence: NDArray[np.float32],
    source: SkeletonLayout,
    target: SkeletonLayout,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Keypoints of one layout in the joints of another, by joint name.

    Args:
        keypoints: (..., V_source, C), NaN = missing.
        confidence: (..., V_source).
        source: Layout of the arrays given.
        target: Layout wanted.

    Returns:
        Keypoints (..., V_target, C) and confidence (..., V_target). A made joint has the
        lowest confidence of its parts; a joint that cannot be had is NaN with confidence 0.
    """
    if source.joint_names == target.joint_names:
        return keypoints.copy(), confidence.copy()
    out = np.full((*keypoints.shape[:-2], target.num_joints, keypoints.shape[-1]), np.nan, np.float32)
    out_confidence = np.zeros((*confidence.shape[:-1], target.num_joints), np.float32)
    copied, into, made = _conversion(source, target)
    parts, sure = keypoints[..., copied, :], confidence[..., copied]
    out[..., into, :] = parts
    out_confidence[..., into] = np.where(np.isnan(parts).any(axis=-1), 0, sure)
    for i, index, need_all in made:
        out[..., i, :], out_confidence[..., i] = _combine(
            keypoints[..., index, :], confidence[..., index], need_all
        )
    return out, out_confidence


@lru_cache(maxsize=64)
def _conversion(
    source: SkeletonLayout, target: SkeletonLayout
) -> tuple[list[int], list[int], list[tuple[int, list[int], bool]]]:
    """Which joints are copied, and into which; and those that are made: which, of which, of all of them."""
    copied, into, made = [], [], []
    for i, name in enumerate(target.joint_names):
        recipe = recipe_for(name, source)
        if recipe is None:
            continue
        index = source.indices(recipe.parts)
        if len(index) == 1:
            copied.append(index[0])
            into.append(i)
        else:
            made.append((i, index, recipe.need_all))
    return copied, into, made


def _combine(
    parts: NDArray[np.float32], confidence: NDArray[np.float32], need_all: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean over the part axis of (..., P, C) and the lowest confidence of the parts used."""
    if need_all:
        mean = parts.mean(axis=-2)
        lowest = confidence.min(axis=-1)
    else:
        seen: NDArray[np.bool_] = np.asarray(np.isfinite(parts).all(axis=-1))
        count = seen.sum(axis=-1)
        total = np.where(seen[..., None], parts, 0).sum(axis=-2)
        mean = np.where(count[..., None] > 0, total / np.maximum(count, 1)[..., None], np.nan)
        lowest = np.where(seen, confidence, np.inf).min(axis=-1)
    missing = np.isnan(mean).any(axis=-1)
    return mean.astype(np.float32), np.where(missing, 0, lowest).astype(np.float32)
