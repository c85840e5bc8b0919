"""What people see: pictures with room for everybody, a table in the terminal, a word where no screen is."""

import re
import sys
from functools import cache
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from live_fakes import Scripted, frames_of
from poseact.action_model import ActionModel
from poseact.errors import InvalidInputError
from poseact.live import SegmentEnded, SegmentStarted, Told
from poseact.live.latency import LiveStats
from poseact.live.session import LiveSession, Moment
from poseact.live.views import LivePicture, Recent, TerminalView, Totals, WindowView, has_display
from poseact.live.views.terminal import bar
from poseact.live.views.window import fitted
from poseact.sequence import PoseSequence
from poseact.synth import Act, make_clip
from poseact.timeline import Segment


@cache
def run() -> tuple[PoseSequence, list[tuple[Moment, tuple[object, ...]]]]:
    """Two actors: each moment, and what everybody did lately."""
    script = [Act("walk", 3.0), Act("squat", 4.0), Act("jumping_jack", 4.0)]
    poses = make_clip([script, script[::-1]], np.random.default_rng(3), fps=12, size_wh=(64, 48)).truth
    session, recent, out = LiveSession(Scripted(poses), ActionModel.load("everyday")), Recent(5.0), []
    for frame in frames_of(poses):
        moment = session.step(frame)
        for told in moment.told:
            recent.tell(told)
        out.append((moment, tuple(recent.people())))
    for told in session.pause():
        recent.tell(told)
    out.append((moment, tuple(recent.people())))
    return poses, out


def test_recent_remembers_what_was_lately_and_nothing_more() -> None:
    _, moments = run()
    for moment, people in moments[:-1]:
        now_s = moment.frame.timestamp_s
        assert [one.track_id for one in people] == [0, 1]
        for one in people:
            assert all(segment.end_s > now_s - 5.5 for segment in one.segments)
            assert one.current is None or one.segments[-1] == one.current
            assert one.until_s is None
    assert any(people[0].current for _, people in moments)
    assert all(one.until_s is not None and one.current is None for one in moments[-1][1])


def test_a_picture_shows_people_and_their_last_seconds() -> None:
    poses, moments = run()
    picture = LivePicture(poses.layout, ActionModel.load("everyday").info.class_names, span_s=5)
    moment, people = moments[100]
    drawn = picture.draw(moment, people, "12 fps")
    assert drawn.dtype == np.uint8
    assert drawn.shape[0] % 2 == drawn.shape[1] % 2 == 0
    assert drawn.shape[1] == 480
    assert drawn[:360].any()  # the frame itself is black: what is not is skeletons and tags
    np.testing.assert_array_equal(drawn, picture.draw(moment, people, "12 fps"))
    assert (drawn != picture.draw(*moments[60], "12 fps")).any()


def test_a_picture_of_nobody_and_of_a_crowd() -> None:
    poses, moments = run()
    picture = LivePicture(poses.layout, ("walk",))
    moment, people = moments[100]
    alone = Moment(moment.frame, (), (), 0.0, 0.0)
    small = picture.draw(alone, ())
    crowd = picture.draw(moment, [*people] * 4)
    assert crowd.shape[0] > small.shape[0]
    assert picture.draw(alone, ()).shape == crowd.shape


def test_the_terminal_says_who_does_what() -> None:
    _, moments = run()
    names = ActionModel.load("everyday").info.class_names
    view = TerminalView(Console(file=StringIO(), width=100), names, "a film")
    stats = LiveStats(frames_read=100, frames_done=90, frames_dropped=10)
    stats.stages["total"].add(0.05)
    console = Console(file=StringIO(), width=100)
    console.print(view.table(*moments[100], stats, 24.6))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Person 0" in text
    assert "Person 1" in text
    assert re.search(r"(jumping jack|squat|walk)( ×\d+)? +0\.\d\d", text)
    assert "█" in text
    assert "25 fps, 50 ms after the frame (95 %: 50), 10 of 100 frames dropped" in text
    console = Console(file=StringIO(), width=100)
    console.print(view.table(Moment(moments[0][0].frame, (), (), 0, 0), (), stats, 0))
    assert "nobody in view" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_narrow_terminal_shows_what_is_done_now() -> None:
    console = Console(file=StringIO(), width=80)
    view = TerminalView(console, ActionModel.load("everyday").info.class_names, "a film")
    console.print(view.table(*run()[1][100], LiveStats(), 25.0))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "before" not in text
    assert re.search(r"0\.\d\d +\d+ s", text)


def test_at_the_end_a_line_says_what_was_seen() -> None:
    totals = Totals()
    assert totals.line() == "seen: no action"
    for label, start_s, end_s, count in (("squat", 0, 4, 3), ("walk", 4, 10, None), ("squat", 10, 11, 1)):
        segment = Segment(0, label, start_s, end_s, 0.9, count)
        for event in (SegmentStarted(segment), SegmentEnded(segment)):
            totals.tell(Told(event, end_s, 0.0))
    assert totals.line() == "seen: walk 6.0 s, squat ×4 5.0 s"


def test_where_there_is_no_terminal_nothing_is_drawn() -> None:
    out = StringIO()
    with TerminalView(Console(file=out), ("walk",), "a film") as view:
        view.show(*run()[1][100], LiveStats(), 25.0)
    assert out.getvalue() == ""


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.3, 0.999, 1.0, 2.0])
def test_a_bar_is_as_long_as_it_says(share: float) -> None:
    drawn = bar(share, 10)
    assert len(drawn) == 10
    assert abs(drawn.count("█") - 10 * min(max(share, 0), 1)) < 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a screen of their own")
def test_without_a_screen_a_line_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not has_display()
    with pytest.raises(InvalidInputError, match="--view terminal"):
        WindowView("a film")


def test_a_picture_fits_on_the_screen() -> None:
    image = np.zeros((1000, 2000, 3), np.uint8)
    assert fitted(image, (4000, 3000)) is image
    assert fitted(image, (1000, 1000)).shape == (450, 900, 3)
    assert fitted(image, (4000, 500)).shape == (450, 900, 3)
