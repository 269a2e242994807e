"""Training in several processes: who they are, what they tell each other, and batch norm over the images of all."""

from xray_resnet.training.distributed.collectives import count_processes, gather_all, sum_of_all
from xray_resnet.training.distributed.processes import ALONE, Processes, find_processes
from xray_resnet.training.distributed.synchronised_norm import SynchroniseNorms

__all__ = ["ALONE", "Processes", "SynchroniseNorms", "count_processes", "find_processes", "gather_all", "sum_of_all"]
