"""G3D, seven of its gaming actions, cut into clips: a folder a class, in it videos or folders of pictures.

Bloom, Makris, Argyriou, "G3D: A Gaming Action Dataset and Real Time Action Recognition Evaluation
Framework", CVPR Workshops 2012. The set itself has long sequences as folders of colour pictures, with
the actions' frames in lists beside them; this reads the form in which they were cut out, with
``Clap``, ``Flap Arms``, ``Left Kick`` and so on as folders, not the long sequences.

The pictures were recorded as in a mirror (so the set's page says): the person's own left hand is on
the left of the picture, where a pose estimator takes it for the right one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.video_folder import Extraction, find_videos, may_be_a_class, own_samples, read_samples
from poseact.errors import SourceError
from poseact.extraction_listener import ExtractionListener
from poseact.sequence import PoseSequence

RATE_HZ = 30.0
"""Of the Kinect's colour pictures, as the set's page says; for folders of pictures."""

CLASS_FOLDERS = {
    "Clap": "clap",
    "Flap Arms": "flap_arms",
    "Left Kick": "left_kick",
    "Left Punch": "left_punch",
    "Right Kick": "right_kick",
    "Right Punch": "right_punch",
    "Wave": "wave",
}
# So few of them make it G3D: nobody else writes "Flap Arms" in just this way.
_MIN_CLASSES = 3


def read_g3d(
    folder: Path,
    /,
    *,
    unmirror: bool = True,
    cache: Path | None = None,
    estimator: str = "blazepose",
    estimator_options: Mapping[str, Any] | None = None,
    workers: int | None = None,
    fps: float = RATE_HZ,
    listener: ExtractionListener | None = None,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clips; subjects and repetitions are not told by this form.

    Args:
        folder: With the class folders in it, or in its folder ``train``.
        unmirror: Whether to undo the mirror, so that ``left_*`` joints are the person's own left;
            say no for files that somebody has flipped already.
        cache: See `read_video_folder`, likewise the other options.
        estimator: See there.
        estimator_options: See there.
        workers: See there.
        fps: Pictures a second of folders of pictures.
        listener: See there.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If there are no such videos, or one cannot be read.
    """
    folder = Path(folder)
    root = _root(folder)
    if root is None:
        expected = ", ".join(CLASS_FOLDERS)
        raise SourceError(
            f"{folder}: expected G3D clips in the folders {expected}; found fewer than three of them"
        )
    samples = (
        replace(sample, label=CLASS_FOLDERS[sample.label])
        for sample in own_samples(root, find_videos(root))
        if sample.label in CLASS_FOLDERS
    )
    extraction = Extraction(cache, estimator, estimator_options, workers, fps, listener)
    for clip in read_samples(samples, extraction, folder, on_broken):
        yield replace(clip, sequence=mirrored(clip.sequence)) if unmirror else clip


def mirrored(poses: PoseSequence) -> PoseSequence:
    """The same people seen in a mirror: x from the other side, left and right joints exchanged.

    Raises:
        SourceError: If the poses are in pixels and nothing tells how wide the picture is.
    """
    if poses.units == "px" and poses.frame_size_wh is None:
        raise SourceError("expected poses with the size of the picture, to turn them round; found none")
    width = {"px": (poses.frame_size_wh or (0, 0))[0], "normalized": 1, "m": 0}[poses.units]
    order = poses.layout.flip_order
    turn = np.array([-1, 1, 1], np.float32)
    keypoints = poses.keypoints[:, :, order] * turn[: poses.keypoints.shape[-1]]
    keypoints[..., 0] += width
    return replace(
        poses,
        keypoints=keypoints,
        confidence=poses.confidence[:, :, order],
        world_m=None if poses.world_m is None else poses.world_m[:, :, order] * turn,
    )


def _root(folder: Path) -> Path | None:
    for root in (folder, folder / "train"):
        if (root / "Flap Arms").is_dir() and sum((root / n).is_dir() for n in CLASS_FOLDERS) >= _MIN_CLASSES:
            return root
    return None


def _is_g3d(path: Path) -> bool:
    """Whether nearly all folders are its classes: the reader leaves the others out."""
    try:
        root = _root(path)
        if root is None:
            return False
        folders = {one.name for one in root.iterdir() if one.is_dir() and may_be_a_class(one.name)}
    except OSError:
        return False
    return len(folders & CLASS_FOLDERS.keys()) >= 0.9 * len(folders)


FORMAT = DataFormat(
    name="g3d",
    title="G3D: 7 gaming actions cut into clips, a folder a class (Bloom et al., CVPR-W 2012)",
    read=read_g3d,
    detect=_is_g3d,
)
