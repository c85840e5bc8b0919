"""Video files, picture folders and cameras: frames with true time stamps in, H.264 out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Frame:
    """One picture.

    Attributes:
        image: (H, W, 3) uint8 RGB, upright.
        timestamp_s: Seconds on the source's own clock.
        index: 0, 1, 2 ... in the order read.
    """

    image: NDArray[np.uint8]
    timestamp_s: float
    index: int
