"""The commands that show a clip: which clips, what files, and one clear line where it cannot be."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from typer.testing import CliRunner

from made_clips import CLASSES, made_clips
from made_people import clips, in_metres, in_picture
from poseact import cli_render
from poseact.action_model import ActionModel
from poseact.cli_render import play, render
from poseact.clip_sources import Choice, chosen, foreign_note, poses_of, video_of
from poseact.datasets import write_native
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.input_spec import InputSpec
from poseact.label_scores import label_scores
from poseact.layouts import KINECT20
from poseact.recording import is_annotated
from poseact.sequence import PoseSequence
from poseact.synth import SyntheticClip
from poseact.video import VideoWriter
from poseact.video.gif_writing import read_gif_comment

DATA = Path(__file__).parents[1].parent / "shared" / "data"

Call = Callable[..., str]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clips of each of three labels, 2D."""
    folder = tmp_path_factory.mktemp("data") / "set"
    write_native(clips(), folder)
    return folder


@pytest.fixture(scope="module")
def solid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Poses in metres."""
    path = tmp_path_factory.mktemp("poses") / "solid.poses.npz"
    in_metres(np.random.default_rng(1)).save(path)
    return path


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command; gives what it printed, raises what it raises."""
    app = typer.Typer()
    app.command()(render)
    app.command()(play)

    def call(*arguments: object, code: int = 0) -> str:
        capfd.readouterr()
        result = CliRunner().invoke(app, [str(one) for one in arguments])
        if isinstance(result.exception, PoseactError):
            raise result.exception
        assert result.exit_code == code, result.output
        out, err = capfd.readouterr()
        return result.output + out + err

    return call


def movie(path: Path) -> tuple[int, float, tuple[int, int]]:
    """Pictures, seconds, size."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        frames = sum(1 for _ in file.decode(video=0))
        return frames, (file.duration or 0) / 1e6, (stream.width, stream.height)


def test_a_clip_of_a_data_set_as_mp4(call: Call, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.mp4"
    said = call("render", data, "--clip", "bow_s1_1", "--out", out, "--size", 120, "--loop", 1)
    frames, seconds, size = movie(out)
    assert frames == clips()[0].sequence.num_frames
    assert seconds == pytest.approx(frames / 25, abs=0.01)
    assert min(size) == 120
    assert str(out) in said.replace("\n", "")
    assert is_annotated(out)
    call("render", data, "--clip", "bow_s1_1", "--out", out, "--size", 120, "--loop", 2, "--slow", 2)
    assert movie(out)[1] == pytest.approx(2 * (2 * frames / 25 + 0.4), abs=0.1)


def test_gif_of_the_turning_view(call: Call, solid: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.gif"
    call("render", solid, "--out", out, "--view", "both", "--size", 120, "--loop", 1)
    frames, seconds, _ = movie(out)
    wanted = in_metres(np.random.default_rng(1)).num_frames / 25
    assert seconds == pytest.approx(wanted, abs=0.06)
    assert frames == pytest.approx(wanted * 20, abs=1)
    assert read_gif_comment(out) == "annotated by poseact"


def test_several_clips_make_a_folder_or_a_grid(call: Call, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "movies"
    call("render", data, "--label", "wave", "--count", 2, "--out", folder, "--size", 96, "--loop", 1)
    assert sorted(path.name for path in folder.iterdir()) == ["wave_s1_1.mp4", "wave_s1_2.mp4"]
    grid = tmp_path / "grid.mp4"
    call("render", data, "--grid", "--out", grid, "--size", 96, "--loop", 1, "--fps", 10)
    assert movie(grid)[2][0] >= 2 * 96  # one of each of three labels
    with pytest.raises(InvalidInputError, match="--grid"):
        call("render", data, "--count", 1, "--out", tmp_path / "x.mp4")
    assert not (tmp_path / "x.mp4").exists()


def test_model_adds_bars(call: Call, data: Path, tmp_path: Path) -> None:
    sizes = []
    for more in ((), ("--model", "everyday")):
        out = tmp_path / f"{len(more)}.mp4"
        call("render", data, "--clip", "walk_s1_1", "--out", out, "--size", 160, "--loop", 1, *more)
        sizes.append(movie(out)[2])
    assert sizes[0][0] == sizes[1][0]
    assert sizes[1][1] > sizes[0][1] + 60


def test_over_a_video(
    call: Call, poses_file: Path, blank_video: Path, truth: PoseSequence, tmp_path: Path
) -> None:
    out = tmp_path / "a.mp4"
    call("render", poses_file, "--video", blank_video, "--out", out, "--size", 200, "--fps", 5)
    frames, seconds, (width, height) = movie(out)
    assert frames == pytest.approx(truth.num_frames / 3, abs=1)
    assert seconds == pytest.approx(truth.num_frames / 15, abs=0.2)
    assert truth.frame_size_wh is not None
    wanted = truth.frame_size_wh[0] / truth.frame_size_wh[1]
    assert width / (height - 22) == pytest.approx(wanted, rel=0.05)


def test_folders_of_videos_are_searched_by_name(tmp_path: Path) -> None:
    (tmp_path / "wave").mkdir()
    video = tmp_path / "wave" / "clip1.MP4"
    video.write_bytes(b"")
    assert video_of("wave/clip1", tmp_path) == video
    assert video_of("clip1", tmp_path / "wave") == video
    assert video_of("clip2", video) == video
    with pytest.raises(SourceError, match="no video called clip2"):
        video_of("clip2", tmp_path)
    with pytest.raises(SourceError, match="no such file"):
        video_of("clip2", tmp_path / "nowhere")


def test_poses_of_another_recording_are_noted(tmp_path: Path, clip: SyntheticClip) -> None:
    videos = []
    for number, grey in enumerate((30, 200)):
        videos.append(tmp_path / f"{number}.mp4")
        with VideoWriter(videos[-1]) as writer:
            writer.write(np.full((48, 64, 3), grey, np.uint8), 0.0)
    from dataclasses import asdict

    from poseact.recording import Recording

    poses = tmp_path / "0.poses.npz"
    clip.truth.save(poses, origin={"video": asdict(Recording.of(videos[0]))})
    assert foreign_note(poses, videos[0]) is None
    assert "not this very file" in (foreign_note(poses, videos[1]) or "")


def test_a_result_brings_its_segments(
    call: Call, run: Any, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    options = ("-O", f"poses={poses_file}", "-O", "any_video=true", "--no-video", "-q")
    code, _, _ = run("predict", blank_video, "-o", tmp_path, "--estimator", "recorded", *options)
    assert code == 0
    result = tmp_path / "blank.json"
    content = poses_of(result)
    assert content is not None
    assert content.timeline is not None
    assert content.timeline.segments
    assert content.sequence.num_frames > 0
    (tmp_path / "blank.poses.npz").unlink()
    with pytest.raises(SourceError, match="not beside it"):
        poses_of(result)


def test_with_a_model_the_labels_of_a_result_are_left_out(
    call: Call, run: Any, blank_video: Path, poses_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("-O", f"poses={poses_file}", "-O", "any_video=true", "--no-video", "-q")
    assert run("predict", blank_video, "-o", tmp_path, "--estimator", "recorded", *options)[0] == 0
    shown = []

    def no_movies(contents: Any, *_: object) -> list[Any]:
        shown.extend(contents)
        return []

    monkeypatch.setattr(cli_render, "_movies", no_movies)
    result, out = tmp_path / "blank.json", tmp_path / "a.mp4"
    said = call("render", result, "--out", out)
    assert "own labels" not in said
    said = call("render", result, "--out", out, "--model", "everyday")
    assert "answers of everyday, without the result's own labels" in said.replace("\n", " ")
    assert [one.timeline is None for one in shown] == [False, True]
    assert shown[1].scores is not None


def test_a_grid_shows_clips_that_the_model_has_not_learnt_from(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_native(made_clips(), tmp_path / "made")
    shown: list[Any] = []

    def no_grid(contents: Any, *_: object) -> Any:
        shown[:] = [content.name for content in contents]
        raise InvalidInputError("no movie is needed")

    monkeypatch.setattr(cli_render, "_grid", no_grid)
    model = ActionModel.load("everyday")
    monkeypatch.setattr(ActionModel, "load", lambda _: model)

    def grid(learnt: dict[str, Any], words: str, *more: str) -> list[str]:
        model.info = replace(model.info, learnt_from=learnt)
        told: list[str] = []
        monkeypatch.setattr(cli_render, "say", told.append)
        options = ("--grid", "--out", tmp_path / "a.mp4", "--model", "everyday", *more)
        with pytest.raises(InvalidInputError, match="no movie"):
            call("render", tmp_path / "made", *options)
        assert len(told) == bool(words) and words in "".join(told)
        return shown

    own = {"data": "made", "protocol": "xsub", "fold": "1", "split": None}
    assert grid(own, "only the test part of 'xsub'") == [f"{one}_s2_t0" for one in CLASSES]
    assert grid(own, "test part", "--label", "squat", "--count", "3") == [
        "squat_s2_t0",
        "squat_s2_t1",
        "squat_s4_t0",
    ]
    assert grid(own, "", "--clip", "squat_s1_t0") == ["squat_s1_t0"]
    first = [f"{one}_s1_t0" for one in CLASSES]
    assert grid({}, "") == first
    assert grid({**own, "data": "other", "protocol": "xview"}, "") == first
    assert grid({**own, "protocol": "all", "split": "a.json"}, "by a division (split file a.json") == first


def test_a_clip_that_a_model_cannot_take_is_named() -> None:
    flat = clips()[0].sequence
    model = ActionModel.load("everyday")
    model.info = replace(model.info, num_coordinates=3, features=None)
    with pytest.raises(InvalidInputError, match="clip 'bow_s1_1': expected 3D joints"):
        label_scores(model, flat, name="bow_s1_1")


def test_clips_that_a_model_cannot_take_do_not_stop_the_others(
    call: Call, solid: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def probabilities(keypoints: NDArray[Any], confidence: NDArray[Any]) -> NDArray[np.float32]:
        assert keypoints.shape == (1, 1, 16, 20, 3) and confidence.shape == keypoints.shape[:-1]
        return np.array([[0.7, 0.3]], np.float32)

    info = SimpleNamespace(
        spec=InputSpec(KINECT20, num_frames=16, num_coordinates=3), class_names=("bow", "walk")
    )
    model = SimpleNamespace(info=info, probabilities=probabilities)
    monkeypatch.setattr(ActionModel, "load", lambda _: model)
    options = ("--model", "mine.onnx", "--out", tmp_path / "movies", "--size", 96, "--loop", 1)
    said = call("render", solid, data, "--clip", "bow_s1_1", *options, code=3)
    assert "bow_s1_1: expected 3D joints for a 3D model, found 2D ones only" in said.replace("\n", " ")
    assert [path.name for path in (tmp_path / "movies").iterdir()] == ["solid.mp4"]
    for more in ((), ("--grid",)):
        out = tmp_path / "alone.mp4"
        said = call("render", data, "--clip", "bow_s1_1", *more, "--model", "m", "--out", out, code=1)
        assert "expected 3D joints" in said and not out.exists()


def test_choices() -> None:
    every = clips()
    here = Path("set")
    assert [c.name for c in chosen(iter(every), Choice(names=("wave_s1_1", "bow_s1_1")), here)] == [
        "wave_s1_1",
        "bow_s1_1",
    ]
    assert len(chosen(iter(every), Choice(count=2), here)) == 6
    assert {c.label for c in chosen(iter(every), Choice(labels=("walk",)), here)} == {"walk"}
    assert chosen(iter(every[:1]), Choice(), here) == every[:1]
    read = iter(every)
    chosen(read, Choice(labels=("bow",), count=1), here)
    assert next(read).name == every[1].name  # not read to the end
    with pytest.raises(InvalidInputError, match="holds several clips"):
        chosen(iter(every), Choice(), here)
    with pytest.raises(SourceError, match="no clip is called 'x'"):
        chosen(iter(every), Choice(names=("x",)), here)
    with pytest.raises(SourceError, match="its labels: bow, walk, wave"):
        chosen(iter(every), Choice(labels=("x",)), here)
    with pytest.raises(InvalidInputError, match="--count"):
        Choice(count=0)
    with pytest.raises(InvalidInputError, match="leave out"):
        Choice(names=("a",), count=2)


def test_what_cannot_be_is_one_line_and_leaves_nothing(
    call: Call, data: Path, solid: Path, tmp_path: Path
) -> None:
    video = tmp_path / "v.mp4"
    with VideoWriter(video) as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8), 0.0)
    (tmp_path / "broken.poses.npz").write_bytes(b"PK nothing")
    before = sorted(tmp_path.iterdir())
    out = tmp_path / "out.mp4"
    one = ("--clip", "bow_s1_1")
    cases: list[tuple[tuple[object, ...], str]] = [
        ((data, *one, "--view", "3d", "--out", out), "--view 2d"),
        ((data, *one, "--view", "5d", "--out", out), "2d, 3d or both"),
        ((data, *one, "--out", tmp_path / "a.avi"), r"\.mp4 or \.gif"),
        ((data, *one, "--out", tmp_path / "no" / "where.mp4"), "no folder"),
        ((data, *one, "--out", video), "no movie of poseact"),
        ((data, *one, "--size", 3, "--out", out), "size: expected"),
        ((data, *one, "--model", "nobody", "--out", out), "neither a model file"),
        ((data, *one, "--video", tmp_path / "none.mp4", "--out", out), "no such file"),
        ((data, *one, "--video", video, "--out", out), "another one"),
        ((data, "--grid", "--video", video, "--out", out), "leave out --video"),
        ((solid, "--video", video, "--out", out), "metres"),
        ((solid, "--video", video, "--view", "3d", "--out", out), "--view both"),
        ((video, "--out", out), "poseact pose"),
        ((tmp_path / "broken.poses.npz", "--out", out), "broken.poses.npz"),
        ((tmp_path / "nothing.npz", "--out", out), "no such file"),
    ]
    for arguments, expected in cases:
        with pytest.raises(PoseactError, match=expected) as caught:
            call("render", *arguments)
        assert "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_one_clip_that_cannot_be_shown_does_not_end_the_others(
    call: Call, solid: Path, tmp_path: Path
) -> None:
    level = tmp_path / "level.poses.npz"
    in_picture(np.random.default_rng(0)).save(level)
    folder = tmp_path / "out"
    said = call("render", level, solid, "--view", "3d", "--out", folder, "--size", 96, "--loop", 1, code=3)
    assert [path.name for path in folder.iterdir()] == ["solid.mp4"]
    assert "3D view needs" in said


def test_play_opens_a_viewer_or_says_where_the_movie_is(
    call: Call, solid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", lambda url: opened.append(url) or 0)
    monkeypatch.setattr(cli_render, "_has_screen", lambda: True)
    call("play", solid, "--size", 96, "--loop", 1)
    assert len(opened) == 1
    assert movie(Path(opened[0]))[0] > 0
    monkeypatch.setattr(cli_render, "_has_screen", lambda: False)
    said = call("play", solid, "--size", 96, "--loop", 1, "--view", "3d")
    assert len(opened) == 1
    place = Path("".join(said.split("the movie: ")[1].split("\n")))
    assert movie(place)[0] > 0
    monkeypatch.setattr(cli_render, "_has_screen", lambda: True)
    monkeypatch.setattr(typer, "launch", lambda _: 1)
    assert "no viewer" in call("play", solid, "--size", 96, "--loop", 1)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "clip_name", "view"), [("jhmdb", "clap_001", "2d"), ("sbu-interaction", "s01s02_01_001", "both")]
)
def test_clips_of_real_sets(call: Call, tmp_path: Path, name: str, clip_name: str, view: str) -> None:
    if not (DATA / name).exists():
        pytest.skip("no shared data")
    out = tmp_path / "a.mp4"
    options = ("--clip", clip_name, "--view", view, "--model", "everyday", "--size", 120, "--fps", 10)
    call("render", DATA / name, *options, "--out", out)
    assert movie(out)[1] > 3
