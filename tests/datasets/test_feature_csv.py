"""Feature tables: read, written, compared, and what is said of broken files; the published files' counts."""

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.datasets.feature_csv import (
    FeatureTable,
    read_feature_csv,
    read_feature_pair,
    shared_rows,
    write_feature_csv,
)
from poseact.errors import InvalidInputError, OutputError, PoseactError, SourceError

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "g3d-ucf11-features"
G3D_CLASSES = ("clap", "flap_arms", "left_kick", "left_punch", "right_kick", "right_punch", "wave")


def table(seed: int = 0, clips: int = 5, numbers: int = 4) -> FeatureTable:
    rng = np.random.default_rng(seed)
    return FeatureTable(
        rng.normal(size=(clips, numbers)), rng.integers(0, 3, clips), tuple(map(str, range(numbers)))
    )


def test_what_is_written_is_read_again_exactly(tmp_path: Path) -> None:
    first = table()
    path = tmp_path / "größe.csv"
    write_feature_csv(first, path)
    assert path.read_text().startswith("0,1,2,3,label\n")
    second = read_feature_csv(path, class_names=["a", "b", "c"])
    np.testing.assert_array_equal(second.features, first.features)
    np.testing.assert_array_equal(second.labels, first.labels)
    assert (second.names, second.class_names, second.num_clips) == (first.names, ("a", "b", "c"), 5)


def test_a_table_without_rows_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("\ufeff0,1,label\r\n")
    read = read_feature_csv(tmp_path / "x.csv")
    assert read.features.shape == (0, 2)
    write_feature_csv(read, tmp_path / "y.csv")
    assert (tmp_path / "y.csv").read_text() == "0,1,label\n"


def test_rows_in_both_parts_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    train, test = table(0), table(1)
    both = np.vstack([test.features, train.features[3:4]])
    test = FeatureTable(both, np.append(test.labels, 1), test.names)
    assert shared_rows(train, test) == [(3, 5)]
    write_feature_csv(train, tmp_path / "X_train.csv")
    write_feature_csv(test, tmp_path / "X_test.csv")
    with caplog.at_level(logging.WARNING):
        pair = read_feature_pair(tmp_path, "X")
    assert [part.num_clips for part in pair] == [5, 6]
    assert "1 of 6 test rows" in caplog.text
    write_feature_csv(table(numbers=3), tmp_path / "X_test.csv")
    with pytest.raises(SourceError, match="same columns"):
        read_feature_pair(tmp_path, "X")


BROKEN = {
    "": "a header of different names",
    "0,1\n": "the column 'label' is missing",
    "label\n": "the last 'label'",
    "0,0,label\n1,2,0\n": "different names",
    "0,label\n1,0,0\n": "line 2: expected 1 numbers and a label, found 3",
    "0,label\n1,0\nx,0\n": "line 3: expected numbers",
    "0,label\nnan,0\n": "line 2: expected finite",
    "0,label\n1e999,0\n": "line 2: expected finite",
    "0,label\n1,0.5\n": "line 2: expected a whole label",
    "0,label\n1,-1\n": "line 2: expected a whole label",
    "0,label\n1,nan\n": "line 2: expected a whole label",
    "0,label\n1,1e30\n": "line 2: expected a whole label",
    "0,label\n1,7\n": "a name for label 7",
}


@pytest.mark.parametrize("text", BROKEN)
def test_broken_files_are_told_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=BROKEN[text]) as caught:
        read_feature_csv(path, class_names=["a", "b"])
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_an_unwritable_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_feature_csv(tmp_path / "x.csv")
    with pytest.raises(SourceError, match="expected a CSV"):
        read_feature_csv(tmp_path)
    with pytest.raises(OutputError):
        write_feature_csv(table(), tmp_path / "nowhere" / "x.csv")


@pytest.mark.parametrize(
    ("features", "labels", "names"),
    [
        (np.zeros(3), np.zeros(3, int), ("0",)),
        (np.zeros((3, 1)), np.zeros(2, int), ("0",)),
        (np.zeros((3, 1)), np.zeros(3, int), ("0", "1")),
        (np.full((3, 1), np.nan), np.zeros(3, int), ("0",)),
        (np.zeros((3, 1)), np.zeros(3), ("0",)),
        (np.zeros((3, 1)), np.array([0, -1, 0]), ("0",)),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    features: np.ndarray, labels: np.ndarray, names: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInputError):
        FeatureTable(features, labels, names)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.text('019.,-einfa"\n\r\x00', max_size=60).map(lambda text: f"0,1,label\n{text}".encode()),
    )
)
def test_any_content_raises_only_our_own_errors(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    try:
        assert read_feature_csv(path).names
    except PoseactError as error:
        assert "\n" not in str(error)


# Rows of training and test, classes, and rows that are in both; in percent of the test the published
# results are whole clips: 37 of 39 are 94.87 %, 49 of 66 are 74.24 %.
PUBLISHED = {"G3D": (156, 39, 7, 0), "UCF11": (264, 66, 11, 1)}


@pytest.mark.real_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_files_have_their_counts(name: str, caplog: pytest.LogCaptureFixture) -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared data are not here")
    train_rows, test_rows, classes, shared = PUBLISHED[name]
    names = G3D_CLASSES if name == "G3D" else None
    with caplog.at_level(logging.WARNING):
        train, test = read_feature_pair(SHARED, name, class_names=names)
    assert train.features.shape == (train_rows, 512)
    assert test.features.shape == (test_rows, 512)
    assert train.names == tuple(map(str, range(512)))
    assert set(train.labels.tolist()) == set(test.labels.tolist()) == set(range(classes))
    assert len(shared_rows(train, test)) == shared
    assert ("also in training" in caplog.text) == bool(shared)
    assert (np.abs(train.features) <= 1).all()
