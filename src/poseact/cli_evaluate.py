"""The commands ``poseact evaluate`` and ``poseact features``: a finished model asked about labelled clips."""

import platform
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseact.cli_ending import interruptible, say
from poseact.cli_reading import (
    DataPath,
    FormatName,
    ReaderOptions,
    exit_telling,
    opened,
    out_console,
    with_spinner,
)
from poseact.errors import InvalidInputError, OutputError, SourceError
from poseact.wording import counted

if TYPE_CHECKING:
    from poseact.action_model import ActionModel
    from poseact.clip import Clip
    from poseact.judging import Answers, RunFacts
    from poseact.kept_apart import Division
    from poseact.scoring import ScoredClips

_SHOWN = 3

ModelName = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model file, the folder that `train` made, or a name.")
]


def evaluate(
    model: ModelName,
    data: Annotated[
        Path | None, typer.Argument(metavar="PATH", help="A folder or file of data.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder for the JSON and the page."),
    ] = None,
    timeline: Annotated[
        Path | None,
        typer.Option(
            metavar="TRUTH",
            help="Judge whole recordings: PATH is videos or *.poses.npz, TRUTH says who did what when "
            "(.json, .csv, .vtt). MODEL may be finished answers; then there is no PATH.",
        ),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=LABEL", help="What a word of TRUTH means (with --timeline)."),
    ] = None,
    background: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="A label that is no action; other by default (with --timeline)."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="A label of TRUTH whose time is not judged (with --timeline)."),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Official protocol whose test part is judged; by default the model's own."
        ),
    ] = None,
    fold: Annotated[str | None, typer.Option(metavar="NAME", help="Which fold was held out.")] = None,
    split: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Split file instead of a protocol.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the JSON instead of the tables.")] = False,
    format_name: FormatName = None,
    option: ReaderOptions = None,
) -> None:
    """Judge a model on labelled clips that it has not seen, or on whole recordings (--timeline).

    Top-1, top-5, mean class accuracy, precision, recall, F1, confusions, calibration and 95 %
    intervals by subject; of whole recordings mAP, F1, edit score, frame accuracy, delays and false
    alarms. With --out also as JSON and as a page with pictures.
    """
    if timeline is not None:
        clips_only = {"--protocol": protocol, "--fold": fold, "--split": split, "--format": format_name}
        _only("--timeline", **clips_only)
        from poseact.cli_evaluate_timeline import evaluate_timeline

        evaluate_timeline(
            model,
            data,
            timeline,
            out=out,
            alias=alias or (),
            background=background or (),
            ignore=ignore or (),
            json_=json_,
            option=option or (),
        )
        return
    _only("clips", **{"--alias": alias, "--background": background, "--ignore": ignore})
    if data is None:
        raise typer.BadParameter("expected PATH, a folder or file of data, found none")
    _evaluate_clips(model, data, out, (protocol, fold, split), json_, format_name, option)


def _evaluate_clips(
    model: str,
    data: Path,
    out: Path | None,
    division: tuple[str | None, str | None, Path | None],
    json_: bool,
    format_name: str | None,
    option: list[str] | None,
) -> None:
    """Judge on labelled clips; `division` is protocol, fold and split file."""
    from poseact.action_model import ActionModel, resolve_model
    from poseact.judging import to_json
    from poseact.kept_apart import Division

    with interruptible():
        path = resolve_model(model)
        loaded = ActionModel.load(path)
        data_format, clips, broken = opened(data, format_name, option)
        chosen = Division.choose(loaded.info.learnt_from, *division)
        kept = _labelled(with_spinner(clips, f"reading {data_format.name}"), data, broken)
        infos = [clip.info for clip in kept]
        parts = chosen.of(infos, data)
        part = _named(kept, parts.test or parts.val)
        if not part:
            raise InvalidInputError(f"{data}: expected clips in the test part, found none")
        about = chosen.words(parts, infos), chosen.notes(parts, data), data
        answers, facts = _answers(loaded, path, part, broken, about)
        judgement = _judged(answers, facts)
        if out is not None:
            _write(judgement, answers, path, out)
    if json_:
        print(to_json(judgement), end="")
    else:
        from poseact.cli_evaluate_display import print_judgement

        print_judgement(out_console, judgement)
        if out is not None:
            out_console.print(
                f"written: {out / 'evaluation.json'}, {out / 'report.html'}", soft_wrap=True, markup=False
            )
    exit_telling(broken)


def _only(what: str, **given: object) -> None:
    """Raises InvalidInputError if an option is given that the command has no use for."""
    for name, value in given.items():
        if value:
            other = "goes with --timeline" if what == "clips" else f"does not go with {what}"
            raise InvalidInputError(f"{name}: {other}")


def features(
    model: ModelName,
    data: DataPath,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .csv or .parquet file.")] = Path(
        "features.csv"
    ),
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Write FILE_train and FILE_test by this protocol; all: one file, as without."
        ),
    ] = None,
    fold: Annotated[str | None, typer.Option(metavar="NAME", help="Which fold is the test part.")] = None,
    split: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Split file instead of a protocol.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    format_name: FormatName = None,
    option: ReaderOptions = None,
) -> None:
    """One vector of numbers a clip, made by a trained model, as a table for `poseact classify`."""
    from poseact.action_model import ActionModel
    from poseact.datasets.feature_parquet import write_features
    from poseact.kept_apart import ALL, Division

    with interruptible():
        loaded = ActionModel.load(model)
        in_parts = split is not None or protocol not in (None, ALL)
        chosen = Division.choose(loaded.info.learnt_from, protocol, fold, split) if in_parts else None
        names = [f"{out.stem}_{part}" for part in ("train", "test")] if chosen else [out.stem]
        files = [out.with_name(f"{name}{out.suffix}") for name in names]
        for path in files:
            if path.exists() and not force:
                raise OutputError(f"{path}: is there already: choose another name, or add --force")
        data_format, clips, broken = opened(data, format_name, option)
        kept = _labelled(with_spinner(clips, f"reading {data_format.name}"), data, broken)
        clips_of_files = _in_parts(kept, chosen, data)
        class_names = tuple(sorted({str(clip.label) for clip in kept}))
        scored = [_features_of(loaded, one, data) for one in clips_of_files]
        for path, one in zip(files, scored, strict=True):
            broken += one.refused
            write_features(_table(one.clips, one.values, class_names), path)
            out_console.print(
                f"{path}: {len(one.clips)} clips, {one.values.shape[1]} numbers each",
                soft_wrap=True,
                markup=False,
                highlight=False,
            )
    exit_telling(broken)


def _in_parts(clips: list["Clip"], chosen: "Division | None", data: Path) -> list[list["Clip"]]:
    """All clips, or those of the training and the test part; says what a reader must know of the latter."""
    if chosen is None:
        return [clips]
    split = chosen.of([clip.info for clip in clips], data)
    parts = {"training": _named(clips, split.train), "test": _named(clips, split.val + split.test)}
    for name, part in parts.items():
        if not part:
            raise InvalidInputError(f"{data}: expected clips in the {name} part, found none")
    for note in chosen.notes(split, data):
        say(f"test part: {note}")
    return list(parts.values())


def _features_of(model: "ActionModel", clips: list["Clip"], data: Path) -> "ScoredClips":
    from poseact.scoring import clip_features

    scored = clip_features(model, clips)
    _check_any(scored, data)
    return scored


def _check_any(scored: "ScoredClips", data: Path) -> None:
    """Raises SourceError if the model could be asked about no clip."""
    if not scored.clips:
        raise SourceError(
            f"{data}: expected clips that the model takes, found none in "
            f"{counted(len(scored.refused), 'clip')}; the first: {scored.refused[0]}"
        )


def _table(clips: Sequence["Clip"], values: Any, class_names: tuple[str, ...]) -> Any:
    from poseact.datasets.feature_csv import FeatureTable
    from poseact.scoring import labels_in

    return FeatureTable(
        features=values,
        labels=labels_in(class_names, clips),
        names=tuple(map(str, range(values.shape[1]))),
        class_names=class_names,
        clips=tuple(clip.name for clip in clips),
        subjects=tuple(clip.subject for clip in clips),
        groups=tuple(clip.group for clip in clips),
    )


def _labelled(clips: Iterable["Clip"], data: Path, broken: list[str]) -> list["Clip"]:
    kept = [clip for clip in clips if clip.label is not None]
    if not kept:
        why = f"; the first that cannot be read: {broken[0]}" if broken else ""
        raise SourceError(f"{data}: expected clips with labels, found none{why}")
    return kept


def _named(clips: list["Clip"], names: Sequence[str]) -> list["Clip"]:
    wanted = set(names)
    return [clip for clip in clips if clip.name in wanted]


def _answers(
    model: "ActionModel",
    path: Path,
    clips: list["Clip"],
    broken: list[str],
    about: tuple[str, tuple[str, ...], Path],
) -> tuple["Answers", "RunFacts"]:
    """The model's answers, and under what circumstances it gave them."""
    import numpy as np

    from poseact.judging import Answers, Latency, RunFacts
    from poseact.kept_apart import sources_of
    from poseact.scoring import labels_in, score_clips, window_times_ms

    protocol, notes, data = about
    info = model.info
    known = [clip for clip in clips if str(clip.label) in info.class_names]
    unknown = Counter(str(clip.label) for clip in clips if str(clip.label) not in info.class_names)
    if not known:
        raise InvalidInputError(
            f"none of the data's classes ({', '.join(list(unknown)[:_SHOWN])} ...) is one of the model's "
            f"({', '.join(info.class_names[:_SHOWN])} ...): classes are matched by name"
        )
    scored = score_clips(model, known)
    _check_any(scored, data)
    low, middle, high = np.quantile(window_times_ms(model, rng=np.random.default_rng(0)), [0.1, 0.5, 0.9])
    answers = Answers(
        class_names=info.class_names,
        probabilities=scored.values,
        labels=labels_in(info.class_names, scored.clips),
        names=tuple(clip.name for clip in scored.clips),
        subjects=tuple(clip.subject for clip in scored.clips),
        groups=tuple(clip.group for clip in scored.clips),
        sequences={clip.name: clip.sequence for clip in scored.clips},
    )
    facts = RunFacts(
        model=info.name,
        model_kind=", ".join(str(one["model"]) for one in sources_of(info.learnt_from) if "model" in one),
        data=data.resolve().name,
        protocol=protocol,
        layout=info.layout.name,
        file_bytes=path.stat().st_size,
        num_parameters=_num_parameters(path),
        latency=Latency(median_ms=float(middle), p10_ms=float(low), p90_ms=float(high)),
        machine=f"{platform.machine()}, {platform.system()}",
        seed=info.learnt_from.get("seed"),
        command=shlex.join(["poseact", *sys.argv[1:]]),
        unreadable=(*broken, *scored.refused),
        unknown_classes=dict(unknown),
        notes=notes,
    )
    return answers, facts


def _num_parameters(path: Path) -> int | None:
    """Numbers in the file's floating-point arrays; None where onnx is not installed."""
    try:
        import onnx
    except ImportError:
        return None

    graph = onnx.load(str(path)).graph
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)
    total = 0
    for array in graph.initializer:
        size = 1
        for length in array.dims:
            size *= length
        total += size if array.data_type in floats else 0
    return total


def _judged(answers: "Answers", facts: "RunFacts") -> Any:
    import numpy as np

    from poseact.judging import judge

    return judge(answers, facts, np.random.default_rng(0))


def _write(judgement: Any, answers: "Answers", path: Path, out: Path) -> None:
    from poseact.files import make_folder
    from poseact.judging import write_judgement
    from poseact.report import read_history, write_report

    make_folder(out)
    write_judgement(judgement, out / "evaluation.json")
    history = path.with_name("history.csv")
    write_report(
        judgement,
        out / "report.html",
        sequences=answers.sequences,
        history=read_history(history) if history.is_file() else None,
    )
