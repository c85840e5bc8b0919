"""HMDB51: 6,766 clips of 51 actions, ``punch/<source>_punch_u_nm_np1_ba_med_23.avi``.

Kuehne, Jhuang, Garrote, Poggio, Serre, "HMDB: A Large Video Database for Human Motion
Recognition", ICCV 2011. A name ends with what is seen (h head, u upper body, f full body, l lower
body), camera motion (nm no, cm yes), how many people, the view (fr, ba, le, ri), the quality, and a
number; before the action stands the film that the clip is cut from. The official splits are the
files ``testTrainMulti_7030_splits/<class>_test_split1.txt`` and so on.
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

_PATTERN = "*/*_[nc]m_np[0-9]*_??_???_*.*"
_VIDEO_FOLDERS = ("hmdb51_org", "hmdb51", "videos")
_LIST_FOLDERS = (
    *("testTrainMulti_7030_splits", "test_train_splits", "splits", "annotations", "metafile"),
    "test_train_splits/testTrainMulti_7030_splits",
)
_NAME = re.compile(r"(.+)_[hufl]_(?:nm|cm)_np\d+_(fr|ba|le|ri)_(?:goo|med|bad)_\d+")
_VIEWS = {"fr": "front", "ba": "back", "le": "left", "ri": "right"}
_PARTS = {"0": None, "1": "train", "2": "test"}
_NUM_SPLITS = 3


def read_hmdb51(
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
    """Yield the clips of an HMDB51 folder; the camera is the view that the name tells, e.g. ``front``.

    The group is the film, whatever the class: it may show the same people in several. The
    official splits keep films together class by class.

    Args:
        folder: With the class folders in it, or in its folder ``hmdb51_org`` or ``videos``.
        split_lists: Folder with ``<class>_test_split1.txt`` and so on; by default looked for in and
            beside `folder`. Where there is none, the clips belong to no protocol.
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
        raise SourceError(
            f"{folder}: expected HMDB51 videos (<class>/<film>_<class>_u_nm_np1_ba_med_23.avi), found none"
        )
    places = [Path(split_lists)] if split_lists else split_folders(root, _LIST_FOLDERS)
    listed: dict[str, dict[str, dict[str, str]]] = {}

    def tell(file: Path) -> VideoSample | None:
        match = _NAME.fullmatch(file.stem)
        if match is None:
            return None
        label = file.parts[0]
        if label not in listed:
            listed[label] = _listed_parts(places, label)
        return VideoSample(
            path=root / file,
            label=label,
            name=file.stem,
            camera=_VIEWS[match[2]],
            group=match[1].removesuffix(label).rstrip("_") or file.stem,
            splits=listed[label].get(file.stem, {}),
        )

    samples = told_samples(root, tell, "<film>_punch_u_nm_np1_ba_med_23.avi", on_broken)
    extraction = Extraction(cache, estimator, estimator_options, workers, listener=listener)
    yield from read_samples(samples, extraction, folder, on_broken)


def _listed_parts(folders: list[Path], label: str) -> dict[str, dict[str, str]]:
    """By stem of the file, the part in each split in which it is used.

    Raises:
        SourceError: If a list is not one.
    """
    out: dict[str, dict[str, str]] = {}
    for number in range(1, _NUM_SPLITS + 1):
        places = (folder / f"{label}_test_split{number}.txt" for folder in folders)
        path = next((place for place in places if place.is_file()), None)
        for stem, part in [] if path is None else _lines(path):
            if part is not None:
                out.setdefault(stem, {})[f"split{number}"] = part
    return out


def _lines(path: Path) -> list[tuple[str, str | None]]:
    """``<name>.avi 1`` on every line: 1 to train on, 2 to test on, 0 not used."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as a list of videos ({reason(error)})") from error
    out = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        cells = line.rsplit(maxsplit=1)
        if len(cells) != 2 or cells[1] not in _PARTS:
            raise SourceError(
                f"{path}, line {number}: expected a file and 0, 1 or 2, found {line.strip()[:80]!r}"
            )
        out.append((cells[0].strip().rsplit(".", 1)[0], _PARTS[cells[1]]))
    return out


FORMAT = DataFormat(
    name="hmdb51",
    title="HMDB51: 51 actions in clips of films and the web (Kuehne et al., ICCV 2011)",
    read=read_hmdb51,
    detect=lambda path: holds_set(path, _NAME, _VIDEO_FOLDERS),
    protocols={
        f"split{number}": f"official split {number}: 70 clips of a class train, 30 test, the rest is unused"
        for number in range(1, _NUM_SPLITS + 1)
    },
)
