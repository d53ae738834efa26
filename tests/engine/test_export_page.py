"""The exported web page: nothing in it but what was exported, whatever the files are called; and in a real browser."""

import base64
import html.parser
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.embedder import open_embedder
from engine.export import ExportRequest, Format, export
from engine.export_blocks import Ranked, ScreenSection
from engine.export_page import write_page
from engine.indexer import index
from engine.metric import Metric
from engine.query_set import Query, inner_query
from engine.spec import read_spec
from engine.store import Store
from tests.conftest import draw_photo
from tests.engine.browser import BROWSER, Tab, browser_tab

EVIL = "<img src=x onerror=alert(1)>.jpg"
needs_browser = pytest.mark.skipif(BROWSER is None, reason="needs Chromium, which is not installed")


@dataclass
class DrawnPictures:
    """Pictures that are drawn instead of found."""

    missing: str = ""

    def of_photo(self, path: str, side: int) -> Image.Image | None:
        return None if path == self.missing else draw_photo("red", len(path), (side, side // 2))

    def of_query(self, query: Query, side: int) -> Image.Image | None:
        return draw_photo("blue", len(query.name), (side, side // 2))


def section(paths: Sequence[str], queries: Sequence[Query], count: int) -> ScreenSection:
    order = np.arange(count, dtype=np.int64)
    ranked = [Ranked(query, order, np.linspace(0.1, 0.9, count)) for query in queries]
    return ScreenSection("tiny", Metric.COSINE, paths, ranked)


def written(folder: Path, sections: Sequence[ScreenSection], title: str = "Results") -> Path:
    file = folder / "index.html"
    for _ in write_page(file, sections, DrawnPictures("c.jpg"), title, "made for a test"):  # type: ignore[arg-type]
        pass
    return file


class Elements(html.parser.HTMLParser):
    """Collects the elements of a page and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []
        self.titles: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "script":
            self.scripts.append(data)
        if self._within in ("title", "h1"):
            self.titles.append(data)


def data_of(text: str) -> Any:
    return json.loads(Elements(text).scripts[0])


def test_the_page_holds_names_distances_and_pictures(tmp_path: Path) -> None:
    outside = Query("/elsewhere/q.png", tmp_path / "q.png", None, None)
    paths = ["a.jpg", "b/b.jpg", "c.jpg"]
    text = written(tmp_path, [section(paths, [inner_query(tmp_path, "a.jpg"), outside], 3)]).read_text("utf-8")
    data = data_of(text)
    rows = data["sections"][0]["rows"]
    assert data["sections"][0]["model"] == "tiny"
    assert [data["names"][row[0]] for row in rows] == ["a.jpg", "/elsewhere/q.png"]
    assert [data["names"][photo] for photo in rows[0][1]] == paths
    assert rows[0][2] == np.linspace(0.1, 0.9, 3).tolist()
    assert len(data["names"]) == len(data["thumbnails"]) == 4, "a photo that is found twice is there once"
    pictures = dict(zip(data["names"], data["thumbnails"], strict=True))
    assert pictures["c.jpg"] == "", "a photo that cannot be read has no picture"
    with Image.open(io.BytesIO(base64.b64decode(pictures["a.jpg"]))) as picture:
        assert picture.format == "JPEG"
        assert max(picture.size) == 128


@pytest.mark.parametrize(
    "name", [EVIL, "</script><script>alert(1)</script>.jpg", "<!--<script>.jpg", "a&amp;b\u2028.jpg"]
)
def test_no_name_becomes_markup(tmp_path: Path, name: str) -> None:
    plain = Elements(written(tmp_path, [section(["a.jpg"], [inner_query(tmp_path, "a.jpg")], 1)]).read_text("utf-8"))
    text = written(tmp_path, [section([name], [inner_query(tmp_path, name)], 1)], title=name).read_text("utf-8")
    page = Elements(text)
    assert page.names == plain.names, "the same elements as with a harmless name"
    assert not any(attribute.startswith("on") for attribute, _ in page.attributes)
    assert page.titles == [name, name]
    assert data_of(text)["names"] == [name]


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    page = Elements(written(tmp_path, [section(["a.jpg"], [inner_query(tmp_path, "a.jpg")], 1)]).read_text("utf-8"))
    assert not {"src", "href", "srcset"} & {name for name, _ in page.attributes}
    assert "link" not in page.names
    policy = next(value for _, value in page.attributes if value and value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy


def test_bytes_that_are_no_utf8_do_not_spoil_the_page(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg") if os.name == "posix" else "caf\udce9.jpg"
    text = written(tmp_path, [section([name], [inner_query(tmp_path, name)], 1)], title=name).read_bytes().decode()
    assert data_of(text)["names"] == [name]


LOOK = """(() => {
  const images = [...document.images];
  return {
    images: images.length,
    articles: document.querySelectorAll("article").length,
    first: document.querySelector("article").innerText,
    last: [...document.querySelectorAll("article")].at(-1).innerText,
  };
})()"""
SHOWN = "document.images.length && [...document.images].every((image) => image.complete && image.naturalWidth > 0)"


def looks(tab: Tab, condition: str = "true") -> dict[str, Any]:
    """What the page shows once a condition holds and all its pictures are loaded."""
    tab.wait_for(f"({condition}) && {SHOWN}")
    seen: dict[str, Any] = tab.evaluate(LOOK)
    return seen


@pytest.fixture
def tab(tmp_path: Path) -> Iterator[Tab]:
    with browser_tab(tmp_path / "profile") as opened:
        yield opened
        assert opened.problems == [], "no exception, no dialog, nothing in the console, nothing refused"


@needs_browser
def test_in_a_browser_the_pictures_load_and_an_evil_name_does_nothing(tmp_path: Path, tab: Tab) -> None:
    tab.open(written(tmp_path, [section([EVIL, "b.jpg"], [inner_query(tmp_path, EVIL)], 2)]))
    seen = looks(tab)
    assert (seen["articles"], seen["images"]) == (1, 3)
    assert EVIL in seen["first"], "the name is text"
    assert "0.1000" in seen["first"]


@needs_browser
def test_in_a_browser_an_export_of_evil_names_does_nothing(
    photo_folder: Path, data_dir: Path, tiny_model: Path, tmp_path: Path, tab: Tab
) -> None:
    """The whole way: files with such names, indexed, exported, opened."""
    evil = [EVIL, '"><script>alert(1)<\\script>.jpg', "javascript:alert(1).jpg", "&lt;b&gt;\n'.jpg"]
    for number, name in enumerate(evil):
        draw_photo("red", 500 + number).save(photo_folder / name, "JPEG")
    spec = read_spec(tiny_model)
    with Store(data_dir) as store:
        for _ in index(store, photo_folder, [open_embedder(spec)]):
            pass
        for _ in export(store, ExportRequest(photo_folder, tmp_path / "out", "all", (spec,), formats=(Format.HTML,))):
            pass
    tab.open(tmp_path / "out" / "index.html")
    seen = looks(tab)
    assert seen["articles"] == 28
    assert seen["images"] > 28
    assert EVIL in seen["first"]


@needs_browser
def test_in_a_browser_a_thousand_queries_show_only_what_is_looked_at(tmp_path: Path, tab: Tab) -> None:
    paths = [f"{number}.jpg" for number in range(1000)]
    tab.open(written(tmp_path, [section(paths, [inner_query(tmp_path, path) for path in paths], 20)]))
    top = looks(tab)
    assert top["articles"] == 1000
    assert top["first"].startswith("0.jpg")
    assert top["last"] == ""
    tab.evaluate("document.querySelector('article:last-of-type').scrollIntoView()")
    end = looks(tab, "document.querySelector('article:last-of-type').innerText")
    assert end["last"].startswith("999.jpg"), "scrolled to the end, the last one is there"
    tab.wait_for("document.querySelector('article').innerText === ''")
    tab.evaluate("document.getElementById('filter').value = '77'")
    tab.evaluate("document.getElementById('filter').dispatchEvent(new Event('input'))")
    filtered = looks(tab, "document.querySelector('article').innerText.startsWith('77.jpg')")
    assert filtered["articles"] == 19
    for part in (top, end, filtered):
        assert part["images"] < 600, "the others cost nothing"
    seconds = tab.evaluate("(() => { const start = performance.now(); show(); return performance.now() - start })()")
    assert seconds < 5000, "milliseconds for all thousand rows, on a busy machine too"
