"""JSON lines: a document a line, on standard output or at the end of a file."""

import errno
import json
import os
import stat
import sys
from collections import deque
from pathlib import Path
from threading import Condition, Thread

from poseact.errors import OutputError
from poseact.live.telling.documents import SCHEMA_NAME, Document, to_line

# So many lines wait for a slow reader; then the oldest are lost.
_MAX_WAITING = 1000
_LONGEST_LINE = 1 << 20


class JsonLines:
    """Writes lines to a file descriptor from a thread of its own, each at once and whole.

    Args:
        descriptor: Open for writing; closed in the end.
        name: What to call it to the user.
        patience_s: At the end, so long is waited for a reader that does not read.
    """

    def __init__(self, descriptor: int, name: str, *, patience_s: float = 2.0) -> None:
        self.name = name
        self._descriptor, self._patience_s = descriptor, patience_s
        self._waiting: deque[bytes] = deque(maxlen=_MAX_WAITING)
        self._condition = Condition()
        self._closing = False
        self._failure: OSError | None = None
        self._thread = Thread(target=self._run, name="poseact-json-lines", daemon=True)
        self._thread.start()

    @classmethod
    def to_stdout(cls) -> "JsonLines":
        """On standard output.

        Raises:
            OutputError: If there is none.
        """
        try:
            sys.stdout.flush()
            return cls(os.dup(sys.stdout.fileno()), "standard output")
        except (OSError, AttributeError, ValueError) as error:
            raise OutputError(f"standard output: cannot be written to ({error}): name a file") from error

    @classmethod
    def to_file(cls, path: Path) -> "JsonLines":
        """At the end of a file; what earlier sessions told stays.

        A last line that is not whole (somebody pulled the plug) is cut off.

        Raises:
            OutputError: If the file cannot be written to, or holds something else than events.
        """
        try:
            # A pipe by name is opened for reading too: that waits for no reader, and readers may come and go.
            mode = os.O_RDWR if path.is_fifo() else os.O_WRONLY | os.O_APPEND | os.O_CREAT
            if path.is_file():
                _check_and_mend(path)
            return cls(os.open(path, mode | getattr(os, "O_BINARY", 0), 0o644), str(path))
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written to ({error.strerror}): name another file"
            ) from error

    def send(self, document: Document, _state: Document, /) -> None:
        """Leave a line to be written.

        Raises:
            OutputError: If writing has failed.
        """
        with self._condition:
            self._raise_failure()
            self._waiting.append(to_line(document).encode() + b"\n")
            self._condition.notify()

    def close(self) -> None:
        """Write out what waits.

        Raises:
            OutputError: If writing has failed, or nobody reads.
        """
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join(self._patience_s)
        if self._thread.is_alive():
            raise OutputError(f"{self.name}: nobody reads: the last {len(self._waiting) + 1} events are lost")
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._raise_failure()

    def _raise_failure(self) -> None:
        error, self._failure = self._failure, None
        if error is None:
            return
        if error.errno in (errno.EPIPE, errno.EINVAL):  # the latter on Windows
            raise OutputError(f"{self.name}: nobody reads any more") from error
        raise OutputError(f"{self.name}: cannot be written to ({error.strerror})") from error

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                line = self._waiting.popleft()
            try:
                _write_whole_line(self._descriptor, line)
            except OSError as error:
                with self._condition:
                    self._failure = error
                    self._waiting.clear()
                return


def _write_whole_line(descriptor: int, line: bytes) -> None:
    """All of the line or, in a file, nothing of it."""
    before = os.fstat(descriptor)
    rest = memoryview(line)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        if stat.S_ISREG(before.st_mode) and len(rest) < len(line):
            os.ftruncate(descriptor, before.st_size)
        raise


def _check_and_mend(path: Path) -> None:
    """Refuse to write into a file of another kind; cut off the beginning of a line."""
    with path.open("r+b") as file:
        first = file.readline(_LONGEST_LINE)
        if not first:
            return
        if first.endswith(b"\n") and not _is_event(first):
            raise OutputError(f"{path}: exists and holds no events of poseact: name another file")
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - _LONGEST_LINE))
        tail = file.read()
        if tail.endswith(b"\n"):
            return
        if not first.endswith(b"\n") and not first.startswith(b'{"schema":"' + SCHEMA_NAME.encode()):
            raise OutputError(f"{path}: exists and holds no events of poseact: name another file")
        file.truncate(start + tail.rfind(b"\n") + 1)


def _is_event(line: bytes) -> bool:
    try:
        document = json.loads(line)
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("schema") == SCHEMA_NAME
