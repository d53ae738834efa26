"""Find the image files of a library: a sorted, loop-free walk that never writes and never stops at a bad entry."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.errors import FolderError
from engine.regular_file import modified_ns
from engine.results import ImageFile, Skipped

EXTENSIONS: frozenset[str] = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".heic"}
    | {".heif", ".hif"}
)

# Windows marks hidden files, and files whose content lies in the cloud only, by attributes instead of by name. Reading
# one of the latter would download it, so that indexing a folder would pull down the user's whole cloud.
_HIDDEN = 0x2
_RECALL = 0x40000 | 0x400000  # FILE_ATTRIBUTE_RECALL_ON_OPEN, FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS


def scan(root: Path) -> Iterator[ImageFile | Skipped]:
    """Walk `root` and yield every image file in code-point order of its path relative to `root`.

    Hidden files and folders (a leading dot; the attribute on Windows) and everything that is not a regular file are
    left out without a word. A link to a folder inside the library is not followed, for its photos stand at their own
    place; one to a folder outside is followed once. So a loop of links ends, and no photo is listed twice through
    links. A sub-folder or file that cannot be read is one `Skipped`. Raises FolderError at the call if `root` is no
    readable folder.
    """
    top = os.fspath(root)
    try:
        info = os.stat(top)  # noqa: PTH116
        if not stat.S_ISDIR(info.st_mode):
            raise FolderError(root, "not a folder")
        entries = _entries(top)
        real = os.path.realpath(top)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise FolderError(root, _reason(error, "the folder does not exist")) from error
    return _walk(entries, (info.st_dev, info.st_ino), real)


def _walk(
    top_entries: list[tuple[str, os.DirEntry[str]]], top_id: tuple[int, int], real_root: str
) -> Iterator[ImageFile | Skipped]:
    """Depth first with a stack of its own, for a tree may be nested deeper than Python recurses."""
    visited = {top_id}
    stack = [("", iter(top_entries))]
    while stack:
        prefix, entries = stack[-1]
        key, entry = next(entries, ("", None))
        if entry is None:
            stack.pop()
            continue
        path = prefix + key
        try:
            if not key.endswith("/"):
                found = _file(path, entry)
                if found is not None:
                    yield found
                continue
            if entry.is_symlink() and _inside(os.path.realpath(entry.path), real_root):
                continue
            # DirEntry.stat() leaves the inode at 0 on Windows; os.stat does not.
            info = os.stat(entry.path)  # noqa: PTH116
            if (info.st_dev, info.st_ino) in visited or getattr(info, "st_file_attributes", 0) & _HIDDEN:
                continue
            visited.add((info.st_dev, info.st_ino))
            stack.append((path, iter(_entries(entry.path))))
        except OSError as error:
            yield Skipped(path.removesuffix("/"), _reason(error, "it was removed while the folder was read"))


def _entries(folder: str) -> list[tuple[str, os.DirEntry[str]]]:
    """The folder's visible sub-folders and image files with their sort key: the name, and `/` after a folder's.

    With that slash the keys of one folder sort exactly as the full paths below it do (`a!`, then `a/x`, then `a0`).
    """
    found: list[tuple[str, os.DirEntry[str]]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if os.path.splitext(entry.name)[1].lower() in EXTENSIONS and not _is_dir(entry):  # noqa: PTH122
                found.append((entry.name, entry))
            elif _is_dir(entry):
                found.append((entry.name + "/", entry))
    found.sort(key=lambda pair: pair[0])
    return found


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or a folder that vanished
        return False


def _file(path: str, entry: os.DirEntry[str]) -> ImageFile | Skipped | None:
    try:
        info = entry.stat()
    except OSError as error:
        if entry.is_symlink():
            return Skipped(path, "a link that leads nowhere")
        return Skipped(path, _reason(error, "it was removed while the folder was read"))
    if not stat.S_ISREG(info.st_mode):
        return None
    if sys.platform == "win32":
        if info.st_file_attributes & _HIDDEN:
            return None
        if info.st_file_attributes & _RECALL:
            return Skipped(path, "it lies in the cloud only; download it to have it indexed")
    return ImageFile(path, info.st_size, modified_ns(info))


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _reason(error: OSError | ValueError, missing: str) -> str:
    if isinstance(error, FileNotFoundError):
        return missing
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, OSError) and error.strerror:
        return f"it cannot be read ({error.strerror})"
    return f"it cannot be read ({error})"
