"""Annotated frames: skeletons, tags, the panel below, and the small things they are made of."""

from dataclasses import replace
from itertools import combinations, pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from poseact.errors import InvalidInputError
from poseact.layouts import BLAZEPOSE33, COCO17, LAYOUTS, convert_joints
from poseact.render import Overlay, on_black
from poseact.render.colours import LABEL_PALETTE, NEUTRAL, TRACK_PALETTE, ink_on, label_colours, track_colour
from poseact.render.lanes import busiest, lanes_between, lanes_of, presence_spans
from poseact.render.panel import TimelinePanel
from poseact.render.panel_page import DIM_TEXT, MOST_LANES, Measures, Page
from poseact.render.people import bones_of, draw_skeleton, limb_colours
from poseact.render.shapes import lay_mask
from poseact.render.tag_paths import Scene, corners, moving_mean, tag_paths
from poseact.render.tags import free_place, make_tag, tag_size
from poseact.render.text import draw_text, fit_text, text_mask, text_width
from poseact.render.time_axis import TimeAxis, format_time
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.timeline import Segment, Timeline

GREY = 120
# A standing person, 1 high, around x = 0: COCO's joints.
STANDING = np.array(
    [(0, 0.09)]
    + [(s * x, y) for x, y in ((0.02, 0.075), (0.045, 0.085)) for s in (1, -1)]
    + [(s * x, y) for x, y in ((0.12, 0.2), (0.17, 0.36), (0.19, 0.5)) for s in (1, -1)]
    + [(s * x, y) for x, y in ((0.08, 0.52), (0.09, 0.74), (0.1, 0.96)) for s in (1, -1)],
    np.float32,
)


def people(
    size_wh: tuple[int, int] = (640, 480),
    num_people: int = 1,
    num_frames: int = 50,
    layout: SkeletonLayout = COCO17,
) -> PoseSequence:
    """People side by side who sway from left to right, at 25 frames per second."""
    width, height = size_wh
    times = np.arange(num_frames) / 25
    keypoints = np.zeros((num_people, num_frames, COCO17.num_joints, 2), np.float32)
    for m in range(num_people):
        middle = np.array((width * (m + 0.5) / num_people, 0.15 * height))
        sway = 0.02 * width * np.sin(4 * times + m)
        keypoints[m] = STANDING * (0.8 * height) + middle
        keypoints[m, ..., 0] += sway[:, None]
    confidence = np.full(keypoints.shape[:3], 0.9, np.float32)
    keypoints, confidence = convert_joints(keypoints, confidence, COCO17, layout)
    return PoseSequence(keypoints, confidence, times, layout, "px", size_wh)


def timeline_of(poses: PoseSequence, label: str = "squat") -> Timeline:
    """Everybody does one thing from 0.4 s to 1.2 s."""
    ids = tuple(poses.track_ids.tolist())
    segments = tuple(Segment(i, label, 0.4, 1.2, 0.93) for i in ids)
    return Timeline(segments, ids, 0.0, float(poses.timestamps[-1]))


def grey_picture(size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    return np.full((size_wh[1], size_wh[0], 3), GREY, np.uint8)


def changed(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray((picture != GREY).any(axis=-1))


# -- the overlay as a whole ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size_wh", "factor"),
    [((1, 1), 360), ((172, 172), 3), ((320, 240), 2), ((640, 480), 1), ((641, 481), 1), ((100, 2000), 1)],
)
def test_output_size_is_even_and_kept(size_wh: tuple[int, int], factor: int) -> None:
    poses = people(size_wh)
    overlay = Overlay(poses, timeline_of(poses))
    width, height = overlay.output_size_wh
    picture = overlay.draw(grey_picture(size_wh), 0.5)
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.uint8
    assert width % 2 == height % 2 == 0
    assert overlay.factor == factor
    assert width - size_wh[0] * factor in (0, 1)
    assert height > size_wh[1] * factor


def test_the_frame_itself_is_not_touched() -> None:
    poses = people()
    image = grey_picture((640, 480))
    Overlay(poses, timeline_of(poses)).draw(image, 0.5)
    assert (image == GREY).all()


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_is_drawn(layout: SkeletonLayout) -> None:
    poses = people(layout=layout)
    picture = Overlay(poses, timeline_of(poses), panel=False).draw(grey_picture((640, 480)), 0.5)
    x, y = np.nanmean(poses.keypoints[0, 12, [layout.index("left_hip"), layout.index("left_knee")]], axis=0)
    around = picture[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].reshape(-1, 3).astype(int)
    lighter_left = limb_colours(track_colour(0))[1]
    assert np.abs(around - lighter_left).sum(axis=1).min() <= 12


@pytest.mark.parametrize("size_wh", [(172, 172), (640, 480)])
@pytest.mark.parametrize("layout", [COCO17, BLAZEPOSE33], ids=lambda x: x.name)
def test_only_what_lies_near_the_person_is_painted(size_wh: tuple[int, int], layout: SkeletonLayout) -> None:
    poses = people(size_wh, layout=layout)
    overlay = Overlay(poses, timeline_of(poses), panel=False)
    painted = changed(overlay.draw(grey_picture(size_wh), 0.5))
    x0, y0, x1, y1 = poses.boxes()[0, 12] * overlay.factor
    rows, columns = np.nonzero(painted)
    margin = 0.2 * (y1 - y0)
    assert rows.min() > y0 - margin
    assert rows.max() < y1 + margin
    assert columns.min() > x0 - margin
    assert columns.max() < x1 + margin


def test_nobody_is_drawn_where_nobody_is_or_at_a_time_without_poses() -> None:
    poses = people()
    hidden = poses.keypoints.copy()
    hidden[:, 20:] = np.nan
    confidence = np.where(np.isnan(hidden[..., 0]), 0, poses.confidence)
    poses = replace(poses, keypoints=hidden, confidence=confidence)
    overlay = Overlay(poses, timeline_of(poses), panel=False)
    assert changed(overlay.draw(grey_picture((640, 480)), 19 / 25)).any()
    assert not changed(overlay.draw(grey_picture((640, 480)), 20 / 25)).any()
    assert not changed(overlay.draw(grey_picture((640, 480)), 10.0)).any()


def test_people_without_a_single_frame() -> None:
    poses = people(num_people=0, num_frames=0)
    overlay = Overlay(poses, Timeline((), (), 0.0, 0.0))
    picture = overlay.draw(grey_picture((640, 480)), 0.0)
    assert not changed(picture[:480]).any()


def test_joints_far_outside_the_picture_do_no_harm() -> None:
    poses = people()
    wild = poses.keypoints.copy()
    wild[0, :, ::3] *= 1e6
    wild[0, :, 1::3] -= 5000
    confidence = poses.confidence.copy()
    confidence[0, :, ::2] = 0.1
    poses = replace(poses, keypoints=wild, confidence=confidence)
    picture = Overlay(poses, timeline_of(poses)).draw(grey_picture((640, 480)), 0.5)
    assert picture.shape[1] == 640


def test_the_tag_says_what_is_done_while_it_is_done() -> None:
    poses = people(num_frames=75)
    still = replace(poses, keypoints=np.repeat(poses.keypoints[:, :1], 75, axis=1))
    image = grey_picture((640, 480))

    def at(timeline: Timeline, time_s: float) -> NDArray[np.uint8]:
        return Overlay(still, timeline, panel=False).draw(image, time_s)

    squat, kick = timeline_of(still), timeline_of(still, "kick")
    assert (at(squat, 0.44) == at(squat, 1.16)).all()
    assert (at(squat, 0.44) != at(squat, 0.36)).any()
    assert (at(squat, 0.36) == at(squat, 1.2)).all()
    assert (at(squat, 0.8) != at(kick, 0.8)).any()
    assert (at(squat, 0.36) == at(kick, 0.36)).all()


def test_normalized_poses_draw_the_same_as_pixels() -> None:
    poses = people()
    share = replace(poses, keypoints=poses.keypoints / np.array((640, 480), np.float32), units="normalized")
    image = grey_picture((640, 480))
    a, b = (Overlay(p, timeline_of(p)).draw(image, 0.5) for p in (poses, share))
    assert np.abs(a.astype(int) - b).mean() < 0.05


def test_clear_errors() -> None:
    poses = people()
    timeline = timeline_of(poses)
    with pytest.raises(InvalidInputError, match="frame_size_wh"):
        Overlay(replace(poses, frame_size_wh=None), timeline)
    with pytest.raises(InvalidInputError, match="metres"):
        Overlay(replace(poses, units="m"), timeline)
    with pytest.raises(InvalidInputError, match="belong to pictures"):
        Overlay(poses, timeline, frame_size_wh=(320, 240))
    with pytest.raises(InvalidInputError, match="expected a picture"):
        Overlay(poses, timeline).draw(grey_picture((480, 640)), 0.0)


# -- skeletons -------------------------------------------------------------------------------


def test_less_sure_joints_are_fainter() -> None:
    points = STANDING * 400 + np.array((320, 40), np.float32)
    strength = []
    for sureness in (0.0, 0.3, 0.9):
        image = grey_picture((640, 480))
        confidence = np.full(17, sureness, np.float32)
        draw_skeleton(image, points, confidence, bones_of(COCO17), (240, 60, 60), 4)
        strength.append(float(np.abs(image.astype(int) - GREY).sum()))
    assert 0 < strength[0] < 0.7 * strength[1] < 0.7 * strength[2]


def test_left_and_right_differ_in_shade_only() -> None:
    colours = limb_colours((100, 150, 200))
    assert sum(colours[1]) > sum(colours[0]) > sum(colours[-1])
    bones = bones_of(COCO17)
    side = dict(zip(COCO17.drawn_edges, bones.sides.tolist(), strict=True))
    assert side["left_elbow", "left_shoulder"] == 1
    assert side["right_knee", "right_hip"] == -1
    assert side["right_shoulder", "left_shoulder"] == 0


def test_missing_joints_take_their_lines_with_them() -> None:
    points = STANDING * 400 + np.array((320, 40), np.float32)
    points[COCO17.index("left_knee")] = np.nan
    image = grey_picture((640, 480))
    draw_skeleton(image, points, np.ones(17, np.float32), bones_of(COCO17), (240, 60, 60), 4)
    ankle, other = points[COCO17.index("left_ankle")], points[COCO17.index("right_ankle")]
    between = (points[COCO17.index("left_hip")] + ankle) / 2
    assert (image[int(between[1]), int(between[0])] == GREY).all()
    thigh = (points[COCO17.index("right_hip")] + other) / 2
    assert changed(image[int(thigh[1]) - 4 : int(thigh[1]) + 4, int(thigh[0]) - 4 : int(thigh[0]) + 4]).any()


# -- tags ------------------------------------------------------------------------------------

_SIZES = st.tuples(st.integers(20, 90), st.integers(10, 24))
_PLACES = st.tuples(st.integers(-200, 900), st.integers(-200, 700))


@given(st.lists(st.tuples(_PLACES, _SIZES), max_size=8))
@settings(max_examples=200, deadline=None)
def test_tags_give_way_inside_the_picture(wishes: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    boxes: list[tuple[int, int, int, int]] = []
    for (x, y), (w, h) in wishes:
        room = (640 - w, 480 - h)
        left, top = free_place((min(max(x, 0), room[0]), min(max(y, 0), room[1])), (w, h), room, boxes, 3)
        boxes.append((left, top, left + w, top + h))
    for x0, y0, x1, y1 in boxes:
        assert 0 <= x0 <= x1 <= 640
        assert 0 <= y0 <= y1 <= 480
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@given(st.lists(st.tuples(_PLACES, _SIZES), max_size=8))
@settings(max_examples=100, deadline=None)
def test_tags_of_one_frame_are_inside_and_apart(tags: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    holds = np.array([(x, 0.5, y) for (x, y), _ in tags], float).reshape(-1, 3)
    sizes = [size for _, size in tags]
    places = corners(holds, sizes, (640, 480), 3)
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(places, sizes, strict=True)]
    assert all(x0 >= 0 and y0 >= 0 and x1 <= 640 and y1 <= 480 for x0, y0, x1, y1 in boxes)
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_long_labels_are_whole_where_the_picture_has_room() -> None:
    def width(label: str, score: str, most: int) -> int:
        tag = make_tag("0", label, score, (200, 200, 40), 16, most)
        assert tag.size_wh == tag_size("0", label, score, 16, most)
        return tag.size_wh[0]

    label = "put something into a bag"
    whole, bare = width(label, "0.93", 10_000), width(label, "", 10_000)
    assert width("squat", "0.93", 300) < bare < whole
    assert width(label, "0.93", whole) == whole
    assert width(label, "0.93", whole - 1) == bare  # the score goes before a letter does
    assert width(label, "0.93", bare - 1) < bare
    assert width(label * 20, "0.93", 300) <= 300


def flapping(size_wh: tuple[int, int] = (640, 480), top: float = 0.3) -> PoseSequence:
    """A standing person whose arms go from the hips to over the head and back once a second."""
    poses = people(size_wh, num_frames=100)
    still = np.repeat(poses.keypoints[:, :1], 100, axis=1)
    height = 0.6 * size_wh[1]
    still = still * 0.75 + np.array((0.125 * size_wh[0], top * size_wh[1] - 0.75 * still[..., 1].min()))
    angle = np.pi * (1 - np.cos(2 * np.pi * poses.timestamps)) / 2
    for side, sign in (("left", 1), ("right", -1)):
        shoulder = still[0, :, COCO17.index(f"{side}_shoulder")]
        along = np.stack([sign * np.sin(angle), np.cos(angle)], axis=-1)
        for joint, share in (("elbow", 0.17), ("wrist", 0.32)):
            still[0, :, COCO17.index(f"{side}_{joint}")] = shoulder + share * height * along
    return replace(poses, keypoints=still.astype(np.float32))


def tag_boxes(poses: PoseSequence, width: int = 120, height: int = 24) -> NDArray[np.float64]:
    """(M, T, 4) where tags of one size go."""
    low, high = poses.boxes()[..., :2], poses.boxes()[..., 2:]
    sizes = np.hypot(*np.moveaxis(high - low, -1, 0)).astype(float)
    head = bones_of(poses.layout).head
    picture_wh = poses.frame_size_wh or (0, 0)
    scene = Scene(
        poses.keypoints, poses.confidence, sizes, poses.timestamps, poses.layout, head, picture_wh, 3
    )
    holds = tag_paths(scene, np.full(sizes.shape, width), height)
    left, top = holds[..., 0] - holds[..., 1] * width, holds[..., 2]
    return np.stack([left, top, left + width, top + height], axis=-1)


def hidden_joints(poses: PoseSequence, boxes: NDArray[np.float64]) -> int:
    """In how many places a tag lies on a joint of its person."""
    low, high = boxes[..., None, :2], boxes[..., None, 2:]
    return int(((poses.keypoints > low) & (poses.keypoints < high)).all(axis=-1).sum())


def test_the_tag_stays_over_raised_hands_and_does_not_bob() -> None:
    poses = flapping()
    assert float(np.ptp(poses.keypoints[0, :, COCO17.index("left_wrist"), 1])) > 150
    boxes = tag_boxes(poses)
    over = poses.keypoints[0, ..., 1].min(axis=1) - boxes[0, :, 3]
    assert over.min() > 0.03 * 480
    assert over.min() < 0.15 * 480
    inner = boxes[0, 25:-25]  # the ends of a recording know less of what comes
    assert np.ptp(inner, axis=0).max() < 12
    assert np.abs(np.diff(boxes[0], axis=0)).max() < 3


@pytest.mark.parametrize(("size_wh", "beside"), [((640, 480), True), ((480, 852), False)])
def test_without_room_above_the_tag_goes_where_it_hides_nothing(
    size_wh: tuple[int, int], beside: bool
) -> None:
    poses = flapping(size_wh, top=0.12)
    assert poses.keypoints[..., 1].min() < 5
    boxes = tag_boxes(poses)
    assert hidden_joints(poses, boxes) == 0
    assert boxes[..., :2].min() >= 0
    assert (boxes[..., 2:] <= size_wh).all()
    middle = (boxes[0, :, 0] + boxes[0, :, 2]) / 2
    # In the tall picture it finds room over the head, between the raised arms.
    assert ((np.abs(middle - size_wh[0] / 2) > 60) == beside).all()
    assert np.abs(np.diff(boxes[0], axis=0)).max() < 0.05 * size_wh[1]


def test_joints_that_are_not_seen_do_not_push_the_tag_away() -> None:
    poses = flapping()
    wrists = list(COCO17.indices(("left_wrist", "right_wrist", "left_elbow", "right_elbow")))
    confidence = poses.confidence.copy()
    confidence[:, :, wrists] = 0.1
    high, low = (tag_boxes(p)[0, 50, 1] for p in (poses, replace(poses, confidence=confidence)))
    assert low > high + 0.1 * 480


def test_tags_of_people_who_pass_do_not_leap() -> None:
    poses = people(num_people=2, num_frames=150)
    walked = poses.keypoints.copy()
    walked[0, ..., 0] += np.linspace(0, 320, 150)[:, None]
    walked[1, ..., 0] -= np.linspace(0, 320, 150)[:, None]
    boxes = tag_boxes(replace(poses, keypoints=walked))
    assert np.abs(np.diff(boxes, axis=1)).max() < 0.03 * 640
    apart = (boxes[0, :, 2] <= boxes[1, :, 0]) | (boxes[1, :, 2] <= boxes[0, :, 0])
    apart |= (boxes[0, :, 3] <= boxes[1, :, 1]) | (boxes[1, :, 3] <= boxes[0, :, 1])
    assert apart.mean() > 0.9


def test_a_tag_follows_a_cut_at_once() -> None:
    poses = people(num_frames=100)
    cut = poses.keypoints.copy() * 0.5
    cut[:, 50:, :, 0] += 320
    cut[..., 1] += 200
    boxes = tag_boxes(replace(poses, keypoints=cut))[0]
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    assert middle[49] < 200
    assert middle[50] > 440


def test_crowded_tags_in_a_tiny_picture_do_no_harm() -> None:
    poses = people((60, 40), num_people=9)
    overlay = Overlay(poses, timeline_of(poses, "a rather long label"))
    width, height = overlay.output_size_wh
    assert overlay.draw(grey_picture((60, 40)), 0.5).shape == (height, width, 3)


# -- text, colours, axis ---------------------------------------------------------------------


@given(st.text(max_size=40), st.integers(0, 200), st.integers(9, 60))
@settings(max_examples=150, deadline=None)
def test_fitted_text_fits(text: str, room: int, size: int) -> None:
    assert text_width(fit_text(text, room, size), size) <= room


@pytest.mark.parametrize(
    "text", ["squat", "Épaulé ø", "しゃがむ", "拍手", "박수", "приседание", "تصفيق", "קפיצה"]
)
def test_other_scripts_are_drawn_and_not_as_question_marks(text: str) -> None:
    mask = text_mask(text, 24)
    assert mask.max() > 200
    assert mask[:, -1].max() < 255
    marks = text_mask("?" * len(text), 24)
    width = min(mask.shape[1], marks.shape[1])
    assert np.abs(mask[:, :width].astype(int) - marks[:, :width]).mean() > 5


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00"])
def test_text_with_nothing_to_show(text: str) -> None:
    image = grey_picture((50, 30))
    draw_text(image, text, (5, 15), 14, (255, 0, 0))
    assert not changed(image).any()


def test_text_is_clipped_at_every_side() -> None:
    for xy in ((-30, 10), (45, 10), (10, -3), (10, 33)):
        image = grey_picture((50, 30))
        draw_text(image, "squat", xy, 14, (255, 0, 0))
        assert changed(image).any()


def test_a_mask_outside_the_picture_changes_nothing() -> None:
    image = grey_picture((50, 30))
    lay_mask(image, np.full((5, 5), 255, np.uint8), 60, 10, (255, 0, 0))
    lay_mask(image, np.full((5, 5), 255, np.uint8), 10, -5, (255, 0, 0))
    assert not changed(image).any()


_TO_LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
_EYES = {
    "normal": np.eye(3),
    "red-blind": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
    "green-blind": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
}


@pytest.mark.parametrize("eyes", _EYES)
@pytest.mark.parametrize("palette", [LABEL_PALETTE[:12], TRACK_PALETTE], ids=["labels", "tracks"])
def test_colours_differ_to_all_eyes(palette: tuple[tuple[int, int, int], ...], eyes: str) -> None:
    """Vienot, Brettel, Mollon, "Digital video colourmaps for checking ...", 1999."""
    share = np.array(palette) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = (linear @ (np.linalg.inv(_TO_LMS) @ _EYES[eyes] @ _TO_LMS).T).clip(0, 1)
    coded = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab = cv2.cvtColor(coded.astype(np.float32)[None], cv2.COLOR_RGB2LAB)[0]
    distances = [float(np.linalg.norm(a - b)) for a, b in combinations(lab, 2)]
    assert min(distances) >= 15


def test_label_colours_are_stable_and_distinct() -> None:
    names = [f"class {i}" for i in range(30)]
    few = label_colours(["class 3", "class 7"], names)
    other = label_colours(["class 7", "class 11"], names)
    assert few["class 7"] == other["class 7"]
    clash = label_colours(["class 0", "class 12"], names)
    assert clash["class 0"] == few.get("class 0", LABEL_PALETTE[0])
    assert clash["class 12"] != clash["class 0"]
    all_of_them = label_colours(names[:24], names)
    assert len(set(all_of_them.values())) == 24
    assert label_colours(["other"], names) == {"other": NEUTRAL}
    assert set(label_colours(names, ())) == set(names)


def test_track_colours_are_stable_and_distinct() -> None:
    assert len({track_colour(i) for i in range(21)}) == 21
    assert track_colour(3) == track_colour(3)


def test_ink_can_be_read() -> None:
    assert sum(ink_on((250, 250, 200))) < 120
    assert sum(ink_on((20, 40, 90))) > 700


@pytest.mark.parametrize(
    ("time_s", "step_s", "text"),
    [
        (0, 1, "0:00"),
        (5.4, 1, "0:05"),
        (5.44, 0.1, "0:05.4"),
        (59.97, 0.1, "1:00.0"),
        (59.6, 1, "1:00"),
        (754, 10, "12:34"),
        (3723, 60, "1:02:03"),
        (-2.0, 1, "-0:02"),
        (-0.01, 1, "0:00"),
    ],
)
def test_format_time(time_s: float, step_s: float, text: str) -> None:
    assert format_time(time_s, step_s) == text


@given(st.floats(-100, 1000), st.floats(0, 200_000), st.integers(50, 4000), st.integers(20, 300))
@settings(max_examples=200, deadline=None)
def test_ticks_are_inside_and_far_enough_apart(start: float, span: float, width: int, least: int) -> None:
    axis = TimeAxis(start, start + span, 10, 10 + width)
    ticks, step = axis.ticks(least)
    assert step > 0
    assert all(axis.start_s - 1e-6 <= t <= axis.start_s + axis.span_s + 1e-6 for t in ticks)
    places = [axis.x(t) for t in ticks]
    assert all(b - a >= least - 1 for a, b in pairwise(places))


def test_axis_ends_and_clamps() -> None:
    axis = TimeAxis(2.0, 4.0, 100, 300)
    assert [axis.x(t) for t in (0.0, 2.0, 3.0, 4.0, 9.0)] == [100, 100, 200, 300, 300]


# -- lanes and panel -------------------------------------------------------------------------


def test_presence_is_joined_over_short_holes_only() -> None:
    poses = people(num_frames=100)
    gone = poses.keypoints.copy()
    gone[0, 10:13] = np.nan
    gone[0, 40:80] = np.nan
    confidence = np.where(np.isnan(gone[..., 0]), 0, poses.confidence)
    spans = presence_spans(replace(poses, keypoints=gone, confidence=confidence))[0]
    assert np.allclose(spans, [(0.0, 1.6), (3.2, 4.0)])


def test_busiest_keeps_those_with_most_labelled_time_in_order() -> None:
    poses = people(num_people=4)
    segments = (Segment(1, "a", 0, 1, 0.5), Segment(3, "a", 0, 1.5, 0.5))
    lanes = lanes_of(poses, Timeline(segments, (0, 1, 2, 3), 0.0, 2.0))
    assert [lane.track_id for lane in busiest(lanes, 2)] == [1, 3]
    assert [lane.track_id for lane in busiest(lanes, 9)] == [0, 1, 2, 3]


def test_lanes_between_two_times() -> None:
    poses = people(num_people=3, num_frames=100)
    gone = poses.keypoints.copy()
    gone[2, :50] = np.nan
    poses = replace(poses, keypoints=gone, confidence=np.where(np.isnan(gone[..., 0]), 0, 1))
    segments = (Segment(0, "a", 0.5, 3.0, 0.5), Segment(1, "b", 1.0, 3.0, 0.5))
    lanes = lanes_between(lanes_of(poses, Timeline(segments, (0, 1, 2), 0.0, 4.0)), 0.0, 1.0)
    assert [lane.track_id for lane in lanes] == [0, 1]
    assert [[s.label for s in lane.segments] for lane in lanes] == [["a"], []]
    assert [lane.presence_s for lane in lanes] == [((0.0, 1.0),)] * 2


def _panel(num_people: int, width: int = 640) -> TimelinePanel:
    poses = people(num_people=num_people)
    timeline = timeline_of(poses)
    colours = label_colours(["squat"])
    return TimelinePanel(lanes_of(poses, timeline), (0.0, timeline.end_s), width, 15, colours)


def test_the_playhead_moves_and_what_lies_ahead_is_dimmer() -> None:
    panel = _panel(1)
    image = np.zeros((panel.height_px, 640, 3), np.uint8)
    middle = panel.height_px // 3
    bar = label_colours(["squat"])["squat"]
    late = panel.axis_at(0.6).x(1.1)
    panel.draw_into(image, 0.6)
    assert (image[middle, panel.axis_at(0.6).x(0.6)] == 255).all()
    assert image[middle, late].sum() < 0.8 * sum(bar)
    panel.draw_into(image, 1.15)
    assert (image[middle, panel.axis_at(0.6).x(1.15)] == 255).all()
    assert tuple(image[middle, late]) == bar


def test_long_recordings_are_shown_page_by_page() -> None:
    poses = people(num_people=2, num_frames=2)
    poses = replace(poses, timestamps=np.array([0.0, 3600.0]))
    segments = (Segment(0, "squat", 10, 20, 0.9), Segment(1, "kick", 3000, 3010, 0.9))
    lanes = lanes_of(poses, Timeline(segments, (0, 1), 0.0, 3600.0))
    colours = label_colours(["squat", "kick"])
    panel = TimelinePanel(lanes, (0.0, 3600.0), 640, 15, colours)
    assert panel.num_pages > 20
    image = np.zeros((panel.height_px, 640, 3), np.uint8)
    for label, at in (("squat", 25.0), ("kick", 3011.0)):
        panel.draw_into(image, at)
        axis = panel.axis_at(at)
        assert axis.start_s <= at <= axis.end_s
        bar = axis.x(at - 2) - axis.x(at - 3)
        assert bar >= 5
        assert (image == np.array(colours[label])).all(axis=-1).any()
    for at in (-5.0, 0.0, 3600.0, 9000.0):
        panel.draw_into(image, at)


@pytest.mark.parametrize(("width", "num_people"), [(320, 1), (640, 1), (640, 3), (1280, 8)])
@pytest.mark.parametrize("end_s", [3.0, 39.2, 599.9, 7300.0])
def test_every_mark_of_the_axis_has_its_number(width: int, num_people: int, end_s: float) -> None:
    poses = people(num_people=num_people, num_frames=2)
    poses = replace(poses, timestamps=np.array([0.0, end_s]))
    lanes = lanes_of(poses, Timeline((), tuple(range(num_people)), 0.0, end_s))
    panel = TimelinePanel(lanes, (0.0, end_s), width, 15, {})
    m = Measures(15, width, 0, min(num_people, MOST_LANES), False, False)
    image = np.zeros((panel.height_px, width, 3), np.uint8)
    for at in (0.0, 0.6 * end_s, end_s):
        panel.draw_into(image, at)
        axis = panel.axis_at(at)
        marks = np.flatnonzero((image[m.axis_y : m.axis_y + 3] == DIM_TEXT).all(axis=(0, 2)))
        marks = marks[(marks >= axis.left_px) & (marks <= axis.right_px)]
        assert len(marks) >= 2
        numbers = image[m.ticks_y - 6 : m.ticks_y + 6].max(axis=2) > 100
        for x in marks.tolist():
            assert numbers[:, max(x - 24, 0) : x + 24].sum() > 40


def test_the_legend_names_what_is_not_written_most_time_first() -> None:
    poses = people(num_frames=2)
    poses = replace(poses, timestamps=np.array([0.0, 40.0]))
    parts = [("kick", 0.0, 0.2), ("sit", 0.2, 30), ("jump", 30.0, 30.4), ("fall", 30.4, 30.7)]
    segments = tuple(Segment(0, label, start, end, 0.9) for label, start, end in parts)
    lanes = lanes_of(poses, Timeline(segments, (0,), 0.0, 40.0))

    def page(calls: bool) -> Page:
        measures = Measures(15, 640, 0, 1, calls, False)
        return Page(measures, (0.0, 40.0), lanes, False, label_colours(["kick", "sit", "jump", "fall"]), 100)

    assert page(calls=False).legend_rows() == [["jump", "fall", "kick"]]
    assert page(calls=True).legend_rows() == [[]]


def test_short_recordings_are_shown_whole() -> None:
    assert _panel(3).num_pages == 1
    assert _panel(3).axis_at(0.0).end_s == timeline_of(people()).end_s


@pytest.mark.parametrize("num_people", [0, 1, 2, 6, 7, 12])
def test_panel_height_is_even_and_bounded(num_people: int) -> None:
    panel = _panel(num_people)
    assert panel.height_px % 2 == 0
    assert panel.height_px <= _panel(MOST_LANES + 1).height_px


@pytest.mark.parametrize("width", [2, 17, 60, 200])
def test_narrow_panels_do_no_harm(width: int) -> None:
    panel = _panel(3, width)
    image = np.zeros((panel.height_px, width, 3), np.uint8)
    panel.draw_into(image, 0.7)
    assert image.any()


def test_smoothing_leaves_out_missing_values() -> None:
    values = np.array([1.0, 2.0, np.nan, 4.0, np.nan, 50.0])
    out = moving_mean(values, np.array([0.0, 1.0, 2.0, 3.0, 6.0, 10.0]), 2.0)
    assert np.allclose(out, [1.5, 1.5, 3.0, 4.0, np.nan, 50.0], equal_nan=True)


# -- black -----------------------------------------------------------------------------------


@pytest.mark.parametrize("units", ["px", "normalized", "m"])
def test_on_black_fits_everybody_and_keeps_the_shape(units: str) -> None:
    poses = people((640, 480), num_people=2)
    scale = {"px": 1.0, "normalized": np.array((640, 480), np.float32), "m": 200.0}[units]
    same = replace(poses, keypoints=poses.keypoints / scale, units=units)
    fitted = on_black(same)
    width, height = fitted.frame_size_wh or (0, 0)
    assert min(width, height) == 480
    x, y = fitted.keypoints[..., 0], fitted.keypoints[..., 1]
    assert x.min() > 0
    assert x.max() < width
    assert y.min() > 0
    assert y.max() < height

    def shape(p: PoseSequence) -> float:
        box = p.boxes()[0, 0]
        return float((box[2] - box[0]) / (box[3] - box[1]))

    assert shape(fitted) == pytest.approx(shape(poses), rel=1e-3)
    overlay = Overlay(fitted, timeline_of(fitted), panel=False)
    picture = overlay.draw_on_black(0.5)
    assert (picture == 0).all(axis=-1).mean() > 0.5
    assert picture.max() > 150


def test_on_black_with_nobody_and_with_a_single_point() -> None:
    nobody = people(num_people=0)
    assert on_black(nobody).frame_size_wh == (640, 480)
    point = people()
    one = np.full_like(point.keypoints, np.nan)
    one[:, :, 0] = 5.0
    fitted = on_black(replace(point, keypoints=one, confidence=np.where(np.isnan(one[..., 0]), 0, 1)))
    assert np.isfinite(fitted.keypoints[:, :, 0]).all()
    assert np.isnan(fitted.keypoints[:, :, 1:]).all()
