"""`poseact export`, on good results and on bad; and `poseact predict --export`."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from made_findings import JACKS, SQUATS, saved
from poseact.timeline import Segment

# The fixture `run`: arguments in; exit code, stdout, stderr out.
Run = Callable[..., tuple[int, str, str]]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def cut_short(text: str) -> str:
    return text[:-20]


def test_files_and_folders_go_where_they_lie(run: Run, tmp_path: Path) -> None:
    one, two = saved(tmp_path / "a" / "one.json", SQUATS), saved(tmp_path / "b" / "two.json", JACKS)
    code, out, err = run("export", one, tmp_path / "b", one, "--to", "eaf", "--to", "bids")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        str(path.with_name(f"{path.stem}{suffix}"))
        for path in (one, two)
        for suffix in (".eaf", "_events.tsv", "_events.json")
    ]
    assert all(Path(line).is_file() for line in out.splitlines())


def test_what_is_no_result_is_passed_over_in_folders_only(run: Run, tmp_path: Path) -> None:
    saved(tmp_path / "in" / "gym.json", SQUATS)
    assert run("export", tmp_path / "in", "--to", "bids", "-q") == (0, "", "")
    other = tmp_path / "in" / "gym_events.json"
    code, out, err = run("export", tmp_path / "in", "--to", "eaf", "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    assert out == f"{tmp_path / 'out' / 'gym.eaf'}\n"
    assert run("export", tmp_path / "in", "--to", "bids", "--force", "-q") == (0, "", "")
    code, _, err = run("export", other, "--to", "eaf")
    assert code == 1
    assert err.startswith(f"poseact: {other}: expected a poseact result in JSON")


def test_a_broken_one_is_named_and_the_rest_is_done(run: Run, tmp_path: Path) -> None:
    saved(tmp_path / "in" / "a.json", SQUATS)
    broken = saved(tmp_path / "in" / "b.json", SQUATS, change=cut_short)
    late = saved(tmp_path / "in" / "c.json", Segment(0, "squat", 0, 1.7e9, 0.5))
    saved(tmp_path / "in" / "d.json", JACKS)
    code, out, err = run("export", tmp_path / "in", "--to", "eaf", "--out", tmp_path / "out")
    assert code == 3
    assert names(tmp_path / "out") == ["a.eaf", "d.eaf"]
    assert len(out.splitlines()) == 2
    first, second = err.splitlines()
    assert first.startswith(f"poseact: {broken}: expected a poseact result")
    assert second.startswith(f"poseact: {late}: expected times up to 4294967 s")


def test_a_file_that_is_there_stays_unless_forced(run: Run, tmp_path: Path) -> None:
    path = saved(tmp_path / "gym.json", SQUATS)
    (tmp_path / "gym.eaf").write_text("my work of a week")
    code, out, err = run("export", path, "--to", "eaf")
    assert (code, out) == (1, "")
    assert err == (
        f"poseact: {path}: {tmp_path / 'gym.eaf'}: is there already: use --force to replace it, "
        "or another folder\n"
    )
    assert (tmp_path / "gym.eaf").read_text() == "my work of a week"
    assert run("export", path, "--to", "eaf", "--force")[0] == 0
    assert "ANNOTATION_DOCUMENT" in (tmp_path / "gym.eaf").read_text()


def test_two_results_of_one_name_do_not_replace_each_other(run: Run, tmp_path: Path) -> None:
    one, two = saved(tmp_path / "a" / "gym.json", SQUATS), saved(tmp_path / "b" / "gym.json", JACKS)
    code, _, err = run("export", one, two, "--to", "bids", "--out", tmp_path / "out", "--force")
    assert code == 3
    assert "gym_events.tsv: is a result, or was written just now for another one" in err
    assert "squat" in (tmp_path / "out" / "gym_events.tsv").read_text()


@pytest.mark.skipif(os.name == "nt", reason="makes a link")
def test_one_result_by_two_ways_is_one(run: Run, tmp_path: Path) -> None:
    path = saved(tmp_path / "a" / "gym.json", SQUATS)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    code, out, _ = run("export", path, tmp_path / "b", "--to", "vtt")
    assert (code, out) == (0, f"{path.with_suffix('.vtt')}\n")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("none.json", "--to", "eaf"), "none.json: no such file"),
        ((".", "--to", "eaf"), "no results of `poseact predict` in this folder"),
        (("none.json", "--to", "xls"), "expected one of eaf, boris, bids, csv, vtt, json, found 'xls'"),
    ],
)
def test_nothing_to_do_is_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run("export", *arguments)
    assert (code, out) == (1, "")
    assert hint in err
    assert err.count("\n") == 1


def test_a_result_that_was_written_anew_is_found(run: Run, tmp_path: Path) -> None:
    saved(tmp_path / "gym.json", SQUATS, change=lambda text: json.dumps(json.loads(text), sort_keys=True))
    assert run("export", tmp_path, "--to", "eaf", "-q") == (0, "", "")
    assert (tmp_path / "gym.eaf").is_file()


def test_a_folder_of_other_json_alone_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[1, 2]")
    code, _, err = run("export", tmp_path, "--to", "eaf")
    assert (code, err) == (1, f"poseact: {tmp_path}: no results of `poseact predict` in this folder\n")


def test_a_format_must_be_named(run: Run, tmp_path: Path) -> None:
    code, _, err = run("export", saved(tmp_path / "gym.json", SQUATS))
    assert code == 2
    assert "--to" in err


# -- poseact predict --export ------------------------------------------------------------------


def test_predict_writes_exports_and_resume_knows_of_them(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    recorded = ("--estimator", "recorded", "-O", f"poses={poses_file}")
    options = ("predict", blank_video, "--out", tmp_path, "--no-video", *recorded, "--resume")
    run(*options)
    before = names(tmp_path)
    code, _, err = run(*options, "--export", "eaf", "--export", "bids", "--export", "csv")
    assert (code, "left out" in err) == (0, False)
    added = ["blank.eaf", "blank_events.json", "blank_events.tsv"]
    assert names(tmp_path) == sorted([*before, *added])
    exports = {name: (tmp_path / name).read_bytes() for name in added}
    assert "left out: 1 of 1" in run(*options, "--export", "bids")[2]
    (tmp_path / "blank.eaf").unlink()
    assert "left out" not in run(*options, "--export", "eaf")[2]
    assert names(tmp_path) == sorted([*before, *added])
    # What the command makes of the result afterwards is the same but for the time.
    assert run("export", tmp_path / "blank.json", "--to", "bids", "--force")[0] == 0
    for name in added[1:]:
        assert (tmp_path / name).read_bytes() == exports[name]


def test_little_and_an_export(run: Run, blank_video: Path, poses_file: Path, tmp_path: Path) -> None:
    recorded = ("--estimator", "recorded", "-O", f"poses={poses_file}")
    run("predict", blank_video, "--out", tmp_path, "--json-only", "--export", "boris", *recorded)
    assert names(tmp_path) == ["blank.boris", "blank.boris.csv", "blank.json"]


def test_an_export_of_the_users_own_is_not_replaced(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "blank.eaf").write_text("mine")
    recorded = ("--estimator", "recorded", "-O", f"poses={poses_file}")
    run("predict", blank_video, "--out", tmp_path, "--json-only", "--export", "eaf", *recorded)
    assert names(tmp_path) == ["blank.eaf", "blank_mp4.eaf", "blank_mp4.json"]
    assert (tmp_path / "blank.eaf").read_text() == "mine"
    assert json.loads((tmp_path / "blank_mp4.json").read_text())["video"]["name"] == "blank.mp4"


def test_work_done_in_elan_is_not_replaced(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    recorded = ("--estimator", "recorded", "-O", f"poses={poses_file}")
    options = ("predict", blank_video, "--out", tmp_path, "--json-only", "--export", "eaf", *recorded)
    assert [run(*options)[0] for _ in range(2)] == [0, 0]
    mine = tmp_path / "blank.eaf"
    mine.write_text("my work of a week")
    assert run(*[one for one in options if one not in ("--export", "eaf")])[0] == 0  # the JSON is newer now
    code, _, err = run(*options)
    assert code == 1
    assert err.splitlines()[-1] == (
        f"poseact: {blank_video}: {mine} is not as poseact made it from this result: move it "
        "away, or leave out --export"
    )
    assert mine.read_text() == "my work of a week"
    assert "left out: 1 of 1" in run(*options, "--resume")[2]
    mine.rename(tmp_path / "mine.eaf")
    assert run(*options)[0] == 0


def test_what_export_wrote_or_a_copy_is_no_work_of_hands(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    recorded = ("--estimator", "recorded", "-O", f"poses={poses_file}")
    options = ("predict", blank_video, "--out", tmp_path, "--json-only", "--export", "boris", *recorded)
    assert run(*options)[0] == 0
    assert run("export", tmp_path / "blank.json", "--to", "boris", "--force")[0] == 0
    later = (tmp_path / "blank.json").stat().st_mtime + 60
    os.utime(tmp_path / "blank.boris", (later, later))
    assert run(*options)[0] == 0


def test_an_unknown_export_is_said_first(run: Run, blank_video: Path, tmp_path: Path) -> None:
    code, _, err = run("predict", blank_video, "--out", tmp_path / "out", "--export", "elan")
    assert code == 1
    assert err.endswith("expected one of eaf, boris, bids, csv, vtt, json, found 'elan'\n")
    assert not (tmp_path / "out").exists()
