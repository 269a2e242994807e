"""The same map over files, on a local pool of processes."""

from xray_resnet.scale.local import map_in_processes, resolve_workers

__all__ = ["map_in_processes", "resolve_workers"]
