"""A way to a server that tests can cut, hold up and mend: for whoever uses it, the server has gone or hangs."""

import contextlib
import select
import socket
import threading


class Relay:
    """Listens on `port` and passes everything on to a server on this machine."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._held = threading.Event()
        self._closed = False
        self._listener: socket.socket | None = _listen(0)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._work, name="relay")
        self._thread.start()

    def cut(self) -> None:
        """The server has gone: connections end, and new ones are refused."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """The server hangs: connections stay, and nothing comes back."""
        self._held.set()

    def mend(self) -> None:
        """The server is there again."""
        self._held.clear()
        if self._listener is None:
            self._listener = _listen(self.port)

    def close(self) -> None:
        self._closed = True
        self._thread.join()

    def _work(self) -> None:
        while not self._closed:
            listener = self._listener
            ends = [end for pair in self._pairs for end in pair] if not self._held.is_set() else []
            try:
                ready, _, _ = select.select([*ends, *([listener] if listener else [])], [], [], 0.02)
            except (OSError, ValueError):  # it was cut meanwhile
                self._drop(lambda pair: any(end.fileno() < 0 for end in pair))
                continue
            for end in ready:
                if end is listener:
                    self._accept(listener)
                else:
                    self._pass_on(end)
        self.cut()
        self._drop(lambda _pair: True)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            here, _ = listener.accept()
            self._pairs.append((here, socket.create_connection(("127.0.0.1", self._target))))

    def _pass_on(self, end: socket.socket) -> None:
        pair = next((pair for pair in self._pairs if end in pair), None)
        if pair is None:
            return
        try:
            data = end.recv(1 << 16)
            if data:
                pair[pair[0] is end].sendall(data)
                return
        except OSError:
            pass
        self._drop(lambda known: known is pair)

    def _drop(self, unwanted: object) -> None:
        assert callable(unwanted)
        for pair in [pair for pair in self._pairs if unwanted(pair)]:
            self._pairs.remove(pair)
            for end in pair:
                end.close()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener
