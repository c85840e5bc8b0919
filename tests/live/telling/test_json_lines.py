"""Whole lines, at once, at the end of the file; who does not read holds up nobody."""

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from poseact.errors import OutputError
from poseact.live.telling import JsonLines, json_lines

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


def document(number: int, text: str = "") -> dict[str, Any]:
    return {"schema": "poseact.event", "sequence": number, "text": text}


def numbers(text: str) -> list[int]:
    assert text.endswith("\n")
    return [json.loads(line)["sequence"] for line in text.splitlines()]


def send(lines: JsonLines, *which: int, text: str = "") -> None:
    for number in which:
        lines.send(document(number, text), {})


def test_a_file_grows_at_its_end_over_sessions(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for session in (0, 10):
        lines = JsonLines.to_file(path)
        send(lines, session, session + 1)
        lines.close()
        lines.close()
    assert numbers(path.read_text()) == [0, 1, 10, 11]


def test_a_line_is_there_before_the_next_event(tmp_path: Path) -> None:
    read, write = os.pipe()
    lines = JsonLines(write, "pipe")
    send(lines, 1)
    with os.fdopen(read) as reader:
        assert json.loads(reader.readline())["sequence"] == 1
        lines.close()


@pytest.mark.parametrize("cut", [1, 20, 40])
def test_a_line_cut_off_by_a_power_failure_goes(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "events.jsonl"
    whole = (json.dumps(document(1), separators=(",", ":")) + "\n").encode()
    for kept in ([whole, whole], [whole], []):
        path.write_bytes(b"".join(kept) + whole[: max(cut, 25 if not kept else 0)])
        lines = JsonLines.to_file(path)
        send(lines, 7)
        lines.close()
        assert numbers(path.read_text()) == [*[1] * len(kept), 7]


@pytest.mark.parametrize(
    "content", [b"a letter\n", b'{"schema": "other"}\n', b"\x89PNG\r\n\x1a\n\0", b"no end"]
)
def test_a_file_of_another_kind_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    with pytest.raises(OutputError, match=r"letter\.txt: exists and holds no events"):
        JsonLines.to_file(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        JsonLines.to_file(tmp_path / "nowhere" / "events.jsonl")
    with pytest.raises(OutputError, match="cannot be written to"):
        JsonLines.to_file(tmp_path)


def fail_after(lines: JsonLines, message: str) -> None:
    """Send until it says that it cannot."""
    with pytest.raises(OutputError, match=message):
        for number in range(10**6):
            send(lines, number)
            if number > 100:
                threading.Event().wait(0.001)
    lines.close()


def test_a_reader_that_has_gone_ends_it() -> None:
    read, write = os.pipe()
    lines = JsonLines(write, "pipe")
    os.close(read)
    fail_after(lines, "pipe: nobody reads any more")


def test_a_full_disk_ends_it_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    lines = JsonLines.to_file(path)
    room = 1000
    really_write = os.write

    def write(descriptor: int, data: Any) -> int:
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = really_write(descriptor, data[:room])
        room -= written
        return written

    monkeypatch.setattr(json_lines.os, "write", write)
    fail_after(lines, "No space left")
    monkeypatch.undo()
    assert numbers(path.read_text()) == list(range(len(path.read_text().splitlines())))
    assert 900 < path.stat().st_size <= 1000


def test_who_reads_slowly_loses_the_oldest_and_holds_up_nobody() -> None:
    read, write = os.pipe()
    lines = JsonLines(write, "pipe")
    send(lines, *range(4000), text="x" * 200)  # more than fits into the pipe and the queue; must not wait
    with os.fdopen(read) as reader:
        threading.Thread(target=lines.close).start()
        found = numbers(reader.read())
    assert found == sorted(found)
    assert found[-1] == 3999
    assert len(found) < 4000


def test_nobody_reading_does_not_hold_up_the_end() -> None:
    read, write = os.pipe()
    lines = JsonLines(write, "pipe", patience_s=0.05)
    send(lines, *range(2000), text="x" * 200)
    with pytest.raises(OutputError, match="nobody reads"):
        lines.close()
    os.close(read)


@needs_pipes
def test_readers_of_a_named_pipe_may_come_late(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    lines = JsonLines.to_file(path)  # without a reader, and does not wait for one
    send(lines, 1, 2)
    with path.open() as reader:
        assert [json.loads(reader.readline())["sequence"] for _ in range(2)] == [1, 2]
    lines.close()


def test_standard_output_of_a_program() -> None:
    program = (
        "from poseact.live.telling import JsonLines\n"
        "print('first')\n"
        "lines = JsonLines.to_stdout()\n"
        "lines.send({'sequence': 1}, {})\n"
        "lines.close()\n"
        "print('last')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == 'first\n{"sequence":1}\nlast\n'
    assert done.stderr == ""
