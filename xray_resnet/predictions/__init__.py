"""What is said of a file: one row, one set of columns, and the tables that hold them."""

from xray_resnet.predictions.prediction import Prediction
from xray_resnet.predictions.row import list_columns, to_row
from xray_resnet.predictions.table import FORMATS, WRITERS, read_predictions

__all__ = ["FORMATS", "WRITERS", "Prediction", "list_columns", "read_predictions", "to_row"]
