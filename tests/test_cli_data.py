"""``poseact data check`` and ``poseact data split``, on good input and on bad."""

import csv
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import made_people as people
from poseact.cli_data import data_app
from poseact.clip import Clip
from poseact.datasets import DATASETS, read_clips, write_native
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
        (["--fix", "copy", "--to", "jhmdb"], "'jhmdb' is not a format that poseact writes"),
        (["--fix", "copy", "--to", "word"], "'word' is not a format that poseact writes"),
        (["--fix", "copy", "--to", "csv"], "ends with .csv"),
        (["--fix", "copy.docx"], "no format is written with this suffix"),
        (["--fix", "mine"], "mine.changes.csv: is there already"),
        (["--to", "csv"], "--fix OUT is missing"),
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
    (good.parent / "mine.changes.csv").write_text("what I changed today")
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
        (["--k-fold", "2"], "2 folds by group", 2),
        (["--k-fold", "2", "--by", "subject"], "2 folds by subject", 2),
        (["--fractions", "0.5,0.25,0.25"], "random fractions 0.5/0.25/0.25 by group", 1),
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
    assert call("split", good, "--out", tmp_path / "s.json", *arguments, "--force")[0] == 0
    assert load_split(tmp_path / "s.json") == plan


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name one way"),
        (["--protocol", "xsub", "--k-fold", "3"], "--protocol and --k-fold are 2 ways to split"),
        (["--protocol", "xsub", "--by", "subject"], "--by does not go with --protocol"),
        (["--by", "subject"], "--by subject: --test VALUES is missing (or --k-fold K"),
        (["--by", "subjekt", "--k-fold", "2"], "--by: expected one of subject, camera"),
        (["--test", "1"], "--by FIELD is missing"),
        (["--k-fold", "3", "--val", "1"], "--val needs --by FIELD and --test"),
        (["--by", "subject", "--test", "1", "--val", "2", "--val-fraction", "0.2"], "both make val"),
        (["--by", "subject", "--test", "1,99"], "by subject: no 99 in the set; there are 1, 2, 3, 4"),
        (["--by", "subject", "--test", "1,2", "--val", "2"], "by subject: 2 in both test and val"),
        (["--by", "subject", "--test", ","], "no value for test"),
        (["--by", "subject", "--test", "1,2,3,4"], "no clip is left for train"),
        (["--by", "subject", "--test", "1", "--val", "2,3,4"], "no clip is left for train"),
        (["--protocol", "xsub", "--val-fraction", "1.5"], "share between 0 and 1, found 1.5"),
        (["--protocol", "xsub", "--val-fraction", "-1"], "share between 0 and 1, found -1"),
        (["--fractions", "0.7"], "three numbers for train, val and test that sum to 1"),
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
    for target in (tmp_path / "thesis.json", good):
        for force in ([], ["--force"]):
            code, error = call("split", good, "--out", target, "--k-fold", "2", *force)
            assert code == 1 and "no split of poseact" in error
    assert (tmp_path / "thesis.json").read_text() == "{}"


def test_split_replaces_an_older_split_only_when_told_to(call: Call, good: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.json"
    assert call("split", good, "--out", out, "--k-fold", 2)[0] == 0
    before = out.read_bytes()
    code, error = call("split", good, "--out", out, "--k-fold", 3)
    assert code == 1 and "--force" in error and out.read_bytes() == before
    assert call("split", good, "--out", out, "--k-fold", 3, "--force")[0] == 0
    assert len(load_split(out).folds) == 3


def test_a_split_gets_no_name_by_which_it_is_not_read_back(call: Call, good: Path, tmp_path: Path) -> None:
    code, error = call("split", good, "--out", tmp_path / "s.csv", "--k-fold", 2)
    assert code == 1 and "call it s.json" in error
    assert not (tmp_path / "s.csv").exists()


def test_fix_takes_the_format_from_the_suffix(call: Call, bad: Path, tmp_path: Path) -> None:
    assert call("check", bad, "--fix", tmp_path / "copy.csv")[0] == 3
    assert (tmp_path / "copy.csv").read_text().count("\n") > 22
    assert len(list(read_clips(tmp_path / "copy.csv"))) == 22


def test_where_nothing_is_changed_no_list_of_changes_is_written(
    call: Call, good: Path, tmp_path: Path
) -> None:
    code, out = call("check", good, "--fix", tmp_path / "copy")
    assert code == 0 and "no change" in out
    assert {path.name for path in tmp_path.iterdir()} == {"good", "copy"}


def test_a_single_change_is_told_in_the_singular(call: Call, good: Path, tmp_path: Path) -> None:
    clips = people.clips()
    write_native([*clips, replace(clips[5], name="twin")], tmp_path / "twins")
    _, out = call("check", tmp_path / "twins", "--fix", tmp_path / "copy")
    assert f"1 change, listed in {tmp_path / 'copy.changes.csv'}" in out
    assert "more than once, 1 time: bow_s3_2 = twin" in " ".join(out.split())


def test_what_the_reader_logs_is_logged_once_with_fix(
    call: Call, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    native = DATASETS["poseact"]

    def read(path: Path, **options: object) -> Iterator[Clip]:
        logging.getLogger("poseact.datasets.native").warning("an odd file")
        yield from native.read(path, **options)  # type: ignore[arg-type]

    monkeypatch.setitem(DATASETS, "poseact", replace(native, read=read))  # type: ignore[arg-type]
    assert call("check", good, "--fix", tmp_path / "copy")[0] == 0
    assert [record.message for record in caplog.records] == ["an odd file"]


def test_a_finding_names_its_clips_once(call: Call, good: Path, tmp_path: Path) -> None:
    names = [clip.name for clip in read_clips(good)]
    lines = [f"{name},{'train' if '_s1_' in name or '_s2_' in name else 'test'}" for name in names]
    (tmp_path / "mine.csv").write_text("\n".join(["name,part", *lines, "ghost1,test", "ghost2,test"]))
    code, out = call("check", good, "--split", tmp_path / "mine.csv")
    assert code == 0
    assert out.count("ghost1") == out.count("ghost2") == 1


def test_a_clip_on_both_sides_is_an_error_and_a_doubled_line_a_warning(
    call: Call, good: Path, tmp_path: Path
) -> None:
    names = [clip.name for clip in read_clips(good)]
    lines = [f"{name},{'train' if '_s1_' in name or '_s2_' in name else 'test'}" for name in names]
    (tmp_path / "mine.csv").write_text("\n".join(["name,part", *lines, lines[0]]))
    code, out = call("check", good, "--split", tmp_path / "mine.csv")
    flat = " ".join(out.split())
    assert code == 0 and f"1 clip named more than once in one part: {names[0]}" in flat
    (tmp_path / "mine.csv").write_text("\n".join(["name,part", *lines, f"{names[0]},test"]))
    code, out = call("check", good, "--split", tmp_path / "mine.csv")
    flat = " ".join(out.split())
    assert code == 3 and f"error given split mine, fold 1: 1 clip is in train and test: {names[0]}" in flat


def test_why_sides_cannot_be_told_is_said(call: Call, tmp_path: Path) -> None:
    write_native(people.clips()[:7], tmp_path / "few")
    flat = " ".join(call("check", tmp_path / "few")[1].split())
    assert "clips that tell, and 10 are needed" in flat
    sure = [
        replace(c, sequence=replace(c.sequence, confidence=np.ones_like(c.sequence.confidence)))
        for c in people.clips()
    ]
    write_native(sure, tmp_path / "sure")
    flat = " ".join(call("check", tmp_path / "sure")[1].split())
    assert "0 clips that tell, and 10 are needed; in 24, there are no confidences" in flat


def test_split_leaves_broken_clips_out_and_says_so(call: Call, bad: Path, tmp_path: Path) -> None:
    code, _ = call("split", bad, "--out", tmp_path / "s.json", "--k-fold", "2")
    assert code == 3
    (first, _) = load_split(tmp_path / "s.json").folds
    assert len(first.train) + len(first.test) == 24
    assert "wave_s4_2" not in (*first.train, *first.test)
