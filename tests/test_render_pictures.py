"""Timeline pictures, score strips, key frames and contact sheets."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, OutputError
from poseact.layouts import COCO17
from poseact.render import contact_sheet, key_frames, key_times, timeline_picture, write_png
from poseact.render.bar_names import NameSizes, name_bars
from poseact.render.colours import label_colours, track_colour
from poseact.render.score_strip import draw_score_strip
from poseact.render.text import text_width
from poseact.render.time_axis import TimeAxis
from poseact.results import shown_label
from poseact.sequence import PoseSequence
from poseact.timeline import ClassScores, Segment, Timeline

NAMES = ("squat", "jumping_jack", "other", "kick")


def people(num_people: int, num_frames: int = 100, rate: float = 25.0) -> PoseSequence:
    """People who stand still as a cloud of joints, 100 pixels apart."""
    rng = np.random.default_rng(0)
    cloud = rng.uniform((0, 0), (60, 150), (17, 2))
    keypoints = cloud + 100 * np.arange(num_people)[:, None, None, None] * (1, 0) + (20, 60)
    keypoints = np.repeat(keypoints, num_frames, axis=1).astype(np.float32)
    confidence = np.ones(keypoints.shape[:3], np.float32)
    times = np.arange(num_frames) / rate
    return PoseSequence(keypoints, confidence, times, COCO17, "px", (640, 480))


def timeline(num_people: int, end_s: float = 4.0) -> Timeline:
    """Each squats for the second quarter of the time and jumps for the last."""
    q = end_s / 4
    pairs = [
        (Segment(i, "squat", q, 2 * q, 0.9), Segment(i, "jumping_jack", 3 * q, end_s, 0.7))
        for i in range(num_people)
    ]
    flat = sorted((s for pair in pairs for s in pair), key=lambda s: s.start_s)
    return Timeline(tuple(flat), tuple(range(num_people)), 0.0, end_s)


def has_colour(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((picture == np.array(colour)).all(axis=-1))


# -- timeline picture ------------------------------------------------------------------------


def test_bars_lie_where_their_times_are() -> None:
    picture = timeline_picture(people(1), timeline(1), title="a.mp4", class_names=NAMES)
    colours = label_colours(["squat", "jumping_jack"], NAMES)
    squat = np.flatnonzero(has_colour(picture, colours["squat"]).sum(axis=0) > 30)
    jump = np.flatnonzero(has_colour(picture, colours["jumping_jack"]).sum(axis=0) > 30)
    quarter = squat.max() - squat.min()
    assert jump.max() - jump.min() == pytest.approx(quarter, abs=4)
    assert jump.min() - squat.max() == pytest.approx(quarter, abs=14)  # round corners
    assert 0.15 < quarter / 1600 < 0.25
    presence = has_colour(picture, track_colour(0)).sum(axis=1).max()
    assert presence == pytest.approx(4 * quarter, rel=0.03)


@pytest.mark.parametrize("num_people", [0, 1, 3, 10, 30])
@pytest.mark.parametrize("end_s", [3.0, 3600.0])
def test_few_and_many_people_short_and_long(num_people: int, end_s: float) -> None:
    poses = people(num_people, 60, 60 / end_s)
    picture = timeline_picture(poses, timeline(num_people, end_s), title="a.mp4", subtitle="model m 1")
    assert picture.shape[1:] == (1600, 3)
    assert picture.dtype == np.uint8
    assert 200 < picture.shape[0] < 2600
    assert (picture[0] == 255).all()
    assert (picture[:, 0] == 255).all()


def test_a_recording_of_one_frame_and_one_without_people_say_so() -> None:
    one = people(1, 1)
    short = timeline_picture(one, Timeline((), (0,), 0.0, 0.0))
    nobody = timeline_picture(people(0, 1), Timeline((), (), 0.0, 0.0))
    assert has_colour(short, track_colour(0)).any()
    assert not has_colour(nobody, track_colour(0)).any()
    assert (nobody < 200).any()


def test_width_scales_everything() -> None:
    small = timeline_picture(people(2), timeline(2), width_px=800)
    large = timeline_picture(people(2), timeline(2), width_px=1600)
    assert small.shape[1] == 800
    assert large.shape[0] == pytest.approx(2 * small.shape[0], rel=0.05)


def test_scores_make_room_for_strips_and_must_fit_the_classes() -> None:
    poses, line = people(2), timeline(2)
    scores = ClassScores(np.array([0.0, 4.0]), np.full((2, 4), 0.25, np.float32))
    without = timeline_picture(poses, line, class_names=NAMES)
    with_strips = timeline_picture(poses, line, class_names=NAMES, scores={0: scores})
    assert with_strips.shape[0] > without.shape[0] + 50
    with pytest.raises(InvalidInputError, match="3 classes"):
        timeline_picture(poses, line, class_names=NAMES[:3], scores={0: scores})


def test_strange_labels_do_no_harm() -> None:
    labels = ("", " ", "しゃがむ", "x" * 500, "a\nb", "<b>&")
    segments = tuple(Segment(0, label, i, i + 1, 1.0) for i, label in enumerate(labels))
    picture = timeline_picture(people(1), Timeline(segments, (0,), 0.0, 6.0))
    assert picture.shape[1] == 1600


def test_a_short_bar_gets_its_name_over_it() -> None:
    def picture(label: str) -> NDArray[np.uint8]:
        segments = (Segment(0, "squat", 0, 2, 0.9), Segment(0, label, 2, 2.05, 0.9))
        return timeline_picture(people(1), Timeline(segments, (0,), 0.0, 4.0), class_names=NAMES)

    named = picture("kick")
    bar = label_colours(["squat", "kick"], NAMES)["kick"]
    rows, columns = np.nonzero(has_colour(named, bar)[:150])
    over = named[rows.min() - 30 : rows.min() - 4, columns.min() - 30 : columns.max() + 30]
    assert (over < 60).all(axis=-1).sum() > 40  # letters
    whole = timeline_picture(people(1), timeline(1), class_names=NAMES)
    assert named.shape[0] > whole.shape[0] + 15


# -- names of bars ---------------------------------------------------------------------------

_LABELS = st.sampled_from(("kick", "jumping_jack", "other", "put something into a bag", ""))
_BARS = st.lists(st.tuples(st.floats(0.02, 4), _LABELS), max_size=25)


def bars(parts: list[tuple[float, str]]) -> list[Segment]:
    ends = np.cumsum([0.0, *(length for length, _ in parts)]).tolist()
    return [Segment(0, label, a, b, 0.9) for (_, label), a, b in zip(parts, ends, ends[1:], strict=False)]


def measures(rows: int) -> NameSizes:
    return NameSizes((20, 16), 16, 8, 6, rows, (0, 820))


@given(_BARS, st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_names_over_bars_do_not_meet(parts: list[tuple[float, str]], rows: int) -> None:
    segments = bars(parts)
    axis = TimeAxis(0.0, max(sum(length for length, _ in parts), 1.0), 0, 800)
    names = name_bars(segments, axis, measures(rows))
    assert names.rows <= rows
    calls = [call for call in names.calls if call]
    spans = [(call.left, call.left + text_width(call.text, 16)) for call in calls]
    assert all(left >= 0 and right <= 820 for left, right in spans)
    for (a, (a0, a1)), (b, (b0, b1)) in combinations(zip(calls, spans, strict=True), 2):
        if a.row == b.row:
            assert a1 < b0 or b1 < a0
        elif a.row < b.row:
            assert not a0 < b.bar_x < a1
        else:
            assert not b0 < a.bar_x < b1
    for i, segment in enumerate(segments):
        inside, call = names.inside[i], names.calls[i]
        assert not (inside and call)
        width = axis.x(segment.end_s) - axis.x(segment.start_s)
        assert not inside or text_width(shown_label(segment.label), inside) <= width


def test_a_crowd_of_short_bars_at_the_end_is_named_whole() -> None:
    segments = bars([(38.0, "sit"), (0.5, "kick"), (0.5, "jumping_jack"), (0.5, "other"), (0.5, "throw")])
    names = name_bars(segments, TimeAxis(0.0, 40.0, 0, 800), measures(6))
    assert names.unnamed == []
    assert [call.text if call else "" for call in names.calls] == [
        "",
        "kick",
        "jumping jack",
        "other",
        "throw",
    ]


def test_where_there_is_no_room_other_loses_its_name_first() -> None:
    segments = bars([(0.5, "kick" if i % 4 == 0 else "other") for i in range(80)])
    names = name_bars(segments, TimeAxis(0.0, 40.0, 0, 800), measures(2))
    named = {s.label for s, call in zip(segments, names.calls, strict=True) if call}
    assert named == {"kick"}


# -- score strips ----------------------------------------------------------------------------

_RED, _GREEN, _WHITE = (255, 0, 0), (0, 255, 0), (255, 255, 255)


def strip(
    times: list[float], rows: list[tuple[float, float]], order: tuple[int, int] = (0, 1)
) -> NDArray[np.uint8]:
    image = np.full((100, 200, 3), 255, np.uint8)
    scores = ClassScores(np.array(times), np.array(rows, np.float32).reshape(-1, 2))
    draw_score_strip(image, scores, (_RED, _GREEN), order, TimeAxis(0.0, 2.0, 0, 200), (0, 100))
    return image


@pytest.mark.parametrize("red", [0.0, 0.25, 0.5, 1.0])
def test_the_height_of_an_area_is_its_probability(red: float) -> None:
    image = strip([0.0, 1.0, 2.0], [(red, 1 - red)] * 3)
    assert has_colour(image, _RED).mean(axis=0)[50] == pytest.approx(red, abs=0.011)
    assert has_colour(image, _GREEN).mean(axis=0)[50] == pytest.approx(1 - red, abs=0.011)


def test_the_first_of_the_order_lies_at_the_bottom() -> None:
    assert tuple(strip([0.0, 2.0], [(0.5, 0.5)] * 2)[90, 100]) != _RED  # 2 s apart: a gap
    bottom = strip([0.0, 1.0, 2.0], [(0.5, 0.5)] * 3)
    swapped = strip([0.0, 1.0, 2.0], [(0.5, 0.5)] * 3, order=(1, 0))
    assert tuple(bottom[90, 100]) == _RED
    assert tuple(swapped[90, 100]) == _GREEN


def test_nothing_is_drawn_where_there_are_no_scores() -> None:
    assert has_colour(strip([], []), _WHITE).all()
    nan = float("nan")
    image = strip([0.0, 0.5, 1.0, 1.5, 2.0], [(1, 0), (nan, nan), (nan, nan), (nan, nan), (1, 0)])
    assert has_colour(image, _WHITE)[:, 10:190].all()
    assert has_colour(image, _RED)[:, 0].all()


def test_many_scores_in_one_column_are_averaged() -> None:
    times = np.linspace(0, 2, 4000).tolist()
    image = strip(times, [((i // 2) % 2, 1 - (i // 2) % 2) for i in range(4000)])
    assert has_colour(image, _RED).mean(axis=0)[20:180] == pytest.approx(0.5, abs=0.08)


# -- key frames and contact sheets -----------------------------------------------------------


def test_key_times_show_every_label_once_first() -> None:
    times = key_times(timeline(2), 2)
    assert times == [1.5, 3.5]


def test_key_times_show_people_at_their_least_usual() -> None:
    poses = people(2)
    points = poses.keypoints.copy()
    at = int(np.abs(poses.timestamps - 1.3).argmin())
    wrist = poses.layout.index("left_wrist")
    points[0, at, wrist] -= 150
    points[0, -1, wrist] -= 400  # not in the middle of the segment
    told = Timeline((Segment(int(poses.track_ids[0]), "wave", 0.5, 2.5, 0.9),), (0, 1), 0.0, 4.0)
    moved = replace(poses, keypoints=points)
    assert key_times(told, 1, moved) == [pytest.approx(float(poses.timestamps[at]))]
    gone = replace(moved, keypoints=np.full_like(points, np.nan), confidence=np.zeros_like(poses.confidence))
    assert key_times(told, 1, gone) == [1.5]


_STARTS = st.lists(st.floats(0, 50), max_size=10)


@given(_STARTS, st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_key_times_rise_inside_the_recording(starts: list[float], count: int) -> None:
    segments = tuple(Segment(i, f"c{i % 3}", start, start + 2, 0.5) for i, start in enumerate(starts))
    times = key_times(Timeline(segments, tuple(range(len(starts))), 0.0, 52.0), count)
    assert len(times) == count
    assert times == sorted(set(times))
    assert all(0 <= t <= 52 for t in times)


@pytest.mark.parametrize("num_people", [0, 1, 5])
def test_key_frames_are_cut_alike_and_hold_everybody(num_people: int) -> None:
    frames = [(np.full((480, 640, 3), 120, np.uint8), t) for t in (1.0, 2.0, 3.0)]
    pictures = key_frames(people(num_people), timeline(num_people), frames)
    assert len(pictures) == 3
    assert len({p.shape for p in pictures}) == 1
    assert all((p != 120).any() == (num_people > 0) for p in pictures)
    assert key_frames(people(1), timeline(1), []) == []


def test_key_frames_at_the_edge_of_the_picture() -> None:
    poses = people(1)
    out = replace(poses, keypoints=poses.keypoints - np.array((100, 200), np.float32))
    frames = [(np.full((480, 640, 3), 120, np.uint8), 1.0)]
    (picture,) = key_frames(out, timeline(1), frames)
    assert picture.shape[0] > 0
    assert picture.shape[1] > 0


def test_contact_sheet_places_tiles_captions_and_footer() -> None:
    tiles = [np.full((90, 160, 3), value, np.uint8) for value in (10, 20, 30)]
    plain = contact_sheet(tiles, width_px=640)
    captioned = contact_sheet(tiles, captions=["a", "b", "c"], width_px=640)
    footed = contact_sheet(tiles, footer=np.full((50, 320, 3), 99, np.uint8), width_px=640)
    assert plain.shape[1] == 640
    middle = plain[plain.shape[0] // 2, :, 0]
    assert [int(middle[x]) for x in (106, 320, 533)] == [10, 20, 30]
    assert captioned.shape[0] > plain.shape[0]
    assert footed.shape[0] == plain.shape[0] + 100
    assert (footed[-1] == 99).all()
    two_rows = contact_sheet(tiles, columns=2, width_px=640)
    assert (two_rows[-40, 480:600] == 255).all()


def test_contact_sheet_errors() -> None:
    tile = np.zeros((90, 160, 3), np.uint8)
    with pytest.raises(InvalidInputError, match="one or more"):
        contact_sheet([])
    with pytest.raises(InvalidInputError, match="one size"):
        contact_sheet([tile, tile[:50]])
    with pytest.raises(InvalidInputError, match="captions"):
        contact_sheet([tile, tile], captions=["one"])


# -- files -----------------------------------------------------------------------------------


def test_png_holds_the_rgb_picture(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    write_png(tmp_path / "a.png", picture)
    back = cv2.imread(str(tmp_path / "a.png"))
    assert back is not None
    assert (back[..., ::-1] == picture).all()
    with pytest.raises(OutputError):
        write_png(tmp_path / "no such folder" / "a.png", picture)
