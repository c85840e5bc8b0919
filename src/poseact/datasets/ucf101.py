"""UCF101: 13,320 videos of 101 actions, ``ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi``.

Soomro, Zamir, Shah, "UCF101: A Dataset of 101 Human Action Classes From Videos in The Wild",
CRCV-TR-12-01, 2012. The clips of one group (g01) of a class come from one recording. The
official splits are the files ``ucfTrainTestlist/trainlist01.txt`` and so on.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from poseact.clip import Clip
from poseact.datasets.format import DataFormat, OnBroken, stop
from poseact.datasets.reading import reason
from poseact.datasets.video_folder import (
    Extraction,
    VideoSample,
    holds_set,
    read_samples,
    root_with,
    split_folders,
    told_samples,
)
from poseact.errors import SourceError
from poseact.extraction_listener import ExtractionListener

_PATTERN = "*/v_*_g??_c??.*"
_VIDEO_FOLDERS = ("UCF-101", "UCF101", "videos")
_LIST_FOLDERS = ("ucfTrainTestlist", "UCF101TrainTestSplits-RecognitionTask/ucfTrainTestlist", "annotations")
_NAME = re.compile(r"v_\w+?_g(\d\d)_c(\d\d)")
# Groups of the test part, where the list files are not there: the lists hold exactly these groups.
_TEST_GROUPS = {1: range(1, 8), 2: range(8, 15), 3: range(15, 22)}


def read_ucf101(
    folder: Path,
    /,
    *,
    split_lists: Path | None = None,
    cache: Path | None = None,
    estimator: str = "blazepose",
    estimator_options: Mapping[str, Any] | None = None,
    workers: int | None = None,
    listener: ExtractionListener | None = None,
    on_broken: OnBroken = stop,
) -> Iterator[Clip]:
    """Yield the clips of a UCF101 folder; labels in words with underscores: ``apply_eye_makeup``.

    Args:
        folder: With the class folders in it, or in its folder ``UCF-101``.
        split_lists: Folder with ``trainlist01.txt`` and so on; by default looked for in and beside
            `folder`. Where there is none, the official parts follow from the group numbers.
        cache: See `read_video_folder`, likewise the other options.
        estimator: See there.
        estimator_options: See there.
        workers: See there.
        listener: See there.
        on_broken: See `poseact.datasets.Reader`.

    Raises:
        SourceError: If there are no such videos, or a list or a video cannot be read.
    """
    folder = Path(folder)
    root = root_with(folder, _PATTERN, _VIDEO_FOLDERS)
    if root is None:
        raise SourceError(f"{folder}: expected UCF101 videos (<Class>/v_<Class>_g01_c01.avi), found none")
    parts = _listed_parts([split_lists] if split_lists else split_folders(root, _LIST_FOLDERS))

    def tell(file: Path) -> VideoSample | None:
        match = _NAME.fullmatch(file.stem)
        if match is None:
            return None
        group = int(match[1])
        return VideoSample(
            path=root / file,
            label=snake_case(file.parts[0]),
            name=file.stem,
            group=f"{file.parts[0]}_g{match[1]}",
            splits={
                f"split{number}": part
                for number, test in _TEST_GROUPS.items()
                if (part := _part(parts.get(number), file.stem, group in test)) is not None
            },
        )

    samples = told_samples(root, tell, "v_ApplyEyeMakeup_g01_c01.avi", on_broken)
    extraction = Extraction(cache, estimator, estimator_options, workers, listener=listener)
    yield from read_samples(samples, extraction, folder, on_broken)


def snake_case(name: str) -> str:
    """``ApplyEyeMakeup`` as ``apply_eye_makeup``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _part(listed: Mapping[str, str] | None, stem: str, is_test_group: bool) -> str | None:
    if listed is not None:
        return listed.get(stem.casefold())
    return "test" if is_test_group else "train"


def _listed_parts(folders: list[Path]) -> dict[int, dict[str, str]]:
    """By number of the split, the part of each file's stem; only of splits whose two lists are there.

    Raises:
        SourceError: If a list is not one.
    """
    out: dict[int, dict[str, str]] = {}
    for number in _TEST_GROUPS:
        for folder in folders:
            lists = {part: Path(folder) / f"{part}list{number:02d}.txt" for part in ("train", "test")}
            if all(path.is_file() for path in lists.values()):
                out[number] = {stem: part for part, path in lists.items() for stem in _stems(path)}
                break
    return out


def _stems(path: Path) -> list[str]:
    """``ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1`` on every line, the number only in training lists."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as a list of videos ({reason(error)})") from error
    stems = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        stem = line.split()[0].rsplit("/", 1)[-1].rsplit(".", 1)[0]
        if _NAME.fullmatch(stem) is None:
            raise SourceError(
                f"{path}, line {number}: expected a line like ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1, "
                f"found {line.strip()[:80]!r}"
            )
        stems.append(stem.casefold())
    return stems


FORMAT = DataFormat(
    name="ucf101",
    title="UCF101: 101 actions in videos of the web (Soomro et al., 2012)",
    read=read_ucf101,
    detect=lambda path: holds_set(path, _NAME, _VIDEO_FOLDERS),
    protocols={
        "split1": "official: groups 1 to 7 of every class test, the others train",
        "split2": "official: groups 8 to 14 of every class test, the others train",
        "split3": "official: groups 15 to 21 of every class test, the others train",
    },
)
