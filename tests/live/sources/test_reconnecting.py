"""Cameras and streams that drop, hang, come back, change, or never come."""

import threading
from collections.abc import Iterator
from itertools import islice, pairwise

import pytest
from fake_sources import FakeClock, FakeConnection, plain

from poseact.errors import InvalidInputError, SourceError
from poseact.live.sources import LiveSource, Notice, Reconnecting, Retry
from poseact.live.sources.live_source import Picture
from poseact.live.sources.reader import Reader, StalledError

BROKEN = SourceError("cam: broken")
REFUSED = SourceError("cam: refused")


class Camera:
    """What a `Reconnecting` is made of: connections one after another, and what was said."""

    def __init__(self, *connections: object, ends: bool = False) -> None:
        self.clock = FakeClock()
        self.made: list[FakeConnection] = []
        self.notices: list[Notice] = []
        self._connections = list(connections)
        self._ends = ends

    def connect(self) -> FakeConnection:
        script = self._connections.pop(0) if self._connections else REFUSED
        if isinstance(script, SourceError):
            raise script
        self.made.append(FakeConnection(script, self.clock, ends=self._ends))
        return self.made[-1]

    def open(self, retry: Retry | None = None, timeout_s: float = 10.0) -> Reconnecting:
        return Reconnecting(
            "cam",
            self.connect,
            retry=retry,
            timeout_s=timeout_s,
            on_notice=self.notices.append,
            clock=self.clock,
        )

    @property
    def said(self) -> list[str]:
        return [notice.text for notice in self.notices]


def values(frames: Iterator[object], number: int) -> list[int]:
    return [int(next(frames).image[0, 0, 0]) for _ in range(number)]


def test_a_loss_is_told_once_and_so_is_the_return() -> None:
    camera = Camera([1, 2, BROKEN], REFUSED, REFUSED, [3, 4, BROKEN], [5, None])
    with camera.open() as source:
        assert isinstance(source, LiveSource)
        frames = list(islice(source, 5))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [1, 2, 3, 4, 5]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    stamps = [frame.timestamp_s for frame in frames]
    assert all(a < b for a, b in pairwise(stamps))
    assert [notice.kind for notice in camera.notices] == ["lost", "back", "lost", "back"]
    assert camera.said[:2] == ["cam: broken; connecting again", "cam: back after 3.5 s"]
    assert source.warnings == camera.said
    assert all(made.is_closed for made in camera.made)


def test_the_end_of_a_stream_is_a_loss_too() -> None:
    camera = Camera([1, None], [2, None])
    with camera.open() as source:
        assert values(iter(source), 2) == [1, 2]
    assert camera.said[0] == "cam: the stream has ended; connecting again"


def test_waits_double_up_to_the_longest_and_attempts_run_out() -> None:
    camera = Camera([1, BROKEN])
    with camera.open(Retry(attempts=9)) as source, pytest.raises(SourceError) as raised:
        list(source)
    assert camera.clock.waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert str(raised.value) == "cam: refused; gave up after 9 attempts"
    assert [notice.kind for notice in camera.notices] == ["lost"]


def test_short_waits_again_only_after_a_connection_that_lasted() -> None:
    def lasted() -> None:
        camera.clock.time_s += 11

    camera = Camera([1, BROKEN], [2, BROKEN], [3, lasted, BROKEN], [4, BROKEN])
    with camera.open() as source:
        assert values(iter(source), 4) == [1, 2, 3, 4]
    assert camera.clock.waits == [0.5, 1, 0.5]


def test_what_hangs_is_left_and_connected_to_again_only_when_it_has_let_go() -> None:
    hangs, released = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        assert released.wait(10)

    camera = Camera([1, hang, 2, None], [3, None])
    with camera.open() as source:
        frames = iter(source)
        assert values(frames, 1) == [1]
        assert hangs.wait(10)
        camera.clock.time_s += 10.5
        threading.Timer(0.7, released.set).start()
        assert values(frames, 1) == [3]
        assert [made.is_closed for made in camera.made] == [True, False]
    assert camera.said[0] == "cam: no picture for 10 s; connecting again"


def test_close_ends_a_walk_that_waits_for_what_hangs() -> None:
    hangs, released = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        released.wait(10)

    camera = Camera([1, hang, None])
    source = camera.open()
    given: list[object] = []
    walk = threading.Thread(target=lambda: given.extend(source))
    walk.start()
    assert hangs.wait(10)
    source.close()
    walk.join(10)
    assert not walk.is_alive()
    assert len(given) == 1
    assert camera.notices == []
    source.close()
    released.set()


def test_close_ends_a_walk_that_waits_to_connect_again() -> None:
    camera = Camera([1, BROKEN])
    source = camera.open()
    assert source._reader.ended(10)
    waits = threading.Event()

    def wait(wake: threading.Event, seconds: float) -> bool:
        waits.set()
        return wake.wait(60)

    camera.clock.wait = wait
    walk = threading.Thread(target=lambda: list(source))
    walk.start()
    assert waits.wait(10)
    source.close()
    walk.join(10)
    assert not walk.is_alive()


def test_what_ends_of_itself_ends() -> None:
    camera = Camera([1, 2, None], ends=True)
    with camera.open() as source:
        assert len(list(source)) == 2
    assert source.warnings == []
    broken = Camera([1, BROKEN], ends=True)
    with broken.open() as source:
        assert len(list(source)) == 1
    assert source.warnings == ["cam: broken"]
    assert broken.notices == []


@pytest.mark.parametrize("first", [REFUSED, [BROKEN], [None]])
def test_what_is_not_there_at_the_beginning_is_an_error(first: object) -> None:
    camera = Camera(first)
    with pytest.raises(SourceError, match="cam: "):
        camera.open()
    assert all(made.is_closed for made in camera.made)
    assert camera.clock.waits == []


def test_what_is_not_there_at_the_beginning_can_be_waited_for() -> None:
    camera = Camera(REFUSED, [None], [7, None])
    with camera.open(Retry(wait_for_it=True)) as source:
        assert values(iter(source), 1) == [7]
    assert camera.said == ["cam: refused; waiting for it"]
    assert camera.clock.waits == [0.5, 1]


def test_a_mistake_in_a_connection_is_no_loss() -> None:
    def mistake() -> None:
        raise ZeroDivisionError

    camera = Camera([1, mistake, None])
    with camera.open() as source, pytest.raises(ZeroDivisionError):
        list(source)


def test_another_size_and_a_clock_that_jumps_are_said() -> None:
    large = (plain(2, (16, 12)), None, 0.0)
    camera = Camera([1, large, large, (plain(3), 1000.0, -5.0), None], ends=True)
    with camera.open() as source:
        assert (source.info.width, source.info.height) == (8, 6)
        assert [frame.image.shape[:2] for frame in source] == [(6, 8), (12, 16), (12, 16), (6, 8)]
    assert camera.said == [
        "cam: the pictures are now 16 x 12 pixels",
        "cam: the pictures are now 8 x 6 pixels",
        "cam: its clock has jumped by -5.0 s",
    ]


def test_stamps_rise_and_can_be_told_from_the_time_of_day() -> None:
    camera = Camera([(plain(1), 7.0, 0.0), (plain(2), 6.0, 0.0), (plain(3), 8.0, 0.0), None], ends=True)
    with camera.open() as source:
        for frame, stamp_s in zip(source, (7.0, 7.001, 8.0), strict=True):
            assert frame.timestamp_s == pytest.approx(stamp_s)
            assert source.monotonic_s(frame.timestamp_s) == pytest.approx(1000.0)
            assert source.monotonic_s(frame.timestamp_s + 1) == pytest.approx(1001.0)


def test_only_the_last_lines_are_kept() -> None:
    camera = Camera(*[[1, BROKEN]] * 200)
    with camera.open() as source:
        frames = iter(source)
        values(frames, 150)
    assert len(camera.notices) == 298
    assert source.warnings == camera.said[-100:]


def test_who_begins_late_begins_with_the_newest_picture() -> None:
    camera = Camera([1, None])
    with camera.open() as source:
        source._reader._put(Picture(lambda: plain(2), 1001.0, 1001.0))
        assert values(iter(source), 1) == [2]
        assert source.skipped == 1


def test_what_ends_does_not_run_before_somebody_looks() -> None:
    looks = threading.Event()
    camera = Camera([1, lambda: looks.is_set() or pytest.fail("nobody looks"), 2, None], ends=True)
    with camera.open() as source:
        assert not source._reader.ended(0.05)
        looks.set()
        assert values(iter(source), 2) == [1, 2]


class Hasty:
    """Gives its pictures without waiting for anybody."""

    ends = False
    info = FakeConnection([], FakeClock()).info

    def __init__(self, pictures: list[Picture]) -> None:
        self._pictures = pictures

    def next(self) -> Picture | None:
        return self._pictures.pop(0) if self._pictures else None

    def close(self) -> None:
        pass


def test_the_newest_picture_wins_and_no_other_is_made() -> None:
    made: list[int] = []

    def picture(number: int, jump_s: float = 0.0) -> Picture:
        return Picture(lambda: made.append(number) or plain(number), number, 1000.0, jump_s)

    reader = Reader("cam", lambda: Hasty([picture(1), picture(2, -3.0), picture(3)]), FakeClock())
    assert reader.ended(10)
    taken = reader.take(1)
    assert taken is not None
    assert (taken.timestamp_s, taken.jump_s) == (3, -3.0)
    assert int(taken.image()[0, 0, 0]) == 3
    assert (made, reader.skipped) == ([3], 2)
    assert reader.take(1) is None


def test_a_picture_is_given_when_it_is_due() -> None:
    clock = FakeClock()
    reader = Reader("cam", lambda: Hasty([Picture(lambda: plain(1), 0.0, 1002.5)]), clock)
    assert reader.ended(10)
    assert clock.waits == [2.5]


def test_a_picture_kept_back_by_the_decoder_is_no_sign_of_life() -> None:
    clock, released = FakeClock(), threading.Event()

    class KeptBack(Hasty):
        def next(self) -> Picture | None:
            if not self._pictures:
                released.wait(10)
            return super().next()

    def connect() -> KeptBack:
        clock.time_s = 1009.0
        return KeptBack([Picture(lambda: plain(1), 1000.0, 1000.0)])

    reader = Reader("cam", connect, clock)
    assert reader.take(10) is not None
    clock.time_s = 1010.5
    with pytest.raises(StalledError, match="cam: no picture for 10 s"):
        reader.take(10)
    reader.abandon()
    released.set()
    assert reader.ended(10)


def test_pictures_that_flow_are_signs_of_life_however_late() -> None:
    clock, released = FakeClock(), threading.Event()

    class Late(Hasty):
        def next(self) -> Picture | None:
            if not self._pictures:
                released.wait(10)
            return super().next()

    late = [Picture(lambda: plain(1), 997.0 + n / 25, 997.0 + n / 25) for n in range(3)]
    reader = Reader("cam", lambda: Late(late), clock)
    while reader.skipped < 2:
        released.wait(0.01)
    assert reader.take(2) is not None
    clock.time_s += 1.9
    threading.Timer(0.3, released.set).start()
    assert reader.take(2) is None  # the end, and no stall


@pytest.mark.parametrize("bad", [{"first_s": 0}, {"first_s": 31}, {"attempts": -1}])
def test_nonsense_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError, match="retry"):
        Retry(**bad)
    with pytest.raises(InvalidInputError, match="timeout"):
        Camera([1]).open(timeout_s=0)
