"""Nothing gets out and nothing gets in: no network, no pickles, no code from files, private files, safe names."""

import ast
import csv
import html.parser
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from onnx import TensorProto, helper, save
from pytestqt.qtbot import QtBot

from engine.embedder import open_embedder
from engine.errors import ModelError
from engine.spec import read_spec
from gui.settings import Settings
from tests.tiny_models import SIDE, description

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [ROOT / "main.py", *(path for part in ("engine", "gui", "training") for path in (ROOT / part).rglob("*.py"))]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(photo_folder: Path, data_dir: Path, model_folder: Path) -> Run:
    """Runs one command of the program on the drawn library; `prefix` is what starts Python."""

    def start(*words: object, prefix: tuple[str, ...] = (), module: str = "main") -> subprocess.CompletedProcess[str]:
        places = ["--data-dir", str(data_dir), "--models-dir", str(model_folder)]
        command = [*prefix, sys.executable, "-m", module, *map(str, words), *places]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    return start


def commands(photos: Path, out: Path) -> Iterator[tuple[object, ...]]:
    yield "index", photos
    yield "search", photos, photos / "red" / "0.jpg"
    yield "export", photos, "--queries", "all", "--out", out, "--format", "csv", "--format", "html"
    yield "evaluate", photos


def may(*command: str) -> bool:
    """Whether this system lets us run such a command."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0


# Nothing gets out.


@pytest.mark.skipif(not may("unshare", "--net"), reason="only root can make a network namespace")
def test_the_program_works_where_there_is_no_network(run: Run, photo_folder: Path, tmp_path: Path) -> None:
    for words in commands(photo_folder, tmp_path / "out"):
        done = run(*words, prefix=("unshare", "--net"))
        assert done.returncode == 0, done.stderr


def test_no_command_makes_a_socket(run: Run, photo_folder: Path, tmp_path: Path) -> None:
    for words in commands(photo_folder, tmp_path / "out"):
        done = run(*words, module="tests.network_watch")
        assert done.returncode == 0, done.stderr


def test_the_watch_sees_a_socket() -> None:
    script = (
        "import sys, socket, tests.network_watch as watch\n"
        "sys.addaudithook(watch._note); socket.socket().close(); print(watch._seen)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "socket.__new__" in done.stdout


@pytest.mark.skipif(not may("strace", "-f", "-o", "/dev/null"), reason="strace is not here, or may not trace")
def test_no_library_of_ours_makes_a_socket_either(run: Run, photo_folder: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    done = run(
        "index", photo_folder, prefix=("strace", "-f", "--seccomp-bpf", "-e", "trace=%network", "-o", str(trace))
    )
    assert done.returncode == 0, done.stderr
    assert not re.findall(r"(?:socket|connect|bind|sendto)\(.*", trace.read_text())


EXPORTED = {"results.csv", "index.html", "manifest.json"}


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What came on standard error, less what the platform without a screen says of each window with a least size."""
    return [line for line in done.stderr.splitlines() if "does not support propagateSizeHints" not in line]


def test_the_window_makes_no_socket(run: Run, photo_folder: Path, tmp_path: Path) -> None:
    """The real program with its window: it indexes, searches, draws the map, looks for duplicates, and exports."""
    done = run(tmp_path / "out", photo_folder, module="tests.silent_window")
    assert (done.returncode, said(done)) == (0, [])
    assert {path.name for path in (tmp_path / "out").iterdir()} == EXPORTED


@pytest.mark.skipif(not may("unshare", "--net"), reason="only root can make a network namespace")
def test_the_window_works_where_there_is_no_network(run: Run, photo_folder: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "out", photo_folder, module="tests.silent_window", prefix=("unshare", "--net"))
    assert (done.returncode, said(done)) == (0, [])
    assert {path.name for path in (tmp_path / "out").iterdir()} == EXPORTED


@pytest.mark.skipif(not may("strace", "-f", "-o", "/dev/null"), reason="strace is not here, or may not trace")
def test_nothing_in_the_window_reaches_out_of_this_machine(run: Run, photo_folder: Path, tmp_path: Path) -> None:
    """Qt may ask the desktop by a socket of this machine, which has a path and no address."""
    trace = tmp_path / "trace"
    tracing = ("strace", "-f", "--seccomp-bpf", "-e", "trace=%network", "-o", str(trace))
    done = run(tmp_path / "out", photo_folder, module="tests.silent_window", prefix=tracing)
    assert done.returncode == 0, done.stderr
    assert not re.findall(r"AF_(?!UNIX|LOCAL)\w+.*", trace.read_text())
    assert {path.name for path in (tmp_path / "out").iterdir()} == EXPORTED


def test_onnxruntime_reports_nothing_and_leaves_no_identifier(
    run: Run, photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its official builds send what they run to their maker, and keep an identifier in the user's home."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "TMPDIR"):
        monkeypatch.setenv(name, str(home))
    for name in ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"):
        monkeypatch.delenv(name, raising=False)
    assert run("index", photo_folder).returncode == 0
    assert list(home.rglob("*")) == []


# Nothing gets in.


def test_nothing_is_unpickled_and_no_text_is_run() -> None:
    """Nothing that unpickles is used, no array or weight is loaded as a pickle, no text becomes code or a command."""
    modules = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml"}
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules and "Error" not in node.attr:
                found.append(f"{place} uses {ast.unparse(node)}")
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in modules:
                found.append(f"{place} imports a module that runs what it reads")
            if isinstance(node, ast.Call):
                found += [f"{place} {wrong}" for wrong in _dangerous(node)]
    assert found == []


def _dangerous(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name in ("eval", "exec", "compile", "__import__", "os.system", "os.popen"):
        yield f"calls {name}"
    if options.get("shell", "False") != "False":
        yield "starts a shell"
    if options.get("allow_pickle", "False") != "False":
        yield "allows pickles"
    if name == "torch.load" and options.get("weights_only") != "True":
        yield "unpickles weights"


def test_the_look_for_pickles_finds_them() -> None:
    text = "torch.load(f); np.load(f, allow_pickle=True); eval(x); run(x, shell=True); torch.load(f, weights_only=True)"
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert sum(len(list(_dangerous(call))) for call in calls) == 4


def test_sql_is_never_made_of_what_a_user_has_named() -> None:
    """Values go in as parameters. The few statements with a part put in are marked, and the part is a name of ours."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).endswith((".execute", ".executemany"))
                and node.args
            ):
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.FormattedValue):
                        assert isinstance(part.value, ast.Name | ast.Attribute), ast.unparse(node)
                        assert "path" not in ast.unparse(part.value), ast.unparse(node)
                    assert not (isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mod)), ast.unparse(node)


EVIL = [
    "'; DROP TABLE files; --.jpg",
    '"><img src=x onerror=alert(1)>.jpg',
    "</script><script>alert(1)<!--.jpg",
    "$(touch pwned) `touch pwned` ; touch pwned.jpg",
    '=cmd|\' !A1,"x".jpg',
    "%s%n%00 {0} {{x}} \\u0000.jpg",
    "new\nline\r\x1b[31m.jpg",
]


def test_names_made_to_break_out_come_through_every_format(
    run: Run, photo_folder: Path, data_dir: Path, tmp_path: Path
) -> None:
    library = tmp_path / "evil"
    library.mkdir()
    for number, name in enumerate(EVIL):
        (library / name.replace("/", "\u2215")).write_bytes(
            (photo_folder / "red" / f"{number % 5}.jpg").read_bytes() + b"\0" * number
        )
    names = sorted(path.name for path in library.iterdir())
    out = tmp_path / "out"
    formats = [word for name in ("csv", "json", "html") for word in ("--format", name)]
    done = run("export", library, "--queries", "all", "--out", out, *formats)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr
    with (out / "results.csv").open(encoding="utf-8", newline="") as file:
        # What a spreadsheet would take for a formula stands behind an apostrophe.
        shown = {f"'{name}" if name[0] in "='" else name for name in names}
        assert {row["path"] for row in csv.DictReader(file)} == shown
    assert {row["path"] for row in json.loads((out / "results.json").read_bytes())} == set(names)
    assert foreign_tags((out / "index.html").read_text(encoding="utf-8")) == []
    assert run("search", library, library / names[0]).returncode == 0
    assert not list(tmp_path.rglob("pwned*")) + list(ROOT.glob("pwned*"))
    assert sorted(path.name for path in library.iterdir()) == names


def foreign_tags(page: str) -> list[str]:
    """What a name could bring into a page: handlers of events, scripts that say what ours do not, sources elsewhere."""
    found: list[str] = []

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(
                f"{tag} {key}"
                for key, value in attrs
                if key.startswith("on") or ("alert(" in (value or "") and key == "src")
            )
            found.extend(f"{tag} src" for key, value in attrs if key == "src" and not (value or "").startswith("data:"))
            self.script = tag == "script"

        def handle_data(self, data: str) -> None:
            if getattr(self, "script", False) and "alert(1)<!--" in data.replace("\\u003c", "\0"):
                found.append("script")

    Reader().feed(page)
    return found


def test_the_look_for_foreign_tags_finds_them() -> None:
    assert foreign_tags('<p onclick="x"><img src="http://x"><script>alert(1)<!--</script>') == [
        "p onclick",
        "img src",
        "script",
    ]


def network(nodes: list[object], path: Path, *opsets: object) -> Path:
    """A model file with a sound description around these operators."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])
    out = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 3])
    graph = helper.make_graph(nodes, "g", [image], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), *opsets], ir_version=8)
    text = json.dumps(description("strange", embedding_size=3, labels=None))
    helper.set_model_props(model, {"semblance": text})
    save(model, str(path))
    return path


def test_operators_that_are_not_onnxs_are_refused(tmp_path: Path) -> None:
    nodes = [helper.make_node("Strange", ["image"], ["embedding"], domain="com.elsewhere")]
    path = network(nodes, tmp_path / "x.onnx", helper.make_opsetid("com.elsewhere", 1))
    with pytest.raises(ModelError, match="Strange"):
        open_embedder(read_spec(path))


def test_a_gigantic_tensor_is_refused_before_it_takes_the_memory(tmp_path: Path) -> None:
    """14 GB, by the shape that the file asks for; what is refused is the request, so that nothing is taken."""
    constant = helper.make_node("Constant", [], ["shape"], value_ints=[60_000, 60_000])
    nodes = [
        constant,
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("ReduceMax", ["mean"], ["one"], keepdims=0),
        helper.make_node("Expand", ["one", "shape"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["sum"], keepdims=0),
        helper.make_node("Add", ["mean", "sum"], ["embedding"]),
    ]
    path = network(nodes, tmp_path / "x.onnx")
    script = (
        "import sys, numpy as np\nfrom pathlib import Path\n"
        "from engine.embedder import open_embedder\nfrom engine.errors import ModelError\n"
        "from engine.spec import read_spec\n"
        "try:\n    open_embedder(read_spec(Path(sys.argv[1])), threads=1).embed(np.zeros((1, 3, 32, 32), np.float32))\n"
        "except ModelError as error:\n"
        # Not getrusage: its peak begins with the size of the process that started this one.
        "    status = Path('/proc/self/status')\n"
        "    lines = status.read_text().splitlines() if status.exists() else ['VmHWM: 0 kB']\n"
        "    print(next(line.split()[1] for line in lines if line.startswith('VmHWM:')), error)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    peak, _, words = done.stdout.partition(" ")
    assert "failed to run" in words
    if sys.platform == "linux":
        assert int(peak) < 1_000_000  # KiB


# Private to the user.


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the user's own folder private by itself")
def test_index_and_settings_are_private(
    run: Run, photo_folder: Path, tmp_path: Path, data_dir: Path, qtbot: QtBot
) -> None:
    place = tmp_path / "new" / "data"
    before = os.umask(0o022)
    try:
        settings = Settings(place)
        settings.tile_size = 200
        settings._file.sync()
        done = run("index", photo_folder, "--data-dir", place)
        assert done.returncode == 0, done.stderr
        settings.tile_size = 210
        settings._file.sync()
    finally:
        os.umask(before)
    used = data_dir if (data_dir / "index.db").exists() else place
    for folder in {place, used}:
        for path in folder.rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600), f"{path.name} has mode {mode:o}"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
