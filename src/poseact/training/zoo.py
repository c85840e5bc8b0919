"""Tables of all models that can be trained, of one model's options, and of the settings of training."""

import inspect
from collections.abc import Iterator
from dataclasses import MISSING, asdict, fields
from typing import Any

from rich.table import Table
from rich.text import Text

from poseact.models import MODELS, ActionNet, ClosedFormNet, Recipe
from poseact.training.config import SETTING_NAMES, TrainConfig
from poseact.training.run import find_model
from poseact.training_augment import TrainAugment

_HIDDEN = ("spec", "num_classes")


def zoo_table() -> Table:
    """Name, what it is and its options, a row a model."""
    table = Table(header_style="bold")
    table.add_column("model", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    table.add_column("options (--set KEY=VALUE)", overflow="fold")
    for name, model in MODELS.items():
        first = (inspect.getdoc(model) or "").split("\n\n")[0].replace("\n", " ")
        kind = " Fitted at once, without epochs." if issubclass(model, ClosedFormNet) else ""
        options = [f"{key}={default}" for key, default in _options(model)]
        table.add_row(name, Text(first + kind), Text(", ".join(options)))
    words = "The average of several of these, as one file; options of a member follow its name."
    table.add_row("ensemble", Text(words), Text("members=ddnet,rocket,stgcn++?stream=bone&width=32"))
    table.caption = "poseact models NAME: what the options mean; poseact models --settings: those of training"
    table.caption_justify = "left"
    return table


def model_options_table(name: str) -> Table:
    """The options of one model, and what they mean.

    Raises:
        InvalidInputError: If there is no such model.
    """
    model = find_model(name)
    text = inspect.getdoc(model) or ""
    meanings = described(text, "Args:")
    table = _table([(key, str(default), meanings.get(key, "")) for key, default in _options(model)])
    module = inspect.getdoc(inspect.getmodule(model)) or ""
    about = f"{name}\n\n{_unwrapped(module)}\n\n{_unwrapped(text.split('Args:')[0])}".strip()
    table.title, table.title_justify, table.title_style = Text(about), "left", ""
    table.caption = f"its recipe, where it differs from the usual: {_recipe_words(model) or 'nothing'}"
    table.caption_justify = "left"
    return table


def _unwrapped(text: str) -> str:
    """A line for each paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in text.replace("``", "`").split("\n\n"))


def _recipe_words(model: type[ActionNet]) -> str:
    own, usual = (
        {**asdict(recipe), **asdict(recipe.augment), **defaults}
        for recipe, defaults in ((model.recipe, model.defaults), (Recipe(), {}))
    )
    differing = [key for key in own if key != "augment" and own[key] != usual.get(key)]
    return ", ".join(f"{key}={own[key]}" for key in differing)


def settings_table() -> Table:
    """The settings of training, and what they mean."""
    table = _table(list(setting_rows()))
    table.caption = "no default: settled by the data. Models have recipes of their own: poseact models NAME"
    table.caption_justify = "left"
    return table


def setting_rows() -> Iterator[tuple[str, str, str]]:
    """Name, default and meaning of each setting of training."""
    for owner in (TrainConfig, Recipe, TrainAugment):
        meanings = described(inspect.getdoc(owner) or "", "Attributes:")
        for one in fields(owner):
            if one.name in SETTING_NAMES:
                yield (
                    one.name,
                    "" if one.default in (None, (), MISSING) else str(one.default),
                    meanings[one.name],
                )


def described(docstring: str, heading: str) -> dict[str, str]:
    """The entries below a heading of a docstring: ``name: meaning``, further lines indented more."""
    lines = docstring.split(heading, 1)[-1].splitlines()[1:] if heading in docstring else []
    out: dict[str, str] = {}
    name = ""
    for line in lines:
        if line.strip() and not line.startswith("    "):
            break
        if line.startswith("    ") and not line.startswith("     "):
            name, _, meaning = line.strip().partition(": ")
            out[name] = meaning
        elif name and line.strip():
            out[name] += " " + line.strip()
    return {key: value.replace("``", "`") for key, value in out.items()}


def _options(model: type[ActionNet]) -> list[tuple[str, Any]]:
    parameters = inspect.signature(model).parameters
    return [(key, parameter.default) for key, parameter in parameters.items() if key not in _HIDDEN]


def _table(rows: list[tuple[str, str, str]]) -> Table:
    table = Table(header_style="bold")
    table.add_column("--set", no_wrap=True)
    table.add_column("default", overflow="fold", max_width=16)
    table.add_column("what it means", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
