"""Turn a float ONNX file into an 8-bit one that is right on every processor, and measure what that costs."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from engine.evaluate import Evaluation
from engine.spec import ModelSpec, read_spec
from training.onnx_file import INPUT, ParityError, save
from training.quality import batches, embed

log = logging.getLogger(__name__)

# What gains from integers: with these a whole residual block stays in 8 bits. Pooling and anything after it is kept in
# float: it costs nothing there, and its rounding would go straight into the embedding.
CONVOLUTIONAL = ("Conv", "Relu", "Add", "MaxPool", "Gemm", "MatMul")
# A transformer's residual stream has outliers that 8 bits per tensor cannot hold: only its matrices are quantised.
TRANSFORMER = ("Gemm", "MatMul")
_POOLING = ("ReduceMean", "GlobalAveragePool")

# Convolutions of a deep network that stay in float: the first one and those of the first block. Nearly all that 8 bits
# lose is lost there (least cosine of the 32 hardest photos 0.961 with all in 8 bits, 0.979 without the first, 0.994
# without the block).
FLOAT_CONVOLUTIONS = 5
DEEP = 10  # convolutions; a network with fewer has no such part to spare

MINIMUM_COSINE = 0.98
MAXIMUM_MAP_LOSS = 0.01


@dataclass(frozen=True)
class Agreement:
    """Cosine of each picture's embedding by the 8-bit file to that by the float file."""

    pictures: int
    minimum: float
    mean: float

    def __str__(self) -> str:
        return f"cosine to the float network: least {self.minimum:.4f}, mean {self.mean:.4f} of {self.pictures} photos"


def quantise(
    float_path: Path,
    path: Path,
    calibration: Sequence[Path],
    *,
    operators: Sequence[str] = CONVOLUTIONAL,
    keep_float: Sequence[str] = (),
) -> ModelSpec:
    """Write the float file's network to `path` with 8-bit activations (unsigned) and weights (signed, one scale per
    output channel) in the QDQ format, with the float file's description, which is returned as read back.

    Weights use 7 of their 8 bits: processors without VNNI add two 8×8-bit products in 16 bits, and 8-bit weights
    overflow there without a sound (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
    With 7 bits 2 × 255 × 64 fits, so that the file gives the same embeddings everywhere. The activations' ranges come
    from the `calibration` photos through the engine's own preprocessing. `operators` are the ONNX operators to
    quantise, `keep_float` the names of nodes to leave out. Raises ValueError without photos.
    """
    if not calibration:
        raise ValueError("8-bit activations need photos to take their ranges from")
    spec = read_spec(float_path)
    with tempfile.TemporaryDirectory() as folder:
        folded, quantised = Path(folder) / "folded.onnx", Path(folder) / "int8.onnx"
        # Folds batch norm into the convolutions and infers shapes.
        quant_pre_process(float_path, folded, skip_symbolic_shape=True)
        quantize_static(
            folded,
            quantised,
            _Photos(spec, calibration),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(operators),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=list(keep_float),
            calibrate_method=CalibrationMethod.MinMax,
            # Products of two activations (attention) lose more than they gain.
            extra_options={"MatMulConstBOnly": True},
        )
        model = onnx.load(quantised)
    model.doc_string = ""
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
    written = save(model, spec, path)
    log.info("%s: %.1f MB, from %.1f MB", path.name, written.file_size / 1e6, spec.file_size / 1e6)
    return written


def sensitive_nodes(path: Path) -> list[str]:
    """The names of the nodes in the file at `path` that lose most in 8 bits: those in front of a deep network's next
    convolution after FLOAT_CONVOLUTIONS, and those after its pooling, where a head's rounding goes straight into the
    embedding and integers save nothing."""
    nodes = list(onnx.load(path).graph.node)
    convolutions = [place for place, node in enumerate(nodes) if node.op_type == "Conv"]
    if len(convolutions) < DEEP:
        return []
    pooled = [place for place in range(convolutions[-1], len(nodes)) if nodes[place].op_type in _POOLING]
    head = nodes[pooled[0] :] if pooled else []
    return [node.name for node in nodes[: convolutions[FLOAT_CONVOLUTIONS]] + head]


def agreement(float_spec: ModelSpec, int8_spec: ModelSpec, photos: Sequence[Path]) -> Agreement:
    """Embed `photos` (not those of the calibration) by both files, each through the engine."""
    return compare_embeddings(embed(float_spec, photos), embed(int8_spec, photos))


def compare_embeddings(wanted: NDArray[np.float32], found: NDArray[np.float32]) -> Agreement:
    """The agreement of matching rows of two [N, D]. Raises ParityError for a value that is not finite."""
    if not (np.isfinite(wanted).all() and np.isfinite(found).all()):
        raise ParityError("an embedding holds a value that is not finite")
    left, right = wanted.astype(np.float64), found.astype(np.float64)
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    dots = np.einsum("nd,nd->n", left, right)
    cosines = np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)
    return Agreement(len(cosines), float(cosines.min()), float(cosines.mean()))


def check_agreement(measured: Agreement, minimum: float = MINIMUM_COSINE) -> None:
    """Raises ParityError when an embedding of the 8-bit file points elsewhere than the float one."""
    if measured.minimum < minimum:
        raise ParityError(f"8 bits change the embeddings too much: {measured}; at least {minimum} is asked for")


def check_quality(by_float: Evaluation, by_int8: Evaluation, maximum_loss: float = MAXIMUM_MAP_LOSS) -> float:
    """The mAP that the 8-bit file loses (negative: gains). Raises ParityError when that is too much."""
    before, after = by_float.metrics["map"].value, by_int8.metrics["map"].value
    if before is None or after is None:
        raise ParityError("there is no labelled query to measure the 8-bit file with")
    if before - after > maximum_loss:
        raise ParityError(f"8 bits take mAP from {before:.4f} to {after:.4f}; at most {maximum_loss} may be lost")
    return before - after


class _Photos(CalibrationDataReader):  # type: ignore[misc]
    """Feeds the calibration one photo at a time: every activation of the network is kept for a whole batch."""

    def __init__(self, spec: ModelSpec, photos: Sequence[Path]) -> None:
        self._batches: Iterator[NDArray[np.float32]] = batches(spec, photos, 1)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}
