"""Videos of one's own: a CSV of labelled spans and the poses saved for each video.

Columns: ``path,label`` and, each optional, ``subject,camera,repetition,group,start_s,end_s,track_id``.
`path` names a video (or a folder of pictures), or the ``.npz`` of its poses, relative to the CSV. The
poses of ``a/b.mp4`` are taken from ``a/b.poses.npz``, which is what ``poseact pose`` and ``poseact
predict`` write; where that is not there, the people are looked for once and the poses kept.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
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
        line=line,
    )


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
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    try:
        read_spans(path)
    except SourceError:
        return False
    return True


FORMAT = DataFormat(
    name="videos",
    title="one's own videos: a CSV of labelled spans; poses beside each video, or looked for once and kept",
    read=read_videos,
    detect=_is_spans_csv,
)
