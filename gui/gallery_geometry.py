"""Where the tiles of the grid lie: arithmetic on one row number, so that a million photos cost what one costs."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GridGeometry:
    """A grid of equal tiles in `width` pixels; what is left over widens the gaps evenly. All lengths in pixels."""

    count: int
    width: int
    tile_width: int
    tile_height: int
    gap: int
    columns: int = field(init=False)  # how many tiles stand side by side; at least one

    def __post_init__(self) -> None:
        # Worked out once: a page of tiles asks for it a hundred times.
        object.__setattr__(self, "columns", max(1, (self.width - self.gap) // (self.tile_width + self.gap)))

    @property
    def lines(self) -> int:
        """How many lines of tiles there are."""
        return -(-self.count // self.columns)

    @property
    def line_height(self) -> int:
        """From the top of one line to the top of the next."""
        return self.tile_height + self.gap

    @property
    def height(self) -> int:
        """The height of everything, gaps above and below included."""
        return self.lines * self.line_height + self.gap if self.count else 0

    def left(self, column: int) -> int:
        """The left edge of a column."""
        spare = max(0, self.width - self.columns * self.tile_width)
        return spare * (column + 1) // (self.columns + 1) + column * self.tile_width

    def rect(self, row: int) -> tuple[int, int, int, int]:
        """x, y, width and height of a tile, from the top of everything."""
        line, column = divmod(row, self.columns)
        return self.left(column), self.gap + line * self.line_height, self.tile_width, self.tile_height

    def row_at(self, x: int, y: int) -> int | None:
        """The tile at a point; None in a gap or beyond the last."""
        line, below = divmod(y - self.gap, self.line_height)
        if line < 0 or below >= self.tile_height:
            return None
        # An even division of the width finds the column but for a pixel of rounding at the left edge of a tile.
        guess = min(self.columns - 1, max(0, x * self.columns // max(1, self.width)))
        for column in range(guess, min(self.columns, guess + 2)):
            row = line * self.columns + column
            if row < self.count and self.left(column) <= x < self.left(column) + self.tile_width:
                return row
        return None

    def rows_between(self, top: int, bottom: int) -> range:
        """The tiles that lie at least in part between two heights (`bottom` is outside)."""
        first = max(0, (top - self.gap - self.tile_height) // self.line_height + 1)
        last = min(self.lines, -(-(bottom - self.gap) // self.line_height))
        return range(min(self.count, first * self.columns), max(0, min(self.count, last * self.columns)))

    def ranges_in(self, left: int, top: int, right: int, bottom: int) -> list[tuple[int, int]]:
        """First and last row of each run of tiles that a rectangle touches (`right` and `bottom` are outside)."""
        columns = [c for c in range(self.columns) if self.left(c) < right and self.left(c) + self.tile_width > left]
        rows = self.rows_between(top, bottom)
        if not columns or not rows:
            return []
        if len(columns) == self.columns:
            return [(rows[0], rows[-1])]
        starts = range(rows[0], rows[-1] + 1, self.columns)
        runs = ((start + columns[0], min(start + columns[-1], self.count - 1)) for start in starts)
        return [(first, last) for first, last in runs if first <= last]
