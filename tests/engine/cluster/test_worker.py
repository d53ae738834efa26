"""A worker that dies of a file is started again, and in the end the file is left out and all others are embedded."""

from pathlib import Path

import pytest

from engine.cluster.ledger import Ledger
from engine.cluster.source import FolderSource, open_source
from engine.cluster.worker import ModelFiles, Outcome, Worker
from engine.embedder import Embedder, open_embedder
from engine.errors import ClusterError, ModelError
from engine.results import ImageFile
from engine.spec import find_model, list_models, read_spec


class Deadly(FolderSource):
    """A folder with a file that ends the process that reads it."""

    deaths = 0

    def read(self, file: ImageFile) -> tuple[bytes, ImageFile]:
        if file.path == "green/2.jpg":
            self.deaths += 1
            raise SystemExit(139)
        return super().read(file)


@pytest.fixture
def embedder(tiny_model: Path) -> Embedder:
    return open_embedder(read_spec(tiny_model))


def files_of(root: Path) -> list[ImageFile]:
    return [item for item in open_source(str(root)).listing() if isinstance(item, ImageFile)]


def until_it_lives(source: FolderSource, embedder: Embedder, files: list[ImageFile]) -> list[Outcome]:
    """As Ray does: a worker that is gone is replaced, and its batch begun again."""
    ledger = Ledger()
    for _ in range(10):
        try:
            return Worker(source, embedder, ledger)(files)
        except SystemExit:
            continue
    raise AssertionError("no worker outlives the file")


def test_a_file_that_brings_workers_down_costs_one_line(photo_folder: Path, embedder: Embedder) -> None:
    source = Deadly(photo_folder)
    outcomes = until_it_lives(source, embedder, files_of(photo_folder))
    reasons = {outcome.file.path: outcome.reason for outcome in outcomes if outcome.reason}
    assert reasons == {"green/2.jpg": "a worker died of it, again and again"}
    assert sum(outcome.vector is not None for outcome in outcomes) == 23
    assert source.deaths == 4  # twice among others, twice alone


def test_large_files_are_read_in_small_groups(
    photo_folder: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cluster.worker.ASK_BYTES", 10_000)
    ledger = Ledger()
    asked: list[int] = []
    claim = ledger.claim

    def counting(batch: bytes, contents: list[bytes]) -> list[str]:
        asked.append(len(contents))
        return claim(batch, contents)

    monkeypatch.setattr(ledger, "claim", counting)
    outcomes = Worker(open_source(str(photo_folder)), embedder, ledger)(files_of(photo_folder))
    assert all(outcome.vector is not None for outcome in outcomes)
    assert sum(asked) == 24
    assert max(asked) < 8


def test_a_model_travels_with_its_description(tiny_model: Path, tmp_path: Path) -> None:
    spec = read_spec(tiny_model)
    there = tmp_path / "there"
    there.mkdir()
    embedder = ModelFiles.of(spec).open(there, None, 1)
    assert embedder.spec.sha256 == spec.sha256
    assert embedder.spec.path.parent == there


def test_a_model_that_arrives_changed_is_refused(tiny_model: Path, second_tiny_model: Path, tmp_path: Path) -> None:
    sent = ModelFiles.of(read_spec(tiny_model))
    other = ModelFiles(sent.name, ModelFiles.of(read_spec(second_tiny_model)).sha256, sent.files)
    with pytest.raises(ClusterError, match="did not arrive"):
        other.open(tmp_path, None, 1)


def test_a_model_that_has_changed_is_not_sent(tiny_model: Path) -> None:
    spec = find_model("tiny", [tiny_model.parent])
    assert list_models([tiny_model.parent]).models == (spec,)
    tiny_model.write_bytes(tiny_model.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="changed"):
        ModelFiles.of(spec)
