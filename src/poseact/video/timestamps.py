"""Time stamps that strictly rise, made from those of a file, which may be missing, repeated or jump back."""

_JUMP_FRAMES = 5
# Headers err, but not by more than this; and no video is longer than eleven days.
_DURATION_FACTOR, _DURATION_SLACK_S = 2.0, 10.0
_LONGEST_S = 1e6


class StampRepair:
    """Makes the time stamps of one pass strictly rise and changes as few of them as it can.

    - A missing stamp is the one before plus one frame at the average rate.
    - One that repeats or falls back a little is put a tenth of a frame after the one before.
    - One that falls back by more than five frames (joined recordings, a clock that wraps), or lies
      far beyond the stated end of the file (damage), is put one frame after the one before, and
      those that follow keep their distance to it. A nonsensical first one becomes 0.
    """

    def __init__(self, period_s: float, duration_s: float | None = None) -> None:
        """Begin a pass.

        Args:
            period_s: Seconds from frame to frame on average.
            duration_s: Length of the file as it states it, or None.
        """
        self._period_s = period_s
        self._latest_s = _LONGEST_S
        if duration_s is not None:
            self._latest_s = min(_DURATION_FACTOR * duration_s + _DURATION_SLACK_S, _LONGEST_S)
        self._shift_s = 0.0
        self._last_s: float | None = None
        self.num_stamps = 0
        self.num_repaired = 0

    def repair(self, stamp_s: float | None) -> float:
        """The stamp to use for the next frame, in seconds."""
        self.num_stamps += 1
        last = self._last_s
        given = None if stamp_s is None else stamp_s + self._shift_s
        floor = -_DURATION_SLACK_S if last is None else last
        if given is not None and floor < given <= self._latest_s:
            self._last_s = given
            return given
        self.num_repaired += 1
        self._last_s = 0.0 if last is None else self._after(last, given)
        return self._last_s

    def _after(self, last: float, given: float | None) -> float:
        if given is None:
            return last + self._period_s
        if given < last - _JUMP_FRAMES * self._period_s or given > self._latest_s:
            self._shift_s += last + self._period_s - given
            return last + self._period_s
        return last + self._period_s / 10


class AviStamps:
    """Presentation times for AVI, which stores none: its pictures follow one another at an even rate.

    FFmpeg makes them up and errs where pictures are stored out of order. The decoder gives them
    in the right order, each with the decoding time of the packet that released it: right but
    for the decoder's delay, which shows in the first one.
    """

    def __init__(self) -> None:
        self._first_packet: int | None = None
        self._delay: int | None = None
        self._last = -1

    def saw_packet(self, dts: int | None) -> None:
        """To be told of every packet that goes into the decoder."""
        if self._first_packet is None:
            self._first_packet = dts

    def ticks(self, dts: int | None) -> int:
        """Time of the next picture; `dts` is None for those that are left in the decoder at the end."""
        if dts is None:
            ticks = self._last + 1
        else:
            if self._delay is None:
                self._delay = dts - (self._first_packet or 0)
            ticks = dts - self._delay
        self._last = ticks
        return ticks
