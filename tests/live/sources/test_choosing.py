"""What a user types, and the source that is meant; webcams."""

import os
import sys
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest
from fake_sources import plain

from poseact.errors import InvalidInputError, SourceError
from poseact.live.sources import Notice, Paced, Reconnecting, Retry, open_live_source
from poseact.live.sources.webcam import device_number


class FakeCapture:
    """Stands in for cv2.VideoCapture: two pictures every time that it is plugged in."""

    plugged_in: ClassVar[list[bool]] = []
    asked: ClassVar[list[dict[int, float]]] = []

    def __init__(self, device: int) -> None:
        self.device = device
        self._opened = bool(self.plugged_in) and self.plugged_in.pop(0)
        self._taken = 0
        self.asked.append({})

    def isOpened(self) -> bool:
        return self._opened

    def set(self, key: int, value: float) -> None:
        self.asked[-1][key] = value

    def get(self, key: int) -> float:
        return 0.0

    def grab(self) -> bool:
        self._taken += 1
        return self._taken <= 2

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, plain(self._taken, (64, 48))

    def release(self) -> None:
        pass


def test_a_webcam_that_is_unplugged_and_plugged_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "plugged_in", [True, False, True])
    monkeypatch.setattr(FakeCapture, "asked", [])
    notices: list[Notice] = []
    with open_live_source(
        "1", size_wh=(64, 48), fps=30, retry=Retry(first_s=0.01), on_notice=notices.append
    ) as source:
        assert isinstance(source, Reconnecting)
        assert (source.info.name, source.info.width, source.info.height) == ("camera 1", 64, 48)
        assert any(len(notices) == 2 for _ in source)
    assert [notice.kind for notice in notices] == ["lost", "back"]
    assert notices[0].text == "camera 1: gives no pictures any more; connecting again"
    sizes = [asked.get(cv2.CAP_PROP_FRAME_WIDTH) for asked in FakeCapture.asked]
    assert sizes == [64, None, 64]


@pytest.mark.parametrize("text", ["63", "/dev/video63", "/dev/v4l/by-id/no-such-camera"])
def test_a_webcam_that_is_not_there(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError, match=r"63: cannot be opened|no-such-camera: there is no such camera"):
        open_live_source(text)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
@pytest.mark.parametrize(("allowed", "said"), [(False, "join the group 'video'"), (True, "it is in use")])
def test_a_webcam_that_cannot_be_used(allowed: bool, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/dev/video63")
    monkeypatch.setattr(os, "access", lambda *args: allowed)
    with pytest.raises(SourceError, match=f"camera 63: cannot be opened: .*{said}"):
        open_live_source("63")


def test_a_link_leads_to_a_camera(tmp_path: Path) -> None:
    link = tmp_path / "usb-camera"
    link.symlink_to("/dev/video5")
    assert device_number(str(link)) == 5
    assert device_number("3") == 3
    with pytest.raises(SourceError, match="no such camera"):
        device_number(str(tmp_path))


def test_files_and_folders_are_paced(tmp_path: Path) -> None:
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), plain(number))
    with open_live_source(str(tmp_path), fps=50, speed=2, repeat=True) as source:
        assert isinstance(source, Paced)
        assert source.info.average_fps == 50
        stamps = [frame.timestamp_s for frame, _ in zip(source, range(5), strict=False)]
    assert stamps == pytest.approx([0, 0.02, 0.04, 0.06, 0.08])
    with pytest.raises(SourceError, match="no such file"):
        open_live_source(str(tmp_path / "0"))


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("0", {"speed": 2.0}, r"speed: 0 \(webcam\)"),
        ("0", {"pixel_format": "rgb24"}, "pixel format: 0"),
        ("rtsp://a:b@cam/1", {"fps": 25}, r"fps: rtsp://\*\*\*@cam/1 \(stream\)"),
        ("-", {"repeat": True}, r"repeat: - \(stdin\)"),
        ("clip.mp4", {"size_wh": (64, 48)}, r"size: clip.mp4 \(file or folder\)"),
        ("0", {"fps": 0}, "fps: expected more than 0"),
        ("0", {"size_wh": (0, 5)}, "size: expected at least 1 x 1"),
    ],
)
def test_what_a_source_does_not_take(text: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        open_live_source(text, **options)
