"""The training command from folders to a finished run, stopped and resumed."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training import cnn, recipes, train
from training.checkpoint import CheckpointError
from training.loop import CHECKPOINT, Fit, LoopSettings, learning_rate_share
from training.registry import load_model


class Line:
    """Fits a line with dropout, so that a run depends on every draw of chance."""

    train_count = 24

    def __init__(self, stop_at: int | None = None) -> None:
        torch.manual_seed(7)
        self.network = nn.Sequential(nn.Dropout(0.2), nn.Linear(3, 1))
        self.x = torch.randn(24, 3, generator=torch.Generator().manual_seed(1))
        self.y = self.x.sum(1, keepdim=True)
        self.calls = 0
        self.stop_at = stop_at

    def loss(self, rows: Tensor, _epoch: int, generator: torch.Generator) -> Tensor:
        self.calls += 1
        if self.calls == self.stop_at:
            import signal

            signal.raise_signal(signal.SIGINT)
        noise = torch.randn(len(rows), 3, generator=generator) * 0.1
        return (self.network(self.x[rows] + noise) - self.y[rows]).square().mean()

    @torch.no_grad()
    def validate(self, network: nn.Module) -> dict[str, float]:
        return {"map": -float((network(self.x) - self.y).square().mean())}

    def parameter_groups(self) -> list[dict[str, Any]]:
        return [{"params": self.network.parameters()}]


SETTINGS = LoopSettings(epochs=3, batch_size=4, learning_rate=0.05)


def test_a_resumed_run_equals_one_never_stopped(tmp_path: Path) -> None:
    straight = Line()
    history = Fit(straight, SETTINGS, tmp_path / "straight", {}).run()
    with pytest.raises(KeyboardInterrupt):
        Fit(Line(stop_at=9), SETTINGS, tmp_path / "stopped", {}).run()
    resumed = Line()
    resumed_history = Fit(resumed, SETTINGS, tmp_path / "stopped", {}).run()
    assert resumed.calls == 18 - 9  # the step in which Ctrl+C came was finished and kept
    for ours, theirs in zip(resumed.network.parameters(), straight.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for ours_numbers, numbers in zip(resumed_history, history, strict=True):
        assert {k: v for k, v in ours_numbers.items() if k != "seconds"} == {
            k: v for k, v in numbers.items() if k != "seconds"
        }
    assert history[-1]["loss"] < history[0]["loss"]


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    Fit(Line(), SETTINGS, tmp_path, {}).run()
    again = Line()
    Fit(again, SETTINGS, tmp_path, {}).run()
    assert again.calls == 0


def test_a_checkpoint_with_other_settings_is_refused(tmp_path: Path) -> None:
    Fit(Line(), SETTINGS, tmp_path, {"model": "one"}).run()
    with pytest.raises(CheckpointError, match="model"):
        Fit(Line(), SETTINGS, tmp_path, {"model": "other"}).run()
    longer = LoopSettings(epochs=4, batch_size=4, learning_rate=0.05)
    assert len(Fit(Line(), longer, tmp_path, {"model": "one"}).run()) == 4


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=CHECKPOINT):
        Fit(Line(), SETTINGS, tmp_path, {}).run()


def test_the_learning_rate_rises_then_falls_to_zero() -> None:
    assert learning_rate_share(0.05, 0.1) == pytest.approx(0.5)
    assert learning_rate_share(0.1, 0.1) == pytest.approx(1.0)
    assert learning_rate_share(0.55, 0.1) == pytest.approx(0.5)
    assert learning_rate_share(1.0, 0.1) == pytest.approx(0.0)


@pytest.fixture
def small_cnn(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same network on smaller pictures."""
    monkeypatch.setattr(recipes, "WORKING_SIDE", 40)
    monkeypatch.setattr(recipes, "CnnConfig", lambda: cnn.CnnConfig(side=32, start_side=32, embedding_size=16))
    yield
    logging.basicConfig(force=True)


@pytest.mark.usefixtures("small_cnn")
def test_the_command_trains_a_cnn_and_says_what_it_did(labelled_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = ["cnn", "--data", str(labelled_data), "--out", str(out), "--epochs", "2", "--batch-size", "8"]
    assert train.main([*command, "--device", "cpu"]) == 0
    log = (out / "log.txt").read_text(encoding="utf-8")
    for words in (
        "argv: training.train cnn",
        "seed 0, device cpu",
        "36 pictures of 3 classes",
        "'learning_rate': 0.002",
    ):
        assert words in log
    assert (out / "curves.png").stat().st_size > 1000
    description, network = load_model(out)
    assert description["classes"] == ["blue", "green", "red"]
    vectors, logits = network(torch.rand(2, 3, 32, 32))
    assert vectors.shape == (2, description["embedding_size"])
    assert logits.shape == (2, 3)
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))


@pytest.mark.usefixtures("small_cnn")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cnn", "--data", "{data}/nowhere"], "is not a folder"),
        (["siamese", "--data", "{data}"], "--body RUN"),
        (["siamese", "--data", "{data}", "--body", "{data}"], "there is no"),
        (["resnet50", "--data", "{data}", "--weights", "{data}/none.pth"], "none.pth"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    arguments: list[str], words: str, labelled_data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    command = [argument.format(data=labelled_data) for argument in arguments]
    assert train.main([*command, "--out", str(out), "--device", "cpu"]) == 2
    assert words in (out / "log.txt").read_text(encoding="utf-8").splitlines()[-1]
