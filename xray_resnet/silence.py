"""What libraries do unasked on import: ask a network, write into the home folder. To be imported before them.

- OpenVINO sends an event to an analytics host and keeps a client id in `~/intel`; if the package `openvino_telemetry`
  cannot be imported it takes a stub of its own instead.
- albumentations asks the package registry for a newer release.
- MLflow reports to an analytics host which of its functions are called.
- matplotlib keeps a list of fonts in `~/.cache` and makes a folder in `~/.config`.
"""

import os
import sys
import tempfile
from functools import cache

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"


@cache
def keep_matplotlib_out_of_home() -> tempfile.TemporaryDirectory[str] | None:
    """Gives matplotlib a folder that is removed when this process ends, unless the user has named one or imported it.

    Returns:
        The folder, which lasts as long as it is held; this function holds it.
    """
    if "matplotlib" in sys.modules or "MPLCONFIGDIR" in os.environ:
        return None
    try:
        folder = tempfile.TemporaryDirectory(prefix="xray_resnet-matplotlib-", ignore_cleanup_errors=True)
    except OSError:  # no room for temporary files: matplotlib does without its list
        return None
    os.environ["MPLCONFIGDIR"] = folder.name
    return folder
