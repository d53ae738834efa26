"""Turn pictures into embeddings with one model, and refuse a network that is not what its description says."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.preprocess import preprocess
from engine.regular_file import open_regular
from engine.spec import ModelSpec
from engine.threads import cores

if TYPE_CHECKING:
    from engine.session import Session

# Pictures that the CPU takes at once, or one for each core where there are more of these. On two cores, 16 pictures in
# fours take the time of 16 at once (ResNet-50: 0.63 s), and their activations a quarter of the memory.
CPU_PICTURES = 4


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a network gave for N pictures: `vectors` float32 [N, D], and `logits` float32 [N, C] if it classifies."""

    vectors: NDArray[np.float32]
    logits: NDArray[np.float32] | None


class Embedder(Protocol):
    """The seam between the engine and a network."""

    @property
    def spec(self) -> ModelSpec: ...

    @property
    def provider(self) -> str:
        """The execution provider really in use, by its short name."""
        ...

    @property
    def notice(self) -> str | None:
        """In words, when the provider in use is not the one that was asked for."""
        ...

    def embed(self, batch: NDArray[np.float32]) -> Embedded:
        """Embed `batch` [N, 3, h, w], as `preprocess` makes it, N ≥ 1; vectors stay as the network gave them.

        A network may give values that are not finite for a picture; the caller must look. Raises ModelError when the
        network fails or its answer has another shape than its description says. Safe to call from several threads.
        """
        ...

    def features(self, batch: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """The maps float32 [N, D, gh, gw] whose means over the positions are the embeddings, or None where the network
        does not end in such a mean. Raises as `embed` does."""
        ...


def open_embedder(spec: ModelSpec, provider: str | None = None, threads: int | None = None) -> Embedder:
    """Load the model for `provider` (a short name, the CPU by default) with `threads` threads (all cores by default).

    Raises ModelError when the network cannot be loaded or contradicts its description.
    """
    if spec.base is not None:
        from engine.adapted_embedder import AdaptedEmbedder  # which builds on what stands here

        return AdaptedEmbedder(spec, open_embedder(spec.base, provider, threads))
    try:
        with open_regular(spec.path) as file:
            data = file.read()
            spec.check_same(os.fstat(file.fileno()))
    except OSError as error:
        raise ModelError(spec.path, f"it cannot be read ({error.strerror or error})") from error
    # Here, not above: importing onnxruntime takes longer than showing the window, which imports this module.
    from engine.session import open_session

    return _OnnxEmbedder(spec, open_session(data, spec.path, provider, threads), threads)


def embed_image(embedder: Embedder, rgb: NDArray[np.uint8]) -> Embedded:
    """Embed one picture, uint8 [H, W, 3]."""
    return embedder.embed(preprocess(rgb, embedder.spec)[np.newaxis])


class _OnnxEmbedder:
    """An Embedder over one onnxruntime session."""

    def __init__(self, spec: ModelSpec, session: "Session", threads: int | None) -> None:
        _check_ports(spec, session)
        self.spec = spec
        self.provider = session.provider
        self.notice = session.notice
        self._session = session
        self._at_once = max(CPU_PICTURES, threads or cores())
        self._has_logits = any(port.name == "logits" for port in session.outputs)
        self._names = ["embedding", "logits"] if self._has_logits else ["embedding"]
        # A network may give maps of another kind under this name: only these have the embedding as their mean.
        self._has_features = any(
            port.name == "features" and len(port.shape) == 4 and port.shape[1] == spec.embedding_size
            for port in session.outputs
        )

    def features(self, batch: NDArray[np.float32]) -> NDArray[np.float32] | None:
        if not self._has_features:
            return None
        (features,) = self._session.run(["features"], {"image": batch})
        return features

    def embed(self, batch: NDArray[np.float32]) -> Embedded:
        spec = self.spec
        if batch.dtype != np.float32 or batch.ndim != 4 or batch.shape[1:] != (3, spec.height, spec.width):
            raise ValueError(f"expected float32 [N, 3, {spec.height}, {spec.width}], got {batch.dtype} {batch.shape}")
        if len(batch) == 0:
            raise ValueError("the batch is empty")
        if self.provider != "cpu" or len(batch) <= self._at_once:
            return self._embed(batch)
        parts = [self._embed(batch[start : start + self._at_once]) for start in range(0, len(batch), self._at_once)]
        logits = [part.logits for part in parts if part.logits is not None]
        return Embedded(np.concatenate([part.vectors for part in parts]), np.concatenate(logits) if logits else None)

    def _embed(self, batch: NDArray[np.float32]) -> Embedded:
        outputs = self._session.run(self._names, {"image": batch})
        vectors = outputs[0]
        if vectors.shape != (len(batch), self.spec.embedding_size):
            raise ModelError(
                self.spec.path,
                f"`embedding` came out as {list(vectors.shape)} for {len(batch)} pictures; "
                f"the description says {self.spec.embedding_size} values each",
            )
        return Embedded(vectors, self._checked_logits(outputs[1], len(batch)) if self._has_logits else None)

    def _checked_logits(self, logits: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        expected = len(self.spec.labels) if self.spec.labels else None
        if logits.ndim != 2 or len(logits) != count or (expected is not None and logits.shape[1] != expected):
            raise ModelError(
                self.spec.path, f"`logits` came out as {list(logits.shape)}; the description has {expected} labels"
            )
        return logits


def _check_ports(spec: ModelSpec, session: "Session") -> None:
    """Compare the network's declared inputs and outputs with the description, before anything runs."""

    def refuse(reason: str) -> ModelError:
        return ModelError(spec.path, reason)

    if [port.name for port in session.inputs] != ["image"]:
        names = ", ".join(port.name for port in session.inputs)
        raise refuse(f"it must have one input, `image`, not: {names or 'none'}")
    image = session.inputs[0]
    if image.type != "tensor(float)" or len(image.shape) != 4:
        raise refuse(f"`image` must be a float32 tensor with 4 dimensions, not {image.type} {list(image.shape)}")
    for position, expected, what in ((1, 3, "channels"), (2, spec.height, "height"), (3, spec.width, "width")):
        if image.shape[position] not in (None, expected):
            raise refuse(f"the {what} of `image` is {image.shape[position]}; the description says {expected}")
    if image.shape[0] is not None:
        raise refuse(f"the batch of `image` must be left open, but is fixed to {image.shape[0]}")
    if not session.outputs or session.outputs[0].name != "embedding":
        names = ", ".join(port.name for port in session.outputs)
        raise refuse(f"its first output must be `embedding`, not: {names or 'none'}")
    expected_sizes = {"embedding": spec.embedding_size, "logits": len(spec.labels) if spec.labels else None}
    for port in session.outputs:
        if port.name not in expected_sizes:
            continue
        if port.type != "tensor(float)" or len(port.shape) != 2:
            raise refuse(
                f"`{port.name}` must be a float32 tensor with 2 dimensions, not {port.type} {list(port.shape)}"
            )
        expected_size = expected_sizes[port.name]
        if port.shape[1] is not None and expected_size is not None and port.shape[1] != expected_size:
            raise refuse(f"`{port.name}` has {port.shape[1]} values; the description says {expected_size}")
