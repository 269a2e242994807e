"""The end of a run: its best weights as a bundle; and if it ends before its time, what is kept and how to go on."""

from xray_resnet.training.delivery.bundle import deliver
from xray_resnet.training.delivery.ending import end_run
from xray_resnet.training.delivery.interruption import TrainingInterruptedError, saying_how_to_go_on

__all__ = ["TrainingInterruptedError", "deliver", "end_run", "saying_how_to_go_on"]
