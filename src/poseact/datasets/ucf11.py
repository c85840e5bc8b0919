"""UCF11 (YouTube Action): some 1,600 videos of 11 actions, ``basketball/v_shooting_01/v_shooting_01_01.mpg``.

Liu, Luo, Shah, "Recognizing Realistic Actions from Videos in the Wild", CVPR 2009. Every class has
25 groups; the clips of a group share the actor, the background or the view.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.video_folder import (
    Extraction,
    VideoSample,
    holds_set,
    read_samples,
    root_with,
    told_samples,
)
from poseact.errors import SourceError
from poseact.extraction_listener import ExtractionListener

_PATTERN = "*/v_*_??/v_*_??_??.*"
_VIDEO_FOLDERS = ("UCF11_updated_mpg", "action_youtube_naudio", "videos")
_NAME = re.compile(r"v_[a-z_]+_(\d\d)_(\d\d)")


def read_ucf11(
    folder: Path,
    /,
    *,
    cache: Path | None = None,
    estimator: str = "blazepose",
    estimator_options: Mapping[str, Any] | None = None,
    workers: int | None = None,
    listener: ExtractionListener | None = None,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clips of a UCF11 folder; `Clip.splits` has ``logo``: the number of the group.

    Args:
        folder: With the class folders in it, or in its folder ``UCF11_updated_mpg``.
        cache: See `read_video_folder`, likewise the other options.
        estimator: See there.
        estimator_options: See there.
        workers: See there.
        listener: See there.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If there are no such videos, or one cannot be read.
    """
    folder = Path(folder)
    root = root_with(folder, _PATTERN, _VIDEO_FOLDERS)
    if root is None:
        raise SourceError(
            f"{folder}: expected UCF11 videos (<class>/v_<name>_01/v_<name>_01_01.mpg), found none"
        )

    def tell(file: Path) -> VideoSample | None:
        match = _NAME.fullmatch(file.stem)
        if match is None:
            return None
        return VideoSample(
            path=root / file,
            label=file.parts[0],
            name=file.stem,
            group=f"{file.parts[0]}_{match[1]}",
            splits={"logo": str(int(match[1]))},
        )

    samples = told_samples(root, tell, "v_shooting_01_01.mpg", on_broken)
    extraction = Extraction(cache, estimator, estimator_options, workers, listener=listener)
    yield from read_samples(samples, extraction, folder, on_broken)


FORMAT = DataFormat(
    name="ucf11",
    title="UCF11 (YouTube Action): 11 actions, 25 groups each (Liu et al., CVPR 2009)",
    read=read_ucf11,
    detect=lambda path: holds_set(path, _NAME, _VIDEO_FOLDERS, depth=3),
    protocols={
        "logo": "leave one group out: 25 folds, each testing on one group of every class",
    },
)
