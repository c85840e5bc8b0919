"""poseact recognises human actions from body pose: a video goes in, who did what and when comes out.

import poseact

result = poseact.predict("video.mp4")
for segment in result.timeline.segments:
print(segment.track_id, segment.label, segment.start_s, segment.end_s, segment.score)
"""

import importlib
from typing import TYPE_CHECKING

from poseact._version import __version__
from poseact.errors import PoseactError

if TYPE_CHECKING:
    from poseact.layouts import get_layout
    from poseact.outputs import write_results
    from poseact.pipeline import estimate_pose, predict, write_annotated_video
    from poseact.results import Result
    from poseact.sequence import PoseSequence
    from poseact.skeleton import SkeletonLayout
    from poseact.timeline import Segment, Timeline

__all__ = [
    "PoseSequence",
    "PoseactError",
    "Result",
    "Segment",
    "SkeletonLayout",
    "Timeline",
    "__version__",
    "estimate_pose",
    "get_layout",
    "predict",
    "write_annotated_video",
    "write_results",
]

# Loaded when first asked for: `poseact --help` need not wait for video and network libraries.
_HOMES = {
    "PoseSequence": "poseact.sequence",
    "Result": "poseact.results",
    "Segment": "poseact.timeline",
    "SkeletonLayout": "poseact.skeleton",
    "Timeline": "poseact.timeline",
    "estimate_pose": "poseact.pipeline",
    "get_layout": "poseact.layouts",
    "predict": "poseact.pipeline",
    "write_annotated_video": "poseact.pipeline",
    "write_results": "poseact.outputs",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'poseact' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
