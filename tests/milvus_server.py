"""A real Milvus server for the tests: the one of the PyPI package `milvus` (standalone, Linux and macOS).

As a program it starts a server and prints its process's number; the server ends with its standard input.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TOKEN = "SEMBLANCE_STORE_TOKEN"
ROOT_TOKEN = "root:Milvus"  # what a new server is born with
_ETCD = """name: default
listen-client-urls: http://localhost:{client}
advertise-client-urls: http://localhost:{client}
listen-peer-urls: http://localhost:{peer}
initial-advertise-peer-urls: http://localhost:{peer}
initial-cluster: default=http://localhost:{peer}
"""
END_SECONDS = 60
SESSION_SECONDS = 900  # on a machine with other work it would often take itself for dead with fewer, and end
START_SECONDS = 240  # some 20 on a machine with nothing else to do


class MilvusProcess:
    """A server with a port and a folder of its own, which can be stopped and started again with what it holds."""

    def __init__(self, folder: Path, port: int = 0, session_seconds: int = SESSION_SECONDS, **config: Any) -> None:
        """`session_seconds`: after so long without a sign of itself it takes itself for dead, and so long a server that
        is started again waits for what it was, however it ended. `config`: values of the package's own template, as
        `authorization_enabled`."""
        self.port = port or free_port()
        self._folder = folder
        self._config = config
        self._session_seconds = session_seconds
        self._launcher: subprocess.Popen[str] | None = None
        self._pid = 0
        self._ran = False

    @property
    def address(self) -> str:
        """Of a collection that nobody else has."""
        return f"milvus://127.0.0.1:{self.port}/test_{uuid.uuid4().hex[:12]}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # A program of its own: the package leaves sockets and files to the garbage collector.
        command = [sys.executable, "-W", "ignore", __file__, str(self._folder), str(self.port)]
        command += [str(self._session_seconds), json.dumps(self._config)]
        self._launcher = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._launcher.stdout is not None
        said = self._launcher.stdout.readline().strip()
        if not said.isdigit():
            self.stop()
            # Its binary wants more of a machine than the product does; where it never ran, nothing of ours is at fault.
            assert not self._ran, f"Milvus does not start again: {said}"
            pytest.skip(f"the Milvus server of the PyPI package does not start here {said}")
        self._pid, self._ran = int(said), True

    def stop(self) -> None:
        """Stop it at once, as a machine that is switched off does."""
        if self._launcher is None:
            return
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._launcher.communicate()
        self._launcher, self._pid = None, 0

    def end(self) -> None:
        """Have it end as an administrator does."""
        os.kill(self._pid, signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        while _runs(self._pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.stop()

    def pause(self) -> None:
        """Have it hang: it keeps its connections and answers nothing."""
        os.kill(self._pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self._pid, signal.SIGCONT)


@pytest.fixture(scope="session")
def milvus_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusProcess]:
    """One server for all tests that do not stop it, which wants a token: $SEMBLANCE_STORE_TOKEN has it as long as the
    tests run. $SEMBLANCE_TEST_MILVUS, a port, names one that runs already."""
    pytest.importorskip("milvus", reason="the package of the server is not installed")
    running = os.environ.get("SEMBLANCE_TEST_MILVUS")
    process = MilvusProcess(tmp_path_factory.mktemp("milvus"), int(running or 0), authorization_enabled=True)
    os.environ[TOKEN] = ROOT_TOKEN
    try:
        if not running:
            process.start()
        yield process
    finally:
        process.stop()
        del os.environ[TOKEN]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _bound(port: int) -> socket.socket | None:
    """Somebody who listens on a port, or None. The package's own takes the port of a server that was killed for taken
    as long as the system remembers its connections, and has the next number instead, where nobody looks for it."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError:
        listener.close()
        return None
    return listener


def _serve(folder: str, port: int, session_seconds: int, config: dict[str, Any]) -> None:
    from milvus import MilvusServer
    from pymilvus import MilvusClient

    server = MilvusServer(wait_for_started=False)
    for key, value in config.items():
        server.config.set(key, value)
    client_port, peer_port = free_port(), free_port()
    # Its etcd takes port 2380 otherwise, so that there could be one server on a machine.
    etcd = Path(folder) / "etcd.yaml"
    etcd.write_text(_ETCD.format(client=client_port, peer=peer_port))
    own = f"  config:\n    path: {etcd}\n  use:\n    embed: true"
    text = server.config.template_text.replace("  use:\n    embed: true", own)
    server.config.template_text = text.replace("    ttl: 30 #", f"    ttl: {session_seconds} #")
    server.set_base_dir(folder)
    # Two that start at the same moment would both find the usual ports free. One that is started again has to have
    # those that it had: what it remembers of itself names them.
    kept = Path(folder) / "ports.json"
    if not kept.exists():
        kept.write_text(json.dumps({name: free_port() for name in server.config_keys if name.endswith("_port")}))
    ports = json.loads(kept.read_text()) | {"proxy_port": port}
    for name, number in ports.items():
        server.config.set(name, number)
    bound = server.config.try_bind_port
    server.config.try_bind_port = lambda tried: _bound(tried) if tried in ports.values() else bound(tried)
    server.start()
    token = ROOT_TOKEN if config.get("authorization_enabled") else ""
    deadline = time.monotonic() + START_SECONDS
    while server.server_proc.poll() is None and time.monotonic() < deadline:
        try:
            client = MilvusClient(uri=f"http://127.0.0.1:{port}", token=token, timeout=5)
            client.list_collections(timeout=5)
        except Exception:
            time.sleep(0.2)
            continue
        print(server.server_proc.pid, flush=True)
        sys.stdin.read()
        break
    server.server_proc.kill()
    server.server_proc.wait()


if __name__ == "__main__":
    import logging

    logging.disable()
    _serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4]))
