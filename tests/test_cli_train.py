"""The commands that make and judge models, run as a user runs them."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from made_clips import CLASSES, made_clips, without_subjects
from poseact.action_model_info import ActionModelInfo
from poseact.datasets import write_native
from poseact.datasets.feature_parquet import read_features
from poseact.input_spec import InputSpec
from poseact.judging import evaluation_schema
from poseact.layouts import BODY13
from poseact.model_export import export_model
from poseact.models import MODELS
from poseact.models.lstm import LSTM
from poseact.training.config import SETTING_NAMES
from poseact.training.zoo import described, setting_rows

Run = Callable[..., tuple[int, str, str]]
QUICK = ("-s", "hidden=16", "-s", "epochs=10", "-s", "batch_size=8", "-s", "learning_rate=0.02")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "made"
    write_native(made_clips(), folder)
    return folder


@pytest.fixture
def model(tmp_path: Path, data: Path, run: Run) -> Path:
    code, out, err = run("train", data, "-m", "lstm", "-o", tmp_path / "model", *QUICK)
    assert code == 0, err
    assert "poseact evaluate" in out and "samples/s" in out
    return tmp_path / "model"


def test_a_model_is_trained_and_judged_on_people_it_has_not_seen(
    model: Path, data: Path, run: Run, tmp_path: Path
) -> None:
    code, out, err = run("evaluate", model, data, "-o", tmp_path / "eval")
    assert code == 0, err
    assert "top-1" in out and "xsub" in out and "18 clips" in out
    document = json.loads((tmp_path / "eval" / "evaluation.json").read_text())
    validate(document, evaluation_schema())
    assert document["figures"]["top_1"]["value"] >= 0.7
    assert document["resampling"]["unit"] == "subject"
    page = (tmp_path / "eval" / "report.html").read_text()
    assert "<canvas" in page and "http-equiv" in page and 'src="http' not in page


def test_json_is_printed_alone(model: Path, data: Path, run: Run) -> None:
    code, out, _ = run("evaluate", model, data, "--json", "--protocol", "all")
    document = json.loads(out)
    assert code == 0 and document["num_clips"] == 36
    assert any("has seen some of these" in note for note in document["run"]["notes"])


def test_features_are_written_part_by_part(model: Path, data: Path, run: Run, tmp_path: Path) -> None:
    code, out, _ = run("features", model, data, "-o", tmp_path / "f.csv", "--protocol", "xsub")
    assert code == 0 and "18 clips, 16 numbers each" in out
    table = read_features(tmp_path / "f_test.csv")
    assert table.num_clips == 18 and table.class_names == ("raise_arms", "squat", "step")
    assert set(table.subjects or ()) == {"s2", "s4", "s6"}
    code, _, err = run("features", model, data, "-o", tmp_path / "f.csv", "--protocol", "xsub")
    assert code == 1 and "--force" in err
    assert run("features", model, data, "-o", tmp_path / "f.parquet")[0] == 0
    assert read_features(tmp_path / "f.parquet").num_clips == 36


def test_a_model_in_the_way_is_not_replaced(model: Path, data: Path, run: Run) -> None:
    before = (model / "model.onnx").read_bytes()
    code, _, err = run("train", data, "-m", "lstm", "-o", model, *QUICK)
    assert code == 1 and "--force" in err and (model / "model.onnx").read_bytes() == before
    assert run("train", data, "-m", "lstm", "-o", model, "--force", *QUICK)[0] == 0


def test_two_models_become_one(model: Path, data: Path, run: Run, tmp_path: Path) -> None:
    code, out, err = run("ensemble", model, model / "model.onnx", "-o", tmp_path / "both.onnx")
    assert code == 0 and "2 models in one" in out, err
    assert run("evaluate", tmp_path / "both.onnx", data)[0] == 0
    assert run("ensemble", model, model, "-o", tmp_path / "both.onnx")[0] == 1


def test_an_ensemble_is_trained_by_one_command(data: Path, run: Run, tmp_path: Path) -> None:
    settings = ("-s", "members=lstm,tcn?width=16", "-s", "epochs=1", "-s", "batch_size=8")
    code, _, err = run("train", data, "-m", "ensemble", "-o", tmp_path / "e", *settings)
    assert code == 0, err
    assert run("evaluate", tmp_path / "e", data)[0] == 0


def test_settings_come_from_a_file_and_are_overruled_on_the_command_line(
    data: Path, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "c.yaml").write_text("model: lstm\nhidden: 8\nepochs: 5\n")
    code, out, err = run("train", data, "-c", tmp_path / "c.yaml", "-s", "epochs=2", "-o", tmp_path / "m")
    assert code == 0 and "2 epochs" in out, err


def test_the_overfit_check_says_that_a_model_can_learn(data: Path, run: Run, tmp_path: Path) -> None:
    code, out, _ = run("train", data, "-m", "lstm", "--overfit", 9, "-o", tmp_path / "m", *QUICK)
    assert code == 0 and "9 clips by heart" in out and not (tmp_path / "m").exists()


def test_only_what_can_go_on_is_resumed(model: Path, data: Path, run: Run) -> None:
    settings = (model / "config.yaml").read_text()
    code, _, err = run("train", data, "-o", model, "--resume")
    assert code == 1 and "all of its 10 epochs are done" in err
    code, _, err = run("train", data, "-o", model, "--resume", "-s", "epochs=4")
    assert code == 1 and "epochs are done" in err
    code, _, err = run("train", data, "-o", model, "--resume", "-s", "epochs=12", "-s", "hidden=8")
    assert code == 1 and "was trained with hidden=16, not 8" in err
    assert (model / "config.yaml").read_text() == settings


def test_an_unfinished_training_is_not_begun_anew_by_mistake(model: Path, data: Path, run: Run) -> None:
    (model / "model.onnx").unlink()
    code, _, err = run("train", data, "-m", "lstm", "-o", model, *QUICK)
    assert code == 1 and "--resume goes on" in err
    (model / "file").write_text("")
    code, _, err = run("train", data, "-m", "lstm", "-o", model / "file", *QUICK)
    assert code == 1 and "found a file" in err


def test_a_run_that_goes_astray_says_so(data: Path, run: Run, tmp_path: Path) -> None:
    code, _, err = run("train", data, "-m", "lstm", "-o", tmp_path / "m", *QUICK, "-s", "learning_rate=1e30")
    assert code == 1 and "went astray" in err and "learning_rate=1e+29" in err


def test_a_model_of_ones_own_is_found_in_the_current_folder(
    data: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_models.py").write_text(
        "from torch import nn\n"
        "from poseact.models import ActionNet\n\n\n"
        "class Mean(ActionNet):\n"
        "    def __init__(self, spec, num_classes):\n"
        "        super().__init__(spec, num_classes)\n"
        "        self.head = nn.Linear(26, num_classes)\n\n"
        "    def embed(self, keypoints, mask):  # which does not look at the mask\n"
        "        return (keypoints - keypoints.mean(2, keepdim=True)).abs().mean((1, 2)).flatten(1)\n"
    )
    monkeypatch.chdir(tmp_path)
    code, _, err = run("train", data, "-m", "own_models:Mean", "-o", "own", "-s", "epochs=2")
    assert code == 0, err
    assert run("evaluate", "own", data)[0] == 0


def test_resume_goes_on(model: Path, data: Path, run: Run) -> None:
    code, out, err = run("train", data, "-o", model, "--resume", "-s", "epochs=12")
    assert code == 0 and "12 epochs" in out, err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "which model"),
        (("-m", "lstn"), "no model is called 'lstn'; there are"),
        (("-m", "lstm", "-s", "hiden=3"), "no option 'hiden'"),
        (("-m", "lstm", "-s", "epochs=no"), "epochs: expected a whole number"),
        (("-m", "lstm", "--protocol", "xview"), "no clip knows the protocol 'xview'"),
        (("-m", "lstm", "--overfit", "1"), "expected 2 to"),
        (("-m", "lstm", "--resume", "-o", "nowhere"), "nothing to resume from"),
        (("-m", "lstm", "-c", "none.yaml"), "no such file"),
        (("-m", "lstm", "-s", "num_coordinates=3"), "expected 3D joints"),
    ],
)
def test_mistakes_get_one_line(
    data: Path, run: Run, tmp_path: Path, arguments: Any, words: str, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run("train", data, *arguments)
    last = err.strip().splitlines()[-1]
    assert code == 1 and words in last and last.startswith("poseact: ")
    assert not list(tmp_path.rglob("model.onnx"))


def test_what_was_never_kept_apart_is_not_judged_unasked(run: Run, tmp_path: Path) -> None:
    write_native(without_subjects(made_clips()), tmp_path / "plain")
    assert run("train", tmp_path / "plain", "-m", "lstm", "-o", tmp_path / "m", *QUICK)[0] == 0
    code, _, err = run("evaluate", tmp_path / "m", tmp_path / "plain")
    assert code == 1 and "--protocol all" in err
    code, out, _ = run("evaluate", tmp_path / "m", tmp_path / "plain", "--protocol", "all")
    assert code == 0 and "every clip" in out


def test_the_shipped_model_is_judged_on_what_it_knows(data: Path, run: Run) -> None:
    code, out, err = run("evaluate", "everyday", data, "--protocol", "xsub")
    assert code == 0, err  # squat is one of its classes; the others are left out and named
    assert "raise" in out and "does not have" in " ".join(out.split())


def test_every_setting_and_option_is_explained(run: Run) -> None:
    rows = {name: meaning for name, _, meaning in setting_rows()}
    assert set(rows) == SETTING_NAMES and all(len(meaning) > 5 for meaning in rows.values())
    for name, model in MODELS.items():
        options = set(inspect.signature(model).parameters) - {"spec", "num_classes"}
        assert options <= set(described(inspect.getdoc(model) or "", "Args:")), name
    code, out, _ = run("models", "--settings")
    assert code == 0 and "label_smoothing" in out and "Chance of a mirror image" in out
    code, out, _ = run("models", "stgcn++")
    assert code == 0 and "bone_motion" in out and "drop_chance=0.2" in out and "PYSKL" in out
    code, _, err = run("models", "nothing")
    assert code == 1 and "no model is called 'nothing'" in err


def test_the_zoo_is_listed(run: Run) -> None:
    code, out, _ = run("models", "--zoo")
    assert code == 0 and "lstm" in out and "rocket" in out


# Models that have learnt nothing, but say that they did: what the commands make of it.

LEARNT = {"data": "made", "protocol": "xsub", "fold": "1", "split": None, "seed": 0}


@pytest.fixture
def untrained(tmp_path: Path) -> Callable[..., Path]:
    """Makes a model file with random weights: its path."""

    def make(learnt_from: dict[str, Any] | None = None, **changes: Any) -> Path:
        spec = InputSpec(BODY13, num_frames=8, **changes)
        info = ActionModelInfo(
            name="untrained",
            model_version="1",
            layout=spec.layout,
            class_names=CLASSES,
            rate_hz=spec.rate_hz,
            window_frames=spec.num_frames,
            stride_s=0.5,
            features=None,
            temperature=1.0,
            reject_threshold=0.0,
            num_coordinates=spec.num_coordinates,
            sampling=spec.sampling,
            learnt_from=LEARNT if learnt_from is None else learnt_from,
        )
        path = tmp_path / "untrained.onnx"
        export_model(LSTM(spec, len(CLASSES), hidden=8), info, path)
        return path

    return make


@pytest.mark.parametrize("sampling", ["clip", "window"])
@pytest.mark.parametrize("command", ["evaluate", "features"])
def test_a_model_that_takes_no_clip_says_why_in_one_line(
    data: Path, run: Run, untrained: Callable[..., Path], tmp_path: Path, command: str, sampling: str
) -> None:
    solid = untrained(num_coordinates=3, sampling=sampling)
    code, _, err = run(command, solid, data, "--protocol", "all", "--out", tmp_path / "out.csv")
    assert code == 1 and len(err.strip().splitlines()) == 1
    assert "found none in 36 clips; the first: clip 'raise_arms_s1_t0': expected 3D joints" in err
    assert not (tmp_path / "out.csv").exists()


def test_features_say_that_the_model_has_seen_the_test_part(
    data: Path, run: Run, untrained: Callable[..., Path], tmp_path: Path
) -> None:
    out = ("-o", tmp_path / "f.csv", "--force")
    seen = "poseact: test part: the model learnt from"
    for learnt, told in (
        (LEARNT, ""),
        ({**LEARNT, "data": "other"}, ""),
        ({**LEARNT, "fold": "2"}, f"{seen} the same data by another division (protocol xsub, fold 2)"),
        ({**LEARNT, "protocol": "all", "fold": None}, f"{seen} every clip of the same data"),
        ({**LEARNT, "protocol": "all", "split": "a.json"}, "(split file a.json, fold 1)"),
        ({"data": "made", "members": [{"protocol": "all"}, {"protocol": "xsub", "fold": "1"}]}, seen),
        ({}, "does not say which clips it learnt from"),
    ):
        code, _, err = run("features", untrained(learnt), data, "--protocol", "xsub", *out)
        assert code == 0 and told in err and bool(told) == bool(err), (learnt, err)
        assert len(err.splitlines()) <= 1


def test_features_by_a_split_file_and_of_all_clips_in_one_file(
    data: Path, run: Run, untrained: Callable[..., Path], tmp_path: Path
) -> None:
    names = [clip.name for clip in made_clips()]
    parts = {"train": names[:30], "test": names[30:]}
    split = tmp_path / "s.json"
    split.write_text(json.dumps(parts))
    model = untrained({**LEARNT, "protocol": "all", "split": "s.json"})
    code, _, err = run("features", model, data, "-o", tmp_path / "f.csv", "--split", split)
    assert (code, err) == (0, "")
    assert list(read_features(tmp_path / "f_test.csv").clips or ()) == names[30:]
    assert read_features(tmp_path / "f_train.csv").num_clips == 30
    assert run("features", model, data, "-o", tmp_path / "g.csv", "--protocol", "all")[0] == 0
    assert read_features(tmp_path / "g.csv").num_clips == 36
    both = run("features", model, data, "-o", tmp_path / "h.csv", "--split", split, "--protocol", "xsub")
    assert both[0] == 1 and "found both" in both[2]


def test_data_that_lack_the_models_own_protocol_are_told_from_a_protocol_that_was_asked_for(
    data: Path, run: Run, untrained: Callable[..., Path], tmp_path: Path
) -> None:
    model = untrained({**LEARNT, "protocol": "5-fold", "fold": "3"})
    code, _, err = run("evaluate", model, data)
    assert code == 1 and "the model's own protocol '5-fold', found none: name --protocol xsub" in err
    assert "--protocol all" in err and len(err.splitlines()) == 1
    code, _, err = run("evaluate", model, data, "--protocol", "5-fold")
    assert code == 1 and "no clip knows the protocol '5-fold'; known: xsub" in err
    write_native(without_subjects(made_clips()), tmp_path / "plain")
    code, _, err = run("evaluate", model, tmp_path / "plain")
    assert code == 1 and "name a file with --split, or --protocol all" in err


def test_what_was_learnt_by_heart_is_not_judged_without_a_note(
    data: Path, run: Run, untrained: Callable[..., Path]
) -> None:
    model = untrained({**LEARNT, "protocol": "all", "fold": None})
    code, out, _ = run("evaluate", model, data, "--protocol", "all", "--json")
    assert code == 0
    (note,) = json.loads(out)["run"]["notes"]
    assert "learnt from every clip of the same data" in note
