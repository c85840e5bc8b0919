"""The cache of poses: what is looked at, once; what is looked at again; what becomes of broken videos."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from pathlib import Path

import pytest
import tiny_videos
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

import poseact.pose_cache
from poseact.datasets.extraction_display import ExtractionDisplay
from poseact.errors import InvalidInputError, OutputError, SourceError, WeightsError
from poseact.pose_cache import CachedPoses, PoseCache, default_cache_folder
from poseact.sequence import read_origin

ONE = "tiny_videos:OnePerson"


class Listener:
    """Remembers what it hears."""

    def __init__(self) -> None:
        self.looked_at: list[str] = []
        self.num_ready = self.num_workers = 0
        self.progress: list[tuple[str, int]] = []
        self.heard_end: list[str] = []
        self.outcomes: Sequence[CachedPoses] | None = None

    def started(self, videos: Mapping[Path, int], num_ready: int, num_workers: int) -> None:
        assert all(size > 0 for size in videos.values())
        self.looked_at = sorted(video.name for video in videos)
        self.num_ready, self.num_workers = num_ready, num_workers

    def progressed(self, video: Path, frames_done: int, frames_total: int | None) -> None:
        self.progress.append((video.name, frames_done))

    def ended(self, outcome: CachedPoses) -> None:
        self.heard_end.append(outcome.video.name)

    def finished(self, outcomes: Sequence[CachedPoses]) -> None:
        self.outcomes = outcomes


def videos_in(folder: Path, count: int = 3) -> list[Path]:
    return [tiny_videos.write_video(folder / f"{n}.mp4", seed=n) for n in range(count)]


def looked_at(cache: PoseCache, videos: Sequence[Path]) -> list[str]:
    listener = Listener()
    cache.ensure(videos, listener)
    return listener.looked_at


def age(video: Path, seconds: float = 100) -> None:
    """As if it had been written a while ago."""
    then = time.time() - seconds
    os.utime(video, (then, then))


def test_every_video_is_looked_at_once(tmp_path: Path) -> None:
    videos = videos_in(tmp_path)
    cache, listener = PoseCache(tmp_path / "cache", ONE, workers=2), Listener()
    out = cache.ensure(videos, listener)
    assert list(out) == videos
    assert (listener.looked_at, listener.num_ready, listener.num_workers) == (
        ["0.mp4", "1.mp4", "2.mp4"],
        0,
        2,
    )
    assert sorted(listener.heard_end) == listener.looked_at
    assert listener.outcomes == list(out.values())
    assert all(one.is_new and one.error is None and one.num_persons == 1 for one in out.values())
    poses = out[videos[0]].load()
    assert poses.keypoints[0, :, 0, 0].tolist() == [11, 12, 13]
    again = cache.ensure(videos)
    assert [one.path for one in again.values()] == [one.path for one in out.values()]
    assert not any(one.is_new for one in again.values())
    assert [cache.path_of(video) for video in videos] == [one.path for one in out.values()]


def test_entries_tell_where_they_come_from(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)
    out = PoseCache(tmp_path / "cache", ONE, {"scale": 2.0}).ensure([video])[video]
    assert out.path is not None
    origin = read_origin(out.path)
    assert origin is not None
    assert origin["video"]["name"] == "0.mp4"
    assert (origin["estimator"], origin["options"]) == (ONE, {"scale": 2.0})
    assert (origin["num_frames"], origin["num_persons"], origin["warnings"]) == (3, 1, [])
    assert out.load().keypoints[0, 0, 5, 0] == 20


def test_what_was_touched_renamed_or_moved_is_not_looked_at_again(tmp_path: Path) -> None:
    first, second, third = videos_in(tmp_path / "old")
    cache = PoseCache(tmp_path / "cache", ONE, workers=1)
    cache.ensure([first, second, third])
    age(first)
    second.rename(tmp_path / "old" / "renamed.mp4")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    assert looked_at(cache, sorted((tmp_path / "new").iterdir())) == []
    moved = PoseCache((tmp_path / "cache").rename(tmp_path / "elsewhere"), ONE)
    assert looked_at(moved, sorted((tmp_path / "old").iterdir())) == []


def test_what_was_changed_is_looked_at_again_and_only_that(tmp_path: Path) -> None:
    videos = videos_in(tmp_path)
    for video in videos:
        age(video)
    cache = PoseCache(tmp_path / "cache", ONE, workers=1)
    before = cache.ensure(videos)[videos[1]].path
    tiny_videos.write_video(videos[1], seed=77, frames=4)
    out = cache.ensure(videos)
    assert [one.is_new for one in out.values()] == [False, True, False]
    assert out[videos[1]].load().num_frames == 4
    assert before is not None and before.exists() and before != out[videos[1]].path


def test_a_file_that_is_as_it_was_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [video] = videos_in(tmp_path, 1)
    age(video)
    cache = PoseCache(tmp_path / "cache", ONE)
    cache.ensure([video])
    cache.ensure([video])

    def refuse(_: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr("poseact.recording_index.Recording.of", refuse)
    assert looked_at(cache, [video]) == []


def test_a_file_written_a_moment_ago_is_read_again(tmp_path: Path) -> None:
    """It may be written to again within the same tick of the clock of the file system."""
    [video] = videos_in(tmp_path, 1)
    cache = PoseCache(tmp_path / "cache", ONE)
    cache.ensure([video])
    stamp = video.stat().st_mtime_ns
    content = bytearray(video.read_bytes())
    content[-1] ^= 1
    video.write_bytes(content)
    os.utime(video, ns=(stamp, stamp))
    assert looked_at(cache, [video]) == ["0.mp4"]


def test_other_estimators_options_and_versions_have_entries_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [video] = videos_in(tmp_path, 1)

    def is_looked_at(estimator: str = ONE, **options: object) -> bool:
        return looked_at(PoseCache(tmp_path / "cache", estimator, options), [video]) != []

    assert is_looked_at() and not is_looked_at()
    assert is_looked_at(scale=2.0) and not is_looked_at(scale=2.0)
    assert is_looked_at("tiny_videos:Nobody")
    monkeypatch.setattr(poseact.pose_cache, "POSE_VERSION", 1000)
    assert is_looked_at()
    monkeypatch.setattr(tiny_videos, "POSE_VERSION", "b", raising=False)
    assert is_looked_at() and not is_looked_at()


def test_other_weights_give_other_entries(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"one")
    first = PoseCache(tmp_path / "cache", "blazepose", {"weights": weights}).path_of(video)
    weights.write_bytes(b"two")
    assert PoseCache(tmp_path / "cache", "blazepose", {"weights": weights}).path_of(video) != first


def test_one_broken_video_does_not_stop_the_others(tmp_path: Path) -> None:
    videos = videos_in(tmp_path)
    videos[1].write_bytes(b"no video")
    gone = tmp_path / "gone.mp4"
    deadly = tiny_videos.write_video(tmp_path / "deadly.mp4", seed=8, frames=6)
    wanted = [*videos, gone, deadly]
    out = PoseCache(tmp_path / "cache", "tiny_videos:Deadly", workers=1).ensure(wanted)
    assert [one.error is None for one in out.values()] == [True, False, True, False, False]
    assert str(out[videos[1]].error).startswith(f"{videos[1]}: expected a video")
    assert "code 17" in str(out[deadly].error) and "last words" in str(out[deadly].error)
    with pytest.raises(SourceError, match=r"gone\.mp4"):
        out[gone].load()
    videos[1].write_bytes(tiny_videos.write_video(tmp_path / "x.mp4", seed=9).read_bytes())
    assert looked_at(PoseCache(tmp_path / "cache", "tiny_videos:Deadly"), videos) == ["1.mp4"]


def test_a_video_of_nobody_is_kept_and_said(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)
    cache = PoseCache(tmp_path / "cache", "tiny_videos:Nobody")
    first, second = (cache.ensure([video])[video] for _ in range(2))
    assert (first.is_new, second.is_new) == (True, False)
    for one in (first, second):
        assert one.load().keypoints.shape == (0, 3, 17, 2)
        assert "nobody was found" in one.warnings[0]


def test_what_an_estimator_prints_does_no_harm(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)
    assert PoseCache(tmp_path / "cache", "tiny_videos:Talkative").ensure([video])[video].num_frames == 3


def test_a_video_that_changes_meanwhile_is_not_kept_under_its_old_content(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)

    class Meddler(Listener):
        def started(self, videos: Mapping[Path, int], num_ready: int, num_workers: int) -> None:
            tiny_videos.write_video(video, seed=5, frames=4)

    cache = PoseCache(tmp_path / "cache", ONE)
    assert "changed while it was read" in str(cache.ensure([video], Meddler())[video].error)
    assert cache.ensure([video])[video].num_frames == 4


def test_copies_are_looked_at_once(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)
    copy = shutil.copy(video, tmp_path / "copy.mp4")
    cache, listener = PoseCache(tmp_path / "cache", ONE), Listener()
    out = cache.ensure([video, copy, video], listener)
    assert len(listener.looked_at) == 1 and len(out) == 2
    assert out[video].path == out[copy].path and out[copy].load().num_frames == 3


def test_folders_of_pictures_have_the_rate_asked_for(tmp_path: Path) -> None:
    pictures = tiny_videos.write_pictures(tmp_path / "pictures")
    for fps in (10.0, 20.0):
        cache = PoseCache(tmp_path / "cache", ONE, fps=fps)
        assert looked_at(cache, [pictures]) == ["pictures"]
        assert cache.ensure([pictures])[pictures].load().timestamps.tolist() == [0, 1 / fps, 2 / fps]
    (pictures / "frame1.png").write_bytes((pictures / "frame2.png").read_bytes())
    assert looked_at(cache, [pictures]) == ["pictures"]


def test_prune_leaves_what_is_asked_for(tmp_path: Path) -> None:
    videos = videos_in(tmp_path)
    for estimator in (ONE, "tiny_videos:Nobody"):
        PoseCache(tmp_path / "cache", estimator).ensure(videos)
    cache = PoseCache(tmp_path / "cache", ONE)
    removed = cache.prune(videos[:2])
    assert len(removed) == 2 and not any(path.exists() for path in removed)
    assert looked_at(cache, videos) == ["2.mp4"]


def test_nothing_is_left_of_unfinished_work(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)
    old, young = tmp_path / "cache" / ".run-old", tmp_path / "cache" / ".run-young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    PoseCache(tmp_path / "cache", ONE).ensure([video])
    assert not old.exists() and young.exists()
    assert [path.name for path in (tmp_path / "cache").glob(".run-*")] == [".run-young"]


def test_an_entry_that_was_damaged_is_made_again(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)
    cache = PoseCache(tmp_path / "cache", ONE)
    path = cache.ensure([video])[video].path
    assert path is not None
    path.write_bytes(path.read_bytes()[:-30])
    assert looked_at(cache, [video]) == ["0.mp4"]
    assert cache.ensure([video])[video].load().num_frames == 3


def test_bad_input_is_refused_in_one_line(tmp_path: Path) -> None:
    [video] = videos_in(tmp_path, 1)
    with pytest.raises(InvalidInputError, match="workers"):
        PoseCache(tmp_path, workers=0)
    with pytest.raises(InvalidInputError, match="fps"):
        PoseCache(tmp_path, fps=float("nan"))
    with pytest.raises(InvalidInputError, match="'model'"):
        PoseCache(tmp_path, options={"model": object()})
    with pytest.raises(InvalidInputError, match="cannot be imported"):
        PoseCache(tmp_path, "no_such_module:Name")
    with pytest.raises(InvalidInputError, match="unknown estimator"):
        PoseCache(tmp_path, "yolo").ensure([video])
    with pytest.raises(InvalidInputError, match="colour"):
        PoseCache(tmp_path, ONE, {"colour": 1}).ensure([video])
    with pytest.raises(WeightsError):
        PoseCache(tmp_path).ensure([video])
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="choose another"):
        PoseCache(tmp_path / "file", ONE).ensure([video])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.mp4", "file"]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps({"version": 1, "videos": {"a": value}}).encode()),
    )
)
def test_any_index_is_survived(content: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_bytes(content)
    video = tmp_path / "v.mp4"
    video.write_bytes(b"abc")
    age(video)
    assert PoseCache(folder, ONE).path_of(video).name.startswith("v-")


def test_where_poses_are_kept_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    root = tmp_path / "videos"
    root.mkdir()
    assert default_cache_folder(root) == root / "poseact-poses"
    monkeypatch.setattr("poseact.pose_cache.os.access", lambda *_: False)
    elsewhere = default_cache_folder(root)
    assert root not in elsewhere.parents and elsewhere.name.startswith("videos-")
    (root / "poseact-poses").mkdir()
    assert default_cache_folder(root) == root / "poseact-poses"


_SCRIPT = """
import sys
from pathlib import Path
from poseact.pose_cache import PoseCache
# No "if __name__ == '__main__'": a script of a user's may well have none.
PoseCache(Path("cache"), sys.argv[1], workers=2).ensure(sorted(Path().glob("*.mp4")))
"""


def start_script(folder: Path, estimator: str) -> "subprocess.Popen[bytes]":
    (folder / "script.py").write_text(_SCRIPT)
    return subprocess.Popen(
        [sys.executable, "script.py", estimator],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stderr=subprocess.PIPE,
    )


def test_a_plain_script_needs_no_guard(tmp_path: Path) -> None:
    videos_in(tmp_path)
    script = start_script(tmp_path, ONE)
    _, said = script.communicate(timeout=60)
    assert script.returncode == 0, said.decode()
    assert len(list((tmp_path / "cache").glob("tiny*/*.npz"))) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_an_interruption_ends_all_processes_and_the_rest_goes_on_later(tmp_path: Path) -> None:
    for number, frames in enumerate((60, 1, 1)):
        tiny_videos.write_video(tmp_path / f"{number}.mp4", seed=number, frames=frames)
    (tmp_path / "slow").touch()
    script = start_script(tmp_path, "tiny_videos:SlowWithNotes")
    cache = tmp_path / "cache"
    try:
        wait_for(lambda: len(list(cache.glob("tiny*/*.npz"))) == len(list(tmp_path.glob("working-*"))) == 2)
        script.send_signal(signal.SIGINT)
        _, said = script.communicate(timeout=20)
    finally:
        script.kill()
        script.wait()
    assert script.returncode == -signal.SIGINT and b"KeyboardInterrupt" in said
    assert said.count(b"Traceback") == 1  # of the script; the processes are silent
    notes = list(tmp_path.glob("working-*"))
    assert len(notes) == 2
    for note in notes:
        with pytest.raises(ProcessLookupError):
            os.kill(int(note.name.removeprefix("working-")), 0)
    whole = sorted(cache.glob("tiny*/*.npz"))
    assert len(whole) == 2 and not list(cache.glob(".run-*")) and not list(cache.glob("*/.*"))

    stamps = [path.stat().st_mtime_ns for path in whole]
    (tmp_path / "slow").unlink()
    again = start_script(tmp_path, "tiny_videos:SlowWithNotes")
    assert again.communicate(timeout=60)[1] == b"" and again.returncode == 0
    assert len(list(cache.glob("tiny*/*.npz"))) == 3
    assert [path.stat().st_mtime_ns for path in whole] == stamps


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL to send")
def test_the_processes_end_when_the_program_is_killed(tmp_path: Path) -> None:
    tiny_videos.write_video(tmp_path / "0.mp4", frames=60)
    (tmp_path / "slow").touch()
    script = start_script(tmp_path, "tiny_videos:SlowWithNotes")
    wait_for(lambda: bool(list(tmp_path.glob("working-*"))))
    [note] = tmp_path.glob("working-*")
    script.kill()
    script.communicate()
    wait_for(lambda: not is_there(int(note.name.removeprefix("working-"))))


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(
        f"/proc/{process}/status"
    )  # what has ended but is nobody's child any more may wait for init
    return not (status.exists() and "State:\tZ" in status.read_text())


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def test_the_display_off_a_terminal_says_lines(tmp_path: Path) -> None:
    videos = videos_in(tmp_path)
    videos[1].write_bytes(b"no video")
    text = StringIO()
    console = Console(file=text, width=200)
    with ExtractionDisplay(console, every_s=0.0) as display:
        PoseCache(tmp_path / "cache", ONE, workers=1).ensure(videos, display)
    said = text.getvalue()
    assert "finding the people in 3 videos, once, with 1 process" in said
    assert "3/3 videos" in said and "1 failed" in said
    assert f"failed: {videos[1]}: expected a video" in said
    assert "poses of 2 of 3 videos are there, 2 new, 6 frames" in said
    text.truncate(0)
    with ExtractionDisplay(console) as display:
        PoseCache(tmp_path / "cache", ONE).ensure([videos[0]], display)
    assert text.getvalue().strip("\0") == ""


def test_the_display_on_a_terminal_draws_a_bar(tmp_path: Path) -> None:
    videos = videos_in(tmp_path)
    text = StringIO()
    console = Console(file=text, width=120, force_terminal=True)
    with ExtractionDisplay(console) as display:
        PoseCache(tmp_path / "cache", "tiny_videos:Nobody", workers=2).ensure(videos, display)
    assert "finding people" in text.getvalue()
    assert text.getvalue().count("nobody was found") == 3
