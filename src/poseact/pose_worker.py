"""A process of its own that finds the people in one video after another, told what to do through its stdin.

Started by `poseact.pose_extraction`. Both sides write one JSON object a line: first what the
estimator is, then a video at a time; back come progress and how it ended.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

# Progress is told this often at most: a line a frame would only cost time.
_PROGRESS_EVERY_S = 0.2


class _Channel:
    """The two pipes to the process that started this one."""

    def __init__(self, to_read: BinaryIO, to_write: BinaryIO) -> None:
        self._in, self._out = to_read, to_write
        self._told_at = 0.0

    def send(self, kind: str, **facts: Any) -> None:
        """One line; the process ends where nobody listens any more."""
        try:
            self._out.write(json.dumps({"kind": kind, **facts}).encode() + b"\n")
            self._out.flush()
        except OSError:
            os._exit(1)

    def send_progress(self, done: int, total: int | None) -> None:
        """As `send`, now and then."""
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = now
            self.send("progress", done=done, total=total)

    def received(self) -> Iterator[dict[str, Any]]:
        """What is asked for, until the other side closes the pipe or is gone."""
        for line in iter(self._in.readline, b""):
            yield json.loads(line)


def main() -> None:
    """Work until there is nothing more to do."""
    # Ctrl-C is the affair of the process that started this one: it ends all of them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = _Channel(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    # Whatever a library prints must not come between the lines of the channel.
    os.dup2(2, 1)
    requests = channel.received()
    setup = next(requests, None)
    if setup is not None:
        _work(channel, setup, requests)


def _work(channel: _Channel, setup: dict[str, Any], requests: Iterator[dict[str, Any]]) -> None:
    import cv2

    from poseact.errors import one_line
    from poseact.pose import create_estimator

    cv2.setNumThreads(1)
    try:
        estimator = create_estimator(setup["estimator"], **setup["options"])
    except Exception as error:
        channel.send("fatal", error=one_line(error))
        return
    channel.send("ready")
    for request in requests:
        try:
            facts = _extract(channel, estimator, setup, request)
        except Exception as error:
            channel.send("failed", error=one_line(error))
        else:
            channel.send("done", **facts)


def _extract(
    channel: _Channel, estimator: Any, setup: dict[str, Any], request: dict[str, Any]
) -> dict[str, Any]:
    """Write the poses of one video to where they are asked for; what the asking side wants to know."""
    from poseact.outputs import origin
    from poseact.pipeline import find_people

    found = find_people(
        request["video"],
        estimator=estimator,
        fps=request["fps"],
        on_progress=lambda progress: channel.send_progress(progress.frames_done, progress.frames_total),
    )
    facts = {
        "warnings": list(found.warnings),
        "num_frames": found.poses.num_frames,
        "num_persons": found.poses.num_persons,
    }
    whence = origin(found.video, setup["estimator"])
    found.poses.save(Path(request["target"]), origin={**whence, **setup["facts"], **facts})
    return {**facts, "fingerprint": found.video.fingerprint}
