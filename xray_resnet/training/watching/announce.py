"""Lines for whoever watches a training: printed at once, or not at all."""

from collections.abc import Callable
from functools import partial

Announce = Callable[[str], None]
"""Gets what the user should see, line by line."""

print_now: Announce = partial(print, flush=True)


def keep_silent(_: str) -> None:
    """Says nothing: where others train together with this process, the first alone has a voice."""
