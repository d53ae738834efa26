"""Rankings as one self-contained HTML page: it opens by double click, loads nothing, and takes no name for markup."""

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from engine.export_blocks import Ranked, Section
from engine.export_pictures import Pictures, to_jpeg
from engine.query_set import Query

THUMBNAIL_SIDE = 128  # pixels; about 4 KB each, so that 1,000 queries and 10,000 photos make a page of some 50 MB
THUMBNAIL_QUALITY = 75
_FOLDER = Path(__file__).resolve().parent


class _Photos:
    """Numbers for the photos of a page: each is named and pictured once, however often it is found."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, bool], int] = {}
        self.queries: list[Query | None] = []  # the query that a number stands for; None: a photo of the library
        self.names: list[str] = []

    def photo(self, path: str) -> int:
        """The number of a photo of the library."""
        return self._number((path, True), path, None)

    def query(self, query: Query) -> int:
        """The number of a query's picture: the photo's own, if it is one of the library."""
        if query.inside is not None:
            return self.photo(query.inside)
        return self._number((query.name, False), query.name, query)

    def _number(self, key: tuple[str, bool], name: str, query: Query | None) -> int:
        number = self._numbers.setdefault(key, len(self.names))
        if number == len(self.names):
            self.names.append(name)
            self.queries.append(query)
        return number


def write_page(
    file: Path, sections: Sequence[Section], pictures: Pictures, title: str, subtitle: str
) -> Generator[int, None, None]:
    """Write `file`; yields the number of queries written so far, and stays at the last while pictures are added."""
    head, tail = _template(title, subtitle)
    done = 0
    photos = _Photos()
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.write(head + '{"sections": [')
        for number, section in enumerate(sections):
            words = {"model": section.model, "metric": str(section.metric)}
            out.write((", " if number else "") + in_script(words)[:-1] + ', "rows": [')
            first = True
            for block in section.blocks():
                for ranked in block:
                    out.write(("\n" if first else ",\n") + json.dumps(_row(ranked, section, photos)))
                    first = False
                done += len(block)
                yield done
            out.write("]}")
        out.write('], "names": ' + in_script(photos.names) + ', "thumbnails": [')
        for _ in _write_thumbnails(out, photos, pictures):
            yield done
        out.write("]}" + tail)
        out.flush()
        os.fsync(out.fileno())


def _row(ranked: Ranked, section: Section, photos: _Photos) -> list[object]:
    found = [photos.photo(section.paths[position]) for position in ranked.order.tolist()]
    row: list[object] = [photos.query(ranked.query), found, ranked.distances.tolist()]
    return row if ranked.ranks is None else [*row, ranked.ranks.tolist()]


def _write_thumbnails(out: TextIO, photos: _Photos, pictures: Pictures) -> Iterator[None]:
    for number, (name, query) in enumerate(zip(photos.names, photos.queries, strict=True)):
        side = THUMBNAIL_SIDE
        picture = pictures.of_photo(name, side) if query is None else pictures.of_query(query, side)
        text = "" if picture is None else base64.b64encode(to_jpeg(picture, THUMBNAIL_QUALITY)).decode("ascii")
        out.write((",\n" if number else "\n") + json.dumps(text))
        yield


def in_script(value: object) -> str:
    """A value as JSON that cannot end the script element it stands in."""
    text = json.dumps(value)  # ASCII: U+2028 and lone surrogates are escaped too
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _template(title: str, subtitle: str) -> tuple[str, str]:
    """The page before its data, and after it."""
    page = (_FOLDER / "export_page.html").read_text(encoding="utf-8")
    script = (_FOLDER / "export_page.js").read_text(encoding="utf-8")
    style = page[page.index("<style>") + len("<style>") : page.index("</style>")]
    # The browser runs this one script and no other: a name that slipped through as markup could still do nothing.
    policy = f"default-src 'none'; img-src data:; script-src '{_sha256(script)}'; style-src '{_sha256(style)}'"
    words = {"policy": policy, "script": script, "title": _text(title), "subtitle": _text(subtitle)}
    head, tail = (re.sub(r"@@(\w+)@@", lambda mark: words[mark[1]], part) for part in page.split("@@data@@"))
    return head, tail


def _text(text: str) -> str:
    """A text as HTML; bytes of a name that are no UTF-8 become the replacement character."""
    return html.escape(text.encode("utf-8", "replace").decode("utf-8"))


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
