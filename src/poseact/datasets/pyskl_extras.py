"""What poseact adds to a PYSKL file under a key that PYSKL does not look at, so that nothing is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast, get_args

from poseact.datasets.pyskl_names import Told
from poseact.datasets.restricted_pickle import PickledArray
from poseact.errors import InvalidInputError, SourceError
from poseact.layouts import LAYOUTS
from poseact.sequence import PoseSequence, Units
from poseact.skeleton import SkeletonLayout

# In the file beside `split` and `annotations`, and in an annotation beside `frame_dir`.
EXTRAS = "poseact"
VERSION = 1
TEXTS = ("subject", "camera", "repetition", "group")
ARRAYS = ("keypoints", "confidence", "timestamps", "track_ids", "world_m")


@dataclass(frozen=True)
class FileExtras:
    """What holds for all clips of a file.

    Attributes:
        layout: None: it follows from the number of joints.
        units: None: pixels for 2D, metres for 3D.
        rate_hz: None: as the reader is told.
        protocols: Protocol and part of those keys of `split` that do not say it by themselves.
    """

    layout: SkeletonLayout | None = None
    units: Units | None = None
    rate_hz: float | None = None
    protocols: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """As it stands in the file, without what is not known."""
        layout = self.layout
        known = layout is not None and LAYOUTS.get(layout.name) == layout
        fields = {
            "layout": None if layout is None else layout.name if known else asdict(layout),
            "units": self.units,
            "rate_hz": self.rate_hz,
            "protocols": dict(self.protocols) or None,
        }
        return {key: value for key, value in fields.items() if value is not None}


def file_extras(content: Any) -> FileExtras:
    """The reverse of `FileExtras.to_plain`, of what anybody may have put into a file.

    Raises:
        SourceError: If it has another form.
    """
    if content is None:
        return FileExtras()
    if not isinstance(content, dict):
        raise SourceError(f"{EXTRAS}: expected a dict, found {type(content).__name__}")
    if content.get("version", VERSION) != VERSION:
        raise SourceError(f"{EXTRAS}: version {str(content['version'])[:20]} is newer: upgrade poseact")
    units, rate, protocols = (content.get(key) for key in ("units", "rate_hz", "protocols"))
    if units is not None and units not in get_args(Units):
        raise SourceError(f"{EXTRAS}: units: expected one of {get_args(Units)}, found {str(units)[:40]!r}")
    if rate is not None and not (isinstance(rate, int | float) and 0 < rate < float("inf")):
        raise SourceError(f"{EXTRAS}: rate_hz: expected more than 0, found {str(rate)[:40]!r}")
    return FileExtras(
        layout=_layout(content.get("layout")),
        units=cast(Units | None, units),
        rate_hz=rate,
        protocols=_protocols({} if protocols is None else protocols),
    )


def _layout(content: Any) -> SkeletonLayout | None:
    if content is None:
        return None
    if isinstance(content, str) and content in LAYOUTS:
        return LAYOUTS[content]
    try:
        return SkeletonLayout(
            name=_text(content["name"]),
            joint_names=tuple(_text(name) for name in content["joint_names"]),
            root=_text(content["root"]),
            **{key: _pairs(content[key]) for key in ("edges", "flip_pairs", "drawn_edges")},
        )
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise SourceError(f"{EXTRAS}: layout: expected a name or a layout's parts ({error})") from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a text, found {str(value)[:40]!r}")
    return value


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_text(a), _text(b)) for a, b in value)


def _protocols(content: Any) -> dict[str, tuple[str, str]]:
    try:
        return {_text(key): (_text(protocol), _text(part)) for key, (protocol, part) in content.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise SourceError(f"{EXTRAS}: protocols: expected a protocol and a part for each key") from error


def told_by_extras(extras: Mapping[str, Any], told: Told) -> Told:
    """Subject, camera, repetition and group as an annotation's extras say, where they say it.

    Raises:
        SourceError: If one of them is neither a text nor None.
    """
    given = {key: extras[key] for key in TEXTS if key in extras}
    for key, value in given.items():
        if value is not None and (not isinstance(value, str) or not value):
            raise SourceError(f"{EXTRAS}: {key}: expected a text or None, found {str(value)[:40]!r}")
    return told._replace(**given)


def with_extras(sequence: PoseSequence, extras: Mapping[str, Any]) -> PoseSequence:
    """The sequence with what an annotation's extras say of it.

    Raises:
        SourceError: If they do not fit.
    """
    fields: dict[str, Any] = {}
    for key in ARRAYS:
        if key in extras:
            if not isinstance(extras[key], PickledArray):
                raise SourceError(f"{EXTRAS}: {key}: expected an array")
            fields[key] = extras[key].values
    if "frame_size_wh" in extras:
        fields["frame_size_wh"] = _size(extras["frame_size_wh"])
    if not fields:
        return sequence
    try:
        return replace(sequence, **fields)
    except (InvalidInputError, ValueError, TypeError) as error:
        raise SourceError(f"{EXTRAS}: {error}") from error


def _size(value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    plain = isinstance(value, Sequence) and len(value) == 2 and all(type(n) is int and n > 0 for n in value)
    if not plain:
        raise SourceError(f"{EXTRAS}: frame_size_wh: expected width and height, found {str(value)[:40]!r}")
    return value[0], value[1]
