"""From the words of a user to open outlets, all or none."""

import json
from pathlib import Path

import pytest

from poseact.errors import InvalidInputError, OutputError
from poseact.live import PersonAppeared, Told
from poseact.live.telling import open_sinks


def test_two_files_get_the_same(tmp_path: Path) -> None:
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    with open_sinks([str(path) for path in paths], str, about="camera 0") as fan:
        fan.tell(Told(PersonAppeared(0, 0.5), 1.0, 100.0))
    first, second = (path.read_text() for path in paths)
    assert first == second
    documents = [json.loads(line) for line in first.splitlines()]
    assert [document["type"] for document in documents] == ["notice", "person_appeared", "notice"]
    assert documents[0]["text"] == "camera 0"


def num_open_files() -> int:
    """Of this process; 0 where the system does not say."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_if_one_cannot_be_opened_the_others_are_closed(tmp_path: Path) -> None:
    before = num_open_files()
    for _ in range(3):
        with pytest.raises(OutputError, match="nowhere"):
            open_sinks([str(tmp_path / "a.jsonl"), str(tmp_path / "nowhere" / "b.jsonl")], str)
    assert num_open_files() == before


def test_targets_that_are_none_are_said_without_passwords() -> None:
    with pytest.raises(InvalidInputError, match="expected -, a file, mqtt://") as caught:
        open_sinks(["ws://user:secret@host"], str)
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidInputError, match="each target once") as caught:
        open_sinks(["mqtt://user:secret@host"] * 2, str)
    assert "secret" not in str(caught.value)
