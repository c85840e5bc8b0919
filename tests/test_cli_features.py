"""``poseact classify``: what it says and writes, what it refuses, and that no file loses its place."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from poseact.cli_features import classify
from poseact.datasets.feature_csv import FeatureTable
from poseact.datasets.feature_parquet import write_features
from poseact.errors import PoseactError

pytest.importorskip("sklearn")

Call = Callable[..., tuple[int, str, str]]
NAMES = ("clap", "kick", "[wave]")


def table(each: int = 8, seed: int = 0) -> FeatureTable:
    labels = np.repeat(np.arange(3), each)
    made = np.random.default_rng(seed)
    features = 4 * np.eye(3, 4)[labels] + made.normal(size=(len(labels), 4))
    return FeatureTable(features, labels, tuple("0123"))


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Runs the command in `tmp_path`, where train.csv and test.csv are: code, stdout, stderr or error."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    write_features(table(), tmp_path / "train.csv")
    write_features(table(4, seed=1), tmp_path / "test.csv")
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(classify)

    def call(*arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, list(map(str, arguments)))
        if isinstance(result.exception, PoseactError):  # poseact.cli.main prints these
            assert "\n" not in str(result.exception)
            return 1, result.stdout, str(result.exception)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


QUICK = ("--repeats", 2, "--folds", 2)


def test_fitting_says_both_figures_and_what_was_tried(call: Call) -> None:
    code, out, err = call(
        "train.csv", "test.csv", "-c", "ridge", "--classes", ",".join(NAMES), "-o", "x.onnx", *QUICK
    )
    assert code == 0
    assert "train.csv: 24 clips, 3 classes, 4 numbers a clip" in out
    assert re.search(r"classifier  ridge, alpha \S+, standardised, the best of 6 settings", out)
    assert re.search(r"training    \d+\.\d ± \d+\.\d % cross-validated \(2 folds by clip, 2 times", out)
    assert re.search(
        r"test        \d+\.\d\d % \(\d+ of 12 clips; 95 % interval .*; a clip is 8\.3 points\)", out
    )
    assert re.search(r"1 │ kick +│ +4 │ +\d+ │ +\d+ │", out)
    assert "[wave]" in out
    assert "written: x.onnx" in err
    code, again, _ = call("--load", "x.onnx", "test.csv")
    assert code == 0
    assert re.findall(r"│.*", again) == re.findall(r"│.*", out)[-len(re.findall(r"│.*", again)) :]


def test_one_classifier_is_cross_validated_without_a_test_part(call: Call) -> None:
    code, out, _ = call("train.csv", "-c", "logistic", *QUICK)
    assert code == 0
    assert "classifier  logistic, C 1, features as they are\n" in out
    assert "cross-validated" in out
    assert "test " not in out
    write_features(replace(table(), groups=("a", "b", "c", "d") * 6), Path("grouped.csv"))
    out = call("grouped.csv", "-c", "logistic")[1]
    assert re.search(r"training    \d+\.\d % cross-validated \(4 folds by group, each held out once\)", out)


def test_what_is_in_both_parts_is_told(call: Call, tmp_path: Path) -> None:
    train, test = table(), table(4, seed=1)
    features = test.features.copy()
    features[3] = train.features[5]
    write_features(replace(test, features=features), tmp_path / "test.csv")
    code, out, _ = call("train.csv", "test.csv", "-c", "logistic", *QUICK)
    assert code == 0
    assert "note        1 of 12 test clips are also in training: test row 4 is training row 6" in out


def test_json_has_it_all(call: Call) -> None:
    code, out, _ = call("train.csv", "test.csv", "-c", "ridge", "--json", *QUICK)
    assert code == 0
    document = json.loads(out)
    assert len(document["tried"]) == 6
    best = max(one["accuracy"] for one in document["tried"])
    assert document["classifier"]["training"]["cross_validated_accuracy"] == best
    assert document["classifier"]["labels"] == [0, 1, 2]
    assert document["test"]["num_clips"] == 12
    assert 0.5 < document["test"]["figures"]["top_1"]["value"] <= 1
    assert len(document["test"]["confusion"]) == 3
    code, out, _ = call("train.csv", "-c", "ridge", "--json", *QUICK)
    assert json.loads(out)["test"] is None


@pytest.mark.parametrize("suffix", [".skops", ".onnx"])
def test_clips_without_labels_are_classified(call: Call, tmp_path: Path, suffix: str) -> None:
    assert call("train.csv", "-c", "logistic", "-o", f"x{suffix}", *QUICK)[0] == 0
    new = table(2, seed=2)
    unlabelled = replace(new, labels=np.full(6, -1), clips=("a", "b", None, "d", "e", "f"))
    write_features(unlabelled, tmp_path / "new.parquet")
    code, out, err = call("new.parquet", "--load", f"x{suffix}", "--predictions", "new.csv")
    assert (code, out) == (0, "")
    assert "written: new.csv" in err
    with (tmp_path / "new.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["clip"] for row in rows] == ["a", "b", "", "d", "e", "f"]
    assert [row["row"] for row in rows] == list("123456")
    assert sum(int(row["class"]) == label for row, label in zip(rows, new.labels, strict=True)) >= 4
    assert all(1 / 3 <= float(row["probability"]) <= 1 for row in rows)
    code, out, _ = call("new.parquet", "--load", f"x{suffix}", "--json")
    assert code == 0
    assert [one["class"] for one in json.loads(out)["predictions"]] == [row["class"] for row in rows]
    code, _, error = call("new.parquet", "--load", f"x{suffix}")
    assert code == 1
    assert "no labels to judge by" in error


def test_predictions_of_the_test_part_are_written(call: Call, tmp_path: Path) -> None:
    assert call("train.csv", "test.csv", "-c", "logistic", "--predictions", "p.csv", *QUICK)[0] == 0
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 13


def test_many_classes_have_a_list_of_confusions(call: Call, tmp_path: Path) -> None:
    labels = np.repeat(np.arange(20), 3)
    features = np.eye(20)[labels] + np.random.default_rng(0).normal(size=(60, 20))
    many = FeatureTable(features, labels, tuple(map(str, range(20))))
    write_features(many, tmp_path / "many.csv")
    code, out, _ = call("many.csv", "many.csv", "-c", "logistic", *QUICK)
    assert code == 0
    assert "true \\ answer" not in out
    assert "60 of 60 test clips are also in training" in out


ERRORS = {
    "no such file": (("none.csv",), "none.csv: no such file"),
    "no label": (("nolabel.csv",), "nolabel.csv: the column 'label' is missing"),
    "other columns": (("train.csv", "other.csv"), "other.csv: expected the 4 numbers"),
    "more columns": (
        ("train.csv", "more.csv"),
        "expected the 4 numbers a clip that the classifier was fitted to, found 6 numbers a clip, with '4', "
        "which it does not know",
    ),
    "one clip": (("one.csv",), "two clips of each class or more, found one of '7'"),
    "one class": (("class.csv",), "two classes or more, found 1"),
    "no classifier": (("train.csv", "-c", "forest"), "expected one of logistic, ridge"),
    "classes": (("train.csv", "--classes", "a,b"), "a name for label 2, found 2"),
    "double classes": (("train.csv", "--classes", "a,b,b"), "different names"),
    "suffix": (("train.csv", "-o", "x.pkl"), "ends with .skops"),
    "no folder": (("train.csv", "-o", "none/x.skops"), "there is no folder none"),
    "there already": (("train.csv", "-o", "old.skops"), "is there already"),
    "no csv": (("train.csv", "test.csv", "--predictions", "x.json"), "ends with .csv"),
    "no test": (("train.csv", "--predictions", "x.csv"), "TEST, which is missing"),
    "folds": (("train.csv", "--folds", "1"), "2 folds and 1 repeat or more"),
    "load nothing": (("test.csv", "--load", "none.skops"), "none.skops: no such file"),
    "load and test": (("train.csv", "test.csv", "--load", "old.skops"), "leave TEST out"),
    "load and choose": (("test.csv", "--load", "old.skops", "-c", "auto"), "leave --classifier out"),
    "load and save": (("test.csv", "--load", "old.skops", "-o", "x.skops"), "leave --out out"),
    "load no classifier": (("test.csv", "--load", "old.skops"), "broken file"),
}


@pytest.mark.parametrize("which", ERRORS)
def test_what_cannot_be_done_is_told_in_one_line(which: str, call: Call, tmp_path: Path) -> None:
    train = table()
    (tmp_path / "nolabel.csv").write_text("0,1\n1,2\n")
    write_features(replace(train, names=tuple("012x")), tmp_path / "other.csv")
    more = np.hstack([train.features, train.features[:, :2]])
    write_features(replace(train, features=more, names=tuple("012345")), tmp_path / "more.csv")
    write_features(replace(train, labels=np.append(train.labels[:-1], 7)), tmp_path / "one.csv")
    write_features(replace(train, labels=train.labels * 0), tmp_path / "class.csv")
    (tmp_path / "old.skops").write_text("thesis")
    arguments, said = ERRORS[which]
    code, out, error = call(*arguments)
    assert (code, out) == (1, "")
    assert said in error
    assert (tmp_path / "old.skops").read_text() == "thesis"


def test_a_parquet_table_without_labels_is_refused_in_the_same_words(call: Call, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    write_features(replace(table(), labels=np.full(24, -1)), tmp_path / "nolabel.parquet")
    assert "nolabel.parquet: the column 'label' is missing" in call("nolabel.parquet")[2]


def test_force_replaces_a_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_text("old")
    assert call("train.csv", "-c", "logistic", "-o", "x.onnx", "--force", *QUICK)[0] == 0
    assert call("test.csv", "--load", "x.onnx")[0] == 0


def test_what_is_not_linear_is_judged_before_its_onnx_is_refused(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poseact.feature_classifiers import Setting, settings

    monkeypatch.setitem(settings._CHOICES, "svm", (Setting("rbf svm", 10.0),))
    code, out, error = call("train.csv", "test.csv", "-c", "svm", "-o", "x.onnx", *QUICK)
    assert code == 1
    assert "test  " in out
    assert "not linear: save it as .skops" in error
    assert not (tmp_path / "x.onnx").exists()


def test_a_missing_extra_is_told(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poseact.feature_classifiers.settings.find_spec", lambda _: None)
    code, _, error = call("train.csv", *QUICK)
    assert code == 1
    assert "pip install 'poseact[train]'" in error


def test_importing_the_command_imports_no_scikit_learn() -> None:
    import subprocess
    import sys

    code = (
        "import sys, poseact.cli_features, poseact.feature_classifiers\n"
        "heavy = ('sklearn', 'skops', 'pyarrow', 'onnx', 'torch', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
