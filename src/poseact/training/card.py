"""The model card: what a trained model is, what it learnt from and how, what it may not be taken for."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from poseact.action_model_info import ActionModelInfo
from poseact.files import write_text_whole
from poseact.models.base import ClosedFormNet, Recipe
from poseact.training.config import TrainConfig
from poseact.training.fitting import Fitted
from poseact.training.material import Material
from poseact.wording import counted

_DIVIDED = {
    "subject": "divided by subjects, so that nobody is in both",
    "group": "divided by groups, so that no source is in both",
    "clip": "divided clip by clip, as the data does not name all subjects or groups: people may be in both",
}


def write_card(
    info: ActionModelInfo, fitted: Fitted, material: Material, config: TrainConfig, recipe: Recipe, path: Path
) -> None:
    """Write the card as Markdown.

    Raises:
        OutputError: If it cannot be written.
    """
    write_text_whole(path, "\n".join(_lines(info, fitted, material, config, recipe)) + "\n")


def _lines(
    info: ActionModelInfo, fitted: Fitted, material: Material, config: TrainConfig, recipe: Recipe
) -> list[str]:
    spec, source = info.spec, material.learnt_from
    persons = counted(spec.num_persons, "person")
    window = (
        f"{spec.num_frames} frames spread over a whole clip (usually {spec.window_s:.1f} s)"
        if spec.sampling == "clip"
        else f"{spec.num_frames} frames at {spec.rate_hz:.3g} Hz ({spec.window_s:.1f} s)"
    )
    lines = [
        f"# {info.name}",
        "",
        f"An action model of {len(info.class_names)} classes and {fitted.model.num_parameters:,} learnt "
        f"numbers, made by {info.created_with}.",
        "",
        "## Input",
        "",
        f"{persons}, {spec.num_coordinates}D joints of layout `{spec.layout.name}`, {window}.",
        "",
        "## Learnt from",
        "",
        f"`{source['data']}`, {_part(source)}: {_clips(source, fitted)}",
        "The terms of that data hold for what is learnt from it: whether you may use this model "
        "commercially is for you to find out.",
        "",
        "| class | clips |",
        "|---|---|",
    ]
    for k, name in enumerate(info.class_names):
        lines.append(f"| {name.replace('|', '/')} | {int((material.labels[material.train] == k).sum())} |")
    return lines + _how(info, fitted, config, recipe)


def _clips(source: Mapping[str, object], fitted: Fitted) -> str:
    """How many clips for what."""
    num, num_val = int(str(source["num_clips"])), int(str(source["num_val_clips"]))
    at_once = isinstance(fitted.model, ClosedFormNet)
    if not num_val:
        return f"{num} clips to learn from" + ("." if at_once else "; the last epoch was kept.")
    divided = _DIVIDED[str(source["divided_by"])]
    if not at_once:
        return f"{num} clips to learn from, {num_val} to choose the best epoch on, {divided}."
    return (
        f"{num + num_val} clips to learn from; {num_val} of them, {divided}, were left out at first to "
        "measure it and to find its temperature."
    )


def _part(source: Mapping[str, object]) -> str:
    """Which part of the data was learnt from."""
    if source.get("split"):
        return f"split file `{source['split']}`, fold {source['fold']}"
    return f"protocol `{source['protocol']}`" + (f", fold {source['fold']}" if source.get("fold") else "")


def _how(info: ActionModelInfo, fitted: Fitted, config: TrainConfig, recipe: Recipe) -> list[str]:
    """How it was trained, and what is known of how good it is."""
    kept = fitted.epochs[-1 if fitted.best_epoch is None else fitted.best_epoch - 1]
    at_once = isinstance(fitted.model, ClosedFormNet)
    took = "fitted at once" if at_once else counted(len(fitted.epochs), "epoch")
    lines = [
        "",
        "## How",
        "",
        f"Model `{config.model}`, seed {config.seed}, {took} in {fitted.seconds:.0f} s; "
        f"everything else is in `config.yaml`. Flipped windows: "
        f"{'yes' if recipe.augment.flip else 'no'}.",
        "",
        "## How good it is",
        "",
    ]
    if kept.val_accuracy is None:
        lines.append("Nothing was kept apart during training, so no figure is known yet.")
    elif at_once:
        lines.append(
            f"Of the clips left out at first {100 * kept.val_accuracy:.1f} % were named right; then it "
            f"learnt from them too. Temperature: {info.temperature:.2f}."
        )
    else:
        lines.append(
            f"On the validation clips, which chose the epoch and the temperature ({info.temperature:.2f}), "
            f"{100 * kept.val_accuracy:.1f} % are named right: an optimistic figure."
        )
    lines.append("An honest figure comes from clips never seen: `poseact evaluate model.onnx DATA`.")
    lines.append("")
    lines.append(
        "Right answers about people, cameras and actions unlike those it learnt from are not to be expected."
    )
    return lines


def write_ensemble_card(info: ActionModelInfo, folders: Sequence[Path], out: Path) -> None:
    """The card of a model that is the average of others, which have cards of their own.

    Raises:
        OutputError: If it cannot be written.
    """
    source = info.learnt_from
    lines = [
        f"# {info.name}",
        "",
        f"The average of {len(folders)} models of {len(info.class_names)} classes, as one file: "
        f"{', '.join(info.class_names)}.",
        "",
        f"Learnt from `{source['data']}`, {_part(source)}. Members' cards say how:",
        "",
        *(f"- [{folder.name}]({folder.relative_to(out.parent).as_posix()}/model.md)" for folder in folders),
        "",
        "The terms of that data hold for what is learnt from it.",
        "How good the average is, nobody has measured yet: `poseact evaluate FOLDER DATA` does.",
    ]
    write_text_whole(out, "\n".join(lines) + "\n")
