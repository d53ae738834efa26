"""The training loop that every network shares: seeded step by step, so that a resumed run equals one never stopped."""

import copy
import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from training import checkpoint

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
BEST = "best.pt"
_SAVE_EVERY_SECONDS = 300  # at most this much is lost to a power cut; Ctrl+C loses nothing


@dataclass(frozen=True)
class LoopSettings:
    """How a network is optimised."""

    epochs: int
    batch_size: int
    learning_rate: float  # at its height; it rises over `warm_up` of the steps, then falls to 0 as a cosine
    weight_decay: float = 0.05
    warm_up: float = 0.1
    average: float = 0.99  # the weights that are validated and kept follow the trained ones with this decay per step
    seed: int = 0
    select_by: str = "map"  # the validation number that chooses the epoch


class Task(Protocol):
    """What the loop trains."""

    train_count: int

    @property
    def network(self) -> nn.Module: ...

    def loss(self, rows: Tensor, epoch: int, generator: torch.Generator) -> Tensor:
        """The loss of one batch; `rows` int64 [B] are positions in the training pictures."""
        ...

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Validation numbers, larger is better; `network` is the averaged copy, in evaluation mode."""
        ...

    def parameter_groups(self) -> Iterable[dict[str, Any]]:
        """What is trained; `scale` in a group multiplies the learning rate."""
        ...


def multiplies_bf16(device: torch.device) -> bool:
    """Whether the hardware multiplies bf16 natively; elsewhere it would only cost precision."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    abilities = torch.cpu.get_capabilities()
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))


def autocast(device: torch.device) -> torch.autocast:
    """bf16 where it is faster."""
    return torch.autocast(device.type, torch.bfloat16, enabled=multiplies_bf16(device))


def choose_device(name: str) -> torch.device:
    """`cpu`, `cuda` or `auto` (CUDA where there is one). Raises ValueError when CUDA is asked for and missing."""
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda: torch sees no CUDA device here; use --device cpu or auto")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def seeded(*parts: int) -> torch.Generator:
    """A generator that depends on all `parts` and on nothing that ran before."""
    value = 0x9E3779B97F4A7C15
    for part in parts:
        value = (value ^ (part + 1)) * 0xBF58476D1CE4E5B9 % (1 << 64)
        value ^= value >> 31
    return torch.Generator().manual_seed(value >> 1)


def learning_rate_share(done: float, warm_up: float) -> float:
    """The learning rate at the share `done` of all steps, as a share of its height."""
    if done < warm_up:
        return done / warm_up
    return 0.5 + 0.5 * math.cos(math.pi * (done - warm_up) / (1 - warm_up))


def _without_epochs(description: dict[str, Any]) -> dict[str, Any]:
    """A run may be made longer or shorter when it goes on: the rest of its schedule is then stretched or shortened."""
    return {
        key: {name: item for name, item in value.items() if name != "epochs"} if isinstance(value, dict) else value
        for key, value in description.items()
    }


@contextmanager
def _interrupt_at_step() -> Iterator[threading.Event]:
    """Turn the first Ctrl+C into an event, so that no step is left half done; the second one interrupts as ever."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.getsignal(signal.SIGINT)

    def note(_number: int, _frame: object) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


@torch.no_grad()
def _follow(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    for kept, current in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(current, 1 - decay)
        else:
            kept.copy_(current)


class Fit:
    """One run: `run()` trains from where the checkpoint in `folder` stopped, or from the start."""

    def __init__(self, task: Task, settings: LoopSettings, folder: Path, description: dict[str, Any]) -> None:
        """`description` is what is needed to build the network again; it is kept in the checkpoint, and a checkpoint
        with another one is refused (CheckpointError)."""
        self.task = task
        self.settings = settings
        self.folder = folder
        self.description = {**description, "loop": asdict(settings)}
        self.device = next(task.network.parameters()).device
        groups = [{"params": list(g["params"]), "scale": g.get("scale", 1.0)} for g in task.parameter_groups()]
        self.optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate, weight_decay=settings.weight_decay)
        self.averaged = copy.deepcopy(task.network).eval()
        self.epoch = 0
        self.step = 0
        self.history: list[dict[str, float]] = []
        self.best = -math.inf
        self._loss_sum = 0.0
        self._saved_at = time.monotonic()
        self._interrupted = threading.Event()

    def run(self, on_epoch: Callable[[list[dict[str, float]]], None] | None = None) -> list[dict[str, float]]:
        """Train to the end; returns one dict of numbers per epoch. At Ctrl+C the step is finished, a checkpoint is
        written and KeyboardInterrupt raised."""
        self._load()
        with _interrupt_at_step() as interrupted:
            self._interrupted = interrupted
            while self.epoch < self.settings.epochs:
                self._one_epoch()
                if on_epoch is not None:
                    on_epoch(self.history)
        return self.history

    def _one_epoch(self) -> None:
        settings, task = self.settings, self.task
        steps = max(1, task.train_count // settings.batch_size)
        order = torch.randperm(task.train_count, generator=seeded(settings.seed, self.epoch))
        task.network.train()
        started = time.monotonic()
        label = f"epoch {self.epoch + 1}/{settings.epochs}"
        with tqdm(total=steps, initial=self.step, desc=label, unit="step", disable=None) as bar:
            while self.step < steps:
                self._one_step(order, steps)
                if self._interrupted.is_set():
                    self._save()
                    log.warning("stopped in epoch %d; the same command goes on from there", self.epoch + 1)
                    raise KeyboardInterrupt
                bar.update()
                bar.set_postfix(loss=f"{self._loss_sum / self.step:.3f}")
                if time.monotonic() - self._saved_at > _SAVE_EVERY_SECONDS:
                    self._save()
        numbers = {"epoch": self.epoch + 1, "loss": self._loss_sum / steps, **task.validate(self.averaged)}
        numbers["seconds"] = round(time.monotonic() - started, 1)
        self.history.append(numbers)
        self.epoch, self.step, self._loss_sum = self.epoch + 1, 0, 0.0
        log.info("%s", "  ".join(f"{key} {value:.4g}" for key, value in numbers.items()))
        if numbers[settings.select_by] > self.best:
            self.best = numbers[settings.select_by]
            checkpoint.save(
                self.folder / BEST,
                {"description": self.description, "validation": numbers, "state": self.averaged.state_dict()},
            )
        self._save()

    def _one_step(self, order: Tensor, steps: int) -> None:
        settings = self.settings
        generator = seeded(settings.seed, self.epoch, self.step)
        torch.manual_seed(generator.initial_seed())  # dropout draws from the global generator
        done = (self.epoch * steps + self.step + 1) / (settings.epochs * steps)
        share = learning_rate_share(done, settings.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = settings.learning_rate * share * group["scale"]
        rows = order[self.step * settings.batch_size : (self.step + 1) * settings.batch_size]
        with autocast(self.device):
            loss = self.task.loss(rows, self.epoch, generator)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss.item()} in epoch {self.epoch + 1}: lower --learning-rate")
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self._loss_sum += loss.item()
        self.step += 1
        # Early on the average would mostly remember the random start.
        total = self.epoch * steps + self.step
        _follow(self.averaged, self.task.network, min(settings.average, total / (total + 10)))

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        checkpoint.save(
            self.folder / CHECKPOINT,
            {
                "description": self.description,
                "network": self.task.network.state_dict(),
                "averaged": self.averaged.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "epoch": self.epoch,
                "step": self.step,
                "loss_sum": self._loss_sum,
                "history": self.history,
                "best": self.best,
            },
        )

    def _load(self) -> None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        kept = checkpoint.load(path)
        before, now = _without_epochs(kept["description"]), _without_epochs(self.description)
        if before != now:
            changed = sorted(key for key in now if before.get(key) != now[key])
            raise checkpoint.CheckpointError(
                f"{path} is of a run with other settings ({', '.join(changed)}): choose another --out"
            )
        self.task.network.load_state_dict(kept["network"])
        self.averaged.load_state_dict(kept["averaged"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.epoch, self.step, self._loss_sum = kept["epoch"], kept["step"], kept["loss_sum"]
        self.history, self.best = kept["history"], kept["best"]
        log.info("goes on from epoch %d, step %d", self.epoch + 1, self.step)
