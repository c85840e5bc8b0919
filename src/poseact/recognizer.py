"""Recognizer: tracked poses in, a timeline of who did what when out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from poseact.action_model import ActionModel
from poseact.live.events import SegmentEnded
from poseact.live.opinions import Opinion
from poseact.live.stream_recognizer import StreamRecognizer, check_takes_one
from poseact.segmenter import SegmenterSettings
from poseact.sequence import PoseSequence
from poseact.timeline import ClassScores, Segment, Timeline
from poseact.windows import in_metres, square_pixels


@dataclass(frozen=True)
class Recognition:
    """A timeline and the scores it was made from, by track id."""

    timeline: Timeline
    scores: Mapping[int, ClassScores]


class Recognizer:
    """Runs an action model along every track of a recording and makes segments of its scores.

    It gives the frames to a `StreamRecognizer` one after another, as live use does.
    """

    def __init__(
        self,
        model: ActionModel,
        *,
        stride_s: float | None = None,
        settings: SegmenterSettings | None = None,
    ) -> None:
        """Wrap a model.

        Args:
            model: See `ActionModel.load`.
            stride_s: Seconds from one opinion to the next; by default what the model was tuned for.
            settings: How opinions become segments.

        Raises:
            ModelError: If the model takes several people together.
        """
        check_takes_one(model)
        self.model = model
        self._stride_s = stride_s
        self._settings = settings

    def recognize(self, sequence: PoseSequence) -> Recognition:
        """Who did what when; nothing is said of a person out of view for longer than half a second.

        Args:
            sequence: Tracked people, any layout, rate and size.

        Raises:
            InvalidInputError: If the model takes 3D joints and there are none.
        """
        segments, opinions = self._streamed(sequence)
        stamps = sequence.timestamps
        start_s, end_s = (float(stamps[0]), float(stamps[-1])) if len(stamps) else (0.0, 0.0)
        timeline = Timeline(
            segments=tuple(sorted(segments, key=lambda s: (s.start_s, s.track_id))),
            track_ids=tuple(sequence.track_ids.tolist()),
            start_s=start_s,
            end_s=end_s,
        )
        return Recognition(timeline, _scores(opinions, timeline.track_ids))

    def _streamed(self, sequence: PoseSequence) -> tuple[list[Segment], list[Opinion]]:
        wants_3d = self.model.info.num_coordinates == 3
        poses = in_metres(sequence) if wants_3d else square_pixels(sequence)
        stream = StreamRecognizer(self.model, poses.layout, stride_s=self._stride_s, settings=self._settings)
        rows = list(enumerate(poses.track_ids.tolist()))
        present, events, opinions = poses.present, [], []
        for t, time_s in enumerate(poses.timestamps.tolist()):
            people = {
                track_id: (poses.keypoints[i, t], poses.confidence[i, t])
                for i, track_id in rows
                if present[i, t]
            }
            events += stream.push(time_s, people)
            opinions += stream.opinions
        events += stream.finish()
        opinions += stream.opinions
        return [event.segment for event in events if isinstance(event, SegmentEnded)], opinions


def _scores(opinions: list[Opinion], track_ids: tuple[int, ...]) -> dict[int, ClassScores]:
    """The opinions by track, in the order of the tracks; only of those that there is one of."""
    by_track: dict[int, list[Opinion]] = {track_id: [] for track_id in track_ids}
    for opinion in opinions:
        by_track[opinion.track_id].append(opinion)
    return {
        track_id: ClassScores(
            np.array([one.time_s for one in own]), np.stack([one.probabilities for one in own])
        )
        for track_id, own in by_track.items()
        if own
    }
