"""A training that ends before its time says what is kept, and how to go on."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from xray_resnet.errors import UserError
from xray_resnet.runs import Run

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TrainingInterruptedError(UserError):
    """Ctrl-C during training; names the command to go on with."""

    exit_code = 130


@contextmanager
def saying_how_to_go_on(run: Run) -> Iterator[None]:
    """Adds to what ends a training what is kept of it, and the command to go on with.

    Raises:
        UserError: for a mistake of the user and a full disk.
        TrainingInterruptedError: after Ctrl-C.
    """
    go_on = f"go on with: xray-train --resume {run.folder}"
    try:
        yield
    except KeyboardInterrupt:
        raise TrainingInterruptedError(f"interrupted; the last checkpoint is kept, {go_on}") from None
    except UserError as error:
        kept = f"; the last good checkpoint is {run.last_checkpoint}" if run.last_checkpoint.is_file() else ""
        raise type(error)(f"{error}{kept}") from error
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        full = f"{error.filename or run.folder}: {error.strerror}"
        raise UserError(f"{full}; the last checkpoint is kept, free some space, then {go_on}") from error
