"""What a plain `pip install poseact` must be enough for."""

import importlib.metadata
import subprocess
import sys

import poseact

# Training, plotting and other heavy things that the main job has to do without.
_HEAVY = ("torch", "lightning", "scipy", "sklearn", "matplotlib", "onnx", "pandas", "rtmlib", "mediapipe")
_WALK = """
import importlib, pkgutil, sys
import poseact
for module in pkgutil.walk_packages(poseact.__path__, "poseact."):
    importlib.import_module(module.name)
print(sorted(set(sys.modules) & set({heavy!r})))
"""


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_no_module_of_the_package_imports_anything_heavy() -> None:
    assert _python(_WALK.format(heavy=_HEAVY)) == "[]"


def test_base_dependencies_are_light() -> None:
    required = importlib.metadata.requires("poseact") or []
    base = {line.split(">")[0].split("=")[0].strip() for line in required if "extra ==" not in line}
    assert base == {
        "ai-edge-litert",
        "av",
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
