"""Classifiers of feature vectors: honest folds, what is chosen, files without code, and S2's figures."""

import io
import json
import logging
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from poseact.action_model import METADATA_KEY
from poseact.datasets.feature_csv import FeatureTable, read_feature_pair
from poseact.errors import InvalidInputError, MissingExtraError, ModelError
from poseact.feature_classifiers import (
    CHOICES,
    ClassifierInfo,
    CrossValidation,
    FeatureClassifier,
    Setting,
    Shared,
    cross_validate,
    fit_classifier,
    judge_table,
    load_classifier,
    save_classifier,
    settings_of,
)
from poseact.feature_classifiers.fitted import pipeline_scores, with_columns
from poseact.feature_classifiers.onnx_file import linear_parts
from poseact.feature_classifiers.settings import LOGISTIC
from poseact.feature_classifiers.validation import choose, class_indices, fit_pipeline, validation_units

pytest.importorskip("sklearn")
skops_io = pytest.importorskip("skops.io")

SHARED = Path(__file__).parents[1].parent / "shared" / "data" / "g3d-ucf11-features"
LINEAR = [LOGISTIC, Setting("ridge", 10.0), Setting("lda"), Setting("linear svm", 0.1)]
RBF = Setting("rbf svm", 10.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def blobs(
    num_classes: int = 3, each: int = 12, apart: float = 3.0, seed: int = 0, **more: Any
) -> FeatureTable:
    """Classes that lie `apart` standard deviations from one another, on axes of very unlike size."""
    made = np.random.default_rng(seed)
    labels = np.repeat(np.arange(num_classes), each)
    centres = apart * np.eye(num_classes, 5)
    features = (centres[labels] + made.normal(size=(len(labels), 5))) * [1, 10, 0.1, 100, 1] + [
        0,
        50,
        0,
        3,
        1,
    ]
    return FeatureTable(features, labels, tuple("abcde"), **more)


def fitted(setting: Setting, table: FeatureTable) -> FeatureClassifier:
    pipeline = fit_pipeline(setting, table.features, class_indices(table))
    names = tuple(map(str, np.unique(table.labels)))
    labels = tuple(np.unique(table.labels).tolist())
    info = ClassifierInfo(setting.title, table.names, labels, names, False, 0.7, {"clips": 3}, "a test")
    return FeatureClassifier(info, pipeline_scores(pipeline), pipeline)


@pytest.mark.parametrize("num_classes", [2, 4])
@pytest.mark.parametrize("setting", [*LINEAR, RBF], ids=lambda setting: setting.family)
def test_answers_are_scikit_learns(setting: Setting, num_classes: int) -> None:
    train, test = blobs(num_classes), blobs(num_classes, apart=1.0, seed=1)
    classifier = fitted(setting, train)
    np.testing.assert_array_equal(
        classifier.predict(test.features), classifier.pipeline.predict(test.features)
    )
    assert classifier.scores(test.features).shape == (test.num_clips, num_classes)
    np.testing.assert_allclose(classifier.probabilities(test.features).sum(axis=1), 1)
    assert classifier.predict(np.empty((0, 5))).shape == (0,)
    with pytest.raises(InvalidInputError, match=r"\(clips, 5\)"):
        classifier.scores(np.zeros((2, 4)))


def test_of_two_classes_the_softmax_is_logistic_regressions_probability() -> None:
    train = blobs(2, apart=1.0)
    classifier = fitted(LOGISTIC, train)
    classifier = FeatureClassifier(replace(classifier.info, temperature=1.0), classifier.scores)
    expected = fit_pipeline(LOGISTIC, train.features, train.labels).predict_proba(train.features)
    np.testing.assert_allclose(classifier.probabilities(train.features), expected, atol=1e-12)


@pytest.mark.parametrize("suffix", [".skops", ".onnx"])
@pytest.mark.parametrize("num_classes", [2, 4])
@pytest.mark.parametrize("setting", [*LINEAR, RBF], ids=lambda setting: setting.family)
def test_what_is_saved_answers_the_same(
    setting: Setting, num_classes: int, suffix: str, tmp_path: Path
) -> None:
    train, test = blobs(num_classes), blobs(num_classes, apart=1.0, seed=1)
    first, path = fitted(setting, train), tmp_path / f"größe{suffix}"
    if setting is RBF and suffix == ".onnx":
        with pytest.raises(InvalidInputError, match=r"not linear: save it as \.skops"):
            save_classifier(first, path)
        assert not path.exists()
        return
    save_classifier(first, path)
    second = load_classifier(path)
    assert second.info == first.info
    np.testing.assert_allclose(
        second.scores(test.features), first.scores(test.features), rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(
        second.probabilities(test.features), first.probabilities(test.features), atol=1e-9
    )
    np.testing.assert_array_equal(second.predict(test.features), first.predict(test.features))


def test_the_onnx_graph_alone_gives_the_probabilities(tmp_path: Path) -> None:
    import onnxruntime

    first = fitted(LINEAR[1], blobs())
    save_classifier(first, tmp_path / "x.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "x.onnx", providers=["CPUExecutionProvider"])
    features = blobs(seed=1).features
    (found,) = session.run(["probabilities"], {"features": features})
    np.testing.assert_allclose(found, first.probabilities(features), atol=1e-12)


def test_onnx_needs_no_scikit_learn_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_classifier(fitted(LOGISTIC, blobs()), tmp_path / "x.onnx")
    save_classifier(fitted(LOGISTIC, blobs()), tmp_path / "x.skops")
    for name in ("sklearn", "skops", "onnx"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr("poseact.feature_classifiers.settings.find_spec", lambda _: None)
    assert load_classifier(tmp_path / "x.onnx").predict(blobs().features).shape == (36,)
    for call in (
        lambda: load_classifier(tmp_path / "x.skops"),
        lambda: fit_classifier(blobs(), rng=rng()),
        lambda: cross_validate(blobs(), LINEAR, rng=rng()),
    ):
        with pytest.raises(MissingExtraError, match=r"poseact\[train\]"):
            call()


def test_a_classifier_from_onnx_cannot_be_saved_again(tmp_path: Path) -> None:
    save_classifier(fitted(LOGISTIC, blobs()), tmp_path / "x.onnx")
    for suffix in (".skops", ".onnx"):
        with pytest.raises(InvalidInputError, match="copy the file"):
            save_classifier(load_classifier(tmp_path / "x.onnx"), tmp_path / f"y{suffix}")
    with pytest.raises(InvalidInputError, match=r"\.skops .* or \.onnx"):
        save_classifier(fitted(LOGISTIC, blobs()), tmp_path / "x.pkl")


# What is wrong with files


def dumped(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "x.skops"
    skops_io.dump(content, path)
    return path


def test_other_types_are_refused_before_anything_is_built(tmp_path: Path) -> None:
    from sklearn.preprocessing import FunctionTransformer

    info = fitted(LOGISTIC, blobs()).info.to_json()
    # The first is of scikit-learn, so that skops trusts it; it would call any function it is given.
    for bad in (FunctionTransformer(np.abs), np.abs, print, {1, 2}, rng(), np.array([[]], object)):
        path = dumped(tmp_path, {"pipeline": bad, "info": info})
        with pytest.raises(ModelError, match=r"x\.skops") as caught:
            load_classifier(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match=r"refused, it holds sklearn.*FunctionTransformer \(ObjectNode\)"):
        load_classifier(dumped(tmp_path, {"pipeline": FunctionTransformer(), "info": info}))


def test_nothing_is_built_of_a_type_that_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dumped(tmp_path, {"pipeline": print, "info": ""})

    def load(*_: object, **__: object) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(skops_io, "load", load)
    with pytest.raises(ModelError, match=r"refused, it holds builtins\.print \(TypeNode\)"):
        load_classifier(path)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("support_vectors_", np.zeros((1, 5))),
        ("_n_support", np.array([1, 1, 2**20], np.int32)),
        ("_dual_coef_", np.zeros((2, 1))),
        ("_intercept_", np.zeros(1)),
        ("_intercept_", np.full(3, np.nan)),
        ("kernel", "precomputed"),
    ],
)
def test_machines_that_were_tampered_with_are_refused(attribute: str, value: Any, tmp_path: Path) -> None:
    classifier = fitted(RBF, blobs())
    setattr(classifier.pipeline.steps[-1][1], attribute, value)
    save_classifier(classifier, tmp_path / "x.skops")
    with pytest.raises(ModelError, match="broken file"):
        load_classifier(tmp_path / "x.skops")


def test_a_pipeline_that_does_not_fit_its_metadata_is_refused(tmp_path: Path) -> None:
    classifier = fitted(LOGISTIC, blobs())
    wrong = [
        {"pipeline": classifier.pipeline},
        [1, 2],
        {"pipeline": classifier.pipeline, "info": "{}"},
        {"pipeline": "x", "info": classifier.info.to_json()},
        {"pipeline": fitted(LOGISTIC, blobs(4)).pipeline, "info": classifier.info.to_json()},
        {
            "pipeline": classifier.pipeline,
            "info": replace(classifier.info, feature_names=("a", "b")).to_json(),
        },
    ]
    for content in wrong:
        with pytest.raises(ModelError, match=r"x\.skops") as caught:
            load_classifier(dumped(tmp_path, content))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".skops", ".onnx"])
def test_damaged_files_are_told_in_one_line(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    save_classifier(fitted(LOGISTIC, blobs()), path)
    whole = path.read_bytes()
    made = rng()
    changed = [bytearray(whole) for _ in range(40)]
    for one in changed:
        one[int(made.integers(len(one)))] ^= int(made.integers(1, 256))
    refused = 0
    for content in (b"", b"PK", whole[: len(whole) // 2], *map(bytes, changed)):
        path.write_bytes(content)
        try:
            load_classifier(path)
        except ModelError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused >= 3


def test_files_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    for name, said in (("none.skops", "no such file"), ("x.txt", r"ends with \.skops or \.onnx")):
        with pytest.raises(ModelError, match=said):
            load_classifier(tmp_path / name)


def test_other_onnx_models_are_refused(tmp_path: Path) -> None:
    classifier, path = fitted(LOGISTIC, blobs()), tmp_path / "x.onnx"
    save_classifier(classifier, path)
    model = onnx.load(path)
    for text, said in (
        (None, "not one made for poseact"),
        ("{}", "no classifier of feature vectors"),
        (classifier.info.to_json().replace('"version": 1', '"version": 2'), "upgrade poseact"),
        (classifier.info.to_json().replace("feature_classifier", "model"), "expected format"),
        (replace(classifier.info, feature_names=("a", "b")).to_json(), "from 2 features to 3 scores"),
    ):
        onnx.helper.set_model_props(model, {} if text is None else {METADATA_KEY: text})
        onnx.save(model, path)
        with pytest.raises(ModelError, match=said):
            load_classifier(path)


def test_a_file_of_another_version_of_scikit_learn_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_classifier(fitted(LOGISTIC, blobs()), tmp_path / "x.skops")
    with zipfile.ZipFile(tmp_path / "x.skops") as file:
        parts = {name: file.read(name) for name in file.namelist()}
    import sklearn

    version = json.dumps(sklearn.__version__)
    text = parts["schema.json"].decode()
    assert json.dumps(version) in text
    parts["schema.json"] = text.replace(json.dumps(version), json.dumps('"1.5.0"')).encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    (tmp_path / "y.skops").write_bytes(content.getvalue())
    with caplog.at_level(logging.WARNING):
        load_classifier(tmp_path / "y.skops")
    assert "y.skops: made with a test, another version" in caplog.text
    caplog.clear()
    load_classifier(tmp_path / "x.skops")
    assert not caplog.text


# Cross-validation


def test_choices_are_grids_without_doubles_and_the_whole_is_all_of_them() -> None:
    for choice in CHOICES:
        assert len(set(settings_of(choice))) == len(settings_of(choice)) > 0
    assert settings_of("logistic") == (LOGISTIC,)
    assert set(settings_of("auto")) >= {s for choice in CHOICES for s in settings_of(choice)}
    assert len({setting.title for setting in settings_of("auto")}) == len(settings_of("auto"))
    with pytest.raises(InvalidInputError, match=r"logistic, ridge, lda, svm, auto, found 'x'"):
        settings_of("x")


def test_noise_is_worth_no_more_than_chance_and_the_same_seed_gives_the_same() -> None:
    noise = blobs(3, 20, apart=0.0)
    first, second = (cross_validate(noise, [LINEAR[1], RBF], rng=rng(), repeats=3) for _ in range(2))
    assert all(one.mean < 0.55 for one in first)
    assert [one.accuracies.tolist() for one in first] == [one.accuracies.tolist() for one in second]
    assert (first[0].folds, first[0].unit, first[0].accuracies.shape) == (5, "clip", (3,))


def grouped(**names: Any) -> FeatureTable:
    """Eight groups of five nearly equal clips each, all about the same place: nothing can be learnt."""
    made = rng()
    features = np.repeat(made.normal(size=(8, 5)), 5, axis=0) + 1e-3 * made.normal(size=(40, 5))
    return FeatureTable(features, np.repeat(np.arange(8) % 2, 5), tuple("abcde"), **names)


def test_clips_of_a_group_or_subject_are_never_divided() -> None:
    of_group = tuple(f"g{i // 5}" for i in range(40))
    nearest = [Setting("rbf svm", 100.0)]
    divided = cross_validate(grouped(), nearest, rng=rng(), repeats=2)[0]
    assert (divided.mean, divided.unit) == (1.0, "clip")  # a neighbour tells all
    for names, unit in (
        ({"groups": of_group}, "group"),
        ({"groups": (None, *of_group[1:])}, "group"),
        ({"subjects": of_group}, "subject"),
        ({"subjects": of_group, "groups": ("all",) * 40}, None),
        ({"clips": tuple(f"{of_group[i]}_w0{i}" for i in range(40))}, "clip"),  # windows of one recording
    ):
        table = grouped(**names)
        if unit is None:  # all chained to one
            with pytest.raises(InvalidInputError, match=r"class '0' cannot be cross-validated.*two groups"):
                cross_validate(table, nearest, rng=rng())
            continue
        found = cross_validate(table, nearest, rng=rng(), repeats=2)[0]
        assert found.unit == unit
        assert found.folds == 4  # groups of a class
        assert len(found.accuracies) == 2
        assert found.mean < 0.8


def test_subjects_that_keep_to_one_class_give_way_to_groups() -> None:
    subjects = tuple(f"s{i // 20}" for i in range(40))
    table = FeatureTable(grouped().features, np.repeat([0, 1], 20), tuple("abcde"), subjects=subjects)
    assert validation_units(table)[0] == "clip"


def test_where_every_group_is_a_fold_there_is_one_division() -> None:
    table = replace(blobs(3, 8), groups=("a", "b", "c", "d") * 6)
    found = cross_validate(table, [LINEAR[1]], rng=rng())[0]
    assert (found.folds, len(found.accuracies), found.spread) == (4, 1, 0)


def test_clips_with_the_same_features_stay_together() -> None:
    first = blobs(2, 4)
    features = first.features.copy()
    features[1], features[6] = features[0], -0.0
    features[7] = 0.0
    unit, numbers = validation_units(replace(first, features=features))
    assert unit == "clip"
    assert numbers[0] == numbers[1]
    assert numbers[6] == numbers[7]
    assert len(set(numbers.tolist())) == 6


def test_the_highest_mean_is_chosen_and_of_equals_the_first() -> None:
    def made(*accuracies: float) -> CrossValidation:
        return CrossValidation(LOGISTIC, np.array(accuracies), 1.0, 5, "clip")

    found = [made(0.5, 0.6), made(0.9, 0.7), made(0.7, 0.9), made(0.1, 0.99)]
    assert choose(found) is found[1]
    assert found[1].mean == pytest.approx(0.8)
    assert found[1].spread == pytest.approx(0.1 * 2**0.5)
    assert made(0.5).spread == 0


def test_the_temperature_makes_probabilities_mean_what_they_say() -> None:
    train, new = blobs(3, 100, apart=1.0), blobs(3, 2000, apart=1.0, seed=1)
    for setting in (*LINEAR, RBF):
        found = cross_validate(train, [setting], rng=rng(), repeats=1)[0]
        classifier = fitted(setting, train)
        classifier = FeatureClassifier(
            replace(classifier.info, temperature=found.temperature), classifier.scores
        )
        probabilities = classifier.probabilities(new.features)
        right = probabilities.argmax(axis=1) == new.labels
        assert probabilities.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.05)


def test_classes_of_two_clips_and_folds_without_a_class_do() -> None:
    tiny = blobs(2, 2)
    fit = fit_classifier(tiny, rng=rng(), repeats=1)
    assert fit.chosen.folds == 2
    assert not any(one.setting.family == "lda" for one in fit.tried)
    with pytest.raises(InvalidInputError, match="too few clips for lda"):
        fit_classifier(tiny, "lda", rng=rng())
    # Two groups that both classes share: a fold leaves one of them.
    table = replace(blobs(3, 6), groups=("a", "b") * 9)
    assert fit_classifier(table, "ridge", rng=rng()).chosen.unit == "group"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (blobs(1), "two classes or more, found 1"),
        (FeatureTable(np.zeros((3, 1)), np.array([0, 0, 4]), ("f",)), "found one of '4'"),
        (replace(blobs(2, 2), class_names=("x", "y"), features=np.zeros((4, 5))), "class 'x' cannot be"),
        (replace(blobs(2), features=blobs(2).features * 1e200), "up to 1e"),
    ],
)
def test_tables_that_cannot_be_learnt_from_are_told(table: FeatureTable, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        fit_classifier(table, "ridge", rng=rng())
    with pytest.raises(InvalidInputError, match="2 folds and 1 repeat"):
        fit_classifier(blobs(), "ridge", rng=rng(), folds=1)


def test_a_fit_looks_at_labels_that_there_are_and_says_how_it_was_made() -> None:
    told: list[Setting] = []
    table = replace(blobs(2), labels=blobs(2).labels * 3 + 1, class_names=("a", "b", "c", "d", "e"))
    fit = fit_classifier(table, "svm", rng=rng(), folds=3, repeats=2, on_done=told.append)
    info = fit.classifier.info
    assert (info.labels, info.class_names, info.is_named) == ((1, 4), ("b", "e"), True)
    assert tuple(told) == settings_of("svm") == tuple(one.setting for one in fit.tried)
    assert info.title == fit.chosen.setting.title
    assert info.temperature == fit.chosen.temperature
    assert info.training["cross_validated_accuracy"] == fit.chosen.mean > 0.8
    assert (info.training["folds"], info.training["repeats"], info.training["clips"]) == (3, 2, 24)


# Judging


def test_columns_in_another_order_are_put_in_order_and_others_refused() -> None:
    table = blobs()
    turned = FeatureTable(table.features[:, ::-1], table.labels, table.names[::-1])
    np.testing.assert_array_equal(with_columns(turned, table.names, "x").features, table.features)
    for names, said in ((tuple("abcdx"), "without 'e'"), (tuple("abcdef"), "with 'f'")):
        other = FeatureTable(np.zeros((1, len(names))), np.zeros(1, int), names)
        with pytest.raises(InvalidInputError, match=f"test.csv: expected the 5 numbers.*{said}"):
            with_columns(other, table.names, "test.csv")


def judged(classifier: FeatureClassifier, table: FeatureTable) -> Callable[[], Any]:
    return lambda: judge_table(classifier, table, data="test.csv", rng=rng())


def test_classes_are_matched_by_name_where_both_sides_have_names() -> None:
    train = blobs(3, apart=20.0, class_names=("x", "y", "z"))
    fit = fit_classifier(train, "ridge", rng=rng(), repeats=1)
    assert judged(fit.classifier, train)().top_1.value == 1
    turned = replace(train, labels=2 - train.labels, class_names=("z", "y", "x"))
    assert judged(fit.classifier, turned)().top_1.value == 1
    by_number = replace(turned, class_names=None)
    assert judged(fit.classifier, by_number)().top_1.value == pytest.approx(1 / 3)


def test_clips_are_called_by_their_names_where_each_has_its_own() -> None:
    fit = fit_classifier(blobs(2, 3), "ridge", rng=rng(), repeats=1)
    for clips, names in (
        (tuple("uvwxyz"), "uvwxyz"),
        (tuple("uuwxyz"), None),
        ((None, *"vwxyz"), None),
        (None, None),
    ):
        found = [clip.name for clip in judged(fit.classifier, replace(blobs(2, 3), clips=clips))().clips]
        assert found == (list(names) if names else [f"row {i}" for i in range(1, 7)])


def test_clips_of_unknown_classes_are_left_out_and_told() -> None:
    fit = fit_classifier(blobs(3, apart=20.0), "ridge", rng=rng(), repeats=1)
    four = judged(fit.classifier, blobs(4, apart=20.0))()
    assert (four.num_clips, dict(four.facts.unknown_classes), four.top_1.value) == (36, {"3": 12}, 1)
    assert [sum(row) for row in four.confusion] == [12, 12, 12]
    only = replace(blobs(3), labels=blobs(3).labels + 7)
    with pytest.raises(InvalidInputError, match="such as '0', found only others, such as '7'"):
        judged(fit.classifier, only)()
    for table in (replace(only, labels=only.labels * 0 - 1), replace(blobs(1, 0), labels=np.empty(0, int))):
        with pytest.raises(InvalidInputError, match="expected clips with labels"):
            judged(fit.classifier, table)()


def test_what_is_in_both_parts_is_told() -> None:
    train = replace(blobs(), subjects=("s1", "s2", None) * 12, groups=("g1", "g2") * 18)
    features = np.vstack([blobs(seed=1).features[:2], train.features[[5, 7]]])
    test = FeatureTable(
        features, np.zeros(4, int), train.names, subjects=("s2", "s3", None, "s2"), groups=None
    )
    shared = Shared.between(train, test)
    assert (shared.rows, shared.subjects, shared.groups) == (((5, 2), (7, 3)), ("s2",), ())
    fit = fit_classifier(train, "ridge", rng=rng(), repeats=1)
    notes = judge_table(fit.classifier, test, data="t", rng=rng(), shared=shared).facts.notes
    assert notes[0] == (
        "2 of 4 test clips are also in training: test row 3 is training row 6, test row 4 is training row 8"
    )
    assert notes[1].startswith("subjects in both parts: s2")
    assert Shared.between(train, blobs(seed=1)) == Shared((), (), ())


def test_linear_parts_are_those_of_the_classifier() -> None:
    mean, scale, weights, bias = linear_parts(fitted(LINEAR[1], blobs()).pipeline) or [None] * 4
    np.testing.assert_allclose(mean, blobs().features.mean(axis=0))
    np.testing.assert_allclose(scale, blobs().features.std(axis=0))
    assert (weights.shape, bias.shape) == ((5, 3), (3,))
    assert linear_parts(fitted(RBF, blobs()).pipeline) is None


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "right", "clips"), [("G3D", 37, 39), ("UCF11", 49, 66)])
def test_s2s_published_figures_are_reproduced_exactly(
    name: str, right: int, clips: int, tmp_path: Path
) -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared data are not here")
    train, test = read_feature_pair(SHARED, name)
    fit = fit_classifier(train, "logistic", rng=rng(), folds=2, repeats=1)
    for suffix in (".onnx", ".skops"):
        save_classifier(fit.classifier, tmp_path / f"x{suffix}")
        judgement = judge_table(load_classifier(tmp_path / f"x{suffix}"), test, data=name, rng=rng())
        assert (sum(clip.is_right for clip in judgement.clips), judgement.num_clips) == (right, clips)
    assert f"{100 * judgement.top_1.value:.2f}" == {"G3D": "94.87", "UCF11": "74.24"}[name]
