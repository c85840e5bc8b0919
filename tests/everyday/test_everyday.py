"""The tables of the shipped model's recipe: complete, and in the vocabulary's own words."""

import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from poseact.action_model import ActionModel
from poseact.action_model_info import ActionModelInfo
from poseact.carried_state import CarriedStateModel
from poseact.datasets import DATASETS, jhmdb, msr_action3d, sbu_interaction, utd_mhad
from poseact.synth import ACTIONS

RECIPE = Path(__file__).parents[2] / "training" / "everyday"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
sys.path.insert(0, str(RECIPE))

import actor  # noqa: E402
import corpus  # noqa: E402
import export  # noqa: E402
import fitting  # noqa: E402
import left_out  # noqa: E402
import network  # noqa: E402
import robustness  # noqa: E402
import vocabulary  # noqa: E402
from calibration import (  # noqa: E402
    MAX_FALSE_FALLS,
    Calibration,
    SpanLogits,
    calibrate,
    false_falls,
    networks_of_models,
)
from clips import load_spans  # noqa: E402

CLASSES, KINDS = set(vocabulary.CLASS_NAMES), set(vocabulary.KINDS)
SPECIAL = {"by_hands", "pick_up>throw", None}


def test_every_mapped_label_is_a_class() -> None:
    for table in vocabulary.LABELS.values():
        assert {label for label in table.values() if label not in SPECIAL} <= KINDS
    assert set(vocabulary.ALIASES.values()) <= CLASSES
    assert not set(vocabulary.ALIASES) & CLASSES


def test_every_act_of_the_actor_has_a_class() -> None:
    assert set(vocabulary.ACTOR) == set(ACTIONS)
    assert set(vocabulary.ACTOR.values()) <= KINDS
    assert {vocabulary.class_of(kind) for kind in vocabulary.ACTOR.values()} == CLASSES


def test_kinds_stand_in_the_order_of_the_classes_and_then_those_of_other() -> None:
    named = vocabulary.CLASS_NAMES[:-1]
    assert vocabulary.CLASS_NAMES[-1] == "other"
    assert vocabulary.KINDS[: len(named)] == named
    assert {vocabulary.class_of(kind) for kind in vocabulary.KINDS[len(named) :]} == {"other"}
    assert len(KINDS) == len(vocabulary.KINDS)


def test_a_third_of_what_the_actor_does_is_no_class() -> None:
    rng = np.random.default_rng(0)
    drawn = Counter(vocabulary.class_of(vocabulary.ACTOR[actor.draw_act(rng)]) for _ in range(3000))
    assert set(drawn) == CLASSES
    assert 0.3 < drawn.pop("other") / 3000 < 0.37
    assert min(drawn.values()) > 60


def test_the_actors_scripts_become_items_of_all_postures() -> None:
    items = actor.truth_items(4)
    assert len(items) >= 4 * 5
    assert all(item.high > item.low for item in items)


def test_every_label_of_every_set_is_mapped() -> None:
    assert set(vocabulary.LABELS) <= set(DATASETS)
    assert set(vocabulary.LABELS["utd-mhad"]) == set(utd_mhad.CLASS_NAMES)
    assert set(vocabulary.LABELS["msr-action3d"]) == set(msr_action3d.CLASS_NAMES)
    assert set(vocabulary.LABELS["sbu-interaction"]) == set(sbu_interaction.CLASS_NAMES)


@pytest.mark.real_data
def test_jhmdb_labels_are_mapped() -> None:
    if not (SHARED / "jhmdb").is_dir():
        pytest.skip("the shared data are not here")
    labels = {clip.label for clip in jhmdb.read_jhmdb(SHARED / "jhmdb", all_classes=True)}
    assert labels == set(vocabulary.LABELS["jhmdb"])


def test_no_class_has_a_side() -> None:
    assert not any("left" in name or "right" in name for name in CLASSES)


def test_spans_are_in_order_and_different() -> None:
    spans = load_spans()
    assert len({span.name for span in spans}) == len(spans)
    for span in spans:
        assert set(span.label.split("|")) <= KINDS
        assert span.end_s > span.start_s
        assert span.use in ("train", "test", "all")
        assert "|" not in span.group
    assert {"trial1", "trial2"} <= {span.group for span in spans}


def test_an_ambiguous_target_is_shared_and_an_unknown_one_refused() -> None:
    assert corpus.target_of("jump|squat") == {"jump": 0.5, "squat": 0.5}
    with pytest.raises(ValueError, match="unknown"):
        corpus.target_of("jump|fly")


def test_windows_of_the_store_hold_at_the_ends() -> None:
    points = np.zeros((10, 13, 2), np.float32)
    points[..., 0] = np.arange(10)[:, None]
    item = corpus.Item(
        points, np.ones((10, 13), np.float32), {"walk": 1.0}, 0, 9, "penn-action", "", False, "a"
    )
    store = corpus.Store([item, item])
    found, confidence = store.windows(np.array([1]), np.array([4.5]), 16, np.array([1.0]))
    np.testing.assert_allclose(found[0, :, 0, 0], (np.arange(16) - 3.0).clip(0, 9))
    assert (confidence == 1).all()


def test_two_raised_hands_are_told_from_one() -> None:
    points = np.zeros((5, 13, 2), np.float32)
    index = corpus.BODY13.index
    points[:, index("left_wrist"), 1] = -1
    points[:, index("right_wrist"), 1] = 1
    assert corpus.hands_class(points) == "wave_one_hand"
    points[:, index("right_wrist"), 1] = -1
    assert corpus.hands_class(points) == "wave_two_hands"


def _walkers() -> np.ndarray:
    """Two windows (2, T, 13, 3) of joints that move along straight lines."""
    rng = np.random.default_rng(0)
    places, speeds = rng.normal(size=(2, 2, 1, 13, 3))
    steps = np.arange(network.WINDOW_FRAMES)[None, :, None, None]
    return (places + 0.05 * speeds * steps).astype(np.float32)


@pytest.mark.parametrize("condition", robustness.CONDITIONS, ids=lambda c: c.name)
def test_every_condition_changes_what_it_says_and_nothing_else(condition: robustness.Condition) -> None:
    points = _walkers()
    before = points.copy()
    changed = condition.change(points, np.random.default_rng(1))
    np.testing.assert_array_equal(points, before)
    assert changed.shape == (2, network.WINDOW_FRAMES, 13, 2)
    hidden = ~np.isfinite(changed).all(axis=-1)
    share = {
        "legs hidden": 4 / 13,
        "arms hidden": 4 / 13,
        "one arm hidden": 2 / 13,
        "20 % of joints missing": 0.2,
    }
    assert hidden.mean() == pytest.approx(share.get(condition.name, 0.0), abs=0.03)


def test_ten_frames_a_second_keep_straight_ways_straight() -> None:
    points = _walkers()
    slow = robustness.slower_camera(points, np.random.default_rng(0))
    # Frames of 18 a second stand for moments of 10 a second: half a frame off at most.
    assert (
        np.abs(slow - points[..., :2]).max() <= 0.05 * np.abs(points[:, 1] - points[:, 0]).max() / 0.05 * 0.6
    )
    bend = points.copy()
    bend[:, 5] += 1.0  # seen in one frame only
    assert np.abs(robustness.slower_camera(bend, np.random.default_rng(0)) - slow)[:, 8:].max() == 0


def test_a_camera_aside_shortens_what_lies_across() -> None:
    points = np.zeros((1, network.WINDOW_FRAMES, 13, 3), np.float32)
    points[..., 0] = np.arange(13)
    aside = robustness.turned(40, 0)(points, np.random.default_rng(0))
    assert np.ptp(aside[..., 0]) == pytest.approx(12 * np.cos(np.radians(40)), rel=1e-5)
    assert np.ptp(aside[..., 1]) == 0


def test_other_is_as_likely_as_all_its_kinds_together() -> None:
    kinds = torch.randn(5, len(vocabulary.KINDS), generator=torch.Generator().manual_seed(0))
    by_class = network.classes_of(kinds).softmax(dim=1)
    by_kind = kinds.softmax(dim=1)
    named = len(vocabulary.CLASS_NAMES) - 1
    torch.testing.assert_close(by_class[:, :named], by_kind[:, :named])
    torch.testing.assert_close(by_class[:, named], by_kind[:, named:].sum(dim=1))


def _item(kind: str, source: str, name: str) -> corpus.Item:
    points = np.random.default_rng(0).normal(size=(20, 13, 2)).astype(np.float32)
    return corpus.Item(
        points, np.ones((20, 13), np.float32), corpus.target_of(kind), 0, 19, source, name, False, name
    )


def test_the_actor_never_outweighs_people() -> None:
    items = [_item("walk", "videos", "one"), _item("other/lunge", "utd-mhad", "two")]
    for n in range(50):
        items += [_item(kind, "actor", f"a{n}") for kind in ("walk", "other/lunge", "other/plank", "jump")]
    store = corpus.Store(items)
    weights = fitting.sampling_weights(store, np.ones(len(items), bool))
    assert weights.sum() == pytest.approx(1)
    by_actor = store.source == "actor"
    for name in ("walk", "other"):
        of_class = store.target[:, vocabulary.CLASS_NAMES.index(name)] > 0
        assert weights[of_class & by_actor].sum() < weights[of_class & ~by_actor].sum()
    # What nobody shows, the actor shows alone.
    assert weights[store.target[:, vocabulary.CLASS_NAMES.index("jump")] > 0].sum() > 0


def test_nothing_is_drawn_of_what_is_not_to_be_used() -> None:
    items = [_item("walk", "videos", "one"), _item("run", "videos", "two")]
    weights = fitting.sampling_weights(corpus.Store(items), np.array([True, False]))
    np.testing.assert_array_equal(weights, [1, 0])


@pytest.mark.parametrize("name", ["everyday", "everyday-small"])
def test_a_network_learns_to_tell_two_kinds_apart(name: network.NetworkName) -> None:
    still = _item("stand", "videos", "one")
    moving = _item("jump", "videos", "two")
    moving.points[:, :, 1] += 3 * np.sin(np.arange(20))[:, None]
    still.points[:] = still.points[0]
    store = corpus.Store([still, moving])
    settings = fitting.FitSettings(steps=40, batch=32, network=name)
    net = fitting.fit(store, np.ones(2, bool), 0, settings, log=lambda _: None)
    logits, owner = fitting.item_logits(net, store, np.arange(2))
    assert logits.shape[1] == len(CLASSES)
    best = fitting.mean_probabilities(logits, owner, np.arange(2)).argmax(axis=1)
    assert [vocabulary.CLASS_NAMES[k] for k in best] == ["stand", "jump"]


def test_auroc_is_the_chance_of_being_above() -> None:
    assert left_out.auroc([3, 4], [1, 2]) == 1
    assert left_out.auroc([1, 2], [3, 4]) == 0
    assert left_out.auroc([1, 1], [1, 1]) == 0.5
    assert left_out.auroc([2, 0], [1]) == 0.5


def _says(name: str, right: str, said: list[str], sure: float = 20) -> SpanLogits:
    """A span during which these classes are said, one a window."""
    logits = np.zeros((len(said), len(vocabulary.CLASS_NAMES)), np.float32)
    logits[np.arange(len(said)), [vocabulary.CLASS_NAMES.index(one) for one in said]] = sure
    return SpanLogits(name, frozenset([right]), 0, (logits,))


def test_a_false_fall_is_one_in_a_clip_without_any() -> None:
    spans = [
        _says("a.mp4 0-2 stand", "stand", ["stand", "fall", "fall", "fall"]),
        _says("a.mp4 2-3 fall", "fall", ["fall"] * 3),
        _says("b.mp4 0-2 squat", "squat", ["squat", "fall", "fall", "fall"]),
        _says("b.mp4 2-4 stand", "stand", ["stand"] * 4),
        _says("c.mp4 0-4 walk", "walk", ["walk"] * 4),
    ]
    assert false_falls(spans, Calibration(1.0, 0.3, 0.3)) == {"b.mp4": True, "c.mp4": False}


def test_the_threshold_of_falls_keeps_false_ones_rare() -> None:
    # In half of the clips a fall has a chance of 0.37 and walking hardly more.
    rng = np.random.default_rng(0)
    spans = [_says(f"{n}.mp4 0-2 fall", "fall", ["fall"] * 5) for n in range(20)]
    for n in range(20, 40):
        span = _says(f"{n}.mp4 0-2 walk", "walk", ["walk"] * 5, sure=4)
        if n % 2:
            span.tracks[0][:, vocabulary.CLASS_NAMES.index("fall")] = 3.8
        span.tracks[0][:] += rng.normal(0, 0.01, span.tracks[0].shape)
        spans.append(span)
    found = calibrate([spans])
    assert np.mean(list(false_falls(spans, found).values())) <= MAX_FALSE_FALLS
    assert found.fall > found.reject - 1e-9


def test_models_of_two_networks_take_the_next_seed_too(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text('{"network": "everyday"}')
    for seed in (0, 1, 2):
        for fold in (0, 1):
            (tmp_path / f"seed{seed}_fold{fold}.npz").touch()
    found = networks_of_models(tmp_path, ".npz")
    assert {key: [path.stem for path in paths] for key, paths in found.items()} == {
        (seed, fold): [f"seed{seed}_fold{fold}", f"seed{(seed + 1) % 3}_fold{fold}"]
        for seed in (0, 1, 2)
        for fold in (0, 1)
    }
    alone = networks_of_models(tmp_path, ".npz", 1)
    assert all(path.stem == f"seed{s}_fold{f}" for (s, f), (path,) in alone.items())


def test_refusal_counts_what_is_named_and_how_often_it_begins() -> None:
    def span(right: str, said: list[str]) -> tuple[SpanLogits, float]:
        return _says(right, right, said, sure=40), 1800.0

    spans = [
        span("walk", ["walk"] * 9),
        span("kick", ["walk"] * 3 + ["other"] * 3 + ["run"] * 3),
        span("other", ["other"] * 9),
    ]
    found = left_out.refusal(spans, {"kick"}, Calibration(1.0, 0.6, 0.6))
    assert found["known named, %"] == 100
    assert found["unknown named, %"] == 100
    assert found["other named, %"] == 0
    assert found["false alarms an hour of unknown motion"] == 4
    assert found["false alarms an hour of other motion"] == 0
    assert found["AUROC, other"] == 1


def test_stepping_a_track_is_what_its_windows_say_frame_by_frame() -> None:
    torch.manual_seed(0)
    net = network.EverydaySmall().eval()
    store = corpus.Store([_item("walk", "videos", "one"), _item("run", "videos", "two")])
    owner, center = np.array([0, 1, 1]), np.array([3.0, 0.0, 19.0])
    found = fitting.stepped_logits(net, store, owner, center)
    # A window that begins with the track's first frame: its later half, about the frame in its middle.
    begin = (network.WINDOW_FRAMES - 1) / 2 * fitting.STEP
    points, confidence = store.windows(
        np.array([0]), np.array([begin]), network.WINDOW_FRAMES, np.array([fitting.STEP])
    )
    with torch.inference_mode():
        frames = net.frame_logits(*net.inputs(points[..., :2], confidence)).log_softmax(dim=-1)[0].numpy()
    first = round(3.0 / fitting.STEP)
    np.testing.assert_allclose(
        found[0], frames[first : first + network.WINDOW_FRAMES // 2].mean(axis=0), rtol=1e-3, atol=1e-4
    )
    assert np.abs(found[1] - found[2]).max() > 1e-4


def test_a_model_of_two_networks_is_their_mean() -> None:
    torch.manual_seed(0)
    members = [network.EverydayNet().eval() for _ in range(2)]
    both = network.assembled(members).eval()
    points, confidence = _walkers()[..., :2].copy(), np.ones((2, network.WINDOW_FRAMES, 13), np.float32)
    inputs = both.inputs(points, confidence)
    with torch.inference_mode():
        torch.testing.assert_close(both(*inputs), (members[0](*inputs) + members[1](*inputs)) / 2)
        assert both.embed(*inputs).shape == (2, 256)


@pytest.mark.parametrize("name", ["everyday", "everyday-small"])
def test_the_file_says_what_the_network_says(name: network.NetworkName, tmp_path: Path) -> None:
    torch.manual_seed(0)
    info = ActionModelInfo(
        name=name,
        model_version="0",
        layout=corpus.BODY13,
        class_names=vocabulary.CLASS_NAMES,
        rate_hz=network.RATE_HZ,
        window_frames=network.WINDOW_FRAMES,
        stride_s=0.2,
        features=network.FEATURES if name == "everyday" else None,
        temperature=1.0,
        reject_threshold=0.2,
    )
    path = tmp_path / "model.onnx"
    net = network.make_network(name).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's older exporter
        assert export.export(net, info, path) < 1e-4
    model = ActionModel.load(path)
    points, confidence = _walkers()[..., :2].copy(), np.ones((2, network.WINDOW_FRAMES, 13), np.float32)
    with torch.inference_mode():
        vectors = net.embed(*net.inputs(points, confidence)).numpy()
    np.testing.assert_allclose(model.features(points, confidence), vectors, rtol=1e-3, atol=1e-4)
    if name == "everyday-small":
        assert CarriedStateModel.load(path).num_classes == len(CLASSES)
