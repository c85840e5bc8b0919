"""Events to an MQTT broker, where robots and house automation look for them."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from poseact.errors import InvalidInputError, MissingExtraError, OutputError
from poseact.live.telling.documents import Document, to_line

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

_PORTS = {"mqtt": 1883, "mqtts": 8883}
# While the broker is away or slow so many events wait (none with QoS 0 while it is away); more are lost.
_MAX_WAITING = 200
_KEEPALIVE_S = 20
_CONNECT_S = 5.0
_RETRY_S = (1, 60)
_SUCCESS, _NO_CONNECTION = 0, 4  # of paho's MQTTErrorCode
# What changes who is in view or what they do; the rest is only in the events and the repeated state.
_CHANGES = frozenset({"person_appeared", "person_lost", "segment_started", "segment_ended", "state"})


@dataclass(frozen=True)
class MqttAddress:
    """A broker, and where on it to tell.

    Attributes:
        host: Name or address.
        port: TCP port.
        prefix: What all topics begin with.
        tls: Whether to encrypt, and check who the broker is.
        user: Name to log in with; empty for none.
        password: Likewise; never shown.
        qos: 0 at most once, 1 at least once, 2 exactly once.
        ca_file: Certificates to trust in place of the system's.
    """

    host: str
    port: int
    prefix: str = "poseact"
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    qos: int = 1
    ca_file: Path | None = None

    @classmethod
    def parse(cls, url: str) -> "MqttAddress":
        """From ``mqtt[s]://[USER:PASSWORD@]HOST[:PORT][/PREFIX][?qos=0|1|2&ca=FILE]``.

        Raises:
            InvalidInputError: If it is of another form. The message does not repeat the password.
        """
        try:
            parts = urlsplit(url)
            port, host = parts.port or _PORTS[parts.scheme], parts.hostname or ""
            host.encode("idna")  # as connecting will do
        except (ValueError, KeyError):
            host = ""
        if not host:
            raise _bad("expected mqtt://[USER:PASSWORD@]HOST[:PORT][/PREFIX] or mqtts://...")
        prefix = unquote(parts.path).strip("/") or "poseact"
        if any(sign in prefix for sign in "+#\0") or prefix.startswith("$"):
            raise _bad(f"expected a topic prefix without + # and a leading $, found {prefix!r}")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = sorted(set(options) - {"qos", "ca"})
        if unknown:
            raise _bad(f"expected the options qos and ca, found {', '.join(unknown)}")
        qos = options.get("qos", "1")
        if qos not in ("0", "1", "2"):
            raise _bad(f"expected qos=0, 1 or 2, found {qos!r}")
        return cls(
            host,
            port,
            prefix,
            parts.scheme == "mqtts",
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            int(qos),
            Path(options["ca"]) if options.get("ca") else None,
        )

    def __str__(self) -> str:
        """Without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}/{self.prefix}"


class MqttOutlet:
    """Publishes to a broker, from a thread that connects again whenever the connection is lost.

    - ``PREFIX/events/TYPE``: each event and notice as it happens.
    - ``PREFIX/state``: who is in view and what they do; retained.
    - ``PREFIX/status``: ``online`` or ``offline``; retained, and set to offline by the broker where the
      connection breaks (its last will).

    A broker that cannot be reached is no failure: `say` tells it once, and events go out when it is there.

    Args:
        address: See `MqttAddress.parse`.
        say: Takes a line for the user.
        patience_s: At the end, so long is waited for the broker to take what waits.

    Raises:
        MissingExtraError: If paho-mqtt is not installed.
        InvalidInputError: If the certificates cannot be read.
    """

    def __init__(
        self,
        address: MqttAddress,
        say: Callable[[str], None],
        *,
        patience_s: float = 2.0,
    ) -> None:
        self.name = str(address)
        self._address, self._say, self._patience_s = address, say, patience_s
        self._client = self._make_client()
        self._online = False
        self._complaint = ""
        self._state: Document | None = None
        self._lock = Lock()
        self._num_given, self._num_taken = 0, 0
        self._closed = False
        self._client.connect_async(address.host, address.port, keepalive=_KEEPALIVE_S)
        self._client.loop_start()

    def send(self, document: Document, state: Document, /) -> None:
        """Publish an event, and the state where it has changed."""
        with self._lock:
            self._state = state
            if document is not state:
                self._publish(f"events/{document['type']}", to_line(document))
            if document["type"] in _CHANGES and self._online:
                self._publish("state", to_line(state), retain=True)

    def close(self) -> None:
        """Say that this is the end, wait a moment for the broker, and leave.

        Raises:
            OutputError: If events were still waiting for it.
        """
        if self._closed:
            return
        with self._lock:
            self._closed = True
            if self._online:
                self._publish("status", "offline", retain=True)
        lost = self._wait()
        self._client.disconnect()
        # paho's own waiting has no limit, and connecting may take its time.
        stopping = Thread(target=self._client.loop_stop, daemon=True)
        stopping.start()
        stopping.join(self._patience_s)
        if lost:
            raise OutputError(f"{self.name}: not reached: the last {lost} events are lost")

    def _make_client(self) -> "Client":
        try:
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError:
            raise MissingExtraError("paho-mqtt", "mqtt") from None
        address = self._address
        client = Client(CallbackAPIVersion.VERSION2)
        if address.user:
            client.username_pw_set(address.user, address.password or None)
        if address.tls:
            try:
                client.tls_set(ca_certs=str(address.ca_file) if address.ca_file else None)
            except OSError as error:
                raise InvalidInputError(
                    f"{address.ca_file}: expected certificates (PEM), found none that can be read ({error})"
                ) from error
        client.will_set(f"{address.prefix}/status", "offline", qos=address.qos, retain=True)
        client.reconnect_delay_set(*_RETRY_S)
        client.max_queued_messages_set(_MAX_WAITING)
        client.connect_timeout = _CONNECT_S
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_connect_fail, client.on_publish = self._on_connect_fail, self._on_publish
        return client

    def _publish(self, topic: str, text: str, *, retain: bool = False) -> None:
        qos = self._address.qos
        if self._num_given - self._num_taken >= _MAX_WAITING or (qos == 0 and not self._online):
            return
        info = self._client.publish(f"{self._address.prefix}/{topic}", text, qos, retain)
        # With QoS 1 and 2 paho keeps what it cannot send yet, and says that there is no connection.
        if info.rc == _SUCCESS or (qos > 0 and info.rc == _NO_CONNECTION):
            self._num_given += 1

    def _wait(self) -> int:
        """Give the broker some time to take what waits; how many it did not take."""
        until = time.monotonic() + self._patience_s
        while self._online and time.monotonic() < until and self._num_given > self._num_taken:
            time.sleep(0.01)
        return self._num_given - self._num_taken

    def _on_connect(
        self,
        _client: "Client",
        _data: Any,
        _flags: "ConnectFlags",
        code: "ReasonCode",
        _more: "Properties | None",
    ) -> None:
        if code.is_failure:
            self._complain(f"the broker refuses ({code}): check user and password; trying again")
            return
        if self._complaint:
            self._say(f"{self.name}: connected")
        with self._lock:
            self._complaint, self._online = "", True
            if self._address.qos == 0:  # what had not left yet is lost
                self._num_taken = self._num_given
            self._publish("status", "online", retain=True)
            if self._state is not None:
                self._publish("state", to_line(self._state), retain=True)

    def _on_publish(self, _client: "Client", _data: Any, _id: int, *_more: Any) -> None:
        self._num_taken += 1  # only this thread writes it, and without the lock: paho holds one of its own

    def _on_disconnect(
        self,
        _client: "Client",
        _data: Any,
        _flags: "DisconnectFlags",
        _code: "ReasonCode",
        _more: "Properties | None",
    ) -> None:
        was_online, self._online = self._online, False
        if was_online and not self._closed:
            self._complain("the connection is lost; trying again")

    def _on_connect_fail(self, _client: "Client", _data: Any) -> None:
        error = sys.exc_info()[1]  # paho calls from where it handles it
        self._complain(f"cannot be reached ({error}); trying again")

    def _complain(self, text: str) -> None:
        """Say it, once until there is a connection again."""
        if not self._complaint and not self._closed:
            self._complaint = text
            self._say(f"{self.name}: {text}")


def _bad(text: str) -> InvalidInputError:
    return InvalidInputError(f"MQTT address: {text}")
