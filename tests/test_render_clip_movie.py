"""Movies of clips: where joints lie, how the 3D view turns, what the bars say, how long it all lasts."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from made_people import in_metres, in_picture
from poseact.errors import InvalidInputError
from poseact.input_spec import InputSpec
from poseact.label_scores import LabelScores, label_scores
from poseact.layouts import KINECT20, LAYOUTS, PENN13
from poseact.render.clip_grid import ClipGrid
from poseact.render.clip_movie import ClipContent, ClipMovie, MovieSettings, clip_rate_hz, even_times
from poseact.render.colours import track_colour
from poseact.render.flat_view import FlatView, over_video
from poseact.render.label_bars import RIGHT, WRONG, LabelBars, most_probable, same_label, scores_at, verdict
from poseact.render.turning import TurningView, points_3d, turned
from poseact.sequence import PoseSequence
from poseact.skeleton import SkeletonLayout
from poseact.timeline import ClassScores, Segment, Timeline
from poseact.video import VideoWriter

Image = NDArray[np.uint8]
NAMES = ("bow", "walk", "wave one hand", "sit", "run", "kick")


def metres(seed: int = 0, **options: Any) -> PoseSequence:
    return in_metres(np.random.default_rng(seed), **options)


def flat(seed: int = 0, **options: Any) -> PoseSequence:
    return in_picture(np.random.default_rng(seed), **options)


def with_world(seed: int = 0) -> PoseSequence:
    """2D poses of a picture with the same people in metres beside them."""
    solid = metres(seed)
    hips = solid.keypoints[:, :, [KINECT20.index("pelvis")]]
    return replace(
        solid,
        keypoints=solid.keypoints[..., :2] * 200 + 300,
        units="px",
        frame_size_wh=(640, 480),
        world_m=solid.keypoints - hips,
    )


def scores(rows: list[list[float]], *, track: int | None = 0, step_s: float = 0.2) -> LabelScores:
    values = np.array(rows, np.float32)
    names = NAMES[: values.shape[1]]
    return LabelScores(names, {track: ClassScores(np.arange(len(rows)) * step_s, values)})


def near(picture: Image, at_xy: NDArray[Any], reach: int = 3) -> NDArray[np.intp]:
    """The pixels around a place, (n, 3)."""
    x, y = np.rint(at_xy).astype(int)
    area = picture[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    return area.reshape(-1, 3).astype(np.intp)


def coloured(pixels: NDArray[np.intp]) -> bool:
    """Whether something brighter than floor and grid is there."""
    return bool((pixels.max(axis=1) > 110).any())


# -- the turning view ------------------------------------------------------------------------


def test_a_quarter_of_a_turn_exchanges_x_and_depth() -> None:
    points = np.random.default_rng(3).normal(size=(4, 5, 3))
    quarter = turned(points, np.pi / 2)
    np.testing.assert_allclose(quarter[..., 0], points[..., 2], atol=1e-12)
    np.testing.assert_allclose(quarter[..., 2], -points[..., 0], atol=1e-12)
    np.testing.assert_array_equal(quarter[..., 1], points[..., 1])
    np.testing.assert_allclose(turned(points, 2 * np.pi), points, atol=1e-12)


def test_projection_puts_right_right_down_down_and_far_away_small() -> None:
    view = TurningView(metres())
    middle = np.nanmean(metres().keypoints.reshape(-1, 3), axis=0).astype(np.float64)
    (here, right, down), _ = view.project(middle + np.array([[0, 0, 0], [0.2, 0, 0], [0, 0.2, 0]]), 0.0)
    assert right[0] > here[0] + 5
    assert down[1] > here[1] + 5
    for angle, longer in ((0.0, "near"), (np.pi, "far")):
        lengths = {}
        for name, z in (("near", -0.5), ("far", 0.5)):
            ends, depth = view.project(middle + np.array([[-0.2, 0, z], [0.2, 0, z]]), angle)
            lengths[name] = float(np.hypot(*(ends[1] - ends[0])))
            assert (depth > 0).all()
        assert max(lengths, key=lambda name: lengths[name]) == longer


@pytest.mark.parametrize("angle", [0.0, 0.7, np.pi / 2, 3.0])
def test_joints_are_drawn_where_the_projection_says(angle: float) -> None:
    sequence = metres()
    view = TurningView(sequence)
    area = np.zeros((view.size_wh[1], view.size_wh[0], 3), np.uint8)
    view.draw_into(area, 5, angle)
    places = view.joints_px(5, angle)[0]
    expected, _ = view.project(sequence.keypoints[0, 5].astype(np.float64), angle)
    np.testing.assert_allclose(places, expected)
    assert ((places >= 0) & (places < view.size_wh)).all()
    for joint in ("head", "left_wrist", "right_knee", "spine"):
        assert coloured(near(area, places[KINECT20.index(joint)])), joint


@pytest.mark.parametrize(("angle", "nearer"), [(0.0, 0), (np.pi, 1)])
def test_the_nearer_limb_hides_the_farther(angle: float, nearer: int) -> None:
    stick = SkeletonLayout("stick", ("a", "b"), (("b", "a"),), "a")
    lying, upright = [[-1, 0, -0.4], [1, 0, -0.4]], [[0, -1, 0.4], [0, 1, 0.4]]
    points = np.array([[lying], [upright]], np.float32)
    sequence = PoseSequence(points, np.ones((2, 1, 2), np.float32), np.zeros(1), stick, "m")
    view = TurningView(sequence, size_wh=(400, 400))
    area = np.zeros((400, 400, 3), np.uint8)
    view.draw_into(area, 0, angle)
    places = view.joints_px(0, angle)
    crossing = np.array([places[1, :, 0].mean(), places[0, :, 1].mean()])
    away = [np.abs(near(area, crossing, 0) / 1.0 - limb).sum() for limb in _shades(area, places)]
    assert int(np.argmin(away)) == nearer
    assert min(away) < 20 < max(away)


def _shades(area: Image, places: NDArray[Any]) -> list[NDArray[np.intp]]:
    """The colour of each stick beside the crossing."""
    return [near(area, stick[0] * 0.3 + stick[1] * 0.7, 0)[0] for stick in places]


def test_the_scale_is_the_same_in_all_frames() -> None:
    sequence = metres()
    grown = sequence.keypoints.copy()
    grown[:, 12:] = (grown[:, 12:] - [0, 0, 3]) * 0.5 + [0, 0, 3]
    view = TurningView(replace(sequence, keypoints=grown))
    heights = [float(np.ptp(view.joints_px(t, 0.0)[0, :, 1])) for t in (4, 20)]
    assert heights[1] / heights[0] == pytest.approx(0.5, abs=0.06)


def test_world_coordinates_are_put_where_people_are_in_the_picture() -> None:
    one = with_world()
    two = PoseSequence(
        np.concatenate([one.keypoints, one.keypoints + np.array([200, 0], np.float32)]),
        np.concatenate([one.confidence] * 2),
        one.timestamps,
        KINECT20,
        "px",
        (640, 480),
        world_m=None if one.world_m is None else np.concatenate([one.world_m] * 2),
    )
    points = points_3d(two)
    apart = points[1, :, :, 0] - points[0, :, :, 0]
    np.testing.assert_allclose(apart, 1.0, atol=0.01)  # 200 px at 200 px a metre
    lowest = points[..., 1].max(axis=2)
    assert np.ptp(lowest.max(axis=1)) < 0.05


def test_flat_poses_have_no_3d_view() -> None:
    with pytest.raises(InvalidInputError, match="--view 2d"):
        ClipMovie(ClipContent(flat(), "bow"), MovieSettings("3d"))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_turns(layout: Any) -> None:
    sequence = metres(frames=4).to_layout(layout)
    view = TurningView(sequence, size_wh=(200, 240))
    area = np.zeros((240, 200, 3), np.uint8)
    view.draw_into(area, 1, 1.0)
    places = view.joints_px(1, 1.0)[0]
    shown = [i for i in layout.indices(["left_hip", "right_elbow"]) if np.isfinite(places[i]).all()]
    assert shown
    assert all(coloured(near(area, places[i])) for i in shown)


def test_nobody_in_view_shows_the_floor_alone() -> None:
    sequence = metres(frames=4)
    empty = replace(sequence, keypoints=np.full_like(sequence.keypoints, np.nan))
    picture = ClipMovie(ClipContent(empty, "none"), MovieSettings("both", short_side_px=200)).draw(0.0)
    assert picture.max() > 20


# -- the flat view ---------------------------------------------------------------------------


def test_joints_on_black_lie_where_the_view_says() -> None:
    view = FlatView(flat())
    area = np.zeros((view.size_wh[1], view.size_wh[0], 3), np.uint8)
    view.draw_into(area, 3, 0.12)
    places = view.joints_px(3)[0]
    assert ((places >= 0) & (places < view.size_wh)).all()
    for joint in ("left_wrist", "right_ankle", "left_hip"):
        assert coloured(near(area, places[PENN13.index(joint)])), joint
    shape = np.ptp(flat().keypoints[0, 3], axis=0)
    drawn = np.ptp(places, axis=0)
    assert drawn[0] / drawn[1] == pytest.approx(shape[0] / shape[1], rel=1e-3)


def grey_video(path: Path, size_wh: tuple[int, int], frames: int = 24, rate_hz: float = 25) -> Path:
    """Frame k is grey of 40 + 6 k."""
    with VideoWriter(path, crf=1) as writer:
        for k in range(frames):
            writer.write(np.full((size_wh[1], size_wh[0], 3), 40 + 6 * k, np.uint8), k / rate_hz)
    return path


def test_over_a_video_joints_keep_their_place_and_frames_their_time(tmp_path: Path) -> None:
    sequence = flat(frames=24)
    video = grey_video(tmp_path / "a.mp4", (640, 360))
    placed = over_video(sequence, video, 180)
    assert placed.frame_size_wh == (320, 180)
    np.testing.assert_allclose(placed.keypoints, (sequence.keypoints + 0.5) / 2 - 0.5, atol=1e-3)
    content = ClipContent(sequence, "a", video=video)
    movie = ClipMovie(content, MovieSettings(short_side_px=180, loop=2))
    frames = list(movie.frames())
    assert len(frames) == movie.num_pictures
    assert movie.size_wh[0] == 320
    corners = [int(picture[-3, 3].mean()) for picture, _ in frames]
    for k in (0, 7, 23):
        assert corners[k] == pytest.approx(40 + 6 * k, abs=3)
    second = [t for _, t in frames].index(min((t for _, t in frames if t >= movie.pass_s - 1e-9), key=float))
    assert corners[second] == pytest.approx(40, abs=3)


def test_poses_of_another_picture_are_refused(tmp_path: Path) -> None:
    video = grey_video(tmp_path / "a.mp4", (320, 240), frames=3)
    content = ClipContent(flat(), "a", video=video)
    with pytest.raises(InvalidInputError, match="another"):
        ClipMovie(content, MovieSettings())
    with pytest.raises(InvalidInputError, match="metres"):
        ClipMovie(replace(content, sequence=metres()), MovieSettings())
    elsewhere = replace(flat(), frame_size_wh=None, keypoints=flat().keypoints + np.float32(5000))
    with pytest.raises(InvalidInputError, match="do not lie"):
        ClipMovie(replace(content, sequence=elsewhere), MovieSettings())


def test_segments_of_a_result_are_written_beside_the_person() -> None:
    sequence = flat()
    timeline = Timeline((Segment(0, "bow", 0.0, 0.5, 0.9),), (0,), 0.0, 1.0)
    movie = ClipMovie(ClipContent(sequence, "a", timeline=timeline), MovieSettings())
    empty = replace(timeline, segments=(replace(timeline.segments[0], label="wave"),))
    other = ClipMovie(ClipContent(sequence, "a", timeline=empty), MovieSettings())
    assert (movie.draw(0.2) != other.draw(0.2)).any()
    assert (movie.draw(0.8) == other.draw(0.8)).all()


# -- bars ------------------------------------------------------------------------------------


def test_the_five_most_probable_come_first() -> None:
    values = np.array([0.1, 0.3, 0.05, 0.3, 0.2, 0.05], np.float32)
    assert most_probable(values) == [1, 3, 4, 0, 2]


def bar_lengths(panel: Image) -> list[int]:
    """Pixels of bright bar in each of the rows that hold one, from the top."""
    bright = (panel.astype(int) - np.array([40, 44, 51])).max(axis=2) > 30
    middle = bright[:, panel.shape[1] // 2 - 40 : -50]
    rows = [int(row.sum()) for row in middle]
    out, last = [], 0
    for count in [*rows, 0]:
        if count == 0 and last:
            out.append(last)
        last = max(count, last) if count else 0
    return out


def drawn(bars: LabelBars, time_s: float = 0.0, width: int = 400) -> Image:
    panel = np.zeros((bars.height_px, width, 3), np.uint8)
    bars.draw_into(panel, time_s)
    return panel


def has(panel: Image, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(panel.astype(int) - np.array(colour)).sum(axis=2) < 6).any())


def test_bars_are_sorted_and_as_long_as_probable() -> None:
    panel = drawn(LabelBars(scores([[0.02, 0.9, 0.7, 0.8, 0.6, 0.5]]), None, 400, 16))
    lengths = bar_lengths(panel)
    assert len(lengths) == 5
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > lengths[-1] > 0


def test_the_true_label_is_marked() -> None:
    answer = scores([[0.1, 0.6, 0.3]])
    right, wrong, unknown, unsaid = (
        drawn(LabelBars(answer, label, 400, 16)) for label in ("walk", "Wave_One_Hand", "fly", None)
    )
    assert has(right, RIGHT)
    assert not has(right, WRONG)
    assert has(wrong, WRONG)
    assert has(wrong, RIGHT)  # the true one's own bar
    assert not has(unknown, WRONG) and not has(unknown, RIGHT)
    assert not has(unsaid, WRONG) and not has(unsaid, RIGHT)


def test_verdicts() -> None:
    values = np.array([0.1, 0.6, 0.3], np.float32)
    assert verdict(values, NAMES[:3], "walk").is_right is True
    said = verdict(values, NAMES[:3], "wave_one_hand")
    assert said.is_right is False
    assert said.text == "true: wave one hand"
    assert verdict(values, NAMES[:3], "fly").is_right is None
    assert "not a class" in verdict(values, NAMES[:3], "fly").text
    assert verdict(None, NAMES[:3], "walk").is_right is None
    far = np.array([0.3, 0.2, 0.2, 0.15, 0.11, 0.04], np.float32)
    assert verdict(far, NAMES, "kick").text == "true: kick, 0.04"  # it has no bar
    assert same_label("Jumping-Jack", "jumping_jack")
    assert not same_label("sit", "sit down")


def test_scores_between_windows() -> None:
    made = scores([[0.0, 1.0], [1.0, 0.0], [np.nan, np.nan]]).by_track[0]
    np.testing.assert_allclose(scores_at(made, 0.05), [0.25, 0.75], atol=1e-6)
    np.testing.assert_allclose(scores_at(made, -0.1), [0, 1])
    assert scores_at(made, 0.3) is None
    assert scores_at(made, -5) is None
    alone = ClassScores(np.array([1.0]), np.array([[0.2, 0.8]], np.float32))
    np.testing.assert_allclose(scores_at(alone, 77.0), [0.2, 0.8], rtol=1e-6)
    gap = ClassScores(np.array([0.0, 0.2, 0.4, 5.0]), np.eye(4, dtype=np.float32))
    assert scores_at(gap, 2.5) is None
    np.testing.assert_allclose(scores_at(gap, 4.9), [0, 0, 0, 1])


def test_long_names_stay_inside_and_leave_room_for_bars() -> None:
    names = ("a very long name of something that somebody does with both hands", "b")
    answer = LabelScores(names, {0: ClassScores(np.zeros(1), np.array([[0.99, 0.01]], np.float32))})
    for width in (120, 400):
        bars = LabelBars(answer, names[1], width, 14)
        panel = drawn(bars, width=width)
        assert has(panel, WRONG)
        pad = panel[:, -2:]
        assert (pad == pad[0, 0]).all()


def test_two_people_have_a_column_each() -> None:
    one = scores([[0.9, 0.1]]).by_track[0]
    both = LabelScores(NAMES[:2], {0: one, 1: one})
    panel = drawn(LabelBars(both, "walk", 400, 16, several=True))
    for column, track in ((panel[:, :200], 0), (panel[:, 200:], 1)):
        assert has(column, track_colour(track))
        assert has(column, WRONG)


def test_nobody_to_say_anything_of() -> None:
    assert drawn(LabelBars(LabelScores(NAMES, {}), "walk", 300, 14), width=300).max() > 100


def fake_model(**spec: Any) -> Any:
    """A model that answers with how many frames it was given and of how many people."""

    def probabilities(keypoints: NDArray[Any], confidence: NDArray[Any]) -> NDArray[np.float32]:
        asked.append(keypoints.shape)
        assert keypoints.shape[:-1] == confidence.shape
        return np.tile(np.array([0.7, 0.3], np.float32), (len(keypoints), 1))

    asked: list[tuple[int, ...]] = []
    info = SimpleNamespace(spec=InputSpec(KINECT20, **spec), class_names=NAMES[:2])
    return SimpleNamespace(info=info, probabilities=probabilities, asked=asked)


def test_scores_of_models_of_whole_clips_of_several_people_and_of_3d() -> None:
    solid = metres()
    whole = fake_model(num_persons=2, num_frames=16, num_coordinates=3)
    said = label_scores(whole, solid)
    assert whole.asked == [(1, 2, 16, 20, 3)]
    assert list(said.by_track) == [None]
    single = fake_model(num_frames=16, num_coordinates=2)
    assert list(label_scores(single, solid).by_track) == [0]
    assert single.asked == [(1, 1, 16, 20, 2)]
    tiles = fake_model(num_frames=8, num_coordinates=3, sampling="window", rate_hz=25.0)
    told = label_scores(tiles, solid).by_track[0]
    assert len(told.times_s) == tiles.asked[0][0] > 1
    assert (np.diff(told.times_s) > 0).all()
    assert 0 < told.times_s[0] < told.times_s[-1] < solid.timestamps[-1]


def test_people_of_a_3d_view_carry_their_labels() -> None:
    solid = metres()
    track, end_s = int(solid.track_ids[0]), solid.timestamps[-1]
    told = Timeline((Segment(track, "sit_down", 0.2, end_s / 2, 0.8),), (track,), 0.0, end_s)
    settings = MovieSettings(view="3d", short_side_px=200, turn_s=2.0)
    bare = ClipMovie(ClipContent(solid, "a"), settings)
    with_labels = ClipMovie(ClipContent(solid, "a", timeline=told), settings)
    for time_s, is_labelled in ((0.1, False), (0.4, True), (0.8 * end_s, False)):
        pictures = [movie.draw(time_s).astype(int) for movie in (bare, with_labels)]
        changed = np.abs(pictures[0] - pictures[1]).max(axis=2) > 40
        assert changed.any() == is_labelled, time_s
        if is_labelled:
            rows, columns = np.nonzero(changed)
            joints = with_labels._turning.joints_px(with_labels._frame_at(time_s), 2 * np.pi * time_s / 2)  # type: ignore[union-attr]
            assert rows.max() <= np.nanmin(joints[..., 1]) + with_labels._strip
            assert columns.min() < np.nanmean(joints[..., 0]) < columns.max()
    both = replace(settings, view="both")
    assert ClipMovie(ClipContent(with_world(), "a", timeline=told), both)._tags is None


def test_on_black_a_face_has_a_head_around_it() -> None:
    solid = metres()
    face = LAYOUTS["coco17"]
    poses = solid.to_layout(face)
    assert {"nose", "left_ear"} <= set(face.joint_names)
    points = poses.keypoints[..., :2].copy()
    head = solid.keypoints[:, :, KINECT20.index("head"), :2]
    for i, name in enumerate(("nose", "left_eye", "right_eye", "left_ear", "right_ear")):
        points[:, :, face.index(name)] = head + np.array([0.03 * (i - 2), 0.0])
    seen = np.ones(points.shape[:-1], np.float32)
    flat_poses = replace(poses, keypoints=points.astype(np.float32), confidence=seen, units="m", world_m=None)
    view = FlatView(flat_poses, short_side_px=240)
    area = np.zeros((view.size_wh[1], view.size_wh[0], 3), np.uint8)
    view.draw_into(area, 5, float(solid.timestamps[5]))
    joints = view.joints_px(5)[0]
    a, b = (joints[face.index(f"{side}_shoulder")] for side in ("left", "right"))
    above = joints[face.index("nose")] - np.array([0, 0.2 * np.linalg.norm(a - b)])
    x, y = above.round().astype(int)
    assert area[y, x].any()  # inside the head, where no bone is
    no_face = FlatView(solid.to_layout(PENN13), short_side_px=240)
    assert no_face._heads is not None and not no_face._heads._radii[0]


# -- time ------------------------------------------------------------------------------------


def test_short_clips_are_repeated_and_loops_counted() -> None:
    content = ClipContent(flat(frames=25), "a")
    assert ClipMovie(content, MovieSettings()).num_loops >= 2
    movie = ClipMovie(content, MovieSettings(loop=1))
    assert movie.num_pictures == 25
    assert movie.pass_s == pytest.approx(1.0)
    thrice = ClipMovie(content, MovieSettings(loop=3))
    assert thrice.clip_time(thrice.pass_s + 0.2) == pytest.approx(0.2)
    assert thrice.clip_time(thrice.pass_s - 0.05) == pytest.approx(24 / 25)  # the rest at the end
    slow = ClipMovie(content, MovieSettings(loop=1, slow=4, fps=10))
    assert slow.pass_s == pytest.approx(4.0)
    assert slow.num_pictures == 40
    assert slow.clip_time(2.0) == pytest.approx(0.5)


def test_rates() -> None:
    assert clip_rate_hz(np.arange(10) / 15) == pytest.approx(15)
    assert clip_rate_hz(np.array([0, 0.1, 0.2, 9.0, 9.1])) == pytest.approx(10)
    assert clip_rate_hz(np.zeros(1)) == 25
    assert len(even_times(1.0, 30)) == 30
    slow_camera = replace(flat(), timestamps=np.arange(flat().num_frames) / 10)
    assert ClipMovie(ClipContent(slow_camera, "a"), MovieSettings()).rate_hz == pytest.approx(30)


def test_the_view_turns_once_in_turn_s() -> None:
    still = metres(frames=25)
    still = replace(still, keypoints=np.repeat(still.keypoints[:, :1], 25, axis=1))
    movie = ClipMovie(ClipContent(still, "a"), MovieSettings("3d", turn_s=2, loop=4, short_side_px=200))
    strip = 40  # the title tells the time
    first, half, full = (movie.draw(t)[strip:] for t in (0.0, 1.0, 2.0))
    assert (first == full).all()
    assert (first != half).any()


def test_clips_without_a_frame_and_settings_without_sense() -> None:
    with pytest.raises(InvalidInputError, match="no frame"):
        ClipMovie(ClipContent(flat().slice_frames(0, 0), "a"), MovieSettings())
    for wrong in ({"view": "4d"}, {"loop": 0}, {"slow": 0.0}, {"short_side_px": 5}, {"fps": 1e4}):
        with pytest.raises(InvalidInputError, match=r"expected"):
            MovieSettings(**wrong)  # type: ignore[arg-type]


def test_one_frame_is_enough() -> None:
    movie = ClipMovie(ClipContent(metres(frames=1), "a"), MovieSettings("both", short_side_px=120, loop=1))
    assert len(list(movie.frames())) == movie.num_pictures >= 1


@pytest.mark.parametrize("size", [96, 250, 1080])
def test_pictures_are_even_and_of_the_size_promised(size: int) -> None:
    answer = scores([[0.9, 0.1, 0, 0, 0, 0]])
    for view, sequence in (("2d", flat()), ("both", with_world()), ("3d", metres())):
        content = ClipContent(sequence, "a name", "walk", answer)
        movie = ClipMovie(content, MovieSettings(view, short_side_px=size))  # type: ignore[arg-type]
        picture = movie.draw(0.3)
        assert picture.shape == (movie.size_wh[1], movie.size_wh[0], 3)
        assert movie.size_wh[0] % 2 == movie.size_wh[1] % 2 == 0


# -- several clips ---------------------------------------------------------------------------


def test_a_grid_shows_every_clip_and_begins_each_anew() -> None:
    contents = [ClipContent(flat(seed, frames=20 + 5 * seed), f"c{seed}") for seed in range(3)]
    grid = ClipGrid(contents, MovieSettings(), cell_px=130)
    picture = grid.draw(0.1)
    assert picture.shape == (grid.size_wh[1], grid.size_wh[0], 3)
    columns = picture.shape[1] // 2
    assert coloured(picture[:, :columns].reshape(-1, 3).astype(np.intp))
    assert coloured(picture[:, columns:].reshape(-1, 3).astype(np.intp))
    alone = ClipGrid(contents[:1], MovieSettings(), cell_px=130)
    once = 20 / 25 + 0.4
    assert (alone.draw(0.2) == alone.draw(once + 0.2)).all()
    assert alone.duration_s >= 6
    with pytest.raises(InvalidInputError, match="1 to 100"):
        ClipGrid([], MovieSettings())
