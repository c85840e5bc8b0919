"""What is known of a clip beside its poses, as a JSON object: what foreign formats have no place for."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from poseact.clip import Clip, ClipInfo
from poseact.datasets.json_reading import as_int, as_list, as_mapping, as_text
from poseact.errors import SourceError
from poseact.sequence import PoseSequence, Units

_TEXTS = ("label", "subject", "camera", "repetition", "group")


@dataclass(frozen=True)
class ClipHeader:
    """A clip without its joints and times: see `Clip` and `PoseSequence` for the attributes."""

    info: ClipInfo
    layout_name: str
    units: Units
    dimensions: int
    frame_size_wh: tuple[int, int] | None
    track_ids: tuple[int, ...]

    def clip(self, sequence: PoseSequence) -> Clip:
        """The clip with these poses."""
        info = self.info
        return Clip(
            sequence=sequence,
            label=info.label,
            name=info.name,
            subject=info.subject,
            camera=info.camera,
            repetition=info.repetition,
            group=info.group,
            splits=info.splits,
        )


def header_to_json(clip: Clip) -> dict[str, Any]:
    """The header of a clip; what is not known is left out."""
    sequence = clip.sequence
    texts = {key: value for key in _TEXTS if (value := getattr(clip, key)) is not None}
    size = sequence.frame_size_wh
    return {
        "name": clip.name,
        **texts,
        **({"splits": dict(clip.splits)} if clip.splits else {}),
        "layout": sequence.layout.name,
        "units": sequence.units,
        "dimensions": int(sequence.keypoints.shape[-1]),
        **({} if size is None else {"frame_size_wh": list(size)}),
        "track_ids": sequence.track_ids.tolist(),
    }


def header_from_json(value: Any, where: str) -> ClipHeader:
    """The header that `header_to_json` made.

    Raises:
        SourceError: If it is of another form.
    """
    fields = as_mapping(value, where)

    def text(key: str) -> str | None:
        return None if fields.get(key) is None else as_text(fields[key], f"{where}: {key}")

    units = text("units") or "px"
    if units not in get_args(Units):
        raise SourceError(f"{where}: units: expected one of {', '.join(get_args(Units))}, found {units!r}")
    dimensions = as_int(fields.get("dimensions", 2), f"{where}: dimensions")
    if dimensions not in (2, 3):
        raise SourceError(f"{where}: dimensions: expected 2 or 3, found {dimensions}")
    ids = as_list(fields.get("track_ids", []), f"{where}: track_ids")
    track_ids = tuple(as_int(one, f"{where}: track_ids") for one in ids)
    if len(set(track_ids)) != len(track_ids):
        raise SourceError(f"{where}: track_ids: expected a different number for every person")
    return ClipHeader(
        info=ClipInfo(
            name=as_text(fields.get("name"), f"{where}: name"),
            label=text("label"),
            subject=text("subject"),
            camera=text("camera"),
            repetition=text("repetition"),
            group=text("group"),
            splits=_splits(fields.get("splits", {}), f"{where}: splits"),
        ),
        layout_name=text("layout") or "custom",
        units=cast(Units, units),
        dimensions=dimensions,
        frame_size_wh=_size(fields.get("frame_size_wh"), f"{where}: frame_size_wh"),
        track_ids=track_ids,
    )


def _splits(value: Any, where: str) -> Mapping[str, str]:
    return {as_text(k, where): as_text(v, where) for k, v in as_mapping(value, where).items()}


def _size(value: Any, where: str) -> tuple[int, int] | None:
    if value is None:
        return None
    numbers = [as_int(one, where) for one in as_list(value, where)]
    if len(numbers) != 2 or min(numbers) < 1:
        raise SourceError(f"{where}: expected width and height in pixels, found {value}")
    return numbers[0], numbers[1]


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or, where a clip before has it (folders may be copies), ``name#2``, ``name#3`` ..."""
    numbered = (f"{name}#{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain((name,), numbered) if free not in taken)
