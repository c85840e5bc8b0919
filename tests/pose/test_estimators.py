import subprocess
import sys
from typing import Any

import pytest

from poseact.errors import InvalidInputError
from poseact.layouts import COCO17
from poseact.pose import ESTIMATORS, PersonPose, PoseEstimator, create_estimator
from poseact.skeleton import SkeletonLayout
from poseact.video import Frame


class Nobody:
    """An outsider's estimator."""

    def __init__(self, layout: SkeletonLayout = COCO17) -> None:
        self.layout = layout

    def estimate(self, frame: Frame) -> list[PersonPose]:
        return []

    def reset(self) -> None:
        pass


class NoEstimator:
    pass


def test_an_outsiders_estimator_is_made_by_its_import_path() -> None:
    made: PoseEstimator = create_estimator(f"{__name__}:Nobody")
    assert isinstance(made, Nobody) or type(made).__name__ == "Nobody"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("openpose", {}, "expected one of blazepose, rtmpose, recorded"),
        ("no_such_module_here:Thing", {}, "cannot be imported"),
        ("poseact.pose:NoSuchThing", {}, "cannot be imported"),
        (f"{__name__}:NoEstimator", {}, "expected an object with layout, estimate and reset"),
        (f"{__name__}:Nobody", {"speed": 3}, "options .*speed.* do not fit"),
        ("recorded", {}, "do not fit"),
    ],
)
def test_what_cannot_be_made_is_one_clear_error(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        create_estimator(name, **options)


def test_the_three_estimators_are_there() -> None:
    assert list(ESTIMATORS) == ["blazepose", "rtmpose", "recorded"]


def test_naming_the_estimators_imports_no_engine() -> None:
    code = (
        "import sys, poseact.pose\n"
        "heavy = {'ai_edge_litert', 'rtmlib', 'torch', 'onnxruntime', 'mediapipe'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
