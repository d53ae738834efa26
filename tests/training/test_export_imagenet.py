"""The command makes both models from a small network and drawn photos, and says what is missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.models.vision_transformer import VisionTransformer

from engine.session import open_session
from engine.spec import read_spec
from tests.conftest import CLASSES, draw_photo
from training import export_imagenet
from training.data import DataError
from training.export_imagenet import ProjectedResNet, choose_photos, main
from training.projection import fit_pca
from training.quality import batches, measure

SIDE = 64


def small_resnet(_: Path | None = None) -> ResNet:
    """A network built like ResNet-50, with one block a stage: 512 pooled features."""
    torch.manual_seed(2)
    network = ResNet(BasicBlock, [1, 1, 1, 1])
    network.fc = torch.nn.Identity()
    network.train()(torch.randn(16, 3, SIDE, SIDE))
    return network.eval()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything of the command but its sizes."""
    sizes = {"height": SIDE, "width": SIDE, "resize": SIDE}
    monkeypatch.setattr(export_imagenet, "RESNET50", replace(export_imagenet.RESNET50, embedding_size=8, **sizes))
    monkeypatch.setattr(export_imagenet, "RESNET50_FEATURES", 512)
    monkeypatch.setattr(export_imagenet, "RESNET50_EMBEDDING", 8)
    monkeypatch.setattr(export_imagenet, "HELD_OUT", 4)
    monkeypatch.setattr(export_imagenet, "RANGES", 6)
    monkeypatch.setattr(export_imagenet, "FIT", 20)
    monkeypatch.setattr(export_imagenet, "resnet50", small_resnet)


def draw(folder: Path, each: int, first: int) -> None:
    for position, label in enumerate(CLASSES):
        (folder / label).mkdir(parents=True)
        for number in range(each):
            draw_photo(label, 1000 * position + first + number).save(folder / label / f"{number}.jpg", quality=92)


def test_the_map_says_where_the_embedding_comes_from() -> None:
    network = small_resnet()
    image = torch.randn(3, 3, SIDE, SIDE)
    with torch.inference_mode():
        pooled = network(image).numpy()
        projection = fit_pca(np.random.default_rng(0).normal(size=(40, 512)).astype(np.float32) + pooled[:1], 8)
        embedding, features = ProjectedResNet(network, projection).eval()(image)
    assert features.shape == (3, 8, 2, 2)
    torch.testing.assert_close(features.mean(dim=(2, 3)), embedding)
    np.testing.assert_allclose(embedding.numpy(), projection.apply(pooled), atol=1e-4)


def test_no_photo_is_held_out_and_used(small: None, photo_folder: Path) -> None:
    photos = choose_photos(photo_folder)
    assert (len(photos.held_out), len(photos.ranges), len(photos.fit)) == (4, 6, 20)
    assert not set(photos.held_out) & {*photos.ranges, *photos.fit}
    assert choose_photos(photo_folder) == photos
    assert photos.held_out != tuple(sorted(photo_folder.rglob("*.jpg"))[:4])


def test_too_few_photos_are_refused(small: None, photo_folder: Path) -> None:
    for path in list(photo_folder.rglob("*.jpg"))[:8]:
        path.unlink()
    with pytest.raises(DataError, match="holds 16 photos; at least 21 are needed"):
        choose_photos(photo_folder)


def test_the_command_makes_the_projected_8_bit_network(small: None, tmp_path: Path) -> None:
    draw(tmp_path / "photos", 6, 0)
    draw(tmp_path / "data" / "gallery", 3, 100)
    draw(tmp_path / "data" / "query", 1, 200)
    out = tmp_path / "models" / "resnet50-imagenet.onnx"
    arguments = ["--calibration", str(tmp_path / "photos"), "--quality", str(tmp_path / "data"), "--out", str(out)]
    assert main(["resnet50", *arguments]) == 0
    spec = read_spec(out)
    assert (spec.name, spec.embedding_size) == ("resnet50-imagenet", 8)
    assert spec.quality["measured on"] == "data: 12 photos ranked for each of 4 queries, 4 labels"
    least, mean = (spec.quality[f"cosine to the float network, {which}"] for which in ("least", "mean"))
    assert isinstance(least, float)
    assert isinstance(mean, float)
    assert 0.98 <= least <= mean < 1
    session = open_session(out.read_bytes(), out)
    photos = sorted((tmp_path / "data" / "query").rglob("*.jpg"))
    embedding, features = session.run(["embedding", "features"], {"image": next(batches(spec, photos))})
    np.testing.assert_allclose(features.mean(axis=(2, 3)), embedding, atol=1e-4)
    assert sorted(quantised_convolutions(out)) == [False] * 5 + [True] * 8


def quantised_convolutions(path: Path) -> list[bool]:
    nodes = onnx.load(path).graph.node
    made_by = {output: node.op_type for node in nodes for output in node.output}
    return [made_by.get(node.input[1]) == "DequantizeLinear" for node in nodes if node.op_type == "Conv"]


def test_the_command_writes_vit_tiny_with_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(4)
    network = VisionTransformer(image_size=32, patch_size=16, num_layers=2, num_heads=2, hidden_dim=12, mlp_dim=16)
    network.heads = torch.nn.Identity()
    small = replace(export_imagenet.VIT_TINY, height=32, width=32, resize=32, embedding_size=12)
    monkeypatch.setattr(export_imagenet, "VIT_TINY", small)
    monkeypatch.setattr(export_imagenet, "vit_tiny", lambda _: network)
    draw(tmp_path / "data" / "gallery", 3, 100)
    draw(tmp_path / "data" / "query", 1, 200)
    out = tmp_path / "vit-tiny-imagenet.onnx"
    assert main(["vit-tiny", "--quality", str(tmp_path / "data"), "--out", str(out)]) == 0
    spec = read_spec(out)
    assert replace(spec, quality={}) == replace(small, path=out, file_size=out.stat().st_size)
    measured = measure(spec, tmp_path / "data")
    assert spec.quality["mAP"] == pytest.approx(measured.metrics["map"].value, abs=1e-4)
    assert list(spec.quality)[:3] == ["mAP", "P@1", "mean rank"]  # the window shows the first three


def test_missing_weights_are_one_line_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "vit.onnx"
    assert main(["vit-tiny", "--weights", str(tmp_path / "none.pth"), "--out", str(out)]) == 1
    assert main(["vit-tiny", "--out", str(out)]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("none.pth: the file of weights does not exist")
    assert "--weights FILE" in second
    assert not out.exists()


def test_resnet50_without_photos_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["resnet50", "--out", str(tmp_path / "resnet.onnx")])
    assert "needs --calibration DIR" in capsys.readouterr().err
