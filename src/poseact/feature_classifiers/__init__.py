"""Classifiers of feature vectors, one vector a clip: chosen on the training part, saved without pickle.

Fitting needs the extra ``train`` (scikit-learn); classifiers saved as ONNX run without it.
"""

from poseact.feature_classifiers.fitted import ClassifierInfo, FeatureClassifier
from poseact.feature_classifiers.fitting import Fit, fit_classifier
from poseact.feature_classifiers.judged import Shared, judge_table
from poseact.feature_classifiers.saving import load_classifier, save_classifier
from poseact.feature_classifiers.settings import CHOICES, Setting, settings_of
from poseact.feature_classifiers.validation import CrossValidation, cross_validate

__all__ = [
    "CHOICES",
    "ClassifierInfo",
    "CrossValidation",
    "FeatureClassifier",
    "Fit",
    "Setting",
    "Shared",
    "cross_validate",
    "fit_classifier",
    "judge_table",
    "load_classifier",
    "save_classifier",
    "settings_of",
]
