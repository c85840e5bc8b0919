"""From a script to one long movement: acts in order, the ways between them, and who did what when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from poseact.errors import InvalidInputError
from poseact.synth import (
    acts_boxing,
    acts_chair,
    acts_daily,
    acts_exercise,
    acts_floor,
    acts_hands,
    acts_jumping,
    acts_mat,
    acts_moving,
    acts_sport,
    acts_standing,
    acts_tasks,
)
from poseact.synth.body import Body
from poseact.synth.floor_poses import (
    Keys,
    down_to_plank,
    down_to_supine,
    plank,
    rising,
    supine,
)
from poseact.synth.gait import Gait, step_along, stroll
from poseact.synth.motion import LYING, Motion, Posture, Setting
from poseact.synth.pose import Pose, animate, blend, neutral
from poseact.synth.rotation import Array, ease, quat, quat_mul, unit, wave

ACTS: dict[str, Callable[[Setting], Motion]] = {
    "stand": acts_standing.stand,
    "walk": acts_moving.walk,
    "run": acts_moving.run,
    "jump": acts_jumping.jump,
    "jumping_jack": acts_jumping.jumping_jack,
    "squat": acts_standing.squat,
    "sit_down": acts_chair.sit_down,
    "stand_up": acts_chair.stand_up,
    "sit": acts_chair.sit,
    "wave_one_hand": acts_standing.wave_one_hand,
    "wave_two_hands": acts_standing.wave_two_hands,
    "clap": acts_standing.clap,
    "punch": acts_boxing.punch,
    "kick": acts_moving.kick,
    "throw": acts_moving.throw,
    "pick_up": acts_standing.pick_up,
    "bend": acts_standing.bend,
    "push_up": acts_floor.push_up,
    "sit_up": acts_floor.sit_up,
    "fall": acts_floor.fall,
    "lie": acts_floor.lie,
    "lunge": acts_exercise.lunge,
    "arm_circles": acts_exercise.arm_circles,
    "arm_raise": acts_exercise.arm_raise,
    "biceps_curl": acts_exercise.biceps_curl,
    "overhead_press": acts_exercise.overhead_press,
    "trunk_twist": acts_exercise.trunk_twist,
    "side_bend": acts_exercise.side_bend,
    "burpee": acts_mat.burpee,
    "plank": acts_mat.hold_plank,
    "mountain_climber": acts_mat.mountain_climber,
    "bridge": acts_mat.bridge,
    "leg_raise": acts_mat.leg_raise,
    "golf_swing": acts_sport.golf_swing,
    "bat_swing": acts_sport.bat_swing,
    "racket_swing": acts_sport.racket_swing,
    "pull_up": acts_sport.pull_up,
    "strum_guitar": acts_sport.strum_guitar,
    "dance": acts_sport.dance,
    "crouch": acts_tasks.crouch,
    "drink": acts_daily.drink,
    "use_phone": acts_daily.use_phone,
    "look_around": acts_daily.look_around,
    "gesture": acts_daily.gesture,
    "draw_in_air": acts_daily.draw_in_air,
    "move_box": acts_tasks.move_box,
    "push": acts_tasks.push,
    "desk": acts_tasks.desk,
    "hand_work": acts_hands.hand_work,
    "catch": acts_hands.catch,
    "aim": acts_hands.aim,
    "cross_arms": acts_hands.cross_arms,
}
ACTIONS: tuple[str, ...] = tuple(ACTS)

_BEGINS: dict[str, Posture] = {
    "stand_up": "chair",
    "sit": "chair",
    "desk": "chair",
    "push_up": "plank",
    "plank": "plank",
    "mountain_climber": "plank",
    "sit_up": "supine",
    "bridge": "supine",
    "leg_raise": "supine",
}
CHAIR_ACTS = ("sit_down", "stand_up", "sit", "desk")
FLOOR_ACTS = ("push_up", "sit_up", "lie", "plank", "mountain_climber", "bridge", "leg_raise")
# Acts that need no more room than the place before the seat.
_SMALL_ACTS = (
    *("stand", "wave_one_hand", "wave_two_hands", "clap", "arm_raise", "biceps_curl", "overhead_press"),
    *(
        "drink",
        "use_phone",
        "look_around",
        "gesture",
        "draw_in_air",
        "hand_work",
        "catch",
        "aim",
        "cross_arms",
    ),
)
_BLEND_S = 0.4
# Metres ahead of the seat for acts that need room.
_CLEAR_M = 0.8

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Act:
    """One line of a script: do this for so many seconds.

    Ways between acts (getting down to the floor and up again, turning, stepping) take time
    of their own, so a performance may be longer than the sum of its acts.

    Attributes:
        label: One of `ACTIONS`.
        seconds: At least 0.3.
    """

    label: str
    seconds: float

    def __post_init__(self) -> None:
        if self.label not in ACTS:
            raise InvalidInputError(f"act: expected one of {', '.join(ACTIONS)}; found {self.label!r}")
        if not 0.3 <= self.seconds <= 600:
            raise InvalidInputError(f"act {self.label!r}: expected 0.3 to 600 seconds, found {self.seconds}")


@dataclass(frozen=True)
class Span:
    """A motion at a place from a time on; `label` is None for a way between acts."""

    start: float
    motion: Motion
    place: Place
    label: str | None


@dataclass(frozen=True)
class Performance:
    """Everything one actor does, in axes with z towards the camera and x to its right.

    Attributes:
        body: Who acts.
        spans: Without gaps, from 0 s on.
        seat: The place that the seat stands behind, or None.
        seat_m: Height of the seat.
        phase: Turns that make this actor's small movements their own.
    """

    body: Body
    spans: tuple[Span, ...]
    seat: Place | None
    seat_m: float
    phase: float

    @property
    def seconds(self) -> float:
        """Length of the whole."""
        return self.spans[-1].start + self.spans[-1].motion.seconds

    def poses(self, t: Array) -> Pose:
        """The poses at rising times t (T,) in seconds; after the end the last act goes on."""
        starts = np.array([s.start for s in self.spans])
        which = np.clip(np.searchsorted(starts, t + 1e-9, side="right") - 1, 0, len(starts) - 1)
        out = neutral(self.body, len(t))
        arrays = {name: value.copy() for name, value in vars(out).items()}
        for i in np.unique(which):
            chosen = which == i
            part = self._span_poses(int(i), t[chosen] - starts[i])
            for name, value in vars(part).items():
                arrays[name][chosen] = value
        return _alive(Pose(**arrays), self.body, t, self.phase)

    def _span_poses(self, i: int, t: Array) -> Pose:
        span = self.spans[i]
        pose = span.motion.pose(t).moved(*span.place)
        if i == 0:
            return pose
        last = self.spans[i - 1]
        length = min(_BLEND_S, 0.5 * span.motion.seconds, 0.5 * last.motion.seconds)
        before = last.motion.pose(np.minimum(t, length) + last.motion.seconds).moved(*last.place)
        return blend(before, pose, ease(t / length))

    def labels(self) -> list[tuple[str, float, float, int | None]]:
        """(label, start, end, repetitions), seconds, in order; neighbours of one label are joined."""
        rows: list[tuple[str, float, float, int | None]] = []
        for span in self.spans:
            end = span.start + span.motion.seconds
            if span.label is None:
                continue
            turn = span.start + (span.motion.label_s or span.motion.seconds)
            begin = span.start + span.motion.lead_s
            if span.motion.lead is not None:
                rows.append((span.motion.lead, span.start, begin, None))
            rows.append((span.label, begin, turn, span.motion.repetitions))
            if span.motion.label_s is not None and span.motion.after is not None:
                rows.append((span.motion.after, turn, end, None))
        joined: list[tuple[str, float, float, int | None]] = []
        for label, start, end, count in rows:
            if joined and joined[-1][0] == label and abs(joined[-1][2] - start) < 1e-9:
                _, start, _, before = joined.pop()
                count = None if before is None or count is None else before + count
            joined.append((label, start, end, count))
        return joined


def _alive(pose: Pose, body: Body, t: Array, phase: float) -> Pose:
    """Small sway and breathing that no standing person is without."""
    free = np.clip((pose.pelvis[:, 1] / body.hip_height - 0.55) / 0.2, 0, 1)

    def drift(amount: float, hertz: float, offset: float) -> Array:
        two = wave(t, hertz, phase + offset) + 0.6 * wave(t, 1.7 * hertz, 2.3 * phase + offset)
        return np.asarray(amount * free * two)

    spine = quat(drift(0.5, 0.27, 0.1), drift(0.7, 0.19, 0.4), drift(0.4, 0.23, 0.7))
    head = quat(drift(1.0, 0.31, 0.2), drift(1.6, 0.21, 0.6), drift(0.7, 0.26, 0.9))
    stir = np.stack([drift(0.012, 0.33, 0.3), 0 * t, drift(0.014, 0.29, 0.8)], -1)[:, None]
    sway = np.stack([drift(0.003, 0.24, 0.5), drift(0.0015, 0.28, 0.0), drift(0.004, 0.21, 0.35)], -1)
    return replace(
        pose,
        pelvis=pose.pelvis + sway,
        spine_turn=quat_mul(pose.spine_turn, spine),
        head_turn=quat_mul(pose.head_turn, head),
        upper_arm=unit(pose.upper_arm + stir),
        forearm=unit(pose.forearm + 1.3 * stir),
    )


class _Rehearsal:
    """Builds the spans of one performance, act by act."""

    def __init__(self, body: Body, script: Sequence[Act], rng: np.random.Generator, heading: float) -> None:
        self.body, self.rng, self.heading = body, rng, heading
        self.has_seat = any(act.label in CHAIR_ACTS for act in script)
        self.seat_m = float(np.clip(rng.normal(0.455, 0.02), 0.41, 0.5)) * (0.6 + 0.4 * body.scale)
        needs_room = any(a.label not in CHAIR_ACTS + _SMALL_ACTS for a in script)
        self.step_out = _CLEAR_M if self.has_seat and needs_room else 0.0
        self.spans: list[Span] = []
        self.posture: Posture = "upright"
        self.place: Place = (0.0, 0.0, heading)
        self.clock = 0.0

    def add(self, motion: Motion, place: Place, label: str | None) -> None:
        self.spans.append(Span(self.clock, motion, place, label))
        self.clock += motion.seconds
        self.posture = motion.end
        self.place = _beyond(place, motion.end_place)

    def before(self) -> Pose:
        """The pose now, in the axes of the present place."""
        if not self.spans:
            return neutral(self.body)
        last = self.spans[-1]
        pose = last.motion.pose(np.array([last.motion.seconds])).moved(*last.place)
        x, z, heading = self.place
        return pose.moved(-x, -z, 0.0).moved(0.0, 0.0, -heading)

    def setting(self, seconds: float, roam_m: float, alone: bool) -> Setting:
        return Setting(
            body=self.body,
            rng=self.rng,
            seconds=seconds,
            heading=self.place[2],
            roam_m=roam_m,
            alone=alone,
            seat_m=self.seat_m,
            has_seat=self.has_seat,
            posture=self.posture,
            before=self.before(),
        )

    def seat_place(self) -> Place:
        return (0.0, 0.0, self.heading)

    def act_place(self, label: str, floor_heading: float) -> Place:
        if label in FLOOR_ACTS:
            return _beyond((0.0, 0.0, self.heading), (0.0, self.step_out, floor_heading - self.heading))
        ahead = 0.0 if label in CHAIR_ACTS + _SMALL_ACTS else self.step_out
        return _beyond(self.seat_place(), (0.0, ahead, 0.0))

    def go(self, target: Place) -> None:
        """Step and turn to a place, if it is another one."""
        way = np.hypot(target[0] - self.place[0], target[1] - self.place[1])
        turn = (target[2] - self.place[2] + np.pi) % (2 * np.pi) - np.pi
        if way < 0.15 and abs(turn) < 0.35:
            self.place = target
            return
        path = stroll(self.place, target, 0.75 * self.body.scale)
        gait = Gait(steps_hz=1.9, phase=0.5 * self.rng.integers(2))

        def pose(t: Array) -> Pose:
            return step_along(self.body, path, gait, t)

        seconds = float(path.times[-1])
        self.add(Motion(pose, seconds, end_place=target), (0.0, 0.0, 0.0), None)

    def rise(self) -> None:
        """Up to standing from wherever the actor is."""
        if self.posture == "upright":
            return
        seconds = 1.5
        if self.posture == "chair":
            self.add(acts_chair.stand_up(self.setting(seconds, 0, True)), self.place, "stand_up")
            return
        keys = _way_up(self.body, self.posture, self.before())
        self.add(_keyed(keys, self.posture, "upright"), self.place, None)

    def descend(self, posture: Posture) -> None:
        """From standing to where an act begins."""
        if posture == "chair":
            self.add(acts_chair.sit_down(self.setting(1.6, 0, True)), self.place, "sit_down")
        elif posture == "plank":
            self.add(_keyed(down_to_plank(self.body), "upright", "plank"), self.place, None)
        elif posture == "supine":
            self.add(_keyed(down_to_supine(self.body), "upright", "supine"), self.place, None)


def _beyond(place: Place, step: Place) -> Place:
    """A place given in the axes of another place."""
    x, z, heading = place
    dx, dz, turn = step
    c, s = np.cos(heading), np.sin(heading)
    return (float(x + c * dx + s * dz), float(z + c * dz - s * dx), float(heading + turn))


def _keyed(keys: Keys, begin: Posture, end: Posture) -> Motion:
    times, poses = [t for t, _ in keys], [p for _, p in keys]
    return Motion(lambda t: animate(poses, times, t), times[-1], begin=begin, end=end)


def _way_up(body: Body, posture: Posture, before: Pose) -> Keys:
    if posture in ("plank", "prone"):
        way = rising(down_to_plank(body), 0.9)
        if posture == "plank":
            return way
        low = plank(body, np.array([0.3 * body.scale]))
        return [(0.0, before), (0.6, low), *((t + 1.15, p) for t, p in way)]
    way = rising(down_to_supine(body), 0.9)[1:]
    flat = [(0.0, before)]
    if posture == "side":
        flat.append((0.7, supine(body, bent=(0.6, 0.6))))
    return [*flat, *((t + flat[-1][0] + 0.1, p) for t, p in way)]


def choreograph(
    body: Body,
    script: Sequence[Act],
    rng: np.random.Generator,
    *,
    heading_rad: float = 0.0,
    floor_heading_rad: float | None = None,
    roam_m: float = 1.2,
    alone: bool = True,
) -> Performance:
    """One actor's whole performance of a script.

    Args:
        body: Who acts.
        script: Acts in order.
        rng: For every choice.
        heading_rad: How far the actor faces to the right of the picture (0: to the camera).
        floor_heading_rad: The same for acts on the floor; by default `heading_rad`.
        roam_m: How far a walk may go to either side.
        alone: Whether nobody else is in view.

    Raises:
        InvalidInputError: If the script is empty.
    """
    if not script:
        raise InvalidInputError("script: expected at least one act, found none")
    floor = heading_rad if floor_heading_rad is None else floor_heading_rad
    cast = _Rehearsal(body, script, rng, heading_rad)
    for act in script:
        begin: Posture = _BEGINS.get(act.label, "upright")
        if act.label == "lie":
            begin = cast.posture if cast.posture in LYING else "supine"
        target = cast.act_place(act.label, floor)
        if not cast.spans:
            cast.posture, cast.place = begin, target
        elif cast.posture != begin or begin == "upright":
            cast.rise()
            cast.go(target)
            cast.descend(begin)
        motion = ACTS[act.label](cast.setting(act.seconds, roam_m, alone))
        cast.add(motion, cast.place, act.label)
    seat = cast.seat_place() if cast.has_seat else None
    return Performance(body, tuple(cast.spans), seat, cast.seat_m, float(rng.random()))
