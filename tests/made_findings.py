"""Made-up results without poses, and texts that are hard to write down."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from poseact.exports import Findings
from poseact.layouts import COCO17
from poseact.results import ModelFacts, Result, VideoFacts, write_json
from poseact.sequence import PoseSequence
from poseact.timeline import Segment, Timeline

NAMES = ("squat", "jumping_jack")
MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTILE = (
    "<b>a & b</b>",
    "tab\there",
    'said "so"',
    "it's",
    "two\nlines\r\nthree",
    "しゃがむ é 🤸",
    "null\x00 bell\x07 \x1b[31m",
    "]]> &amp; <!--",
    "=1+1",
    "a|b,c;d",
    " spaces ",
    "line\u2028break",
)
SQUATS, JACKS = Segment(0, "squat", 0.0, 2.4, 0.93, 5), Segment(1, "jumping_jack", 1.2, 4.08, 0.88)
GYM = VideoFacts("gym.mp4", 640, 480, 104, 4.16, 25.0, "h264", 0, 81920, "3a7b")
CAMERA = VideoFacts("camera 0", 640, 480, 104, 4.16, 25.0)


def made_result(*segments: Segment, video: VideoFacts = GYM, people: tuple[int, ...] = (0, 1)) -> Result:
    """Of people who are nowhere to be seen."""
    poses = PoseSequence(
        np.full((len(people), 2, 17, 2), np.nan, np.float32),
        np.zeros((len(people), 2, 17), np.float32),
        np.array([0.0, 0.04]),
        COCO17,
        "px",
        (640, 480),
        np.array(people, np.int64),
    )
    timeline = Timeline(segments, people, 0.0, 4.12)
    model = ModelFacts("everyday", "1.0", NAMES, "body13", 1.8)
    return Result(video, model, "blazepose", poses, timeline)


def made_findings(*segments: Segment, video: VideoFacts = GYM, people: tuple[int, ...] = (0, 1)) -> Findings:
    """As `made_result`."""
    return Findings.of(made_result(*segments, video=video, people=people), MADE_AT)


def saved(path: Path, *segments: Segment, change: Callable[[str], str] = str) -> Path:
    """A result's JSON file, its text changed a little."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(made_result(*segments), path)
    path.write_text(change(path.read_text("utf-8")), encoding="utf-8")
    return path
