"""A real Ray cluster on this machine for the tests: a head without cores, and some nodes with a core each.

As a program it starts one and prints its address; a line `lose` on its standard input takes a node away and adds a new
one, and the cluster ends with its standard input.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 120  # some 10 on a machine with nothing else to do


class RayProcess:
    """A cluster in a process of its own: Ray leaves sockets and threads behind in the one that starts it."""

    def __init__(self, nodes: int = 2) -> None:
        command = [sys.executable, "-W", "ignore", __file__, str(nodes)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        late = threading.Timer(START_SECONDS, self._process.kill)
        late.start()
        self.address = self._line()
        late.cancel()
        if ":" not in self.address:  # a container without shared memory, say: nothing of ours is at fault
            self.stop()
            pytest.skip("a Ray cluster does not start here")

    def lose_a_node(self) -> None:
        """Take a node away as if its machine had failed, and add another one."""
        assert self._process.stdin is not None
        self._process.stdin.write("lose\n")
        self._process.stdin.flush()
        assert self._line() == "lost"

    def stop(self) -> None:
        """End it at once: nodes that are asked to go drain for half a minute first."""
        for pid in [*_children(self._process.pid), self._process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _children(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have, the youngest first."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(folder.name))
    found = [pid]
    for known in found:
        found += parents.get(known, [])
    return found[:0:-1]


def worker_pids() -> list[int]:
    """The processes of workers that embed, anywhere on this machine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if command.startswith(b"ray::MapWorker"):
            found.append(int(folder.name))
    return found


@pytest.fixture(scope="session")
def ray_process() -> Iterator[RayProcess]:
    """One cluster of two workers for all tests."""
    pytest.importorskip("ray", reason="Ray is not installed")
    process = RayProcess()
    yield process
    process.stop()


def _serve(nodes: int) -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 100 << 20})
    started = [cluster.add_node(num_cpus=1, object_store_memory=100 << 20) for _ in range(nodes)]
    cluster.wait_for_nodes()
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line.strip() == "lose":
            cluster.remove_node(started.pop(0), allow_graceful=False)
            started.append(cluster.add_node(num_cpus=1, object_store_memory=100 << 20))
            print("lost", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    _serve(int(sys.argv[1]))
