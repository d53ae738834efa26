"""An exported file computes what the network computes, says what it is, and is refused when either fails."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from engine.embedder import open_embedder
from engine.errors import ModelError
from engine.metric import Metric
from engine.spec import ModelSpec, read_spec
from training import onnx_file
from training.onnx_file import ParityError

SIDE = 16


def make_spec(**changes: object) -> ModelSpec:
    spec = ModelSpec(
        name="net",
        purpose="To be tested.",
        height=SIDE,
        width=SIDE,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        interpolation="bilinear",
        resize=SIDE,
        crop="center",
        embedding_size=6,
        metric=Metric.COSINE,
        unit_norm=False,
        labels=None,
        training_data="none",
        quality={},
        licence="MIT",
        path=Path("net.onnx"),
        file_size=0,
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


class Net(nn.Module):
    """Convolution, batch norm that has seen data, and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.convolution = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(6, 4)
        self.norm(self.convolution(torch.randn(8, 3, SIDE, SIDE)))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        embedding = torch.relu(self.norm(self.convolution(image))).mean(dim=(2, 3))
        return embedding, self.head(self.dropout(embedding))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Net, Path, float]:
    network = Net()
    path = tmp_path_factory.mktemp("written") / "folder" / "net.onnx"
    difference = onnx_file.write(network.train(), make_spec(labels=tuple("abcd")), path, ("embedding", "logits"))
    return network, path, difference


def test_the_file_computes_what_torch_computes(written: tuple[Net, Path, float]) -> None:
    network, path, difference = written
    image = np.random.default_rng(1).normal(size=(5, 3, SIDE, SIDE)).astype(np.float32)
    embedded = open_embedder(read_spec(path)).embed(image)
    with torch.inference_mode():
        vectors, logits = network.eval()(torch.from_numpy(image))
    assert 0 <= difference < onnx_file.TOLERANCE
    np.testing.assert_allclose(embedded.vectors, vectors.numpy(), atol=1e-5)
    assert embedded.logits is not None
    np.testing.assert_allclose(embedded.logits, logits.numpy(), atol=1e-5)


def test_the_description_comes_back_as_it_was_given(written: tuple[Net, Path, float]) -> None:
    _, path, _ = written
    assert read_spec(path) == make_spec(labels=tuple("abcd"), path=path, file_size=path.stat().st_size)
    assert [item.name for item in path.parent.iterdir()] == ["net.onnx"]  # nothing temporary is left


def test_the_file_tells_nothing_about_the_machine_that_made_it(written: tuple[Net, Path, float]) -> None:
    content = written[1].read_bytes()
    assert b"site-packages" not in content
    assert str(Path.cwd()).encode() not in content


def test_outputs_in_another_order_are_refused_and_the_network_is_left_in_its_mode(tmp_path: Path) -> None:
    network = Net().train()
    swapped = ("logits", "embedding")
    with pytest.raises(ParityError, match="`logits` has 6 values; the description says 4"):
        onnx_file.write(network, make_spec(labels=tuple("abcd")), tmp_path / "net.onnx", swapped)
    assert network.training
    assert network.norm.training
    assert list(tmp_path.iterdir()) == []


def test_a_tampered_weight_is_found(written: tuple[Net, Path, float]) -> None:
    network, path, _ = written
    model = onnx.load(path)
    weight = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    changed = numpy_helper.to_array(weight).copy()
    changed.flat[0] += 0.05
    weight.CopyFrom(numpy_helper.from_array(changed, weight.name))
    names = ("embedding", "logits")
    assert onnx_file.verify(network.eval(), path.read_bytes(), SIDE, SIDE, names) < 1e-4
    with pytest.raises(ParityError, match="differs from the torch network by"):
        onnx_file.verify(network.eval(), model.SerializeToString(), SIDE, SIDE, names)


@pytest.mark.parametrize("names", [("embedding",), ("logits", "embedding")])
def test_outputs_of_other_names_are_refused(written: tuple[Net, Path, float], names: tuple[str, ...]) -> None:
    network, path, _ = written
    with pytest.raises(ParityError, match="outputs are embedding, logits"):
        onnx_file.verify(network.eval(), path.read_bytes(), SIDE, SIDE, names)


def test_another_shape_is_refused(written: tuple[Net, Path, float]) -> None:
    class Wider(Net):
        def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
            embedding, logits = super().forward(image)
            return torch.cat([embedding, embedding], 1), logits

    with pytest.raises(ParityError, match=r"has the shape \[1, 6\]; torch gives \[1, 12\]"):
        onnx_file.verify(Wider().eval(), written[1].read_bytes(), SIDE, SIDE, ("embedding", "logits"))


def test_a_value_that_is_not_finite_is_refused(written: tuple[Net, Path, float]) -> None:
    network = Net().eval()
    with torch.no_grad():
        network.head.bias[0] = torch.inf
    with pytest.raises(ParityError, match="not finite"):
        onnx_file.verify(network, written[1].read_bytes(), SIDE, SIDE, ("embedding", "logits"))


def test_a_network_that_does_not_repeat_itself_leaves_no_file(tmp_path: Path) -> None:
    class Drifting(Net):
        offset = 0.0

        def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
            embedding, logits = super().forward(image)
            return embedding + self.offset, logits

    network = Drifting()
    network.register_forward_hook(lambda module, *_: setattr(module, "offset", 1.0))
    with pytest.raises(ParityError):
        onnx_file.write(network, make_spec(), tmp_path / "net.onnx", ("embedding", "logits"))
    assert list(tmp_path.iterdir()) == []


def test_figures_are_added_without_touching_the_network(written: tuple[Net, Path, float], tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    model = onnx.load(written[1])
    entry = model.metadata_props.add()
    entry.key, entry.value = "author", "somebody"
    onnx.save(model, path)
    described = onnx_file.describe(path, replace(read_spec(path), quality={"mAP": 0.25}))
    assert described.quality == {"mAP": 0.25}
    assert described == read_spec(path)
    after = onnx.load(path)
    assert after.graph == model.graph
    assert {item.key for item in after.metadata_props} == {"author", "semblance"}


def test_a_description_that_the_engine_would_refuse_changes_nothing(written: tuple[Net, Path, float]) -> None:
    _, path, _ = written
    before = path.read_bytes()
    with pytest.raises(ModelError, match="std"):
        onnx_file.describe(path, replace(read_spec(path), std=(0.0, 1.0, 1.0)))
    assert path.read_bytes() == before
