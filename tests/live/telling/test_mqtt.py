"""What a broker is told, and how the way to it breaks and is mended."""

import json
import socket
import sys
from pathlib import Path

import pytest
from fake_broker import Broker, Login, Message

from poseact.errors import InvalidInputError, MissingExtraError, OutputError
from poseact.live import PersonAppeared, PersonLost, SegmentEnded, SegmentStarted, SegmentUpdated, Told
from poseact.live.telling import Fan, MqttAddress, MqttOutlet, mqtt, open_sinks
from poseact.timeline import Segment

SQUAT = Segment(0, "squat", 0.0, 2.0, 0.9)


@pytest.fixture(autouse=True)
def soon_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a second for the next attempt; skips where the extra is not installed."""
    pytest.importorskip("paho.mqtt.client", reason="needs the extra mqtt")
    monkeypatch.setattr(mqtt, "_RETRY_S", (0.02, 0.05))


def told(event: PersonAppeared | PersonLost | SegmentStarted | SegmentUpdated | SegmentEnded) -> Told:
    return Told(event, 2.5, 100.0, (0, 0, 2, 2), (4, 4))


def test_a_session_as_the_broker_sees_it() -> None:
    said = list[str]()
    with Broker() as broker:
        target = f"mqtt://robot:se%3Acr%40t@127.0.0.1:{broker.port}/cell/camera"
        with open_sinks([target], said.append, about="camera 0") as fan:
            broker.wait_for("cell/camera/status", "online")
            for event in (PersonAppeared(0, 0.5), SegmentStarted(SQUAT), SegmentUpdated(SQUAT)):
                fan.tell(told(event))
            broker.wait_for("cell/camera/events/segment_updated")
            (state,) = broker.texts("cell/camera/state")[-1:]
            assert json.loads(state)["people"][0]["segment"]["label"] == "squat"
            fan.tell(told(SegmentEnded(SQUAT)))
            fan.tell(told(PersonLost(0, 2.5)))
        with broker.news:
            assert broker.news.wait_for(lambda: broker.goodbyes == 1, 5)
        assert broker.logins == [Login(("cell/camera/status", "offline", True), "robot", "se:cr@t")]
        kinds = [m.topic.rpartition("/")[2] for m in broker.messages if "/events/" in m.topic]
        assert kinds == [
            "notice",
            "person_appeared",
            "segment_started",
            "segment_updated",
            "segment_ended",
            "person_lost",
            "notice",
        ]
        assert {m.qos for m in broker.messages} == {1}
        assert {m.retain for m in broker.messages if "/events/" in m.topic} == {False}
        assert {m.retain for m in broker.messages if "/events/" not in m.topic} == {True}
        assert json.loads(broker.texts("cell/camera/state")[-1])["people"] == []
        assert broker.messages[-1] == Message("cell/camera/status", "offline", 1, True)
    assert said == []


def test_a_broken_connection_is_mended_and_said_once() -> None:
    said = list[str]()
    with Broker() as broker, open_sinks([f"mqtt://127.0.0.1:{broker.port}"], said.append) as fan:
        broker.wait_for("poseact/status", "online")
        broker.cut()
        broker.wait_for("poseact/status", "online", times=2)
        fan.tell(told(PersonAppeared(0, 0.5)))
        broker.wait_for("poseact/events/person_appeared")
        broker.wait_for("poseact/state", '"track_id":0')
    name = f"mqtt://127.0.0.1:{broker.port}/poseact"
    assert said == [f"{name}: the connection is lost; trying again", f"{name}: connected"]


@pytest.mark.parametrize("qos", [0, 1])
def test_a_broker_that_comes_late_gets_the_state_and_what_waited(qos: int) -> None:
    said = list[str]()
    with Broker(answer=5) as broker:
        target = f"mqtt://robot:secret@127.0.0.1:{broker.port}?qos={qos}"
        with open_sinks([target], said.append) as fan:
            fan.tell(told(PersonAppeared(0, 0.5)))
            with broker.news:
                assert broker.news.wait_for(lambda: len(broker.logins) > 2, 5)
            assert len(said) == 1
            assert "refuses (Not authorized)" in said[0]
            broker.answer = 0
            broker.wait_for("poseact/state", '"track_id":0')
            fan.tell(told(PersonLost(0, 2.5)))
            broker.wait_for("poseact/events/person_lost")
        num_told = len(broker.texts("poseact/events/person_appeared"))
        assert num_told >= 1 if qos else num_told == 0  # at least once, or at most
    assert not any("secret" in line for line in said)


def test_a_broker_that_is_not_there_is_said_once_and_what_was_lost_in_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = list[str]()
    fan = open_sinks([f"mqtt://127.0.0.1:{port}"], said.append)
    for _ in range(1000):
        fan.notice("much_to_say", "")
    fan.close()
    assert len(said) <= 2  # it may have been tried, or not yet
    assert "not reached: the last 200 events are lost" in said[-1]


def test_a_broker_that_takes_nothing_holds_up_nobody() -> None:
    with Broker(silent=True) as broker:
        address = MqttAddress("127.0.0.1", broker.port)
        fan = Fan([MqttOutlet(address, str, patience_s=0.05)], (said := list[str]()).append)
        broker.wait_for("poseact/status")
        for _ in range(5000):
            fan.notice("much_to_say", "")
        fan.close()
        assert len(said) == 1
        assert "events are lost" in said[0]
        assert len(broker.messages) <= 200


def test_addresses() -> None:
    address = MqttAddress.parse("mqtts://ro%40bot:p%2Fw@broker.example/home/%C3%BCben/?qos=2&ca=/c.pem")
    assert address == MqttAddress(
        "broker.example", 8883, "home/üben", True, "ro@bot", "p/w", 2, Path("/c.pem")
    )
    assert str(address) == "mqtts://broker.example:8883/home/üben"
    assert "p/w" not in repr(address)
    assert str(MqttAddress.parse("mqtt://[::1]:7")) == "mqtt://[::1]:7/poseact"
    assert MqttAddress.parse("mqtt://h").port == 1883


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://",
        "mqtt:///prefix",
        "mqtt://u:secret@h:99999",
        "mqtt://u:secret@h:x",
        "mqtt://u:secret@a..b",
        "mqtt://u:secret@h/a/+/b",
        "mqtt://u:secret@h/$SYS",
        "mqtt://u:secret@h/%23",
        "mqtt://u:secret@h?qos=3",
        "mqtt://u:secret@h?retain=1",
        "http://u:secret@h",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(InvalidInputError, match="expected") as caught:
        MqttAddress.parse(url)
    assert "secret" not in str(caught.value)


def test_certificates_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    for ca in (path, tmp_path / "missing.pem"):
        with pytest.raises(InvalidInputError, match=f"{ca.name}: expected certificates"):
            MqttOutlet(MqttAddress("127.0.0.1", 1, tls=True, ca_file=ca), str)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(MissingExtraError, match=r"poseact\[mqtt\]"):
        open_sinks(["mqtt://127.0.0.1:1"], str)


def test_user_and_password_may_come_from_the_environment() -> None:
    environment = {"POSEACT_MQTT_USER": "robot", "POSEACT_MQTT_PASSWORD": "secret"}
    with Broker() as broker:
        with open_sinks([f"mqtt://127.0.0.1:{broker.port}"], str, environment=environment):
            broker.wait_for("poseact/status", "online")
        with open_sinks([f"mqtt://other@127.0.0.1:{broker.port}"], str, environment=environment):
            broker.wait_for("poseact/status", "online", times=2)
        assert [(login.user, login.password) for login in broker.logins] == [
            ("robot", "secret"),
            ("other", None),
        ]


def test_the_outlet_by_itself_raises_what_it_lost() -> None:
    outlet = MqttOutlet(MqttAddress("127.0.0.1", 1), str, patience_s=0.0)
    outlet.send({"type": "notice"}, {})
    with pytest.raises(OutputError, match="the last 1 events"):
        outlet.close()
    outlet.close()
