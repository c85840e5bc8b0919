"""Pose estimation: pictures in, tracked people with named joints out."""

from poseact.pose.base import PersonPose, PoseCollector, PoseEstimator
from poseact.pose.estimators import ESTIMATORS, create_estimator

__all__ = ["ESTIMATORS", "PersonPose", "PoseCollector", "PoseEstimator", "create_estimator"]
