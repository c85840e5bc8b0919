"""The pose estimators by name, and how to make one; outsiders give `package.module:Name`."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from poseact.errors import InvalidInputError
from poseact.options import check_options, typed_options
from poseact.pose.base import PoseEstimator

# By import path: each imports what it needs only when it is made.
ESTIMATORS: Mapping[str, str] = {
    "blazepose": "poseact.pose.blazepose:BlazePose",
    "rtmpose": "poseact.pose.rtmpose:RtmPose",
    "recorded": "poseact.pose.recorded:RecordedPoses",
}
# How to write the options that an estimator cannot do without.
_EXAMPLES = {"poses": "FILE.npz"}


def create_estimator(name: str, **options: Any) -> PoseEstimator:
    """An estimator by its name in `ESTIMATORS`, or by import path ``package.module:Name``.

    The options are the keyword arguments of the estimator's class.

    Raises:
        InvalidInputError: If the name is unknown, the path leads nowhere, or an option does not fit.
    """
    factory = _imported(name)
    check_options(f"estimator {name!r}", factory, options, examples=_EXAMPLES)
    try:
        estimator = factory(**options)
    except TypeError as error:
        raise InvalidInputError(
            f"estimator {name!r}: options {sorted(options)} do not fit ({error})"
        ) from error
    if not isinstance(estimator, PoseEstimator):
        raise InvalidInputError(
            f"estimator {name!r}: expected an object with layout, estimate and reset, found {type(estimator)}"
        )
    return estimator


def _imported(name: str) -> Callable[..., PoseEstimator]:
    module, _, attribute = ESTIMATORS.get(name, name).partition(":")
    if not attribute:
        raise InvalidInputError(
            f"unknown estimator {name!r}: expected one of {', '.join(ESTIMATORS)}, or package.module:Name"
        )
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInputError(f"estimator {name!r} cannot be imported: {error}") from error
    return cast(Callable[..., PoseEstimator], found)


def estimator_options(name: str) -> list[str]:
    """The options of an estimator that can be typed; none if they cannot be told.

    Raises:
        InvalidInputError: If the name is unknown or the path leads nowhere.
    """
    return typed_options(_imported(name))
