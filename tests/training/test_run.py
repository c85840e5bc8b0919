"""Training runs: they learn, repeat themselves, resume, and leave a folder with all that is needed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from made_clips import CLASSES, made_clips
from poseact.action_model import ActionModel
from poseact.clip_store import ClipStore, fixed_times
from poseact.errors import InvalidInputError, ModelError, SourceError
from poseact.models.rocket import Rocket
from poseact.scoring import clip_features, score_clips
from poseact.training import fitting
from poseact.training.config import load_config, make_config
from poseact.training.ensemble import train_ensemble
from poseact.training.history import load_history
from poseact.training.material import gather
from poseact.training.progress import Epoch, Silent
from poseact.training.run import train

SETTINGS = {"model": "lstm", "hidden": 16, "epochs": 12, "batch_size": 8, "learning_rate": 0.02}


def run(folder: Path, clips: Any = None, listener: Any = None, resume: bool = False, **settings: Any) -> Any:
    config = make_config({**SETTINGS, **settings})
    return train(clips or made_clips(), config, folder, data_name="made", listener=listener, resume=resume)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run(tmp_path_factory.mktemp("run") / "model", val_fraction=0.3)


def test_a_model_learns_and_names_people_whom_it_has_not_seen(trained: Any) -> None:
    test = [clip for clip in made_clips() if clip.splits["xsub"] == "test"]
    model = ActionModel.load(trained.folder)
    scored = score_clips(model, test)
    found = [model.info.class_names[k] for k in scored.values.argmax(axis=1)]
    right = np.mean([name == clip.label for name, clip in zip(found, scored.clips, strict=True)])
    assert right >= 0.8
    np.testing.assert_allclose(scored.values.sum(axis=1), 1, atol=1e-5)
    assert clip_features(model, test).values.shape == (len(test), 16)


def test_the_folder_holds_all_that_there_is_to_know(trained: Any) -> None:
    names = {path.name for path in trained.folder.iterdir()}
    wanted = {
        "model.onnx",
        "model.md",
        "config.yaml",
        "best.ckpt",
        "last.ckpt",
        "history.csv",
        "curves.png",
        "logs",
    }
    assert wanted <= names
    assert any(path.name.startswith("events.out.tfevents") for path in (trained.folder / "logs").iterdir())
    info = ActionModel.load(trained.model_file).info
    assert info.class_names == CLASSES and info.learnt_from["protocol"] == "xsub"
    assert info.learnt_from["data"] == "made" and info.temperature > 0
    card = (trained.folder / "model.md").read_text()
    assert "| squat |" in card and "poseact evaluate" in card
    assert len(load_history(trained.folder / "history.csv")) == 12
    onnx.checker.check_model(onnx.load(str(trained.model_file)))


def test_the_kept_epoch_is_the_best_on_validation(trained: Any) -> None:
    epochs = trained.fitted.epochs
    best = epochs[trained.fitted.best_epoch - 1]
    assert best.val_accuracy == max(epoch.val_accuracy for epoch in epochs)


def test_its_own_configuration_makes_the_same_model_again(trained: Any, tmp_path: Path) -> None:
    config = make_config(load_config(trained.folder / "config.yaml"))
    again = train(made_clips(), config, tmp_path / "again", data_name="made")
    assert [e.train_loss for e in again.fitted.epochs] == [e.train_loss for e in trained.fitted.epochs]


def test_seeds_differ(trained: Any, tmp_path: Path) -> None:
    other = run(tmp_path, seed=1, epochs=2, val_fraction=0.3)
    assert other.fitted.epochs[0].train_loss != trained.fitted.epochs[0].train_loss


class _StopsAt:
    def __init__(self, number: int) -> None:
        self.number = number

    def note(self, text: str) -> None:
        pass

    def epoch_done(self, epoch: Epoch) -> None:
        if epoch.number == self.number:
            raise KeyboardInterrupt


class _StopsAtTime(Silent):
    """Interrupts at the end of so many epochs, of whichever member."""

    def __init__(self, number: int) -> None:
        self.left = number

    def epoch_done(self, epoch: Epoch) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", epochs=6, val_fraction=0.3)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", epochs=6, val_fraction=0.3, listener=_StopsAt(4))
    assert not (tmp_path / "cut" / "model.onnx").exists()
    resumed = run(tmp_path / "cut", epochs=6, val_fraction=0.3, resume=True)
    losses = [[round(e.train_loss, 6) for e in result.fitted.epochs] for result in (whole, resumed)]
    assert losses[0] == losses[1]


def _validated(monkeypatch: pytest.MonkeyPatch, accuracies: list[float]) -> None:
    """Validation gives these accuracies, epoch by epoch."""

    def validate(watch: Any, model: Any) -> tuple[float, float]:
        return 1.0, accuracies[len(watch.epochs)]

    monkeypatch.setattr(fitting._Watch, "_validate", validate)


@pytest.mark.parametrize("renamed", [False, True])
def test_a_run_that_goes_on_remembers_which_epoch_was_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renamed: bool
) -> None:
    _validated(monkeypatch, [0.5, 0.9, 0.6, 0.7])
    whole = run(tmp_path / "whole", epochs=4, val_fraction=0.3)
    folder = tmp_path / "cut"
    with pytest.raises(KeyboardInterrupt):
        run(folder, epochs=4, val_fraction=0.3, listener=_StopsAt(3))
    if renamed:
        folder = folder.rename(tmp_path / "renamed")
    resumed = run(folder, epochs=4, val_fraction=0.3, resume=True)
    assert whole.fitted.best_epoch == resumed.fitted.best_epoch == 2
    for a, b in zip(whole.fitted.model.parameters(), resumed.fitted.model.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_nothing_of_an_older_run_is_taken_for_this_one(tmp_path: Path) -> None:
    run(tmp_path, epochs=4)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, epochs=6, learning_rate=1e-5, listener=_StopsAt(1))
    assert not (tmp_path / "model.onnx").exists()
    with pytest.raises(SourceError, match="nothing to resume from"):
        run(tmp_path, epochs=6, learning_rate=1e-5, resume=True)


def test_a_run_whose_model_file_was_not_written_only_writes_it(tmp_path: Path) -> None:
    whole = run(tmp_path, epochs=3)
    before = (tmp_path / "model.onnx").read_bytes()
    (tmp_path / "model.onnx").unlink()
    again = run(tmp_path, epochs=3, resume=True)
    assert again.fitted.epochs == whole.fitted.epochs and (tmp_path / "model.onnx").read_bytes() == before


def test_a_run_that_stopped_early_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _validated(monkeypatch, [0.5, 0.9, *[0.6] * 9])
    settings = {"epochs": 9, "patience": 2, "val_fraction": 0.3}
    assert len(run(tmp_path, **settings).fitted.epochs) == 4
    with pytest.raises(SourceError, match="ended after 4 epochs, as the last 2 brought nothing"):
        run(tmp_path, **settings, resume=True)


def test_there_must_be_something_of_the_same_model_to_resume_from(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing to resume from"):
        run(tmp_path / "none", resume=True)
    run(tmp_path / "a", epochs=1)
    with pytest.raises(SourceError, match="another model"):
        run(tmp_path / "a", epochs=2, hidden=8, resume=True)


def test_without_validation_the_last_epoch_is_kept(tmp_path: Path) -> None:
    result = run(tmp_path, epochs=2, val_fraction=0)
    assert result.fitted.best_epoch is None and result.fitted.temperature == 1
    assert result.fitted.epochs[-1].val_accuracy is None
    assert "Nothing was kept apart" in (tmp_path / "model.md").read_text()


def test_training_stops_early_where_nothing_gets_better(tmp_path: Path) -> None:
    result = run(tmp_path, epochs=60, patience=3, val_fraction=0.3)
    assert len(result.fitted.epochs) < 60


@pytest.mark.parametrize("settings", [{"window_s": 0.6}, {"num_coordinates": 2}, {"layout": "coco17"}])
def test_other_inputs_are_learnt_from(tmp_path: Path, settings: dict[str, Any]) -> None:
    clips = made_clips(dims=3 if "num_coordinates" in settings else 2)
    result = run(tmp_path, clips, epochs=1, **settings)
    scored = score_clips(ActionModel.load(tmp_path), clips)
    assert len(scored.clips) == len(clips) and not scored.refused
    assert result.info.num_coordinates == 2


def test_a_clip_whose_clock_jumps_is_scored_by_the_windows_of_all_its_parts(tmp_path: Path) -> None:
    clips = made_clips()
    run(tmp_path, clips, epochs=1, window_s=0.6)
    model = ActionModel.load(tmp_path)
    sequence = clips[0].sequence
    middle = sequence.num_frames // 2
    late = np.where(np.arange(sequence.num_frames) < middle, 0.0, 60.0)
    paused = clips[0].with_sequence(replace(sequence, timestamps=sequence.timestamps + late))
    ends = ((0, middle), (middle, sequence.num_frames))
    parts = [paused.with_sequence(paused.sequence.slice_frames(*pair)) for pair in ends]
    both, whole = score_clips(model, parts), score_clips(model, [paused, clips[1]])
    stores = [ClipStore.of_clips([part], model.info.spec) for part in parts]
    counts = [len(fixed_times(store, np.array([0]))[0]) for store in stores]
    expected = np.average(both.values, axis=0, weights=counts)
    np.testing.assert_allclose(whole.values[0], expected, atol=1e-6)
    assert whole.values.shape == (2, 3)


def test_two_people_in_3d_are_learnt_from_together(tmp_path: Path) -> None:
    clips = made_clips(people=2, dims=3)
    info = run(tmp_path, clips, epochs=1).info
    assert (info.num_persons, info.num_coordinates) == (2, 3)


def test_an_ensemble_is_the_mean_of_its_members(tmp_path: Path) -> None:
    config = make_config(
        {"model": "ensemble", "members": ["lstm?hidden=8", "lstm?hidden=16"], "epochs": 2, "batch_size": 8}
    )
    clips = made_clips()
    material = gather(clips, config, data_name="made")
    results = train_ensemble(material, config, tmp_path, listener=Silent())
    both = score_clips(ActionModel.load(tmp_path), clips).values
    single = [score_clips(ActionModel.load(result.folder), clips).values for result in results]
    np.testing.assert_allclose(both, np.mean(single, axis=0), atol=1e-5)
    card = (tmp_path / "model.md").read_text()
    assert "(members/1-lstm/model.md)" in card and "(members/2-lstm/model.md)" in card


def test_an_ensemble_that_was_interrupted_goes_on_with_the_member_it_was_at(tmp_path: Path) -> None:
    members = ["lstm?hidden=8", "lstm?hidden=16", "rocket?mixtures=8", "lstm?hidden=4"]
    config = make_config({"model": "ensemble", "members": members, "epochs": 3, "batch_size": 8})
    material = gather(made_clips(), config, data_name="made")
    with pytest.raises(KeyboardInterrupt):
        train_ensemble(material, config, tmp_path, listener=_StopsAtTime(5))
    first = (tmp_path / "members" / "1-lstm" / "model.onnx").read_bytes()
    assert load_config(tmp_path / "config.yaml")["members"] == members
    results = train_ensemble(material, config, tmp_path, listener=Silent(), resume=True)
    assert [result.folder.name for result in results] == ["2-lstm", "3-rocket", "4-lstm"]
    assert [epoch.number for epoch in results[0].fitted.epochs] == [1, 2, 3]
    assert (tmp_path / "members" / "1-lstm" / "model.onnx").read_bytes() == first
    assert score_clips(ActionModel.load(tmp_path), made_clips()).values.shape == (36, 3)
    with pytest.raises(SourceError, match="all of its members are trained"):
        train_ensemble(material, config, tmp_path, listener=Silent(), resume=True)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"members": ["lstm"]}, "at least two members"),
        ({"members": ["lstm", "nothing"]}, "no model is called"),
        ({"members": ["lstm?colour=red", "lstm"]}, "no option 'colour'"),
        ({"members": ["lstm?layout=coco17", "lstm"]}, "must be the same for all"),
        ({"members": ["lstm", "lstm"], "hidden": 3}, "options of a member follow its name"),
    ],
)
def test_ensembles_that_make_no_sense_are_refused(
    settings: dict[str, Any], words: str, tmp_path: Path
) -> None:
    config = make_config({"model": "ensemble", **settings})
    material = gather(made_clips(), config, data_name="made")
    with pytest.raises(InvalidInputError, match=words):
        train_ensemble(material, config, tmp_path, listener=Silent())


def test_a_model_from_outside_is_named_by_its_module(tmp_path: Path) -> None:
    result = run(tmp_path, model="poseact.models.lstm:LSTM", epochs=1)
    assert result.model_file.exists()
    with pytest.raises(InvalidInputError, match="expected a class derived from"):
        run(tmp_path, model="pathlib:Path", epochs=1)
    with pytest.raises(InvalidInputError, match="cannot be loaded"):
        run(tmp_path, model="nowhere:Name", epochs=1)


class _Heard(Silent):
    def __init__(self) -> None:
        self.epochs: list[Epoch] = []

    def epoch_done(self, epoch: Epoch) -> None:
        self.epochs.append(epoch)


def test_two_devices_share_every_batch_and_leave_one_run(tmp_path: Path) -> None:
    heard = _Heard()
    shared = {"devices": 2, "accelerator": "cpu", "val_fraction": 0.3, "dropout": 0.0}
    result = run(tmp_path / "two", listener=heard, **shared)
    # Told and written by one of them: twelve epochs, not twenty-four.
    assert [epoch.number for epoch in heard.epochs] == list(range(1, 13))
    assert [epoch.number for epoch in result.fitted.epochs] == list(range(1, 13))
    assert result.fitted.epochs[-1].train_loss < 0.8 * result.fitted.epochs[0].train_loss
    alone = run(tmp_path / "one", **{**shared, "devices": 1})
    # The same batches from the same start: the first epoch's loss is that of one device, for its first step.
    assert result.fitted.epochs[0].train_loss == pytest.approx(alone.fitted.epochs[0].train_loss, rel=0.1)
    test = [clip for clip in made_clips() if clip.splits["xsub"] == "test"]
    scored = score_clips(ActionModel.load(tmp_path / "two"), test)
    found = [result.info.class_names[k] for k in scored.values.argmax(axis=1)]
    assert np.mean([name == clip.label for name, clip in zip(found, scored.clips, strict=True)]) >= 0.8


def test_a_batch_too_small_for_the_devices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be shared by 7"):
        run(tmp_path, devices=7, accelerator="cpu")


def test_what_fails_on_one_of_several_devices_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"on 2 devices: training went astray in epoch \d"):
        run(tmp_path, devices=2, accelerator="cpu", learning_rate=1e30, gradient_clip=0.0)


def test_mixed_precision_learns_too(tmp_path: Path) -> None:
    result = run(tmp_path, precision="bf16-mixed", accelerator="cpu")
    assert result.fitted.epochs[-1].train_accuracy > 0.8


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"accelerator": "abacus"}, "accelerator 'abacus'"),
        ({"accelerator": "tpu"}, "accelerator 'tpu'"),
    ],
)
def test_devices_that_are_not_there_are_named(settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=words):
        run(tmp_path / "model", epochs=1, **settings)
    assert not (tmp_path / "model").exists()


def test_double_precision_is_written_in_single(tmp_path: Path) -> None:
    run(tmp_path, epochs=2, precision="64-true", accelerator="cpu")
    assert score_clips(ActionModel.load(tmp_path), made_clips()).values.shape == (36, 3)


def test_an_ensemble_is_not_one_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="name its members"):
        run(tmp_path, model="ensemble", members=["lstm", "lstm"])


def test_what_is_fitted_at_once_learns_the_validation_clips_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    fit = Rocket.fit

    def counted_fit(model: Rocket, keypoints: Any, mask: Any, labels: Any, *rest: Any) -> None:
        sizes.append(len(labels))
        fit(model, keypoints, mask, labels, *rest)

    monkeypatch.setattr(Rocket, "fit", counted_fit)
    result = train(
        made_clips(),
        make_config({"model": "rocket", "mixtures": 8, "val_fraction": 0.3, "copies": 1}),
        tmp_path,
    )
    num_train, num_val = len(result.material.train), len(result.material.val)
    assert num_val and sizes == [2 * num_train, 2 * (num_train + num_val)]
    assert result.fitted.epochs[0].val_accuracy is not None and not (tmp_path / "curves.png").exists()
    card = (tmp_path / "model.md").read_text()
    assert f"{num_train + num_val} clips to learn from; {num_val} of them" in card
