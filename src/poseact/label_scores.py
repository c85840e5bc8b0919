"""What a model says of a clip: class probabilities over time, by person or for everybody together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from poseact.action_model import ActionModel
from poseact.clip import Clip
from poseact.clip_store import ClipStore, fixed_times, stretches_of
from poseact.recognizer import Recognizer
from poseact.sequence import PoseSequence
from poseact.timeline import ClassScores


@dataclass(frozen=True, eq=False)
class LabelScores:
    """The answers of one model on one clip.

    Attributes:
        class_names: K names, in the order of the probabilities.
        by_track: Scores by track id; the key None stands for all people together. A single row
            speaks for the whole clip, several rows for the times around theirs.
    """

    class_names: tuple[str, ...]
    by_track: Mapping[int | None, ClassScores]


def label_scores(model: ActionModel, sequence: PoseSequence, *, name: str = "clip") -> LabelScores:
    """The class probabilities of everybody in a clip, as often as the model has an opinion.

    This is the one place that knows how a model is asked about a clip: one that looks at
    windows of one person in 2D is run along every track as for a video; any other gets the clip
    as it was trained on clips: whole, or cut into windows, every person alone if it takes one.

    Args:
        model: See `ActionModel.load`.
        sequence: Tracked people, any layout, rate and size.
        name: What a message calls the clip.

    Raises:
        InvalidInputError: If the model needs 3D joints and there are none.
    """
    by_track: dict[int | None, ClassScores] = {}
    spec = model.info.spec
    if spec.sampling == "window" and spec.num_persons == 1 and spec.num_coordinates == 2:
        by_track.update(Recognizer(model).recognize(sequence).scores.items())
    elif spec.num_persons == 1:
        for track_id in sequence.track_ids[sequence.present.any(axis=1)].tolist():
            by_track[track_id] = _of_clip(model, sequence.select_tracks([track_id]), name)
    elif sequence.present.any():
        by_track[None] = _of_clip(model, sequence, name)
    return LabelScores(model.info.class_names, by_track)


def _of_clip(model: ActionModel, sequence: PoseSequence, name: str) -> ClassScores:
    """The scores of a clip in which somebody is in view."""
    spec = model.info.spec
    parts = stretches_of(Clip(sequence, label=None, name=name), spec)
    each = [_of_stretch(model, part) for part in parts]
    return ClassScores(
        np.concatenate([one.times_s for one in each]), np.concatenate([one.probabilities for one in each])
    )


def _of_stretch(model: ActionModel, clip: Clip) -> ClassScores:
    spec = model.info.spec
    store = ClipStore.of_clips([clip], spec)
    at, _ = fixed_times(store, np.array([0]))
    keypoints, mask = store.draw(np.zeros(len(at), np.intp), at)
    first_s = float(clip.sequence.timestamps[np.flatnonzero(clip.sequence.present.any(axis=0))[0]])
    middle = at.clip(0, store.lengths[0] - 1).mean(axis=1) / store.rates_hz[0]
    return ClassScores(first_s + middle, model.probabilities(keypoints[..., : spec.num_coordinates], mask))
