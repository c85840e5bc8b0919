"""From a video to a Result: the one way that the command line, Python and everything else take."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from poseact.action_model import ActionModel
from poseact.pose import PoseCollector, PoseEstimator, create_estimator
from poseact.pose.base import RecordingAware
from poseact.recognizer import Recognizer
from poseact.recording import ANNOTATED_COMMENT, Recording
from poseact.render import Overlay, timeline_picture
from poseact.results import ModelFacts, Result, VideoFacts
from poseact.sequence import PoseSequence
from poseact.video import FrameSource, VideoWriter, open_source, read_ahead

Source = str | Path


@dataclass(frozen=True)
class Progress:
    """How far the work on one video is.

    Attributes:
        stage: ``"pose"`` while looking for people, ``"video"`` while the annotated video is made.
        frames_done: So far, in this stage.
        frames_total: The container's own estimate, or None when it does not say.
    """

    stage: Literal["pose", "video"]
    frames_done: int
    frames_total: int | None


OnProgress = Callable[[Progress], object]


def ignore_progress(_: Progress) -> None:
    """Nobody asked how far it is."""


@dataclass(frozen=True, eq=False)
class FoundPeople:
    """What looking for people in a video gave.

    Attributes:
        video: Facts of the recording.
        poses: The people's joints.
        warnings: What went not quite right, a line each.
    """

    video: VideoFacts
    poses: PoseSequence
    warnings: tuple[str, ...]


def estimate_pose(
    source: Source,
    *,
    estimator: str | PoseEstimator = "blazepose",
    fps: float | None = None,
    on_progress: OnProgress = ignore_progress,
) -> PoseSequence:
    """Find and follow the people in a video file or a folder of pictures.

    Args:
        source: The file or folder.
        estimator: A name of `poseact.pose.ESTIMATORS`, ``package.module:Name``, or an object.
        fps: Pictures per second of a folder of pictures, 25 by default; a video has its own stamps.
        on_progress: Called after every frame; raise from it to stop.

    Raises:
        SourceError: If nothing can be read.
        WeightsError: If the estimator's weights cannot be had.
        InvalidInputError: If `fps` is given for a video.
    """
    return find_people(source, estimator=estimator, fps=fps, on_progress=on_progress).poses


def find_people(
    source: Source,
    *,
    estimator: str | PoseEstimator = "blazepose",
    fps: float | None = None,
    on_progress: OnProgress = ignore_progress,
) -> FoundPeople:
    """As `estimate_pose`, with what is known of the video and what went wrong on the way."""
    used = create_estimator(estimator) if isinstance(estimator, str) else estimator
    with open_source(source, fps=fps) as frames:
        info, recording = frames.info, Recording.of(source)
        poses = _collect(frames, used, on_progress)
        # Results travel: they name the file, but not the folder it lay in.
        warnings = [warning.removeprefix(f"{info.name}: ") for warning in frames.warnings]
    if isinstance(used, RecordingAware):
        warnings += used.finish()
    if poses.num_persons == 0:
        warnings.append(f"nobody was found in the {poses.num_frames} frames")
    return FoundPeople(VideoFacts.of(info, poses, recording), poses, tuple(warnings))


def predict(
    source: Source,
    *,
    model: str | os.PathLike[str] | ActionModel | Recognizer = "everyday",
    estimator: str | PoseEstimator = "blazepose",
    estimator_name: str | None = None,
    fps: float | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Result:
    """Who did what when in a video file or a folder of pictures.

    Args:
        source: The file or folder.
        model: A name of `poseact.action_model.SHIPPED_MODELS`, a model file, or a loaded one.
        estimator: See `estimate_pose`.
        estimator_name: What the result calls the estimator; by default its name or its class.
        fps: See `estimate_pose`.
        on_progress: See `estimate_pose`.

    Raises:
        SourceError: If nothing can be read.
        ModelError: If the model cannot be used.
        WeightsError: If the estimator's weights cannot be had.
        InvalidInputError: If `fps` is given for a video.
    """
    recognizer = as_recognizer(model)
    found = find_people(source, estimator=estimator, fps=fps, on_progress=on_progress)
    recognition = recognizer.recognize(found.poses)
    return Result(
        video=found.video,
        model=ModelFacts.of(recognizer.model.info),
        estimator=estimator_name or (estimator if isinstance(estimator, str) else type(estimator).__name__),
        poses=found.poses,
        timeline=recognition.timeline,
        scores=recognition.scores,
        warnings=found.warnings,
    )


def as_recognizer(model: str | os.PathLike[str] | ActionModel | Recognizer) -> Recognizer:
    """A recogniser from whatever names or holds a model; see `predict`."""
    if isinstance(model, Recognizer):
        return model
    return Recognizer(model if isinstance(model, ActionModel) else ActionModel.load(model))


def timeline_figure(result: Result) -> NDArray[np.uint8]:
    """The timeline of a result as a picture, (H, W, 3) uint8 RGB."""
    return timeline_picture(
        result.poses,
        result.timeline,
        title=result.video.name,
        subtitle=f"model {result.model.name} {result.model.version}, poses by {result.estimator}",
        class_names=result.model.class_names,
        scores=result.scores,
    )


def write_annotated_video(
    result: Result,
    source: Source,
    path: str | os.PathLike[str],
    *,
    on_progress: OnProgress = ignore_progress,
) -> None:
    """The source's pictures with skeletons, labels and the timeline, its sound and its time stamps.

    Args:
        result: What `predict` said of this source.
        source: The same file or folder again.
        path: The .mp4 to write, whole or not at all.
        on_progress: See `estimate_pose`.

    Raises:
        SourceError: If the source can no longer be read.
        OutputError: If the file cannot be written.
    """
    overlay = Overlay(result.poses, result.timeline, class_names=result.model.class_names)
    total = result.poses.num_frames
    # The result's stamps, which for pictures depend on the fps they were once taken at.
    stamps = result.poses.timestamps.tolist()
    with open_source(source) as frames:
        sound = source if frames.info.has_audio else None
        writer = VideoWriter(Path(path), sound_from=sound, comment=ANNOTATED_COMMENT)
        with writer, read_ahead(frames) as ahead:
            for done, (frame, stamp) in enumerate(zip(ahead, stamps, strict=False), 1):
                writer.write(overlay.draw(frame.image, stamp), stamp)
                on_progress(Progress("video", done, total))


def _collect(frames: FrameSource, estimator: PoseEstimator, on_progress: OnProgress) -> PoseSequence:
    info = frames.info
    estimator.reset()
    if isinstance(estimator, RecordingAware):
        estimator.begin(info)
    collector = PoseCollector(estimator.layout, (info.width, info.height))
    with read_ahead(frames) as ahead:
        for done, frame in enumerate(ahead, 1):
            collector.add(frame.timestamp_s, estimator.estimate(frame))
            on_progress(Progress("pose", done, info.num_frames))
    return collector.sequence()
