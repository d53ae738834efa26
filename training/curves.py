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


def plot_ratios(scores: Sequence[tuple[str, float]], path: Path) -> None:
    """Validation mAP of every ratio of positive to negative pairs, as a PNG of bars."""
    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.add_subplot()
    bars = axes.bar([name for name, _ in scores], [score for _, score in scores], color="tab:blue")
    axes.bar_label(bars, fmt="%.3f")
    low = min(score for _, score in scores)
    axes.set_ylim(max(0.0, low - 0.1))
    axes.set_xlabel("positive : negative pairs")
    axes.set_ylabel("validation mAP")
    figure.savefig(path, dpi=110)
