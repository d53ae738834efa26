"""Scanning: sorted, recursive, without loops, and past everything that is not a readable image file."""

import os
import socket
import sys
from pathlib import Path

import pytest

from engine.errors import FolderError
from engine.folder import EXTENSIONS, scan
from engine.results import ImageFile, Skipped


def paths(root: Path) -> list[str]:
    return [found.path for found in scan(root)]


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10)


def test_the_drawn_library_is_found_whole(photo_folder: Path) -> None:
    found = list(scan(photo_folder))
    assert len(found) == 24
    for item in found:
        assert isinstance(item, ImageFile)
        info = (photo_folder / item.path).stat()
        assert (item.size, item.mtime_ns) == (info.st_size, info.st_mtime_ns)


def test_the_order_is_that_of_whole_paths(tmp_path: Path) -> None:
    # "/" sorts after "!" and "." but before "0": folders and files mix.
    names = ["a/b.jpg", "a!.jpg", "a.jpg", "a0.jpg", "a/b/c.jpg", "a/B.jpg", "é.jpg", "Z.jpg", "z/é/x.png", "a-/x.png"]
    touch(tmp_path, *names)
    assert paths(tmp_path) == sorted(names)


def test_only_image_files_are_found_whatever_their_case(tmp_path: Path) -> None:
    touch(tmp_path, "a.JPG", "b.JpEg", "c.txt", "d", "e.jpg.txt", "f.xmp", "g.HEIC", "jpg")
    assert paths(tmp_path) == ["a.JPG", "b.JpEg", "g.HEIC"]
    assert {".jpg", ".png", ".webp", ".gif", ".bmp", ".tif", ".avif", ".heic"} <= EXTENSIONS


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, ".a.jpg", ".hidden/b.jpg", "c/.d/e.jpg", "c/f.jpg", "._g.jpg")
    assert paths(tmp_path) == ["c/f.jpg"]


def test_a_hidden_root_is_scanned_all_the_same(tmp_path: Path) -> None:
    touch(tmp_path, ".photos/a.jpg")
    assert paths(tmp_path / ".photos") == ["a.jpg"]


def test_folders_named_like_images_are_folders(tmp_path: Path) -> None:
    touch(tmp_path, "holiday.jpg/a.png")
    assert paths(tmp_path) == ["holiday.jpg/a.png"]


def test_loops_of_links_end(tmp_path: Path) -> None:
    touch(tmp_path, "a/b/x.jpg")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "root").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "self.jpg").symlink_to("self.jpg")
    (tmp_path / "one").symlink_to("two", target_is_directory=True)
    (tmp_path / "two").symlink_to("one", target_is_directory=True)
    assert list(scan(tmp_path))[:1] == [ImageFile("a/b/x.jpg", 10, (tmp_path / "a/b/x.jpg").stat().st_mtime_ns)]
    assert list(scan(tmp_path))[1:] == [Skipped("self.jpg", "a link that leads nowhere")]


def test_mutual_links_between_outer_folders_do_not_multiply(tmp_path: Path) -> None:
    """Ten folders that all link to each other hold ten photos, not ten factorial."""
    outer, library = tmp_path / "outer", tmp_path / "library"
    library.mkdir()
    for number in range(10):
        touch(outer, f"{number}/x.jpg")
    for number in range(10):
        for other in range(10):
            (outer / str(number) / f"to{other}").symlink_to(outer / str(other), target_is_directory=True)
    (library / "out").symlink_to(outer, target_is_directory=True)
    (library / "again").symlink_to(outer / "3", target_is_directory=True)
    found = paths(library)
    assert len(found) == 10
    assert len({(library / path).resolve() for path in found}) == 10


def test_a_link_to_a_folder_outside_is_followed_and_one_inside_is_not(tmp_path: Path) -> None:
    touch(tmp_path, "outside/x.jpg", "library/in/y.jpg")
    library = tmp_path / "library"
    (library / "album").symlink_to(library / "in", target_is_directory=True)
    (library / "drive").symlink_to(tmp_path / "outside", target_is_directory=True)
    (library / "linked.jpg").symlink_to(tmp_path / "outside" / "x.jpg")
    assert paths(library) == ["drive/x.jpg", "in/y.jpg", "linked.jpg"]


def test_a_link_to_above_the_library_does_not_list_it_twice(tmp_path: Path) -> None:
    touch(tmp_path, "home/library/x.jpg", "home/other.jpg")
    library = tmp_path / "home" / "library"
    (library / "up").symlink_to(tmp_path / "home", target_is_directory=True)
    assert paths(library) == ["up/other.jpg", "x.jpg"]


def test_a_root_given_as_a_link_is_its_target(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg", "real/sub/b.jpg")
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    (tmp_path / "real" / "sub" / "back").symlink_to(tmp_path / "real", target_is_directory=True)
    assert paths(tmp_path / "link") == ["a.jpg", "sub/b.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_fifos_and_sockets_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "b.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        home = Path.cwd()
        os.chdir(tmp_path)  # a socket's path may have no more than about 100 bytes
        try:
            server.bind("c.jpg")
        finally:
            os.chdir(home)
        assert paths(tmp_path) == ["a.jpg"]


def test_a_broken_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").symlink_to(tmp_path / "gone.jpg")
    (tmp_path / "folder").symlink_to(tmp_path / "gone", target_is_directory=True)
    assert list(scan(tmp_path)) == [Skipped("x.jpg", "a link that leads nowhere")]


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take no undecodable names")
def test_undecodable_names_come_back_as_the_same_bytes(tmp_path: Path) -> None:
    raw = [b"caf\xe9.jpg", b"\xff\xfe.png", "日本/写真.jpg".encode(), b"new\nline.jpg", b"quote'\".jpg"]
    for name in raw:
        path = tmp_path / os.fsdecode(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    found = paths(tmp_path)
    assert sorted(os.fsencode(path) for path in found) == sorted(raw)
    for path in found:
        assert (tmp_path / path).read_bytes() == b"x"


def test_names_that_differ_in_case_only_are_two(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "A.jpg")
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system does not tell them apart")
    assert paths(tmp_path) == ["A.jpg", "a.jpg"]


def test_nesting_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(300):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "x.jpg").write_bytes(b"x")
    assert paths(tmp_path) == ["d/" * 300 + "x.jpg"]


def test_a_tree_deeper_than_paths_may_be_long_is_skipped_there(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg")
    if not hasattr(os, "supports_dir_fd") or os.mkdir not in os.supports_dir_fd:
        pytest.skip("such a tree cannot be made here")
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):  # 25 names of 200 bytes are more than PATH_MAX
        os.mkdir("n" * 200, dir_fd=here)
        below = os.open("n" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    found = list(scan(tmp_path))
    assert found[0].path == "a.jpg"
    assert [type(item) for item in found[1:]] == [Skipped]
    assert "cannot be read" in found[1].reason
    # pytest's own clean-up cannot remove what no path reaches.
    _remove_deep(tmp_path / ("n" * 200))


def _remove_deep(folder: Path) -> None:
    """Take the chain of folders apart from the top, moving each inner one up."""
    while True:
        inner = list(os.scandir(folder))
        if not inner:
            folder.rmdir()
            return
        up = folder.with_name("up")
        Path(inner[0].path).rename(up)
        folder.rmdir()
        up.rename(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_one_skipped(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.jpg", "b/y.jpg")
    (tmp_path / "a").chmod(0)
    try:
        assert next(scan(tmp_path)) == Skipped("a", "no permission to read it")
        assert paths(tmp_path) == ["a", "b/y.jpg"]
        with pytest.raises(FolderError, match="no permission"):
            scan(tmp_path / "a")
    finally:
        (tmp_path / "a").chmod(0o700)


def test_a_folder_that_fails_is_one_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a/x.jpg", "b/y.jpg", "c.jpg")
    real = os.scandir

    def failing(folder: str) -> object:
        if folder.endswith("a"):
            raise PermissionError(13, "Permission denied", folder)
        if folder.endswith("b"):
            raise OSError(5, "Input/output error", folder)
        return real(folder)

    monkeypatch.setattr(os, "scandir", failing)
    found = list(scan(tmp_path))
    assert found[:2] == [
        Skipped("a", "no permission to read it"),
        Skipped("b", "it cannot be read (Input/output error)"),
    ]
    assert found[2].path == "c.jpg"


def test_what_vanishes_during_the_scan_is_skipped(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "b.jpg", "c/d.jpg")
    found = scan(tmp_path)
    assert next(found).path == "a.jpg"
    (tmp_path / "b.jpg").unlink()
    (tmp_path / "c" / "d.jpg").unlink()
    (tmp_path / "c").rmdir()
    assert list(found) == [
        Skipped("b.jpg", "it was removed while the folder was read"),
        Skipped("c", "it was removed while the folder was read"),
    ]


def test_the_root_must_be_a_readable_folder(tmp_path: Path) -> None:
    touch(tmp_path, "x.jpg")
    with pytest.raises(FolderError, match="does not exist") as caught:
        scan(tmp_path / "gone")
    assert caught.value.path == tmp_path / "gone"
    with pytest.raises(FolderError, match="not a folder"):
        scan(tmp_path / "x.jpg")
    with pytest.raises(FolderError):
        scan(Path("a\0b"))


def test_an_empty_folder_has_no_photos(tmp_path: Path) -> None:
    assert paths(tmp_path) == []


def test_nothing_is_written(photo_folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in [photo_folder, *photo_folder.rglob("*")]}
    list(scan(photo_folder))
    assert {path: path.stat().st_mtime_ns for path in [photo_folder, *photo_folder.rglob("*")]} == before
