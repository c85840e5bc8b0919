"""Live results for the eye: a picture, a window, a terminal."""

from poseact.live.views.front import Front
from poseact.live.views.picture import LivePicture
from poseact.live.views.recent import Lately, Recent
from poseact.live.views.terminal import TerminalView
from poseact.live.views.totals import Totals
from poseact.live.views.window import WindowView, has_display

__all__ = ["Front", "Lately", "LivePicture", "Recent", "TerminalView", "Totals", "WindowView", "has_display"]
