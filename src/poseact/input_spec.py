"""InputSpec: which joints, people, frames and coordinates a model takes, and how they are sampled in time."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from poseact.errors import InvalidInputError
from poseact.layouts import get_layout
from poseact.skeleton import SkeletonLayout

Sampling = Literal["clip", "window"]


@dataclass(frozen=True)
class InputSpec:
    """The form of a model's input, (N, M, T, V, C).

    Attributes:
        layout: V joints, by name.
        num_persons: M.
        num_frames: T.
        num_coordinates: C, 2 (x right, y down) or 3 (and z away from the camera).
        sampling: ``clip``: T frames spread evenly over a whole clip, however long it is;
            ``window``: T frames at `rate_hz`.
        rate_hz: Frames a second. For ``clip`` that of a clip of usual length, which is what a
            model trained on whole clips is given of a video that goes on and on.

    Raises:
        InvalidInputError: If a number makes no sense.
    """

    layout: SkeletonLayout
    num_persons: int = 1
    num_frames: int = 32
    num_coordinates: int = 2
    sampling: Sampling = "clip"
    rate_hz: float = 30.0

    def __post_init__(self) -> None:
        if self.num_persons < 1 or self.num_frames < 2 or not 0 < self.rate_hz < 1e6:
            raise InvalidInputError(
                "input: expected at least 1 person, 2 frames and a positive rate, found "
                f"{self.num_persons}, {self.num_frames} and {self.rate_hz}"
            )
        if self.num_coordinates not in (2, 3) or self.sampling not in get_args(Sampling):
            raise InvalidInputError(
                "input: expected 2 or 3 coordinates and the sampling clip or window, found "
                f"{self.num_coordinates} and {self.sampling!r}"
            )

    @property
    def window_s(self) -> float:
        """Seconds from the first frame to the last."""
        return (self.num_frames - 1) / self.rate_hz

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(M, T, V, C)."""
        return self.num_persons, self.num_frames, self.layout.num_joints, self.num_coordinates

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for metadata."""
        return {
            "layout": self.layout.name,
            "joint_names": list(self.layout.joint_names),
            "num_persons": self.num_persons,
            "num_frames": self.num_frames,
            "num_coordinates": self.num_coordinates,
            "sampling": self.sampling,
            "rate_hz": self.rate_hz,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "InputSpec":
        """The inverse of `to_dict`.

        Raises:
            InvalidInputError: If the layout is not known here, or has other joints.
            KeyError: If an entry is missing.
        """
        layout = get_layout(values["layout"])
        if list(layout.joint_names) != values["joint_names"]:
            raise InvalidInputError(f"its joints are not those of layout {layout.name!r}")
        return cls(
            layout=layout,
            num_persons=int(values["num_persons"]),
            num_frames=int(values["num_frames"]),
            num_coordinates=int(values["num_coordinates"]),
            sampling=values["sampling"],
            rate_hz=float(values["rate_hz"]),
        )
