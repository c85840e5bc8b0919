"""Clips of actors who hide one another: their truth, and that the nearer is drawn before the farther."""

import numpy as np
import pytest

from poseact.errors import InvalidInputError
from poseact.synth import MEETINGS, SyntheticClip, make_crossing_clip


def clip_of(num_actors: int = 2, seed: int = 0, **options: object) -> SyntheticClip:
    rng = np.random.default_rng(seed)
    return make_crossing_clip(num_actors, rng, **{"seconds": 4.0, "fps": 10.0, **options})  # type: ignore[arg-type]


def hips(clip: SyntheticClip) -> np.ndarray:
    """(M, T) x of the middle of the hips in pixels."""
    return clip.truth.keypoints[:, :, 11:13, 0].mean(axis=2)


@pytest.mark.parametrize("meeting", MEETINGS)
@pytest.mark.parametrize("num_actors", [2, 3])
def test_everybody_stays_in_view_at_a_distance_of_their_own(num_actors: int, meeting: str) -> None:
    for seed in range(3):
        clip = clip_of(num_actors, seed, meeting=meeting)
        assert clip.truth.keypoints.shape[0] == num_actors
        assert (clip.truth.keypoints > 0).all()
        assert (clip.truth.keypoints < np.array(clip.frame_size_wh)).all()
        depths = sorted(float(joints.points["pelvis"][:, 2].mean()) for joints in clip.look.joints)
        assert np.diff(depths).min() > 0.4
        assert [s.track_id for s in clip.segments.segments] == list(range(num_actors))


def test_people_cross_and_those_who_meet_turn_back() -> None:
    for seed in range(5):
        crossing = np.diff(hips(clip_of(seed=seed, seconds=8.0)), axis=0)[0]
        assert (crossing > 0).any()
        assert (crossing < 0).any()
        meeting = np.diff(hips(clip_of(seed=seed, seconds=8.0, meeting="turn_back")), axis=0)[0]
        assert (meeting > 0).all() or (meeting < 0).all()


def test_one_stands_while_others_pass() -> None:
    clip = clip_of(seed=2, seconds=6.0, meeting="pass_by")
    walked = np.ptp([joints.points["pelvis"][:, 0] for joints in clip.look.joints], axis=1)
    assert walked[0] > 1.5
    assert walked[1] < 0.3
    assert clip.segments.segments[0].label == "walk"
    assert clip.segments.segments[1].label != "walk"


def test_who_is_hidden_is_said_and_drawn_so() -> None:
    """Where the farther one is hidden, a picture without them is almost the same."""
    clip = clip_of(seed=1, seconds=6.0, fps=15.0, alike=True, noise=0.0)
    sight = (clip.truth.confidence > 0.5).mean(axis=2)
    far = int(np.argmin(sight.min(axis=1)))
    hidden = int(np.argmin(sight[far]))
    assert sight[far, hidden] < 0.4
    depths = [joints.points["pelvis"][hidden, 2] for joints in clip.look.joints]
    assert depths[far] < depths[1 - far]
    pictures = [frame.image for frame in clip.frames()]
    x, y = clip.truth.keypoints[1 - far, hidden, 5:7].mean(axis=0).astype(int)
    apart = int(np.argmax(np.abs(np.diff(hips(clip), axis=0)[0])))
    near_x, near_y = clip.truth.keypoints[1 - far, apart, 5:7].mean(axis=0).astype(int)
    shirt = pictures[apart][near_y + 8, near_x].astype(int)
    assert np.abs(pictures[hidden][y + 8, x].astype(int) - shirt).max() < 60


def test_equal_generators_give_equal_clips() -> None:
    first, second = clip_of(seed=3, seconds=1.0, alike=True), clip_of(seed=3, seconds=1.0, alike=True)
    np.testing.assert_array_equal(first.truth.keypoints, second.truth.keypoints)
    pairs = zip(first.frames(), second.frames(), strict=True)
    assert all((a.image == b.image).all() for a, b in pairs)


@pytest.mark.parametrize(
    ("num_actors", "options", "text"),
    [
        (1, {}, "at least 2"),
        (2, {"meeting": "wave"}, "cross, turn_back, pass_by"),
        (2, {"seconds": 0.0}, "more than 0"),
        (2, {"fps": -1.0}, "more than 0"),
    ],
)
def test_what_cannot_be_is_refused(num_actors: int, options: dict[str, object], text: str) -> None:
    with pytest.raises(InvalidInputError, match=text):
        clip_of(num_actors, **options)
