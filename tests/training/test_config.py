"""Settings: typed, flat, and told from options of the model."""

from pathlib import Path

import pytest

from poseact.errors import InvalidInputError, SourceError
from poseact.models import MODELS, Recipe
from poseact.options import typed_options
from poseact.training.config import (
    SETTING_NAMES,
    TrainConfig,
    check_model_options,
    load_config,
    load_settings,
    make_config,
    save_config,
)


@pytest.mark.parametrize("name", MODELS)
def test_no_option_of_a_model_is_called_like_a_setting(name: str) -> None:
    assert not SETTING_NAMES & set(typed_options(MODELS[name], ("spec", "num_classes")))


def test_values_go_where_they_belong() -> None:
    config = make_config({"model": "lstm", "epochs": 3, "rotate_deg": 5, "hidden": 8, "members": "a,b"})
    assert config.recipe == {"epochs": 3} and config.augment == {"rotate_deg": 5.0}
    assert config.options == {"hidden": 8} and config.members == ("a", "b")
    recipe = config.merged_recipe(Recipe(min_steps=100))
    assert recipe.epochs == 3 and recipe.augment.rotate_deg == 5 and recipe.min_steps == 0


def test_what_is_written_is_read_and_means_the_same(tmp_path: Path) -> None:
    config = make_config({"model": "lstm", "epochs": 3, "hidden": 8, "classes": ["a", "b"]})
    recipe = config.merged_recipe(Recipe())
    save_config(config.to_flat(recipe), tmp_path / "c.yaml")
    again = make_config(load_config(tmp_path / "c.yaml"))
    assert again.merged_recipe(Recipe()) == recipe and again.options == config.options
    assert again.classes == ("a", "b") and again.to_flat(recipe) == config.to_flat(recipe)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"model": "lstm", "epochs": "many"}, "epochs: expected a whole number"),
        ({"model": "lstm", "epochs": 2.5}, "whole number"),
        ({"model": "lstm", "epochs": 0}, "more than 0"),
        ({"model": "lstm", "epochs": True}, "whole number"),
        ({"model": "lstm", "sampling": "all"}, "one of clip, window"),
        ({"model": "lstm", "val_fraction": 1.5}, "less than 1"),
        ({"model": "lstm", "classes": ["a", 3]}, "names with commas"),
        ({"model": "lstm", "flip": "yes"}, "flip: expected a number"),
        ({"epochs": 3}, "model: expected a name"),
        ({"model": "lstm", "seed": -1}, "seed from 0"),
        ({"model": "lstm", "reject_threshold": 50}, "a probability from 0 to 1, found 50"),
    ],
)
def test_wrong_values_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        make_config(values)


def test_a_misspelt_setting_is_named_with_all_that_there_are() -> None:
    with pytest.raises(
        InvalidInputError, match=r"no option 'epoch'; it has .*hidden.*settings of training are .*epochs"
    ):
        check_model_options("model 'lstm'", MODELS["lstm"], {"epoch": 3})


@pytest.mark.parametrize(
    "text", ["- a\n- b\n", "model: [", "a: {b: 1}", "3: 4", "!!python/object/apply:os.system [ls]"]
)
def test_other_files_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(SourceError):
        load_config(tmp_path / "c.yaml")


def test_a_file_of_something_else_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "split.json").write_text('{"format": 1, "folds": []}'.replace("format", "kind"))
    with pytest.raises(SourceError, match="expected settings of training"):
        load_settings(tmp_path / "split.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        load_config(tmp_path / "none.yaml")


def test_nothing_set_leaves_a_recipe_as_it_is() -> None:
    assert TrainConfig(model="lstm").merged_recipe(Recipe(epochs=7, min_steps=9)) == Recipe(
        epochs=7, min_steps=9
    )
