"""The logic of following, with a detector and a network that see a stage of drawn-up people."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from poseact.pose.blazepose_detector import Detections
from poseact.pose.blazepose_landmarks import Landmarks
from poseact.pose.multi_person import PeopleFollower
from poseact.pose.regions import REGION_SCALE, Region, turned

FPS = 30
# A body one unit high: 33 joints in a region of side 1 around the middle of the hips, head up.
BODY = np.random.default_rng(3).uniform((-0.15, -0.38), (0.15, 0.38), (33, 2))


@dataclass(frozen=True)
class Body:
    """Somebody on the stage; `detected` below 0.25 means that the detector is blind to them.

    A closer look of the detector gives `closer`, a second look of the network in one frame `again`.
    """

    x: float
    y: float = 240.0
    size: float = 300.0
    turn: float = 0.0
    score: float = 1.0
    visibility: float = 0.9
    presence: float = 1.0
    detected: float = 0.95
    closer: float | None = None
    again: float | None = None
    colour: tuple[int, int, int] = (200, 30, 30)

    @property
    def region(self) -> Region:
        return Region((self.x, self.y), self.size, self.turn)

    def landmarks(self, num_looked: int = 0) -> Landmarks:
        up = turned(np.array([[0.0, 0.0], [0.0, -0.5 / REGION_SCALE]]), self.turn)
        points = np.concatenate([turned(BODY, self.turn), up, np.zeros((4, 2))])
        return Landmarks(
            score=self.score if self.again is None or num_looked == 0 else self.again,
            points_px=points * self.size + [self.x, self.y],
            visibility=np.full(33, self.visibility),
            presence=np.full(33, self.presence),
            world_m=np.zeros((33, 3)),
        )


NOBODY = replace(Body(0, 0).landmarks(), score=0.0)


@dataclass
class Stage:
    """Stands for the detector, the network and the camera at once."""

    bodies: list[Body] = field(default_factory=list)
    num_detected: int = 0
    num_looked: int = 0
    looked_at: list[Body] = field(default_factory=list)

    def detect(self, image: object, window: Region, *, min_score: float) -> Detections:
        self.num_detected += 1
        scores = [(b, self.detection(b, window)) for b in self.bodies]
        seen, sure = [b for b, s in scores if s >= min_score], [s for _, s in scores if s >= min_score]
        points = np.array([b.landmarks().points_px[[33, 34, 33, 34]] for b in seen]).reshape(-1, 4, 2)
        return Detections(np.array(sure), points)

    @staticmethod
    def detection(body: Body, window: Region) -> float:
        is_close = math.dist((body.x, body.y), window.center_xy) < 1 and window.size_px < 2 * body.size
        return body.closer if is_close and body.closer is not None else body.detected

    def find(self, image: object, region: Region) -> Landmarks:
        self.num_looked += 1
        near = [
            b
            for b in self.bodies
            if math.dist((b.x, b.y), region.center_xy) < 0.4 * b.size and 0.5 < b.size / region.size_px < 2
        ]
        best = min(near, key=lambda b: math.dist((b.x, b.y), region.center_xy), default=None)
        if best is None:
            return NOBODY
        self.looked_at.append(best)
        return best.landmarks(self.looked_at.count(best) - 1)

    def picture(self) -> np.ndarray:
        image = np.zeros((480, 640, 3), np.uint8)
        for b in self.bodies:
            x, y, r = int(b.x), int(b.y), int(b.size * 0.4)
            image[max(0, y - r) : y + r, max(0, x - r // 3) : x + r // 3] = b.colour
        return image


class Film:
    """Runs a follower over a stage whose people the test moves about."""

    def __init__(self, **options: object) -> None:
        self.stage = Stage()
        self.follower = PeopleFollower(self.stage, self.stage, smooth=False, **options)  # type: ignore[arg-type]
        self.time_s = 0.0

    def show(self, *bodies: Body, frames: int = 1) -> dict[int, float]:
        """The same people for some frames: track id -> x of the middle of the hips, after the last."""
        tracks = []
        for _ in range(frames):
            self.stage.bodies = list(bodies)
            self.stage.looked_at.clear()
            tracks = self.follower.step(self.stage.picture(), self.time_s)
            self.time_s += 1 / FPS
        return {t.track_id: t.landmarks.points_px[33, 0] for t in tracks if t.track_id is not None}


def test_a_clear_person_is_reported_in_the_first_frame() -> None:
    assert Film().show(Body(100)) == {0: 100}


def test_a_faint_person_is_reported_after_some_frames() -> None:
    film = Film()
    faint = Body(100, presence=0.6, detected=0.8)
    assert film.show(faint) == {}
    assert film.show(faint, frames=3) == {0: 100}


def test_a_detection_without_a_person_is_not_reported() -> None:
    assert Film().show(Body(100, score=0.3), frames=60) == {}
    assert Film().show(Body(100, visibility=0.2), frames=60) == {}


def test_several_people_keep_their_ids_while_they_move() -> None:
    film = Film()
    film.show(Body(100), Body(320), Body(540))
    for step in range(1, 60):
        ids = film.show(Body(100 + step), Body(320 - step), Body(540))
    assert ids == {0: 159, 1: 261, 2: 540}


def test_no_more_people_than_asked_for() -> None:
    assert len(Film(max_persons=2).show(Body(100), Body(320), Body(540), frames=50)) == 2


def test_somebody_hidden_for_a_moment_keeps_the_id() -> None:
    film = Film()
    film.show(Body(100), frames=20)
    assert film.show(frames=15) == {}
    assert film.show(Body(130), frames=10) == {0: 130}


def test_somebody_who_walks_on_while_hidden_keeps_the_id() -> None:
    film = Film()
    for x in range(100, 200, 4):
        film.show(Body(x))
    film.show(frames=20)
    assert list(film.show(Body(196 + 84), frames=10)) == [0]


@pytest.mark.parametrize("later", [Body(600), Body(100, size=100)])
def test_somebody_elsewhere_or_of_another_size_is_somebody_else(later: Body) -> None:
    film = Film()
    film.show(Body(100), frames=20)
    film.show(frames=5)
    assert list(film.show(later, frames=10)) == [1]


def test_an_id_is_never_given_again() -> None:
    film = Film()
    film.show(Body(100), frames=20)
    film.show(frames=2 * FPS)
    assert list(film.show(Body(100), frames=60)) == [1]


def test_two_people_who_cross_do_not_exchange_ids() -> None:
    """In the middle both look like one; clothes tell who is who when they part."""
    film = Film()
    red, green = {"colour": (220, 20, 20)}, {"colour": (20, 220, 20)}
    for step in range(40):
        film.show(Body(100 + 5 * step, **red), Body(500 - 5 * step, **green))
    for step in range(8):
        film.show(Body(300 + 5 * step, **red))
    for step in range(30):
        ids = film.show(Body(340 + 5 * step, **red), Body(260 - 5 * step, **green))
    assert ids == {0: 485, 1: 115}


def test_two_who_wear_the_same_are_told_apart_by_motion_and_size_when_they_part() -> None:
    film = Film()
    for step in range(36):
        film.show(Body(100 + 5 * step, size=330), Body(500 - 5 * step, size=290))
    for step in range(36, 46):
        film.show(Body(100 + 5 * step, size=330))
    for step in range(46, 80):
        ids = film.show(Body(100 + 5 * step, size=330), Body(500 - 5 * step, size=290))
    assert ids == {0: 495, 1: 105}


def test_two_who_meet_and_turn_back_keep_their_ids() -> None:
    film = Film()
    for step in range(30):
        film.show(Body(100 + 5 * step, size=330), Body(450 - 5 * step, size=290))
    for _ in range(10):
        film.show(Body(250, size=330))
    for step in range(30):
        ids = film.show(Body(250 - 5 * step, size=330), Body(300 + 5 * step, size=290))
    assert ids == {0: 105, 1: 445}


@pytest.mark.parametrize(("hidden_s", "track_id"), [(1.5, 1), (4.0, 2)])
def test_time_behind_somebody_is_not_time_away(hidden_s: float, track_id: int) -> None:
    """Of a memory of 1 s and 2 s more behind somebody."""
    film = Film()
    film.show(Body(100, size=330), Body(400, size=280), frames=20)
    for step in range(60):
        film.show(Body(100 + 5 * step, size=330), Body(400, size=280))
    film.show(Body(400, size=330), frames=int(hidden_s * FPS))
    for step in range(18):
        film.show(Body(400 - 8 * step, size=330))
    for step in range(18, 31):
        ids = film.show(Body(400 - 8 * step, size=330), Body(400, size=280))
    assert ids == {0: 160, track_id: 400}


@pytest.mark.parametrize(("away_s", "track_id"), [(0.8, 0), (1.4, 1)])
def test_the_id_is_kept_for_one_second(away_s: float, track_id: int) -> None:
    film = Film()
    film.show(Body(100), frames=20)
    film.show(frames=int(away_s * FPS))
    assert list(film.show(Body(100), frames=10)) == [track_id]


def test_a_turned_small_find_inside_a_body_is_a_part_of_it() -> None:
    film = Film()
    film.show(Body(300, visibility=0.95), frames=5)
    hand = Body(310, y=200, size=120, turn=2.5)
    assert film.show(Body(300, visibility=0.95), hand, frames=60) == {0: 300}


def test_a_small_upright_person_before_a_large_one_is_somebody_else() -> None:
    film = Film()
    film.show(Body(300, size=420), frames=5)
    assert len(film.show(Body(300, size=420), Body(330, y=330, size=160), frames=60)) == 2


def test_landmarks_stuck_on_the_legs_move_to_the_body_when_it_is_found() -> None:
    """After a fall: followed badly in one place, detected well beside it; the id stays."""
    film = Film()
    film.show(Body(300), frames=10)
    badly = Body(300, presence=0.3)
    film.show(badly, frames=3)
    lying = Body(380, size=330, turn=-math.pi / 2)
    assert film.show(lying, frames=10) == {0: 380}


def test_searching_backs_off_when_nobody_is_there() -> None:
    film = Film()
    film.show(frames=5 * FPS)
    before = film.stage.num_detected
    film.show(frames=5 * FPS)
    assert film.stage.num_detected - before <= 5 * 20 + 1


def test_doubtful_finds_cost_a_few_looks_a_second() -> None:
    film = Film()
    film.show(frames=2 * FPS)
    film.stage.num_looked = 0
    film.show(Body(100, detected=0.3, score=0.1), frames=5 * FPS)
    assert 0 < film.stage.num_looked <= 5 * 6 + 2


def test_a_clock_that_stands_or_jumps_back_does_no_harm() -> None:
    film = Film()
    film.show(Body(100), frames=5)
    film.time_s = 0.0
    assert film.show(Body(102), frames=5) == {0: 102}
    film.time_s -= 1 / FPS
    assert film.show(Body(104)) == {0: 104}


def test_somebody_who_comes_back_does_not_make_it_one_too_many() -> None:
    film = Film(max_persons=1)
    film.show(Body(100), frames=5)
    film.show(Body(500), frames=20)
    assert len(film.show(Body(500), Body(100), frames=5)) == 1


def test_a_clear_detection_later_on_ends_the_waiting() -> None:
    film = Film()
    assert film.show(Body(100, detected=0.4), frames=2) == {}
    assert film.show(Body(100), frames=2) == {0: 100}


def test_a_second_look_in_the_same_frame_keeps_somebody_of_whom_the_network_is_not_sure() -> None:
    film = Film()
    film.show(Body(100), frames=3)
    hesitant = Body(100, score=0.1, again=0.9, presence=0.8, detected=0.0)
    assert film.show(hesitant, frames=20) == {0: 100}


def test_joints_that_stay_are_believed_for_a_moment_without_the_score() -> None:
    film = Film()
    film.show(Body(100), frames=20)
    denied = Body(102, score=0.1, detected=0.0)
    assert film.show(denied, frames=4) == {0: 102}
    assert film.show(denied, frames=4) == {}


@pytest.mark.parametrize(
    "denied", [Body(100, score=0.1, presence=0.8), Body(100, score=0.1, visibility=0.6), Body(150, score=0.1)]
)
def test_joints_out_of_view_or_far_from_where_they_were_are_not_believed(denied: Body) -> None:
    film = Film()
    film.show(Body(100), frames=20)
    assert film.show(replace(denied, detected=0.0)) == {}


def test_somebody_only_just_found_is_not_believed_without_the_score() -> None:
    film = Film()
    film.show(Body(100), frames=5)
    assert film.show(Body(100, score=0.1, detected=0.0)) == {}


def test_somebody_of_whom_the_network_is_never_quite_sure_is_believed_when_clearly_detected_again() -> None:
    """People who lie score 0.8 to 0.9 for seconds."""
    lying = Body(300, score=0.85, turn=-math.pi / 2)
    assert Film().show(lying, frames=20) == {0: 300}
    assert Film().show(replace(lying, detected=0.8), frames=60) == {}


def test_a_doubtful_find_is_followed_only_if_a_closer_look_finds_it_too() -> None:
    assert Film().show(Body(100, detected=0.4, closer=0.3), frames=60) == {}
    assert Film().show(Body(100, detected=0.4, closer=0.8), frames=20) == {0: 100}


def test_a_doubtful_find_beside_somebody_in_view_is_not_followed() -> None:
    film = Film()
    film.show(Body(500), Body(300), frames=5)
    furniture = Body(100, detected=0.4, closer=0.8, colour=(30, 30, 30))
    assert film.show(Body(500), furniture, frames=60) == {0: 500}


def test_where_nobody_was_the_next_best_has_its_turn() -> None:
    film = Film()
    film.show(frames=30)
    nobody = [Body(x, detected=0.45, score=0.1) for x in (150, 300)]
    assert film.show(*nobody, Body(500, detected=0.4, closer=0.8), frames=20) == {0: 500}


@pytest.mark.parametrize(("colour", "track_id"), [((200, 30, 30), 0), ((30, 200, 30), 1)])
def test_somebody_found_again_further_away_wears_the_same(
    colour: tuple[int, int, int], track_id: int
) -> None:
    film = Film()
    film.show(Body(100), frames=20)
    film.show(frames=6)
    assert list(film.show(Body(250, colour=colour), frames=8)) == [track_id]


def test_where_two_tracks_meet_somebody_known_for_long_stays() -> None:
    """A young track has its clothes from this very place; that they fit says nothing."""
    film = Film()
    film.show(Body(100), frames=40)
    green = (30, 200, 30)
    film.show(Body(100), Body(280, colour=green), frames=3)
    assert film.show(Body(185, colour=green), frames=5) == {0: 185}


def test_a_track_on_a_part_goes_over_to_the_whole_body_when_it_is_found() -> None:
    """Somebody comes into view: an arm is read as a body, then the body is found."""
    film = Film()
    arm = Body(300, y=200, size=150, turn=0.7)
    assert film.show(arm, frames=4) == {0: 300}
    assert film.show(arm, Body(301, y=245, size=290), frames=20) == {0: 301}
