"""Pictures of results: annotated video frames, timeline pictures and contact sheets."""

from poseact.render.black import on_black
from poseact.render.contact_sheet import contact_sheet
from poseact.render.key_frames import key_frames, key_times
from poseact.render.overlay import Overlay
from poseact.render.shapes import write_png
from poseact.render.timeline_picture import timeline_picture

__all__ = [
    "Overlay",
    "contact_sheet",
    "key_frames",
    "key_times",
    "on_black",
    "timeline_picture",
    "write_png",
]
