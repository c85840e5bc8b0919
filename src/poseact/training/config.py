"""Settings of a training run: one flat list of names, as a dataclass, a YAML file or KEY=VALUE."""

import inspect
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

from poseact.errors import InvalidInputError, SourceError
from poseact.files import write_text_whole
from poseact.input_spec import Sampling
from poseact.models.base import Recipe
from poseact.options import check_options
from poseact.training_augment import TrainAugment

ALL = "all"
Precision = Literal["32-true", "16-mixed", "bf16-mixed", "64-true"]


@dataclass(frozen=True)
class TrainConfig:
    """One training run; None leaves a setting to the data or to the model.

    Attributes:
        model: A name that ``poseact models --zoo`` lists, or ``package.module:Name``.
        format: Of the data; by default it is found out.
        protocol: Official protocol whose training part is learnt from; ``all`` for every clip. By
            default the set's first one, or every clip where it has none.
        fold: Of a protocol in folds: which one is held out; no training without.
        split: A split file instead of a protocol, see ``poseact data split``.
        classes: Learn only these.
        val_fraction: Share of the training clips on which the best epoch is chosen, divided by
            subjects or groups; 0 takes the last epoch and chooses nothing.
        seed: Of everything that is random.
        layout: Joints to learn on; by default those of the data.
        num_coordinates: 2 or 3; by default those of the data.
        num_persons: People whom the model sees together.
        num_frames: Frames of a window.
        sampling: ``clip``, a window is a whole clip, or ``window``, it is `window_s` of it; by default
            ``clip`` where clips are short.
        window_s: Seconds of a window; makes `sampling` ``window`` if that is not given.
        patience: Epochs without a better validation accuracy after which training stops; by default
            it never stops early.
        precision: Of the arithmetic: ``32-true``, ``16-mixed``, ``bf16-mixed`` or ``64-true``.
        accelerator: ``auto`` (a GPU where there is one), ``cpu``, ``gpu`` or what else Lightning knows.
        devices: How many GPUs or processes.
        reject_threshold: Probability below which the model says nothing in a video.
        members: Of an ensemble: names of models, all trained in one run.
        options: Options of the model itself.
        recipe: How it is trained; what is not given is the model's own recipe.
        augment: How training windows are changed; what is not given is the recipe's.
    """

    model: str
    format: str | None = None
    protocol: str | None = None
    fold: str | None = None
    split: str | None = None
    classes: tuple[str, ...] | None = None
    val_fraction: float = 0.15
    seed: int = 0
    layout: str | None = None
    num_coordinates: int | None = None
    num_persons: int | None = None
    num_frames: int | None = None
    sampling: Sampling | None = None
    window_s: float | None = None
    patience: int | None = None
    precision: Precision = "32-true"
    accelerator: str = "auto"
    devices: int = 1
    reject_threshold: float = 0.5
    members: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    augment: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.val_fraction < 1:
            raise InvalidInputError(
                f"val_fraction: expected at least 0 and less than 1, found {self.val_fraction}"
            )
        if not 0 <= self.reject_threshold <= 1:
            raise InvalidInputError(
                f"reject_threshold: expected a probability from 0 to 1, found {self.reject_threshold}"
            )
        if self.seed < 0 or self.devices < 1:
            raise InvalidInputError(
                f"expected a seed from 0 and at least 1 device, found {self.seed} and {self.devices}"
            )

    def merged_recipe(self, own: Recipe) -> Recipe:
        """The model's own recipe with what was set here; epochs that were asked for are not made more."""
        given = {"min_steps": 0, **self.recipe} if "epochs" in self.recipe else dict(self.recipe)
        return replace(own, **given, augment=replace(own.augment, **self.augment))

    def to_flat(self, recipe: Recipe) -> dict[str, Any]:
        """Everything by name, with the recipe that was really used: what ``config.yaml`` holds."""
        plain = {key: value for key, value in asdict(self).items() if key not in _GROUPS}
        learning = {key: value for key, value in asdict(recipe).items() if key != "augment"}
        everything = {**plain, **self.options, **learning, **asdict(recipe.augment)}
        return {key: list(v) if isinstance(v, tuple) else v for key, v in everything.items()}


_GROUPS = ("options", "recipe", "augment")
_OWN = {one.name: one for one in fields(TrainConfig) if one.name not in _GROUPS}
_RECIPE = {one.name: one for one in fields(Recipe) if one.name != "augment"}
_AUGMENT = {one.name: one for one in fields(TrainAugment)}
SETTING_NAMES = frozenset({*_OWN, *_RECIPE, *_AUGMENT})


def make_config(values: Mapping[str, Any]) -> TrainConfig:
    """A configuration from flat values; names that are no setting are taken as options of the model.

    Raises:
        InvalidInputError: If a value has the wrong type, or no model is named.
    """
    if not isinstance(values.get("model"), str):
        raise InvalidInputError("model: expected a name, see `poseact models --zoo`, or package.module:Name")
    own = {key: _as_typed(TrainConfig, key, value) for key, value in values.items() if key in _OWN}
    recipe = {key: _as_typed(Recipe, key, value) for key, value in values.items() if key in _RECIPE}
    augment = {key: _as_typed(TrainAugment, key, value) for key, value in values.items() if key in _AUGMENT}
    options = {key: value for key, value in values.items() if key not in SETTING_NAMES}
    _check_sizes(recipe)
    return TrainConfig(**own, options=options, recipe=recipe, augment=augment)


def load_config(path: Path) -> dict[str, Any]:
    """The flat values of a YAML file.

    Raises:
        SourceError: If it cannot be read, or is not a flat list of ``name: value``.
    """
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise SourceError(f"{path}: expected a YAML file ({' '.join(str(error).split())})") from error
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise SourceError(f"{path}: expected lines of NAME: VALUE, found {type(values).__name__}")
    nested = [key for key, value in values.items() if isinstance(value, dict)]
    if nested:
        raise SourceError(f"{path}: expected one flat list of settings, found more below {nested[0]!r}")
    return values


def load_settings(path: Path) -> dict[str, Any]:
    """As `load_config`, of a file that says how to train.

    Raises:
        SourceError: Also if it holds something else.
    """
    values = load_config(path)
    if not SETTING_NAMES & set(values):
        found = ", ".join(list(values)[:3]) or "nothing"
        raise SourceError(f"{path}: expected settings of training such as  model: ddnet, found {found}")
    return values


def save_config(values: Mapping[str, Any], path: Path) -> None:
    """Write a flat YAML file.

    Raises:
        OutputError: If it cannot be written.
    """
    write_text_whole(path, yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True))


def check_model_options(whose: str, model: type, options: Mapping[str, Any]) -> None:
    """Refuse options that a model does not have.

    Raises:
        InvalidInputError: With those that it has; and the training settings, where one was misspelt.
    """
    try:
        check_options(whose, model, options, hidden=("spec", "num_classes"))
    except InvalidInputError as error:
        if "no option" not in str(error):
            raise
        own = [name for name in inspect.signature(model).parameters if name not in ("spec", "num_classes")]
        near = [get_close_matches(key, [*SETTING_NAMES, *own], 1) for key in options if key not in own]
        meant = " or ".join(name for names in near for name in names)
        raise InvalidInputError(
            f"{error}; "
            + (f"did you mean {meant}? " if meant else "")
            + f"settings of training are {', '.join(sorted(SETTING_NAMES))}"
        ) from None


def _as_typed(owner: type, key: str, value: Any) -> Any:
    """A value of the type that the dataclass says, or an error."""
    wanted = get_type_hints(owner)[key]
    members = get_args(wanted) if get_origin(wanted) in (Union, types.UnionType) else (wanted,)
    if value is None and types.NoneType in members:
        return None
    for member in members:
        if (found := _converted(member, value)) is not None:
            return found
    words = " or ".join(_words(member) for member in members if member is not types.NoneType)
    raise InvalidInputError(f"{key}: expected {words}, found {value!r}")


def _converted(member: Any, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if member is int and is_number and float(value).is_integer():
        return int(value)
    if member is float and is_number and -1e300 < value < 1e300:
        return float(value)
    if member is bool and isinstance(value, bool):
        return value
    if member is str and (isinstance(value, str) or is_number):
        return str(value)
    if get_origin(member) is tuple:
        parts = value.split(",") if isinstance(value, str) else value
        if isinstance(parts, list | tuple) and all(isinstance(part, str) and part for part in parts):
            return tuple(part.strip() for part in parts)
    if get_origin(member) is Literal and value in get_args(member):
        return value
    return None


def _words(member: Any) -> str:
    if get_origin(member) is Literal:
        return "one of " + ", ".join(get_args(member))
    if get_origin(member) is tuple:
        return "names with commas between"
    return {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[member]


def _check_sizes(recipe: Mapping[str, Any]) -> None:
    for key in ("epochs", "batch_size", "learning_rate"):
        if key in recipe and not recipe[key] > 0:
            raise InvalidInputError(f"{key}: expected more than 0, found {recipe[key]}")
