"""What a plain `pip install poseact` must be enough for."""

import ast
import importlib.metadata
import subprocess
import sys

import pytest

import poseact

# Training, plotting and other heavy things that the main job has to do without.
_HEAVY = ("torch", "lightning", "scipy", "sklearn", "matplotlib", "onnx", "pandas", "rtmlib", "mediapipe")
# What only the extra `train` brings to life.
_TRAINING = ("poseact.models", "poseact.training", "poseact.model_export", "poseact.ensembling")
_WALK = """
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({heavy!r}))  # None: as if it were not installed
import poseact
failed = []
for module in pkgutil.walk_packages(poseact.__path__, "poseact.", onerror=lambda name: None):
    try:
        importlib.import_module(module.name)
    except ImportError:
        failed.append(module.name)
print(failed)
"""
_COMMAND = """
import sys
sys.modules.update(dict.fromkeys({heavy!r}))
from poseact.cli import main
sys.argv = ["poseact", *{arguments!r}]
main()
"""


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_base_install_can_import_everything_but_training() -> None:
    failed = ast.literal_eval(_python(_WALK.format(heavy=_HEAVY)))
    assert [name for name in failed if not name.startswith(_TRAINING)] == []
    assert "poseact.models" in failed


@pytest.mark.parametrize(
    "arguments", [["train", ".", "-m", "lstm"], ["models", "--zoo"], ["ensemble", "a", "-o", "b"]]
)
def test_a_base_install_says_what_training_needs(arguments: list[str]) -> None:
    code = _COMMAND.format(heavy=_HEAVY, arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'poseact[train]'" in done.stderr and len(done.stderr.splitlines()) == 1


def test_base_dependencies_are_light() -> None:
    required = importlib.metadata.requires("poseact") or []
    base = {line.split(">")[0].split("=")[0].strip() for line in required if "extra ==" not in line}
    assert base == {
        "ai-edge-litert",
        "av",
        "lapx",
        "numpy",
        "onnxruntime",
        "opencv-python-headless",
        "platformdirs",
        "rich",
        "typer",
    }


def test_importing_poseact_loads_no_video_or_network_library() -> None:
    code = "import sys, poseact; print(sorted(set(sys.modules) & {'cv2', 'av', 'onnxruntime', 'numpy'}))"
    assert _python(code) == "[]"


def test_every_public_name_can_be_had() -> None:
    for name in poseact.__all__:
        assert getattr(poseact, name) is not None
    assert set(poseact.__all__) <= set(dir(poseact))
