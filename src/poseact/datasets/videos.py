"""Videos of one's own: a CSV of labelled spans and the poses saved for each video.

Columns: ``path,label`` and, each optional, ``subject,camera,repetition,group,start_s,end_s,track_id``.
`path` names a video (or a folder of pictures), or the ``.npz`` of its poses, relative to the CSV. The
poses of ``a/b.mp4`` are taken from ``a/b.poses.npz``, which is what ``poseact pose`` and ``poseact
predict`` write; where that is not there, the people are looked for once and the poses kept. Cells are
parted by commas, or by semicolons or tabs as some spreadsheets write them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.tables import read_rows, to_int, to_number
from poseact.datasets.video_folder import Extraction
from poseact.errors import SourceError
from poseact.extraction_listener import ExtractionListener
from poseact.sequence import PoseSequence

COLUMNS = (
    "path",
    "label",
    "subject",
    "camera",
    "repetition",
    "group",
    "start_s",
    "end_s",
    "track_id",
)
_MOST_UNKNOWN = 5


@dataclass(frozen=True)
class Span:
    """One line of the CSV: from start_s (None: the beginning) to end_s (None: the end) of a video.

    `line` is its number in the file, counted from 1; None for a span from elsewhere.
    """

    path: str
    label: str
    subject: str | None = None
    camera: str | None = None
    repetition: str | None = None
    group: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    track_id: int | None = None
    line: int | None = None


def read_spans(csv_path: Path) -> list[Span]:
    """The labelled spans of a CSV file.

    Raises:
        SourceError: If it cannot be read, lacks a column, or a line is not a span.
    """
    csv_path = Path(csv_path)
    if csv_path.is_dir():
        raise SourceError(
            f"{csv_path}: expected a CSV of labelled videos, found a folder: name the CSV in it"
        )
    rows = read_rows(csv_path)
    columns = _columns(next(rows, (0, []))[1])
    unknown = sorted(set(columns) - set(COLUMNS))
    if not {"path", "label"} <= set(columns) or unknown or len(set(columns)) < len(columns):
        raise SourceError(
            f"{csv_path}: expected the columns path,label and any of {', '.join(COLUMNS[2:])}; "
            f"found {', '.join(columns) or 'none'}"
        )
    filled = ((line, cells) for line, cells in rows if any(map(str.strip, cells)))
    return [_span(csv_path, line, columns, cells) for line, cells in filled]


def _columns(header: Sequence[str]) -> list[str]:
    """The names of a header, as spreadsheets write it too: with nameless columns at the end."""
    return ",".join(name.strip().lower().replace(",", " ") for name in header).rstrip(",").split(",")


def _span(csv_path: Path, line: int, columns: Sequence[str], row: Sequence[str]) -> Span:
    where = f"{csv_path}, line {line}"
    if len(row) < len(columns) or any(map(str.strip, row[len(columns) :])):
        raise SourceError(
            f"{where}: expected as many cells as columns, {len(columns)}, found {len(row)}: "
            'put a cell with a comma in it into "..."'
        )
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False)}
    for column, what in (("path", "a video"), ("label", "a class")):
        if not cells[column]:
            raise SourceError(f"{where}: {column}: expected {what}, found an empty cell")
    start_s, end_s = (_seconds(where, column, cells.get(column, "")) for column in ("start_s", "end_s"))
    if start_s is not None and end_s is not None and not end_s > start_s:
        raise SourceError(f"{where}: expected end_s > start_s, found {start_s}..{end_s}")
    track_id = cells.get("track_id")
    return Span(
        path=cells["path"],
        label=cells["label"],
        subject=cells.get("subject") or None,
        camera=cells.get("camera") or None,
        repetition=cells.get("repetition") or None,
        group=cells.get("group") or None,
        start_s=start_s,
        end_s=end_s,
        track_id=to_int(csv_path, line, "track_id", track_id) if track_id else None,
        line=line,
    )


def _seconds(where: str, column: str, cell: str) -> float | None:
    # Where a spreadsheet parts cells by semicolons, it writes 0,5.
    value = to_number(cell.replace(",", ".") if cell.count(",") == 1 else cell)
    if value is None:
        raise SourceError(f"{where}: {column}: expected seconds such as 12.5, found {cell[:40]!r}")
    return None if value != value else value


def poses_path(video: Path) -> Path:
    """Where the poses of a video are kept: beside it, as ``<stem>.poses.npz``."""
    return video if video.suffix == ".npz" else video.with_name(f"{video.stem}.poses.npz")


def read_videos(
    csv_path: Path,
    /,
    *,
    poses_folder: Path | None = None,
    cache: Path | None = None,
    estimator: str = "blazepose",
    estimator_options: Mapping[str, Any] | None = None,
    workers: int | None = None,
    fps: float | None = None,
    listener: ExtractionListener | None = None,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield a clip for every span of the CSV; without a `track_id` all people of the video are in it.

    A span without a group has its video as group: spans of one video are never to be split between
    training and test.

    Args:
        csv_path: The spans.
        poses_folder: Where poses are looked for first; by default beside the videos.
        cache: Folder that keeps the poses of the other videos; by default ``poseact-poses`` beside the
            CSV, or in the user's own cache where that cannot be written.
        estimator: What finds the people in those, see `poseact.datasets.video_folder.read_video_folder`.
        estimator_options: See there.
        workers: See there.
        fps: See there.
        listener: See there.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If the CSV, a video or its poses cannot be read, or a span holds no frame or no
            such track.
        InvalidInputError: If the estimator or an option is unknown.
        WeightsError: If the estimator's weights cannot be had.
        OutputError: If the poses cannot be kept.
    """
    csv_path = Path(csv_path)
    spans = read_spans(csv_path)
    extraction = Extraction(cache, estimator, estimator_options, workers, fps, listener)
    source = _PoseSource(csv_path.parent, poses_folder, extraction, spans)
    for number, span in enumerate(spans):
        try:
            clip = _clip(source.poses_of(span), span, f"{Path(span.path).stem}_{number:04d}")
        except SourceError as error:
            where = "" if span.line is None else f", line {span.line}"
            on_broken(SourceError(f"{csv_path}{where}: {error}"))
        else:
            yield clip


class _PoseSource:
    """The poses of the videos that spans name: saved ones, or else those of the cache."""

    def __init__(
        self, folder: Path, poses_folder: Path | None, extraction: Extraction, spans: Sequence[Span]
    ) -> None:
        """See to it that all of them are there that can be."""
        self._folder = folder
        self._poses_folder = folder if poses_folder is None else Path(poses_folder)
        self._last: tuple[str, PoseSequence] | None = None
        paths = dict.fromkeys(span.path for span in spans)
        missing = [folder / path for path in paths if not self._saved(path).is_file()]
        missing = [video for video in missing if video.suffix != ".npz" and video.exists()]
        self._cached = extraction.ensure(missing, folder) if missing else {}

    def _saved(self, path: str) -> Path:
        return poses_path(self._poses_folder / path)

    def poses_of(self, span: Span) -> PoseSequence:
        """Of the whole video; that of the last span is kept, as spans of a video follow one another."""
        if self._last is None or self._last[0] != span.path:
            self._last = (span.path, self._load(span.path))
        return self._last[1]

    def _load(self, path: str) -> PoseSequence:
        if (cached := self._cached.get(self._folder / path)) is not None:
            return cached.load()
        saved = self._saved(path)
        if not saved.is_file():
            raise SourceError(f"expected a video {self._folder / path} or its poses {saved}, found neither")
        return PoseSequence.load(saved)


def _clip(sequence: PoseSequence, span: Span, name: str) -> Clip:
    start_s = -float("inf") if span.start_s is None else span.start_s
    end_s = float("inf") if span.end_s is None else span.end_s
    part = sequence.slice_time(start_s, end_s)
    if part.num_frames == 0:
        raise SourceError(f"{span.path}: no frame from {span.start_s} to {span.end_s} s")
    if span.track_id is not None:
        if span.track_id not in part.track_ids:
            raise SourceError(f"{span.path}: no track {span.track_id}, only {part.track_ids.tolist()}")
        part = part.select_tracks([span.track_id])
    return Clip(
        sequence=part,
        label=span.label,
        name=name,
        subject=span.subject,
        camera=span.camera,
        repetition=span.repetition,
        group=span.group or str(PurePosixPath(span.path.replace("\\", "/"))),
    )


def _is_spans_csv(path: Path) -> bool:
    """By the header alone: what is wrong further below is said by the reader."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    try:
        columns = set(_columns(next(read_rows(path), (0, []))[1]))
    except SourceError:
        return False
    # More columns that are not known here are those of a table of poses.
    return {"path", "label"} <= columns and len(columns - set(COLUMNS)) <= _MOST_UNKNOWN


FORMAT = DataFormat(
    name="videos",
    title="one's own videos: a CSV of labelled spans; poses beside each video, or looked for once and kept",
    read=read_videos,
    detect=_is_spans_csv,
)
