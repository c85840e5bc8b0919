"""The commands that show a clip: ``poseact render`` and ``poseact play``."""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from poseact.cli_ending import say
from poseact.cli_picture import check_parent
from poseact.cli_reading import FormatName, ReaderOptions, err_console, opened, out_console
from poseact.errors import InvalidInputError, OutputError, PoseactError, SourceError, one_line

if TYPE_CHECKING:  # a command loads what it needs when it runs
    from poseact.action_model_info import ActionModelInfo
    from poseact.clip_sources import Choice
    from poseact.render.clip_grid import ClipGrid
    from poseact.render.clip_movie import ClipContent, ClipMovie, MovieSettings

Clips = Annotated[
    list[Path],
    typer.Argument(
        metavar="CLIP...",
        help="NAME.poses.npz, a result NAME.json, or a data set (see `poseact data formats`), of which "
        "--clip, --label and --count choose clips.",
    ),
]
ClipNames = Annotated[
    list[str] | None,
    typer.Option("--clip", "-c", metavar="NAME", help="A clip of the data set. Repeatable."),
]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", "-l", metavar="LABEL", help="Clips of this label. Repeatable."),
]
Count = Annotated[
    int | None, typer.Option(metavar="N", help="The first N clips of each label (of --label, or of all).")
]
Video = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|DIR",
        help="Draw over this video, or over the one in DIR that has the clip's name; else on black.",
    ),
]
ViewName = Annotated[
    str, typer.Option(metavar="2d|3d|both", help="As filmed, turning in 3D, or side by side.")
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="NAME|FILE", help="Show the five labels that it finds most probable."
    ),
]
Turn = Annotated[float, typer.Option("--turn-s", metavar="S", help="Seconds of a full turn of the 3D view.")]
Loop = Annotated[
    int | None,
    typer.Option(metavar="N", help="How often a clip is shown; by default short ones several times."),
]
Slow = Annotated[float, typer.Option(metavar="F", help="So many times slower.")]
Size = Annotated[
    int | None,
    typer.Option(metavar="PX", help="Shorter side of the picture; 480, of a GIF 320; of a grid, of a clip."),
]
Fps = Annotated[
    float | None, typer.Option(metavar="N", help="Pictures a second; by default the clip's, of a GIF 20.")
]

_SIZE, _GIF_SIZE, _GIF_FPS = 480, 320, 20.0
_GRID, _GIF_GRID = 1600, 900


def render(
    clips: Clips,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE|DIR", help="FILE.mp4, FILE.gif, or a folder for NAME.mp4."),
    ],
    clip: ClipNames = None,
    label: Labels = None,
    count: Count = None,
    video: Video = None,
    view: ViewName = "2d",
    model: Model = None,
    grid: Annotated[
        bool,
        typer.Option(
            "--grid", help="All clips side by side in one movie; of a data set, one of each label by default."
        ),
    ] = False,
    turn_s: Turn = 8.0,
    loop: Loop = None,
    slow: Slow = 1.0,
    size: Size = None,
    fps: Fps = None,
    format_name: FormatName = None,
    option: ReaderOptions = None,
) -> None:
    """Make a movie of skeletons: over their video or on black, in 2D, 3D or both.

    Exit code 0: all movies were made; 1: none was; 3: some clips could not be read or shown.
    """
    from poseact.clip_sources import Choice

    is_file = _is_file(out)
    is_gif = is_file and out.suffix.lower() == ".gif"
    given = Choice(tuple(clip or ()), tuple(label or ()), count)
    choice = replace(given, count=1) if grid and not given.names and count is None else given
    settings = _settings(
        view,
        size or (_GIF_SIZE if is_gif else _SIZE),
        turn_s,
        loop,
        slow,
        fps or (_GIF_FPS if is_gif else None),
    )
    if video is not None and grid:
        raise InvalidInputError("--grid shows clips on black: leave out --video")
    _check_view(settings, video)
    _check_target(out, is_file, video)
    contents, broken = _contents(clips, choice, video, model, format_name, option, only_unseen=grid)
    movies: list[tuple[str, ClipMovie | ClipGrid]]
    if grid and contents:
        movies = [("grid", _grid(contents, settings, size, is_gif))]
    else:
        movies = _movies(contents, settings, broken)
    if movies:
        _write_all(movies, _targets(movies, out, is_file), broken)
    for line in broken:
        say(line)
    if broken:
        raise typer.Exit(3 if movies else 1)


def play(
    clip_path: Annotated[
        Path, typer.Argument(metavar="CLIP", help="NAME.poses.npz, a result NAME.json, or a data set.")
    ],
    clip: Annotated[
        str | None, typer.Option("--clip", "-c", metavar="NAME", help="Which clip of the data set.")
    ] = None,
    video: Video = None,
    view: ViewName = "2d",
    model: Model = None,
    turn_s: Turn = 8.0,
    loop: Loop = None,
    slow: Slow = 1.0,
    size: Size = None,
    format_name: FormatName = None,
    option: ReaderOptions = None,
) -> None:
    """Show a clip with the system's video player; without one, say where the movie is."""
    from poseact.clip_sources import Choice
    from poseact.datasets.folders import file_name

    settings = _settings(view, size or _SIZE, turn_s, loop, slow, None)
    _check_view(settings, video)
    choice = Choice((clip,) if clip else ())
    contents, broken = _contents([clip_path], choice, video, model, format_name, option)
    movies = _movies(contents, settings, broken)
    if not movies:
        raise SourceError(broken[0] if broken else f"{clip_path}: no clip in it")
    try:
        folder = Path(tempfile.mkdtemp(prefix="poseact-play-"))
    except OSError as error:
        raise OutputError(f"no temporary file can be made ({error.strerror})") from error
    target = folder / f"{file_name(movies[0][0])}.mp4"
    try:
        _write(movies[0][1], target)
    except BaseException:
        folder.rmdir()
        raise
    if not _has_screen() or typer.launch(str(target)) != 0:
        out_console.print(f"no viewer here; the movie: {target}", soft_wrap=True, markup=False)
    else:
        out_console.print(f"playing {target}", soft_wrap=True, markup=False)


def _settings(
    view: str, size: int, turn_s: float, loop: int | None, slow: float, fps: float | None
) -> "MovieSettings":
    from poseact.render.clip_movie import MovieSettings

    named: Any = view.lower()  # MovieSettings refuses what is no view
    return MovieSettings(named, short_side_px=size, turn_s=turn_s, loop=loop, slow=slow, fps=fps)


def _check_view(settings: "MovieSettings", video: Path | None) -> None:
    if video is not None and settings.view == "3d":
        raise InvalidInputError("--view 3d shows no video: take --view both, or leave out --video")


def _contents(
    paths: list[Path],
    choice: "Choice",
    video: Path | None,
    model: str | None,
    format_name: str | None,
    option: list[str] | None,
    *,
    only_unseen: bool = False,
) -> tuple[list["ClipContent"], list[str]]:
    """What to show, and a line for each thing that cannot be.

    With `only_unseen`, of clips that nobody has named only those that the model kept apart, where it says so.
    """
    from poseact.action_model import ActionModel
    from poseact.clip_sources import foreign_note, video_of
    from poseact.label_scores import label_scores

    loaded = None if model is None else ActionModel.load(model)
    contents: list[ClipContent] = []
    broken: list[str] = []
    for path in paths:
        info = loaded.info if loaded and only_unseen and not choice.names else None
        for content in _of_path(path, choice, format_name, option, broken, info):
            shown = content
            if video is not None:
                shown = replace(shown, video=video_of(content.name, video))
                if shown.video and (note := foreign_note(path, shown.video)):
                    say(note)
            if loaded is not None:
                if shown.timeline is not None:
                    say(f"{path}: shown with the answers of {model}, without the result's own labels")
                try:
                    scores = label_scores(loaded, content.sequence, name=content.name)
                except InvalidInputError as error:
                    why = str(error).removeprefix(f"clip {content.name!r}: ")
                    broken.append(f"{path}, {content.name}: {why}")
                    continue
                shown = replace(shown, scores=scores, timeline=None)
            contents.append(shown)
    return contents, broken


def _of_path(
    path: Path,
    choice: "Choice",
    format_name: str | None,
    option: list[str] | None,
    broken: list[str],
    unseen_by_model: "ActionModelInfo | None",
) -> Iterator["ClipContent"]:
    """The clips of one argument; `broken` gets a line for each that cannot be read."""
    from poseact.clip_sources import chosen, poses_of, unseen_by
    from poseact.render.clip_movie import ClipContent

    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    own = None if format_name else poses_of(path)
    if own is not None:
        yield own
        return
    _, clips, unread = opened(path, format_name, option)
    whose: Path | str = path
    if unseen_by_model is not None:
        every = list(clips)
        unseen, line = unseen_by(unseen_by_model, every, path)
        if line:
            say(line)
        if len(unseen) < len(every):
            whose = f"{path}, test part"
        clips = iter(unseen)
    for clip in chosen(clips, choice, whose):
        yield ClipContent(clip.sequence, clip.name, clip.label)
    broken += unread


def _grid(
    contents: list["ClipContent"], settings: "MovieSettings", size: int | None, is_gif: bool
) -> "ClipGrid":
    from poseact.render.clip_grid import ClipGrid

    return ClipGrid(contents, settings, cell_px=size, width_px=_GIF_GRID if is_gif else _GRID)


def _movies(
    contents: list["ClipContent"], settings: "MovieSettings", broken: list[str]
) -> list[tuple[str, "ClipMovie | ClipGrid"]]:
    """Names and movies; a clip that cannot be shown is one more line of `broken`, if there are others."""
    from poseact.render.clip_movie import ClipMovie

    out: list[tuple[str, ClipMovie | ClipGrid]] = []
    for content in contents:
        try:
            out.append((content.name, ClipMovie(content, settings)))
        except PoseactError as error:
            if len(contents) == 1:
                raise
            broken.append(one_line(error))
    return out


def _is_file(out: Path) -> bool:
    """Whether a movie is to be made there, or a folder of movies.

    Raises:
        InvalidInputError: If it is a file that no movie can be.
    """
    from poseact.sources import VIDEO_SUFFIXES

    suffix = out.suffix.lower()
    if out.is_dir():
        return False
    if suffix in (".mp4", ".gif"):
        return True
    if suffix in VIDEO_SUFFIXES or out.is_file():
        raise InvalidInputError(f"--out {out}: expected a name that ends in .mp4 or .gif, or a folder")
    return False


def _check_target(out: Path, is_file: bool, video: Path | None) -> None:
    """Refuse, before anything long is done, a place that cannot be written or is not ours to replace."""
    check_parent(out)
    if is_file:
        _check_replaceable(out, video)


def _check_replaceable(target: Path, video: Path | None = None) -> None:
    from poseact.recording import ANNOTATED_COMMENT
    from poseact.video import read_comment
    from poseact.video.gif_writing import read_gif_comment

    if not os.path.lexists(target):
        return
    is_source = video is not None and video.exists() and video.samefile(target)
    is_gif = target.suffix.lower() == ".gif"
    said = read_gif_comment(target) if is_gif else read_comment(target)
    if is_source or said != ANNOTATED_COMMENT:
        raise OutputError(f"{target}: is there already and is no movie of poseact: choose another name")


def _targets(movies: list[tuple[str, "ClipMovie | ClipGrid"]], out: Path, is_file: bool) -> list[Path]:
    """A place for each movie."""
    from poseact.datasets.folders import file_name

    if is_file:
        if len(movies) > 1:
            raise InvalidInputError(
                f"--out {out}: {len(movies)} clips do not fit in one movie: name a folder, or add --grid"
            )
        return [out] if movies else []
    try:
        if movies:
            out.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: the folder cannot be made ({error.strerror})") from error
    targets: list[Path] = []
    for name, _ in movies:
        stem, number = file_name(name), 2
        target = out / f"{stem}.mp4"
        while target in targets:
            target, number = out / f"{stem}-{number}.mp4", number + 1
        _check_replaceable(target)
        targets.append(target)
    return targets


def _write_all(
    movies: list[tuple[str, "ClipMovie | ClipGrid"]], targets: list[Path], broken: list[str]
) -> None:
    """Write each movie and say where it is; `broken` gets a line for each whose video cannot be read."""
    for (_, movie), target in zip(movies, targets, strict=True):
        try:
            seconds = _write(movie, target)
        except SourceError as error:  # its video; the others may be better
            if len(movies) == 1:
                raise
            broken.append(one_line(error))
            continue
        width, height = movie.size_wh
        told = f"{target}: {seconds:.1f} s, {width} x {height}"
        out_console.print(told, soft_wrap=True, markup=False)


def _write(movie: "ClipMovie | ClipGrid", target: Path) -> float:
    """Write a movie, whole or not at all; its length in seconds."""
    from poseact.recording import ANNOTATED_COMMENT
    from poseact.video import VideoWriter
    from poseact.video.gif_writing import GifWriter

    writer: GifWriter | VideoWriter
    if target.suffix.lower() == ".gif":
        writer = GifWriter(target, comment=ANNOTATED_COMMENT, dither=movie.is_over_video)
    else:
        writer = VideoWriter(target, comment=ANNOTATED_COMMENT, crf=20, preset="veryfast")
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    last_s = 0.0
    with (
        writer,
        Progress(
            *columns, console=err_console, transient=True, disable=not err_console.is_terminal
        ) as progress,
    ):
        task = progress.add_task(target.name, total=movie.num_pictures)
        for image, movie_s in movie.frames():
            writer.write(image, movie_s)
            progress.advance(task)
            last_s = movie_s
    return last_s + 1 / movie.rate_hz


def _has_screen() -> bool:
    """Whether a viewer could show anything; Linux says so in the environment."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
