"""What the window remembers between two starts, typed and with its defaults, in one file beside the index."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Generic, TypeVar, overload
from urllib.parse import quote, unquote_to_bytes

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

T = TypeVar("T")
Kept = dict[str, Any]

RECENT_LIMIT = 10
FILE_NAME = "window.ini"


class _Value(Generic[T]):
    """One setting: JSON text in the file, `default` where the file has nothing or something of another type."""

    def __init__(self, default: T) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, owner: None, kind: type) -> "_Value[T]": ...

    @overload
    def __get__(self, owner: "Settings", kind: type) -> T: ...

    def __get__(self, owner: "Settings | None", kind: type) -> "T | _Value[T]":
        if owner is None:
            return self
        value = owner.read(self.name)
        return value if type(value) is type(self.default) else self.default

    def __set__(self, owner: "Settings", value: T) -> None:
        owner.write(self.name, value)


class Settings(QObject):
    """Attributes are read from and written to the file at once; `changed` names the one that got another value."""

    changed = Signal(str)

    model = _Value("")  # "": the first that is there
    metric = _Value("")  # "": the one that the model's description names
    provider = _Value("")  # "": the fastest that works
    tile_size = _Value(160)
    result_count = _Value(1000)  # 0: all
    sort = _Value("distance")
    library_sort = _Value("name")
    theme = _Value("system")  # "system", "light", "dark"
    language = _Value("")  # "": the system's
    show_numbers = _Value(True)  # rank and distance on the tiles
    fold_copies = _Value(True)  # near-identical results stand as one tile
    show_inspector = _Value(True)
    show_side_panel = _Value(True)
    watch_folder = _Value(True)
    map_layout = _Value("pca")  # see `engine.photo_map.Layout`
    map_colour = _Value("distance")  # "folder"; "distance" wherever there is a query
    geometry_hex = _Value("")
    splitter_hex = _Value("")
    export_choices: _Value[Kept] = _Value({})  # see `gui.export_job.ExportChoices`
    evaluate_choices: _Value[Kept] = _Value({})  # see `gui.evaluate_job.EvaluateChoices`

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = data_dir / FILE_NAME
        with contextlib.suppress(
            OSError
        ):  # Qt would make it readable for everybody; it keeps the mode of what is there
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        self._file = QSettings(str(file), QSettings.Format.IniFormat)

    def read(self, name: str) -> Any:
        """The value in the file, None if there is none that can be read."""
        text = self._file.value(f"window/{name}")
        if not isinstance(text, str):
            return None
        try:
            return json.loads(text)
        except ValueError:
            return None

    def write(self, name: str, value: Any) -> None:
        """Keep a value; tells `changed` if it is another one than before."""
        text = json.dumps(value)
        if self._file.value(f"window/{name}") == text:
            return
        self._file.setValue(f"window/{name}", text)
        self.changed.emit(name)

    @property
    def recent(self) -> list[Path]:
        """Libraries, the one that was opened last first."""
        kept = self.read("recent")
        if not isinstance(kept, list):
            return []
        return [Path(os.fsdecode(unquote_to_bytes(item))) for item in kept if isinstance(item, str)]

    def remember_library(self, root: Path) -> None:
        """Put a library at the head of `recent`."""
        self._write_recent([root, *(old for old in self.recent if old != root)])

    def forget_library(self, root: Path) -> None:
        self._write_recent([old for old in self.recent if old != root])

    def clear_recent(self) -> None:
        self._write_recent([])

    def bytes_of(self, name: str) -> QByteArray:
        """A setting that holds one of Qt's own states, as hexadecimal text."""
        return QByteArray.fromHex(str(getattr(self, name)).encode("ascii", "replace"))

    def reset(self) -> None:
        """Back to the defaults, all but the recent libraries, which are no preference."""
        recent = self.recent
        self._file.clear()
        self._write_recent(recent)
        self.changed.emit("")

    def sync(self) -> None:
        """Write what is still in memory to the file."""
        self._file.sync()

    def _write_recent(self, roots: list[Path]) -> None:
        # Names of files may hold bytes that are no text: percent-encoded they go through any file.
        self.write("recent", [quote(os.fsencode(root)) for root in roots[:RECENT_LIMIT]])
