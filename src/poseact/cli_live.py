"""The command ``poseact live``: a camera, a stream or a file as it happens, shown and told."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from poseact.cli_ending import Terminated, say
from poseact.errors import InvalidInputError
from poseact.options import parse_options

if TYPE_CHECKING:
    from poseact.live.session import Moment
    from poseact.live.telling import Fan
    from poseact.live.views import TerminalView, WindowView
    from poseact.video import FrameSource

View = Literal["auto", "window", "terminal", "none"]

LIVE_EPILOG = "\n\n".join(
    [
        "Sources: 0 (first webcam), rtsp://..., http://..., a file or a folder of pictures in real time, "
        "- (frames from stdin, in any container that FFmpeg reads, or raw with --size and --pixel-format).",
        "The window closes with q or Escape, everything ends with Ctrl-C. Exit codes: 0 the source or you "
        "ended it; 1 nothing could be done; 2 an option is missing or unknown; 143 ended by SIGTERM.",
    ]
)


def live(
    source: Annotated[
        str, typer.Option("--source", "-s", metavar="0|URL|FILE|-", help="Where the pictures come from.")
    ] = "0",
    model: Annotated[
        str,
        typer.Option(
            "--model", "-m", metavar="NAME|FILE", help="Model by name (see `poseact models`) or file."
        ),
    ] = "everyday",
    view: Annotated[
        View, typer.Option(help="Where to show it; auto: a window if there is a screen, else the terminal.")
    ] = "auto",
    events: Annotated[
        list[str] | None,
        typer.Option(
            "--events",
            "-e",
            metavar="FILE|-|mqtt://...",
            help="Tell events as JSON lines to a file or stdout, or to an MQTT broker. Repeatable.",
        ),
    ] = None,
    serve: Annotated[
        str | None,
        typer.Option(
            metavar="[HOST:]PORT", help="Serve a page, events (SSE, WebSocket) and the picture; 8765, say."
        ),
    ] = None,
    every_frame: Annotated[
        bool,
        typer.Option(
            "--every-frame", help="Of a file: work on every frame, however long it takes; drop none."
        ),
    ] = False,
    seconds: Annotated[float | None, typer.Option(metavar="N", help="Stop after so long.")] = None,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="To ask a webcam for, or of raw frames from stdin.")
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option(metavar="N", help="To ask a webcam for, or of pictures that have no time stamps."),
    ] = None,
    pixel_format: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of raw frames from stdin, e.g. rgb24 or bgr24.")
    ] = None,
    repeat: Annotated[bool, typer.Option("--repeat", help="Begin a file again at its end.")] = False,
    attempts: Annotated[
        int | None,
        typer.Option(metavar="N", help="Give a lost camera or stream up after so many attempts; else never."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for a camera or stream that is not there yet.")
    ] = False,
    estimator: Annotated[
        str, typer.Option(metavar="NAME", help="Pose estimator: see `poseact predict --help`.")
    ] = "blazepose",
    estimator_option: Annotated[
        list[str] | None,
        typer.Option("--estimator-option", "-O", metavar="KEY=VALUE", help="Option of the estimator."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors and what is lost.")] = False,
) -> None:
    """Recognise while it happens: a webcam, a stream, a file at its own pace, frames from stdin.

    Labels are shown in a window or in the terminal, and told to other programs as events. When people
    cannot be found as fast as pictures come, pictures are left out, so that labels never lag behind.
    """
    from poseact.action_model import ActionModel
    from poseact.live.engine import LiveEngine
    from poseact.live.session import LiveSession
    from poseact.live.telling import open_sinks
    from poseact.live.views import Front, LivePicture, Recent, Totals
    from poseact.pose import create_estimator

    if seconds is not None and not seconds > 0:
        raise InvalidInputError(f"--seconds: expected more than 0, found {seconds:g}")
    info = (loaded := ActionModel.load(model)).info
    people = create_estimator(estimator, **parse_options(estimator_option or []))
    about = f"{_shown_source(source)}, model {info.name} {info.model_version}"
    lately, totals = Recent(), Totals()
    with ExitStack() as stack:
        fan = stack.enter_context(open_sinks(events or [], say, serve=serve, about=about))
        wanted = _Source(source, size, fps, pixel_format, repeat, attempts, wait, every_frame)
        frames = stack.enter_context(wanted.open(fan))
        engine = LiveEngine(
            frames,
            LiveSession(people, loaded),
            sinks=(lately, totals, fan),
            on_moment=partial(_note, fan),
            drop=not every_frame,
            notify=partial(_announce, fan),
        )
        front = Front(engine, lately, LivePicture(people.layout, info.class_names), fan)
        window, terminal = _views(view, info.class_names, about, quiet)
        is_told = fan.working
        if window is None and terminal is None and not is_told and not quiet:
            say("nothing is shown or told: add --events -, --events FILE or --serve 8765")
        code = 0
        try:
            # When the last program that listened has gone, nobody is left to run for.
            front.run(
                window=window,
                terminal=terminal,
                seconds=seconds,
                is_wanted=lambda: not is_told or fan.working or window is not None or terminal is not None,
            )
        except KeyboardInterrupt as error:  # the usual end of a live run, once everything is told and closed
            code = 143 if isinstance(error, Terminated) else 0
        finally:
            if not quiet:
                for line in (totals.line(), *engine.stats.lines()):
                    say(line)
    if code:
        raise typer.Exit(code)


@dataclass(frozen=True)
class _Source:
    """What the options say of the source."""

    text: str
    size: str | None
    fps: float | None
    pixel_format: str | None
    repeat: bool
    attempts: int | None
    wait: bool
    every_frame: bool

    def open(self, fan: "Fan") -> "FrameSource":
        from poseact.live.sources import Retry, open_live_source
        from poseact.video import open_source

        if self.every_frame:
            if "://" in self.text or self.text == "-" or self.text.isdecimal():
                raise InvalidInputError(
                    f"--every-frame: expected a file, found {_shown_source(self.text)}, which does not wait"
                )
            return open_source(self.text, fps=self.fps)
        return open_live_source(
            self.text,
            size_wh=None if self.size is None else _size(self.size),
            fps=self.fps,
            pixel_format=self.pixel_format,
            repeat=self.repeat,
            retry=Retry(attempts=self.attempts, wait_for_it=self.wait),
            on_notice=lambda notice: _announce(fan, f"stream_{notice.kind}", notice.text),
        )


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise InvalidInputError(f"--size: expected WIDTHxHEIGHT such as 640x480, found {text!r}")
    return int(width), int(height)


def _shown_source(source: str) -> str:
    from poseact.live.sources import without_secrets

    if source == "-":
        return "stdin"
    if "://" in source:
        return without_secrets(source)
    return f"camera {source}" if source.isdecimal() else Path(source).name


def _views(
    view: View, class_names: Sequence[str], title: str, quiet: bool
) -> tuple["WindowView | None", "TerminalView | None"]:
    """The window or the terminal view that is wanted; in auto, the window where there is a screen."""
    from poseact.live.views import TerminalView, WindowView, has_display

    if view == "window" or (view == "auto" and has_display()):
        return WindowView(f"poseact: {title}"), None
    if view == "none" or quiet:
        return None, None
    console = Console(stderr=True)
    return None, TerminalView(console, class_names, title) if console.is_terminal else None


def _note(fan: "Fan", moment: "Moment") -> None:
    height, width = moment.frame.image.shape[:2]
    boxes = {one.pose.track_id: one.box_px for one in moment.people if one.box_px is not None}
    fan.note_frame(moment.frame.timestamp_s, time.time(), boxes, (width, height))


def _announce(fan: "Fan", kind: str, line: str) -> None:
    """Tell a line to the user and to everybody who listens."""
    say(line)
    fan.notice(kind, line)
