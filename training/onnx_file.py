"""Write a torch network as an ONNX file that carries its description, and refuse a file that computes anything else."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from engine.atomic import replacing
from engine.session import open_session
from engine.spec import METADATA_KEY, ModelSpec, description_json, read_spec

log = logging.getLogger(__name__)

INPUT = "image"
EMBEDDING = "embedding"
TOLERANCE = 1e-4  # the largest absolute difference from torch, in any value of any output
BATCHES = (1, 8)  # a graph whose batch was frozen by accident passes with one of them alone
OPSET = 18  # LayerNormalization is one node since 17; every onnxruntime that the product supports reads it


class ParityError(Exception):
    """An ONNX file does not compute what the network that it was made from computes."""


def write(network: nn.Module, spec: ModelSpec, path: Path, outputs: Sequence[str] = (EMBEDDING,)) -> float:
    """Export `network`, in evaluation mode, to `path`, verified against torch and with `spec`'s description inside.

    The network takes float32 [N, 3, spec.height, spec.width] and returns one tensor for each name in `outputs` (a
    single tensor, or a tuple in that order), each with the batch first. Returns the largest difference from torch.
    The file appears at `path` only when all went well. Raises ParityError, or ModelError for a wrong description.
    """
    was_training = network.training
    network.eval()
    try:
        model = _export(network, spec.height, spec.width, outputs)
        difference = verify(network, model.SerializeToString(), spec.height, spec.width, outputs)
        _check_sizes(model, spec)
    finally:
        network.train(was_training)
    save(model, spec, path)
    log.info("%s: at most %.1e from torch", path.name, difference)
    return difference


def verify(
    network: nn.Module,
    model: bytes,
    height: int,
    width: int,
    outputs: Sequence[str] = (EMBEDDING,),
    tolerance: float = TOLERANCE,
) -> float:
    """Run the ONNX file `model` in the engine's session and the network in torch on the same random pictures, one and
    eight at a time, and return the largest difference of any output. Raises ParityError above `tolerance`, or when a
    name or shape differs or a value is not finite."""
    session = open_session(model, Path("the exported network"))
    names = [port.name for port in session.outputs]
    if [port.name for port in session.inputs] != [INPUT] or names != list(outputs):
        raise ParityError(f"the file's outputs are {', '.join(names)}; expected {', '.join(outputs)}")
    generator = torch.Generator().manual_seed(0)
    device = _device(network)
    worst = 0.0
    for batch in BATCHES:
        image = torch.randn(batch, 3, height, width, generator=generator)
        with torch.inference_mode():
            expected = _as_tuple(network(image.to(device)))
        got = session.run(names, {INPUT: image.numpy()})
        for name, wanted, found in zip(names, expected, got, strict=True):
            worst = max(worst, _difference(f"`{name}` for {batch} pictures", wanted.cpu().numpy(), found))
    if worst > tolerance:
        raise ParityError(f"the file differs from the torch network by {worst:.2g} (at most {tolerance:g} is allowed)")
    return worst


def describe(path: Path, spec: ModelSpec) -> ModelSpec:
    """Put `spec`'s description into the file at `path` in place of the one that is there, so that figures can be added
    once they are measured; the network stays as it is. Returns the description as the engine reads it back.
    Raises ModelError when it would be refused; the file is then as it was."""
    return save(onnx.load(path), spec, path)


def save(model: onnx.ModelProto, spec: ModelSpec, path: Path) -> ModelSpec:
    """Write `model` to `path` with `spec`'s description, at once or not at all; returns it as the engine reads it
    back. Raises ModelError for a description that the engine would refuse."""
    text = description_json(replace(spec, path=path))
    kept = [(entry.key, entry.value) for entry in model.metadata_props if entry.key != METADATA_KEY]
    del model.metadata_props[:]
    for key, value in [*kept, (METADATA_KEY, text)]:
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(model.SerializeToString())
    return read_spec(path)


def _export(network: nn.Module, height: int, width: int, outputs: Sequence[str]) -> onnx.ModelProto:
    example = torch.zeros(2, 3, height, width, device=_device(network))  # 2: a batch of 1 would be taken as fixed
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        input_names=[INPUT],
        output_names=list(outputs),
        opset_version=OPSET,
        dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
        verbose=False,
    )
    assert program is not None  # it is None only when a file was asked for
    return _tidied(program.model_proto)


def _tidied(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop what the exporter notes about the source of each node (stack traces with the paths of this machine), and
    call the open dimension of every input and output `batch`."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        part.doc_string = ""
        del part.metadata_props[:]
    del graph.value_info[:]
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.checker.check_model(model)
    return model


def _check_sizes(model: onnx.ModelProto, spec: ModelSpec) -> None:
    expected = {EMBEDDING: spec.embedding_size, "logits": len(spec.labels or ())}
    for value in model.graph.output:
        size = value.type.tensor_type.shape.dim[1].dim_value
        if value.name in expected and size != expected[value.name]:
            raise ParityError(f"`{value.name}` has {size} values; the description says {expected[value.name]}")


def _device(network: nn.Module) -> torch.device:
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


def _as_tuple(result: torch.Tensor | Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    return (result,) if isinstance(result, torch.Tensor) else tuple(result)


def _difference(what: str, wanted: NDArray[np.float32], found: NDArray[np.float32]) -> float:
    if wanted.shape != found.shape:
        raise ParityError(f"{what} has the shape {list(found.shape)}; torch gives {list(wanted.shape)}")
    if not (np.isfinite(wanted).all() and np.isfinite(found).all()):
        raise ParityError(f"{what} holds a value that is not finite")
    return float(np.abs(wanted - found).max())
