"""The table of all models that can be trained."""

import inspect

from rich.table import Table
from rich.text import Text

from poseact.models import MODELS, ClosedFormNet
from poseact.training.config import SETTING_NAMES


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
    words = "The average of several of these, as one file; options of a member follow its name."
    table.add_row("ensemble", Text(words), Text("members=ddnet,rocket,stgcn++?stream=bone&width=32"))
    table.caption = f"settings of training, for all of them: {', '.join(sorted(SETTING_NAMES))}"
    table.caption_justify = "left"
    return table
