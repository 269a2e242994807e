"""What a worker process settles for itself."""

import subprocess
import sys

SCRIPT = """
import resource
resource.setrlimit(resource.RLIMIT_DATA, (8 << 30, 8 << 30))
from xray_resnet.scale.process import limit_memory
limit_memory(1 << 40)
print(resource.getrlimit(resource.RLIMIT_DATA)[0] >> 30)
"""


def test_a_lower_limit_of_the_system_stands() -> None:
    shown = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert shown.stdout == "8\n"
