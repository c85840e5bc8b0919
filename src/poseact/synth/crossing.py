"""Clips in which actors hide one another: they cross, meet and turn back, or pass somebody who stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from poseact.errors import InvalidInputError
from poseact.synth.body import Body, random_body
from poseact.synth.choreography import Act, choreograph
from poseact.synth.clip import Look, SyntheticClip, placed_camera, truth_of
from poseact.synth.gait import Gait, Path, step_along
from poseact.synth.kinematics import solve
from poseact.synth.pose import Pose
from poseact.synth.rotation import Array
from poseact.timeline import Segment, Timeline

Meeting = Literal["cross", "turn_back", "pass_by"]
MEETINGS: tuple[Meeting, ...] = get_args(Meeting)
# Somebody turns on the spot as fast as this.
_TURN_RAD_PER_S = 4.0
_STANDING_ACTS = ("stand", "gesture", "wave_one_hand", "drink", "look_around")


@dataclass(frozen=True)
class _Part:
    """What one actor does: their body, poses over all times, and the action's name."""

    body: Body
    poses: Pose
    label: str


def make_crossing_clip(
    num_actors: int,
    rng: np.random.Generator,
    *,
    meeting: Meeting = "cross",
    seconds: float = 10.0,
    fps: float = 30.0,
    size_wh: tuple[int, int] = (640, 480),
    alike: bool = False,
    distance_m: float | None = None,
    noise: float | None = None,
    caption: bool = True,
) -> SyntheticClip:
    """A clip of actors at different distances who walk to and fro; the nearer hide the farther.

    All stay in view of the camera. Track i of the truth is actor i from the first frame to the last; a
    joint behind somebody has a lower confidence. Equal generators give equal clips.

    Args:
        num_actors: At least two.
        rng: Bodies, clothes, room, light, view, speeds (0.6 to 1.5 m/s), distances between the paths
            (0.6 to 1.1 m) and every variation.
        meeting: "cross": they walk past one another to the other side, and back. "turn_back": the first
            two meet in the middle, partly before one another, and go back to where they came from.
            "pass_by": the last stands in the middle, before or behind the paths of the others.
        seconds: How long it lasts.
        fps: Frames a second.
        size_wh: Pixels.
        alike: Whether all wear the same.
        distance_m: Of the camera; by default as near as everybody fits in.
        noise: Standard deviation of picture noise in grey levels; random by default.
        caption: Whether the picture says that it is synthetic.

    Raises:
        InvalidInputError: If there are fewer than two actors, the meeting is none of these, or the time or
            rate is not positive.
    """
    _check(num_actors, meeting, seconds, fps)
    times = np.arange(max(round(seconds * fps), 1)) / fps
    depths = rng.permutation(num_actors) * rng.uniform(0.6, 1.1)
    side = float(rng.choice([-1.0, 1.0]))
    parts = [
        _stand(rng, depths[i], times)
        if meeting == "pass_by" and i == num_actors - 1
        else _walk(rng, side * (-1) ** i, depths[i], times, turns_back=meeting == "turn_back" and i < 2)
        for i in range(num_actors)
    ]
    joints = tuple(solve(part.body, part.poses) for part in parts)
    camera = placed_camera(joints, rng, size_wh, None, distance_m)
    grain = float(rng.uniform(0.0, 4.0)) if noise is None else noise
    bodies = tuple(part.body for part in parts)
    look = Look(
        camera,
        bodies,
        joints,
        seats=(None,) * num_actors,
        seed=int(rng.integers(2**31)),
        noise=grain,
        caption=caption,
        alike=alike,
    )
    return SyntheticClip(
        fps, size_wh, truth_of(camera, bodies, joints, times), _timeline(parts, times, fps), look
    )


def _check(num_actors: int, meeting: str, seconds: float, fps: float) -> None:
    if num_actors < 2:
        raise InvalidInputError(f"num_actors: expected at least 2 who can cross, found {num_actors}")
    if meeting not in MEETINGS:
        raise InvalidInputError(f"meeting: expected one of {', '.join(MEETINGS)}; found {meeting!r}")
    if seconds <= 0 or fps <= 0:
        raise InvalidInputError(f"seconds and fps: expected more than 0, found {seconds} and {fps}")


def _walk(rng: np.random.Generator, side: float, z: float, times: Array, *, turns_back: bool) -> _Part:
    """To and fro on a line across the view, from one side (-1 or 1) on."""
    body = random_body(rng)
    cadence = float(rng.uniform(1.5, 2.1))
    speed = float(np.clip(cadence * rng.uniform(0.42, 0.7) * body.scale, 0.6, 1.5))
    out = side * float(rng.uniform(1.1, 1.7))
    back = side * float(rng.uniform(0.12, 0.35)) if turns_back else -side * float(rng.uniform(1.1, 1.7))
    path = _to_and_fro(rng, out, back, z, speed, float(times[-1]))
    gait = Gait(
        steps_hz=cadence,
        swing=float(rng.uniform(14, 34)),
        elbow=float(rng.uniform(18, 42)),
        bob=float(rng.uniform(0.008, 0.018)),
        lean=float(rng.uniform(0, 6)),
        phase=0.5 * int(rng.integers(2)),
    )
    return _Part(body, step_along(body, path, gait, times), "walk")


def _to_and_fro(
    rng: np.random.Generator, start_x: float, other_x: float, z: float, speed_mps: float, seconds: float
) -> Path:
    """Between two places on a line, turning at both, some time at each."""
    ahead = np.pi / 2 * np.sign(other_x - start_x)
    # Over the face or over the back, always the same way.
    turn = np.pi * float(rng.choice([-1.0, 1.0]))
    rows: list[tuple[float, float, float]] = [(0.0, start_x, ahead)]
    t, heading, here, there = float(rng.uniform(0.0, 0.5)), float(ahead), start_x, other_x
    rows.append((t, here, heading))
    while t < seconds + 1:
        t += abs(there - here) / speed_mps
        rows.append((t, there, heading))
        t, heading = t + np.pi / _TURN_RAD_PER_S, heading + turn
        rows.append((t, there, heading))
        t, turn = t + float(rng.uniform(0.05, 0.6)), -turn
        rows.append((t, there, heading))
        here, there = there, here
    at, x, headings = np.array(rows).T
    return Path(at, x, np.full(len(at), z), headings)


def _stand(rng: np.random.Generator, z: float, times: Array) -> _Part:
    """About in the middle, more or less facing the camera, doing something small."""
    body = random_body(rng)
    label = str(rng.choice(_STANDING_ACTS))
    heading = float(np.radians(np.clip(rng.normal(0, 35), -80, 80)))
    act = Act(label, max(0.3, float(times[-1]) + 1))
    performance = choreograph(body, [act], rng, heading_rad=heading, roam_m=0.0, alone=False)
    return _Part(body, performance.poses(times).moved(float(rng.uniform(-0.4, 0.4)), z, 0.0), label)


def _timeline(parts: Sequence[_Part], times: Array, fps: float) -> Timeline:
    last = float(times[-1])
    segments = tuple(Segment(i, part.label, 0.0, last + 1 / fps, 1.0) for i, part in enumerate(parts))
    return Timeline(segments, tuple(range(len(parts))), 0.0, last)
