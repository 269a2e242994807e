"""Residual networks from parts; pre-activation (He et al. 2016b) unless asked otherwise."""

from xray_resnet.architecture import DEPTHS, Architecture
from xray_resnet.models.builder import build_model
from xray_resnet.models.preact_resnet import PreActResNet
from xray_resnet.models.pretrained import from_timm, load_pretrained

__all__ = ["DEPTHS", "Architecture", "PreActResNet", "build_model", "from_timm", "load_pretrained"]
