"""Networks of a few KB that onnxruntime really runs, with the description inside, for tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 32
LABELS = ("blue", "green", "red", "yellow")


def description(name: str, **changes: Any) -> dict[str, Any]:
    """A valid description of a tiny model; `changes` replaces its fields."""
    described = {
        "format": 1,
        "name": name,
        "purpose": "Tells drawn colours and shapes apart in tests.",
        "input": {
            "height": SIDE,
            "width": SIDE,
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "interpolation": "bilinear",
            "resize": SIDE,
            "crop": "squash",
        },
        "embedding_size": 16,
        "metric": "cosine",
        "unit_norm": False,
        "labels": list(LABELS),
        "training_data": "none: random weights",
        "quality": {"mAP on nothing": 0.0},
        "licence": "MIT",
    }
    return described | changes


def build_tiny_model(
    path: Path,
    name: str,
    *,
    seed: int = 0,
    embedding_size: int = 16,
    labels: tuple[str, ...] | None = LABELS,
    metric: str = "cosine",
    batch: int | str = "batch",
    described: dict[str, Any] | str | None = None,
    pooled: bool = False,
) -> None:
    """Write an .onnx: the means of a 4 × 4 grid of cells through a random linear layer.

    Outputs `embedding` [batch, embedding_size], `logits` [batch, len(labels)] where there are labels, and `features`
    [batch, 3, 4, 4]. With `pooled` a random convolution gives `features` [batch, embedding_size, 4, 4] whose mean is
    the embedding. `described` replaces the description: an object, a raw text, or "" for none.
    """
    import onnx  # only here: it takes a second to import, and most tests use models that are built already
    from onnx import TensorProto, helper, numpy_helper

    random = np.random.default_rng(seed)
    weights = {"embedding_weight": random.normal(size=(48, embedding_size)).astype(np.float32) / 7}
    nodes = [
        helper.make_node("AveragePool", ["image"], ["features"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Flatten", ["features"], ["flat"]),
        helper.make_node("MatMul", ["flat", "embedding_weight"], ["embedding"]),
    ]
    if pooled:
        weights = {"filters": random.normal(size=(embedding_size, 3, 8, 8)).astype(np.float32) / 14}
        nodes = [
            helper.make_node("Conv", ["image", "filters"], ["features"], kernel_shape=[8, 8], strides=[8, 8]),
            helper.make_node("GlobalAveragePool", ["features"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["embedding"]),
        ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [batch, embedding_size])]
    if labels:
        weights["logits_weight"] = random.normal(size=(embedding_size, len(labels))).astype(np.float32)
        nodes.append(helper.make_node("MatMul", ["embedding", "logits_weight"], ["logits"]))
        outputs.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, len(labels)]))
    maps = embedding_size if pooled else 3
    outputs.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, [batch, maps, 4, 4]))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [batch, 3, SIDE, SIDE])
    initializers = [numpy_helper.from_array(value, key) for key, value in weights.items()]
    graph = helper.make_graph(nodes, "tiny", [image], outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if described is None:
        described = description(
            name, embedding_size=embedding_size, labels=list(labels) if labels else None, metric=metric
        )
    if described != "":
        text = described if isinstance(described, str) else json.dumps(described)
        helper.set_model_props(model, {"semblance": text})
    onnx.save(model, str(path))
