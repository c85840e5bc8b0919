"""Videos of one's own: a CSV of labelled spans and the poses saved for each video.

Columns: ``path,label`` and, each optional, ``subject,camera,repetition,group,start_s,end_s,track_id``.
`path` names a video, or the ``.npz`` of its poses, relative to the CSV; the poses of ``a/b.mp4``
are looked for as ``a/b.poses.npz``, which is what ``poseact pose`` and ``poseact predict`` write.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.errors import SourceError
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


@dataclass(frozen=True)
class Span:
    """One line of the CSV: from start_s (None: the beginning) to end_s (None: the end) of a video."""

    path: str
    label: str
    subject: str | None = None
    camera: str | None = None
    repetition: str | None = None
    group: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    track_id: int | None = None


def read_spans(csv_path: Path) -> list[Span]:
    """The labelled spans of a CSV file.

    Raises:
        SourceError: If it cannot be read, lacks a column, or a line is not a span.
    """
    try:
        text = Path(csv_path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{csv_path}: cannot be read as a CSV of labelled spans ({error})") from error
    reader = csv.DictReader(text.splitlines())
    try:
        columns = reader.fieldnames or []
        unknown = sorted(set(columns) - set(COLUMNS))
        if not {"path", "label"} <= set(columns) or unknown:
            raise SourceError(
                f"{csv_path}: expected the columns path,label and any of {', '.join(COLUMNS[2:])}; "
                f"found {', '.join(columns) or 'none'}"
            )
        return [_span(csv_path, reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise SourceError(f"{csv_path}: not a CSV file ({error})") from error


def _span(csv_path: Path, line: int, row: Mapping[str, str | None]) -> Span:
    def text(column: str) -> str | None:
        return (row.get(column) or "").strip() or None

    if None in row.values() or None in row or not text("path") or not text("label"):
        raise SourceError(f"{csv_path}, line {line}: expected as many cells as columns, with path and label")
    try:
        start_s, end_s = (None if (cell := text(c)) is None else float(cell) for c in ("start_s", "end_s"))
        track_id = None if (cell := text("track_id")) is None else int(cell)
    except ValueError as error:
        raise SourceError(f"{csv_path}, line {line}: expected numbers of seconds ({error})") from None
    if start_s is not None and end_s is not None and not end_s > start_s:
        raise SourceError(f"{csv_path}, line {line}: expected end_s > start_s, found {start_s}..{end_s}")
    return Span(
        path=text("path") or "",
        label=text("label") or "",
        subject=text("subject"),
        camera=text("camera"),
        repetition=text("repetition"),
        group=text("group"),
        start_s=start_s,
        end_s=end_s,
        track_id=track_id,
    )


def poses_path(video: Path) -> Path:
    """Where the poses of a video are kept: beside it, as ``<stem>.poses.npz``."""
    return video if video.suffix == ".npz" else video.with_name(f"{video.stem}.poses.npz")


def read_videos(
    csv_path: Path, *, poses_folder: Path | None = None, on_broken: OnBroken = stop
) -> Iterator[Clip]:
    """Yield a clip for every span of the CSV; without a `track_id` all people of the video are in it.

    Args:
        csv_path: The spans.
        poses_folder: Where the poses are; by default the CSV's own folder.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If the CSV or the poses cannot be read, or a span holds no frame or no such track.
    """
    csv_path = Path(csv_path)
    folder = csv_path.parent if poses_folder is None else Path(poses_folder)
    for number, span in enumerate(read_spans(csv_path)):
        try:
            clip = _clip(_load(folder, span), span, f"{Path(span.path).stem}_{number:04d}")
        except SourceError as error:
            on_broken(error)
        else:
            yield clip


def _load(folder: Path, span: Span) -> PoseSequence:
    poses = poses_path(folder / span.path)
    if not poses.is_file():
        raise SourceError(f"{poses}: no poses of {span.path}: run  poseact pose  on the video first")
    return PoseSequence.load(poses)


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
        group=span.group,
    )


def _is_spans_csv(path: Path) -> bool:
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    try:
        read_spans(path)
    except SourceError:
        return False
    return True


FORMAT = DataFormat(
    name="videos",
    title="one's own videos: a CSV of labelled spans, and the poses beside each video",
    read=read_videos,
    detect=_is_spans_csv,
)
