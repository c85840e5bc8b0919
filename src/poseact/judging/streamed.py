"""A model's answers to poses that come frame by frame, each with the moment at which it was told."""

from collections.abc import Iterator

import numpy as np

from poseact.action_model import ActionModel
from poseact.annotations import Span
from poseact.live import Event, SegmentEnded, SegmentStarted, StreamRecognizer
from poseact.sequence import PoseSequence
from poseact.windows import square_pixels


def streamed_spans(model: ActionModel, poses: PoseSequence) -> tuple[Span, ...]:
    """The segments that `poseact predict` finds, and the stamp of the frame with which each was told.

    Args:
        model: Of one person, in 2D.
        poses: Tracked people; persons of the spans are the track ids.

    Raises:
        ModelError: If the model takes several people together, or needs 3D.
        InvalidInputError: If the poses are parts of a picture of unknown size.
    """
    out: list[Span] = []
    told_s: dict[int, float] = {}
    for stamp, event in _events(model, square_pixels(poses)):
        if isinstance(event, SegmentStarted):
            told_s[event.segment.track_id] = stamp
        elif isinstance(event, SegmentEnded):
            s = event.segment
            told = told_s.pop(s.track_id)
            out.append(Span(s.label, s.start_s, s.end_s, str(s.track_id), s.score, told))
    return tuple(sorted(out, key=lambda span: (span.start_s, span.person or "")))


def _events(model: ActionModel, poses: PoseSequence) -> Iterator[tuple[float, Event]]:
    """Every event and the stamp of its frame; what was open at the end comes with the last frame."""
    recognizer = StreamRecognizer(model, poses.layout)
    keypoints, present = poses.keypoints[..., :2], poses.present
    stamps = poses.timestamps.tolist()
    for t, stamp in enumerate(stamps):
        people = {
            int(poses.track_ids[i]): (keypoints[i, t], poses.confidence[i, t])
            for i in np.flatnonzero(present[:, t])
        }
        for event in recognizer.push(stamp, people):
            yield stamp, event
    for event in recognizer.finish():
        yield stamps[-1], event
