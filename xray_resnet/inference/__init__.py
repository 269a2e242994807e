"""Files to predictions, without torch."""

from xray_resnet.inference.pipeline import Predictor
from xray_resnet.inference.prediction import Prediction
from xray_resnet.inference.to_folder import Summary, predict_to_folder

__all__ = ["Prediction", "Predictor", "Summary", "predict_to_folder"]
