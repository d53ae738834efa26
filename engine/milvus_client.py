"""A connection to a Milvus server that answers within seconds, or says in one line why not."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import NO_ENTRY, SILENT, VectorStoreError
from engine.vector_store import TOKEN, TOKEN_FILE, StoreAddress

if TYPE_CHECKING:
    from pymilvus import MilvusClient

T = TypeVar("T")
# A call has this long, then the server this long to say that it is alive: both together, a person waits below 10 s.
CALL_SECONDS = 4.0
ALIVE_SECONDS = 3.0
AGAIN_SECONDS = 0.3
# What a server that is alive, but loaded or in the middle of something large, gets at further tries.
PATIENT_SECONDS = (10.0, 20.0, 40.0, 80.0)
STALE_SECONDS = 10.0  # "bounded" reads are some seconds behind at most

# A connection of its own, tried again soon: what is shared waits longer with each failure, up to minutes.
_CONNECTION = {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 1000,
}

_log = logging.getLogger(__name__)


class Server:
    """One server; from any thread. The connection is made at the first call, and again where it is lost."""

    def __init__(self, address: StoreAddress) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._client: MilvusClient | None = None

    def call(self, function: "Callable[[MilvusClient, float], T]") -> T:
        """What `function` gives, called with a client and the seconds that it has. Raises VectorStoreError."""
        from pymilvus.exceptions import MilvusException

        client = self._reached(time.monotonic() + CALL_SECONDS)
        for seconds in (CALL_SECONDS, *PATIENT_SECONDS):
            began = time.monotonic()
            try:
                return function(client, seconds)
            except MilvusException as error:
                if not _is_silence(error):
                    raise self._error(error) from None
            except Exception as error:
                if not _is_transport(error):
                    raise
            # The client does not mend a connection that was lost: the next one is another.
            self.close()
            client = self._reached(max(began + CALL_SECONDS, time.monotonic()))
            _log.info("%s is slow to answer, or was away for a moment", self.address)
        raise VectorStoreError(str(self.address), SILENT)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _reached(self, until: float) -> "MilvusClient":
        """A client whose server answers, tried for until then: one that is restarted is away for some seconds."""
        while True:
            try:
                return self._connected()
            except VectorStoreError as error:
                if error.reason != SILENT or time.monotonic() >= until:
                    raise
            time.sleep(AGAIN_SECONDS)

    def _connected(self) -> "MilvusClient":
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> "MilvusClient":
        try:
            from pymilvus import MilvusClient
            from pymilvus.exceptions import MilvusException
        except ImportError as error:
            reason = 'the client for it is not installed: pip install "semblance[cluster]"'
            raise VectorStoreError(str(self.address), reason) from error
        # It logs what goes wrong with all arguments and a trace; what matters of it is in our errors.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        try:
            client = MilvusClient(
                uri=self.address.uri,
                token=self.address.token,
                timeout=ALIVE_SECONDS,
                dedicated=True,
                grpc_options=_CONNECTION,
            )
            try:
                client.get_server_version(timeout=ALIVE_SECONDS)
            except BaseException:
                client.close()
                raise
            return client
        except MilvusException as error:
            raise self._error(error) from None
        except Exception as error:
            if not _is_transport(error):
                raise
            raise VectorStoreError(str(self.address), SILENT) from None

    def _error(self, error: Any) -> VectorStoreError:
        text = _text(error)
        if self.address.token:
            text = text.replace(self.address.token, "…")
        if any(word in text.lower() for word in ("unauthenticated", "auth check failure", "permission deny", "denied")):
            told = "the token is wrong" if self.address.token else "it wants a token"
            reason = f"{NO_ENTRY}: {told}; it is read from ${TOKEN} or the file ${TOKEN_FILE}"
            return VectorStoreError(str(self.address), reason)
        if _is_silence(error):
            return VectorStoreError(str(self.address), SILENT)
        own = " ".join(text.split("\n")[0].split())
        return VectorStoreError(str(self.address), own[:300])


def _text(error: BaseException | None) -> str:
    """What an error and those behind it say: the client tells of a refused token as of a dead server."""
    texts: list[str] = []
    while error is not None and len(texts) < 8:
        texts.append(str(getattr(error, "message", "") or error))
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def _is_silence(error: Any) -> bool:
    text = str(getattr(error, "message", "") or error).lower()
    words = ("retry timeout", "deadline", "unavailable", "fail connecting", "illegal connection", "failed to connect")
    return any(word in text for word in words)


def _is_transport(error: BaseException) -> bool:
    """Whether it comes from gRPC, also from a channel that was closed meanwhile, rather than from a mistake of ours."""
    return type(error).__module__.startswith("grpc") or (isinstance(error, ValueError) and "channel" in str(error))
