"""``poseact evaluate --timeline``: poses in, figures, JSON and a page out; and asking it wrongly."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from poseact.judging.timeline_document import timeline_evaluation_schema
from poseact.synth import Act, SyntheticClip, make_clip

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def made() -> SyntheticClip:
    script = [Act("jumping_jack", 4), Act("stand", 2), Act("punch", 4), Act("arm_circles", 3)]
    return make_clip([script], np.random.default_rng(3), fps=25)


@pytest.fixture
def poses(tmp_path: Path, made: SyntheticClip) -> Path:
    folder = tmp_path / "poses"
    folder.mkdir()
    made.truth.save(folder / "gym.poses.npz")
    return folder


def table(path: Path, made: SyntheticClip, name: str = "gym.mp4", **words: str) -> Path:
    """The truth of the actor, with other words for some labels."""
    rows = [
        f"{name},{words.get(s.label, s.label)},{s.start_s:.3f},{s.end_s:.3f}" for s in made.segments.segments
    ]
    path.write_text("\n".join(["file,label,start_s,end_s", *rows]) + "\n")
    return path


def test_figures_json_and_page(run: Run, poses: Path, made: SyntheticClip, tmp_path: Path) -> None:
    truth = table(tmp_path / "truth.csv", made, jumping_jack="Jacks", arm_circles="other")
    out = tmp_path / "out"
    code, told, err = run(
        "evaluate", "everyday", poses, "--timeline", truth, "--alias", "jacks=jumping jack", "-o", out
    )
    assert (code, err) == (0, "")
    assert "1 recording" in told and "F1@10/25/50" in told and "jumping jack" in told
    document = json.loads((out / "timeline-evaluation.json").read_text())
    jsonschema.validate(document, timeline_evaluation_schema())
    figures = document["figures"]
    assert figures["num_true"] == 3
    assert figures["f1"]["0.5"] > 0.7
    assert figures["frame_accuracy"] > 0.8
    assert 0.5 < figures["delay_mean_s"] < 2
    assert document["run"]["unknown"] == {}
    (person,) = document["recordings"][0]["people"]
    assert [span["label"] for span in person["truth"]] == ["jumping_jack", "stand", "punch"]
    # Of what was told before the end, the telling came later than what it was about.
    end_s = person["end_s"]
    assert all(f["told_s"] > f["start_s"] + 0.5 for f in person["found"] if f["told_s"] < end_s)
    assert "gym.poses.npz" in (out / "timeline.html").read_text("utf-8")


def test_json_on_stdout_is_all_there_is(run: Run, poses: Path, made: SyntheticClip, tmp_path: Path) -> None:
    truth = table(tmp_path / "truth.csv", made)
    code, told, _ = run("evaluate", "everyday", poses / "gym.poses.npz", "--timeline", truth, "--json")
    document = json.loads(told)
    assert code == 0
    assert document["run"]["unknown"] == {"arm_circles": pytest.approx(3, abs=0.2)}
    assert "arm_circles" in document["run"]["notes"][0]


def test_the_same_figures_from_finished_answers(
    run: Run, poses: Path, made: SyntheticClip, tmp_path: Path
) -> None:
    truth = table(tmp_path / "truth.csv", made, arm_circles="other")
    _, told, _ = run("evaluate", "everyday", poses, "--timeline", truth, "--json")
    streamed = json.loads(told)
    (person,) = streamed["recordings"][0]["people"]
    answers = {"gym": [{**span, "segment": [span["start_s"], span["end_s"]]} for span in person["found"]]}
    (tmp_path / "answers.json").write_text(json.dumps({"results": answers}))
    code, told, _ = run("evaluate", tmp_path / "answers.json", "--timeline", truth, "--json")
    document = json.loads(told)
    assert code == 0
    assert not document["run"]["was_streamed"]
    assert "no delays" in document["run"]["notes"][0]
    for name in ("average_precision", "f1", "edit", "num_found", "false_alarms"):
        assert document["figures"][name] == streamed["figures"][name]
    assert document["figures"]["delay_mean_s"] is None


def test_a_folder_of_results_of_predict(run: Run, made: SyntheticClip, tmp_path: Path) -> None:
    from poseact.action_model import ActionModel
    from poseact.recognizer import Recognizer
    from poseact.results import ModelFacts, Result, VideoFacts, write_json

    model = ActionModel.load("everyday")
    timeline = Recognizer(model).recognize(made.truth).timeline
    video = VideoFacts("gym.mp4", 640, 480, made.truth.num_frames, made.truth.duration_s)
    results = tmp_path / "results"
    results.mkdir()
    write_json(Result(video, ModelFacts.of(model.info), "made", made.truth, timeline), results / "gym.json")
    truth = table(tmp_path / "truth.csv", made)
    code, told, _ = run("evaluate", results, "--timeline", truth)
    assert code == 0
    assert "no labels of the model, so judged as no action: arm_circles" in told.replace("\n", " ")
    assert "results on results, against truth.csv" in told
    assert "delay" not in [line.split("  ")[0] for line in told.splitlines()]


def test_recordings_that_cannot_be_read_are_told(
    run: Run, poses: Path, made: SyntheticClip, tmp_path: Path
) -> None:
    (poses / "broken.poses.npz").write_bytes(b"no poses")
    truth = table(tmp_path / "truth.csv", made, arm_circles="other")
    truth.write_text(truth.read_text() + "broken,walk,0,1\nelsewhere,walk,0,1\n")
    made.truth.save(poses / "nobody-looked.poses.npz")
    code, told, err = run("evaluate", "everyday", poses, "--timeline", truth)
    assert code == 3
    assert "broken.poses.npz" in err
    assert "1 recording without annotation left out" in told
    assert "1 recording of the annotations not in poses" in told


def test_a_truth_that_is_longer_than_the_recording(
    run: Run, poses: Path, made: SyntheticClip, tmp_path: Path
) -> None:
    truth = table(tmp_path / "truth.csv", made)
    truth.write_text(truth.read_text() + "gym.mp4,walk,30,40\n")
    _, told, _ = run("evaluate", "everyday", poses, "--timeline", truth, "--json")
    assert any(
        "1 true span with an end after the recording's, which is at" in note
        for note in json.loads(told)["run"]["notes"]
    )


def test_a_video_whose_poses_are_looked_for_and_kept(
    run: Run, blank_video: Path, poses_file: Path, tmp_path: Path
) -> None:
    video = tmp_path / "videos" / "blank.mp4"
    video.parent.mkdir()
    video.write_bytes(blank_video.read_bytes())
    truth = tmp_path / "blank.vtt"
    truth.write_text("WEBVTT\n\n00:00.000 --> 00:04.000\nsquat\n\n00:04.000 --> 00:08.000\njumping jack\n")
    options = ["-O", "estimator=recorded", "-O", f"cache={tmp_path / 'kept'}", "-O", "workers=1"]
    options += ["-O", f"estimator_options={json.dumps({'poses': str(poses_file), 'any_video': True})}"]
    for _ in range(2):
        code, told, err = run("evaluate", "everyday", video.parent, "--timeline", truth, "--json", *options)
        assert code == 0, err
        document = json.loads(told)
        assert document["figures"]["num_found"] == 2
        assert document["recordings"][0]["name"] == "blank.mp4"
    assert "finding the people" not in err
    assert len(list((tmp_path / "kept").glob("*/*.poses.npz"))) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["everyday", "POSES", "--timeline", "missing.csv"], "missing.csv: no such file"),
        (
            ["everyday", "POSES", "--timeline", "TRUTH", "--alias", "jog"],
            "--alias: expected WORD=LABEL, found 'jog'",
        ),
        (
            ["everyday", "POSES", "--timeline", "TRUTH", "--protocol", "xsub"],
            "--protocol: does not go with --timeline",
        ),
        (["everyday", "POSES", "--alias", "a=b"], "--alias: goes with --timeline"),
        (["everyday", "--timeline", "TRUTH"], "DATA, videos or poses to run it on"),
        (["everyday", "elsewhere", "--timeline", "TRUTH"], "elsewhere: no such file or folder"),
        (
            ["everyday", "EMPTY", "--timeline", "TRUTH"],
            "expected a video, *.poses.npz, or a folder of either",
        ),
        (["everyday", "POSES", "--timeline", "TRUTH", "-O", "speed=3"], "no option 'speed'; it has cache"),
        (["nothing.onnx", "POSES", "--timeline", "TRUTH"], "nothing.onnx: neither a model file"),
        (["TRUTH", "--timeline", "TRUTH", "-O", "fps=3"], "--option: finished answers have none"),
        (["TRUTH", "POSES", "--timeline", "TRUTH"], "are judged without DATA"),
    ],
)
def test_asked_wrongly(
    run: Run, poses: Path, made: SyntheticClip, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    truth = table(tmp_path / "truth.csv", made)
    (tmp_path / "empty").mkdir()
    places = {"POSES": poses, "TRUTH": truth, "EMPTY": tmp_path / "empty"}
    code, out, err = run("evaluate", *(places.get(a, a) for a in arguments))
    assert code in (1, 2)
    assert expected in err
    assert len(err.splitlines()) == 1
    assert out == ""


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("other.mp4,walk,0,1", "expected annotations of recordings in"),
        ("gym.mp4,knitting,0,1", "found only others (knitting): --alias WORD=LABEL"),
        ("gym.mp4,walk,3,1", "line 2: expected an end after the start"),
        (
            "gym.mp4,walk,0,1\ngym.avi,walk,0,1",
            "expected one annotation of it, found 'gym.mp4' and 'gym.avi'",
        ),
    ],
)
def test_a_truth_that_does_not_fit(run: Run, poses: Path, tmp_path: Path, rows: str, expected: str) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text(f"file,label,start_s,end_s\n{rows}\n")
    code, _, err = run("evaluate", "everyday", poses, "--timeline", truth)
    assert code == 1
    assert expected in err
    assert len(err.splitlines()) == 1


def test_without_timeline_a_path_is_needed(run: Run) -> None:
    code, _, err = run("evaluate", "everyday")
    assert code == 2
    assert "expected PATH" in err
