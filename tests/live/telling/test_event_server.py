"""The local server over real sockets: streams, replay, the picture, and who is kept out."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest
from numpy.typing import NDArray

from poseact.errors import InvalidInputError, MissingExtraError, OutputError
from poseact.live import PersonAppeared, SegmentStarted, Told
from poseact.live.telling import EventServer, Fan, event_schema, open_sinks, parse_address, server
from poseact.timeline import Segment

pytest.importorskip("uvicorn", reason="needs the extra web")
pytest.importorskip("starlette", reason="needs the extra web")
pytest.importorskip("websockets", reason="needs the extra web")

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_socket

VALIDATOR = jsonschema.Draft202012Validator(event_schema())


class Session:
    """A server and the fan before it."""

    def __init__(self, **options: Any) -> None:
        self.server = EventServer(port=0, **options)
        self.said = list[str]()
        self.fan = Fan([self.server], self.said.append, about="camera 0")
        self.port = self.server.port

    def appear(self, *tracks: int) -> None:
        for track_id in tracks:
            self.fan.tell(Told(PersonAppeared(track_id, 0.5), 1.0, 100.0, (0, 0, 2, 2), (4, 4)))

    @contextmanager
    def get(self, path: str, method: str = "GET", **headers: str) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        with closing(connection), connection.getresponse() as response:
            yield response

    def read(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        with self.get(path, **headers) as response:
            return response.status, response.read().decode(), {k.lower(): v for k, v in response.getheaders()}

    def open_socket(self, query: str = "", **options: Any) -> ClientConnection:
        return connect_socket(f"ws://127.0.0.1:{self.port}/ws{query}", proxy=None, **options)


@pytest.fixture
def session() -> Iterator[Session]:
    made = Session()
    yield made
    made.fan.close()
    assert made.said == []


def stream(response: http.client.HTTPResponse, num: int) -> list[tuple[str, dict[str, Any]]]:
    """The next events of an SSE response: id and document."""
    found: list[tuple[str, dict[str, Any]]] = []
    event_id = ""
    while len(found) < num:
        line = response.readline().decode().rstrip("\n")
        if line.startswith("id: "):
            event_id = line[4:]
        elif line.startswith("data: "):
            document = json.loads(line[6:])
            VALIDATOR.validate(document)
            found.append((event_id, document))
    return found


def wait_until(what: Callable[[], bool]) -> None:
    for _ in range(500):
        if what():
            return
        threading.Event().wait(0.01)
    raise AssertionError("waited in vain")


def test_who_connects_gets_the_state_and_then_what_happens(session: Session) -> None:
    session.appear(0)
    session.fan.tell(Told(SegmentStarted(Segment(0, "squat", 0.5, 1.0, 0.9)), 1.0, 100.0))
    with session.get("/events") as response, session.open_socket() as websocket:
        assert response.getheader("content-type") == "text/event-stream; charset=utf-8"
        ((_, state),) = stream(response, 1)
        assert (state["type"], state["about"], state["sequence"]) == ("state", "camera 0", 3)
        assert state["people"][0]["segment"]["label"] == "squat"
        assert json.loads(websocket.recv(5)) == state
        session.appear(1)
        ((_, event),), told = stream(response, 1), json.loads(websocket.recv(5))
        assert event == told
        assert (event["type"], event["track_id"], event["sequence"]) == ("person_appeared", 1, 4)


def test_who_comes_back_gets_what_was_told_meanwhile(session: Session) -> None:
    session.appear(0)
    with session.get("/events") as response:
        ((last_id, _),) = stream(response, 1)
    session.appear(1, 2)
    with session.get("/events", Last_Event_ID=last_id) as response:
        assert [(d["type"], d["track_id"]) for _, d in stream(response, 2)] == [
            ("person_appeared", 1),
            ("person_appeared", 2),
        ]
    with session.open_socket(f"?after={last_id}") as websocket:
        assert json.loads(websocket.recv(5))["track_id"] == 1


@pytest.mark.parametrize(
    "last_id", ["0123456789abcdef:1", "nonsense", "{session}:99", "{session}:x", "{session}:-1"]
)
def test_who_was_elsewhere_or_away_too_long_gets_the_state(session: Session, last_id: str) -> None:
    session.appear(0)
    name = json.loads(session.read("/state")[1])["session"]
    with session.get("/events", Last_Event_ID=last_id.format(session=name)) as response:
        assert stream(response, 1)[0][1]["type"] == "state"


def test_what_was_told_long_ago_is_not_replayed(session: Session) -> None:
    session.fan.tell(Told(PersonAppeared(0, 0.5), 1.0, 100.0))
    name = json.loads(session.read("/state")[1])["session"]
    session.fan.tell(Told(PersonAppeared(1, 0.5), 1.0, 200.0))
    session.fan.tell(Told(PersonAppeared(2, 0.5), 1.0, 201.0))
    for last, kind in ((1, "state"), (2, "person_appeared")):
        with session.open_socket(f"?after={name}:{last}") as websocket:
            assert json.loads(websocket.recv(5))["type"] == kind


def test_the_state_is_that_of_the_newest_frame(session: Session) -> None:
    session.appear(0)
    session.fan.note_frame(7.0, 101.0, {0: (2, 2, 4, 4)}, (4, 4))
    status, text, headers = session.read("/state")
    state = json.loads(text)
    VALIDATOR.validate(state)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert (state["frame_s"], state["people"][0]["position"]["center"]) == (7.0, [0.75, 0.75])


def test_before_anything_was_told_there_is_no_state() -> None:
    alone = EventServer(port=0)
    connection = http.client.HTTPConnection("127.0.0.1", alone.port, timeout=5)
    connection.request("GET", "/state")
    assert connection.getresponse().status == 503
    connection.close()
    alone.close()


def test_a_slow_client_loses_the_oldest_and_sees_it_by_the_numbers(session: Session) -> None:
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", session.port))
        slow.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: session.server.num_listeners == 1)
        for number in range(2000):
            session.fan.notice("much_to_say", f"{number} " + "x" * 500)
        session.fan.notice("that_is_all", "")
        with slow.makefile("rb") as response:
            numbers = []
            for line in response:
                if line.startswith(b"data: "):
                    document = json.loads(line[6:])
                    numbers.append(document["sequence"])
                    if document.get("kind") == "that_is_all":
                        break
    assert numbers == sorted(numbers)
    assert 1000 <= len(numbers) < 2000


def test_listeners_that_have_gone_are_forgotten(session: Session) -> None:
    with session.get("/events") as response, session.open_socket() as websocket:
        stream(response, 1)
        websocket.recv(5)
        assert session.server.num_listeners == 2
    wait_until(lambda: session.server.num_listeners == 0)


def test_the_end_reaches_everybody_and_the_port_is_free_again(session: Session) -> None:
    with session.get("/events") as response, session.get("/video") as video:
        with session.open_socket() as websocket:
            websocket.recv(5)
            stream(response, 1)
            session.fan.close()
            assert stream(response, 1)[0][1]["kind"] == "session_ended"
            assert response.read().strip() == b""
            assert json.loads(websocket.recv(5))["kind"] == "session_ended"
            with pytest.raises(ConnectionClosed):
                websocket.recv(5)
        video.read()
    EventServer(port=session.port).close()


def picture(value: int, size_wh: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    return np.full((size_wh[1], size_wh[0], 3), (value, 0, 0), np.uint8)


def jpeg_of(response: http.client.HTTPResponse) -> NDArray[np.uint8]:
    while not response.readline().startswith(b"Content-Length: "):
        pass
    response.readline()
    data = b""
    while not data.endswith(b"--poseact-picture\r\n"):
        data += response.readline()
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)  # type: ignore[return-value]


def test_pictures_come_only_while_somebody_watches(session: Session) -> None:
    assert not session.fan.watched
    session.fan.show(picture(10))  # nobody sees it, then or later
    with session.get("/video") as response:
        assert response.getheader("content-type") == "multipart/x-mixed-replace; boundary=poseact-picture"
        wait_until(lambda: session.fan.watched)
        session.fan.show(picture(200))
        shown = jpeg_of(response)
        assert shown.shape == (48, 64, 3)
        assert abs(int(shown[20, 20, 2]) - 200) < 8  # red, in OpenCV's order
        session.fan.show(picture(90, (1920, 1080)))
        assert jpeg_of(response).shape == (540, 960, 3)
    wait_until(lambda: not session.fan.watched)


def test_a_watcher_gets_the_newest_picture(session: Session) -> None:
    with session.get("/video") as response:
        wait_until(lambda: session.fan.watched)
        for value in range(250):
            session.fan.show(picture(value))
        reds = [0]
        while reds[-1] < 245:
            reds.append(int(jpeg_of(response)[20, 20, 2]))
    assert len(reds) < 50


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "127.0.0.1:1"}, 200),
        ({"Host": "localhost:9"}, 200),
        ({"Host": "LOCALHOST"}, 200),
        ({"Host": "[::1]:80"}, 200),
        ({"Host": "192.168.1.7:8765"}, 200),
        ({"Host": "robot.example:8765"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "localhost@evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "[::1"}, 403),
        ({"Host": "localhost:5", "Origin": "http://localhost:5"}, 200),
        ({"Host": "localhost:5", "Origin": "http://localhost:6"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://dashboard.example"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
    ],
)
def test_pages_of_other_sites_are_kept_out(headers: dict[str, str], status: int) -> None:
    guarded = Session(allowed_hosts=["robot.example"], allowed_origins=["http://dashboard.example/"])
    found, text, answered = guarded.read("/state", **headers)
    assert found == status, text
    allows = answered.get("access-control-allow-origin")
    assert allows == ("http://dashboard.example" if "dashboard" in headers.get("Origin", "") else None)
    guarded.fan.close()


def test_a_socket_of_another_site_is_refused(session: Session) -> None:
    with pytest.raises(InvalidStatus) as caught:
        session.open_socket(origin="http://evil.example")
    assert caught.value.response.status_code == 403
    with session.open_socket(origin=f"http://127.0.0.1:{session.port}") as websocket:
        websocket.recv(5)


def test_the_page_loads_nothing_from_elsewhere(session: Session) -> None:
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")):
        status, text, headers = session.read(path)
        assert (status, headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text
    assert json.loads(session.read("/schema")[1]) == event_schema()
    assert session.read("/nothing")[0] == 404
    with session.get("/state", method="POST") as response:
        assert response.status == 405


def test_a_port_that_is_taken_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OutputError, match=rf"127\.0\.0\.1:{port}: cannot serve here .*another port"):
            EventServer(port=port)


def test_where_it_serves_is_said() -> None:
    said = list[str]()
    with open_sinks([], said.append, serve="0") as fan:
        assert fan.working
    assert said[0].startswith("page, events and picture: http://127.0.0.1:")
    with open_sinks([], said.append, serve="0.0.0.0:0"):
        pass
    assert said[1].endswith("(for everybody who can reach this machine)")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8000", ("127.0.0.1", 8000)),
        (":0", ("127.0.0.1", 0)),
        ("localhost", ("localhost", 8765)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:80", ("::1", 80)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["localhost:x", "localhost:70000", "99999", "a:-1", "a:"])
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(InvalidInputError, match="expected PORT or HOST:PORT"):
        parse_address(text)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"poseact\[web\]"):
        EventServer(port=0)


def test_a_name_that_is_no_host_is_said_to_be_none() -> None:
    with pytest.raises(InvalidInputError, match=r"PORT or HOST:PORT.*'no\.such\.host\.invalid'"):
        EventServer("no.such.host.invalid", 0)
