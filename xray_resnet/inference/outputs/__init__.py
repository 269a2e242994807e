"""What a batch of predictions is written as: each output is a context that takes them one by one."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from xray_resnet.inference.outputs.context import OutputContext
from xray_resnet.inference.outputs.overlays import write_overlays
from xray_resnet.inference.outputs.tables import write_table
from xray_resnet.predictions import FORMATS, Prediction

Write = Callable[[Prediction], None]
Output = Callable[[OutputContext], AbstractContextManager[Write]]

OUTPUTS: dict[str, Output] = {**{name: write_table(name) for name in FORMATS}, "overlays": write_overlays}
"""Name → output. A table appears whole, or not at all; overlays appear one by one."""
