"""How a command ends when it is interrupted, told to stop, or has nowhere left to write to."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

import typer

# What writing to a full disk or a closed pipe raises; a closed pipe is EINVAL on Windows.
_OUTPUT_ERRORS = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EINVAL})


class Terminated(KeyboardInterrupt):
    """Somebody ended the program by SIGTERM; whatever cleans up after Ctrl-C cleans up after this."""


def say(line: str) -> None:
    """Tell the user something that is no result."""
    print(f"poseact: {line}", file=sys.stderr)


def exit_interrupted(error: KeyboardInterrupt, hint: str = "") -> NoReturn:
    """A line, and the exit code that shells expect: 130 after Ctrl-C, 143 after SIGTERM."""
    what, code = ("ended", 143) if isinstance(error, Terminated) else ("interrupted", 130)
    say(f"{what}; files that were not yet whole have been removed{hint}")
    raise typer.Exit(code) from None


@contextmanager
def interruptible() -> Iterator[None]:
    """End a long command that can be resumed as `exit_interrupted` does."""
    try:
        yield
    except KeyboardInterrupt as error:
        exit_interrupted(error, ", --resume goes on from here")


@contextmanager
def terminating_like_interrupts() -> Iterator[None]:
    """SIGTERM raises `Terminated` in the main thread, so that temporary files are removed."""
    if threading.current_thread() is not threading.main_thread():  # who may not say how signals are met
        yield
        return

    def terminate(_number: int, _frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one does not wait
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


@contextmanager
def output_may_fail() -> Iterator[None]:
    """Exit code 1 where stdout cannot be written: without a word if its reader is gone, else a line."""
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        if error.filename is not None or error.errno not in _OUTPUT_ERRORS:
            raise
        _give_up_stdout()
        if not isinstance(error, BrokenPipeError):
            say(f"the output cannot be written ({error.strerror})")
        sys.exit(1)


def _give_up_stdout() -> None:
    """What still waits to be written must not fail again when Python ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
