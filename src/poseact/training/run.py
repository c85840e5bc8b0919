"""A training run from clips to a folder with the model file, its card, its configuration and its curves."""

import importlib
import inspect
import platform
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

import poseact
from poseact.action_model_info import ActionModelInfo
from poseact.clip import Clip
from poseact.datasets import DataFormat
from poseact.errors import InvalidInputError
from poseact.files import make_folder
from poseact.input_spec import InputSpec
from poseact.layouts import LAYOUTS
from poseact.model_export import export_model
from poseact.models import MODELS
from poseact.models.base import ActionNet, ClosedFormNet, Recipe
from poseact.training.batches import TrainBatches, settled
from poseact.training.card import write_card
from poseact.training.config import TrainConfig, check_model_options, save_config
from poseact.training.devices import check_devices
from poseact.training.fitting import BEST, HISTORY, LAST, MODEL, Fitted, check_resumable, fit, num_epochs
from poseact.training.material import Material, gather
from poseact.training.progress import Silent, TrainListener
from poseact.wording import counted

_FEW_STEPS = 100
CARD, CONFIG = "model.md", "config.yaml"


@dataclass(frozen=True)
class TrainResult:
    """What a run has made.

    Attributes:
        folder: Where it is.
        info: What the model file says of itself.
        material: What was learnt from.
        fitted: The trained model and its history.
        recipe: How it was trained.
    """

    folder: Path
    info: ActionModelInfo
    material: Material
    fitted: Fitted
    recipe: Recipe

    @property
    def model_file(self) -> Path:
        """The ONNX file."""
        return self.folder / MODEL


def find_model(name: str) -> type[ActionNet]:
    """A model of the zoo, or ``package.module:Name``.

    Raises:
        InvalidInputError: If there is none of that name.
    """
    if name in MODELS:
        return MODELS[name]
    if name == "ensemble":
        raise InvalidInputError("an ensemble is not one model: name its members one by one")
    module, colon, attribute = name.partition(":")
    if not colon:
        raise InvalidInputError(
            f"no model is called {name!r}; there are {', '.join(MODELS)}, ensemble, or package.module:Name"
        )
    try:
        with _modules_here():
            found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InvalidInputError(f"model {name!r}: cannot be loaded ({error})") from error
    if not (isinstance(found, type) and issubclass(found, ActionNet)):
        raise InvalidInputError(f"model {name!r}: expected a class derived from poseact.models.ActionNet")
    return found


def make_model(spec: InputSpec, num_classes: int, config: TrainConfig) -> ActionNet:
    """The model that a configuration names, with its options.

    Raises:
        InvalidInputError: If there is no such model, or an option makes no sense.
    """
    model_class = find_model(config.model)
    try:
        return model_class(spec, num_classes, **config.options)
    except (ValueError, RuntimeError, ZeroDivisionError) as error:  # of torch, about sizes and chances
        given = ", ".join(f"{key}={value}" for key, value in config.options.items())
        raise InvalidInputError(
            f"model {config.model!r}: cannot be made with {given}: {' '.join(str(error).split())}"
        ) from error


@contextmanager
def _modules_here() -> Iterator[None]:
    """A module of one's own is found in the current folder, as by ``python -m``."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)


def train(
    clips: Iterable[Clip],
    config: TrainConfig,
    folder: Path,
    *,
    data_name: str = "data",
    data_format: DataFormat | None = None,
    listener: TrainListener | None = None,
    resume: bool = False,
) -> TrainResult:
    """Train a model on labelled clips and write it to a folder.

    Args:
        clips: See `poseact.datasets.read_clips`.
        config: See there.
        folder: Made if missing.
        data_name: What the set is called in the card.
        data_format: Where official protocols are named.
        listener: Told of notes and epochs.
        resume: Go on from the folder's last checkpoint.

    Raises:
        InvalidInputError: If a setting makes no sense, or does not fit the data.
        OutputError: If the folder cannot be written.
    """
    listener = listener or Silent()
    model_class = find_model(config.model)
    check_model_options(f"model {config.model!r}", model_class, config.options)
    material = gather(
        clips, config, data_name=data_name, data_format=data_format, defaults=dict(model_class.defaults)
    )
    for note in material.notes:
        listener.note(note)
    return train_on(material, config, folder, listener=listener, resume=resume)


def train_on(
    material: Material,
    config: TrainConfig,
    folder: Path,
    *,
    listener: TrainListener | None = None,
    resume: bool = False,
) -> TrainResult:
    """As `train`, on material that is there already."""
    listener = listener or Silent()
    model_class = find_model(config.model)
    recipe = settled(config.merged_recipe(model_class.recipe), material.may_flip)
    torch.manual_seed(config.seed)
    torch.set_num_threads(1)  # two thread pools on few cores slow each other down many times over
    model = make_model(material.store.spec, len(material.class_names), config)
    if not isinstance(model, ClosedFormNet):
        check_devices(config)
    make_folder(folder)
    if resume:
        check_resumable(model, material, recipe, config, folder)
    else:
        _clear(folder)
    _note_few_steps(material, recipe, model, listener)
    save_config(_settled(config, material).to_flat(recipe), folder / CONFIG)
    fitted = fit(model, material, recipe, config, folder, listener, resume=resume)
    info = _info(fitted, material, config)
    export_model(fitted.model, info, folder / MODEL)
    result = TrainResult(folder, info, material, fitted, recipe)
    write_card(result.info, fitted, material, config, recipe, folder / CARD)
    return result


def _clear(folder: Path) -> None:
    """Nothing of another run may be taken for this one's, should it be cut short."""
    for name in (BEST, LAST, HISTORY, MODEL, CARD):
        (folder / name).unlink(missing_ok=True)


def _settled(config: TrainConfig, material: Material) -> TrainConfig:
    """The configuration with what the data and the model have settled, so that it says all by itself."""
    spec = material.store.spec
    options = {
        name: parameter.default
        for name, parameter in inspect.signature(find_model(config.model)).parameters.items()
        if parameter.default is not parameter.empty
    }
    return replace(
        config,
        protocol=config.protocol if config.split else str(material.learnt_from["protocol"]),
        layout=spec.layout.name if spec.layout.name in LAYOUTS else config.layout,
        num_coordinates=spec.num_coordinates,
        num_persons=spec.num_persons,
        num_frames=spec.num_frames,
        sampling=spec.sampling,
        window_s=spec.window_s if spec.sampling == "window" else None,
        options={**options, **config.options},
    )


def _note_few_steps(material: Material, recipe: Recipe, model: ActionNet, listener: TrainListener) -> None:
    batches = TrainBatches(material.store, material.train, material.labels, recipe, 0)
    steps = num_epochs(recipe, len(batches)) * len(batches)
    if steps < _FEW_STEPS and not isinstance(model, ClosedFormNet):
        listener.note(f"only {counted(steps, 'step')} of training: too few to learn much; more epochs?")


def _info(fitted: Fitted, material: Material, config: TrainConfig) -> ActionModelInfo:
    spec = material.store.spec
    last = fitted.epochs[-1 if fitted.best_epoch is None else fitted.best_epoch - 1]
    accuracy = {}
    if last.val_accuracy is not None:
        accuracy["validation part (chosen on it)"] = f"{100 * last.val_accuracy:.1f} %"
    return ActionModelInfo(
        name=config.model,
        model_version="1",
        layout=spec.layout,
        class_names=material.class_names,
        rate_hz=spec.rate_hz,
        window_frames=spec.num_frames,
        stride_s=round(max(0.1, min(0.5, spec.window_s / 8)), 3),
        features=None,
        temperature=fitted.temperature,
        reject_threshold=config.reject_threshold,
        training_data=({"name": str(material.learnt_from["data"]), "terms": "those of the data"},),
        licence="That of whoever trained it, within the terms of its training data.",
        accuracy=accuracy,
        created_with=f"poseact {poseact.__version__}, torch {torch.__version__.split('+')[0]}, "
        f"Python {platform.python_version()}",
        num_persons=spec.num_persons,
        num_coordinates=spec.num_coordinates,
        sampling=spec.sampling,
        learnt_from=material.learnt_from,
    )
