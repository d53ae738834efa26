"""The exported web page: nothing in it but what was exported, whatever the files are called; and in a real browser."""

import base64
import hashlib
import html.parser
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.export_blocks import Ranked, ScreenSection
from engine.export_page import write_page
from engine.metric import Metric
from engine.query_set import Query, inner_query
from tests.conftest import draw_photo

EVIL = "<img src=x onerror=alert(1)>.jpg"
BROWSER = next((path for name in ("chromium", "google-chrome", "chrome") if (path := shutil.which(name))), None)


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


PROBE = """
const problems = [];
addEventListener("error", (event) => problems.push(String(event.message)), true);
addEventListener("securitypolicyviolation", (event) => problems.push("policy: " + event.violatedDirective));
window.alert = () => problems.push("alert");
addEventListener("load", () => setTimeout(() => {
  const images = [...document.images];
  document.title = JSON.stringify({
    problems,
    images: images.length,
    loaded: images.filter((image) => image.complete && image.naturalWidth > 0).length,
    articles: document.querySelectorAll("article").length,
    text: document.querySelector("article").innerText,
  });
}, 400));
"""


def in_browser(page: Path, tmp_path: Path) -> dict[str, Any]:
    """What a probe, put before everything else in the page, sees of it after loading."""
    assert BROWSER is not None
    text = page.read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(PROBE.encode()).digest()).decode()
    text = text.replace("script-src '", f"script-src 'sha256-{digest}' '", 1)
    text = text.replace("<title>", f"<script>{PROBE}</script><title>", 1)
    probed = tmp_path / "probed.html"
    probed.write_text(text, "utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000", "--window-size=1200,900"]
    ran = subprocess.run([*command, "--dump-dom", probed.as_uri()], capture_output=True, timeout=120, check=True)
    found = re.search(r"<title>(.*?)</title>", ran.stdout.decode(), re.DOTALL)
    assert found is not None
    seen: dict[str, Any] = json.loads(html.unescape(found[1]))
    return seen


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_in_a_browser_the_pictures_load_and_an_evil_name_does_nothing(tmp_path: Path) -> None:
    page = written(tmp_path, [section([EVIL, "b.jpg"], [inner_query(tmp_path, EVIL)], 2)])
    seen = in_browser(page, tmp_path)
    assert seen["problems"] == []
    assert (seen["articles"], seen["images"], seen["loaded"]) == (1, 3, 3)
    assert EVIL in seen["text"], "the name is text"
    assert "0.1000" in seen["text"]


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_in_a_browser_a_thousand_queries_show_only_what_is_looked_at(tmp_path: Path) -> None:
    paths = [f"{number}.jpg" for number in range(1000)]
    page = written(tmp_path, [section(paths, [inner_query(tmp_path, path) for path in paths], 20)])
    seen = in_browser(page, tmp_path)
    assert seen["problems"] == []
    assert seen["articles"] == 1000
    assert 0 < seen["images"] < 600
    assert seen["loaded"] == seen["images"]
