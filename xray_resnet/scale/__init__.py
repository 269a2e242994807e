"""The same map over files, on a local pool of processes or on a Ray cluster (`ray_tasks`, which needs the extra)."""

from xray_resnet.scale.heartbeat import beat
from xray_resnet.scale.limits import Limits
from xray_resnet.scale.local import map_in_processes, resolve_workers

__all__ = ["Limits", "beat", "map_in_processes", "resolve_workers"]
