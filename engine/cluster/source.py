"""Where the photos of a cluster lie: a folder that every machine sees, or an object store that fsspec reads."""

import hashlib
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

from engine.decode import MAX_FILE_BYTES, too_large
from engine.errors import ClusterError, FolderError
from engine.folder import EXTENSIONS, scan
from engine.prepare import UnreadableError, read_steady
from engine.results import ImageFile, Skipped

T = TypeVar("T")
ANSWER_SECONDS = 8.0  # an object store that says nothing for so long is not there
LOCAL_READERS, REMOTE_READERS = 2, 16  # files read at once by a worker: a disk's heads, or a network's delay

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::|://)")
# What file systems call the moment of the last change, the best first.
_CHANGED = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
_ETAG = ("ETag", "etag", "e_tag", "md5Hash", "content_md5")


class Source(Protocol):
    """Photos to embed. Can be sent to other processes, where it opens what it needs anew."""

    @property
    def name(self) -> str:
        """What it is called in answers and errors; without a password."""

    @property
    def readers(self) -> int:
        """How many files a worker does well to read at once."""

    def check(self) -> None:
        """Raise FolderError or ClusterError within seconds where it cannot be read from here."""

    def listing(self) -> Iterator[ImageFile | Skipped]:
        """Every image file in code-point order of its path relative to the source; hidden files and folders are left
        out. Raises FolderError or ClusterError."""

    def read(self, file: ImageFile) -> tuple[bytes, ImageFile]:
        """A file's bytes, and what it was when they were read. Raises UnreadableError."""


def open_source(text: str) -> Source:
    """The source that a folder or a URL names (`s3://bucket/prefix`; what fsspec knows). Raises ClusterError."""
    if text.startswith("file://"):
        return FolderSource(Path(unquote(text.removeprefix("file://"))).absolute())
    if _SCHEME.match(text):
        return RemoteSource(text)
    return FolderSource(Path(text).absolute())


class FolderSource:
    """A folder; on many machines one that all of them have at the same place."""

    readers = LOCAL_READERS

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def name(self) -> str:
        return str(self.root)

    def check(self) -> None:
        scan(self.root)

    def listing(self) -> Iterator[ImageFile | Skipped]:
        yield from scan(self.root)
        if not self.root.is_dir():
            # A drive was unplugged while we looked: what we did not see has not been removed.
            raise FolderError(self.root, "the folder vanished while it was read")

    def read(self, file: ImageFile) -> tuple[bytes, ImageFile]:
        data, size, mtime_ns = read_steady(self.root / file.path)
        return data, ImageFile(file.path, size, mtime_ns)


class RemoteSource:
    """A prefix of an object store, or whatever else fsspec reads."""

    readers = REMOTE_READERS

    def __init__(self, url: str) -> None:
        self.url = url
        self._opened: tuple[Any, str] | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, str]:
        return {"url": self.url}

    def __setstate__(self, state: dict[str, str]) -> None:
        self.__init__(state["url"])  # type: ignore[misc]

    @property
    def name(self) -> str:
        return re.sub(r"//[^/@]*@", "//…@", self.url)

    def check(self) -> None:
        files, root = self._open()

        def look() -> None:
            if not files.isdir(root):
                raise self._error("there is no such folder, or nothing lies beneath it")

        self._within(ANSWER_SECONDS, look)

    def listing(self) -> Iterator[ImageFile | Skipped]:
        files, root = self._open()
        try:
            stack = [("", iter(self._entries(files, root)))]
        except Exception as error:  # each file system raises its own
            raise self._error(_reason(error)) from error
        while stack:
            prefix, entries = stack[-1]
            key, info = next(entries, ("", None))
            if info is None:
                stack.pop()
            elif not key.endswith("/"):
                yield ImageFile(prefix + key, int(info.get("size") or 0), stamp(info))
            else:
                path = prefix + key
                try:
                    stack.append((path, iter(self._entries(files, f"{root}/{path[:-1]}"))))
                except Exception as error:  # noqa: BLE001 - one folder that cannot be read is one line
                    yield Skipped(path[:-1], _reason(error))

    def read(self, file: ImageFile) -> tuple[bytes, ImageFile]:
        if file.size > MAX_FILE_BYTES:
            raise UnreadableError(too_large(file.size))
        files, root = self._open()
        try:
            data = bytes(files.cat_file(f"{root}/{file.path}"))
        except FileNotFoundError as error:
            raise UnreadableError("it was removed while the library was indexed", gone=True) from error
        except Exception as error:  # each file system raises its own
            raise UnreadableError(_reason(error)) from error
        return data, ImageFile(file.path, len(data), file.mtime_ns)

    def _entries(self, files: Any, folder: str) -> list[tuple[str, dict[str, Any]]]:
        """As `engine.folder` sorts a folder's entries: by name, folders with a `/` behind it."""
        found = []
        for info in files.ls(folder, detail=True):
            name = str(info["name"]).rstrip("/").rpartition("/")[2]
            if not name or name.startswith(".") or str(info["name"]).rstrip("/") == folder:
                continue
            if info["type"] == "directory":
                found.append((name + "/", info))
            elif os.path.splitext(name)[1].lower() in EXTENSIONS:  # noqa: PTH122
                found.append((name, info))
        found.sort(key=lambda pair: pair[0])
        return found

    def _open(self) -> tuple[Any, str]:
        """The file system, and the path of the source in it."""
        with self._lock:
            if self._opened is None:
                self._opened = self._within(ANSWER_SECONDS, self._connect)
            return self._opened

    def _connect(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise self._error('reading it needs more: pip install "semblance[cluster]"') from error
        logging.getLogger("fsspec").setLevel(logging.CRITICAL)
        try:
            files, root = url_to_fs(self.url)
        except ImportError as error:
            raise self._error(f"reading it needs another package ({_first_line(error)})") from error
        except ValueError as error:
            raise self._error(_first_line(error)) from error
        # A listing of a hundred million files is read once; what is kept of it would fill the memory.
        cache = getattr(files, "dircache", None)
        if cache is not None and hasattr(cache, "use_listings_cache"):
            cache.use_listings_cache = False
            files.invalidate_cache()
        return files, str(root).rstrip("/")

    def _within(self, seconds: float, work: Callable[[], T]) -> T:
        """What `work` gives; its clients may try again for minutes where nobody answers."""
        done: list[T] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                done.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed.append(error)

        thread = threading.Thread(target=run, name="source", daemon=True)
        thread.start()
        thread.join(seconds)
        if failed and isinstance(failed[0], ClusterError):
            raise failed[0]
        if failed:
            raise self._error(_reason(failed[0])) from failed[0]
        if not done:
            raise self._error(f"no answer within {seconds:.0f} s")
        return done[0]

    def _error(self, reason: str) -> ClusterError:
        return ClusterError(self.name, reason)


def stamp(info: dict[str, Any]) -> int:
    """A number that is another one when a file has changed: the time of the change in nanoseconds. Object stores tell
    whole seconds; what names the content there fills the rest."""
    changed = next((info[name] for name in _CHANGED if info.get(name) is not None), 0)
    if isinstance(changed, str):
        try:
            changed = datetime.fromisoformat(changed)
        except ValueError:
            changed = 0
    if isinstance(changed, datetime):
        whole = changed if changed.tzinfo else changed.replace(tzinfo=UTC)
        since = whole - datetime(1970, 1, 1, tzinfo=UTC)
        nanoseconds = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    else:
        nanoseconds = int(float(changed) * 1e9)
    etag = next((str(info[name]) for name in _ETAG if info.get(name)), "")
    if etag and nanoseconds % 1_000_000_000 == 0:
        digest = hashlib.blake2b(etag.encode(), digest_size=8).digest()
        nanoseconds += int.from_bytes(digest, "big") % 1_000_000_000
    return nanoseconds


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "it does not exist"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    return f"it cannot be read ({_first_line(error)})"


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
