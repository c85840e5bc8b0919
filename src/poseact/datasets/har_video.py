"""Human Activity Recognition (Video): 966 clips of 6 everyday activities, COCO-17 by MMPose.

The Kaggle set of that name by S. Mazhar, keypoints by yasassb/skeleton-based-human-activity-
recognition, one ``<class>__<name>.npz`` a clip: keypoints (T, M, 17, 3) of x px, y px, score;
num_persons (T,); frame_wh; label.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, holds, read_each, stop
from poseact.datasets.reading import even_timestamps, find_files
from poseact.errors import SourceError
from poseact.layouts import COCO17
from poseact.sequence import PoseSequence

# Phone clips of about 10 s and 300 frames.
RATE_HZ = 30.0
_EXPECTED = "an .npz of keypoints, num_persons, frame_wh, label"


def read_har_video(folder: Path, *, on_broken: OnBroken = stop) -> Iterator[Clip]:
    """Yield the clips of the folder.

    The set has no official protocol and no subject ids, and clips with neighbouring numbers show
    the same people: split it in blocks of numbers, never at random. People are in the order of
    detection, which is not a track.

    Raises:
        SourceError: If a file cannot be read or has another form.
    """
    files = find_files(Path(folder), "*.npz", "clips of the HAR video set")
    yield from read_each(files, _read_clip, on_broken)


def _read_clip(path: Path) -> Clip:
    try:
        # Opened here, because numpy leaves a broken file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {key: file[key] for key in ("keypoints", "num_persons", "frame_wh", "label")}
    except KeyError as error:
        raise SourceError(f"{path}: expected {_EXPECTED}, found none of the name {error}") from error
    except OSError as error:
        raise SourceError(
            f"{path}: expected {_EXPECTED}, cannot be read ({error.strerror or 'broken'})"
        ) from error
    except (ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise SourceError(f"{path}: expected {_EXPECTED}, found another or a broken file") from error
    points = arrays["keypoints"]
    if points.ndim != 4 or points.shape[2:] != (17, 3) or arrays["num_persons"].shape != points.shape[:1]:
        raise SourceError(f"{path}: expected keypoints (T, M, 17, 3), found {points.shape}")
    if arrays["frame_wh"].shape != (2,) or points.dtype.kind != "f":
        raise SourceError(f"{path}: expected frame_wh of two numbers and keypoints of floats")
    width, height = (int(n) for n in arrays["frame_wh"])
    xy, confidence = _present_only(points, arrays["num_persons"])
    return Clip(
        sequence=PoseSequence(
            keypoints=xy,
            confidence=confidence,
            timestamps=even_timestamps(len(points), RATE_HZ),
            layout=COCO17,
            units="px",
            frame_size_wh=(width, height),
        ),
        label=str(arrays["label"]),
        name=path.stem,
    )


def _present_only(
    points: NDArray[np.float32], num_persons: NDArray[np.int8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(M, T, 17, 2) and (M, T, 17) from (T, M, 17, 3), NaN and 0 where a row holds nobody."""
    row = np.arange(points.shape[1])[:, None]
    there = (row < num_persons[None, :])[..., None]
    people = points.transpose(1, 0, 2, 3)
    there = there & np.isfinite(people[..., :2]).all(axis=-1)
    xy = np.where(there[..., None], people[..., :2], np.nan)
    confidence = np.where(there, np.nan_to_num(people[..., 2]).clip(0, 1), 0)
    return xy.astype(np.float32), confidence.astype(np.float32)


FORMAT = DataFormat(
    name="har-video",
    title="Human Activity Recognition (Video): 6 activities, COCO-17 by MMPose, one .npz a clip",
    read=read_har_video,
    detect=lambda path: holds(path, "*__*.npz") and not holds(path, "*.poses.npz"),
)
