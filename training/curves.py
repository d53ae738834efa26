"""Draw a run's history, so that over-fitting and a wrong learning rate can be seen at a glance."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # no display is needed, and none is asked for
from matplotlib.figure import Figure


def plot(history: Sequence[dict[str, float]], path: Path, title: str) -> None:
    """The loss on the left axis, the validation numbers on the right, by epoch, as a PNG."""
    epochs = [numbers["epoch"] for numbers in history]
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    left = figure.add_subplot()
    left.plot(epochs, [numbers["loss"] for numbers in history], color="tab:gray", label="training loss")
    left.set_xlabel("epoch")
    left.set_ylabel("training loss")
    right = left.twinx()
    for key in history[0]:
        if key not in ("epoch", "loss", "seconds"):
            right.plot(epochs, [numbers[key] for numbers in history], marker=".", label=f"validation {key}")
    right.set_ylabel("validation")
    right.legend(loc="center right")
    left.set_title(title)
    figure.savefig(path, dpi=110)
