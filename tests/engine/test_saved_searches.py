"""Saved searches come back as they were, and a file that cannot be read loses nothing."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from engine import saved_searches
from engine.errors import SavedSearchError
from engine.metric import Metric
from engine.saved_searches import SavedPart, SavedSearch, file_of, load, remove, save

BYTES_NAME = "caf\udce9/\udcff.jpg"  # a name that is no UTF-8, as the system hands it over


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A library's folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where the index lies."""
    return tmp_path / "data"


def search(name: str = "dogs") -> SavedSearch:
    return SavedSearch(
        name,
        (
            SavedPart(path=BYTES_NAME, region=(0.1, 0.2, 0.5, 1.0)),
            SavedPart(file=Path("/elsewhere/\udcfe \n\"'.png").absolute(), sign=-1),
            SavedPart(path="ü/ \\b.jpg", mark=True),
            SavedPart(path="c.jpg", sign=-1, mark=True),
        ),
        "vit",
        Metric.EUCLIDEAN,
        0.125,
        "sub/folder",
        True,
        250,
    )


def test_searches_come_back_as_they_were_the_oldest_first(data: Path, root: Path) -> None:
    assert load(data, root) == []
    names = ["z", "Über \n 1/2", "\U0001f600", "a"]
    for name in names:
        save(data, root, search(name))
    plain = SavedSearch("plain", (SavedPart(path="a.jpg"),), "m", Metric.COSINE)
    save(data, root, plain)
    assert load(data, root) == [*(search(name) for name in names), plain]


def test_the_same_name_replaces_in_its_place_and_remove_takes_only_one(data: Path, root: Path) -> None:
    for name in "abc":
        save(data, root, search(name))
    changed = replace(search("b"), limit=None, folder="", skip_own_folder=False)
    save(data, root, changed)
    assert load(data, root) == [search("a"), changed, search("c")]
    remove(data, root, "a")
    remove(data, root, "not there")
    assert load(data, root) == [changed, search("c")]


def test_each_library_has_its_own_and_nothing_is_written_among_the_photos(
    data: Path, root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    save(data, root, search())
    assert load(data, other) == []
    assert list(root.iterdir()) == []
    assert file_of(data, root).is_relative_to(data)


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_the_file_is_the_users_alone(data: Path, root: Path) -> None:
    save(data, root, search())
    assert stat.S_IMODE(file_of(data, root).stat().st_mode) == 0o600
    assert stat.S_IMODE(file_of(data, root).parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_library_whose_name_is_no_text(data: Path, tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))
    root.mkdir()
    save(data, root, search())
    assert load(data, root) == [search()]


def changed_file(change: str) -> bytes:
    """What a file may hold that is none of ours; `ROOT` stands for the library."""
    whole = {
        "format": "semblance-searches",
        "version": 1,
        "library": "ROOT",
        "searches": [saved_searches._entry(search())],
    }
    entry = whole["searches"][0]  # type: ignore[index]
    if change == "other format":
        whole["format"] = "other"
    elif change == "other library":
        whole["library"] = "/not/this"
    elif change == "newer":
        whole["version"] = 2
    elif change == "leads out":
        entry["parts"][0]["path"] = "../../etc/passwd"
    elif change == "absolute":
        entry["parts"][0]["path"] = "/etc/passwd"
    elif change == "sign":
        entry["parts"][1]["sign"] = 2
    elif change == "region":
        entry["parts"][0]["region"] = [0.5, 0, 0.1, 1]
    elif change == "no number":
        entry["limit"] = float("nan")
    elif change == "count":
        entry["count"] = -1
    elif change == "metric":
        entry["metric"] = "manhattan"
    elif change == "own folder":
        entry["skip_own_folder"] = 1
    elif change == "marked file":
        entry["parts"][1]["mark"] = True
    elif change == "relative file":
        entry["parts"][1]["file"] = "elsewhere.png"
    elif change == "no model":
        entry["model"] = ""
    elif change == "marks only":
        entry["parts"] = entry["parts"][2:]
    elif change == "twice":
        whole["searches"] = [entry, entry]
    elif change == "list":
        return b"[]"
    elif change == "deep":
        return b"[" * 100_000
    elif change == "empty":
        return b""
    elif change == "bytes":
        return b"\xff\xfe\x00"
    elif change == "cut":
        return json.dumps(whole).encode()[:-20]
    return json.dumps(whole).encode()


CHANGES = [
    *("other format", "other library", "newer", "leads out", "absolute", "sign", "region", "no number", "metric"),
    *(
        "own folder",
        "marked file",
        "relative file",
        "no model",
        "marks only",
        "count",
        "twice",
        "list",
        "deep",
        "empty",
        "bytes",
        "cut",
    ),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_damaged_or_anothers_is_named_and_stays_as_it_is(data: Path, root: Path, change: str) -> None:
    file = file_of(data, root)
    file.parent.mkdir(parents=True)
    content = changed_file(change).replace(b'"ROOT"', json.dumps(str(root.resolve())).encode())
    file.write_bytes(content)
    for act in (
        lambda: load(data, root),
        lambda: save(data, root, search("new")),
        lambda: remove(data, root, "dogs"),
    ):
        with pytest.raises(SavedSearchError) as caught:
            act()
        assert caught.value.path == file
        assert caught.value.reason == (saved_searches.NEWER if change == "newer" else saved_searches.DAMAGED)
    assert file.read_bytes() == content


def test_a_search_of_an_older_version_has_no_count(data: Path, root: Path) -> None:
    save(data, root, search())
    file = file_of(data, root)
    whole = json.loads(file.read_bytes())
    del whole["searches"][0]["count"]
    file.write_text(json.dumps(whole))
    assert load(data, root) == [replace(search(), count=None)]


def test_the_unchanged_file_of_that_test_can_be_read(data: Path, root: Path) -> None:
    file = file_of(data, root)
    file.parent.mkdir(parents=True)
    file.write_bytes(changed_file("").replace(b'"ROOT"', json.dumps(str(root.resolve())).encode()))
    assert load(data, root) == [search()]


@pytest.mark.parametrize(
    "bad", [replace(search(), name=" "), replace(search(), parts=()), replace(search(), limit=float("inf"))]
)
def test_what_could_not_be_read_again_is_not_written(data: Path, root: Path, bad: SavedSearch) -> None:
    save(data, root, search("good"))
    with pytest.raises(ValueError):
        save(data, root, bad)
    assert load(data, root) == [search("good")]


def test_what_would_come_back_as_something_else_is_not_written(data: Path, root: Path) -> None:
    listed = SavedPart(path="a.jpg", region=[0.0, 0.0, 0.5, 0.5])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot be saved"):
        save(data, root, replace(search(), parts=(listed,)))
    assert load(data, root) == []


def test_a_write_that_fails_keeps_what_was_saved(data: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(data, root, search("good"))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(data, root, search("more"))
    assert load(data, root) == [search("good")]
    assert {file.suffix for file in file_of(data, root).parent.iterdir()} <= {".json", ".lock"}


def test_two_that_save_at_once_keep_both_or_are_told(data: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_searches, "LOCK_SECONDS", 0.05)
    save(data, root, search("a"))
    with saved_searches._locked(file_of(data, root)), pytest.raises(SavedSearchError, match="writing"):
        save(data, root, search("b"))
    save(data, root, search("b"))
    assert [one.name for one in load(data, root)] == ["a", "b"]
