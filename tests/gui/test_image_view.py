"""Zooming, moving, and drawing a rectangle on a picture."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.image_view import FIT, LARGEST_ZOOM, ImageView, Look

LEFT, NONE, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot: QtBot) -> ImageView:
    made = ImageView()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def picture(width: int, height: int) -> QImage:
    """Red on the left, blue on the right."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    for x in range(width // 2, width):
        for y in range(0, height, max(1, height // 50)):
            image.setPixelColor(x, y, QColor("blue"))
    return image


def drag(view: ImageView, start: QPointF, end: QPointF) -> None:
    for kind, point, button in (
        (QEvent.Type.MouseButtonPress, start, LEFT),
        (QEvent.Type.MouseMove, (start + end) / 2, LEFT),
        (QEvent.Type.MouseMove, end, LEFT),
        (QEvent.Type.MouseButtonRelease, end, LEFT),
    ):
        QApplication.sendEvent(view, QMouseEvent(kind, point, view.mapToGlobal(point), button, button, NONE))


def wheel(view: ImageView, at: QPointF, turn: int) -> None:
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, at, QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, NONE, phase, False)
    QApplication.sendEvent(view, event)


def test_a_picture_is_shown_whole_and_in_the_middle(view: ImageView) -> None:
    view.set_image(picture(800, 400))
    assert view.picture_rect() == QRectF(0, 50, 400, 200)
    assert view.percent == 50


def test_a_small_picture_is_enlarged_but_not_without_limit(view: ImageView) -> None:
    view.set_image(picture(200, 100))
    assert view.picture_rect() == QRectF(0, 50, 400, 200)
    view.set_image(picture(40, 20))
    assert view.picture_rect() == QRectF(140, 120, 120, 60)


def test_the_wheel_zooms_where_the_mouse_is(view: ImageView) -> None:
    view.set_image(picture(4000, 3000))
    at = QPointF(100, 75)
    under = view._fraction(at)
    for _ in range(3):
        wheel(view, at, 120)
    assert view.look.zoom > 1.9
    after = view._fraction(at)
    assert (after.x(), after.y()) == pytest.approx((under.x(), under.y()), abs=1e-6)
    for _ in range(3):
        wheel(view, at, -120)
    assert view.look.zoom == pytest.approx(1.0)


def test_dragging_moves_a_zoomed_picture_and_stops_at_its_edge(view: ImageView) -> None:
    view.set_image(picture(800, 600))
    view.zoom_by(2)
    drag(view, QPointF(200, 150), QPointF(240, 150))
    assert view.picture_rect().left() == pytest.approx(-160)
    drag(view, QPointF(10, 150), QPointF(390, 150))
    assert view.picture_rect().left() == pytest.approx(0)


def test_keys_zoom_fit_and_move(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(picture(1600, 1200))
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.look.zoom == 1.25
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.look == FIT
    qtbot.keyClick(view, Qt.Key.Key_1)
    assert view.percent == pytest.approx(100)
    before = view.look.x
    qtbot.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert view.look.x > before
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.look == FIT
    for percent in (100, 25, 100):
        qtbot.keyClick(view, Qt.Key.Key_Z)
        assert view.percent == pytest.approx(percent)


def test_there_is_a_largest_zoom(view: ImageView) -> None:
    view.set_image(picture(800, 600))
    view.zoom_by(1e9)
    assert view.percent == pytest.approx(100 * LARGEST_ZOOM)
    view.zoom_by(1e-9)
    assert view.look == FIT


def test_a_double_click_shows_pixels_and_then_the_whole_again(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(picture(1600, 1200))
    qtbot.mouseDClick(view, LEFT, pos=QPoint(10, 10))
    assert view.percent == pytest.approx(100)
    assert view.look.x < 0.2
    qtbot.mouseDClick(view, LEFT, pos=QPoint(10, 10))
    assert view.look == FIT


def test_a_look_given_from_outside_is_taken_and_told_nobody(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(picture(800, 600))
    with qtbot.assertNotEmitted(view.look_changed):
        view.set_look(Look(4.0, 0.3, 0.6))
    assert view.look == Look(4.0, 0.3, 0.6)
    with qtbot.waitSignal(view.look_changed) as told:
        view.zoom_by(2)
    assert told.args == [view.look]


def test_detail_is_asked_for_when_the_zoom_needs_it_and_then_shown(qtbot: QtBot, view: ImageView) -> None:
    coarse = picture(400, 300)
    view.set_image(coarse, QSize(4000, 3000))
    assert view.percent == 10
    with qtbot.waitSignal(view.detail_wanted):
        view.zoom_by(4)
    look = view.look
    view.add_detail(picture(4000, 3000))
    assert view.look == look
    with qtbot.assertNotEmitted(view.detail_wanted):
        view.zoom_by(1.5)
    assert view.detail == 4000


def test_a_rectangle_is_told_in_fractions_of_the_picture(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(picture(800, 400))
    view.region_mode = True
    with qtbot.waitSignal(view.region_selected) as told:
        drag(view, QPointF(100, 100), QPointF(300, 150))
    assert told.args == [QRectF(0.25, 0.25, 0.5, 0.25)]


def test_a_rectangle_ends_at_the_edge_of_the_picture(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(picture(800, 400))
    view.region_mode = True
    with qtbot.waitSignal(view.region_selected) as told:
        drag(view, QPointF(200, 150), QPointF(390, 10))
    assert told.args[0].top() == 0
    with qtbot.assertNotEmitted(view.region_selected):
        drag(view, QPointF(200, 150), QPointF(202, 151))


def test_without_region_mode_a_drag_draws_no_rectangle(qtbot: QtBot, view: ImageView) -> None:
    view.set_image(picture(800, 400))
    with qtbot.assertNotEmitted(view.region_selected):
        drag(view, QPointF(100, 100), QPointF(300, 150))


def test_the_picture_is_painted_where_it_is_said_to_be(view: ImageView) -> None:
    image = QImage(800, 400, QImage.Format.Format_RGB32)
    image.fill(QColor("#10c010"))
    view.set_image(image)
    shot = view.grab().toImage()
    assert shot.pixelColor(200, 60) == QColor("#10c010")
    assert shot.pixelColor(200, 40) != QColor("#10c010")
    blank = view.grab().toImage()
    view.set_message("This picture cannot be read.")
    assert not view.has_image
    assert view.grab().toImage() != blank


def test_keys_mean_nothing_without_a_picture(qtbot: QtBot, view: ImageView) -> None:
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_1, Qt.Key.Key_Z):
        qtbot.keyClick(view, key)
    wheel(view, QPointF(10, 10), 120)
    qtbot.mouseDClick(view, LEFT)
    assert view.look == FIT
