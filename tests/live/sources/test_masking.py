"""What may be shown of an address."""

import pytest

from poseact.live.sources import without_secrets


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://admin:s3cret@10.0.0.2:554/ch1", "rtsp://***@10.0.0.2:554/ch1"),
        ("rtsp://admin@cam/ch1", "rtsp://***@cam/ch1"),
        ("rtsp://admin:p@ss@cam/ch1", "rtsp://***@cam/ch1"),
        ("rtsp://admin:a/b#c@cam/ch1", "rtsp://***@cam/ch1"),
        ("http://cam/live?user=admin&pwd=s3cret&channel=1", "http://cam/live?user=***&pwd=***&channel=1"),
        ("http://cam/live?c=1&Token=ab%20c#x", "http://cam/live?c=1&Token=***#x"),
        ("rtsp://cam/user=admin_password=s3cret_channel=1.sdp", "rtsp://cam/user=***"),
        ("rtsp://[::1]:8554/cam", "rtsp://[::1]:8554/cam"),
        ("http://cam:8080/@home/live.m3u8", "http://cam:8080/@home/live.m3u8"),
        ("udp://@:1234", "udp://@:1234"),
        ("rtsp://cam/ch1", "rtsp://cam/ch1"),
        ("clip@home.mp4", "clip@home.mp4"),
    ],
)
def test_no_user_and_no_password(address: str, shown: str) -> None:
    assert without_secrets(address) == shown
