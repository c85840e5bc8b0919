"""Clip: one trimmed, labelled sample of a data set, and all that is known about where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from poseact.errors import InvalidInputError
from poseact.sequence import PoseSequence


@dataclass(frozen=True)
class Clip:
    """One labelled sample.

    Attributes:
        sequence: The people, in the layout that the set really has.
        label: Class name, as the set itself calls it; None for poses that nobody has labelled.
        name: Unique within the set, e.g. the file's stem.
        subject: Who is seen; None when the set does not say.
        camera: Which camera or view.
        repetition: Which of several takes.
        group: Clips of one group must never be split between training and test (a pair of
            people, a source video, an uploader); None when the set does not say.
        splits: Official protocols by name, each with the part that this clip belongs to:
            ``{"xsub": "train"}``, or the fold's number for a k-fold protocol.

    Raises:
        InvalidInputError: If label or name is empty.
    """

    sequence: PoseSequence
    label: str | None
    name: str
    subject: str | None = None
    camera: str | None = None
    repetition: str | None = None
    group: str | None = None
    splits: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.label == "" or not self.name:
            raise InvalidInputError(
                f"clip: expected a name, and a label or None, found {self.name!r} and {self.label!r}"
            )

    @property
    def info(self) -> "ClipInfo":
        """All but the poses."""
        return ClipInfo(**{field.name: getattr(self, field.name) for field in fields(ClipInfo)})

    def with_sequence(self, sequence: PoseSequence) -> "Clip":
        """The same clip with other poses."""
        return replace(self, sequence=sequence)


@dataclass(frozen=True)
class ClipInfo:
    """What is known about a clip without its poses: enough to count, to check and to split a set.

    The attributes are those of `Clip`.
    """

    label: str | None
    name: str
    subject: str | None = None
    camera: str | None = None
    repetition: str | None = None
    group: str | None = None
    splits: Mapping[str, str] = field(default_factory=dict)
