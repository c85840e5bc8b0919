"""The command ``poseact train``."""

import importlib.util
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseact.cli_ending import interruptible, say
from poseact.cli_reading import (
    DataPath,
    FormatName,
    ReaderOptions,
    err_console,
    opened,
    out_console,
    with_spinner,
)
from poseact.errors import InvalidInputError, MissingExtraError, SourceError
from poseact.options import parse_options
from poseact.wording import counted

if TYPE_CHECKING:
    from poseact.training import TrainConfig, TrainResult
    from poseact.training.material import Material

# What `poseact.training` writes; named here so that it need not be loaded to look for them.
_MODEL, _UNFINISHED = "model.onnx", "last.ckpt"

Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="KEY=VALUE",
        help="A setting of training or option of the model, e.g. epochs=50, layout=coco17. Repeatable.",
    ),
]


def need_training() -> None:
    """Refuse, with the command that helps, where the extra is not installed.

    Raises:
        MissingExtraError: If torch or lightning is missing.
    """
    for package in ("torch", "lightning", "sklearn", "yaml"):
        try:
            found = importlib.util.find_spec(package)  # loading them takes seconds
        except ValueError:
            found = None
        if found is None:
            raise MissingExtraError(package, "train")


def train(
    data: DataPath,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", metavar="NAME", help="lstm, ddnet, rocket ...: see `poseact models --zoo`."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="YAML of settings; --set goes first."),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the model and all about it.")
    ] = Path("poseact-model"),
    setting: Setting = None,
    protocol: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Official protocol whose training part is used; or all."),
    ] = None,
    fold: Annotated[str | None, typer.Option(metavar="NAME", help="Which fold is held out.")] = None,
    split: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Split file instead of a protocol: poseact data split."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of everything random (0).")] = None,
    overfit: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Only check that the model can learn N clips by heart; nothing is kept."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in DIR.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a model that is in DIR.")] = False,
    format_name: FormatName = None,
    option: ReaderOptions = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors and notes.")] = False,
) -> None:
    """Train a model on labelled clips: DIR gets the model file, its card, settings and curves.

    The model file works in `poseact predict --model DIR/model.onnx` and `poseact evaluate`.
    Settings that are not given are the model's own, which suit most data.
    """
    need_training()
    _check_place(out, resume=resume, force=force, writes=overfit is None)
    if not data.exists():  # before the seconds that loading torch takes
        raise SourceError(f"{data}: no such file or folder")
    from poseact.training import train as run_training
    from poseact.training.display import TrainDisplay
    from poseact.training.ensemble import ENSEMBLE, train_ensemble

    given = {"model": model, "protocol": protocol, "fold": fold, "split": split and str(split), "seed": seed}
    settings = parse_options(setting or []) | {k: v for k, v in given.items() if v is not None}
    chosen = _resumed(out, config, settings) if resume else _config(config, settings)
    data_format, clips, broken = opened(data, format_name or chosen.format, option)
    with interruptible(), TrainDisplay(err_console, quiet=quiet) as display:
        read = list(with_spinner(clips, f"reading {data_format.name}"))
        for line in broken:
            say(line)
        if overfit is not None:
            _overfit(_material(read, chosen, data, data_format), chosen, overfit, display)
            return
        if chosen.model == ENSEMBLE:
            material = _material(read, chosen, data, data_format)
            results = train_ensemble(material, chosen, out, listener=display, resume=resume)
        else:
            results = [
                run_training(
                    read,
                    chosen,
                    out,
                    data_name=data.resolve().name,
                    data_format=data_format,
                    listener=display,
                    resume=resume,
                )
            ]
    if not quiet:
        for result in results:
            _tell(result)
        learnt = results[0].info.learnt_from if results else {}
        _say_where(out, data, chosen, keeps_apart=learnt.get("protocol") != "all" or chosen.split is not None)
    if broken:
        raise typer.Exit(3)


def _check_place(out: Path, *, resume: bool, force: bool, writes: bool) -> None:
    """Refuse to replace what was trained before."""
    if out.exists() and not out.is_dir():
        raise InvalidInputError(f"{out}: expected a folder, or a new name, found a file")
    if resume or force or not writes:
        return
    if (out / _MODEL).exists():
        raise InvalidInputError(f"{out / _MODEL}: is there already: another --out, or --force to replace it")
    if (out / _UNFINISHED).exists() or any(out.glob(f"members/*/{_UNFINISHED}")):
        raise InvalidInputError(f"{out}: holds an unfinished training: --resume goes on, --force begins anew")


def _resumed(out: Path, file: Path | None, settings: dict[str, Any]) -> "TrainConfig":
    """The settings that the folder's training began with; only its length may be another.

    Raises:
        SourceError: If there is no such training.
        InvalidInputError: If another setting is to be changed.
    """
    from poseact.training.config import load_settings, make_config
    from poseact.training.run import CONFIG

    if not (out / CONFIG).is_file():
        raise SourceError(f"{out}: nothing to resume from: run without --resume")
    values = load_settings(out / CONFIG)
    wanted = ({} if file is None else load_settings(file)) | settings
    before, after = (make_config(one) for one in (values, values | wanted))
    changed = sorted(k for k in wanted if k != "epochs" and _value(before, k) != _value(after, k))
    if changed:
        raise InvalidInputError(
            f"resume: {out} was trained with {changed[0]}={_value(before, changed[0])}, not "
            f"{_value(after, changed[0])}: leave that out, or train anew in another folder"
        )
    if "epochs" in wanted and wanted["epochs"] != values.get("epochs"):
        return make_config(values | {"epochs": wanted["epochs"], "min_steps": 0})
    return before


def _value(config: "TrainConfig", name: str) -> Any:
    """A setting by its name, wherever it is kept."""
    for group in (config.recipe, config.augment, config.options):
        if name in group:
            return group[name]
    return getattr(config, name, None)


def _config(file: Path | None, settings: dict[str, Any]) -> "TrainConfig":
    """The YAML file's settings, then those of the command."""
    from poseact.training.config import load_settings, make_config

    values = {} if file is None else load_settings(file)
    values |= settings
    if "model" not in values:
        raise InvalidInputError("which model? Name one with --model: `poseact models --zoo` lists them")
    return make_config(values)


def _material(read: list[Any], chosen: "TrainConfig", data: Path, data_format: Any) -> "Material":
    from poseact.training.ensemble import ENSEMBLE, ensemble_defaults
    from poseact.training.material import gather
    from poseact.training.run import find_model

    one = chosen.model != ENSEMBLE
    defaults = dict(find_model(chosen.model).defaults) if one else ensemble_defaults(chosen)
    return gather(read, chosen, data_name=data.resolve().name, data_format=data_format, defaults=defaults)


def _overfit(material: "Material", chosen: "TrainConfig", num_clips: int, display: Any) -> None:
    from poseact.training.overfit import overfit

    done = overfit(material, chosen, num_clips, display)
    if done.passed:
        out_console.print(
            f"{chosen.model} has learnt {done.num_clips} clips by heart in {done.epochs} epochs",
            soft_wrap=True,
        )
        return
    say(
        f"{chosen.model} names only {done.accuracy:.0%} of {done.num_clips} clips right that it should know "
        "by heart"
    )
    for line in done.findings:
        say(line)
    raise typer.Exit(1)


def _tell(result: "TrainResult") -> None:
    """How the training of a model went."""
    fitted, info = result.fitted, result.info
    size = f"{fitted.model.num_parameters:,} parameters, {result.model_file.stat().st_size / 1e6:.2f} MB"
    first = f"{info.name}: {len(info.class_names)} classes, {size}"
    best = fitted.epochs[-1 if fitted.best_epoch is None else fitted.best_epoch - 1]
    seconds = sum(epoch.seconds for epoch in fitted.epochs)
    per_epoch = seconds / len(fitted.epochs)
    samples = sum(epoch.samples_per_s * epoch.seconds for epoch in fitted.epochs) / max(seconds, 1e-9)
    right = f"training {best.train_accuracy:.1%}"
    right += "" if best.val_accuracy is None else f", validation {best.val_accuracy:.1%}"
    if not best.learning_rate and len(fitted.epochs) == 1:  # without steps
        _print([first, f"fitted at once in {fitted.seconds:.1f} s, {samples:.0f} samples/s: {right}"])
        return
    took = f"{counted(len(fitted.epochs), 'epoch')} in {fitted.seconds:.1f} s: {per_epoch:.2g} s an epoch"
    _print([first, f"{took}, {samples:.0f} samples/s", f"kept epoch {best.number}: {right}"])


def _say_where(out: Path, data: Path, chosen: "TrainConfig", *, keeps_apart: bool) -> None:
    """Where everything is, and how to go on."""
    where = f"model, card and settings are in {out}"
    if chosen.members:
        where += f", each member's own in {out / 'members'}"
    words = ["poseact", "evaluate", str(out), str(data)]
    words += [] if chosen.split is None else ["--split", chosen.split]
    _print([where])
    if keeps_apart:
        _print([f"next: {shlex.join(words)}"])
    else:
        _print(["no test part was kept apart: judge it on other clips with  poseact evaluate MODEL DATA"])


def _print(lines: list[str]) -> None:
    for line in lines:
        out_console.print(line, soft_wrap=True, markup=False, highlight=False)


def ensemble(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Files, or folders of `train`.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The .onnx file to write.")],
    weight: Annotated[
        list[float] | None, typer.Option("--weight", "-w", metavar="X", help="One for each model, in order.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Average several trained models into one model file: streams, seeds, or different kinds."""
    need_training()
    from poseact.action_model import resolve_model
    from poseact.ensembling import disagreements, ensemble_models

    if out.exists() and not force:
        raise InvalidInputError(f"{out}: is there already: another --out, or --force to replace it")
    info = ensemble_models([resolve_model(name) for name in models], out, weights=weight)
    for line in disagreements([info]):
        say(line)
    size = out.stat().st_size / 1e6
    _print([f"{out}: {len(models)} models in one, {len(info.class_names)} classes, {size:.2f} MB"])
