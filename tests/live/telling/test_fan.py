"""All outlets get the same, numbered without gaps; one that fails harms none of the others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from poseact.errors import OutputError
from poseact.live import PersonAppeared, PersonLost, SegmentEnded, SegmentStarted, SegmentUpdated, Told
from poseact.live.telling import Document, Fan
from poseact.timeline import Segment


class Notebook:
    """Remembers what it is sent; fails from the given document on."""

    def __init__(self, fails_at: int = 10**9, error: Exception | None = None) -> None:
        self.name = "notebook"
        self.sent: list[Document] = []
        self.states: list[Document] = []
        self.num_closed = 0
        self._fails_at, self._error = fails_at, error or OutputError("notebook: full")

    def send(self, document: Document, state: Document, /) -> None:
        if len(self.sent) >= self._fails_at:
            raise self._error
        self.sent.append(document)
        self.states.append(state)

    def close(self) -> None:
        self.num_closed += 1

    def types(self) -> list[Any]:
        return [document["type"] for document in self.sent]


class Screen(Notebook):
    """An outlet that is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.watched = True
        self.shown = 0
        self.fresh: list[Document] = []

    def show(self, image: NDArray[np.uint8]) -> None:
        self.shown += 1

    def refresh(self, state: Document) -> None:
        self.fresh.append(state)


def told(event: Any, unix_s: float = 100.0) -> Told:
    return Told(event, 1.0, unix_s)


def squat(end_s: float) -> Segment:
    return Segment(0, "squat", 0.0, end_s, 0.9)


def clock_at(unix_s: float) -> Callable[[], float]:
    return lambda: unix_s


def test_all_get_the_same_numbered_without_gaps() -> None:
    outlets, said = [Notebook(), Notebook()], list[str]()
    with Fan(outlets, said.append, about="camera 0", clock=clock_at(100.0)) as fan:
        fan.tell(told(PersonAppeared(0, 0.5)))
        fan.notice("stream_lost", "the stream dropped")
        fan.tell(told(PersonLost(0, 0.9)))
    assert outlets[0].sent == outlets[1].sent
    assert outlets[0].types() == ["notice", "person_appeared", "notice", "person_lost", "notice"]
    assert [document["sequence"] for document in outlets[0].sent] == [1, 2, 3, 4, 5]
    assert len({document["session"] for document in outlets[0].sent}) == 1
    assert [document.get("kind") for document in outlets[0].sent[::2]] == [
        "session_started",
        "stream_lost",
        "session_ended",
    ]
    assert [len(state["people"]) for state in outlets[0].states] == [0, 1, 1, 0, 0]
    assert [outlet.num_closed for outlet in outlets] == [1, 1]
    assert said == []
    fan.close()
    assert outlets[0].num_closed == 1


def test_two_runs_have_two_sessions() -> None:
    outlets = [Notebook(), Notebook()]
    for outlet in outlets:
        Fan([outlet], str).close()
    assert outlets[0].sent[0]["session"] != outlets[1].sent[0]["session"]


@pytest.mark.parametrize("error", [OutputError("notebook: full"), RuntimeError("a bug")])
def test_one_that_fails_is_left_out_and_said_once(error: Exception) -> None:
    good, bad, said = Notebook(), Notebook(2, error), list[str]()
    with Fan([bad, good], said.append) as fan:
        for number in range(4):
            fan.tell(told(PersonAppeared(number, 0.5)))
        assert fan.working
    assert len(said) == 1
    assert str(error) in said[0]
    assert bad.num_closed == 1
    assert [document["sequence"] for document in good.sent] == [1, 2, 3, 4, 5, 6, 7]
    assert good.types().count("person_appeared") == 4
    (notice,) = [document for document in good.sent if document.get("kind") == "telling_failed"]
    assert said[0].startswith(notice["text"])


def test_when_all_have_failed_it_goes_on_in_silence() -> None:
    said = list[str]()
    fan = Fan([Notebook(1), Notebook(1)], said.append)
    fan.tell(told(PersonAppeared(0, 0.5)))
    assert not fan.working
    fan.tell(told(PersonLost(0, 0.5)))
    fan.close()
    assert len(said) == 2


def test_the_state_comes_again_while_frames_do() -> None:
    outlet, screen = Notebook(), Screen()
    fan = Fan([outlet, screen], str, about="camera 0", state_every_s=5.0, clock=clock_at(100.0))
    fan.tell(told(PersonAppeared(0, 0.5)))
    fan.note_frame(1.0, 101.0, {0: (0, 0, 2, 2)}, (4, 4))
    assert outlet.types() == ["notice", "person_appeared"]
    assert [person["position"]["center"] for person in screen.fresh[0]["people"]] == [[0.25, 0.25]]
    fan.note_frame(5.0, 105.0, {0: (2, 2, 4, 4)}, (4, 4))
    state = outlet.sent[-1]
    assert (state["type"], state["sequence"], state["frame_s"]) == ("state", 2, 5.0)
    assert (state["about"], state["people"][0]["position"]["center"]) == ("camera 0", [0.75, 0.75])
    fan.note_frame(6.0, 106.0)
    assert outlet.sent[-1] is state
    fan.note_frame(7.0, 50.0)  # the clock was set
    assert outlet.sent[-1]["unix_s"] == 50.0
    fan.tell(told(PersonLost(0, 6.0)))
    assert outlet.sent[-1]["sequence"] == 3


def test_updates_can_be_thinned_out_and_nothing_else() -> None:
    outlet = Notebook()
    fan = Fan([outlet], str, update_every_s=1.0)
    fan.tell(told(SegmentStarted(squat(0.4)), 10.0))
    for tenth in range(1, 25):
        fan.tell(told(SegmentUpdated(squat(0.4 + tenth / 10)), 10.0 + tenth / 10))
    fan.tell(told(SegmentEnded(squat(3.0)), 12.5))
    fan.tell(told(SegmentStarted(squat(0.4)), 12.6))
    assert outlet.types()[1:] == [
        "segment_started",
        *["segment_updated"] * 2,
        "segment_ended",
        "segment_started",
    ]
    assert [document["sequence"] for document in outlet.sent] == [1, 2, 3, 4, 5, 6]


def test_pictures_go_to_screens_only() -> None:
    outlet, screen = Notebook(), Screen()
    fan = Fan([outlet, screen], str)
    assert fan.watched
    fan.show(np.zeros((2, 2, 3), np.uint8))
    assert screen.shown == 1
    screen.watched = False
    assert not fan.watched
