"""Training: from labelled clips to a model file, with validation, curves and a card."""

from poseact.training.config import TrainConfig, load_config
from poseact.training.material import Material, gather
from poseact.training.run import TrainResult, train

__all__ = ["Material", "TrainConfig", "TrainResult", "gather", "load_config", "train"]
