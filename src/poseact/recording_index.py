"""Remembers the fingerprints of videos, so that files that have not changed need not be read to be known."""

import contextlib
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poseact.errors import OutputError, SourceError
from poseact.files import write_text_whole
from poseact.recording import Recording
from poseact.video.pictures import find_pictures

# A file that was written to this short a while ago may be written to again at the same time stamp.
_SETTLED_S = 2.0


@dataclass
class RecordingIndex:
    """What each video's content was when it was last looked at, by path, size and time of change.

    Only saves reading: without it, or with a broken one, all videos are looked at again.
    """

    path: Path
    known: dict[str, list[Any]] = field(default_factory=dict)
    is_changed: bool = False

    @classmethod
    @contextlib.contextmanager
    def of(cls, folder: Path) -> "Iterator[RecordingIndex]":
        """Read it, and write it again in the end where the folder is there and anything is new."""
        index = cls(folder / "index.json")
        try:
            content = json.loads(index.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            content = None
        match content:
            case {"version": 1, "videos": dict(videos)}:
                index.known = {path: entry for path, entry in videos.items() if _is_entry(entry)}
        try:
            yield index
        finally:
            if index.is_changed and folder.is_dir():
                with contextlib.suppress(OutputError):  # a cache that may only be read
                    content = {"version": 1, "videos": index.known}
                    write_text_whole(index.path, json.dumps(content, indent=0) + "\n")

    def fingerprint(self, video: Path) -> str:
        """Of a video's content; read only if it is not what it was.

        Raises:
            SourceError: If it cannot be read.
        """
        name, stamp = str(video.resolve()), _stamp(video)
        entry = self.known.get(name)
        if entry is not None and entry[:2] == stamp:
            return str(entry[2])
        fingerprint = Recording.of(video).fingerprint
        if time.time() - stamp[1] / 1e9 > _SETTLED_S:
            self.known[name] = [*stamp, fingerprint]
            self.is_changed = True
        return fingerprint

    def forget_all_but(self, fingerprints: Iterable[str]) -> None:
        """Leave out what else was known."""
        kept = set(fingerprints)
        self.known = {path: entry for path, entry in self.known.items() if entry[2] in kept}
        self.is_changed = True


def _is_entry(entry: object) -> bool:
    match entry:
        case [int(), int(), str(fingerprint)]:
            return re.fullmatch("[0-9a-f]{32}", fingerprint) is not None
    return False


def _stamp(video: Path) -> list[int]:
    """Size in bytes and time of the last change in ns; of a folder, of all its pictures."""
    try:
        facts = [file.stat() for file in (find_pictures(video) if video.is_dir() else [video])]
    except OSError as error:
        raise SourceError(f"{video}: cannot be read ({error.strerror})") from error
    return [sum(fact.st_size for fact in facts), max(fact.st_mtime_ns for fact in facts)]


def size_in_bytes(video: Path) -> int:
    """Of a file, or of all pictures in a folder; 0 where it cannot be read."""
    try:
        return _stamp(video)[0]
    except SourceError:
        return 0
