"""A library of drawn pictures for screenshots: boats, mountains, balloons, towns at night, woods and flowers."""

import colorsys
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
FINE = 3  # drawn so many times larger, then reduced: smooth edges


def draw_library(root: Path, per_kind: int = 12) -> None:
    """Write `per_kind` JPEG files of each kind into sub-folders of `root`; the same at every run."""
    for kind, draw in KINDS.items():
        folder = root / kind
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(per_kind):
            random = np.random.default_rng([number, *kind.encode()])
            size = (640, 427) if number % 3 else (427, 640)
            picture = Canvas(size, random)
            draw(picture)
            picture.finished().save(folder / f"{kind}-{number + 1:02d}.jpg", quality=92)


def draw_sorted_flowers(root: Path, count: int = 60) -> None:
    """Write `count` JPEG files of flowers into sub-folders of `root`, by the colour of their petals: somebody's own
    order, which a network that was trained on kinds of things does not know."""
    for number in range(count):
        random = np.random.default_rng([number, *b"flower"])
        canvas = Canvas((640, 427) if number % 3 else (427, 640), random)
        flower(canvas)
        picture = canvas.finished()
        folder = root / _petals(picture)
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / f"flower-{number + 1:02d}.jpg", quality=92)


def _petals(picture: Image.Image) -> str:
    """Red, pink or violet: the mean hue of what is bright and neither green nor yellow."""
    hue, saturation, value = np.moveaxis(np.asarray(picture.reduce(4).convert("HSV")) / 255, 2, 0)
    petals = (saturation > 0.45) & (value > 0.7) & ((hue > 0.6) | (hue < 0.11))
    mean = float(np.angle(np.exp(2j * np.pi * hue[petals]).mean()) / (2 * np.pi)) % 1.0
    return "violet" if 0.5 < mean < 0.84 else "pink" if 0.84 <= mean < 0.97 else "red"


class Canvas:
    """A picture that is drawn in units of its height, x from 0 to `ratio`, y downwards from 0 to 1."""

    def __init__(self, size: tuple[int, int], random: np.random.Generator) -> None:
        self.random = random
        self.size = size
        self.ratio = size[0] / size[1]
        self._unit = size[1] * FINE
        self.image = Image.new("RGB", (size[0] * FINE, size[1] * FINE))
        self._draw = ImageDraw.Draw(self.image)

    def between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def colour(self, hue: float, saturation: float, value: float, spread: float = 0.03) -> Colour:
        """A colour near the one given (hue in turns)."""
        hue = (hue + self.between(-spread, spread)) % 1.0
        red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
        return round(red * 255), round(green * 255), round(blue * 255)

    def shade(self, top: Colour, bottom: Colour, start: float = 0.0, end: float = 1.0) -> None:
        """A colour that changes evenly from one height to another, over the whole width."""
        rows = range(round(start * self._unit), round(end * self._unit))
        for row in rows:
            part = (row - rows.start) / max(1, len(rows) - 1)
            mixed = tuple(round(a + (b - a) * part) for a, b in zip(top, bottom, strict=True))
            self._draw.line((0, row, self.image.width, row), fill=mixed)

    def shape(self, points: list[tuple[float, float]], fill: Colour) -> None:
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in points], fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: Colour, squash: float = 1.0) -> None:
        box = (x - radius, y - radius * squash, x + radius, y + radius * squash)
        self._draw.ellipse([edge * self._unit for edge in box], fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        self._draw.rectangle([edge * self._unit for edge in (left, top, right, bottom)], fill=fill)

    def line(self, points: list[tuple[float, float]], fill: Colour, width: float) -> None:
        scaled = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(scaled, fill=fill, width=max(1, round(width * self._unit)), joint="curve")

    def ridge(self, base: float, height: float, roughness: int, fill: Colour) -> None:
        """A chain of hills from edge to edge, whose foot is the lower edge."""
        xs = np.linspace(0, self.ratio, 160)
        ys = np.zeros_like(xs)
        for octave in range(1, roughness + 1):
            ys += np.sin(xs * 3.1 * octave + self.between(0, 6.3)) / octave
        ys = base - height * (ys - ys.min()) / np.ptp(ys)
        self.shape([(0, 1), *zip(xs.tolist(), ys.tolist(), strict=True), (self.ratio, 1)], fill)

    def finished(self) -> Image.Image:
        """The picture in its size, with a little grain as a camera gives it."""
        small = self.image.resize(self.size, Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.4))
        grain = self.random.normal(0, 2.5, (self.size[1], self.size[0], 1))
        return Image.fromarray(np.clip(np.asarray(small) + grain, 0, 255).astype(np.uint8))


def boat(c: Canvas) -> None:
    horizon = c.between(0.45, 0.6)
    c.shade(c.colour(0.56, 0.5, 0.95), c.colour(0.54, 0.2, 0.98), 0, horizon)
    c.shade(c.colour(0.57, 0.75, 0.7), c.colour(0.58, 0.85, 0.45), horizon, 1)
    for _ in range(40):
        x, y = c.between(0, c.ratio), c.between(horizon + 0.03, 0.98)
        width = 0.05 * (y - horizon + 0.3)
        c.line([(x, y), (x + width / 2, y - 0.006), (x + width, y)], c.colour(0.55, 0.35, 0.9), 0.004)
    x, size = c.between(0.3, 0.7) * c.ratio, c.between(0.16, 0.3)
    foot = horizon + size * 0.35
    sail = c.colour(c.between(0, 1), c.between(0, 0.75), 0.96)
    c.shape([(x - 0.03 * size, foot - 1.3 * size), (x - 0.03 * size, foot - 0.1 * size), (x - 0.6 * size, foot)], sail)
    c.shape([(x + 0.03 * size, foot - 1.15 * size), (x + 0.03 * size, foot - 0.1 * size), (x + 0.5 * size, foot)], sail)
    hull = [(x - 0.65 * size, foot + 0.03), (x + 0.6 * size, foot + 0.03), (x + 0.4 * size, foot + 0.24 * size)]
    c.shape([*hull, (x - 0.45 * size, foot + 0.24 * size)], c.colour(0.03, 0.7, c.between(0.4, 0.8)))


def mountain(c: Canvas) -> None:
    c.shade(c.colour(0.58, 0.45, 0.9), c.colour(0.07, c.between(0.05, 0.3), 0.98), 0, 0.8)
    for layer in range(4):
        tone = 0.8 - 0.15 * layer
        c.ridge(0.62 + 0.12 * layer, 0.42 - 0.09 * layer, 7, c.colour(0.62 - 0.09 * layer, 0.25 + 0.12 * layer, tone))
    if c.between(0, 1) > 0.4:
        c.disc(c.between(0.2, 0.8) * c.ratio, c.between(0.08, 0.2), 0.05, (255, 250, 225))


def balloon(c: Canvas) -> None:
    c.shade(c.colour(0.57, 0.55, 0.92), c.colour(0.1, 0.18, 0.99))
    for _ in range(5):
        x, y = c.between(0, c.ratio), c.between(0.1, 0.8)
        for _ in range(6):
            c.disc(x + c.between(-0.1, 0.1), y + c.between(-0.02, 0.02), c.between(0.03, 0.06), (247, 249, 252), 0.5)
    for _ in range(int(c.between(1, 4))):
        x, y, r = c.between(0.2, 0.8) * c.ratio, c.between(0.25, 0.55), c.between(0.1, 0.19)
        hue = c.between(0, 1)
        for stripe in range(5):
            tone = c.colour(hue + 0.5 * (stripe % 2), 0.8, 0.92)
            c.disc(x, y, r * (1 - stripe * 0.22), tone, 1.05 / (1 - stripe * 0.22))
        c.shape([(x - 0.3 * r, y + 0.98 * r), (x + 0.3 * r, y + 0.98 * r), (x, y + 1.5 * r)], c.colour(hue, 0.8, 0.7))
        c.box(x - 0.12 * r, y + 1.45 * r, x + 0.12 * r, y + 1.65 * r, c.colour(0.08, 0.6, 0.4))


def town(c: Canvas) -> None:
    c.shade(c.colour(0.66, 0.75, 0.16), c.colour(0.78, 0.5, 0.45), 0, 1)
    for _ in range(60):
        c.disc(c.between(0, c.ratio), c.between(0, 0.5), c.between(0.001, 0.003), (235, 235, 255))
    c.disc(c.between(0.15, 0.85) * c.ratio, c.between(0.1, 0.25), 0.05, (250, 244, 214))
    for layer, tone in ((0, 0.22), (1, 0.1)):
        x = -0.05
        while x < c.ratio:
            width, top = c.between(0.09, 0.18), c.between(0.35, 0.7) + 0.12 * layer
            c.box(x, top, x + width, 1, c.colour(0.66, 0.5, tone))
            for column in np.arange(x + 0.015, x + width - 0.02, 0.03):
                for row in np.arange(top + 0.02, 0.99, 0.04):
                    if c.between(0, 1) < 0.35:
                        c.box(column, row, column + 0.014, row + 0.02, c.colour(0.12, 0.55, 0.97))
            x += width + c.between(0.0, 0.03)


def wood(c: Canvas) -> None:
    autumn = c.between(0, 1) > 0.5
    hue = 0.09 if autumn else 0.3
    c.shade(c.colour(hue, 0.25, 0.95), c.colour(hue, 0.5, 0.75))
    for layer in range(4):
        for _ in range(9):
            x, height = c.between(0, c.ratio), c.between(0.4, 0.75) - 0.05 * layer
            foot = 0.7 + 0.1 * layer
            leaf = c.colour(hue + c.between(-0.04, 0.05), 0.75, 0.75 - 0.13 * layer)
            c.box(x - 0.012, foot - height / 2, x + 0.012, foot + 0.02, c.colour(0.07, 0.5, 0.35))
            for step in range(4):
                wide, top = 0.06 + 0.035 * step, foot - height + height * 0.2 * step
                c.shape([(x - wide, top + height * 0.3), (x + wide, top + height * 0.3), (x, top)], leaf)
        c.box(0, 0.7 + 0.1 * layer, c.ratio, 1, c.colour(hue + 0.03, 0.6, 0.62 - 0.11 * layer))


def flower(c: Canvas) -> None:
    c.shade(c.colour(0.27, 0.35, 0.75), c.colour(0.3, 0.65, 0.45))
    hue = c.between(0.72, 1.16)  # anything but the green of the meadow
    for _ in range(int(c.between(2, 6))):
        x, y, r = c.between(0.2, 0.8) * c.ratio, c.between(0.2, 0.65), c.between(0.08, 0.15)
        c.line([(x, y), (x + c.between(-0.05, 0.05), 1)], c.colour(0.31, 0.75, 0.38), 0.014)
        petals, turn = int(c.between(6, 10)), c.between(0, 1)
        tone = c.colour(hue, 0.65, 0.95, 0.06)
        for petal in range(petals):
            angle = 2 * math.pi * (petal + turn) / petals
            c.disc(x + r * math.cos(angle), y + r * math.sin(angle), r * 0.55, tone)
        c.disc(x, y, r * 0.55, c.colour(0.13, 0.85, 0.95))


KINDS: dict[str, Callable[[Canvas], None]] = {
    "balloon": balloon,
    "boat": boat,
    "flower": flower,
    "mountain": mountain,
    "town": town,
    "wood": wood,
}
