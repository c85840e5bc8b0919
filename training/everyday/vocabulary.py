"""The classes of the model `everyday`, what each means, and how other sets' labels map to them.

Left/right rule: no class has a side. A wave with the left hand and one with the right are the same
class, and so are a kick with either leg or a step to either side; mirrored windows keep their label.
"""

# A definition that a person can apply to a video, for each class.
DEFINITIONS: dict[str, str] = {
    "stand": "Upright on the feet in one place, no large movement of arms or legs.",
    "sit": "Sitting on a chair, bench or the floor with the trunk upright, no large movement.",
    "lie": "Lying still on the floor or a bed.",
    "walk": "Stepping with one foot always on the ground, in any direction or on a treadmill.",
    "run": "Running or jogging, also on the spot (high knees, butt kicks).",
    "jump": "Both feet leave the ground: a jump, hop, skip or rope jump, without the arms of a jumping jack.",
    "jumping_jack": "Jumps that spread the legs (and lift the arms to the sides or overhead) and close them.",
    "squat": "Knees bent until the hips sink well below standing height and up again, in place, no chair.",
    "sit_down": "From standing to sitting on a chair or bench.",
    "stand_up": "From sitting or crouching to standing.",
    "wave_one_hand": "One raised hand moves from side to side, once or more.",
    "wave_two_hands": "Both raised hands or arms move from side to side or up and down, feet on the ground.",
    "clap": "The palms meet in front of the body, repeatedly.",
    "punch": "A fast straight or round blow with a fist, also at a bag or in the air.",
    "kick": "One leg swings or stretches out fast, at a ball, a target or in the air.",
    "throw": "One arm or both launch something: a pitch, a throw, a basketball shot.",
    "pick_up": "Bending down (trunk or knees) until a hand nears the floor, and rising again, with or "
    "without an object. `bend` is an alias.",
    "push_up": "Body straight over the floor on hands and feet (or knees), arms bend and stretch.",
    "sit_up": "From lying on the back the trunk rises towards the knees, and down again.",
    "fall": "An uncontrolled drop from standing, walking or sitting to the floor, until the body has landed.",
    "other": "A clear motion that is none of these: sports swings, lunges, dance, gestures, work.",
}
CLASS_NAMES: tuple[str, ...] = tuple(DEFINITIONS)
# *Other* is named by what it is, and the network learns these kinds: ``other/lunge``.
KIND_MARK = "/"


def class_of(kind: str) -> str:
    """``"other/lunge"`` -> ``"other"``, ``"walk"`` -> ``"walk"``."""
    return kind.split(KIND_MARK)[0]


ALIASES: dict[str, str] = {"bend": "pick_up", "jog": "run", "hop": "jump", "lay": "lie", "box": "punch"}

# Source label -> class; None = left out (ambiguous). What follows a slash says which of many kinds of
# motion it is: the network tells the kinds apart, its output does not. Two classes joined by "|" are both
# right. A value "by_hands" is decided by `hands_class`, "pick_up>throw" changes at the lowest point.
LABELS: dict[str, dict[str, str | None]] = {
    "penn-action": {
        "baseball_pitch": "throw",
        "baseball_swing": "other/bat_swing",
        "bench_press": "other/bench_press",
        "bowl": None,
        "clean_and_jerk": "other/weight_lift",
        "golf_swing": "other/golf_swing",
        "jump_rope": "jump",
        "jumping_jacks": "jumping_jack",
        "pullup": "other/pull_up",
        "pushup": "push_up",
        "situp": "sit_up",
        "squat": "squat",
        "strum_guitar": "other/guitar",
        "tennis_forehand": "other/racket",
        "tennis_serve": "other/serve",
    },
    "utd-mhad": {
        "swipe_left": "other/swipe",
        "swipe_right": "other/swipe",
        "wave": "wave_one_hand",
        "clap": "clap",
        "throw": "throw",
        "cross_arms": "other/cross_arms",
        "basketball_shot": "throw",
        "draw_x": "other/draw",
        "draw_circle_clockwise": "other/draw",
        "draw_circle_counter_clockwise": "other/draw",
        "draw_triangle": "other/draw",
        "bowling": None,
        "boxing": "punch",
        "baseball_swing": "other/bat_swing",
        "tennis_swing": "other/racket",
        "arm_curl": "other/curl",
        "tennis_serve": "other/serve",
        "push": "other/push",
        "knock": "other/knock",
        "catch": "other/catch",
        "pick_up_and_throw": "pick_up>throw",
        "jog": "run",
        "walk": "walk",
        "sit_to_stand": "stand_up",
        "stand_to_sit": "sit_down",
        "lunge": "other/lunge",
        "squat": "squat",
    },
    "msr-action3d": {
        "high_arm_wave": "wave_one_hand",
        "horizontal_arm_wave": None,
        "hammer": "other/knock",
        "hand_catch": "other/catch",
        "forward_punch": "punch",
        "high_throw": "throw",
        "draw_x": "other/draw",
        "draw_tick": "other/draw",
        "draw_circle": "other/draw",
        "hand_clap": "clap",
        "two_hand_wave": "wave_two_hands",
        "side_boxing": "punch",
        "bend": "pick_up",
        "forward_kick": "kick",
        "side_kick": "kick",
        "jogging": "run",
        "tennis_swing": "other/racket",
        "tennis_serve": "other/serve",
        "golf_swing": "other/golf_swing",
        "pick_up_and_throw": "pick_up>throw",
    },
    "jhmdb": {
        "brush_hair": "other/brush_hair",
        "catch": "other/catch",
        "clap": "clap",
        "climb_stairs": None,
        "golf": "other/golf_swing",
        "jump": "jump",
        "kick_ball": "kick",
        "pick": "pick_up",
        "pour": "other/pour",
        "pullup": "other/pull_up",
        "push": "other/push",
        "run": "run",
        "shoot_ball": "throw",
        "shoot_bow": "other/aim",
        "shoot_gun": "other/aim",
        "sit": "sit_down",
        "stand": "stand_up",
        "swing_baseball": "other/bat_swing",
        "throw": "throw",
        "walk": "walk",
        "wave": "by_hands",
    },
    "sbu-interaction": {
        "approaching": "walk",
        "departing": "walk",
        "kicking": "kick",
        "pushing": "other/push",
        "shaking_hands": "other/reach",
        "hugging": "other/reach",
        "exchanging_object": "other/reach",
        "punching": "punch",
    },
    "har-video": {
        "Clapping": "clap",
        "Sitting": "sit",
        "Standing Still": "stand",
        "Walking": "walk",
        "Walking While Reading Book": "walk",
        "Walking While Using Phone": "walk",
    },
}

# Every act of the synthetic actor -> class.
ACTOR: dict[str, str] = {
    **{name: name for name in CLASS_NAMES if name != "other"},
    "bend": "pick_up",
    # Quiet work of the hands is standing and sitting.
    "use_phone": "stand",
    "look_around": "stand",
    "desk": "sit",
    "lunge": "other/lunge",
    "arm_circles": "other/arm_circles",
    "arm_raise": "other/arm_raise",
    "biceps_curl": "other/curl",
    "overhead_press": "other/press",
    "trunk_twist": "other/twist",
    "side_bend": "other/side_bend",
    "burpee": "other/burpee",
    "plank": "other/plank",
    "mountain_climber": "other/mountain_climber",
    "bridge": "other/bridge",
    "leg_raise": "other/leg_raise",
    "golf_swing": "other/golf_swing",
    "bat_swing": "other/bat_swing",
    "racket_swing": "other/racket",
    "pull_up": "other/pull_up",
    "strum_guitar": "other/guitar",
    "dance": "other/dance",
    "crouch": "other/crouch",
    "drink": "other/drink",
    "gesture": "other/gesture",
    "draw_in_air": "other/draw",
    "move_box": "other/move_box",
    "push": "other/push",
    "hand_work": "other/hand_work",
    "catch": "other/catch",
    "aim": "other/aim",
    "cross_arms": "other/cross_arms",
}

# Kinds of other motion that only the clips of spans.csv show.
_KINDS_OF_CLIPS = ("aerobics", "arm_swing", "stretch")
# What the network tells apart: every class but "other", in the order of CLASS_NAMES, then its kinds.
KINDS: tuple[str, ...] = (
    *(name for name in CLASS_NAMES if name != "other"),
    *sorted(
        {
            label
            for table in (*LABELS.values(), ACTOR, {kind: f"other/{kind}" for kind in _KINDS_OF_CLIPS})
            for label in table.values()
            if label is not None and label.startswith("other/")
        }
    ),
)

# Clips of these sets begin and end at rest: what is seen in their first and last moment.
REST_BEFORE_AND_AFTER: dict[str, dict[str, tuple[str | None, str | None]]] = {
    "utd-mhad": {
        "sit_to_stand": ("sit", "stand"),
        "stand_to_sit": ("stand", "sit"),
        **{
            name: ("stand", "stand")
            for name in LABELS["utd-mhad"]
            if name not in ("sit_to_stand", "stand_to_sit", "jog", "walk", "boxing", "lunge", "squat")
        },
    }
}

# What the model is trained on, and under which terms each set is given.
TRAINING_DATA: list[dict[str, str]] = [
    {"name": "Penn Action", "terms": "annotations; research use"},
    {"name": "UTD-MHAD", "terms": "skeletons; free for research with citation"},
    {"name": "MSR-Action3D", "terms": "skeletons; no licence stated, research use"},
    {"name": "J-HMDB", "terms": "joint positions as prepared by DD-Net; research use"},
    {"name": "SBU Kinect Interaction", "terms": "skeletons; no licence stated, research use"},
    {"name": "Human Activity Recognition (Video)", "terms": "keypoints of a Kaggle set; no licence stated"},
    {"name": "UP-Fall Detection, subject 1", "terms": "videos, poses estimated; free for research"},
    {"name": "public web clips", "terms": "videos of many uploaders, poses estimated; mostly unstated"},
    {"name": "poseact synthetic actor", "terms": "Apache-2.0, made by this package"},
]
