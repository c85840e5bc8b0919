"""From what a user writes on the command line to a fan of open outlets."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from poseact.errors import InvalidInputError
from poseact.live.telling.fan import Fan, Outlet
from poseact.live.telling.json_lines import JsonLines
from poseact.live.telling.mqtt import MqttAddress, MqttOutlet
from poseact.live.telling.server import EventServer, parse_address

USER_VARIABLE = "POSEACT_MQTT_USER"
PASSWORD_VARIABLE = "POSEACT_MQTT_PASSWORD"


def open_sinks(
    targets: Sequence[str],
    say: Callable[[str], None],
    *,
    serve: str | None = None,
    about: str = "",
    allowed_hosts: Sequence[str] = (),
    allowed_origins: Sequence[str] = (),
    state_every_s: float = 5.0,
    update_every_s: float = 0.0,
    environment: Mapping[str, str] = os.environ,
) -> Fan:
    """Open everything that events are to go to.

    Args:
        targets: Each ``-`` for standard output, ``mqtt[s]://...`` (see `MqttAddress.parse`), or a file.
        say: Takes a line for the user, from any thread.
        serve: ``PORT`` or ``HOST:PORT`` of a local server; None for no server.
        about: See `Fan`.
        allowed_hosts: See `EventServer`.
        allowed_origins: See `EventServer`.
        state_every_s: See `Fan`.
        update_every_s: See `Fan`.
        environment: Where user and password of the broker are if they are not in its address, as
            ``POSEACT_MQTT_USER`` and ``POSEACT_MQTT_PASSWORD``: a command line can be read by others.

    Returns:
        The sink for all of them; to be closed.

    Raises:
        InvalidInputError: If a target is none of these, or named twice.
        OutputError: If a file cannot be written to, or the server not be opened.
        MissingExtraError: If a package for it is not installed.
    """
    if len(set(targets)) < len(targets):
        raise InvalidInputError(f"events: expected each target once, found {', '.join(map(_shown, targets))}")
    outlets: list[Outlet] = []
    try:
        for target in targets:
            outlets.append(_open(target, say, environment))
        if serve is not None:
            host, port = parse_address(serve)
            server = EventServer(host, port, allowed_hosts=allowed_hosts, allowed_origins=allowed_origins)
            outlets.append(server)
            say(f"page, events and picture: {server.url}{'' if server.is_local else _OPEN_TO_ALL}")
        return Fan(outlets, say, about=about, state_every_s=state_every_s, update_every_s=update_every_s)
    except BaseException:
        for outlet in outlets:
            with suppress(Exception):
                outlet.close()
        raise


_OPEN_TO_ALL = " (for everybody who can reach this machine)"


def _open(target: str, say: Callable[[str], None], environment: Mapping[str, str]) -> Outlet:
    if target == "-":
        return JsonLines.to_stdout()
    scheme, separator, _ = target.partition("://")
    if not separator:
        return JsonLines.to_file(Path(target))
    if scheme not in ("mqtt", "mqtts"):
        raise InvalidInputError(
            f"events: expected -, a file, mqtt://... or mqtts://..., found {_shown(target)!r}"
        )
    address = MqttAddress.parse(target)
    if not address.user:
        user, password = environment.get(USER_VARIABLE, ""), environment.get(PASSWORD_VARIABLE, "")
        address = replace(address, user=user, password=password)
    return MqttOutlet(address, say)


def _shown(target: str) -> str:
    """A target without a password."""
    scheme, separator, rest = target.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else target
