"""Finds BlazePose's two networks: given, cached, in an installed mediapipe, or fetched once through pip.

They are Google's, under Apache-2.0, 9 MB, and not part of poseact. Looked for in this order:

1. the path the user gives: a folder with the two .tflite files, or a .task bundle (a zip of both);
2. the folder that the environment variable POSEACT_WEIGHTS names (or a .task bundle);
3. the cache folder of poseact;
4. the files of an installed `mediapipe` package (which is not imported);
5. the mediapipe wheel, which pip downloads; the two files are kept in the cache.

What comes from 3, 4 and 5 must have the right SHA-256; what the user gives is taken as it is.
"""

import hashlib
import importlib.util
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import platformdirs

from poseact.errors import OutputError, WeightsError
from poseact.files import write_whole

_log = logging.getLogger(__name__)

ENVIRONMENT_VARIABLE = "POSEACT_WEIGHTS"
_PIP_TIMEOUT_S = 900
_WHEEL = "mediapipe==0.10.21"
# Any platform's wheel holds the same two files; this one exists and is not the largest.
_PIP_OPTIONS = (
    *("--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:"),
    *("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64"),
)
_REMEDY = (
    "connect to the network and try again, or take the two files of a mediapipe 0.10 package, or a "
    f"pose_landmarker_full.task, and give their place as weights or in {ENVIRONMENT_VARIABLE}"
)


@dataclass(frozen=True)
class _Model:
    """One of the two files: its names and what it must be."""

    name: str
    in_package: str
    in_bundle: str
    sha256: str


_DETECTOR = _Model(
    name="pose_detection.tflite",
    in_package="mediapipe/modules/pose_detection/pose_detection.tflite",
    in_bundle="pose_detector.tflite",
    sha256="9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
)
_LANDMARKS = _Model(
    name="pose_landmark_full.tflite",
    in_package="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    in_bundle="pose_landmarks_detector.tflite",
    sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
)
_MODELS = (_DETECTOR, _LANDMARKS)

# Runs a command line and gives the finished process; replaced in tests.
Runner = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class BlazePoseWeights:
    """The bytes of the two .tflite files, and where they came from."""

    detector: bytes
    landmarks: bytes
    origin: str


def find_blazepose_weights(
    path: str | os.PathLike[str] | None = None,
    *,
    notify: Callable[[str], object] | None = None,
    run: Runner | None = None,
) -> BlazePoseWeights:
    """The two networks from the first place that has them; see the module's docstring.

    Args:
        path: Folder or .task bundle of the user's; nothing else is tried then.
        notify: Called with one line for the user before a download; by default it is logged.
        run: Runs pip.

    Raises:
        WeightsError: If no place has them, with the remedy.
    """
    given = path if path is not None else os.environ.get(ENVIRONMENT_VARIABLE)
    if given:
        return _from_user(Path(given))
    cache = cache_folder()
    for folder in (cache, _installed_package()):
        if folder is not None and (found := _from_folder(folder)) is not None:
            return found
    return _fetched(cache, notify or _log.info, run or _run)


def cache_folder() -> Path:
    """Where fetched weights are kept on this computer."""
    return Path(platformdirs.user_cache_dir("poseact", appauthor=False)) / "weights"


def _from_user(path: Path) -> BlazePoseWeights:
    try:
        if path.is_dir():
            return _weights([(path / model.name).read_bytes() for model in _MODELS], path)
        with zipfile.ZipFile(path) as bundle:
            return _weights([bundle.read(model.in_bundle) for model in _MODELS], path)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        names = " and ".join(model.name for model in _MODELS)
        raise WeightsError(
            f"{path}: expected a folder with {names}, or a .task bundle; found something else ({error})"
        ) from error


def _installed_package() -> Path | None:
    """The folder that an installed mediapipe lies in, found without importing it."""
    try:
        spec = importlib.util.find_spec("mediapipe")
    except (ImportError, ValueError):
        return None
    return None if spec is None or spec.origin is None else Path(spec.origin).parents[1]


def _from_folder(folder: Path) -> BlazePoseWeights | None:
    """The two files by their own names, or where the mediapipe package has them; None unless right."""
    contents = []
    for model in _MODELS:
        places = (folder / model.name, folder / model.in_package)
        content = next((place.read_bytes() for place in places if place.is_file()), None)
        if content is None or not _is_right(model, content):
            return None
        contents.append(content)
    return _weights(contents, folder)


def _weights(contents: Sequence[bytes], origin: Path) -> BlazePoseWeights:
    detector, landmarks = contents
    return BlazePoseWeights(detector, landmarks, str(origin))


def _is_right(model: _Model, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == model.sha256


def _fetched(cache: Path, notify: Callable[[str], object], run: Runner) -> BlazePoseWeights:
    """Download the wheel with pip, keep its two files in the cache, throw the rest away."""
    notify(f"fetching the BlazePose weights once (pip downloads {_WHEEL}, 36 MB; 9 MB are kept in {cache})")
    try:
        with tempfile.TemporaryDirectory(prefix="poseact-", ignore_cleanup_errors=True) as folder:
            contents = _from_wheel(_downloaded_wheel(Path(folder), run))
    except OSError as error:
        raise WeightsError(f"BlazePose weights: no room for the download ({error})") from error
    _keep(cache, contents, notify)
    return _weights(contents, cache)


def _downloaded_wheel(folder: Path, run: Runner) -> Path:
    command = [sys.executable, "-m", "pip", "download", *_PIP_OPTIONS, "--dest", str(folder), _WHEEL]
    try:
        done = run(command)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WeightsError(f"BlazePose weights: pip could not be run ({error}): {_REMEDY}") from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        said = [*(done.stderr or "").strip().splitlines(), "no message"]
        line = next((text for text in said if text.startswith("ERROR")), said[0])
        raise WeightsError(f"BlazePose weights: pip could not download {_WHEEL} ({line}): {_REMEDY}")
    return wheels[0]


def _from_wheel(wheel: Path) -> list[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            contents = [archive.read(model.in_package) for model in _MODELS]
    except (KeyError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"BlazePose weights: {wheel.name} is not as expected ({error}): {_REMEDY}"
        ) from error
    for model, content in zip(_MODELS, contents, strict=True):
        if not _is_right(model, content):
            raise WeightsError(
                f"BlazePose weights: {model.name} in {wheel.name} has the wrong SHA-256, not used: {_REMEDY}"
            )
    return contents


def _keep(cache: Path, contents: Sequence[bytes], notify: Callable[[str], object]) -> None:
    """Put the files into the cache, each whole; two processes may do so at the same time."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for model, content in zip(_MODELS, contents, strict=True):
            write_whole(cache / model.name, partial(_write, content))
    except (OSError, OutputError) as error:
        # On Windows a file that another process reads cannot be replaced; it is the same one then.
        if _from_folder(cache) is None:
            notify(f"the weights cannot be kept in {cache} ({error}): they are used this once")


def _write(content: bytes, file: BinaryIO) -> None:
    file.write(content)


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_PIP_TIMEOUT_S, stdin=subprocess.DEVNULL
    )
