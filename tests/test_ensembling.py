"""Merged model files say what the average of their members says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseact.action_model import ActionModel, softmax
from poseact.action_model_info import ActionModelInfo
from poseact.ensembling import disagreements, ensemble_models
from poseact.errors import InvalidInputError, ModelError
from poseact.input_spec import InputSpec
from poseact.layouts import get_layout
from poseact.model_export import example_input, export_model
from poseact.models.lstm import LSTM
from poseact.models.tcn import TCN

CLASSES = ("clap", "jump", "wave")
SPEC = InputSpec(get_layout("sbu15"), num_persons=2, num_frames=12, num_coordinates=3, rate_hz=10.0)
Floats = NDArray[np.float32]


def info_for(spec: InputSpec, **changes: Any) -> ActionModelInfo:
    info = ActionModelInfo(
        name="member",
        model_version="1",
        layout=spec.layout,
        class_names=CLASSES,
        rate_hz=spec.rate_hz,
        window_frames=spec.num_frames,
        stride_s=0.5,
        features=None,
        temperature=1.0,
        reject_threshold=0.2,
        training_data=({"name": "made", "terms": "free"},),
        licence="Apache-2.0",
        created_with="poseact",
        num_persons=spec.num_persons,
        num_coordinates=spec.num_coordinates,
        sampling=spec.sampling,
        learnt_from={"data": "made", "fold": "1", "seed": 0},
    )
    return replace(info, **changes)


def member(path: Path, spec: InputSpec = SPEC, seed: int = 0, **changes: Any) -> Path:
    """A network with random weights as a model file; wide logits, so that members disagree."""
    torch.manual_seed(seed)
    net = LSTM(spec, 3, hidden=8) if seed % 2 else TCN(spec, 3, width=8, depth=1)
    with torch.no_grad():
        for weights in net.head.parameters():
            weights *= 20
    export_model(net, info_for(spec, **changes), path)
    return path


def said(path: Path, keypoints: Floats, mask: Floats) -> tuple[Floats, Floats]:
    """Probabilities and feature vectors of a file, the network's input given as it is."""
    model = ActionModel.load(path)
    logits, features = model._session.run(["logits", "features"], {"keypoints": keypoints, "mask": mask})
    return softmax(logits / model.info.temperature), features


def test_the_merged_file_is_the_weighted_mean(tmp_path: Path) -> None:
    order = ("wave", "clap", "jump")
    one = member(tmp_path / "one.onnx", temperature=2.5)
    two = member(tmp_path / "two.onnx", seed=1, class_names=order, temperature=0.7)
    ensemble_models([one, two], tmp_path / "both.onnx", weights=[3, 1])
    for num in (1, 5):  # the number of windows is free
        keypoints, mask = example_input(SPEC, num, seed=4)
        first, first_features = said(one, keypoints, mask)
        second, second_features = said(two, keypoints, mask)
        second = second[:, [order.index(label) for label in CLASSES]]
        found, features = said(tmp_path / "both.onnx", keypoints, mask)
        assert np.abs(first - second).max() > 0.05
        np.testing.assert_allclose(found, 0.75 * first + 0.25 * second, atol=1e-5)
        np.testing.assert_allclose(features, np.hstack([first_features, second_features]), atol=1e-5)


@pytest.mark.parametrize("sampling", ["clip", "window"])
def test_members_of_fewer_frames_and_coordinates_are_given_theirs(sampling: Any, tmp_path: Path) -> None:
    # 12 frames at 11 Hz and 6 at 5 Hz both last one second.
    long = replace(SPEC, sampling=sampling, rate_hz=11.0)
    short = replace(long, num_frames=6, rate_hz=5.0, num_coordinates=2)
    one, two = member(tmp_path / "one.onnx", long, seed=1), member(tmp_path / "two.onnx", short, seed=3)
    info = ensemble_models([two, one], tmp_path / "both.onnx")
    assert info.spec == long
    keypoints, mask = example_input(long, 4, seed=4)
    at = np.linspace(0, 11, 6)
    low = np.minimum(at.astype(int), 10)
    part = (at - low).astype(np.float32)
    fewer = keypoints[:, :, low, :, :2] * (1 - part)[:, None, None]
    fewer += keypoints[:, :, low + 1, :, :2] * part[:, None, None]
    fewer_mask = mask[:, :, low] * (1 - part)[:, None] + mask[:, :, low + 1] * part[:, None]
    expected = (said(one, keypoints, mask)[0] + said(two, fewer, fewer_mask)[0]) / 2
    np.testing.assert_allclose(said(tmp_path / "both.onnx", keypoints, mask)[0], expected, atol=1e-5)


def test_what_the_merged_file_says_of_itself(tmp_path: Path) -> None:
    more = {"name": "more", "terms": "free"}
    one = member(tmp_path / "one.onnx", name="joint", class_thresholds={"wave": 0.6})
    two = member(
        tmp_path / "two.onnx",
        seed=1,
        name="bone",
        reject_threshold=0.4,
        stride_s=0.25,
        training_data=(more,),
        learnt_from={"data": "made", "fold": "1", "seed": 7},
    )
    given = ensemble_models([one, two], tmp_path / "both.onnx", name="fused")
    info = ActionModel.load(tmp_path / "both.onnx").info
    assert info == given
    assert (info.name, info.class_names, info.temperature, info.stride_s) == ("fused", CLASSES, 1.0, 0.25)
    assert info.reject_threshold == pytest.approx(0.3)
    assert info.class_thresholds == {"wave": pytest.approx(0.5)}
    assert info.training_data == ({"name": "made", "terms": "free"}, more)
    assert (info.licence, info.created_with, info.accuracy) == ("Apache-2.0", "poseact", {})
    # What differs is said of each member: nobody must take one's for all.
    assert info.learnt_from == {
        "data": "made",
        "fold": "1",
        "members": [
            {"name": "joint", "weight": 0.5, "seed": 0},
            {"name": "bone", "weight": 0.5, "seed": 7},
        ],
    }


def test_merged_files_can_be_merged_again(tmp_path: Path) -> None:
    files = [member(tmp_path / f"{seed}.onnx", seed=seed) for seed in range(3)]
    ensemble_models(files[:2], tmp_path / "two.onnx")
    ensemble_models([tmp_path / "two.onnx", files[2]], tmp_path / "three.onnx", weights=[2, 1])
    keypoints, mask = example_input(SPEC, 3, seed=4)
    expected = np.mean([said(file, keypoints, mask)[0] for file in files], axis=0)
    np.testing.assert_allclose(said(tmp_path / "three.onnx", keypoints, mask)[0], expected, atol=1e-5)


def test_a_certain_member_of_no_weight_leaves_numbers(tmp_path: Path) -> None:
    sure = member(tmp_path / "sure.onnx", temperature=1e-3)
    ensemble_models([sure, member(tmp_path / "other.onnx", seed=1)], tmp_path / "both.onnx", weights=[1, 0])
    keypoints, mask = example_input(SPEC, 3, seed=4)
    model = ActionModel.load(tmp_path / "both.onnx")
    assert np.isfinite(model._session.run(["logits"], {"keypoints": keypoints, "mask": mask})[0]).all()
    nobody = np.full_like(keypoints, np.nan)
    np.testing.assert_allclose(model.probabilities(nobody, np.zeros_like(mask)), 1 / 3, atol=1e-5)


@pytest.mark.parametrize(
    ("spec", "changes", "message"),
    [
        (replace(SPEC, layout=get_layout("jhmdb15")), {}, "layout, found sbu15 in .* and jhmdb15"),
        (SPEC, {"class_names": ("clap", "jump", "run")}, "classes"),
        (
            replace(SPEC, num_persons=1),
            {},
            r"number of people, found 2 in \S*one\.onnx and 1 in \S*odd\.onnx",
        ),
        (replace(SPEC, sampling="window"), {}, "sampling"),
    ],
)
def test_members_that_do_not_fit_are_refused(
    spec: InputSpec, changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    one, odd = member(tmp_path / "one.onnx"), member(tmp_path / "odd.onnx", spec, **changes)
    with pytest.raises(InvalidInputError, match=message):
        ensemble_models([one, odd], tmp_path / "both.onnx")
    assert not (tmp_path / "both.onnx").exists()


def test_windows_of_other_lengths_are_refused(tmp_path: Path) -> None:
    spec = replace(SPEC, sampling="window")
    one = member(tmp_path / "one.onnx", spec)
    odd = member(tmp_path / "odd.onnx", replace(spec, num_frames=6))
    with pytest.raises(InvalidInputError, match=r"length of window in seconds, found 1\.1 .* 0\.5"):
        ensemble_models([one, odd], tmp_path / "both.onnx")


@pytest.mark.parametrize("weights", [[1], [1, 2, 3], [1, -1], [0, 0], [1, float("nan")]])
def test_odd_weights_are_refused(weights: list[float], tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="2 weights"):
        ensemble_models(["a.onnx", "b.onnx"], tmp_path / "both.onnx", weights=weights)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="found 1"):
        ensemble_models(["a.onnx"], tmp_path / "both.onnx")
    with pytest.raises(ModelError, match=r"nothing\.onnx"):
        ensemble_models([tmp_path / "nothing.onnx"] * 2, tmp_path / "both.onnx")
    with pytest.raises(ModelError, match="keypoints and mask"):
        ensemble_models(["everyday", "everyday"], tmp_path / "both.onnx")


def test_models_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in "ab":
        (tmp_path / folder).mkdir()
    one = member(tmp_path / "a" / "model.onnx")
    two = member(tmp_path / "b" / "model.onnx", replace(SPEC, num_persons=1))
    with pytest.raises(InvalidInputError, match=r"a.model\.onnx and 1 in \S*b.model\.onnx"):
        ensemble_models([one, two], tmp_path / "both.onnx")


def test_members_that_kept_different_clips_apart_are_told(tmp_path: Path) -> None:
    told = [{"data": "made", "protocol": "xsub", "fold": fold, "seed": i} for i, fold in enumerate("121")]
    infos = [
        info_for(SPEC, name=name, learnt_from=one) for name, one in zip(("a", "b", "c"), told, strict=True)
    ]
    assert disagreements([infos[0], infos[2]]) == []
    (line,) = disagreements(infos)
    assert "a, c: made, protocol xsub, fold 1; b: made, protocol xsub, fold 2" in line
    (line,) = disagreements([infos[0], info_for(SPEC, name="d", learnt_from={})])
    assert "d: does not say" in line
    # What is made of them says it, too, and so does what is made of that.
    files = [
        member(tmp_path / f"{i}.onnx", seed=i, name=info.name, learnt_from=info.learnt_from)
        for i, info in enumerate(infos)
    ]
    same = ensemble_models([files[0], files[2]], tmp_path / "same.onnx")
    assert disagreements([same]) == []
    mixed = ensemble_models([tmp_path / "same.onnx", files[1]], tmp_path / "mixed.onnx")
    assert disagreements([mixed]) == disagreements([infos[0], infos[2], infos[1]])
