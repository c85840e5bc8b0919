"""PoseSequence: the joints of one or several people over time, the type all of poseact passes on."""

import json
import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from poseact.errors import InvalidInputError, SourceError
from poseact.files import write_whole
from poseact.layouts import LAYOUTS, convert_joints
from poseact.skeleton import SkeletonLayout

Units = Literal["px", "normalized", "m"]
FORMAT_VERSION = 1
# What numpy, zipfile and the header's checks raise on a file that is not one of ours.
_BROKEN_ZIP = (EOFError, zipfile.BadZipFile, zlib.error)
_BROKEN_FILE = (OSError, ValueError, KeyError, TypeError, AttributeError, *_BROKEN_ZIP)


@dataclass(frozen=True)
class PoseSequence:
    """Tracked people over time. M persons, T frames, V joints, C coordinates.

    Attributes:
        keypoints: (M, T, V, C) float32, C = 2 or 3; NaN = missing (zero is a legal coordinate).
            A person who is not in view in a frame has only NaN there.
        confidence: (M, T, V) float32 in [0, 1]; 0 where the joint is missing.
        timestamps: (T,) float64, seconds, strictly rising. Never assume an even rate.
        layout: Which joint is where on the V axis.
        units: ``"px"`` (x right, y down), ``"normalized"`` (x, y in [0, 1] of the frame) or
            ``"m"`` (x right, y down, z away from the camera).
        frame_size_wh: Width and height of the picture in pixels, or None when there is none.
        track_ids: (M,) int64, one number per person, unique; left out, people are numbered from 0.
        world_m: (M, T, V, 3) float32 or None: the same joints in metres around the middle of
            the hips (x right, y down, z away), where the estimator gives them beside pixels.

    Raises:
        InvalidInputError: If the arrays do not fit one another.
    """

    keypoints: NDArray[np.float32]
    confidence: NDArray[np.float32]
    timestamps: NDArray[np.float64]
    layout: SkeletonLayout
    units: Units = "px"
    frame_size_wh: tuple[int, int] | None = None
    track_ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    world_m: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        keypoints = np.asarray(self.keypoints, np.float32)
        if keypoints.ndim != 4 or keypoints.shape[-1] not in (2, 3):
            raise InvalidInputError(
                f"keypoints: expected (persons, frames, joints, 2 or 3), found {keypoints.shape}"
            )
        persons, frames = keypoints.shape[:2]
        given = np.asarray(self.track_ids)
        track_ids = given if given.size else np.arange(persons)
        for name, value in (
            ("keypoints", keypoints),
            ("confidence", np.asarray(self.confidence, np.float32)),
            ("timestamps", np.asarray(self.timestamps, np.float64)),
            ("track_ids", track_ids.astype(np.int64)),
        ):
            object.__setattr__(self, name, value)
        _expect_shape("confidence", self.confidence, keypoints.shape[:3])
        _expect_shape("timestamps", self.timestamps, (frames,))
        _expect_shape("track_ids", self.track_ids, (persons,))
        if keypoints.shape[2] != self.layout.num_joints:
            raise InvalidInputError(
                f"keypoints hold {keypoints.shape[2]} joints, but layout {self.layout.name!r} "
                f"has {self.layout.num_joints}"
            )
        if self.world_m is not None:
            object.__setattr__(self, "world_m", np.asarray(self.world_m, np.float32))
            _expect_shape("world_m", self.world_m, (*keypoints.shape[:3], 3))
        self._check_values()

    def _check_values(self) -> None:
        if self.units not in get_args(Units):
            raise InvalidInputError(f"units: expected one of {get_args(Units)}, found {self.units!r}")
        if np.isinf(self.keypoints).any():
            raise InvalidInputError("keypoints: found an infinite coordinate; a missing one is NaN")
        if not np.isfinite(self.timestamps).all() or (np.diff(self.timestamps) <= 0).any():
            raise InvalidInputError("timestamps: expected finite seconds that strictly rise")
        if not ((self.confidence >= 0) & (self.confidence <= 1)).all():
            raise InvalidInputError("confidence: expected numbers from 0 to 1")
        if len(set(self.track_ids.tolist())) != self.num_persons:
            raise InvalidInputError("track_ids: expected a different number for every person")

    @classmethod
    def _trusted(cls, fields: dict[str, Any]) -> "PoseSequence":
        """A sequence of attributes that are right already, for readers that check whole batches at once.

        Checking one clip takes longer than reading it.

        Args:
            fields: Every attribute, of the very types and values that the class promises; becomes
                the sequence's own.
        """
        sequence = object.__new__(cls)
        object.__setattr__(sequence, "__dict__", fields)
        return sequence

    @property
    def num_persons(self) -> int:
        """M."""
        return int(self.keypoints.shape[0])

    @property
    def num_frames(self) -> int:
        """T."""
        return int(self.keypoints.shape[1])

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the last; 0 for fewer than two frames."""
        return float(self.timestamps[-1] - self.timestamps[0]) if self.num_frames > 1 else 0.0

    @property
    def present(self) -> NDArray[np.bool_]:
        """(M, T): where a person has at least one joint."""
        seen = np.asarray(np.isfinite(self.keypoints).all(axis=-1))
        return np.asarray(seen.any(axis=-1))

    def boxes(self) -> NDArray[np.float32]:
        """(M, T, 4): x0, y0, x1, y1 around the joints that are seen; NaN where nobody is."""
        xy = self.keypoints[..., :2]
        low = np.where(np.isnan(xy), np.inf, xy).min(axis=2)
        high = np.where(np.isnan(xy), -np.inf, xy).max(axis=2)
        box = np.concatenate([low, high], axis=-1)
        return np.where(np.isfinite(box).all(axis=-1, keepdims=True), box, np.nan).astype(np.float32)

    def slice_frames(self, start: int, stop: int) -> "PoseSequence":
        """Frames start to stop - 1, as Python slices."""
        return self._take(frames=slice(start, stop))

    def slice_time(self, start_s: float, end_s: float) -> "PoseSequence":
        """The frames with start_s <= time stamp < end_s; the stamps stay as they are."""
        return self._take(frames=(self.timestamps >= start_s) & (self.timestamps < end_s))

    def select_tracks(self, track_ids: Sequence[int]) -> "PoseSequence":
        """Only these people, in this order.

        Raises:
            InvalidInputError: If one of them is not in the sequence.
        """
        known = self.track_ids.tolist()
        unknown = [t for t in track_ids if t not in known]
        if unknown:
            raise InvalidInputError(f"no track {unknown}; this sequence has tracks {known}")
        return self._take(persons=[known.index(t) for t in track_ids])

    def _take(self, *, persons: Any = slice(None), frames: Any = slice(None)) -> "PoseSequence":
        def pick(array: NDArray[np.float32]) -> NDArray[np.float32]:
            return cast(NDArray[np.float32], array[persons][:, frames].copy())

        return replace(
            self,
            keypoints=pick(self.keypoints),
            confidence=pick(self.confidence),
            timestamps=self.timestamps[frames].copy(),
            track_ids=self.track_ids[persons].copy(),
            world_m=None if self.world_m is None else pick(self.world_m),
        )

    def to_layout(self, layout: SkeletonLayout) -> "PoseSequence":
        """The same people in another layout, by joint name; see `poseact.layouts.RECIPES`."""
        keypoints, confidence = convert_joints(self.keypoints, self.confidence, self.layout, layout)
        world = None
        if self.world_m is not None:
            world, _ = convert_joints(self.world_m, self.confidence, self.layout, layout)
        return replace(self, keypoints=keypoints, confidence=confidence, layout=layout, world_m=world)

    def resample(self, rate_hz: float, *, max_gap_s: float = 0.5) -> "PoseSequence":
        """At an even rate, by linear interpolation in time from the first stamp to the last.

        See `resample_at`.
        """
        if rate_hz <= 0:
            raise InvalidInputError(f"rate_hz: expected more than 0, found {rate_hz}")
        if self.num_frames == 0:
            return self
        count = int(np.floor(self.duration_s * rate_hz + 1e-6)) + 1
        return self.resample_at(self.timestamps[0] + np.arange(count) / rate_hz, max_gap_s=max_gap_s)

    def resample_at(self, timestamps: ArrayLike, *, max_gap_s: float = 0.5) -> "PoseSequence":
        """At the given time stamps (seconds, rising), by linear interpolation joint by joint.

        A joint that is missing for longer than `max_gap_s` stays missing in between, and
        nothing is made up before a joint's first or after its last sight.
        """
        times = np.asarray(timestamps, np.float64)

        def interpolated(array: NDArray[np.float32]) -> NDArray[np.float32]:
            flat = np.moveaxis(array, 1, 0).reshape(self.num_frames, -1)
            out = (
                np.stack(
                    [_interpolate(times, self.timestamps, column, max_gap_s) for column in flat.T], axis=-1
                )
                if flat.shape[1]
                else np.zeros((len(times), 0), np.float32)
            )
            shape = (len(times), array.shape[0], *array.shape[2:])
            return np.moveaxis(out.reshape(shape), 0, 1).astype(np.float32)

        keypoints = interpolated(self.keypoints)
        seen = np.isfinite(self.keypoints).all(axis=-1)
        confidence = np.nan_to_num(interpolated(np.where(seen, self.confidence, np.nan).astype(np.float32)))
        return replace(
            self,
            keypoints=keypoints,
            confidence=confidence,
            timestamps=times,
            world_m=None if self.world_m is None else interpolated(self.world_m),
        )

    def save(self, path: str | os.PathLike[str], *, origin: Mapping[str, Any] | None = None) -> None:
        """Write a native ``.npz``: arrays, and a JSON header with version, layout and units.

        Args:
            path: The file.
            origin: Where the poses come from, for `read_origin`; anything that JSON can hold.

        Raises:
            OutputError: If the file cannot be written. An older file of that name then stays.
        """
        header = {
            "format": "poseact.PoseSequence",
            "version": FORMAT_VERSION,
            "units": self.units,
            "frame_size_wh": self.frame_size_wh,
            "layout": _layout_to_dict(self.layout),
            **({} if origin is None else {"origin": origin}),
        }
        arrays: dict[str, NDArray[Any]] = {
            "header": np.array(json.dumps(header)),
            "keypoints": self.keypoints,
            "confidence": self.confidence,
            "timestamps": self.timestamps,
            "track_ids": self.track_ids,
        }
        if self.world_m is not None:
            arrays["world_m"] = self.world_m
        write_whole(Path(path), lambda file: np.savez_compressed(file, allow_pickle=False, **arrays))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "PoseSequence":
        """Read a native ``.npz``.

        Raises:
            SourceError: If the file is missing, broken or not a PoseSequence.
        """
        arrays = _read_arrays(path)
        try:
            return cls._from_arrays(arrays)
        except _BROKEN_FILE as error:
            why = f"no entry {error}" if isinstance(error, KeyError) else error
            raise SourceError(
                f"{path}: expected a poseact .npz of poses, found a broken one ({why})"
            ) from error

    @classmethod
    def _from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> "PoseSequence":
        header = json.loads(str(arrays["header"]))
        size = header["frame_size_wh"]
        return cls(
            keypoints=arrays["keypoints"],
            confidence=arrays["confidence"],
            timestamps=arrays["timestamps"],
            layout=_layout_from_dict(header["layout"]),
            units=header["units"],
            frame_size_wh=None if size is None else (int(size[0]), int(size[1])),
            track_ids=arrays["track_ids"],
            world_m=arrays.get("world_m"),
        )


def read_origin(path: str | os.PathLike[str]) -> Mapping[str, Any] | None:
    """What `PoseSequence.save` was told of where the poses come from; None if nothing.

    Raises:
        SourceError: If the file is missing, broken or not a PoseSequence.
    """
    header = json.loads(str(_read_arrays(path, only=("header",))["header"]))
    origin = header.get("origin")
    return origin if isinstance(origin, Mapping) else None


def _read_arrays(path: str | os.PathLike[str], only: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of one of our files, all or some; only the header's kind and version are checked.

    Raises:
        SourceError: If the file is missing, broken or not a PoseSequence.
    """
    kind = f"{path}: expected a poseact .npz of poses, found"
    try:
        with Path(path).open("rb") as opened:
            if not zipfile.is_zipfile(opened):
                raise SourceError(f"{kind} a file that is no .npz, or only a part of one")
            opened.seek(0)
            with np.load(opened, allow_pickle=False) as file:
                _check_header(json.loads(str(file["header"])) if "header" in file else None, kind)
                return {name: file[name] for name in only or file.files}
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error
    except _BROKEN_FILE as error:
        # Not numpy's own words: they advise to load the file unsafely.
        raise SourceError(f"{kind} a broken one") from error


def _check_header(header: Any, kind: str) -> None:
    if not isinstance(header, Mapping) or header.get("format") != "poseact.PoseSequence":
        raise SourceError(f"{kind} the .npz of something else")
    if not isinstance(header.get("version"), int) or header["version"] > FORMAT_VERSION:
        raise SourceError(
            f"{kind} version {header.get('version')!r}, newer than this poseact reads: upgrade poseact"
        )


def _expect_shape(name: str, array: NDArray[Any] | None, shape: tuple[int, ...]) -> None:
    found = None if array is None else array.shape
    if found != shape:
        raise InvalidInputError(f"{name}: expected shape {shape}, found {found}")


def _interpolate(
    at: NDArray[np.float64], times: NDArray[np.float64], values: NDArray[np.float32], max_gap_s: float
) -> NDArray[np.float64]:
    """Linear interpolation of one column with NaN holes; holes longer than max_gap_s stay."""
    seen = np.flatnonzero(np.isfinite(values))
    if len(seen) == 0:
        return np.full(len(at), np.nan)
    if at is times and len(seen) == len(values):
        return values.astype(np.float64)
    known = times[seen]
    out = np.interp(at, known, values[seen], left=np.nan, right=np.nan)
    after = np.searchsorted(known, at, side="left").clip(0, len(known) - 1)
    before = np.searchsorted(known, at, side="right").clip(1, len(known)) - 1
    hole = (seen[after] - seen[before] > 1) & (known[after] - known[before] > max_gap_s)
    out[hole & (at > known[before]) & (at < known[after])] = np.nan
    return np.asarray(out, np.float64)


def _layout_to_dict(layout: SkeletonLayout) -> dict[str, Any]:
    keys = ("name", "joint_names", "edges", "root", "flip_pairs", "drawn_edges")
    return {key: getattr(layout, key) for key in keys}


def _layout_from_dict(fields: dict[str, Any]) -> SkeletonLayout:
    known = LAYOUTS.get(fields["name"])
    if known is not None and list(known.joint_names) == fields["joint_names"]:
        return known

    def pairs(key: str) -> tuple[tuple[str, str], ...]:
        return tuple((str(a), str(b)) for a, b in fields[key])

    return SkeletonLayout(
        name=str(fields["name"]),
        joint_names=tuple(map(str, fields["joint_names"])),
        edges=pairs("edges"),
        root=str(fields["root"]),
        flip_pairs=pairs("flip_pairs"),
        drawn_edges=pairs("drawn_edges"),
    )
