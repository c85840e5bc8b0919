import hashlib
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from poseact.errors import WeightsError
from poseact.pose import weights
from poseact.pose.weights import find_blazepose_weights

DETECTOR, LANDMARKS = b"a detector", b"a landmark network"


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache, no mediapipe, no environment variable, and small stand-ins for the two files."""
    monkeypatch.delenv(weights.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr(weights.platformdirs, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda _: None)
    models = [
        replace(model, sha256=hashlib.sha256(content).hexdigest())
        for model, content in zip(weights._MODELS, (DETECTOR, LANDMARKS), strict=True)
    ]
    monkeypatch.setattr(weights, "_MODELS", tuple(models))


def fake_pip(
    detector: bytes = DETECTOR, *, returncode: int = 0, stderr: str = "", calls: list[list[str]] | None = None
) -> Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]:
    """A pip that puts a wheel with the given detector where it is asked to."""

    def run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        if calls is not None:
            calls.append(list(command))
        if returncode == 0:
            folder = Path(command[command.index("--dest") + 1])
            with zipfile.ZipFile(folder / "mediapipe-0.10.21-any.whl", "w") as wheel:
                wheel.writestr(weights._DETECTOR.in_package, detector)
                wheel.writestr(weights._LANDMARKS.in_package, LANDMARKS)
        return subprocess.CompletedProcess(list(command), returncode, "", stderr)

    return run


def no_pip(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    raise AssertionError(f"pip should not have been run: {command}")


def put_files(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "pose_detection.tflite").write_bytes(DETECTOR)
    (folder / "pose_landmark_full.tflite").write_bytes(LANDMARKS)
    return folder


def test_the_real_checksums_are_those_of_the_published_files() -> None:
    assert weights._DETECTOR.sha256 == "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
    assert weights._LANDMARKS.sha256 == "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"


def test_a_given_folder_comes_first_and_is_taken_as_it_is(tmp_path: Path) -> None:
    put_files(tmp_path / "cache" / "weights")
    own = put_files(tmp_path / "own")
    (own / "pose_landmark_full.tflite").write_bytes(b"trained by the user")
    found = find_blazepose_weights(own, run=no_pip)
    assert (found.detector, found.landmarks) == (DETECTOR, b"trained by the user")
    assert found.origin == str(own)


def test_a_task_bundle_holds_both(tmp_path: Path) -> None:
    bundle = tmp_path / "pose_landmarker_full.task"
    with zipfile.ZipFile(bundle, "w") as file:
        file.writestr("pose_detector.tflite", DETECTOR)
        file.writestr("pose_landmarks_detector.tflite", LANDMARKS)
    found = find_blazepose_weights(str(bundle), run=no_pip)
    assert (found.detector, found.landmarks) == (DETECTOR, LANDMARKS)


def test_the_environment_variable_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put_files(tmp_path / "elsewhere")
    monkeypatch.setenv(weights.ENVIRONMENT_VARIABLE, str(folder))
    assert find_blazepose_weights(run=no_pip).origin == str(folder)


@pytest.mark.parametrize("broken", ["missing", "empty folder", "text file"])
def test_a_given_path_that_does_not_do_is_one_clear_error(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "given"
    if broken == "empty folder":
        path.mkdir()
    elif broken == "text file":
        path.write_text("no weights")
    with pytest.raises(WeightsError, match=r"expected a folder with pose_detection\.tflite"):
        find_blazepose_weights(path, run=no_pip)


def test_an_installed_mediapipe_is_used_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "mediapipe"
    for model, content in zip(weights._MODELS, (DETECTOR, LANDMARKS), strict=True):
        place = package.parent / model.in_package
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    spec = type("Spec", (), {"origin": str(package / "__init__.py")})
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda _: spec)
    assert find_blazepose_weights(run=no_pip).landmarks == LANDMARKS


def test_fetched_once_then_taken_from_the_cache(tmp_path: Path) -> None:
    calls: list[list[str]] = []
    said: list[str] = []
    first = find_blazepose_weights(run=fake_pip(calls=calls), notify=said.append)
    again = find_blazepose_weights(run=no_pip, notify=said.append)
    assert first == again
    assert first.origin == str(tmp_path / "cache" / "weights")
    assert len(said) == 1 and "fetching" in said[0]
    assert calls[0][1:4] == ["-m", "pip", "download"] and calls[0][-1] == "mediapipe==0.10.21"
    left = {path.name for path in (tmp_path / "cache" / "weights").iterdir()}
    assert left == {"pose_detection.tflite", "pose_landmark_full.tflite"}


def test_a_broken_cache_is_fetched_anew(tmp_path: Path) -> None:
    folder = put_files(tmp_path / "cache" / "weights")
    (folder / "pose_detection.tflite").write_bytes(DETECTOR[:4])
    assert find_blazepose_weights(run=fake_pip()).detector == DETECTOR
    assert (folder / "pose_detection.tflite").read_bytes() == DETECTOR


def test_a_wrong_checksum_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="SHA-256"):
        find_blazepose_weights(run=fake_pip(b"something else"))
    assert not (tmp_path / "cache" / "weights").exists()


def test_without_network_the_error_names_pips_reason_and_the_remedy() -> None:
    pip = fake_pip(returncode=1, stderr="WARNING: retrying\nERROR: No matching distribution\nnotice")
    with pytest.raises(WeightsError, match=r"ERROR: No matching distribution.*POSEACT_WEIGHTS"):
        find_blazepose_weights(run=pip)


def test_without_pip_the_error_says_so() -> None:
    def run(_: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        raise OSError("no such program")

    with pytest.raises(WeightsError, match="pip could not be run"):
        find_blazepose_weights(run=run)


def test_a_wheel_without_the_files_is_refused() -> None:
    def run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        folder = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(folder / "mediapipe-9.whl", "w") as wheel:
            wheel.writestr("mediapipe/__init__.py", "")
        return subprocess.CompletedProcess(list(command), 0, "", "")

    with pytest.raises(WeightsError, match="not as expected"):
        find_blazepose_weights(run=run)


def test_an_unwritable_cache_still_gives_the_weights(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    said: list[str] = []
    assert find_blazepose_weights(run=fake_pip(), notify=said.append).detector == DETECTOR
    assert "cannot be kept" in said[-1]


def test_many_at_once_get_whole_files() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: find_blazepose_weights(run=fake_pip()), range(16)))
    assert {(f.detector, f.landmarks) for f in found} == {(DETECTOR, LANDMARKS)}
