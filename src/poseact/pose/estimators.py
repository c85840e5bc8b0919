"""The pose estimators by name, and how to make one; outsiders give `package.module:Name`."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from poseact.errors import InvalidInputError
from poseact.pose.base import PoseEstimator


def _blazepose(**options: Any) -> PoseEstimator:
    from poseact.pose.blazepose import BlazePose

    return BlazePose(**options)


def _rtmpose(**options: Any) -> PoseEstimator:
    from poseact.pose.rtmpose import RtmPose

    return RtmPose(**options)


def _recorded(**options: Any) -> PoseEstimator:
    from poseact.pose.recorded import RecordedPoses

    return RecordedPoses(**options)


# Each imports what it needs only when it is made.
ESTIMATORS: Mapping[str, Callable[..., PoseEstimator]] = {
    "blazepose": _blazepose,
    "rtmpose": _rtmpose,
    "recorded": _recorded,
}


def create_estimator(name: str, **options: Any) -> PoseEstimator:
    """An estimator by its name in `ESTIMATORS`, or by import path ``package.module:Name``.

    The options are the keyword arguments of the estimator's class.

    Raises:
        InvalidInputError: If the name is unknown, the path leads nowhere, or an option does not fit.
    """
    factory = ESTIMATORS.get(name) or _imported(name)
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
    module, _, attribute = name.partition(":")
    if not attribute:
        raise InvalidInputError(
            f"unknown estimator {name!r}: expected one of {', '.join(ESTIMATORS)}, or package.module:Name"
        )
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInputError(f"estimator {name!r} cannot be imported: {error}") from error
    return cast(Callable[..., PoseEstimator], found)
