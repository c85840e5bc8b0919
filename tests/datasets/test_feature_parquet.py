"""Feature tables with names and groups, as CSV and as Parquet: exact round trips, and broken files."""

import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from poseact.datasets.feature_csv import FeatureTable
from poseact.datasets.feature_parquet import read_features, write_features
from poseact.errors import InvalidInputError, MissingExtraError, OutputError, SourceError

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

SUFFIXES = (".csv", ".parquet")


def table(**changes: Any) -> FeatureTable:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4, 3)) * [1, 1e-30, 1e30]
    return replace(FeatureTable(features, np.array([0, 2, 2, 1]), ("f0", "f1", "f2")), **changes)


TABLES = {
    "plain": table(),
    "named": table(
        class_names=("sit", 'größe, "x"', "1"), clips=("a b", "b", None, 'c,"'), groups=("g", None, "g", "h")
    ),
    "subjects": table(subjects=("s1", "s1", "s2+s3", None)),
    "unlabelled": table(labels=np.full(4, -1), clips=("a", "b", "c", "d")),
    "empty": FeatureTable(np.empty((0, 2)), np.empty(0, int), ("a", "b")),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("which", TABLES)
def test_what_is_written_is_read_again_exactly(which: str, suffix: str, tmp_path: Path) -> None:
    first, path = TABLES[which], tmp_path / f"größe{suffix}"
    write_features(first, path)
    second = read_features(path, need_labels=first.is_labelled)
    for field in fields(FeatureTable):
        np.testing.assert_array_equal(getattr(second, field.name), getattr(first, field.name))
    assert second.is_labelled == (which != "unlabelled")
    assert path.read_bytes()[:4] == b"PAR1" or suffix == ".csv"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_labels_that_are_needed_are_asked_for(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    write_features(TABLES["unlabelled"], path)
    with pytest.raises(SourceError, match="'label'"):
        read_features(path)


def test_columns_of_text_stand_before_the_numbers(tmp_path: Path) -> None:
    write_features(TABLES["named"], tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().startswith("clip,group,class,f0,f1,f2,label\na b,g,sit,")
    (tmp_path / "y.csv").write_text("f0,group,label\n1,2,0\n")
    with pytest.raises(SourceError, match="'group' is no name for a number"):
        read_features(tmp_path / "y.csv")


def test_a_class_without_a_clip_keeps_its_name_in_parquet_and_is_a_number_in_csv(tmp_path: Path) -> None:
    first = FeatureTable(np.zeros((1, 1)), np.array([1]), ("f",), ("a", "b", "c"))
    for suffix, names in ((".csv", ("0", "b")), (".parquet", ("a", "b", "c"))):
        write_features(first, tmp_path / f"x{suffix}")
        assert read_features(tmp_path / f"x{suffix}").class_names == names
        assert read_features(tmp_path / f"x{suffix}", class_names=["x", "y"]).class_names == ("x", "y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class,f,label\na,1,0\nb,1,0\n", "label 0 is called 'a' and 'b'"),
        ("class,f,label\na,1,0\na,1,1\n", "different names"),
        ("class,f,label\na,1,2000000000\n", "labels below"),
        ("clip,label\na,1\n", "different names"),
        ("clip,clip,f,label\na,a,1,1\n", "different names"),
        ("clip,f,label\n1,0\n", "line 2: expected 1 numbers and a label"),
        ("clip,f,label\na\n", "line 2: expected 1 numbers"),
        ("clip,f,label\n\n,1\n", "line 3: expected 1 numbers"),
    ],
)
def test_broken_columns_of_text_are_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(SourceError, match=said) as caught:
        read_features(tmp_path / "x.csv")
    assert "\n" not in str(caught.value)


def test_other_programs_parquet_is_read(tmp_path: Path) -> None:
    columns = {
        "label": pa.array([1, 0], pa.int8()),
        "b": pa.array([1.5, 2.5], pa.float32()),
        "group": pa.array([7, None], pa.int64()),
        "a": pa.array([1, 2], pa.uint16()),
    }
    parquet.write_table(pa.table(columns), tmp_path / "x.parquet")
    read = read_features(tmp_path / "x.parquet")
    assert (read.names, read.groups, read.labels.tolist()) == (("b", "a"), ("7", None), [1, 0])
    np.testing.assert_array_equal(read.features, [[1.5, 1], [2.5, 2]])


BROKEN = {
    "no label": ({"f": [1.0]}, "'label'"),
    "no number": ({"label": [1]}, "columns of numbers"),
    "text": ({"f": ["x"], "label": [1]}, "numbers in column 'f', found string"),
    "null": ({"f": [1.0, None], "label": [1, 1]}, "found empty ones"),
    "nan": ({"f": [float("nan")], "label": [1]}, "finite"),
    "label null": ({"f": [1.0, 2.0], "label": [1, None]}, "found empty ones"),
    "label half": ({"f": [1.0], "label": [0.5]}, "whole labels"),
    "label low": ({"f": [1.0], "label": [-1]}, "whole labels"),
    "label nan": ({"f": [1.0], "label": [float("nan")]}, "whole labels"),
    "label large": ({"f": [1.0], "label": [2**40]}, "whole labels"),
}


@pytest.mark.parametrize("which", BROKEN)
def test_broken_parquet_is_told_in_one_line(which: str, tmp_path: Path) -> None:
    columns, said = BROKEN[which]
    parquet.write_table(pa.table(columns), tmp_path / "x.parquet")
    with pytest.raises(SourceError, match=said) as caught:
        read_features(tmp_path / "x.parquet")
    assert "x.parquet" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"class_names": 3}', '{"class_names": [1]}', '{"class_names": ["a"]}']
)
def test_metadata_that_does_not_fit_is_told(text: str, tmp_path: Path) -> None:
    columns = pa.table({"f": [1.0], "label": [1]}).replace_schema_metadata({"poseact": text})
    parquet.write_table(columns, tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="class_names"):
        read_features(tmp_path / "x.parquet")


def test_files_that_are_no_parquet_are_told(tmp_path: Path) -> None:
    write_features(table(), tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    rng = np.random.default_rng(0)
    changed = [bytearray(whole) for _ in range(60)]
    for one in changed:
        one[int(rng.integers(len(one)))] ^= int(rng.integers(1, 256))
    read = 0
    for content in (b"", b"f,label\n1,1\n", whole[: len(whole) // 2], *map(bytes, changed)):
        (tmp_path / "x.parquet").write_bytes(content)
        try:
            read_features(tmp_path / "x.parquet")
            read += 1
        except SourceError as error:
            assert "\n" not in str(error)
    assert read < 60
    with pytest.raises(SourceError, match="no such file"):
        read_features(tmp_path / "none.parquet")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(SourceError, match="expected a Parquet"):
        read_features(tmp_path / "folder.parquet")
    with pytest.raises(OutputError):
        write_features(table(), tmp_path / "nowhere" / "x.parquet")


def test_without_pyarrow_the_command_that_adds_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for call in (lambda path: write_features(table(), path), read_features):
        with pytest.raises(MissingExtraError, match=r"poseact\[train\]"):
            call(tmp_path / "x.parquet")


@pytest.mark.parametrize(
    "changes",
    [
        {"clips": ("a",)},
        {"groups": ("a", "b", "", "c")},
        {"names": ("f0", "clip", "f2")},
        {"names": ("f0", "f1", "label")},
        {"class_names": ("a", "b", "b")},
        {"labels": np.array([-1, -1, -1, 0])},
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        table(**changes)
