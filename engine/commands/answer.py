"""What every command shares: where it works, and the answer that it gives."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.spec import DEFAULT_MODEL, ModelSpec, bundled_folder, find_model, own_folder
from engine.vector_store import StoreAddress


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command finds what it needs: the index, the models, and the hardware to compute on."""

    data_dir: Path
    model_folders: tuple[Path, ...] = ()  # besides the one that comes with the program
    provider: str | None = None  # None: the best there is
    threads: int | None = None  # None: as many as there are cores
    store: StoreAddress | None = None  # the server that holds the vectors; None: the index does

    def folders(self) -> list[Path]:
        """Every folder that models are looked for in: the bundled one first, the user's own models last."""
        return [bundled_folder(), *self.model_folders, own_folder(self.data_dir)]

    def model(self, name: str | None) -> ModelSpec:
        """The model of that name, the default one for None; raises UnknownModelError, which lists the known ones."""
        return find_model(name or DEFAULT_MODEL, self.folders())


@dataclass(frozen=True, slots=True)
class Answer:
    """A command's result, made only in the form that is asked for."""

    value: Callable[[], Any]  # for `--json`: lists, dicts, strings and numbers
    lines: Callable[[], Iterable[str]]  # for people
