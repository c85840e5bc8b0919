"""The command line, on good input and on bad."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import poseact
from poseact.layouts import COCO17, LAYOUTS
from poseact.pose import ESTIMATORS, PersonPose
from poseact.render import write_png
from poseact.results import result_schema
from poseact.sequence import PoseSequence, read_origin
from poseact.synth import SyntheticClip
from poseact.video import Frame, VideoFile, VideoWriter

# The fixture `run`: arguments in; exit code, stdout, stderr out.
Run = Callable[..., tuple[int, str, str]]
SUFFIXES = (".csv", ".json", ".mp4", ".png", ".poses.npz", ".vtt")


class Nobody:
    """An estimator that needs no weights and sees nobody."""

    layout = COCO17

    def __init__(self, height_m: float = 1.7, *, notes: bool = False) -> None:
        del height_m, notes

    def estimate(self, frame: Frame) -> list[PersonPose]:
        return []

    def reset(self) -> None:
        pass


_NOBODY = ("--estimator", f"{__name__}:Nobody")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _recorded(poses: Path) -> tuple[str, ...]:
    return ("--estimator", "recorded", "-O", f"poses={poses}")


def _poses_folder(folder: Path, poses: Path, stems: Iterable[str]) -> Path:
    """The same poses for several videos."""
    folder.mkdir()
    for stem in stems:
        (folder / f"{stem}.poses.npz").write_bytes(poses.read_bytes())
    return folder


def _other_video(path: Path, video: Path) -> Path:
    """A video that shows the same but is another file: a box of nothing is added at its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(video.read_bytes() + (1000).to_bytes(4, "big") + b"free" + bytes(992))
    return path


def test_version_and_help(run: Run) -> None:
    assert run("--version")[1].strip() == f"poseact {poseact.__version__}"
    code, out, _ = run("--help")
    assert code == 0
    assert all(name in out for name in ("predict", "pose", "demo", "models", "layouts"))


def test_the_package_runs_as_a_module() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "poseact", "--version"], stdout=subprocess.PIPE, text=True, check=True
    )
    assert asked.stdout.strip() == f"poseact {poseact.__version__}"


def test_no_arguments_show_help(run: Run) -> None:
    assert "predict" in "".join(map(str, run()))


def test_layouts_lists_all_and_shows_one(run: Run) -> None:
    assert all(name in run("layouts")[1] for name in LAYOUTS)
    assert "left_wrist" in run("layouts", "coco17")[1]
    code, _, err = run("layouts", "coco18")
    assert code == 1
    assert err.count("\n") == 1


def test_models_says_what_the_model_knows(run: Run) -> None:
    code, out, _ = run("models")
    assert code == 0
    assert all(word in out for word in ("everyday", "squat", "fall"))


def test_predict_writes_every_file(run: Run, blank_video: Path, poses_file: Path, tmp_path: Path) -> None:
    code, out, err = run("predict", blank_video, "--out", tmp_path / "out", *_recorded(poses_file))
    assert code == 0, err
    assert "blank.mp4" in out
    assert _names(tmp_path / "out") == sorted(f"blank{suffix}" for suffix in SUFFIXES)
    document = json.loads((tmp_path / "out" / "blank.json").read_text())
    jsonschema.validate(document, result_schema())
    assert document["video"]["num_frames"] == len(PoseSequence.load(poses_file).timestamps)
    with VideoFile(tmp_path / "out" / "blank.mp4") as video:
        stamps = [frame.timestamp_s for frame in video]
    np.testing.assert_allclose(stamps, PoseSequence.load(poses_file).timestamps, atol=1e-3)


def test_predict_recognises_the_actor_from_true_joints(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    run("predict", blank_video, "--out", tmp_path, "--json-only", *_recorded(poses_file))
    segments = json.loads((tmp_path / "blank.json").read_text())["segments"]
    longest = sorted(segments, key=lambda s: s["start_s"] - s["end_s"])[:2]
    assert {s["label"] for s in longest} == {"squat", "jumping_jack"}


def test_less_can_be_asked_for(run: Run, blank_video: Path, poses_file: Path, tmp_path: Path) -> None:
    run("predict", blank_video, "--out", tmp_path / "a", "--no-video", *_recorded(poses_file))
    assert not (tmp_path / "a" / "blank.mp4").exists()
    assert len(_names(tmp_path / "a")) == 5
    run("predict", blank_video, "--out", tmp_path / "b", "--json-only", *_recorded(poses_file))
    assert _names(tmp_path / "b") == ["blank.json"]


def test_python_and_the_command_line_agree(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    from poseact.pose import create_estimator

    run("predict", blank_video, "--out", tmp_path, "--json-only", *_recorded(poses_file))
    result = poseact.predict(blank_video, estimator=create_estimator("recorded", poses=poses_file))
    written = json.loads((tmp_path / "blank.json").read_text())["segments"]
    assert [s.label for s in result.timeline.segments] == [s["label"] for s in written]


def test_pose_saves_the_joints(run: Run, blank_video: Path, poses_file: Path, tmp_path: Path) -> None:
    code, _, err = run("pose", blank_video, "--out", tmp_path, *_recorded(poses_file))
    assert code == 0, err
    saved = PoseSequence.load(tmp_path / "blank.poses.npz")
    np.testing.assert_allclose(saved.keypoints, PoseSequence.load(poses_file).keypoints)


def test_one_broken_video_does_not_stop_the_others(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a-broken.mp4").write_text("this is no video")
    (folder / "b-good.mp4").write_bytes(blank_video.read_bytes())
    (folder / "c-empty.mp4").touch()
    poses = _poses_folder(tmp_path / "poses", poses_file, ("a-broken", "b-good", "c-empty"))
    code, out, err = run("predict", folder, "--out", tmp_path / "out", "--json-only", *_recorded(poses))
    assert code == 3
    assert _names(tmp_path / "out") == ["b-good.json"]
    assert "b-good.mp4" in out
    assert "results in" in out
    for name in ("a-broken.mp4", "c-empty.mp4"):  # that it failed, and at the end why
        progress, reason = [line for line in err.splitlines() if name in line]
        assert progress.endswith(f"failed  {folder / name}")
        assert reason.startswith(f"poseact: {folder / name}: ")
        assert name not in out


def test_a_failure_leaves_no_table_and_no_results_to_look_at(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_text("no video")
    for command in ("predict", "pose"):
        code, out, err = run(command, tmp_path / "bad.mp4", "--out", tmp_path / "out", *_NOBODY)
        assert (code, out) == (1, "")
        assert err.count("\n") == 2, err


def _audio_only(path: Path) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.rate = 44100
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


@pytest.mark.parametrize("kind", ["missing", "text", "zero bytes", "directory", "audio only", "cut"])
def test_bad_input_is_one_clear_line(
    run: Run, kind: str, tmp_path: Path, poses_file: Path, blank_video: Path
) -> None:
    path = tmp_path / "bad.mp4"
    if kind == "text":
        path.write_text("hello")
    elif kind == "zero bytes":
        path.touch()
    elif kind == "directory":
        path.mkdir()
    elif kind == "audio only":
        _audio_only(path)
    elif kind == "cut":  # before the first whole frame
        path.write_bytes(blank_video.read_bytes()[:200])
    out = tmp_path / "out"
    code, stdout, err = run("predict", path, "--out", out, "--quiet", *_recorded(poses_file))
    assert code == 1
    assert stdout == ""
    lines = err.strip().splitlines()
    assert len(lines) == 1, err
    assert lines[0].startswith(f"poseact: {path}: ")
    assert "unexpected" not in lines[0]
    assert not out.exists() or _names(out) == []


def test_a_truncated_video_gives_its_good_frames(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    whole = blank_video.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    code, _, err = run("predict", tmp_path / "cut.mp4", "--out", tmp_path / "out", *_recorded(poses_file))
    assert code == 0, err
    document = json.loads((tmp_path / "out" / "cut.json").read_text())
    assert 0 < document["video"]["num_frames"] < PoseSequence.load(poses_file).num_frames
    assert any("cut off" in warning for warning in document["warnings"])
    assert str(tmp_path) not in json.dumps(document)
    _, _, err = run(
        "predict", tmp_path / "cut.mp4", "--out", tmp_path / "o", "--json-only", "-q", *_recorded(poses_file)
    )
    assert f"poseact: {tmp_path / 'cut.mp4'}: the file is cut off" in err


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 5)])
@pytest.mark.usefixtures("blazepose_weights")
def test_a_tiny_video_has_nobody_in_it(run: Run, size_wh: tuple[int, int], tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "tiny.mp4") as writer:
        for i in range(5):
            writer.write(np.zeros((size_wh[1], size_wh[0], 3), np.uint8), i / 10)
    code, _, err = run("predict", tmp_path / "tiny.mp4", "--out", tmp_path / "out")
    assert code == 0, err
    assert "nobody was found" in err
    assert len(_names(tmp_path / "out")) == 6


@pytest.mark.usefixtures("blazepose_weights")
def test_a_video_of_nobody_says_so(run: Run, blank_video: Path, tmp_path: Path) -> None:
    code, out, err = run("predict", blank_video, "--out", tmp_path, "--no-video")
    assert code == 0, err
    assert "nobody was found" in err
    document = json.loads((tmp_path / "blank.json").read_text())
    assert document["persons"] == document["segments"] == []
    assert "blank.mp4" in out


@pytest.mark.usefixtures("blazepose_weights")
def test_the_whole_way_on_the_drawn_actor(run: Run, actor_video: Path, tmp_path: Path) -> None:
    code, _, err = run("predict", actor_video, "--out", tmp_path)
    assert code == 0, err
    assert len(_names(tmp_path)) == 6
    document = json.loads((tmp_path / "actor.json").read_text())
    (person,) = document["persons"]
    assert person["num_frames"] >= 0.98 * document["video"]["num_frames"]
    assert {"squat", "jumping_jack"} <= {s["label"] for s in document["segments"]}


def test_an_output_folder_that_cannot_be_is_said_at_once(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "deeper"):
        code, _, err = run("predict", blank_video, "--out", out, *_recorded(poses_file))
        assert code == 1
        assert err.strip().count("\n") == 0
        assert "cannot be written" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "none.onnx"), "neither a model file nor a model"),
        (("--estimator", "magic"), "unknown estimator"),
        (("--estimator", "no.such:Thing"), "cannot be imported"),
        (("-O", "speed"), "KEY=VALUE"),
        (("-O", "max_person=1"), "no option 'max_person'; it has weights, max_persons, smooth, tiles"),
        (("-O", "smooth=no"), "expected true or false"),
        (("--estimator", "recorded"), "add -O poses=FILE.npz"),
        (("--fps", "10"), "for folders of pictures"),
        (("--estimator", "recorded", "-O", "poses=none.npz"), "no such file"),
    ],
)
def test_a_wrong_option_is_one_clear_line(
    run: Run, arguments: tuple[str, ...], message: str, blank_video: Path, tmp_path: Path
) -> None:
    code, _, err = run("predict", blank_video, "--out", tmp_path, *arguments)
    assert code == 1
    assert err.strip().count("\n") == 0
    assert message in err


def test_a_foreign_onnx_file_is_refused(run: Run, blank_video: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"\x08\x07garbage")
    code, _, err = run("predict", blank_video, "--out", tmp_path / "o", "--model", tmp_path / "bad.onnx")
    assert code == 1
    assert "expected an ONNX model" in err


def test_resume_leaves_out_what_is_done(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    arguments = ("predict", blank_video, "--out", tmp_path, "--json-only", *_recorded(poses_file))
    run(*arguments)
    before = (tmp_path / "blank.json").stat().st_mtime_ns
    code, _, err = run(*arguments, "--resume")
    assert code == 0
    assert "done already, and left out: 1 of 1" in err
    assert (tmp_path / "blank.json").stat().st_mtime_ns == before


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
@pytest.mark.parametrize(
    ("sent", "code", "word"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "ended")]
)
def test_an_interrupted_run_leaves_whole_files_only(
    blank_video: Path, poses_file: Path, tmp_path: Path, sent: str, code: int, word: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(30):
        (folder / f"{i:02}.mp4").write_bytes(blank_video.read_bytes())
    out = tmp_path / "out"
    poses = _poses_folder(tmp_path / "poses", poses_file, (f"{i:02}" for i in range(30)))
    process = subprocess.Popen(
        [sys.executable, "-m", "poseact.cli", "predict", folder, "--out", out, *_recorded(poses)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (out / "01.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.Signals[sent])
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert f"poseact: {word}; files that were not yet whole have been removed" in err
    assert "Traceback" not in err
    names = _names(out)
    assert "01.json" in names
    assert "29.json" not in names
    assert not [name for name in names if name.startswith(".") or "part" in name]
    for name in names:
        if name.endswith(".json"):
            json.loads((out / name).read_text())
        if name.endswith(".mp4"):
            with VideoFile(out / name) as video:
                assert sum(1 for _ in video) == PoseSequence.load(poses_file).num_frames


def test_poses_of_another_video_are_refused(run: Run, poses_file: Path, tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "small.mp4") as writer:
        for i in range(5):
            writer.write(np.zeros((32, 48, 3), np.uint8), i / 10)
    code, _, err = run("predict", tmp_path / "small.mp4", "--out", tmp_path / "o", *_recorded(poses_file))
    assert code == 1
    assert "poses of another video" in err


def test_a_video_is_never_overwritten_by_its_own_results(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    video = tmp_path / "mine.mp4"
    video.write_bytes(blank_video.read_bytes())
    for _ in range(2):  # also when the folder is searched and holds the results already
        code, _, err = run("predict", tmp_path, "--out", tmp_path, *_recorded(poses_file))
        assert code == 0, err
        assert "results are called mine_mp4" in err
        assert video.read_bytes() == blank_video.read_bytes()
        assert _names(tmp_path) == sorted(["mine.mp4", *(f"mine_mp4{suffix}" for suffix in SUFFIXES)])
    code, _, err = run("pose", video, "--out", tmp_path, *_recorded(poses_file))
    assert code == 0, err
    assert len(_names(tmp_path)) == 7


def test_results_in_any_folder_are_not_worked_on_again(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    video = tmp_path / "in" / "walk.mp4"
    video.parent.mkdir()
    video.write_bytes(blank_video.read_bytes())
    assert run("predict", video, "--out", tmp_path / "in" / "old", *_recorded(poses_file))[0] == 0
    code, _, err = run(
        "predict", tmp_path / "in", "-r", "-q", "--out", tmp_path / "new", *_recorded(poses_file)
    )
    assert code == 0, err
    assert _names(tmp_path / "new") == sorted(f"walk{suffix}" for suffix in SUFFIXES)
    assert err.splitlines() == [
        f"poseact: {tmp_path / 'in' / 'old' / 'walk.mp4'}: annotated by poseact, so left out "
        "(name one to work on it too)"
    ]


def test_results_below_a_searched_folder_are_no_sources(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(blank_video.read_bytes())
    arguments = ("predict", tmp_path, "-r", "--out", tmp_path / "results", *_recorded(poses_file))
    assert run(*arguments)[0] == 0
    code, _, err = run(*arguments, "--resume")
    assert code == 0
    assert "1 of 1" in err
    assert len(_names(tmp_path / "results")) == 6


def test_resume_makes_what_is_still_missing(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    arguments = ("predict", blank_video, "--out", tmp_path, "--no-video", *_recorded(poses_file))
    run(*arguments, "--json-only")
    run(*arguments, "--resume")
    assert len(_names(tmp_path)) == 5


def test_resume_takes_the_people_that_were_found_before(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("predict", blank_video, "--out", tmp_path)
    run(*arguments, "--no-video", *_NOBODY)

    def refuse(*_: object) -> list[PersonPose]:
        raise AssertionError("the pictures were looked at again")

    monkeypatch.setattr(Nobody, "estimate", refuse)
    assert run(*arguments, *_NOBODY)[0] == 1
    code, _, err = run(*arguments, "--resume", *_NOBODY)
    assert code == 0, err
    assert "people found before are taken from NAME.poses.npz: in 1 of 1" in err
    assert _names(tmp_path) == sorted(f"blank{suffix}" for suffix in SUFFIXES)
    assert json.loads((tmp_path / "blank.json").read_text())["estimator"] == _NOBODY[1]
    (tmp_path / "blank.mp4").unlink()
    code, _, err = run(*arguments, "--resume", *_recorded(poses_file))  # not those of another estimator
    assert code == 0, err
    assert json.loads((tmp_path / "blank.json").read_text())["persons"]


def test_names_that_look_like_markup_are_shown_as_they_are(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    video = tmp_path / "[red]b[x].mp4"
    video.write_bytes(blank_video.read_bytes())
    code, out, err = run("predict", video, "--out", tmp_path / "o[", "--json-only", *_recorded(poses_file))
    assert code == 0, err
    assert "[red]b[x].mp4" in out
    code, out, err = run(
        "predict", video, "--out", tmp_path / "o[" / "b]" / "[" / "b]", "--json-only", *_recorded(poses_file)
    )
    assert code == 0, err


# -- names of results ------------------------------------------------------------------------


def _name_in(path: Path) -> str:
    name: str = json.loads(path.read_text())["video"]["name"]
    return name


def test_results_of_another_video_are_never_overwritten(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    first = _other_video(tmp_path / "a" / "walk.mp4", blank_video)
    out = tmp_path / "out"
    options = ("--out", out, "--no-video", *_recorded(poses_file))
    assert run("predict", first, *options)[0] == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    second = tmp_path / "walk.mp4"
    second.write_bytes(blank_video.read_bytes())
    code, _, err = run("predict", second, *options)
    assert code == 0, err
    assert "results are called walk_mp4" in err
    assert "results are called walk_mp4" in run("predict", second, "-q", *options)[2]
    assert {name: (out / name).read_bytes() for name in before} == before
    assert len(_names(out)) == 10
    run("predict", second, *options)  # again: its own are replaced
    run("predict", first, second, *options)
    assert len(_names(out)) == 10


def test_pose_does_not_overwrite_poses_of_another_video(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    first = _other_video(tmp_path / "a" / "walk.mp4", blank_video)
    second = tmp_path / "walk.mp4"
    second.write_bytes(blank_video.read_bytes())
    for video in (first, second, second, first):
        code, _, err = run("pose", video, "--out", tmp_path / "out", *_recorded(poses_file))
        assert code == 0, err
    assert _names(tmp_path / "out") == ["walk.poses.npz", "walk_mp4.poses.npz"]
    origin = read_origin(tmp_path / "out" / "walk.poses.npz")
    assert origin is not None
    assert origin["video"]["size_bytes"] == first.stat().st_size
    assert origin["estimator"] == "recorded"


def test_what_is_not_poseacts_is_never_overwritten(run: Run, blank_video: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "blank.json").write_text('{"my": "notes"}')
    code, _, err = run("predict", blank_video, "--out", out, "--json-only", *_NOBODY)
    assert code == 0, err
    assert (out / "blank.json").read_text() == '{"my": "notes"}'
    assert _name_in(out / "blank_mp4.json") == "blank.mp4"


def test_resume_is_about_the_very_video_the_estimator_and_the_model(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    video = tmp_path / "walk.mp4"
    video.write_bytes(blank_video.read_bytes())
    options = ("predict", video, "--out", tmp_path / "out", "--json-only", "--resume")
    run(*options, *_recorded(poses_file))
    assert "left out" in run(*options, *_recorded(poses_file))[2]
    assert "left out" not in run(*options, *_NOBODY)[2]
    document = json.loads((tmp_path / "out" / "walk.json").read_text())
    document["model"]["version"] = "0"
    (tmp_path / "out" / "walk.json").write_text(json.dumps(document))
    assert "left out" not in run(*options, *_NOBODY)[2]
    assert "left out" in run(*options, *_NOBODY)[2]
    _other_video(video, blank_video)
    assert "left out" not in run(*options, *_NOBODY)[2]
    assert _names(tmp_path / "out") == ["walk.json", "walk_mp4.json"]


def test_what_a_killed_run_left_is_removed_when_it_is_old(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    old, new, mine = (
        tmp_path / f".walk.{name}" for name in ("part-ab_12xyz.mp4", "part-00000000.npz", "mp4")
    )
    for path in (old, new, mine):
        path.touch()
    for path in (old, mine):
        os.utime(path, (0, 0))
    run("predict", blank_video, "--out", tmp_path, "--json-only", *_recorded(poses_file))
    assert _names(tmp_path) == sorted([new.name, mine.name, "blank.json"])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "poseact.cli", "layouts"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.startswith("poseact: the output cannot be written (")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="closes a pipe")
def test_a_reader_that_goes_away_is_no_trouble() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "poseact.cli", "layouts"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, b"")


def test_resume_checks_the_options_even_when_nothing_is_to_do(
    run: Run, blank_video: Path, tmp_path: Path
) -> None:
    options = ("predict", blank_video, "--out", tmp_path, "--json-only", *_NOBODY)
    run(*options)
    code, _, err = run(*options, "--resume", "--model", "none.onnx")
    assert code == 1
    assert "none.onnx" in err


def test_pose_resumes_too(run: Run, blank_video: Path, poses_file: Path, tmp_path: Path) -> None:
    options = ("pose", blank_video, "--out", tmp_path, "--resume")
    run(*options, *_NOBODY)
    assert "left out: 1 of 1" in run(*options, *_NOBODY)[2]
    assert "left out" not in run(*options, *_recorded(poses_file))[2]
    (tmp_path / "blank.poses.npz").write_bytes(poses_file.read_bytes())  # whose, nobody knows
    run(*options, *_NOBODY)
    assert (tmp_path / "blank.poses.npz").read_bytes() == poses_file.read_bytes()
    assert _names(tmp_path) == ["blank.poses.npz", "blank_mp4.poses.npz"]


# -- recorded poses --------------------------------------------------------------------------


def test_a_folder_of_poses_serves_several_videos(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    videos = [_other_video(tmp_path / name, blank_video) for name in ("a.mp4", "b.mp4")]
    poses = _poses_folder(tmp_path / "poses", poses_file, ("a", "b"))
    code, _, err = run("predict", *videos, "--out", tmp_path / "out", "--json-only", *_recorded(poses))
    assert code == 0, err
    assert _names(tmp_path / "out") == ["a.json", "b.json"]
    (poses / "b.poses.npz").unlink()
    code, _, err = run("predict", *videos, "--out", tmp_path / "out", "--json-only", *_recorded(poses))
    assert code == 3
    assert f"no recorded poses of it: expected {poses / 'b.poses.npz'}" in err


def test_the_poses_that_poseact_found_serve_for_the_same_videos(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    """Two videos of one name in one folder of results: each gets its own poses back."""
    first = _other_video(tmp_path / "a" / "walk.mp4", blank_video)
    second = tmp_path / "walk.mp4"
    second.write_bytes(blank_video.read_bytes())
    run("pose", first, "--out", tmp_path / "poses", *_recorded(poses_file))
    run("pose", second, "--out", tmp_path / "poses", *_NOBODY)
    options = ("--out", tmp_path / "out", "--json-only", *_recorded(tmp_path / "poses"))
    code, _, err = run("predict", first, second, *options)
    assert code == 0, err
    assert "not this very file" not in err
    people = {
        n: len(json.loads((tmp_path / "out" / n).read_text())["persons"]) for n in _names(tmp_path / "out")
    }
    assert people == {"walk_mp4.json": 1, "walk_mp4_2.json": 0}


def test_one_file_of_poses_is_not_for_several_videos(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    videos = [_other_video(tmp_path / name, blank_video) for name in ("a.mp4", "b.mp4")]
    for command in ("predict", "pose"):
        code, out, err = run(command, *videos, "--out", tmp_path / "out", *_recorded(poses_file))
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "found 2 videos" in err
    assert _names(tmp_path / "out") == []


def test_poses_of_another_time_are_refused(
    run: Run, poses_file: Path, clip: SyntheticClip, tmp_path: Path
) -> None:
    width, height = clip.frame_size_wh
    with VideoWriter(tmp_path / "later.mp4") as writer:
        for i in range(60):
            writer.write(np.zeros((height, width, 3), np.uint8), i)
    code, _, err = run("predict", tmp_path / "later.mp4", "--out", tmp_path / "o", *_recorded(poses_file))
    assert code == 1
    assert "poses of another video" in err


# -- pictures, names with dashes, help -------------------------------------------------------


def test_pictures_have_the_rate_that_is_said(run: Run, tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for i in range(6):
        write_png(frames / f"{i}.png", np.full((48, 64, 3), 40 * i, np.uint8))
    options = ("--out", tmp_path / "out", *_NOBODY)
    code, _, err = run("predict", frames, "--fps", "2", *options)
    assert code == 0, err
    document = json.loads((tmp_path / "out" / "frames.json").read_text())
    jsonschema.validate(document, result_schema())
    assert document["frame_times_s"] == [0, 0.5, 1, 1.5, 2, 2.5]
    with VideoFile(tmp_path / "out" / "frames.mp4") as video:
        np.testing.assert_allclose([f.timestamp_s for f in video], document["frame_times_s"], atol=1e-3)
    assert "left out" in run("predict", frames, "--fps", "2", "--resume", *options)[2]
    assert "left out" not in run("predict", frames, "--resume", *options)[2]
    run("pose", frames, "--fps", "2", *options)
    assert PoseSequence.load(tmp_path / "out" / "frames.poses.npz").duration_s == 2.5


def test_the_rate_of_pictures_is_told_and_checked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    write_png(tmp_path / "frames" / "1.png", np.zeros((48, 64, 3), np.uint8))
    options = ("predict", tmp_path / "frames", "--out", tmp_path / "out", "--json-only", "-q", *_NOBODY)
    assert "frames: taken as 25 pictures a second: --fps gives" in run(*options)[2]
    assert "pictures a second" not in run(*options, "--fps", "25")[2]
    for fps in ("1e9", "1000.5", "0", "-1", "nan"):
        code, _, err = run(*options, "--fps", fps)
        assert (code, err.count("\n")) == (1, 1)
        assert "--fps: expected more than 0 and at most 1000" in err


def test_an_input_that_looks_like_an_option_is_explained(
    run: Run, blank_video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "-dash.avi").write_bytes(blank_video.read_bytes())
    monkeypatch.chdir(tmp_path)
    for name in ("-dash.avi", "-none.avi"):
        code, _, err = run("predict", name)
        assert code == 2
        assert "write ./" in err.replace("\\", "/")
        assert err.count("\n") == 1
    assert run("predict", "./-dash.avi", "--out", tmp_path / "o", "--json-only", *_NOBODY)[0] == 0
    code, _, err = run("predict", "-otext.d/o.mp4", "--json-only", *_NOBODY, "--", "-dash.avi")
    assert code == 0, err
    assert _names(tmp_path / "text.d" / "o.mp4") == ["-dash.json"]


def test_help_names_every_option_of_every_estimator(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from poseact.pose.estimators import estimator_options

    monkeypatch.setenv("COLUMNS", "80")
    for command in ("predict", "pose"):
        text = " ".join(run(command, "--help")[1].split())
        for name in ESTIMATORS:
            (listed,) = re.findall(rf" {name}: (.*?)(?= [a-z]+: | Exit codes)", text)
            assert re.findall(r"(\w+)=", listed) == estimator_options(name)
        assert all(f" {code} " in text.split("Exit codes:")[1] for code in (0, 1, 2, 3, 130, 143))


def test_the_exit_code_is_2_for_a_command_line_that_cannot_be_read(run: Run, blank_video: Path) -> None:
    for arguments in (("--nosuch",), ("--fps", "fast"), ("--fps",), ()):
        assert run("predict", *([blank_video] if arguments else []), *arguments)[0] == 2
    assert run("predicted")[0] == 2
