"""Clips of synthetic actors: scripts in, frames and the whole truth about them out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from poseact.errors import InvalidInputError
from poseact.layouts import COCO17
from poseact.sequence import PoseSequence
from poseact.synth.body import Body, random_body
from poseact.synth.choreography import CHAIR_ACTS, FLOOR_ACTS, Act, Performance, choreograph
from poseact.synth.kinematics import Joints, solve
from poseact.synth.rotation import Array
from poseact.synth.scene import Scene
from poseact.synth.stage import Camera, fitted_camera
from poseact.synth.visibility import confidence_of
from poseact.timeline import Segment, Timeline
from poseact.video import Frame

_GAP_M = 0.35


@dataclass(frozen=True)
class SyntheticClip:
    """A clip whose joints and segments are known; its frames are drawn when they are asked for.

    Attributes:
        fps: Frames a second.
        frame_size_wh: Pixels.
        truth: Layout coco17, pixels; `world_m` around the middle of the hips in camera axes.
            Never NaN; joints may lie outside the picture. Confidence is lower where a joint
            is hidden behind a body.
        segments: What each track really does, score 1, with its repetitions where the act knows them
            (squats, jumping jacks, push-ups, sit-ups, bends, pick-ups); ways between acts have no segment.
        look: What only the drawing needs.
    """

    fps: float
    frame_size_wh: tuple[int, int]
    truth: PoseSequence
    segments: Timeline
    look: "Look"

    def frames(self) -> Iterator[Frame]:
        """Draw the frames, in order; the same ones every time."""
        scene = Scene(self.look)
        for i, timestamp in enumerate(self.truth.timestamps):
            yield Frame(scene.draw(i), float(timestamp), i)


@dataclass(frozen=True)
class Look:
    """What the drawing needs beside the truth.

    Attributes:
        camera: Where it is seen from.
        bodies: One per actor.
        joints: One per actor, in the room.
        seats: (place x, place z, heading, height) of each actor's seat, or None.
        seed: For clothes, room, light and noise.
        noise: Standard deviation of the picture noise, in grey levels.
        caption: Whether the picture says that it is synthetic.
        alike: Whether all actors wear the same.
    """

    camera: Camera
    bodies: tuple[Body, ...]
    joints: tuple[Joints, ...]
    seats: tuple[tuple[float, float, float, float] | None, ...]
    seed: int
    noise: float
    caption: bool
    alike: bool = False


def make_clip(
    scripts: Sequence[Sequence[Act]],
    rng: np.random.Generator,
    *,
    fps: float = 30.0,
    size_wh: tuple[int, int] = (640, 480),
    yaw_deg: float | None = None,
    pitch_deg: float | None = None,
    distance_m: float | None = None,
    noise: float | None = None,
    caption: bool = True,
) -> SyntheticClip:
    """A clip with one actor per script, side by side; equal generators give equal clips.

    Only the movement is computed here; pictures are drawn by `SyntheticClip.frames`.

    Args:
        scripts: For each actor the acts in order. Ways between acts (to the floor and up
            again, a turn) take time of their own, so that a clip may be longer than the acts.
        rng: Body, clothes, room, light, view and every variation of movement.
        fps: Frames a second.
        size_wh: Pixels.
        yaw_deg: How far the actors face to the right of the picture, 0 to the camera; random
            by default, and then acts on the floor are turned so that they are seen from a side.
        pitch_deg: From how far above the camera looks down; random by default.
        distance_m: Of the camera from the middle of the scene; by default so that everybody
            stays in view.
        noise: Standard deviation of picture noise in grey levels; random by default.
        caption: Whether a small line in a corner says that the picture is synthetic.

    Raises:
        InvalidInputError: If there is no script, an empty one, or a rate that is not positive.
    """
    if not scripts or not all(scripts):
        raise InvalidInputError("scripts: expected at least one act for every actor, found an empty list")
    if fps <= 0:
        raise InvalidInputError(f"fps: expected more than 0, found {fps}")
    cast = [_perform(script, rng, yaw_deg, len(scripts)) for script in scripts]
    seconds = max(p.seconds for p in cast)
    times = np.arange(max(round(seconds * fps), 1)) / fps
    shifts, joints = _side_by_side(cast, times)
    camera = placed_camera(joints, rng, size_wh, pitch_deg, distance_m)
    seed = int(rng.integers(2**31))
    grain = float(rng.uniform(0.0, 4.0)) if noise is None else noise
    seats = tuple(
        None if p.seat is None else (p.seat[0] + dx, p.seat[1], p.seat[2], p.seat_m)
        for p, dx in zip(cast, shifts, strict=True)
    )
    look = Look(camera, tuple(p.body for p in cast), tuple(joints), seats, seed, grain, caption)
    return SyntheticClip(
        fps, size_wh, truth_of(camera, look.bodies, joints, times), _segments(cast, times, fps), look
    )


def _perform(
    script: Sequence[Act], rng: np.random.Generator, yaw_deg: float | None, num_actors: int
) -> Performance:
    body = random_body(rng)
    drawn = rng.normal(0, 28) if rng.random() < 0.85 else rng.uniform(-95, 95)
    turned = float(np.clip(drawn, -100, 100))
    sideways = float(rng.choice([-1.0, 1.0]) * rng.uniform(55, 100))
    if yaw_deg is not None:
        turned = sideways = yaw_deg + (rng.uniform(-6, 6) if num_actors > 1 else 0.0)
    elif all(act.label in CHAIR_ACTS + FLOOR_ACTS for act in script) and script[0].label in FLOOR_ACTS:
        turned = sideways
    return choreograph(
        body,
        script,
        rng,
        heading_rad=float(np.radians(turned)),
        floor_heading_rad=float(np.radians(sideways)),
        roam_m=1.3 if num_actors == 1 else 0.35,
        alone=num_actors == 1,
    )


def _side_by_side(cast: Sequence[Performance], times: Array) -> tuple[list[float], list[Joints]]:
    """The actors' joints, each shifted to the right of the last so that nobody is in the way."""
    shifts: list[float] = []
    joints: list[Joints] = []
    edge = 0.0
    for performance in cast:
        pose = performance.poses(times)
        x = solve(performance.body, pose).coco17()[..., 0]
        margin = 0.12
        low, high = float(x.min()) - margin, float(x.max()) + margin
        shift = edge - low if shifts else 0.0
        edge = shift + high + _GAP_M
        shifts.append(shift)
        joints.append(solve(performance.body, pose.moved(shift, 0.0, 0.0)))
    return shifts, joints


def placed_camera(
    joints: Sequence[Joints],
    rng: np.random.Generator,
    size_wh: tuple[int, int],
    pitch_deg: float | None,
    distance_m: float | None,
) -> Camera:
    """A camera that sees all joints of a clip over its whole time; what is None is random."""
    pitch = float(np.clip(rng.normal(7, 5), -2, 20)) if pitch_deg is None else pitch_deg
    fill, zoom = rng.uniform(0.78, 0.92), rng.uniform(0.95, 1.35)
    points = np.concatenate([p for j in joints for p in j.points.values()])
    top = np.concatenate([j.points["head"] + [0, 0.13, 0] for j in joints])
    floor = points * [1, 0, 1]
    # Not nearer to people on the floor than would be good for a standing child.
    head_room = points.mean(axis=0, keepdims=True) * [1, 0, 1] + [0, 1.3, 0]
    return fitted_camera(
        np.concatenate([points, top, head_room, floor[:: max(1, len(floor) // 2000)]]),
        size_wh,
        pitch_rad=float(np.radians(pitch)),
        focal_px=zoom * max(size_wh[1], 0.75 * size_wh[0]),
        fill=fill,
        distance_m=distance_m,
    )


def truth_of(camera: Camera, bodies: Sequence[Body], joints: Sequence[Joints], times: Array) -> PoseSequence:
    """What `SyntheticClip.truth` holds, of actors with these joints in the room."""
    room = np.stack([j.coco17() for j in joints])
    px, _ = camera.project(room)
    middle = np.stack([j.points["pelvis"] for j in joints])[:, :, None]
    world = (room - middle) @ camera.axes.T
    return PoseSequence(
        keypoints=px.astype(np.float32),
        confidence=confidence_of(camera.position, bodies, joints).astype(np.float32),
        timestamps=times,
        layout=COCO17,
        units="px",
        frame_size_wh=camera.size_wh,
        world_m=world.astype(np.float32),
    )


def _segments(cast: Sequence[Performance], times: Array, fps: float) -> Timeline:
    end = float(times[-1]) + 1 / fps
    rows: list[Segment] = []
    for track, performance in enumerate(cast):
        for label, start, stop, count in performance.labels():
            last = stop >= performance.seconds - 1e-6
            rows.append(Segment(track, label, start, end if last else min(stop, end), 1.0, count))
    rows.sort(key=lambda s: (s.start_s, s.track_id))
    return Timeline(tuple(rows), tuple(range(len(cast))), 0.0, float(times[-1]))
