"""A virtual screen of its own (Xvfb, openbox) with the program on it, and the hands of a person (xdotool)."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("Xvfb", "openbox", "xdotool", "import", "xclip")  # Debian: xvfb openbox xdotool imagemagick xclip
SETTLE_S = 0.25  # between two looks at the screen that must be equal
PATIENCE_S = 20.0
TITLE_PX = 22  # what openbox puts around a window


class Screen:
    """A screen of `width` × `height` pixels at density 1; `scale` 2 makes it twice as dense and twice as large."""

    def __init__(self, width: int = 1500, height: int = 1000, scale: int = 1) -> None:
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        if missing:
            raise SystemExit(
                f"missing: {', '.join(missing)} (Debian: apt-get install xvfb openbox xdotool imagemagick xclip)"
            )
        self.width, self.height, self.scale = width, height, scale
        self._processes: list[subprocess.Popen[bytes]] = []
        self._program: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="tour-")
        self.environment = dict(os.environ)

    def __enter__(self) -> "Screen":
        reading, writing = os.pipe()
        size = f"{self.width * self.scale}x{self.height * self.scale}x24"
        # -r: on a busy machine a key would be held long enough to repeat itself.
        command = ["Xvfb", "-r", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"]
        self._start(command, pass_fds=(writing,))
        os.close(writing)
        with os.fdopen(reading) as answer:
            display = f":{answer.readline().strip()}"
        # A home of its own: neither the settings of whoever runs this nor a wish for Wayland get in.
        self.environment |= {"DISPLAY": display, "HOME": self._folder.name, "XDG_CONFIG_HOME": self._folder.name}
        self.environment |= {"QT_QPA_PLATFORM": "xcb", "LANG": "C.UTF-8", "QT_SCALE_FACTOR": str(self.scale)}
        self.environment.pop("WAYLAND_DISPLAY", None)
        self._start(["openbox"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in [self._program, *reversed(self._processes)]:
            if process is not None and process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
        self._folder.cleanup()

    def _start(self, command: Sequence[str], pass_fds: Sequence[int] = ()) -> None:
        self._processes.append(
            subprocess.Popen(
                command,
                env=self.environment,
                pass_fds=pass_fds,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    # -- the program -----------------------------------------------------------------------------------------------

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """Start the program, with an ear, and wait for its window, which is made to fill the screen."""
        command = [sys.executable, "-m", "tests.tour.program", *arguments]
        surroundings = self.environment | dict(environment or {})
        self._program = subprocess.Popen(
            command, env=surroundings, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.tool("xdotool", "search", "--sync", "--onlyvisible", "--name", "Semblance")
        window = self.tool("xdotool", "search", "--onlyvisible", "--name", "Semblance").split()[-1]
        self.tool("xdotool", "windowactivate", "--sync", window)
        width, height = str(self.width * self.scale), str(self.height * self.scale - TITLE_PX)
        self.tool("xdotool", "windowsize", "--sync", window, width, height)
        self.tool("xdotool", "windowmove", window, "0", "0")
        self.settle()

    def end(self) -> int:
        """Close the program as people do, and return its exit status."""
        assert self._program is not None
        self.key("ctrl+q")
        return self._program.wait(30)

    def ask(self, expression: str) -> Any:
        """What the program says to an expression; see `program.py` for the names it may hold."""
        assert self._program is not None
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(f"{expression}\n".encode())
        self._program.stdin.flush()
        answer = self._program.stdout.readline()
        if not answer:
            raise SystemExit(f"the program ended when asked for {expression}")
        return json.loads(answer)

    def wait(self, expression: str, patience_s: float = 3 * PATIENCE_S) -> None:
        """Wait until the program says that something is true."""
        deadline = time.monotonic() + patience_s
        while not self.ask(expression):
            if time.monotonic() > deadline:
                raise SystemExit(f"waited in vain for: {expression}")
            time.sleep(0.1)

    def middle(self, widget: str) -> tuple[int, int]:
        """The middle of a widget, named by an expression."""
        box = self.ask(f"place({widget})")
        if box is None:
            raise SystemExit(f"there is no {widget}")
        left, top, width, height = box
        return left + width // 2, top + height // 2

    @property
    def alive(self) -> bool:
        """Whether the program still runs."""
        return self._program is not None and self._program.poll() is None

    # -- hands -----------------------------------------------------------------------------------------------------

    def move(self, x: int, y: int) -> None:
        self.tool("xdotool", "mousemove", str(x * self.scale), str(y * self.scale))

    def click(self, x: int, y: int, button: int = 1, *, held: str = "", times: int = 1) -> None:
        """Click at a point (of density 1), perhaps with a key held down."""
        self.move(x, y)
        if held:
            self.tool("xdotool", "keydown", held)
        self.tool("xdotool", "click", "--repeat", str(times), "--delay", "60", str(button))
        if held:
            self.tool("xdotool", "keyup", held)

    def drag(
        self, start: tuple[int, int], end: tuple[int, int], *, pause_s: float = 0.02, holding: Path | None = None
    ) -> None:
        """Press, move in steps, release; `holding` keeps what the screen shows before the release."""
        self.move(*start)
        self.tool("xdotool", "mousedown", "1")
        for step in range(1, 9):
            x = start[0] + (end[0] - start[0]) * step // 8
            y = start[1] + (end[1] - start[1]) * step // 8
            self.move(x, y)
            time.sleep(pause_s)
        if holding is not None:
            time.sleep(SETTLE_S)
            self.shot(holding)
        self.tool("xdotool", "mouseup", "1")

    def drop(self, paths: Sequence[Path], target: tuple[int, int], *, pixels: bool = False) -> None:
        """Drag files from another program's window and let them go over the target; `pixels`: a picture that has no
        file, as a browser gives it."""
        at = (20, self.height - 80)
        command = [sys.executable, "-m", "tests.tour.drag_source", *(["--pixels"] if pixels else [])]
        source = subprocess.Popen([*command, str(at[0]), str(at[1]), *map(str, paths)], env=self.environment, cwd=ROOT)
        try:
            search = ("xdotool", "search", "--sync", "--onlyvisible", "--pid", str(source.pid))
            self.tool(*search)
            time.sleep(1.0)
            self.drag((at[0] + 40, at[1] + 20), target, pause_s=0.1)
            time.sleep(0.5)
        finally:
            source.terminate()
            source.wait(20)

    def key(self, *keys: str) -> None:
        """Press keys, as xdotool names them ("alt+Left")."""
        self.tool("xdotool", "key", "--delay", "40", *keys)

    def write(self, text: str) -> None:
        self.tool("xdotool", "type", "--delay", "8", text)

    def clipboard(self, picture: Path) -> None:
        """Put a PNG file's picture into the clipboard."""
        with picture.open("rb") as file:
            self._processes.append(
                subprocess.Popen(
                    ["xclip", "-selection", "clipboard", "-t", "image/png", "-quiet"],
                    stdin=file,
                    env=self.environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        time.sleep(0.5)

    # -- eyes ------------------------------------------------------------------------------------------------------

    def shot(self, file: Path) -> None:
        """Keep what the screen shows."""
        self.tool("import", "-window", "root", str(file))

    def shot_window(self, file: Path) -> None:
        """Keep what the program's window shows, without what is around it."""
        window = self.tool("xdotool", "getactivewindow").strip()
        self.tool("import", "-window", window, str(file))

    def settle(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until the screen stands still: two looks in a row are equal."""
        look = Path(self._folder.name) / "look.ppm"  # the bare pixels: quicker to write and to compare than a PNG
        deadline, before = time.monotonic() + patience_s, b""
        while time.monotonic() < deadline:
            self.shot(look)
            now = look.read_bytes()
            if now == before:
                return
            before = now
            time.sleep(SETTLE_S)

    def tool(self, *command: str, patience_s: float = 6 * PATIENCE_S) -> str:
        """Run one of the tools and return what it printed."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=patience_s
        )
        return done.stdout
