"""Rankings as contact sheets: pages with the query and its results as pictures, as PNG files and as one PDF."""

from collections.abc import Generator, Sequence
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path, PurePosixPath

from PIL import Image, ImageDraw, ImageFont

from engine.export_blocks import Ranked, Section
from engine.export_pictures import Pictures

# A4, upright, at 120 dots an inch.
PAGE = (992, 1403)
DPI = 120.0
MARGIN = 48
COLUMNS = 6
GAP = 12
TILE = (PAGE[0] - 2 * MARGIN - (COLUMNS - 1) * GAP) // COLUMNS
CAPTION = 34  # pixels beneath a picture: rank and distance, then the name
HEADING = 30
ROW = TILE + CAPTION + GAP
RULE = 14  # above a heading: room for a line
FOOT = PAGE[1] - MARGIN + 12  # of the number of the page
INK, SOFT, LINE, GROUND = (30, 30, 30), (110, 110, 110), (200, 200, 200), (255, 255, 255)
QUERY = (40, 90, 200)  # frames the picture that was searched with
PDF_PAGES_AT_ONCE = 16


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size)  # where it is installed, it has far more letters
    except OSError:
        return ImageFont.load_default(size)


class _Pages:
    """Blank pages that are filled from the top; a full one is handed on."""

    def __init__(self) -> None:
        self.full: list[Image.Image] = []
        self._number = 0
        self._start()

    def _start(self) -> None:
        self.page = Image.new("RGB", PAGE, GROUND)
        self.draw = ImageDraw.Draw(self.page)
        self.y = MARGIN
        self._number += 1
        self.draw.text((PAGE[0] // 2, FOOT), str(self._number), SOFT, _font(12), anchor="ma")

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands on the page yet."""
        return self.y == MARGIN

    def room_for(self, height: int) -> bool:
        """Begin a new page unless `height` pixels are free; says whether one was begun."""
        if self.y + height <= PAGE[1] - MARGIN or self.is_blank:
            return False
        self.full.append(self.page)
        self._start()
        return True

    def take_full(self) -> list[Image.Image]:
        pages, self.full = self.full, []
        return pages

    def take_rest(self) -> list[Image.Image]:
        return [] if self.is_blank else [self.page]


def write_sheets(folder: Path, sections: Sequence[Section], pictures: Pictures) -> Generator[int, None, None]:
    """Write `sheet-001.png`, … and `sheet.pdf` into `folder`; yields the number of queries drawn so far."""
    done = 0
    pages = _Pages()
    writer = _SheetWriter(folder)
    for section in sections:
        for block in section.blocks():
            for ranked in block:
                _draw_query(pages, section, ranked, pictures)
                for page in pages.take_full():
                    writer.add(page)
                done += 1
                yield done
    for page in pages.take_rest():
        writer.add(page)
    writer.close()


class _SheetWriter:
    """Saves each page as a PNG, and appends it to the PDF, some at a time so that few are in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pdf = folder / "sheet.pdf"
        self._count = 0
        self._waiting: list[Image.Image] = []

    def add(self, page: Image.Image) -> None:
        self._count += 1
        page.save(self._folder / f"sheet-{self._count:03d}.png", dpi=(DPI, DPI))
        self._waiting.append(page)
        if len(self._waiting) == PDF_PAGES_AT_ONCE:
            self._append()

    def _append(self) -> None:
        first, *others = self._waiting
        first.save(self._pdf, resolution=DPI, save_all=True, append_images=others, append=self._pdf.exists())
        self._waiting = []

    def close(self) -> None:
        if self._waiting:
            self._append()


def _draw_query(pages: _Pages, section: Section, ranked: Ranked, pictures: Pictures) -> None:
    """The query's heading, and a grid with the query first and then its results."""
    heading = f"{ranked.query.name}   ·   {section.model}, {section.metric}"
    pages.room_for(RULE + HEADING + ROW)
    if not pages.is_blank:
        pages.draw.line((MARGIN, pages.y, PAGE[0] - MARGIN, pages.y), LINE)
        pages.y += RULE
    _draw_heading(pages, heading)
    query = ("query", pictures.of_query(ranked.query, TILE), ranked.query.name)
    found = zip(ranked.rank_list(), ranked.order.tolist(), ranked.distances.tolist(), strict=True)
    results = ((f"{r}   {d:.4f}", pictures.of_photo(section.paths[p], TILE), section.paths[p]) for r, p, d in found)
    cells = chain([query], results)
    first = True
    while row := list(islice(cells, COLUMNS)):
        if pages.room_for(ROW):
            _draw_heading(pages, heading, "continued")
        for column, (numbers, picture, name) in enumerate(row):
            x = MARGIN + column * (TILE + GAP)
            _draw_cell(pages, x, numbers, picture, name)
            if first:
                frame = (x - 4, pages.y - 4, x + TILE + 3, pages.y + TILE + CAPTION - 1)
                pages.draw.rectangle(frame, outline=QUERY, width=2)
                first = False
        pages.y += ROW


def _draw_heading(pages: _Pages, heading: str, more: str = "") -> None:
    room = PAGE[0] - 2 * MARGIN
    if more:
        pages.draw.text((PAGE[0] - MARGIN, pages.y), more, SOFT, _font(16), anchor="ra")
        room -= 100
    pages.draw.text((MARGIN, pages.y), _fit(pages.draw, heading, room, 16), INK, _font(16))
    pages.y += HEADING


def _draw_cell(pages: _Pages, x: int, numbers: str, picture: Image.Image | None, name: str) -> None:
    if picture is None:
        pages.draw.rectangle((x, pages.y, x + TILE - 1, pages.y + TILE - 1), outline=SOFT)
        pages.draw.text((x + 8, pages.y + TILE // 2 - 8), "no picture", SOFT, _font(12))
    else:
        left, top = (TILE - picture.width) // 2, (TILE - picture.height) // 2
        pages.page.paste(picture, (x + left, pages.y + top))
    pages.draw.text((x, pages.y + TILE + 2), numbers, INK, _font(12))
    shown = _fit(pages.draw, PurePosixPath(name).name, TILE, 11)
    pages.draw.text((x, pages.y + TILE + 17), shown, SOFT, _font(11))


def _fit(draw: ImageDraw.ImageDraw, text: str, width: int, size: int) -> str:
    """The text on one line, shortened in the middle until it fits `width` pixels; what cannot be drawn becomes `?`."""
    text = "".join(character if character.isprintable() else "?" for character in text)
    if draw.textlength(text, _font(size)) <= width:
        return text
    low, high = 0, len(text) // 2
    while low < high:
        middle = (low + high + 1) // 2
        if draw.textlength(f"{text[:middle]}…{text[len(text) - middle :]}", _font(size)) <= width:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low]}…{text[len(text) - low :] if low else ''}"
