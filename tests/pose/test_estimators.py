import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from poseact.errors import InvalidInputError, WeightsError
from poseact.layouts import COCO17
from poseact.pose import ESTIMATORS, PersonPose, PoseEstimator, create_estimator
from poseact.pose.estimators import estimator_options
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


class Picky(Nobody):
    """One that must be told something."""

    def __init__(
        self,
        speed: float,
        size: Literal["small", "large"] = "small",
        file: str | Path | None = None,
        layout: SkeletonLayout = COCO17,
    ) -> None:
        del speed, size, file
        len(layout.joint_names) if isinstance(layout, SkeletonLayout) else layout()
        super().__init__(layout)


class Generous(Nobody):
    """One that takes anything."""

    def __init__(self, **options: object) -> None:
        self.options = options
        super().__init__()


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
        (f"{__name__}:Nobody", {"speed": 3}, "no option 'speed'; it has layout"),
        (f"{__name__}:NoEstimator", {"speed": 3}, "no option 'speed'; it has none"),
        (f"{__name__}:Picky", {}, "option 'speed' is missing: add -O speed=VALUE"),
        (f"{__name__}:Picky", {"speed": "fast"}, "option 'speed': expected a number, found 'fast'"),
        (f"{__name__}:Picky", {"speed": True}, "option 'speed': expected a number"),
        (f"{__name__}:Picky", {"speed": 1, "size": "xl"}, "expected one of small, large, found 'xl'"),
        (f"{__name__}:Picky", {"speed": 1, "file": 7}, r"expected a path such as \./7, found 7"),
        (f"{__name__}:Picky", {"speed": 1, "layout": 3}, r"options \['layout', 'speed'\] do not fit"),
        ("recorded", {}, r"option 'poses' is missing: add -O poses=FILE\.npz"),
        (
            "blazepose",
            {"max_person": 1},
            "no option 'max_person'; it has weights, max_persons, smooth, tiles",
        ),
        ("blazepose", {"max_persons": 1.5}, "option 'max_persons': expected a whole number, found 1.5"),
        ("blazepose", {"smooth": "no"}, "option 'smooth': expected true or false, found 'no'"),
        ("rtmpose", {"mode": "fast"}, "expected one of lightweight, balanced, performance"),
    ],
)
def test_what_cannot_be_made_is_one_clear_error(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        create_estimator(name, **options)


def test_options_that_fit_reach_the_estimator() -> None:
    made = create_estimator(f"{__name__}:Generous", speed=3)
    assert isinstance(made, PoseEstimator)
    assert vars(made)["options"] == {"speed": 3}
    create_estimator(f"{__name__}:Picky", speed=1, size="large", file="a.npz")


def test_a_function_can_be_given_in_python_and_is_no_option_to_type() -> None:
    assert estimator_options("blazepose") == ["weights", "max_persons", "smooth", "tiles"]
    with pytest.raises(WeightsError):
        create_estimator("blazepose", weights="none", notify=print)


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
