"""Pre-activation residual networks (He et al. 2016b)."""

from xray_resnet.models.builder import DEPTHS, build_model
from xray_resnet.models.preact_resnet import PreActResNet
from xray_resnet.models.pretrained import from_timm, load_pretrained

__all__ = ["DEPTHS", "PreActResNet", "build_model", "from_timm", "load_pretrained"]
