"""The commands ``poseact evaluate`` and ``poseact features``: a finished model asked about labelled clips."""

import platform
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poseact.cli_ending import interruptible
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

if TYPE_CHECKING:
    from poseact.action_model import ActionModel
    from poseact.clip import Clip
    from poseact.judging import Answers, RunFacts
    from poseact.splits import Split

_ALL = "all"
_SHOWN = 3

ModelName = Annotated[
    str, typer.Argument(metavar="MODEL", help="A model file, the folder that `train` made, or a name.")
]


def evaluate(
    model: ModelName,
    data: DataPath,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder for evaluation.json and report.html."),
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
    """Judge a model on labelled clips that it has not seen.

    Top-1, top-5, mean class accuracy, precision, recall, F1, confusions, calibration and 95 %
    intervals by subject; with --out also as JSON and as a page with pictures.
    """
    from poseact.action_model import ActionModel, resolve_model
    from poseact.judging import to_json

    with interruptible():
        path = resolve_model(model)
        loaded = ActionModel.load(path)
        data_format, clips, broken = opened(data, format_name, option)
        chosen = _TestPart.choose(loaded, protocol, fold, split)
        kept = [c for c in with_spinner(clips, f"reading {data_format.name}") if c.label is not None]
        part, words, notes = chosen.of(kept, data)
        answers, facts = _answers(loaded, path, part, broken, (words, notes, data))
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


def features(
    model: ModelName,
    data: DataPath,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .csv or .parquet file.")] = Path(
        "features.csv"
    ),
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME", help="Write FILE_train and FILE_test by this protocol.")
    ] = None,
    fold: Annotated[str | None, typer.Option(metavar="NAME", help="Which fold is the test part.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    format_name: FormatName = None,
    option: ReaderOptions = None,
) -> None:
    """One vector of numbers a clip, made by a trained model, as a table for `poseact classify`."""
    from poseact.action_model import ActionModel
    from poseact.datasets.feature_parquet import write_features
    from poseact.scoring import clip_features

    with interruptible():
        loaded = ActionModel.load(model)
        parts = ["train", "test"] if protocol else [""]
        files = [out.with_name(f"{out.stem}_{part}{out.suffix}") if part else out for part in parts]
        for path in files:
            if path.exists() and not force:
                raise OutputError(f"{path}: is there already: choose another name, or add --force")
        data_format, clips, broken = opened(data, format_name, option)
        kept = [c for c in with_spinner(clips, f"reading {data_format.name}") if c.label is not None]
        chosen = [kept]
        if protocol:
            split = _fold(kept, protocol, fold, None)
            chosen = [_named(kept, split.train), _named(kept, split.val + split.test)]
        class_names = tuple(sorted({str(clip.label) for clip in kept}))
        for path, clips_of_part in zip(files, chosen, strict=True):
            scored = clip_features(loaded, clips_of_part)
            broken += scored.refused
            write_features(_table(scored.clips, scored.values, class_names), path)
            out_console.print(
                f"{path}: {len(scored.clips)} clips, {scored.values.shape[1]} numbers each",
                soft_wrap=True,
                markup=False,
                highlight=False,
            )
    exit_telling(broken)


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


class _TestPart:
    """Which clips a model is to be judged on."""

    def __init__(
        self, protocol: str | None, fold: str | None, split: Path | None, learnt: dict[str, Any]
    ) -> None:
        self.protocol, self.fold, self.split, self.learnt = protocol, fold, split, learnt

    @classmethod
    def choose(
        cls, model: "ActionModel", protocol: str | None, fold: str | None, split: Path | None
    ) -> "_TestPart":
        """What is asked for, or else what the model's training left over.

        Raises:
            InvalidInputError: If neither is known.
        """
        learnt = model.info.learnt_from
        if split is None and protocol is None:
            if learnt.get("split"):
                raise InvalidInputError(
                    f"the model was trained with the split file {learnt['split']}: name it with --split, or "
                    "another part with --protocol"
                )
            protocol = learnt.get("protocol")
            fold = fold or learnt.get("fold")
            if protocol is None or protocol == _ALL:
                raise InvalidInputError(
                    "the model's file names no protocol that kept clips apart: name one with --protocol, a "
                    "file with --split, or --protocol all to judge it on every clip"
                )
        if split is None and fold is None and learnt.get("protocol") == protocol:
            fold = learnt.get("fold")
        return cls(protocol, fold, split, learnt)

    def of(self, clips: list["Clip"], data: Path) -> tuple[list["Clip"], str, tuple[str, ...]]:
        """The clips, the protocol in words, and what a reader must know."""
        notes = tuple(self._notes(data))
        if self.protocol == _ALL:
            return clips, "every clip of the set", notes
        split = _fold(clips, self.protocol, self.fold, self.split)
        part = _named(clips, split.test or split.val)
        if not part:
            raise InvalidInputError(f"{data}: expected clips in the test part, found none")
        words = str(self.protocol or self.split)
        return part, words if split.name in ("1", "all") else f"{words}, fold {split.name}", notes

    def _notes(self, data: Path) -> list[str]:
        same_data = self.learnt.get("data") == data.resolve().name
        same_part = (self.protocol, self.fold) == (self.learnt.get("protocol"), self.learnt.get("fold"))
        if not self.learnt:
            return ["the model's file does not say which clips it learnt from: it may have seen these"]
        if self.split is not None and self.learnt.get("split") == self.split.name:
            return []
        if same_data and not same_part:
            return [
                "the model learnt from the same data by another division (protocol "
                f"{self.learnt.get('protocol')}, fold {self.learnt.get('fold')}): it has seen some of these "
                "clips, and the figures are too good"
            ]
        return []


def _fold(clips: list["Clip"], protocol: str | None, fold: str | None, split: Path | None) -> "Split":
    from poseact.splits import load_split, split_by_protocol

    plan = (
        load_split(split)
        if split is not None
        else split_by_protocol([clip.info for clip in clips], str(protocol))
    )
    folds = {one.name: one for one in plan.folds}
    if fold is not None and fold in folds:
        return folds[fold]
    if len(folds) > 1 or (fold is not None and fold not in ("1", "all")):
        raise InvalidInputError(
            f"fold: expected one of {', '.join(folds)}, found {fold}: name it with --fold"
        )
    return plan.folds[0]


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
    if not scored.clips:
        raise SourceError(f"{data}: no clip can be asked about; the first: {scored.refused[0]}")
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
