"""From what a user types (files, folders, patterns) to the videos meant."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from poseact.recording import is_annotated
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
        annotated: Videos in searched folders that poseact itself made; they were left out.
    """

    videos: tuple[Path, ...]
    problems: tuple[str, ...]
    annotated: tuple[Path, ...] = ()


def find_sources(
    asked: Sequence[str], *, recursive: bool = False, results: Path | None = None
) -> FoundSources:
    """The videos behind files, folders and glob patterns.

    A folder stands for the videos in it; one that holds pictures and no video is itself a
    source, a frame a picture. Videos that poseact annotated are left out of it; asked for by name
    or by a pattern they are taken. Patterns are expanded here too, for shells that do not.

    Args:
        asked: What the user typed.
        recursive: Whether sub-folders of a folder are looked into.
        results: Where results go: a folder of them below one that is searched is left out.
    """
    videos: dict[Path, Path] = {}  # by what tells that two ways lead to one file
    annotated: dict[Path, Path] = {}
    problems: list[str] = []
    for text in asked:
        path = Path(text)
        if path.is_dir():
            found, own, problem = _in_folder(path, recursive, results)
            annotated |= {_place(video): video for video in own}
        elif path.exists() or not glob.has_magic(text):
            found = [path] if path.exists() else []
            problem = None if found else f"{text}: no such file or folder"
        else:
            # Path.glob takes no absolute patterns, and a user may type one.
            names = sorted(glob.glob(text, recursive=True))  # noqa: PTH207
            found = [Path(name) for name in names if Path(name).is_file()]
            problem = None if found else f"{text}: no file matches this pattern"
        for video in found:
            videos.setdefault(_place(video), video)
        problems += [problem] if problem else []
    series = _series_of_pictures(list(videos.values()))
    for folder, pictures in series.items():
        problems.append(
            f"{folder}: expected a folder or a single picture, found {len(pictures)} pictures, "
            "which would be a video each: give the folder instead"
        )
    alone = [video for video in videos.values() if video not in series.get(video.parent, ())]
    left_out = [video for place, video in annotated.items() if place not in videos]
    return FoundSources(tuple(alone), tuple(problems), tuple(left_out))


def _place(path: Path) -> Path:
    """The same for every way to one file; a link in another name is a file of its own."""
    return path.resolve() if path.is_dir() else path.parent.resolve() / path.name


def _series_of_pictures(videos: Sequence[Path]) -> dict[Path, list[Path]]:
    """Pictures asked for one by one, by folder, where there are several: they are one video's frames."""
    by_folder: dict[Path, list[Path]] = {}
    for video in videos:
        if video.suffix.lower() in PICTURE_SUFFIXES and video.is_file():
            by_folder.setdefault(video.parent, []).append(video)
    return {folder: pictures for folder, pictures in by_folder.items() if len(pictures) > 1}


def _in_folder(
    folder: Path, recursive: bool, results: Path | None
) -> tuple[list[Path], list[Path], str | None]:
    """The sources in a folder, the annotated videos among its files, and what is wrong with it."""
    try:
        inside = sorted(folder.rglob("*") if recursive else folder.iterdir())
    except OSError as error:
        return [], [], f"{folder}: cannot be read ({error.strerror})"
    if results is not None and folder.resolve() in results.resolve().parents:
        inside = [path for path in inside if results.resolve() not in path.resolve().parents]
    visible = [path for path in inside if not path.name.startswith(".") and path.is_file()]
    videos = [path for path in visible if path.suffix.lower() in VIDEO_SUFFIXES]
    annotated = [path for path in videos if is_annotated(path)]
    if len(annotated) < len(videos):
        return [path for path in videos if path not in set(annotated)], annotated, None
    if annotated:
        return [], annotated, f"{folder}: expected videos, found only such as poseact annotated"
    if any(path.parent == folder and path.suffix.lower() in PICTURE_SUFFIXES for path in visible):
        return [folder], [], None
    hint = (
        "" if recursive or not any(path.is_dir() for path in inside) else "; add --recursive to look deeper"
    )
    return [], [], f"{folder}: expected videos or pictures in this folder, found none{hint}"
