"""What can be watched of a training: a bar or a line a minute, the table of epochs, TensorBoard and MLflow."""

from xray_resnet.training.watching.announce import Announce, keep_silent, print_now
from xray_resnet.training.watching.bar import ImagesBar, is_watched
from xray_resnet.training.watching.board import ShowOnBoard
from xray_resnet.training.watching.history import EpochHistory
from xray_resnet.training.watching.loggers import build_loggers
from xray_resnet.training.watching.minutes import SayEachMinute

__all__ = [
    "Announce",
    "EpochHistory",
    "ImagesBar",
    "SayEachMinute",
    "ShowOnBoard",
    "build_loggers",
    "is_watched",
    "keep_silent",
    "print_now",
]
