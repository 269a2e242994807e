"""The same map over files, on a local pool of processes."""

from xray_resnet.scale.heartbeat import beat
from xray_resnet.scale.local import Limits, map_in_processes, resolve_workers

__all__ = ["Limits", "beat", "map_in_processes", "resolve_workers"]
