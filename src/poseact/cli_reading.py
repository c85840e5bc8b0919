"""What the commands under ``poseact data`` share: opening data, a spinner, and saying what was broken."""

import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from poseact.errors import SourceError

if TYPE_CHECKING:
    from poseact.clip import Clip

out_console = Console()
err_console = Console(stderr=True)

DataPath = Annotated[Path, typer.Argument(metavar="PATH", help="A folder or file of data.")]
FormatName = Annotated[
    str | None,
    typer.Option("--format", "-f", metavar="NAME", help="What PATH is; by default it is found out."),
]
ReaderOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option", "-O", metavar="KEY=VALUE", help="Option of the format's reader, e.g. rate_hz=25."
    ),
]


def checked_options(function: Any, texts: list[str], whose: str) -> dict[str, Any]:
    """KEY=VALUE options for a reader or writer.

    Raises:
        InvalidInputError: If it has no such option; the message names those that it has.
    """
    from poseact.options import check_options, parse_options

    given = parse_options(texts)
    # Path (and clips) are not the user's to name.
    taken = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    check_options(whose, function, given, hidden=("on_broken", "listener", *(p.name for p in taken)))
    return given


def opened(
    path: Path, format_name: str | None, option: list[str] | None
) -> tuple[Any, Iterator["Clip"], list[str]]:
    """The format, its clips, and the list that fills with a line for each broken one.

    Raises:
        SourceError: If there is no such path, or its format cannot be told.
        InvalidInputError: If the format is unknown, or an option does not fit it.
    """
    from poseact.datasets import detect_format, get_format
    from poseact.datasets.extraction_display import ExtractionDisplay

    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    chosen = get_format(format_name) if format_name else detect_format(path)
    broken: list[str] = []
    options = checked_options(chosen.read, option or [], f"format {chosen.name!r}")
    if "listener" in inspect.signature(chosen.read).parameters:  # it looks for people in videos first
        options["listener"] = ExtractionDisplay(err_console, tell_failures=False)
    clips = chosen.read(path, on_broken=lambda error: broken.append(str(error)), **options)
    return chosen, clips, broken


def with_spinner(clips: Iterable["Clip"], doing: str) -> Iterator["Clip"]:
    """The clips, with a count on the terminal while they come."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed} clips"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=err_console, transient=True, disable=not err_console.is_terminal
    ) as progress:
        task = progress.add_task(doing, total=None)
        for clip in clips:
            yield clip
            progress.advance(task)


def exit_telling(broken: list[str]) -> None:
    """A line for each broken clip, and exit code 3 if there is one."""
    for line in broken:
        print(f"poseact: {line}", file=sys.stderr)
    if broken:
        raise typer.Exit(3)
