"""From what a user types (files, folders, patterns) to the videos meant."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from poseact.video.pictures import PICTURE_SUFFIXES

VIDEO_SUFFIXES = frozenset(
    [
        *(".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg"),
        *(".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
    ]
)


@dataclass(frozen=True)
class FoundSources:
    """What was found.

    Attributes:
        videos: Files and folders of pictures, each once, in the order asked for.
        problems: One line for each thing asked for that is not there.
    """

    videos: tuple[Path, ...]
    problems: tuple[str, ...]


def find_sources(
    asked: Sequence[str], *, recursive: bool = False, results: Path | None = None
) -> FoundSources:
    """The videos behind files, folders and glob patterns.

    A folder stands for the videos in it; one that holds pictures and no video is itself a
    source, a frame a picture. Patterns are expanded here too, for shells that do not.

    Args:
        asked: What the user typed.
        recursive: Whether sub-folders of a folder are looked into.
        results: Where results go: a folder of them below one that is searched is left out.
    """
    videos: list[Path] = []
    problems: list[str] = []
    for text in asked:
        path = Path(text)
        if path.is_dir():
            found, problem = _in_folder(path, recursive, results)
        elif path.exists() or not glob.has_magic(text):
            found = [path] if path.exists() else []
            problem = None if found else f"{text}: no such file or folder"
        else:
            # Path.glob takes no absolute patterns, and a user may type one.
            names = sorted(glob.glob(text, recursive=True))  # noqa: PTH207
            found = [Path(name) for name in names if Path(name).is_file()]
            problem = None if found else f"{text}: no file matches this pattern"
        videos += [video for video in found if video not in videos]
        problems += [problem] if problem else []
    series = _series_of_pictures(videos)
    for folder, pictures in series.items():
        problems.append(
            f"{folder}: expected a folder or a single picture, found {len(pictures)} pictures, "
            "which would be a video each: give the folder instead"
        )
    alone = [video for video in videos if video.parent not in series or video not in series[video.parent]]
    return FoundSources(tuple(alone), tuple(problems))


def _series_of_pictures(videos: Sequence[Path]) -> dict[Path, list[Path]]:
    """Pictures asked for one by one, by folder, where there are several: they are one video's frames."""
    by_folder: dict[Path, list[Path]] = {}
    for video in videos:
        if video.suffix.lower() in PICTURE_SUFFIXES and video.is_file():
            by_folder.setdefault(video.parent, []).append(video)
    return {folder: pictures for folder, pictures in by_folder.items() if len(pictures) > 1}


def _in_folder(folder: Path, recursive: bool, results: Path | None) -> tuple[list[Path], str | None]:
    try:
        inside = sorted(folder.rglob("*") if recursive else folder.iterdir())
    except OSError as error:
        return [], f"{folder}: cannot be read ({error.strerror})"
    if results is not None and folder.resolve() in results.resolve().parents:
        inside = [path for path in inside if results.resolve() not in path.resolve().parents]
    visible = [path for path in inside if not path.name.startswith(".") and path.is_file()]
    videos = [path for path in visible if path.suffix.lower() in VIDEO_SUFFIXES]
    if videos:
        return videos, None
    if any(path.parent == folder and path.suffix.lower() in PICTURE_SUFFIXES for path in visible):
        return [folder], None
    hint = (
        "" if recursive or not any(path.is_dir() for path in inside) else "; add --recursive to look deeper"
    )
    return [], f"{folder}: expected videos or pictures in this folder, found none{hint}"
