"""Where points lie on the screen, which is meant, which is next, and the very pixels of their picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.map_points import CLOSEST, FARTHEST, Look, Raster, disc, fitted, inside, nearest_point, neighbour

number = st.floats(-100, 100, allow_nan=False, width=32)


def points(*pairs: tuple[float, float]) -> np.ndarray:
    return np.array(pairs, dtype=np.float32).reshape(-1, 2)


def test_up_on_the_plane_is_up_on_the_screen() -> None:
    screen = Look(1.0, 2.0, 10.0).screen(points((1, 2), (2, 2), (1, 3)), 200, 100)
    assert screen.tolist() == [[100, 50], [110, 50], [100, 40]]


@given(number, number, st.floats(0.01, 1000), st.floats(0, 640), st.floats(0, 480))
def test_the_point_under_a_pixel_lies_on_it(x: float, y: float, scale: float, column: float, row: float) -> None:
    look = Look(x, y, scale)
    back = look.screen(points(look.plane(column, row, 640, 480)), 640, 480)[0]
    # float32 keeps seven digits of the plane's numbers, which the scale makes large.
    assert back.tolist() == pytest.approx([column, row], abs=1e-4 * (1 + scale))


def test_zooming_keeps_the_point_under_the_pointer_and_has_bounds() -> None:
    fit = Look(0.0, 0.0, 10.0)
    look = fit.zoomed(4.0, 30, 90, 200, 100, fit)
    assert look.scale == 40.0
    assert look.plane(30, 90, 200, 100) == pytest.approx(fit.plane(30, 90, 200, 100))
    assert fit.zoomed(1e9, 0, 0, 200, 100, fit).scale == 10.0 * CLOSEST
    assert fit.zoomed(1e-9, 0, 0, 200, 100, fit).scale == 10.0 * FARTHEST


def test_dragging_takes_the_picture_along() -> None:
    look = Look(0.0, 0.0, 10.0).moved(20, 30)
    assert look.screen(points((0, 0)), 200, 100).tolist() == [[120, 80]]


@given(st.lists(st.tuples(number, number), min_size=1, max_size=30))
def test_all_photos_fit_into_the_picture(pairs: list[tuple[float, float]]) -> None:
    cloud = points(*pairs)
    look = fitted(cloud, 300, 200)
    screen = look.screen(cloud, 300, 200)
    assert screen[:, 0].min() >= 0
    assert screen[:, 0].max() <= 300
    assert screen[:, 1].min() >= 0
    assert screen[:, 1].max() <= 200


def test_a_map_of_nothing_has_a_look() -> None:
    assert fitted(points(), 300, 200).scale > 0
    assert nearest_point(points(), 3, 4, 100) is None


def test_what_is_inside_and_what_is_meant() -> None:
    screen = points((0, 0), (10, 10), (99, 49), (100, 50), (-3, 5))
    assert inside(screen, 100, 50).tolist() == [0, 1, 2]
    assert inside(screen, 100, 50, 4).tolist() == [0, 1, 2, 3, 4]
    assert nearest_point(screen, 12, 11, 5) == 1
    assert nearest_point(screen, 20, 20, 5) is None


def test_the_arrows_go_to_what_lies_ahead() -> None:
    #        3 (0, 4)
    #  1 (-2, 0)   0 (0, 0)   2 (3, 1)   4 (9, 0)
    cloud = points((0, 0), (-2, 0), (3, 1), (0, 4), (9, 0))
    assert neighbour(cloud, 0, 1, 0) == 2
    assert neighbour(cloud, 2, 1, 0) == 4
    assert neighbour(cloud, 0, -1, 0) == 1
    assert neighbour(cloud, 0, 0, 1) == 3
    assert neighbour(cloud, 4, 1, 0) is None
    # Nothing lies within 45° below; 1 and 0 lie below 2 all the same.
    assert neighbour(cloud, 2, 0, -1) is not None


def test_a_photo_straight_ahead_comes_before_a_nearer_one_aside() -> None:
    cloud = points((0, 0), (2, 0), (1.2, 1.1))
    assert neighbour(cloud, 0, 1, 0) == 1


def test_the_arrows_reach_photos_that_lie_on_each_other() -> None:
    cloud = points((0, 0), (1, 0), (1, 0), (1, 0), (2, 0))
    walked, at = [], 0
    while (following := neighbour(cloud, at, 1, 0)) is not None:
        walked.append(at := following)
    assert walked == [1, 2, 3, 4]
    back = []
    while (following := neighbour(cloud, at, -1, 0)) is not None:
        back.append(at := following)
    assert back == [3, 2, 1, 0]


def test_a_dot_is_a_disc() -> None:
    assert disc(1) == [(0, 0)]
    assert sorted(disc(2)) == [(-1, 0), (0, -1), (0, 0), (0, 1), (1, 0)]
    assert disc(2)[-1] == (0, 0)
    assert len(disc(3)) == 9
    assert len(disc(5)) == 21


def test_no_dot_hides_the_middle_of_another_and_the_edges_cut_them() -> None:
    raster = Raster(6, 4, 1)
    seen = raster.draw(
        points((1, 1), (2, 1), (-1, 3), (5, 0), (50, 1), (2, 9)), np.arange(1, 7, dtype=np.uint32), disc(2)
    )
    assert seen == 4
    assert raster.pixels.tolist() == [
        [0, 1, 2, 0, 4, 4],
        [1, 1, 2, 2, 0, 4],
        [0, 1, 2, 0, 0, 0],
        [3, 0, 0, 0, 0, 0],
    ]
    raster.clear()
    assert not raster.whole.any()


def test_the_raster_takes_points_far_outside() -> None:
    raster = Raster(8, 8, 2)
    far = points((1e12, -1e12), (4, 4), (-1e30, 3))
    assert raster.draw(far, np.full(3, 7, dtype=np.uint32), disc(5)) == 1
    assert (raster.pixels == 7).sum() == 21
