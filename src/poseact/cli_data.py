"""The commands under ``poseact data``; here ``check`` and ``split``."""

import csv
import io
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from poseact.cli_data_info import convert, formats, info
from poseact.cli_reading import (
    DataPath,
    FormatName,
    ReaderOptions,
    err_console,
    opened,
    out_console,
    with_spinner,
)
from poseact.errors import InvalidInputError, OutputError, SourceError
from poseact.wording import counted

if TYPE_CHECKING:
    from poseact.clip import ClipInfo
    from poseact.datasets import DataFormat
    from poseact.doctor import Change, ClipFacts, Finding, Report
    from poseact.splits import SplitPlan

data_app = typer.Typer(
    name="data",
    help="Look at, check, split and convert data sets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app.command()(info)
data_app.command()(convert)
data_app.command()(formats)

_COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}
_MOST_FOLDS_SHOWN = 40
_MOST_NAMED = 3
_CHANGES_SUFFIX = ".changes.csv"
# Splits of other tools are read by these.
_OTHER_SPLITS = (".csv", ".pkl", ".pickle")

ByField = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="FIELD",
        help="subject, camera, repetition or group; kept together in parts and folds.",
    ),
]


@data_app.command()
def check(
    path: DataPath,
    format_name: FormatName = None,
    option: ReaderOptions = None,
    split: Annotated[
        list[Path] | None,
        typer.Option("--split", metavar="FILE", help="Also look for leaks in this split. Repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    fix: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Write a cleaned copy, and what was changed beside it."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT", help="With --fix: format of the copy; by default as OUT's suffix says."
        ),
    ] = None,
) -> None:
    """Find what is wrong with a data set, and say what to do about it.

    PATH itself is never changed. Exit code 0: no errors; 1: nothing could be
    read; 3: errors were found (also if --fix mends them).
    """
    from poseact.doctor import measure, report_on
    from poseact.splits import load_splits

    plans = [plan for file in split or () for plan in load_splits(file).values()]
    if to is not None and fix is None:
        raise InvalidInputError("--to names the format of the copy: --fix OUT is missing")
    target = None if fix is None else _copy_format(path, fix, to)
    chosen, clips, broken = opened(path, format_name, option)
    facts = [measure(clip) for clip in with_spinner(clips, "checking")]
    if not facts:
        raise SourceError(broken[0] if broken else f"{path}: no clip in it")
    report = report_on(facts, broken=broken, splits=plans)
    changes = None
    if fix is not None and target is not None:
        changes = _mend(path, chosen.name, option, facts, fix, target)
    if as_json:
        document = {"path": path.name, "format": chosen.name, **report.to_document()}
        if changes is not None:
            document["changes"] = [[change.clip, change.kind, change.text] for change in changes]
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print_report(report, f"{path}: {chosen.title}")
        if changes is not None and fix is not None:
            _print_changes(changes, fix, len(broken))
    raise typer.Exit(3 if report.has_errors else 0)


@data_app.command()
def split(
    path: DataPath,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The JSON file to write.")],
    protocol: Annotated[
        str | None, typer.Option(metavar="NAME", help="An official protocol of the set (see data info).")
    ] = None,
    by: ByField = None,
    test: Annotated[
        str | None, typer.Option(metavar="VALUES", help="With --by: values for the test, e.g. s05,s06.")
    ] = None,
    val: Annotated[
        str | None, typer.Option(metavar="VALUES", help="With --by and --test: values for val.")
    ] = None,
    leave_one_out: Annotated[
        str | None, typer.Option("--leave-one-out", metavar="FIELD", help="A fold for each value.")
    ] = None,
    k_fold: Annotated[
        int | None, typer.Option("--k-fold", metavar="K", help="K folds, by groups or by --by FIELD.")
    ] = None,
    fractions: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C", help="Random train, val, test, by groups or by --by FIELD: 0.7,0.15,0.15."
        ),
    ] = None,
    val_fraction: Annotated[
        float, typer.Option(metavar="X", help="Move this share of each training part to val, by groups.")
    ] = 0.0,
    blocks: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Keep N clips with consecutive numbers together, if they have no group."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of everything random.", min=0)] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace an older split of poseact.")] = False,
    format_name: FormatName = None,
    option: ReaderOptions = None,
) -> None:
    """Divide a data set into training, validation and test, honestly.

    Name one way: --protocol, --by with --test, --leave-one-out, --k-fold or
    --fractions; the last two keep groups together, with --by subject also people.
    A clip or a group is never on both sides: it is refused.
    Exit code 0: written; 1: refused, nothing is written; 3: some clips could
    not be read, the others are in the split.
    """
    from poseact.splits import with_blocks

    ways = {
        "--protocol": protocol,
        "--test": test,
        "--leave-one-out": leave_one_out,
        "--k-fold": k_fold,
        "--fractions": fractions,
    }
    _check_way([name for name, value in ways.items() if value is not None], by)
    _check_fields(by, leave_one_out)
    _check_val(test, val, val_fraction)
    _check_split_file(out, force)
    _, clips, broken = opened(path, format_name, option)
    infos = [clip.info for clip in with_spinner(clips, "reading")]
    if not infos:
        raise SourceError(broken[0] if broken else f"{path}: no clip in it")
    if blocks is not None:
        infos = with_blocks(infos, blocks)
    plan = _make_plan(infos, protocol, by, test, val, leave_one_out, k_fold, fractions, val_fraction, seed)
    plan.save(out)
    _print_plan(infos, plan)
    out_console.print(f"written: {out}", soft_wrap=True, markup=False)
    for line in broken:
        print(f"poseact: {line}", file=sys.stderr)
    raise typer.Exit(3 if broken else 0)


def _check_way(named: Sequence[str], by: str | None) -> None:
    """Refuse anything but one way, with what it needs."""
    if len(named) > 1:
        raise InvalidInputError(f"{' and '.join(named)} are {len(named)} ways to split: name one")
    if not named and by is not None:
        raise InvalidInputError(f"--by {by}: --test VALUES is missing (or --k-fold K, or --fractions A,B,C)")
    if not named:
        raise InvalidInputError(
            "name one way: --protocol NAME, --by FIELD --test VALUES, --leave-one-out FIELD, --k-fold K "
            "or --fractions A,B,C"
        )
    if by is not None and named[0] in ("--protocol", "--leave-one-out"):
        raise InvalidInputError(f"--by does not go with {named[0]}: leave one of them out")
    if by is None and named[0] == "--test":
        raise InvalidInputError("--test: --by FIELD is missing, which says what its values are")


def _check_fields(by: str | None, leave_one_out: str | None) -> None:
    from poseact.splits.units import check_field

    for name, field in (("--by", by), ("--leave-one-out", leave_one_out)):
        if field is not None:
            check_field(field, name)


def _check_val(test: str | None, val: str | None, val_fraction: float) -> None:
    if val is not None and test is None:
        raise InvalidInputError("--val needs --by FIELD and --test; --val-fraction X goes with every way")
    if val is not None and val_fraction:
        raise InvalidInputError("--val and --val-fraction both make val: leave one of them out")
    if not 0 <= val_fraction < 1:
        raise InvalidInputError(f"--val-fraction: expected a share between 0 and 1, found {val_fraction:g}")


def _make_plan(
    infos: Sequence["ClipInfo"],
    protocol: str | None,
    by: str | None,
    test: str | None,
    val: str | None,
    leave_one_out: str | None,
    k: int | None,
    fractions: str | None,
    val_fraction: float,
    seed: int,
) -> "SplitPlan":
    import numpy as np

    from poseact import splits

    rng = np.random.default_rng(seed)
    random = bool(val_fraction)
    if protocol is not None:
        plan = splits.split_by_protocol(infos, protocol, val_fraction=val_fraction, rng=rng)
    elif test is not None and by is not None:
        plan = splits.split_by_field(
            infos, by, test=_values(test), val=_values(val or ""), val_fraction=val_fraction, rng=rng
        )
    elif leave_one_out is not None:
        plan = splits.leave_one_out(infos, leave_one_out, val_fraction=val_fraction, rng=rng)
    elif k is not None:
        random = True
        plan = splits.k_fold(infos, k, rng=rng, by=by or "group", val_fraction=val_fraction)
    else:
        random = True
        shares = _fractions(fractions or "", val_fraction)
        plan = splits.split_by_fractions(infos, shares, rng=rng, by=by or "group")
    return replace(plan, seed=seed if random else None)


def _values(text: str) -> list[str]:
    return [value.strip() for value in text.split(",") if value.strip()]


def _fractions(text: str, val_fraction: float) -> tuple[float, float, float]:
    try:
        train, val, test = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidInputError(
            "--fractions: expected three numbers for train, val and test that sum to 1, such as "
            f"0.7,0.15,0.15, found {text!r}"
        ) from None
    if val_fraction:
        raise InvalidInputError("--fractions names the share of val itself: leave out --val-fraction")
    return train, val, test


def _check_split_file(out: Path, force: bool) -> None:
    """Refuse a name that is not read back, and to replace anything but, with `force`, an older split."""
    from poseact.splits import load_split

    if out.suffix.lower() in _OTHER_SPLITS:
        raise InvalidInputError(f"{out}: a split is written as JSON: call it {out.stem}.json")
    if not out.exists():
        return
    try:
        is_split = load_split(out).way != "given"
    except (SourceError, InvalidInputError):
        is_split = False
    if not is_split:
        raise OutputError(f"{out}: is there already and is no split of poseact: choose another name")
    if not force:
        raise OutputError(f"{out}: is there already: choose another name, or replace it with --force")


def _print_plan(infos: Sequence["ClipInfo"], plan: "SplitPlan") -> None:
    by_name = {info.name: info for info in infos}
    out_console.print(plan.title, style="bold", soft_wrap=True, markup=False)
    table = Table("fold", "part", "clips", "classes", "subjects", "groups", header_style="bold")
    for column in table.columns[2:]:
        column.justify = "right"
    for fold in plan.folds[:_MOST_FOLDS_SHOWN]:
        for part, names in fold.parts.items():
            if names or part != "val":
                members = [by_name[name] for name in names]
                table.add_row(Text(fold.name), part, str(len(names)), *_counts(members))
    out_console.print(table)
    if len(plan.folds) > _MOST_FOLDS_SHOWN:
        out_console.print(f"{len(plan.folds)} folds in all, {_MOST_FOLDS_SHOWN} of them shown")
    left = len(by_name.keys() - {name for f in plan.folds for names in f.parts.values() for name in names})
    if left:
        out_console.print(f"{left} {'clip is' if left == 1 else 'clips are'} in no part")
    for warning in plan.warnings:
        err_console.print(Text(f"note: {warning}", style="yellow"))


def _counts(members: Sequence["ClipInfo"]) -> list[str]:
    """How many classes, subjects and groups; a dash where nothing is said."""
    from poseact.splits.units import values_of

    values: list[Iterable[str]] = [
        {str(one.label) for one in members},
        {value for one in members for value in values_of(one, "subject")},
        {one.group for one in members if one.group is not None},
    ]
    return [str(len(set(found))) if found else "-" for found in values]


def _print_report(report: "Report", title: str) -> None:
    out_console.print(title, style="bold", soft_wrap=True, markup=False)
    out_console.print(f"{counted(report.num_clips, 'clip')} read")
    for name, what in (("sides_fit", "left and right fit the body"), ("upright", "people are upright")):
        share = report.measures[name]
        out_console.print(
            f"{what}: "
            + (
                f"cannot be told of the set ({report.untold[name]})"
                if share is None
                else f"in {share:.0%} of the clips that tell"
            )
        )
    table = Table(show_header=False, box=None, padding=(0, 1, 1, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in report.findings:
        text = Text(finding.text)
        if not _names_its_clips(finding):
            text.append(f"\n{finding.where}", style="dim")
        text.append(f"\n-> {finding.remedy}", style="green")
        table.add_row(Text(finding.severity, style=_COLOURS[finding.severity]), text)
    if report.findings:
        out_console.print()
        out_console.print(table)
    counts = {s: sum(f.severity == s for f in report.findings) for s in _COLOURS}
    out_console.print(", ".join(f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts.items()))


def _names_its_clips(finding: "Finding") -> bool:
    """Whether the text itself has all the names that would be shown below it."""
    return all(
        re.search(rf"(?<!\w){re.escape(name)}(?!\w)", finding.text) for name in finding.clips[:_MOST_NAMED]
    )


def _copy_format(path: Path, out: Path, to: str | None) -> "DataFormat":
    """The format of the copy; refuse one that cannot be written, before anything long is done."""
    from poseact.datasets import DATASETS
    from poseact.datasets.converting import writable_format

    target = writable_format(DATASETS.values(), out, to)
    source, copy = path.resolve(), out.resolve()
    if source == copy or source in copy.parents or copy in source.parents:
        raise OutputError(f"{out}: the copy may not be in the data set itself: choose another place")
    if out.exists():
        raise OutputError(f"{out}: is there already: choose another name, or remove it first")
    if (changes := _changes_file(out)).exists():
        raise OutputError(
            f"{changes}: is there already: choose another name for the copy, or remove it first"
        )
    return target


def _changes_file(out: Path) -> Path:
    return out.with_name(out.name + _CHANGES_SUFFIX)


@contextmanager
def _unlogged(name: str) -> Iterator[None]:
    """Without the log lines of a module and those below it."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _mend(
    path: Path,
    format_name: str,
    option: list[str] | None,
    facts: Sequence["ClipFacts"],
    out: Path,
    target: "DataFormat",
) -> list["Change"]:
    """Read the set once more and write the cleaned copy, and the list of changes, if any, beside it."""
    from poseact.doctor import Mender
    from poseact.files import write_text_whole

    assert target.write is not None  # writable_format gives no other
    mender = Mender(facts)
    with _unlogged("poseact.datasets"):  # what there is to say was said at the first reading
        _, clips, _ = opened(path, format_name, option)
        target.write(mender.mend(with_spinner(clips, f"writing {target.name}")), out)
    if not mender.changes:
        return []
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["clip", "kind", "change"])
    writer.writerows([change.clip, change.kind, change.text] for change in mender.changes)
    write_text_whole(_changes_file(out), lines.getvalue())
    return mender.changes


def _print_changes(changes: Sequence["Change"], out: Path, num_broken: int) -> None:
    table = Table("changed", "clips", "for example", header_style="bold")
    for kind in dict.fromkeys(change.kind for change in changes):
        of_kind = [change for change in changes if change.kind == kind]
        example = Text(f"{of_kind[0].clip}: {of_kind[0].text}")
        table.add_row(kind, str(len({change.clip for change in of_kind})), example)
    if changes:
        out_console.print(table)
    left = f"; left out: {counted(num_broken, 'clip')} that cannot be read" if num_broken else ""
    out_console.print(f"cleaned copy: {out}{left}", soft_wrap=True, markup=False)
    listed = f"{counted(len(changes), 'change')}, listed in {_changes_file(out)}" if changes else "no change"
    out_console.print(listed, soft_wrap=True, markup=False)
