"""A model that carries a state says of a stream what stepping through the whole recording gives."""

import numpy as np
import pytest

from poseact.action_model import ActionModel
from poseact.carried_state import CarriedStateModel
from poseact.errors import ModelError
from poseact.live.opinions import StepAsker, WindowAsker, asker_of
from poseact.recognizer import Recognizer
from poseact.sequence import PoseSequence
from poseact.synth import Act, make_clip
from poseact.windows import cut_windows

SCRIPT = [Act("walk", 3.0), Act("squat", 4.0), Act("jumping_jack", 4.0)]


@pytest.fixture(scope="module")
def small() -> ActionModel:
    return ActionModel.load("everyday-small")


def actors(seed: int, fps: float = 25.0) -> PoseSequence:
    acts = [SCRIPT, SCRIPT[::-1], [*SCRIPT[1:], SCRIPT[0]]]
    return make_clip(acts, np.random.default_rng(seed), fps=fps, size_wh=(640, 480)).truth


def expected(model: ActionModel, sequence: PoseSequence, track: int) -> tuple[np.ndarray, np.ndarray]:
    """Times and probabilities of one person, frame by frame from the whole, one person at a time."""
    info, stepper = model.info, CarriedStateModel.of(model)
    half = info.window_frames // 2
    [frames] = cut_windows(
        sequence.select_tracks([track]), rate_hz=info.rate_hz, num_frames=1, stride_s=1 / info.rate_hz
    )
    state, said = stepper.start(1), []
    held = [*range(len(frames.centers_s)), *[len(frames.centers_s) - 1] * half]
    for t in held:
        probabilities, state = stepper.step(
            frames.keypoints[t][None], frames.confidence[t][None].astype(np.float32), state
        )
        said.append(np.log(probabilities[0]))
    times, out = [], []
    for center in np.arange(0, sequence.timestamps[-1] + 1e-6, info.stride_s):
        if center < frames.centers_s[0] - 1e-6:
            continue
        first = max(0, round((center - frames.centers_s[0]) * info.rate_hz))
        logits = np.mean(said[first : first + half], axis=0) / info.temperature
        times.append(center)
        out.append(np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum())
    return np.array(times), np.array(out)


@pytest.mark.parametrize("fps", [12.0, 25.0, 60.0])
def test_opinions_are_those_of_stepping_through_the_whole(small: ActionModel, fps: float) -> None:
    sequence = actors(1, fps)
    scores = Recognizer(small).recognize(sequence).scores
    assert set(scores) == {0, 1, 2}
    for track, found in scores.items():
        times, probabilities = expected(small, sequence, track)
        np.testing.assert_allclose(found.times_s, times, atol=1e-9)
        np.testing.assert_allclose(found.probabilities, probabilities, atol=1e-4)


def test_people_of_one_batch_do_not_disturb_one_another(small: ActionModel) -> None:
    together, alone = actors(2), actors(2).select_tracks([1])
    np.testing.assert_allclose(
        Recognizer(small).recognize(together).scores[1].probabilities,
        Recognizer(small).recognize(alone).scores[1].probabilities,
        atol=1e-5,
    )


def test_a_stay_has_opinions_of_its_own(small: ActionModel) -> None:
    """Somebody who was away begins anew: the state of before is forgotten."""
    sequence = actors(3).select_tracks([0])
    keypoints = sequence.keypoints.copy()
    keypoints[:, 100:130] = np.nan
    broken = PoseSequence(keypoints, sequence.confidence, sequence.timestamps, sequence.layout)
    after = broken.slice_frames(130, broken.num_frames)
    late = Recognizer(small).recognize(broken).scores[0]
    alone = Recognizer(small).recognize(after).scores[0]
    num = len(alone.times_s)
    np.testing.assert_allclose(late.times_s[-num:], alone.times_s)
    np.testing.assert_allclose(late.probabilities[-num:], alone.probabilities, atol=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_the_shortest_stay_has_an_opinion(small: ActionModel, frames: int) -> None:
    sequence = actors(4).slice_frames(1, 1 + frames)
    scores = Recognizer(small).recognize(sequence).scores
    assert [len(one.times_s) >= 1 for one in scores.values()] == [True] * 3


def test_the_right_way_of_asking_is_chosen(small: ActionModel) -> None:
    assert isinstance(asker_of(small, 0.2, 0.5), StepAsker)
    everyday = ActionModel.load("everyday")
    assert isinstance(asker_of(everyday, 0.2, 0.5), WindowAsker)
    with pytest.raises(ModelError, match="cannot be stepped"):
        CarriedStateModel.of(everyday)
