"""The files of one result: which there are, and the one way in which they are written."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from poseact.errors import OutputError
from poseact.exports import Findings, export_texts
from poseact.files import make_folder, write_text_whole
from poseact.naming import POSES_SUFFIX, result_stem
from poseact.pipeline import OnProgress, ignore_progress, timeline_figure, write_annotated_video
from poseact.render import write_png
from poseact.results import Result, VideoFacts, write_csv, write_json, write_vtt


def result_suffixes(
    *, video: bool = True, json_only: bool = False, exports: Sequence[str] = ()
) -> tuple[str, ...]:
    """Of the files of a result, in the order written: ``.poses.npz`` first, ``.json`` last.

    The first tells of which video an unfinished set is; the last, that the others are there.

    Raises:
        InvalidInputError: If there is no such export.
    """
    own = () if json_only else (POSES_SUFFIX, ".csv", ".vtt", ".png", *((".mp4",) if video else ()))
    also = (suffix for suffix in export_texts(exports) if suffix not in (*own, ".json"))
    return (*own, *also, ".json")


def write_results(
    result: Result,
    folder: str | os.PathLike[str],
    *,
    source: str | os.PathLike[str] | None = None,
    stem: str | None = None,
    json_only: bool = False,
    exports: Sequence[str] = (),
    on_progress: OnProgress = ignore_progress,
) -> list[Path]:
    """Write the files that ``poseact predict`` writes: .poses.npz, .csv, .vtt, .png, .mp4 and .json.

    Args:
        result: What `predict` said.
        folder: Made if it is not there.
        source: The video again, for the annotated video; without it that one is left out.
        stem: What the files are called, without suffix; they replace any of that name. By default
            the video's own name, in a form that no other video's results have there.
        json_only: Write the .json alone.
        exports: Other programs' formats to write as well, by name; see `poseact.exports.EXPORTS`.
        on_progress: Called for every frame of the annotated video; raise from it to stop.

    Returns:
        The files, in the order written.

    Raises:
        InvalidInputError: If there is no such export, or it cannot hold the times of this result.
        SourceError: If the video can no longer be read.
        OutputError: If a file cannot be written, or would take the place of the video itself.
    """
    place = make_folder(Path(folder))
    suffixes = result_suffixes(video=source is not None, json_only=json_only, exports=exports)
    name = result_stem(result.video, place, suffixes) if stem is None else stem
    video = None if source is None else Path(source)
    files = [place / f"{name}{suffix}" for suffix in suffixes]
    if video is not None and would_overwrite(video, files):
        raise OutputError(f"{video}: a result would overwrite the video itself: choose another folder")

    def write_video(path: Path) -> None:
        if video is not None:
            write_annotated_video(result, video, path, on_progress=on_progress)

    writers: dict[str, Callable[[Path], None]] = {
        POSES_SUFFIX: lambda path: result.poses.save(path, origin=origin(result.video, result.estimator)),
        ".csv": lambda path: write_csv(result, path),
        ".vtt": lambda path: write_vtt(result, path),
        ".png": lambda path: write_png(path, timeline_figure(result)),
        ".mp4": write_video,
        ".json": lambda path: write_json(result, path),
    }
    texts, findings = export_texts(exports), Findings.of(result)
    for suffix, path in zip(suffixes, files, strict=True):
        if suffix in writers:
            writers[suffix](path)
        else:
            write_text_whole(path, texts[suffix](findings))
    return files


def origin(video: VideoFacts, estimator: str) -> dict[str, Any]:
    """What a .poses.npz tells of where the poses come from; see `poseact.naming.recording_of_poses`."""
    facts = asdict(video)
    return {
        "video": {key: facts[key] for key in ("name", "size_bytes", "fingerprint")},
        "estimator": estimator,
    }


def would_overwrite(video: Path, files: Sequence[Path]) -> bool:
    """Whether one of the files is the video itself."""
    return any(path.exists() and path.samefile(video) for path in files)
