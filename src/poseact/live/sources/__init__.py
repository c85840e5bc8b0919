"""Where live pictures come from: webcams, streams, pipes, and files as if they happened now."""

from poseact.live.sources.live_source import Clock, LiveSource, Notice
from poseact.live.sources.masking import without_secrets
from poseact.live.sources.opening import open_live_source
from poseact.live.sources.paced import Paced
from poseact.live.sources.reconnecting import Reconnecting, Retry

__all__ = [
    "Clock",
    "LiveSource",
    "Notice",
    "Paced",
    "Reconnecting",
    "Retry",
    "open_live_source",
    "without_secrets",
]
