"""The networks that the window keeps open."""

from pathlib import Path

from engine.own_models import keep
from gui.backend import Backend
from tests.engine.test_own_models import made


def test_an_own_model_made_anew_under_its_name_is_opened_anew(
    tiny_model: Path, photo_folder: Path, data_dir: Path
) -> None:
    backend = Backend(data_dir, [tiny_model.parent], "cpu")
    try:
        base = backend.model("tiny")
        assert base is not None
        library = backend.store.library(photo_folder)
        first = keep(backend.store, library, base, made(base, seed=0), "my-photos")
        before, opened = first.sha256, backend.embedder(first)
        assert backend.embedder(first) is opened
        second = keep(backend.store, library, base, made(base, seed=1), "my-photos")
        assert second.sha256 != before
        assert backend.opened(second) is None
        assert backend.embedder(second).spec.sha256 == second.sha256
    finally:
        backend.close()
