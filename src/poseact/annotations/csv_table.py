"""A CSV table with a row a span: ``file,label,start_s,end_s``, as people type it and as poseact writes it."""

from pathlib import Path

from poseact.annotations.spans import Annotation, Span
from poseact.datasets.tables import read_rows, to_number
from poseact.errors import InvalidInputError, SourceError

COLUMNS = ("file", "label", "start_s", "end_s")
# What poseact's own CSV writes before a cell that a spreadsheet would run.
_GUARD = "'"


def read_csv_annotations(path: Path) -> dict[str, Annotation]:
    """What is written of each recording.

    Columns are found by name: those of `COLUMNS`, and ``track_id`` (who) and ``score`` where there are
    such; others are passed over. Cells are parted by comma, semicolon or tab. A row with nothing but a file
    says that nothing is done in it. An apostrophe at the beginning of a cell is taken away, see
    docs/output-format.md.

    Raises:
        SourceError: If it is something else; the message names the line.
    """
    rows = read_rows(path)
    line, header = next(rows, (0, []))
    names = [name.strip().lower() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise SourceError(f"{path}: expected the columns {', '.join(COLUMNS)}, found no {', '.join(missing)}")
    out: dict[str, list[Span]] = {}
    for line, cells in rows:
        where = f"{path}, line {line}"
        if len(cells) < len(names):
            raise SourceError(f"{where}: expected {len(names)} cells, found {len(cells)}")
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
        if not row["file"]:
            raise SourceError(f"{where}: expected the name of a file, found an empty cell")
        spans = out.setdefault(row["file"].removeprefix(_GUARD), [])
        if any(row[name] for name in COLUMNS[1:]):
            spans.append(_span(row, where))
    return {name: Annotation.of(spans) for name, spans in out.items()}


def _span(row: dict[str, str], where: str) -> Span:
    if not row["label"]:
        raise SourceError(f"{where}: expected a label, found an empty cell")
    start_s, end_s = (_number(row[name], f"{where}, {name}") for name in ("start_s", "end_s"))
    score = _number(row["score"], f"{where}, score") if row.get("score") else 1.0
    try:
        return Span(row["label"].removeprefix(_GUARD), start_s, end_s, row.get("track_id") or None, score)
    except InvalidInputError as error:
        raise SourceError(f"{where}: {error}") from None


def _number(cell: str, where: str) -> float:
    value = to_number(cell)
    if value is None or value != value:
        raise SourceError(f"{where}: expected a number, found {cell!r}")
    return value
