"""The synthetic actor: a drawn person whose joints and actions are known, for tests and demos.

A clip knows its truth without being drawn, so that poses for training cost next to nothing;
its frames are drawn when they are asked for, and say of themselves that they are synthetic.
"""

from poseact.synth.choreography import ACTIONS, Act
from poseact.synth.clip import SyntheticClip, make_clip
from poseact.synth.crossing import MEETINGS, Meeting, make_crossing_clip

__all__ = ["ACTIONS", "MEETINGS", "Act", "Meeting", "SyntheticClip", "make_clip", "make_crossing_clip"]
