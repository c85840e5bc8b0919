"""What the exchange formats share; runs without their packages."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_people import awkward_clip
from hypothesis import given
from json_fuzz import spoiled

from poseact.datasets import interchange, read_movement, read_pose_format, write_movement, write_pose_format
from poseact.errors import MissingExtraError, PoseactError, SourceError
from poseact.skeleton import SkeletonLayout

ROBOT = SkeletonLayout(
    name="Roboter",
    joint_names=("Kopf", "left_Fuß", "right_Fuß", "x\ny"),
    edges=(("left_Fuß", "Kopf"), ("right_Fuß", "Kopf"), ("x\ny", "left_Fuß")),
    root="Kopf",
    drawn_edges=(("left_Fuß", "right_Fuß"),),
)
DOCUMENT = interchange.document(awkward_clip("a", layout=ROBOT))


def test_a_header_brings_back_the_clip_and_its_own_skeleton() -> None:
    header, layout = interchange.from_document(json.loads(json.dumps(DOCUMENT)), "here")
    clip = awkward_clip("a", layout=ROBOT)
    assert header.info == clip.info
    assert layout == ROBOT


def test_the_header_of_a_newer_poseact_is_refused() -> None:
    with pytest.raises(SourceError, match="upgrade"):
        interchange.from_document({**DOCUMENT, "version": 2}, "here")


def test_a_layout_that_nobody_knows_needs_its_skeleton() -> None:
    fields = {key: value for key, value in DOCUMENT.items() if key != "skeleton"}
    with pytest.raises(SourceError, match="Roboter"):
        interchange.from_document(fields, "here")


@given(spoiled(DOCUMENT))
def test_any_other_header_raises_only_our_errors(data: bytes) -> None:
    try:
        interchange.from_document(json.loads(data), "here")
    except PoseactError as error:
        assert str(error).startswith("here")


def test_large_empty_axes_are_refused_too() -> None:
    interchange.check_size(2, 1000, 33, "here")
    with pytest.raises(SourceError, match="at most"):
        interchange.check_size(0, 4_000_000_000, 1, "here")


@pytest.mark.parametrize(
    ("module", "suffix", "read", "write", "package"),
    [
        ("pose_format", ".pose", read_pose_format, write_pose_format, "pose-format"),
        ("h5py", ".nc", read_movement, write_movement, "h5py"),
    ],
)
def test_without_the_extra_the_message_says_how_to_get_it(
    module: str,
    suffix: str,
    read: Any,
    write: Any,
    package: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [key for key in sys.modules if key.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / f"a{suffix}").write_bytes(b"\x89HDF")
    with pytest.raises(MissingExtraError, match=rf"'{package}'.*poseact\[interchange\]"):
        list(read(tmp_path))
    with pytest.raises(MissingExtraError, match=r"poseact\[interchange\]"):
        write([awkward_clip("a")], tmp_path / "out")
    assert not (tmp_path / "out").exists()
