"""Photos of a cluster are listed and read from a folder or through fsspec, alike."""

import os
import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import fsspec
import pytest

from engine.cluster.source import FolderSource, RemoteSource, open_source, stamp
from engine.errors import ClusterError, FolderError
from engine.folder import scan
from engine.prepare import UnreadableError
from engine.results import ImageFile, Skipped


@pytest.fixture
def remote(photo_folder: Path) -> Iterator[str]:
    """The drawn photos as an object store in memory, with hidden and foreign files among them."""
    files = fsspec.filesystem("memory")
    root = f"/archive-{uuid4().hex}"
    for path in sorted(photo_folder.rglob("*.*")):
        files.pipe_file(f"{root}/{path.relative_to(photo_folder).as_posix()}", path.read_bytes())
    for name in (".hidden.jpg", ".cache/0.jpg", "red/.trash/1.jpg", "notes.txt", "blue!/a.JPG", "blue.jpg"):
        files.pipe_file(f"{root}/{name}", (photo_folder / "blue/0.jpg").read_bytes())
    yield f"memory:/{root}"
    files.rm(root, recursive=True)


def test_a_folder_is_listed_as_the_window_lists_it(photo_folder: Path) -> None:
    source = open_source(str(photo_folder))
    source.check()
    assert list(source.listing()) == list(scan(photo_folder))
    data, file = source.read(ImageFile("red/3.jpg", 0, 0))
    path = photo_folder / "red/3.jpg"
    assert (data, file) == (path.read_bytes(), ImageFile("red/3.jpg", path.stat().st_size, path.stat().st_mtime_ns))


def test_a_file_url_is_that_folder(photo_folder: Path) -> None:
    source = open_source(photo_folder.as_uri())
    assert isinstance(source, FolderSource)
    assert source.name == str(photo_folder)


def test_an_object_store_is_listed_in_order_of_path_without_what_is_hidden(remote: str) -> None:
    source = open_source(f"memory://{remote.partition('//')[2]}" if "://" in remote else remote.replace(":/", "://"))
    source.check()
    listed = [item for item in source.listing() if isinstance(item, ImageFile)]
    paths = [item.path for item in listed]
    assert len(paths) == 26
    assert paths == sorted(paths)
    assert paths[:2] == ["blue!/a.JPG", "blue.jpg"]
    assert not any("/." in f"/{path}" for path in paths)
    assert all(item.size > 0 and item.mtime_ns > 0 for item in listed)


def test_an_object_store_is_read_by_a_process_that_got_the_source(remote: str, photo_folder: Path) -> None:
    sent = pickle.loads(pickle.dumps(open_source(remote.replace(":/", "://"))))
    data, file = sent.read(ImageFile("red/3.jpg", 5, 7))
    assert data == (photo_folder / "red/3.jpg").read_bytes()
    assert file == ImageFile("red/3.jpg", len(data), 7)
    with pytest.raises(UnreadableError, match="removed"):
        sent.read(ImageFile("red/99.jpg", 5, 7))
    with pytest.raises(UnreadableError, match="limit"):
        sent.read(ImageFile("red/3.jpg", 1 << 40, 7))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("memory://nothing/here", "no such folder"),
        ("nonsense://bucket/prefix", "Protocol not known"),
        ("adl://user:secret@store/prefix", "another package"),
    ],
)
def test_a_source_that_cannot_be_read_says_so_in_one_line(url: str, reason: str) -> None:
    began = time.monotonic()
    with pytest.raises(ClusterError, match=reason) as caught:
        open_source(url).check()
    assert time.monotonic() - began < 10
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="does not exist"):
        open_source(str(tmp_path / "nothing")).check()


def test_a_store_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    source = RemoteSource("memory://somewhere")
    monkeypatch.setattr("engine.cluster.source.ANSWER_SECONDS", 0.2)
    files, _ = source._open()
    monkeypatch.setattr(type(files), "isdir", lambda self, path: time.sleep(1))
    with pytest.raises(ClusterError, match="no answer"):
        source.check()


def test_a_folder_of_an_object_store_that_cannot_be_read_is_one_line(
    remote: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = RemoteSource(remote.replace(":/", "://"))
    files, _ = source._open()
    list_really = type(files).ls

    def ls(self: object, path: str, detail: bool = True, **options: object) -> object:
        if path.endswith("/red"):
            raise PermissionError(path)
        return list_really(self, path, detail, **options)

    monkeypatch.setattr(type(files), "ls", ls)
    listed = list(source.listing())
    assert [item for item in listed if isinstance(item, Skipped)] == [Skipped("red", "no permission to read it")]
    assert len(listed) == 21


def test_the_stamp_of_a_file_changes_with_it() -> None:
    when = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    whole = int(when.timestamp()) * 1_000_000_000
    assert stamp({"mtime": 1.5}) == 1_500_000_000
    assert stamp({"LastModified": when}) == whole
    assert stamp({"updated": "2026-03-04T05:06:07Z"}) == whole
    assert stamp({"LastModified": when, "ETag": '"a"'}) != stamp({"LastModified": when, "ETag": '"b"'})
    assert 0 <= stamp({"LastModified": when, "ETag": '"a"'}) - whole < 1_000_000_000
    assert stamp({}) == 0


def test_a_time_that_is_none_is_no_time() -> None:
    assert stamp({"mtime": "yesterday"}) == 0
    assert stamp({"mtime": 3}) == 3_000_000_000
    naive = datetime(2026, 3, 4, 5, 6, 7)
    assert stamp({"LastModified": naive}) == stamp({"LastModified": naive.replace(tzinfo=UTC)})


def test_a_folder_that_vanishes_while_it_is_listed_has_not_lost_its_photos(photo_folder: Path) -> None:
    listing = FolderSource(photo_folder).listing()
    next(listing)
    photo_folder.rename(photo_folder.with_name("unplugged"))
    with pytest.raises(FolderError, match="vanished"):
        list(listing)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (PermissionError(), "no permission to read it"),
        (FileNotFoundError(), "it does not exist"),
        (RuntimeError("the store is\non fire"), "it cannot be read (the store is)"),
        (RuntimeError(), "it cannot be read (RuntimeError)"),
        (ClusterError("somewhere", "said already"), "said already"),
    ],
)
def test_what_a_store_fails_with_becomes_one_line(
    monkeypatch: pytest.MonkeyPatch, trouble: Exception, said: str
) -> None:
    source = RemoteSource("memory://somewhere")
    files, _ = source._open()

    def fail(self: object, path: str) -> bool:
        raise trouble

    monkeypatch.setattr(type(files), "isdir", fail)
    with pytest.raises(ClusterError) as caught:
        source.check()
    assert str(caught.value).endswith(said)


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_name_that_is_no_text_is_listed_and_read(tmp_path: Path) -> None:
    name = os.fsdecode(b"odd-\xff.jpg")
    try:
        (tmp_path / name).write_bytes(b"photo")
    except OSError:
        pytest.skip("the file system does not take such names")
    source = open_source(str(tmp_path))
    (found,) = source.listing()
    assert isinstance(found, ImageFile)
    assert source.read(found)[0] == b"photo"
