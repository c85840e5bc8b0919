"""The netCDF files of the package movement, a clip a file, in and out (extra `interchange`).

Niksirat et al., "movement", 2023, https://movement.neuroinformatics.dev: an xarray Dataset of
``position`` (time, space, keypoint, individual) and ``confidence`` (time, keypoint, individual);
before its version 0.17 the last two dimensions were called keypoints and individuals, and both are
read. The file is HDF5 and is read as such: neither xarray nor movement is needed. What the format
has no place for stands, as JSON, in the attribute ``poseact`` of a file that poseact wrote.
"""

import json
import mmap
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets import interchange
from poseact.datasets.clip_header import ClipHeader
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.joint_naming import layout_of
from poseact.datasets.json_reading import glance
from poseact.datasets.people import checked_rate, guess_units
from poseact.errors import InvalidInputError, MissingExtraError, OutputError, SourceError
from poseact.files import whole_file
from poseact.sequence import PoseSequence, Units
from poseact.skeleton import SkeletonLayout

SUFFIX = ".nc"
RATE_HZ = interchange.NOMINAL_RATE_HZ
_HEADER = "poseact"
_WORLD = "world_position"
# Deflate makes numbers at most this many times smaller; what claims more is not there.
_MAX_RATIO = 1100
_HDF5 = b"\x89HDF"
_NETCDF3 = b"CDF"
# movement from 0.17 on, and before.
_NEW_DIMENSIONS = ("time", "space", "keypoint", "individual")
_OLD_DIMENSIONS = ("time", "space", "keypoints", "individuals")
_SINGULAR = dict(zip(_OLD_DIMENSIONS, _NEW_DIMENSIONS, strict=True))
_SECONDS = {
    "minutes": 60.0,
    "seconds": 1.0,
    "milliseconds": 1e-3,
    "microseconds": 1e-6,
    "nanoseconds": 1e-9,
}


@dataclass(frozen=True)
class _Options:
    units: Units | None
    rate_hz: float | None


def read_movement(
    path: Path, *, units: Units | None = None, rate_hz: float | None = None, on_broken: OnBroken = stop
) -> Iterator[Clip]:
    """Yield the clip of a ``.nc`` file, or those of all such files in a folder and below.

    A file in a folder below is of the class that this folder is called. Files that
    `write_movement` made come back as they were. Else: a joint without coordinates is missing;
    one without confidence, in a file that has none at all, gets 1; people are numbered in the
    order of the file.

    Args:
        path: A file, or a folder of them.
        units: Of the coordinates; by default metres for 3D, and for 2D told from the numbers.
        rate_hz: Frames per second of a file whose time is in frames; by default its attribute
            ``fps``, else 30.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        MissingExtraError: If h5py is not installed.
        SourceError: If there is no file, or one cannot be read.
        InvalidInputError: If an option is not of the expected form.
    """
    if units is not None and units not in get_args(Units):
        raise InvalidInputError(f"units: expected one of {', '.join(get_args(Units))}, found {units!r}")
    options = _Options(units, None if rate_hz is None else checked_rate(rate_hz))
    read_one = partial(_read_clip, options)
    yield from interchange.read_files(Path(path), SUFFIX, "netCDF files of movement", read_one, on_broken)


def _read_clip(options: _Options, path: Path, name: str, label: str | None) -> Clip:
    try:
        import h5py
    except ImportError:
        raise MissingExtraError("h5py", "interchange") from None
    _expect_hdf5(path)
    _expect_sound_texts(path)
    try:
        with h5py.File(path, "r") as file:
            return _clip(options, _File(path, file), name, label)
    except SourceError:
        raise
    except Exception as error:  # HDF5 and h5py raise nearly everything on a broken file
        why = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise SourceError(f"{path}: expected a netCDF file of poses, found a broken one ({why})") from error


def _expect_hdf5(path: Path) -> None:
    start = glance(path)[:4]
    if start.startswith(_NETCDF3):
        raise SourceError(
            f"{path}: expected netCDF-4, found netCDF-3: write it again with to_netcdf(engine='h5netcdf')"
        )
    if start != _HDF5:
        found = "something else" if start else "an empty or unreadable file"
        raise SourceError(f"{path}: expected a netCDF-4 file of movement, found {found}")


def _expect_sound_texts(path: Path) -> None:
    """Refuse a file whose heaps of texts have a free space of no bytes: HDF5 would walk it for ever.

    The heaps are the "global heap collections" of the HDF5 file format specification, III.E.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(b"GCOL\x01\0\0\0")
        while start >= 0:
            head = data[start + 8 : start + 16]
            size = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
            place, end = start + 16, min(start + size, len(data))
            while place + 16 <= end:
                index, length = struct.unpack_from("<H6xQ", data, place)
                if index == 0 and length < 16:
                    raise SourceError(f"{path}: expected a netCDF file of poses, found a broken one")
                place += length if index == 0 else 16 + -(-length // 8) * 8
            start = data.find(b"GCOL\x01\0\0\0", start + 8)


@dataclass(frozen=True)
class _File:
    """An open file whose content is not trusted."""

    path: Path
    root: Any

    def text(self, key: str) -> str | None:
        """An attribute that is a text."""
        value = self.root.attrs.get(key)
        value = value.decode() if isinstance(value, bytes) else value
        return value if isinstance(value, str) else None

    def number(self, key: str) -> float | None:
        """An attribute that is one number."""
        value = np.asarray(self.root.attrs.get(key, ""))
        return float(value.ravel()[0]) if value.dtype.kind in "fiu" and value.size == 1 else None

    def variable(self, name: str) -> Any:
        """A dataset, of this file and of a bearable size; None where there is none.

        Raises:
            SourceError: If it leads to other files, or is too large.
        """
        import h5py

        link = self.root.get(name, getlink=True)
        if link is None:
            return None
        found = self.root[name] if isinstance(link, h5py.HardLink) else None
        # An untrusted file must not make us read another one.
        if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
            raise SourceError(f"{self.path}: {name}: expected an array in this file, found something else")
        interchange.check_size(1, 1, int(np.prod(found.shape, dtype=float) / 3), f"{self.path}: {name}")
        if found.nbytes > _MAX_RATIO * self.path.stat().st_size:
            raise SourceError(f"{self.path}: {name}: expected an array of {found.shape}, found a part of it")
        return found

    def names(self, dimension: str, count: int) -> list[str] | None:
        """The names along a dimension; None where it has none."""
        found = self.variable(dimension)
        if found is None or found.dtype.kind not in "OSU":
            return None
        texts = [one.decode() if isinstance(one, bytes) else str(one) for one in found[()].ravel()]
        if len(texts) != count or not all(texts):
            raise SourceError(f"{self.path}: {dimension}: expected {count} names, found {len(texts)}")
        return texts

    def array(self, name: str, order: Sequence[str]) -> NDArray[np.float64] | None:
        """A variable with its axes in this order; one that is left out has length 1. None: not there.

        Raises:
            SourceError: If it has other dimensions.
        """
        found = self.variable(name)
        if found is None:
            return None
        dimensions = [_SINGULAR.get(one, one) for one in self.dimensions(name)]
        if not set(dimensions) <= set(order) or len(set(dimensions)) != len(dimensions):
            raise SourceError(
                f"{self.path}: {name}: expected the dimensions {', '.join(order)}, "
                f"found {', '.join(dimensions) or 'none'}"[:300]
            )
        values = _decoded(found)
        kept = [one for one in order if one in dimensions]
        values = values.transpose([dimensions.index(one) for one in kept])
        return values.reshape([values.shape[kept.index(one)] if one in kept else 1 for one in order])

    def dimensions(self, name: str) -> list[str]:
        """Names of a variable's dimensions: those of the scales that netCDF attaches to its axes."""
        found = self.root[name]
        if found.is_scale:  # coordinates along a dimension are its scale
            return [name]
        scales = [list(axis.values()) for axis in found.dims]
        return [one[0].name.rpartition("/")[2] if one else "?" for one in scales]


def _decoded(variable: Any) -> NDArray[np.float64]:
    """Numbers, unpacked as the netCDF conventions say; a fill value is NaN."""
    if variable.dtype.kind not in "fiu":
        raise ValueError(f"numbers are expected in {variable.name}, and {variable.dtype} is there")
    raw = variable[()]
    fill = variable.attrs.get("_FillValue")
    scale = float(np.ravel(variable.attrs.get("scale_factor", 1.0))[0])
    offset = float(np.ravel(variable.attrs.get("add_offset", 0.0))[0])
    values = raw.astype(np.float64) * scale + offset
    values[~np.isfinite(values) | (False if fill is None else raw == np.ravel(fill)[0])] = np.nan
    return np.asarray(values, np.float64)


def _clip(options: _Options, file: _File, name: str, label: str | None) -> Clip:
    kind = file.text("ds_type")
    position = file.array("position", _NEW_DIMENSIONS) if kind in (None, "poses") else None
    if position is None:
        found = "no variable 'position'" if kind in (None, "poses") else f"ds_type {kind!r}"
        raise SourceError(f"{file.path}: expected poses as movement writes them, found {found}"[:300])
    persons, joints = position.shape[3], position.shape[2]
    interchange.check_size(persons, len(position), joints, str(file.path))
    confidence = file.array("confidence", ("time", "keypoint", "individual"))
    text = file.text(_HEADER)
    fields = json.loads(text) if text else None
    try:
        if interchange.is_document(fields):
            header, layout = interchange.from_document(fields, f"{file.path}: {_HEADER}")
            if confidence is None:
                raise SourceError(f"{file.path}: expected a variable 'confidence', found none")
            return header.clip(_restored(file, position, confidence, header, layout))
        return Clip(sequence=_sequence(file, position, confidence, options), label=label, name=name)
    except InvalidInputError as error:
        raise SourceError(f"{file.path}: {error}") from error


def _restored(
    file: _File,
    position: NDArray[np.float64],
    confidence: NDArray[np.float64],
    header: ClipHeader,
    layout: SkeletonLayout,
) -> PoseSequence:
    """The poses that poseact has written."""
    world = file.array(_WORLD, ("time", "world_space", "keypoint", "individual"))
    return PoseSequence(
        keypoints=_people_first(position),
        confidence=confidence.transpose(2, 0, 1).astype(np.float32),
        timestamps=_timestamps(file, len(position), None),
        layout=layout,
        units=header.units,
        frame_size_wh=header.frame_size_wh,
        track_ids=np.array(header.track_ids, np.int64),
        world_m=None if world is None else _people_first(world),
    )


def _people_first(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """(T, C, V, M) as (M, T, V, C)."""
    with np.errstate(over="ignore"):  # PoseSequence refuses what is infinite then
        return values.transpose(3, 0, 2, 1).astype(np.float32)


def _sequence(
    file: _File, position: NDArray[np.float64], confidence: NDArray[np.float64] | None, options: _Options
) -> PoseSequence:
    """The poses of a file that something else has written."""
    keypoints = _people_first(position)
    missing = np.isnan(keypoints).any(axis=-1)
    keypoints[missing] = np.nan
    if confidence is None or np.isnan(confidence).all():
        known = np.ones_like(missing, np.float32)
    else:
        known = np.nan_to_num(confidence).clip(0, 1).transpose(2, 0, 1)
        known = np.broadcast_to(known, missing.shape)
    joints = next((n for key in ("keypoint", "keypoints") if (n := file.names(key, position.shape[2]))), None)
    names = joints or [f"keypoint_{i}" for i in range(position.shape[2])]
    return PoseSequence(
        keypoints=keypoints,
        confidence=np.where(missing, 0, known),
        timestamps=_timestamps(file, len(position), options.rate_hz),
        layout=layout_of(interchange.poseact_names(names)),
        units=options.units or guess_units(keypoints.astype(np.float64)),
    )


def _timestamps(file: _File, num_frames: int, rate_hz: float | None) -> NDArray[np.float64]:
    """(T,) seconds."""
    rate = rate_hz or file.number("fps") or RATE_HZ
    if not 1e-6 <= rate <= 1e6:
        raise SourceError(f"{file.path}: fps: expected frames per second, found {rate}")
    times = file.array("time", ("time",))
    if times is None:
        return np.arange(num_frames) / rate
    if len(times) != num_frames:
        raise SourceError(f"{file.path}: time: expected {num_frames} time stamps, found {len(times)}")
    if file.text("time_unit") == "frames":
        return times / rate
    # xarray writes time differences and dates with their unit: "seconds since 2024-05-01".
    unit = file.variable("time").attrs.get("units", "seconds")
    word = (unit.decode() if isinstance(unit, bytes) else str(unit)).split(" ")[0]
    if word not in _SECONDS:
        raise SourceError(f"{file.path}: time: expected one of {', '.join(_SECONDS)}, found {word[:40]!r}")
    return times * _SECONDS[word]


def write_movement(clips: Iterable[Clip], path: Path, *, legacy_dimensions: bool = False) -> None:
    """Write clips as netCDF-4 files that movement takes, each in a file of its own.

    ``xarray.open_dataset(file)`` gives the dataset that movement works with. `world_m` is a further
    variable, ``world_position``.

    Args:
        clips: What to write.
        path: ``<name>.nc`` for one clip; else a folder, made anew: ``<label>/<name>.nc``.
        legacy_dimensions: Call the dimensions keypoints and individuals, for movement before 0.17.

    Raises:
        MissingExtraError: If h5netcdf or h5py is not installed.
        InvalidInputError: If a clip has no frame or nobody in it, or `path` is for one clip.
        OutputError: If a file cannot be written.
    """
    for package in ("h5netcdf", "h5py"):
        try:
            __import__(package)  # before anything is begun
        except ImportError:
            raise MissingExtraError(package, "interchange") from None
    dimensions = _OLD_DIMENSIONS if legacy_dimensions else _NEW_DIMENSIONS
    interchange.write_files(clips, Path(path), SUFFIX, partial(_write_clip, dimensions))


def _write_clip(dimensions: Sequence[str], clip: Clip, path: Path) -> None:
    import h5netcdf

    sequence = clip.sequence
    if sequence.num_frames == 0 or sequence.num_persons == 0:
        raise InvalidInputError(
            f"clip {clip.name!r}: netCDF has no empty dimensions, and no frame or nobody is in it"
        )
    with whole_file(path) as temporary:
        try:
            with h5netcdf.File(temporary, "w") as file:
                _fill(file, clip, dimensions)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error})") from error


def _fill(file: Any, clip: Clip, dimensions: Sequence[str]) -> None:
    sequence = clip.sequence
    time, space, joint, person = dimensions
    sizes = (
        sequence.num_frames,
        sequence.keypoints.shape[-1],
        sequence.layout.num_joints,
        sequence.num_persons,
    )
    file.dimensions = dict(zip(dimensions, sizes, strict=True))
    file.create_variable(time, (time,), data=sequence.timestamps)
    _write_names(file, space, ["x", "y", "z"][: sizes[1]])
    _write_names(file, joint, sequence.layout.joint_names)
    _write_names(file, person, [f"id_{track_id}" for track_id in sequence.track_ids.tolist()])
    position = file.create_variable(
        "position", tuple(dimensions), data=sequence.keypoints.transpose(1, 3, 2, 0), compression="gzip"
    )
    position.attrs["units"] = sequence.units
    confidence = sequence.confidence.transpose(1, 2, 0)
    file.create_variable("confidence", (time, joint, person), data=confidence, compression="gzip")
    if sequence.world_m is not None:
        file.dimensions["world_space"] = 3
        _write_names(file, "world_space", ["x", "y", "z"])
        world = sequence.world_m.transpose(1, 3, 2, 0)
        inner = (time, "world_space", joint, person)
        file.create_variable(_WORLD, inner, data=world, compression="gzip").attrs["units"] = "m"
    file.attrs["ds_type"] = "poses"
    file.attrs["source_software"] = "poseact"
    file.attrs["time_unit"] = "seconds"
    file.attrs["fps"] = interchange.mean_rate_hz(sequence.timestamps)
    file.attrs[_HEADER] = interchange.to_json_text(interchange.document(clip))


def _write_names(file: Any, dimension: str, names: Sequence[str]) -> None:
    import h5py

    variable = file.create_variable(dimension, (dimension,), dtype=h5py.string_dtype())
    variable[...] = np.array(names, dtype=object)


def _is_movement(path: Path) -> bool:
    file = interchange.first_file(path, SUFFIX)
    if file is None:
        return False
    seen = glance(file)
    return seen.startswith((_HDF5, _NETCDF3)) and all(
        word in seen for word in (b"position", b"keypoint", b"individual")
    )


FORMAT = DataFormat(
    name="movement",
    title="movement (neuroinformatics-unit): poses as netCDF files, a clip a file (extra interchange)",
    read=read_movement,
    detect=_is_movement,
    write=write_movement,
)
