"""The networks that the window keeps open."""

from collections.abc import Callable
from pathlib import Path

from engine.own_models import keep
from gui.backend import NETWORKS_KEPT, Backend
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


def test_the_networks_that_were_used_last_stay_open(
    build_model: Callable[..., Path], photo_folder: Path, data_dir: Path
) -> None:
    paths = [build_model(f"m{number}", seed=number) for number in range(NETWORKS_KEPT + 1)]
    backend = Backend(data_dir, [paths[0].parent], "cpu")
    try:
        specs = [backend.model(path.stem) for path in paths]
        first, second, *others = (spec for spec in specs if spec is not None)
        own = keep(backend.store, backend.store.library(photo_folder), second, made(second), "my-photos")
        opened = backend.embedder(first)
        backend.embedder(own)
        for spec in others[:-1]:
            backend.embedder(spec)
        assert backend.embedder(first) is opened
        assert backend.opened(own) is not None
        backend.embedder(
            others[-1]
        )  # one more than is kept: the second has waited the longest, and what is built on it
        assert [backend.opened(spec) is not None for spec in (first, second, own, *others)] == [
            True,
            False,
            False,
            *(True for _ in others),
        ]
        assert backend.embedder(own).spec == own
    finally:
        backend.close()
