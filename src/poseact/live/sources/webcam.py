"""A camera of this computer as a connection that can be made again."""

import re
from pathlib import Path

from poseact.errors import SourceError
from poseact.live.sources.live_source import Picture
from poseact.video.camera import Camera

_DEVICE = re.compile(r"/dev/video([0-9]+)")


class WebcamConnection:
    """See `Connection`; every picture comes with the stamp of its arrival."""

    ends = False

    def __init__(self, device: str, size_wh: tuple[int, int] | None, fps: float | None) -> None:
        """Open a camera.

        Args:
            device: Its number, or on Linux a path; a link, as in ``/dev/v4l/by-id``, finds the same camera
                again when it was unplugged and has got another number.
            size_wh: Width and height to ask for.
            fps: Rate to ask for.

        Raises:
            SourceError: If it cannot be opened or gives no picture.
        """
        self._camera = Camera(device_number(device), size_wh=size_wh, fps=fps)
        self._frames = iter(self._camera)
        self.info = self._camera.info

    def next(self) -> Picture | None:
        """See `Connection`."""
        frame = next(self._frames, None)
        if frame is None:
            raise SourceError(f"{self.info.name}: gives no pictures any more")
        image = frame.image
        return Picture(lambda: image, frame.timestamp_s, frame.timestamp_s)

    def close(self) -> None:
        """See `Connection`."""
        self._camera.close()


def is_webcam(text: str) -> bool:
    """Whether it names a camera of this computer: a number, or something in ``/dev``."""
    return (text.isascii() and text.isdigit()) or text.startswith(("/dev/video", "/dev/v4l/"))


def device_number(text: str) -> int:
    """The number that OpenCV knows a camera by.

    Raises:
        SourceError: If a path leads to no camera.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    found = _DEVICE.fullmatch(str(Path(text).resolve()))
    if found is None:
        raise SourceError(f"{text}: there is no such camera: connect it, or give another one")
    return int(found[1])
