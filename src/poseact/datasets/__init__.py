"""Readers and writers of action data sets and formats, one module each: `Clip`s in the set's true layout."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from poseact.clip import Clip
from poseact.datasets import (
    alphapose_json,
    coco_json,
    csv_pair,
    g3d,
    har_video,
    hmdb51,
    jhmdb,
    keypoint_csv,
    mhad_text,
    movement_netcdf,
    msr_action3d,
    native,
    ntu_rgbd,
    nw_ucla,
    openpose_json,
    penn_action,
    pose_format,
    pyskl,
    sbu_interaction,
    ucf11,
    ucf101,
    utd_mhad,
    utkinect,
    video_folder,
    videos,
)
from poseact.datasets.alphapose_json import read_alphapose_json
from poseact.datasets.coco_json import read_coco_json
from poseact.datasets.coco_writing import write_coco_json
from poseact.datasets.csv_pair import read_csv_pair
from poseact.datasets.describing import described
from poseact.datasets.feature_csv import FeatureTable, read_feature_csv, read_feature_pair, write_feature_csv
from poseact.datasets.format import DataFormat, OnBroken, Reader, Writer, stop
from poseact.datasets.g3d import read_g3d
from poseact.datasets.har_video import read_har_video
from poseact.datasets.hmdb51 import read_hmdb51
from poseact.datasets.jhmdb import read_jhmdb
from poseact.datasets.keypoint_csv import read_keypoint_csv, write_keypoint_csv
from poseact.datasets.mhad_text import read_mhad_text
from poseact.datasets.movement_netcdf import read_movement, write_movement
from poseact.datasets.msr_action3d import read_msr_action3d
from poseact.datasets.native import read_native, write_native
from poseact.datasets.ntu_rgbd import read_ntu_rgbd
from poseact.datasets.nw_ucla import read_nw_ucla
from poseact.datasets.openpose_json import read_openpose_json, write_openpose_json
from poseact.datasets.penn_action import read_penn_action
from poseact.datasets.pose_format import read_pose_format
from poseact.datasets.pose_format_writing import write_pose_format
from poseact.datasets.pyskl import read_pyskl
from poseact.datasets.pyskl_writing import write_pyskl
from poseact.datasets.sbu_interaction import read_sbu_interaction
from poseact.datasets.ucf11 import read_ucf11
from poseact.datasets.ucf101 import read_ucf101
from poseact.datasets.utd_mhad import read_utd_mhad
from poseact.datasets.utkinect import read_utkinect
from poseact.datasets.video_folder import may_be_a_class, read_video_folder
from poseact.datasets.videos import read_videos
from poseact.errors import InvalidInputError, SourceError

# In the order in which they are tried on a path of unknown format: data sets before general formats.
DATASETS: dict[str, DataFormat] = {
    one.name: one
    for one in (
        penn_action.FORMAT,
        pyskl.FORMAT,
        utd_mhad.FORMAT,
        msr_action3d.FORMAT,
        jhmdb.FORMAT,
        sbu_interaction.FORMAT,
        ntu_rgbd.FORMAT,
        nw_ucla.FORMAT,
        utkinect.FORMAT,
        mhad_text.FORMAT,
        har_video.FORMAT,
        native.FORMAT,
        ucf101.FORMAT,
        ucf11.FORMAT,
        hmdb51.FORMAT,
        g3d.FORMAT,
        videos.FORMAT,
        openpose_json.FORMAT,
        alphapose_json.FORMAT,
        coco_json.FORMAT,
        csv_pair.FORMAT,
        keypoint_csv.FORMAT,
        pose_format.FORMAT,
        movement_netcdf.FORMAT,
        video_folder.FORMAT,
    )
}

# Data sets of their own, and poseact's own form; those that follow are forms that much may have.
_SPECIFIC = list(DATASETS)[: list(DATASETS).index(videos.FORMAT.name)]
_MOST_LOOKED_AT = 50


def get_format(name: str) -> DataFormat:
    """The format of that name.

    Raises:
        InvalidInputError: If there is none.
    """
    try:
        return DATASETS[name]
    except KeyError:
        raise InvalidInputError(f"no data format is called {name!r}; known: {', '.join(DATASETS)}") from None


def detect_format(path: Path) -> DataFormat:
    """The first format that a file or folder looks like.

    Raises:
        SourceError: If the path does not exist, looks like none of them, or holds several data sets.
    """
    path = Path(path)
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder")
    found = next((one for one in DATASETS.values() if one.detect(path)), None)
    if found is None or (path.is_dir() and found.name not in _SPECIFIC):
        _expect_no_sets_inside(path, found)
    if found is None:
        raise SourceError(
            f"{path}: looks like none of the known formats: {described(path)}; else name it with --format: "
            "poseact data formats lists them"
        )
    return found


def _expect_no_sets_inside(path: Path, found: DataFormat | None) -> None:
    """Raise if a folder that looks like a general format, or like none, holds what is one for sure."""
    inner = _sets_inside(path, [*_SPECIFIC, videos.FORMAT.name] if found else list(DATASETS)[:-1])
    names = ", ".join(inner)
    if found is None and len(inner) == 1:
        raise SourceError(f"{path}: is no data set itself, but holds {names}: name that")
    if found is None and inner:
        raise SourceError(f"{path}: holds several data sets: {names}: name one")
    if found is not None and sum("(videos)" not in one for one in inner) > 1:
        raise SourceError(f"{path}: holds several data sets: {names}: name one")
    if found is video_folder.FORMAT and (tables := [one for one in inner if "(videos)" in one]):
        raise SourceError(
            f"{path}: holds class folders and {', '.join(tables)}: name the CSV, or add --format {found.name}"
        )


def _sets_inside(path: Path, formats: list[str]) -> list[str]:
    """``penn-action/ (penn-action)`` for each file and folder in a folder that looks like one of these."""
    try:
        inner = sorted(one for one in path.iterdir() if may_be_a_class(one.name)) if path.is_dir() else []
    except OSError:
        return []
    out = []
    for place in inner[:_MOST_LOOKED_AT]:
        name = next((name for name in formats if DATASETS[name].detect(place)), None)
        if name is not None:
            out.append(f"{place.name}{'/' if place.is_dir() else ''} ({name})")
    return out


def read_clips(
    path: Path, format_name: str | None = None, *, on_broken: OnBroken = stop, **options: Any
) -> Iterator[Clip]:
    """The clips of a file or folder, in the format of that name or else the one it looks like.

    Args:
        path: A file or folder.
        format_name: A key of `DATASETS`.
        on_broken: Told of each clip that cannot be read; reading goes on if it returns.
        options: Keyword options of that format's reader.

    Raises:
        InvalidInputError: If the format is unknown.
        SourceError: If the data cannot be read.
    """
    chosen = detect_format(Path(path)) if format_name is None else get_format(format_name)
    return chosen.read(Path(path), on_broken=on_broken, **options)


__all__ = [
    "DATASETS",
    "DataFormat",
    "FeatureTable",
    "OnBroken",
    "Reader",
    "Writer",
    "detect_format",
    "get_format",
    "read_alphapose_json",
    "read_clips",
    "read_coco_json",
    "read_csv_pair",
    "read_feature_csv",
    "read_feature_pair",
    "read_g3d",
    "read_har_video",
    "read_hmdb51",
    "read_jhmdb",
    "read_keypoint_csv",
    "read_mhad_text",
    "read_movement",
    "read_msr_action3d",
    "read_native",
    "read_ntu_rgbd",
    "read_nw_ucla",
    "read_openpose_json",
    "read_penn_action",
    "read_pyskl",
    "read_pose_format",
    "read_sbu_interaction",
    "read_ucf11",
    "read_ucf101",
    "read_utd_mhad",
    "read_utkinect",
    "read_video_folder",
    "read_videos",
    "stop",
    "write_coco_json",
    "write_keypoint_csv",
    "write_movement",
    "write_native",
    "write_pyskl",
    "write_openpose_json",
    "write_pose_format",
    "write_feature_csv",
]
