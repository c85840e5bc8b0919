"""The documentation names every command, data format and option that there is."""

from pathlib import Path

import pytest
from typer.main import get_command

from poseact.cli import app
from poseact.datasets import DATASETS
from poseact.options import typed_options

ROOT = Path(__file__).parents[1]
TEXTS = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    top = get_command(app).commands  # type: ignore[attr-defined]
    out = []
    for name, command in top.items():
        inner = getattr(command, "commands", None)
        out += [name] if inner is None else [f"{name} {sub}" for sub in inner]
    return out


@pytest.mark.parametrize("name", commands())
def test_every_command_is_in_the_documentation(name: str) -> None:
    assert f"poseact {name}" in " ".join(TEXTS.split())


@pytest.mark.parametrize("name", DATASETS)
def test_every_data_format_is_in_the_documentation(name: str) -> None:
    row = next(line for line in DATA.splitlines() if line.startswith("|") and f"`{name}`" in line)
    for protocol in DATASETS[name].protocols:
        assert f"`{protocol}`" in row


VIDEO_OPTIONS = {"cache", "estimator", "estimator_options", "workers", "fps", "path"}


@pytest.mark.parametrize("name", DATASETS)
def test_every_option_of_a_reader_is_in_the_documentation(name: str) -> None:
    options = set(typed_options(DATASETS[name].read, ("on_broken", "listener"))[1:]) - VIDEO_OPTIONS
    row = next(line for line in DATA.splitlines() if line.startswith("|") and f"`{name}`" in line)
    assert not [option for option in options if f"`{option}" not in row]


def test_what_is_written_is_in_the_documentation() -> None:
    written = DATA[DATA.index("Written are") :].split("\n\n")[0]
    for one in DATASETS.values():
        assert (f"`{one.name}`" in written) == (one.write is not None)
