"""From a finished run to a model file: the same numbers as torch, or nothing."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.embedder import open_embedder
from engine.metric import Metric
from engine.spec import read_spec
from training import export
from training.cnn import CnnConfig, SimpleCnn
from training.data import read_labelled
from training.embedding import JoinedEmbedding
from training.onnx_file import ParityError
from training.recipes import names
from training.registry import Classifier, build, load_model, save_model, spec_of


@pytest.fixture
def run(tmp_path: Path, labelled_data: Path) -> Path:
    """A finished run of a small CNN, untrained: export does not care how good it is."""
    torch.manual_seed(0)
    config = CnnConfig(side=32, embedding_size=16)
    labelled = read_labelled(labelled_data / "train")
    network = Classifier(SimpleCnn(3, 16), JoinedEmbedding(0.5, 1.0)).eval()
    description = {
        "model": "cnn",
        "classes": list(labelled.classes),
        "config": asdict(config),
        "join": {"share": 0.5, "temperature": 1.0},
        "embedding_size": 19,
        "validation": {"mAP": 0.5},
        "validation_pictures": names(labelled)[::4],
    }
    save_model(tmp_path / "run", description, network)
    return tmp_path / "run"


@pytest.mark.parametrize("batch", [1, 8])
def test_the_file_gives_what_torch_gives(run: Path, tmp_path: Path, batch: int) -> None:
    out = tmp_path / "small.onnx"
    spec = export.export(run, out)
    assert (spec.name, spec.embedding_size, spec.labels) == ("simple-cnn", 19, ("blue", "green", "red"))
    assert spec.metric is Metric.COSINE
    image = torch.rand(batch, 3, 32, 32)
    _, network = load_model(run)
    with torch.no_grad():
        vectors, logits = network(image)
    embedded = open_embedder(spec, threads=1).embed(image.numpy())
    np.testing.assert_allclose(embedded.vectors, vectors.numpy(), atol=1e-4)
    assert embedded.logits is not None
    np.testing.assert_allclose(embedded.logits, logits.numpy(), atol=1e-4)
    assert np.linalg.norm(embedded.vectors, axis=1) == pytest.approx(np.ones(batch), abs=1e-5)


def test_eight_bits_are_compared_with_the_float_file(
    run: Path, tmp_path: Path, labelled_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "int8.onnx"
    # An untrained network's ranks are chance, and 8 bits may move them: what is checked here is that both are compared.
    monkeypatch.setattr(export.quantise, "MAXIMUM_MAP_LOSS", 1.0)
    spec = export.export(run, out, int8=labelled_data)
    assert spec.file_size < 1_000_000  # 0.5 million weights, four bytes each in float
    assert read_spec(out).labels == ("blue", "green", "red")
    monkeypatch.setattr(export, "MINIMUM_MEAN_COSINE", 1.1)
    out.unlink()
    with pytest.raises(ParityError, match="8 bits are refused"):
        export.export(run, out, int8=labelled_data)
    assert not out.exists()


def test_the_command_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main([str(tmp_path / "none"), "--out", str(tmp_path / "x.onnx")]) == 2
    assert "train first" in capsys.readouterr().err


def test_a_description_of_an_unknown_kind_is_refused() -> None:
    from training.checkpoint import CheckpointError

    with pytest.raises(CheckpointError, match="'none'; known: cnn"):
        build({"model": "none", "classes": ["a", "b"]})


def test_a_siamese_network_is_described_by_euclidean_distance() -> None:
    description = {
        "model": "siamese",
        "classes": ["a", "b"],
        "config": {"backbone": "vit-tiny", "side": 224, "trained": 2},
        "embedding_size": 128,
    }
    spec = spec_of(description)
    assert (spec.metric, spec.labels, spec.height, spec.crop) == (Metric.EUCLIDEAN, None, 224, "squash")
