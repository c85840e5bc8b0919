"""The one-euro filter: smooth when still, quick when moving.

Source: Casiez, Roussel and Vogel, 1 euro Filter, CHI 2012, in the form MediaPipe uses it: the
speed is measured in units of the person's size, so near and far people are smoothed alike.
"""

import math

import numpy as np
from numpy.typing import NDArray


class OneEuroFilter:
    """Smooths an array of coordinates, sample by sample, with true time steps.

    Args:
        min_cutoff_hz: Cut-off when nothing moves: lower is smoother.
        beta: How much the cut-off rises with speed: higher lags less.
        derivative_cutoff_hz: Cut-off for the speed itself.
    """

    def __init__(self, min_cutoff_hz: float, beta: float, derivative_cutoff_hz: float = 1.0) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta
        self._derivative_cutoff_hz = derivative_cutoff_hz
        self._last_raw: NDArray[np.float64] | None = None
        self._smooth: NDArray[np.float64] = np.zeros(0)
        self._speed: NDArray[np.float64] = np.zeros(0)

    def __call__(self, values: NDArray[np.float64], size: float, dt_s: float) -> NDArray[np.float64]:
        """The smoothed values (same shape), `dt_s` > 0 seconds after the call before.

        size: Length that speeds are divided by, in the unit of the values.
        """
        if self._last_raw is None:
            self._last_raw, self._smooth, self._speed = values.copy(), values.copy(), np.zeros_like(values)
            return values.copy()
        speed = (values - self._last_raw) / (size * dt_s)
        self._speed = self._speed + _weight(self._derivative_cutoff_hz, dt_s) * (speed - self._speed)
        cutoff_hz = self._min_cutoff_hz + self._beta * np.abs(self._speed)
        self._smooth = self._smooth + _weight(cutoff_hz, dt_s) * (values - self._smooth)
        self._last_raw = values.copy()
        return self._smooth.copy()


def _weight(cutoff_hz: NDArray[np.float64] | float, dt_s: float) -> NDArray[np.float64]:
    """Share of the new sample in a first-order low-pass filter."""
    return np.asarray(1 / (1 + 1 / (2 * math.pi * np.asarray(cutoff_hz, np.float64) * dt_s)))
