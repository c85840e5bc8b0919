"""netCDF files of the package movement, written by it and read by us, and the other way round."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_movement as fake
import numpy as np
import pytest
from fake_people import assert_same, awkward_clip, walkers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_fuzz import any_json
from test_interchange import ROBOT

from poseact.clip import Clip
from poseact.datasets import DATASETS, interchange, read_movement, write_movement
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.layouts import BLAZEPOSE33, COCO17, KINECT20

h5py = pytest.importorskip("h5py")
pytest.importorskip("h5netcdf")

NAMES = {"keypoints": ["nose", "left_ear", "right_ear"], "individuals": ["a", "b"]}


def one(path: Path, **options: Any) -> Clip:
    (clip,) = read_movement(path, **options)
    return clip


def position(frames: int = 6) -> Any:
    return walkers(2, frames, 3).transpose(1, 3, 2, 0)


def a_file(path: Path, **options: Any) -> Path:
    return fake.write(path, position(), np.full((6, 3, 2), 0.5), **{**NAMES, **options})


def test_people_with_missing_joints(tmp_path: Path) -> None:
    sequence = one(fake.make(tmp_path) / "walk" / "a.nc").sequence
    expected = walkers(2, 6, 4)
    expected[0, 2, 1] = np.nan
    np.testing.assert_array_equal(sequence.keypoints, expected)
    assert sequence.confidence[0, 2, 1] == 0 < sequence.confidence[1, 2, 1]
    assert sequence.layout.joint_names == ("nose", "left_eye", "right_eye", "Schwanzwurzel")
    assert sequence.layout.flip_pairs == (("left_eye", "right_eye"),)
    assert (sequence.units, sequence.frame_size_wh) == ("px", None)
    np.testing.assert_allclose(sequence.timestamps, np.arange(6) / 30)


def test_the_dimensions_of_movement_before_017_and_3d_without_confidence(tmp_path: Path) -> None:
    sequence = one(fake.make(tmp_path) / "rear" / "b.nc").sequence
    assert sequence.keypoints.shape == (1, 6, 3, 3)
    assert (sequence.units, sequence.layout.joint_names[0]) == ("m", "snout")
    np.testing.assert_array_equal(sequence.confidence == 1, np.isfinite(sequence.keypoints).all(axis=-1))
    assert one(tmp_path / "tracks" / "rear" / "b.nc", units="px").sequence.units == "px"


def test_time_in_frames_needs_a_rate(tmp_path: Path) -> None:
    path = fake.make(tmp_path) / "c.nc"
    np.testing.assert_allclose(one(path).sequence.timestamps, np.arange(6) / 30)
    np.testing.assert_allclose(one(path, rate_hz=10).sequence.timestamps, np.arange(6) / 10)


def test_classes_are_folders(tmp_path: Path) -> None:
    found = list(read_movement(fake.make(tmp_path)))
    assert [(clip.name, clip.label) for clip in found] == [
        ("c", None),
        ("rear/b", "rear"),
        ("walk/a", "walk"),
    ]


def test_names_in_the_order_of_a_known_layout_give_that_layout(tmp_path: Path) -> None:
    values = walkers(1, 4, 17).transpose(1, 3, 2, 0)
    names = [name.replace("_", " ").title() for name in COCO17.joint_names]
    path = fake.write(
        tmp_path / "a.nc", values, np.ones((4, 17, 1)), keypoints=names, individuals=["x"], fps=25.0
    )
    assert one(path).sequence.layout is COCO17


def clips() -> list[Clip]:
    blaze = awkward_clip("ö/1", layout=BLAZEPOSE33)
    world = np.random.default_rng(0).normal(size=(3, 6, 33, 3)).astype(np.float32)
    short = awkward_clip("short", label=None)
    return [
        awkward_clip("a"),
        awkward_clip("A", units="normalized"),
        blaze.with_sequence(replace(blaze.sequence, world_m=world)),
        awkward_clip("CON", layout=KINECT20, units="m", dimensions=3, label=None),
        awkward_clip("robot", layout=ROBOT),
        short.with_sequence(replace(short.sequence.slice_frames(0, 1), frame_size_wh=None)),
    ]


@pytest.mark.parametrize("legacy", [False, True])
def test_every_clip_comes_back_exactly(legacy: bool, tmp_path: Path) -> None:
    write_movement(clips(), tmp_path / "out", legacy_dimensions=legacy)
    found = {clip.name: clip for clip in read_movement(tmp_path / "out")}
    assert len(found) == len(clips())
    for clip in clips():
        assert_same(clip, found[clip.name])
        assert found[clip.name].sequence.layout == clip.sequence.layout
        world, again = clip.sequence.world_m, found[clip.name].sequence.world_m
        assert (world is None) == (again is None)
        if world is not None and again is not None:
            np.testing.assert_array_equal(world, again)


@pytest.mark.parametrize("legacy", [False, True])
def test_xarray_opens_what_we_write_and_we_read_what_it_writes(legacy: bool, tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    clip = clips()[2]
    write_movement([clip], tmp_path / "a.nc", legacy_dimensions=legacy)
    data = xarray.open_dataset(tmp_path / "a.nc", engine="h5netcdf").load()
    joint, person = ("keypoints", "individuals") if legacy else ("keypoint", "individual")
    assert data.position.dims == ("time", "space", joint, person)
    assert data.confidence.dims == ("time", joint, person)
    assert (data.attrs["ds_type"], data.attrs["time_unit"]) == ("poses", "seconds")
    assert data[joint].values.tolist() == list(BLAZEPOSE33.joint_names)
    assert data[person].values.tolist() == ["id_7", "id_3", "id_11"]
    nose = data.position.sel({joint: "nose", person: "id_3", "space": "y"}).values
    np.testing.assert_array_equal(nose, clip.sequence.keypoints[1, :, 0, 1])
    data.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    assert_same(clip, one(tmp_path / "b.nc"))


def test_movement_takes_what_we_write_and_we_take_what_it_makes(tmp_path: Path) -> None:
    pytest.importorskip("movement")
    import xarray
    from movement.io import load_poses
    from movement.validators.datasets import ValidPosesInputs

    legacy = "keypoints" in ValidPosesInputs.DIM_NAMES
    write_movement(clips()[:1], tmp_path / "a.nc", legacy_dimensions=legacy)
    ValidPosesInputs.validate(xarray.open_dataset(tmp_path / "a.nc", engine="h5netcdf"))
    made = load_poses.from_numpy(
        position_array=position(), keypoint_names=NAMES["keypoints"], fps=50.0, source_software="DeepLabCut"
    )
    made.to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    sequence = one(tmp_path / "b.nc").sequence
    np.testing.assert_array_equal(sequence.keypoints, walkers(2, 6, 3))
    np.testing.assert_allclose(sequence.timestamps, np.arange(6) / 50)


def test_axes_in_another_order_one_person_alone_and_packed_numbers(tmp_path: Path) -> None:
    import h5netcdf

    with h5netcdf.File(tmp_path / "a.nc", "w") as file:
        file.dimensions = {"keypoint": 3, "time": 6, "space": 2}
        packed = np.round(position()[..., 0].transpose(2, 0, 1) * 10).astype(np.int16)
        packed[1, 2, 0] = -1
        variable = file.create_variable("position", ("keypoint", "time", "space"), data=packed)
        variable.attrs.update({"scale_factor": 0.1, "_FillValue": np.int16(-1)})
        file.create_variable("time", ("time",), data=np.arange(6) * 40).attrs["units"] = "milliseconds"
    sequence = one(tmp_path / "a.nc").sequence
    expected = walkers(2, 6, 3)[:1]
    expected[0, 2, 1] = np.nan
    np.testing.assert_allclose(sequence.keypoints, expected, atol=0.051)
    np.testing.assert_allclose(sequence.timestamps, np.arange(6) * 0.04)
    assert sequence.layout.joint_names == ("keypoint_0", "keypoint_1", "keypoint_2")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.attrs.update({"ds_type": "bboxes"}), "'bboxes'"),
        (lambda f: f.pop("position"), "no variable 'position'"),
        (lambda f: f["time"].__setitem__(3, 0.0), "rise"),
        (lambda f: f["time"].attrs.update({"units": "lightyears"}), "lightyears"),
        (lambda f: f.attrs.update({"fps": -1.0}), "fps"),
        (lambda f: f["position"].__setitem__((0, 0, 0, 0), 1e300), "infinite"),
        (lambda f: f["keypoint"].__setitem__(0, ""), "names"),
        (lambda f: f["keypoint"].__setitem__(0, "left_ear"), "own name"),
        (lambda f: f.attrs.update({"poseact": "{"}), "broken"),
        (lambda f: f.attrs.update({"poseact": '{"format": "poseact.clip", "version": 9}'}), "upgrade"),
    ],
)
def test_what_is_wrong_is_said(spoil: Any, message: str, tmp_path: Path) -> None:
    path = fake.write(tmp_path / "a.nc", position().astype(float), np.full((6, 3, 2), 0.5), **NAMES)
    with h5py.File(path, "r+") as file:
        spoil(file)
    with pytest.raises(SourceError, match=message) as error:
        one(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["link", "external", "virtual"])
def test_a_file_that_leads_to_another_one_is_refused(kind: str, tmp_path: Path) -> None:
    """HDF5 can take its numbers from any file on the machine."""
    secret = a_file(tmp_path / "secret.nc")
    path = a_file(tmp_path / "a.nc")
    shape = (6, 2, 3, 2)
    with h5py.File(path, "r+") as file:
        scales = [axis[0] for axis in file["position"].dims]
        del file["position"]
        if kind == "link":
            file["position"] = h5py.ExternalLink(str(secret), "/position")
        else:
            if kind == "external":
                file.create_dataset("position", shape, "f4", external=[(str(secret), 0, 288)])
            else:
                source = h5py.VirtualLayout(shape, "f4")
                source[:] = h5py.VirtualSource(str(secret), "position", shape)
                file.create_virtual_dataset("position", source)
            for axis, scale in zip(file["position"].dims, scales, strict=True):
                axis.attach_scale(scale)
    with pytest.raises(SourceError, match="in this file"):
        one(path)


def test_an_array_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    for shape, message in (((10**6, 10**6), "at most"), ((10**4, 10**3), "a part")):
        path = a_file(tmp_path / "a.nc")
        with h5py.File(path, "r+") as file:
            del file["confidence"]
            file.create_dataset("confidence", shape, "f4", chunks=(10, 10))
        assert path.stat().st_size < 30_000
        with pytest.raises(SourceError, match=message):
            one(path)


def test_a_heap_of_texts_that_would_be_walked_for_ever_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path / "a.nc")
    data = path.read_bytes()
    heap = data.index(b"GCOL")
    path.write_bytes(data[: heap + 16] + bytes(16) + data[heap + 32 :])
    with pytest.raises(SourceError, match="broken"):
        one(path)


def test_netcdf3_and_other_files_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "a.nc").write_bytes(b"CDF\x02 position keypoint individual")
    assert DATASETS["movement"].detect(tmp_path)
    with pytest.raises(SourceError, match="netCDF-3"):
        one(tmp_path / "a.nc")
    with h5py.File(tmp_path / "a.nc", "w") as file:
        file["temperature"] = np.zeros(5)
    assert not DATASETS["movement"].detect(tmp_path)
    with pytest.raises(SourceError, match="no variable"):
        one(tmp_path / "a.nc")


def test_what_cannot_be_written(tmp_path: Path) -> None:
    clip = awkward_clip("a")
    for sequence in (clip.sequence.slice_frames(0, 0), clip.sequence.select_tracks([])):
        with pytest.raises(InvalidInputError, match="empty"):
            write_movement([clip.with_sequence(sequence)], tmp_path / "x.nc")
    with pytest.raises(InvalidInputError, match="folder"):
        write_movement([clip, clip], tmp_path / "x.nc")
    assert list(tmp_path.iterdir()) == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=60,
    derandomize=True,
)
@given(data=st.data())
def test_any_other_bytes_raise_only_our_errors(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    if not path.exists():
        write_movement([awkward_clip("a")], path)
        path.rename(tmp_path / "whole")
    whole = bytearray((tmp_path / "whole").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(whole[: data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))]))
    try:
        one(path)
    except PoseactError as error:
        assert "\n" not in str(error)
    path.unlink()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=any_json(interchange.document(awkward_clip("a"))))
def test_any_other_header_raises_only_our_errors(data: bytes, tmp_path: Path) -> None:
    write_movement([awkward_clip("a")], tmp_path / "a.nc")
    with h5py.File(tmp_path / "a.nc", "r+") as file:
        file.attrs["poseact"] = np.bytes_(data) if len(data) < 30_000 else "x"
    try:
        one(tmp_path / "a.nc")
    except PoseactError as error:
        assert "\n" not in str(error)
