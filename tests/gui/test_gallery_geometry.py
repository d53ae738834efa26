"""The grid's arithmetic against brute force."""

from hypothesis import given
from hypothesis import strategies as st

from gui.gallery_geometry import GridGeometry

geometries = st.builds(
    GridGeometry,
    count=st.integers(0, 60),
    width=st.integers(1, 900),
    tile_width=st.integers(20, 300),
    tile_height=st.integers(20, 300),
    gap=st.integers(0, 20),
)


@given(geometries)
def test_a_tile_is_found_at_its_corners_and_in_its_middle(grid: GridGeometry) -> None:
    for row in range(grid.count):
        x, y, width, height = grid.rect(row)
        for point in ((x, y), (x + width - 1, y), (x, y + height - 1), (x + width // 2, y + height // 2)):
            assert grid.row_at(*point) == row


@given(geometries)
def test_tiles_do_not_overlap_and_lie_inside(grid: GridGeometry) -> None:
    for row in range(grid.count):
        x, y, width, height = grid.rect(row)
        assert x >= 0
        assert y + height + grid.gap <= grid.height
        if (row + 1) % grid.columns and row + 1 < grid.count:
            assert grid.rect(row + 1)[0] >= x + width
        if grid.columns > 1:
            assert x + width <= grid.width


@given(geometries, st.integers(-50, 4000), st.integers(-50, 4000))
def test_no_tile_is_found_where_none_is(grid: GridGeometry, x: int, y: int) -> None:
    row = grid.row_at(x, y)
    inside = [
        other
        for other in range(grid.count)
        if grid.rect(other)[0] <= x < grid.rect(other)[0] + grid.tile_width
        and grid.rect(other)[1] <= y < grid.rect(other)[1] + grid.tile_height
    ]
    assert inside == ([] if row is None else [row])


@given(geometries, st.integers(-50, 2000), st.integers(1, 900))
def test_what_is_between_two_heights(grid: GridGeometry, top: int, height: int) -> None:
    expected = [
        row
        for row in range(grid.count)
        if grid.rect(row)[1] < top + height and grid.rect(row)[1] + grid.tile_height > top
    ]
    assert list(grid.rows_between(top, top + height)) == expected


@given(geometries, st.integers(-50, 900), st.integers(-50, 2000), st.integers(1, 900), st.integers(1, 900))
def test_what_a_rectangle_touches(grid: GridGeometry, left: int, top: int, width: int, height: int) -> None:
    expected = set()
    for row in range(grid.count):
        x, y, _, _ = grid.rect(row)
        if x < left + width and x + grid.tile_width > left and y < top + height and y + grid.tile_height > top:
            expected.add(row)
    runs = grid.ranges_in(left, top, left + width, top + height)
    assert {row for first, last in runs for row in range(first, last + 1)} == expected


def test_a_million_tiles_are_as_quick_as_one() -> None:
    grid = GridGeometry(1_000_000, 1000, 176, 208, 10)
    assert grid.columns == 5
    assert grid.height == 200_000 * 218 + 10
    assert grid.row_at(*grid.rect(999_999)[:2]) == 999_999
    assert len(grid.rows_between(grid.height - 600, grid.height)) == 15
