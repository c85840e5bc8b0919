"""The command line: every command is a thin call of the Python API."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from poseact._version import __version__
from poseact.errors import InvalidInputError, PoseactError

app = typer.Typer(
    name="poseact",
    help="Recognise human actions from body pose: a video goes in, who did what and when comes out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_out = Console()
_err = Console(stderr=True)

Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", help="Video files, folders, or patterns such as 'clips/*.mp4'."),
]
Out = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results; made if missing.")
]
Estimator = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="Pose estimator: blazepose, rtmpose, recorded, or package.module:Name."
    ),
]
EstimatorOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--estimator-option",
        "-O",
        metavar="KEY=VALUE",
        help="Option of the estimator, e.g. max_persons=1, weights=FOLDER, poses=x.poses.npz. Repeatable.",
    ),
]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Look into sub-folders, too.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar and no table.")]


def main() -> None:
    """Run the command line; an error that poseact raises on purpose becomes one line and exit code 1."""
    try:
        app()
    except PoseactError as error:
        _say(" ".join(str(error).split()))
        sys.exit(1)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Exit code 130 and a line for Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        _say("interrupted; files that were not yet whole have been removed, --resume goes on from here")
        raise typer.Exit(130) from None


def _say(line: str) -> None:
    print(f"poseact: {line}", file=sys.stderr)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"poseact {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("poseact: %(message)s"))
    logger = logging.getLogger("poseact")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)


@app.command()
def predict(
    sources: Sources,
    out: Out = Path("poseact-results"),
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", metavar="NAME|FILE", help="Model by name (see `poseact models`) or file."
        ),
    ] = "everyday",
    estimator: Estimator = "blazepose",
    estimator_option: EstimatorOptions = None,
    no_video: Annotated[bool, typer.Option("--no-video", help="Do not write the annotated video.")] = False,
    json_only: Annotated[bool, typer.Option("--json-only", help="Write only STEM.json.")] = False,
    recursive: Recursive = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave out videos whose results are all in DIR already.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Say who does what when in videos, and show it.

    For each video DIR gets STEM.mp4 (annotated), .json, .csv, .vtt (subtitles), .png (timeline)
    and .poses.npz. Exit code 0: all went well; 1: nothing could be done; 3: some videos failed,
    the others have their results.
    """
    from poseact.batch import Outputs, check_folder, run_batch
    from poseact.console import BatchDisplay, summary_table
    from poseact.pipeline import as_recognizer
    from poseact.pose import create_estimator

    jobs, problems = _jobs(sources, recursive, out)
    outputs = Outputs(out, video=not no_video, json_only=json_only)
    check_folder(out)
    for job in [job for job in jobs if outputs.would_overwrite(job)]:
        problems.append(f"{job.source}: a result would overwrite the video itself: choose another --out")
        jobs.remove(job)
    todo = [job for job in jobs if not (resume and outputs.are_complete(job))]
    if len(todo) < len(jobs):
        _err.print(f"{len(jobs) - len(todo)} of {len(jobs)} videos have their results already")
    if not todo:
        _exit(problems, num_done=len(jobs))
    recognizer = as_recognizer(model)
    used = create_estimator(estimator, **parse_options(estimator_option or []))
    with _interruptible(), BatchDisplay(_err, len(todo), quiet=quiet) as display:
        outcomes = run_batch(todo, outputs, recognizer, used, estimator, display)
    if not quiet:
        _out.print(summary_table(outcomes))
        _out.print(f"results in {out}", soft_wrap=True, markup=False)
    failed = [outcome.problem for outcome in outcomes if outcome.problem is not None]
    _exit([*problems, *failed], num_done=len(jobs) - len(failed))


@app.command()
def pose(
    sources: Sources,
    out: Out = Path("poseact-results"),
    estimator: Estimator = "blazepose",
    estimator_option: EstimatorOptions = None,
    recursive: Recursive = False,
    quiet: Quiet = False,
) -> None:
    """Find and follow the people in videos, and save their joints as STEM.poses.npz."""
    from poseact.batch import check_folder, run_pose_batch
    from poseact.console import BatchDisplay
    from poseact.pose import create_estimator

    jobs, problems = _jobs(sources, recursive, out)
    check_folder(out)
    used = create_estimator(estimator, **parse_options(estimator_option or []))
    with _interruptible(), BatchDisplay(_err, len(jobs), quiet=quiet) as display:
        outcomes = run_pose_batch(jobs, out, used, display)
    if not quiet:
        _out.print(f"results in {out}", soft_wrap=True, markup=False)
    failed = [outcome.problem for outcome in outcomes if outcome.problem is not None]
    _exit([*problems, *failed], num_done=len(jobs) - len(failed))


@app.command()
def demo(
    out: Out = Path("poseact-demo"),
    seed: Annotated[int, typer.Option(help="Of the clips that are made.")] = 1,
) -> None:
    """Make two clips of synthetic people, recognise what they do, and say how right that was."""
    from poseact.demo import run_demo

    with _interruptible():
        run_demo(out, seed, _out)


@app.command()
def models() -> None:
    """List the models that come with poseact."""
    from poseact.action_model import SHIPPED_MODELS, ActionModel
    from poseact.console import model_table

    for name in SHIPPED_MODELS:
        _out.print(model_table(ActionModel.load(name).info))


@app.command()
def layouts(
    name: Annotated[str | None, typer.Argument(help="Show the joints of this one.")] = None,
) -> None:
    """List the joint layouts that poseact knows, or the joints of one of them."""
    from poseact.layouts import LAYOUTS, get_layout

    if name is None:
        table = Table("layout", "joints", "root", header_style="bold")
        for layout in LAYOUTS.values():
            table.add_row(layout.name, str(layout.num_joints), layout.root)
    else:
        parents = dict(get_layout(name).edges)
        table = Table("index", "joint", "parent", header_style="bold")
        for i, joint in enumerate(get_layout(name).joint_names):
            table.add_row(str(i), joint, parents.get(joint, "-"))
    _out.print(table)


@app.command()
def weights() -> None:
    """Fetch the pose estimator's weights if they are not here yet, and say where they are."""
    from poseact.pose.weights import find_blazepose_weights

    print(f"blazepose: {find_blazepose_weights().origin}")


def parse_options(texts: list[str]) -> dict[str, Any]:
    """KEY=VALUE options; a value that is a number, true, false or null in JSON is taken as such.

    Raises:
        InvalidInputError: If there is no ``=``.
    """
    options: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise InvalidInputError(f"--estimator-option: expected KEY=VALUE, found {text!r}")
        try:
            options[key] = json.loads(value)
        except json.JSONDecodeError:
            options[key] = value
    return options


def _jobs(sources: list[str], recursive: bool, out: Path) -> tuple[list[Any], list[str]]:
    """The jobs, and a line for each source that is not there; earlier results in `out` are no jobs."""
    from poseact.batch import Job
    from poseact.sources import find_sources, result_stems

    found = find_sources(sources, recursive=recursive, results=out)
    if not found.videos:
        _exit(list(found.problems), num_done=0)
    stems = result_stems(found.videos)
    return [Job(v, s) for v, s in zip(found.videos, stems, strict=True)], list(found.problems)


def _exit(problems: list[str], num_done: int) -> None:
    """Say what went wrong, a line each, and leave with the code that fits."""
    for problem in problems:
        _say(problem)
    if problems:
        raise typer.Exit(3 if num_done else 1)
    raise typer.Exit(0)


if __name__ == "__main__":
    main()
