"""The engine's few error classes: each carries the data that a message for people needs."""

from pathlib import Path


class EngineError(Exception):
    """Base of every error that the engine raises on purpose; `str()` is one clear English line."""


class FolderError(EngineError):
    """A library folder cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class DecodeError(EngineError):
    """One image file cannot be decoded."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ModelError(EngineError):
    """A model file is refused; `reason` says what is wrong with its description or its shape."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class UnknownModelError(EngineError):
    """No model has the name that was asked for."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no model is named {name!r}; there are: {', '.join(known) or 'none'}")
        self.name = name
        self.known = known


class StoreError(EngineError):
    """The index cannot be used; `path` is the file or folder it lies in."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class StoreTooNewError(StoreError):
    """The index was written by a newer version of the product."""

    def __init__(self, path: Path, found: int, supported: int) -> None:
        super().__init__(
            path, f"the index has version {found}, this program reads up to {supported}: use a newer Semblance"
        )
        self.found = found
        self.supported = supported


class StoreBusyError(StoreError):
    """Another process is writing to the index."""


SILENT = "the server does not answer"
NO_ENTRY = "it does not let us in"


class VectorStoreError(EngineError):
    """A server that holds vectors cannot be used; `address` says which, without any secret."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class ClusterError(EngineError):
    """Embedding on many machines cannot begin or go on; `place` names what is in the way."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class ExportError(EngineError):
    """An export cannot be made, or not there; `path` is the file or folder in question."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class LabelsError(EngineError):
    """A file of labels cannot be read, or says two things of one photo."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class SavedSearchError(EngineError):
    """The file `path` of a library's saved searches cannot be used; it stays as it is."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class AdaptError(EngineError):
    """No model can be adapted to these labels."""


class MapError(EngineError):
    """The photos cannot be laid out as a map."""
