"""poseact's own form of a data set: a folder with ``clips.csv`` and the poses of each clip as ``.npz``.

``clips.csv`` has the columns ``name,file,label,subject,camera,repetition,group`` and one
``split:<protocol>`` for each official protocol; an empty cell says that nothing is known. `file`
is relative to the folder, as a rule ``poses/<name>.npz``, which `PoseSequence.save` writes.
"""

import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from poseact.clip import Clip, ClipInfo
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.reading import reason
from poseact.errors import InvalidInputError, OutputError, SourceError
from poseact.sequence import PoseSequence

TABLE = "clips.csv"
COLUMNS = ("name", "file", "label", "subject", "camera", "repetition", "group")
_SPLIT = "split:"
# Names of devices on Windows, which no file can have there.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_LONGEST_STEM = 150  # bytes; file systems allow 255


def read_native(folder: Path, *, on_broken: OnBroken = stop) -> Iterator[Clip]:
    """Yield the clips of a folder, or of its ``clips.csv``, in the order of the table.

    Raises:
        SourceError: If the table or a clip's poses cannot be read, or are not of this form.
    """
    folder = _folder(Path(folder))
    names: set[str] = set()
    for line, row in _rows(folder / TABLE):
        try:
            if row["name"] in names:
                raise SourceError(f"{folder / TABLE}, line {line}: a second clip called {row['name']!r}")
            names.add(row["name"])
            clip = _clip(folder, line, row)
        except SourceError as error:
            on_broken(error)
        else:
            yield clip


def write_native(clips: Iterable[Clip], folder: Path) -> None:
    """Write clips one at a time; the folder appears when all of them are there, or not at all.

    An older data set of this form in that place is replaced then.

    Raises:
        InvalidInputError: If two clips have the same name.
        OutputError: If the folder holds something else, or cannot be written.
    """
    folder = Path(folder)
    with _whole_folder(folder) as temporary:
        (temporary / "poses").mkdir()
        rows: list[tuple[ClipInfo, str]] = []
        names: set[str] = set()
        stems: set[str] = set()
        for clip in clips:
            if clip.name in names:
                raise InvalidInputError(
                    f"{folder}: two clips are called {clip.name!r}: give them other names"
                )
            names.add(clip.name)
            stem = _file_stem(clip.name, stems)
            clip.sequence.save(temporary / "poses" / f"{stem}.npz")
            rows.append((clip.info, f"poses/{stem}.npz"))
        _write_table(temporary / TABLE, rows)


def _write_table(path: Path, rows: Sequence[tuple[ClipInfo, str]]) -> None:
    protocols = sorted({name for info, _ in rows for name in info.splits})
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*COLUMNS, *(f"{_SPLIT}{name}" for name in protocols)])
            for info, name in rows:
                known = {**asdict(info), "file": name}
                cells = [known[column] or "" for column in COLUMNS]
                writer.writerow([*cells, *(info.splits.get(protocol, "") for protocol in protocols)])
    except (OSError, UnicodeEncodeError, csv.Error) as error:
        raise OutputError(f"{path}: cannot be written ({reason(error)})") from error


def _file_stem(name: str, taken: set[str]) -> str:
    """A file name for a clip that every system can have, not taken before; `taken` gets it."""
    kept = "".join(c if c.isalnum() or c in "-_." else "_" for c in name).strip(".")
    plain = kept.encode()[:_LONGEST_STEM].decode(errors="ignore") or "clip"
    stem = f"_{plain}" if plain.split(".")[0].casefold() in _RESERVED else plain
    number = 1
    while stem.casefold() in taken:
        number += 1
        stem = f"{plain}_{number}"
    taken.add(stem.casefold())
    return stem


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder`, which takes its place when the block ends well."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not _is_native(folder))):
        raise OutputError(f"{folder}: holds something else than a poseact data set: name a new folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.part-"))
    except OSError as error:
        raise OutputError(f"{folder.parent}: cannot write here ({error.strerror})") from error
    try:
        yield temporary
        temporary.chmod(0o755)
        _put_in_place(temporary, folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put_in_place(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.replace(folder)
        return
    old = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.old-"))
    folder.replace(old / "data")
    try:
        new.replace(folder)
    except OSError:
        (old / "data").replace(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _folder(path: Path) -> Path:
    return path.parent if path.name == TABLE and not path.is_dir() else path


def _rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each line of the table.

    Raises:
        SourceError: If it cannot be read or lacks a column.
    """
    empty = True
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            columns = next(lines, [])
            if not _is_header(columns):
                raise SourceError(
                    f"{table}: expected the columns {','.join(COLUMNS)} and {_SPLIT}<protocol>, "
                    f"found {','.join(columns) or 'none'}"[:300]
                )
            for cells in lines:
                if len(cells) != len(columns):
                    raise SourceError(
                        f"{table}, line {lines.line_num}: expected {len(columns)} cells, found {len(cells)}"
                    )
                empty = False
                yield lines.line_num, dict(zip(columns, cells, strict=True))
    except FileNotFoundError:
        raise SourceError(f"{table}: no such file; expected the table of a poseact data set") from None
    except (OSError, ValueError, csv.Error) as error:
        raise SourceError(f"{table}: expected a CSV table of clips ({reason(error)})") from error
    if empty:
        raise SourceError(f"{table}: no clip in it")


def _is_header(columns: Sequence[str]) -> bool:
    rest = columns[len(COLUMNS) :]
    plain = tuple(columns[: len(COLUMNS)]) == COLUMNS and len(set(columns)) == len(columns)
    return plain and all(column.startswith(_SPLIT) for column in rest)


def _clip(folder: Path, line: int, row: Mapping[str, str]) -> Clip:
    relative = PurePosixPath(row["file"])
    if (
        not row["name"]
        or not row["file"]
        or relative.is_absolute()
        or ".." in relative.parts
        or ":" in row["file"]
    ):
        raise SourceError(
            f"{folder / TABLE}, line {line}: expected a name and a file inside this folder, "
            f"found {row['name']!r} and {row['file']!r}"
        )
    try:
        sequence = PoseSequence.load(folder / relative)
    except ValueError as error:  # a NUL in the name
        raise SourceError(
            f"{folder / TABLE}, line {line}: {row['file']!r} is no file name ({error})"
        ) from error
    return Clip(
        sequence=sequence,
        name=row["name"],
        label=row["label"] or None,
        subject=row["subject"] or None,
        camera=row["camera"] or None,
        repetition=row["repetition"] or None,
        group=row["group"] or None,
        splits={c.removeprefix(_SPLIT): part for c, part in row.items() if c.startswith(_SPLIT) and part},
    )


def _is_native(path: Path) -> bool:
    try:
        with (_folder(path) / TABLE).open(encoding="utf-8-sig", newline="") as file:
            return _is_header(next(csv.reader(file), []))
    except (OSError, ValueError, csv.Error):
        return False


FORMAT = DataFormat(
    name="poseact",
    title="poseact's own: a folder with clips.csv and the poses of each clip as .npz",
    read=read_native,
    detect=_is_native,
    write=write_native,
)
