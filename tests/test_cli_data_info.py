"""``poseact data info`` and ``poseact data convert``: what they say, and that they take no file's place."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

import made_people as people
from poseact.cli_data import data_app
from poseact.cli_data_info import _facts
from poseact.data_summary import DataSummary
from poseact.datasets import detect_format, read_clips, write_native
from poseact.datasets.converting import lost_joints
from poseact.errors import PoseactError
from poseact.layouts import get_layout
from poseact.wording import counted

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Runs a data command in `tmp_path`: exit code, stdout, and stderr or the error."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(data_app, list(map(str, arguments)))
        if isinstance(result.exception, PoseactError):  # poseact.cli.main prints these
            assert "\n" not in str(result.exception)
            return 1, result.stdout, str(result.exception)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    return call


@pytest.fixture
def good(tmp_path: Path) -> Path:
    write_native(people.clips(), tmp_path / "good")
    return tmp_path / "good"


def test_convert_writes_and_says_how_many(call: Call, good: Path, tmp_path: Path) -> None:
    code, out, _ = call("convert", good, "new.csv")
    assert code == 0
    assert "new.csv: 24 clips written as csv" in out
    assert len(list(read_clips(tmp_path / "new.csv"))) == 24


@pytest.mark.parametrize("out", ["mine.csv", "mine.pkl", "mine", "empty", "link.csv"])
def test_convert_takes_nothings_place(call: Call, good: Path, tmp_path: Path, out: str) -> None:
    target = tmp_path / out
    if target.suffix:
        (tmp_path / "mine.csv").write_text("thesis")
        target.symlink_to("mine.csv") if out.startswith("link") else target.write_text("thesis")
    else:
        target.mkdir()
    code, _, error = call("convert", good, out)
    assert code == 1
    assert f"{out}: is there already: choose another name, or remove it first, or add --force" in error
    assert target.is_dir() or target.read_text() == "thesis"


def test_force_replaces_a_file_and_a_folder_of_the_same_format(
    call: Call, good: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text("thesis")
    assert call("convert", good, "mine.csv", "--force")[0] == 0
    for to in ("poseact", "openpose-json"):
        old = replace(people.clips()[0], name="old")
        write_native([old], tmp_path / "one")
        assert call("convert", "one", to, "--to", to)[0] == 0
        assert call("convert", good, to, "--to", to, "--force")[0] == 0
        assert detect_format(tmp_path / to).name == to
        assert len(list(read_clips(tmp_path / to))) == 24
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_force_leaves_other_things_and_the_set_itself_alone(call: Call, good: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("thesis")
    write_native(people.clips()[:1], tmp_path / "mixed")
    (tmp_path / "mixed" / "thesis.txt").write_text("thesis")
    (tmp_path / "folder.csv").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for out, words in {
        "home": "holds other things",
        "mixed": "holds other things",
        "folder.csv": "is no file",
        "good": "the data set itself",
        "good/clips.csv": "a part of it",
        ".": "the data set itself",
    }.items():
        code, _, error = call("convert", good, out, "--force", *(["--to", "poseact"] if out == "." else []))
        assert (code, words in error) == (1, True), (out, error)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_folder_stays_where_writing_over_it_fails(call: Call, good: Path, tmp_path: Path) -> None:
    assert call("convert", good, "copy")[0] == 0
    for path in (good / "poses").iterdir():
        path.write_bytes(b"PK")
    assert call("convert", good, "copy", "--force")[0] == 1
    assert len(list(read_clips(tmp_path / "copy"))) == 24


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["OUT.foo"], "OUT.foo: no format is written with this suffix"),
        (["OUT.foo", "--to", "csv"], "OUT.foo: csv is written as a file that ends with .csv"),
        (["OUT", "--to", "csv"], "OUT: csv is written as a file that ends with .csv"),
        (["x.csv", "--to", "poseact"], "x.csv: poseact is written as a folder"),
        (["x.csv", "--to", "jhmdb"], "'jhmdb' is not a format that poseact writes"),
        (["nowhere/x.csv"], "there is no folder nowhere: make it first"),
        (["nowhere/x"], "there is no folder nowhere: make it first"),
        (["x", "--layout", "coco"], "no layout is called 'coco'"),
        (["x.csv", "-W", "a=1"], "no option 'a'"),
    ],
)
def test_what_cannot_be_converted_is_one_line(
    call: Call, good: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    code, _, error = call("convert", good, *arguments)
    assert (code, message in error) == (1, True), error
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


def test_a_folder_may_have_a_number_for_a_suffix(call: Call, good: Path) -> None:
    assert call("convert", good, "v1.2", "--to", "poseact")[0] == 0


def test_joints_without_a_place_are_told_once(
    call: Call, good: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="poseact"):
        assert call("convert", good, "out", "--to", "openpose-json")[0] == 0
        assert call("convert", good, "other", "--layout", "penn13")[0] == 0
    layouts = {clip.sequence.layout.name for clip in people.clips()}
    told = [line for line in caplog.messages if "no place for" in line]
    assert (
        len(told)
        == len(set(told))
        == sum(
            lost_joints(get_layout(one), get_layout(target)) is not None
            for one in layouts
            for target in ("openpose25", "penn13")
        )
    )
    assert told


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (
            "sbu15",
            "openpose25",
            "joints of sbu15: openpose25 has no place for head, spine: they are lost; left_hand becomes "
            "left_wrist, right_hand becomes right_wrist, left_foot becomes left_ankle, right_foot becomes "
            "right_ankle",
        ),
        ("openpose18", "coco17", "joints of openpose18: coco17 has no place for neck: it is lost"),
        ("coco17", "openpose25", None),
        ("coco17", "coco17", None),
    ],
)
def test_what_is_lost_between_layouts(source: str, target: str, expected: str | None) -> None:
    assert lost_joints(get_layout(source), get_layout(target)) == expected


def test_info_draws_and_draws_again(call: Call, good: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for _ in range(2):
        code, out, _ = call("info", good)
        assert code == 0
        assert "picture: good-info.png" in out
    assert cv2.imread(str(tmp_path / "good-info.png")) is not None
    code, out, error = call("info", good, "--json", "--picture", "p.png")
    assert (code, json.loads(out)["clips"]) == (0, 24)
    assert "picture: p.png" in error and (tmp_path / "p.png").is_file()


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        ("mine.csv", "ends with .png"),
        ("good/clips.csv", "ends with .png"),
        ("figure.png", "is no picture of poseact data info: choose another name"),
        ("data.png", "is no picture of poseact data info"),
        ("good/poses.png", "is no picture of poseact data info"),
        ("nowhere/p.png", "there is no folder nowhere"),
        ("mine.csv/p.png", "there is no folder mine.csv"),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_picture_takes_nothings_place_and_is_refused_before_reading(
    call: Call, good: Path, tmp_path: Path, picture: str, message: str, flags: list[str]
) -> None:
    (tmp_path / "mine.csv").write_text("thesis")
    (tmp_path / "data.png").write_bytes(b"thesis")
    (good / "poses.png").mkdir()
    cv2.imwrite(str(tmp_path / "figure.png"), people.np.zeros((4, 4, 3), "uint8"))
    figure = (tmp_path / "figure.png").read_bytes()
    for path in (good / "poses").glob("*.npz"):
        path.write_bytes(b"PK")  # whoever reads first says so
    code, _, error = call("info", good, "--picture", picture, *flags)
    assert (code, message in error) == (1, True), error
    assert ((tmp_path / "mine.csv").read_text(), (tmp_path / "data.png").read_bytes()) == (
        "thesis",
        b"thesis",
    )
    assert (tmp_path / "figure.png").read_bytes() == figure


def test_a_picture_is_named_or_not_wanted(call: Call, good: Path) -> None:
    code, _, error = call("info", good, "--picture", "p.png", "--no-picture")
    assert code == 1 and "name one of them" in error


def test_the_default_picture_is_no_reason_to_fail(
    call: Call, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "good-info.png").write_text("thesis")
    code, out, error = call("info", good)
    assert code == 0 and "24" in out
    assert error.startswith("no picture: good-info.png: is there already") and error.count("\n") == 1
    assert (tmp_path / "good-info.png").read_text() == "thesis"
    (tmp_path / "good-info.png").unlink()

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("poseact.files.tempfile.mkstemp", refuse)
    code, _, error = call("info", good)
    assert code == 0 and error.startswith("no picture: ") and error.count("\n") == 1
    assert call("info", good, "--picture", "p.png")[0] == 1


def test_the_table_is_in_order_and_in_english(call: Call, tmp_path: Path) -> None:
    clips = [
        replace(clip, label=label, name=label)
        for clip, label in zip(people.clips(), ("wave", "bow", "sit"), strict=False)
    ]
    write_native(clips, tmp_path / "three")
    _, out, _ = call("info", "three", "--no-picture")
    rows = [line.split()[1] for line in out.splitlines() if line.startswith("│")]
    assert rows == ["bow", "sit", "wave"]
    write_native(clips[:1], tmp_path / "one")
    _, out, _ = call("info", "one", "--no-picture")
    assert "1 of 1 class\n" in re.sub(r" +\n", "\n", out) and "(1 clip)" in out and "1: 1 clip" in out
    assert "1 clips" not in out and "1 classes" not in out


def test_protocols_come_in_their_own_order() -> None:
    summary = DataSummary()
    splits = dict.fromkeys(("AS2", "other", "AS1", "xsub"), "test")
    summary.add(replace(people.clips()[0], splits=splits))
    protocols = dict.fromkeys(("xsub", "AS1", "AS2"), "one line")
    told = [name for name, _ in _facts(summary, protocols) if name.startswith("protocol")]
    assert told == ["protocol xsub", "protocol AS1", "protocol AS2", "protocol other"]


def test_counts_have_their_number() -> None:
    assert [counted(n, "class") for n in (0, 1, 2)] == [
        "0 classes",
        "1 class",
        "2 classes",
    ]
    assert counted(1, "joint") == "1 joint"
