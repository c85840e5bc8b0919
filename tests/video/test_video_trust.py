"""A file that nobody vouches for cannot make FFmpeg open other files, reach the network or eat the memory."""

import socket
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from video_clips import write_clip

from poseact.errors import SourceError
from poseact.video import VideoFile, containers, open_source

HLS = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:10
#EXT-X-MEDIA-SEQUENCE:0
#EXTINF:1.0,
{target}
#EXT-X-ENDLIST
"""
DASH = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">
 <Representation id="0" bandwidth="1000"><BaseURL>{target}</BaseURL></Representation>
 </AdaptationSet></Period></MPD>
"""
SDP = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=x
c=IN IP4 127.0.0.1
t=0 0
m=video 5004 RTP/AVP 96
a=rtpmap:96 H264/90000
"""
PLAYLISTS = {
    "hls": HLS,
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "dash": DASH,
    "sdp": SDP,
    "address": "{target}\n",
    "subtitle index": "# VobSub index file, v7\nsize: 64x48\nid: en, index: 0\n",
}


@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".txt", ".avi"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_playlists_are_refused_whatever_they_are_called(tmp_path: Path, kind: str, suffix: str) -> None:
    secret = write_clip(tmp_path / "secret.ts")
    path = tmp_path / f"video{suffix}"
    for target in (str(secret), "secret.ts", f"file://{secret}", f"file:{secret}"):
        path.write_text(PLAYLISTS[kind].replace("{target}", target))
        with pytest.raises(SourceError, match="expected a video"):
            VideoFile(path)


@pytest.mark.parametrize("kind", ["hls", "concat"])
def test_a_second_wall_stands_behind_the_list_of_containers(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_CONTAINERS", (*containers._CONTAINERS, "hls", "concat"))
    monkeypatch.chdir(tmp_path)  # where FFmpeg would look, as it does not know where the file lies
    write_clip(Path("secret.ts"))
    path = tmp_path / "video.m3u8"
    path.write_text(PLAYLISTS[kind].replace("{target}", "secret.ts"))
    with pytest.raises(SourceError):
        VideoFile(path)


@pytest.mark.parametrize("kind", ["hls", "concat", "dash", "address"])
def test_no_playlist_reaches_the_network(tmp_path: Path, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        path = tmp_path / "video.mp4"
        path.write_text(PLAYLISTS[kind].replace("{target}", f"http://127.0.0.1:{port}/x.ts"))
        with pytest.raises(SourceError):
            VideoFile(path)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_picture_pattern_is_only_a_name(tmp_path: Path) -> None:
    for number in range(1, 4):
        write_clip(tmp_path / f"secret{number}.gif", codec="gif", pix_fmt="rgb8", stamps=(0.0, 0.1))
    with pytest.raises(SourceError, match="no such file"):
        VideoFile(tmp_path / "secret%d.gif")


@pytest.mark.parametrize("source", ["http://127.0.0.1:9/a.mp4", "rtsp://127.0.0.1/x", "file:///etc/passwd"])
def test_addresses_are_not_opened(source: str) -> None:
    with pytest.raises(SourceError, match="found an address: download it first"):
        open_source(source)


@pytest.mark.parametrize("prefix", ["file:", "concat:", "pipe:", "data:", "subfile,,start,0,end,9,,:"])
def test_names_of_protocols_are_only_names(tmp_path: Path, prefix: str) -> None:
    path = write_clip(tmp_path / "a.mp4")
    with pytest.raises(SourceError, match="no such file"):
        open_source(f"{prefix}{path}")


def test_a_device_is_not_read(tmp_path: Path) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("no such device here")
    link = tmp_path / "video.mp4"
    link.symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="is not a file"):
        VideoFile(link)


def huge_gif(path: Path, side: int = 65535) -> None:
    data = bytearray(write_clip(path, codec="gif", pix_fmt="rgb8", stamps=(0.0, 0.1)).read_bytes())
    data[6:10] = struct.pack("<HH", side, side)
    path.write_bytes(data)


def large_gif(path: Path) -> None:
    huge_gif(path, 12_000)


def huge_raw_avi(path: Path) -> None:
    kind = {"codec": "rawvideo", "pix_fmt": "bgr24", "time_base": Fraction(1, 25), "stamps": (0.0, 0.04)}
    data = write_clip(path, **kind).read_bytes()
    header = struct.pack("<Iii", 40, 64, 48)  # BITMAPINFOHEADER: its size, width, height
    assert header in data or struct.pack("<Iii", 40, 64, -48) in data
    huge = struct.pack("<Iii", 40, 100_000, 100_000)
    path.write_bytes(data.replace(header, huge).replace(struct.pack("<Iii", 40, 64, -48), huge))


@pytest.mark.parametrize(
    ("make", "name"), [(huge_gif, "a.gif"), (large_gif, "a.gif"), (huge_raw_avi, "a.avi")]
)
def test_pictures_of_absurd_size_are_refused(tmp_path: Path, make: object, name: str) -> None:
    path = tmp_path / name
    make(path)
    with pytest.raises(SourceError, match=r"no frame can be decoded.* more than 67108864 pixels"):
        VideoFile(path)


def test_the_limit_can_be_set(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4")
    message = "expected at most 3000 pixels a frame, found 64 x 48: scale the video down, or raise max_pixels"
    with pytest.raises(SourceError, match=message):
        VideoFile(path, max_pixels=3000)
    with VideoFile(path, max_pixels=64 * 48) as source:
        assert len(list(source)) == 10


def test_the_limit_holds_for_a_size_that_grows_later(tmp_path: Path) -> None:
    small = write_clip(tmp_path / "a.ts", size_wh=(64, 48))
    large = write_clip(tmp_path / "b.ts", size_wh=(640, 480))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    with VideoFile(both, max_pixels=10_000) as source:
        assert 9 <= len(list(source)) <= 10
        assert "frames that could not be decoded" in source.warnings[0]


def test_a_refused_file_costs_little_memory(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.gif"
    large_gif(path)  # FFmpeg alone would take 576 MB to look at it
    code = (
        "import resource, sys; from poseact.video import VideoFile; from poseact.errors import SourceError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: VideoFile(sys.argv[1])\n"
        "except SourceError: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(run.stdout) * unit < 100e6
    assert resource is not None
