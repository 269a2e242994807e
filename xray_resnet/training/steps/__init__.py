"""A step of training: the network with its loss and optimiser, what it draws at random, and when it diverged."""

from xray_resnet.training.steps.builder import build_classifier
from xray_resnet.training.steps.classifier import Classifier
from xray_resnet.training.steps.divergence import DivergedError, naming_images
from xray_resnet.training.steps.randomness import SeedSteps

__all__ = ["Classifier", "DivergedError", "SeedSteps", "build_classifier", "naming_images"]
