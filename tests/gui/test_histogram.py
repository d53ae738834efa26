"""The histogram: every distance in a bar, and a limit that mouse and keyboard move."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.histogram import DistanceHistogram

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def histogram(qtbot: QtBot) -> DistanceHistogram:
    made = DistanceHistogram()
    qtbot.addWidget(made)
    made.resize(316, 100)
    made.show()
    qtbot.waitExposed(made)
    made.set_distances(np.linspace(0.0, 1.0, 101))
    return made


def mouse(histogram: DistanceHistogram, kind: QEvent.Type, x: float) -> None:
    point = QPointF(x, 40)
    event = QMouseEvent(kind, point, histogram.mapToGlobal(point), LEFT, LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(histogram, event)


def drag(histogram: DistanceHistogram, start: float, end: float) -> None:
    mouse(histogram, QEvent.Type.MouseButtonPress, start)
    mouse(histogram, QEvent.Type.MouseMove, (start + end) / 2)
    mouse(histogram, QEvent.Type.MouseMove, end)
    mouse(histogram, QEvent.Type.MouseButtonRelease, end)


@pytest.mark.parametrize("number", [1, 7, 40])
def test_every_distance_is_in_exactly_one_bar(histogram: DistanceHistogram, number: int) -> None:
    random = np.random.default_rng(3)
    distances = random.beta(4, 2, 5000).astype(np.float32)
    histogram.set_distances(distances)
    bars = histogram.bars(number)
    assert bars.sum() == 5000
    low, high = histogram.span()
    assert bars.tolist() == np.histogram(distances, number, (low, high))[0].tolist()


def test_far_distances_begin_at_the_nearest_and_near_ones_at_zero(histogram: DistanceHistogram) -> None:
    histogram.set_distances(np.array([20.0, 25.0]))
    assert histogram.span() == (20.0, 25.0)
    histogram.set_distances(np.array([0.2, 1.0]))
    assert histogram.span() == (0.0, 1.0)


def test_dragging_the_line_tells_the_limit_and_counts_what_it_keeps(qtbot: QtBot, histogram: DistanceHistogram) -> None:
    told: list[object] = []
    histogram.limit_changed.connect(told.append)
    drag(histogram, histogram.position_of(0.9), histogram.position_of(0.305))
    assert told[-1] == pytest.approx(0.305)
    assert histogram.limit == told[-1]
    assert histogram.kept == 31
    assert histogram.accessibleDescription() == "Limit 0.3050: 31 of 101 photos"


def test_dragging_to_the_right_end_removes_the_limit(qtbot: QtBot, histogram: DistanceHistogram) -> None:
    histogram.set_limit(0.5)
    with qtbot.waitSignals([histogram.limit_changed] * 2):
        drag(histogram, histogram.position_of(0.5), 400)
    assert histogram.limit is None
    assert histogram.kept == 101


def test_a_double_click_removes_the_limit(qtbot: QtBot, histogram: DistanceHistogram) -> None:
    histogram.set_limit(0.5)
    with qtbot.waitSignal(histogram.limit_changed) as told:
        mouse(histogram, QEvent.Type.MouseButtonDblClick, 100)
    assert told.args == [None]


def test_setting_the_limit_tells_nobody(qtbot: QtBot, histogram: DistanceHistogram) -> None:
    with qtbot.assertNotEmitted(histogram.limit_changed):
        histogram.set_limit(0.25)
    assert histogram.kept == 26


def test_the_keyboard_does_all_that_the_mouse_does(qtbot: QtBot, histogram: DistanceHistogram) -> None:
    histogram.set_limit(0.505)
    for key, limit in (
        (Qt.Key.Key_Left, 0.495),
        (Qt.Key.Key_Right, 0.505),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_End, None),
        (Qt.Key.Key_Right, None),
        (Qt.Key.Key_Left, 0.99),
        (Qt.Key.Key_Delete, None),
    ):
        qtbot.keyClick(histogram, key)
        assert histogram.limit == (None if limit is None else pytest.approx(limit))


def test_page_keys_move_past_one_photo_in_a_hundred(qtbot: QtBot, histogram: DistanceHistogram) -> None:
    histogram.set_distances(np.linspace(0.0, 1.0, 1000))
    qtbot.keyClick(histogram, Qt.Key.Key_PageDown)
    assert histogram.kept == 990
    qtbot.keyClick(histogram, Qt.Key.Key_PageDown)
    assert histogram.kept == 980
    qtbot.keyClick(histogram, Qt.Key.Key_PageUp)
    assert histogram.kept == 990


def test_a_limit_by_count_keeps_it_for_unrounded_distances(qtbot: QtBot, histogram: DistanceHistogram) -> None:
    exact = np.sort(np.random.default_rng(1).random(1000))  # float64: the histogram rounds them
    histogram.set_distances(exact)
    qtbot.keyClick(histogram, Qt.Key.Key_PageDown)
    assert histogram.limit is not None
    assert np.searchsorted(exact, histogram.limit, side="right") == 990


def test_bars_within_the_limit_have_another_colour(histogram: DistanceHistogram) -> None:
    def colours(x: float) -> set[str]:
        shot = histogram.grab().toImage()
        return {shot.pixelColor(round(x) + dx, y).name() for dx in range(6) for y in range(4, 75)}

    accent = histogram.palette().color(QPalette.ColorRole.Highlight).name()
    histogram.set_limit(0.5)
    assert accent in colours(histogram.position_of(0.25))
    assert accent not in colours(histogram.position_of(0.75))


def test_no_query_no_bars(qtbot: QtBot, histogram: DistanceHistogram) -> None:
    histogram.set_distances(None)
    assert histogram.accessibleDescription() == "No query yet"
    assert (histogram.count, histogram.kept) == (0, 0)
    qtbot.keyClick(histogram, Qt.Key.Key_Left)
    qtbot.mouseClick(histogram, LEFT, pos=QPoint(50, 50))
    assert histogram.limit is None
    histogram.grab()


def test_all_distances_alike(histogram: DistanceHistogram) -> None:
    histogram.set_distances(np.full(5, 0.3))
    assert histogram.bars(10).sum() == 5
    histogram.grab()
    histogram.set_distances(np.zeros(3))
    low, high = histogram.span()
    assert low < high
