"""Asking a model about labelled clips: one row of class probabilities, or one feature vector, a clip."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseact.action_model import ActionModel
from poseact.clip import Clip
from poseact.clip_store import ClipPeople, ClipStore, fixed_times, people_of, stretches_of
from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec

_CLIPS_AT_ONCE = 256
_Ask = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class ScoredClips:
    """What a model says of N clips.

    Attributes:
        clips: Those that it could be asked about, in order.
        values: (N, K) probabilities, or (N, D) feature vectors; the mean over a clip's windows.
            (0, 0) where N is 0.
        refused: A line for each clip that it could not be asked about.
    """

    clips: tuple[Clip, ...]
    values: NDArray[np.float64]
    refused: tuple[str, ...]


def score_clips(model: ActionModel, clips: Iterable[Clip]) -> ScoredClips:
    """Class probabilities of whole clips."""
    return _asked(model.info.spec, model.probabilities, clips)


def clip_features(model: ActionModel, clips: Iterable[Clip]) -> ScoredClips:
    """The vectors by which a model decides, one a clip.

    Raises:
        ModelError: If the model gives none.
    """
    return _asked(model.info.spec, model.features, clips)


def _asked(spec: InputSpec, ask: _Ask, clips: Iterable[Clip]) -> ScoredClips:
    kept: list[Clip] = []
    refused: list[str] = []
    people: list[list[ClipPeople]] = []
    rows: list[NDArray[np.float64]] = []
    for clip in clips:
        try:
            people.append([people_of(part, spec) for part in stretches_of(clip, spec)])
        except InvalidInputError as error:
            refused.append(str(error))
            continue
        kept.append(clip)
        if len(people) == _CLIPS_AT_ONCE:
            rows.append(_clip_means(spec, ask, people))
            people.clear()
    if people:
        rows.append(_clip_means(spec, ask, people))
    values = np.concatenate(rows) if rows else np.empty((0, 0))
    return ScoredClips(tuple(kept), values, tuple(refused))


def _clip_means(spec: InputSpec, ask: _Ask, people: Sequence[Sequence[ClipPeople]]) -> NDArray[np.float64]:
    """(clips, numbers): the mean over the windows of each clip, whose parts stand together."""
    store = ClipStore([part for parts in people for part in parts], spec)
    clip_of = np.repeat(np.arange(len(people)), [len(parts) for parts in people])
    at, owner = fixed_times(store, np.arange(len(store)))
    keypoints, mask = store.draw(owner, at)
    answers = ask(keypoints[..., : spec.num_coordinates], mask)
    sums = np.zeros((len(people), answers.shape[1]))
    np.add.at(sums, clip_of[owner], answers)
    return np.asarray(sums / np.bincount(clip_of[owner], minlength=len(people))[:, None])


def window_times_ms(model: ActionModel, *, runs: int = 200, rng: np.random.Generator) -> NDArray[np.float64]:
    """(runs,) milliseconds from the joints of one window to its probabilities, on one thread."""
    shape = (1, *model.info.spec.shape)
    keypoints = rng.normal(size=shape).astype(np.float32)
    confidence = np.ones(shape[:-1], np.float32)
    out = []
    for i in range(runs + runs // 10):
        started = time.perf_counter()
        model.probabilities(keypoints, confidence)
        if i >= runs // 10:  # the first ones warm up
            out.append((time.perf_counter() - started) * 1e3)
    return np.array(out)


def labels_in(class_names: Sequence[str], clips: Sequence[Clip]) -> NDArray[np.int64]:
    """(N,) index of each clip's class; -1 for one that is not among them."""
    index = {name: i for i, name in enumerate(class_names)}
    return np.array([index.get(str(clip.label), -1) for clip in clips], np.int64)
