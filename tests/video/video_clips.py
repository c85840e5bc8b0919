"""Small videos made for the tests: a picture whose number and orientation can be read back."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

QUADRANTS = {"top_left": (220, 30, 30), "top_right": (30, 200, 30), "bottom_left": (30, 30, 220)}
_NUM_BITS = 8


def numbered_picture(number: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Red, green and blue quarters, the fourth gray; the number in bars of black and white across it."""
    image = np.full((height, width, 3), 128, np.uint8)
    image[: height // 2, : width // 2] = QUADRANTS["top_left"]
    image[: height // 2, width // 2 :] = QUADRANTS["top_right"]
    image[height // 2 :, : width // 2] = QUADRANTS["bottom_left"]
    bar = width // 2 // _NUM_BITS
    for bit in range(_NUM_BITS):
        x = width // 2 + bit * bar
        image[height // 2 :, x : x + bar] = 255 if number >> bit & 1 else 0
    return image


def read_number(image: NDArray[np.uint8]) -> int:
    """The number in a picture made by `numbered_picture`, of whatever size."""
    height, width = image.shape[:2]
    bars = image[height * 5 // 8 : height * 7 // 8, width // 2 :].mean(axis=(0, 2))
    centres = (np.arange(_NUM_BITS) + 0.5) * len(bars) / _NUM_BITS
    return int(sum(1 << bit for bit, x in enumerate(centres) if bars[int(x)] > 128))


def quadrant_names(image: NDArray[np.uint8]) -> list[str]:
    """Which colour is found top left, top right and bottom left."""
    height, width = image.shape[:2]
    corners = [(height // 4, width // 4), (height // 4, width * 3 // 4), (height * 3 // 4, width // 4)]
    return [
        min(QUADRANTS, key=lambda name: np.abs(np.subtract(QUADRANTS[name], image[y, x].astype(int))).sum())
        for y, x in corners
    ]


def write_clip(
    path: Path,
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    stamps: Sequence[float] = tuple(n / 25 for n in range(10)),
    size_wh: tuple[int, int] = (64, 48),
    time_base: Fraction = Fraction(1, 1000),
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    container_format: str | None = None,
    rotation: tuple[float, bool, bool] | None = None,
    sample_aspect_ratio: Fraction | None = None,
    sound: str | None = None,
    sound_s: float | None = None,
    sound_rate: int = 48000,
    sound_options: dict[str, str] | None = None,
    silence_s: float = 0.0,
) -> Path:
    """A video of numbered pictures at the given stamps, with sound if a codec for it is given.

    The sound is a tone of 440 Hz, after `silence_s` of silence.
    """
    width, height = size_wh
    fps = round(1 / (stamps[1] - stamps[0])) if len(stamps) > 1 else 25
    with av.open(str(path), "w", format=container_format, container_options=container_options) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = time_base
        stream.codec_context.thread_count = 1
        stream.options = options or {}
        if sample_aspect_ratio is not None:
            stream.codec_context.sample_aspect_ratio = sample_aspect_ratio
        if rotation is not None:
            degrees, flip_x, flip_y = rotation
            stream.set_display_rotation(degrees, hflip=flip_x, vflip=flip_y)
        tone = None if sound is None else container.add_stream(sound, rate=sound_rate, options=sound_options)
        for number, stamp in enumerate(stamps):
            rgb = av.VideoFrame.from_ndarray(numbered_picture(number, width, height), format="rgb24")
            frame = rgb.reformat(format=pix_fmt)
            frame.pts, frame.time_base = round(stamp / time_base), time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if tone is not None:
            length_s = sound_s if sound_s is not None else stamps[-1] + 0.04
            for piece in _tone(length_s, silence_s, sound_rate):
                container.mux(tone.encode(piece))
            container.mux(tone.encode(None))
    return path


def _tone(length_s: float, silence_s: float, rate: int) -> list[av.AudioFrame]:
    samples = np.arange(round(length_s * rate))
    wave = (0.3 * np.sin(2 * np.pi * 440 * samples / rate)).astype(np.float32)
    wave[: round(silence_s * rate)] = 0
    pieces = []
    for start in range(0, len(wave), 960):
        piece = np.repeat(wave[None, start : start + 960], 2, axis=0)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(piece), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        pieces.append(frame)
    return pieces
