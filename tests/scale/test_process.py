"""What a worker process settles for itself."""

import platform
import subprocess
import sys

import pytest

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


def count_new_pages(statement: str) -> int:
    """Pages that a second array of 64 MiB makes anew in a process of its own, after `statement`, when one was freed."""
    program = f"""
import resource
import numpy as np
from xray_resnet.scale.process import keep_all_freed_memory
{statement}
first = np.ones(2**23)
del first
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(2**23)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    return int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library decides by itself what it keeps")
def test_memory_that_is_kept_needs_no_new_pages() -> None:
    assert count_new_pages("keep_all_freed_memory()") < 10 < count_new_pages("pass")
