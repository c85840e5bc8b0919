"""The type that says which joints a skeleton has, what they are called and how they connect."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from poseact.errors import InvalidInputError

Edge = tuple[str, str]


def pairs_by_name(joint_names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Pairs (left_x, right_x) among the joint names, in the order of the left ones."""
    names = set(joint_names)
    mirrored = ((name, "right_" + name.removeprefix("left_")) for name in joint_names)
    return tuple((a, b) for a, b in mirrored if a.startswith("left_") and b in names)


@dataclass(frozen=True)
class SkeletonLayout:
    """Joints by name and the bones between them; everything else is derived.

    Attributes:
        name: Short name, e.g. ``"coco17"``.
        joint_names: V names; their order is the order of the joint axis of every array.
        edges: V - 1 bones as (child, parent): a tree that hangs from `root`.
        root: The joint that has no parent.
        flip_pairs: (left, right) joints that change places in a mirror; by default every
            ``left_x`` with its ``right_x``.
        drawn_edges: Lines to draw; by default `edges`. Layouts without a neck or a pelvis
            have bones that are good for a graph but ugly on a picture.

    Raises:
        InvalidInputError: If names repeat, or the edges are not a tree over all joints.
    """

    name: str
    joint_names: tuple[str, ...]
    edges: tuple[Edge, ...]
    root: str
    flip_pairs: tuple[tuple[str, str], ...] = field(default=())
    drawn_edges: tuple[Edge, ...] = field(default=())

    def __post_init__(self) -> None:
        if len(set(self.joint_names)) != len(self.joint_names):
            raise InvalidInputError(f"layout {self.name!r}: a joint name is used twice")
        if not self.flip_pairs:
            object.__setattr__(self, "flip_pairs", pairs_by_name(self.joint_names))
        if not self.drawn_edges:
            object.__setattr__(self, "drawn_edges", self.edges)
        self._check_names()
        self._check_tree()

    def _check_names(self) -> None:
        known = set(self.joint_names)
        used = [*self.edges, *self.flip_pairs, *self.drawn_edges, (self.root, self.root)]
        unknown = sorted({name for pair in used for name in pair} - known)
        if unknown:
            raise InvalidInputError(f"layout {self.name!r}: unknown joint names {unknown}")

    def _check_tree(self) -> None:
        parent = dict(self.edges)
        if len(parent) != len(self.edges) or set(parent) != set(self.joint_names) - {self.root}:
            raise InvalidInputError(
                f"layout {self.name!r}: every joint but the root {self.root!r} needs exactly one parent"
            )
        for start in self.joint_names:
            joint, steps = start, 0
            while joint != self.root:
                joint, steps = parent[joint], steps + 1
                if steps > self.num_joints:
                    raise InvalidInputError(f"layout {self.name!r}: {start!r} is on a cycle")

    @property
    def num_joints(self) -> int:
        """V, the length of the joint axis."""
        return len(self.joint_names)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.joint_names)}

    def index(self, joint_name: str) -> int:
        """Position of a joint on the joint axis.

        Raises:
            InvalidInputError: If the layout has no such joint.
        """
        try:
            return self._index[joint_name]
        except KeyError:
            raise InvalidInputError(
                f"layout {self.name!r} has no joint {joint_name!r}; it has {', '.join(self.joint_names)}"
            ) from None

    def indices(self, joint_names: Sequence[str]) -> list[int]:
        """Positions of several joints; see `index`."""
        return [self.index(name) for name in joint_names]

    def __contains__(self, joint_name: object) -> bool:
        return joint_name in self._index

    @cached_property
    def edge_indices(self) -> NDArray[np.intp]:
        """`edges` as indices, (V - 1, 2): child, parent."""
        return np.array([self.indices(edge) for edge in self.edges], dtype=np.intp).reshape(-1, 2)

    @cached_property
    def flip_order(self) -> NDArray[np.intp]:
        """Permutation (V,) such that ``keypoints[..., flip_order, :]`` exchanges left and right."""
        order = np.arange(self.num_joints)
        for a, b in self.flip_pairs:
            order[[self.index(a), self.index(b)]] = self.index(b), self.index(a)
        return order
