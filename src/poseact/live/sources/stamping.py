"""From a stream's own time stamps to moments on this computer's clock."""

from typing import Protocol

from poseact.video.timestamps import StampRepair

# A stream's clock that strays by more has jumped.
_JUMP_S = 1.0
# How long it must lag before that is no hiccup of the network.
_LAGGING_S = 5.0
# Clocks drift, at most by so much of the time: far more than a quartz does.
_DRIFT = 0.002
# A pipe or playlist that leaves out more has jumped; nobody waits for so long.
_LONGEST_PAUSE_S = 10.0
_FALLBACK_PERIOD_S = 0.04


class Stamping(Protocol):
    """Says of each picture when it is of."""

    def stamp(self, source_s: float | None, now_s: float) -> tuple[float, float, float]:
        """Time stamp, moment due, and jump, all in seconds.

        Args:
            source_s: As the stream stamps it; None where it does not.
            now_s: When it came.
        """


class LiveStamping:
    """For cameras and live streams: their clock, laid over ours by the pictures that came fastest.

    A picture without a stamp is of when it comes. Those that come late, after a hiccup of the network, keep
    their true distance in time. No stamp lies in the future. A clock that jumps, or lags for some seconds, is
    laid over ours anew.
    """

    def __init__(self) -> None:
        self._ours_minus_theirs: float | None = None
        self._last_source_s = 0.0
        self._late_since_s: float | None = None

    def stamp(self, source_s: float | None, now_s: float) -> tuple[float, float, float]:
        """See `Stamping`; stamp and moment are the same."""
        if source_s is None:
            return now_s, now_s, 0.0
        distance = now_s - source_s
        jump_s = 0.0
        if self._ours_minus_theirs is None:
            self._ours_minus_theirs = distance
        else:
            step_s = source_s - self._last_source_s
            lag_s = self.lag_s(source_s, now_s)
            if lag_s <= _JUMP_S:
                self._late_since_s = None
            elif self._late_since_s is None:
                self._late_since_s = now_s
            if step_s < -_JUMP_S or lag_s < -_JUMP_S or self.late_for_s(now_s) > _LAGGING_S:
                jump_s, self._late_since_s = -lag_s, None
            drifted = self._ours_minus_theirs + _DRIFT * max(0.0, step_s)
            self._ours_minus_theirs = distance if jump_s else min(drifted, distance)
        self._last_source_s = source_s
        stamp_s = source_s + self._ours_minus_theirs
        return stamp_s, stamp_s, jump_s

    def lag_s(self, source_s: float, now_s: float) -> float:
        """How much later than the fastest ones something of this stamp comes."""
        return 0.0 if self._ours_minus_theirs is None else now_s - source_s - self._ours_minus_theirs

    def late_for_s(self, now_s: float) -> float:
        """For how long all pictures have been late."""
        return 0.0 if self._late_since_s is None else now_s - self._late_since_s


class PacedStamping:
    """For what comes faster than it happened (a pipe, HLS): each picture is due when its time has come.

    Where pictures come too late, the rest is due later by as much. The time runs a trifle fast, so that a
    camera behind a pipe whose clock is faster than ours is never held up for long.
    """

    def __init__(self, period_s: float | None, *, on_our_clock: bool) -> None:
        """Begin with the next picture.

        Args:
            period_s: Seconds from picture to picture where there are no stamps.
            on_our_clock: Whether stamps are the moments due; else they are the stream's own, from 0 on.
        """
        self._period_s = period_s or _FALLBACK_PERIOD_S
        self._repair = StampRepair(self._period_s)
        self._on_our_clock = on_our_clock
        self._begun = False
        self._last_source_s: float | None = None
        self._begin_s = self._last_s = self._due_s = 0.0

    def stamp(self, source_s: float | None, now_s: float) -> tuple[float, float, float]:
        """See `Stamping`."""
        if not self._begun:
            self._begun, self._begin_s, self._due_s = True, source_s or 0.0, now_s
        jump_s = 0.0
        if source_s is not None:
            step_s = 0.0 if self._last_source_s is None else source_s - self._last_source_s
            if not -_JUMP_S <= step_s <= _LONGEST_PAUSE_S:
                jump_s = step_s
                self._begin_s += step_s - self._period_s
            self._last_source_s = source_s
        own_s = self._repair.repair(None if source_s is None else source_s - self._begin_s)
        self._due_s = max(now_s, self._due_s + (1 - _DRIFT) * (own_s - self._last_s))
        self._last_s = own_s
        return (self._due_s if self._on_our_clock else own_s), self._due_s, jump_s
