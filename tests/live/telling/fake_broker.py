"""As much of an MQTT 3.1.1 broker as the tests need, in a thread: takes what is published, and remembers."""

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

CONNECT, CONNACK, PUBLISH, PUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 12, 13, 14


@dataclass(frozen=True)
class Login:
    """What a client said when it connected."""

    will: tuple[str, str, bool] | None
    user: str | None
    password: str | None


@dataclass(frozen=True)
class Message:
    """Something published."""

    topic: str
    text: str
    qos: int
    retain: bool


@dataclass
class Broker:
    """Listens on a free port of this machine.

    Attributes:
        answer: Return code of the next connections; 0 takes them, 5 does not.
        silent: Whether messages are taken without being acknowledged.
    """

    answer: int = 0
    silent: bool = False
    logins: list[Login] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    goodbyes: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.news = threading.Condition()
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def cut(self) -> None:
        """Break all connections."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._connections.clear()

    def texts(self, topic: str) -> list[str]:
        """What was published under a topic."""
        return [message.text for message in self.messages if message.topic == topic]

    def wait_for(self, topic: str, text: str = "", times: int = 1) -> None:
        """Until it has been published so often; fails after five seconds."""
        with self.news:
            came = self.news.wait_for(lambda: sum(text in one for one in self.texts(topic)) >= times, 5)
        assert came, f"{topic}: {text!r} did not come {times} times, but {self.messages}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            try:
                while head := stream.read(1):
                    length, shift = 0, 0
                    while True:
                        (byte,) = stream.read(1)
                        length |= (byte & 127) << shift
                        shift += 7
                        if byte < 128:
                            break
                    self._take(connection, head[0], stream.read(length))
            except (OSError, ValueError):
                return

    def _take(self, connection: socket.socket, head: int, body: bytes) -> None:
        with self.news:
            kind = head >> 4
            if kind == CONNECT:
                self.logins.append(_login(body))
                connection.sendall(bytes([CONNACK << 4, 2, 0, self.answer]))
            elif kind == PUBLISH:
                topic, rest = _text(body)
                qos = head >> 1 & 3
                if qos:
                    if not self.silent:
                        connection.sendall(bytes([PUBACK << 4, 2]) + rest[:2])
                    rest = rest[2:]
                self.messages.append(Message(topic, rest.decode(), qos, bool(head & 1)))
            elif kind == PINGREQ:
                connection.sendall(bytes([PINGRESP << 4, 0]))
            elif kind == DISCONNECT:
                self.goodbyes += 1
            self.news.notify_all()


def _login(body: bytes) -> Login:
    protocol, rest = _text(body)
    assert (protocol, rest[0]) == ("MQTT", 4)
    flags, rest = rest[1], rest[4:]
    _client_id, rest = _text(rest)
    will, user, password = None, None, None
    if flags & 4:
        topic, rest = _text(rest)
        text, rest = _text(rest)
        will = (topic, text, bool(flags & 32))
    if flags & 128:
        user, rest = _text(rest)
    if flags & 64:
        password, rest = _text(rest)
    return Login(will, user, password)


def _text(data: bytes) -> tuple[str, bytes]:
    (length,) = struct.unpack_from("!H", data)
    return data[2 : 2 + length].decode(), data[2 + length :]
