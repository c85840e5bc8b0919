"""Joint names as other tools spell them, and the layout that a list of names stands for."""

import re
from collections import deque
from collections.abc import Iterable, Sequence

from poseact.errors import InvalidInputError
from poseact.layouts import LAYOUTS
from poseact.skeleton import Edge, SkeletonLayout

_VOCABULARY = {name for layout in LAYOUTS.values() for name in layout.joint_names}
_KNOWN_EDGES = tuple(dict.fromkeys(edge for layout in LAYOUTS.values() for edge in layout.edges))
_SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}
# OpenPose, Halpe, MPII, PoseTrack and COCO-WholeBody, without the side.
_OTHER_NAMES = {
    "mid_hip": "pelvis",
    "hip": "pelvis",
    "hip_center": "pelvis",
    "root": "pelvis",
    "pelv": "pelvis",
    "thorax": "spine_shoulder",
    "thrx": "spine_shoulder",
    "head_bottom": "neck",
    "upper_neck": "neck",
    "top_head": "head_top",
    "bigtoe": "big_toe",
    "smalltoe": "small_toe",
}
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
# Tried in this order as the joint from which an unknown skeleton hangs.
_ROOTS = ("pelvis", "spine", "belly", "neck", "nose", "head")


def joint_name(text: str) -> str:
    """The name that poseact uses for a joint: ``LShoulder``, ``left shoulder`` -> ``left_shoulder``.

    A name that is not understood stays as it is.
    """
    if text in _VOCABULARY:
        return text
    words = [word.lower() for word in _WORD.findall(text)]
    side = next((_SIDES[word] for word in words if word in _SIDES), None)
    rest = "_".join(word for word in words if word not in _SIDES)
    if side is None and rest[:1] in ("l", "r") and _named(rest[1:], _SIDES[rest[0]]) in _VOCABULARY:
        side, rest = _SIDES[rest[0]], rest[1:]
    named = _named(rest, side)
    return named if named in _VOCABULARY else text


def _named(rest: str, side: str | None) -> str:
    if side is None:
        return _OTHER_NAMES.get(rest, rest)
    both = {"bigtoe": "big_toe", "smalltoe": "small_toe"}
    return f"{side}_{both.get(rest, rest)}"


def layout_of(
    joint_names: Sequence[str], edges: Iterable[Edge] = (), *, name: str = "custom"
) -> SkeletonLayout:
    """The layout with just these joints in this order: one of `LAYOUTS`, or a new one.

    Args:
        joint_names: Names, each once.
        edges: Bones, if any are known; they need not make a tree. Bones that other layouts
            have are used where these leave joints apart, and what is still apart hangs from the root.
        name: Which layout to take where several have these joints, and the name of a new one.

    Raises:
        InvalidInputError: If there is no joint, or a name is empty or used twice.
    """
    names = tuple(joint_names)
    if not names or not all(names) or len(set(names)) != len(names):
        raise InvalidInputError(
            f"expected joints, each with its own name, found {', '.join(names) or 'none'}"
        )
    fitting = [layout for layout in LAYOUTS.values() if layout.joint_names == names]
    if fitting:
        return next((layout for layout in fitting if layout.name == name), fitting[0])
    given = tuple((a, b) for a, b in edges if a in names and b in names and a != b)
    roots = set(names) - {child for child, _ in given}
    if len(roots) == 1:
        try:
            return SkeletonLayout(name=name, joint_names=names, edges=given, root=roots.pop())
        except InvalidInputError:
            pass
    root = next((joint for joint in _ROOTS if joint in names), names[0])
    tree = _spanning_tree(names, root, (*given, *_KNOWN_EDGES))
    return SkeletonLayout(name=name, joint_names=names, edges=tree, root=root)


def _spanning_tree(names: Sequence[str], root: str, edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Edges (child, parent) from the root to every joint, along the given ones as far as they go."""
    near: dict[str, list[str]] = {name: [] for name in names}
    for a, b in edges:
        if a in near and b in near:
            near[a].append(b)
            near[b].append(a)
    parent: dict[str, str] = {}
    for start in (root, *names):
        if start != root and start not in parent:
            parent[start] = root
        elif start != root:
            continue
        waiting = deque([start])
        while waiting:
            joint = waiting.popleft()
            for other in near[joint]:
                if other != root and other not in parent:
                    parent[other] = joint
                    waiting.append(other)
    return tuple((joint, parent[joint]) for joint in names if joint != root)
