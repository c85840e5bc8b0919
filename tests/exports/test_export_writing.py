"""Results that are read from their files and written in other formats."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from made_findings import GYM, JACKS, NAMES, SQUATS, made_findings, made_result, saved
from poseact.errors import InvalidInputError, OutputError, SourceError
from poseact.exports import EXPORTS, Findings, export_result, export_texts
from poseact.results import read_csv, read_document, to_csv, to_vtt
from poseact.timeline import Segment

FILES = {
    "eaf": [".eaf"],
    "boris": [".boris.csv", ".boris"],
    "bids": ["_events.tsv", "_events.json"],
    "csv": [".csv"],
    "vtt": [".vtt"],
    "json": [".json"],
}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_tells_what_the_result_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "gym.json", SQUATS, JACKS)
    os.utime(path, (1_767_323_045, 1_767_323_045))
    found = Findings.read(path)
    assert found.video == replace(GYM, fingerprint=None)
    assert found.model == made_result().model
    assert found.timeline == made_result(SQUATS, JACKS).timeline
    assert found.made_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found.has_file
    assert found.labels == NAMES
    for name in ("eaf", "boris", "bids"):
        for text in EXPORTS[name].values():
            if name != "eaf":  # it tells the zone of this machine's clock
                same = replace(made_findings(SQUATS, JACKS), made_at=found.made_at)
                assert text(found) == text(same)


def test_labels_are_the_models_and_then_any_others() -> None:
    assert made_findings(Segment(0, "walk", 0, 1, 0.5), SQUATS).labels == (*NAMES, "walk")


@pytest.mark.parametrize("name", EXPORTS)
def test_every_format_is_written_beside_the_result(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / "a.b.json", SQUATS, JACKS)
    where = tmp_path / "new" / "folder" if name == "json" else tmp_path
    written = export_result(str(path), [name], where if name == "json" else None)
    assert written == [where / f"a.b{suffix}" for suffix in FILES[name]]
    assert all(one.read_text("utf-8").strip() for one in written)
    assert names(where) == sorted({*(one.name for one in written), *([path.name] if name != "json" else [])})


def test_own_formats_are_those_of_predict(tmp_path: Path) -> None:
    path, one = saved(tmp_path / "gym.json", SQUATS, JACKS), made_result(SQUATS, JACKS)
    table, subtitles, copy = export_result(path, ["csv", "vtt", "json"], tmp_path / "out")
    assert table.read_bytes().decode() == to_csv(one)
    assert read_csv(table)["gym.mp4"] == (SQUATS, JACKS)
    assert subtitles.read_text() == to_vtt(one.timeline)
    assert copy.read_bytes() == path.read_bytes()


def test_a_result_from_before_repetitions_and_fingerprints(tmp_path: Path) -> None:
    def older(text: str) -> str:
        document = json.loads(text)
        del document["video"]["size_bytes"], document["video"]["fingerprint"]
        for segment in document["segments"]:
            del segment["repetitions"]
        return json.dumps(document)

    found = Findings.read(saved(tmp_path / "gym.json", SQUATS, change=older))
    assert not found.has_file
    assert found.timeline.segments == (replace(SQUATS, repetitions=None),)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda text: text[:-30], "expected a poseact result"),
        (lambda text: text.replace('"label": "squat"', '"label": "\\ud800"'), "surrogates"),
        (lambda text: text.replace('"end_s": 2.4', '"end_s": Infinity'), "to inf s"),
        (lambda text: text.replace('"start_s": 0.0', '"start_s": -Infinity'), "from -inf"),
        (lambda text: text.replace('"duration_s": 4.16', '"duration_s": "long"'), "long"),
        (lambda text: text.replace('"class_names"', '"klass_names"'), "class_names"),
        (lambda text: text.replace('"model": {', '"model": 7, "was": {'), "subscriptable"),
        (lambda text: text.replace('"repetitions": 5', '"repetitions": -5'), "0 or more"),
        (lambda text: text.replace('"repetitions": 5', '"repetitions": "many"'), "many"),
    ],
)
def test_broken_results_are_one_clear_error(tmp_path: Path, change: object, hint: str) -> None:
    assert callable(change)
    path = saved(tmp_path / "gym.json", SQUATS, change=change)
    with pytest.raises(SourceError, match=hint) as caught:
        export_result(path, ["bids"])
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == ["gym.json"]


def test_nothing_is_replaced_by_chance(tmp_path: Path) -> None:
    path = saved(tmp_path / "gym.json", SQUATS)
    (tmp_path / "gym_events.json").write_text("mine")
    with pytest.raises(OutputError, match=r"gym_events\.json: is there already: use --force"):
        export_result(path, ["eaf", "bids"])
    assert names(tmp_path) == ["gym.json", "gym_events.json"]
    export_result(path, ["eaf", "bids"], force=True)
    assert "trial_type" in (tmp_path / "gym_events.json").read_text()


def test_no_result_is_replaced_even_so(tmp_path: Path) -> None:
    path = saved(tmp_path / "gym.json", SQUATS)
    other = saved(tmp_path / "gym_events.json", JACKS)
    for name, keep in (("json", ()), ("bids", (other.resolve(),))):
        with pytest.raises(OutputError, match="is a result"):
            export_result(path, [name], tmp_path, force=True, keep=keep)
    assert read_document(other)["segments"][0]["label"] == "jumping_jack"
    assert names(tmp_path) == ["gym.json", "gym_events.json"]


def test_a_format_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="one of eaf, boris, bids, csv, vtt, json, found 'xls'"):
        export_result(tmp_path / "none.json", ["eaf", "xls"])
    assert {name: list(export_texts([name])) for name in EXPORTS} == FILES


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written here"):
        export_result(saved(tmp_path / "gym.json", SQUATS), ["eaf"], tmp_path / "file")
