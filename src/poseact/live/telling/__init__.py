"""Telling other programs what happens: JSON lines, a local server, an MQTT broker."""

from poseact.live.telling.documents import (
    Document,
    Place,
    event_document,
    event_schema,
    notice_document,
    to_line,
)
from poseact.live.telling.fan import Fan, Outlet, ScreenOutlet
from poseact.live.telling.json_lines import JsonLines
from poseact.live.telling.mqtt import MqttAddress, MqttOutlet
from poseact.live.telling.opening import open_sinks
from poseact.live.telling.scene import Scene
from poseact.live.telling.server import EventServer, parse_address

__all__ = [
    "Document",
    "EventServer",
    "Fan",
    "JsonLines",
    "MqttAddress",
    "MqttOutlet",
    "Outlet",
    "ScreenOutlet",
    "Place",
    "Scene",
    "event_document",
    "event_schema",
    "notice_document",
    "open_sinks",
    "parse_address",
    "to_line",
]
