"""A connection to a Milvus server that answers within seconds, or says in one line why not."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import NO_ENTRY, SILENT, VectorStoreError
from engine.vector_store import TOKEN, TOKEN_FILE, StoreAddress

if TYPE_CHECKING:
    from pymilvus import MilvusClient

T = TypeVar("T")
# A call has this long, then the server this long to say that it is alive: both together, a person waits below 10 s.
CALL_SECONDS = 5.0
ALIVE_SECONDS = 3.0
# What a server that is alive, but loaded or in the middle of something large, gets at the second try.
PATIENT_SECONDS = 120.0
STALE_SECONDS = 10.0  # "bounded" reads are some seconds behind at most

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

        client = self._connected()
        try:
            return function(client, CALL_SECONDS)
        except MilvusException as error:
            if not _is_silence(error):
                raise self._error(error) from None
            self._ask_alive(client)
        except Exception as error:
            if not _is_transport(error):
                raise
            self._ask_alive(client)
        _log.info("%s is slow to answer", self.address)
        try:
            return function(client, PATIENT_SECONDS)
        except MilvusException as error:
            raise self._error(error) from None

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

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
            return MilvusClient(uri=self.address.uri, token=self.address.token, timeout=CALL_SECONDS)
        except MilvusException as error:
            raise self._error(error) from None
        except Exception as error:
            if not _is_transport(error):
                raise
            raise VectorStoreError(str(self.address), SILENT) from None

    def _ask_alive(self, client: "MilvusClient") -> None:
        from pymilvus.exceptions import MilvusException

        try:
            client.get_server_version(timeout=ALIVE_SECONDS)
        except MilvusException as error:
            raise self._error(error) from None
        except Exception as error:
            if not _is_transport(error):
                raise
            raise VectorStoreError(str(self.address), SILENT) from None

    def _error(self, error: Any) -> VectorStoreError:
        text = str(getattr(error, "message", "") or error)
        if self.address.token:
            text = text.replace(self.address.token, "…")
        if any(word in text.lower() for word in ("unauthenticated", "auth check failure", "permission deny", "denied")):
            told = "the token is wrong" if self.address.token else "it wants a token"
            reason = f"{NO_ENTRY}: {told}; it is read from ${TOKEN} or the file ${TOKEN_FILE}"
            return VectorStoreError(str(self.address), reason)
        if _is_silence(error):
            return VectorStoreError(str(self.address), SILENT)
        return VectorStoreError(str(self.address), " ".join(text.split())[:300])


def _is_silence(error: Any) -> bool:
    text = str(getattr(error, "message", "") or error).lower()
    words = ("retry timeout", "deadline", "unavailable", "fail connecting", "illegal connection", "failed to connect")
    return any(word in text for word in words)


def _is_transport(error: BaseException) -> bool:
    """Whether it comes from gRPC, also from a channel that was closed meanwhile, rather than from a mistake of ours."""
    return type(error).__module__.startswith("grpc") or (isinstance(error, ValueError) and "channel" in str(error))
