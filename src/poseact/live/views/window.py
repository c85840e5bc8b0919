"""Live results in a window, through Tk, which comes with Python."""

import os
import sys
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np

from poseact.errors import InvalidInputError
from poseact.render.colours import Image

_MOST_SCREEN_SHARE = 0.9


def has_display() -> bool:
    """Whether a window can be opened here: there is a screen, and Python has Tk."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        import tkinter

        root = tkinter.Tk()
    except Exception:  # no Tk, or no screen that it could use
        return False
    root.destroy()
    return True


class WindowView:
    """A window that shows pictures; use it in one thread only, the main one, and as a context manager.

    Args:
        title: Of the window.

    Raises:
        InvalidInputError: If no window can be opened.
    """

    def __init__(self, title: str) -> None:
        try:
            import tkinter

            self._root = tkinter.Tk()
        except Exception as error:  # tkinter.TclError is not there to be named where there is no Tk
            raise InvalidInputError(
                f"window: expected a screen and Python with Tk, found none ({error}): "
                "choose --view terminal, or on Debian install python3-tk"
            ) from error
        self._root.title(title)
        self._label = tkinter.Label(self._root, borderwidth=0, background="black")
        self._label.pack(expand=True, fill="both")
        self._picture: Any = None
        self.is_open = True
        """Until somebody closes it or presses q or Escape."""
        self._root.protocol("WM_DELETE_WINDOW", self._close)
        for key in ("q", "<Escape>"):
            self._root.bind(key, lambda _: self._close())

    def _close(self) -> None:
        self.is_open = False

    def show(self, image: Image) -> None:
        """Put up the next picture, (H, W, 3) uint8 RGB; it is drawn with the next `wait`."""
        import tkinter

        image = fitted(image, (self._root.winfo_screenwidth(), self._root.winfo_screenheight()))
        height, width = image.shape[:2]
        # The plainest of all formats is the quickest to pass on.
        data = b"P6 %d %d 255\n" % (width, height) + image.tobytes()
        # Tk shows a picture only as long as somebody refers to it.
        self._picture = tkinter.PhotoImage(master=self._root, data=data, format="PPM")
        self._label.configure(image=self._picture)

    def wait(self) -> None:
        """Draw what was put up, and take in keys and clicks."""
        self._root.update()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_open = False
        self._root.destroy()


def fitted(image: Image, screen_wh: tuple[int, int]) -> Image:
    """The picture, made smaller where it would fill more of a screen than a window should."""
    height, width = image.shape[:2]
    factor = min(_MOST_SCREEN_SHARE * screen_wh[0] / width, _MOST_SCREEN_SHARE * screen_wh[1] / height)
    if factor >= 1:
        return image
    size = max(1, int(width * factor)), max(1, int(height * factor))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
