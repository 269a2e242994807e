"""Prediction tables as outputs: `predictions.<format>`."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from xray_resnet.inference.outputs.context import OutputContext
from xray_resnet.predictions import WRITERS
from xray_resnet.predictions.table import Format, Write

NAME = "predictions"


def write_table(table_format: Format) -> Callable[[OutputContext], AbstractContextManager[Write]]:
    """The output that writes a table of this format."""

    def write(context: OutputContext) -> AbstractContextManager[Write]:
        return WRITERS[table_format](context.folder / f"{NAME}.{table_format}", context.findings)

    return write
