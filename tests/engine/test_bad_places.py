"""Places that do what they should not: no permission, read-only, unplugged, crowded, deep, and full of odd entries."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.folder import scan
from engine.indexer import IndexReport, index
from engine.results import ImageFile
from engine.spec import read_spec
from engine.store import Store
from tests.conftest import draw_photo
from tests.engine.crash_harness import Embedder, fork

NOBODY = 65_534
ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX's permissions and special files")


@pytest.fixture
def open_folder(tiny_model: Path) -> Iterator[Path]:
    """A folder that every user may look into, with the model `tiny.onnx`; tmp_path is the user's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shutil.copy(tiny_model, folder)
        yield Path(folder)


def as_nobody(work: Callable[[], object]) -> object:
    """What `work` returns (a JSON value) in a process that is not root's: root may read and write everything."""
    reader, writer = os.pipe()

    def child() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os.write(writer, json.dumps(work()).encode())

    _, status = os.waitpid(fork(child), 0)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    assert status == 0
    return json.loads(text)


def indexed(data_dir: Path, photos: Path, model: Path) -> IndexReport:
    with Store(data_dir) as store:
        job = index(store, photos, [Embedder(read_spec(model))], decode_threads=2)
        while True:
            try:
                next(job)
            except StopIteration as end:
                return end.value


def test_what_may_not_be_read_is_skipped_and_named_and_a_read_only_folder_is_no_obstacle(open_folder: Path) -> None:
    photos = open_folder / "photos"
    for name in ("a.jpg", "kept/b.jpg", "secret/c.jpg", "secret.jpg"):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        draw_photo("red", len(name), (48, 36)).save(photos / name)
    (photos / "secret.jpg").chmod(0)
    for folder, mode in (("secret", 0), ("kept", 0o555), ("", 0o555)):
        (photos / folder).chmod(mode)
    data_dir = open_folder / "data"
    data_dir.mkdir()
    data_dir.chmod(0o777)

    def work() -> object:
        report = indexed(data_dir, photos, open_folder / "tiny.onnx")
        return [report.images, [[skipped.path, skipped.reason] for skipped in report.skipped]]

    try:
        found = as_nobody(work)
    finally:
        for folder in ("", "secret", "kept"):
            (photos / folder).chmod(0o755)
    assert found == [2, [["secret", "no permission to read it"], ["secret.jpg", "no permission to read it"]]]
    assert sorted(path.name for path in photos.rglob("*")) == [
        "a.jpg",
        "b.jpg",
        "c.jpg",
        "kept",
        "secret",
        "secret.jpg",
    ]


@pytest.mark.parametrize("there", [False, True])
def test_an_index_that_may_not_be_written_says_so(open_folder: Path, photo_folder: Path, there: bool) -> None:
    data_dir = open_folder / "data"
    data_dir.mkdir()
    photos = open_folder / "photos"
    shutil.copytree(photo_folder / "red", photos)
    if there:
        indexed(data_dir, photos, open_folder / "tiny.onnx")
        for path in [*data_dir.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
    data_dir.chmod(0o555)

    def work() -> object:
        try:
            indexed(data_dir, photos, open_folder / "tiny.onnx")
        except StoreError as error:
            return str(error)
        return "no error"

    try:
        told = str(as_nobody(work))
    finally:
        data_dir.chmod(0o755)
        for path in data_dir.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert str(data_dir) in told
    assert "cannot be" in told
    if there:
        assert indexed(data_dir, photos, open_folder / "tiny.onnx").embedded == 0


def test_a_folder_full_of_odd_entries_is_indexed_all_the_same(tmp_path: Path, tiny_model: Path) -> None:
    photos = tmp_path / "photos"
    deep = photos / "/".join(["d"] * 300)
    deep.mkdir(parents=True)
    draw_photo("red", 1, (48, 36)).save(tmp_path / "x.jpg")
    picture = (tmp_path / "x.jpg").read_bytes()
    (deep / "deep.jpg").write_bytes(picture)
    broken = os.fsdecode(b"caf\xe9 \xff\xfe.jpg")
    for name in ("A.jpg", "a.JPG", "new\nline.jpg", " .jpg", "-rf.jpg", "a" * 250 + ".jpg", broken):
        (photos / name).write_bytes(picture)
    os.mkfifo(photos / "fifo.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(photos)  # a socket's path may have 100 characters
        try:
            server.bind("socket.jpg")
        finally:
            os.chdir(here)
        (photos / "loop").symlink_to(".")
        (photos / "self.jpg").symlink_to("self.jpg")
        (photos / "up").symlink_to("..")
        report = indexed(tmp_path / "data", photos, tiny_model)
        with Store(tmp_path / "data") as store:
            held = list(store.library(photos).gallery(read_spec(tiny_model)).paths)
    assert [skipped.path for skipped in report.skipped] == ["self.jpg"]
    # `up` leads outside: what lies there is followed once.
    expected = {"A.jpg", "a.JPG", "new\nline.jpg", " .jpg", "-rf.jpg", "a" * 250 + ".jpg", broken, "up/x.jpg"}
    expected |= {"d/" * 300 + "deep.jpg"}
    assert {path for path in held if not path.startswith("up/") or path == "up/x.jpg"} == expected
    assert report.embedded == 1


def test_a_drive_that_is_pulled_out_and_put_back_needs_nothing_new(tmp_path: Path, tiny_model: Path) -> None:
    """A real one: unmounted lazily while it is indexed, which leaves an empty folder, then mounted again."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("only root can mount")
    command = ["unshare", "--mount", sys.executable, "-c", PULLED, str(tmp_path), str(tiny_model)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    first, second, third = json.loads(done.stdout)
    assert first["embedded"] < 120
    assert second == {"images": 120, "embedded": 120 - first["embedded"]}
    assert third == {"images": 120, "embedded": 0}


PULLED = """
import json, subprocess, sys
from pathlib import Path
from engine import assembly
from engine.errors import FolderError
from engine.indexer import index
from engine.spec import read_spec
from engine.store import Store
from tests.conftest import draw_photo
from tests.engine.crash_harness import Embedder

base, spec = Path(sys.argv[1]), read_spec(Path(sys.argv[2]))
drive, away = base / "drive", base / "away"
for folder in (drive, away):
    folder.mkdir()
mount = lambda *words: subprocess.run(["mount", *words], check=True)
mount("-t", "tmpfs", "tmpfs", str(away))
for number in range(120):
    draw_photo("red", number, (48, 36)).save(away / f"{number:03}.png")
mount("--bind", str(away), str(drive))

class Counting(Embedder):
    pictures, pull_at = 0, None
    def embed(self, batch):
        self.pictures += len(batch)
        if self.pull_at is not None and self.pictures >= self.pull_at:
            self.pull_at = None
            subprocess.run(["umount", "-l", str(drive)], check=True)
        return super().embed(batch)

def run(store, pull_at=None):
    embedder = Counting(spec)
    embedder.pull_at = pull_at
    job = index(store, drive, [embedder], decode_threads=1)
    while True:
        try:
            next(job)
        except StopIteration as end:
            return {"images": end.value.images, "embedded": embedder.pictures}

assembly.BATCH, assembly.AHEAD, assembly.COMMIT_SECONDS = 4, 4, 0.0
with Store(base / "data") as store:
    told = [run(store, pull_at=12)]
    mount("--bind", str(away), str(drive))
    told += [run(store)]
    subprocess.run(["umount", "-l", str(drive)], check=True)
    run(store)
    mount("--bind", str(away), str(drive))
    told += [run(store)]
print(json.dumps(told))
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_hundred_thousand_files_in_one_folder(tmp_path: Path, tiny_model: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    pictures = []
    for number in range(20):
        draw_photo("blue", number, (48, 36)).save(tmp_path / "x.png")
        pictures.append((tmp_path / "x.png").read_bytes())
    for number in range(100_000):
        (photos / f"IMG_{number:06}.png").write_bytes(pictures[number % 20])
    assert sum(isinstance(item, ImageFile) for item in scan(photos)) == 100_000
    report = indexed(tmp_path / "data", photos, tiny_model)
    assert (report.images, report.embedded, report.skipped) == (100_000, 20, [])
    assert indexed(tmp_path / "data", photos, tiny_model).embedded == 0
