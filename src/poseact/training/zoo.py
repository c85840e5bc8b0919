"""The table of all models that can be trained."""

import inspect

from rich.table import Table
from rich.text import Text

from poseact.models import MODELS, ClosedFormNet


def zoo_table() -> Table:
    """Name, what it is, its options and the paper, a row a model."""
    table = Table(header_style="bold")
    table.add_column("model", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    table.add_column("options (--set KEY=VALUE)", overflow="fold")
    for name, model in MODELS.items():
        first = (inspect.getdoc(model) or "").split("\n\n")[0].replace("\n", " ")
        kind = " Fitted at once, without epochs." if issubclass(model, ClosedFormNet) else ""
        options = [
            f"{key}={parameter.default}"
            for key, parameter in inspect.signature(model).parameters.items()
            if key not in ("spec", "num_classes")
        ]
        table.add_row(name, Text(first + kind), Text(", ".join(options)))
    return table
