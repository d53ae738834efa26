"""What 8-bit weights and activations gain: resnet50-imagenet as it comes along, against the same network in float32.

`python -m benchmarks.eight_bits [--json] [--rounds N]` needs the extra `dev`. The peer is made from the file itself:
its weights multiplied out, the steps to 8 bits and back left out. Both run in onnxruntime, on all cores, one photo and
sixteen at a time. The bar holds for processors with 8-bit dot products (VNNI, or their like on ARM).
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from benchmarks.photos import SMALL, drawn_jpegs
from benchmarks.ratio import Result, faster, parser, report, take_turns
from engine.decode import load_bytes
from engine.preprocess import decode_side, preprocess
from engine.session import Session, open_session
from engine.spec import bundled_folder, find_model

MODEL = "resnet50-imagenet"
SIZES = (1, 16)
BAR = 2.0
ALIKE = 0.98  # the least cosine of both networks' embeddings: they are the same but for rounding


def in_float(path: Path) -> bytes:
    """The network of a QDQ file in float32.

    An activation whose zero point is the lowest value has lost its ReLU to the quantiser, which cuts at 0 all the same;
    it is put back.
    """
    model = onnx.load(path)
    graph = model.graph
    known = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    passed: dict[str, str] = {}  # what a step to 8 bits or back gave, and what it was given
    kept, weights = [], []
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            passed[node.output[0]] = node.input[0]
            if known[node.input[2]] == 0 and known[node.input[2]].dtype == np.uint8:
                passed[node.output[0]] = f"{node.output[0]}_cut"
                kept.append(onnx.helper.make_node("Relu", [node.input[0]], [passed[node.output[0]]]))
        elif node.op_type == "DequantizeLinear" and node.input[0] in known:
            weights.append(numpy_helper.from_array(_multiplied_out(node, known), node.output[0]))
        elif node.op_type == "DequantizeLinear":
            passed[node.output[0]] = node.input[0]
        else:
            kept.append(node)

    def source(name: str) -> str:
        while name in passed:
            name = passed[name]
        return name

    for node in kept:
        for place, name in enumerate(node.input):
            node.input[place] = source(name)
    for output in graph.output:  # a value may have been called by its own name only behind such a step
        if source(output.name) != output.name:
            kept.append(onnx.helper.make_node("Identity", [source(output.name)], [output.name]))
    used = {name for node in kept for name in node.input}
    initial = [item for item in (*graph.initializer, *weights) if item.name in used]
    for field in (graph.node, graph.initializer, graph.value_info):
        del field[:]
    graph.node.extend(kept)
    graph.initializer.extend(initial)
    return bytes(model.SerializeToString())


def _multiplied_out(node: onnx.NodeProto, known: dict[str, NDArray[np.generic]]) -> NDArray[np.float32]:
    values, scale = known[node.input[0]].astype(np.float32), known[node.input[1]].astype(np.float32)
    zero = known[node.input[2]].astype(np.float32) if len(node.input) > 2 else np.float32(0)
    if scale.ndim:
        axis = next((item.i for item in node.attribute if item.name == "axis"), 1)
        shape = [1] * values.ndim
        shape[axis if values.ndim > 1 else 0] = -1
        scale, zero = scale.reshape(shape), np.reshape(zero, shape)
    return np.asarray((values - zero) * scale, np.float32)


def measured(rounds: int) -> list[Result]:
    """Both sizes of a batch."""
    spec = find_model(MODEL, [bundled_folder()])
    photos = [load_bytes(data, "photo", decode_side(spec)).rgb for data in drawn_jpegs(max(SIZES), SMALL)]
    inputs = np.stack([preprocess(rgb, spec) for rgb in photos])
    ours, peer = (open_session(data, spec.path) for data in (spec.path.read_bytes(), in_float(spec.path)))

    def run(session: Session, count: int) -> NDArray[np.float32]:
        vectors = np.asarray(session.run(["embedding"], {"image": inputs[:count]})[0], np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    cosine = float(np.einsum("nd,nd->n", run(ours, max(SIZES)), run(peer, max(SIZES))).min())
    assert cosine >= ALIKE, f"the networks differ: cosine {cosine:.3f}"
    results = []
    for count in SIZES:
        ways = {"ours": lambda count=count: run(ours, count), "float": lambda count=count: run(peer, count)}
        seconds = take_turns(ways, rounds)
        name, note = f"{MODEL}, {count} at a time", f"least cosine to float {cosine:.4f}"
        results.append(faster(name, seconds["ours"], "in float32", seconds["float"], count, BAR, note))
    return results


def main() -> int:
    """Measure, and report."""
    args = parser(__doc__.partition("\n")[0]).parse_args()
    return report("eight_bits", measured(args.rounds), args.json)


if __name__ == "__main__":
    sys.exit(main())
