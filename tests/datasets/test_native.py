"""poseact's own form of a data set: exact round trip, odd names, broken tables, interrupted writes."""

import csv
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import fake_poseact
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.clip import Clip
from poseact.datasets import read_native, write_native
from poseact.errors import InvalidInputError, OutputError, PoseactError, SourceError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return fake_poseact.make(tmp_path / "in")


def assert_equal(a: Clip, b: Clip) -> None:
    assert a.info == b.info
    assert a.sequence.layout is b.sequence.layout
    assert (a.sequence.units, a.sequence.frame_size_wh) == (b.sequence.units, b.sequence.frame_size_wh)
    for field in ("keypoints", "confidence", "timestamps", "track_ids"):
        np.testing.assert_array_equal(getattr(a.sequence, field), getattr(b.sequence, field))


def test_the_table_says_all_about_each_clip(source: Path) -> None:
    walk, con, sit = read_native(source)
    assert (walk.name, walk.label, walk.subject, walk.repetition, walk.group) == (
        "walk/1, früh",
        "walk",
        "s1",
        "1",
        "g1",
    )
    assert walk.camera is None
    assert (con.camera, con.splits) == ("left", {"xsub": "test", "3-fold": "2"})
    assert (sit.name, sit.label, sit.splits) == ("sit\n2", None, {"3-fold": "3"})
    assert con.sequence.track_ids.tolist() == [7, 8]


def test_written_and_read_again_nothing_has_changed(source: Path, tmp_path: Path) -> None:
    first = list(read_native(source))
    write_native(iter(first), tmp_path / "deep" / "er")
    for a, b in zip(first, read_native(tmp_path / "deep" / "er" / "clips.csv"), strict=True):
        assert_equal(a, b)
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["er"]


def test_names_that_no_file_can_have_or_that_differ_by_case_get_files_of_their_own(
    source: Path, tmp_path: Path
) -> None:
    clip = next(read_native(source))
    names = ["../up", "a/b", "a:b", "A_B", "nul", "NUL.txt", "x" * 400, "ß" * 300, "..", " ", "=1+1"]
    write_native((dataclasses.replace(clip, name=name) for name in names), tmp_path / "out")
    assert [c.name for c in read_native(tmp_path / "out")] == names
    files = [path.name for path in (tmp_path / "out" / "poses").iterdir()]
    assert len({file.casefold() for file in files}) == len(names)
    assert not any(file.casefold().split(".")[0] == "nul" for file in files)


def test_an_interrupted_write_leaves_what_was_there(source: Path, tmp_path: Path) -> None:
    clips = list(read_native(source))

    def breaks() -> Iterator[Clip]:
        yield clips[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_native(breaks(), tmp_path / "out" / "set")
    assert list((tmp_path / "out").iterdir()) == []
    write_native(clips, tmp_path / "out" / "set")
    with pytest.raises(KeyboardInterrupt):
        write_native(breaks(), tmp_path / "out" / "set")
    assert len(list(read_native(tmp_path / "out" / "set"))) == 3
    write_native(clips[:1], tmp_path / "out" / "set")
    assert len(list(read_native(tmp_path / "out" / "set"))) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["set"]


def test_a_folder_of_something_else_is_not_replaced(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="something else"):
        write_native(read_native(source), tmp_path / "mine")
    with pytest.raises(OutputError, match="something else"):
        write_native(read_native(source), tmp_path / "mine" / "thesis.txt")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_two_clips_of_one_name_are_refused(source: Path, tmp_path: Path) -> None:
    clip = next(read_native(source))
    with pytest.raises(InvalidInputError, match="two clips are called"):
        write_native([clip, clip], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,/etc/passwd,walk,,,,", "inside this folder"),
        ("a,../0.npz,walk,,,,", "inside this folder"),
        ("a,poses/../../0.npz,walk,,,,", "inside this folder"),
        ("a,C:/0.npz,walk,,,,", "inside this folder"),
        (",poses/0.npz,walk,,,,", "expected a name"),
        ("a,poses/0.npz,walk", "expected 7 cells, found 3"),
        ("a,poses/nowhere.npz,walk,,,,", "no such file"),
        ("a,poses/0.npz,walk,,,,\na,poses/1.npz,walk,,,,", "second clip"),
    ],
)
def test_a_broken_line_is_named(source: Path, line: str, message: str) -> None:
    (source / "clips.csv").write_text(f"name,file,label,subject,camera,repetition,group\n{line}\n")
    with pytest.raises(SourceError, match=message):
        list(read_native(source))


@pytest.mark.parametrize("header", ["", "name,file,label", "name,label,file,subject,camera,repetition,group"])
def test_other_columns_are_refused(source: Path, header: str) -> None:
    (source / "clips.csv").write_text(f"{header}\na,b,c\n")
    with pytest.raises(SourceError, match="expected the columns"):
        list(read_native(source))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=150),
        st.lists(st.lists(st.text(max_size=8), min_size=7, max_size=8), max_size=3).map(
            lambda rows: (
                "name,file,label,subject,camera,repetition,group\n"
                + "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
            ).encode(errors="replace")
        ),
    )
)
def test_any_table_raises_only_our_errors(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir(exist_ok=True)
    (tmp_path / "set" / "clips.csv").write_bytes(content)
    heard: list[SourceError] = []
    try:
        clips = list(read_native(tmp_path / "set", on_broken=heard.append))
    except PoseactError as error:
        assert str(error)
    else:
        assert heard and not clips


def test_a_table_may_name_one_file_twice_and_files_beside_it(source: Path) -> None:
    shutil.copy(source / "poses" / "0.npz", source / "more.npz")
    with (source / "clips.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["name", "file", "label", "subject", "camera", "repetition", "group"]]
            + [
                [name, path, "walk", "", "", "", ""]
                for name, path in (("a", "poses/0.npz"), ("b", "more.npz"))
            ]
        )
    a, b = read_native(source)
    assert_equal(dataclasses.replace(b, name="a"), a)
