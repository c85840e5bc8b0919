"""The model zoo: one file a family, each model a line in `MODELS`."""

from poseact.models.base import ActionNet, ClosedFormNet, Recipe
from poseact.models.ddnet import DDNet
from poseact.models.keypoint_cnn3d import KeypointCNN3D
from poseact.models.lstm import LSTM
from poseact.models.poseconv3d import PoseConv3D
from poseact.models.projection_lstm import ProjectionLSTM
from poseact.models.recurrent_features import RecurrentFeatures
from poseact.models.rocket import Rocket
from poseact.models.stgcn import STGCN
from poseact.models.stgcnpp import STGCNPlusPlus
from poseact.models.tcn import TCN
from poseact.models.transformer import Transformer

# Name on the command line -> class. Others are passed as ``package.module:Name``.
MODELS: dict[str, type[ActionNet]] = {
    "ddnet": DDNet,
    "lstm": LSTM,
    "keypoint_cnn3d": KeypointCNN3D,
    "poseconv3d": PoseConv3D,
    "projection_lstm": ProjectionLSTM,
    "recurrent_features": RecurrentFeatures,
    "rocket": Rocket,
    "stgcn": STGCN,
    "stgcn++": STGCNPlusPlus,
    "tcn": TCN,
    "transformer": Transformer,
}

__all__ = ["MODELS", "ActionNet", "ClosedFormNet", "Recipe"]
