"""Training several models on the same clips and writing their average as one model file."""

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from poseact.ensembling import ensemble_models
from poseact.errors import InvalidInputError, SourceError
from poseact.files import make_folder
from poseact.options import parse_options
from poseact.training.card import write_ensemble_card
from poseact.training.config import SETTING_NAMES, TrainConfig, check_model_options, make_config, save_config
from poseact.training.fitting import LAST, MODEL
from poseact.training.material import Material
from poseact.training.progress import TrainListener
from poseact.training.run import CARD, CONFIG, TrainResult, find_model, train_on

ENSEMBLE = "ensemble"
MEMBERS = "members"


def member_configs(config: TrainConfig) -> list[TrainConfig]:
    """The run of each member: its own recipe, what the ensemble's settings say, and its own options.

    A member is a model's name; options follow a question mark: ``stgcn++?stream=bone&width=32``.
    The seeds count up from the ensemble's, so that a model named twice is trained twice.

    Raises:
        InvalidInputError: If there are fewer than two members, or one is unknown.
    """
    if len(config.members) < 2:
        raise InvalidInputError(
            "ensemble: expected at least two members, e.g. --set members=ddnet,rocket; found "
            f"{', '.join(config.members) or 'none'}"
        )
    if config.options:
        raise InvalidInputError(
            f"ensemble: no option {', '.join(map(repr, config.options))}; options of a member follow its "
            "name: members=stgcn++?stream=bone,ddnet"
        )
    return [_member(config, text, i) for i, text in enumerate(config.members)]


def _member(config: TrainConfig, text: str, i: int) -> TrainConfig:
    name, _, query = text.partition("?")
    given = parse_options([f"{key}={value}" for key, value in parse_qsl(query, keep_blank_values=True)])
    own = make_config({"model": name, **given})
    fixed = sorted((SETTING_NAMES & set(given)) - set(own.recipe) - set(own.augment))
    if fixed:
        raise InvalidInputError(f"ensemble, member {text!r}: {fixed[0]} must be the same for all members")
    check_model_options(f"model {name!r}", find_model(name), own.options)
    return replace(
        config,
        model=name,
        members=(),
        seed=config.seed + i,
        options=own.options,
        recipe={**config.recipe, **own.recipe},
        augment={**config.augment, **own.augment},
    )


def ensemble_defaults(config: TrainConfig) -> dict[str, int]:
    """The most demanding of the members' wishes for the input."""
    wishes = [find_model(one.model).defaults for one in member_configs(config)]
    return {key: max(w[key] for w in wishes if key in w) for wish in wishes for key in wish}


def train_ensemble(
    material: Material, config: TrainConfig, folder: Path, *, listener: TrainListener, resume: bool = False
) -> list[TrainResult]:
    """Train the members, each in a folder of its own, and write their average to ``model.onnx``.

    Args:
        material: What all of them learn from.
        config: With `members`.
        folder: Made if missing.
        listener: Told of every member's epochs.
        resume: Members that are finished are left as they are; the others go on, or begin.

    Returns:
        Those that were trained now.

    Raises:
        InvalidInputError: If the members make no sense.
        SourceError: If there is nothing to resume.
    """
    runs = member_configs(config)
    places = [folder / MEMBERS / f"{i + 1}-{_as_name(run.model)}" for i, run in enumerate(runs)]
    finished = [resume and (place / MODEL).is_file() for place in places]
    if all(finished) and (folder / MODEL).is_file():
        raise SourceError(f"{folder}: all of its members are trained: --force trains them anew")
    make_folder(folder)
    (folder / MODEL).unlink(missing_ok=True)
    save_config(_flat(config), folder / CONFIG)
    results = []
    for i, (run, place, done) in enumerate(zip(runs, places, finished, strict=True)):
        listener.note(f"member {i + 1} of {len(runs)}: {config.members[i]}{', finished before' * done}")
        if not done:
            begun = resume and (place / LAST).is_file()
            results.append(train_on(material, run, place, listener=listener, resume=begun))
    info = ensemble_models([place / MODEL for place in places], folder / MODEL, name=ENSEMBLE)
    write_ensemble_card(info, places, folder / CARD)
    return results


def _as_name(model: str) -> str:
    """A model's name as part of a folder's."""
    return model.replace(":", "-").replace(os.sep, "-")


def _flat(config: TrainConfig) -> dict[str, Any]:
    """What was set, by name."""
    own = {key: value for key, value in asdict(config).items() if value is not None and key in SETTING_NAMES}
    values = {**own, **config.recipe, **config.augment}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
