"""What a training starts from: the network of a configuration, with fresh weights or those that it names."""

from xray_resnet.training.start.start import Start, build_architecture, build_fresh, build_start

__all__ = ["Start", "build_architecture", "build_fresh", "build_start"]
