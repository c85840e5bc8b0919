"""What to leave out where a stream comes faster than it can be decoded."""

from poseact.live.sources.stamping import LiveStamping

# Late for longer than this is no hiccup of the network that is decoded in no time.
_LATE_FOR_S = 2.0
# As late as this is in time again.
_IN_TIME_S = 0.5
# While leaving out: a picture so often, as a sign of life.
_PICTURE_EVERY_S = 1.0


class Backlog:
    """Says which packets of a live stream to decode, so that nobody falls behind for long.

    Pictures refer to earlier ones: what is left out goes on to a key frame.
    """

    def __init__(self, stamping: LiveStamping) -> None:
        """Begin with a decoder that keeps up.

        Args:
            stamping: Of the same stream; knows how late its pictures are.
        """
        self._stamping = stamping
        self._leaves_out = False
        self._picture_s = 0.0

    def wants(self, source_s: float | None, is_keyframe: bool, now_s: float) -> bool:
        """Whether to decode a packet.

        Args:
            source_s: Its time as the stream stamps it; None is decoded.
            is_keyframe: Whether it needs no earlier one.
            now_s: When it was read.
        """
        if source_s is None:
            return True
        if not self._leaves_out:
            self._leaves_out = self._stamping.late_for_s(now_s) > _LATE_FOR_S
            self._picture_s = now_s
        if self._leaves_out and is_keyframe and self._stamping.lag_s(source_s, now_s) < _IN_TIME_S:
            self._leaves_out = False
        if not self._leaves_out:
            return True
        if is_keyframe and now_s - self._picture_s >= _PICTURE_EVERY_S:
            self._picture_s = now_s
            return True
        return False
