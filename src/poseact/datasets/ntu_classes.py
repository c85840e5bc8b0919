"""The 120 action classes of NTU RGB+D, its official divisions, and its samples without usable skeletons.

Shahroudy et al., "NTU RGB+D", CVPR 2016 (actions A1 to A60, setups S1 to S17); Liu et al., "NTU RGB+D
120", TPAMI 2019 (A61 to A120, S18 to S32).
"""

from functools import cache
from importlib.resources import files

# A1 to A120, in order; from A50 to A60 and from A106 on, two people act with each other.
CLASS_NAMES = (
    "drink_water",
    "eat_meal_or_snack",
    "brushing_teeth",
    "brushing_hair",
    "drop",
    "pickup",
    "throw",
    "sitting_down",
    "standing_up",
    "clapping",
    "reading",
    "writing",
    "tear_up_paper",
    "wear_jacket",
    "take_off_jacket",
    "wear_a_shoe",
    "take_off_a_shoe",
    "wear_on_glasses",
    "take_off_glasses",
    "put_on_a_hat",
    "take_off_a_hat",
    "cheer_up",
    "hand_waving",
    "kicking_something",
    "put_into_or_take_out_of_pocket",
    "hopping",
    "jump_up",
    "make_a_phone_call",
    "playing_with_phone_or_tablet",
    "typing_on_a_keyboard",
    "pointing_to_something",
    "taking_a_selfie",
    "check_time",
    "rub_two_hands_together",
    "nod_head_or_bow",
    "shake_head",
    "wipe_face",
    "salute",
    "put_the_palms_together",
    "cross_hands_in_front",
    "sneeze_or_cough",
    "staggering",
    "falling",
    "touch_head",
    "touch_chest",
    "touch_back",
    "touch_neck",
    "nausea_or_vomiting",
    "use_a_fan",
    "punching_other_person",
    "kicking_other_person",
    "pushing_other_person",
    "pat_on_back_of_other_person",
    "point_finger_at_other_person",
    "hugging_other_person",
    "giving_something_to_other_person",
    "touch_other_persons_pocket",
    "handshaking",
    "walking_towards_each_other",
    "walking_apart_from_each_other",
    "put_on_headphone",
    "take_off_headphone",
    "shoot_at_the_basket",
    "bounce_ball",
    "tennis_bat_swing",
    "juggling_table_tennis_balls",
    "hush",
    "flick_hair",
    "thumb_up",
    "thumb_down",
    "make_ok_sign",
    "make_victory_sign",
    "staple_book",
    "counting_money",
    "cutting_nails",
    "cutting_paper",
    "snapping_fingers",
    "open_bottle",
    "sniff",
    "squat_down",
    "toss_a_coin",
    "fold_paper",
    "ball_up_paper",
    "play_magic_cube",
    "apply_cream_on_face",
    "apply_cream_on_hand_back",
    "put_on_bag",
    "take_off_bag",
    "put_something_into_a_bag",
    "take_something_out_of_a_bag",
    "open_a_box",
    "move_heavy_objects",
    "shake_fist",
    "throw_up_cap",
    "hands_up",
    "cross_arms",
    "arm_circles",
    "arm_swings",
    "running_on_the_spot",
    "butt_kicks",
    "cross_toe_touch",
    "side_kick",
    "yawn",
    "stretch_oneself",
    "blow_nose",
    "hit_other_person_with_something",
    "wield_knife_towards_other_person",
    "knock_over_other_person",
    "grab_other_persons_stuff",
    "shoot_at_other_person_with_a_gun",
    "step_on_foot",
    "high_five",
    "cheers_and_drink",
    "carry_something_with_other_person",
    "take_a_photo_of_other_person",
    "follow_other_person",
    "whisper_in_other_persons_ear",
    "exchange_things_with_other_person",
    "support_somebody_with_hand",
    "finger_guessing_game",
)
NUM_CLASSES_60 = 60
NUM_SETUPS_60 = 17

# Actions by number: five and eight classes of earlier work with LSTMs on projections of the
# skeleton, and all actions of one person in the first 60.
SUBSETS: dict[str, frozenset[int]] = {
    "5": frozenset({1, 14, 23, 24, 38}),
    "8": frozenset({1, 7, 13, 19, 25, 31, 37, 43}),
    "49": frozenset(range(1, 50)),
}

# The training halves that the two papers list; all other subjects, cameras and setups test.
TRAINING_SUBJECTS_60 = frozenset(
    {1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38},
)
TRAINING_SUBJECTS_120 = TRAINING_SUBJECTS_60 | frozenset(
    {45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78}
    | {80, 81, 82, 83, 84, 85, 86, 89, 91, 92, 93, 94, 95, 97, 98, 100, 103},
)
TRAINING_CAMERAS = frozenset({2, 3})
PROTOCOLS = {
    "xsub": "NTU RGB+D (60 classes): 20 subjects train, 20 test",
    "xview": "NTU RGB+D (60 classes): cameras 2 and 3 train, 1 tests",
    "xsub120": "NTU RGB+D 120: 53 subjects train, 53 test",
    "xset120": "NTU RGB+D 120: even setups train, odd test",
}


def official_parts(setup: int, camera: int, subject: int, action: int) -> dict[str, str]:
    """The part, train or test, that a sample has in each protocol it belongs to."""
    training = {"xsub120": subject in TRAINING_SUBJECTS_120, "xset120": setup % 2 == 0}
    if setup <= NUM_SETUPS_60 and action <= NUM_CLASSES_60:
        first = {"xsub": subject in TRAINING_SUBJECTS_60, "xview": camera in TRAINING_CAMERAS}
        training = first | training
    return {name: "train" if trains else "test" for name, trains in training.items()}


@cache
def samples_with_missing_skeletons() -> frozenset[str]:
    """Names of the 535 samples that the authors ask to leave out, 302 of them in the first 60 classes."""
    text = files("poseact.datasets").joinpath("ntu_missing.txt").read_text(encoding="ascii")
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return frozenset(take + action for take, *actions in rows for action in actions)
