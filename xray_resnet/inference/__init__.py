"""Files to predictions, without torch."""

from xray_resnet.inference.pipeline import Predictor
from xray_resnet.inference.to_folder import BatchSummary, predict_to_folder
from xray_resnet.predictions import Prediction

__all__ = ["BatchSummary", "Prediction", "Predictor", "predict_to_folder"]
