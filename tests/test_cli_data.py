"""``poseact data check`` and ``poseact data split``, on good input and on bad."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import made_people as people
from poseact.cli_data import data_app
from poseact.datasets import read_clips, write_native
from poseact.errors import PoseactError
from poseact.splits import load_split

Call = Callable[..., tuple[int, str]]
ZEROS, NOBODY = "bow_s1_2", "bow_s2_1"


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a data command on a terminal of 80 columns: exit code; what was said on stdout, or the error."""
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(data_app, list(map(str, arguments)))
        if isinstance(result.exception, PoseactError):  # poseact.cli.main prints these
            return 1, str(result.exception)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout

    return call


@pytest.fixture
def good(tmp_path: Path) -> Path:
    write_native(people.clips(), tmp_path / "good")
    return tmp_path / "good"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """With zeros, a clip of nobody, a duplicate, and a file cut short."""
    clips = people.clips()
    zeros, nobody = (clips[i].sequence.keypoints.copy() for i in (1, 2))
    zeros[:, :2, 3] = 0
    nobody[:] = np.nan
    for i, points in ((1, zeros), (2, nobody)):
        clips[i] = replace(clips[i], sequence=people.with_points(clips[i].sequence, points))
    assert (clips[1].name, clips[2].name) == (ZEROS, NOBODY)
    write_native([*clips, replace(clips[5], name="twin")], tmp_path / "bad")
    (tmp_path / "bad" / "poses" / "wave_s4_2.npz").write_bytes(b"PK")
    return tmp_path / "bad"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_good_set_passes(call: Call, good: Path) -> None:
    code, out = call("check", good)
    assert code == 0
    assert "24 clips read" in out and "0 errors, 0 warnings, 0 notes" in out


def test_faults_are_named_with_the_clip_and_the_remedy_within_80_columns(call: Call, bad: Path) -> None:
    code, out = call("check", bad)
    assert code == 3
    flat = " ".join(out.split())
    for words in (NOBODY, ZEROS, "twin", "cannot be read", "wave_s4_2", "-> make them missing"):
        assert words in flat, words
    assert max(map(len, out.splitlines()[1:])) <= 80


def test_json_holds_every_finding(call: Call, bad: Path) -> None:
    code, out = call("check", bad, "--json")
    document = json.loads(out)
    assert (code, document["format"], document["num_clips"]) == (3, "poseact", 24)
    kinds = {finding["kind"]: finding["clips"] for finding in document["findings"]}
    assert kinds["nobody"] == [NOBODY] and kinds["zeros"] == [ZEROS]
    assert kinds["duplicate"] == ["bow_s3_2", "twin"]
    assert "broken" in kinds and "changes" not in document


def test_fix_writes_a_clean_copy_and_every_change_and_leaves_the_set_alone(
    call: Call, bad: Path, tmp_path: Path
) -> None:
    before = files(bad)
    code, out = call("check", bad, "--fix", tmp_path / "copy")
    assert code == 3
    assert "cleaned copy" in out
    assert files(bad) == before
    with (tmp_path / "copy.changes.csv").open(newline="") as file:
        changes = {row["clip"]: row["kind"] for row in csv.DictReader(file)}
    assert changes == {ZEROS: "missing", NOBODY: "left-out", "twin": "left-out"}
    assert call("check", tmp_path / "copy")[0] == 0
    clips = {clip.name: clip for clip in read_clips(tmp_path / "copy")}
    assert len(clips) == 22
    assert np.isnan(clips[ZEROS].sequence.keypoints[0, :2, 3]).all()


def test_fix_writes_other_formats(call: Call, bad: Path, tmp_path: Path) -> None:
    code, out = call("check", bad, "--fix", tmp_path / "copy.csv", "--to", "csv", "--json")
    assert code == 3
    assert len(json.loads(out)["changes"]) == 3
    assert len(list(read_clips(tmp_path / "copy.csv"))) == 22


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fix", "good/poses/copy"], "may not be in the data set itself"),
        (["--fix", "good"], "may not be in the data set itself"),
        (["--fix", "."], "may not be in the data set itself"),
        (["--fix", "there"], "is there already"),
        (["--fix", "copy", "--to", "jhmdb"], "only read"),
        (["--fix", "copy", "--to", "word"], "no data format"),
        (["--format", "word"], "no data format"),
        (["--format", "jhmdb"], "GT_train_1.pkl"),
        (["-O", "rate_hz=25"], "no option 'rate_hz'"),
        (["-O", "rate_hz"], "KEY=VALUE"),
        (["--split", "nowhere.json"], "no such file"),
        (["--split", "good/clips.csv"], "columns name,part"),
    ],
)
def test_wrong_options_of_check_are_one_line(
    call: Call, good: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(good.parent)
    (good.parent / "there").mkdir()
    before = files(good.parent)
    code, error = call("check", good, *arguments)
    assert code == 1
    assert message in error and "\n" not in error
    assert files(good.parent) == before


def test_a_path_that_is_not_there_or_holds_nothing_is_one_line(call: Call, tmp_path: Path) -> None:
    assert call("check", tmp_path / "nowhere") == (1, f"{tmp_path / 'nowhere'}: no such file or folder")
    (tmp_path / "clips.csv").write_text("name,file,label,subject,camera,repetition,group\na,b.npz,x,,,,\n")
    code, error = call("check", tmp_path)
    assert code == 1 and "b.npz: no such file" in error
    assert call("split", tmp_path, "--out", tmp_path / "s.json", "--k-fold", 2)[0] == 1


def test_check_looks_for_leaks_in_a_split_from_elsewhere(call: Call, good: Path, tmp_path: Path) -> None:
    names = [clip.name for clip in read_clips(good)]
    lines = [f"{name},{'train' if i % 2 else 'test'}" for i, name in enumerate(names)]
    (tmp_path / "mine.csv").write_text("\n".join(["name,part", *lines]))
    code, out = call("check", good, "--split", tmp_path / "mine.csv")
    assert code == 3
    assert "group 's1'" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "title", "num_folds"),
    [
        (["--protocol", "xsub"], "official protocol xsub", 1),
        (["--by", "subject", "--test", "1,2", "--val", "3"], "by subject", 1),
        (["--leave-one-out", "subject"], "leave one subject out", 4),
        (["--k-fold", "2"], "2 folds over each group", 2),
        (["--k-fold", "2", "--by", "subject"], "2 folds over each subject", 2),
        (["--fractions", "0.5,0.25,0.25"], "random fractions 0.5/0.25/0.25 over each group", 1),
        (["--leave-one-out", "group", "--val-fraction", "0.3", "--seed", "5"], "leave one group out", 4),
    ],
)
def test_split_writes_and_shows_every_way(
    call: Call, good: Path, tmp_path: Path, arguments: list[str], title: str, num_folds: int
) -> None:
    code, out = call("split", good, "--out", tmp_path / "s.json", *arguments)
    assert code == 0
    assert title in out and "subjects" in out
    plan = load_split(tmp_path / "s.json")
    assert plan.title == title and len(plan.folds) == num_folds
    is_random = {"--k-fold", "--fractions", "--val-fraction"} & set(arguments)
    assert plan.seed == ((5 if "--seed" in arguments else 0) if is_random else None)
    assert call("check", good, "--split", tmp_path / "s.json")[0] == 0
    assert call("split", good, "--out", tmp_path / "s.json", *arguments)[0] == 0
    assert load_split(tmp_path / "s.json") == plan


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name one way"),
        (["--protocol", "xsub", "--k-fold", "3"], "name one way"),
        (["--by", "subject"], "name one way"),
        (["--test", "1"], "need --by"),
        (["--k-fold", "3", "--val", "1"], "--val needs --test"),
        (["--protocol", "xview"], "known: xsub"),
        (["--by", "camera", "--test", "1"], "do not say their camera"),
        (["--by", "repetition", "--test", "1"], "split refused"),
        (["--leave-one-out", "who"], "expected one of"),
        (["--fractions", "0.7,0.3"], "three numbers"),
        (["--fractions", "a,b,c"], "three numbers"),
        (["--k-fold", "2", "--blocks", "1"], "at least 2"),
    ],
)
def test_what_cannot_be_split_is_one_line_and_writes_nothing(
    call: Call, good: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, error = call("split", good, "--out", tmp_path / "s.json", *arguments)
    assert code == 1
    assert message in error and "\n" not in error
    assert not (tmp_path / "s.json").exists()


def test_split_overwrites_nothing_but_a_split(call: Call, good: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.json").write_text("{}")
    for target in (tmp_path / "thesis.json", good, good / "clips.csv"):
        code, error = call("split", good, "--out", target, "--k-fold", "2")
        assert code == 1 and "no split of poseact" in error
    assert (tmp_path / "thesis.json").read_text() == "{}"


def test_split_leaves_broken_clips_out_and_says_so(call: Call, bad: Path, tmp_path: Path) -> None:
    code, _ = call("split", bad, "--out", tmp_path / "s.json", "--k-fold", "2")
    assert code == 3
    (first, _) = load_split(tmp_path / "s.json").folds
    assert len(first.train) + len(first.test) == 24
    assert "wave_s4_2" not in (*first.train, *first.test)
