"""What people see of a live engine: it runs in threads of its own, and is looked at from the main one."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

import numpy as np

from poseact.live.engine import LiveEngine
from poseact.live.session import Moment
from poseact.live.views.picture import LivePicture
from poseact.live.views.recent import Recent
from poseact.live.views.terminal import TerminalView
from poseact.live.views.window import WindowView
from poseact.render.colours import Image

_WAIT_S = 0.05
_TERMINAL_EVERY_S = 0.2
_RATE_OVER_S = 3.0


class Onlookers(Protocol):
    """Others who may want to see pictures, such as a web page's visitors; see `poseact.live.telling.Fan`."""

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""

    def show(self, image: Image) -> None:
        """Show the newest picture."""


class Front:
    """Shows what an engine sees, with the newest moment always; draws nothing that nobody looks at.

    Args:
        engine: Started by `run`.
        recent: One of the engine's sinks.
        picture: How moments are drawn.
        onlookers: Who may want pictures beside the window.
        clock: Gives seconds.
    """

    def __init__(
        self,
        engine: LiveEngine,
        recent: Recent,
        picture: LivePicture,
        onlookers: Onlookers,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._recent, self._picture = engine, recent, picture
        self._onlookers, self._clock = onlookers, clock
        self._done: deque[tuple[float, int]] = deque()

    def run(
        self,
        *,
        window: WindowView | None = None,
        terminal: TerminalView | None = None,
        seconds: float | None = None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Run the engine until its source ends, the window is closed, the time is up, or nobody wants it.

        Interrupted, it ends well: what was open is told and everything closed before the interrupt goes on.

        Raises:
            PoseactError: If the source or the estimator failed.
        """
        with ExitStack() as stack:
            for view in (window, terminal):
                if view is not None:
                    stack.enter_context(view)
            self._engine.start()
            try:
                end_s = np.inf if seconds is None else self._clock() + seconds
                self._watch(window, terminal, lambda: self._clock() < end_s and is_wanted())
            finally:
                self._engine.stop()
                self._engine.join()

    def _watch(
        self, window: WindowView | None, terminal: TerminalView | None, goes_on: Callable[[], bool]
    ) -> None:
        shown: Moment | None = None
        terminal_s = -_TERMINAL_EVERY_S
        while self._engine.is_running and goes_on():
            moment = self._engine.wait_for_moment(_WAIT_S, after=shown)
            now_s = self._clock()
            fps = self._fps(now_s)
            if moment is not None and moment is not shown:
                shown = moment
                self._show_picture(moment, window, fps)
            if moment is not None and terminal is not None and now_s - terminal_s >= _TERMINAL_EVERY_S:
                terminal_s = now_s
                terminal.show(moment, self._recent.people(), self._engine.stats, fps)
            if window is not None:
                window.wait()
                if not window.is_open:
                    return

    def _show_picture(self, moment: Moment, window: WindowView | None, fps: float) -> None:
        if window is None and not self._onlookers.watched:
            return
        image = self._picture.draw(moment, self._recent.people(), f"{fps:.0f} fps")
        if window is not None:
            window.show(image)
        self._onlookers.show(image)

    def _fps(self, now_s: float) -> float:
        """Frames worked on a second, lately."""
        done = self._engine.stats.frames_done
        self._done.append((now_s, done))
        while now_s - self._done[0][0] > _RATE_OVER_S:
            self._done.popleft()
        since_s, before = self._done[0]
        return (done - before) / (now_s - since_s) if now_s > since_s else 0.0
