"""The commands ``poseact data info`` and ``poseact data convert``."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from poseact.cli_picture import check_parent, check_picture, write_picture
from poseact.cli_reading import (
    DataPath,
    FormatName,
    ReaderOptions,
    checked_options,
    err_console,
    exit_telling,
    opened,
    out_console,
    with_spinner,
)
from poseact.errors import InvalidInputError, MissingExtraError, OutputError, SourceError
from poseact.wording import counted

if TYPE_CHECKING:
    from poseact.clip import Clip
    from poseact.data_summary import DataSummary

_MOST_SHOWN = 12
_MOST_CLASSES_SHOWN = 60


def info(
    path: DataPath,
    format_name: FormatName = None,
    option: ReaderOptions = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, and draw only what --picture names.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the picture goes (.png); by default <name>-info.png, here."),
    ] = None,
    no_picture: Annotated[bool, typer.Option("--no-picture", help="Draw nothing.")] = False,
) -> None:
    """Say what is in a data set: clips, classes, subjects, cameras, lengths, rates, missing joints.

    Exit code 0: all of it was read; 1: nothing could be; 3: some clips could not.
    """
    from poseact.data_summary import DataSummary

    target = _picture_target(path, picture, wanted=not no_picture, by_default=not as_json)
    chosen, clips, broken = opened(path, format_name, option)
    summary = DataSummary(broken=broken)
    for clip in with_spinner(clips, "reading"):
        summary.add(clip)
    if not summary.num_clips:
        raise SourceError(broken[0] if broken else f"{path}: no clip in it")
    if as_json:
        document = {"path": path.name, "format": chosen.name, **summary.to_dict()}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print_summary(summary, f"{path}: {chosen.title}", chosen.protocols)
    if target is not None:
        title = f"{path.resolve().name}: {chosen.title}"
        _draw(summary, title, target, must=picture is not None, told=err_console if as_json else out_console)
    exit_telling(broken)


def convert(
    path: DataPath,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file or folder to make.")],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="NAME", help="Format to write; by default as OUT's suffix says."),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(metavar="NAME", help="Change the joint layout, by joint name.")
    ] = None,
    format_name: FormatName = None,
    option: ReaderOptions = None,
    write_option: Annotated[
        list[str] | None,
        typer.Option("--write-option", "-W", metavar="KEY=VALUE", help="Option of the format's writer."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace OUT, if it is there and poseact can write it.")
    ] = False,
) -> None:
    """Write a data set in another format; `poseact data formats` lists them.

    Exit code 0: all of it was written; 1: nothing was; 3: some clips could not be read, the others
    are written.
    """
    from poseact.datasets import DATASETS
    from poseact.datasets.converting import check_target, in_layout, replaced, writable_format
    from poseact.layouts import get_layout

    target = writable_format(DATASETS.values(), out, to)
    assert target.write is not None  # writable_format gives no other
    check_parent(out)
    check_target(target, path, out, force=force)
    write_options = checked_options(target.write, write_option or [], f"format {target.name!r}")
    wanted = None if layout is None else get_layout(layout)
    _, clips, broken = opened(path, format_name, option)
    if wanted is not None:
        clips = in_layout(clips, wanted.name)
    through = _Counted(with_spinner(clips, f"writing {target.name}"))
    with replaced(out) as place:
        target.write(_not_empty(through, path, broken), place, **write_options)
    told = f"{out}: {counted(through.count, 'clip')} written as {target.name}"
    out_console.print(told, soft_wrap=True, markup=False)
    exit_telling(broken)


def formats() -> None:
    """List the data formats and sets that are read, and which of them are written, too."""
    from poseact.datasets import DATASETS

    for one in DATASETS.values():
        written = "" if one.write is None else f"  also written, as {one.suffix or 'a folder'}"
        out_console.print(Text.assemble((one.name, "bold"), (written, "green")))
        out_console.print(Padding(Text(one.title), (0, 0, 0, 4)))
        if one.protocols:
            out_console.print(
                Padding(Text(f"protocols: {', '.join(one.protocols)}", style="dim"), (0, 0, 0, 4))
            )


class _Counted:
    """Counts what goes through."""

    def __init__(self, clips: Iterable["Clip"]) -> None:
        self._clips = clips
        self.count = 0

    def __iter__(self) -> Iterator["Clip"]:
        for clip in self._clips:
            self.count += 1
            yield clip


def _not_empty(clips: Iterable["Clip"], path: Path, broken: list[str]) -> Iterator["Clip"]:
    """The clips; an error, before anything is written, if there is none."""
    empty = True
    for clip in clips:
        empty = False
        yield clip
    if empty:
        raise SourceError(broken[0] if broken else f"{path}: no clip in it")


def _print_summary(summary: "DataSummary", title: str, protocols: Any) -> None:
    out_console.print(title, style="bold", soft_wrap=True, markup=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, text in _facts(summary, protocols):
        table.add_row(name, text)
    out_console.print(table)
    classes = Table("class", "clips", header_style="bold")
    classes.columns[1].justify = "right"
    by_count = sorted(summary.clips.items(), key=lambda item: (-item[1], item[0]))
    for label, count in by_count[:_MOST_CLASSES_SHOWN]:
        classes.add_row(label, str(count))
    if len(summary.clips) > _MOST_CLASSES_SHOWN:
        classes.add_row(f"and {len(summary.clips) - _MOST_CLASSES_SHOWN} more", "")
    out_console.print(classes)


def _facts(summary: "DataSummary", protocols: Any) -> Iterator[tuple[str, str]]:
    document = summary.to_dict()
    yield "clips", f"{summary.num_clips} of {counted(len(summary.clips), 'class')}"
    if summary.broken:
        yield "not readable", str(len(summary.broken))
    for name in ("subjects", "cameras", "repetitions", "groups"):
        yield name, _listed(document[name])
    found = document["protocols"]
    for name in [*(n for n in protocols if n in found), *(n for n in found if n not in protocols)]:
        parts = found[name]
        counts = ", ".join(f"{part}: {count}" for part, count in parts.items())
        yield f"protocol {name}", f"{counts}  ({protocols[name]})" if name in protocols else counts
    yield (
        "layout",
        ", ".join(f"{name} ({counted(count, 'clip')})" for name, count in summary.layouts.items()),
    )
    yield "units", ", ".join(summary.units)
    yield (
        "people in a clip",
        ", ".join(f"{n}: {counted(count, 'clip')}" for n, count in sorted(summary.persons.items())),
    )
    if summary.nobody:
        yield "nobody in", _listed(dict.fromkeys(summary.nobody, 1))
    for name, key, digits in (("frames", "frames", 0), ("seconds", "duration_s", 1), ("fps", "rate_hz", 1)):
        if (spread := document[key]) is not None:
            low, middle, high = (f"{spread[which]:.{digits}f}" for which in ("least", "median", "most"))
            yield name, low if low == high else f"{low} to {high}, median {middle}"
    yield "missing joints", _missing(summary)


def _listed(values: dict[str, int]) -> str:
    if not values:
        return "not said"
    names = list(values)
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return f"{len(names)}: {', '.join(names[:_MOST_SHOWN])}{more}"


def _missing(summary: "DataSummary") -> str:
    worst = [
        (share, joint)
        for joints in summary.missing_joints().values()
        for joint, share in joints.items()
        if share > 0
    ]
    if not worst:
        return "none"
    shown = ", ".join(f"{joint} {100 * share:.1f} %" for share, joint in sorted(worst, reverse=True)[:5])
    return f"{shown} of the frames" + (
        f" and {counted(len(worst) - 5, 'joint')} less often" if len(worst) > 5 else ""
    )


def _picture_target(path: Path, picture: Path | None, *, wanted: bool, by_default: bool) -> Path | None:
    """Where the picture goes, None for nowhere; one that is asked for is checked before anything is read."""
    if picture is not None:
        if not wanted:
            raise InvalidInputError("--picture and --no-picture: name one of them")
        check_picture(picture)
        return picture
    return Path(f"{path.resolve().stem}-info.png") if wanted and by_default else None


def _draw(summary: "DataSummary", title: str, target: Path, *, must: bool, told: Console) -> None:
    """Draw and write the picture; if nobody asked for it, what is in the way is a line and no error."""
    from poseact.render.data_figure import data_figure

    try:
        check_picture(target)
        write_picture(target, data_figure(summary, title))
    except (MissingExtraError, OutputError) as error:
        if must and isinstance(error, OutputError):
            raise
        err_console.print(f"no picture: {error}", soft_wrap=True, markup=False)
    else:
        told.print(f"picture: {target}", soft_wrap=True, markup=False)
