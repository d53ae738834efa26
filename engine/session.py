"""Run an ONNX network: the only place that imports onnxruntime, with its threads and providers made explicit."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from engine.errors import ModelError
from engine.held_back import interrupt_held_back
from engine.onnx_check import find_danger
from engine.threads import cores

with interrupt_held_back():
    import onnxruntime as ort

log = logging.getLogger(__name__)

# What networks may take for their activations, all together: more than a batch of any model here needs, and less than
# a file that asks for a tensor of 40,000 × 40,000 would take.
MAX_MEMORY = 3 << 30
# A network that runs longer on one batch is stopped. A batch of the slowest sensible one takes a minute or two.
MAX_SECONDS = 600.0

# Failures reach us as exceptions; onnxruntime's own log would go to standard error beside them. 4 = fatal only.
ort.set_default_logger_severity(4)
if hasattr(ort, "disable_telemetry_events"):
    ort.disable_telemetry_events()  # sends only in Windows builds; nothing of ours leaves the machine

_DEFAULT = -1  # onnxruntime's own value of a setting
_AS_ASKED = 1  # take no more than is asked for; onnxruntime would double what it has each time, up to a GiB
ort.create_and_register_allocator(
    ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT),
    ort.OrtArenaCfg(MAX_MEMORY, _AS_ASKED, _DEFAULT, _DEFAULT),
)

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
_SHORT = {long: short for short, long in _PROVIDERS.items()}


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a network; a dimension is None where the file leaves it open."""

    name: str
    type: str  # onnxruntime's word, such as "tensor(float)"
    shape: tuple[int | None, ...]


class Session:
    """A loaded network. `run` may be called from several threads at once."""

    def __init__(self, inner: ort.InferenceSession, path: Path, provider: str, notice: str | None) -> None:
        self._inner = inner
        self.path = path
        self.provider = provider
        self.notice = notice
        self.inputs = tuple(_port(item) for item in inner.get_inputs())
        self.outputs = tuple(_port(item) for item in inner.get_outputs())

    def run(self, names: Sequence[str], feed: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """The outputs called `names`, in that order. Raises ModelError when the network fails or takes too long."""
        options = ort.RunOptions()
        stop = threading.Timer(MAX_SECONDS, setattr, (options, "terminate", True))
        stop.daemon = True
        stop.start()
        try:
            return list(self._inner.run(list(names), feed, options))
        except Exception as error:  # onnxruntime's exceptions share no base class
            if options.terminate:
                raise ModelError(self.path, f"it ran for more than {MAX_SECONDS:.0f} s") from error
            raise ModelError(self.path, f"it failed to run: {_first_line(error)}") from error
        finally:
            stop.cancel()


def available_providers() -> list[str]:
    """The short names of the execution providers that the installed onnxruntime offers, its favourite first."""
    return [_SHORT[name] for name in ort.get_available_providers() if name in _SHORT]


def open_session(data: bytes, path: Path, provider: str | None = None, threads: int | None = None) -> Session:
    """Load the network `data` (the bytes of `path`, which only names it in errors) for `provider` (a short name).

    `threads` is the number that one run uses; the default is every core this process may use. If the provider is not
    there or does not start, the CPU takes over and the session's `notice` says so. Raises ModelError when the network
    cannot be loaded at all.
    """
    try:
        danger = find_danger(data)
    except ValueError as error:
        raise ModelError(path, str(error)) from error
    if danger:
        raise ModelError(path, danger)
    wanted = provider or "cpu"
    if wanted not in _PROVIDERS:
        raise ValueError(f"unknown provider {wanted!r}; there are: {', '.join(_PROVIDERS)}")
    offered = available_providers()
    if wanted not in offered:
        notice = f"{wanted} is not offered by the installed onnxruntime ({', '.join(offered)}): running on cpu"
        return _logged(Session(_create(data, path, ["cpu"], threads), path, "cpu", notice))
    if wanted == "cpu":
        return _logged(Session(_create(data, path, ["cpu"], threads), path, "cpu", None))
    try:
        inner = _create(data, path, [wanted, "cpu"], threads)
    except ModelError as error:
        notice = f"{wanted} could not start ({error.reason}): running on cpu"
        return _logged(Session(_create(data, path, ["cpu"], threads), path, "cpu", notice))
    got: str = _SHORT.get(inner.get_providers()[0], inner.get_providers()[0])
    chosen = None if got == wanted else f"{wanted} was asked for, but onnxruntime chose {got}"
    return _logged(Session(inner, path, got, chosen))


def open_own(data: bytes) -> Callable[[dict[str, NDArray[Any]]], list[NDArray[Any]]]:
    """Load a network that is part of this program, and return what runs it, on the thread that calls. It goes without
    the checks and the watch that a file from elsewhere needs, which take longer than such a network itself."""
    return partial(_create(data, Path("our own"), ["cpu"], 1).run, None)


def _create(data: bytes, path: Path, providers: Sequence[str], threads: int | None) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or cores()
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 4
    # A plan of all activations is one block, beside those of the first run: with ResNet-50 and batches of 16
    # it took 934 MiB instead of 630, and was no faster.
    options.enable_mem_pattern = False
    # Spinning threads win microseconds for one run and take whole cores from the decoding threads beside it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")
    try:
        session = ort.InferenceSession(data, options, providers=[_PROVIDERS[name] for name in providers])
    except Exception as error:  # onnxruntime's exceptions share no base class
        raise ModelError(path, f"onnxruntime cannot load it: {_first_line(error)}") from error
    # Without this a failing provider is swapped for another one, silently, in the middle of a run.
    session.disable_fallback()
    return session


def _logged(session: Session) -> Session:
    log.info("%s runs on %s", session.path.name, session.provider)
    if session.notice:
        log.warning("%s", session.notice)
    return session


def _port(item: ort.NodeArg) -> Port:
    shape = tuple(size if isinstance(size, int) else None for size in item.shape)
    return Port(item.name, item.type, shape)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
