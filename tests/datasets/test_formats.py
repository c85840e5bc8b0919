"""The contract of every data format: told apart, read, refused and, where it can be, written again."""

import importlib
from collections.abc import Callable
from pathlib import Path

import dataset_generators as generators
import numpy as np
import pytest

from poseact.clip import Clip
from poseact.datasets import DATASETS, detect_format, read_clips
from poseact.errors import InvalidInputError, PoseactError, SourceError

_OLDER: dict[str, Callable[[Path], None]] = {
    "penn-action": generators.penn_action,
    "utd-mhad": generators.utd_mhad,
    "msr-action3d": generators.msr_action3d,
    "jhmdb": generators.jhmdb,
    "sbu-interaction": generators.sbu_interaction,
    "har-video": generators.har_video,
}
NEEDS = {"penn-action": "scipy", "utd-mhad": "scipy", "pose-format": "pose_format", "movement": "h5netcdf"}
FORMATS = sorted(DATASETS)


def make(name: str, folder: Path) -> Path:
    """Fake data of a format; the path to read.

    Formats without an entry above have a module ``fake_<name>`` whose ``make(folder)`` does it.
    """
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    folder.mkdir(parents=True, exist_ok=True)
    if name in _OLDER:
        inner = folder / "set"
        _OLDER[name](inner)
        return inner
    made: Path = importlib.import_module(f"fake_{name.replace('-', '_')}").make(folder)
    return made


def others_words(line: str) -> list[str]:
    """Words of Python, numpy and others in an error, which say nothing to whoever has the file."""
    if "no-weights-in-these-tests" in line:  # not about the data
        return []
    words = ("[Errno", "codec", "allow_pickle", "unpack_from", "(char ", "could not convert")
    return [word for word in words if word in line]


def same(a: Clip, b: Clip) -> None:
    """Assert that two clips are equal, float by float."""
    assert (a.name, a.label) == (b.name, b.label)
    assert a.sequence.layout.joint_names == b.sequence.layout.joint_names
    np.testing.assert_array_equal(a.sequence.keypoints, b.sequence.keypoints)
    np.testing.assert_array_equal(a.sequence.confidence, b.sequence.confidence)


@pytest.mark.parametrize("name", FORMATS)
def test_its_own_data_is_told_from_all_other_formats(name: str, tmp_path: Path) -> None:
    assert detect_format(make(name, tmp_path)).name == name


@pytest.mark.parametrize("name", FORMATS)
def test_clips_have_names_of_their_own_and_known_protocols(name: str, tmp_path: Path) -> None:
    clips = list(read_clips(make(name, tmp_path / "Bewegung-über-学")))
    assert clips
    assert len({clip.name for clip in clips}) == len(clips)
    for clip in clips:
        assert set(clip.splits) <= set(DATASETS[name].protocols) or not DATASETS[name].protocols
        assert clip.sequence.num_frames > 0


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_there_is_one_clear_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(PoseactError) as none:
        list(DATASETS[name].read(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(PoseactError) as empty:
        list(DATASETS[name].read(tmp_path / "empty"))
    assert not DATASETS[name].detect(tmp_path / "nowhere")
    assert not DATASETS[name].detect(tmp_path / "empty")
    for error in (none, empty):
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("keep", [0, 0.3, 0.97])
def test_a_file_cut_short_or_empty_raises_only_our_errors(name: str, keep: float, tmp_path: Path) -> None:
    source = make(name, tmp_path)
    files = [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file())
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[: int(keep * len(whole))])
    try:
        list(DATASETS[name].read(source))
    except PoseactError as error:
        assert "\n" not in str(error)
        assert not others_words(str(error))


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_something_else_is_told_in_our_own_words(name: str, tmp_path: Path) -> None:
    source = make(name, tmp_path / "made")
    (tmp_path / "file").write_bytes(bytes(range(256)))
    (tmp_path / "folder").mkdir()
    files = [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file())
    for path in files:
        path.write_bytes(bytes(range(256)) * 4)
    for path in (source, tmp_path / "file", tmp_path / "folder"):
        told: list[PoseactError] = []
        try:
            list(DATASETS[name].read(path, on_broken=told.append))
        except PoseactError as error:
            told.append(error)
        assert told
        assert not [error for error in told if others_words(str(error))]


@pytest.mark.parametrize("name", FORMATS)
def test_whoever_wants_to_hears_of_every_broken_file(name: str, tmp_path: Path) -> None:
    source = make(name, tmp_path)
    files = [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file())
    for path in files:
        path.write_bytes(b"")
    heard: list[SourceError] = []
    try:
        clips = list(DATASETS[name].read(source, on_broken=heard.append))
    except PoseactError:
        return  # nothing of it could be read
    assert heard and not clips


@pytest.mark.parametrize("name", [name for name in FORMATS if DATASETS[name].write is not None])
def test_what_is_written_is_read_again_exactly(name: str, tmp_path: Path) -> None:
    first = list(read_clips(make(name, tmp_path / "given")))
    write = DATASETS[name].write
    assert write is not None
    target = tmp_path / ("again" if DATASETS[name].writes_folder else f"again{DATASETS[name].suffix}")
    write(first, target)
    assert detect_format(target).name == name
    second = {clip.name: clip for clip in read_clips(target)}
    assert len(second) == len(first)
    for clip in first:
        same(clip, second[clip.name])


def test_a_path_of_no_known_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(SourceError, match="--format"):
        detect_format(tmp_path)
    with pytest.raises(SourceError, match="no such"):
        detect_format(tmp_path / "nowhere")
    with pytest.raises(InvalidInputError, match="known"):
        read_clips(tmp_path, "penn")
