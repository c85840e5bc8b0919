"""What is told of a path: one data set for sure, several, or what is there instead."""

from pathlib import Path

import dataset_generators as generators
import fake_hmdb51
import fake_ucf11
import fake_ucf101
import pytest

from poseact.datasets import DATASETS, detect_format
from poseact.datasets.g3d import CLASS_FOLDERS
from poseact.errors import SourceError

PUBLIC = {
    "hmdb51": [name.rsplit("/", 1)[1] for name in fake_hmdb51.FILES],
    "ucf101": [name.rsplit("/", 1)[1] for name in fake_ucf101.FILES],
    "ucf11": [name.rsplit("/", 1)[1] for name in fake_ucf11.FILES],
}


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("below", ["{}", "own/{}", "own/v_x_01/{}", "own/v_x_01/deep/{}"])
def test_a_few_videos_of_a_public_set_do_not_make_it_that_set(name: str, below: str, tmp_path: Path) -> None:
    mine = [f"{'walk' if i % 2 else 'sit'}/{i}.mp4" for i in range(40)]
    root = touch(tmp_path / "mine", *mine, *(below.format(one) for one in PUBLIC[name]))
    assert detect_format(root).name == "video-folder"


@pytest.mark.parametrize("name", PUBLIC)
def test_one_strange_video_in_ten_does_not_hide_a_public_set(name: str, tmp_path: Path) -> None:
    depth = "a/v_a_01/" if name == "ucf11" else "a/"
    number = {"hmdb51": "x_a_u_nm_np1_ba_med_{}", "ucf101": "v_A_g01_c{:02}", "ucf11": "v_a_01_{:02}"}[name]
    root = touch(tmp_path, *(f"{depth}{number.format(i)}.avi" for i in range(19)), f"{depth}mine.avi")
    assert detect_format(root).name == name
    touch(tmp_path, *(f"{depth}mine{i}.avi" for i in range(3)))
    assert not DATASETS[name].detect(root)


def test_videos_at_another_depth_are_not_a_public_set(tmp_path: Path) -> None:
    deeper = [f"sets/punch/{name}" for name in PUBLIC["hmdb51"]]
    assert not DATASETS["hmdb51"].detect(touch(tmp_path, *deeper))


def test_g3d_with_classes_of_ones_own_is_a_folder_of_videos(tmp_path: Path) -> None:
    root = touch(tmp_path, *(f"{name}/1.mp4" for name in CLASS_FOLDERS))
    assert detect_format(root).name == "g3d"
    touch(tmp_path, "Jump/1.mp4")
    assert detect_format(root).name == "video-folder"


def test_a_folder_of_data_sets_is_told_with_their_names(tmp_path: Path) -> None:
    """As a folder of downloads is: sets, and videos of which a few have the names of a public set."""
    generators.jhmdb(tmp_path / "jhmdb")
    generators.sbu_interaction(tmp_path / "sbu")
    touch(tmp_path, *(f"videos/{i}.mp4" for i in range(20)), *(f"videos/{n}" for n in PUBLIC["hmdb51"]))
    touch(tmp_path, "more/a.mp4", "notes.txt")
    with pytest.raises(SourceError) as error:
        detect_format(tmp_path)
    expected = "holds several data sets: jhmdb/ (jhmdb), sbu/ (sbu-interaction): name one"
    assert str(error.value) == f"{tmp_path}: {expected}"
    assert not (tmp_path / "poseact-poses").exists()


def test_a_folder_around_a_data_set_names_it(tmp_path: Path) -> None:
    generators.jhmdb(tmp_path / "set")
    touch(tmp_path, "notes.txt")
    with pytest.raises(SourceError, match=r"is no data set itself, but holds set/ \(jhmdb\): name that"):
        detect_format(tmp_path)


def test_a_table_of_videos_in_a_folder_is_to_be_named(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "labels.csv").write_text("path,label\na.mp4,wave\n")
    with pytest.raises(
        SourceError, match=r"is no data set itself, but holds labels.csv \(videos\): name that"
    ):
        detect_format(tmp_path)
    touch(tmp_path, "sit/c.mp4", "walk/d.mp4")
    with pytest.raises(
        SourceError, match=r"class folders and labels.csv \(videos\): name the CSV, or add --for"
    ):
        detect_format(tmp_path)


_FOUND = {
    "a.csv": (b"a,b,c\n1,2,3\n", "a .csv with the header a,b,c"),
    "wide.csv": (b"abc," * 99, "a .csv with the header abc,"),
    "latin.csv": ("ä,b\n".encode("cp1252"), "a .csv that cannot be read: .* not in UTF-8"),
    "empty.csv": (b"", "an empty file"),
    "cut.json": (b'{"people": [{"pose', "a JSON file that ends early"),
    "text.json": (b"hello, world, this is text", "a .json file with something else in line 1"),
    "object.json": (b'{"a": 1, "b": 2}', "a JSON object with the keys a, b"),
    "list.json": (b'[{"x": 1}]', "a JSON list of objects with the keys x"),
    "deep.json": (b"[" * 100_000, "a JSON file that is nested too deep"),
    "plain.json": (b"5", "a JSON file of another form"),
    "a.mp4": (b"x", "a video file: give its folder, or use poseact predict"),
    "a.docx": (b"x", "a file that ends with .docx"),
    "README": (b"x", "a file without suffix"),
}


@pytest.mark.parametrize("name", _FOUND)
def test_what_is_there_instead_is_said(name: str, tmp_path: Path) -> None:
    content, message = _FOUND[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=f"looks like none of the known formats: {message}") as error:
        detect_format(tmp_path / name)
    assert str(error.value).endswith("else name it with --format: poseact data formats lists them")
    assert "\n" not in str(error.value) and len(str(error.value)) < 600


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "an empty folder"),
        (
            ("a.mp4",),
            "a folder with 1 video that lies in no class folder: make a folder for each class, or a",
        ),
        (("a.mp4", "b.avi", "c.mov", "d.txt"), "a folder with 3 videos that lie in no class folder"),
        (("a.txt", "b.txt", "c.doc", "d/e.txt"), "a folder with 2 .txt files, 1 .doc file, 1 folder"),
    ],
)
def test_what_a_folder_holds_instead_is_said(names: tuple[str, ...], message: str, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(SourceError, match=message):
        detect_format(touch(tmp_path / "set", *names))
