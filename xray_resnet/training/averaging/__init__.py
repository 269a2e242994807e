"""Averages of weights: the moving average that is validated and delivered, and that of the last epochs (soup)."""

from xray_resnet.training.averaging.delivered import find_delivered, gather_delivered
from xray_resnet.training.averaging.moving_average import AverageWeights
from xray_resnet.training.averaging.soup import PREFIX, AverageEpochs, find_soup, is_soup_better

__all__ = [
    "PREFIX",
    "AverageEpochs",
    "AverageWeights",
    "find_delivered",
    "find_soup",
    "gather_delivered",
    "is_soup_better",
]
