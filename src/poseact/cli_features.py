"""The command ``poseact classify``: classifiers of feature vectors, one vector a clip."""

import csv
import io
import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from poseact.cli_ending import say
from poseact.cli_picture import check_parent
from poseact.errors import InvalidInputError, OutputError
from poseact.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

    from poseact.datasets import FeatureTable
    from poseact.feature_classifiers import FeatureClassifier, Fit
    from poseact.judging import Judgement

_out = Console()
_err = Console(stderr=True)


def classify(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TRAIN", help="Features to fit to, or with --load to classify: CSV or Parquet."
        ),
    ],
    test: Annotated[
        Path | None, typer.Argument(metavar="TEST", help="Features to judge the fitted classifier by.")
    ] = None,
    classifier: Annotated[
        str | None,
        typer.Option(
            "--classifier",
            "-c",
            metavar="NAME",
            help="logistic (as S2 published it), ridge, lda, svm, or auto: the best of them all in "
            "cross-validation on TRAIN. By default auto.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Save it: .skops, or .onnx if it is linear."),
    ] = None,
    load: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take a saved classifier; TRAIN is then what to classify."),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the class of each clip, and its probability, as CSV."),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(metavar="A,B,...", help="Names of the labels 0, 1, ..., where the files do not say."),
    ] = None,
    folds: Annotated[int, typer.Option(help="Of the cross-validation.")] = 5,
    repeats: Annotated[int, typer.Option(help="Of the cross-validation.")] = 10,
    seed: Annotated[int, typer.Option(help="Of the folds, and of the confidence intervals.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
) -> None:
    """Classify feature vectors, one a clip: fit and judge a classifier, or use a saved one.

    The tables are those of poseact features, or CSV with a column a number and, last,
    the column label. What is chosen is chosen on TRAIN alone; TEST is looked at once.
    """
    _check_targets(out, predictions, force)
    names = None if classes is None else tuple(name.strip() for name in classes.split(","))
    run = _Run(table, test, names, predictions, seed, as_json)
    if load is None:
        _fit(run, classifier or "auto", out, folds, repeats)
        return
    given = {"TEST": test, "--classifier": classifier, "--out": out}
    for what in (name for name, value in given.items() if value is not None):
        raise InvalidInputError(f"--load takes a fitted classifier and one table: leave {what} out")
    _use(run, load)


@dataclass(frozen=True)
class _Run:
    """What fitting a classifier and using a saved one have in common."""

    table: Path
    test: Path | None
    class_names: tuple[str, ...] | None
    predictions: Path | None
    seed: int
    as_json: bool

    def rng(self) -> "np.random.Generator":
        import numpy as np

        return np.random.default_rng(self.seed)


def _check_targets(out: Path | None, predictions: Path | None, force: bool) -> None:
    """Refuse what cannot be written, before anything long is done."""
    from poseact.feature_classifiers.saving import check_suffix

    if out is not None:
        check_suffix(out)
    if predictions is not None and predictions.suffix.lower() != ".csv":
        raise InvalidInputError(f"--predictions {predictions}: expected a name that ends with .csv")
    for target in (path for path in (out, predictions) if path is not None):
        check_parent(target)
        if target.is_dir() or (target.exists() and not force):
            raise OutputError(f"{target}: is there already: choose another name, or replace it with --force")


def _fit(run: _Run, choice: str, out: Path | None, folds: int, repeats: int) -> None:
    from poseact.datasets.feature_parquet import read_features
    from poseact.feature_classifiers import Shared, fit_classifier, judge_table, save_classifier, settings_of
    from poseact.feature_classifiers.fitted import with_columns

    if run.predictions is not None and run.test is None:
        raise InvalidInputError("--predictions are those of TEST, which is missing")
    num_settings = len(settings_of(choice))
    train, test = read_features(run.table, class_names=run.class_names), None
    if run.test is not None:
        test = read_features(run.test, class_names=run.class_names)
        test = with_columns(test, train.names, str(run.test))
    with _progress(num_settings) as on_done:
        fit = fit_classifier(train, choice, rng=run.rng(), folds=folds, repeats=repeats, on_done=on_done)
    judgement = None
    if test is not None and run.test is not None:
        shared = Shared.between(train, test)
        judgement = judge_table(fit.classifier, test, data=run.test.name, rng=run.rng(), shared=shared)
    if run.as_json:
        _print_json(fit.classifier, fit, judgement)
    else:
        _print_fitted(run.table.name, train, fit, judgement)
    if out is not None:
        save_classifier(fit.classifier, out)
    if test is not None and run.predictions is not None:
        _write_predictions(fit.classifier, test, run.predictions)
    _say_written(out, run.predictions)


def _use(run: _Run, path: Path) -> None:
    from poseact.datasets.feature_parquet import read_features
    from poseact.feature_classifiers import judge_table, load_classifier
    from poseact.feature_classifiers.display import print_judgement
    from poseact.feature_classifiers.fitted import with_columns

    classifier = load_classifier(path)
    table = read_features(run.table, class_names=run.class_names, need_labels=False)
    table = with_columns(table, classifier.info.feature_names, str(run.table))
    if not table.is_labelled and run.predictions is None and not run.as_json:
        raise InvalidInputError(
            f"{run.table}: no labels to judge by: say with --predictions FILE.csv where the classes go"
        )
    judgement = None
    if table.is_labelled:
        judgement = judge_table(classifier, table, data=run.table.name, rng=run.rng())
    if run.as_json:
        _print_json(classifier, None, judgement, _predicted(classifier, table))
    elif judgement is not None:
        _out.print(f"[bold]classifier[/]  {classifier.info.title}, from {path.name}", soft_wrap=True)
        print_judgement(_out, judgement, "accuracy")
    if run.predictions is not None:
        _write_predictions(classifier, table, run.predictions)
    _say_written(None, run.predictions)


@contextmanager
def _progress(total: int) -> "Iterator[Callable[[object], object]]":
    """Counts the settings that have been tried, on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_terminal) as progress:
        task = progress.add_task("cross-validating", total=total)
        yield lambda _: progress.advance(task)


def _print_fitted(name: str, train: "FeatureTable", fit: "Fit", judgement: "Judgement | None") -> None:
    from poseact.feature_classifiers.display import print_fit, print_judgement

    info = fit.classifier.info
    sizes = f"{counted(train.num_clips, 'clip')}, {counted(len(info.labels), 'class')}"
    _out.print(f"{name}: {sizes}, {counted(len(train.names), 'number')} a clip", soft_wrap=True, markup=False)
    print_fit(_out, fit)
    if judgement is not None:
        print_judgement(_out, judgement)


def _print_json(
    classifier: "FeatureClassifier",
    fit: "Fit | None",
    judgement: "Judgement | None",
    predicted: "list[dict[str, object]] | None" = None,
) -> None:
    from poseact.judging.document import to_document

    info = asdict(classifier.info)
    document: dict[str, object] = {"classifier": {key: info[key] for key in info if key != "feature_names"}}
    if fit is not None:
        document["tried"] = [
            {"title": one.setting.title, "accuracy": one.mean, "spread": one.spread} for one in fit.tried
        ]
    document["test"] = None if judgement is None else to_document(judgement)
    if predicted is not None:
        document["predictions"] = predicted
    print(json.dumps(document, indent=2, ensure_ascii=False))


def _predicted(classifier: "FeatureClassifier", table: "FeatureTable") -> "list[dict[str, object]]":
    """The class of each clip: its row from 1, its name if it has one, and the probability."""
    probabilities = classifier.probabilities(table.features)
    clips = table.clips or (None,) * table.num_clips
    return [
        {
            "row": i + 1,
            "clip": clip,
            "class": classifier.info.class_names[int(row.argmax())],
            "probability": round(float(row.max()), 6),
        }
        for i, (clip, row) in enumerate(zip(clips, probabilities, strict=True))
    ]


def _write_predictions(classifier: "FeatureClassifier", table: "FeatureTable", path: Path) -> None:
    from poseact.files import write_text_whole

    text = io.StringIO()
    writer = csv.DictWriter(text, ("row", "clip", "class", "probability"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(_predicted(classifier, table))
    write_text_whole(path, text.getvalue())


def _say_written(*paths: Path | None) -> None:
    for path in (path for path in paths if path is not None):
        say(f"written: {path}")
