"""Opening any source by its name, and reading it ahead in a thread of its own."""

import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Self

from poseact.errors import InvalidInputError, SourceError
from poseact.video.camera import Camera
from poseact.video.decoding import VideoFile
from poseact.video.frames import Frame, FrameSource
from poseact.video.pictures import DEFAULT_FPS, PICTURE_SUFFIXES, ImageFolder

_MAX_BYTES_AHEAD = 256 << 20


def open_source(source: str | Path | int, *, fps: float | None = None) -> FrameSource:
    """Open a video file, a folder of pictures, one picture, or (given a number) a camera.

    A number in a string is a file name. Addresses are not opened; see `Camera` for those.

    Args:
        source: The file, folder or camera.
        fps: Pictures per second of a folder of pictures, 25 by default; nothing else takes it.

    Raises:
        SourceError: If it cannot be read.
        InvalidInputError: If `fps` is not more than 0, or the source has time stamps of its own.
    """
    if fps is not None and (isinstance(source, int) or not is_pictures(source)):
        raise InvalidInputError(
            f"fps: expected a folder of pictures, found {source}, which has time stamps: leave it out"
        )
    if isinstance(source, int):
        return Camera(source)
    if isinstance(source, str) and "://" in source:
        raise SourceError(f"{source}: expected a file, found an address: download it first and give the file")
    if is_pictures(source):
        return ImageFolder(source, fps=DEFAULT_FPS if fps is None else fps)
    return VideoFile(source)


def is_pictures(source: str | Path) -> bool:
    """Whether `open_source` takes it for a folder of pictures or a single one."""
    path = Path(source)
    return path.is_dir() or (path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES)


def read_ahead(source: FrameSource, depth: int = 8) -> "ReadAhead":
    """The frames of a source, decoded in a thread of its own while earlier ones are worked on.

    Args:
        source: What to read; close it yourself, after this.
        depth: How many frames may wait; fewer where they are so large that they would fill 256 MB.

    Raises:
        InvalidInputError: If `depth` is less than 1.
    """
    return ReadAhead(source, depth)


class _Stop:
    """The last thing in the queue: the end, or the error that ended the reading."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class ReadAhead:
    """Iterator over the frames of a source that a background thread decodes; see `read_ahead`.

    What the source raises is raised here, after the frames before it. The thread ends with the
    iterator: when it is used up, closed or no longer referred to, however the loop over it was
    left, or when the program ends.
    """

    def __init__(self, source: FrameSource, depth: int) -> None:
        if depth < 1:
            raise InvalidInputError(f"depth: expected 1 or more, found {depth}")
        frame_bytes = 3 * source.info.width * source.info.height
        self._queue: Queue[Frame | _Stop] = Queue(min(depth, max(1, _MAX_BYTES_AHEAD // max(1, frame_bytes))))
        cancelled = threading.Event()
        # The thread must not refer to self: it would keep an abandoned iterator alive for ever.
        # It is a daemon so that a program that dies with an error does not wait for it.
        thread = threading.Thread(
            target=_fill, args=(source, self._queue, cancelled), name="poseact-read-ahead", daemon=True
        )
        self._finish = weakref.finalize(self, _cancel, self._queue, cancelled, thread)
        self._ended = False
        thread.start()

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        if self._ended or not self._finish.alive:
            raise StopIteration
        item = self._queue.get()
        if not isinstance(item, _Stop):
            return item
        self._ended = True
        self.close()
        if item.error is not None:
            raise item.error
        raise StopIteration

    def close(self) -> None:
        """Stop reading and wait until the thread has ended."""
        self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _fill(source: FrameSource, queue: "Queue[Frame | _Stop]", cancelled: threading.Event) -> None:
    error: BaseException | None = None
    try:
        for frame in source:
            if cancelled.is_set():
                return
            queue.put(frame)
    except BaseException as caught:  # it travels to whoever reads
        error = caught
    if not cancelled.is_set():
        queue.put(_Stop(error))


def _cancel(queue: "Queue[Frame | _Stop]", cancelled: threading.Event, thread: threading.Thread) -> None:
    cancelled.set()
    # Room in the queue wakes a thread that waits to put: it then sees that it is cancelled. It can
    # put one more item at most, for which there is room again.
    _drain(queue)
    if thread is threading.current_thread():  # the garbage collector may run this anywhere
        return
    while thread.is_alive():
        _drain(queue)
        thread.join(timeout=0.05)


def _drain(queue: "Queue[Frame | _Stop]") -> None:
    try:
        while True:
            queue.get_nowait()
    except Empty:
        return
