"""``poseact export``: results that are there already, in the formats of other programs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from poseact.cli_ending import say

# Within these a result says what it is, unless somebody has written it anew.
_HEAD_CHARS = 200

Results = Annotated[
    list[Path],
    typer.Argument(metavar="RESULT.json", help="Files that `poseact predict` wrote, or folders of them."),
]
To = Annotated[
    list[str],
    typer.Option("--to", metavar="NAME", help="eaf (ELAN), boris, bids, csv, vtt or json. Repeatable."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="DIR", help="Folder, made if missing; else beside each result."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Do not name the files that are written.")]


def export(results: Results, to: To, out: Out = None, force: Force = False, quiet: Quiet = False) -> None:
    """Write results for ELAN, BORIS or BIDS, or as subtitles or tables.

    Files are named like the result: NAME.eaf, NAME.boris and NAME.boris.csv,
    NAME_events.tsv and NAME_events.json, NAME.csv, NAME.vtt. None that is there
    already is replaced without --force.

    Exit codes: 0 all went well; 1 nothing could be done; 2 an option or argument
    is missing; 3 some results failed.
    """
    from poseact.errors import one_line
    from poseact.exports import export_result, export_texts

    export_texts(to)  # a misspelt name is said once
    sources, problems = _found(results)
    keep = {source.resolve() for source in sources}
    num_done = 0
    for source in sources:
        try:
            written = export_result(source, to, out, force=force, keep=keep)
        except Exception as error:
            problems.append(f"{source}: {one_line(error).removeprefix(f'{source}: ')}")
            continue
        keep |= {path.resolve() for path in written}
        num_done += 1
        if not quiet:
            print(*written, sep="\n")
    for problem in problems:
        say(problem)
    if problems:
        raise typer.Exit(3 if num_done else 1)


def _found(asked: list[Path]) -> tuple[list[Path], list[str]]:
    """The files of results, each once, and a line for each folder without any."""
    found: dict[Path, Path] = {}
    problems = []
    for path in asked:
        inside = [path]
        if path.is_dir():
            inside = [p for p in sorted(path.glob("*.json")) if p.name[0] != "." and not _is_other_json(p)]
            problems += [] if inside else [f"{path}: no results of `poseact predict` in this folder"]
        for file in inside:
            found.setdefault(file.resolve(), file)
    return list(found.values()), problems


def _is_other_json(path: Path) -> bool:
    """Whether a file is whole, and of something else than a result."""
    from poseact.results import SCHEMA_NAME

    try:
        text = path.read_text("utf-8-sig")
        if SCHEMA_NAME in text[:_HEAD_CHARS]:
            return False
        document = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return False  # whoever reads it says what is wrong with it
    return not (isinstance(document, dict) and document.get("schema") == SCHEMA_NAME)
