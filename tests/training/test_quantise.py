"""The 8-bit file keeps the embeddings, uses weights that overflow nowhere, and is refused when it loses too much."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from engine.embedder import open_embedder
from engine.evaluate import Evaluation, Queries, evaluate
from engine.gallery import Gallery
from engine.metric import Metric
from engine.spec import ModelSpec, read_spec
from tests.training.test_onnx_file import make_spec
from training import onnx_file, quantise
from training.onnx_file import ParityError
from training.quality import batches, embed, measure
from training.quantise import Agreement

SIDE = 32


class Net(nn.Module):
    """Two convolutions around a residual block, so that every operator that is quantised occurs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(11)
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))
        self.block = nn.Sequential(nn.Conv2d(16, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16))
        self.project = nn.Conv2d(16, 8, 1)
        self.block(self.stem(torch.randn(16, 3, SIDE, SIDE)))  # so that batch norm has something to fold

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(image)
        return self.project(torch.relu(self.block(x) + x)).mean(dim=(2, 3))


@pytest.fixture(scope="module")
def floating(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    path = tmp_path_factory.mktemp("float") / "net.onnx"
    onnx_file.write(Net(), make_spec(height=SIDE, width=SIDE, resize=SIDE, embedding_size=8), path)
    return read_spec(path)


@pytest.fixture
def photos(photo_folder: Path) -> list[Path]:
    return sorted(path for path in photo_folder.rglob("*") if path.is_file())


@pytest.fixture
def int8(floating: ModelSpec, photos: list[Path], tmp_path: Path) -> ModelSpec:
    return quantise.quantise(floating.path, tmp_path / "int8.onnx", photos[::2])


def weights_of(path: Path) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


def test_photos_it_has_not_seen_keep_their_embeddings(floating: ModelSpec, int8: ModelSpec, photos: list[Path]) -> None:
    measured = quantise.agreement(floating, int8, photos[1::2])
    assert measured.pictures == 12
    assert 0.99 < measured.minimum <= measured.mean < 1
    quantise.check_agreement(measured)


def test_the_description_is_the_float_files(floating: ModelSpec, int8: ModelSpec) -> None:
    assert replace(int8, path=floating.path, file_size=floating.file_size) == floating


def test_weights_have_seven_bits_and_a_scale_for_each_channel(int8: ModelSpec) -> None:
    model = onnx.load(int8.path)
    weights = weights_of(int8.path)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    made_by = {output: node for node in model.graph.node for output in node.output}
    assert len(convolutions) == 3
    for node in convolutions:
        dequantise = made_by[node.input[1]]
        assert dequantise.op_type == "DequantizeLinear"
        weight, scale = (weights[name] for name in dequantise.input[:2])
        assert weight.dtype == np.int8
        assert np.abs(weight.astype(int)).max() == 64  # 7 bits, and all of them are used
        assert scale.shape == weight.shape[:1]
        activation = made_by[node.input[0]]
        assert weights[activation.input[2]].dtype == np.uint8
    assert not any(node.op_type == "BatchNormalization" for node in model.graph.node)


def test_integer_kernels_agree_with_the_same_arithmetic_in_float(int8: ModelSpec, photos: list[Path]) -> None:
    """Products that overflow, as 8-bit weights do on processors without VNNI, would show here."""
    image = next(batches(int8, photos, len(photos)))
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    plain = ort.InferenceSession(int8.path, options, providers=["CPUExecutionProvider"]).run(None, {"image": image})[0]
    quick = open_embedder(int8).embed(image).vectors
    assert quantise.compare_embeddings(plain, quick).minimum > 0.999


def test_nodes_that_lose_much_can_stay_in_float(floating: ModelSpec, photos: list[Path], tmp_path: Path) -> None:
    first = next(node for node in onnx.load(floating.path).graph.node if node.op_type == "Conv")
    spec = quantise.quantise(floating.path, tmp_path / "mixed.onnx", photos[:4], keep_float=[first.name])
    kept = next(node for node in onnx.load(spec.path).graph.node if node.name == first.name)
    assert weights_of(spec.path)[kept.input[1]].dtype == np.float32


def test_without_photos_there_is_nothing_to_calibrate_with(floating: ModelSpec, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="need photos"):
        quantise.quantise(floating.path, tmp_path / "int8.onnx", [])


def test_a_tampered_file_is_refused(floating: ModelSpec, int8: ModelSpec, photos: list[Path]) -> None:
    model = onnx.load(int8.path)
    weight = max(
        (tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.INT8),
        key=lambda tensor: len(tensor.raw_data),
    )
    weight.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(weight), weight.name))
    onnx_file.save(model, int8, int8.path)
    measured = quantise.agreement(floating, read_spec(int8.path), photos)
    with pytest.raises(ParityError, match="8 bits change the embeddings too much"):
        quantise.check_agreement(measured)


def test_agreement_is_the_cosine_of_each_pair() -> None:
    left = np.array([[1, 0], [3, 4]], np.float32)
    right = np.array([[2, 0], [4, 3]], np.float32)
    assert quantise.compare_embeddings(left, right) == Agreement(2, pytest.approx(0.96), pytest.approx(0.98))
    with pytest.raises(ParityError, match="not finite"):
        quantise.compare_embeddings(left, np.full((2, 2), np.nan, np.float32))


def evaluation(order: tuple[float, ...]) -> Evaluation:
    """One query of label a, whose two photos and one other lie at the given angles from it."""
    angles = np.array(order)
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    gallery = Gallery.from_arrays(["a/0", "a/1", "b/0"], vectors, "net")
    queries = Queries(["q"], ["a"], np.array([[1, 0]], np.float32), [None])
    return evaluate(gallery, ["a", "a", "b"], Metric.COSINE, queries)


def test_a_loss_of_quality_is_refused() -> None:
    good, worse = evaluation((0.1, 0.2, 0.3)), evaluation((0.1, 0.3, 0.2))  # mAP 1 and (1 + 2/3) / 2
    assert quantise.check_quality(worse, good) == pytest.approx(-1 / 6)
    assert quantise.check_quality(good, worse, maximum_loss=0.17) == pytest.approx(1 / 6)
    with pytest.raises(ParityError, match=r"from 1\.0000 to 0\.8333"):
        quantise.check_quality(good, worse)


def test_quality_is_measured_on_labelled_folders(floating: ModelSpec, photo_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    photo_folder.rename(data / "gallery")
    for label in ("blue", "red"):
        (data / "query" / label).mkdir(parents=True)
        (data / "gallery" / label / "0.jpg").rename(data / "query" / label / "0.jpg")
    result = measure(floating, data)
    assert (result.model, result.gallery_size, result.names) == ("net", 22, ("blue/0.jpg", "red/0.jpg"))
    photos = [path for path in sorted((data / "gallery").rglob("*")) if path.is_file()]
    query = embed(floating, [data / "query" / "blue" / "0.jpg"])[0]
    vectors = embed(floating, photos)
    cosines = vectors @ query / np.linalg.norm(vectors, axis=1)
    ranks = 1 + np.flatnonzero(np.array([photos[i].parent.name for i in np.argsort(-cosines)]) == "blue")
    assert result.per_class[0].metrics["map"] == pytest.approx((np.arange(1, 6) / ranks).mean())


def test_the_start_of_a_deep_network_and_its_head_stay_in_float(
    floating: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert quantise.sensitive_nodes(floating.path) == []  # of three convolutions there is none to spare
    monkeypatch.setattr(quantise, "DEEP", 3)
    monkeypatch.setattr(quantise, "FLOAT_CONVOLUTIONS", 1)
    names = set(quantise.sensitive_nodes(floating.path))
    kept = [node.op_type for node in onnx.load(floating.path).graph.node if node.name in names]
    assert kept.count("Conv") == 1
    assert kept[0] == "Conv"
    assert kept[-1] == "ReduceMean"
