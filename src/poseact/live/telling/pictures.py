"""The newest picture for those who watch, as JPEG: made only while somebody does."""

import asyncio
from collections.abc import AsyncIterator

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_MAX_SIDE = 960
_MAX_PER_S = 15.0
_QUALITY = 80


class Pictures:
    """Takes pictures from the engine's thread and gives them, as JPEG, to watchers in an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._image: Image | None = None
        self._number = 0
        self._jpeg, self._jpeg_number = b"", 0
        self._encoding = asyncio.Lock()
        self._news = asyncio.Condition()
        self.num_watchers = 0
        self._closed = False

    def show(self, image: Image) -> None:
        """Take a newer (H, W, 3) RGB picture; from any thread."""
        if self.num_watchers:
            asyncio.run_coroutine_threadsafe(self._take(image), self._loop)

    async def close(self) -> None:
        """No more pictures."""
        self._closed = True
        async with self._news:
            self._news.notify_all()

    async def jpegs(self) -> AsyncIterator[bytes]:
        """JPEGs for one watcher, at most so many a second; pictures that it is too slow for are left out."""
        seen, self.num_watchers = self._number, self.num_watchers + 1
        try:
            while await self._newer_than(seen):
                began = self._loop.time()
                seen, jpeg = await self._newest()
                yield jpeg
                await asyncio.sleep(max(0.0, began + 1 / _MAX_PER_S - self._loop.time()))
        finally:
            self.num_watchers -= 1

    async def _newer_than(self, number: int) -> bool:
        """Wait for another picture; False if there will be none."""
        async with self._news:
            await self._news.wait_for(lambda: self._number > number or self._closed)
        return not self._closed

    async def _take(self, image: Image) -> None:
        async with self._news:
            self._image, self._number = image, self._number + 1
            self._news.notify_all()

    async def _newest(self) -> tuple[int, bytes]:
        """Number and JPEG of the newest picture; encoded once for all watchers."""
        async with self._encoding:
            if self._jpeg_number < self._number and self._image is not None:
                number = self._number
                self._jpeg = await asyncio.to_thread(encode_jpeg, self._image)
                self._jpeg_number = number
            return self._jpeg_number, self._jpeg


def encode_jpeg(image: Image) -> bytes:
    """A picture as JPEG, no larger than is good to look at in a page."""
    height, width = image.shape[:2]
    scale = _MAX_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return jpeg.tobytes()
