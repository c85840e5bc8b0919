"""Files of the package pose-format, made by it and read by us, and the other way round."""

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_pose_format as fake
import numpy as np
import pytest
from fake_people import assert_same, awkward_clip, walkers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_fuzz import any_json
from test_interchange import ROBOT

from poseact.clip import Clip
from poseact.datasets import interchange, read_pose_format, write_pose_format
from poseact.errors import InvalidInputError, OutputError, PoseactError, SourceError
from poseact.layouts import BLAZEPOSE33, COCO17, KINECT20, OPENPOSE18, OPENPOSE25
from poseact.sequence import PoseSequence

pytest.importorskip("pose_format")


def one(path: Path, **options: Any) -> Clip:
    (clip,) = read_pose_format(path, **options)
    return clip


def test_openpose_files_become_openpose25(tmp_path: Path) -> None:
    clip = one(fake.make(tmp_path) / "walk" / "a.pose")
    sequence = clip.sequence
    assert (clip.name, clip.label, sequence.layout) == ("a", None, OPENPOSE25)
    assert (sequence.units, sequence.frame_size_wh, sequence.num_persons) == ("px", (640, 480), 2)
    np.testing.assert_allclose(sequence.timestamps, np.arange(6) / 29.97, rtol=1e-6)
    expected = walkers(2, 6, 137)[:, :, :25]
    expected[:, :, 3] = np.nan
    expected[:, -1] = np.nan
    np.testing.assert_array_equal(sequence.keypoints, expected)
    assert sequence.confidence[:, :, 3].max() == 0 < sequence.confidence[:, 0, 0].min()


def test_holistic_files_become_blazepose33_with_world_landmarks(tmp_path: Path) -> None:
    sequence = one(fake.make(tmp_path) / "wave" / "b.pose").sequence
    data, confidence = fake.points(fake.holistic(), depth=True)
    assert sequence.layout == BLAZEPOSE33
    assert sequence.keypoints.shape == (1, 6, 33, 2)
    assert sequence.world_m is not None
    np.testing.assert_array_equal(sequence.keypoints[0, 0, 0], data[0, 0, 0, :2].astype(np.float32))
    np.testing.assert_array_equal(sequence.world_m[0, :-1], data[:-1, 0, -33:].astype(np.float32))
    assert np.isnan(sequence.world_m[0, -1]).all()
    np.testing.assert_array_equal(sequence.confidence[0, 0], confidence[0, 0, :33].astype(np.float32))


def test_classes_are_folders_and_all_files_below_are_read(tmp_path: Path) -> None:
    clips = list(read_pose_format(fake.make(tmp_path)))
    assert [(clip.name, clip.label) for clip in clips] == [
        ("c", None),
        ("walk/a", "walk"),
        ("wave/b", "wave"),
    ]


def test_an_unknown_header_becomes_a_layout_of_its_limbs(tmp_path: Path) -> None:
    layout = one(fake.make(tmp_path) / "c.pose").sequence.layout
    assert (layout.name, layout.joint_names, layout.root) == ("robot", ("wheel", "arm", "head"), "head")
    assert set(layout.edges) == {("arm", "head"), ("wheel", "head")}


def test_hands_and_face_on_request(tmp_path: Path) -> None:
    path = fake.make(tmp_path) / "wave" / "b.pose"
    everything = one(path, components="all").sequence
    assert everything.layout.num_joints == 33 + 468 + 4
    assert ("left_hand_landmarks_wrist", "right_hand_landmarks_wrist") in everything.layout.flip_pairs
    assert everything.world_m is not None
    assert np.isnan(everything.world_m[:, :, 33:]).all() and np.isfinite(everything.world_m[0, 0, 0]).all()
    hand = one(path, components="RIGHT_HAND_LANDMARKS").sequence
    np.testing.assert_array_equal(hand.keypoints, everything.keypoints[:, :, -2:])
    world = one(path, components="POSE_WORLD_LANDMARKS").sequence
    assert (world.layout, world.units, world.frame_size_wh) == (BLAZEPOSE33, "m", None)
    with pytest.raises(SourceError, match=r"FACE_LANDMARKS.*'TAIL'"):
        one(path, components="TAIL")


@pytest.mark.parametrize(
    ("module", "source", "joints"),
    [
        ("openpose_135", "OpenPose_Components", 25),
        ("alphapose", "get_alphapose_components", 26),
        ("alphapose_133", "get_alphapose_133_components", 23),
        ("cocowholebody133_header", "cocowholebody_components", 23),
    ],
)
def test_the_bodies_of_the_other_known_headers(module: str, source: str, joints: int, tmp_path: Path) -> None:
    made = getattr(__import__(f"pose_format.utils.{module}", fromlist=[source]), source)
    components = list(made() if callable(made) else made)
    sequence = one(fake.write(tmp_path / "a.pose", components, *fake.points(components))).sequence
    assert sequence.layout.num_joints == joints
    body = set(COCO17.joint_names) | {"left_big_toe", "right_heel"}
    assert body <= set(sequence.layout.joint_names)
    if joints == 26:
        assert sequence.layout.name == "halpe26"


def test_rate_and_units_may_be_told(tmp_path: Path) -> None:
    own = [fake.component("robot", ["a", "b", "c", "d"])]
    path = fake.write(tmp_path / "a.pose", own, *fake.points(own), fps=0)
    with pytest.raises(SourceError, match="rate_hz"):
        one(path)
    sequence = one(path, rate_hz=10, units="m").sequence
    np.testing.assert_array_equal(sequence.timestamps, np.arange(6) / 10)
    assert (sequence.units, sequence.frame_size_wh) == ("m", None)
    with pytest.raises(InvalidInputError, match="units"):
        one(path, units="cm")


def old_file(version: float, *, frames: int = 3, claimed: int = 3, people: int = 1) -> bytes:
    """As the specification's v0.1 says, and as the package reads v0.0."""

    def text(value: str) -> bytes:
        return struct.pack(f"<H{len(value)}s", len(value), value.encode())

    header = struct.pack("<fHHHH", version, 640, 480, 0, 1) + text("robot") + text("XYC")
    header += struct.pack("<HHH", 2, 1, 1) + text("a") + text("b") + struct.pack("<HH", 0, 1)
    header += struct.pack("<HHH", 255, 0, 0) + struct.pack("<HH", 25, claimed)
    rows = np.arange(1, frames * people * 6 + 1, dtype="<f4").reshape(frames, people, 2, 3)
    rows[..., 2] = 0.5
    if version == 0:
        return header + b"".join(struct.pack("<Hh", people, 0) + row.tobytes() for row in rows)
    return header + struct.pack("<H", people) + rows[..., :2].tobytes() + rows[..., 2].tobytes()


@pytest.mark.parametrize("version", [0.0, 0.1])
def test_older_versions_are_read(version: float, tmp_path: Path) -> None:
    (tmp_path / "a.pose").write_bytes(old_file(version))
    sequence = one(tmp_path / "a.pose").sequence
    np.testing.assert_array_equal(sequence.keypoints[0, 1], [[7, 8], [10, 11]])
    np.testing.assert_array_equal(sequence.confidence, np.full((1, 3, 2), 0.5))
    np.testing.assert_allclose(sequence.timestamps, [0, 0.04, 0.08])


def test_frames_beyond_sixteen_bits_in_version_01(tmp_path: Path) -> None:
    (tmp_path / "a.pose").write_bytes(old_file(0.1, frames=65540, claimed=65540 % 65536))
    assert one(tmp_path / "a.pose").sequence.num_frames == 65540


def test_a_file_of_version_01_cut_short_is_no_shorter_clip(tmp_path: Path) -> None:
    (tmp_path / "a.pose").write_bytes(old_file(0.1)[:-24])
    with pytest.raises(SourceError, match="a part"):
        one(tmp_path / "a.pose")


def test_a_claim_of_four_billion_frames_is_refused(tmp_path: Path) -> None:
    head = old_file(0.2)
    place = head.index(struct.pack("<HHH", 255, 0, 0)) + 6
    (tmp_path / "a.pose").write_bytes(head[:place] + struct.pack("<fIH", 25.0, 4_000_000_000, 0))
    with pytest.raises(SourceError, match="at most"):
        one(tmp_path / "a.pose")


def clips() -> list[Clip]:
    world = np.random.default_rng(0).normal(size=(3, 6, 33, 3)).astype(np.float32)
    world[0, 2] = np.nan
    blaze = awkward_clip("ö/1", layout=BLAZEPOSE33)
    guessed = awkward_clip("guessed")
    confidence = guessed.sequence.confidence.copy()
    confidence[0, 0] = 0  # seen, but not believed
    short = awkward_clip("short", label=None)
    return [
        awkward_clip("a"),
        awkward_clip("A", layout=OPENPOSE18, units="normalized"),
        blaze.with_sequence(replace(blaze.sequence, world_m=world)),
        awkward_clip("metres", layout=BLAZEPOSE33, units="m", dimensions=3),
        awkward_clip("CON", layout=KINECT20, units="m", dimensions=3, label=None),
        awkward_clip("robot", layout=ROBOT),
        guessed.with_sequence(replace(guessed.sequence, confidence=confidence)),
        short.with_sequence(replace(short.sequence.slice_frames(0, 1), frame_size_wh=None)),
        replace(short, name="no frame", sequence=short.sequence.slice_frames(0, 0)),
        replace(short, name="nobody", sequence=short.sequence.select_tracks([])),
    ]


def test_every_clip_comes_back_exactly(tmp_path: Path) -> None:
    given_clips = clips()
    write_pose_format(given_clips, tmp_path / "out")
    found = {clip.name: clip for clip in read_pose_format(tmp_path / "out")}
    assert len(found) == len(given_clips)
    for clip in given_clips:
        assert_same(clip, found[clip.name])
        assert found[clip.name].sequence.layout == clip.sequence.layout
        world, again = clip.sequence.world_m, found[clip.name].sequence.world_m
        assert (world is None) == (again is None)
        if world is not None and again is not None:
            np.testing.assert_array_equal(world, again)


def test_the_package_reads_what_we_write(tmp_path: Path) -> None:
    from pose_format import Pose
    from pose_format.utils.generic import detect_known_pose_format

    known = {"a": "openpose", "A": "openpose", "ö/1": "holistic", "metres": "holistic"}
    for clip in clips():
        write_pose_format([clip], tmp_path / "x.pose")
        pose = Pose.read((tmp_path / "x.pose").read_bytes())
        sequence = clip.sequence
        if clip.name in known:
            assert detect_known_pose_format(pose) == known[clip.name]
        assert pose.body.data.shape[:2] == (sequence.num_frames, sequence.num_persons)
        joints = sequence.layout.num_joints
        data = pose.body.data[:, :, :joints, : sequence.keypoints.shape[-1]].transpose(1, 0, 2, 3)
        seen = sequence.confidence > 0
        np.testing.assert_array_equal(~np.ma.getmaskarray(data)[..., 0], seen)
        np.testing.assert_array_equal(np.asarray(data)[seen], sequence.keypoints[seen])
        if sequence.num_frames > 1:
            assert pose.body.fps == pytest.approx(5 / sequence.duration_s)


def test_points_are_called_as_in_the_packages_own_headers(tmp_path: Path) -> None:
    from pose_format import Pose
    from pose_format.utils.openpose import BODY_POINTS

    for layout, names in ((OPENPOSE25, BODY_POINTS), (BLAZEPOSE33, fake.MEDIAPIPE)):
        write_pose_format([awkward_clip("a", layout=layout)], tmp_path / "a.pose")
        header = Pose.read((tmp_path / "a.pose").read_bytes()).header
        assert list(header.components[0].points) == list(names)
        limbs = {frozenset(pair) for pair in header.components[0].limbs}
        assert limbs == {frozenset(pair) for pair in layout.edge_indices.tolist()}


def test_without_the_file_beside_it_the_poses_are_still_there(tmp_path: Path) -> None:
    clip = awkward_clip("a")
    write_pose_format([clip], tmp_path / "a.pose")
    (tmp_path / "a.pose.json").unlink()
    again = one(tmp_path / "a.pose")
    np.testing.assert_array_equal(again.sequence.keypoints, clip.sequence.keypoints)
    assert (again.label, again.sequence.layout, again.sequence.frame_size_wh) == (
        None,
        OPENPOSE25,
        (1280, 720),
    )


def test_poses_that_were_changed_since_are_noticed(tmp_path: Path) -> None:
    clip = awkward_clip("a")
    write_pose_format([clip], tmp_path / "a.pose")
    beside = (tmp_path / "a.pose.json").read_text()
    write_pose_format([clip.with_sequence(clip.sequence.slice_frames(0, 3))], tmp_path / "a.pose")
    (tmp_path / "a.pose.json").write_text(beside)
    with pytest.raises(SourceError, match="remove that file"):
        one(tmp_path / "a.pose")


def test_what_cannot_be_written(tmp_path: Path) -> None:
    clip = awkward_clip("a")
    with pytest.raises(InvalidInputError, match="folder"):
        write_pose_format([clip, clip], tmp_path / "x.pose")
    with pytest.raises(InvalidInputError, match="found none"):
        write_pose_format([], tmp_path / "x.pose")
    with pytest.raises(InvalidInputError, match="'a'"):
        write_pose_format([clip, clip], tmp_path / "x")
    many = PoseSequence(np.zeros((70_000, 1, 17, 2)), np.ones((70_000, 1, 17)), np.zeros(1), COCO17)
    with pytest.raises(InvalidInputError, match="65535"):
        write_pose_format([clip.with_sequence(many)], tmp_path / "x")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine").touch()
    with pytest.raises(OutputError, match="not empty"):
        write_pose_format([clip], tmp_path / "x")


def test_two_clips_of_one_name_are_one_and_an_error(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_pose_format([awkward_clip("a")], tmp_path / "all" / folder)
    heard: list[SourceError] = []
    assert len(list(read_pose_format(tmp_path / "all", on_broken=heard.append))) == 1
    assert "'a'" in str(heard[0])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(data=st.data())
def test_any_other_bytes_raise_only_our_errors(data: st.DataObject, tmp_path: Path) -> None:
    whole = bytearray(old_file(data.draw(st.sampled_from([0.0, 0.1, 0.2]))))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    keep = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    (tmp_path / "a.pose").write_bytes(bytes(whole[:keep]))
    try:
        one(tmp_path / "a.pose")
    except PoseactError as error:
        assert "\n" not in str(error)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(data=any_json({**interchange.document(awkward_clip("a")), "timestamps_s": [0, 1, 2, 3, 4, 5]}))
def test_any_other_file_beside_it_raises_only_our_errors(data: bytes, tmp_path: Path) -> None:
    write_pose_format([awkward_clip("a")], tmp_path / "a.pose")
    (tmp_path / "a.pose.json").write_bytes(data)
    try:
        one(tmp_path / "a.pose")
    except PoseactError as error:
        assert "\n" not in str(error)
