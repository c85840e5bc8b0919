"""The command line: every command is a thin call of the Python API."""

import logging
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from poseact._version import __version__
from poseact.cli_data import data_app
from poseact.cli_ending import (
    exit_interrupted,
    interruptible,
    output_may_fail,
    say,
    terminating_like_interrupts,
)
from poseact.cli_evaluate import evaluate, features
from poseact.cli_export import export
from poseact.cli_features import classify
from poseact.cli_live import LIVE_EPILOG, live
from poseact.cli_render import play, render
from poseact.cli_train import ensemble, train
from poseact.errors import InvalidInputError, PoseactError
from poseact.options import parse_options

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from poseact.batch import Job, Outcome, Outputs
    from poseact.console import BatchDisplay
    from poseact.pose import PoseEstimator
    from poseact.sources import FoundSources


class _Interruptible(TyperGroup):
    """Ctrl-C and SIGTERM end any command with one line and the exit code that shells expect."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            exit_interrupted(error)


app = typer.Typer(
    cls=_Interruptible,
    name="poseact",
    help="Recognise human actions from body pose: a video goes in, who did what and when comes out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data_app)
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
        help="Option of the estimator, see below, e.g. max_persons=1. Repeatable.",
    ),
]
Exports = Annotated[
    list[str] | None,
    typer.Option(
        "--export",
        metavar="NAME",
        help="Write this as well: eaf (ELAN), boris or bids. Repeatable; see also `poseact export`.",
    ),
]
Fps = Annotated[
    float | None,
    typer.Option(metavar="N", help="Pictures a second of folders of pictures (25 if not given)."),
]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Look into sub-folders, too.")]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Leave out videos whose results are all in DIR already, of this very video, by the same "
        "estimator and model. People found before are not looked for again.",
    ),
]
ResumePoses = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Leave out videos whose poses are in DIR already, of this very video, by the same estimator.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors and notes: no progress, no table.")]

# More pictures a second than any camera takes for long: a slip of the finger.
_MAX_FPS = 1000

# Shown below the options; tests/test_cli.py compares it with what the estimators take.
# A line each: where one is broken here, the help would break it, too.
_EPILOG = "\n\n".join(
    [
        "Options of the estimators (-O KEY=VALUE):",
        "blazepose: weights=FOLDER, max_persons=6, smooth=true, tiles=true",
        "rtmpose: detector=FILE, pose=FILE, mode=lightweight/balanced/performance, device=cpu, max_persons=6",
        "recorded: poses=FILE.npz or FOLDER (in it NAME.poses.npz for NAME.mp4), tolerance_s=0.02, "
        "any_video=false",
        "Exit codes: 0 all went well; 1 nothing could be done; 2 an option or argument is missing, or there "
        "is no such option; 3 some videos failed, the others have their results; 130 interrupted, 143 "
        "ended by SIGTERM (--resume goes on).",
    ]
)


def main() -> None:
    """Run the command line; an error that poseact raises on purpose becomes one line and exit code 1."""
    dashed = _dashed_file(sys.argv[1:])
    if dashed is not None:
        say(f"{dashed}: a name that begins with a dash reads as an option: write .{os.sep}{dashed}")
        sys.exit(2)
    with output_may_fail(), terminating_like_interrupts():
        try:
            app()
        except PoseactError as error:
            say(" ".join(str(error).split()))
            sys.exit(1)


def _dashed_file(arguments: list[str]) -> str | None:
    """An argument that would be read as an option but is, or looks like, a video file."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for text in (text for text in before if text.startswith("-") and "." in text):
        if Path(text).is_file():
            return text
        from poseact.sources import VIDEO_SUFFIXES

        is_short_option = text[:2] in ("-o", "-O", "-m")
        if Path(text).suffix.lower() in VIDEO_SUFFIXES and "=" not in text and not is_short_option:
            return text
    return None


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


@app.command(epilog=_EPILOG)
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
    json_only: Annotated[
        bool, typer.Option("--json-only", help="Write only STEM.json; so no video either.")
    ] = False,
    exports: Exports = None,
    fps: Fps = None,
    recursive: Recursive = False,
    resume: Resume = False,
    quiet: Quiet = False,
) -> None:
    """Say who does what when in videos, and show it.

    For each video DIR gets STEM.mp4 (annotated), .json, .csv, .vtt (subtitles),
    .png (timeline) and .poses.npz. The results of another video are never
    overwritten: a STEM that is taken gets a suffix added.
    """
    from poseact.batch import Outputs, run_batch
    from poseact.console import summary_table
    from poseact.pipeline import as_recognizer
    from poseact.results import ModelFacts

    outputs = Outputs(out, video=not no_video, json_only=json_only, exports=tuple(exports or ()))
    jobs, problems = _jobs(sources, recursive, outputs, fps)
    recognizer = as_recognizer(model)
    used = _estimator(estimator, estimator_option, jobs)
    facts = ModelFacts.of(recognizer.model.info)
    todo = _todo(jobs, quiet, lambda job: resume and outputs.are_complete(job, estimator, facts))
    if worked_on := {job: path for job in todo if (path := outputs.worked_on(job))}:
        problems += [
            f"{job.source}: {path} is not as poseact made it from this result: move it away, or leave "
            "out --export"
            for job, path in worked_on.items()
        ]
        todo, jobs = ([job for job in some if job not in worked_on] for some in (todo, jobs))
    if resume and estimator != "recorded":
        todo = _with_kept_poses(todo, outputs, estimator, quiet)
    with interruptible(), _display(todo, quiet) as display:
        outcomes = run_batch(todo, outputs, recognizer, used, estimator, display)
    if not quiet and any(outcome.error is None for outcome in outcomes):
        _out.print(summary_table(outcomes))
    _finish(jobs, problems, outcomes, out, quiet)


@app.command(epilog=_EPILOG)
def pose(
    sources: Sources,
    out: Out = Path("poseact-results"),
    estimator: Estimator = "blazepose",
    estimator_option: EstimatorOptions = None,
    fps: Fps = None,
    recursive: Recursive = False,
    resume: ResumePoses = False,
    quiet: Quiet = False,
) -> None:
    """Find and follow the people in videos, and save their joints as STEM.poses.npz.

    The results of another video are never overwritten: a STEM that is taken gets
    a suffix added.
    """
    from poseact.batch import Outputs, run_pose_batch

    outputs = Outputs(out, poses_only=True)
    jobs, problems = _jobs(sources, recursive, outputs, fps)
    used = _estimator(estimator, estimator_option, jobs)
    todo = _todo(jobs, quiet, lambda job: resume and outputs.are_complete(job, estimator))
    with interruptible(), _display(todo, quiet) as display:
        outcomes = run_pose_batch(todo, out, used, estimator, display)
    _finish(jobs, problems, outcomes, out, quiet)


@app.command()
def demo(
    out: Out = Path("poseact-demo"),
    seed: Annotated[int, typer.Option(help="Of the clips that are made.")] = 1,
) -> None:
    """Make two clips of synthetic people, recognise what they do, and say how right that was."""
    from poseact.demo import run_demo

    with interruptible():
        run_demo(out, seed, _out)


@app.command()
def models(
    name: Annotated[
        str | None, typer.Argument(help="A kind of model: its options, and what they mean.")
    ] = None,
    zoo: Annotated[
        bool, typer.Option("--zoo", help="The kinds of models that `poseact train` trains.")
    ] = False,
    settings: Annotated[
        bool, typer.Option("--settings", help="The settings of `poseact train`, and what they mean.")
    ] = False,
) -> None:
    """List the models that come with poseact, the kinds that can be trained, or the options of one."""
    if zoo or settings or name:
        from poseact.cli_train import need_training

        need_training()
        from poseact.training.zoo import model_options_table, settings_table, zoo_table

        _out.print(model_options_table(name) if name else settings_table() if settings else zoo_table())
        return
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


app.command(epilog=LIVE_EPILOG)(live)
for _command in (train, evaluate, ensemble, features, classify, render, play, export):
    app.command()(_command)


def _jobs(
    sources: list[str], recursive: bool, outputs: "Outputs", fps: float | None
) -> tuple[list["Job"], list[str]]:
    """The jobs, and a line for each source that cannot be one; earlier results are no jobs.

    Raises:
        OutputError: If results cannot be written.
        InvalidInputError: If `fps` makes no sense, or no source is a folder of pictures.
    """
    from poseact.batch import Job, check_folder
    from poseact.naming import result_stems
    from poseact.sources import find_sources
    from poseact.video import is_pictures

    if fps is not None and not 0 < fps <= _MAX_FPS:
        raise InvalidInputError(f"--fps: expected more than 0 and at most {_MAX_FPS}, found {fps:g}")

    found = find_sources(sources, recursive=recursive, results=outputs.folder)
    _note_sources(found, fps)
    if not found.videos:
        _exit(list(found.problems), num_done=0)
    if fps is not None and not any(is_pictures(video) for video in found.videos):
        raise InvalidInputError(
            "--fps is for folders of pictures, and none was given: videos have their own time stamps"
        )
    check_folder(outputs.folder)
    stems = result_stems(found.videos, outputs.folder, outputs.suffixes)
    jobs = [Job(v, s, fps if is_pictures(v) else None) for v, s in zip(found.videos, stems, strict=True)]
    return jobs, list(found.problems)


def _note_sources(found: "FoundSources", fps: float | None) -> None:
    """A line on the annotated videos that were left out, and on folders of pictures of unsaid rate."""
    from poseact.video.pictures import DEFAULT_FPS

    if found.annotated:
        more = f" and {len(found.annotated) - 1} more" if len(found.annotated) > 1 else ""
        say(f"{found.annotated[0]}{more}: annotated by poseact, so left out (name one to work on it too)")
    for folder in (video for video in found.videos if video.is_dir() and fps is None):
        say(f"{folder}: taken as {DEFAULT_FPS:g} pictures a second: --fps gives another rate")


def _todo(jobs: list["Job"], quiet: bool, is_done: Callable[["Job"], bool]) -> list["Job"]:
    """The jobs that are not done, with a word on those that are and on results of unusual names."""
    from poseact.naming import stem_of

    todo = [job for job in jobs if not is_done(job)]
    if not quiet and len(todo) < len(jobs):
        say(f"done already, and left out: {len(jobs) - len(todo)} of {len(jobs)}")
    for job in todo:
        if job.stem != (usual := stem_of(job.source)):
            say(f"{job.source}: results are called {job.stem}: another video or file has the name {usual}")
    return todo


def _with_kept_poses(jobs: list["Job"], outputs: "Outputs", estimator: str, quiet: bool) -> list["Job"]:
    """The jobs with the poses that this estimator found before, where there are any, and a word on them."""
    out = [replace(job, poses=outputs.kept_poses(job, estimator)) for job in jobs]
    kept = sum(job.poses is not None for job in out)
    if kept and not quiet:
        say(f"people found before are taken from NAME.poses.npz: in {kept} of {len(out)} videos")
    return out


def _estimator(name: str, options: list[str] | None, jobs: list["Job"]) -> "PoseEstimator":
    from poseact.batch import check_poses_fit
    from poseact.pose import create_estimator

    estimator = create_estimator(name, **parse_options(options or []))
    check_poses_fit(jobs, estimator)
    return estimator


def _display(jobs: list["Job"], quiet: bool) -> "BatchDisplay":
    from poseact.console import BatchDisplay

    return BatchDisplay(_err, len(jobs), quiet=quiet)


def _finish(
    jobs: list["Job"], problems: list[str], outcomes: list["Outcome"], out: Path, quiet: bool
) -> NoReturn:
    """Say where the results are and what went wrong, and leave with the code that fits."""
    failed = [outcome.problem for outcome in outcomes if outcome.problem is not None]
    if not quiet and len(outcomes) > len(failed):
        _out.print(f"results in {out}", soft_wrap=True, markup=False)
    _exit([*problems, *failed], num_done=len(jobs) - len(failed))


def _exit(problems: list[str], num_done: int) -> NoReturn:
    """Say what went wrong, a line each, and leave with the code that fits."""
    for problem in problems:
        say(problem)
    if problems:
        raise typer.Exit(3 if num_done else 1)
    raise typer.Exit(0)


if __name__ == "__main__":
    main()
