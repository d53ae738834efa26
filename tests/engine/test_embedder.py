"""Networks that are not what their description says, or fail while they run, are refused with what is wrong."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

from engine import session
from engine.embedder import Embedder, open_embedder
from engine.errors import ModelError
from engine.spec import read_spec
from tests.tiny_models import SIDE, description

Port = tuple[str, int, list[int | str]]

FLOAT, DOUBLE = TensorProto.FLOAT, TensorProto.DOUBLE
IMAGE: Port = ("image", FLOAT, ["batch", 3, SIDE, SIDE])
EMBEDDING: Port = ("embedding", FLOAT, ["batch", 3])
LARGE = 1024


def mean(of: str = "image", to: str = "embedding", axes: Sequence[int] = (2, 3)) -> NodeProto:
    return helper.make_node("ReduceMean", [of], [to], axes=list(axes), keepdims=0)


def five(of: str, to: str) -> NodeProto:
    """Five values out of three."""
    return helper.make_node("MatMul", [of, "five"], [to])


def surprise(of: str, to: str) -> list[NodeProto]:
    """Five values out of three, which nobody can know before it runs."""
    return [
        five(of, "all"),
        helper.make_node("Constant", [], ["zero"], value_float=0.0),
        helper.make_node("Constant", [], ["count"], value_float=5.0),
        helper.make_node("Constant", [], ["first"], value_ints=[0]),
        helper.make_node("Constant", [], ["axis"], value_ints=[1]),
        helper.make_node("ReduceMin", ["image"], ["darkest"], keepdims=0),
        helper.make_node("Mul", ["darkest", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "count"], ["sum"]),
        helper.make_node("Cast", ["sum"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["whole", "axis"], ["last"]),
        helper.make_node("Slice", ["all", "first", "last", "axis"], [to]),
    ]


def network(path: Path, inputs: Sequence[Port], outputs: Sequence[Port], nodes: Sequence[NodeProto]) -> Path:
    """A model whose description promises 3 values and 2 logits of a picture, and whose network is this one."""
    graph = helper.make_graph(
        nodes,
        "given",
        [helper.make_tensor_value_info(*port) for port in inputs],
        [helper.make_tensor_value_info(*port) for port in outputs],
        [
            numpy_helper.from_array(np.eye(3, 5, dtype=np.float32), "five"),
            numpy_helper.from_array(np.eye(LARGE, dtype=np.float32), "large"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    text = json.dumps(description("given", embedding_size=3, labels=["a", "b"]))
    helper.set_model_props(model, {"semblance": text})
    onnx.save(model, str(path))
    return path


def opened(path: Path) -> Embedder:
    return open_embedder(read_spec(path), threads=1)


def pictures(count: int = 2) -> np.ndarray:
    return np.random.default_rng(0).random((count, 3, SIDE, SIDE), dtype=np.float32)


WRONG: dict[str, tuple[list[Port], list[Port], list[NodeProto], str]] = {
    "another name": ([("picture", *IMAGE[1:])], [EMBEDDING], [mean("picture")], "one input, `image`, not: pic"),
    "two inputs": (
        [IMAGE, ("more", FLOAT, [3])],
        [EMBEDDING],
        [mean(to="mean"), helper.make_node("Add", ["mean", "more"], ["embedding"])],
        "must have one input, `image`, not: image, more",
    ),
    "three dimensions": ([("image", FLOAT, ["b", 3, SIDE])], [EMBEDDING], [mean(axes=[2])], "tensor with 4 dimensions"),
    "doubles": (
        [("image", DOUBLE, IMAGE[2])],
        [EMBEDDING],
        [mean(to="mean"), helper.make_node("Cast", ["mean"], ["embedding"], to=FLOAT)],
        r"`image` must be a float32 tensor with 4 dimensions, not tensor\(double\)",
    ),
    "grey": (
        [("image", FLOAT, ["b", 1, SIDE, SIDE])],
        [EMBEDDING],
        [mean(to="mean"), helper.make_node("Concat", ["mean"] * 3, ["embedding"], axis=1)],
        "the channels of `image` is 1; the description says 3",
    ),
    "low": ([("image", FLOAT, ["b", 3, 16, SIDE])], [EMBEDDING], [mean()], "the height of `image` is 16"),
    "narrow": ([("image", FLOAT, ["b", 3, SIDE, 16])], [EMBEDDING], [mean()], "the width of `image` is 16"),
    "one at a time": (
        [("image", FLOAT, [1, 3, SIDE, SIDE])],
        [("embedding", FLOAT, [1, 3])],
        [mean()],
        "must be left open, but is fixed to 1",
    ),
    "another output": ([IMAGE], [("vector", FLOAT, ["b", 3])], [mean(to="vector")], "must be `embedding`, not: vector"),
    "maps": ([IMAGE], [("embedding", FLOAT, ["b", 3, SIDE])], [mean(axes=[3])], "`embedding` must be a float32 tensor"),
    "too long": (
        [IMAGE],
        [("embedding", FLOAT, ["b", 5])],
        [mean(to="mean"), five("mean", "embedding")],
        "`embedding` has 5 values; the description says 3",
    ),
    "too many labels": (
        [IMAGE],
        [EMBEDDING, ("logits", FLOAT, ["b", 5])],
        [mean(), five("embedding", "logits")],
        "`logits` has 5 values; the description says 2",
    ),
}


@pytest.mark.parametrize("wrong", list(WRONG))
def test_a_network_that_contradicts_its_description_is_refused_before_it_runs(tmp_path: Path, wrong: str) -> None:
    inputs, outputs, nodes, words = WRONG[wrong]
    path = network(tmp_path / "given.onnx", inputs, outputs, nodes)
    with pytest.raises(ModelError, match=words) as refused:
        opened(path)
    assert refused.value.path == path


def test_a_network_that_leaves_its_sizes_open_is_measured_by_what_comes_out(tmp_path: Path) -> None:
    loose: Port = ("embedding", FLOAT, ["b", "n"])
    path = network(tmp_path / "1.onnx", [IMAGE], [loose], [mean(to="mean"), *surprise("mean", "embedding")])
    with pytest.raises(ModelError, match=r"came out as \[2, 5\] for 2 pictures; the description says 3"):
        opened(path).embed(pictures())
    loose = ("logits", FLOAT, ["b", "n"])
    path = network(tmp_path / "2.onnx", [IMAGE], [EMBEDDING, loose], [mean(), *surprise("embedding", "logits")])
    with pytest.raises(ModelError, match=r"`logits` came out as \[2, 5\]; the description has 2 labels"):
        opened(path).embed(pictures())


def test_a_sound_network_gives_what_it_computes(tmp_path: Path) -> None:
    embedder = opened(network(tmp_path / "1.onnx", [IMAGE], [EMBEDDING], [mean()]))
    batch = pictures()
    found = embedder.embed(batch)
    assert found.vectors == pytest.approx(batch.mean(axis=(2, 3)), abs=1e-6)
    assert found.logits is None
    assert embedder.features(batch) is None


def test_the_cpu_takes_a_few_pictures_at_once_and_their_answers_stay_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = [EMBEDDING, ("logits", FLOAT, ["b", 2])]
    first_two = helper.make_node("Gather", ["embedding", "places"], ["logits"], axis=1)
    places = helper.make_node("Constant", [], ["places"], value_ints=[0, 1])
    embedder = opened(network(tmp_path / "1.onnx", [IMAGE], outputs, [mean(), places, first_two]))
    run, sizes = session.Session.run, []

    def counted(self: session.Session, names: Sequence[str], feed: dict[str, Any]) -> list[Any]:
        sizes.append(len(feed["image"]))
        return run(self, names, feed)

    monkeypatch.setattr(session.Session, "run", counted)
    batch = pictures(11)
    found = embedder.embed(batch)
    assert sizes == [4, 4, 3]
    assert found.vectors == pytest.approx(batch.mean(axis=(2, 3)), abs=1e-6)
    assert found.logits == pytest.approx(batch.mean(axis=(2, 3))[:, :2], abs=1e-6)


MEMORY = """
from pathlib import Path
import numpy as np
from engine.embedder import open_embedder
from engine.spec import read_spec

def mib():
    return int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0]) // 1024

embedder = open_embedder(read_spec(Path("models/resnet50-actions.onnx")), threads=2)
start, batch = mib(), np.zeros((16, 3, embedder.spec.height, embedder.spec.width), np.float32)
for _ in range(2):
    embedder.embed(batch)
print(mib() - start)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts memory as Linux does")
def test_a_batch_leaves_little_memory_with_onnxruntime() -> None:
    """Its own ways would keep 800 MiB of the largest network here: a plan of all activations beside those of the first
    batch, sixteen pictures at once, and each block twice as large as the last."""
    answer = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) < 200


def test_what_is_no_batch_of_pictures_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    embedder = opened(network(tmp_path / "1.onnx", [IMAGE], [EMBEDDING], [mean()]))
    for wrong in (pictures()[0], pictures().astype(np.float64), pictures()[:, :, :-1]):
        with pytest.raises(ValueError, match="expected float32"):
            embedder.embed(wrong)
    with pytest.raises(ValueError, match="empty"):
        embedder.embed(pictures()[:0])


def test_a_file_that_has_gone_or_changed_since_it_was_listed_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    spec = read_spec(tiny_model)
    tiny_model.write_bytes(tiny_model.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="changed"):
        open_embedder(spec)
    tiny_model.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        open_embedder(spec)


def test_a_network_that_runs_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some hundred products of large matrices: each takes milliseconds, and after each it can be stopped."""
    grown = [
        helper.make_node("Constant", [], ["rows"], value_ints=[LARGE, LARGE]),
        helper.make_node("ReduceMax", ["image"], ["largest"], keepdims=0),
        helper.make_node("Expand", ["largest", "rows"], ["step0"]),
        *(helper.make_node("MatMul", [f"step{n}", "large"], [f"step{n + 1}"]) for n in range(400)),
        helper.make_node("ReduceMax", ["step400"], ["end"], keepdims=0),
        mean(to="mean"),
        helper.make_node("Add", ["mean", "end"], ["embedding"]),
    ]
    embedder = opened(network(tmp_path / "slow.onnx", [IMAGE], [EMBEDDING], grown))
    monkeypatch.setattr(session, "MAX_SECONDS", 0.01)
    with pytest.raises(ModelError, match="ran for more than 0 s"):
        embedder.embed(pictures(1))


# What computes.


def test_an_unknown_provider_is_a_mistake_of_the_caller(tiny_model: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown provider 'abacus'; there are: cpu, cuda"):
        open_embedder(read_spec(tiny_model), "abacus")


def test_a_provider_that_is_not_offered_is_told_and_the_cpu_takes_over(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.ort, "get_available_providers", lambda: ["CPUExecutionProvider", "Unheard"])
    embedder = open_embedder(read_spec(tiny_model), "cuda", 1)
    assert embedder.provider == "cpu"
    assert embedder.notice == "cuda is not offered by the installed onnxruntime (cpu): running on cpu"
    assert len(embedder.embed(pictures()).vectors) == 2


@pytest.mark.parametrize("starts", [False, True])
def test_a_provider_that_does_not_start_or_is_passed_over_is_told(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, starts: bool
) -> None:
    """The first of what onnxruntime says it uses counts. There is no such hardware here: that answer alone is made."""
    create = session._create

    def without_hardware(data: bytes, path: Path, providers: Sequence[str], threads: int | None) -> Any:
        if providers[0] == "cuda" and not starts:
            raise ModelError(path, "no device")
        return create(data, path, ["cpu"], threads)

    monkeypatch.setattr(session, "available_providers", lambda: ["cuda", "cpu"])
    monkeypatch.setattr(session, "_create", without_hardware)
    embedder = open_embedder(read_spec(tiny_model), "cuda", 1)
    assert embedder.provider == "cpu"
    told = "cuda was asked for, but onnxruntime chose cpu" if starts else "cuda could not start (no device): running"
    assert embedder.notice is not None
    assert embedder.notice.startswith(told)


def test_a_provider_that_starts_is_used_without_a_word(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = SimpleNamespace(get_providers=lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    real = session._create(tiny_model.read_bytes(), tiny_model, ["cpu"], 1)
    inner.get_inputs, inner.get_outputs, inner.run = real.get_inputs, real.get_outputs, real.run
    monkeypatch.setattr(session, "available_providers", lambda: ["cuda", "cpu"])
    monkeypatch.setattr(session, "_create", lambda *_: inner)
    embedder = open_embedder(read_spec(tiny_model), "cuda")
    assert (embedder.provider, embedder.notice) == ("cuda", None)
