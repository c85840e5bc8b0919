"""Files of splits: written, and read from here and elsewhere."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poseact.clip import ClipInfo
from poseact.errors import InvalidInputError, PoseactError, SourceError
from poseact.splits import Split, k_fold, load_split, load_splits, split_schema


def test_saved_and_loaded_it_is_the_same_and_fits_its_schema(tmp_path: Path) -> None:
    clips = [ClipInfo("walk", f"c{i}", group=f"g{i % 4}") for i in range(9)]
    plan = replace(k_fold(clips, 3, rng=np.random.default_rng(0)), seed=7, warnings=("über",))
    plan.save(tmp_path / "s.json")
    assert load_split(tmp_path / "s.json") == plan
    schema = split_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads((tmp_path / "s.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**document, "folds": [{"name": "1"}]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected a split as JSON"),
        ("[1]", "keys like train and test|something else"),
        ("{}", "found none"),
        ('{"format": "coco"}', "something else"),
        ('{"format": "poseact.split", "version": 2}', "upgrade poseact"),
        ('{"format": "poseact.split", "version": "1"}', "upgrade poseact"),
        ('{"format": "poseact.split", "version": 1}', "no entry"),
        ('{"train": [1]}', "lists of clip names"),
        ('{"train": ["a"], "training": ["b"]}', "two lists"),
        ('{"trainval": ["a"]}', "lists of clip names"),
        ("[" * 100_000, "expected a split as JSON"),
    ],
)
def test_files_that_are_no_split_are_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(SourceError, match=message) as caught:
        load_splits(tmp_path / "s.json")
    assert "\n" not in str(caught.value)
    with pytest.raises(SourceError, match="no such file"):
        load_splits(tmp_path / "nowhere.json")


def test_pysklsplit_dicts_become_a_plan_for_each_protocol(tmp_path: Path) -> None:
    split = {"xsub_train": ["a"], "xsub_val": ["b"], "xview_train": ["b"], "xview_val": ["a"]}
    for name, content in (("s.json", split), ("t.json", {"split": split, "annotations": []})):
        (tmp_path / name).write_text(json.dumps(content))
        plans = load_splits(tmp_path / name)
        assert plans["xsub"].folds == (Split("1", ("a",), ("b",)),)
        assert plans["xview"].separates == "camera"
    (tmp_path / "s.pkl").write_bytes(pickle.dumps({"split": split, "annotations": [np.zeros(3)]}))
    assert load_split(tmp_path / "s.pkl", "xview").folds[0].train == ("b",)
    with pytest.raises(InvalidInputError, match="'xsub', 'xview'; one must be named"):
        load_split(tmp_path / "s.pkl")
    with pytest.raises(InvalidInputError, match="none is called 'xset'"):
        load_split(tmp_path / "s.pkl", "xset")


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.pkl").write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR.")
    with pytest.raises(SourceError, match=r"os.system"):
        load_splits(tmp_path / "s.pkl")
    assert not (tmp_path / "ran").exists()


def test_csv_of_names_and_parts(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("name,part\na,train\nb, Validation\nc,test\n")
    assert load_split(path).folds == (Split("1", ("a",), ("b",), ("c",)),)
    path.write_text("fold,name,part\nx,a,train\nx,b,test\ny,b,train\ny,a,test\n")
    assert [fold.name for fold in load_split(path).folds] == ["x", "y"]
    for text, message in (("name,set\na,train\n", "columns name,part"), ("name,part\na,held\n", "line 2")):
        path.write_text(text)
        with pytest.raises(SourceError, match=message):
            load_split(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["train", "val", "folds", "split", "x"]), inner, max_size=3)
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
        st.fixed_dictionaries(
            {"format": st.just("poseact.split"), "version": st.just(1)},
            optional={
                key: st.none()
                | st.text(max_size=3)
                | st.lists(st.dictionaries(st.just("name"), st.integers()))
                for key in ("way", "detail", "seed", "warnings", "folds")
            },
        ).map(lambda value: json.dumps(value).encode()),
        st.text("name,part\n\"'trainest", max_size=60).map(lambda text: b"name,part\n" + text.encode()),
    ),
    suffix=st.sampled_from([".json", ".csv", ".pkl"]),
)
def test_any_file_raises_only_our_errors(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"s{suffix}"
    path.write_bytes(content)
    try:
        plans = load_splits(path)
    except PoseactError as error:
        assert str(error)
    else:
        assert plans
